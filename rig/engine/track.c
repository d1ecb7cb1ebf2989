// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes the timeline. A *track* is a sequence of steps in the scenario, a *lap* is one pass
 * through it, and a *copy* is one of the parallel executions that the scenario requests. Copies run
 * in parallel; each executes its operations one at a time. Every operation has exactly one outcome,
 * is written to the journal before and after, and is counted. step.c implements the kinds of
 * operations.
 */
#include "engine/track.h"

#include <string.h>

#include "locks/locks.h"

#define RETRY_MS 50
#define EDGE_LOAD_S 1.0

static gboolean track_next(gpointer data);

/*
 * Lets each copy of a track that waits for an operation of another copy check whether that
 * operation has ended.
 */
static void wake_waiting(struct session *s)
{
	for (guint i = 0; i < s->host.tracks->len; i++) {
		struct track_run *t = s->host.tracks->pdata[i];

		if (t->waits && !t->over) {
			t->waits = FALSE;
			t->source = g_idle_add(track_next, t);
		}
	}
}

static void track_over(struct track_run *t)
{
	t->over = TRUE;
	if (tracks_idle(t->s))
		session_event(t->s, EV_IDLE);
}

static gboolean may_begin(struct track_run *t, const struct operation *op)
{
	g_autofree char *after = op->has_after ? op_id_text(&op->after) : NULL;

	return !after || g_hash_table_contains(t->s->host.ended, after);
}

static void begin(struct track_run *t, const struct operation *op)
{
	g_autofree char *op_id = op_id_text(&op->id);

	t->op = op;
	t->step = op->step;
	t->id = op->device;
	t->in_step = TRUE;
	t->began_ns = rig_now_ns();
	t->began_runtime_s = watch_guest_runtime(t->s);
	run_journal(t->s->run, "step", "{s:i, s:i, s:s, s:s, s:s}", "track", op->id.track, "copy",
		    op->id.copy, "do", step_do_name(t->step->what), "id", t->id, "op", op_id);
	fails_begin(t->s, t->step);
	step_run(t);
}

/* Starts the next lap (pass through the track's steps). Returns FALSE if there is none. */
static gboolean next_lap(struct track_run *t)
{
	GPtrArray *ops = timeline_lap(t->s->plan->timeline, t->number, t->lap);

	if (!ops)
		return FALSE;
	g_clear_pointer(&t->ops, g_ptr_array_unref);
	t->op = NULL;
	t->id = "";
	t->ops = ops;
	t->lap++;
	t->next = 0;
	return TRUE;
}

/*
 * Returns TRUE if the load can end early: the run only has to show whether a lock order occurs
 * (--until), each step was executed, and the agents had EDGE_LOAD_S of guest runtime. A longer load
 * is not needed, because lockdep records a lock order when its code path is executed for the first
 * time.
 */
static gboolean edge_was_tried(struct session *s)
{
	return s->plan->until && g_str_has_prefix(s->plan->until, LOCK_EDGE_KEY) &&
	       tracks_ran_once(s) &&
	       watch_guest_runtime(s) - s->times.hammer_runtime_s >= EDGE_LOAD_S;
}

static gboolean track_next(gpointer data)
{
	struct track_run *t = data;

	t->source = 0;
	if (t->s->state != STATE_HAMMER) {
		track_over(t);
		return G_SOURCE_REMOVE;
	}
	if (t->s->host.vanished)
		return G_SOURCE_REMOVE;
	if (!t->ops || t->next == t->ops->len) {
		/*
		 * if each step of this pass through the track was skipped, because devices are
		 * busy, try again later
		 */
		if (t->ops && !t->did) {
			t->did = TRUE;
			t->source = g_timeout_add(RETRY_MS, track_next, t);
			return G_SOURCE_REMOVE;
		}
		if (t->ops && edge_was_tried(t->s)) {
			session_event(t->s, EV_IDLE);
			return G_SOURCE_REMOVE;
		}
		if (!next_lap(t)) {
			track_over(t);
			return G_SOURCE_REMOVE;
		}
		t->did = FALSE;
		t->source = g_idle_add(track_next, t);
		return G_SOURCE_REMOVE;
	}
	if (may_begin(t, t->ops->pdata[t->next]))
		begin(t, t->ops->pdata[t->next++]);
	else
		t->waits = TRUE;
	return G_SOURCE_REMOVE;
}

void track_stepped(struct track_run *t, const char *outcome, const char *why)
{
	const struct op_id *id = &t->op->id;
	g_autofree char *op_id = op_id_text(id);

	t->in_step = FALSE;
	t->s->host.vanished |= !strcmp(outcome, vm_outcome_name(VM_VANISHED));
	t->did |= strcmp(outcome, "skipped") != 0;
	run_journal(t->s->run, "stepped", "{s:i, s:i, s:s, s:s, s:s, s:s, s:f, s:s}", "track",
		    id->track, "copy", id->copy, "do", step_do_name(t->step->what), "id", t->id,
		    "op", op_id, "outcome", outcome, "ms",
		    (rig_now_ns() - t->began_ns) / (double)RIG_NS_PER_MS, "why", why ? why : "");
	/* only explicit operations can be waited for (`after`), so this set stays small */
	if (id->lap < timeline_explicit_laps(t->s->plan->timeline, t->number))
		g_hash_table_add(t->s->host.ended, g_steal_pointer(&op_id));
	wake_waiting(t->s);
	/* a failed call may have prevented the plug of the device, and so later steps on it */
	if (!t->device ||
	    !(t->device->refused || (t->device->unsure && t->step->what == STEP_ONLINE)))
		fails_stepped(t->s, t->step, t->began_ns, outcome, why);
	/* an outcome that a failed call may have caused is not compared with the expected one */
	if (!fails_since(t->s, t->began_ns))
		outcomes_step(t->s, t->step, outcome, why);
	if (t->s->state == STATE_HAMMER)
		t->source = g_idle_add(track_next, t);
	else
		track_over(t);
}

void tracks_hello(struct session *s)
{
	s->host.reset_waits = 0;
	cover_phase(s, COVERAGE_LOAD);
	agents_start(s);
	for (guint i = 0; i < s->host.tracks->len; i++) {
		struct track_run *t = s->host.tracks->pdata[i];

		if (t->in_step)
			step_reset(t);
	}
}

void tracks_start(struct session *s)
{
	for (guint n = 0; n < timeline_n_copies(s->plan->timeline); n++) {
		struct track_run *t = g_new0(struct track_run, 1);

		t->s = s;
		t->number = n;
		t->id = "";
		t->source = g_idle_add(track_next, t);
		g_ptr_array_add(s->host.tracks, t);
	}
}

unsigned *tracks_laps(const struct session *s)
{
	unsigned *laps = g_new0(unsigned, timeline_n_copies(s->plan->timeline));

	for (guint i = 0; i < s->host.tracks->len; i++) {
		const struct track_run *t = s->host.tracks->pdata[i];

		laps[t->number] = t->lap;
	}
	return laps;
}

gboolean tracks_ran_once(const struct session *s)
{
	for (guint i = 0; i < s->host.tracks->len; i++) {
		const struct track_run *t = s->host.tracks->pdata[i];

		if (!t->over && t->lap < 2 && (!t->ops || t->next < t->ops->len || t->in_step))
			return FALSE;
	}
	return TRUE;
}

gboolean tracks_idle(struct session *s)
{
	for (guint i = 0; i < s->host.tracks->len; i++)
		if (!((struct track_run *)s->host.tracks->pdata[i])->over)
			return FALSE;
	return TRUE;
}

/* Cuts `wait` steps short. Other steps in progress end by themselves, or by their deadline. */
void tracks_stop(struct session *s)
{
	s->host.ran_once |= tracks_ran_once(s);
	for (guint i = 0; i < s->host.tracks->len; i++) {
		struct track_run *t = s->host.tracks->pdata[i];

		if (t->in_step && t->step->what == STEP_WAIT && t->source) {
			g_clear_handle_id(&t->source, g_source_remove);
			track_stepped(t, "cut", "");
		} else if (!t->in_step && !t->over) {
			g_clear_handle_id(&t->source, g_source_remove);
			track_over(t);
		}
	}
	if (tracks_idle(s))
		session_event(s, EV_IDLE);
}

void tracks_init(struct session *s)
{
	s->host = (struct host_side){
		.devices = devices_new(),
		.tracks = g_ptr_array_new(),
		.ended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.expected = g_hash_table_new(NULL, NULL),
		.outcomes = json_object(),
	};
}

void tracks_deinit(struct session *s)
{
	for (guint i = 0; i < s->host.tracks->len; i++) {
		struct track_run *t = s->host.tracks->pdata[i];

		g_clear_handle_id(&t->source, g_source_remove);
		g_clear_handle_id(&t->limit, g_source_remove);
		g_clear_pointer(&t->ops, g_ptr_array_unref);
		g_free(t);
	}
	g_ptr_array_unref(s->host.tracks);
	g_hash_table_unref(s->host.devices);
	g_hash_table_unref(s->host.ended);
	g_hash_table_unref(s->host.expected);
	json_decref(s->host.outcomes);
}
