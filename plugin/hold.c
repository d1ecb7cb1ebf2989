// SPDX-License-Identifier: GPL-2.0-only
/* Makes vCPUs wait for each other at holds. */
#include "plugin/hold.h"

#include <time.h>

#define NS_PER_S 1000000000

int64_t holds_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

void holds_init(struct holds *holds)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (unsigned i = 0; i < holds->n; i++) {
		pthread_mutex_init(&holds->hold[i].lock, NULL);
		pthread_cond_init(&holds->hold[i].change, &attr);
	}
	pthread_condattr_destroy(&attr);
	pct_init(&holds->sweep.pct);
}

/*
 * Increments the number of held vCPUs. If only one vCPU is not held, returns false instead, because
 * that vCPU must run.
 */
static bool take_vcpu(struct holds *holds)
{
	unsigned held = atomic_load(&holds->held_vcpus);

	do {
		if (held + 1 >= holds->vcpus)
			return false;
	} while (!atomic_compare_exchange_weak(&holds->held_vcpus, &held, held + 1));
	return true;
}

/*
 * Returns true if the wait at SIDE was met, because the other place of the hold was reached. VISITS
 * is how often it was reached during the wait; MEETINGS is the value of hold->meetings[SIDE] when
 * the wait began.
 */
static bool is_met(const struct hold *hold, enum hold_side side, uint64_t visits, uint64_t meetings)
{
	if (hold->kind == HOLD_MEET)
		return hold->meetings[side] != meetings;
	return hold->kind == HOLD_UNTIL && visits >= hold->visits;
}

/* Waits, and sets wait->outcome. The caller holds hold->lock. */
static void wait_here(struct holds *holds, struct hold *hold, struct hold_wait *wait)
{
	_Atomic uint64_t *partner = hold->kind == HOLD_UNTIL ? &hold->fitting
							     : &hold->reached[!wait->side];
	uint64_t before = atomic_load(partner), meetings = hold->meetings[wait->side];
	int64_t end = wait->start_ns + hold->max_ns;
	const struct timespec until = {end / NS_PER_S, end % NS_PER_S};
	bool met = false;

	hold->awaited = before + hold->visits;
	/*
	 * no visit is missed: either the vCPU at the other place sees `waiting`, or its visit is
	 * counted in `before`, because both accesses are sequentially consistent
	 */
	while (!(met = is_met(hold, wait->side, wait->visits, meetings)) &&
	       atomic_load(&holds->armed) && holds_now_ns() < end) {
		pthread_cond_timedwait(&hold->change, &hold->lock, &until);
		wait->visits = atomic_load(partner) - before;
	}
	wait->length_ns = holds_now_ns() - wait->start_ns;
	wait->outcome = met			  ? HOLD_MET
			: atomic_load(&holds->armed) ? HOLD_EXPIRED
						     : HOLD_RELEASED;
}

static bool is_arm(const struct holds *holds, unsigned id)
{
	return holds->sweep.slots && id >= holds->sweep.arms;
}

static void account(struct holds *holds, struct hold *hold, const struct hold_wait *wait)
{
	int64_t end = wait->start_ns + wait->length_ns;

	hold->outcome[wait->outcome]++;
	hold->held_ns += wait->length_ns;
	if (is_arm(holds, wait->id)) {
		if (wait->id < holds->sweep.turns)
			atomic_store(&holds->sweep.waited_ns, end);
		else
			atomic_store(&holds->sweep.rest_until_ns[wait->cpu],
				     end + wait->length_ns / 2);
	} else if (wait->outcome == HOLD_EXPIRED) {
		hold->rest_until_ns = end + wait->length_ns;
	}
}

/* Returns true if ID, a hold of a sweep, is one of those that are active now. */
static bool is_active(const struct holds *holds, unsigned id)
{
	const struct sweep *sweep = &holds->sweep;
	unsigned n = holds->n - sweep->turns;

	return id < sweep->turns ||
	       (id - sweep->turns + n - atomic_load(&sweep->first)) % n < sweep->slots;
}

/* Starts the next window (time in which the same arms are active) if the current one has ended. */
static void advance(struct holds *holds, int64_t now_ns)
{
	struct sweep *sweep = &holds->sweep;
	int64_t ends_ns = atomic_load(&sweep->ends_ns);

	if (now_ns < ends_ns || sweep->turns >= holds->n ||
	    !atomic_compare_exchange_strong(&sweep->ends_ns, &ends_ns, now_ns + sweep->window_ns))
		return;
	if (ends_ns)
		atomic_store(&sweep->first, (atomic_load(&sweep->first) + sweep->slots) %
						    (holds->n - sweep->turns));
	if (holds->turned)
		holds->turned(sweep->turns + atomic_load(&sweep->first), holds->data);
}

/*
 * Called when the place of an arm (a hold of a sweep) was reached. Returns false if the arm is not
 * active now, or if arms must not hold this vCPU now.
 */
static bool arm_may_wait(struct holds *holds, const struct hold_wait *wait)
{
	int64_t now_ns = holds_now_ns();

	advance(holds, now_ns);
	return wait->cpu < HOLD_CPUS && is_active(holds, wait->id) &&
	       (wait->id < holds->sweep.turns ||
		now_ns >= atomic_load(&holds->sweep.rest_until_ns[wait->cpu]));
}

/*
 * Returns true if an arm (a hold of a sweep) that has waited HELD times may wait in the current
 * round, in which each arm waits at most once. If no arm has waited during the last window_ns, the
 * current round is over, and the next one starts.
 */
static bool round_allows(struct holds *holds, uint64_t held, int64_t now_ns)
{
	struct sweep *sweep = &holds->sweep;
	uint64_t rounds = atomic_load(&sweep->rounds);

	if (held <= rounds)
		return true;
	return now_ns - atomic_load(&sweep->waited_ns) > sweep->window_ns &&
	       atomic_compare_exchange_strong(&sweep->rounds, &rounds, held);
}

/*
 * Returns true if the hold `after` was met since the last wait of HOLD began, or if there is no
 * such condition. *ret_met is how often the hold `after` was met in all. The caller holds
 * hold->lock.
 */
static bool is_after(struct holds *holds, struct hold *hold, uint64_t *ret_met)
{
	*ret_met = hold->after ? atomic_load(&holds->hold[hold->after - 1].met) : 0;
	if (!hold->after || *ret_met != hold->answered)
		return true;
	atomic_fetch_add(&hold->early, 1);
	return false;
}

/* Starts a wait. Returns false if this vCPU must not wait. The caller holds hold->lock. */
static bool begin_wait(struct holds *holds, struct hold *hold, struct hold_wait *wait)
{
	uint64_t met;

	wait->start_ns = holds_now_ns();
	if (!is_after(holds, hold, &met))
		return false;
	if (!atomic_load(&holds->armed) || hold->waits[wait->side] || hold->held >= hold->times ||
	    wait->start_ns < hold->rest_until_ns)
		return false;
	if (is_arm(holds, wait->id) && wait->id < holds->sweep.turns &&
	    !round_allows(holds, hold->held, wait->start_ns))
		return false;
	if (!take_vcpu(holds)) {
		atomic_fetch_add(&hold->crowded, 1);
		return false;
	}
	hold->waits[wait->side] = true;
	hold->key[wait->side] = wait->key;
	hold->answered = met;
	if (++hold->held == hold->times)
		atomic_store(&hold->spent, true);
	atomic_fetch_add(&hold->waiting, 1);
	return true;
}

/*
 * Ends the wait of a vCPU at the other place of a `meet` hold. Returns true if a vCPU was waiting
 * there. The caller holds hold->lock.
 */
static bool meet(struct hold *hold, const struct hold_wait *wait)
{
	enum hold_side other = !wait->side;

	if (hold->kind != HOLD_MEET || !hold->waits[other] ||
	    (hold->same && hold->key[other] != wait->key))
		return false;
	hold->meetings[other]++;
	atomic_fetch_add(&hold->met, 1);
	hold->waits[other] = false;
	pthread_cond_broadcast(&hold->change);
	return true;
}

/* Counts in `met` the current wait of side a, but only once. The caller holds hold->lock. */
static void count_met(struct hold *hold)
{
	if (hold->awaited == UINT64_MAX)
		return;
	hold->awaited = UINT64_MAX;
	atomic_fetch_add(&hold->met, 1);
}

/* Handles that a vCPU has reached a place at which it may have to wait. */
static void reach_and_wait(struct holds *holds, struct hold *hold, struct hold_wait *wait)
{
	bool waited = false, met;

	pthread_mutex_lock(&hold->lock);
	met = meet(hold, wait);
	if (!met && begin_wait(holds, hold, wait)) {
		wait_here(holds, hold, wait);
		/*
		 * the vCPU that ends this wait may take the lock later, so count the wait here, too
		 */
		if (hold->kind == HOLD_UNTIL && wait->outcome == HOLD_MET)
			count_met(hold);
		atomic_fetch_sub(&hold->waiting, 1);
		if (hold->kind == HOLD_UNTIL || wait->outcome != HOLD_MET)
			hold->waits[wait->side] = false;
		atomic_fetch_sub(&holds->held_vcpus, 1);
		account(holds, hold, wait);
		waited = true;
	}
	pthread_mutex_unlock(&hold->lock);
	if (waited && holds->ended)
		holds->ended(wait, holds->data);
}

/* Waits until pct.c says that the vCPU may continue. The caller holds hold->lock. */
static void wait_for_turn(struct holds *holds, struct hold *hold, struct hold_wait *wait)
{
	int64_t end = wait->start_ns + hold->max_ns, now_ns = wait->start_ns, until;

	while ((until = pct_blocked_until(&holds->sweep.pct, wait->cpu, now_ns)) > now_ns &&
	       now_ns < end && atomic_load(&holds->armed)) {
		int64_t next = until < end ? until : end;
		const struct timespec at = {next / NS_PER_S, next % NS_PER_S};

		pthread_cond_timedwait(&hold->change, &hold->lock, &at);
		now_ns = holds_now_ns();
	}
	wait->length_ns = now_ns - wait->start_ns;
	wait->outcome = until <= now_ns		     ? HOLD_MET
			: atomic_load(&holds->armed) ? HOLD_EXPIRED
						     : HOLD_RELEASED;
	pct_continue(&holds->sweep.pct, wait->cpu, wait->start_ns, now_ns);
}

/*
 * Handles that a vCPU has reached an arm (a hold of a sweep) that is a place of the scheduler of
 * pct.h. Several vCPUs may wait at one place. After `times` waits no vCPU waits there any more, but
 * visits still count.
 */
static void schedule(struct holds *holds, struct hold *hold, struct hold_wait *wait)
{
	struct pct *pct = &holds->sweep.pct;

	wait->start_ns = holds_now_ns();
	pct_visit(pct, wait->cpu, wait->start_ns);
	if (pct_blocked_until(pct, wait->cpu, wait->start_ns) <= wait->start_ns)
		return;
	pthread_mutex_lock(&hold->lock);
	if (hold->held >= hold->times || !take_vcpu(holds)) {
		pthread_mutex_unlock(&hold->lock);
		return;
	}
	hold->held++;
	wait_for_turn(holds, hold, wait);
	atomic_fetch_sub(&holds->held_vcpus, 1);
	hold->outcome[wait->outcome]++;
	hold->held_ns += wait->length_ns;
	pthread_mutex_unlock(&hold->lock);
	if (holds->ended)
		holds->ended(wait, holds->data);
}

/*
 * Handles that side b was reached: ends the wait of side a if this was the last visit it needs. If
 * the hold has no `same`, a visit also counts while no vCPU waits. With `same` it does not, because
 * there is no key to compare.
 */
static void visit(struct hold *hold, uint64_t key)
{
	uint64_t fitting = hold->same ? 0 : atomic_fetch_add(&hold->fitting, 1) + 1;

	if (!atomic_load(&hold->waiting))
		return;
	pthread_mutex_lock(&hold->lock);
	if (hold->same && hold->waits[SIDE_A]) {
		if (key == hold->key[SIDE_A])
			fitting = atomic_fetch_add(&hold->fitting, 1) + 1;
		else
			atomic_fetch_add(&hold->unfit, 1);
	}
	if (hold->waits[SIDE_A] && fitting >= hold->awaited)
		count_met(hold);
	pthread_cond_broadcast(&hold->change);
	pthread_mutex_unlock(&hold->lock);
}

void holds_unfit(struct holds *holds, unsigned id, enum hold_side side)
{
	if (!atomic_load(&holds->armed))
		return;
	atomic_fetch_add(&holds->hold[id].reached[side], 1);
	atomic_fetch_add(&holds->hold[id].unfit, 1);
}

void holds_reach(struct holds *holds, unsigned id, enum hold_side side, unsigned cpu, uint64_t key)
{
	struct hold *hold = &holds->hold[id];
	struct hold_wait wait = {.id = id, .side = side, .cpu = cpu, .key = key};

	if (!atomic_load(&holds->armed))
		return;
	atomic_fetch_add(&hold->reached[side], 1);
	if (hold->kind == HOLD_UNTIL && side == SIDE_B) {
		visit(hold, key);
		return;
	}
	if (is_arm(holds, id) && holds->sweep.pct.points) {
		schedule(holds, hold, &wait);
		return;
	}
	if (is_arm(holds, id) && !arm_may_wait(holds, &wait))
		return;
	/* after `times` waits, the only thing left to do is to end the wait of another vCPU */
	if (!atomic_load(&hold->spent) || atomic_load(&hold->waiting))
		reach_and_wait(holds, hold, &wait);
}

void holds_arm(struct holds *holds, bool armed)
{
	atomic_store(&holds->armed, armed);
	for (unsigned i = 0; i < holds->n && !armed; i++) {
		pthread_mutex_lock(&holds->hold[i].lock);
		pthread_cond_broadcast(&holds->hold[i].change);
		pthread_mutex_unlock(&holds->hold[i].lock);
	}
}

void holds_totals(struct holds *holds, unsigned id, struct hold_totals *ret)
{
	struct hold *hold = &holds->hold[id];

	*ret = (struct hold_totals){
		.crowded = atomic_load(&hold->crowded),
		.early = atomic_load(&hold->early),
		.unfit = atomic_load(&hold->unfit),
	};
	for (int i = 0; i < N_SIDES; i++)
		ret->reached[i] = atomic_load(&hold->reached[i]);
	pthread_mutex_lock(&hold->lock);
	ret->held = hold->held;
	ret->held_ns = hold->held_ns;
	for (int i = 0; i < N_OUTCOMES; i++)
		ret->outcome[i] = hold->outcome[i];
	pthread_mutex_unlock(&hold->lock);
}
