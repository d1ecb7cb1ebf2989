// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig history: prints how often a scenario was run, or how often a signature occurred, by time,
 * kernel, machine and seed.
 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/findings.h"
#include "cmd/locks.h"
#include "cmd/options.h"
#include "index/index.h"
#include "stats/stats.h"
#include "util/error.h"
#include "util/term.h"

static const char summary[] =
	"Shows a SCENARIO, or a SIGNATURE (a report's key from `rig show`, or an unambiguous part "
	"of it) over all runs:\n"
	"first and last seen, how often per day, kernel, machine and seed. "
	"Rates have a 95 % Wilson interval.\n"
	"A cycle of the lock graph (v1:lock-cycle:A --> B of `rig locks cycles`) is shown by the "
	"places of its edges.\n"
	"Without an argument it lists every signature, then the cycles.";

static const char examples[] =
	"  rig history\n"
	"  rig history dimm-storm --machine pseries\n"
	"  rig history 'v1:lock-cycle:cpu_hotplug_lock --> mem_hotplug_lock'\n"
	"  rig history 'cpu_hotplug_lock --> mem_hotplug_lock' --since 2026-11-01\n"
	"  rig history dimm-storm --json | jq '.kernels[] | {key, bad, runs}'\n";

static const struct {
	enum index_by by;
	const char *head, *key;
} tables[] = {
	{BY_DAY, "day", "days"},
	{BY_KERNEL, "kernel", "kernels"},
	{BY_MACHINE, "machine", "machines"},
	{BY_SEED, "seed", "seeds"},
};

#define SEEDS_SHOWN 5
#define KEY_WIDTH 28 /* at least */

static json_t *signature_json(const struct index_signature *s)
{
	return json_pack("{s:s, s:s, s:s, s:s?, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
			 "signature", s->bug, "kind", s->kind, "title", s->title, "known", s->known,
			 "runs", s->runs, "first_seen", s->first_seen, "first_run", s->first_run,
			 "last_seen", s->last_seen, "last_run", s->last_run, "scenarios",
			 s->scenarios, "machines", s->machines, "kernels", s->kernels);
}

static void print_signature(const struct index_signature *s)
{
	g_autofree char *title = findings_clean(s->title), *bug = findings_clean(s->bug);

	printf("%s%s%s\n  key        %s\n  runs       %u, on %s; %s\n  first seen %s  %s\n"
	       "  last seen  %s  %s\n",
	       term_colour(TERM_BOLD), title, term_colour(TERM_PLAIN), bug, s->runs, s->machines,
	       s->scenarios, s->first_seen, s->first_run, s->last_seen, s->last_run);
	if (s->known)
		printf("  known      %s\n", s->known);
}

static struct lock_filter filter_of_cycles(const struct index_filter *filter)
{
	return (struct lock_filter){.kernel = filter->kernel, .machine = filter->machine};
}

static int all_signatures(struct run_index *ix, const char *results,
			  const struct index_filter *filter, gboolean json, GError **error)
{
	g_autoptr(GPtrArray) all = index_signatures(ix, filter, error);
	const struct lock_filter of_cycles = filter_of_cycles(filter);
	json_t *array;
	guint cycles;

	if (!all)
		return rig_exit_code(*error);
	array = json ? json_array() : NULL;
	for (guint i = 0; i < all->len; i++) {
		if (json)
			json_array_append_new(array, signature_json(all->pdata[i]));
		else
			print_signature(all->pdata[i]);
	}
	if (!locks_list_history(results, &of_cycles, filter->since, array, &cycles, error)) {
		json_decref(array);
		return rig_exit_code(*error);
	}
	if (json)
		cmd_print_json(array);
	else if (!all->len && !cycles)
		printf("no run has a report or a hang\n");
	return RIG_EXIT_PASS;
}

/*
 * Finds the signature that equals or contains WORD; its former keys count, too. It is an error if
 * several signatures match.
 */
static gboolean find_signature(struct run_index *ix, const char *word, char **ret, GError **error)
{
	g_autoptr(GPtrArray) all = index_signatures(ix, &(struct index_filter){0}, error);
	g_autoptr(GString) fits = g_string_new(NULL);
	const char *found = NULL;
	guint n = 0;

	if (!all)
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		const struct index_signature *s = all->pdata[i];

		if (!strcmp(s->bug, word)) {
			*ret = g_strdup(s->bug);
			return TRUE;
		}
		if (!strstr(s->bug, word) && !(s->former && strstr(s->former, word)))
			continue;
		found = s->bug;
		if (++n <= 5)
			g_string_append_printf(fits, "\n  %s", s->bug);
	}
	if (n == 1)
		*ret = g_strdup(found);
	return n == 1 || (n ? rig_fail(error, RIG_EXIT_USAGE,
				       "'%s' matches %u signatures, pass a longer part of one:%s",
				       word, n, fits->str)
			    : rig_fail(error, RIG_EXIT_USAGE,
				       "'%s' matches no signature and no scenario that was run; "
				       "`rig history` lists all signatures",
				       word));
}

static json_t *group_json(const struct index_group *g, guint hits)
{
	double low, high;

	stats_wilson(hits, g->good + g->bad, &low, &high);
	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:[f, f], s:s, s:s, s:f, s:f, s:f}", "key",
			 g->key, "runs", g->runs, "good", g->good, "bad", g->bad, "none", g->none,
			 "hits", hits, "interval", low, high, "first", g->first, "last", g->last,
			 "ops_per_s", g->ops_per_s, "first_report_s", g->first_report_s, "total_s",
			 g->total_s);
}

/* Prints a row; the first column has WIDTH characters. */
static void print_group(const struct index_group *g, guint hits, int width)
{
	double low, high;

	stats_wilson(hits, g->good + g->bad, &low, &high);
	printf("  %s%*s %5u of %-5u", g->key, MAX(0, width - (int)g_utf8_strlen(g->key, -1)), "",
	       hits, g->good + g->bad);
	if (g->good + g->bad)
		printf("  %3.0f %% (%.0f to %.0f)", 100.0 * hits / (g->good + g->bad), 100 * low,
		       100 * high);
	if (g->none)
		printf("  %u without a result", g->none);
	if (g->ops_per_s >= 0)
		printf("  %.0f ops/s", g->ops_per_s);
	if (g->first_report_s >= 0)
		printf("  report after %.1f s", g->first_report_s);
	putchar('\n');
}

static guint hits_of(const struct index_group *g, const struct index_filter *filter)
{
	return filter->signature ? g->hits : g->bad;
}

static gboolean has_hits(GPtrArray *groups, const struct index_filter *filter)
{
	for (guint i = 0; i < groups->len; i++)
		if (hits_of(groups->pdata[i], filter))
			return TRUE;
	return FALSE;
}

/* Returns the width of a column with the keys of GROUPS. */
static int width_of(const GPtrArray *groups)
{
	int width = KEY_WIDTH;

	for (guint i = 0; i < groups->len; i++) {
		const struct index_group *g = groups->pdata[i];

		width = MAX(width, (int)g_utf8_strlen(g->key, -1));
	}
	return width;
}

static gboolean show_tables(struct run_index *ix, const struct index_filter *filter, json_t *json,
			    GError **error)
{
	for (guint t = 0; t < G_N_ELEMENTS(tables); t++) {
		g_autoptr(GPtrArray) groups = index_groups(ix, filter, tables[t].by, error);
		json_t *array = json ? json_array() : NULL;
		int width = groups ? width_of(groups) : 0;

		if (!groups)
			return FALSE;
		if (!json && (tables[t].by != BY_SEED || has_hits(groups, filter)))
			printf("\n%s%s%*s%s%s\n", term_colour(TERM_DIM), tables[t].head,
			       width + 3 - (int)strlen(tables[t].head), "",
			       filter->signature ? "seen in" : "not as expected",
			       term_colour(TERM_PLAIN));
		for (guint i = 0; i < groups->len; i++) {
			const struct index_group *g = groups->pdata[i];
			guint hits = hits_of(g, filter);

			if (json)
				json_array_append_new(array, group_json(g, hits));
			else if (tables[t].by != BY_SEED || (i < SEEDS_SHOWN && hits))
				print_group(g, hits, width);
		}
		if (json)
			json_object_set_new(json, tables[t].key, array);
	}
	return TRUE;
}

/* Returns TRUE if the index has a run of the scenario WORD. */
static gboolean is_scenario(struct run_index *ix, const char *word)
{
	g_autoptr(GPtrArray) runs =
		index_runs(ix, &(struct index_filter){.scenario = word, .limit = 1}, NULL);

	return runs && runs->len;
}

/*
 * Prints the history of WORD as a cycle of the lock graph; called if WORD is not the signature of a
 * run. If it is not a cycle either, prints the error WHY.
 */
static int cycle_or(const char *results, const struct index_filter *filter, const char *word,
		    gboolean json, GError *why, GError **error)
{
	const struct lock_filter of_cycles = filter_of_cycles(filter);
	int code = RIG_EXIT_USAGE;

	if (locks_print_history(results, &of_cycles, word, json, &code, error) || *error)
		g_error_free(why);
	else
		g_propagate_error(error, why);
	return *error ? rig_exit_code(*error) : code;
}

static int one(struct run_index *ix, const char *results, struct index_filter *filter,
	       const char *word, gboolean as_json, GError **error)
{
	g_autofree char *bug = NULL;
	g_autoptr(GPtrArray) signatures = NULL;
	json_auto_t *json = as_json ? json_object() : NULL;
	GError *why = NULL;

	if (is_scenario(ix, word))
		filter->scenario = word;
	else if (!find_signature(ix, word, &bug, &why))
		return cycle_or(results, filter, word, as_json, why, error);
	filter->signature = bug;
	signatures = index_signatures(ix, filter, error);
	if (!signatures)
		return rig_exit_code(*error);
	if (json) {
		json_t *array = json_array();

		for (guint i = 0; i < signatures->len; i++)
			json_array_append_new(array, signature_json(signatures->pdata[i]));
		json_object_set_new(json, "signatures", array);
	} else {
		if (!bug)
			printf("%s%s%s\n", term_colour(TERM_BOLD), word, term_colour(TERM_PLAIN));
		for (guint i = 0; i < signatures->len; i++)
			print_signature(signatures->pdata[i]);
	}
	if (!show_tables(ix, filter, json, error))
		return rig_exit_code(*error);
	if (json)
		cmd_print_json(json_incref(json));
	return RIG_EXIT_PASS;
}

int cmd_history(int argc, char **argv)
{
	g_autofree char *folder = NULL, *results = NULL, *machine = NULL, *kernel = NULL,
			*since = NULL;
	rig_auto(run_index) ix = NULL;
	g_autoptr(GError) error = NULL;
	gboolean json = FALSE;
	struct index_filter filter;
	const GOptionEntry entries[] = {
		{"machine", 'm', 0, G_OPTION_ARG_STRING, &machine, "only runs on this machine",
		 "NAME"},
		{"kernel", 'k', 0, G_OPTION_ARG_STRING, &kernel,
		 "only runs of this kernel (name as in `rig list`)", "NAME"},
		{"since", 's', 0, G_OPTION_ARG_STRING, &since,
		 "only runs since this day: 2026-11-01", "DAY"},
		OPTION_RESULTS(&folder),
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print JSON", NULL},
		{NULL}};
	int code;

	if (!cmd_parse(&argc, &argv, entries, "[SCENARIO|SIGNATURE]", summary, examples, &error))
		return rig_report_error(error);
	if (argc > 2) {
		fputs("rig: history takes at most one scenario or signature; "
		      "quote a signature with spaces\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	results = folder ? g_strdup(folder) : run_default_results();
	ix = index_open(results, NULL, NULL, &error);
	if (!ix)
		return rig_report_error(error);
	filter = (struct index_filter){.machine = machine, .kernel = kernel, .since = since};
	code = argc == 2 ? one(ix, results, &filter, argv[1], json, &error)
			 : all_signatures(ix, results, &filter, json, &error);
	return error ? rig_report_error(error) : code;
}
