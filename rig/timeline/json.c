// SPDX-License-Identifier: GPL-2.0-only
/* Writes timeline.json; docs/scenarios.md describes the format. */
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

		json_array_append_new(agents,
				      json_pack("{s:s, s:i, s:s}", "agent", start->agent->name,
						"instance", start->instance, "seed", seed));
	}
	return agents;
}

json_t *timeline_json(const struct timeline *tl)
{
	json_t *copies = json_array(), *ops = json_array();

	for (guint n = 0; n < tl->copies->len; n++) {
		const struct copy *copy = tl->copies->pdata[n];

		json_array_append_new(copies,
				      json_pack("{s:i, s:i, s:i}", "track", copy->track->number,
						"copy", copy->copy, "laps", copy->laps->len));
		for (guint lap = 0; lap < copy->laps->len; lap++) {
			const GPtrArray *of_lap = copy->laps->pdata[lap];

			for (guint i = 0; i < of_lap->len; i++)
				json_array_append_new(ops, operation_json(of_lap->pdata[i]));
		}
	}
	return json_pack("{s:i, s:s, s:s, s:I, s:s, s:o, s:o, s:o}", "version", 1, "scenario",
			 tl->scenario->name, "machine", tl->machine->name, "seed",
			 (json_int_t)tl->seed, "then", tl->end ? "end" : "generate", "agents",
			 agents_json(tl), "copies", copies, "operations", ops);
}
