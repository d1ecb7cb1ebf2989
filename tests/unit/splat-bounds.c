// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logs made to exceed the limits of the scanner: neither memory nor time may grow with the square
 * of their length.
 */
#include <string.h>
#include <sys/resource.h>

#include "tests/unit/suite.h"
#include "splat/decode.h"
#include "tests/unit/splat.h"

/* limit for the growth of the process's memory; none with ASan, which keeps freed memory */
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_KIB G_MAXLONG
#else
#define GROWTH_KIB (16L << 10)
#endif

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
 * Logs of one line, and another line many times. Each line could be joined to the line before; the
 * joined text must not grow with the log.
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

/* Returns the maximum size of the process's memory so far, in KiB. */
static long memory_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Scans FIRST, and then AGAIN as many TIMES; memory must not grow. */
static GPtrArray *scan_again(const char *first, const char *again, guint times)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	long before = memory_kib();

	scanner_feed(scanner, (const guint8 *)first, strlen(first));
	for (guint i = 0; i < times; i++)
		scanner_feed(scanner, (const guint8 *)again, strlen(again));
	scanner_flush(scanner);
	ck_assert_int_lt(memory_kib() - before, GROWTH_KIB);
	return found;
}

START_TEST(joined_lines_are_bounded)
{
	g_autoptr(GPtrArray) found = scan_again(growing[_i].first, growing[_i].again, 20000);

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

/* Pieces of a lock line: the line that they are joined to is copied once, not for each piece. */
START_TEST(torn_links_are_bounded)
{
	g_autoptr(GPtrArray) found =
		scan_again("[    1.000000] WARNING: possible circular locking dependency detected\n"
			   "[    1.000000] -> #1 (&thing->lock\n",
			   "[    1.000000] ){aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 5900);

	ck_assert_uint_eq(found->len, 1);
}
END_TEST

static void drop(const guint8 *bytes, gsize len, void *data)
{
	(void)bytes, (void)data, (void)len;
}

/* JSON with very many objects inside one object, which does not end. */
START_TEST(nested_objects_are_bounded)
{
	struct text_decoder *decoder = text_decoder_new(drop, NULL);
	const char *begin = "{\n\"MESSAGE\": \"text\", \"more\": [";
	g_autoptr(GString) objects = g_string_new(NULL);
	long before = memory_kib();

	for (int i = 0; i < 1000; i++)
		g_string_append(objects, "{},1,");
	text_decoder_feed(decoder, (const guint8 *)begin, strlen(begin));
	for (int i = 0; i < 6000; i++)
		text_decoder_feed(decoder, (const guint8 *)objects->str, objects->len);
	ck_assert(text_decoder_end(decoder, NULL));
	ck_assert_int_lt(memory_kib() - before, GROWTH_KIB);
}
END_TEST

/* A title for which a pattern of clean_title() once needed more steps than PCRE allows. */
START_TEST(a_title_of_digits)
{
	g_autofree char *digits = g_strnfill(8000, '0');
	g_autofree char *line =
		g_strdup_printf("[    1.000000] Kernel panic - not syncing: %sz\n", digits);
	g_autoptr(GPtrArray) found = scan(line, strlen(line), 0, NULL);

	ck_assert_uint_eq(found->len, 1);
	ck_assert_str_eq(((struct splat *)found->pdata[0])->title, "kernel panic: NUMz");
}
END_TEST

/* Lines that nearly have the form of a frame or a lock of the kernel. */
START_TEST(odd_names_and_numbers)
{
	static const char log[] =
		"[    1.000000] WARNING: CPU: 0 PID: 1 at mm/slab.c:1 thing+0x1/0x2\n"
		"[    1.000000] RIP: .+0x1/0x2 Kernel panic - not syncing: Fatal exception\n"
		"[    1.000000] RIP: 0033:main+0x1/0x2\n"
		"[    1.000000] RIP: 0010:thing+0x1/0x2\n"
		"[    9.000000] WARNING: possible recursive locking detected\n"
		"[    9.000000] 1 lock held by a/1:\n"
		"[    9.000000]  #-1: (&thing->lock){+.+.}, at: other+0x1/0x2\n";
	GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL);
	g_autoptr(GPtrArray) found = scan(log, strlen(log), 0, NULL);

	g_log_set_always_fatal(fatal);
	ck_assert_uint_eq(found->len, 2);
	ck_assert_str_eq(((struct splat *)found->pdata[0])->title, "WARNING in thing");
	ck_assert_uint_eq(((struct splat *)found->pdata[1])->held->len, 1);
}
END_TEST

/*
 * A report without an end mark, whose task prints nothing more, for example because it has exited.
 */
START_TEST(a_report_without_an_end_is_closed)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	const char *begin = "[    1.000000][   T1] BUG: KASAN: use-after-free in f+0x1/0x2\n"
			    "[    1.000000][   T1] Read of size 8 at addr ffff888012345678 by task "
			    "a/1\n";
	const char *other = "[    1.000000][   T2] text of another task\n";

	scanner_feed(scanner, (const guint8 *)begin, strlen(begin));
	for (int i = 0; i < 6000; i++)
		scanner_feed(scanner, (const guint8 *)other, strlen(other));
	ck_assert_uint_eq(found->len, 1);
	ck_assert_uint_eq(((struct splat *)found->pdata[0])->last_line, 2);
	ck_assert_uint_eq(scanner_open_line(scanner), G_MAXUINT64);
}
END_TEST

void add_bounds_tests(TCase *tests)
{
	tcase_add_test(tests, endless_line);
	tcase_add_test(tests, endless_report);
	tcase_add_test(tests, header_after_an_endless_report);
	tcase_add_loop_test(tests, joined_lines_are_bounded, 0, G_N_ELEMENTS(growing));
	tcase_add_test(tests, a_header_that_does_not_fit);
	tcase_add_test(tests, a_report_without_an_end_is_closed);
	tcase_add_test(tests, torn_links_are_bounded);
	tcase_add_test(tests, nested_objects_are_bounded);
	tcase_add_test(tests, a_title_of_digits);
	tcase_add_test(tests, odd_names_and_numbers);
}
