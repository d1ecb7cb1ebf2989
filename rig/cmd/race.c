// SPDX-License-Identifier: GPL-2.0-only
/* rig race: searches for holds, which make vCPUs wait, with which a scenario fails. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/race-fail.h"
#include "cmd/search-command.h"
#include "cmd/search-folder.h"
#include "cmd/where.h"
#include "director/director.h"
#include "director/qemu.h"
#include "kernel/kernel.h"
#include "machine/machine.h"
#include "plan/plan.h"
#include "race/race.h"
#include "race/walk.h"
#include "scenario/keep.h"
#include "stats/stats.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/term.h"
#include "util/text.h"

#define DEFAULT_BUDGET_S 600
#define RECORD_S 10
#define SWEEP_S 45
#define CPUS_MIN 4 /* vCPUs of the guests, unless the scenario has more */

static const char summary[] =
	"Searches for holds (docs/director.md) that make a scenario fail which fails rarely or "
	"never without them. One\n"
	"run without holds shows which functions vCPUs pass at about the same time. Then sweeps "
	"delay vCPUs at many of\n"
	"these places, a few at a time. When a sweep fails, the holds that are not needed for the "
	"failure are removed.\n"
	"The others are repeated until the failure rate is known; a scenario with them is written.";

static const char examples[] =
	"  rig race scenarios/zoo/z05-add-vs-online.yaml --patch scenarios/zoo/z05.patch\n"
	"      a kernel with a bug that chance rarely finds; the scenario's own holds are left "
	"out\n"
	"  rig race dimm-remove-vs-sysfs --around mm/slub.c --budget 30m\n"
	"      holds in the functions of one file\n"
	"  rig race plug-vs-valid-zones --around last\n"
	"      first those functions that are in the reports of the last run\n"
	"  rig race dimm-remove-vs-sysfs --guests 4 --on slurm\n"
	"      on the nodes of a cluster (docs/fleet.md)\n"
	"  rig race dimm-storm --fail --qemu trixie-backports --budget 1h\n"
	"      which failed call leaves wrong accounts, a report, a hang, or a kernel in which\n"
	"      later operations do not work\n"
	"  rig race --resume\n"
	"      continue the last search, after ^C, kill -9 or a spent --budget\n\n"
	"Exit codes: 0 found, 1 not found, or the scenario fails without holds, 2 usage, "
	"3 infrastructure or stopped, 77 skip.\n"
	"With --fail: 0 no violation, 1 violations, or the scenario fails without a failed call.\n";

static struct {
	char *around, *kernel, *machine, *emulator, *strategy;
	char **patches, **fragments;
	int duration, patience, calls;
	gboolean no_lockdep, fail, list;
	struct search_words search;
} want;

static const GOptionEntry options[] = {
	{"around", 'a', 0, G_OPTION_ARG_STRING, &want.around,
	 "where to hold vCPUs: file (mm/slub.c), function, lock (slab_mutex), run with reports",
	 "WHERE"},
	{"kernel", 'k', 0, G_OPTION_ARG_STRING, &want.kernel, "source or image, as for `rig run`",
	 "WHAT"},
	OPTION_PATCH(&want.patches),
	OPTION_FRAGMENT(&want.fragments),
	OPTION_NO_LOCKDEP(&want.no_lockdep),
	OPTION_MACHINE(&want.machine),
	OPTION_QEMU(&want.emulator),
	OPTION_DURATION(&want.duration),
	OPTION_PATIENCE(&want.patience),
	{"fail", 0, 0, G_OPTION_ARG_NONE, &want.fail,
	 "make calls of functions fail, one in each run, instead of holding vCPUs", NULL},
	{"calls", 0, 0, G_OPTION_ARG_INT, &want.calls,
	 "with --fail: the first N calls of each function fail, one in each run (default 1)", "N"},
	{"list", 0, 0, G_OPTION_ARG_NONE, &want.list,
	 "with --fail: only print the functions that can fail, with their errnos", NULL},
	{"strategy", 0, 0, G_OPTION_ARG_STRING, &want.strategy,
	 "what a sweep does: arms (delays at many places), or pct (random priorities of vCPUs)",
	 "WORD"},
	SEARCH_OPTIONS(want.search, "stop after N minutes or hours (default 10m)", "Nm|Nh"),
	{NULL}};

/* Returns TRUE if each track of SCENARIO has a fixed number of laps, after which the load ends. */
static gboolean is_short(const struct scenario *scenario)
{
	for (unsigned i = 0; i < scenario->n_tracks; i++)
		if (!scenario->tracks[i].repeat)
			return FALSE;
	return scenario->n_tracks > 0;
}

/*
 * Returns TRUE if the QEMU for MACHINE can hold a vCPU inside a read-modify-write instruction.
 * Returns FALSE also if it cannot load a plugin; the first run then reports why.
 */
static gboolean can_update(const struct machine *machine)
{
	g_autofree char *file = NULL;
	g_autofree char *program = want.emulator ? qemu_find(want.emulator, machine->emulator)
						 : g_strdup(machine->emulator);
	int api;

	return director_probe(program, &file, &api, NULL) && director_can_update(api);
}

/*
 * Returns the number of vCPUs of the guests: at least CPUS_MIN, so that some run while one waits.
 * Returns 0, to keep the scenario's number, with --fail, where none waits, and if the scenario
 * plugs vCPUs: with more of them at boot, its steps would mean other ones.
 */
static guint cpus_for(const struct scenario *scenario)
{
	return want.fail || scenario->max_cpus > scenario->cpus ? 0
								: MAX(scenario->cpus, CPUS_MIN);
}

static gboolean make_options(const char *what, const struct scenario *scenario, const char *dir,
			     struct race_options *o, GError **error)
{
	const struct machine *machine = scenario_machine(scenario, want.machine, error);
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
		.duration_s = want.duration,
		.patience_s = want.patience,
		.dir = dir,
	};
	if (!machine ||
	    !search_guests(&want.search, RACE_GUESTS_MAX, &o->guests, error) ||
	    !search_budget(want.search.budget, &boots, &o->budget_s, error))
		return FALSE;
	/* the load of a short scenario ends with its steps, which holds may delay */
	if (!want.duration && !want.fail) {
		o->record_s = is_short(scenario) ? 0 : RECORD_S;
		o->sweep_s = SWEEP_S;
	}
	o->cpus = cpus_for(scenario);
	o->updates = can_update(machine);
	o->rig = g_getenv("RIG_PROGRAM");
	o->need = (struct pack_room){
		.quarters = PACK_QUARTERS * (o->cpus ? o->cpus : scenario->cpus),
		.memory = MAX(scenario->max_memory, machine->min_memory) + PLACE_RUN_MEMORY,
	};
	o->arch = machine->arch;
	o->source = want.kernel ? want.kernel : PLAN_DEFAULT_KERNEL;
	if (!kernel_is_source(o->source) || kernel_is_package(o->source))
		o->source = NULL;
	if (boots)
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid budget '%s' (for example 10m or 2h)", want.search.budget);
	if (!o->budget_s)
		o->budget_s = DEFAULT_BUDGET_S;
	if (scenario->cpus < 2 && !want.fail)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"scenario '%s' has 'cpus: %u', but a hold needs two vCPUs, one of which "
			"waits; give another scenario",
			scenario->name, scenario->cpus);
	if (want.strategy && strcmp(want.strategy, "arms") && strcmp(want.strategy, "pct"))
		return rig_fail(error, RIG_EXIT_USAGE,
				"unknown --strategy '%s' (allowed: arms, pct)", want.strategy);
	o->pct = !g_strcmp0(want.strategy, "pct");
	if (want.calls < 0 || want.calls > WALK_CALLS_MAX || (want.calls && !want.fail))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid --calls %d (1 to %d, with --fail only)", want.calls,
				WALK_CALLS_MAX);
	return TRUE;
}

/* ---- progress lines ---- */

static void show_status(const char *what, void *data)
{
	(void)data;
	term_status(what);
}

static void show_hold(const struct race_trial *trial, const struct race_outcome *o, guint i)
{
	printf("     %s%s: reached %" G_GUINT64_FORMAT ", held %" G_GUINT64_FORMAT "%s\n",
	       term_colour(TERM_DIM), trial->hold[i], o->reached[i], o->held[i],
	       term_colour(TERM_PLAIN));
}

/* Prints how many holds a sweep tried, and where vCPUs waited before the failure. */
static void show_sweep(const struct race_trial *trial, const struct race_outcome *o)
{
	guint64 waits = 0;
	guint held = 0;

	for (guint i = 0; i < trial->n; i++) {
		held += o->held[i] > 0;
		waits += o->held[i];
	}
	printf("     %s%u hold%s tried, vCPUs waited at %u of them, %" G_GUINT64_FORMAT
	       " waits of at most %u ms%s%s\n",
	       term_colour(TERM_DIM), trial->n, text_s(trial->n), held, waits, trial->max_ms,
	       o->news ? "; a new lock order" : "", term_colour(TERM_PLAIN));
	for (guint rank = 1; o->failed && rank <= RACE_GROUP; rank++)
		for (guint i = 0; i < trial->n; i++)
			if (o->suspect[i] == rank)
				show_hold(trial, o, i);
}

static void show_holds(const struct race_trial *trial, const struct race_outcome *o)
{
	if (trial->phase == RACE_EXPLORE) {
		show_sweep(trial, o);
		return;
	}
	for (guint i = 0; i < trial->n; i++)
		show_hold(trial, o, i);
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
		g_autofree char *text = race_hold_text(&found, i);

		json_array_append_new(holds, json_string(text));
	}
	return json_pack("{s:s, s:o, s:i, s:i, s:i, s:i, s:s?, s:s?}", "end", ends[end], "holds",
			 holds, "failed", failed, "runs", runs, "failed_without", alone,
			 "runs_without", alone_runs, "scenario", file, "said",
			 race_search_reason(search));
}

static void print_rate(const char *what, guint failed, guint runs)
{
	double low, high;

	stats_wilson(failed, runs, &low, &high);
	printf("%-13s fails in %u of %u run%s (95 %%: %.0f to %.0f %%)\n", what, failed, runs,
	       text_s(runs), 100 * low, 100 * high);
}

static void print_result(json_t *result, const char *dir)
{
	const char *said = json_string_value(json_object_get(result, "said"));
	g_autofree char *clean = said ? text_clean(said) : NULL;
	json_t *hold;
	size_t i;

#define NUMBER(key) (guint) json_integer_value(json_object_get(result, key))
	printf("%s%s\n", want.search.quiet ? "" : "\nresult        ",
	       json_string_value(json_object_get(result, "end")));
	json_array_foreach (json_object_get(result, "holds"), i, hold)
		printf("hold          %s\n", json_string_value(hold));
	if (clean)
		printf("first failure %s\n", clean);
	if (NUMBER("runs"))
		print_rate("with them", NUMBER("failed"), NUMBER("runs"));
	if (NUMBER("runs_without"))
		print_rate("without", NUMBER("failed_without"), NUMBER("runs_without"));
	if (json_array_size(json_object_get(result, "holds")) && NUMBER("runs_without") &&
	    2 * NUMBER("failed_without") >= NUMBER("runs_without"))
		printf("note          the scenario often fails anyway: repeat it without holds\n");
#undef NUMBER
	if (json_is_string(json_object_get(result, "scenario")))
		printf("scenario      %s\n",
		       json_string_value(json_object_get(result, "scenario")));
	printf("folder        %s\n", dir);
}

static int conclude(const struct race_search *search, enum race_end end,
		    const struct race_options *o, const struct scenario *scenario)
{
	static const int codes[] = {
		[RACE_DONE] = RIG_EXIT_PASS,
		[RACE_OUT_OF_BUDGET] = RIG_EXIT_FAIL,
		[RACE_STOPPED] = RIG_EXIT_INFRA,
		[RACE_FAILS_ALONE] = RIG_EXIT_FAIL,
	};
	g_autofree char *path = g_build_filename(o->dir, "race.yaml", NULL), *text = NULL;
	g_autoptr(GError) error = NULL;
	struct race_trial found = {0};
	json_auto_t *result = NULL;

	if (race_search_strategy(search))
		race_found(race_search_strategy(search), &found);
	if (found.n) {
		text = race_scenario(scenario->file, &found, o->cpus, &error);
		if (!text || !rig_write_file(path, text, -1, &error) ||
		    !scenario_keep_files(scenario, o->dir, &error))
			return rig_report_error(error);
	}
	result = result_json(search, end, text ? path : NULL);
	if (want.search.json) {
		cmd_print_json(g_steal_pointer(&result));
		return codes[end];
	}
	print_result(result, o->dir);
	if (end == RACE_OUT_OF_BUDGET || end == RACE_STOPPED)
		printf("continue      rig race --resume %s\n", o->dir);
	return codes[end];
}

/* Runs a search. STATE is the content of race.json if a search is continued, or NULL. */
static int search_for(const struct race_options *o, const struct scenario *scenario, json_t *words,
		      json_t *state)
{
	g_autoptr(GError) error = NULL;
	rig_auto(race_search) search = NULL;
	enum race_end end;
	gboolean ok;

	if (state && !search_folder_lock(o->dir, &error))
		return rig_report_error(error);
	search = race_search_new(o, words, state, &error);
	if (!search || (!state && !search_folder_lock(o->dir, &error)))
		return rig_report_error(error);
	if (!want.search.json && !want.search.quiet) {
		race_search_watch(search, show_run, show_status, NULL);
		printf("race     %s, %u guest%s at a time, for %u s%s\nfolder   %s\n",
		       scenario->name, o->guests, o->guests > 1 ? "s" : "", o->budget_s,
		       o->drop_holds ? "; its own holds are left out" : "", o->dir);
		fflush(stdout);
	}
	ok = race_search_run(search, &end, &error);
	term_status(NULL);
	return ok ? conclude(search, end, o, scenario) : rig_report_error(error);
}

static int walk_for(const struct race_options *o, const struct scenario *scenario, json_t *words,
		    json_t *state)
{
	struct walk_options walk = {*o, want.calls ? want.calls : 1};

	walk.run.drop_holds = scenario->n_holds || scenario->n_fails;
	return race_fail(&walk, words, state, want.search.json, want.search.quiet);
}

static int go(const char *what, const char *dir, json_t *words, json_t *state)
{
	g_autofree char *results = run_default_results(),
			*record = g_build_filename(dir, "place", NULL);
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) scenario = scenario_load(what, &error);
	struct place_options here;
	struct race_options o;
	int code;

	if (!scenario || !scenario_check_one_kernel(scenario, NULL, "rig race", &error) ||
	    !make_options(what, scenario, dir, &o, &error))
		return rig_report_error(error);
	o.results = want.search.results ? want.search.results : results;
	here = (struct place_options){.results = o.results, .rig = o.rig};
	if (!where_place(&here, record, &o.place, &error))
		return rig_report_error(error);
	code = want.fail ? walk_for(&o, scenario, words, state)
			 : search_for(&o, scenario, words, state);
	place_free(o.place);
	if (!state)
		search_folder_discard(dir, "race.json", code);
	return code;
}

static const char *check(int argc, char **argv, GError **error)
{
	if (want.fail && want.around && !walk_has_function(want.around)) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "--around '%s': no function or file of the table of functions that "
			 "can fail (`rig race --fail --list` prints the table)",
			 want.around);
		return NULL;
	}
	/* `--fail --list` only prints the table of functions, so it needs no scenario */
	if (want.list && want.fail && argc == 1)
		return "";
	if (argc == 2 && !want.list)
		return argv[1];
	rig_fail(error, RIG_EXIT_USAGE,
		 want.list ? "--list takes --fail, and no scenario"
			   : "race takes one scenario; `rig scenario list` lists them");
	return NULL;
}

static int begin(char **argv, const char *dir, json_t *words, json_t *state)
{
	return want.list ? race_fail_list(want.around, want.search.json)
			 : go(argv[1], dir, words, state);
}

int cmd_race(int argc, char **argv)
{
	g_autofree GOptionEntry *all = where_options(options);
	const struct search_command command = {
		.name = "race",
		.parameters = "SCENARIO | --resume [SEARCH]",
		.summary = summary,
		.examples = examples,
		.options = all,
		.state = "race.json",
		.state_max = 64u << 20,
		.want = &want,
		.want_size = sizeof(want),
		.words = &want.search,
		.check = check,
		.go = begin,
	};

	return search_command(&command, argc, argv);
}
