/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of timeline/. */
#ifndef RIG_TIMELINE_INTERNAL_H
#define RIG_TIMELINE_INTERNAL_H

#include "timeline/timeline.h"

/* One copy of a track. */
struct copy {
	const struct track *track;
	unsigned copy;
	GPtrArray *laps; /* the explicit laps (timeline.h): arrays of struct operation */
};

/* One instance of an agent. */
struct start {
	const struct agent *agent;
	unsigned instance; /* number of the instance, counted over all agents with this name */
	guint64 seed;
	char *skip; /* list of the turns that it leaves out, or NULL */
};

struct timeline {
	const struct scenario *scenario;
	const struct machine *machine;
	guint64 seed;
	GPtrArray *copies;
	GArray *starts; /* of struct start */
	/* number of explicit operations plus explicit laps, limited by TIMELINE_OPERATIONS_MAX */
	guint n_operations;
	gboolean end;
};

/* Makes a timeline without explicit laps and starts (timeline.c). */
struct timeline *timeline_new(const struct scenario *scenario, const struct machine *machine,
			      guint64 seed);

/* draw.c: */
/* Makes the operation of STEP, even if its chance draw skips it. */
struct operation *draw_operation(const struct timeline *timeline, const struct copy *copy,
				 unsigned lap, const struct step *step);
/* Returns the operations of a lap, as the seed determines them. */
GPtrArray *draw_lap(const struct timeline *timeline, const struct copy *copy, unsigned lap);
guint64 draw_agent_seed(guint64 seed, const char *name, unsigned instance);
/* Returns the unit of sizes drawn for STEP: sizes are multiples of it. */
guint64 draw_unit(const struct timeline *timeline, const struct step *step);
void operation_free(gpointer data);

/*
 * Checks all `after` (order.c). FALSE with an error: one has an id that is not in the timeline, or
 * there is a cycle.
 */
gboolean order_check(const struct timeline *timeline, const char *file, GError **error);

#endif
