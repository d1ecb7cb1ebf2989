/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hold makes a vCPU wait at one place until another vCPU has come to a second place. No call here
 * touches QEMU, so the tests drive it with plain threads.
 *
 * At most one vCPU waits on each side of a hold, and at least one vCPU of the guest is never held:
 * the last free one passes. After a wait that expired, the hold is inactive for as long as the wait
 * was, so that holds never take more than half of a vCPU's time.
 *
 * A sweep tries many holds in one boot. These are the last ones of the list, its arms. The arms up
 * to `turns` are active all the time, and wait in rounds: one that has waited waits again when no
 * other one has waited for window_ns. So each place of a path has its turn, on a path that is run
 * once, too. Of the other arms `slots` are active at a time, in the order of the list and again
 * from its begin; after such a wait they leave that vCPU alone for half as long as the wait was.
 */
#ifndef RIG_PLUGIN_HOLD_H
#define RIG_PLUGIN_HOLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum hold_kind {
	HOLD_UNTIL, /* a waits until b has been reached `visits` times */
	HOLD_MEET,  /* each side waits for the other */
	HOLD_DELAY, /* a waits for max_ns; there is no b */
	N_KINDS,
};

#define HOLD_CPUS 64 /* further vCPUs are not held by arms */

enum hold_side { SIDE_A, SIDE_B, N_SIDES };
enum hold_outcome { HOLD_MET, HOLD_EXPIRED, HOLD_RELEASED, N_OUTCOMES };

struct hold_totals {
	uint64_t reached[N_SIDES]; /* number of times while armed */
	uint64_t held, outcome[N_OUTCOMES];
	/* number of times that a vCPU was not held, because no other vCPU would have been free */
	uint64_t crowded;
	uint64_t held_ns;
};

/* A wait that has ended. */
struct hold_wait {
	unsigned id;
	enum hold_side side;
	unsigned cpu;
	int64_t start_ns, length_ns;
	enum hold_outcome outcome;
	uint64_t visits; /* visits of the other side during the wait */
};

struct hold {
	/* set before holds_init() */
	enum hold_kind kind;
	int64_t max_ns;
	uint64_t times, visits;
	unsigned after; /* 0, or 1 + the index of a hold that must have been met before */

	_Atomic uint64_t reached[N_SIDES];
	_Atomic uint64_t crowded;
	atomic_bool spent; /* `times` are used up */
	atomic_bool was_met;	  /* set by the vCPU that ended a wait, before it continues */
	_Atomic unsigned waiting; /* sides on which a vCPU waits now */

	/* for the fields below */
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool waits[N_SIDES];
	uint64_t meetings[N_SIDES]; /* waits of this side that the other side has ended */
	uint64_t awaited; /* `reached` of side b that ends the wait of side a */
	uint64_t held, outcome[N_OUTCOMES], held_ns;
	int64_t rest_until_ns;
};

struct sweep {
	unsigned arms, turns; /* indices of the first arm, and of the first one that takes turns */
	unsigned slots;	      /* 0: there is no sweep */
	int64_t window_ns;

	_Atomic unsigned first; /* the first active one of those that take turns, from 0 */
	_Atomic int64_t ends_ns; /* of the window; 0: it has not begun */
	_Atomic int64_t rest_until_ns[HOLD_CPUS];
	_Atomic uint64_t rounds; /* that are over */
	_Atomic int64_t waited_ns; /* when an arm that does not take turns waited last */
};

struct holds {
	struct hold *hold;
	unsigned n, vcpus;
	struct sweep sweep; /* its plain fields are set before holds_init() */
	atomic_bool armed;
	_Atomic unsigned held_vcpus;
	/* called after each wait, by the vCPU's own thread, without a lock held */
	void (*ended)(const struct hold_wait *wait, void *data);
	/* called when the arms from FIRST (an index of holds) on become active, by any thread */
	void (*turned)(unsigned first, void *data);
	void *data;
};

/* CLOCK_MONOTONIC */
int64_t holds_now_ns(void);

void holds_init(struct holds *holds);
/* A vCPU has come to a side of hold ID. Returns after at most max_ns. */
void holds_reach(struct holds *holds, unsigned id, enum hold_side side, unsigned cpu);
/* From any thread. Not armed: waiting vCPUs continue. */
void holds_arm(struct holds *holds, bool armed);
void holds_totals(struct holds *holds, unsigned id, struct hold_totals *ret);

#endif
