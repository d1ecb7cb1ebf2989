// SPDX-License-Identifier: GPL-2.0-only
/* rig task: the command that a Slurm job array starts on a node. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <unistd.h>

#include "slurm/task.h"
#include "util/error.h"

static const char summary[] =
	"Runs one task of a job array, which `rig nightly --on slurm` and others have submitted: "
	"the task that\n"
	"$SLURM_ARRAY_TASK_ID names. The result is returned into the folder RECORD, whole or not "
	"at all.\n"
	"With --send, prints the results that are in RECORD as one archive, for a host that does "
	"not share it.";

static const char examples[] =
	"  SLURM_ARRAY_TASK_ID=3 rig task results/nights/ID/place b1\n"
	"  rig task --send ~/.cache/hotplug-rig/fleet/record/NAME b1.2.0 >archive\n"
	"      b1.2.0 has arrived, and is deleted\n\n"
	"Exit codes: 0 the result was returned (of a build: and it is a kernel), 1 a build failed, "
	"2 usage,\n3 nothing was returned.\n";

static guint number_in(const char *variable)
{
	const char *text = g_getenv(variable);

	return text ? MIN(g_ascii_strtoull(text, NULL, 10), G_MAXINT) : 0;
}

int cmd_task(int argc, char **argv)
{
	gboolean send = FALSE, kernel = FALSE;
	const GOptionEntry options[] = {
		{"kernel", 0, 0, G_OPTION_ARG_NONE, &kernel, "also return the kernel of a build",
		 NULL},
		{"send", 0, 0, G_OPTION_ARG_NONE, &send, "print the results in RECORD", NULL},
		{NULL}};
	g_autoptr(GError) error = NULL;
	gboolean passed;

	if (!cmd_parse(&argc, &argv, options,
		       "[--kernel] RECORD ARRAY | --send RECORD [RESULT…]", summary, examples,
		       &error))
		return rig_report_error(error);
	if (send && argc >= 2 && isatty(STDOUT_FILENO)) {
		fputs("rig: task --send prints an archive, not text: redirect it to a file\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	if (send && argc >= 2)
		return task_send(argv[1], argv + 2, STDOUT_FILENO, &error)
			       ? RIG_EXIT_PASS
			       : rig_report_error(error);
	if (argc != 3 || send) {
		fputs("rig: task takes the folder of a night's record and the name of a job array; "
		      "with --send only the folder; `rig nightly --on slurm` makes both\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	if (!task_run(argv[1], argv[2], number_in("SLURM_ARRAY_TASK_ID"),
		      number_in("SLURM_RESTART_COUNT"), kernel, &passed, &error))
		return rig_report_error(error);
	/* Slurm starts the jobs that wait for a build only if its exit code is 0 */
	return passed ? RIG_EXIT_PASS : RIG_EXIT_FAIL;
}
