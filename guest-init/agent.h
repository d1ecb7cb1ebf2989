/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agents: processes that repeat one kind of operation.
 *
 * To add one: write agents/NAME.c with a const struct agent, add its operations to expected-errno.h
 * and their expected errnos to expected-errno.c, add it to the table of start.c, and describe it in
 * man/rig-agents.5. `step` does one operation (or a few that belong together), each between
 * op_begin() and op_end(). One call of `step` is a *turn*. agent.c calls `step` at the right times,
 * stops the agent, and counts the results. The state of an agent is in static variables, because
 * each agent has a process of its own. After `prepare`, an agent must not allocate memory.
 */
#ifndef GUEST_AGENT_H
#define GUEST_AGENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "clock.h"
#include "expected-errno.h"
#include "output.h"
#include "rng.h"
#include "text.h"

#define AGENTS_MAX 64
#define PARAMS_MAX 16
#define WHAT_MAX 160

/* PHASE_PREPARING: `prepare` is being executed; PHASE_RUNNING: `step` is called repeatedly */
enum phase { PHASE_FREE, PHASE_PREPARING, PHASE_RUNNING, PHASE_ENDED };

/*
 * The memory that an agent shares with init (MAP_SHARED). While the agent runs, init writes only
 * `stop` and `output.taken`, and only the agent writes the other members.
 */
struct agent_shared {
	_Atomic uint32_t phase; /* enum phase */
	_Atomic uint32_t stop; /* init sets this to 1 to stop the agent */
	/* the operation in progress: enum op; OP_NONE between two operations */
	_Atomic uint32_t op;
	/* when the current operation began; 0 between two operations */
	_Atomic uint64_t busy_since_ns;
	/* numbers of operations that have ended, and of those whose result is not expected */
	_Atomic uint64_t ops, failed;
	/* how often each operation ended with each errno; 0: success */
	_Atomic uint64_t result[OP_COUNT][ERRNO_MAX];
	struct guest_rng rng; /* the stream of random numbers for this turn, which `step` uses */
	/*
	 * number of calls of `step`; it is in shared memory, so that a restarted agent continues
	 * counting
	 */
	uint64_t turn;
	uint64_t claim; /* bits that shared_claim() has reserved; released when the agent ends */
	/*
	 * expects[ERROR] is true if a parameter of this agent adds ERROR to the errnos that
	 * expected-errno.c lists for its operations
	 */
	bool expects[ERRNO_MAX];
	int error; /* positive errno of a failed prepare() */
	/* the text of run_fail(), or about the first operation with an unexpected result */
	char what[WHAT_MAX];
	/* the operation that `what` describes, and its errno; both 0 if run_fail() wrote `what` */
	unsigned what_op;
	int what_error;
	/* the pid of the task that an operation acts on, if it is not the agent; or 0 */
	_Atomic int32_t subject;
	_Atomic int32_t group; /* the process group to kill when the agent ends; or 0 */
	struct output output;
};

/*
 * A range of turns (calls of `step`) that an agent leaves out, counted from 1. Both ends are
 * included; if `last` is UINT64_MAX, the range has no end.
 */
#define SKIPS_MAX 64
struct skip {
	uint64_t first, last;
};

struct param {
	char key[32], value[256];
};

/*
 * One running agent. `id`, `seed` and `rate` (operations per second; 0: no pause between them) are
 * from the request START.
 */
struct run {
	uint64_t id, seed, rate;
	unsigned index; /* index among the running agents: 0..AGENTS_MAX-1 */
	const struct agent *agent;
	struct agent_shared *shared;
	struct param params[PARAMS_MAX];
	unsigned n_params;
	struct skip skips[SKIPS_MAX]; /* in ascending order */
	unsigned n_skips;
	uint64_t now_ns; /* when op_begin() was last called */
	int wake_fd;	 /* the eventfd that wakes init: WAKE_FD of agent_main() */
};

struct agent_param {
	/* `fallback` is NULL if there is no default and the parameter is optional */
	const char *key, *fallback;
	const char *about;
};

struct agent {
	const char *name;
	const char *needs; /* path of a file that must exist for the agent to work, or NULL */
	/*
	 * checks requirements other than `needs`; returns 0, or -errno and adds to WHAT what is
	 * missing
	 */
	int (*lacks)(struct text *what);
	const struct agent_param *params; /* ended by an entry with a NULL key; or NULL */
	int (*prepare)(struct run *run);  /* returns 0, or -errno after run_fail(); or NULL */
	void (*step)(struct run *run);
	void (*cleanup)(struct run *run); /* undoes persistent changes; or NULL */
	int oom_score_adj;		  /* value for /proc/PID/oom_score_adj */
	bool killable;	      /* the OOM killer is expected to kill it; it is then restarted */
	/*
	 * If an operation takes longer than this, init sends SIGUSR1 to the agent, which interrupts
	 * the system call. 0 means no limit.
	 */
	unsigned patience_ms;
};

/*
 * Checks that the kernel has what AGENT requires (`needs` and `lacks`). Returns 0, or -errno and
 * adds to WHAT what the kernel lacks. Init calls this only before agents run, because it reads
 * files.
 */
int agent_lacks(const struct agent *agent, struct text *what);

/*
 * The main function of an agent's process: calls `prepare`, writes to WAKE_FD (an eventfd) to wake
 * init, then calls `step` until the agent is stopped. Never returns.
 */
_Noreturn void agent_main(struct run *run, int wake_fd);

/* ---- functions for the agents ---- */
const char *run_param(const struct run *run, const char *key);
int run_param_number(struct run *run, const char *key, uint64_t low, uint64_t high, uint64_t *ret);
int run_fail(struct run *run, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * Adds the errnos that the parameter KEY lists ("EBUSY,EINVAL", "any", "none") to the expected
 * errnos of this agent. Returns 0 or -EINVAL.
 */
int run_expect_errnos(struct run *run, const char *key);
bool run_stopped(const struct run *run);
/* Waits until the time NS of now_ns(), or until the agent must stop. */
void run_sleep_until(struct run *run, uint64_t ns);
/* Waits until FD is readable, until the time NS of now_ns(), or until the agent must stop. */
void run_wait_readable(struct run *run, int fd, uint64_t ns);
/* Wakes init, so that it sends the agent's output immediately, not only at the next heartbeat. */
void run_wake(const struct run *run);
/* Waits 20 ms because no operation is possible yet (for example, no block was plugged). */
void run_idle(struct run *run);

/*
 * Begins the next turn (call of `step`). Its random numbers depend only on the agent's seed and the
 * turn's number, not on how many numbers earlier turns used.
 */
void run_turn(struct run *run);

void op_begin(struct run *run, enum op op);
/* Ends the operation OP. RESULT is >= 0 or -errno. */
void op_end(struct run *run, enum op op, long result);
/* Ends OP as op_end() does. The text is stored if this is the agent's first unexpected result. */
void op_end_about(struct run *run, enum op op, long result, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * Returns true if the operation OP of this agent may return ERROR (a positive errno):
 * expected-errno.c or a parameter of the agent lists it.
 */
bool op_expected_here(const struct agent_shared *its, unsigned op, int error);
/*
 * Does an operation that consists of one pwrite() of WORD to offset 0 of the open file FD, with
 * op_begin() and op_end(). Returns 0 or -errno.
 */
int op_write(struct run *run, enum op op, int fd, const char *word, size_t len);
/* Opens the file DIR/PATH, writes WORD to it as op_write() does, and closes it. */
int op_write_path(struct run *run, enum op op, int dir, const char *path, const char *word);

/*
 * Reserves COUNT consecutive bits of a 64-bit mask that all agents share. Returns a mask of these
 * bits, or 0 if no COUNT consecutive bits are free.
 */
uint64_t shared_claim(struct run *run, unsigned count);

/* Memory shared by init and all agents. */
struct shared {
	_Atomic uint64_t claimed;
	/*
	 * The agent `probe` adds memory blocks at addresses without memory. This is their address
	 * range. They must not be set online.
	 */
	_Atomic uint64_t void_first, void_end;
	/*
	 * Element I is for huge pages of 1 << I bytes: the number of pages in the pool, and the
	 * limit of surplus pages, both as they were before an agent `hugetlb` changed them, plus 1;
	 * 0 if they are not known.
	 */
	_Atomic uint64_t huge_pool[64], huge_surplus[64];
	struct agent_shared agent[AGENTS_MAX];
};
extern struct shared *shared;

/* Must be called once, before the first agent starts. Returns 0 or -errno. */
int shared_init(void);

/* All agents; agents/ has a file for each. */
extern const struct agent agent_block_state, agent_block_online, agent_probe, agent_slab_read,
	agent_slab_shrink, agent_slab_churn, agent_cpu_online, agent_mem_read, agent_pressure,
	agent_compact, agent_memtrace, agent_dlpar, agent_notifier_error, agent_busted,
	agent_shell_loop, agent_gallery, agent_lock_rules, agent_hang, agent_poison, agent_write,
	agent_read, agent_run, agent_dax, agent_hugetlb, agent_module, agent_cgroup,
	agent_thp, agent_pin, agent_ksm, agent_migrate, agent_perf, agent_cxl;

#endif
