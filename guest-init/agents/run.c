// SPDX-License-Identifier: GPL-2.0-only
/*
 * run: executes a script or static program of the scenario, and sends its output to the host. Its
 * run time, the number of its processes and its output have limits. When it ends, all processes
 * that it has started are killed; they are descendants of the agent, which is a subreaper.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"
#include "guest-init/processes.h"

#define FILES_DIR "/files"
#define BUSYBOX "/bin/busybox"
#define ARGS_MAX 32
#define LOOK_NS NS_PER_S
#define LOOK_SHARE 20
#define TICK_MS 50

static char path[192], arg_list[256], *arguments[ARGS_MAX + 2];
static const char *name;
static bool is_legal[256];
static uint64_t limit_s, times, processes_max, done;

/* One execution of the program. */
struct execution {
	pid_t pid;
	/*
	 * read ends of pipes: `out` for the program's output, `failed` for the errno of a failed
	 * exec()
	 */
	int out, failed;
	uint64_t began_ns, looked_ns, look_took_ns, blocked_ns;
	/*
	 * a process that was in an uninterruptible wait at the last check; all zero if there was
	 * none
	 */
	struct process blocked;
	unsigned processes_before;
	unsigned count; /* number of the program's processes at the last check */
	int status;
	bool ended, eof;
};

static void save_code(unsigned code, void *data)
{
	(void)data;
	if (code < 256)
		is_legal[code] = true;
}

/* Creates links for all commands of busybox; the initramfs has only a few of them. */
static void install_busybox(void)
{
	pid_t pid = file_exists(BUSYBOX) && !file_exists("/bin/awk") ? fork() : -1;
	int null;

	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execl(BUSYBOX, "busybox", "--install", "-s", "/bin", NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int prepare(struct run *run)
{
	const char *args = run_param(run, "args");
	char *rest = arg_list, *word;
	unsigned n = 1;
	int err;

	name = run_param(run, "file");
	if (!name || snprintf(path, sizeof(path), FILES_DIR "/%s", name) >= (int)sizeof(path) ||
	    access(path, X_OK))
		return run_fail(run, ENOENT, "file '%.90s' is not among the 'files' of the "
					     "scenario, or not executable",
				name ? name : "");
	err = run_param_number(run, "limit", 0, 86400, &limit_s);
	if (!err)
		err = run_param_number(run, "times", 0, 1000000, &times);
	if (!err)
		err = run_param_number(run, "processes", 1, PROCESSES_MAX / 2, &processes_max);
	if (err)
		return err;
	if (text_list(run_param(run, "exit"), 256, save_code, NULL))
		return run_fail(run, EINVAL, "invalid exit '%.40s' (exit codes such as 0,4)",
				run_param(run, "exit"));
	arguments[0] = path;
	if (args && text_copy(arg_list, sizeof(arg_list), args))
		while ((word = strsep(&rest, " ")) && n <= ARGS_MAX)
			if (*word)
				arguments[n++] = word;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	process_use_realtime(); /* a script may fork without end */
	install_busybox();
	return 0;
}

/*
 * Waits one tick, so that init can take output. Returns false when *LEFT ticks have passed since
 * the agent had to stop.
 */
static bool tick(struct run *run, unsigned *left)
{
	if (run_stopped(run) && !(*left)--)
		return false;
	poll(NULL, 0, TICK_MS);
	return true;
}

static void put(struct run *run, const char *text)
{
	unsigned left = 1000 / TICK_MS;
	size_t len = strlen(text);

	while (output_room(&run->shared->output) < len)
		if (!tick(run, &left))
			return;
	output_put(&run->shared->output, text, len);
}

static _Noreturn void become(int out, int failed, uint64_t seed)
{
	int null = open("/dev/null", O_RDONLY), err;
	char word[24];

	setsid();
	signal(SIGUSR1, SIG_DFL);
	file_write(AT_FDCWD, "/proc/self/oom_score_adj", "500");
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	snprintf(word, sizeof(word), "%llu", (unsigned long long)seed);
	setenv("RIG_SEED", word, 1);
	setenv("PATH", "/bin:/sbin:" FILES_DIR, 1);
	setenv("HOME", "/root", 1);
	if (!chdir(FILES_DIR))
		execv(path, arguments);
	err = errno;
	_exit(write(failed, &err, sizeof(err)) == sizeof(err) ? 127 : 126);
}

static int begin(struct run *run, struct execution *e)
{
	int out[2], failed[2];
	struct sysinfo info;

	if (pipe2(out, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		return -errno;
	sysinfo(&info);
	*e = (struct execution){.out = out[0],
				.failed = failed[0],
				.began_ns = now_ns(),
				.processes_before = info.procs};
	e->pid = fork();
	if (!e->pid)
		become(out[1], failed[1], guest_rng_next(&run->shared->rng));
	atomic_store(&run->shared->group, e->pid > 0 ? e->pid : 0);
	close(out[1]);
	close(failed[1]);
	fcntl(e->out, F_SETFL, O_NONBLOCK);
	return e->pid < 0 ? -errno : 0;
}

static void pass_output(struct run *run, struct execution *e)
{
	char buffer[4096];
	size_t room;
	ssize_t got;

	while (!e->eof && (room = output_room(&run->shared->output))) {
		got = read(e->out, buffer, room < sizeof(buffer) ? room : sizeof(buffer));
		if (got < 0)
			return;
		e->eof = !got;
		output_put(&run->shared->output, buffer, got);
		if (room < OUTPUT_RING / 2)
			run_wake(run);
	}
}

/*
 * Checks the program's processes. The agent is reported as busy while one of them is in an
 * uninterruptible wait and has not run since the last check, so that the host detects a stuck
 * process. It is not reported as busy while the script sleeps or runs.
 */
static void look(struct run *run, struct execution *e, bool early)
{
	static struct process is[PROCESSES_MAX];
	const struct process *blocked = NULL, *other = NULL;
	uint64_t now = now_ns();
	unsigned n;

	if ((!early && now < e->looked_ns + LOOK_NS) ||
	    now < e->looked_ns + LOOK_SHARE * e->look_took_ns)
		return;
	n = processes_list(getpid(), is, PROCESSES_MAX);
	e->count = n;
	e->looked_ns = now_ns();
	e->look_took_ns = e->looked_ns - now;
	for (unsigned i = 0; i < n; i++) {
		if (is[i].state != 'D')
			continue;
		other = &is[i];
		if (is[i].pid == e->blocked.pid && is[i].ticks == e->blocked.ticks)
			blocked = &is[i];
	}
	if (!blocked) {
		e->blocked = other ? *other : (struct process){0};
		e->blocked_ns = now;
	}
	atomic_store(&run->shared->subject, blocked ? blocked->pid : 0);
	atomic_store(&run->shared->busy_since_ns, blocked ? e->blocked_ns : 0);
}

/*
 * Returns 0, ETIME (time limit), EAGAIN (too many processes), or ECANCELED (the agent must stop).
 */
static int check_bounds(struct run *run, struct execution *e)
{
	struct sysinfo info;

	if (run_stopped(run))
		return ECANCELED;
	if (limit_s && now_ns() > e->began_ns + limit_s * NS_PER_S)
		return ETIME;
	/*
	 * call look() only if the number of all tasks in the guest, which is cheap to read, is too
	 * high
	 */
	sysinfo(&info);
	if (info.procs > e->processes_before + processes_max)
		look(run, e, true);
	return e->count > processes_max ? EAGAIN : 0;
}

/*
 * Reaps the children that have ended. Returns false if there are no more children, and so no
 * descendants: orphans become children of the agent, which is a subreaper.
 */
static bool reap(struct execution *e)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == e->pid) {
			e->status = status;
			e->ended = true;
		}
	return !pid;
}

/*
 * Waits until the program ends or check_bounds() fails. Returns 0, or the errno of check_bounds().
 */
static int watch(struct run *run, struct execution *e)
{
	int bound = 0;

	for (; !bound; bound = check_bounds(run, e)) {
		pass_output(run, e);
		reap(e);
		if (e->ended)
			return 0;
		look(run, e, false);
		/*
		 * if the ring is full or the pipe is closed, no output can be passed on: wait only
		 * for the next tick
		 */
		if (e->eof || !output_room(&run->shared->output))
			run_sleep_until(run, now_ns() + TICK_MS * NS_PER_MS);
		else
			run_wait_readable(run, e->out, now_ns() + TICK_MS * NS_PER_MS);
	}
	return bound;
}

/*
 * Kills the program's processes until none is left, then passes on the output that is still in the
 * pipe. While a task cannot end, the agent stays busy.
 */
static void finish(struct run *run, struct execution *e)
{
	unsigned left = 1000 / TICK_MS;

	kill(-e->pid, SIGKILL);
	for (unsigned round = 1; reap(e); round++) {
		poll(NULL, 0, TICK_MS);
		look(run, e, false);
		/* also kill descendants that have left the process group */
		if (!(round & 3))
			processes_kill(getpid());
	}
	for (pass_output(run, e); !e->eof && tick(run, &left);)
		pass_output(run, e);
	close(e->out);
	atomic_store(&run->shared->subject, 0);
	atomic_store(&run->shared->group, 0);
}

/*
 * Writes to WHAT (MAX bytes) how the execution ended. BOUND is the result of watch(). Returns 0, or
 * the errno of the operation.
 */
static int judge(const struct execution *e, int bound, char *what, size_t max)
{
	int err = 0;

	if (read(e->failed, &err, sizeof(err)) == sizeof(err))
		snprintf(what, max, "cannot be executed: %s", strerror(err));
	else if (bound == ETIME)
		snprintf(what, max, "did not end within %llu s", (unsigned long long)limit_s);
	else if (bound == EAGAIN)
		snprintf(what, max, "started more than %llu processes",
			 (unsigned long long)processes_max);
	else if (bound)
		snprintf(what, max, "had not ended when the agents stopped");
	else if (WIFSIGNALED(e->status))
		snprintf(what, max, "was killed by signal %d", WTERMSIG(e->status));
	else
		snprintf(what, max, "ended with exit code %d", WEXITSTATUS(e->status));
	close(e->failed);
	if (err || bound)
		return err ? err : bound;
	return WIFEXITED(e->status) && is_legal[WEXITSTATUS(e->status)] ? 0 : ECHILD;
}

static void step(struct run *run)
{
	const char *args = run_param(run, "args");
	char what[80], line[512];
	struct execution e;
	int err;

	if (times && done >= times) {
		run_idle(run);
		return;
	}
	snprintf(line, sizeof(line), "== %llu: %s%s%s\n", (unsigned long long)++done, name,
		 args ? " " : "", args ? args : "");
	put(run, line);
	op_begin(run, OP_RUN);
	err = begin(run, &e);
	if (err) {
		op_end_about(run, OP_RUN, err, "%s: cannot create a process or a pipe", name);
		return;
	}
	err = watch(run, &e);
	finish(run, &e);
	err = judge(&e, err, what, sizeof(what));
	op_end_about(run, OP_RUN, -err, "%s %s", name, what);
	snprintf(line, sizeof(line), "\n== %s, after %.1f s\n", what,
		 (now_ns() - e.began_ns) / 1e9);
	put(run, line);
}

const struct agent agent_run = {
	.name = "run",
	.params =
		(const struct agent_param[]){
			{"file", NULL,
			 "one of the scenario's files: a script, or a static program"},
			{"args", NULL, "arguments of the file, separated by spaces"},
			{"exit", "0,4", "exit codes that are expected"},
			{"limit", "60",
			 "seconds until the process is killed; 0 means when the agents stop"},
			{"times", "1",
			 "number of executions; 0 means repeat until the agents stop"},
			{"processes", "200", "maximum number of processes at a time"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
};
