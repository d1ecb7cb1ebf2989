// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig demo: runs a scenario twice. The run on the unpatched kernel must pass; the run on a kernel
 * with the deadlock of zoo entry z03 must report the deadlock.
 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/findings.h"
#include "cmd/options.h"
#include "cmd/request.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/term.h"

#define DEMO_SCENARIO "dimm-remove-vs-sysfs"
#define DEMO_MACHINE "pc-q35"

static const char summary[] =
	"Runs " DEMO_SCENARIO " on " DEMO_MACHINE
	" twice: on linux-source-6.1 as it is, which must pass, and\n"
	"with scenarios/zoo/z03.patch, a reintroduced deadlock, which lockdep must catch.";

static const char examples[] = "  rig demo\n  rig demo --seed 7\n";

static gboolean caught(const struct run_info *info)
{
	json_t *reports = json_object_get(info->details, "reports"), *report;
	size_t i;

	json_array_foreach (reports, i, report)
		if (!g_strcmp0(json_string_value(json_object_get(report, "kind")),
			       "lockdep-circular"))
			return info->verdict == VERDICT_FAIL;
	return FALSE;
}

static void headline(const char *text)
{
	printf("\n%s== %s%s\n", term_colour(TERM_BOLD), text, term_colour(TERM_PLAIN));
	fflush(stdout);
}

static gboolean one(const struct run_request *want, const char *title, struct run_info **ret,
		    GError **error)
{
	headline(title);
	if (!request_run(want, SHOW_ALL, ret, error))
		return FALSE;
	findings_print(*ret, FALSE);
	return TRUE;
}

static void next_steps(void)
{
	g_autofree char *found = g_find_program_in_path("rig");
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *bin = self ? g_path_get_dirname(self) : NULL;

	puts("\nnext:  rig show                                             the deadlock's full "
	     "report\n"
	     "       rig report --html pages                              both runs as HTML: "
	     "open pages/index.html\n"
	     "       rig run " DEMO_SCENARIO
	     " --patch FILE            the same kernel with your patch: under a minute\n"
	     "       rig scenario list; rig zoo list                      all scenarios and zoo "
	     "bugs");
	if (!found && bin)
		printf("first: export PATH=%s:$PATH\n", bin);
}

int cmd_demo(int argc, char **argv)
{
	g_autofree char *z03 = rig_home_path("scenarios/zoo/z03.patch"), *took = NULL;
	char *patches[] = {z03, NULL};
	struct run_request clean = {.scenario = DEMO_SCENARIO, .machine = DEMO_MACHINE}, broken;
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) first = NULL;
	rig_auto(run_info) second = NULL;
	gint64 began = rig_now_ns();
	gboolean good;
	const GOptionEntry entries[] = {
		OPTION_SEED(&clean.seed),
		OPTION_RESULTS(&clean.results),
		OPTION_JOBS(&clean.jobs),
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "", summary, examples, &error))
		return rig_report_error(error);
	broken = clean;
	broken.patches = patches;
	headline("building the kernels");
	if (!request_build(&clean, FALSE, &error) || !request_build(&broken, FALSE, &error) ||
	    !one(&clean, "the kernel as it is: must be clean", &first, &error) ||
	    !one(&broken, "the kernel with z03.patch: the deadlock must be caught", &second,
		 &error))
		return rig_report_error(error);
	good = first->verdict == VERDICT_PASS && caught(second);
	took = rig_duration_text(rig_now_ns() - began);
	printf("\n%s%s%s: the clean kernel %s, the deadlock was %s; total time %s\n",
	       term_colour(good ? TERM_GREEN : TERM_RED), good ? "as expected" : "NOT AS EXPECTED",
	       term_colour(TERM_PLAIN), first->verdict == VERDICT_PASS ? "passed" : "did not pass",
	       caught(second) ? "caught" : "missed", took);
	if (good)
		next_steps();
	return good ? RIG_EXIT_PASS : RIG_EXIT_FAIL;
}
