// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: notices that nothing goes on any more.
 *
 * Two clocks. The guest's beat comes from a process that touches nothing which hotplug can block, so a
 * missing beat means that the guest does not schedule (or that the host stopped running it). An agent's
 * `busy-ms` is in guest time, so a host that is merely slow does not make it grow.
 */
#include "engine/session.h"

#define WATCH_MS 500
/* One agent alone may be inside an operation for so many times longer than all of them at once. */
#define ONE_IS_LONGER 3

static void stall(struct session *s)
{
	session_event(s, EV_STALL);
}

static gboolean on_watch(gpointer data)
{
	struct session *s = data;
	gint64 silent = rig_now_ns() - s->last_beat_ns;
	gint64 patience_s = session_patience(s);
	const struct agent_run *longest = NULL;
	guint busy = 0;

	if (s->paused || s->reset_waits)
		return G_SOURCE_CONTINUE;
	if (silent > patience_s * RIG_NS_PER_S) {
		session_judge(s, VERDICT_HANG, "no beat from the guest for %d s", (int)(silent / RIG_NS_PER_S));
		stall(s);
		return G_SOURCE_CONTINUE;
	}
	for (guint i = 0; i < s->agents->len; i++) {
		const struct agent_run *a = s->agents->pdata[i];

		busy += a->busy_ms >= (guint64)patience_s * 1000;
		if (!longest || a->busy_ms > longest->busy_ms)
			longest = a;
	}
	if (!longest || s->state < STATE_HAMMER || s->state > STATE_STOP)
		return G_SOURCE_CONTINUE;
	if (busy == s->agents->len || longest->busy_ms >= (guint64)(ONE_IS_LONGER * patience_s * 1000)) {
		session_judge(s, VERDICT_HANG, "%s: agent %u (%s) has been inside '%s' for %d s",
			      busy == s->agents->len ? "no agent gets on" : "an agent is stuck", longest->id,
			      longest->agent->name, longest->now, (int)(longest->busy_ms / 1000));
		stall(s);
	}
	return G_SOURCE_CONTINUE;
}

void watch_start(struct session *s)
{
	s->last_beat_ns = rig_now_ns();
	if (!s->watch_source)
		s->watch_source = g_timeout_add(WATCH_MS, on_watch, s);
}

void watch_stop(struct session *s)
{
	g_clear_handle_id(&s->watch_source, g_source_remove);
}
