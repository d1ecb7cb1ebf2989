// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig validate: tests whether a kernel works on all machines, by a night whose plan is made for
 * this host.
 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/findings.h"
#include "cmd/nightly.h"
#include "cmd/where.h"
#include "cmd/options.h"
#include "cmd/validate.h"
#include "nightly/matrix.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/rng.h"
#include "util/term.h"

static const char summary[] =
	"Runs every scenario on every machine that this host can run, and prints a table of "
	"scenarios and machines, what\n"
	"differs between machines first. It is a night (rig nightly) whose plan is made from the "
	"host. Scenarios that\n"
	"expect a report test the rig and are left out. Options after -- are passed to each "
	"`rig run`.";

static const char examples[] =
	"  rig validate                                    linux-source-6.1 on all machines\n"
	"  rig validate --kernel git:~/linux@HEAD --budget 20m\n"
	"  rig validate --kernel bzImage --kernel Image    images, each on the machines of its "
	"architecture\n"
	"  rig validate --patch 0001-fix.patch --machine arm64-virt --machine pseries\n"
	"  rig validate --dry-run                          what it would run, and which machines "
	"cannot run here\n"
	"  rig nightly validate --resume                   continue after ^C or a spent budget\n"
	"  rig report --night ID --html pages              its pages\n\n"
	"Exit codes: 0 all as expected, 1 a run was not, 2 usage, 3 a cell has no result, "
	"77 nothing can run here.\n";

static struct {
	struct validate_words words;
	char *budget, *results;
	int jobs;
	gboolean dry_run, json, quiet;
} want;

static const GOptionEntry options[] = {
	{"kernel", 'k', 0, G_OPTION_ARG_STRING_ARRAY, &want.words.kernels,
	 "source or image; one image for each architecture", "WHAT"},
	{"patch", 'p', 0, G_OPTION_ARG_FILENAME_ARRAY, &want.words.patches,
	 "patch the source; repeatable", "FILE"},
	{"fragment", 'f', 0, G_OPTION_ARG_FILENAME_ARRAY, &want.words.fragments,
	 "a config fragment; repeatable", "FILE"},
	{"no-lockdep", 0, 0, G_OPTION_ARG_NONE, &want.words.no_lockdep,
	 "build without lockdep", NULL},
	{"machine", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &want.words.machines,
	 "only this machine; repeatable", "NAME"},
	{"scenario", 's', 0, G_OPTION_ARG_STRING_ARRAY, &want.words.scenarios,
	 "only this scenario; repeatable", "NAME"},
	{"budget", 'b', 0, G_OPTION_ARG_STRING, &want.budget,
	 "start nothing that would end later: 90s, 20m, 2h", "TIME"},
	{"duration", 'd', 0, G_OPTION_ARG_INT, &want.words.duration,
	 "seconds of load in each run (default 10)", "S"},
	{"repeat", 0, 0, G_OPTION_ARG_INT, &want.words.repeat,
	 "runs of each scenario on each machine (default 1)", "N"},
	{"jobs", 'j', 0, G_OPTION_ARG_INT, &want.jobs,
	 "number of cores to use (default: all)", "N"},
	{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &want.dry_run, "print what would be run", NULL},
	OPTION_RESULTS(&want.results),
	{"json", 0, 0, G_OPTION_ARG_NONE, &want.json, "print the table as JSON", NULL},
	{"quiet", 'q', 0, G_OPTION_ARG_NONE, &want.quiet, "print only the table", NULL},
	{NULL}};

/* ---- printing the table of scenarios and machines ---- */

static const char *text_of(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Returns what the run NAME found (a matrix_found callback): its reports and its hang. If it has
 * neither, returns the first reason of its verdict. DATA is the results folder.
 */
static char **found_by(const char *name, void *data)
{
	rig_auto(run_info) run = run_open(data, name, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *list = g_ptr_array_new();
	json_t *report, *hang, *bug;
	const char *reason;
	size_t i;

	hang = run ? json_object_get(
			     json_object_get(json_object_get(run->details, "hang"), "signature"),
			     "bug")
		   : NULL;
	json_array_foreach (run ? json_object_get(run->details, "reports") : NULL, i, report) {
		bug = json_object_get(json_object_get(report, "signature"), "bug");
		if (bug && g_hash_table_add(seen, (void *)json_string_value(bug)))
			g_ptr_array_add(list, g_strdup(json_string_value(bug)));
	}
	if (hang && g_hash_table_add(seen, (void *)json_string_value(hang)))
		g_ptr_array_add(list, g_strdup(json_string_value(hang)));
	reason =
		run ? json_string_value(json_array_get(json_object_get(run->details, "reasons"), 0))
		    : NULL;
	if (!list->len)
		g_ptr_array_add(list, g_strdup(reason ? reason : "?"));
	qsort(list->pdata, list->len, sizeof(char *), by_text);
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

static char *names_of(json_t *list)
{
	GString *out = g_string_new(NULL);
	json_t *name;
	size_t i;

	json_array_foreach (list, i, name)
		g_string_append_printf(out, "%s%s", i ? ", " : "", json_string_value(name));
	return g_string_free(out, FALSE);
}

/*
 * Returns the text for an entry of the table: "FAIL", "FAIL 1/2" if one of two runs failed, "left"
 * if no run was started, or "-" if the plan has no such cell.
 */
static char *word_of(json_t *entry)
{
	const char *verdict = text_of(entry, "verdict"), *status = text_of(entry, "status");
	json_int_t bad = json_integer_value(json_object_get(entry, "bad")),
		   of = json_integer_value(json_object_get(entry, "of"));

	if (!entry)
		return g_strdup("-");
	if (bad && bad < of)
		return g_strdup_printf("%s %d/%d", verdict, (int)bad, (int)of);
	return g_strdup(*verdict ? verdict : status);
}

static json_t *row_of(json_t *matrix, const char *scenario)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(matrix, "rows"), i, row)
		if (!strcmp(text_of(row, "scenario"), scenario))
			return json_object_get(row, "cells");
	return NULL;
}

static void print_bad(json_t *entry)
{
	json_t *found;
	size_t i;

	json_array_foreach (json_object_get(entry, "found"), i, found) {
		g_autofree char *clean = findings_clean(json_string_value(found));

		printf("           %-10s %s\n", text_of(entry, "machine"), clean);
	}
	printf("           %-10s rig show %s\n", text_of(entry, "machine"), text_of(entry, "run"));
}

static void print_difference(json_t *matrix, json_t *difference)
{
	static const struct {
		const char *kind, *word, *format;
	} kinds[] = {
		{"verdict", "DIFFERS", "as expected on %s, not on %s"},
		{"found", "DIFFERS", "%snot as expected on %s, and not the same there"},
		{"same", "FAILS", "%snot as expected on %s"},
	};
	g_autofree char *good = names_of(json_object_get(difference, "good")),
			*bad = names_of(json_object_get(difference, "bad"));
	json_t *cells = row_of(matrix, text_of(difference, "scenario")), *machine;
	size_t i;

	for (guint k = 0; k < G_N_ELEMENTS(kinds); k++)
		if (!strcmp(kinds[k].kind, text_of(difference, "kind"))) {
			printf("%s%-8s%s %s: ", term_colour(TERM_RED), kinds[k].word,
			       term_colour(TERM_PLAIN), text_of(difference, "scenario"));
			printf(kinds[k].format, good, bad);
			putchar('\n');
		}
	json_array_foreach (json_object_get(difference, "bad"), i, machine)
		print_bad(json_object_get(cells, json_string_value(machine)));
}

static void print_matrix(json_t *matrix)
{
	json_t *item, *machine;
	size_t i, k;
	int width = 10;

	json_array_foreach (json_object_get(matrix, "differences"), i, item)
		print_difference(matrix, item);
	json_array_foreach (json_object_get(matrix, "without"), i, item)
		printf("without  %s: %s\n", text_of(item, "machine"), text_of(item, "why"));
	json_array_foreach (json_object_get(matrix, "rows"), i, item)
		width = MAX(width, (int)strlen(text_of(item, "scenario")));
	printf("\n%-*s", width, "");
	json_array_foreach (json_object_get(matrix, "machines"), k, machine)
		printf("  %-11s", json_string_value(machine));
	putchar('\n');
	json_array_foreach (json_object_get(matrix, "rows"), i, item) {
		printf("%-*s", width, text_of(item, "scenario"));
		json_array_foreach (json_object_get(matrix, "machines"), k, machine) {
			json_t *entry = json_object_get(json_object_get(item, "cells"),
							json_string_value(machine));
			g_autofree char *word = word_of(entry);

			printf("  %-11s", word);
		}
		putchar('\n');
	}
}

static void print_end(const struct night *night, json_t *matrix)
{
	json_t *counts = json_object_get(matrix, "counts");
	int good = (int)json_integer_value(json_object_get(counts, "good"));
	g_autofree char *took = rig_duration_text((gint64)(night->wall_s * RIG_NS_PER_S));
	g_autofree char *resume = nightly_resume_words(night);

	printf("\n%d of %u as expected, %s; rig report --night %s --html pages\n", good,
	       night->cells->len, took, night->id);
	if (night->unfinished)
		printf("left     %s; %s\n", night->unfinished, resume);
}

/* ---- the command itself ---- */

static int run(struct night *night, const struct validate_parts *p, GError **error)
{
	json_auto_t *result =
		night_begin(night, error) ? nightly_run(night, want.quiet, error) : NULL;
	json_t *matrix;
	int code;

	if (!result)
		return rig_exit_code(*error);
	matrix = matrix_of(result, found_by, night->results);
	json_object_set(matrix, "without", p->without);
	code = matrix_exit_code(matrix);
	json_object_set_new(matrix, "exit_code", json_integer(code));
	if (want.json) {
		cmd_print_json(matrix);
		return code;
	}
	print_matrix(matrix);
	print_end(night, matrix);
	json_decref(matrix);
	return code;
}

static int with_parts(struct validate_parts *p, const struct night_options *o, GError **error)
{
	rig_auto(plan) plan = validate_plan(&want.words, p, error);
	rig_auto(night) night = plan ? night_new(plan, o, error) : NULL;
	json_auto_t *dry_run = NULL;
	json_t *item;
	size_t i;

	if (!night)
		return rig_exit_code(*error);
	if (!want.dry_run)
		return run(night, p, error);
	dry_run = night_dry_run(night);
	json_object_set(dry_run, "without", p->without);
	if (want.json) {
		cmd_print_json(g_steal_pointer(&dry_run));
		return RIG_EXIT_PASS;
	}
	json_array_foreach (p->without, i, item)
		printf("without  %s: %s\n", text_of(item, "machine"), text_of(item, "why"));
	nightly_print_dry_run(dry_run);
	return RIG_EXIT_PASS;
}

static int with_place(struct validate_parts *p, struct night_options *o, GError **error)
{
	const struct place_options here = {
		.results = o->results, .rig = o->rig, .cores = o->cores};
	int code;

	if (!where_place(&here, NULL, &o->place, error))
		return rig_exit_code(*error);
	code = with_parts(p, o, error);
	place_free(o->place);
	return code;
}

static gboolean in_range(const char *option, int value, int high, GError **error)
{
	return (value >= 0 && value <= high) ||
	       rig_fail(error, RIG_EXIT_USAGE, "%s %d is out of range: 1 to %d", option, value,
			high);
}

int cmd_validate(int argc, char **argv)
{
	struct night_options o = {.seed = rng_fresh_seed(), .rig = g_getenv("RIG_PROGRAM")};
	g_autofree GOptionEntry *all = where_options(options);
	g_autofree char *results = NULL;
	g_autoptr(GError) error = NULL;
	struct validate_parts parts = {0};
	int code, words;

	if (!cmd_parse(&argc, &argv, all, "[-- OPTION…]", summary, examples, &error) ||
	    !nightly_budget(want.budget, &o.budget_s, &error) ||
	    !in_range("--jobs", want.jobs, 1024, &error) ||
	    !in_range("--duration", want.words.duration, 604800, &error) ||
	    !in_range("--repeat", want.words.repeat, 1000, &error))
		return rig_report_error(error);
	words = argc > 1 && !strcmp(argv[1], "--") ? 2 : 1;
	if (argc > 1 && words == 1) {
		fprintf(stderr, "rig: unexpected argument '%s'; options for `rig run` follow --\n",
			argv[1]);
		return RIG_EXIT_USAGE;
	}
	want.quiet |= want.json;
	results = want.results ? g_strdup(want.results) : run_default_results();
	o.results = results;
	o.cores = want.jobs;
	o.extra = argc > words ? (const char *const *)argv + words : NULL;
	if (!run_words_check(o.extra, &error))
		return rig_report_error(error);
	code = with_place(&parts, &o, &error);
	validate_clear(&parts);
	return error ? rig_report_error(error) : code;
}
