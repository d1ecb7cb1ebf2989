// SPDX-License-Identifier: GPL-2.0-only
/* rig index: updates or rebuilds the SQLite index of the run folders. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/locks.h"
#include "cmd/options.h"
#include "index/index.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/term.h"

static const char summary[] =
	"Manages the database of the run folders, results/.index/runs.sqlite. "
	"Every query first updates it; it\n"
	"contains only data from the folders.\n\n"
	"  status     print the number of runs, findings and nights\n"
	"  rebuild    recreate it from all folders";

static const char examples[] = "  rig index status\n"
			       "  rig index rebuild --results /srv/rig-results\n";

static void show_progress(guint done, guint total, void *data)
{
	g_autofree char *line =
		g_strdup_printf("index: read %u of the %u folders to read", done, total);

	(void)data;
	term_status(line);
}

static void print_status(struct run_index *ix, const char *results, gboolean json, gint64 began_ns)
{
	const struct index_filter any = {0};
	g_autoptr(GPtrArray) machines = index_groups(ix, &any, BY_MACHINE, NULL);
	g_autoptr(GPtrArray) nights = index_groups(ix, &any, BY_NIGHT, NULL);
	g_autoptr(GPtrArray) signatures = index_signatures(ix, &any, NULL);
	guint runs = 0;
	double took = (rig_now_ns() - began_ns) / 1e9;

	for (guint i = 0; machines && i < machines->len; i++)
		runs += ((struct index_group *)machines->pdata[i])->runs;
	if (json)
		cmd_print_json(json_pack("{s:s, s:i, s:i, s:i, s:i, s:f}", "results", results,
					 "version", INDEX_VERSION, "runs", runs, "signatures",
					 signatures ? signatures->len : 0, "nights",
					 nights ? nights->len : 0, "seconds", took));
	else
		printf("%s: runs: %u, signatures: %u, nights: %u (%.2f s)\n", results, runs,
		       signatures ? signatures->len : 0, nights ? nights->len : 0, took);
}

int cmd_index(int argc, char **argv)
{
	g_autofree char *folder = NULL, *results = NULL;
	rig_auto(run_index) ix = NULL;
	rig_auto(lock_db) graph = NULL;
	g_autoptr(GError) error = NULL;
	gboolean json = FALSE, rebuild;
	gint64 began_ns = rig_now_ns();
	const GOptionEntry entries[] = {
		OPTION_RESULTS(&folder),
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print one object", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "status|rebuild", summary, examples, &error))
		return rig_report_error(error);
	rebuild = argc == 2 && !g_strcmp0(argv[1], "rebuild");
	if (argc != 2 || (!rebuild && g_strcmp0(argv[1], "status"))) {
		fputs("rig: index takes one argument: status or rebuild\n", stderr);
		return RIG_EXIT_USAGE;
	}
	results = folder ? g_strdup(folder) : run_default_results();
	if (folder && !g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		fprintf(stderr, "rig: there is no folder '%s'; --results takes a folder of runs\n",
			folder);
		return RIG_EXIT_USAGE;
	}
	ix = (rebuild ? index_rebuild : index_open)(results, json ? NULL : show_progress, NULL,
						    &error);
	if (!ix)
		return rig_report_error(error);
	if (!json)
		term_status(NULL);
	/* also rebuild the lock graph, which is made from the same folders */
	graph = rebuild ? locks_graph(results, TRUE, &error) : NULL;
	if (error)
		return rig_report_error(error);
	print_status(ix, results, json, began_ns);
	return RIG_EXIT_PASS;
}
