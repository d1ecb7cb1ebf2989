// SPDX-License-Identifier: GPL-2.0-only
/* Tests when backtraces show that QEMU executes an int3 that is not in memory. */
#include <string.h>

#include "hang/hang.h"
#include "tests/unit/hang.h"

/* the code of lru_gen_enabled(); a function can follow "ret; int3" */
#define AT "Code: e0 05 00 00 c3 <eb> 03 31 c0 c3"
#define NEXT "Code: e0 05 00 00 c3 eb <03> 31 c0 c3"
#define AFTER_SLS "Code: e0 05 00 c3 cc <eb> 03 31 c0 c3"
#define ARMED "Code: e0 05 00 00 c3 <cc> 03 31 c0 c3"
#define ARMED_NEXT "Code: e0 05 00 00 c3 cc <03> 31 c0 c3"
#define GEN "lru_gen_enabled+0x0/0x8"
#define GEN1 "lru_gen_enabled+0x1/0x8"

/* A backtrace: NMIs interrupted the handler of the int3, or its entry. */
struct backtrace {
	enum { NONE, HANDLER, ENTRY } in;
	const char *cpu;
	double stamp;
	const char *place, *code;
};

static const struct {
	const char *fault; /* NULL: there is none */
	struct backtrace backtraces[4];
} consoles[] = {
	{"an int3 in lru_gen_enabled() on CPU 1",
	 {{HANDLER, "1", 29.166, GEN, AT}, {ENTRY, "1", 31.173, GEN1, NEXT}}},
	{"an int3 in lru_gen_enabled() on CPU 1",
	 {{HANDLER, "1", 29.166, GEN, AT}, {HANDLER, "1", 31.173, GEN, AFTER_SLS}}},
	{"an int3 in f() on CPU 0",
	 {{ENTRY, "0", 29.5, "f+0x5/0x8", NEXT}, {ENTRY, "0", 30.5, "f+0x5/0x8", NEXT}}},
	/*
	 * first case: a backtrace of another CPU, with another int3, is in between; second case:
	 * only the third backtrace is late enough after the first
	 */
	{"an int3 in f() on CPU 1",
	 {{HANDLER, "1", 29.1, "f+0x7/0x8", AT},
	  {HANDLER, "0", 29.1, "g+0x7/0x8", AT},
	  {HANDLER, "1", 31.1, "f+0x7/0x8", AT}}},
	{"an int3 in lru_gen_enabled() on CPU 1",
	 {{HANDLER, "1", 29.1, GEN, AT},
	  {HANDLER, "1", 29.4, GEN, AT},
	  {HANDLER, "1", 30.2, GEN, AT}}},
	/*
	 * no fault is reported: only one backtrace; the second is too early; no time stamps; a
	 * reboot in between
	 */
	{NULL, {{HANDLER, "1", 29.166, GEN, AT}}},
	{NULL, {{HANDLER, "1", 29.166, GEN, AT}, {HANDLER, "1", 29.766, GEN, AT}}},
	{NULL, {{HANDLER, "1", -1, GEN, AT}, {HANDLER, "1", -1, GEN, AT}}},
	{NULL, {{HANDLER, "1", 29.166, GEN, AT}, {HANDLER, "1", 3.166, GEN, AT}}},
	/* the int3 is in memory: it belongs to a kprobe, or the kernel cannot handle it */
	{NULL, {{HANDLER, "1", 29.1, GEN, ARMED}, {HANDLER, "1", 31.1, GEN, ARMED}}},
	{NULL, {{ENTRY, "1", 29.1, GEN1, ARMED_NEXT}, {HANDLER, "1", 31.1, GEN1, ARMED_NEXT}}},
	{NULL, {{HANDLER, "1", 29.1, GEN, AT}, {HANDLER, "1", 31.1, GEN, ARMED}}},
	/* another function, place or CPU each time */
	{NULL,
	 {{HANDLER, "1", 29.1, "f+0x0/0x8", AT},
	  {HANDLER, "1", 30.1, "g+0x0/0x8", AT},
	  {HANDLER, "1", 31.1, "f+0x0/0x8", AT}}},
	{NULL, {{HANDLER, "1", 29.1, "f+0x2/0x8", AT}, {HANDLER, "1", 31.1, "f+0x4/0x8", AT}}},
	{NULL,
	 {{HANDLER, "1", 29.1, "f+0x5/0x8", AT},
	  {HANDLER, "1", 29.3, "f+0x6/0x8", AT},
	  {HANDLER, "1", 31.1, "f+0x4/0x8", AT}}},
	{NULL,
	 {{HANDLER, "1", 29.1, "f+0x5/0x8", AT},
	  {HANDLER, "1", 29.3, "f+0x4/0x8", AT},
	  {HANDLER, "1", 31.1, "f+0x6/0x8", AT}}},
	{NULL, {{HANDLER, "1", 29.1, GEN, AT}, {HANDLER, "0", 31.1, GEN, AT}}},
	/* the code is missing or damaged */
	{NULL,
	 {{HANDLER, "1", 29.1, GEN, "Code: Unable to access opcode bytes at 0x7."},
	  {HANDLER, "1", 31.1, GEN, "RSP: 0018:ffff888004ab3c90 EFLAGS: 00000246"}}},
	{NULL,
	 {{HANDLER, "1", 29.1, GEN1, "Code: <eb> 03"},
	  {HANDLER, "1", 31.1, GEN1, "Code: <eb> 03"}}},
	{NULL, {{HANDLER, "1", 29.1, GEN, "Code: 03 <"}, {HANDLER, "1", 31.1, GEN, "Code: 03 <e"}}},
	/* an int3 in user space, and a CPU with an impossible number */
	{NULL, {{HANDLER, "1", 29.1, "0x4582b3", AT}, {HANDLER, "1", 31.1, "0x4582b3", AT}}},
	{NULL,
	 {{HANDLER, "99999999999999999999", 29.1, GEN, AT},
	  {HANDLER, "99999999999999999999", 31.1, GEN, AT}}},
};

static void print(GString *console, const struct backtrace *trace)
{
	static const char *const lines[][15] = {
		[HANDLER] = {"NMI backtrace for cpu %", "CPU: % PID: 54 Comm: cgroup Not tainted",
			     "RIP: 0010:irqentry_nmi_exit+0x18/0x61",
			     "Code: e8 5e c1 d8 ff <e8> 1b a3 d2 ff", "Call Trace:", " <TASK>",
			     " asm_exc_int3+0x35/0x40", "RIP: 0010:@", "#",
			     "RSP: 0018:ffff888004ab3c90 EFLAGS: 00000246",
			     " ? lru_gen_enabled+0x1/0x8", " folio_add_lru+0x40/0xc7", " </TASK>"},
		[ENTRY] = {"NMI backtrace for cpu %", "CPU: % UID: 0 PID: 54 Comm: cgroup Tainted",
			   "RIP: 0010:asm_exc_int3+0x0/0x40",
			   "Code: 0f 1f 44 00 00 <0f> 01 ca fc 6a",
			   "RSP: 0018:ffff888004ab3c68 EFLAGS: 00000046", "Call Trace:", " <TASK>",
			   "RIP: 0010:@", "#", " folio_add_lru+0x40/0xc7", " </TASK>"},
	};

	for (const char *const *l = lines[trace->in]; *l; l++) {
		g_autoptr(GString) line = g_string_new(*l);

		g_string_replace(line, "%", trace->cpu, 0);
		g_string_replace(line, "@", trace->place, 0);
		g_string_replace(line, "#", trace->code, 0);
		if (trace->stamp >= 0)
			g_string_append_printf(console, "[%12.6f][    C%s] ", trace->stamp,
					       trace->cpu);
		g_string_append_printf(console, "%s\r\n", line->str);
	}
}

/* Returns the console of case I. */
static GString *console_of(guint i)
{
	GString *console = g_string_new(NULL);

	for (const struct backtrace *trace = consoles[i].backtraces; trace->in; trace++)
		print(console, trace);
	return console;
}

START_TEST(a_stale_int3)
{
	g_autoptr(GString) console = console_of(_i);
	g_autofree char *fault = hang_emulator_fault(console->str, console->len);

	ck_assert_pstr_eq(fault, consoles[_i].fault);
}
END_TEST

/* The frames of tasks, and the lines of other printk callers, are not part of a backtrace. */
START_TEST(lines_of_others)
{
	static const char *const between[] = {
		"[   29.000000][    T9] task:cat state:R stack:0\n"
		"[   29.000000][    T9]  asm_exc_int3+0x35/0x40\n",
		"[   29.000000][    C1] NMI backtrace for cpu 1\n"
		"[   29.000000][    C1] task:cat state:R stack:0\n"
		"[   29.000000][    C1]  asm_exc_int3+0x35/0x40\n",
		"[   29.000000][    C1] NMI backtrace for cpu 1\n"
		"[   29.000000][    C0]  asm_exc_int3+0x35/0x40\n",
		"[   29.000000][    C1] NMI backtrace for cpu 1\n"
		"[   29.000000][    C1]  ? asm_exc_int3+0x35/0x40\n",
		"[   29.000000][    C1] NMI backtrace for cpu 1\n"
		"[   29.000000][    C1]  asm_exc_int3+0x35/0x40\n"
		"[   29.000000][    C1]  exc_page_fault+0x35/0x40\n",
	};
	static const char rest[] = "[   %d.000000][    C1] RIP: 0010:f+0x0/0x8\n"
				   "[   %d.000000][    C1] " AT "\n";

	for (guint i = 0; i < G_N_ELEMENTS(between); i++) {
		g_autoptr(GString) console = g_string_new(NULL);

		for (int second = 29; second < 33; second++) {
			g_string_append(console, between[i]);
			g_string_append_printf(console, rest, second, second);
		}
		ck_assert_pstr_eq(hang_emulator_fault(console->str, console->len), NULL);
	}
}
END_TEST

/* Any part of a console can be read, also one that a guest has written to confuse the reader. */
START_TEST(any_console)
{
	g_autoptr(GString) all = console_of(0);
	g_autoptr(GString) many = g_string_new(NULL);

	for (gsize at = 0; at < all->len; at += 7) {
		g_autofree char *part = g_memdup2(all->str, at);

		g_free(hang_emulator_fault(part, at));
		g_free(hang_emulator_fault(all->str + all->len - at, at));
	}
	memset(strstr(all->str, "cgroup"), 0, strlen("cgroup"));
	g_free(hang_emulator_fault(all->str, all->len));
	for (int i = 0; i < 20000; i++)
		g_string_append_printf(many, "[%d.0][T%d] NMI backtrace for cpu %d\n", i, i, i);
	ck_assert_pstr_eq(hang_emulator_fault(many->str, many->len), NULL);
	ck_assert_pstr_eq(hang_emulator_fault("", 0), NULL);
}
END_TEST

void add_emulator_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_stale_int3, 0, G_N_ELEMENTS(consoles));
	tcase_add_test(tcase, lines_of_others);
	tcase_add_test(tcase, any_console);
}
