/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trap for a cycle of locks: a task that holds one lock of the cycle and is about to wait for
 * another one is stopped there, until other tasks are stopped so that each waits for a lock that
 * the next holds. Then all of them continue, and block each other for good if they can.
 *
 * At least one vCPU of the guest is never stopped. After a wait that expired no task is stopped
 * before the same class for as long as the wait was, and twice as long after each further one: a
 * side that tasks reach all the time must not keep them from reaching the other one. While a task
 * is stopped at a side that is reached less often, the others do not rest.
 */
#ifndef RIG_PLUGIN_LOCK_TRAP_H
#define RIG_PLUGIN_LOCK_TRAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "plugin/protocol.h"

struct locks;
struct locks_class;
struct locks_held;

/* A class of the cycle. */
struct trap_member {
	unsigned kind;	      /* enum locks_kind */
	uint64_t from, to;    /* address range of the variable or of the code */
	char name[TRAP_NAME]; /* or "*" */
};

/* A task that is stopped, or that was stopped when the circle was closed. */
struct trap_party {
	uint64_t stack; /* 0: this entry is free */
	uint64_t lock;	/* the lock that it waits for */
	uint32_t class;
	bool write, go;
};

struct locks_trap {
	/* set before it is armed */
	struct trap_member member[TRAP_MEMBERS];
	unsigned n_members, vcpus;
	int64_t max_ns;
	/* called after each wait, by the vCPU's own thread, with the locks' mutex held */
	void (*ended)(unsigned cpu, int64_t start_ns, int64_t length_ns, bool met, void *data);
	void *data;

	bool armed;
	pthread_cond_t change;
	unsigned waiting;
	struct trap_party party[TRAP_PARTIES];
	/* the last circle that was closed, its parties in order */
	unsigned n_circle;
	struct trap_party circle[TRAP_PARTIES];
	uint64_t met, held, expired;
	/* times that a task held a lock of member I and wanted one of member J */
	uint64_t met_by[TRAP_MEMBERS][TRAP_MEMBERS];
	int64_t rest_until_ns[TRAP_MEMBERS];
	unsigned streak[TRAP_MEMBERS]; /* waits that expired since a circle was last closed */
};

void trap_init(struct locks_trap *trap);
/* 1 + the index of the member to which CLASS belongs, or 0. */
unsigned trap_member_of(const struct locks_trap *trap, const struct locks_class *class);
/*
 * Stops the task whose stack has SP and which is about to wait for WANTED, if the trap needs it.
 * Called with the locks' mutex held, which is released while the task is stopped: entries of tasks
 * can have moved afterwards.
 */
void trap_enter(struct locks *locks, uint64_t sp, const struct locks_held *wanted, unsigned cpu);
/* From any thread; not armed: stopped tasks continue. */
void trap_arm(struct locks *locks, bool armed);
/* Writes its lines (protocol.h). Called with the locks' mutex held. */
void trap_write(struct locks *locks, FILE *out);

#endif
