// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the scanner with logs (splat-fixtures.c). Each log is scanned whole, byte by byte, and in
 * random pieces; splat-dress.c converts it to the formats of other tools.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "tests/unit/splat.h"

static char *dump(const GPtrArray *found)
{
	json_t *array = json_array();
	char *text;

	for (guint i = 0; i < found->len; i++)
		json_array_append_new(array, splat_to_json(found->pdata[i]));
	text = json_dumps(array, JSON_SORT_KEYS | JSON_INDENT(1));
	json_decref(array);
	return text;
}

static void check_one(const struct fixture *fixture, const struct expected *expected,
		      const struct splat *splat)
{
	g_autofree char *lines = g_strdup_printf("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
						 splat->first_line, splat->last_line);

	ck_assert_msg(!strcmp(splat->kind, expected->kind), "%s: kind %s, not %s (%s)",
		      fixture->name, splat->kind, expected->kind, splat->title);
	ck_assert_msg(!strcmp(splat->title, expected->title), "%s: title '%s', not '%s'",
		      fixture->name, splat->title, expected->title);
	ck_assert_msg(!strcmp(lines, expected->lines), "%s: '%s' is in lines %s, not %s",
		      fixture->name, splat->title, lines, expected->lines);
	ck_assert_msg(!expected->bug || !strcmp(splat->bug, expected->bug),
		      "%s: bug '%s', not '%s'", fixture->name, splat->bug, expected->bug);
	ck_assert_msg(g_strcmp0(splat->corrupted_why, expected->corrupted) == 0,
		      "%s: '%s': corrupted '%s', not '%s'", fixture->name, splat->title,
		      splat->corrupted_why, expected->corrupted);
	ck_assert_msg(splat->induced == expected->induced, "%s: '%s': induced %d", fixture->name,
		      splat->title, splat->induced);
	ck_assert_msg(splat->validator_off == expected->off, "%s: '%s': validator_off %d",
		      fixture->name, splat->title, splat->validator_off);
	if (expected->cycle) {
		g_autofree char *cycle = splat->cycle ? g_strjoinv(" --> ", splat->cycle) : NULL;

		ck_assert_msg(g_strcmp0(cycle, expected->cycle) == 0, "%s: cycle '%s', not '%s'",
			      fixture->name, cycle, expected->cycle);
	}
	ck_assert_msg(splat->first_byte < splat->end_byte && splat->end_byte <= fixture->len,
		      "%s: bytes", fixture->name);
	/* the report begins at the start of its header's line */
	ck_assert_msg(splat->first_byte == 0 || fixture->log[splat->first_byte - 1] == '\n',
		      "%s: first byte", fixture->name);
	ck_assert(g_utf8_validate(splat->text, -1, NULL));
}

START_TEST(answers)
{
	const struct fixture *fixture = fixtures->pdata[_i];
	g_autoptr(GPtrArray) found = scan(fixture->log, fixture->len, 0, NULL);
	g_autofree char *text = dump(found);

	ck_assert_msg(found->len == fixture->expected->len, "%s: %u reports, not %u:\n%s",
		      fixture->name, found->len, fixture->expected->len, text);
	for (guint i = 0; i < found->len; i++)
		check_one(fixture, fixture->expected->pdata[i], found->pdata[i]);
}
END_TEST

START_TEST(any_cut_gives_the_same)
{
	const struct fixture *fixture = fixtures->pdata[_i];
	g_autoptr(GPtrArray) whole = scan(fixture->log, fixture->len, 0, NULL);
	g_autofree char *answer = dump(whole);
	const gsize cuts[] = {1, 7, 100, 5000, 70000};

	for (gsize i = 0; i < G_N_ELEMENTS(cuts); i++) {
		struct rng rng = rng_stream(17, "cuts");
		g_autoptr(GPtrArray) found = scan(fixture->log, fixture->len, cuts[i], &rng);
		g_autofree char *text = dump(found);

		ck_assert_msg(!strcmp(text, answer), "%s: another answer with pieces of %zu",
			      fixture->name, cuts[i]);
	}
}
END_TEST

/* Scans each log without its time stamps, as it may be quoted in an old mail. */
START_TEST(without_stamps)
{
	const struct fixture *fixture = fixture_named("lockdep-circular-x86-6.1.txt");
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_autoptr(GRegex) stamp = g_regex_new("^\\[ *\\d+\\.\\d+\\](?:\\[ *[TC]\\d+\\])? ",
					      G_REGEX_MULTILINE, 0, NULL);
	g_autofree char *bare = g_regex_replace_literal(stamp, log, -1, 0, "", 0, NULL);
	g_autoptr(GPtrArray) found = scan(bare, strlen(bare), 0, NULL);
	const struct expected *expected = fixture->expected->pdata[0];

	ck_assert_uint_eq(found->len, 1);
	const struct splat *splat = found->pdata[0];

	ck_assert_str_eq(splat->bug, expected->bug);
	ck_assert_str_eq(splat->title, expected->title);
	ck_assert(splat->when < 0);
	ck_assert(!splat->corrupted);
}
END_TEST

/* Two callers of printk at the same time: their lines alternate. */
START_TEST(interleaved_callers)
{
	static const char *const names[] = {"warning-x86-6.1.txt", "lockdep-circular-x86-6.1.txt"};
	char **lines[2];
	GString *log = g_string_new(NULL);

	for (int i = 0; i < 2; i++) {
		const struct fixture *fixture = fixture_named(names[i]);
		g_autofree char *text = g_strndup(fixture->log, fixture->len);
		/* give all lines of one fixture the same caller */
		g_autoptr(GRegex) caller = g_regex_new("\\]\\[ *[TC]\\d+\\]", 0, 0, NULL);
		g_autofree char *renamed = g_regex_replace_literal(
			caller, text, -1, 0, i ? "][ T1002]" : "][ T1001]", 0, NULL);

		lines[i] = g_strsplit(renamed, "\n", -1);
	}
	for (guint i = 0, j = 0; lines[0][i] || lines[1][j];) {
		if (lines[0][i])
			g_string_append_printf(log, "%s\n", lines[0][i++]);
		if (lines[1][j])
			g_string_append_printf(log, "%s\n", lines[1][j++]);
	}
	g_strfreev(lines[0]);
	g_strfreev(lines[1]);
	g_autoptr(GPtrArray) found = scan(log->str, log->len, 0, NULL);

	ck_assert_uint_eq(found->len, 2);
	for (int i = 0; i < 2; i++) {
		const struct expected *expected = fixture_named(names[i])->expected->pdata[0];
		gboolean seen = FALSE;

		for (guint f = 0; f < found->len; f++) {
			const struct splat *splat = found->pdata[f];

			seen |= !strcmp(splat->bug, expected->bug) && !splat->corrupted;
		}
		ck_assert_msg(seen, "%s is not found whole", expected->title);
	}
	g_string_free(log, TRUE);
}
END_TEST

/* Damage --------------------------------------------------------------------- */

static char *replace(const char *text, const char *pattern, const char *with)
{
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);

	return g_regex_replace(regex, text, -1, 0, with, 0, NULL);
}

START_TEST(damaged_chains_are_marked)
{
	static const struct {
		const char *pattern, *with, *why;
	} damages[] = {
		{"^.*-> #1 .*\n", "", "the numbers of the lock chain are not contiguous"},
		{"-> #0 \\([^)]*\\)", "-> #0 (another_lock)",
		 "#0 of the lock chain is not the lock being acquired"},
		{"-> #2 \\([^)]*\\)", "-> #2 (another_lock)",
		 "the first link of the lock chain is not the lock that is held"},
		{"^.*-> #0 .*\n", "", "the lock chain does not end in #0"},
	};
	const struct fixture *fixture = fixture_named("lockdep-circular-x86-6.1.txt");
	g_autofree char *log = g_strndup(fixture->log, fixture->len);

	g_autofree char *broken = replace(log, damages[_i].pattern, damages[_i].with);
	g_autoptr(GPtrArray) found = scan(broken, strlen(broken), 0, NULL);

	ck_assert_str_ne(broken, log);
	ck_assert_uint_eq(found->len, 1);
	const struct splat *splat = found->pdata[0];

	ck_assert(splat->corrupted);
	ck_assert_str_eq(splat->corrupted_why, damages[_i].why);
}
END_TEST

/* Pieces of KERN_CONT on separate lines are joined to one line. */
START_TEST(torn_links_are_joined)
{
	const struct fixture *fixture = fixture_named("lockdep-circular-x86-6.1.txt");
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_autofree char *torn =
		replace(log, "^(\\[ *[0-9.]+\\]\\[ *T\\d+\\] )(-> #1 \\([^)]*)\\)", "\\1\\2\n\\1)");
	g_autoptr(GPtrArray) found = scan(torn, strlen(torn), 0, NULL);

	ck_assert_str_ne(torn, log);
	ck_assert_uint_eq(found->len, 1);
	const struct splat *splat = found->pdata[0];

	ck_assert_msg(!splat->corrupted, "%s", splat->corrupted_why);
	ck_assert_str_eq(splat->bug, ((struct expected *)fixture->expected->pdata[0])->bug);
}
END_TEST

/* Texts that are not reports --------------------------------------------------- */

START_TEST(innocent_lines)
{
	static const char *const lines[] = {
		"WARNING: /etc/ssh/moduli does not exist, using fixed modulus\n",
		"[    1.000000] WARNING: workqueue cpumask: online intersect > possible "
		"intersect\n",
		"ok 1 - no BUG: and no WARNING: in dmesg\n# BUG: unable to handle kernel NULL "
		"pointer dereference\n",
		"[    2.000000] INFO: lockdep is turned off.\n",
		"grep: WARNING: possible circular locking dependency detected\nnot found\n",
		"[    1.000000] traps: cat[71] general protection fault ip:4012 sp:7ffc error:0 in "
		"cat[400000+1000]\n",
		"[    0.100000] | Locking API testsuite:\n[    0.200000] BUG: 3 unexpected "
		"failures (out of 269) - debugging disabled! |\n",
		"Kernel panic is a state in which\nthe kernel cannot go on\n",
		"[    3.000000] systemd[1]: WARNING: something in user space\n[    3.000001] "
		"systemd[1]: more\n",
		"Nov 21 06:00:01 host app[12]: WARNING: possible recursive locking detected\n"
		"Nov 21 06:00:01 host app[12]: app/12 is trying to acquire lock:\n",
		"\tpr_err(\"BUG: Bad rss-counter state mm:%p type:%s val:%ld\\n\", mm);\n",
		"\tpr_warn(\"WARNING: inconsistent lock state\\n\");\n\tprint_kernel_ident();\n"
		"\tpr_warn(\"--------------------------------\\n\");\n",
		"[    1.0] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on\n",
	};
	g_autoptr(GPtrArray) found = scan(lines[_i], strlen(lines[_i]), 0, NULL);

	ck_assert_msg(found->len == 0, "'%s' is reported as %s", lines[_i],
		      found->len ? ((struct splat *)found->pdata[0])->kind : "");
}
END_TEST

START_TEST(validator_death_is_seen)
{
	static const struct {
		const char *line;
		gboolean died;
	} lines[] = {
		{"[    1.000000] INFO: lockdep is turned off.\n", TRUE},
		{"[    1.000000] Disabling lock debugging due to kernel taint\n", TRUE},
		{"[    1.000000] turning off the locking correctness validator.\n", TRUE},
		{"[    1.000000] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo "
		 "Molnar\n",
		 FALSE},
	};
	rig_auto(scanner) scanner = scanner_new(collect_splat, NULL);

	scanner_feed(scanner, (const guint8 *)lines[_i].line, strlen(lines[_i].line));
	ck_assert_int_eq(scanner_lockdep_died(scanner), lines[_i].died);
	ck_assert(scanner_guest_seconds(scanner) == 1.0);
}
END_TEST

/* Lines that are cut in the middle of a pattern. */
START_TEST(torn_lines)
{
	static const char *const ends[] = {
		"a/1 is trying to acquire lock:\n (lock){+.+.}, at: [",
		"a/1 is trying to acquire lock:\n (lock){+.+.}, at: [<ffffffff8",
		"a/1 is trying to acquire lock:\n (lock){+.+",
		"-> #",
		"RAX: ab",
		"... key at:",
		"RIP: 0010:",
		"[",
		"2026-1",
		"CPU: 1 PID: 2 Comm: ",
	};
	g_autofree char *log = g_strdup_printf("[    1.000000] WARNING: possible recursive locking "
					       "detected\n[    1.000000] %s\n",
					       ends[_i]);
	g_autoptr(GPtrArray) found = scan(log, strlen(log), 0, NULL);

	ck_assert_uint_eq(found->len, 1);
	const struct splat *splat = found->pdata[0];

	ck_assert_str_eq(splat->kind, "lockdep-recursive");
	ck_assert(splat->corrupted);
}
END_TEST

/* Live ------------------------------------------------------------------------ */

START_TEST(an_open_report_is_told)
{
	const char *begin = "[    1.000000][   T12] BUG: kernel NULL pointer dereference, address: "
			    "0000000000000000\n";
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);

	ck_assert_ptr_null(scanner_open_kind(scanner));
	scanner_feed(scanner, (const guint8 *)begin, strlen(begin));
	ck_assert_str_eq(scanner_open_kind(scanner), "null-deref");
	ck_assert_uint_eq(found->len, 0);
	scanner_peek(scanner, collect_splat, found);
	ck_assert_uint_eq(found->len, 1);
	g_ptr_array_set_size(found, 0);
	scanner_flush(scanner);
	ck_assert_ptr_null(scanner_open_kind(scanner));
	ck_assert_uint_eq(found->len, 1);
}
END_TEST

/* A NUL hides a word from the filter, in a block of lines and in a line that comes in pieces. */
START_TEST(hidden_word)
{
	static const char log[] =
		"text\ntext\ntext\ntext\ntext\n"
		"[    1.000000] BUG:\0 stack guard page was hit at 1 (stack is 2..3)\n"
		"[    1.000001] RIP: 0010:thing+0x1/0x2\n[    1.000002] Call Trace:\n"
		"[    1.000003]  other+0x1/0x2\ntext\ntext\ntext\ntext\ntext\ntext\ntext\ntext\n";
	struct rng rng = rng_stream(1, "pieces");
	g_autoptr(GPtrArray) whole = scan(log, sizeof(log) - 1, 0, NULL);
	g_autoptr(GPtrArray) pieces = scan(log, sizeof(log) - 1, 13, &rng);
	g_autofree char *one = dump(whole), *two = dump(pieces);

	ck_assert_str_eq(one, two);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("splat");
	TCase *data = tcase_create("data");
	TCase *rules = tcase_create("rules");

	load_fixtures();
	use_scratch(data);
	tcase_set_timeout(data, 60);
	tcase_set_timeout(rules, 60);
	tcase_add_loop_test(data, answers, 0, fixtures->len);
	tcase_add_loop_test(data, any_cut_gives_the_same, 0, fixtures->len);
	add_decode_tests(data);
	add_mail_tests(data);
	add_order_tests(data);
	add_dress_tests(data);
	add_schema_tests(data);
	add_case_tests(data);
	add_cycle_tests(rules);
	add_generation_tests(rules);
	tcase_add_test(rules, without_stamps);
	tcase_add_test(rules, interleaved_callers);
	tcase_add_loop_test(rules, damaged_chains_are_marked, 0, 4);
	tcase_add_test(rules, torn_links_are_joined);
	tcase_add_loop_test(rules, innocent_lines, 0, 13);
	tcase_add_loop_test(rules, validator_death_is_seen, 0, 4);
	tcase_add_loop_test(rules, torn_lines, 0, 10);
	tcase_add_test(rules, an_open_report_is_told);
	tcase_add_test(rules, hidden_word);
	add_bounds_tests(rules);
	add_header_tests(rules);
	add_row_tests(rules);
	add_word_tests(rules);
	suite_add_tcase(suite, data);
	suite_add_tcase(suite, rules);
	add_known_tests(suite);
	return suite_run(suite);
}
