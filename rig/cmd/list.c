// SPDX-License-Identifier: GPL-2.0-only
/* rig list: prints a table of the runs. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/findings.h"
#include "cmd/options.h"
#include "cmd/table.h"
#include "util/error.h"

static const char summary[] =
	"Lists the runs, the newest last: time, verdict, scenario, machine, kernel, "
	"seed and the title of the\n"
	"first report.";

static const char examples[] =
	"  rig list\n"
	"  rig list --json | jq '.[] | select(.verdict == \"FAIL\").run'\n"
	"  rig list --results /srv/rig-results\n\n"
	"RIG_RESULTS sets the results folder for all commands.\n";

static const char *const heads[] = {"when",   "verdict", "scenario",	 "machine",
				    "kernel", "seed",	 "first report", NULL};

/* Returns a time like "2026-11-21T06:15:00Z" in the form "2026-11-21 06:15:00". */
static char *when_text(const char *created)
{
	char *text = findings_clean(created);

	g_strdelimit(text, "TZ", ' ');
	return g_strchomp(text);
}

/* Returns a summary of the run: the title of its first report, or else its first reason. */
static const char *title_of(const struct run_info *run)
{
	json_t *report = json_array_get(json_object_get(run->details, "reports"), 0);
	const char *title = json_string_value(json_object_get(report, "title"));

	if (!title)
		title = json_string_value(
			json_array_get(json_object_get(run->details, "reasons"), 0));
	return title ? title : run->problem ? run->problem : "";
}

static void add_run(struct cmd_table *table, const struct run_info *run)
{
	json_t *in = run->inputs, *seed = json_object_get(in, "seed");

	cmd_table_add(table, when_text(findings_text(in, "created")), "");
	cmd_table_add(table, g_strdup(verdict_name(run->verdict)), findings_colour(run->verdict));
	cmd_table_add(table, findings_clean(findings_text(in, "scenario")), "");
	cmd_table_add(table, findings_clean(findings_text(in, "machine")), "");
	cmd_table_add(table, findings_clean(findings_text(in, "kernel/name")), "");
	cmd_table_add(table,
		  json_is_integer(seed) ? g_strdup_printf("%" JSON_INTEGER_FORMAT,
							  json_integer_value(seed))
					: g_strdup("?"),
		  "");
	cmd_table_add(table, findings_clean(title_of(run)), "");
}

static void print_table(const GPtrArray *runs)
{
	struct cmd_table table = cmd_table_new(heads);

	for (guint i = 0; i < runs->len; i++)
		add_run(&table, runs->pdata[i]);
	cmd_table_print(&table);
}

static json_t *run_json(const struct run_info *run)
{
	json_t *in = run->inputs;
	json_t *json = json_object();

	json_object_set_new(json, "run", json_string(run->name));
	json_object_set_new(json, "folder", json_string(run->dir));
	json_object_set_new(json, "verdict", json_string(verdict_name(run->verdict)));
	json_object_set_new(json, "created", json_string(findings_text(in, "created")));
	json_object_set_new(json, "scenario", json_string(findings_text(in, "scenario")));
	json_object_set_new(json, "machine", json_string(findings_text(in, "machine")));
	json_object_set_new(json, "kernel", json_string(findings_text(in, "kernel/name")));
	json_object_set(json, "seed", json_object_get(in, "seed"));
	json_object_set_new(json, "title", json_string(title_of(run)));
	return json;
}

int cmd_list(int argc, char **argv)
{
	g_autofree char *folder = NULL, *results = NULL;
	g_autoptr(GPtrArray) runs = NULL;
	g_autoptr(GError) error = NULL;
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		OPTION_RESULTS(&folder),
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print an array", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "", summary, examples, &error))
		return rig_report_error(error);
	if (argc > 1) {
		fputs("rig: list takes only options; `rig list --help` lists them\n", stderr);
		return RIG_EXIT_USAGE;
	}
	results = folder ? g_strdup(folder) : run_default_results();
	runs = run_all(results, &error);
	if (!runs)
		return rig_report_error(error);
	if (json) {
		json_t *array = json_array();

		for (guint i = 0; i < runs->len; i++)
			json_array_append_new(array, run_json(runs->pdata[i]));
		cmd_print_json(array);
	} else if (runs->len) {
		print_table(runs);
	} else {
		printf("no runs in '%s' yet; `rig run dimm-remove-vs-sysfs` creates one\n",
		       results);
	}
	return RIG_EXIT_PASS;
}
