// SPDX-License-Identifier: GPL-2.0-only
/* The index, against folders that come, go and change; comparisons and retention, on folders of fake-runs; statistics. */
#include "store/index.h"

#include <glib/gstdio.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/compare.h"
#include "store/stats.h"
#include "tests/store.h"
#include "util/error.h"

static struct run_index *open_index(void)
{
	g_autoptr(GError) error = NULL;
	struct run_index *ix = index_open(scratch, NULL, NULL, &error);

	ck_assert_msg(ix != NULL, "%s", error ? error->message : "");
	return ix;
}

/* A run of SCENARIO; DETAILS as of `verdict`, or NULL for one that goes on. Its name. */
static struct run *begin(const char *scenario, guint64 seed, const char *created, const char *labels)
{
	json_t *inputs = json_pack("{s:s, s:s, s:s, s:I, s:{s:s}}", "created", created, "scenario", scenario, "machine",
				   "pc-q35", "seed", (json_int_t)seed, "kernel", "name", "6.1");
	struct run *run;

	if (labels)
		json_object_set_new(inputs, "labels", json_loads(labels, 0, NULL));
	run = run_create(scratch, scenario, "pc-q35", "6.1", seed, inputs, NULL);
	ck_assert_ptr_nonnull(run);
	json_decref(inputs);
	return run;
}

static char *finish(struct run *run, enum verdict verdict, const char *details)
{
	char *name = g_strdup(run_name(run));
	json_t *json = json_loads(details, 0, NULL);

	ck_assert_msg(json != NULL, "%s", details);
	ck_assert(run_verdict(run, verdict, json, NULL));
	run_free(run);
	return name;
}

static void add(const char *scenario, guint64 seed, const char *created, enum verdict verdict, const char *details)
{
	g_free(finish(begin(scenario, seed, created, NULL), verdict, details));
}

static guint count(struct run_index *ix, struct index_filter filter)
{
	g_autoptr(GPtrArray) runs = index_runs(ix, &filter, NULL);

	ck_assert_ptr_nonnull(runs);
	return runs->len;
}

/* Everything there is to ask, as one text: two indexes that say the same are the same. */
static char *dump(struct run_index *ix)
{
	GString *text = g_string_new(NULL);
	const struct index_filter any = {0}, since = {.since = "0"};
	g_autoptr(GPtrArray) runs = index_runs(ix, &any, NULL);
	g_autoptr(GPtrArray) signatures = index_signatures(ix, &any, NULL);

	for (guint i = 0; i < runs->len; i++) {
		const struct index_run *r = runs->pdata[i];

		g_string_append_printf(text, "%s %s %d %g %s\n", r->name, verdict_name(r->verdict), r->outcome, r->total_s,
				       r->night ? r->night : "-");
	}
	for (guint i = 0; i < signatures->len; i++) {
		const struct index_signature *s = signatures->pdata[i];

		g_string_append_printf(text, "%s %u %s %s\n", s->bug, s->runs, s->first_run, s->last_run);
	}
	for (int by = BY_DAY; by <= BY_TREE; by++) {
		g_autoptr(GPtrArray) groups = index_groups(ix, &any, by, NULL);
		/* the same without the sums that triggers keep */
		g_autoptr(GPtrArray) again = index_groups(ix, &since, by, NULL);

		ck_assert_uint_eq(groups->len, again->len);
		for (guint i = 0; i < groups->len; i++) {
			const struct index_group *g = groups->pdata[i], *a = again->pdata[i];

			g_string_append_printf(text, "%s %u %u %u\n", g->key, g->runs, g->good, g->bad);
			ck_assert_str_eq(g->key, a->key);
			ck_assert_uint_eq(g->runs, a->runs);
			ck_assert_uint_eq(g->good, a->good);
			ck_assert_uint_eq(g->bad, a->bad);
			ck_assert(fabs(g->total_s - a->total_s) < 1e-6);
		}
	}
	return g_string_free(text, FALSE);
}

#define REPORT(bug) "{\"reasons\": [\"x\"], \"reports\": [{\"kind\": \"warning\", \"weight\": \"fail\", \"title\": \"T " bug \
		    "\", \"signature\": {\"bug\": \"" bug "\", \"path\": \"p\", \"exact\": \"e\"}}], \"times\": " \
		    "{\"total_ns\": 5000000000, \"first_report_s\": 2.5}}"

/* The index follows the folders: one comes, goes on, ends, goes. */
START_TEST(follows)
{
	rig_auto(run_index) ix = open_index();
	struct run *going;
	g_autofree char *name = NULL, *dir = NULL;
	g_autoptr(GPtrArray) runs = NULL;
	const struct index_run *run;

	ck_assert_uint_eq(count(ix, (struct index_filter){0}), 0);
	going = begin("a", 1, "2026-11-21T05:00:00Z", "{\"night\": \"n1\", \"cell\": \"c\", \"attempt\": \"2\"}");
	ck_assert(index_update(ix, NULL));
	ck_assert_uint_eq(count(ix, (struct index_filter){.verdict = "RUNNING"}), 1);
	name = finish(going, VERDICT_FAIL, REPORT("b1"));
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
	dir = g_build_filename(scratch, name, NULL);
	shell("rm", "-rf", dir, NULL);
	ck_assert(index_update(ix, NULL));
	ck_assert_uint_eq(count(ix, (struct index_filter){0}), 0);
	ck_assert_uint_eq(index_signatures(ix, &(struct index_filter){0}, NULL)->len, 0);
}
END_TEST

static const struct {
	enum verdict verdict;
	const char *details;
	enum outcome outcome;
	const char *bugs; /* of its findings, with ' ' between */
} meanings[] = {
	{VERDICT_PASS, "{}", OUTCOME_GOOD, ""},
	{VERDICT_FAIL, REPORT("b"), OUTCOME_BAD, "b"},
	{VERDICT_FAIL, "{\"reasons\": [\"12 plugs of d.2 too few\"]}", OUTCOME_BAD, "reason:#_plugs_of_d.#_too_few"},
	{VERDICT_HANG, "{\"hang\": {\"kind\": \"deadlock\", \"title\": \"t\", \"signature\": \"s1\"}}", OUTCOME_BAD, "hang:s1"},
	{VERDICT_HANG, "{\"hang\": {\"kind\": \"deadlock\", \"title\": \"t\", \"signature\": \"hang:s1\"}}", OUTCOME_BAD, "hang:s1"},
	{VERDICT_INFRA, "{\"reasons\": [\"disk full\"]}", OUTCOME_NONE, ""},
	{VERDICT_SKIP, "{}", OUTCOME_NONE, ""},
	/* a scenario that expects a report */
	{VERDICT_FAIL, "{\"expected\": {\"met\": true, \"kind\": \"warning\"}}", OUTCOME_GOOD, ""},
	{VERDICT_PASS, "{\"expected\": {\"met\": false, \"kind\": \"warning\"}}", OUTCOME_BAD, "reason:not_as_expected"},
	/* known, a note, a reboot: no finding, or no reason */
	{VERDICT_PASS, "{\"reports\": [{\"weight\": \"note\", \"kind\": \"x\", \"signature\": {\"bug\": \"n\"}}]}", OUTCOME_GOOD, ""},
	{VERDICT_PASS, "{\"reports\": [{\"known\": {\"reason\": \"r\"}, \"signature\": {\"bug\": \"k\"}}]}", OUTCOME_GOOD, "k"},
	{VERDICT_FAIL, "{\"reasons\": [\"y\"], \"reports\": [{\"known\": {\"reason\": \"r\"}, \"signature\": {\"bug\": \"k\"}}]}",
	 OUTCOME_BAD, "k reason:y"},
	/* of the wrong types */
	{VERDICT_FAIL, "{\"reasons\": 7, \"reports\": {\"a\": 1}, \"hang\": [], \"times\": 3, \"counts\": \"x\"}", OUTCOME_BAD,
	 "reason:not_as_expected"},
	{VERDICT_PASS, "{\"times\": {\"total_ns\": \"soon\", \"guest_s\": -3}, \"counts\": {\"agents\": [1, {\"ops\": -5}]}}",
	 OUTCOME_GOOD, ""},
};

START_TEST(means)
{
	g_autofree char *name = finish(begin("a", 1, "2026-11-21T05:00:00Z", NULL), meanings[_i].verdict, meanings[_i].details);
	rig_auto(run_index) ix = open_index();
	g_autoptr(GPtrArray) runs = index_runs(ix, &(struct index_filter){0}, NULL);
	g_autoptr(GPtrArray) findings = index_findings(ix, name, NULL);
	g_autoptr(GString) bugs = g_string_new(NULL);

	ck_assert_uint_eq(runs->len, 1);
	ck_assert_int_eq(((struct index_run *)runs->pdata[0])->outcome, meanings[_i].outcome);
	for (guint i = 0; i < findings->len; i++) {
		g_autofree char *bug = g_strdelimit(g_strdup(((struct index_finding *)findings->pdata[i])->bug), " ", '_');

		g_string_append_printf(bugs, "%s%s", i ? " " : "", bug);
	}
	ck_assert_str_eq(bugs->str, meanings[_i].bugs);
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
	add("odd", 3, "2026-11-21T05:00:00Z", VERDICT_HANG, "{}");
	ix = open_index();
	before = dump(ix);
	ck_assert_uint_eq(count(ix, (struct index_filter){0}), 301);
	ck_assert_uint_eq(count(ix, (struct index_filter){.verdict = "FAIL"}), 10);
	again = index_rebuild(scratch, NULL, NULL, NULL);
	after = dump(again);
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
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM runs", -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	*(int *)data = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* Who asks while it is made again sees what it was. */
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

static void other_version(const char *file)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 4711; DROP TABLE findings; CREATE TABLE findings(x)", NULL, NULL,
				      NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A file that is no index, one cut off, and one of another schema version are made again. */
START_TEST(damaged)
{
	g_autofree char *file = g_build_filename(scratch, ".index", "runs.sqlite", NULL), *first = NULL, *second = NULL;

	add("a", 1, "2026-11-21T05:00:00Z", VERDICT_FAIL, REPORT("b"));
	{
		rig_auto(run_index) ix = open_index();

		first = dump(ix);
	}
	if (_i == 0)
		ck_assert(g_file_set_contents(file, "this is no database, but long enough to be taken for one: it has "
						    "more than a hundred bytes, which is what a header takes", -1, NULL));
	else if (_i == 1)
		ck_assert_int_eq(truncate(file, 5000), 0);
	else
		other_version(file);
	{
		rig_auto(run_index) ix = open_index();

		second = dump(ix);
	}
	ck_assert(g_str_equal(first, second));
}
END_TEST

/* Four at a time, while folders come. */
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
	before = dump(ix);
	ck_assert_uint_eq(count(ix, (struct index_filter){0}), 200);
	again = index_rebuild(scratch, NULL, NULL, NULL);
	after = dump(again);
	ck_assert(g_str_equal(before, after));
}
END_TEST

START_TEST(no_results)
{
	g_autofree char *none = g_build_filename(scratch, "none", NULL), *file = g_build_filename(scratch, "file", NULL);
	rig_auto(run_index) ix = index_open(none, NULL, NULL, NULL);
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_nonnull(ix);
	ck_assert_uint_eq(count(ix, (struct index_filter){0}), 0);
	ck_assert(!g_file_test(none, G_FILE_TEST_EXISTS));
	ck_assert(g_file_set_contents(file, "", 0, NULL));
	ck_assert_ptr_null(index_open(file, NULL, NULL, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

/* ---- comparing ---- */

static const struct compare_finding *finding_of(const struct compare *c, const char *bug)
{
	for (guint i = 0; i < c->findings->len; i++)
		if (!strcmp(((struct compare_finding *)c->findings->pdata[i])->bug, bug))
			return c->findings->pdata[i];
	ck_abort_msg("no %s", bug);
	return NULL;
}

/* N runs of a night, of which HITS have the finding BUG; the good ones have OPS operations in a second, and a few more. */
static void night(const char *id, guint day, guint n, guint hits, const char *bug, guint ops)
{
	g_autofree char *labels = g_strdup_printf("{\"night\": \"%s\", \"attempt\": \"1\", \"tree\": \"t\"}", id);
	g_autofree char *created = g_strdup_printf("2026-11-%02uT05:00:00Z", day);
	g_autofree char *report = g_strdup_printf("{\"reports\": [{\"kind\": \"warning\", \"title\": \"t\", \"signature\": "
						  "{\"bug\": \"%s\"}}]}", bug);

	for (guint i = 0; i < n; i++) {
		g_autofree char *good = g_strdup_printf("{\"counts\": {\"agents\": [{\"ops\": %u}]}, \"times\": {\"hammer_ns\": "
							"1000000000}}", ops + i);

		g_free(finish(begin("s", 100 * day + i, created, labels), i < hits ? VERDICT_FAIL : VERDICT_PASS,
			      i < hits ? report : good));
	}
}

START_TEST(compared)
{
	rig_auto(run_index) ix = NULL;
	rig_auto(compare) c = NULL;
	rig_auto(compare) d = NULL;
	rig_auto(compare) e = NULL;
	rig_auto(compare) past = NULL;

	night("n1", 1, 10, 5, "old", 1000);
	night("n2", 2, 10, 0, "old", 500);
	night("n3", 3, 10, 1, "fresh", 505);
	night("n4", 4, 10, 1, "old", 500);
	ix = open_index();
	/* 5 of 10, then 0 of 10: p 0.033, fixed; half as fast */
	c = compare_new(ix, "n1", "n2", NULL);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(finding_of(c, "old")->change, CHANGE_FIXED);
	ck_assert_int_eq(((struct compare_rate *)c->rates->pdata[0])->change, CHANGE_LESS);
	ck_assert_int_eq(((struct compare_speed *)c->speeds->pdata[0])->change, CHANGE_SLOWER);
	ck_assert(c->regression);
	/* once, but never seen before; the speed differs by one percent */
	d = compare_new(ix, "last~2", "last~1", NULL);
	ck_assert_ptr_nonnull(d);
	ck_assert_int_eq(finding_of(d, "fresh")->change, CHANGE_NEW);
	ck_assert_int_eq(((struct compare_rate *)d->rates->pdata[0])->change, CHANGE_SAME);
	ck_assert_int_eq(((struct compare_speed *)d->speeds->pdata[0])->change, CHANGE_SAME);
	ck_assert(d->regression);
	/* back, as the first night had it; and one that may be gone by chance */
	e = compare_new(ix, "night:n3", "last", NULL);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(finding_of(e, "old")->change, CHANGE_SAME);
	ck_assert_str_eq(finding_of(e, "old")->before, "2026-11-01T05:00:00Z");
	ck_assert_int_eq(finding_of(e, "fresh")->change, CHANGE_GONE);
	ck_assert_uint_eq(finding_of(e, "fresh")->to_tell, 29);
	ck_assert(!e->regression);
	past = compare_to_past(ix, "n3", NULL);
	ck_assert(past->regression);
	compare_free(past);
	past = compare_to_past(ix, "n4", NULL);
	ck_assert(!past->regression);
	ck_assert_int_eq(finding_of(past, "old")->change, CHANGE_SAME);
}
END_TEST

START_TEST(not_comparable)
{
	static const char *const pairs[][2] = {{"n1", "n9"}, {"n1", "kernel:6.1"}, {"last~5", "n1"}, {"night:6.1", "n1"}};
	rig_auto(run_index) ix = NULL;
	g_autoptr(GError) error = NULL;

	night("n1", 1, 1, 0, "x", 1);
	ix = open_index();
	ck_assert_ptr_null(compare_new(ix, pairs[_i][0], pairs[_i][1], &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

/* ---- retention ---- */

START_TEST(pruned)
{
	const char *const pass[] = {"PASS", NULL};
	g_autofree char *bad[5] = {NULL}, *kept = NULL, *dir = NULL;
	g_autoptr(GPtrArray) names = NULL, passed = NULL, none = NULL;
	rig_auto(run_index) ix = NULL;

	for (int i = 0; i < 5; i++) {
		g_autofree char *created = g_strdup_printf("2026-01-0%dT05:00:00Z", i + 1);

		bad[i] = finish(begin("a", i, created, NULL), VERDICT_FAIL, REPORT("b"));
	}
	kept = finish(begin("b", 8, "2026-01-01T05:00:00Z", "{\"keep\": \"for the mail\"}"), VERDICT_PASS, "{}");
	add("c", 9, "2026-01-01T05:00:00Z", VERDICT_PASS, "{}");
	ix = open_index();
	/* the first and the last witness stay, so does the labelled one */
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
	dir = g_build_filename(scratch, bad[2], NULL);
	ck_assert(!g_file_test(dir, G_FILE_TEST_EXISTS));
	ck_assert_uint_eq(count(ix, (struct index_filter){0}), 3);
	ck_assert(!index_prune(ix, "../x", NULL));
	g_free(dump(ix));
}
END_TEST

/* ---- statistics ---- */

START_TEST(statistics)
{
	static const struct {
		guint a, n, b, m;
		double p;
	} tables[] = {{0, 1, 1, 1, 1}, {0, 5, 5, 5, 2 / 252.0}, {3, 10, 9, 10, 0.0197665}, {0, 20, 1, 20, 1},
		      {2, 7, 8, 9, 0.0349650}, {0, 0, 3, 3, 1}};
	const double low[] = {1, 2, 3, 4}, high[] = {5, 6, 7, 8}, odd[] = {1, 2, 3, 9}, mid[] = {4, 5, 6, 7, 8}, same[] = {3, 3, 3, 3};
	double a, b, values[] = {3, 1, 2, 10};

	for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
		ck_assert_msg(fabs(stats_fisher(tables[i].a, tables[i].n, tables[i].b, tables[i].m) - tables[i].p) < 1e-6,
			      "table %u", i);
	ck_assert(fabs(stats_mann_whitney(low, 4, high, 4) - 2 / 70.0) < 1e-9);
	ck_assert(fabs(stats_mann_whitney(high, 4, low, 4) - 2 / 70.0) < 1e-9);
	ck_assert(fabs(stats_mann_whitney(odd, 4, mid, 5) - 36 / 126.0) < 1e-9);
	ck_assert(stats_mann_whitney(same, 4, same, 4) >= 1);
	ck_assert(stats_mann_whitney(low, 0, high, 4) >= 1);
	stats_wilson(0, 1, &a, &b);
	ck_assert(fabs(a) < 1e-9 && fabs(b - 0.793450) < 1e-5);
	stats_wilson(3, 10, &a, &b);
	ck_assert(fabs(a - 0.107789) < 1e-5 && fabs(b - 0.603222) < 1e-5);
	stats_wilson(10, 10, &a, &b);
	ck_assert(fabs(a - 0.722467) < 1e-5 && b >= 1);
	ck_assert(fabs(stats_median(values, 4) - 2.5) < 1e-9);
	ck_assert_uint_eq(stats_runs_to_tell(1, 10), 29);
	ck_assert_uint_eq(stats_runs_to_tell(0, 10), 0);
	ck_assert_uint_eq(stats_runs_to_tell(4, 4), 1);
}
END_TEST

void add_index_tests(Suite *suite)
{
	TCase *tc = tcase_create("index");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, follows);
	tcase_add_loop_test(tc, means, 0, G_N_ELEMENTS(meanings));
	tcase_add_test(tc, rebuilt);
	tcase_add_test(tc, rebuilt_at_once);
	tcase_add_loop_test(tc, damaged, 0, 3);
	tcase_add_test(tc, many_writers);
	tcase_add_test(tc, no_results);
	tcase_add_test(tc, compared);
	tcase_add_loop_test(tc, not_comparable, 0, 4);
	tcase_add_test(tc, pruned);
	tcase_add_test(tc, statistics);
	suite_add_tcase(suite, tc);
}
