// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests walks of `rig race --fail`, in which each run lets another call fail, with a fake rig for
 * which one failed call makes the run fail.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "race/walk.h"
#include "tests/unit/race.h"
#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/paths.h"

static char *rig, *folder;

static void begin(void)
{
	g_autofree char *fake = data_path("race/fake-rig"), *text = NULL;

	rig = in_scratch("rig");
	folder = in_scratch("walk");
	ck_assert(rig_read_file(fake, 1 << 20, &text, NULL, NULL));
	ck_assert(rig_write_file(rig, text, -1, NULL));
	ck_assert_int_eq(g_chmod(rig, 0755), 0);
	g_unsetenv("FAKE_RACE");
}

static void end(void)
{
	g_clear_pointer(&rig, g_free);
	g_clear_pointer(&folder, g_free);
}

static struct walk *start(guint calls, const char *around, json_t *state)
{
	const struct walk_options o = {
		.run = {.scenario = "toy", .guests = 2, .budget_s = 60, .results = scratch,
			.dir = folder, .rig = rig, .around = around},
		.calls = calls,
	};
	g_autoptr(GError) error = NULL;
	json_auto_t *words = json_pack("[s, s]", "toy", "--fail");
	struct walk *walk = walk_new(&o, words, state, &error);

	ck_assert_msg(walk != NULL, "%s", error ? error->message : "");
	return walk;
}

static enum walk_result result_of(const struct walk *walk, const char *fail)
{
	const GPtrArray *cells = walk_cells(walk);

	for (guint i = 0; i < cells->len; i++) {
		const struct walk_cell *cell = cells->pdata[i];

		if (!strcmp(cell->fail, fail))
			return cell->result;
	}
	return G_MAXUINT;
}

START_TEST(all_cells)
{
	g_autofree char *path = in_scratch("asked"), *asked = NULL;
	rig_auto(walk) walk = start(2, NULL, NULL);
	g_autoptr(GError) error = NULL;
	enum race_end ended;

	ck_assert_msg(walk_run(walk, &ended, &error), "%s", error ? error->message : "");
	ck_assert_int_eq(ended, RACE_DONE);
	ck_assert_uint_eq(walk_cells(walk)->len, 1 + 5);
	ck_assert_int_eq(result_of(walk, "arch_add_memory ENOMEM, call 1"), WALK_CLEAN);
	ck_assert_int_eq(result_of(walk, "arch_add_memory ENOMEM, call 2"), WALK_NOT_REACHED);
	ck_assert_int_eq(result_of(walk, "arch_add_memory EINVAL, call 1"), WALK_VIOLATION);
	ck_assert_int_eq(result_of(walk, "__add_pages ENOMEM, call 1"), WALK_CLEAN);
	ck_assert_int_eq(result_of(walk, "__add_pages ENOMEM, call 2"), G_MAXUINT);
	ck_assert_uint_eq(walk_uncalled(walk)->len, 1);
	ck_assert_str_eq(walk_uncalled(walk)->pdata[0], "offline_pages");
	/* the first run of a walk lets no call fail; it counts the calls of each function */
	ck_assert(g_file_get_contents(path, &asked, NULL, NULL));
	asked[strcspn(asked, "\n")] = '\0';
	ck_assert_msg(strstr(asked, " --calls -- toy"), "%s", asked);
}
END_TEST

/* A failed call that has a result is not tried again. */
START_TEST(continued)
{
	g_autofree char *path = g_build_filename(folder, "race.json", NULL);
	json_auto_t *state = NULL;
	json_t *cells, *cell;
	size_t i;
	enum race_end ended;
	{
		rig_auto(walk) walk = start(1, "arch_add_memory", NULL);

		ck_assert(walk_run(walk, &ended, NULL));
		ck_assert_uint_eq(walk_cells(walk)->len, 1 + 2);
	}
	state = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(state);
	cells = json_object_get(json_object_get(state, "walk"), "cells");
	json_array_foreach (cells, i, cell)
		json_object_set_new(cell, "result",
				    json_string(i == 1 ? "open" : "violation"));
	{
		rig_auto(walk) walk = start(1, "arch_add_memory", state);

		ck_assert(walk_run(walk, &ended, NULL));
		ck_assert_int_eq(result_of(walk, "arch_add_memory ENOMEM, call 1"), WALK_CLEAN);
	}
	json_object_set_new(state, "version", json_integer(1));
	{
		const struct walk_options o = {.run = {.dir = folder}};
		g_autoptr(GError) error = NULL;

		ck_assert_ptr_null(walk_new(&o, json_object_get(state, "words"), state, &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

START_TEST(no_walk)
{
	g_autoptr(GError) error = NULL;
	enum race_end ended;

	g_setenv("FAKE_RACE", "alone", TRUE);
	{
		rig_auto(walk) walk = start(1, NULL, NULL);

		ck_assert(walk_run(walk, &ended, &error));
		ck_assert_int_eq(ended, RACE_FAILS_ALONE);
	}
	g_setenv("FAKE_RACE", "old", TRUE);
	{
		rig_auto(walk) walk = start(1, NULL, NULL);

		ck_assert(!walk_run(walk, &ended, &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
		ck_assert_ptr_nonnull(strstr(error->message, "11.1"));
	}
}
END_TEST

TCase *walk_cases(void)
{
	TCase *tcase = tcase_create("walk");

	use_scratch(tcase);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, all_cells);
	tcase_add_test(tcase, continued);
	tcase_add_test(tcase, no_walk);
	return tcase;
}
