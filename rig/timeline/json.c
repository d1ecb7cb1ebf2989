// SPDX-License-Identifier: GPL-2.0-only
/* Writes timeline.json; rig-json(5) describes the format. */
#include "timeline/internal.h"

static json_t *operation_json(const struct operation *op)
{
	g_autofree char *id = op_id_text(&op->id);
	g_autofree char *actor = g_strdup_printf("track %u.%u", op->id.track, op->id.copy);
	json_t *json = json_pack("{s:s, s:s, s:s}", "id", id, "actor", actor, "do",
				 step_do_name(op->step->what));

	if (*op->device)
		json_object_set_new(json, "device", json_string(op->device));
	if (op->step->size.high)
		json_object_set_new(json, "size", json_integer(op->size));
	if (op->step->requested.high)
		json_object_set_new(json, "requested", json_integer(op->requested));
	if (op->step->ms.high)
		json_object_set_new(json, "ms", json_integer(op->ms));
	if (op->step->what == STEP_ONLINE)
		json_object_set_new(json, "how", json_string(step_how_name(op->how)));
	if (op->has_after) {
		g_autofree char *after = op_id_text(&op->after);

		json_object_set_new(json, "after", json_string(after));
	}
	return json;
}

static json_t *agents_json(const struct timeline *tl)
{
	json_t *agents = json_array();

	for (guint i = 0; i < tl->starts->len; i++) {
		const struct start *start = &g_array_index(tl->starts, struct start, i);
		g_autofree char *seed =
			g_strdup_printf("%016" G_GINT64_MODIFIER "x", start->seed);

		json_t *json = json_pack("{s:s, s:i, s:s}", "agent", start->agent->name, "instance",
					 start->instance, "seed", seed);

		if (start->skip)
			json_object_set_new(json, "skip", json_string(start->skip));
		json_array_append_new(agents, json);
	}
	return agents;
}

/*
 * Returns for each copy N how many of its laps are listed: all explicit laps, and then generated
 * laps up to LAPS[N] in all, while the list has room (TIMELINE_OPERATIONS_MAX). A generated lap
 * counts with all steps of its track: which steps `chance` leaves out is only known when the lap is
 * drawn. The caller owns the array.
 */
static unsigned *listed_laps(const struct timeline *tl, const unsigned *laps)
{
	unsigned *listed = g_new0(unsigned, tl->copies->len);
	guint left = TIMELINE_OPERATIONS_MAX - MIN(tl->n_operations, TIMELINE_OPERATIONS_MAX);

	for (guint n = 0; n < tl->copies->len; n++) {
		const struct copy *copy = tl->copies->pdata[n];
		guint a_lap = copy->track->n_steps + 1, more = 0;

		if (laps && laps[n] > copy->laps->len)
			more = MIN(laps[n] - copy->laps->len, left / a_lap);
		left -= more * a_lap;
		listed[n] = copy->laps->len + more;
	}
	return listed;
}

/* Returns all members of the file except "operations". New reference. */
static json_t *head_json(const struct timeline *tl, const unsigned *listed)
{
	json_t *copies = json_array();

	for (guint n = 0; n < tl->copies->len; n++) {
		const struct copy *copy = tl->copies->pdata[n];

		json_array_append_new(copies,
				      json_pack("{s:i, s:i, s:i}", "track", copy->track->number,
						"copy", copy->copy, "laps", listed[n]));
	}
	return json_pack("{s:i, s:s, s:s, s:I, s:s, s:o, s:o}", "version", 1, "scenario",
			 tl->scenario->name, "machine", tl->machine->name, "seed",
			 (json_int_t)tl->seed, "then", tl->end ? "end" : "generate", "agents",
			 agents_json(tl), "copies", copies);
}

/*
 * Calls EACH with the JSON of every listed operation, in the order of copies and laps. EACH owns
 * the JSON.
 */
static void each_operation(const struct timeline *tl, const unsigned *listed,
			   void (*each)(json_t *op, void *data), void *data)
{
	for (guint n = 0; n < tl->copies->len; n++)
		for (unsigned lap = 0; lap < listed[n]; lap++) {
			g_autoptr(GPtrArray) ops = timeline_lap(tl, n, lap);

			for (guint i = 0; ops && i < ops->len; i++)
				each(operation_json(ops->pdata[i]), data);
		}
}

static void append(json_t *op, void *data)
{
	json_array_append_new(data, op);
}

json_t *timeline_json(const struct timeline *tl)
{
	g_autofree unsigned *listed = listed_laps(tl, NULL);
	json_t *json = head_json(tl, listed), *ops = json_array();

	each_operation(tl, listed, append, ops);
	json_object_set_new(json, "operations", ops);
	return json;
}

struct printer {
	FILE *out;
	gboolean began;
};

/* Prints an operation as one line. */
static void print_operation(json_t *op, void *data)
{
	struct printer *p = data;
	json_auto_t *mine = op;

	fputs(p->began ? ",\n  " : "\n  ", p->out);
	json_dumpf(mine, p->out, 0);
	p->began = TRUE;
}

void timeline_print(const struct timeline *tl, const unsigned *laps, FILE *out)
{
	g_autofree unsigned *listed = listed_laps(tl, laps);
	json_auto_t *head = head_json(tl, listed);
	struct printer p = {out, FALSE};

	fputs("{\n ", out);
	json_dumpf(head, out, JSON_EMBED);
	fputs(",\n \"operations\": [", out);
	each_operation(tl, listed, print_operation, &p);
	fputs("\n ]\n}\n", out);
}
