// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the cells of a walk (walk.h; a cell lets one call fail with one errno), reads their
 * results, and converts them to JSON and back.
 */
#include "race/walk-cells.h"

#include <string.h>

#include "race/internal.h"
#include "scenario/fallible.h"

static const char *const results[] = {
	[WALK_OPEN] = "open",
	[WALK_CLEAN] = "clean",
	[WALK_NOT_REACHED] = "not reached",
	[WALK_VIOLATION] = "violation",
	[WALK_NOT_JUDGED] = "not judged",
};

const char *walk_result_name(enum walk_result result)
{
	return results[result];
}

static void cell_free(gpointer data)
{
	struct walk_cell *cell = data;

	g_free(cell->fail);
	g_free(cell->run);
	g_free(cell->verdict);
	g_free(cell->said);
	g_free(cell);
}

static struct walk_cell *add_cell(struct walk_cells *cells, char *fail)
{
	struct walk_cell *cell = g_new0(struct walk_cell, 1);

	cell->fail = fail;
	g_ptr_array_add(cells->list, cell);
	return cell;
}

struct walk_cells *walk_cells_new(void)
{
	struct walk_cells *cells = g_new0(struct walk_cells, 1);

	cells->list = g_ptr_array_new_with_free_func(cell_free);
	cells->uncalled = g_ptr_array_new_with_free_func(g_free);
	add_cell(cells, g_strdup(""));
	return cells;
}

void walk_cells_free(struct walk_cells *cells)
{
	if (!cells)
		return;
	g_ptr_array_unref(cells->list);
	g_ptr_array_unref(cells->uncalled);
	g_free(cells);
}

static char *place_of(const struct fallible *row)
{
	return row->in ? g_strdup_printf("%s in %s", row->function, row->in)
		       : g_strdup(row->function);
}

gboolean walk_is_wanted(const struct fallible *row, const char *around)
{
	return !around || !strcmp(around, row->function) || !g_strcmp0(around, row->in) ||
	       (strchr(around, '/') && strstr(row->file, around));
}

gboolean walk_has_function(const char *around)
{
	for (const struct fallible *row = fallible_functions; row->function; row++)
		if (walk_is_wanted(row, around))
			return TRUE;
	return FALSE;
}

/*
 * Returns how often the function of ROW was called, or -1 if this kernel does not have the
 * function.
 */
static json_int_t calls_of(json_t *counted, const struct fallible *row)
{
	json_t *one;
	size_t i;

	json_array_foreach (counted, i, one)
		if (!g_strcmp0(json_string_value(json_object_get(one, "function")),
			       row->function) &&
		    !g_strcmp0(json_string_value(json_object_get(one, "in")), row->in))
			return json_integer_value(json_object_get(one, "calls"));
	return -1;
}

/*
 * Adds cells that let call number CALL of each function fail with its errno number ERRNO_AT.
 * Returns FALSE if no function has that many errnos.
 */
static gboolean fill_round(struct walk_cells *cells, json_t *counted, guint call, guint errno_at,
			   const char *around)
{
	gboolean any = FALSE;

	for (const struct fallible *row = fallible_functions; row->function; row++) {
		g_auto(GStrv) errors = g_strsplit(row->errors, " ", -1);
		g_autofree char *place = place_of(row);

		if (errno_at >= g_strv_length(errors))
			continue;
		any = TRUE;
		if (walk_is_wanted(row, around) && calls_of(counted, row) >= call)
			add_cell(cells, g_strdup_printf("%s %s, call %u", place, errors[errno_at],
							call));
	}
	return any;
}

void walk_cells_fill(struct walk_cells *cells, json_t *counted, guint calls, const char *around)
{
	for (guint errno_at = 0, any = TRUE; any; errno_at++)
		for (guint call = 1; call <= calls; call++)
			any = fill_round(cells, counted, call, errno_at, around);
	for (const struct fallible *row = fallible_functions; row->function; row++)
		if (walk_is_wanted(row, around) && !calls_of(counted, row))
			g_ptr_array_add(cells->uncalled, place_of(row));
}

struct walk_cell *walk_cells_next(const struct walk_cells *cells)
{
	struct walk_cell *first = cells->list->pdata[0];

	if (first->result == WALK_OPEN)
		return first->busy ? NULL : first;
	for (guint i = 1; i < cells->list->len; i++) {
		struct walk_cell *cell = cells->list->pdata[i];

		if (cell->result == WALK_OPEN && !cell->busy)
			return cell;
	}
	return NULL;
}

static json_int_t failed_calls(json_t *details)
{
	json_t *calls = json_object_get(json_object_get(details, "fail"), "calls"), *one;
	json_int_t failed = 0;
	size_t i;

	json_array_foreach (calls, i, one)
		failed += json_integer_value(json_object_get(one, "failed"));
	return failed;
}

void walk_cell_take(struct walk_cell *cell, const struct child_result *result, guint tries)
{
	json_t *details = json_object_get(result->answer, "details");
	gboolean passed = result->verdict == VERDICT_PASS || result->verdict == VERDICT_KNOWN;
	gboolean failed = result->verdict == VERDICT_FAIL || result->verdict == VERDICT_HANG ||
			  result->verdict == VERDICT_LOST;

	g_free(cell->run);
	g_free(cell->verdict);
	g_free(cell->said);
	cell->run = g_strdup(result->run);
	cell->verdict = g_strdup(verdict_name(result->verdict));
	cell->said = passed ? NULL : g_strdup(outcome_reason(result));
	cell->wall_s = result->wall_s;
	cell->tries++;
	if (*cell->fail && (passed || failed) && !failed_calls(details))
		cell->result = WALK_NOT_REACHED;
	else if (passed)
		cell->result = WALK_CLEAN;
	else if (failed)
		cell->result = WALK_VIOLATION;
	else if (cell->tries >= tries)
		cell->result = WALK_NOT_JUDGED;
}

json_t *walk_cells_json(const struct walk_cells *cells)
{
	json_t *list = json_array(), *uncalled = json_array();

	for (guint i = 0; i < cells->list->len; i++) {
		const struct walk_cell *cell = cells->list->pdata[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:f}", "fail", cell->fail,
					"result", results[cell->result], "run", cell->run,
					"verdict", cell->verdict, "said", cell->said, "wall_s",
					cell->wall_s));
	}
	for (guint i = 0; i < cells->uncalled->len; i++)
		json_array_append_new(uncalled, json_string(cells->uncalled->pdata[i]));
	return json_pack("{s:o, s:o}", "cells", list, "uncalled", uncalled);
}

static gboolean read_cell(struct walk_cells *cells, json_t *json)
{
	const char *fail, *result, *run = NULL, *verdict = NULL, *said = NULL;
	struct walk_cell *cell;
	double wall_s;

	if (json_unpack(json, "{s:s, s:s, s?s, s?s, s?s, s:f}", "fail", &fail, "result", &result,
			"run", &run, "verdict", &verdict, "said", &said, "wall_s", &wall_s) < 0)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(results); i++)
		if (!strcmp(results[i], result)) {
			cell = add_cell(cells, g_strdup(fail));
			cell->result = i;
			cell->run = g_strdup(run);
			cell->verdict = g_strdup(verdict);
			cell->said = g_strdup(said);
			cell->wall_s = wall_s;
			return TRUE;
		}
	return FALSE;
}

gboolean walk_cells_read(struct walk_cells *cells, json_t *state)
{
	json_t *walk = json_object_get(state, "walk"), *one;
	json_t *list = json_object_get(walk, "cells");
	size_t i;

	if (json_integer_value(json_object_get(state, "version")) != WALK_VERSION ||
	    !json_array_size(list))
		return FALSE;
	g_ptr_array_set_size(cells->list, 0);
	json_array_foreach (list, i, one)
		if (!read_cell(cells, one))
			return FALSE;
	json_array_foreach (json_object_get(walk, "uncalled"), i, one)
		if (json_is_string(one))
			g_ptr_array_add(cells->uncalled, g_strdup(json_string_value(one)));
	return !*((struct walk_cell *)cells->list->pdata[0])->fail;
}
