// SPDX-License-Identifier: GPL-2.0-only
/* Tests the lock orders that a run stores, and guests that send invalid ones. */
#include "tests/unit/engine.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "locks/graph.h"
#include "tests/unit/suite.h"
#include "util/clock.h"

static char *journal_of(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "journal", NULL);
	char *text = NULL;

	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static struct lock_orders *orders_of(const char *dir)
{
	g_autofree char *name = g_path_get_basename(dir);

	return lock_orders_of_run(scratch, name);
}

/*
 * The lock orders are stored however the run ends, unless that is disabled or the guest does not
 * respond.
 */
START_TEST(orders_are_kept)
{
	static const struct {
		const char *fake;
		gboolean report, not_wanted, kept;
		enum verdict verdict;
	} ways[] = {
		{"", FALSE, FALSE, TRUE, VERDICT_PASS},
		{"", FALSE, TRUE, FALSE, VERDICT_PASS},
		{"", TRUE, FALSE, TRUE, VERDICT_FAIL},
		{"agent-stuck", FALSE, FALSE, TRUE, VERDICT_HANG},
		{"hang-at=plug", FALSE, FALSE, FALSE, VERDICT_HANG},
	};
	struct run_plan plan = {.seed = 7, .duration_s = 1, .keep_locks = !ways[_i].not_wanted};
	g_autofree char *dir = NULL, *journal = NULL, *report = data_path("engine/report.txt");
	g_autofree char *fake =
		ways[_i].report ? g_strdup_printf("console-file=%s;console-pause=300", report)
				: g_strdup(ways[_i].fake);
	rig_auto(lock_orders) orders = NULL;

	plan.duration_s = ways[_i].verdict == VERDICT_HANG ? 60 : 1;
	/* the wait for the orders is a fortieth of this, which a busy host can exceed at 2 s */
	plan.patience_s = ways[_i].verdict == VERDICT_HANG ? 10 : 60;
	play(fake);
	ck_assert_int_eq(run_once(&plan, &dir), ways[_i].verdict);
	orders = orders_of(dir);
	journal = journal_of(dir);
	ck_assert_msg((orders != NULL) == ways[_i].kept, "%.3000s", journal);
	if (orders) {
		ck_assert_uint_eq(orders->edges->len, 1);
		ck_assert(!orders->cut);
	}
}
END_TEST

/*
 * Invalid, endless or missing lock orders do not change the run's verdict; the journal has the
 * reason.
 */
START_TEST(hostile_guest)
{
	static const struct {
		const char *fake, *journal;
		gboolean file;
		guint patience_s; /* long, so that a busy host does not end the wait first */
	} ways[] = {
		{"no-answer=75", "the guest did not send it in time", FALSE, 0},
		{"locks-endless", "longer than 8 MiB", FALSE, 300},
		{"locks-error=ENOMEM", "ENOMEM", FALSE, 300},
		{NULL, "end inside a line", TRUE, 300},
	};
	struct run_plan plan = {
		.seed = 7,
		.duration_s = 1,
		.keep_locks = TRUE,
		.patience_s = ways[_i].patience_s,
	};
	g_autofree char *dir = NULL, *journal = NULL, *fake = g_strdup(ways[_i].fake);

	if (ways[_i].file) {
		g_autofree char *file = in_scratch("locks");
		g_autoptr(GString) text = g_string_new(NULL);

		for (guint i = 0; i < 3000; i++)
			g_string_append_printf(
				text, "irq_context: %u\n[%x] a%u\n[zz] /\n\xff[1] \n", i, i, i);
		g_string_append(text, "[1");
		ck_assert(g_file_set_contents(file, text->str, text->len, NULL));
		fake = g_strdup_printf("locks-file=%s", file);
	}
	play(fake);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_PASS);
	journal = journal_of(dir);
	ck_assert_msg(strstr(journal, ways[_i].journal) != NULL, "%.3000s", journal);
}
END_TEST

/*
 * If the guest does not send all of its lock orders in 0.5 s of its runtime, those that arrived are
 * kept, and the verdict has a note.
 */
START_TEST(cut_in_time)
{
	struct run_plan plan = {
		.seed = 7, .duration_s = 1, .keep_locks = TRUE, .patience_s = 20};
	g_autofree char *dir = NULL, *journal = NULL;
	rig_auto(lock_orders) orders = NULL;
	rig_auto(run_info) info = NULL;
	double guest_s = -1;
	const char *line;

	play("locks-part");
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_PASS);
	orders = orders_of(dir);
	ck_assert_ptr_nonnull(orders);
	ck_assert_uint_eq(orders->edges->len, 1);
	info = run_open(scratch, dir, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(info->details, "locks"),
							   "note")),
			 "chains: cut, because the guest did not send all of it in time");
	journal = journal_of(dir);
	line = strstr(journal, "\"guest_s\":");
	ck_assert_msg(line && sscanf(line, "\"guest_s\":%lf", &guest_s) == 1, "%.3000s", journal);
	ck_assert_double_lt(guest_s, 1);
}
END_TEST

static goffset size_of(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, "locks", name, NULL);
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* `locks/` has at most 200 kB, even if the text cannot be compressed. */
START_TEST(bounded_on_disk)
{
	static const char digits[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
	/* a long patience, so that a busy host does not cut the text in time */
	struct run_plan plan = {
		.seed = 7, .duration_s = 1, .keep_locks = TRUE, .patience_s = 60};
	g_autofree char *file = in_scratch("locks"), *fake = g_strdup_printf("locks-file=%s", file),
			*dir = NULL, *journal = NULL;
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	g_autoptr(GString) text = g_string_new(NULL);
	goffset sum;

	while (text->len < 250000)
		g_string_append_c(text, text->len % 90 == 89
						? '\n'
						: digits[g_rand_int_range(random, 0, 64)]);
	ck_assert(g_file_set_contents(file, text->str, text->len, NULL));
	play(fake);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_PASS);
	sum = size_of(dir, "lockdep.gz") + size_of(dir, "chains.gz") +
	      size_of(dir, "orders.json.gz");
	ck_assert_int_gt(sum, 150000);
	ck_assert_int_le(sum, 200000);
	journal = journal_of(dir);
	ck_assert_msg(strstr(journal, "more than 200 kB") != NULL, "%.3000s", journal);
}
END_TEST

/* An edge that violates the declared order fails the run, and `rig recheck` keeps that verdict. */
START_TEST(an_order_against_the_rules)
{
	struct run_plan plan = {.seed = 7, .duration_s = 1, .keep_locks = TRUE};
	g_autofree char *file = in_scratch("locks"), *fake = g_strdup_printf("locks-file=%s", file),
			*dir = NULL;
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) info = NULL;
	gboolean changed = TRUE;
	json_t *report;

	ck_assert(g_file_set_contents(
		file, "irq_context: 0\n[1] mem_hotplug_lock\n[2] cpu_hotplug_lock\n\n", -1, NULL));
	play(fake);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_FAIL);
	ck_assert_msg(run_recheck(dir, &changed, &error), "%s", error ? error->message : "");
	ck_assert(!changed);
	info = run_open(scratch, dir, NULL);
	ck_assert_int_eq(info->verdict, VERDICT_FAIL);
	report = json_array_get(json_object_get(info->details, "reports"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(report, "kind")), "lock-order");
	ck_assert_str_eq(
		json_string_value(json_object_get(json_object_get(report, "signature"), "bug")),
		"v1:lock-order:mem_hotplug_lock --> cpu_hotplug_lock");
}
END_TEST

/*
 * A lock order for which the user searches is reported as a note, and does not change the verdict.
 * The load then ends when each step was executed, before its duration is over.
 */
START_TEST(an_order_that_is_asked_for)
{
	struct run_plan plan = {
		.seed = 7, .duration_s = 25, .keep_locks = TRUE, .until = "v1:lock-edge:a --> b"};
	g_autofree char *dir = NULL;
	rig_auto(run_info) info = NULL;

	play("");
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_PASS);
	info = run_open(scratch, dir, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(info->details, "reports")), 1);
	ck_assert(json_is_true(
		json_object_get(json_object_get(info->details, "counts"), "ran_once")));
	ck_assert_int_lt(json_integer_value(json_object_get(
				 json_object_get(info->details, "times"), "total_ns")),
			 25 * RIG_NS_PER_S);
}
END_TEST

void add_locks_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, orders_are_kept, 0, 5);
	tcase_add_loop_test(tcase, hostile_guest, 0, 4);
	tcase_add_test(tcase, cut_in_time);
	tcase_add_test(tcase, bounded_on_disk);
	tcase_add_test(tcase, an_order_against_the_rules);
	tcase_add_test(tcase, an_order_that_is_asked_for);
}
