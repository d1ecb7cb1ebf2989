// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines from the file `verdict` of one run with a trap (which stops tasks between two locks of
 * the cycle) whether a cycle of locks is a deadlock.
 */
#include "locks/answer.h"

#include <string.h>

#include "locks/locks.h"

static json_t *at(json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(at(object, key));

	return text ? text : "";
}

/*
 * Returns TRUE if MEMBERS has the class NAME. "kn->active" among MEMBERS stands for all classes
 * "kn->active(…)".
 */
static gboolean is_member(json_t *members, const char *name)
{
	json_t *member;
	size_t i;

	json_array_foreach (members, i, member) {
		const char *text = json_string_value(member);

		if (text && (!strcmp(text, name) || (!strcmp(text, "kn->active") &&
						     g_str_has_prefix(name, "kn->active("))))
			return TRUE;
	}
	return FALSE;
}

/* Returns TRUE if all classes of CYCLE are among MEMBERS. */
static gboolean is_inside(json_t *cycle, json_t *members)
{
	json_t *edges = at(cycle, "edges"), *edge;
	size_t i;

	json_array_foreach (edges, i, edge)
		if (!is_member(members, text_at(edge, "held")))
			return FALSE;
	return json_array_size(edges) > 0;
}

/*
 * Returns the recorded cycle whose classes are all among MEMBERS, or NULL if there is none. Of
 * several, returns one with the worst state, and of these the shortest.
 */
static json_t *find_cycle(json_t *recorded, json_t *members)
{
	json_t *cycles = at(recorded, "cycles"), *cycle, *best = NULL;
	size_t i;

	/* lock_recorded_cycles() lists the worst state first */
	json_array_foreach (cycles, i, cycle)
		if (!best && is_inside(cycle, members))
			best = cycle;
	return best;
}

static void add_edges(GString *text, json_t *cycle)
{
	json_t *edges = at(cycle, "edges"), *edge;
	size_t i;

	json_array_foreach (edges, i, edge)
		g_string_append_printf(text, "%s%" JSON_INTEGER_FORMAT " of %s --> %s",
				       i ? ", " : "", json_integer_value(at(edge, "count")),
				       text_at(edge, "held"), text_at(edge, "wanted"));
}

static json_int_t encounters(json_t *trap, const char *held, const char *wanted)
{
	json_t *array = at(trap, "encounters"), *item;
	json_int_t count = 0;
	size_t i;

	json_array_foreach (array, i, item)
		if (!strcmp(text_at(item, "held"), held) &&
		    !strcmp(text_at(item, "wanted"), wanted))
			count += json_integer_value(at(item, "count"));
	return count;
}

/*
 * Appends to TEXT, for each lock of the cycle, how often a task held it and wanted the next one
 * while the trap was active.
 */
static void add_encounters(GString *text, json_t *trap)
{
	json_t *members = at(trap, "cycle");
	size_t n = json_array_size(members);
	gboolean all = TRUE;

	for (size_t i = 0; i < n; i++) {
		const char *held = json_string_value(json_array_get(members, i));
		const char *wanted = json_string_value(json_array_get(members, (i + 1) % n));
		json_int_t count = held && wanted ? encounters(trap, held, wanted) : 0;

		g_string_append(text, i ? ", " : "");
		if (count)
			g_string_append_printf(text,
					       "a task held %s and wanted %s %" JSON_INTEGER_FORMAT
					       " times",
					       held, wanted, count);
		else
			g_string_append_printf(text, "no task held %s and wanted %s", held, wanted);
		all &= count > 0;
	}
	if (!all)
		g_string_append(text, "; either this kernel does not take these locks in that "
				      "order, or another scenario reaches it (--scenario)");
}

/* Returns TRUE if the run hung in a cycle of locks of which at least two are MEMBERS. */
static gboolean is_explained(json_t *details, json_t *members)
{
	json_t *reports = at(details, "reports"), *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		json_t *cycle = at(report, "cycle"), *class;
		guint inside = 0;
		size_t k;

		if (strcmp(text_at(report, "kind"), "hang-cycle"))
			continue;
		json_array_foreach (cycle, k, class)
			inside += json_is_string(class) &&
				  is_member(members, json_string_value(class));
		if (inside >= 2)
			return TRUE;
	}
	return FALSE;
}

static gboolean has_hung(json_t *details)
{
	return json_is_object(at(details, "hang")) || !strcmp(text_at(details, "verdict"), "HANG");
}

static enum lock_answer answer(json_t *details, GString *text)
{
	json_t *recorded = at(details, "recorded"), *trap = at(recorded, "trap");
	json_t *members = at(trap, "cycle"), *cycle;
	json_int_t met = json_integer_value(at(trap, "met"));

	if (json_is_string(at(recorded, "fault"))) {
		g_string_append_printf(text, "the record of locks is incomplete: %s",
				       text_at(recorded, "fault"));
		return ANSWER_NONE;
	}
	if (!json_is_object(trap)) {
		g_string_append(text, "the run has no record of the cycle");
		return ANSWER_NONE;
	}
	if (json_is_true(at(trap, "waits")) && has_hung(details)) {
		g_string_append_printf(text,
				       "the circle was closed, the guest hung, and its tasks "
				       "still wait for each other%s",
				       is_explained(details, members)
					       ? "; the explanation of the hang names the cycle"
					       : "");
		return ANSWER_REAL;
	}
	cycle = find_cycle(recorded, members);
	if (cycle && !met && !strcmp(text_at(cycle, "state"), "guarded")) {
		g_string_append_printf(text, "by %s, which both sides held at all occurrences: ",
				       text_at(cycle, "gate"));
		add_edges(text, cycle);
		return ANSWER_GUARDED;
	}
	if (met)
		g_string_append_printf(text,
				       "the circle was closed %" JSON_INTEGER_FORMAT
				       " times, and its tasks continued; ",
				       met);
	add_encounters(text, trap);
	return ANSWER_NOT_MET;
}

enum lock_answer lock_answer_of(json_t *details, char **ret_text)
{
	GString *text = g_string_new(NULL);
	enum lock_answer result = answer(details, text);

	*ret_text = g_string_free(text, FALSE);
	return result;
}
