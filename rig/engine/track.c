// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host steps: tracks run side by side, each goes through its steps again and again, one at a time. Every
 * step ends in exactly one outcome, is in the journal before and after, and is counted. What a step does is in step.c.
 */
#include "engine/track.h"

#include <string.h>

static void track_over(struct track_run *t)
{
	t->over = TRUE;
	if (tracks_idle(t->s))
		session_event(t->s, EV_IDLE);
}

static gboolean track_next(gpointer data)
{
	struct track_run *t = data;
	const struct track *track = t->track;

	t->source = 0;
	if (t->next == track->n_steps) {
		t->next = 0;
		t->laps++;
		if (t->laps == track->repeat) {
			track_over(t);
			return G_SOURCE_REMOVE;
		}
		if (!t->did) { /* all skipped: a device is still on its way; look again a little later */
			t->did = TRUE;
			t->source = g_timeout_add(50, track_next, t);
			return G_SOURCE_REMOVE;
		}
		t->did = FALSE;
	}
	if (t->s->state != STATE_HAMMER) {
		track_over(t);
		return G_SOURCE_REMOVE;
	}
	if (t->s->vanished)
		return G_SOURCE_REMOVE;
	t->step = &track->steps[t->next++];
	if (rng_between(&t->rng, 1, 100) > t->step->chance) {
		t->source = g_idle_add(track_next, t);
		return G_SOURCE_REMOVE;
	}
	g_free(t->id);
	t->id = !t->step->id		  ? g_strdup("")
		: track->copies > 1 ? g_strdup_printf("%s.%u", t->step->id, t->copy)
				    : g_strdup(t->step->id);
	t->in_step = TRUE;
	t->began_ns = rig_now_ns();
	run_journal(t->s->run, "step", "{s:i, s:i, s:s, s:s}", "track", t->number, "copy", t->copy, "do",
		    step_name(t->step), "id", t->id);
	step_run(t);
	return G_SOURCE_REMOVE;
}

void track_stepped(struct track_run *t, const char *outcome, const char *why)
{
	t->in_step = FALSE;
	t->s->vanished |= !strcmp(outcome, vm_outcome_name(VM_VANISHED));
	t->did |= strcmp(outcome, "skipped") != 0;
	run_journal(t->s->run, "stepped", "{s:i, s:i, s:s, s:s, s:s, s:f, s:s}", "track", t->number, "copy",
		    t->copy, "do", step_name(t->step), "id", t->id, "outcome", outcome, "ms",
		    (rig_now_ns() - t->began_ns) / (double)RIG_NS_PER_MS, "why", why ? why : "");
	if (t->s->state == STATE_HAMMER)
		t->source = g_idle_add(track_next, t);
	else
		track_over(t);
}

void tracks_hello(struct session *s)
{
	s->reset_waits = 0;
	agents_start(s);
	for (guint i = 0; i < s->tracks->len; i++) {
		struct track_run *t = s->tracks->pdata[i];

		if (t->in_step)
			step_reset(t);
	}
}

void tracks_start(struct session *s)
{
	for (guint i = 0; i < s->scenario->n_tracks; i++) {
		const struct track *track = &s->scenario->tracks[i];

		for (guint copy = 0; copy < MAX(1, track->copies); copy++) {
			g_autofree char *label = g_strdup_printf("track %u.%u", i, copy);
			struct track_run *t = g_new0(struct track_run, 1);

			t->s = s;
			t->track = track;
			t->number = i;
			t->copy = copy;
			t->did = TRUE;
			t->rng = rng_stream(s->plan->seed, label);
			t->source = g_idle_add(track_next, t);
			g_ptr_array_add(s->tracks, t);
		}
	}
}

gboolean tracks_idle(struct session *s)
{
	for (guint i = 0; i < s->tracks->len; i++)
		if (!((struct track_run *)s->tracks->pdata[i])->over)
			return FALSE;
	return TRUE;
}

/* A wait is cut short; everything else ends by itself, at the latest at its own deadline. */
void tracks_stop(struct session *s)
{
	for (guint i = 0; i < s->tracks->len; i++) {
		struct track_run *t = s->tracks->pdata[i];

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

void tracks_free(struct session *s)
{
	for (guint i = 0; i < s->tracks->len; i++) {
		struct track_run *t = s->tracks->pdata[i];

		g_clear_handle_id(&t->source, g_source_remove);
		g_free(t->id);
		g_free(t);
	}
	g_ptr_array_unref(s->tracks);
}
