// SPDX-License-Identifier: GPL-2.0-only
/* rig coverage: prints which code of the kernel the runs reached. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/night-runs.h"
#include "cmd/options.h"
#include "cover/unite.h"
#include "report/html-coverage.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/text.h"

#define UNREACHED_SHOWN 40

static const char summary[] =
	"Unites the coverage of runs (`rig run --coverage`): how many functions and lines of "
	"memory hotplug, slab,\n"
	"the device core and the architecture they reached under load. Without RUN, it unites all "
	"runs of the\n"
	"results folder that have coverage.";

static const char examples[] =
	"  rig coverage last\n"
	"  rig coverage --night last --unreached\n"
	"      the functions that no run reached, the largest first\n"
	"  rig coverage --rank\n"
	"      what each scenario adds to the others\n"
	"  rig coverage --lcov all.info && genhtml --prefix $PWD all.info -o pages\n"
	"      in the folder of the kernel's source\n\n"
	"Exit codes: 0 shown, 2 no such run, or no run with coverage.\n";

struct options {
	char *night, *results, *lcov, *html;
	gboolean json, unreached, rank, all, neighbours;
};

static void options_clear(struct options *o)
{
	g_free(o->night);
	g_free(o->results);
	g_free(o->lcov);
	g_free(o->html);
}

static const char *scenario_of(const struct run_info *run)
{
	const char *scenario = json_string_value(json_object_get(run->inputs, "scenario"));

	return scenario ? scenario : "?";
}

static gboolean add_named(struct coverage_union *united, const char *results, char **words,
			  GError **error)
{
	for (; *words; words++) {
		rig_auto(run_info) run = run_open(results, *words, error);
		guint damaged = united->damaged;

		if (!run)
			return FALSE;
		if (!coverage_union_add(united, run->dir, scenario_of(run)))
			return rig_fail(error, RIG_EXIT_USAGE,
					damaged == united->damaged
						? "run '%s' has no coverage; record it with `rig "
						  "run --coverage`"
						: "run '%s' has a damaged " COVERAGE_JSON,
					run->name);
	}
	return TRUE;
}

static gboolean add_indexed(struct coverage_union *united, const struct options *o,
			    const char *results, GError **error)
{
	const struct index_filter all = {0};
	rig_auto(run_index) ix = index_open(results, NULL, NULL, error);
	g_autoptr(GPtrArray) runs = NULL;
	g_autofree char *night = NULL;

	if (!ix)
		return FALSE;
	night = o->night && !strcmp(o->night, "last") ? night_runs_last(ix, error)
						      : g_strdup(o->night);
	if (o->night && !night)
		return (error && *error) ||
		       rig_fail(error, RIG_EXIT_USAGE,
				"no night in '%s' yet; `rig nightly PLAN` runs one", results);
	runs = night ? night_runs_of(ix, night, error) : index_runs(ix, &all, error);
	for (guint i = 0; runs && i < runs->len; i++) {
		const struct index_run *run = runs->pdata[i];
		g_autofree char *dir = g_build_filename(results, run->name, NULL);

		coverage_union_add(united, dir, run->scenario);
	}
	return runs != NULL;
}

static double percent(guint part, guint whole)
{
	return whole ? part * 100.0 / whole : 0;
}

static void print_row(const char *name, const struct coverage_sums *sums)
{
	printf("%-48s %5u of %5u %5.1f %%  %5u", name, sums->reached, sums->functions,
	       percent(sums->reached, sums->functions), sums->boot_only);
	if (sums->lines)
		printf("  %6u of %6u %5.1f %%", sums->lines_reached, sums->lines,
		       percent(sums->lines_reached, sums->lines));
	putchar('\n');
}

static void print_sums(const struct coverage_union *united)
{
	struct coverage_sums sums, all;

	printf("runs: %u, scenarios: %u", united->runs, g_hash_table_size(united->scenarios));
	if (united->damaged)
		printf("; %u more with a damaged " COVERAGE_JSON, united->damaged);
	coverage_sums(united->sum, &all);
	printf("\n\n%-48s %14s %7s  %5s%s\n", "file", "functions", "", "boot",
	       all.lines ? "             lines" : "");
	for (guint i = 0; i < united->sum->files->len; i++) {
		const struct coverage_file *file = united->sum->files->pdata[i];

		coverage_file_sums(file, &sums);
		print_row(file->name, &sums);
	}
	print_row("all", &all);
	puts("\nReached under load; 'boot': functions that only the boot reached.");
	if (!all.lines)
		puts("Lines need a kernel with DWARF (docs/coverage.md).");
	if (!united->sum->complete)
		puts("In some runs the load did not begin, or QEMU did not discard the boot's "
		     "translations: code that the boot had reached may be missing there.");
}

static void print_gaps(const struct coverage_union *united, gboolean all)
{
	g_autoptr(GArray) gaps = coverage_gaps(united->sum);
	guint n = all ? gaps->len : MIN(gaps->len, UNREACHED_SHOWN);

	printf("\n%u function%s that no run reached under load, the largest first%s\n",
	       gaps->len, text_s(gaps->len),
	       n < gaps->len ? " (--all lists all)" : "");
	for (guint i = 0; i < n; i++) {
		const struct coverage_gap *gap = &g_array_index(gaps, struct coverage_gap, i);

		printf("%6" G_GUINT64_FORMAT " bytes  %s  %s", gap->function->size,
		       gap->function->name, gap->file);
		if (gap->function->line)
			printf(":%u", gap->function->line);
		puts(gap->function->reached[COVERAGE_BOOT] ? "  (in the boot)" : "");
	}
}

static void print_ranks(const struct coverage_union *united)
{
	g_autoptr(GArray) ranks = coverage_ranks(united);

	printf("\n%-36s %8s %8s %8s\n", "scenario", "reached", "adds", "alone");
	for (guint i = 0; i < ranks->len; i++) {
		const struct coverage_rank *rank = &g_array_index(ranks, struct coverage_rank, i);

		printf("%-36s %8u %8u %8u\n", rank->scenario, rank->reached, rank->adds,
		       rank->alone);
	}
	puts("\nadds: functions that no scenario above it reached; alone: that no other scenario "
	     "reached.");
}

static void write_lcov(FILE *out, const void *data)
{
	coverage_lcov(data, "rig", out);
}

static gboolean put(const struct coverage_union *united, const struct options *o, GError **error)
{
	if (o->lcov && !rig_write_stream(o->lcov, write_lcov, united->sum, error))
		return FALSE;
	if (o->html && !coverage_site_write(united, o->html, error))
		return FALSE;
	if (o->html)
		fprintf(stderr, "rig: open %s/index.html\n", o->html);
	if (o->json) {
		cmd_print_json(coverage_union_json(united));
		return TRUE;
	}
	if (!o->lcov && !o->html && !o->unreached && !o->rank)
		print_sums(united);
	if (o->unreached)
		print_gaps(united, o->all);
	if (o->rank)
		print_ranks(united);
	return TRUE;
}

static gboolean run(const struct options *o, char **words, GError **error)
{
	g_autofree char *results = o->results ? g_strdup(o->results) : run_default_results();
	rig_auto(coverage_union) united = coverage_union_new();

	if (o->night && *words)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--night and runs exclude each other: use one, not both");
	united->neighbours = o->neighbours;
	if (!(*words ? add_named(united, results, words, error)
		     : add_indexed(united, o, results, error)))
		return FALSE;
	if (!united->runs)
		return rig_fail(error, RIG_EXIT_USAGE,
				"no run%s in '%s' has coverage; record it with `rig run "
				"--coverage`, or `coverage: true` in a plan",
				o->night ? " of the night" : "", results);
	return put(united, o, error);
}

int cmd_coverage(int argc, char **argv)
{
	struct options o = {0};
	g_autoptr(GError) error = NULL;
	int code = RIG_EXIT_PASS;
	const GOptionEntry entries[] = {
		OPTION_RESULTS(&o.results),
		{"night", 0, 0, G_OPTION_ARG_STRING, &o.night,
		 "the runs of this night or day (2026-11-21), or last", "NIGHT"},
		{"unreached", 0, 0, G_OPTION_ARG_NONE, &o.unreached,
		 "list the functions that no run reached, the largest first", NULL},
		{"all", 0, 0, G_OPTION_ARG_NONE, &o.all, "with --unreached: all of them", NULL},
		{"rank", 0, 0, G_OPTION_ARG_NONE, &o.rank,
		 "rank the scenarios by what they add, and reach alone", NULL},
		{"neighbours", 0, 0, G_OPTION_ARG_NONE, &o.neighbours,
		 "count the code of memory hotplug's neighbours, too (mm/hugetlb.c and so on)",
		 NULL},
		{"lcov", 0, 0, G_OPTION_ARG_FILENAME, &o.lcov,
		 "write a tracefile for lcov and genhtml", "FILE"},
		{"html", 0, 0, G_OPTION_ARG_FILENAME, &o.html, "write a page into DIR", "DIR"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &o.json, "print JSON", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "[RUN…]", summary, examples, &error) ||
	    !run(&o, argv + 1, &error))
		code = rig_report_error(error);
	options_clear(&o);
	return code;
}
