// SPDX-License-Identifier: GPL-2.0-only
/* Reads the outcome of a trial from the result of its run. */
#include "race/internal.h"

#include <string.h>

#include "locks/graph.h"

#define ACCOUNTS "accounts"

const char *outcome_reason(const struct child_result *result)
{
	json_t *details = json_object_get(result->answer, "details");
	const char *text =
		json_string_value(json_array_get(json_object_get(details, "reasons"), 0));

	return text ? text : result->problem;
}

/*
 * Returns the first reason of a run without a report, without the parts that differ between runs.
 * The caller owns the text.
 */
static char *plain_reason(const struct child_result *result)
{
	const char *reason = outcome_reason(result);
	char *text;

	if (result->verdict == VERDICT_HANG)
		return g_strdup("hang");
	if (details_reason_kind(json_object_get(result->answer, "details"), 0) == REASON_ACCOUNTS)
		return g_strdup(ACCOUNTS);
	text = g_strndup(reason ? reason : "", strcspn(reason ? reason : "", ","));
	return g_strcanon(text, G_CSET_A_2_Z G_CSET_a_2_z " '", '#');
}

char *outcome_failure(const struct child_result *result)
{
	json_t *details = json_object_get(result->answer, "details"), *report;
	const char *hang = details_hang_bug(details);
	size_t i;

	json_array_foreach (json_object_get(details, "reports"), i, report) {
		const char *bug = json_string_value(
			json_object_get(json_object_get(report, "signature"), "bug"));

		if (bug && details_report_counts(report) && !json_object_get(report, "known"))
			return g_strdup(bug);
	}
	return hang ? g_strdup(hang) : plain_reason(result);
}

/*
 * Returns TRUE if FAILURE can have the same cause as search->failure. If that is wrong memory
 * accounts, any failure can: a report or a hang ends the run before the accounts are compared.
 */
static gboolean is_same(const struct race_search *search, const char *failure)
{
	return !search->failure || !strcmp(search->failure, failure) ||
	       !strcmp(search->failure, ACCOUNTS);
}

static void read_counts(json_t *json, guint i, struct race_outcome *o)
{
	o->reached[i] = MAX(0, json_integer_value(json_object_get(json, "reached")));
	o->held[i] = MAX(0, json_integer_value(json_object_get(json, "held")));
	o->met[i] = MAX(0, json_integer_value(json_object_get(json, "met")));
}

void outcome_read(const struct race_search *search, const struct child_result *result,
			 const struct race_trial *trial, struct race_outcome *o)
{
	json_t *details = json_object_get(result->answer, "details"), *one;
	json_t *holds = json_object_get(details, "holds"),
	       *times = json_object_get(details, "times");
	gboolean failed = result->verdict == VERDICT_FAIL || result->verdict == VERDICT_HANG;
	g_autofree char *failure = outcome_failure(result);
	gboolean same = is_same(search, failure);
	size_t i;

	*o = (struct race_outcome){.failed = failed &&
					     (same || race_phase(search->race) == RACE_EXPLORE),
				   .seconds = json_integer_value(json_object_get(
						      times, "hammer_ns")) / 1e9};
	if (!race_is_sweep(trial)) {
		for (i = 0; i < trial->n; i++)
			read_counts(json_array_get(holds, i), i, o);
		return;
	}
	json_array_foreach (json_object_get(details, "arms"), i, one) {
		json_int_t arm = json_integer_value(json_object_get(one, "arm"));

		if (arm < 0 || arm >= trial->n)
			continue;
		read_counts(one, arm, o);
		o->suspect[arm] = MAX(0, json_integer_value(json_object_get(one, "suspect")));
	}
	if (o->failed)
		suspects_rank(details, trial, o);
}

gboolean outcome_news(struct race_search *search, const struct child_result *result)
{
	rig_auto(lock_orders) orders = NULL;
	gboolean first = !search->orders, news = FALSE;

	if (result->run)
		orders = lock_orders_of_run(search->options.results, result->run);
	if (!orders)
		return FALSE;
	if (first)
		search->orders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];
		const struct lock_class *from = orders->classes->pdata[edge->from],
					*to = orders->classes->pdata[edge->to];

		news |= g_hash_table_add(search->orders,
					 g_strdup_printf("%s --> %s", from->name, to->name));
	}
	return news && !first;
}
