// SPDX-License-Identifier: GPL-2.0-only
/* Tests comparisons of nights and kernels, and the statistics that they use. */
#include <math.h>
#include <string.h>

#include "stats/compare.h"
#include "stats/stats.h"
#include "tests/unit/runs.h"
#include "tests/unit/suite.h"
#include "util/error.h"

/* ---- comparisons of nights and kernels ---- */

static const struct compare_finding *finding_of(const struct compare *c, const char *bug)
{
	for (guint i = 0; i < c->findings->len; i++)
		if (!strcmp(((struct compare_finding *)c->findings->pdata[i])->bug, bug))
			return c->findings->pdata[i];
	ck_abort_msg("no %s", bug);
	return NULL;
}

/*
 * Adds N runs of a night, of which HITS have the finding BUG; the good ones have about OPS
 * operations per second.
 */
static void night(const char *id, guint day, guint n, guint hits, const char *bug, guint ops)
{
	g_autofree char *labels =
		g_strdup_printf("{\"night\": \"%s\", \"attempt\": \"1\", \"tree\": \"t\"}", id);
	g_autofree char *created = g_strdup_printf("2026-11-%02uT05:00:00Z", day);
	g_autofree char *report = g_strdup_printf(
		"{\"reports\": [{\"kind\": \"warning\", \"title\": \"t\", \"signature\": "
		"{\"bug\": \"%s\"}}]}",
		bug);

	for (guint i = 0; i < n; i++) {
		g_autofree char *good = g_strdup_printf(
			"{\"counts\": {\"agents\": [{\"ops\": %u}]}, \"times\": {\"hammer_ns\": "
			"1000000000}}",
			ops + i);

		g_free(finish_run(begin_run("s", 100 * day + i, created, labels),
				  i < hits ? VERDICT_FAIL : VERDICT_PASS,
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
	/*
	 * first 5 of 10 runs, then 0 of 10: p = 0.033, so the finding is fixed; the speed has
	 * halved
	 */
	c = compare_new(ix, "n1", "n2", NULL);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(finding_of(c, "old")->change, CHANGE_FIXED);
	ck_assert(finding_of(c, "old")->significant);
	ck_assert_int_eq(((struct compare_rate *)c->rates->pdata[0])->change, CHANGE_LESS);
	ck_assert_int_eq(((struct compare_speed *)c->speeds->pdata[0])->change, CHANGE_SLOWER);
	ck_assert(c->regression);
	/*
	 * a finding that was never seen before is new, even in one run; the speed differs by only
	 * one percent
	 */
	d = compare_new(ix, "last~2", "last~1", NULL);
	ck_assert_ptr_nonnull(d);
	ck_assert_int_eq(finding_of(d, "fresh")->change, CHANGE_NEW);
	ck_assert(!finding_of(d, "fresh")->significant);
	ck_assert_int_eq(((struct compare_rate *)d->rates->pdata[0])->change, CHANGE_SAME);
	ck_assert_int_eq(((struct compare_speed *)d->speeds->pdata[0])->change, CHANGE_SAME);
	ck_assert(d->regression);
	/* a finding of the first night occurs again; the absence of another one may be chance */
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
	static const char *const pairs[][2] = {
		{"n1", "n9"}, {"n1", "kernel:6.1"}, {"last~5", "n1"}, {"night:6.1", "n1"}};
	rig_auto(run_index) ix = NULL;
	g_autoptr(GError) error = NULL;

	night("n1", 1, 1, 0, "x", 1);
	ix = open_index();
	ck_assert_ptr_null(compare_new(ix, pairs[_i][0], pairs[_i][1], &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

/* ---- statistics ---- */

START_TEST(statistics)
{
	static const struct {
		guint a, n, b, m;
		double p;
	} tables[] = {{0, 1, 1, 1, 1},	 {0, 5, 5, 5, 2 / 252.0}, {3, 10, 9, 10, 0.0197665},
		      {0, 20, 1, 20, 1}, {2, 7, 8, 9, 0.0349650}, {0, 0, 3, 3, 1}};
	const double low[] = {1, 2, 3, 4}, high[] = {5, 6, 7, 8}, odd[] = {1, 2, 3, 9},
		     mid[] = {4, 5, 6, 7, 8}, same[] = {3, 3, 3, 3};
	double a, b, values[] = {3, 1, 2, 10};

	for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
		ck_assert_msg(
			fabs(stats_fisher(tables[i].a, tables[i].n, tables[i].b, tables[i].m) -
			     tables[i].p) < 1e-6,
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
	ck_assert_uint_eq(stats_runs_to_distinguish(1, 10), 29);
	ck_assert_uint_eq(stats_runs_to_distinguish(0, 10), 0);
	ck_assert_uint_eq(stats_runs_to_distinguish(4, 4), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stats");
	TCase *tc = tcase_create("compare");

	use_scratch(tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, compared);
	tcase_add_loop_test(tc, not_comparable, 0, 4);
	tcase_add_test(tc, statistics);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
