/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trap for a cycle of locks. A task that holds one lock of the cycle and is about to wait for
 * another one is stopped, until the stopped tasks form a circle in which each waits for a lock that
 * the next one holds. Then all of them continue; if the locks exclude each other, these tasks are
 * deadlocked.
 *
 * At any time, at least one vCPU of the guest is not stopped. After a wait that expired, there is a
 * pause in which no task is stopped before the same class. It is as long as the wait, and twice as
 * long after each further wait that expires. Without this pause, tasks that are stopped again and
 * again before one class would never reach the other classes. When a task is stopped before a
 * class, the pauses of all classes with more expired waits end.
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

/* A lock class of the cycle. */
struct trap_member {
	unsigned kind;	      /* enum locks_kind */
	uint64_t from, to;    /* address range of the variable or of the code */
	/* name of the class, or "*" for any; only used by LOCKS_BY_NAME and LOCKS_BY_NODE */
	char name[TRAP_NAME];
};

/* A task that is stopped, or that was stopped until the circle was closed. */
struct trap_party {
	uint64_t stack; /* lowest address of the task's stack, or 0 if this entry is free */
	uint64_t lock;	/* the lock that the task waits for */
	uint32_t class;
	bool write; /* the task wants the lock for writing */
	bool go;    /* the circle was closed, so the task continues */
};

struct locks_trap {
	/* constant after the trap is armed */
	struct trap_member member[TRAP_MEMBERS];
	unsigned n_members, vcpus;
	int64_t max_ns;
	/*
	 * called after each wait, in the thread of the vCPU, with the mutex `lock` of struct locks
	 * held
	 */
	void (*ended)(unsigned cpu, int64_t start_ns, int64_t length_ns, bool met, void *data);
	void *data;

	/* protected by the mutex `lock` of struct locks */
	bool armed;
	pthread_cond_t change; /* signalled when `armed` or the `go` of a stopped task changes */
	unsigned waiting;      /* number of tasks that are stopped */
	struct trap_party party[TRAP_PARTIES];
	/* the tasks of the circle that was closed last; each waits for a lock of the next one */
	unsigned n_circle;
	struct trap_party circle[TRAP_PARTIES];
	uint64_t met, held, expired;
	/* [I][J]: how often a task held a lock of member I and wanted one of member J */
	uint64_t met_by[TRAP_MEMBERS][TRAP_MEMBERS];
	int64_t rest_until_ns[TRAP_MEMBERS]; /* no task is stopped before this member until then */
	/* number of waits before this member that expired since a circle was last closed */
	unsigned streak[TRAP_MEMBERS];
};

void trap_init(struct locks_trap *trap);
/* Returns 1 + the index of the member that CLASS matches, or 0 if it is not part of the cycle. */
unsigned trap_member_of(const struct locks_trap *trap, const struct locks_class *class);
/*
 * Stops the current task if it holds one lock of the cycle and is about to wait for another one,
 * WANTED. SP is an address in its stack. Called with the mutex of LOCKS held. The mutex is released
 * while the task is stopped, so entries of the task table can have moved afterwards.
 */
void trap_enter(struct locks *locks, uint64_t sp, const struct locks_held *wanted, unsigned cpu);
/* Arms or disarms the trap, from any thread. When disarmed, stopped tasks continue. */
void trap_arm(struct locks *locks, bool armed);
/*
 * Writes the trap's lines of the record of locks (protocol.h). Called with the mutex of LOCKS held.
 */
void trap_write(struct locks *locks, FILE *out);

#endif
