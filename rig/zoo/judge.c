// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decides whether a run caught the bug of a zoo entry. Only the file `verdict` is read, so that old
 * run folders can be judged again when this rule has changed.
 */
#include "zoo/zoo.h"

#include <string.h>

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/*
 * Returns TRUE if REPORT names the lock class CLASS: in its cycle, or as an acquired or held lock.
 */
static gboolean names_class(json_t *report, const char *class)
{
	json_t *cycle = json_object_get(report, "cycle"), *name;
	size_t i;

	json_array_foreach (cycle, i, name)
		if (!g_strcmp0(json_string_value(name), class))
			return TRUE;
	return !strcmp(text_of(json_object_get(report, "acquired"), "class"), class) ||
	       !strcmp(text_of(json_object_get(report, "held"), "class"), class);
}

static gboolean fits(const struct zoo_entry *entry, json_t *report)
{
	if (!g_strv_contains((const char *const *)entry->kinds, text_of(report, "kind")))
		return FALSE;
	for (char **class = entry->cycle; *class; class ++)
		if (!names_class(report, *class))
			return FALSE;
	return !entry->function || strstr(text_of(report, "title"), entry->function);
}

static json_t *find_report(const struct zoo_entry *entry, const struct run_info *run)
{
	json_t *reports = json_object_get(run->details, "reports"), *report;
	size_t i;

	json_array_foreach (reports, i, report)
		if (fits(entry, report))
			return report;
	return NULL;
}

static gboolean is_known(json_t *report)
{
	return json_is_object(json_object_get(report, "known"));
}

/*
 * Returns TRUE if the memory accounts before and after the load differ. The compared counts are the
 * same as in judge_accounts() of the engine.
 */
static gboolean accounts_differ(const struct run_info *run)
{
	json_t *accounts = json_object_get(run->details, "accounts");
	json_t *before = json_object_get(accounts, "before"),
	       *after = json_object_get(accounts, "after");
	static const char *const keys[] = {"mem_total_kb", "present", "managed"};

	if (!json_is_object(before) || !json_is_object(after))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		json_t *was = json_object_get(before, keys[i]),
		       *is = json_object_get(after, keys[i]);

		if ((was || is) && !json_equal(was, is))
			return TRUE;
	}
	return FALSE;
}

/*
 * Returns TRUE if an operation of an agent had the result in WHAT, for example "kmem-bind EBUSY".
 */
static gboolean had_result(const struct run_info *run, const char *what)
{
	json_t *agents = json_object_get(json_object_get(run->details, "counts"), "agents"), *one;
	g_auto(GStrv) words = g_strsplit(what, " ", 2);
	gsize i;

	json_array_foreach(agents, i, one) {
		json_t *results = json_object_get(json_object_get(one, "results"), words[0]);

		if (words[1] && json_integer_value(json_object_get(results, words[1])) > 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean had_one_of(const struct run_info *run, const char *results)
{
	g_auto(GStrv) list = g_strsplit(results, "|", -1);

	for (char **what = list; *what; what++)
		if (had_result(run, *what))
			return TRUE;
	return FALSE;
}

static guint64 count_ops(const struct run_info *run)
{
	json_t *counts = json_object_get(run->details, "counts"), *one, *n;
	guint64 ops = 0;
	const char *key;
	size_t i;

	json_array_foreach (json_object_get(counts, "agents"), i, one)
		ops += json_integer_value(json_object_get(one, "ops"));
	json_object_foreach (json_object_get(counts, "devices"), key, one) {
		const char *outcome;

		json_object_foreach (one, outcome, n)
			ops += json_integer_value(n);
	}
	return ops;
}

struct zoo_outcome zoo_judge(const struct zoo_entry *entry, const struct run_info *run)
{
	json_t *times = json_object_get(run->details, "times"), *report = NULL;
	struct zoo_outcome o = {.alarmed = verdict_is_alarm(run->verdict)};
	double when = json_number_value(json_object_get(times, "guest_s"));

	switch (entry->oracle) {
	case ORACLE_WATCHDOG:
		/*
		 * find_report() also finds the explanation of the hang, which counts even if it is
		 * a known issue
		 */
		report = *entry->kinds ? find_report(entry, run) : NULL;
		o.caught = *entry->kinds
				   ? report && (run->verdict == VERDICT_HANG || is_known(report))
				   : run->verdict == VERDICT_HANG;
		break;
	case ORACLE_ACCOUNTS:
		o.caught = accounts_differ(run);
		break;
	case ORACLE_OPERATION:
		o.caught = had_one_of(run, entry->operation);
		break;
	case ORACLE_LOCKDEP:
	case ORACLE_RULES:
	case ORACLE_KERNEL:
		report = find_report(entry, run);
		o.caught = report != NULL;
		break;
	}
	o.valid = o.caught || verdict_is_judged(run->verdict);
	if (report && json_is_number(json_object_get(report, "when")))
		when = json_number_value(json_object_get(report, "when"));
	o.guest_s = when;
	o.ops = count_ops(run);
	return o;
}
