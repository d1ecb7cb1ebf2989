// SPDX-License-Identifier: GPL-2.0-only
/* Prints the list of all nights, for `rig nightly --list`. */
#include "cmd/nightly.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/findings.h"
#include "util/error.h"

static double real(json_t *json, const char *key)
{
	return json_number_value(json_object_get(json, key));
}

int nightly_list(const char *results, gboolean json)
{
	json_auto_t *nights = night_list(results), *open = night_list_without_result(results);
	json_t *item;
	size_t i;

	if (json) {
		cmd_print_json(json_incref(nights));
		return RIG_EXIT_PASS;
	}
	if (!json_array_size(nights) && !json_array_size(open))
		printf("no nights in '%s' yet; `rig nightly smoke` creates one\n", results);
	json_array_foreach (nights, i, item) {
		json_t *counts = json_object_get(item, "counts");

		printf("%s  %-16s %4.0f good %3.0f flaky %3.0f bad %3.0f none %3.0f skip %3.0f "
		       "left%s\n",
		       findings_text(item, "id"), findings_text(item, "plan"), real(counts, "good"),
		       real(counts, "flaky"), real(counts, "bad"), real(counts, "none"),
		       real(counts, "skip"), real(counts, "left"),
		       json_is_true(json_object_get(item, "regression")) ? "  NEW FINDINGS" : "");
	}
	json_array_foreach (open, i, item)
		printf("%s  %-16s still runs, or was killed: rig nightly %s --resume --night %s\n",
		       findings_text(item, "id"), findings_text(item, "plan"),
		       findings_text(item, "plan"), findings_text(item, "id"));
	return RIG_EXIT_PASS;
}
