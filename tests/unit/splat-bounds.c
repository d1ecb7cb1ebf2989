// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logs made to exceed the limits of the scanner: neither memory nor time may grow with the square
 * of their length.
 */
#include <string.h>
#include <sys/resource.h>

#include "tests/unit/suite.h"
#include "tests/unit/splat.h"

START_TEST(endless_line)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	g_autofree guint8 *junk = g_malloc(1 << 20);

	memset(junk, 'A', 1 << 20);
	for (int i = 0; i < 100; i++)
		scanner_feed(scanner, junk, 1 << 20);
	scanner_feed(scanner, (const guint8 *)"\n", 1);
	const char *next =
		"[    1.0000] BUG: Bad rss-counter state mm:00000000abcdef12 idx:1 val:5\n";

	scanner_feed(scanner, (const guint8 *)next, strlen(next));
	scanner_flush(scanner);
	ck_assert_uint_eq(found->len, 1);
	const struct splat *splat = found->pdata[0];

	ck_assert_uint_eq(splat->first_line, 2);
	ck_assert_uint_eq(splat->first_byte, (100 << 20) + 1);
}
END_TEST

START_TEST(endless_report)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	const char *begin =
		"[    1.000000] BUG: sleeping function called from invalid context at mm/slab.h:1\n"
		"[    1.000000] Call Trace:\n";
	const char *frame = "[    1.000000]  some_function_name+0x12/0x34\n";

	scanner_feed(scanner, (const guint8 *)begin, strlen(begin));
	for (int i = 0; i < 100000; i++)
		scanner_feed(scanner, (const guint8 *)frame, strlen(frame));
	scanner_flush(scanner);
	ck_assert_uint_eq(found->len, 1);
	const struct splat *splat = found->pdata[0];

	ck_assert(splat->truncated);
	ck_assert_uint_le(strlen(splat->text), 256 * 1024);
	ck_assert_uint_eq(splat->last_line, 100002);
}
END_TEST

/* A header that could replace that of a report, which has the maximum number of lines already. */
START_TEST(header_after_an_endless_report)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	const char *begin = "[    1.000000] kernel BUG at mm/slab.c:1!\n";
	const char *line = "[    1.000000] Modules linked in: thing\n";
	const char *header = "[    1.000000] kernel BUG at lib/list_debug.c:12!\n";

	scanner_feed(scanner, (const guint8 *)begin, strlen(begin));
	for (int i = 0; i < 6100; i++)
		scanner_feed(scanner, (const guint8 *)line, strlen(line));
	scanner_feed(scanner, (const guint8 *)header, strlen(header));
	scanner_flush(scanner);
	ck_assert_uint_eq(found->len, 1);
	ck_assert_str_eq(((struct splat *)found->pdata[0])->kind, "bug");
}
END_TEST

/*
 * One line, and another one many times, of which each could be joined to the line before: the text
 * that results must not grow with the log.
 */
static const struct {
	const char *first, *again;
} growing[] = {
	/* a terminal wrapped all lines at the same width */
	{"[    1.000000] WARNING: possible circular locking dependency detected\n"
	 "[    1.000000] a/1 is trying to acquire lock:\n"
	 "[    1.000000] ffff888012345678 (&some_structure_with_a_long_name->lock){+.+.}\n",
	 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	 "xxxxxxxxxxxxxxx\n"},
	{"Kernel panic - not syncing: a message that is longer than the least width of wrapped "
	 "lines\n",
	 "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
	 "yyyyyyyyyyyyyyy\n"},
	/* a lock line whose end never comes */
	{"WARNING: possible circular locking dependency detected\n6.1 #1 Not tainted\n"
	 "a/1 is trying to acquire lock:\n#0: (a){+.+.}-\n",
	 "}-\n"},
};

START_TEST(joined_lines_are_bounded)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	const char *first = growing[_i].first, *again = growing[_i].again;
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	scanner_feed(scanner, (const guint8 *)first, strlen(first));
	for (int i = 0; i < 20000; i++)
		scanner_feed(scanner, (const guint8 *)again, strlen(again));
	scanner_flush(scanner);
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 16 << 10);
	for (guint i = 0; i < found->len; i++)
		ck_assert_uint_le(strlen(((struct splat *)found->pdata[i])->text), 256 * 1024);
}
END_TEST

/* Headers of which each could replace the one before, until the report is full. */
START_TEST(a_header_that_does_not_fit)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	g_autofree char *rest = g_strnfill(8000, 'x');
	g_autofree char *line = g_strdup_printf("[    1.000000] WARNING: x.c:1 at f %s\n", rest);

	for (int i = 0; i < 70; i++)
		scanner_feed(scanner, (const guint8 *)line, strlen(line));
	scanner_flush(scanner);
	ck_assert_uint_ge(found->len, 1);
	for (guint i = 0; i < found->len; i++)
		ck_assert_str_eq(((struct splat *)found->pdata[i])->title, "WARNING in f");
}
END_TEST

void add_bounds_tests(TCase *tests)
{
	tcase_add_test(tests, endless_line);
	tcase_add_test(tests, endless_report);
	tcase_add_test(tests, header_after_an_endless_report);
	tcase_add_loop_test(tests, joined_lines_are_bounded, 0, G_N_ELEMENTS(growing));
	tcase_add_test(tests, a_header_that_does_not_fit);
}
