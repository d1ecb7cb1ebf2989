// SPDX-License-Identifier: GPL-2.0-only
/* Tests edited timelines, in which operations of one track wait for operations of another. */
#include "tests/unit/engine.h"

#include <string.h>

#include "tests/unit/suite.h"
#include "util/auto.h"

/* Edits the timeline: one lap (pass through the steps) of each track, then the end. */
static void one_lap(json_t *timeline)
{
	json_t *ops = json_object_get(timeline, "operations"), *copy;
	size_t i;

	json_object_set_new(timeline, "then", json_string("end"));
	json_array_foreach (json_object_get(timeline, "copies"), i, copy)
		json_object_set_new(copy, "laps", json_integer(1));
	for (i = json_array_size(ops); i-- > 0;) {
		const char *id = json_string_value(json_object_get(json_array_get(ops, i), "id"));

		if (!strstr(id, ".0.0.")) /* TRACK.COPY.LAP.STEP */
			json_array_remove(ops, i);
	}
}

static void add_after(json_t *timeline, const char *id, const char *after)
{
	json_t *op;
	size_t i;

	json_array_foreach (json_object_get(timeline, "operations"), i, op)
		if (!strcmp(json_string_value(json_object_get(op, "id")), id))
			json_object_set_new(op, "after", json_string(after));
}

static void second_waits(json_t *timeline)
{
	one_lap(timeline);
	add_after(timeline, "1.0.0.0", "0.0.0.1");
}

/*
 * Edits the timeline so that the operations of the two tracks alternate: wait, plug b, plug a,
 * unplug b, unplug a.
 */
static void taking_turns(json_t *timeline)
{
	one_lap(timeline);
	add_after(timeline, "1.0.0.0", "0.0.0.0");
	add_after(timeline, "0.0.0.1", "1.0.0.0");
	add_after(timeline, "1.0.0.1", "0.0.0.1");
	add_after(timeline, "0.0.0.2", "1.0.0.1");
}

/*
 * Returns the number of the journal's line about the beginning ("step") or end ("stepped") of
 * operation ID.
 */
static guint line_of(char **lines, const char *what, const char *id)
{
	g_autofree char *entry = g_strdup_printf("\"what\":\"%s\"", what),
			*op = g_strdup_printf("\"op\":\"%s\"", id);

	for (guint i = 0; lines[i]; i++)
		if (strstr(lines[i], entry) && strstr(lines[i], op))
			return i;
	ck_abort_msg("operation %s: no '%s' in the journal", id, what);
	return 0;
}

static const struct {
	void (*edit)(json_t *timeline);
	struct {
		const char *first, *then; /* `then` begins after `first` has ended */
	} order[4];
	/* FALSE if the order need not be kept, because the timeline does not require it */
	gboolean kept;
} orders[] = {
	{one_lap, {{"0.0.0.1", "1.0.0.0"}}, FALSE},
	{second_waits, {{"0.0.0.1", "1.0.0.0"}}, TRUE},
	{taking_turns,
	 {{"0.0.0.0", "1.0.0.0"},
	  {"1.0.0.0", "0.0.0.1"},
	  {"0.0.0.1", "1.0.0.1"},
	  {"1.0.0.1", "0.0.0.2"}},
	 TRUE},
};

START_TEST(an_operation_waits_for_another_track)
{
	struct run_plan plan = {.seed = 7};
	g_autofree char *dir = NULL, *file = NULL, *text = NULL;
	g_auto(GStrv) lines = NULL;

	g_setenv("FAKE_QEMU", "", TRUE);
	ck_assert_int_eq(run_edited(&plan, "engine/two-tracks.yaml", orders[_i].edit, &dir),
			 VERDICT_PASS);
	file = g_build_filename(dir, "journal", NULL);
	ck_assert(g_file_get_contents(file, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; i < G_N_ELEMENTS(orders[_i].order) && orders[_i].order[i].first; i++) {
		guint ended = line_of(lines, "stepped", orders[_i].order[i].first);
		guint began = line_of(lines, "step", orders[_i].order[i].then);

		ck_assert_msg((ended < began) == orders[_i].kept, "%s", text);
	}
}
END_TEST

void add_timeline_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, an_operation_waits_for_another_track, 0, G_N_ELEMENTS(orders));
}
