// SPDX-License-Identifier: GPL-2.0-only
/* Starts child processes, watches them through a pidfd and reaps them. */
#include "util/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/error.h"

/* The Debian packages of programs and files that may be missing. */
static const struct {
	const char *program, *package;
} packages[] = {
	{"qemu-system-x86_64", "qemu-system-x86"},
	{"qemu-system-ppc64", "qemu-system-ppc"},
	{"qemu-system-aarch64", "qemu-system-arm"},
	{"qemu-system-s390x", "qemu-system-misc"},
	{"qemu-system-riscv64", "qemu-system-misc"},
	{"/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "qemu-efi-aarch64"},
	{"/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin", "opensbi"},
	{"powerpc64le-linux-gnu-gcc", "gcc-powerpc64le-linux-gnu"},
	{"aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"},
	{"s390x-linux-gnu-gcc", "gcc-s390x-linux-gnu"},
	{"riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu"},
	{"flex", "flex"},
	{"bison", "bison"},
	{"bc", "bc"},
	{"patch", "patch"},
	{"xz", "xz-utils"},
	{"git", "git"},
	{"dot", "graphviz"},
	{"ccache", "ccache"},
	{"make", "make"},
	{"gcc", "gcc"},
	{"dpkg-deb", "dpkg"},
	{"tar", "tar"},
	{"apt-get", "apt"},
};

const char *spawn_package(const char *program)
{
	for (guint i = 0; i < G_N_ELEMENTS(packages); i++)
		if (!g_strcmp0(packages[i].program, program))
			return packages[i].package;
	return NULL;
}

gboolean spawn_have(const char *name)
{
	g_autofree char *path = g_find_program_in_path(name);

	return path != NULL;
}

/* Arguments of child_setup(). */
struct setup {
	pid_t parent;
	gboolean new_group;
	const struct confine *confine;
};

/* Runs in the child, between fork() and exec(). */
static void child_setup(void *data)
{
	const struct setup *setup = data;

	if (setup->new_group)
		setpgid(0, 0);
	if (!confine_enter(setup->confine)) {
		static const char why[] =
			"the sandbox refuses to start (RIG_SANDBOX=off runs without)\n";

		if (write(STDERR_FILENO, why, sizeof(why) - 1) < 0)
			_exit(126);
		_exit(127);
	}
	/* set this after confine_enter(), because a change of the user clears it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/*
	 * If the rig died before prctl(), no signal is sent. So compare the parent's pid with the
	 * rig's. A comparison with 1 would not be sufficient: the rig may be PID 1, and an orphan's
	 * new parent may be a subreaper.
	 */
	if (getppid() != setup->parent)
		_exit(127);
}

static char **environment(const char *const *added)
{
	char **env = g_get_environ();

	for (; added && *added; added++) {
		const char *value = strchr(*added, '=');
		g_autofree char *name = value ? g_strndup(*added, value - *added) : NULL;

		if (value)
			env = g_environ_setenv(env, name, value + 1, TRUE);
	}
	return env;
}

static gboolean cannot_start(const struct spawn *spawn, const char *why, GError **error)
{
	const char *package = spawn_package(spawn->argv[0]);

	return rig_fail(error, RIG_EXIT_INFRA, "cannot start '%s': %s%s%s", spawn->argv[0], why,
			package ? "; install it: apt-get install " : "", package ? package : "");
}

/* Starts the child with GLib. IN becomes its standard input; SPAWN determines its other streams. */
static gboolean start(const struct spawn *spawn, int in, struct process *process, GError **error)
{
	struct setup setup = {getpid(), spawn->new_group, spawn->confine};
	g_auto(GStrv) env = environment(spawn->env);
	g_autofree int *ours = g_new(int, spawn->n_fds + 1);
	g_autofree int *theirs = g_new(int, spawn->n_fds + 1);
	GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD;

	for (guint i = 0; i < spawn->n_fds; i++) {
		ours[i] = spawn->fds[i].ours;
		theirs[i] = spawn->fds[i].theirs;
	}
	flags |= spawn->out ? 0 : G_SPAWN_STDOUT_TO_DEV_NULL;
	flags |= spawn->err ? 0 : G_SPAWN_STDERR_TO_DEV_NULL;
	return g_spawn_async_with_pipes_and_fds(
		spawn->cwd, spawn->argv, (const char *const *)env, flags, child_setup, &setup, in,
		spawn->out > 0 ? spawn->out : -1, spawn->err > 0 ? spawn->err : -1, ours, theirs,
		spawn->n_fds, &process->pid, NULL, spawn->out == SPAWN_PIPE ? &process->out : NULL,
		spawn->err == SPAWN_PIPE ? &process->err : NULL, error);
}

gboolean process_start(const struct spawn *spawn, struct process *ret, GError **error)
{
	struct process process = {.pidfd = -1, .out = -1, .err = -1, .is_group = spawn->new_group};
	const char *input = spawn->input ? spawn->input : "/dev/null";
	int in = open(input, O_RDONLY | O_CLOEXEC);
	g_autoptr(GError) why = NULL;
	gboolean ok;

	if (in < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", input,
				g_strerror(errno));
	process.began_ns = rig_now_ns();
	ok = start(spawn, in, &process, &why);
	close(in);
	if (!ok)
		return cannot_start(spawn, why->message, error);
	process.pidfd = pidfd_open(process.pid, 0);
	if (process.pidfd < 0) {
		cannot_start(spawn, g_strerror(errno), error);
		process_signal(&process, SIGKILL);
		process_reap(&process, NULL);
		if (process.out >= 0)
			close(process.out);
		if (process.err >= 0)
			close(process.err);
		return FALSE;
	}
	*ret = process;
	return TRUE;
}

gboolean process_wait(const struct process *process, int timeout_ms)
{
	const gint64 deadline_ns = rig_now_ns() + timeout_ms * RIG_NS_PER_MS;
	struct pollfd end = {process->pidfd, POLLIN, 0};
	int left_ms = timeout_ms, n;

	while ((n = poll(&end, 1, left_ms)) < 0 && errno == EINTR)
		if (timeout_ms >= 0)
			left_ms = MAX(0, (deadline_ns - rig_now_ns()) / RIG_NS_PER_MS);
	return n > 0;
}

void process_signal(const struct process *process, int signal)
{
	if (process->pid)
		kill(process->is_group ? -process->pid : process->pid, signal);
}

static double seconds(struct timeval t)
{
	return t.tv_sec + t.tv_usec / 1e6;
}

void process_reap(struct process *process, struct process_end *ret)
{
	struct rusage used = {0};
	siginfo_t info;
	int status = 0;

	/*
	 * kill the group before reaping its leader: afterwards another group could get its number
	 */
	while (waitid(P_PID, process->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	if (process->is_group)
		kill(-process->pid, SIGKILL);
	while (wait4(process->pid, &status, 0, &used) < 0 && errno == EINTR)
		;
	process->pid = 0;
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
	if (ret)
		*ret = (struct process_end){
			.status = status,
			.code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status),
			.wall_s = (rig_now_ns() - process->began_ns) / 1e9,
			.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime),
		};
}
