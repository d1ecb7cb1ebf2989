// SPDX-License-Identifier: GPL-2.0-only
/* The fixtures dressed up as other tools show logs: the same reports are found in them. */
#include <string.h>

#include "tests/unit/splat.h"

enum dress {
	DRESS_CRLF,
	DRESS_QUOTED,
	DRESS_LEVEL,
	DRESS_JOURNAL,
	DRESS_ISO,
	DRESS_DMESG_X,
	DRESS_CI,
	DRESS_JOURNAL_FULL,
	DRESS_JOURNAL_UNIX,
	DRESS_LOGCAT,
	DRESS_LOGREAD,
	DRESS_TERMINAL,
	DRESS_COLOUR,
	DRESS_INDENTED,
	DRESS_RFC5424,
	DRESS_BAR,
	N_DRESSES
};

static char *dress(const struct fixture *fixture, enum dress dress)
{
	GString *out = g_string_new(NULL);
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_auto(GStrv) lines = g_strsplit(log, "\n", -1);

	for (guint i = 0; lines[i] && (lines[i][0] || lines[i + 1]); i++) {
		static const char *const before[] = {
			[DRESS_CRLF] = "",
			[DRESS_QUOTED] = "> ",
			[DRESS_LEVEL] = "<4>",
			[DRESS_JOURNAL] = "Nov 21 06:00:01 testhost kernel: ",
			[DRESS_ISO] = "2026-11-21T06:00:01.123456+00:00 testhost kernel: ",
			[DRESS_DMESG_X] = "kern  :warn  : ",
			[DRESS_CI] = "2026-11-21T06:00:00.1234567Z ",
			[DRESS_JOURNAL_FULL] = "Sat 2026-11-21 06:00:01 CET testhost kernel: ",
			[DRESS_JOURNAL_UNIX] = "1795240801.123456 testhost kernel: ",
			[DRESS_LOGCAT] = "11-21 06:00:01.250     0     0 E KERNEL  : ",
			[DRESS_LOGREAD] = "Sat Nov 21 06:00:01 2026 kern.err kernel: ",
			[DRESS_TERMINAL] = "[2026-11-21 06:00:01.250] ",
			[DRESS_COLOUR] = "\033[32m",
			[DRESS_INDENTED] = "    Nov 21 06:00:01 testhost kernel: ",
			[DRESS_RFC5424] = "<4>1 2026-11-21T06:00:01.25+01:00 testhost kernel - - - ",
			[DRESS_BAR] = "| ",
		};
		/* only printk's own lines would come with these */
		gboolean ours = dress == DRESS_CRLF || dress == DRESS_QUOTED ||
				dress == DRESS_CI || dress == DRESS_BAR || lines[i][0] == '[';

		g_string_append(out, ours ? before[dress] : "");
		g_string_append(out, lines[i]);
		g_string_append(out, dress == DRESS_CRLF ? "\r\n" : "\n");
	}
	return g_string_free(out, FALSE);
}

static void check_same(const struct fixture *fixture, const char *log, const char *how)
{
	g_autoptr(GPtrArray) found = scan(log, strlen(log), 0, NULL);

	ck_assert_msg(found->len == fixture->expected->len, "%s %s: %u reports", fixture->name, how,
		      found->len);
	for (guint i = 0; i < found->len; i++) {
		const struct expected *expected = fixture->expected->pdata[i];
		const struct splat *splat = found->pdata[i];

		ck_assert_msg(!strcmp(splat->title, expected->title), "%s %s: title '%s'",
			      fixture->name, how, splat->title);
		ck_assert_msg(!expected->bug || !strcmp(splat->bug, expected->bug), "%s %s: bug '%s'",
			      fixture->name, how, splat->bug);
	}
}

START_TEST(dressed_up_it_is_the_same)
{
	const struct fixture *fixture = fixtures->pdata[_i];

	for (int d = 0; d < N_DRESSES; d++) {
		g_autofree char *how = g_strdup_printf("dressed %d", d);
		g_autofree char *log = dress(fixture, d);

		check_same(fixture, log, how);
	}
}
END_TEST

/* Symbolisers add places, and a line before for each function that was inlined there. */
START_TEST(symbolised_it_is_the_same)
{
#define SYMBOL "(?:\\[<[0-9a-f]+>\\] )?[A-Za-z_][A-Za-z0-9_.]*\\+0x[0-9a-f]+/0x[0-9a-f]+"
	static const char *const heads[] = {
		"^(.*\\}, at: )(" SYMBOL ".*)$",
		"^(.*BUG: K[A-Z]+: [a-z-]+ in )(" SYMBOL ".*)$",
		"^(.*WARNING: CPU: \\d+ PID: \\d+ at \\S+:\\d+ )(" SYMBOL ".*)$",
		"^(.*RIP: 0010:)(" SYMBOL ".*)$",
		"^((?:\\[[^\\]]*\\])* +)(" SYMBOL "(?: \\[[a-z_]+\\])?)$",
	};
	const struct fixture *fixture = fixtures->pdata[_i];
	g_autofree char *log = g_strndup(fixture->log, fixture->len);

	for (gsize i = 0; i < G_N_ELEMENTS(heads); i++) {
		g_autoptr(GRegex) regex =
			g_regex_new(heads[i], G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
		char *more = g_regex_replace(regex, log, -1, 0,
					     "\\1some_inline include/some.h:12 [inline]\n"
					     "\\1\\2 some/file.c:120",
					     0, NULL);

		ck_assert_ptr_nonnull(more);
		g_free(log);
		log = more;
	}
	check_same(fixture, log, "symbolised");
}
END_TEST

void add_dress_tests(TCase *tests)
{
	tcase_add_loop_test(tests, dressed_up_it_is_the_same, 0, fixtures->len);
	tcase_add_loop_test(tests, symbolised_it_is_the_same, 0, fixtures->len);
}
