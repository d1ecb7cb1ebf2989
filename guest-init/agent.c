// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main loop of an agent's process (agent.h): calls `step` at the requested rate, and counts
 * results.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"

#define IDLE_NS (20 * NS_PER_MS)

struct shared *shared;

int shared_init(void)
{
	void *memory = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	shared = memory;
	return 0;
}

int agent_lacks(const struct agent *agent, struct text *what)
{
	if (agent->needs && !file_exists(agent->needs)) {
		text_add(what, "%s", agent->needs);
		return -ENODEV;
	}
	return agent->lacks ? agent->lacks(what) : 0;
}

/* ---- parameters of the agent ---- */

const char *run_param(const struct run *run, const char *key)
{
	const struct agent_param *known = run->agent->params;

	for (unsigned i = run->n_params; i--;) /* if a key occurs twice, the last one counts */
		if (!strcmp(run->params[i].key, key))
			return run->params[i].value;
	while (known && known->key && strcmp(known->key, key))
		known++;
	return known ? known->fallback : NULL;
}

int run_param_number(struct run *run, const char *key, uint64_t low, uint64_t high, uint64_t *ret)
{
	const char *value = run_param(run, key);

	if (value && !text_number(value, ret) && *ret >= low && *ret <= high)
		return 0;
	return run_fail(run, EINVAL, "invalid %s '%.40s' (a number from %llu to %llu)", key,
			value ? value : "", (unsigned long long)low, (unsigned long long)high);
}

int run_fail(struct run *run, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->shared->what, WHAT_MAX, format, args);
	va_end(args);
	return -error;
}

int run_expect_errnos(struct run *run, const char *key)
{
	char list[256], *rest = list, *name;
	const char *value = run_param(run, key);

	if (!value || !strcmp(value, "none"))
		return 0;
	if (!text_copy(list, sizeof(list), value))
		return run_fail(run, EINVAL, "%s is longer than %zu bytes", key, sizeof(list) - 1);
	while ((name = strsep(&rest, ","))) {
		bool any = !strcmp(name, "any");
		int error = errno_number(name);

		if (!any && !error)
			return run_fail(run, EINVAL,
					"invalid %s '%.40s' (errnos such as EBUSY,EINVAL, or "
					"'any', or 'none')",
					key, name);
		for (int i = any ? 1 : error; i <= (any ? ERRNO_MAX - 1 : error); i++)
			run->shared->expects[i] = true;
	}
	return 0;
}

uint64_t shared_claim(struct run *run, unsigned count)
{
	uint64_t mask = count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;

	for (unsigned shift = 0; shift + count <= 64; shift++) {
		uint64_t bits = mask << shift;
		uint64_t old = atomic_load(&shared->claimed);

		while (!(old & bits))
			if (atomic_compare_exchange_weak(&shared->claimed, &old, old | bits)) {
				run->shared->claim |= bits;
				return bits;
			}
	}
	return 0;
}

/* ---- when the next turn begins ---- */

bool run_stopped(const struct run *run)
{
	return atomic_load_explicit(&run->shared->stop, memory_order_relaxed);
}

/*
 * Waits until a file of FDS is ready, until the time NS, or until the agent must stop. For the
 * request STOP, init sets the flag `stop` and sends a signal. The signal is blocked from the check
 * of the flag until ppoll(), so that it is not lost in between. During operations it is not
 * blocked: offline_pages() may retry without end, and stops only if a signal is pending.
 */
static void wait_until(struct run *run, struct pollfd *fds, unsigned n_fds, uint64_t ns)
{
	sigset_t block, open;
	uint64_t now;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &open);
	while (!run_stopped(run) && (now = now_ns()) < ns) {
		struct timespec left = {(ns - now) / NS_PER_S, (ns - now) % NS_PER_S};

		if (ppoll(fds, n_fds, &left, &open) > 0)
			break;
	}
	sigprocmask(SIG_SETMASK, &open, NULL);
}

void run_sleep_until(struct run *run, uint64_t ns)
{
	wait_until(run, NULL, 0, ns);
}

void run_wait_readable(struct run *run, int fd, uint64_t ns)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};

	wait_until(run, &readable, 1, ns);
}

void run_idle(struct run *run)
{
	run_sleep_until(run, now_ns() + IDLE_NS);
}

void run_turn(struct run *run)
{
	run->shared->rng = guest_rng_keyed(run->seed, ++run->shared->turn);
}

/* Returns the range of turns to leave out that contains the current turn, or NULL. */
static const struct skip *find_skip(const struct run *run)
{
	uint64_t turn = run->shared->turn;

	for (unsigned i = 0; i < run->n_skips && run->skips[i].first <= turn; i++)
		if (turn <= run->skips[i].last)
			return &run->skips[i];
	return NULL;
}

/*
 * Leaves out the turns of SKIP. With a rate, this takes as long as the turns would have taken, so
 * that later turns start at the same times as in a run without `skip`. Without a rate it takes no
 * time.
 */
static void leave_out(struct run *run, const struct skip *skip)
{
	if (skip->last == UINT64_MAX)
		run_sleep_until(run, UINT64_MAX);
	else if (!run->rate)
		run->shared->turn = skip->last;
}

/*
 * Runs the turns, each of which calls `step` once. With a rate, start times are absolute, so that
 * delays do not add up; but if the agent is more than 1 s late, the schedule starts again.
 */
static void run_loop(struct run *run)
{
	uint64_t interval = run->rate ? NS_PER_S / run->rate : 0;
	uint64_t next = now_ns();
	const struct skip *skip;

	/* start agents with the same rate at different times */
	if (interval)
		next += guest_rng_between(&run->shared->rng, 0, interval);
	while (!run_stopped(run)) {
		if (interval) {
			run_sleep_until(run, next);
			next += interval;
			if (next + NS_PER_S < now_ns())
				next = now_ns();
		}
		if (run_stopped(run))
			break;
		run_turn(run);
		skip = find_skip(run);
		if (skip)
			leave_out(run, skip);
		else
			run->agent->step(run);
	}
}

/* ---- counting of operations ---- */

void op_begin(struct run *run, enum op op)
{
	run->now_ns = now_ns();
	atomic_store_explicit(&run->shared->op, op, memory_order_relaxed);
	atomic_store_explicit(&run->shared->busy_since_ns, run->now_ns, memory_order_relaxed);
}

/* Increments a counter. Only this process writes it, so no atomic addition is needed. */
static void add_one(_Atomic uint64_t *counter)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

void op_end(struct run *run, enum op op, long result)
{
	struct agent_shared *mine = run->shared;
	int error = result < 0 ? (int)-result : 0;

	if (error >= ERRNO_MAX)
		error = EIO;
	atomic_store_explicit(&mine->busy_since_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&mine->op, OP_NONE, memory_order_relaxed);
	add_one(&mine->result[op][error]);
	if (!op_expected_here(mine, op, error))
		add_one(&mine->failed);
	add_one(&mine->ops);
}

bool op_expected_here(const struct agent_shared *its, unsigned op, int error)
{
	return op_expected(op, error) || its->expects[error];
}

void op_end_about(struct run *run, enum op op, long result, const char *format, ...)
{
	struct agent_shared *mine = run->shared;
	va_list args;

	if (result < 0 && result > -ERRNO_MAX && !op_expected_here(mine, op, -result) &&
	    !mine->what_error) {
		va_start(args, format);
		vsnprintf(mine->what, WHAT_MAX, format, args);
		va_end(args);
		mine->what_op = op;
		mine->what_error = -result;
	}
	op_end(run, op, result);
}

int op_write(struct run *run, enum op op, int fd, const char *word, size_t len)
{
	ssize_t done;
	int err;

	op_begin(run, op);
	done = pwrite(fd, word, len, 0);
	err = done < 0 ? -errno : 0;
	op_end(run, op, err);
	return err;
}

int op_write_path(struct run *run, enum op op, int dir, const char *path, const char *word)
{
	int err;

	op_begin(run, op);
	err = file_write(dir, path, word);
	op_end(run, op, err);
	return err;
}

static void set_oom_score(int score)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", score);
	file_write(AT_FDCWD, "/proc/self/oom_score_adj", word);
}

static void wake(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		/*
		 * the write failed because the eventfd is at its maximum, so init wakes up anyway
		 */
		return;
}

void run_wake(const struct run *run)
{
	wake(run->wake_fd);
}

static int prepare(struct run *run)
{
	char buffer[WHAT_MAX];
	struct text what;
	int err;

	run->shared->what[0] = '\0';
	text_init(&what, buffer, sizeof(buffer));
	err = agent_lacks(run->agent, &what);
	if (err)
		return run_fail(run, -err, "the kernel lacks %s", buffer);
	return run->agent->prepare ? run->agent->prepare(run) : 0;
}

_Noreturn void agent_main(struct run *run, int wake_fd)
{
	int err;

	run->wake_fd = wake_fd;
	set_oom_score(run->agent->oom_score_adj);
	err = prepare(run);
	run->shared->error = -err;
	if (!err) {
		atomic_store(&run->shared->phase, PHASE_RUNNING);
		wake(wake_fd);
		run_loop(run);
	}
	if (run->agent->cleanup)
		run->agent->cleanup(run);
	_exit(err ? 1 : 0);
}
