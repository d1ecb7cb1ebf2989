// SPDX-License-Identifier: GPL-2.0-only
/* Tests the matrix, the changes, and the short text report. */
#include <string.h>

#include "tests/unit/report.h"

static const struct cell *cell_named(const struct model *model, const char *scenario)
{
	for (guint i = 0; i < model->cells->len; i++) {
		const struct cell *cell = model->cells->pdata[i];

		if (!strcmp(cell->scenario, scenario))
			return cell;
	}
	ck_abort_msg("no cell of '%s'", scenario);
}

static gboolean changed(const struct model *model, enum difference_kind kind, const char *words)
{
	for (guint i = 0; i < model->changes->len; i++) {
		const struct difference *change = model->changes->pdata[i];
		g_autofree char *text = difference_text(change);

		if (change->kind == kind && strstr(text, words))
			return TRUE;
	}
	return FALSE;
}

START_TEST(cells_count_their_runs)
{
	g_autoptr(GPtrArray) runs = two_nights();
	rig_auto(model) model = model_new(runs, NULL);

	ck_assert_uint_eq(model->runs->len, 15);
	ck_assert_uint_eq(model->now.all, 9);
	ck_assert_uint_eq(model->columns->len, 2);
	ck_assert_str_eq(tally_word(&cell_named(model, "quiet")->now), "PASS");
	ck_assert_str_eq(tally_word(&cell_named(model, "flaky")->now), "FLAKY");
	ck_assert_str_eq(tally_word(&cell_named(model, "hangs")->now), "HANG");
	ck_assert_str_eq(tally_word(&cell_named(model, "hangs")->then), "none");
	ck_assert_str_eq(tally_word(&cell_named(model, "lost")->now), "LOST");
	ck_assert_str_eq(tally_word(&cell_named(model, "skipped")->now), "SKIP");
	ck_assert_ptr_null(model_cell(model, "quiet", cell_named(model, "lost")));
	ck_assert_ptr_eq(model_cell(model, "quiet", cell_named(model, "breaks")),
			 cell_named(model, "quiet"));
	ck_assert_str_eq(model->label, "2026-11-02");
}
END_TEST

START_TEST(numbers_are_read)
{
	g_autoptr(GPtrArray) runs = two_nights();
	rig_auto(model) model = model_new(runs, NULL);
	const struct run_view *pass = model->runs->pdata[0], *fail = model->runs->pdata[2];

	ck_assert_double_eq_tol(pass->ops_per_s, 200, 1e-9);
	ck_assert_double_eq_tol(pass->total_s, 15.5, 1e-9);
	ck_assert_double_lt(pass->detect_s, 0);
	ck_assert_double_eq_tol(fail->detect_s, 4.5, 1e-9);
}
END_TEST

START_TEST(changes_are_found)
{
	g_autoptr(GPtrArray) runs = two_nights();
	rig_auto(model) model = model_new(runs, NULL);

	ck_assert(changed(model, DIFF_NEW, "a new bug"));
	ck_assert(changed(model, DIFF_NEW, "task hung"));
	ck_assert(!changed(model, DIFF_NEW, "a rare bug"));
	ck_assert(!changed(model, DIFF_NEW, "an old bug"));
	ck_assert(changed(model, DIFF_GONE, "an old bug"));
	ck_assert(!changed(model, DIFF_GONE, "a rare bug"));
	ck_assert(changed(model, DIFF_BROKE,
			  "breaks on pc-q35, kernel 6.1.9: failed, passed before"));
	ck_assert(changed(model, DIFF_FIXED, "mended"));
	ck_assert(changed(model, DIFF_UNPROVEN, "lost"));
	ck_assert(!changed(model, DIFF_BROKE, "flaky"));
	/* the scenario `hangs` did not run before */
	ck_assert(!changed(model, DIFF_BROKE, "hangs"));
	ck_assert(difference_is_worse(((struct difference *)model->changes->pdata[0])->kind));
}
END_TEST

/* If the same night is run twice, there are no changes. */
START_TEST(nothing_changed)
{
	g_autoptr(GPtrArray) runs = fake_runs();

	for (guint day = 1; day <= 2; day++) {
		g_ptr_array_add(runs, fake_run(day, 1, "quiet", "pc-q35", VERDICT_PASS, NULL));
		g_ptr_array_add(runs,
				fake_run(day, 2, "busted", "pc-q35", VERDICT_FAIL, "the usual"));
	}
	rig_auto(model) model = model_new(runs, NULL);
	g_autofree char *text = report_formats[0].write(model, NULL);

	ck_assert_uint_eq(model->changes->len, 0);
	ck_assert_ptr_nonnull(strstr(text, "CHANGED: nothing"));
	ck_assert_ptr_nonnull(strstr(text, "nothing new, but not clean"));
}
END_TEST

/* If a scenario expects a report, its runs are good with this report, and bad without it. */
START_TEST(expected_reports_are_good)
{
	g_autoptr(GPtrArray) runs = fake_runs();

	for (guint day = 1; day <= 2; day++) {
		struct run_info *run =
			fake_run(day, 1, "busted", "pc-q35", day == 1 ? VERDICT_FAIL : VERDICT_PASS,
				 day == 1 ? "as planned" : NULL);

		json_object_set_new(
			run->details, "expected",
			json_pack("{s:s, s:b}", "kind", "lockdep-circular", "met", day == 1));
		g_ptr_array_add(runs, run);
	}
	rig_auto(model) model = model_new(runs, NULL);
	const struct run_view *first = model->runs->pdata[0], *second = model->runs->pdata[1];

	ck_assert_str_eq(first->word, "EXPECTED");
	ck_assert_str_eq(second->word, "MISSED");
	ck_assert_str_eq(tally_word(&cell_named(model, "busted")->now), "FAIL");
	ck_assert(changed(model, DIFF_BROKE, "busted"));
	ck_assert(!changed(model, DIFF_NEW, "as planned"));
}
END_TEST

/* A known issue is not a change; an issue that was known before is not new when it occurs again. */
START_TEST(known_is_not_new)
{
	g_autoptr(GPtrArray) runs = fake_runs();
	struct run_info *run = fake_run(1, 1, "quiet", "pc-q35", VERDICT_INFRA, "an upstream bug");

	json_object_set_new(json_array_get(json_object_get(run->details, "reports"), 0), "known",
			    json_pack("{s:s}", "reason", "reported upstream"));
	g_ptr_array_add(runs, run);
	rig_auto(model) model = model_new(runs, NULL);

	ck_assert_uint_eq(model->changes->len, 0);
	ck_assert_str_eq(((struct signature *)model->signatures->pdata[0])->known,
			 "reported upstream");
}
END_TEST

/* Notes and induced reports have no signature. */
START_TEST(notes_have_no_signature)
{
	static const char *const keys[] = {"weight", "induced"};

	for (guint i = 0; i < 2; i++) {
		g_autoptr(GPtrArray) runs = fake_runs();
		struct run_info *run = fake_run(1, 1, "quiet", "pc-q35", VERDICT_PASS, "a remark");

		json_object_set_new(json_array_get(json_object_get(run->details, "reports"), 0),
				    keys[i], i ? json_true() : json_string("note"));
		g_ptr_array_add(runs, run);
		rig_auto(model) model = model_new(runs, NULL);

		ck_assert_uint_eq(model->signatures->len, 0);
	}
}
END_TEST

/* Runs that repeat a failed one show that a cell is flaky, but are not part of a rate. */
START_TEST(repetitions_are_in_no_rate)
{
	static const enum verdict verdicts[] = {VERDICT_FAIL, VERDICT_PASS, VERDICT_PASS};
	g_autoptr(GPtrArray) runs = fake_runs();

	for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++) {
		struct run_info *run =
			fake_run(1, i, "dimm", "pc-q35", verdicts[i], i ? NULL : "a bug");
		g_autofree char *attempt = g_strdup_printf("%u", i + 1);

		json_object_set_new(
			run->inputs, "labels",
			json_pack("{s:s, s:s}", "night", "a-night", "attempt", attempt));
		g_ptr_array_add(runs, run);
	}
	rig_auto(model) model = model_new(runs, NULL);
	const struct cell *cell = cell_named(model, "dimm");

	ck_assert_str_eq(tally_word(&cell->now), "FLAKY");
	ck_assert_uint_eq(cell->now.judged, 3);
	ck_assert_uint_eq(cell->now.first, 1);
	ck_assert_uint_eq(cell->now.first_bad, 1);
	ck_assert_str_eq(model->label, "a-night");
}
END_TEST

/* A signature that occurred only in runs that are not shown is not new either. */
START_TEST(older_is_not_new)
{
	struct index_signature past = {.bug = (char *)"v1:lockdep-circular:a new bug", .runs = 3,
				       .first_seen = (char *)"2026-08-01T01:02:03Z"};
	g_autoptr(GHashTable) older = g_hash_table_new(g_str_hash, g_str_equal);
	const struct model_options options = {.older = older};
	g_autoptr(GPtrArray) runs = two_nights();

	g_hash_table_insert(older, past.bug, &past);
	rig_auto(model) model = model_new(runs, &options);

	ck_assert(!changed(model, DIFF_NEW, "a new bug"));
	ck_assert(changed(model, DIFF_NEW, "task hung"));
	ck_assert(changed(model, DIFF_BROKE, "breaks"));
}
END_TEST

START_TEST(now_can_be_chosen)
{
	g_autoptr(GHashTable) now = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) runs = two_nights();

	g_hash_table_add(now, ((struct run_info *)runs->pdata[3])->name);
	const struct model_options options = {.now = now, .label = "mine"};
	rig_auto(model) model = model_new(runs, &options);

	ck_assert_uint_eq(model->now.all, 1);
	ck_assert_str_eq(model->label, "mine");
}
END_TEST

static void assert_one_screen(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	ck_assert_uint_le(g_strv_length(lines) - 1, 24);
	for (char **l = lines; *l; l++) {
		ck_assert_int_le(g_utf8_strlen(*l, -1), 79);
		for (const char *p = *l; *p; p++)
			ck_assert((guchar)*p >= 0x20 && *p != 0x7f);
	}
	ck_assert(g_utf8_validate(text, -1, NULL));
}

START_TEST(text_fits_one_screen)
{
	g_autoptr(GPtrArray) runs = two_nights();
	rig_auto(model) model = model_new(runs, NULL);
	g_autofree char *text = report_formats[0].write(model, NULL);

	assert_one_screen(text);
	ck_assert_ptr_nonnull(strstr(text, "worse than before"));
	ck_assert(strstr(text, "a new bug") < strstr(text, "NOT CLEAN"));
}
END_TEST

START_TEST(much_text_fits_one_screen)
{
	g_autoptr(GPtrArray) runs = fake_runs();

	for (guint i = 0; i < 300; i++) {
		g_autofree char *scenario =
			g_strdup_printf("scenario-%03u-with-a-name-that-takes-room", i);
		g_autofree char *title =
			g_strdup_printf("possible deadlock in a_function_of_some_length_%u", i);

		g_ptr_array_add(runs, fake_run(1, i, scenario, "pc-q35", VERDICT_FAIL, title));
	}
	rig_auto(model) model = model_new(runs, NULL);
	g_autofree char *text = report_formats[0].write(model, NULL);

	assert_one_screen(text);
	ck_assert_ptr_nonnull(strstr(text, "NOT CLEAN: 300 cells"));
	ck_assert_ptr_nonnull(strstr(text, "more"));
}
END_TEST

void add_model_tests(Suite *suite)
{
	TCase *tests = tcase_create("model");

	tcase_add_test(tests, cells_count_their_runs);
	tcase_add_test(tests, numbers_are_read);
	tcase_add_test(tests, changes_are_found);
	tcase_add_test(tests, nothing_changed);
	tcase_add_test(tests, expected_reports_are_good);
	tcase_add_test(tests, known_is_not_new);
	tcase_add_test(tests, notes_have_no_signature);
	tcase_add_test(tests, repetitions_are_in_no_rate);
	tcase_add_test(tests, older_is_not_new);
	tcase_add_test(tests, now_can_be_chosen);
	tcase_add_test(tests, text_fits_one_screen);
	tcase_add_test(tests, much_text_fits_one_screen);
	suite_add_tcase(suite, tests);
}
