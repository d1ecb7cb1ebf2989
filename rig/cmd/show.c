// SPDX-License-Identifier: GPL-2.0-only
/* rig show: prints the result of a run. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/findings.h"
#include "cmd/options.h"
#include "util/error.h"

static const char summary[] =
	"Shows the result of a run: verdict and reasons, each report with its lock cycle and "
	"lines, the operations of\n"
	"the agents and the host, the run folder and how to replay the run. RUN is a run's name, "
	"an unambiguous part\n"
	"of it, a folder, or `last` (the default).";

static const char examples[] =
	"  rig show\n"
	"  rig show --brief 20261121T0615\n"
	"  rig show --json last | jq -r '.details.reports[].title'\n"
	"  rig show /tmp/results-from-ci/20261121T061500Z-dimm-storm-pc-q35-6.1.192-s7\n\n"
	"Exit codes: 0 shown (whatever the verdict), 2 no such run.\n";

int cmd_show(int argc, char **argv)
{
	g_autofree char *folder = NULL;
	gboolean json = FALSE, brief = FALSE;
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) run = NULL;
	const GOptionEntry entries[] = {
		{"brief", 'b', 0, G_OPTION_ARG_NONE, &brief,
		 "print only the first lines of each report", NULL},
		OPTION_RESULTS(&folder),
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print everything as one object", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "[RUN]", summary, examples, &error))
		return rig_report_error(error);
	run = cmd_open_run(argc, argv, folder, &error);
	if (!run)
		return rig_report_error(error);
	findings_add_progress(run);
	if (json)
		cmd_print_json(findings_json(run));
	else
		findings_print(run, !brief);
	return RIG_EXIT_PASS;
}
