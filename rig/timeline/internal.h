/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of timeline/. */
#ifndef RIG_TIMELINE_INTERNAL_H
#define RIG_TIMELINE_INTERNAL_H

#include "timeline/timeline.h"

/* One copy of a track, which is a list of steps; the copies are executed in parallel. */
struct copy {
	const struct track *track;
	unsigned copy;
	/*
	 * the explicit laps: passes through the steps whose operations are listed (timeline.h);
	 * arrays of struct operation
	 */
	GPtrArray *laps;
};

/* One instance of an agent. */
struct start {
	const struct agent *agent;
	unsigned instance; /* number of the instance, counted over all agents with this name */
	guint64 seed;
	/* the turns (operations of the agent, by number) that the instance leaves out, or NULL */
	char *skip;
};

struct timeline {
	const struct scenario *scenario;
	const struct machine *machine;
	guint64 seed;
	GPtrArray *copies;
	GArray *starts; /* of struct start */
	/*
	 * number of explicit operations plus number of explicit laps (their operations are listed,
	 * not generated); at most TIMELINE_OPERATIONS_MAX
	 */
	guint n_operations;
	gboolean end; /* the copies end after their explicit laps; no laps are generated */
};

/* Makes a timeline without explicit laps and without the starts of agents (timeline.c). */
struct timeline *timeline_new(const struct scenario *scenario, const struct machine *machine,
			      guint64 seed);

/* ---- draw.c ---- */
/*
 * Makes the operation of STEP in lap (pass through the track) number LAP, even if the draw of
 * `chance` would leave it out.
 */
struct operation *draw_operation(const struct timeline *timeline, const struct copy *copy,
				 unsigned lap, const struct step *step);
/*
 * Returns the operations of lap (pass through the track) number LAP, with values drawn by the seed.
 */
GPtrArray *draw_lap(const struct timeline *timeline, const struct copy *copy, unsigned lap);
guint64 draw_agent_seed(guint64 seed, const char *name, unsigned instance);
/* Returns the number of bytes of which sizes drawn for STEP are multiples. */
guint64 draw_unit(const struct timeline *timeline, const struct step *step);
void operation_free(gpointer data);

/*
 * Checks the member `after` of all operations (order.c). Error: RIG_EXIT_USAGE, an id is not in the
 * timeline, or operations wait for each other.
 */
gboolean order_check(const struct timeline *timeline, const char *file, GError **error);

#endif
