/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agents: processes that do one kind of thing to the kernel, again and again.
 *
 * To add one: write a file agent-NAME.c with a const struct agent, add its operations to legal.h and
 * their legal errnos to legal.c, put it into the table in agent.c, and say in docs/agents.md what it
 * does. `step` does one operation (a few where they belong together), between op_begin() and
 * op_end(); pacing, stopping and counting are done around it. State is static: each agent is a
 * process of its own, forked for it. Nothing is allocated once it runs.
 */
#ifndef GUEST_AGENT_H
#define GUEST_AGENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "legal.h"
#include "rng.h"
#include "text.h"

#define AGENTS_MAX 64
#define PARAMS_MAX 16
#define WHAT_MAX 160

#define countof(array) (sizeof(array) / sizeof((array)[0]))

enum phase { PHASE_FREE, PHASE_PREPARING, PHASE_RUNNING, PHASE_ENDED };

/* What an agent shares with init: MAP_SHARED, written by the agent, only read by init. */
struct agent_shared {
	_Atomic uint32_t phase;
	_Atomic uint32_t stop; /* written by init */
	_Atomic uint32_t op;
	_Atomic uint64_t busy_since_ns; /* 0 between two operations */
	_Atomic uint64_t ops, failed;
	_Atomic uint64_t result[OP_COUNT][ERRNO_MAX];
	struct guest_rng rng; /* here, so that an agent that is started again goes on where it was */
	uint64_t claim;	      /* what it took from shared_claim(), given back when it ends */
	int error;	      /* positive errno of a failed prepare, and what failed */
	char what[WHAT_MAX];
};

struct param {
	char key[32], value[256];
};

/* One agent that was asked for. */
struct run {
	uint64_t id, seed, rate;
	unsigned index; /* among the agents that run at this time: 0..AGENTS_MAX-1 */
	const struct agent *agent;
	struct agent_shared *shared;
	struct param params[PARAMS_MAX];
	unsigned n_params;
	uint64_t now_ns; /* of the last op_begin() */
};

struct agent_param {
	const char *key, *fallback; /* NULL: it has none, and stays away */
	const char *about;
};

struct agent {
	const char *name;
	const char *needs;		 /* a file that must be there, or NULL */
	int (*lacks)(struct text *what); /* further needs: 0, or -errno with what is missing */
	const struct agent_param *params; /* ended by a NULL key; or NULL */
	int (*prepare)(struct run *run);  /* 0 or -errno, run_fail() for what; or NULL */
	void (*step)(struct run *run);
	void (*cleanup)(struct run *run); /* undoes what must not stay; or NULL */
	int oom_score_adj;
	bool killable; /* the OOM killer is expected to take it: start it again */
	unsigned patience_ms; /* an operation that takes longer gets a signal; 0: never */
};

extern const struct agent *const agents[]; /* ended by NULL */

const struct agent *agent_find(const char *name);

/* 0, or -errno and what the kernel lacks. Looks at files: not for the main loop once agents run. */
int agent_lacks(const struct agent *agent, struct text *what);

/*
 * Takes the payload of a START apart (in place): everything is checked but what only `prepare` can
 * know. 0, or -errno and what is wrong.
 */
int agent_parse(char *payload, struct run *ret, struct text *what);

/*
 * The agent's process, after fork(): prepares, rings DOORBELL (an eventfd), then runs until it is told
 * to stop. Never returns.
 */
_Noreturn void agent_main(struct run *run, int doorbell);

/* For agents. */
const char *run_param(const struct run *run, const char *key);
int run_param_number(struct run *run, const char *key, uint64_t low, uint64_t high, uint64_t *ret);
int run_fail(struct run *run, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool run_stopped(const struct run *run);
/* Waits until NS on the monotonic clock, or until told to stop. */
void run_sleep_until(struct run *run, uint64_t ns);
/* The same, and no longer than until FD has something to read. */
void run_wait_readable(struct run *run, int fd, uint64_t ns);
/* There is nothing to do just now (no block was plugged yet): waits a little. */
void run_idle(struct run *run);

void op_begin(struct run *run, enum op op);
/* RESULT is >= 0 or -errno. */
void op_end(struct run *run, enum op op, long result);
/* A whole operation: one pwrite() of WORD at the start of an open file. Returns 0 or -errno. */
int op_write(struct run *run, enum op op, int fd, const char *word, size_t len);
/* The same, opening DIR/PATH for it. */
int op_write_path(struct run *run, enum op op, int dir, const char *path, const char *word);

/* Bits out of 64 that no other agent has: COUNT of them, 0 where there are not as many. */
uint64_t shared_claim(struct run *run, unsigned count);

uint64_t now_ns(void);

/* What all agents and init share, besides their own counters. */
struct shared {
	_Atomic uint64_t claimed;
	/* blocks without memory behind them, added by `probe`: nobody may take them online */
	_Atomic uint64_t void_first, void_end;
	struct agent_shared agent[AGENTS_MAX];
};
extern struct shared *shared;

/* Once, before the first agent. 0 or -errno. */
int shared_init(void);

extern const struct agent agent_block_state, agent_block_online, agent_probe, agent_slab_read,
	agent_slab_shrink, agent_slab_churn, agent_cpu_online, agent_mem_read, agent_pressure,
	agent_compact, agent_memtrace, agent_dlpar, agent_notifier_error, agent_busted, agent_shell_loop,
	agent_gallery, agent_lock_rules, agent_hang, agent_poison;

#endif
