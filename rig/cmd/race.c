// SPDX-License-Identifier: GPL-2.0-only
/* rig race: which holds make a scenario fail. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/search-folder.h"
#include "machine/machine.h"
#include "race/race.h"
#include "scenario/scenario.h"
#include "stats/stats.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/term.h"
#include "util/text.h"

#define STATE "race.json"
#define STATE_MAX (64u << 20)
#define DEFAULT_BUDGET_S 600

static const char summary[] =
	"Searches for holds (docs/director.md) that make a scenario fail, which fails rarely or "
	"never by itself: one\n"
	"run without holds shows which functions vCPUs pass at about the same time, "
	"then runs with several holds\n"
	"each try them, nearest first. Of a run that failed the holds that are not needed are left "
	"out, the others run\n"
	"again until the rate is known, and a scenario with them is written.";

static const char examples[] =
	"  rig race scenarios/zoo/z05-add-vs-online.yaml --patch scenarios/zoo/z05.patch\n"
	"      a kernel with a bug that chance rarely finds; the scenario's own holds are left "
	"out\n"
	"  rig race dimm-remove-vs-sysfs --around mm/slub.c --budget 30m\n"
	"      holds in the functions of one file\n"
	"  rig race plug-vs-valid-zones --around last\n"
	"      first those functions that are in the reports of the last run\n"
	"  rig race --resume\n"
	"      continue the last search, after ^C, kill -9 or a spent --budget\n\n"
	"Exit codes: 0 found, 1 not found, or the scenario fails without holds, 2 usage, "
	"3 infrastructure or stopped, 77 skip.\n";

static struct {
	char *around, *budget, *kernel, *machine, *emulator, *results;
	char **patches, **fragments;
	int guests, duration, patience;
	gboolean no_lockdep, resume, json, quiet;
} want;

static const GOptionEntry options[] = {
	{"around", 'a', 0, G_OPTION_ARG_STRING, &want.around,
	 "where: a file (mm/slub.c), a function, a lock (slab_mutex), a run with a report (all "
	 "files)",
	 "WHERE"},
	{"budget", 0, 0, G_OPTION_ARG_STRING, &want.budget, "stop after N minutes or hours (10m)",
	 "Nm|Nh"},
	{"kernel", 'k', 0, G_OPTION_ARG_STRING, &want.kernel, "source or image, as for `rig run`",
	 "WHAT"},
	{"patch", 'p', 0, G_OPTION_ARG_FILENAME_ARRAY, &want.patches,
	 "apply a patch (repeatable, in order)", "FILE"},
	{"fragment", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &want.fragments,
	 "add a config fragment (repeatable)", "FILE"},
	{"no-lockdep", 0, 0, G_OPTION_ARG_NONE, &want.no_lockdep,
	 "build without lockdep, or accept an image without it", NULL},
	{"machine", 'm', 0, G_OPTION_ARG_STRING, &want.machine, "machine (the scenario's first)",
	 "NAME"},
	{"qemu", 0, 0, G_OPTION_ARG_FILENAME, &want.emulator,
	 "another QEMU: a program, or a suite of `rig qemu get`", "NAME"},
	{"guests", 'n', 0, G_OPTION_ARG_INT, &want.guests,
	 "guests at a time, 1 to 4 (half the CPUs)", "N"},
	{"duration", 'd', 0, G_OPTION_ARG_INT, &want.duration,
	 "seconds of load in each run, instead of the scenario's", "S"},
	{"patience", 0, 0, G_OPTION_ARG_INT, &want.patience,
	 "seconds without progress before a hang is declared (20)", "S"},
	{"results", 'r', 0, G_OPTION_ARG_FILENAME, &want.results,
	 "folder of run folders and searches", "DIR"},
	{"resume", 0, 0, G_OPTION_ARG_NONE, &want.resume,
	 "continue a search: its folder, or the last one", NULL},
	{"json", 0, 0, G_OPTION_ARG_NONE, &want.json, "print the result as JSON", NULL},
	{"quiet", 'q', 0, G_OPTION_ARG_NONE, &want.quiet, "print the result only", NULL},
	{NULL}};

static gboolean settle(const char *what, const struct scenario *scenario, const char *dir,
		       struct race_options *o, GError **error)
{
	const struct machine *machine =
		machine_find(want.machine ? want.machine : scenario->machines[0], error);
	guint boots = 0;

	*o = (struct race_options){
		.scenario = what,
		.machine = want.machine,
		.kernel = want.kernel,
		.patches = (const char *const *)want.patches,
		.fragments = (const char *const *)want.fragments,
		.around = want.around,
		.emulator = want.emulator,
		.no_lockdep = want.no_lockdep,
		.drop_holds = scenario->n_holds > 0,
		.guests = want.guests ? (guint)want.guests
				      : CLAMP(g_get_num_processors() / 2, 1, RACE_GUESTS_MAX),
		.budget_s = DEFAULT_BUDGET_S,
		.duration_s = want.duration,
		.patience_s = want.patience,
		.results = want.results,
		.dir = dir,
	};
	if (!machine || !scenario_check_machine(scenario, machine, error) ||
	    (want.budget && !search_budget(want.budget, &boots, &o->budget_s, error)))
		return FALSE;
	if (boots)
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid budget '%s' (for example 10m or 2h)", want.budget);
	if (want.guests < 0 || want.guests > RACE_GUESTS_MAX || want.duration < 0 ||
	    want.patience < 0)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--guests takes 1 to %d; no number may be below 0",
				RACE_GUESTS_MAX);
	if (scenario->cpus < 2)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"scenario '%s' has 'cpus: %u': a hold needs two vCPUs, one of which "
			"waits for the other",
			scenario->name, scenario->cpus);
	return TRUE;
}

/* ---- what it says while it works ---- */

static void show_status(const char *what, void *data)
{
	(void)data;
	term_status(what);
}

static void show_holds(const struct race_trial *trial, const struct race_outcome *o)
{
	for (guint i = 0; i < trial->n; i++)
		printf("     %s%s until %s: reached %" G_GUINT64_FORMAT ", held %" G_GUINT64_FORMAT
		       ", met %" G_GUINT64_FORMAT "%s\n",
		       term_colour(TERM_DIM), trial->hold[i].at, trial->hold[i].until,
		       o->reached[i], o->held[i], o->met[i], term_colour(TERM_PLAIN));
}

static void show_run(const struct race_event *event, void *data)
{
	g_autofree char *took = rig_duration_text((gint64)(event->wall_s * RIG_NS_PER_S));
	g_autofree char *said = event->said ? text_clean(event->said) : NULL;
	gboolean failed = event->outcome->failed;

	(void)data;
	term_status(NULL);
	printf("%3u  %s%s%s  %s  %s%s%s\n", event->number,
	       term_colour(failed ? TERM_RED : TERM_GREEN), event->verdict, term_colour(TERM_PLAIN),
	       took, event->trial->why, said ? ": " : "", said ? said : "");
	show_holds(event->trial, event->outcome);
	fflush(stdout);
}

/* ---- the result ---- */

static json_t *result_json(const struct race_search *search, enum race_end end, const char *file)
{
	static const char *const ends[] = {"found", "budget", "stopped", "fails without holds"};
	guint failed = 0, runs = 0, alone = 0, alone_runs = 0;
	struct race_trial found = {0};
	json_t *holds = json_array();

	if (race_search_strategy(search)) {
		race_found(race_search_strategy(search), &found);
		race_rates(race_search_strategy(search), &failed, &runs, &alone, &alone_runs);
	}
	for (guint i = 0; i < found.n; i++) {
		g_autofree char *text = race_hold_text(&found.hold[i]);

		json_array_append_new(holds, json_string(text));
	}
	return json_pack("{s:s, s:o, s:i, s:i, s:i, s:i, s:s?, s:s?}", "end", ends[end], "holds",
			 holds, "failed", failed, "runs", runs, "failed_without", alone,
			 "runs_without", alone_runs, "scenario", file, "said",
			 race_search_said(search));
}

static void print_rate(const char *what, guint failed, guint runs)
{
	double low, high;

	stats_wilson(failed, runs, &low, &high);
	printf("%-13s fails in %u of %u runs (95 %%: %.0f to %.0f %%)\n", what, failed, runs,
	       100 * low, 100 * high);
}

static void print_result(json_t *result, const char *dir)
{
	const char *said = json_string_value(json_object_get(result, "said"));
	g_autofree char *clean = said ? text_clean(said) : NULL;
	json_t *hold;
	size_t i;

#define NUMBER(key) (guint) json_integer_value(json_object_get(result, key))
	printf("%s%s\n", want.quiet ? "" : "\nresult        ",
	       json_string_value(json_object_get(result, "end")));
	json_array_foreach (json_object_get(result, "holds"), i, hold)
		printf("hold          %s\n", json_string_value(hold));
	if (clean)
		printf("first failure %s\n", clean);
	if (NUMBER("runs"))
		print_rate("with them", NUMBER("failed"), NUMBER("runs"));
	if (NUMBER("runs_without"))
		print_rate("without", NUMBER("failed_without"), NUMBER("runs_without"));
#undef NUMBER
	if (json_is_string(json_object_get(result, "scenario")))
		printf("scenario      %s\n",
		       json_string_value(json_object_get(result, "scenario")));
	printf("folder        %s\n", dir);
}

static int conclude(const struct race_search *search, enum race_end end,
		    const struct scenario *scenario, const char *dir)
{
	static const int codes[] = {
		[RACE_FOUND] = RIG_EXIT_PASS,
		[RACE_OUT_OF_BUDGET] = RIG_EXIT_FAIL,
		[RACE_STOPPED] = RIG_EXIT_INFRA,
		[RACE_FAILS_ALONE] = RIG_EXIT_FAIL,
	};
	g_autofree char *path = g_build_filename(dir, "race.yaml", NULL), *text = NULL;
	g_autoptr(GError) error = NULL;
	struct race_trial found = {0};
	json_auto_t *result = NULL;

	if (race_search_strategy(search))
		race_found(race_search_strategy(search), &found);
	if (found.n) {
		text = race_scenario(scenario->file, &found, &error);
		if (!text || !rig_write_file(path, text, -1, &error))
			return rig_report_error(error);
	}
	result = result_json(search, end, text ? path : NULL);
	if (want.json) {
		cmd_print_json(g_steal_pointer(&result));
		return codes[end];
	}
	print_result(result, dir);
	if (end == RACE_OUT_OF_BUDGET || end == RACE_STOPPED)
		printf("continue      rig race --resume %s\n", dir);
	return codes[end];
}

/* STATE: of an earlier process, or NULL. */
static int go(const char *what, const char *dir, json_t *words, json_t *state)
{
	g_autofree char *results = want.results ? g_strdup(want.results) : run_default_results();
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) scenario = scenario_load(what, &error);
	rig_auto(race_search) search = NULL;
	struct race_options o;
	enum race_end end;
	gboolean ok;

	if (!scenario || !settle(what, scenario, dir, &o, &error) ||
	    !search_folder_lock(dir, &error))
		return rig_report_error(error);
	o.results = results;
	search = race_search_new(&o, words, state, &error);
	if (!search)
		return rig_report_error(error);
	if (!want.json && !want.quiet) {
		race_search_watch(search, show_run, show_status, NULL);
		printf("race     %s, %u guest%s at a time, for %u s%s\nfolder   %s\n",
		       scenario->name, o.guests, o.guests > 1 ? "s" : "", o.budget_s,
		       o.drop_holds ? "; its own holds are left out" : "", dir);
		fflush(stdout);
	}
	ok = race_search_run(search, &end, &error);
	term_status(NULL);
	return ok ? conclude(search, end, scenario, dir) : rig_report_error(error);
}

/* The options of the search that is resumed; budget, guests and output given now replace them. */
static int resume(const char *which)
{
	g_autoptr(GError) error = NULL;
	struct search_again again = {0};
	__typeof__(want) now = want;
	char **argv;
	int code;

	if (!search_folder_resume(want.results, which, STATE, STATE_MAX, "race", &again, &error))
		return rig_report_error(error);
	argv = (char **)again.words->pdata;
	memset(&want, 0, sizeof(want));
	if (!cmd_parse(&again.argc, &argv, options, "", summary, examples, &error) ||
	    (again.argc != 2 &&
	     !rig_fail(&error, RIG_EXIT_USAGE, "cannot read the search '%s'", again.dir))) {
		search_again_free(&again);
		return rig_report_error(error);
	}
	want.budget = now.budget;
	want.guests = now.guests ? now.guests : want.guests;
	want.json = now.json;
	want.quiet = now.quiet;
	code = go(argv[1], again.dir, json_object_get(again.state, "words"), again.state);
	search_again_free(&again);
	return code;
}

int cmd_race(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *words = json_array();
	g_autofree char *dir = NULL;

	for (int i = 1; i < argc; i++)
		json_array_append_new(words, json_string(argv[i]));
	if (!cmd_parse(&argc, &argv, options, "SCENARIO | --resume [SEARCH]", summary, examples,
		       &error))
		return rig_report_error(error);
	if (want.resume)
		return resume(argc > 1 ? argv[1] : NULL);
	if (argc != 2) {
		fputs("rig: race takes one scenario; `rig scenario list` lists them\n", stderr);
		return RIG_EXIT_USAGE;
	}
	dir = search_folder_new(want.results, "race", argv[1]);
	return go(argv[1], dir, words, NULL);
}
