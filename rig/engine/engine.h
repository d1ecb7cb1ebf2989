/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run: a guest is booted, hammered, judged and kept.
 *
 * The story is a table of states and events (table.c); host steps (track.c), agents (agents.c), the
 * watchdog (watch.c) and the post-mortem (postmortem.c) feed it events; judge.c turns what was seen into
 * a verdict. Single-threaded on the default main context.
 */
#ifndef RIG_ENGINE_ENGINE_H
#define RIG_ENGINE_ENGINE_H

#include <glib.h>
#include <jansson.h>

#include "plan/plan.h"
#include "store/store.h"

/* What the live line shows. */
struct engine_status {
	const char *state;     /* "boot", "hammer", … */
	double guest_s;	       /* guest time */
	double left_s;	       /* wall time until the hammering ends, 0 outside */
	const char *agents;    /* "block-state 1200/s, slab-read 310/s" */
	guint plugs, unplugs;  /* finished well */
	guint refused;
	guint reports;
};

/* Called about four times a second. */
typedef void (*engine_progress)(const struct engine_status *status, void *data);

/*
 * Blocks until the run is judged and kept. PROGRESS may be NULL. *ret_dir is the run folder, also after a HANG or an abort
 * (SIGINT and SIGTERM end the run as ABORTED). An error means that not even a folder could be made, or that
 * its verdict could not be written.
 */
gboolean engine_run(const struct run_plan *plan, engine_progress progress, void *data, char **ret_dir,
		    enum verdict *ret_verdict, GError **error);

#endif
