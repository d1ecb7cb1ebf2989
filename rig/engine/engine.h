/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Executes one run: boots a guest, puts it under load, decides the verdict and stores the result.
 *
 * A table of states and events (table.c) controls the run. Host steps (track.c), agents (agents.c),
 * the watchdog (watch.c) and the post-mortem (postmortem.c) send it events; judge.c decides the
 * verdict. Single-threaded, on the default main context.
 */
#ifndef RIG_ENGINE_ENGINE_H
#define RIG_ENGINE_ENGINE_H

#include <glib.h>
#include <jansson.h>

#include "plan/plan.h"
#include "store/store.h"

/* The data for the status line. */
struct engine_status {
	const char *state;    /* "boot", "hammer", … */
	double guest_s;	      /* the guest's uptime */
	double left_s;	      /* wall time until the load ends, or 0 if there is no load */
	const char *agents;   /* "block-state 1200/s, slab-read 310/s" */
	guint plugs, unplugs; /* numbers of successful operations */
	guint refused;	      /* number of unplugs that the guest refused */
	guint reports;	      /* number of reports that determine the verdict */
};

/* A callback that is called about four times a second. */
typedef void (*engine_progress)(const struct engine_status *status, void *data);

/*
 * Executes PLAN. Blocks until the verdict is stored. PROGRESS may be NULL. Sets *ret_dir to the run
 * folder. SIGINT and SIGTERM end the run with the verdict ABORTED. Errors: the run folder could not
 * be created, or its verdict could not be written.
 */
gboolean engine_run(const struct run_plan *plan, engine_progress progress, void *data,
		    char **ret_dir, enum verdict *ret_verdict, GError **error);

#endif
