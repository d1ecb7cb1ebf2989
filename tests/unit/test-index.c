// SPDX-License-Identifier: GPL-2.0-only
/* Tests the index with folders that are added, deleted and changed. */

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "index/db.h"
#include "tests/unit/index.h"
#include "tests/unit/runs.h"
#include "tests/unit/suite.h"
#include "util/error.h"

/* Returns the results of all queries as one text, to compare two indexes. */
char *index_dump(struct run_index *ix)
{
	GString *text = g_string_new(NULL);
	const struct index_filter any = {0}, since = {.since = "0"};
	g_autoptr(GPtrArray) runs = index_runs(ix, &any, NULL);
	g_autoptr(GPtrArray) signatures = index_signatures(ix, &any, NULL);

	for (guint i = 0; i < runs->len; i++) {
		const struct index_run *r = runs->pdata[i];

		g_string_append_printf(text, "%s %s %d %g %s\n", r->name, verdict_name(r->verdict),
				       r->outcome, r->total_s, r->night ? r->night : "-");
	}
	for (guint i = 0; i < signatures->len; i++) {
		const struct index_signature *s = signatures->pdata[i];

		g_string_append_printf(text, "%s %u %s %s\n", s->bug, s->runs, s->first_run,
				       s->last_run);
	}
	for (int by = BY_DAY; by <= BY_TREE; by++) {
		g_autoptr(GPtrArray) groups = index_groups(ix, &any, by, NULL);
		/* run the same query without the table of sums */
		g_autoptr(GPtrArray) again = index_groups(ix, &since, by, NULL);

		ck_assert_uint_eq(groups->len, again->len);
		for (guint i = 0; i < groups->len; i++) {
			const struct index_group *g = groups->pdata[i], *a = again->pdata[i];

			g_string_append_printf(text, "%s %u %u %u\n", g->key, g->runs, g->good,
					       g->bad);
			ck_assert_str_eq(g->key, a->key);
			ck_assert_uint_eq(g->runs, a->runs);
			ck_assert_uint_eq(g->good, a->good);
			ck_assert_uint_eq(g->bad, a->bad);
			ck_assert(fabs(g->total_s - a->total_s) < 1e-6);
		}
	}
	return g_string_free(text, FALSE);
}

/* The index follows the folders: a run is created, grows, ends and is deleted. */
START_TEST(follows)
{
	rig_auto(run_index) ix = open_index();
	struct run *going;
	g_autofree char *name = NULL, *dir = NULL;
	g_autoptr(GPtrArray) runs = NULL;
	const struct index_run *run;

	ck_assert_uint_eq(count_runs(ix, (struct index_filter){0}), 0);
	going = begin_run("a", 1, "2026-11-21T05:00:00Z",
			  "{\"night\": \"n1\", \"cell\": \"c\", \"attempt\": \"2\"}");
	ck_assert(index_update(ix, NULL));
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){.verdict = "RUNNING"}), 1);
	name = finish_run(going, VERDICT_FAIL, REPORT("b1"));
	ck_assert(index_update(ix, NULL));
	runs = index_runs(ix, &(struct index_filter){.night = "n1", .signature = "b1"}, NULL);
	ck_assert_uint_eq(runs->len, 1);
	run = runs->pdata[0];
	ck_assert_str_eq(run->name, name);
	ck_assert_int_eq(run->verdict, VERDICT_FAIL);
	ck_assert_int_eq(run->outcome, OUTCOME_BAD);
	ck_assert_int_eq(run->attempt, 2);
	ck_assert_str_eq(run->cell, "c");
	ck_assert(fabs(run->total_s - 5) < 1e-9 && fabs(run->first_report_s - 2.5) < 1e-9);
	ck_assert(run->boot_s < 0);
	dir = in_scratch(name);
	shell("rm", "-rf", dir, NULL);
	ck_assert(index_update(ix, NULL));
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){0}), 0);
	ck_assert_uint_eq(index_signatures(ix, &(struct index_filter){0}, NULL)->len, 0);
}
END_TEST

static const struct {
	enum verdict verdict;
	const char *details;
	enum run_outcome outcome;
	const char *bugs; /* bugs of the run's findings, separated by ' ' */
} meanings[] = {
	{VERDICT_PASS, "{}", OUTCOME_GOOD, ""},
	{VERDICT_FAIL, REPORT("b"), OUTCOME_BAD, "b"},
	{VERDICT_FAIL, "{\"reasons\": [\"12 plugs of d.2 too few\"]}", OUTCOME_BAD,
	 "reason:#_plugs_of_d.#_too_few"},
	{VERDICT_HANG,
	 "{\"hang\": {\"kind\": \"deadlock\", \"title\": \"t\", \"signature\": \"s1\"}}",
	 OUTCOME_BAD, "hang:s1"},
	{VERDICT_HANG,
	 "{\"hang\": {\"kind\": \"deadlock\", \"title\": \"t\", \"signature\": \"hang:s1\"}}",
	 OUTCOME_BAD, "hang:s1"},
	/* the format of hang_json(): the explanation is also one of the reports */
	{VERDICT_HANG,
	 "{\"hang\": {\"kind\": \"leak\", \"title\": \"t\", \"signature\": {\"bug\": "
	 "\"v1:hang-leak:l\"}}}",
	 OUTCOME_BAD, "hang:v1:hang-leak:l"},
	{VERDICT_HANG,
	 "{\"hang\": {\"kind\": \"leak\", \"title\": \"t\", \"signature\": {\"bug\": "
	 "\"v1:hang-leak:l\"}}, "
	 "\"reports\": [{\"kind\": \"hang-leak\", \"signature\": {\"bug\": \"v1:hang-leak:l\"}}]}",
	 OUTCOME_BAD, "v1:hang-leak:l"},
	{VERDICT_KNOWN,
	 "{\"reasons\": [\"known issue: x\"], \"reports\": [{\"known\": {\"reason\": \"r\"}, "
	 "\"signature\": {\"bug\": \"k\"}}]}",
	 OUTCOME_NONE, "k"},
	{VERDICT_INFRA, "{\"reasons\": [\"disk full\"]}", OUTCOME_NONE, ""},
	{VERDICT_SKIP, "{}", OUTCOME_NONE, ""},
	/* a scenario that expects a report */
	{VERDICT_FAIL, "{\"expected\": {\"met\": true, \"kind\": \"warning\"}}", OUTCOME_GOOD, ""},
	{VERDICT_PASS, "{\"expected\": {\"met\": false, \"kind\": \"warning\"}}", OUTCOME_BAD,
	 "reason:not_as_expected"},
	/* a note is not a finding; a known issue is a finding, but not a reason */
	{VERDICT_PASS,
	 "{\"reports\": [{\"weight\": \"note\", \"kind\": \"x\", \"signature\": {\"bug\": \"n\"}}"
	 "]}",
	 OUTCOME_GOOD, ""},
	{VERDICT_PASS,
	 "{\"reports\": [{\"known\": {\"reason\": \"r\"}, \"signature\": {\"bug\": \"k\"}}]}",
	 OUTCOME_GOOD, "k"},
	{VERDICT_FAIL,
	 "{\"reasons\": [\"y\"], \"reports\": [{\"known\": {\"reason\": \"r\"}, \"signature\": "
	 "{\"bug\": \"k\"}}]}",
	 OUTCOME_BAD, "k reason:y"},
	/* members of wrong types */
	{VERDICT_FAIL,
	 "{\"reasons\": 7, \"reports\": {\"a\": 1}, \"hang\": [], \"times\": 3, \"counts\": \"x\"}",
	 OUTCOME_BAD, "reason:not_as_expected"},
	{VERDICT_PASS,
	 "{\"times\": {\"total_ns\": \"soon\", \"guest_s\": -3}, \"counts\": {\"agents\": [1, "
	 "{\"ops\": -5}]}}",
	 OUTCOME_GOOD, ""},
};

START_TEST(means)
{
	g_autofree char *name = finish_run(begin_run("a", 1, "2026-11-21T05:00:00Z", NULL),
					   meanings[_i].verdict, meanings[_i].details);
	rig_auto(run_index) ix = open_index();
	g_autoptr(GPtrArray) runs = index_runs(ix, &(struct index_filter){0}, NULL);
	g_autoptr(GPtrArray) findings = index_findings(ix, name, NULL);
	g_autoptr(GString) bugs = g_string_new(NULL);

	ck_assert_uint_eq(runs->len, 1);
	ck_assert_int_eq(((struct index_run *)runs->pdata[0])->outcome, meanings[_i].outcome);
	for (guint i = 0; i < findings->len; i++) {
		g_autofree char *bug = g_strdelimit(
			g_strdup(((struct index_finding *)findings->pdata[i])->bug), " ", '_');

		g_string_append_printf(bugs, "%s%s", i ? " " : "", bug);
	}
	ck_assert_str_eq(bugs->str, meanings[_i].bugs);
}
END_TEST

/*
 * A signature that an earlier version of the rules made finds the bug of that time, even if the
 * present rules give the same signature to another bug.
 */
START_TEST(former_keys)
{
	static const char *const details[] = {
		"{\"reports\": [{\"kind\": \"soft-lockup\", \"signature\": {\"bug\": "
		"\"v2:soft-lockup:offline_pages\","
		" \"former\": \"v1:soft-lockup:kernfs_fop_write_iter\"}}]}",
		"{\"reports\": [{\"kind\": \"soft-lockup\", \"signature\": {\"bug\": "
		"\"v2:soft-lockup:online_pages\","
		" \"former\": \"v1:soft-lockup:kernfs_fop_write_iter\"}}]}",
		"{\"reports\": [{\"kind\": \"soft-lockup\", \"signature\": {\"bug\": "
		"\"v1:soft-lockup:same\","
		" \"former\": null}}]}",
	};
	rig_auto(run_index) ix = NULL;
	g_autoptr(GPtrArray) all = NULL;
	guint formerly = 0;

	for (guint i = 0; i < G_N_ELEMENTS(details); i++)
		g_free(finish_run(begin_run("a", i + 1, "2026-11-21T05:00:00Z", NULL), VERDICT_FAIL,
				  details[i]));
	ix = open_index();
	all = index_signatures(ix, &(struct index_filter){0}, NULL);
	ck_assert_uint_eq(all->len, 3);
	for (guint i = 0; i < all->len; i++) {
		const struct index_signature *s = all->pdata[i];

		if (!s->former)
			ck_assert_str_eq(s->bug, "v1:soft-lockup:same");
		else
			ck_assert_str_eq(s->former, "v1:soft-lockup:kernfs_fop_write_iter");
		formerly += s->former != NULL;
	}
	ck_assert_uint_eq(formerly, 2);
}
END_TEST

static void make_some(guint n)
{
	g_autofree char *program = g_strdup_printf("%s/fake-runs", g_getenv("RIG_TEST_BIN"));
	g_autofree char *number = g_strdup_printf("%u", n);

	shell(program, scratch, number, "10", NULL);
}

START_TEST(rebuilt)
{
	rig_auto(run_index) ix = NULL;
	rig_auto(run_index) again = NULL;
	g_autofree char *before = NULL, *after = NULL;

	make_some(300);
	add_run("odd", 3, "2026-11-21T05:00:00Z", VERDICT_HANG, "{}");
	ix = open_index();
	before = index_dump(ix);
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){0}), 301);
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){.verdict = "FAIL"}), 10);
	again = index_rebuild(scratch, NULL, NULL, NULL);
	after = index_dump(again);
	ck_assert(g_str_equal(before, after));
}
END_TEST

static void look(guint done, guint all, void *data)
{
	g_autofree char *file = g_build_filename(scratch, ".index", "runs.sqlite", NULL);
	sqlite3 *db;
	sqlite3_stmt *stmt;

	(void)done;
	(void)all;
	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM runs", -1, &stmt, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	*(int *)data = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* A query during a rebuild sees the old contents. */
START_TEST(rebuilt_at_once)
{
	rig_auto(run_index) ix = NULL;
	rig_auto(run_index) again = NULL;
	int seen = -1;

	make_some(70);
	ix = open_index();
	again = index_rebuild(scratch, look, &seen, NULL);
	ck_assert_ptr_nonnull(again);
	ck_assert_int_eq(seen, 70);
}
END_TEST

/* Four processes open the index while folders are added. */
START_TEST(many_writers)
{
	int children[4];
	rig_auto(run_index) ix = NULL;
	rig_auto(run_index) again = NULL;
	g_autofree char *before = NULL, *after = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(children); i++) {
		children[i] = fork();
		if (children[i])
			continue;
		for (int k = 0; k < 15; k++) {
			rig_auto(run_index) mine = index_open(scratch, NULL, NULL, NULL);

			if (!mine)
				_exit(1);
		}
		_exit(0);
	}
	make_some(200);
	for (guint i = 0; i < G_N_ELEMENTS(children); i++) {
		int status;

		waitpid(children[i], &status, 0);
		ck_assert_int_eq(status, 0);
	}
	ix = open_index();
	before = index_dump(ix);
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){0}), 200);
	again = index_rebuild(scratch, NULL, NULL, NULL);
	after = index_dump(again);
	ck_assert(g_str_equal(before, after));
}
END_TEST

/* The expected wall time, from runs of another duration. */
START_TEST(wall_times)
{
	rig_auto(run_index) ix = NULL;

	add_run("a", 1, "2026-11-21T05:00:00Z", VERDICT_PASS,
		"{\"times\": {\"hammer_ns\": 10000000000, \"total_ns\": 22000000000}}");
	add_run("a", 2, "2026-11-21T06:00:00Z", VERDICT_INFRA,
		"{\"times\": {\"hammer_ns\": 0, \"total_ns\": 900000000000}}");
	add_run("b", 3, "2026-11-21T06:00:00Z", VERDICT_FAIL,
		"{\"times\": {\"hammer_ns\": 3000000000, \"total_ns\": 14000000000}}");
	ix = open_index();
	ck_assert_double_eq(index_wall_s(ix, "a", "pc-q35", NULL, 60), 72);
	ck_assert_double_eq(index_wall_s(ix, "b", "pc-q35", NULL, 60), 14);
	ck_assert_double_eq(index_wall_s(ix, "c", "pc-q35", NULL, 60), -1);
}
END_TEST

/* ---- which runs are kept ---- */

START_TEST(pruned)
{
	const char *const pass[] = {"PASS", NULL};
	g_autofree char *bad[5] = {NULL}, *kept = NULL, *dir = NULL;
	g_autoptr(GPtrArray) names = NULL, passed = NULL, none = NULL;
	rig_auto(run_index) ix = NULL;

	for (int i = 0; i < 5; i++) {
		g_autofree char *created = g_strdup_printf("2026-01-0%dT05:00:00Z", i + 1);

		bad[i] = finish_run(begin_run("a", i, created, NULL), VERDICT_FAIL, REPORT("b"));
	}
	kept = finish_run(begin_run("b", 8, "2026-01-01T05:00:00Z", "{\"keep\": \"for the mail\"}"),
			  VERDICT_PASS, "{}");
	add_run("c", 9, "2026-01-01T05:00:00Z", VERDICT_PASS, "{}");
	ix = open_index();
	/* the first and the last run of each finding are kept, and the run with a label */
	names = index_prunable(ix, "2026-06-01T00:00:00Z", NULL, 0, NULL);
	ck_assert_uint_eq(names->len, 4);
	ck_assert(!g_ptr_array_find_with_equal_func(names, bad[0], g_str_equal, NULL));
	ck_assert(!g_ptr_array_find_with_equal_func(names, bad[4], g_str_equal, NULL));
	ck_assert(!g_ptr_array_find_with_equal_func(names, kept, g_str_equal, NULL));
	passed = index_prunable(ix, "2026-06-01T00:00:00Z", pass, 0, NULL);
	ck_assert_uint_eq(passed->len, 1);
	none = index_prunable(ix, "2026-06-01T00:00:00Z", NULL, 5, NULL);
	ck_assert_uint_eq(none->len, 0);
	for (guint i = 0; i < names->len; i++)
		ck_assert(index_prune(ix, names->pdata[i], NULL));
	dir = in_scratch(bad[2]);
	ck_assert(!g_file_test(dir, G_FILE_TEST_EXISTS));
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){0}), 3);
	ck_assert(!index_prune(ix, "../x", NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index");
	TCase *tc = tcase_create("index");

	use_scratch(tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, follows);
	tcase_add_loop_test(tc, means, 0, G_N_ELEMENTS(meanings));
	tcase_add_test(tc, former_keys);
	tcase_add_test(tc, rebuilt);
	tcase_add_test(tc, rebuilt_at_once);
	tcase_add_test(tc, many_writers);
	tcase_add_test(tc, wall_times);
	add_place_tests(tc);
	add_damage_tests(tc);
	tcase_add_test(tc, pruned);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
