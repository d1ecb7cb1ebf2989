// SPDX-License-Identifier: GPL-2.0-only
/* Tests parsing of trace lines and their arguments. */
#include <stdio.h>

#include "guest-init/clock.h"
#include "guest-init/trace.h"
#include "tests/unit/guest-init.h"
#include "tests/unit/suite.h"

/* Lines printed by Linux 6.1, some with unusual names of tasks. */
static const struct {
	const char *text;
	enum trace_kind kind;
	unsigned pid, cpu;
	const char *name;
} traced[] = {
	{"     kworker/0:1-12      [000]    12.345678: add_memory_resource: "
	 "(add_memory_resource+0x0/0x3f0) owner=0xffff888001234563",
	 TRACE_EVENT, 12, 0, "add_memory_resource"},
	{"           <...>-1234    [017]  9012.345678: online_pages: (online_pages+0x0/0x10) "
	 "writers=1",
	 TRACE_EVENT, 1234, 17, "online_pages"},
	{"       a [3] b-8-35      [001]     4.000001: x: (x+0x0/0x10)", TRACE_EVENT, 35, 1, "x"},
	{"     kworker/0:1-12      [000]    12.345678: <stack trace>", TRACE_STACK, 12, 0, NULL},
	{" => add_memory_resource+0x5/0x3f0", TRACE_FRAME, 0, 0, "add_memory_resource+0x5/0x3f0"},
	{"CPU:1 [LOST 17 EVENTS]", TRACE_LOST, 0, 0, NULL},
	{"", TRACE_OTHER, 0, 0, NULL},
	{" [1] 3: x: (y)", TRACE_OTHER, 0, 1, NULL},
	{"no head: (at all)", TRACE_OTHER, 0, 0, NULL},
	{"a-1 [0]", TRACE_OTHER, 1, 0, NULL},
	{"a-1 [0] 1.2: no colon here", TRACE_OTHER, 1, 0, NULL},
};

START_TEST(test_trace_line)
{
	struct trace_line line;
	char text[256];

	snprintf(text, sizeof(text), "%s", traced[_i].text);
	trace_parse(text, &line);
	ck_assert_int_eq(line.kind, traced[_i].kind);
	if (line.kind == TRACE_EVENT || line.kind == TRACE_STACK) {
		ck_assert_uint_eq(line.pid, traced[_i].pid);
		ck_assert_uint_eq(line.cpu, traced[_i].cpu);
	}
	if (traced[_i].name)
		ck_assert_str_eq(line.name, traced[_i].name);
}
END_TEST

START_TEST(test_trace_args)
{
	const char *args =
		"(f+0x0/0x1) owner=0xffff888001234563 pid={0x0,0x23,0x1} after=-1 none={} "
		"comm=\"kworker/0:1\"";
	uint32_t list[4];
	char word[8];
	int64_t n;

	ck_assert(trace_number(args, "owner", &n));
	ck_assert_int_eq(n, (int64_t)UINT64_C(0xffff888001234563));
	ck_assert(trace_number(args, "after", &n));
	ck_assert_int_eq(n, -1);
	ck_assert(!trace_number(args, "own", &n));
	ck_assert(!trace_number(args, "comm", &n));
	ck_assert_uint_eq(trace_list(args, "pid", list, countof(list)), 3);
	ck_assert_uint_eq(list[1], 0x23);
	ck_assert_uint_eq(trace_list(args, "pid", list, 2), 2);
	ck_assert_uint_eq(trace_list(args, "none", list, countof(list)), 0);
	ck_assert_uint_eq(trace_list(args, "owner", list, countof(list)), 0);
	trace_text(args, "comm", word, sizeof(word));
	ck_assert_str_eq(word, "kworker");
	trace_text(args, "owner", word, sizeof(word));
	ck_assert_str_eq(word, "");
}
END_TEST

void add_trace_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, test_trace_line, 0, countof(traced));
	tcase_add_test(tcase, test_trace_args);
}
