// SPDX-License-Identifier: GPL-2.0-only
/* rig recheck: parses the console of an old run with the current parser. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/findings.h"
#include "cmd/options.h"
#include "index/index.h"
#include "util/error.h"

static const char summary[] =
	"Parses a run's console again with the current rig, without a guest. Rewrites splats/, "
	"and the verdict if the\n"
	"reports differ. Reasons for the verdict that are not reports stay.";

static const char examples[] =
	"  rig recheck last\n"
	"  rig recheck 20261121T061500Z-dimm-storm-pc-q35-6.1.192-s7\n\n"
	"Exit codes: those of the verdict (0 pass or known issue, 1 fail or hang, "
	"3 infrastructure or lost, "
	"77 skip); 2 usage.\n";

static void print_outcome(const struct run_info *before, const struct run_info *now,
			  gboolean changed)
{
	if (!changed)
		printf("%s: nothing differs, %s\n", now->name, verdict_name(now->verdict));
	else if (before->verdict == now->verdict)
		printf("%s: the reports have changed; the verdict %s has not\n", now->name,
		       verdict_name(now->verdict));
	else
		printf("%s: was %s, is %s\n", now->name, verdict_name(before->verdict),
		       verdict_name(now->verdict));
}

int cmd_recheck(int argc, char **argv)
{
	g_autofree char *folder = NULL, *results = NULL;
	gboolean json = FALSE, changed = FALSE;
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) before = NULL;
	rig_auto(run_info) now = NULL;
	const GOptionEntry entries[] = {
		OPTION_RESULTS(&folder),
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print one object", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "RUN", summary, examples, &error))
		return rig_report_error(error);
	if (argc != 2) {
		fputs("rig: recheck takes one run; `rig list` lists the runs\n", stderr);
		return RIG_EXIT_USAGE;
	}
	results = folder ? g_strdup(folder) : run_default_results();
	before = run_open(results, argv[1], &error);
	if (!before || !run_recheck(before->dir, &changed, &error))
		return rig_report_error(error);
	if (changed && !index_refresh_run(before->dir, &error))
		return rig_report_error(error);
	now = run_open(results, before->dir, &error);
	if (!now)
		return rig_report_error(error);
	if (json)
		cmd_print_json(json_pack("{s:s, s:b, s:s, s:s}", "run", now->name, "changed",
					 changed, "before", verdict_name(before->verdict),
					 "verdict", verdict_name(now->verdict)));
	else
		print_outcome(before, now, changed);
	if (!json && changed)
		findings_print(now, FALSE);
	return verdict_exit_code(now->verdict);
}
