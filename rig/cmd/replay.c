// SPDX-License-Identifier: GPL-2.0-only
/* rig replay: repeats a run with the same inputs and compares the outcomes. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

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

/* The copies in the run folder, numbered from 01: the originals may have changed. */
static char **copies(const struct run_info *info, const char *folder, json_t *originals)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new();

	for (size_t i = 0; i < json_array_size(originals); i++)
		g_ptr_array_add(files, g_strdup_printf("%s/%s/%02zu", info->dir, folder, i + 1));
	g_ptr_array_add(files, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&files), FALSE);
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The holds of the command line; the scenario's own are in its copy. */
static char **holds(json_t *inputs)
{
	json_t *array = json_object_get(inputs, "hold"), *hold;
	GPtrArray *texts = g_ptr_array_new();
	size_t i;

	json_array_foreach (array, i, hold)
		if (json_is_string(hold))
			g_ptr_array_add(texts, g_strdup(json_string_value(hold)));
	g_ptr_array_add(texts, NULL);
	return (char **)g_ptr_array_free(texts, FALSE);
}

/* The signatures of a run's reports, sorted, one per line. */
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

/* Reads the request from run.json. Its contents are not trusted. */
static gboolean words(const struct run_info *before, struct run_request *want, char **ret_seed,
		      GError **error)
{
	json_t *in = before->inputs, *kernel = json_object_get(in, "kernel");

	if (!text(in, "machine") || !text(kernel, "asked") ||
	    !json_is_integer(json_object_get(in, "seed")))
		return rig_fail(error, RIG_EXIT_USAGE, "run.json of run '%s' has no valid inputs",
				before->name);
	want->machine = text(in, "machine");
	want->kernel = text(kernel, "asked");
	want->patches = copies(before, "patches", json_object_get(kernel, "patches"));
	want->fragments = copies(before, "fragments", json_object_get(kernel, "fragments"));
	want->seed = *ret_seed = g_strdup_printf("%" JSON_INTEGER_FORMAT,
						 json_integer_value(json_object_get(in, "seed")));
	want->accel = text(in, "accel");
	want->launcher = text(in, "launcher");
	want->uri = text(in, "uri");
	want->firmware = text(in, "firmware");
	want->mmu = text(in, "mmu");
	want->duration_s = json_integer_value(json_object_get(in, "duration_s"));
	want->patience_s = json_integer_value(json_object_get(in, "patience_s"));
	want->keep_going = json_is_true(json_object_get(in, "keep_going"));
	want->no_lockdep = json_is_true(json_object_get(in, "no_lockdep"));
	want->holds = json_object_get(in, "hold") ? holds(in) : NULL;
	want->visits = text(in, "visits");
	want->record_locks = json_is_true(json_object_get(in, "record_locks"));
	want->sweep = text(in, "sweep");
	if (!want->emulator)
		want->emulator = text(in, "qemu");
	want->without = text(in, "without");
	want->until = text(in, "until");
	want->scenario_name = text(in, "scenario");
	want->replays = json_string(before->name);
	return TRUE;
}

int cmd_replay(int argc, char **argv)
{
	struct run_request want = {0};
	gboolean json = FALSE, quiet = FALSE;
	g_autofree char *results = NULL, *scenario = NULL, *seed = NULL,
		       *timeline = NULL;
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) before = NULL;
	rig_auto(run_info) now = NULL;
	const char *was, *is;
	int code;
	const GOptionEntry entries[] = {
		OPTION_RESULTS(&results),
		{"qemu", 0, 0, G_OPTION_ARG_FILENAME, &want.emulator,
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
	if (!before || !words(before, &want, &seed, &error))
		return rig_report_error(error);
	want.scenario = scenario = g_build_filename(before->dir, "scenario.yaml", NULL);
	timeline = g_build_filename(before->dir, "timeline.json", NULL);
	if (g_file_test(timeline, G_FILE_TEST_EXISTS)) /* runs of earlier versions have none */
		want.timeline = timeline;
	want.results = results;
	quiet |= json;
	if (!request_run(&want, quiet, &now, &error)) {
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
	g_strfreev(want.patches);
	g_strfreev(want.fragments);
	g_strfreev(want.holds);
	json_decref(want.replays);
	return code;
}
