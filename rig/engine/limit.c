// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits the time in which the guest must answer a step's request, in guest runtime (runtime.h).
 * Time in which holds kept a vCPU waiting does not count, because a sweep, which tries many holds,
 * may delay the request at many places.
 */
#include "engine/track.h"

#define LIMIT_TICK_MS 250
/*
 * The limit also expires after this many times its length in wall time, even if the host does not
 * run the guest.
 */
#define WALL_FACTOR 8

static gboolean wall_is_over(const struct track_run *t)
{
	return rig_now_ns() - t->began_ns >=
	       WALL_FACTOR * (gint64)t->step->timeout_s * RIG_NS_PER_S;
}

gboolean limit_leaves_time(const struct track_run *t)
{
	return step_was_starved(t) && !wall_is_over(t);
}

static gboolean on_limit(gpointer data)
{
	struct track_run *t = data;
	void (*over)(struct track_run *t) = t->limit_over;
	double ran_s = watch_guest_runtime(t->s) - t->asked_runtime_s -
		       holds_kept_s(t->s, t->asked_ns);

	if (vm_is_disconnected(t->s->vm) || (ran_s < t->step->timeout_s && !wall_is_over(t)))
		return G_SOURCE_CONTINUE;
	t->limit = 0;
	guest_cancel(t->s->guest, t->request);
	over(t);
	return G_SOURCE_REMOVE;
}

void limit_start(struct track_run *t, guint32 request, void (*over)(struct track_run *t))
{
	t->request = request;
	t->limit_over = over;
	t->asked_ns = rig_now_ns();
	t->asked_runtime_s = watch_guest_runtime(t->s);
	t->limit = g_timeout_add(LIMIT_TICK_MS, on_limit, t);
}

void limit_stop(struct track_run *t)
{
	g_clear_handle_id(&t->limit, g_source_remove);
}
