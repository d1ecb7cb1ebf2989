// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests headers: each row of the table is used, wrapped headers are joined. Also tests end marks of
 * reports.
 */
#include <string.h>

#include "splat/internal.h"
#include "tests/unit/splat.h"

/*
 * Variants of headers that were missed in the past, because the row's token or the filter's words
 * did not match them.
 */
START_TEST(headers_are_reached)
{
	static const struct {
		const char *line, *kind;
	} headers[] = {
		{"slist_add double add: new=ffff888004c11000", "list-corruption"},
		{"list_del corruption. next->prev should be ffff888004c11000", "list-corruption"},
		{"Memory cgroup out of memory: Killed process 77 (widget)", "oom"},
		{"Insufficient stack space to handle exception!", "stack"},
		{"widget: kernel stack overflow, pid 7", "stack"},
		{"kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
		 "memleak"},
		{"CFI failure at widget_run+0x10/0x40 (target: cb+0x0/0x8; expected type: 0x1)",
		 "cfi"},
		{"unchecked MSR access error: RDMSR from 0x123 at rIP: 0xffffffff81000000 "
		 "(f+0x1/0x2)",
		 "other"},
		{"INFO: task widget:77 blocked in I/O wait for more than 61 seconds.", "hung-task"},
		{"SError Interrupt on CPU2, code 0x00000000be000011 -- SError", "other"},
		{"mce: [Hardware Error]: CPU 1: Machine Check Exception: 4 Bank 3: be00", "other"},
		{"Kernel bug detected[#1]:", "bug"},
		{"Kernel ade access[#1]:", "oops"},
		{"Reserved instruction in kernel code[#1]:", "oops"},
		{"cpu 0x3: Vector: 300 (Data Access) at [c000000004b3f870]", "oops"},
		{"Unrecoverable FP Unavailable Exception 800 at c000000000012345", "oops"},
	};
	const struct format *format = format_match(headers[_i].line, NULL);
	gsize at;

	ck_assert_msg(filter_hit((const guint8 *)headers[_i].line, strlen(headers[_i].line), &at),
		      "the filter skips '%s'", headers[_i].line);
	ck_assert_msg(format != NULL, "no row for '%s'", headers[_i].line);
	ck_assert_str_eq(format->kind, headers[_i].kind);
}
END_TEST

/* Mail programs wrap headers and frames: each pair of lines here is one line. */
START_TEST(wrapped_lines_are_joined)
{
	static const struct {
		const char *log, *title;
	} mails[] = {
		{"> [    3.000001] general protection fault, probably for non-canonical address\n"
		 "> 0xdead00000000123: 0000 [#1] SMP\n> [    3.000002] RIP: "
		 "0010:widget_copy+0x1/0x20\n"
		 "> [    3.000003] Call Trace:\n> [    3.000004]  widget_run+0x2/0x30\n",
		 "general protection fault in widget_copy"},
		{"BUG: KASAN: slab-use-after-free in\nwidget_read+0x14/0x90\n"
		 "Read of size 4 at addr ffff888004c11000 by task cat/77\nCall Trace:\n"
		 " widget_read+0x14/0x90\n vfs_read+0x10/0x90\n",
		 "KASAN: slab-use-after-free Read in widget_read"},
		{"[    3.000001] WARNING: CPU: 0 PID: 7 at drivers/widget/core.c:12\n"
		 "widget_probe+0x14/0x90 [widget]\n"
		 "[    3.000002] RIP: 0010:widget_probe+0x14/0x90 [widget]\n"
		 "[    3.000002] Call Trace:\n"
		 "[    3.000003]  platform_probe+0x40/0xa0\n",
		 "WARNING in widget_probe"},
		{"> BUG: sleeping function called from invalid context at\n> mm/widget.c:99\n"
		 "> Call Trace:\n>  dump_stack+0x1/0x2\n>  widget_queue+0x10/0x20\n",
		 "BUG: sleeping function called from invalid context in widget_queue"},
	};
	g_autoptr(GPtrArray) found = scan(mails[_i].log, strlen(mails[_i].log), 0, NULL);

	ck_assert_uint_eq(found->len, 1);
	ck_assert_str_eq(((struct splat *)found->pdata[0])->title, mails[_i].title);
}
END_TEST

/* A report without its end mark is marked as truncated, wherever it was cut. */
START_TEST(a_missing_end_is_reported)
{
	const struct fixture *fixture = fixture_named("warning-x86-6.1.txt");
	const char *end = g_strstr_len(fixture->log, fixture->len, "---[ end trace");
	g_autoptr(GPtrArray) whole = scan(fixture->log, fixture->len, 0, NULL);
	g_autoptr(GPtrArray) half = scan(fixture->log, end - fixture->log - 80, 0, NULL);

	ck_assert(!((struct splat *)whole->pdata[0])->truncated);
	ck_assert(((struct splat *)half->pdata[0])->truncated);
}
END_TEST

void add_header_tests(TCase *tests)
{
	tcase_add_loop_test(tests, headers_are_reached, 0, 16);
	tcase_add_loop_test(tests, wrapped_lines_are_joined, 0, 4);
	tcase_add_test(tests, a_missing_end_is_reported);
}
