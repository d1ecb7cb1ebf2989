// SPDX-License-Identifier: GPL-2.0-only
/* Prints the functions that "rig race" can make fail, and the results of such a run. */
#include "cmd/race-fail.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/search-folder.h"
#include "scenario/fallible.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/term.h"
#include "util/text.h"

static const char *const ends[] = {
	[RACE_DONE] = "all cells were run",
	[RACE_OUT_OF_BUDGET] = "the budget is spent",
	[RACE_STOPPED] = "stopped",
	[RACE_FAILS_ALONE] = "the scenario fails without a failed call",
};

int race_fail_list(const char *around, gboolean as_json)
{
	json_t *all = json_array();

	for (const struct fallible *row = fallible_functions; row->function; row++) {
		if (!walk_is_wanted(row, around))
			continue;
		if (as_json)
			json_array_append_new(all, json_pack("{s:s, s:s?, s:s, s:s}", "function",
							     row->function, "in", row->in, "errors",
							     row->errors, "file", row->file));
		else
			printf("%s%s%s\n    %-22s %s\n", row->function, row->in ? " in " : "",
			       row->in ? row->in : "", row->errors, row->file);
	}
	if (as_json)
		cmd_print_json(all);
	else
		json_decref(all);
	return RIG_EXIT_PASS;
}

static void show_cell(const struct walk_cell *cell, void *data)
{
	g_autofree char *took = rig_duration_text((gint64)(cell->wall_s * RIG_NS_PER_S));
	g_autofree char *said = cell->said ? text_clean(cell->said) : NULL;
	gboolean bad = cell->result == WALK_VIOLATION;

	(void)data;
	printf("%s%-11s%s  %-7s %s  %s%s%s\n", term_colour(bad ? TERM_RED : TERM_GREEN),
	       walk_result_name(cell->result), term_colour(TERM_PLAIN), cell->verdict, took,
	       *cell->fail ? cell->fail : "(no call fails: calls are counted)", said ? ": " : "",
	       said ? said : "");
	fflush(stdout);
}

static guint count(const GPtrArray *cells, enum walk_result result)
{
	guint n = 0;

	for (guint i = 1; i < cells->len; i++)
		n += ((const struct walk_cell *)cells->pdata[i])->result == result;
	return n;
}

static int print_result(const struct walk *walk, enum race_end end, const char *dir,
			gboolean as_json)
{
	const GPtrArray *cells = walk_cells(walk), *uncalled = walk_uncalled(walk);
	guint bad = count(cells, WALK_VIOLATION), open = count(cells, WALK_OPEN);
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < uncalled->len; i++)
		g_string_append_printf(list, "%s%s", i ? ", " : "", (char *)uncalled->pdata[i]);
	if (as_json) {
		json_auto_t *result = json_pack("{s:s, s:i, s:s, s:i}", "end", ends[end],
						"violations", bad, "folder", dir, "open", open);

		json_object_update_new(result, walk_json(walk));
		cmd_print_json(g_steal_pointer(&result));
	} else {
		printf("\nresult        %s: %u call%s to let fail: %u clean, %u violation%s, "
		       "%u not reached, %u not judged, %u left\n",
		       ends[end], cells->len - 1, text_s(cells->len - 1),
		       count(cells, WALK_CLEAN), bad, text_s(bad),
		       count(cells, WALK_NOT_REACHED), count(cells, WALK_NOT_JUDGED), open);
		for (guint i = 0; i < cells->len; i++) {
			const struct walk_cell *cell = cells->pdata[i];

			if (cell->result != WALK_VIOLATION)
				continue;
			printf("violation     %s: %s\n              rig show %s\n",
			       cell->fail, cell->said ? cell->said : cell->verdict,
			       cell->run ? cell->run : "?");
		}
		if (list->len)
			printf("not called    %s\n", list->str);
		printf("folder        %s\n", dir);
		if (open)
			printf("continue      rig race --resume %s\n", dir);
	}
	if (end == RACE_STOPPED)
		return RIG_EXIT_INFRA;
	return bad || end == RACE_FAILS_ALONE ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}

int race_fail(const struct walk_options *options, json_t *words, json_t *state, gboolean as_json,
	      gboolean quiet)
{
	const char *dir = options->run.dir;
	g_autoptr(GError) error = NULL;
	rig_auto(walk) walk = NULL;
	enum race_end end;

	if (state && !search_folder_lock(dir, &error))
		return rig_report_error(error);
	walk = walk_new(options, words, state, &error);
	if (!walk || (!state && !search_folder_lock(dir, &error)))
		return rig_report_error(error);
	if (!as_json && !quiet) {
		walk_watch(walk, show_cell, NULL);
		printf("race     %s, %u guest%s at a time, for %u s\nfolder   %s\n",
		       options->run.scenario, options->run.guests,
		       options->run.guests > 1 ? "s" : "", options->run.budget_s, dir);
		fflush(stdout);
	}
	return walk_run(walk, &end, &error) ? print_result(walk, end, dir, as_json)
					    : rig_report_error(error);
}
