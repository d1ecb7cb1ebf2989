// SPDX-License-Identifier: GPL-2.0-only
/* rig replay: repeats a run with the same inputs and compares the outcomes. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/again.h"
#include "cmd/findings.h"
#include "cmd/options.h"
#include "cmd/request.h"
#include "util/error.h"

static const char summary[] =
	"Repeats a run with the inputs in its folder: scenario, kernel, patches, machine, seed, "
	"and the timeline of\n"
	"the operations it executed. Reports whether the verdict or the kernel reports differ.";

static const char examples[] =
	"  rig replay last\n"
	"  rig replay 20261121T061500Z-dimm-storm-pc-q35-6.1.192-s7\n\n"
	"Exit codes: 0 same outcome, 1 another outcome, 2 usage, 3 infrastructure, 77 skip.\n";

static const char *text(json_t *inputs, const char *key)
{
	return json_string_value(json_object_get(inputs, key));
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns the signatures of a run's reports, sorted, one per line. */
static char *signatures(const struct run_info *info)
{
	g_autoptr(GPtrArray) bugs = g_ptr_array_new();
	json_t *reports = json_object_get(info->details, "reports"), *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		const char *bug = text(json_object_get(report, "signature"), "bug");

		if (bug)
			g_ptr_array_add(bugs, (gpointer)bug);
	}
	g_ptr_array_sort(bugs, by_text);
	g_ptr_array_add(bugs, NULL);
	return g_strjoinv("\n", (char **)bugs->pdata);
}

static int compare(const struct run_info *before, const struct run_info *now, gboolean json)
{
	g_autofree char *had = signatures(before), *has = signatures(now);
	gboolean same = before->verdict == now->verdict && !strcmp(had, has);

	if (json) {
		cmd_print_json(json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:s}", "same", same, "run",
					 before->name, "verdict", verdict_name(before->verdict),
					 "replay", now->name, "replay_verdict",
					 verdict_name(now->verdict), "signatures", had,
					 "replay_signatures", has));
	} else {
		printf("replay   %s: %s before, %s now%s\n",
		       same ? "the same outcome" : "another outcome", verdict_name(before->verdict),
		       verdict_name(now->verdict), strcmp(had, has) ? ", with other reports" : "");
	}
	return same ? RIG_EXIT_PASS : RIG_EXIT_FAIL;
}

int cmd_replay(int argc, char **argv)
{
	rig_auto(again) again = again_new();
	gboolean json = FALSE, quiet = FALSE;
	g_autofree char *results = NULL;
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) before = NULL;
	rig_auto(run_info) now = NULL;
	const char *was, *is;
	int code;
	const GOptionEntry entries[] = {
		OPTION_RESULTS(&results),
		{"qemu", 0, 0, G_OPTION_ARG_FILENAME, &again->want.emulator,
		 "another QEMU than that of the run: a program, or a suite of `rig qemu get`",
		 "NAME"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print the comparison as JSON", NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "print only the comparison", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "[RUN]", summary, examples, &error))
		return rig_report_error(error);
	if (!results)
		results = run_default_results();
	before = run_open(results, argc > 1 ? argv[1] : "last", &error);
	if (!before || !again_read(again, before, &error))
		return rig_report_error(error);
	again->want.results = results;
	quiet |= json;
	if (!request_run(&again->want, quiet ? SHOW_NOTHING : SHOW_ALL, &now, &error)) {
		code = rig_report_error(error);
	} else {
		if (!quiet)
			findings_print(now, FALSE);
		was = text(json_object_get(before->inputs, "kernel"), "hash");
		is = text(json_object_get(now->inputs, "kernel"), "hash");
		if (g_strcmp0(was, is))
			fprintf(stderr,
				"rig: the kernel differs from the original run's: its source, "
				"compiler or "
				"the rig's config has changed\n");
		code = compare(before, now, json);
	}
	return code;
}
