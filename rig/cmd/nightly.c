// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig nightly: runs the cells of a plan (scenario × machine × kernel) in parallel. A stopped night
 * can be resumed.
 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/findings.h"
#include "cmd/nightly.h"
#include "cmd/options.h"
#include "cmd/where.h"
#include "nightly/nightly.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/rng.h"
#include "util/term.h"
#include "util/text.h"

static const char summary[] =
	"Runs a plan: each combination of its scenarios, machines, kernels and repetitions is a "
	"cell. As many cells\n"
	"run at a time as fit the host. A cell that fails is run again, to measure how often it "
	"fails. The findings\n"
	"are compared with those of all earlier nights.\n"
	"PLAN is a name (scenarios/plans/NAME.yaml) or a YAML file. Options after -- are passed to "
	"each `rig run`.";

static const char examples[] =
	"  rig nightly smoke --dry-run                 print the runs, the expected time, "
	"what is missing\n"
	"  rig nightly nightly --budget 2h             start only runs that end within two hours\n"
	"  rig nightly nightly --resume                continue after kill -9, a reboot, "
	"or a spent budget\n"
	"  rig nightly nightly --resume --dry-run      print what is left of it\n"
	"  rig nightly ./mine.yaml --jobs 4 --shuffle 7 -- --accel tcg\n"
	"  rig nightly nightly --on slurm --partition debug    on a cluster (docs/fleet.md)\n"
	"  touch results/nights/ID/stop                start nothing more; so does ^C, "
	"and a second ^C stops all\n\n"
	"Exit codes: 0 no new finding, 1 a new finding, 2 usage, 3 a cell without a result, "
	"or stopped.\n";

static struct {
	char *results, *budget, *shuffle, *night, *wait;
	int jobs;
	gboolean dry_run, resume, list, json, quiet, detach;
} want;

static const GOptionEntry options[] = {
	{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &want.dry_run, "print what would be run", NULL},
	{"jobs", 'j', 0, G_OPTION_ARG_INT, &want.jobs,
	 "number of cores to use (default: all)", "N"},
	{"budget", 'b', 0, G_OPTION_ARG_STRING, &want.budget,
	 "start only runs that end within TIME: 90s, 30m, 2h", "TIME"},
	{"shuffle", 's', 0, G_OPTION_ARG_STRING, &want.shuffle,
	 "random order from this seed, instead of longest first", "SEED"},
	{"resume", 0, 0, G_OPTION_ARG_NONE, &want.resume,
	 "continue the plan's newest unfinished night", NULL},
	{"night", 0, 0, G_OPTION_ARG_STRING, &want.night, "continue the night with this ID", "ID"},
	{"detach", 0, 0, G_OPTION_ARG_NONE, &want.detach,
	 "with --on slurm: submit everything, print the night's ID, and end", NULL},
	{"wait", 0, 0, G_OPTION_ARG_STRING, &want.wait,
	 "wait for the detached night ID and collect its results", "ID"},
	{"list", 'l', 0, G_OPTION_ARG_NONE, &want.list, "list the nights", NULL},
	OPTION_RESULTS(&want.results),
	{"json", 0, 0, G_OPTION_ARG_NONE, &want.json,
	 "print night.json, or the dry run as JSON", NULL},
	{"quiet", 'q', 0, G_OPTION_ARG_NONE, &want.quiet, "print errors only", NULL},
	{NULL}};

gboolean nightly_budget(const char *text, double *ret, GError **error)
{
	static const struct {
		char unit;
		guint seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}};
	char *end = NULL;
	guint64 number = text ? g_ascii_strtoull(text, &end, 10) : 0;

	if (!text)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(units); i++)
		if (g_ascii_isdigit(*text) && number && number < 100000 && *end == units[i].unit &&
		    !end[1]) {
			*ret = (double)number * units[i].seconds;
			return TRUE;
		}
	return rig_fail(error, RIG_EXIT_USAGE, "invalid budget '%s' (for example 90s, 30m, 2h)",
			text);
}

static gboolean parse_options(struct night_options *o, GError **error)
{
	if (want.jobs < 0 || want.jobs > 1024)
		return rig_fail(error, RIG_EXIT_USAGE, "--jobs %d is out of range: 1 to 1024",
				want.jobs);
	if (want.shuffle &&
	    !g_ascii_string_to_unsigned(want.shuffle, 10, 0, G_MAXINT64, &o->seed, NULL))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid --shuffle '%s' (a number, for example 7)",
				want.shuffle);
	o->cores = want.jobs;
	/*
	 * RIG_PROGRAM is another program in tests, or a copy of the rig that is used while the rig
	 * is rebuilt
	 */
	o->rig = g_getenv("RIG_PROGRAM");
	o->detach = want.detach;
	o->shuffle = want.shuffle != NULL;
	if (!want.shuffle)
		o->seed = rng_fresh_seed();
	return nightly_budget(want.budget, &o->budget_s, error);
}

/* ---- printing the progress and the result of a night ---- */

static double real(json_t *json, const char *key)
{
	return json_number_value(json_object_get(json, key));
}

static char *seconds_text(double s)
{
	return rig_duration_text((gint64)(s * RIG_NS_PER_S));
}

static const struct attempt *last_attempt(const struct night_cell *cell)
{
	guint n = cell->attempts->len;

	return n ? &g_array_index(cell->attempts, struct attempt, n - 1) : NULL;
}

static const char *build_word(const struct night_build *build)
{
	/* a build that was stopped has not ended: --resume starts it again */
	if (!build->ended)
		return "ABORTED";
	return !build->ok ? "FAILED" : build->cached ? "cached" : "built";
}

static void show_ended(const struct night *night, const struct night_cell *cell,
		       const struct night_build *build, void *data)
{
	const struct attempt *a = cell ? last_attempt(cell) : NULL;
	g_autofree char *took = seconds_text(build ? build->wall_s : a ? MAX(a->wall_s, 0) : 0);
	g_autofree char *problem = findings_clean(build && build->problem ? build->problem
						  : a && a->problem	  ? a->problem
									  : "");

	(void)data;
	term_status(NULL);
	if (build)
		printf("%-8s kernel %s for %s%s%s, %s%s%s\n", build_word(build),
		       night->kernels[build->kernel].tree, build->arch,
		       build->scenario ? " and scenario " : "",
		       build->scenario ? build->scenario : "", took, *problem ? ": " : "",
		       problem);
	else if (cell && cell->stopped)
		printf("ABORTED  %s: %s\n", cell->key, cell->stopped);
	else if (a)
		printf("%s%-8s%s %s, attempt %u, %s%s%s\n", findings_colour(a->verdict),
		       verdict_name(a->verdict), term_colour(TERM_PLAIN), cell->key, a->number,
		       took, *problem ? ": " : "", problem);
	fflush(stdout);
}

static void show_progress(const struct night *night, const char *line, void *data)
{
	(void)night;
	(void)data;
	if (term_is_live())
		term_status(line);
}

char *nightly_resume_words(const struct night *night)
{
	g_autofree char *usual = run_default_results(),
			*path = g_canonicalize_filename(usual, NULL),
			*quoted = g_shell_quote(night->results);
	gboolean is_usual = !strcmp(path, night->results);

	return g_strdup_printf("rig nightly %s --resume%s%s", night->plan,
			       is_usual ? "" : " --results ", is_usual ? "" : quoted);
}

/* Called after a signal. A night that prints nothing else says this, too. */
static void show_stopping(const struct night *night, guint running, gboolean all, void *data)
{
	g_autofree char *resume = nightly_resume_words(night);

	(void)data;
	term_status(NULL);
	fprintf(stderr, "rig: night %s: stopped by a signal, ", night->id);
	if (!running)
		fputs("no job runs", stderr);
	else if (all)
		fprintf(stderr, "also the %u job%s that ran", running, text_s(running));
	else
		fprintf(stderr, "waits for the end of %u running job%s; ^C again stops %s, too",
			running, text_s(running), running == 1 ? "it" : "them");
	fprintf(stderr, "; `%s` continues\n", resume);
}

/* Called after ^C: asks whether to leave the jobs in the cluster. Returns TRUE to leave them. */
static gboolean ask_leave(const struct night *night, void *data)
{
	char answer[16];

	(void)data;
	if (!isatty(STDIN_FILENO) || !term_is_live())
		return FALSE;
	term_status(NULL);
	printf("The jobs of night %s continue without this process.\n"
	       "Leave them (collect later: rig nightly --wait %s), or cancel those that wait? "
	       "[l/c] ",
	       night->id, night->id);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && g_ascii_tolower(*answer) == 'l';
}

static void show_leave_waits(const struct night *night, const char *why, void *data)
{
	(void)data;
	term_status(NULL);
	fprintf(stderr, "rig: night %s: %s\n", night->id, why);
}

static void print_deleted(json_t *deleted)
{
	g_autofree char *size = g_format_size_full(real(deleted, "kernel_bytes"),
						   G_FORMAT_SIZE_IEC_UNITS);
	const char *problem = json_string_value(json_object_get(deleted, "problem"));

	if (deleted)
		printf("deleted  %.0f old run%s, %.0f unused kernel%s and trees (%s)%s%s\n",
		       real(deleted, "runs"), text_s(real(deleted, "runs")),
		       real(deleted, "kernels"), text_s(real(deleted, "kernels")), size,
		       problem ? "; then: " : "", problem ? problem : "");
}

static void print_result(const struct night *night, json_t *result)
{
	g_autofree char *resume = nightly_resume_words(night);
	json_t *counts = json_object_get(result, "counts"),
	       *times = json_object_get(result, "times"), *item;
	g_autofree char *wall = seconds_text(real(times, "wall_s")),
			*least = seconds_text(real(times, "at_least_s"));
	size_t i;

	json_array_foreach (json_object_get(result, "cells"), i, item) {
		json_t *rate = json_object_get(item, "rate");

		if (real(rate, "bad") > 0)
			printf("%-8s %s: not as expected in %.0f of %.0f, %.0f %% (%.0f to %.0f)\n",
			       findings_text(item, "status"), findings_text(item, "cell"),
			       real(rate, "bad"), real(rate, "of"),
			       100 * real(rate, "bad") / real(rate, "of"), 100 * real(rate, "low"),
			       100 * real(rate, "high"));
	}
	json_array_foreach (json_object_get(result, "findings"), i, item) {
		g_autofree char *title = findings_clean(findings_text(item, "title"));
		gboolean is_new = !strcmp(findings_text(item, "change"), "new");

		printf("%s%-8s%s %s\n         rig show %s\n",
		       term_colour(is_new ? TERM_RED : TERM_DIM), is_new ? "NEW" : "again",
		       term_colour(TERM_PLAIN), title, findings_text(item, "run"));
	}
	printf("night    %s: %.0f good, %.0f flaky, %.0f bad, %.0f without a result, "
	       "%.0f skipped, %.0f left\n",
	       night->id, real(counts, "good"), real(counts, "flaky"), real(counts, "bad"),
	       real(counts, "none"), real(counts, "skip"), real(counts, "left"));
	printf("times    %s; no order of the cells takes less than %s; CPU time of the rig %.1f s, "
	       "of its children %.0f s\n",
	       wall, least, real(times, "controller_s"), real(times, "children_s"));
	if (night->unfinished)
		printf("left     %s; %s\n", night->unfinished, resume);
	print_deleted(json_object_get(result, "deleted"));
	printf("folder   %s\n", night->dir);
}

json_t *nightly_run(struct night *night, gboolean quiet, GError **error)
{
	const struct night_view view = {
		.ended = quiet ? NULL : show_ended,
		.progress = quiet ? NULL : show_progress,
		.stopping = show_stopping,
		.ask_leave = ask_leave,
		.leave_waits = want.quiet ? NULL : show_leave_waits,
	};

	if (!quiet) {
		printf("night    %s, plan %s, %u cell%s\n", night->id, night->plan,
		       night->cells->len, text_s(night->cells->len));
		fflush(stdout);
	}
	if (!night_run(night, &view, error))
		return NULL;
	if (!quiet)
		term_status(NULL);
	return night_result(night, error);
}

static int run_night(struct night *night, GError **error)
{
	json_auto_t *result = nightly_run(night, want.quiet || want.detach, error);

	if (!result)
		return rig_exit_code(*error);
	if (want.detach && !g_strcmp0(night->unfinished, NIGHT_LEFT)) {
		puts(night->id);
		return RIG_EXIT_PASS;
	}
	json_object_set_new(result, "deleted", night_delete_old(night));
	if (want.json)
		cmd_print_json(json_incref(result));
	else if (!want.quiet)
		print_result(night, result);
	return night_exit_code(night, result);
}

static char *plan_name(const char *word)
{
	g_autofree char *base = g_path_get_basename(word);

	return g_str_has_suffix(base, ".yaml") ? g_strndup(base, strlen(base) - strlen(".yaml"))
					       : g_strdup(base);
}

/* Sets *RET to the ID of the night to continue, or to NULL if a new night is started. */
static gboolean find_id(const char *word, const char *results, char **ret, GError **error)
{
	g_autofree char *name = word ? plan_name(word) : NULL;

	*ret = g_strdup(want.wait ? want.wait : want.night);
	if (!*ret && want.resume)
		*ret = night_find_unfinished(results, name, error);
	return *ret || !want.resume;
}

/*
 * Returns the folder with the record of the jobs that night ID runs on a cluster, or NULL if ID is
 * NULL.
 */
static char *record_of(const char *results, const char *id)
{
	return id ? g_build_filename(results, "nights", id, "place", NULL) : NULL;
}

static gboolean find_place(const char *id, struct night_options *o, GError **error)
{
	g_autofree char *record = record_of(o->results, id);
	const struct place_options here = {.results = o->results, .rig = o->rig, .cores = o->cores};

	if (want.wait && !g_file_test(record, G_FILE_TEST_EXISTS))
		return rig_fail(error, RIG_EXIT_USAGE,
				"no night '%s' on a cluster; `rig nightly --list` lists the nights",
				want.wait);
	if (!where_place(&here, record, &o->place, error))
		return FALSE;
	return (o->place && place_can_leave(o->place)) || !want.detach ||
	       rig_fail(error, RIG_EXIT_USAGE,
			"--detach is for nights on a cluster: add --on slurm");
}

static struct night *find_night(const char *word, struct night_options *o, GError **error)
{
	g_autofree char *id = NULL;
	rig_auto(plan) plan = NULL;

	if (!find_id(word, o->results, &id, error) || !find_place(id, o, error))
		return NULL;
	if (id)
		return night_resume(NULL, id, o, error);
	plan = plan_load(word, error);
	return plan ? night_new(plan, o, error) : NULL;
}

static int with_plan(const char *word, struct night_options *o, GError **error)
{
	rig_auto(night) night = find_night(word, o, error);
	json_t *dry_run;

	if (!night)
		return rig_exit_code(*error);
	if (!want.dry_run)
		return night->id || night_begin(night, error) ? run_night(night, error)
							      : rig_exit_code(*error);
	dry_run = night_dry_run(night);
	if (want.json) {
		cmd_print_json(dry_run);
		return RIG_EXIT_PASS;
	}
	nightly_print_dry_run(dry_run);
	json_decref(dry_run);
	return RIG_EXIT_PASS;
}

int cmd_nightly(int argc, char **argv)
{
	g_autofree char *results = NULL;
	g_autofree GOptionEntry *all = where_options(options);
	struct night_options o = {0};
	g_autoptr(GError) error = NULL;
	int code, words;

	if (!cmd_parse(&argc, &argv, all, "PLAN [-- OPTION…]", summary, examples, &error) ||
	    !parse_options(&o, &error))
		return rig_report_error(error);
	want.quiet |= want.json;
	results = want.results ? g_strdup(want.results) : run_default_results();
	if (want.list)
		return nightly_list(results, want.json);
	/* skip the "--", which GOption leaves in argv if it follows an argument */
	words = argc > 2 && !strcmp(argv[2], "--") ? 3 : 2;
	if ((argc < 2 && !want.night && !want.wait) || (argc > 2 && words == 2)) {
		fputs("rig: nightly takes one plan (for example smoke); options for `rig run` "
		      "follow --\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	o.results = results;
	o.extra = argc > words ? (const char *const *)argv + words : NULL;
	if (!run_words_check(o.extra, &error))
		return rig_report_error(error);
	code = with_plan(argc > 1 ? argv[1] : NULL, &o, &error);
	place_free(o.place);
	return error ? rig_report_error(error) : code;
}
