// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranks the arms (holds) of a failed sweep by how likely their waits have caused the failure. The
 * engine ranks them by time (holds_arms_json()). This file also uses the stacks of the failure:
 * arms in functions of these stacks come first.
 */
#include "race/internal.h"

#include <string.h>

/* Adds the function names in TEXT, which has stack frames like "function+0x12/0x34". */
static void add_frames(const char *text, GHashTable *names)
{
	/* leave out a compiler's suffix: the name in "function.isra.0+0x12/0x34" is "function" */
	g_autoptr(GRegex) regex = g_regex_new(
		"([A-Za-z_][A-Za-z0-9_]*)(?:\\.[a-z]+\\.[0-9]+)*\\+0x[0-9a-f]+/0x", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL))
		g_hash_table_add(names, g_match_info_fetch(match, 1));
}

GHashTable *race_stacks(json_t *details)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	json_t *tasks = json_object_get(json_object_get(details, "hang"), "tasks");
	json_t *report, *task, *frame;
	size_t i, k;

	json_array_foreach (json_object_get(details, "reports"), i, report) {
		const char *text = json_string_value(json_object_get(report, "text"));
		const char *kind = json_string_value(json_object_get(report, "kind"));

		if (text)
			add_frames(text, names);
		/*
		 * KCSAN detects a race while the task that set up the watchpoint is delayed; its
		 * report begins with the caller (kernel/kcsan/report.c, sanitize_stack_entries())
		 */
		if (!g_strcmp0(kind, "kcsan"))
			g_hash_table_add(names, g_strdup("kcsan_setup_watchpoint"));
	}
	json_array_foreach (tasks, i, task)
		json_array_foreach (json_object_get(task, "stack"), k, frame) {
			json_t *function = json_object_get(frame, "function");

			if (json_is_string(function))
				g_hash_table_add(names, g_strdup(json_string_value(function)));
		}
	return names;
}

/* Returns the function in which HOLD delays a vCPU: "g" of the hold "return of f in g". */
static const char *function_of(const char *hold)
{
	const char *space = strrchr(hold, ' ');

	return space ? space + 1 : hold;
}

struct suspect {
	guint arm;
	gboolean named; /* a stack of the failure has the function of the hold */
	/* holds with `named` come first, and among equals those with the lowest `order` */
	gint64 order;
};

static int likely_first(gconstpointer a, gconstpointer b)
{
	const struct suspect *one = a, *two = b;

	if (one->named != two->named)
		return one->named ? -1 : 1;
	return one->order < two->order ? -1 : one->order > two->order;
}

void suspects_rank(json_t *details, const struct race_trial *trial, struct race_outcome *o)
{
	g_autoptr(GHashTable) names = race_stacks(details);
	g_autoptr(GArray) suspects = g_array_new(FALSE, FALSE, sizeof(struct suspect));
	/*
	 * After a deadlock, other tasks may work for long, so the time at which the hang was
	 * noticed means little. In this case, arms (holds) whose functions are in the stacks of
	 * stuck tasks are sorted by the time of their last wait, the latest first.
	 */
	gboolean stuck = json_array_size(json_object_get(json_object_get(details, "hang"),
							 "tasks")) > 0;
	json_t *json;
	size_t k;

	json_array_foreach (json_object_get(details, "arms"), k, json) {
		json_int_t i = json_integer_value(json_object_get(json, "arm"));
		json_int_t last_ms = json_integer_value(json_object_get(json, "last_ms"));
		struct suspect one = {.arm = (guint)i};

		if (i < 0 || i >= trial->n)
			continue;
		one.named = g_hash_table_contains(names, function_of(trial->hold[i]));
		one.order = one.named && stuck ? -last_ms : o->suspect[i];
		if (o->suspect[i] || (one.named && stuck && o->held[i]))
			g_array_append_val(suspects, one);
		o->suspect[i] = 0;
	}
	g_array_sort(suspects, likely_first);
	for (guint i = 0; i < suspects->len; i++)
		o->suspect[g_array_index(suspects, struct suspect, i).arm] = i + 1;
}
