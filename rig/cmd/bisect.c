// SPDX-License-Identifier: GPL-2.0-only
/* rig bisect: finds the commit, patch or config option that introduced a bug, or removed it. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "bisect/result.h"
#include "cmd/options.h"
#include "cmd/search-command.h"
#include "cmd/search-folder.h"
#include "cmd/where.h"
#include "locks/locks.h"
#include "machine/machine.h"
#include "scenario/scenario.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"
#include "util/term.h"
#include "util/text.h"

#define DEFAULT_KERNEL "deb:linux-source-6.1"

static const char summary[] =
	"Finds the change that introduced a bug (with --fix: removed it): a commit, "
	"a patch of a series, or a\n"
	"config option. Only the bug's signature counts; other reports are recorded and have no "
	"effect.\n"
	"It stops at the confidence of --confidence. docs/bisect.md is the manual.";

static const char examples[] =
	"  rig bisect --good v6.1 --bad v6.2 --repo ~/linux --scenario dimm-remove-vs-sysfs\n"
	"      the signature is taken from runs of the bad end\n"
	"  rig bisect --good v6.1 --bad HEAD --scenario dimm-storm --kind lockdep-circular --path "
	"mm --path drivers/base\n"
	"      any lock cycle, and only commits that touch these folders\n"
	"  rig bisect --edge 'mem_hotplug_lock --> kn->active' --good v6.1 --bad HEAD --scenario "
	"dimm-storm\n"
	"  rig bisect --fix --good v6.2 --bad v6.1 --repo ~/linux --scenario dimm-storm "
	"--signature 'v1:…'\n"
	"      the first commit without the bug: --bad is the old end\n"
	"  rig bisect --series v3.mbox --scenario dimm-storm --kernel deb:linux-source-6.1\n"
	"      which patch of a mailbox, or of a folder\n"
	"  rig bisect --config good.config bad.config --scenario "
	"scenarios/zoo/z26-slab-debug.yaml\n"
	"      which option of those in which two configs differ\n"
	"  rig bisect --on slurm --guests 4 --good v6.1 --bad v6.2 --repo ~/linux --scenario "
	"dimm-storm\n"
	"      guests and builds as jobs of a cluster (docs/fleet.md)\n"
	"  rig bisect --good v6.1 --bad v6.2 --repo ~/linux --scenario mine.yaml -- --qemu "
	"bookworm-backports\n"
	"      what follows -- are options of each `rig run`\n"
	"  rig bisect --resume\n"
	"      continue the last search, after ^C, kill -9 or a spent --budget\n\n"
	"Exit codes: 0 found, 1 not found (budget spent, or the good end is bad), 2 usage, "
	"3 infrastructure or stopped.\n";

static struct {
	char *good, *bad, *repo, *series, *kernel, *scenario, *machine, *signature, *kind, *edge;
	char **paths, **patches, **fragments, **fixups;
	double confidence;
	int duration, patience, jobs;
	gboolean fix, config, no_lockdep;
	struct search_words search;
} want = {.confidence = 99};

static const GOptionEntry options[] = {
	{"good", 'g', 0, G_OPTION_ARG_STRING, &want.good, "a revision without the bug", "REV"},
	{"bad", 'b', 0, G_OPTION_ARG_STRING, &want.bad, "a revision with the bug", "REV"},
	{"repo", 0, 0, G_OPTION_ARG_FILENAME, &want.repo,
	 "git tree, which is only read (default: .)", "PATH"},
	{"path", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &want.paths,
	 "only commits that touch PATH (repeatable)", "PATH"},
	{"series", 0, 0, G_OPTION_ARG_FILENAME, &want.series,
	 "search the patches of a folder or mailbox", "DIR|MBOX"},
	{"config", 0, 0, G_OPTION_ARG_NONE, &want.config,
	 "search the options in which the configs GOOD and BAD (arguments) differ", NULL},
	{"kernel", 'k', 0, G_OPTION_ARG_STRING, &want.kernel,
	 "source for --series and --config (default " DEFAULT_KERNEL ")", "SOURCE"},
	{"fix", 0, 0, G_OPTION_ARG_NONE, &want.fix,
	 "search for the first change without the bug; --bad is then the old end", NULL},
	OPTION_SCENARIO(&want.scenario),
	OPTION_MACHINE(&want.machine),
	OPTION_SIGNATURE(&want.signature),
	OPTION_KIND(&want.kind),
	{"edge", 0, 0, G_OPTION_ARG_STRING, &want.edge,
	 "instead of --signature: a lock order, as `rig locks` prints it", "'A --> B'"},
	{"confidence", 'c', 0, G_OPTION_ARG_DOUBLE, &want.confidence,
	 "confidence at which the search ends, in percent (default 99)", "P"},
	OPTION_PATCH(&want.patches),
	OPTION_FRAGMENT(&want.fragments),
	{"fixup", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &want.fixups,
	 "apply FILE to commits that contain FROM but not UNTIL (repeatable)", "FROM..UNTIL=FILE"},
	OPTION_NO_LOCKDEP(&want.no_lockdep),
	OPTION_DURATION(&want.duration),
	OPTION_PATIENCE(&want.patience),
	OPTION_JOBS(&want.jobs),
	SEARCH_OPTIONS(want.search, "stop after N boots, minutes or hours", "N|Nm|Nh"),
	{NULL}};

/* ---- command line ---- */

static gboolean check_words(int argc, GError **error)
{
	int ways = (want.good || want.bad) + (want.series != NULL) + want.config;

	if (ways != 1 || (!want.good != !want.bad) || argc != (want.config ? 3 : 1))
		return rig_fail(error, RIG_EXIT_USAGE,
				"bisect takes --good REV --bad REV, or --series DIR|MBOX, or "
				"--config GOOD BAD; `rig bisect --help` has examples");
	if (!want.scenario)
		return rig_fail(error, RIG_EXIT_USAGE,
				"bisect needs --scenario; `rig scenario list` shows the scenarios");
	if ((want.signature != NULL) + (want.kind != NULL) + (want.edge != NULL) > 1)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--signature, --kind and --edge exclude each other: use one");
	if (want.edge && want.no_lockdep)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--edge needs kernels with lockdep: leave out --no-lockdep");
	if (want.edge && !(want.signature = lock_edge_key(want.edge)))
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"'%s' is not a lock order (for example 'cpu_hotplug_lock --> slab_mutex')",
			want.edge);
	return cmd_check_confidence(want.confidence, error);
}

static const char *check(int argc, char **argv, GError **error)
{
	(void)argv;
	return check_words(argc, error) ? want.scenario : NULL;
}

static gboolean make_options(struct search_options *o, GError **error)
{
	rig_auto(scenario) scenario = scenario_load(want.scenario, error);
	const struct machine *machine =
		scenario ? scenario_machine(scenario, want.machine, error) : NULL;

	*o = (struct search_options){
		.scenario = want.scenario,
		.signature = want.signature,
		.kind = want.kind,
		.fix = want.fix,
		.confidence = want.confidence / 100,
		.duration_s = want.duration,
		.patience_s = want.patience,
		.jobs = want.jobs,
		.patches = want.patches,
		.fragments = want.fragments,
		.no_lockdep = want.no_lockdep,
		.extra = want.search.extra,
	};
	if (!machine ||
	    !scenario_check_one_kernel(scenario, (const char *const *)o->extra, "rig bisect",
				       error) ||
	    !search_guests(&want.search, SEARCH_GUESTS_MAX, &o->guests, error) ||
	    !search_budget(want.search.budget, &o->budget_boots, &o->budget_s, error))
		return FALSE;
	if (!want.search.results)
		want.search.results = run_default_results();
	o->results = want.search.results;
	o->rig = g_getenv("RIG_PROGRAM");
	o->need = (struct pack_room){
		.quarters = PACK_QUARTERS * scenario->cpus,
		.memory = MAX(scenario->max_memory, machine->min_memory) + PLACE_RUN_MEMORY,
	};
	o->machine = machine->name;
	o->arch = machine->arch;
	return TRUE;
}

static struct span *make_range(char **argv, const char *dir, GError **error)
{
	const char *base = want.kernel ? want.kernel : DEFAULT_KERNEL;
	g_autofree char *fixups = rig_home_path("scenarios/kconfig/fixups");
	const char *old = want.fix ? want.bad : want.good, *new = want.fix ? want.good : want.bad;
	rig_auto(span) span = NULL;

	if (want.series)
		span = span_series(want.series, base, dir, error);
	else if (want.config)
		span = span_config(argv[want.fix ? 2 : 1], argv[want.fix ? 1 : 2], base, dir,
				   error);
	else
		span = span_git(want.repo ? want.repo : ".", old, new,
				(const char *const *)want.paths, error);
	if (span)
		span->fixups = fixups_load(fixups, want.fixups, error);
	return span && span->fixups ? g_steal_pointer(&span) : NULL;
}

/* ---- printing the progress ---- */

static void show_status(const struct search *search, const char *text, void *data)
{
	(void)search;
	(void)data;
	term_status(text);
}

static void show_run(const struct search *search, const struct evidence *e, void *data)
{
	const struct posterior *p = search->posterior;
	g_autofree char *name = span_name(search->span, e->position);
	g_autofree char *took = rig_duration_text((gint64)(e->wall_s * RIG_NS_PER_S));
	g_autofree char *best = span_name(search->span, posterior_best(p));
	g_autofree char *why = e->outcome >= OUTCOME_OTHER && e->why ? text_clean(e->why) : NULL;
	const char *colour = term_colour(e->outcome == OUTCOME_CAUGHT  ? TERM_RED
					 : e->outcome == OUTCOME_CLEAN ? TERM_GREEN
								       : TERM_YELLOW);

	(void)data;
	term_status(NULL);
	printf("%3u  %s%-8s%s  %s  %s%s%s\n", search->evidence->len, colour,
	       outcome_name(e->outcome), term_colour(TERM_PLAIN), name, took, why ? "  " : "",
	       why ? why : "");
	if (!search->target.key || !posterior_rate_known(p))
		printf("     %s%s%s\n", term_colour(TERM_DIM),
		       search->target.key
			       ? "runs the bad end until the detection rate is known"
			       : "runs the bad end, then the good end, to choose a signature",
		       term_colour(TERM_PLAIN));
	else
		printf("     %s%.1f %%: %s; caught in %.0f %% of runs; about %.0f boots left%s\n",
		       term_colour(TERM_DIM), 100 * posterior_answer(p, search->skipped, NULL),
		       best, 100 * posterior_rate(p, NULL, NULL), search_boots_left(search),
		       term_colour(TERM_PLAIN));
	fflush(stdout);
}

/* ---- the command itself ---- */

static int conclude(const struct search *search, enum search_end end)
{
	static const int codes[] = {
		[SEARCH_FOUND] = RIG_EXIT_PASS,
		[SEARCH_GOOD_IS_BAD] = RIG_EXIT_FAIL,
		[SEARCH_OUT_OF_BUDGET] = RIG_EXIT_FAIL,
		[SEARCH_STOPPED] = RIG_EXIT_INFRA,
	};
	g_autoptr(GError) error = NULL;
	json_t *result = result_json(search, end);
	g_autofree char *text = result_text(result);

	if (!result_write(search, end, &error))
		return rig_report_error(error);
	if (want.search.json) {
		cmd_print_json(result);
		return codes[end];
	}
	json_decref(result);
	printf("%s%s%s%s", want.search.quiet ? "" : "\n", text, "folder        ", search->dir);
	printf("\n%s%s", end >= SEARCH_OUT_OF_BUDGET ? "continue      rig bisect --resume " : "",
	       end >= SEARCH_OUT_OF_BUDGET ? search->dir : "");
	printf("%s", end >= SEARCH_OUT_OF_BUDGET ? "\n" : "");
	return codes[end];
}

static int search_for(const struct search_options *o, char **argv, const char *dir, json_t *words,
		      json_t *state)
{
	g_autoptr(GError) error = NULL;
	rig_auto(search) search = NULL;
	struct span *span;
	enum search_end end;

	/* a new search creates its folder later, so that a usage error leaves none behind */
	if (state && !search_folder_lock(dir, &error))
		return rig_report_error(error);
	span = make_range(argv, dir, &error);
	if (!span && !state)
		sweep_remove(dir, NULL);
	if (span && !state && !search_folder_lock(dir, &error))
		return rig_report_error(error);
	search = span ? search_new(o, span, dir, &error) : NULL;
	if (!search)
		return rig_report_error(error);
	json_array_extend(search->words, words);
	if (state && !search_restore(search, state, &error))
		return rig_report_error(error);
	if (!want.search.json && !want.search.quiet) {
		search->on_evidence = show_run;
		search->on_status = show_status;
		printf("search   %u change%s, %s on %s, %u guest%s at a time\nfolder   %s\n",
		       search->span->n, text_s(search->span->n), o->scenario, o->machine,
		       o->guests, text_s(o->guests), dir);
		fflush(stdout);
	}
	if (!search_run(search, &end, &error)) {
		term_status(NULL);
		return rig_report_error(error);
	}
	term_status(NULL);
	return conclude(search, end);
}

static int go(char **argv, const char *dir, json_t *words, json_t *state)
{
	g_autofree char *record = g_build_filename(dir, "place", NULL);
	g_autoptr(GError) error = NULL;
	struct search_options o = {0};
	struct place_options here;
	int code;

	if (!make_options(&o, &error))
		return rig_report_error(error);
	here = (struct place_options){.results = o.results, .rig = o.rig};
	if (!where_place(&here, record, &o.place, &error))
		return rig_report_error(error);
	code = search_for(&o, argv, dir, words, state);
	place_free(o.place);
	return code;
}

int cmd_bisect(int argc, char **argv)
{
	g_autofree GOptionEntry *all = where_options(options);
	const struct search_command command = {
		.name = "bisect",
		.parameters = "[GOOD BAD | SEARCH] [-- OPTION…]",
		.summary = summary,
		.examples = examples,
		.options = all,
		.state = "search.json",
		.state_max = 256u << 20,
		.want = &want,
		.want_size = sizeof(want),
		.words = &want.search,
		.takes_extra = TRUE,
		.check = check,
		.go = go,
	};

	return search_command(&command, argc, argv);
}
