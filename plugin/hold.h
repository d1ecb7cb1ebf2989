/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hold makes a vCPU wait at one place until another vCPU has reached a second place. No function
 * here calls QEMU, so the tests use plain threads as vCPUs.
 *
 * At most one vCPU waits on each side of a hold. The last vCPU of the guest that is not waiting is
 * never held. After a wait that expired, the hold is inactive for as long as the wait was, so that
 * it never takes more than half of a vCPU's time.
 *
 * A *sweep* tries many holds in one boot. These holds are called *arms*, and are at the end of the
 * list of holds. They are not inactive after an expired wait; other rules limit their waits. The
 * arms before `turns` are active all the time and wait in *rounds*: after an arm has waited, it
 * waits again only when no other of these arms has waited for window_ns. So each place on a path is
 * delayed once, even if the path runs only once. Of the remaining arms, `slots` are active at a
 * time, for window_ns (a *window*), in the order of the list, and again from its start after the
 * last one. After a wait at one of these arms, none of them holds the same vCPU again for half the
 * length of the wait. If change points are set (pct.points), arms do not wait in rounds or windows;
 * they are the places of a random scheduler (pct.h).
 */
#ifndef RIG_PLUGIN_HOLD_H
#define RIG_PLUGIN_HOLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/pct.h"

enum hold_kind {
	/* side a (the first place) waits until side b (the second) was reached `visits` times */
	HOLD_UNTIL,
	HOLD_MEET,  /* each side waits for the other */
	HOLD_DELAY, /* side a waits for max_ns; there is no side b */
	N_KINDS,
};

#define HOLD_CPUS 64 /* holds of a sweep can delay only the vCPUs 0 to HOLD_CPUS - 1 */

enum hold_side { SIDE_A, SIDE_B, N_SIDES };
/* How a wait ended: the other side was reached, max_ns were over, or the holds were disarmed. */
enum hold_outcome { HOLD_MET, HOLD_EXPIRED, HOLD_RELEASED, N_OUTCOMES };

struct hold_totals {
	/* how often vCPUs reached each place while the holds were active */
	uint64_t reached[N_SIDES];
	uint64_t held, outcome[N_OUTCOMES];
	/* how often a vCPU was not held because it was the only vCPU that was not waiting */
	uint64_t crowded;
	/* how often a vCPU was not held because of the condition `after` (struct hold) */
	uint64_t early;
	/*
	 * how often a vCPU did not fit a condition (condition.h), and so did not wait, or its visit
	 * did not count
	 */
	uint64_t unfit;
	uint64_t held_ns;
};

/* A wait that has ended. */
struct hold_wait {
	unsigned id;
	enum hold_side side;
	unsigned cpu;
	int64_t start_ns, length_ns;
	enum hold_outcome outcome;
	uint64_t key;	 /* for `same` of struct hold: KEY of the holds_reach() that waited */
	uint64_t visits; /* how often the other place was reached during the wait */
};

struct hold {
	/* constant after holds_init() */
	enum hold_kind kind;
	int64_t max_ns;	 /* maximum length of a wait */
	uint64_t times;	 /* maximum number of waits */
	/* HOLD_UNTIL: how often side b (the second place) must be reached to end a wait */
	uint64_t visits;
	/*
	 * 0, or 1 + the index of an earlier hold E. In this case, a vCPU waits at this hold only if
	 * a wait at E was met after the last wait at this hold began.
	 */
	unsigned after;
	/* a visit of side b only counts if its key is that of the vCPU that waits on side a */
	bool same;

	_Atomic uint64_t reached[N_SIDES];
	/* how often side b was reached in a way that counts (see `same`) */
	_Atomic uint64_t fitting;
	_Atomic uint64_t crowded, early, unfit;
	atomic_bool spent; /* vCPUs have waited `times` times; no vCPU waits any more */
	/* number of waits that were met, counted before the vCPU that ends the wait continues */
	_Atomic uint64_t met;
	_Atomic unsigned waiting; /* number of sides on which a vCPU is waiting */

	/* protects the fields below */
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool waits[N_SIDES];
	uint64_t key[N_SIDES]; /* for `same`: the key of the vCPU that waits on this side */
	/* per side: number of waits of this side that the other side has ended */
	uint64_t meetings[N_SIDES];
	/*
	 * the value of `fitting` at which the wait of side a ends; UINT64_MAX if this wait is
	 * already counted in `met`
	 */
	uint64_t awaited;
	/* the value of `met` of hold `after` when this hold's last wait began */
	uint64_t answered;
	uint64_t held, outcome[N_OUTCOMES], held_ns;
	int64_t rest_until_ns; /* until then the hold is inactive, after a wait that expired */
};

struct sweep {
	/* index of the first arm (hold of the sweep), and of the first arm that takes turns */
	unsigned arms, turns;
	unsigned slots; /* number of turn-taking arms active at a time, or 0 if there is no sweep */
	int64_t window_ns;

	_Atomic unsigned first;	 /* the first arm that is active now, counted from `turns` */
	_Atomic int64_t ends_ns; /* when the active arms change next, or 0 before the first time */
	/* for each vCPU: until then, no arm that takes turns holds it */
	_Atomic int64_t rest_until_ns[HOLD_CPUS];
	/* number of completed rounds, in each of which an arm below `turns` waits at most once */
	_Atomic uint64_t rounds;
	/* when an arm (hold) with an index below `turns` last ended a wait */
	_Atomic int64_t waited_ns;
	struct pct pct;
};

struct holds {
	struct hold *hold;
	unsigned n, vcpus;
	struct sweep sweep; /* its non-atomic fields are set before holds_init() */
	atomic_bool armed;
	_Atomic unsigned held_vcpus;
	/* called after each wait, in the thread of the vCPU, without a lock held */
	void (*ended)(const struct hold_wait *wait, void *data);
	/*
	 * called in any thread when the next arms of the sweep become active; FIRST is the index of
	 * the first
	 */
	void (*turned)(unsigned first, void *data);
	void *data;
};

/* Returns the current time of CLOCK_MONOTONIC in ns. */
int64_t holds_now_ns(void);

void holds_init(struct holds *holds);
/*
 * Must be called when CPU reaches a side of hold ID. Waits for at most max_ns. KEY is the value
 * that must be the same on both sides of a hold with `same`.
 */
void holds_reach(struct holds *holds, unsigned id, enum hold_side side, unsigned cpu, uint64_t key);
/*
 * Must be called instead of holds_reach() if the vCPU does not fit a condition of the hold. Only
 * counts the visit.
 */
void holds_unfit(struct holds *holds, unsigned id, enum hold_side side);
/* Makes vCPUs wait at holds if ARMED is true; otherwise ends all waits. From any thread. */
void holds_arm(struct holds *holds, bool armed);
/* Sets *RET to the counters of hold ID. */
void holds_totals(struct holds *holds, unsigned id, struct hold_totals *ret);

#endif
