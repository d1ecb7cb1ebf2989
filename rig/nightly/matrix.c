// SPDX-License-Identifier: GPL-2.0-only
/* Makes a table from night.json, whose rows are scenarios and whose columns are machines. */
#include "nightly/matrix.h"

#include <string.h>

#include "nightly/nightly.h"
#include "util/error.h"

/*
 * The statuses from best to worst. If several cells of the night belong to one entry of the table,
 * the entry has the worst of their statuses.
 */
static const enum cell_status by_weight[] = {
	CELL_SKIP, CELL_GOOD, CELL_WAITING, CELL_NONE, CELL_FLAKY, CELL_BAD,
};

static const char *text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static guint weight(const char *status)
{
	for (guint i = 0; i < G_N_ELEMENTS(by_weight); i++)
		if (!strcmp(status, cell_status_name(by_weight[i])))
			return i;
	return 0;
}

static gboolean is_bad(json_t *entry)
{
	return weight(text(entry, "status")) >= weight(cell_status_name(CELL_FLAKY));
}

static gboolean is_good(json_t *entry)
{
	return !strcmp(text(entry, "status"), cell_status_name(CELL_GOOD));
}

/*
 * Returns the attempt (run) that represents CELL: the first one that did not end as expected; if
 * there is none, the last.
 */
static json_t *deciding_attempt(json_t *cell)
{
	json_t *attempts = json_object_get(cell, "attempts"), *attempt;
	size_t i;

	json_array_foreach (attempts, i, attempt)
		if (json_integer_value(json_object_get(attempt, "outcome")) == OUTCOME_BAD)
			return attempt;
	return json_array_get(attempts,
			      json_array_size(attempts) ? json_array_size(attempts) - 1 : 0);
}

static json_t *entry_of(json_t *cell, matrix_found found, void *data)
{
	json_t *attempt = deciding_attempt(cell), *rate = json_object_get(cell, "rate"),
	       *list = json_array();
	const char *skipped = text(cell, "skipped");
	json_t *entry =
		json_pack("{s:s, s:s, s:s, s:O?, s:O?, s:s, s:s}", "machine", text(cell, "machine"),
			  "status", text(cell, "status"), "verdict",
			  *skipped ? verdict_name(VERDICT_SKIP) : text(attempt, "verdict"),
			  "bad", json_object_get(rate, "bad"), "of", json_object_get(rate, "of"),
			  "run", text(attempt, "run"), "problem",
			  *skipped ? skipped : text(attempt, "problem"));
	g_auto(GStrv) signatures = found && is_bad(entry) && *text(attempt, "run")
					   ? found(text(attempt, "run"), data) : NULL;

	for (char **s = signatures; s && *s; s++)
		json_array_append_new(list, json_string(*s));
	json_object_set_new(entry, "found", list);
	return entry;
}

static json_t *row_of(json_t *rows, const char *scenario)
{
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		if (!strcmp(text(row, "scenario"), scenario))
			return row;
	row = json_pack("{s:s, s:{}}", "scenario", scenario, "cells");
	json_array_append_new(rows, row);
	return row;
}

static void add_machine(json_t *machines, const char *name)
{
	json_t *known;
	size_t i;

	json_array_foreach (machines, i, known)
		if (!strcmp(json_string_value(known), name))
			return;
	json_array_append_new(machines, json_string(name));
}

/*
 * Returns the machines for which the entry in ROW of the table fulfills ARE(), in the order of the
 * columns. New reference.
 */
static json_t *machines_that(json_t *row, gboolean (*are)(json_t *entry))
{
	json_t *entry, *list = json_array();
	const char *machine;

	json_object_foreach (json_object_get(row, "cells"), machine, entry)
		if (are(entry))
			json_array_append_new(list, json_string(machine));
	return list;
}

/* Returns TRUE if the machines in BAD all have the same findings in ROW. */
static gboolean same_found(json_t *row, json_t *bad)
{
	json_t *first = NULL, *machine;
	size_t i;

	json_array_foreach (bad, i, machine) {
		json_t *entry =
			json_object_get(json_object_get(row, "cells"), json_string_value(machine));
		json_t *found = json_object_get(entry, "found");

		if (first && !json_equal(first, found))
			return FALSE;
		first = found;
	}
	return TRUE;
}

/*
 * Returns how the machines of ROW differ: "verdict" if some are good and others bad; "found" if all
 * are bad, with different findings; "same" if all are bad, with the same findings; NULL if none is
 * bad.
 */
static const char *difference(json_t *row, json_t *good, json_t *bad)
{
	if (!json_array_size(bad))
		return NULL;
	if (json_array_size(good))
		return "verdict";
	return same_found(row, bad) ? "same" : "found";
}

static json_t *differences_of(json_t *rows)
{
	static const char *const order[] = {"verdict", "found", "same"};
	json_t *all = json_array(), *row;
	size_t i;

	for (guint k = 0; k < G_N_ELEMENTS(order); k++)
		json_array_foreach (rows, i, row) {
			json_auto_t *good = machines_that(row, is_good),
				    *bad = machines_that(row, is_bad);

			if (!g_strcmp0(difference(row, good, bad), order[k]))
				json_array_append_new(all, json_pack("{s:s, s:s, s:O, s:O}", "kind",
								     order[k], "scenario",
								     text(row, "scenario"), "good",
								     good, "bad", bad));
		}
	return all;
}

/* Returns the number of kernels that were not built because their build failed. */
static guint count_unbuilt(json_t *night)
{
	guint n = 0;
	json_t *build;
	size_t i;

	json_array_foreach (json_object_get(night, "builds"), i, build)
		n += json_is_true(json_object_get(build, "ended")) &&
		     !json_is_true(json_object_get(build, "ok"));
	return n;
}

json_t *matrix_of(json_t *night, matrix_found found, void *data)
{
	json_t *rows = json_array(), *machines = json_array(), *cell;
	size_t i;

	json_array_foreach (json_object_get(night, "cells"), i, cell) {
		json_t *cells = json_object_get(row_of(rows, text(cell, "scenario")), "cells");
		json_t *entry = entry_of(cell, found, data),
		       *known = json_object_get(cells, text(cell, "machine"));

		add_machine(machines, text(cell, "machine"));
		if (!known || weight(text(entry, "status")) > weight(text(known, "status")))
			json_object_set(cells, text(cell, "machine"), entry);
		json_decref(entry);
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:O?, s:i}", "night", text(night, "id"), "machines",
			 machines, "rows", rows, "differences", differences_of(rows), "counts",
			 json_object_get(night, "counts"), "unbuilt", (int)count_unbuilt(night));
}

int matrix_exit_code(json_t *matrix)
{
	json_t *counts = json_object_get(matrix, "counts");

	if (json_array_size(json_object_get(matrix, "differences")))
		return RIG_EXIT_FAIL;
	if (json_integer_value(json_object_get(matrix, "unbuilt")) ||
	    json_integer_value(json_object_get(counts, cell_status_name(CELL_NONE))) ||
	    json_integer_value(json_object_get(counts, cell_status_name(CELL_WAITING))))
		return RIG_EXIT_INFRA;
	return json_integer_value(json_object_get(counts, cell_status_name(CELL_GOOD)))
		       ? RIG_EXIT_PASS
		       : RIG_EXIT_SKIP;
}
