// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts the fixtures to the formats in which other tools show logs; the same reports must be
 * found.
 */
#include <string.h>

#include "tests/unit/splat.h"

/*
 * How a tool formats a line. In PATTERN %s is the time stamp, %c the caller ("T1" if there is
 * none), %t the text, %o the whole line, %j and %k the same as JSON strings. ALL: applies to lines
 * that printk did not write, too.
 */
static const struct dress {
	const char *name, *pattern;
	gboolean all;
} dresses[] = {
	{"CR LF", "%o\r", TRUE},
	{"quoted", "> %o", TRUE},
	{"quoted twice", ">> %o", TRUE},
	{"quoted, without a blank", ">%o", TRUE},
	{"quoted by initials", "JD> %o", TRUE},
	{"quoted, then a bar", "> | %o", TRUE},
	{"bar", "| %o", TRUE},
	{"hash", "# %o"},
	{"HTML's entity", "&gt; %o", TRUE},
	{"U+00A0", "\xc2\xa0\xc2\xa0%o", TRUE},
	{"U+3000", "\xe3\x80\x80%o", TRUE},
	{"blanks at the end", "%o   ", TRUE},
	{"CI", "2026-11-21T06:00:00.1234567Z %o", TRUE},
	{"level", "<4>%o"},
	{"dmesg -d", "[%s <    0.000012>] %t"},
	{"dmesg -T -d", "[Sat Nov 21 06:00:01 2026 <    0.000012>] %t"},
	{"dmesg -e", "[  +0.000012] %t"},
	{"dmesg -T", "[Sat Nov 21 06:00:01 2026] [ %c] %t"},
	{"dmesg -x", "kern  :warn  : %o"},
	{"dmesg -x without time", "kern  :warn  : %t"},
	{"dmesg delta", "[<    0.000012>] %t"},
	{"dmesg iso", "2026-11-21T06:00:01,123456+01:00 %t"},
	{"dmesg raw and iso", "[%s] 2026-11-21T06:00:01,123456+01:00 %t"},
	{"dmesg in colour", "\033[32m[%s] \033[0m\033[33m%t\033[0m"},
	{"caller alone", "[ %c] %t"},
	{"journal", "Nov 21 06:00:01 testhost kernel: %o"},
	{"journal, indented", "    Nov 21 06:00:01 testhost kernel: %o"},
	{"journal, no host", "Nov 21 06:00:01 kernel: %t"},
	{"journal, full", "Sat 2026-11-21 06:00:01 CET testhost kernel: %o"},
	{"journal, full, numeric zone", "Sat 2026-11-21 06:00:01 +0330 testhost kernel: %t"},
	{"journal, iso", "2026-11-21T06:00:01.123456+00:00 testhost kernel: %o"},
	{"journal, monotonic", "[%s] testhost kernel: %t"},
	{"journal, delta", "[%s <    0.000012 >] testhost kernel: %t"},
	{"journal, delta of another boot", "[%s <    0.000012*>] testhost kernel: %t"},
	{"journal, unix", "1795240801.123456 testhost kernel: %o"},
	{"journal, JSON stream", "data: {\"MESSAGE\": \"%j\", \"_TRANSPORT\": \"kernel\"}"},
	{"journal, JSON sequence", "\036{\"MESSAGE\": \"%j\", \"_TRANSPORT\": \"kernel\"}"},
	{"container's JSON", "{\"log\":\"%k\\n\",\"stream\":\"stdout\"}", TRUE},
	{"LAVA", "- {\"dt\": \"2026-11-21T06:00:01.25\", \"lvl\": \"target\", \"msg\": \"%k\"}",
	 TRUE},
	{"RFC 5424", "<4>1 2026-11-21T06:00:01.25+01:00 testhost kernel - - - %o"},
	{"RFC 5424, data",
	 "<4>1 2026-11-21T06:00:01.25Z testhost kernel - - [meta sequenceId=\"1\"] %t"},
	{"RFC 5424, length", "87 <4>1 2026-11-21T06:00:01Z testhost kernel - - - %t"},
	{"RFC 5424, stored", "1 2026-11-21T06:00:01Z testhost kernel - - - %t"},
	{"netconsole", "6.12.0-rc1+,4,77,%u,-,caller=%c;%t"},
	{"netconsole, by syslog", "Nov 21 06:00:01 10.0.0.1 4,77,%u,-,caller=%c;%t"},
	{"logread", "Sat Nov 21 06:00:01 2026 kern.err kernel: %o"},
	{"logcat", "11-21 06:00:01.250     0     0 E KERNEL  : %o"},
	{"logcat, year and zone", "2026-11-21 06:00:01.250 +0000     0     0 E KERNEL  : %t"},
	{"logcat, user", "11-21 06:00:01.250  root     0     0 E KERNEL  : %t"},
	{"logcat, monotonic", "      42.250     0     0 E KERNEL  : %t"},
	{"logcat, time", "11-21 06:00:01.250 E/KERNEL  (    0): %t"},
	{"logcat, tag", "E/KERNEL  : %t"},
	{"MediaTek", "[%s] -(1)[731:kworker/u8:2]%t"},
	{"Samsung", "[%s]  I[0:     kworker/0:1:  731] %t"},
	{"Huawei", "[%ss][2026:11:21 06:00:01][pid:731,cpu0,kworker/0:1]%t"},
	{"Qualcomm", "[%s] (CPU:0-pid:731:kworker/0:1) %t"},
	{"Spreadtrum", "[%s] c3 %t"},
	{"Motorola", "[%s,0] %t"},
	{"LG", "[%s / 11-21 06:00:01.123] %t"},
	{"busybox, no host", "Nov 21 06:00:01 (none) kern.err kernel: %t"},
	{"year first", "2026 Nov 21 06:00:01 testhost kernel: %t"},
	{"day first", "21.11.2026 06:00:01 testhost kernel: %t"},
	{"HTML's line break", "%o<br>", TRUE},
	{"HTML's paragraphs", "%o</p>", TRUE},
	{"CR in the notation of cat -v", "%o^M", TRUE},
	{"row of a table", "| %o |", TRUE},
	{"strings", "    \"%k\","},
	{"numbered lines", "   123\t%o", TRUE},
	{"Amlogic", "[%s@3]d %t"},
	{"Chrome OS", "2026-11-21T06:00:01.123456Z WARNING kernel: %o"},
	{"terminal", "[2026-11-21 06:00:01.250] %o"},
	/* prefixes of several tools */
	{"bar, quoted, journal", "| > Nov 21 06:00:01 testhost kernel: %o"},
	{"bar, quoted, journal without a time", "| > Nov 21 testhost kernel: [ %c] %t"},
	{"journal, quoted", "Nov 21 06:00:01 testhost kernel: > [ %c] %t"},
	{"journal, two blanks", "Nov 21 06:00:01 testhost kernel:  [ %c] %t"},
	{"syslog of a syslog",
	 "Nov 21 06:00:02 logger Nov 21 06:00:01 testhost kernel: [ %c] %t"},
	{"journal, syslog", "2026-11-21T06:00:02Z logger Nov 21 06:00:01 testhost kernel: <4>%t"},
	{"CI, terminal, journal",
	 "2026-11-21T06:00:01.1234567Z [06:00:01] Nov 21 06:00:01 testhost kernel: [ %c] %t"},
	{"quoted, time, dmesg -x", "> 06:00:01  kern  :warn  : [ %c] %t"},
	{"CRI", "2026-11-21T06:00:01.123456789Z stdout F %o", TRUE},
	{"CRI, dmesg -T", "2026-11-21T06:00:01.1+01:00 stderr F [Sat Nov 21 06:00:01 2026] %t"},
	{"names of containers", "vm-1  | [ %c] %t"},
	{"names of pods", "[pod/vm-1/console] <4>%t"},
};

/*
 * Appends LINE, which is "[%12.6f][ CALLER] TEXT" or a line that printk did not write, in the
 * format of DRESS.
 */
static void add_dressed(GString *out, const struct dress *dress, const char *line)
{
	const char *stamp = *line == '[' ? line + 1 : NULL,
		   *stamp_end = stamp ? strchr(stamp, ']') : NULL;
	const char *text = stamp_end ? stamp_end + 1 : line, *caller = NULL;

	if (*text == '[' && strchr(text, ']')) {
		caller = text + 1 + strspn(text + 1, " ");
		text = strchr(text, ']') + 1;
	}
	text += stamp && *text == ' ';
	for (const char *p = !stamp && !dress->all ? "%o" : dress->pattern; *p; p++) {
		g_autofree char *escaped = NULL;

		if (*p != '%') {
			g_string_append_c(out, *p);
			continue;
		}
		switch (*++p) {
		case 's':
			g_string_append_len(out, stamp, stamp_end - stamp);
			break;
		case 'u':
			g_string_append_printf(out, "%.0f", g_ascii_strtod(stamp, NULL) * 1e6);
			break;
		case 'c':
			g_string_append_len(out, caller ? caller : "T1",
					    caller ? (gssize)strcspn(caller, "]") : 2);
			break;
		case 'j':
		case 'k':
			escaped = g_strescape(*p == 'j' ? text : line, NULL);
			g_string_append(out, escaped);
			break;
		default:
			g_string_append(out, *p == 't' ? text : line);
		}
	}
	g_string_append_c(out, '\n');
}

static char *dress_up(const struct fixture *fixture, const struct dress *dress)
{
	GString *out = g_string_new(NULL);
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_auto(GStrv) lines = g_strsplit(log, "\n", -1);

	for (guint i = 0; lines[i] && (lines[i][0] || lines[i + 1]); i++)
		add_dressed(out, dress, lines[i]);
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
		ck_assert_msg(!expected->bug || !strcmp(splat->bug, expected->bug),
			      "%s %s: bug '%s'", fixture->name, how, splat->bug);
	}
}

/*
 * Returns TRUE if finding the reports of this log needs callers or time stamps, which not every
 * tool shows.
 */
static gboolean needs_whole_lines(const struct fixture *fixture)
{
	for (guint i = 0; i < fixture->expected->len; i++)
		if (!strcmp(((struct expected *)fixture->expected->pdata[i])->kind, "reboot"))
			return TRUE;
	return g_str_has_prefix(fixture->name, "interleaved") ||
	       g_str_has_prefix(fixture->name, "quiet-words-of-users");
}

START_TEST(dressed_up_it_is_the_same)
{
	const struct fixture *fixture = fixtures->pdata[_i];

	for (gsize d = 0; d < G_N_ELEMENTS(dresses); d++) {
		if (!strstr(dresses[d].pattern, "%o") && needs_whole_lines(fixture))
			continue;
		g_autofree char *log = dress_up(fixture, &dresses[d]);

		check_same(fixture, log, dresses[d].name);
	}
}
END_TEST

/* Symbolising scripts add places to frames, and a line for each inlined function. */
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
