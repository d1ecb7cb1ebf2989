// SPDX-License-Identifier: GPL-2.0-only
/* Tests the lines of the instruction file for the lock recorder. */
#include <check.h>
#include <string.h>

#include "director/director.h"
#include "tests/unit/director.h"
#include "tests/unit/suite.h"
#include "util/error.h"

static const struct director_watch locks = {.locks = TRUE},
				   spinlocks = {.locks = TRUE, .spinlocks = TRUE};

/*
 * The recorder's lines: for the lock functions that this kernel has, and for locks with a fixed
 * address.
 */
START_TEST(recorder_lines)
{
	g_autoptr(GError) error = NULL;
	rig_auto(director_orders) orders = director_resolve(NULL, 0, &locks, kernel, &error);

	ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
	ck_assert_msg(
		g_regex_match_simple(
			"^rig-director 1\nrecord 16384 ffffffff81000000 ffffffff81[0-9a-f]{6} "
			"ffffffff81000000 ffffffff81[0-9a-f]{6}\n"
			"lock try w - (ffffffff81[0-9a-f]{6}) 0\n"
			"lockret \\1 ffffffff81[0-9a-f]{6}\n"
			"lock want r - ffffffff81[0-9a-f]{6} ffffffff81[0-9a-f]{6}\n"
			/* this kernel has no function kernfs_drain() */
			"lock await w k ffffffff81[0-9a-f]{6} 0\n$",
			director_orders_text(orders), 0, 0),
		"%s", director_orders_text(orders));
	/* QEMU 7.2 does not let a plugin read registers */
	ck_assert(director_fits(NULL, 0, &locks, 4, &error));
	ck_assert(!director_fits(NULL, 0, &locks, 1, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
	ck_assert_ptr_nonnull(strstr(error->message, "rig qemu get"));
}
END_TEST

#define FUNCTION(name) "void " #name "(void *p) { counter += (int)(long)p; }\n"

/* Functions of a kernel with all releases out of line. */
static const char releases[] =
	FUNCTION(_raw_spin_lock) FUNCTION(_raw_spin_unlock) FUNCTION(_raw_spin_unlock_irq)
	FUNCTION(_raw_read_unlock) FUNCTION(_raw_read_unlock_irq) FUNCTION(_raw_write_unlock)
	FUNCTION(_raw_write_unlock_irq) FUNCTION(__init_waitqueue_head) FUNCTION(irq_enter_rcu)
	FUNCTION(irq_exit_rcu) FUNCTION(__do_softirq) FUNCTION(handle_softirqs);

static void assert_no_spinlocks(const char *why)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(director_resolve(NULL, 0, &spinlocks, kernel, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
	ck_assert_msg(strstr(error->message, why) != NULL, "%s", error->message);
}

/* Spinlocks are recorded only with all functions that release them, and those of interrupts. */
START_TEST(spinlock_lines)
{
	g_autoptr(GError) error = NULL;
	rig_auto(director_orders) without = NULL;
	rig_auto(director_orders) with = NULL;
	g_autofree char *more = g_strconcat(releases, FUNCTION(rt_spin_lock), NULL);

	assert_no_spinlocks("no function '_raw_spin_unlock', because it inlines");
	make_kernel_with(releases);
	without = director_resolve(NULL, 0, &locks, kernel, &error);
	ck_assert_msg(without && !strstr(director_orders_text(without), "lock want w s"), "%s",
		      error ? error->message : "");
	with = director_resolve(NULL, 0, &spinlocks, kernel, &error);
	ck_assert_msg(with != NULL, "%s", error ? error->message : "");
	/* what is recorded without spinlocks comes first, unchanged */
	ck_assert(g_str_has_prefix(director_orders_text(with), director_orders_text(without)));
	ck_assert_msg(g_regex_match_simple(
			      "lock want w s [0-9a-f]+ 0\nlock drop w s [0-9a-f]+ 0\n"
			      "lock drop w s [0-9a-f]+ 0\n(lock drop r s [0-9a-f]+ 0\n){2}"
			      "(lock drop w s [0-9a-f]+ 0\n){2}lock named w sq [0-9a-f]+ 0\n"
			      /* a line for only one of __do_softirq() and handle_softirqs() */
			      "lock while r - ([0-9a-f]+) 0\nlockret \\3 [0-9a-f]+\n"
			      "lock begin r - [0-9a-f]+ 0\nlock end r - ([0-9a-f]+) 0\n"
			      "lockret \\4 [0-9a-f]+\n$",
			      director_orders_text(with), 0, 0),
		      "%s", director_orders_text(with));
	g_free(kernel->arch);
	kernel->arch = g_strdup("s390x");
	assert_no_spinlocks("interrupts on s390x are not known");
	make_kernel_with(more);
	assert_no_spinlocks("CONFIG_PREEMPT_RT");
}
END_TEST

void add_recorder_tests(TCase *tcase)
{
	tcase_add_test(tcase, recorder_lines);
	tcase_add_test(tcase, spinlock_lines);
}
