// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig probe: tests one commit for a plain `git bisect run`. Its exit codes are those that git
 * defines: 0 good, 1 bad, 125 cannot be tested; 128 and above end the bisection, for usage errors
 * and faults of the host.
 */
#include "cmd/cmd.h"

#include <math.h>
#include <stdio.h>

#include "bisect/evidence.h"
#include "bisect/span.h"
#include "child/child.h"
#include "cmd/options.h"
#include "kernel/kernel.h"
#include "machine/machine.h"
#include "scenario/scenario.h"
#include "util/error.h"

enum { PROBE_GOOD = 0, PROBE_BAD = 1, PROBE_SKIP = 125, PROBE_END = PROBE_CODES_FROM };

#define RUNS_MAX 10000

static const char summary[] =
	"Builds the commit that is checked out, runs a scenario on it until the bug appears, or "
	"--runs runs\n"
	"were clean, and reports the result to `git bisect run` by its exit code.\n"
	"`rig bisect` needs fewer runs.";

static const char examples[] =
	"  git bisect start BAD GOOD\n"
	"  git bisect run rig probe --scenario dimm-remove-vs-sysfs --kind lockdep-circular\n"
	"  git bisect run rig probe --scenario dimm-storm --signature 'v1:…' --rate 25\n"
	"      a bug that shows in a quarter of the runs: after 17 runs without it, a commit is "
	"good\n\n"
	"Exit codes: 0 good, 1 bad, 125 cannot be built or booted, 130 usage, "
	"131 infrastructure.\n";

static struct {
	char *scenario, *machine, *kernel, *signature, *kind, *results;
	char **patches, **fragments;
	double rate, confidence;
	int runs, duration, patience, jobs;
	gboolean no_lockdep, quiet;
} want = {.rate = NAN, .confidence = 99};

static const GOptionEntry options[] = {
	OPTION_SCENARIO(&want.scenario),
	OPTION_MACHINE(&want.machine),
	{"kernel", 'k', 0, G_OPTION_ARG_STRING, &want.kernel, "source (git:.@HEAD)", "SOURCE"},
	OPTION_SIGNATURE(&want.signature),
	OPTION_KIND(&want.kind),
	{"runs", 'n', 0, G_OPTION_ARG_INT, &want.runs,
	 "number of runs without the bug after which the commit is good (default 1)", "N"},
	{"rate", 0, 0, G_OPTION_ARG_DOUBLE, &want.rate,
	 "instead of --runs: as many as needed if P percent of the runs show the bug", "P"},
	{"confidence", 'c', 0, G_OPTION_ARG_DOUBLE, &want.confidence,
	 "with --rate: confidence in percent (default 99)", "P"},
	OPTION_PATCH(&want.patches),
	OPTION_FRAGMENT(&want.fragments),
	OPTION_NO_LOCKDEP(&want.no_lockdep),
	OPTION_DURATION(&want.duration),
	OPTION_PATIENCE(&want.patience),
	OPTION_JOBS(&want.jobs),
	OPTION_RESULTS(&want.results),
	OPTION_QUIET(&want.quiet),
	{NULL}};

static const char *kernel_wanted(void)
{
	return want.kernel ? want.kernel : "git:.@HEAD";
}

static gboolean check_files(char **files, GError **error)
{
	for (; files && *files; files++)
		if (!g_file_test(*files, G_FILE_TEST_IS_REGULAR))
			return rig_fail(error, RIG_EXIT_USAGE,
					"the patch or fragment '%s' does not exist",
					*files);
	return TRUE;
}

/*
 * Checks the arguments. An error that affects every commit must not be reported as "cannot be
 * tested", because git would skip one commit after the other.
 */
static gboolean check_words(int argc, GError **error)
{
	rig_auto(scenario) scenario = NULL;

	if (argc > 1 || !want.scenario || !want.signature == !want.kind || want.runs > RUNS_MAX)
		return rig_fail(error, RIG_EXIT_USAGE,
				"probe takes --scenario, and --signature or --kind; "
				"`rig probe --help` has examples");
	if (!isnan(want.rate) && !(want.rate > 0 && want.rate < 100))
		return rig_fail(error, RIG_EXIT_USAGE,
				"--rate %g is out of range (more than 0, less than 100)",
				want.rate);
	scenario = cmd_check_confidence(want.confidence, error)
			   ? scenario_load(want.scenario, error)
			   : NULL;
	if (!scenario || !scenario_machine(scenario, want.machine, error) ||
	    !scenario_check_one_kernel(scenario, NULL, "rig probe", error) ||
	    !check_files(want.patches, error) || !check_files(want.fragments, error))
		return FALSE;
	if (!kernel_is_source(kernel_wanted()))
		return g_file_test(kernel_wanted(), G_FILE_TEST_EXISTS) ||
		       rig_fail(error, RIG_EXIT_USAGE,
				"kernel '%s' does not exist; give a source (`rig kernel build "
				"--help`) or an image",
				kernel_wanted());
	return kernel_check_source(kernel_wanted(), error) &&
	       (!g_str_has_prefix(kernel_wanted(), "git:") ||
		span_check_git(kernel_wanted(), error));
}

/*
 * Returns after how many runs without the bug a commit counts as good: the value of --runs; or with
 * --rate so many that the probability that all of them miss the bug is at most 1 - confidence;
 * otherwise 1.
 */
static guint runs_wanted(void)
{
	if (want.runs || isnan(want.rate))
		return want.runs ? (guint)want.runs : 1;
	return (guint)CLAMP(ceil(log1p(-want.confidence / 100) / log1p(-want.rate / 100)), 1,
			    RUNS_MAX);
}

struct probe {
	GMainLoop *loop;
	struct evidence *evidence;
	int exit_code;
	char *problem;
};

static void on_ran(struct child *child, const struct child_result *result, void *data)
{
	struct probe *probe = data;

	(void)child;
	evidence_read(probe->evidence, result->answer);
	probe->exit_code = result->exit_code;
	probe->problem = g_strdup(result->problem);
	/* a timeout is a fault of the host, so the verdict that the child printed does not count */
	if (result->end == CHILD_TIMED_OUT && result->verdict == VERDICT_INFRA)
		g_clear_pointer(&probe->evidence->verdict, g_free);
	g_main_loop_quit(probe->loop);
}

/* Returns the exit code for the outcome of a run. *ret_again is TRUE if another run is needed. */
static int judge(const struct probe *probe, const struct target *target, gboolean *ret_again)
{
	struct evidence *e = probe->evidence;

	*ret_again = FALSE;
	if (!e->verdict) {
		g_autoptr(GError) error = NULL;

		rig_fail(&error, RIG_EXIT_INFRA, "%s",
			 probe->problem ? probe->problem : "the run ended without a result");
		rig_report_error(error);
		/*
		 * these exit codes mean that the kernel cannot be built, or lacks something that
		 * the scenario needs
		 */
		return probe->exit_code == RIG_EXIT_USAGE || probe->exit_code == RIG_EXIT_SKIP
			       ? PROBE_SKIP
			       : PROBE_END + RIG_EXIT_INFRA;
	}
	e->outcome = OUTCOME_OTHER;
	evidence_judge(e, target);
	if (!want.quiet)
		printf("probe    %s, %s: %s\n", e->verdict, outcome_name(e->outcome), e->run);
	switch (e->outcome) {
	case OUTCOME_CAUGHT:
		return PROBE_BAD;
	case OUTCOME_CLEAN:
	case OUTCOME_OTHER:
		*ret_again = TRUE;
		return e->outcome == OUTCOME_CLEAN ? PROBE_GOOD : PROBE_SKIP;
	default:
		return PROBE_SKIP;
	}
}

static int run_once(const struct target *target, gboolean *ret_again)
{
	const char *extra[] = {"--until", target->key, want.no_lockdep ? "--no-lockdep" : NULL,
			       NULL};
	struct child_spec spec = {
		.scenario = want.scenario,
		.machine = want.machine,
		.patches = (const char *const *)want.patches,
		.kernel = kernel_wanted(),
		.duration_s = want.duration,
		.fragments = (const char *const *)want.fragments,
		.patience_s = want.patience,
		.jobs = want.jobs,
		.results = want.results,
		.extra = extra,
		/* the run also builds the kernel */
		.limit_s = CHILD_BUILD_LIMIT_S + CHILD_RUN_LIMIT_S + want.duration,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	rig_auto(evidence) evidence = evidence_new(0);
	struct probe probe = {.loop = loop, .evidence = evidence};
	rig_auto(child) child = child_run(&spec, on_ran, &probe, &error);
	int code;

	*ret_again = FALSE;
	if (!child)
		return PROBE_END + rig_report_error(error);
	g_main_loop_run(loop);
	code = judge(&probe, target, ret_again);
	g_free(probe.problem);
	return code;
}

int cmd_probe(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	guint silent = 0, others = 0;
	struct target target;
	gboolean again = TRUE;
	int code = PROBE_SKIP;

	if (!cmd_parse(&argc, &argv, options, "", summary, examples, &error))
		return PROBE_END + rig_report_error(error);
	if (!check_words(argc, &error))
		return PROBE_END + rig_report_error(error);
	target = (struct target){want.signature ? want.signature : want.kind, !want.signature};
	/* a run that another failure ended gives no information, so it is repeated a few times */
	while (again && silent < runs_wanted() && others < 4) {
		code = run_once(&target, &again);
		silent += again && code == PROBE_GOOD;
		others += again && code == PROBE_SKIP;
	}
	return again && silent ? PROBE_GOOD : code;
}
