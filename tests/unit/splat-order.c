// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests logs whose lines are not in the order of time: records of pstore, output of `journalctl
 * -r`.
 */
#include <string.h>

#include "tests/unit/splat.h"

#define PART_LINES 40 /* number of lines of a record */
#define DUMP_PARTS 9  /* number of records of a dump */

/*
 * Returns the lines of the fixture generation-4.9-x86.txt as dumps of pstore. ASCENDING: part 1,
 * which is the newest, is the first one, as `cat` prints the files; otherwise part 1 is the last.
 */
static GString *as_dumps(gboolean ascending)
{
	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(log), "\n", -1);
	guint n = g_strv_length(lines), parts = (n + PART_LINES - 1) / PART_LINES;
	GString *out = g_string_new(NULL);

	for (guint first = 0; first < parts; first += DUMP_PARTS) {
		guint of_dump = MIN(DUMP_PARTS, parts - first);

		for (guint i = 0; i < of_dump; i++) {
			guint part = ascending ? of_dump - 1 - i : i;
			guint from = (first + part) * PART_LINES;

			g_string_append_printf(out, "Oops#%u Part%u\n", first / DUMP_PARTS + 1,
					       of_dump - part);
			for (guint l = from; l < MIN(n, from + PART_LINES); l++)
				g_string_append_printf(out, "<4>%s\n", lines[l]);
		}
	}
	return out;
}

START_TEST(dumps)
{
	check_decoded(as_dumps(_i == 0), _i == 0 ? "ascending parts" : "descending parts");
}
END_TEST

/* What precedes a line. */
enum stamp { STAMP_SYSLOG, STAMP_ISO, STAMP_FULL, STAMP_PRINTK, STAMPS };

static void add_stamped(GString *out, enum stamp stamp, guint second, const char *text)
{
	guint h = 6 + second / 3600, m = second / 60 % 60, s = second % 60;

	if (stamp == STAMP_SYSLOG)
		g_string_append_printf(out, "Nov 21 %02u:%02u:%02u", h, m, s);
	else if (stamp == STAMP_ISO)
		g_string_append_printf(out, "2026-11-21T%02u:%02u:%02u+01:00", h, m, s);
	else if (stamp == STAMP_FULL)
		g_string_append_printf(out, "Sat 2026-11-21 %02u:%02u:%02u CET", h, m, s);
	else
		g_string_append_printf(out, "[%5u.123456]", second);
	g_string_append_printf(out, " testhost kernel: %s\n", text);
}

static gboolean is_reversed(const char *log, gsize len, gsize step)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);

	for (gsize at = 0; at < len; at += step)
		scanner_feed(scanner, (const guint8 *)log + at, MIN(step, len - at));
	scanner_flush(scanner);
	return scanner_is_reversed(scanner);
}

START_TEST(the_newest_line_is_first)
{
	static const char *const names[] = {
		"lockdep-circular-x86-6.1.txt",
		"quiet-boot-x86-6.1.txt",
		"hung-task-x86-6.1.txt",
		"warning-x86-6.1.txt",
	};

	for (gsize f = 0; f < G_N_ELEMENTS(names); f++) {
		const struct fixture *fixture = fixture_named(names[f]);
		g_autofree char *log = g_strndup(fixture->log, fixture->len);
		g_auto(GStrv) lines = g_strsplit(g_strchomp(log), "\n", -1);
		g_autoptr(GString) ahead = g_string_new(NULL), back = g_string_new(NULL);
		guint n = g_strv_length(lines);

		for (guint i = 0; i < n; i++) {
			const char *text = strrchr(lines[i], ']');
			g_autoptr(GString) line = g_string_new(NULL);

			add_stamped(line, (enum stamp)_i, i / 3, text ? text + 1 : lines[i]);
			g_string_append(ahead, line->str);
			g_string_prepend(back, line->str);
		}
		for (gsize step = 7; step <= 1 << 20; step *= 53) {
			ck_assert_msg(!is_reversed(ahead->str, ahead->len, step), "%s", names[f]);
			ck_assert_msg(is_reversed(back->str, back->len, step), "%s", names[f]);
		}
	}
}
END_TEST

/*
 * No fixture counts as a log with its newest line first, although some contain several boots, or
 * lines that two callers printed at the same time.
 */
START_TEST(the_newest_line_is_last)
{
	const struct fixture *fixture = fixtures->pdata[_i];

	ck_assert_msg(!is_reversed(fixture->log, fixture->len, 4096), "%s", fixture->name);
}
END_TEST

/*
 * Logs with their newest line last, in which time steps back because a year, a month or a boot
 * ends.
 */
START_TEST(steps_back)
{
	static const char *const logs[] = {
		"Dec 31 23:59:58 testhost kernel: one\nDec 31 23:59:59 testhost kernel: two\n"
		"Jan  1 00:00:01 testhost kernel: three\nJan  1 00:00:02 testhost kernel: four\n",
		"Nov 30 23:59:59 testhost kernel: one\nDec  1 00:00:01 testhost kernel: two\n",
		"Dec 31 23:59:59 testhost kernel: one\nJan  1 00:00:01 testhost kernel: two\n"
		"Jan  1 00:00:02 testhost kernel: three\nJan  1 00:00:03 testhost kernel: four\n",
		"[   50.000001] one\n[   50.000002] two\n"
		"[    0.000000] three\n[    0.100000] four\n",
		"[2026-11-21 06:00:02] one\ntwo\n[2026-11-21 06:00:02] three\n",
		"one\n", "",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(logs); i++)
		ck_assert_msg(!is_reversed(logs[i], strlen(logs[i]), 5), "%zu", i);
}
END_TEST

void add_order_tests(TCase *tests)
{
	tcase_add_loop_test(tests, dumps, 0, 2);
	tcase_add_loop_test(tests, the_newest_line_is_first, 0, STAMPS);
	tcase_add_loop_test(tests, the_newest_line_is_last, 0, (int)fixtures->len);
	tcase_add_test(tests, steps_back);
}
