/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timeline of a run: which operations the host does, in which order, with which arguments, and
 * with which seed each agent starts. It is compiled from (scenario, machine, seed) before the
 * launch, kept as timeline.json in the run folder, and executed by the engine (engine/track.c).
 *
 * A copy of a track repeats its steps in laps until the duration is over, so its operations are
 * without end. A timeline therefore has two parts: explicit laps, whose operations are listed and
 * can be edited, and, unless it ends there, laps that are generated when they are reached. A
 * generated operation is a pure function of the seed and of the operation's id (track, copy, lap,
 * step). So it makes no difference when it is generated, and no operation's arguments depend on
 * those of another. docs/scenarios.md.
 */
#ifndef RIG_TIMELINE_TIMELINE_H
#define RIG_TIMELINE_TIMELINE_H

#include <glib.h>
#include <jansson.h>
#include <stdio.h>

#include "machine/machine.h"
#include "scenario/scenario.h"
#include "util/auto.h"

/* Limit of a file. A lap that does not fit is generated instead of listed. */
#define TIMELINE_OPERATIONS_MAX 100000
#define TIMELINE_BYTES_MAX (64 << 20)
/* Laps per copy, and operations in all, that are listed before the launch. */
#define TIMELINE_PREFIX_LAPS 64
#define TIMELINE_PREFIX_OPERATIONS 4096

/*
 * The id of an operation, printed as "0.1.2.3". All numbers count from 0; track and step are places
 * in the scenario's file.
 */
struct op_id {
	unsigned track, copy, lap, step;
};

struct operation {
	struct op_id id;
	const struct step *step; /* the scenario's: what to do, device, node, backend, timeout */
	char *device;		 /* "d", "d.1" in a track with copies, "" for steps without one */
	guint64 size, requested; /* bytes, multiples of the machine's unit */
	guint64 ms;
	enum step_how how;	 /* never HOW_RANDOM */
	/*
	 * Do not begin before this operation of another copy or track has ended. Operations of one
	 * copy are always in order.
	 */
	gboolean has_after;
	struct op_id after;
};

struct timeline;

/*
 * Compiles a timeline, with some explicit laps. SCENARIO and MACHINE are borrowed as long as it
 * exists.
 */
struct timeline *timeline_compile(const struct scenario *scenario, const struct machine *machine,
				  guint64 seed);
void timeline_free(struct timeline *timeline);
RIG_DEFINE_AUTO(timeline, timeline_free)

guint64 timeline_seed(const struct timeline *timeline);

/* The copies of all tracks: they run in parallel, each one operation at a time. */
guint timeline_n_copies(const struct timeline *timeline);
const struct track *timeline_copy(const struct timeline *timeline, guint n, unsigned *ret_copy);

/*
 * The operations of a lap of copy N: array of struct operation, possibly empty;
 * g_ptr_array_unref(). NULL where the copy has ended: after `repeat` laps, or after the explicit
 * ones of a timeline that ends there.
 */
GPtrArray *timeline_lap(const struct timeline *timeline, guint n, unsigned lap);

/* Makes the laps of copy N below LAPS explicit, within TIMELINE_OPERATIONS_MAX. */
void timeline_extend(struct timeline *timeline, guint n, unsigned laps);

/* The number of explicit laps of copy N. */
unsigned timeline_explicit_laps(const struct timeline *timeline, guint n);

/* TRUE: the copies end after their explicit laps, and no laps are generated. */
void timeline_set_end(struct timeline *timeline, gboolean end);

/* Removes one operation. Error: RIG_EXIT_USAGE if the timeline does not have it. */
gboolean timeline_remove(struct timeline *timeline, const struct op_id *id, GError **error);

/* Seed of instance N (from 0) of AGENT, an agent of the scenario; FALSE: it is left out. */
gboolean timeline_agent_seed(const struct timeline *timeline, const struct agent *agent, unsigned n,
			     guint64 *ret);

/*
 * Turns that this instance leaves out, counted from 1: "3,10-20,40-"; NULL: none. What a turn draws
 * depends only on the seed and on its number, so that the others stay as they are.
 */
const char *timeline_agent_skip(const struct timeline *timeline, const struct agent *agent,
				unsigned n);

/* timeline.json, the explicit part. A new reference. */
json_t *timeline_json(const struct timeline *timeline);

/*
 * Prints timeline.json to OUT with, of each copy N, the explicit laps and those below LAPS[N]
 * (NULL: only the explicit ones), within TIMELINE_OPERATIONS_MAX. Generated laps are drawn one at a
 * time, so memory does not grow with their number.
 */
void timeline_print(const struct timeline *timeline, const unsigned *laps, FILE *out);

/*
 * Reads FILE, a timeline of SCENARIO on MACHINE. Everything is checked: types, ids and their order,
 * that each operation is one that the scenario's step allows, that `after` makes no cycle. Errors:
 * RIG_EXIT_USAGE, with the file and the operation's id.
 */
struct timeline *timeline_load(const char *file, const struct scenario *scenario,
			       const struct machine *machine, GError **error);
struct timeline *timeline_parse(json_t *json, const char *file, const struct scenario *scenario,
				const struct machine *machine, GError **error);

/* "0.1.2.3"; newly allocated. */
char *op_id_text(const struct op_id *id);
gboolean op_id_parse(const char *text, struct op_id *ret);

/* "plug the DIMM d, 256M on node 0"; newly allocated. */
char *operation_sentence(const struct operation *op);

#endif
