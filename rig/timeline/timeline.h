/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timeline of a run: which operations the host does, in which order, with which arguments, and
 * the seed of each agent. It is compiled from (scenario, machine, seed) before the launch, stored
 * as timeline.json in the run folder, and executed by the engine (engine/track.c).
 *
 * A copy of a track repeats its steps in laps until the duration is over, so the number of its
 * operations is not limited. A timeline therefore has two parts: explicit laps, whose operations
 * are listed and can be edited, and generated laps, which are drawn when they are reached (unless
 * the timeline ends after the explicit laps). A generated operation is a pure function of the seed
 * and the operation's id (track, copy, lap, step). So its arguments depend neither on other
 * operations nor on when it is generated. See docs/scenarios.md.
 */
#ifndef RIG_TIMELINE_TIMELINE_H
#define RIG_TIMELINE_TIMELINE_H

#include <glib.h>
#include <jansson.h>
#include <stdio.h>

#include "machine/machine.h"
#include "scenario/scenario.h"
#include "util/auto.h"

/*
 * Maximum number of operations in a file. Laps (passes through a track) beyond it are generated
 * instead of listed.
 */
#define TIMELINE_OPERATIONS_MAX 100000
#define TIMELINE_BYTES_MAX (64 << 20)
/* Maximum numbers of laps per copy, and of operations in all, that are listed before the launch. */
#define TIMELINE_PREFIX_LAPS 64
#define TIMELINE_PREFIX_OPERATIONS 4096

/*
 * The id of an operation, printed as "0.1.2.3". All numbers count from 0; track and step are
 * positions in the scenario's file.
 */
struct op_id {
	unsigned track, copy, lap, step;
};

struct operation {
	struct op_id id;
	/* the step of the scenario: what to do, device, node, backend, timeout */
	const struct step *step;
	/*
	 * "d"; in a further copy of a track, which has a device of its own, "d.1"; "" for a step
	 * without a device
	 */
	char *device;
	guint64 size, requested; /* bytes; multiples of the machine's unit */
	guint64 ms;
	enum step_how how; /* never HOW_RANDOM */
	/*
	 * If `has_after` is TRUE, the operation must not begin before the operation `after`, of
	 * another copy or track, has ended. The operations of one copy are always executed in
	 * order.
	 */
	gboolean has_after;
	struct op_id after;
};

struct timeline;

/*
 * Compiles a timeline that lists the operations of the first laps. SCENARIO and MACHINE are
 * borrowed as long as the timeline exists.
 */
struct timeline *timeline_compile(const struct scenario *scenario, const struct machine *machine,
				  guint64 seed);
void timeline_free(struct timeline *timeline);
RIG_DEFINE_AUTO(timeline, timeline_free)

guint64 timeline_seed(const struct timeline *timeline);

/*
 * Returns the number of copies of all tracks. The copies run in parallel; each executes one
 * operation at a time.
 */
guint timeline_n_copies(const struct timeline *timeline);
const struct track *timeline_copy(const struct timeline *timeline, guint n, unsigned *ret_copy);

/*
 * Returns the operations of lap LAP of copy N, an array of struct operation that may be empty. The
 * caller unrefs it. Returns NULL if the copy has no such lap. If the track has `repeat`, the copy
 * has that many laps. If no laps are generated (timeline_set_end()), it has only its explicit laps.
 */
GPtrArray *timeline_lap(const struct timeline *timeline, guint n, unsigned lap);

/*
 * Makes the first LAPS laps of copy N explicit, that is, lists their operations, but not more than
 * TIMELINE_OPERATIONS_MAX allows.
 */
void timeline_extend(struct timeline *timeline, guint n, unsigned laps);

/* Returns how many laps of copy N are explicit: their operations are listed. */
unsigned timeline_explicit_laps(const struct timeline *timeline, guint n);

/*
 * Sets what follows the explicit laps, whose operations are listed: if END is TRUE, the copies end,
 * otherwise laps are generated.
 */
void timeline_set_end(struct timeline *timeline, gboolean end);

/* Removes one operation. Error: RIG_EXIT_USAGE if the timeline does not have it. */
gboolean timeline_remove(struct timeline *timeline, const struct op_id *id, GError **error);

/*
 * Sets *ret to the seed of instance N (from 0) of AGENT, an agent of the scenario. Returns FALSE if
 * this instance is left out.
 */
gboolean timeline_agent_seed(const struct timeline *timeline, const struct agent *agent, unsigned n,
			     guint64 *ret);

/*
 * Returns the turns that instance N leaves out, counted from 1: "3,10-20,40-", or NULL if none.
 * This does not change the other turns, because the draws of a turn depend only on the seed and the
 * turn's number.
 */
const char *timeline_agent_skip(const struct timeline *timeline, const struct agent *agent,
				unsigned n);

/*
 * Returns the explicit laps and the agents of the timeline in the format of timeline.json. A new
 * reference.
 */
json_t *timeline_json(const struct timeline *timeline);

/*
 * Prints timeline.json to OUT. For each copy N, it lists the explicit laps, and then generated laps
 * up to LAPS[N] in all (none if LAPS is NULL), but at most TIMELINE_OPERATIONS_MAX operations.
 * Generated laps are drawn one at a time, so memory use does not grow with their number.
 */
void timeline_print(const struct timeline *timeline, const unsigned *laps, FILE *out);

/*
 * Reads FILE, a timeline of SCENARIO on MACHINE. Checks everything: types, ids and their order,
 * that the scenario's step allows each operation, and that `after` makes no cycle. Errors:
 * RIG_EXIT_USAGE, with the file and the operation's id.
 */
struct timeline *timeline_load(const char *file, const struct scenario *scenario,
			       const struct machine *machine, GError **error);
struct timeline *timeline_parse(json_t *json, const char *file, const struct scenario *scenario,
				const struct machine *machine, GError **error);

/* Returns the id as "0.1.2.3"; newly allocated. */
char *op_id_text(const struct op_id *id);
gboolean op_id_parse(const char *text, struct op_id *ret);

/* Returns the operation as text, for example "plug the DIMM d, 256M on node 0"; newly allocated. */
char *operation_sentence(const struct operation *op);

#endif
