// SPDX-License-Identifier: GPL-2.0-only
/* Tests how the locks of an edge were acquired, and cycles of readers. */
#include <string.h>

#include "tests/unit/locks.h"
#include "tests/unit/suite.h"

#define EDGE(context, a, b) CHAIN(context) LINE(a) "\n" CHAIN(context) LINE(a) LINE(b) "\n"

static guint kinds_of(const struct lock_orders *orders, const char *from, const char *to)
{
	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];
		const struct lock_class *a = orders->classes->pdata[edge->from],
					*b = orders->classes->pdata[edge->to];

		if (!strcmp(a->name, from) && !strcmp(b->name, to))
			return edge->contexts & (LOCK_FROM_ALL | LOCK_TO_ALL);
	}
	ck_abort_msg("no edge %s --> %s", from, to);
	return 0;
}

/*
 * The usage of a class decides the kind of its edges: `m` is exclusive; `sem` was only read, and a
 * lock that sleeps was taken under it; `spin` was only read with interrupts enabled, and may have
 * been written with interrupts disabled, like tasklist_lock; in a softirq `spin` is only read.
 */
START_TEST(kinds_from_usage)
{
	static const struct {
		const char *from, *to;
		guint kinds;
	} cases[] = {
		{"m", "sem", LOCK_FROM_WRITE | LOCK_TO_READ},
		{"sem", "fs_reclaim", LOCK_FROM_READ | LOCK_TO_WRITE},
		{"m", "spin", LOCK_FROM_WRITE | LOCK_TO_UNKNOWN},
		{"spin", "inner", LOCK_FROM_UNKNOWN | LOCK_TO_WRITE},
		{"m", "both", LOCK_FROM_WRITE | LOCK_TO_UNKNOWN},
		{"m", "quiet", LOCK_FROM_WRITE | LOCK_TO_UNKNOWN},
		{"irq", "spin", LOCK_FROM_WRITE | LOCK_TO_RECURSIVE},
		{"spin", "irq", LOCK_FROM_READ | LOCK_TO_WRITE},
		{"tried", "irq", LOCK_FROM_READ | LOCK_FROM_UNKNOWN | LOCK_TO_WRITE},
	};
	rig_auto(lock_orders) orders = lock_orders_parse(
		USED("+.+.", "m") USED(".+.+", "sem") USED(".+.?", "spin") USED("++++", "both")
			USED("....", "quiet") USED("..-.", "irq") USED("+.+.", "fs_reclaim")
				USED(".+.-", "tried") USED("+.+.", "inner"),
		EDGE("0", "m", "sem") EDGE("0", "sem", "fs_reclaim") EDGE("0", "m", "spin")
			EDGE("0", "spin", "inner") EDGE("0", "m", "both") EDGE("0", "m", "quiet")
				EDGE("softirq", "irq", "spin") EDGE("softirq", "spin", "irq")
					CHAIN("softirq") LINE("tried") LINE("irq") "\n",
		NULL, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		ck_assert_msg(kinds_of(orders, cases[i].from, cases[i].to) == cases[i].kinds,
			      "%s --> %s: %#x, not %#x", cases[i].from, cases[i].to,
			      kinds_of(orders, cases[i].from, cases[i].to), cases[i].kinds);
}
END_TEST

/* A report prints the functions that waited for each lock. */
START_TEST(kinds_from_reports)
{
	json_auto_t *reports = json_pack(
		"[{s:s, s:[s, s, s], s:[s, s, s], s:s}]", "kind", "lockdep-circular", "cycle", "a",
		"b", "c", "taken_in", "in_a", "in_b", "in_c", "text",
		"-> #2 (c){++++}-{0:0}:\n       lock_acquire+0x1/0x2\n"
		"       percpu_down_write+0x1/0x2\n       in_c+0x1/0x2\n       down_read+0x1/0x2\n"
		"-> #1 (b){++++}-{3:3}:\n       lock_acquire+0x1/0x2\n       down_read+0x1/0x2\n"
		"       in_b+0x1/0x2\n-> #0 (a){+.+.}-{3:3}:\n       in_a+0x1/0x2\n"
		"       __mutex_lock+0x1/0x2\n");
	rig_auto(lock_orders) orders = lock_orders_new();

	lock_orders_add_reports(orders, reports);
	ck_assert_uint_eq(kinds_of(orders, "b", "c"), LOCK_FROM_UNKNOWN | LOCK_TO_WRITE);
	ck_assert_uint_eq(kinds_of(orders, "a", "b"), LOCK_FROM_UNKNOWN | LOCK_TO_READ);
	ck_assert_uint_eq(kinds_of(orders, "c", "a"), LOCK_FROM_UNKNOWN | LOCK_TO_UNKNOWN);
}
END_TEST

/*
 * A cycle of two runs, x --> rw and rw --> x, in which rw is a lock with readers. It is left out
 * only if a recursive reader waits for rw, and a reader holds it.
 */
START_TEST(readers)
{
	static const struct {
		const char *context, *one, *two; /* usage of rw in both runs */
		gboolean left_out, unclear, writer;
	} cases[] = {
		/* only readers in softirqs: the waiting one is recursive */
		{"softirq", USED("..-.", "x") USED("...-", "rw"), USED("..-.", "x")
			USED("...-", "rw"), TRUE, FALSE, FALSE},
		/* the second run has a writer in a softirq */
		{"softirq", USED("..-.", "x") USED("...-", "rw"), USED("..-.", "x")
			USED("..--", "rw"), FALSE, TRUE, FALSE},
		/* in softirqs there are only writers */
		{"softirq", USED("..-.", "x") USED("...-", "rw"), USED("..-.", "x")
			USED("..-+", "rw"), FALSE, FALSE, FALSE},
		/* readers of a lock that sleeps are not recursive */
		{"0", USED("+.+.", "fs_reclaim") USED("+.+.", "x") USED(".+.+", "rw"),
			USED("+.+.", "fs_reclaim") USED("+.+.", "x") USED(".+.+", "rw"),
			FALSE, FALSE, TRUE},
		/* interrupts may have been disabled for a writer */
		{"0", USED("+.+.", "x") USED(".+.+", "rw"), USED("+.+.", "x") USED(".+.+", "rw"),
			FALSE, TRUE, FALSE},
		/* there is no reader */
		{"0", USED("+.+.", "x") USED("+.+.", "rw"), USED("+.+.", "x") USED("+.+.", "rw"),
			FALSE, FALSE, FALSE},
	};
	struct world w = {in_scratch("results"), NULL, NULL};
	/* these chains make rw a lock that sleeps: a task held it when it acquired fs_reclaim */
	const char *sleeps = strstr(cases[_i].one, "fs_reclaim")
				     ? CHAIN("0") LINE("rw") LINE("fs_reclaim") "\n"
				     : "";
	const char *context = cases[_i].context;
	g_autofree char *one = g_strdup_printf(CHAIN("%s") LINE("x") "\n" CHAIN("%s") LINE("x")
						       LINE("rw") "\n%s",
					       context, context, sleeps);
	g_autofree char *two = g_strdup_printf(CHAIN("%s") LINE("rw") "\n" CHAIN("%s") LINE("rw")
						       LINE("x") "\n%s",
					       context, context, sleeps);
	g_autoptr(GPtrArray) cycles = NULL;
	struct lock_cycles_left left = {0};

	put_run_of(w.results, "20261101T000000Z-s-1", "m", "PASS", cases[_i].one, one);
	put_run_of(w.results, "20261102T000000Z-s-2", "m", "PASS", cases[_i].two, two);
	look_in(&w, NULL);
	cycles = lock_cycles(w.db, w.graph, 6, &left);
	ck_assert_uint_eq(left.readers, cases[_i].left_out);
	ck_assert_uint_eq(cycles->len, !cases[_i].left_out);
	if (cycles->len) {
		const struct lock_cycle *cycle = cycles->pdata[0];

		ck_assert_int_eq(cycle->unclear >= 0, cases[_i].unclear);
		ck_assert_int_eq(cycle->writer >= 0, cases[_i].writer);
	}
	world_clear(&w);
}
END_TEST

void add_kind_tests(TCase *boot, TCase *graph)
{
	tcase_add_test(boot, kinds_from_usage);
	tcase_add_test(boot, kinds_from_reports);
	tcase_add_loop_test(graph, readers, 0, 6);
}
