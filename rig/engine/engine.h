/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run: boots a guest, loads it, judges it and stores the result.
 *
 * A table of states and events (table.c) controls the run; host steps (track.c), agents (agents.c),
 * the watchdog (watch.c) and the post-mortem (postmortem.c) feed it events; judge.c derives the
 * verdict. Single-threaded on the default main context.
 */
#ifndef RIG_ENGINE_ENGINE_H
#define RIG_ENGINE_ENGINE_H

#include <glib.h>
#include <jansson.h>

#include "plan/plan.h"
#include "store/store.h"

/* Data of the status line. */
struct engine_status {
	const char *state;     /* "boot", "hammer", … */
	double guest_s;	       /* guest time */
	double left_s;	       /* wall time until the load ends, 0 in other states */
	const char *agents;    /* "block-state 1200/s, slab-read 310/s" */
	guint plugs, unplugs;  /* that succeeded */
	guint refused;
	guint reports;
};

/* Called about four times a second. */
typedef void (*engine_progress)(const struct engine_status *status, void *data);

/*
 * Blocks until the run is judged and stored. PROGRESS may be NULL. *ret_dir is the run folder, also
 * after a HANG or an abort (SIGINT and SIGTERM end the run as ABORTED). Errors: the run folder
 * could not be created, or its verdict could not be written.
 */
gboolean engine_run(const struct run_plan *plan, engine_progress progress, void *data,
		    char **ret_dir, enum verdict *ret_verdict, GError **error);

#endif
