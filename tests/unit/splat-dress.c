// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts the fixtures to the formats in which other tools show logs; the same reports must be
 * found.
 */
#include <string.h>

#include "tests/unit/splat.h"

/*
 * How a tool formats a line. In PATTERN %s is the time stamp, %c the caller ("T1" if there is
 * none), %t the text, %o the whole line, %j and %k the same as JSON strings, %h and %H the whole
 * line as HTML, escaped once or twice, %w the whole line with a character of zero width after each
 * blank, %l the text with the tag that logcat makes of its start. ALL: applies to lines that printk
 * did not write, too. OTHER: the pattern of every second line, if it differs.
 */
static const struct dress {
	const char *name, *pattern;
	gboolean all;
	const char *other;
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
	{"syslogd, to all users", " kernel:%o"},
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
	/* colours whose escape character was lost or is written as text */
	{"colour, lost", "[32m[%s] [0m[33m%t[0m"},
	{"colour, lost, in a journal",
	 "Nov 21 06:00:01 testhost kernel: [32m[%s] [0m[7m[31m%t[0m"},
	{"colour, lost at the end", "%o[0m", TRUE},
	{"colour of cat -v", "^[[32m[%s] ^[[0m^[[33m%t^[[0m"},
	{"colour of rsyslog", "#033[32m[%s] #033[0m%t#033[0m"},
	{"colour, hexadecimal", "\\x1b[32m[%s] \\x1b[0m\\x1b[33m%t\\x1b[0m"},
	{"colour, octal", "\\033[32m[%s] \\033[0m%t\\033[0m"},
	{"colour, of JSON", "\\u001b[32m[%s] \\u001b[0m%t\\u001b[0m"},
	{"colour of a shell", "\\e[32m[%s] \\e[0m%t\\e[0m"},
	{"colour, U+241B", "\xe2\x90\x9b[32m[%s] \xe2\x90\x9b[0m%t\xe2\x90\x9b[0m"},
	{"colour, U+FFFD", "\xef\xbf\xbd[32m[%s] \xef\xbf\xbd[0m%t\xef\xbf\xbd[0m"},
	{"colour, a question mark", "?[32m[%s] ?[0m%t?[0m"},
	{"colour of a terminal", "\033[33m%o\033(B\033[m", TRUE},
	/* characters that HTML, editors and transfers change */
	{"HTML", "%h", TRUE},
	{"HTML, escaped twice", "%H", TRUE},
	{"HTML's tags", "<div><span class=\"target\">%h</span></div>", TRUE},
	{"HTML's list", "<li>%h</li>", TRUE},
	{"CR LF on every second line", "%o\r", TRUE, "%o"},
	{"CR CR LF", "%o\r\r", TRUE},
	{"CR at the start", "\r\033[K%o", TRUE},
	{"byte order marks", "\xef\xbb\xbf%o", TRUE},
	{"U+2060", "\xe2\x81\xa0%o\xe2\x81\xa0", TRUE},
	{"zero width", "%w", TRUE},
	{"U+2028", "%o\xe2\x80\xa8", TRUE},
	{"code in Markdown", "`%o`", TRUE},
	{"bytes of Python", "b'[%s] %t\\r\\n',"},
	{"window of tmux", "\xe2\x94\x82%o  \xe2\x94\x82", TRUE},
	/* the journal in other forms and languages */
	{"journal, precise", "Nov 21 06:00:01.123456 testhost kernel: %t"},
	{"journal, first delta", "[%s <                >] testhost kernel: %t"},
	{"journal, iso, precise", "2026-11-21T06:00:01.123456+0100 testhost kernel: %t"},
	{"journal, German", "Okt 21 06:00:01 testhost kernel: %t"},
	{"journal, German, full", "Sa 2026-11-21 06:00:01 CET testhost kernel: %t"},
	{"journal, French", "f\xc3\xa9vr. 21 06:00:01 testhost kernel: %t"},
	{"journal, Chinese", "11\xe6\x9c\x88 21 06:00:01 testhost kernel: %t"},
	{"rsyslog, iso", "2026-11-21T06:00:01.123456-03:30 testhost kernel: [%s] %t"},
	{"rsyslog, iso, no blank", "2026-11-21T06:00:01Z testhost kernel:[%s] %t"},
	/* formats of Android */
	{"level and CPU", "<6>[%s][ %c] c0 %t"},
	{"level, CPU and pid", "<6>[%s] c0    123 %t"},
	{"wide caller", "[%s][          %c] %t"},
	{"caller after a blank", "[%s] [%c] %t"},
	{"wide time stamp", "[        %s] %t"},
	{"logcat, tags of the kernel", "11-21 06:00:01.250     0     0 W %l"},
	/* CI */
	{"GitHub", "2024-01-01T00:00:00.0000000Z ##[error]%o", TRUE},
	{"GitHub's client", "build / x86\tRun tests\t2024-01-01T00:00:00.0000000Z %o", TRUE},
	{"GitHub's command", "::error file=a.c,line=1::[%s] %t"},
	{"GitLab", "2024-05-22T12:43:46.962646Z 00O %o", TRUE,
	 "2024-05-22T12:43:46.962646Z 01E+%o"},
	{"Jenkins", "[2024-05-22T12:43:46.962Z] [x86] %o"},
	{"KernelCI", "06:00:01.250451  <4>%o"},
	{"LAVA, single quotes", "- {dt: '2026-11-21T06:00:01.250', lvl: target, msg: '[%s] %t'}"},
	/* consoles of virtual machines */
	{"Xen's guest", "(XEN) (d1) %o", TRUE},
	{"Xen's guest, Xen's time", "(XEN) [    3.123456] (d1) %o", TRUE},
	{"Xen's guest, Xen's date", "(XEN) [2026-11-21 06:00:01] (d1) %o", TRUE},
	{"Xen on Arm", "(XEN) DOM1: %o", TRUE},
	{"name in brackets", "[guest] %o"},
	{"crash's log -m", "[%s] <4>%t"},
	{"crash's log -T", "[Sat Nov 21 06:00:01 UTC 2026] %t"},
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

/* Appends LINE with the tag that logcat makes of its start, at least eight characters long. */
static void add_tagged(GString *out, const char *text)
{
	gsize tag = strcspn(text, ": [+(");

	if (text[tag] != ':')
		tag = 0;
	g_string_append_printf(out, "%-8.*s: %s", (int)tag, text,
			       tag ? text + tag + 1 + (text[tag + 1] == ' ') : text);
}

/* Appends LINE with a character of zero width after each blank. */
static void add_invisible(GString *out, const char *line)
{
	for (const char *p = line; *p; p++) {
		g_string_append_c(out, *p);
		if (*p == ' ')
			g_string_append(out, "\xe2\x80\x8b");
	}
}

/* A line that printk wrote, "[%12.6f][ CALLER] TEXT", or another one. */
struct parts {
	const char *line, *text;
	const char *stamp, *caller; /* they end at ']' */
};

static struct parts split(const char *line)
{
	struct parts parts = {.line = line, .text = line, .stamp = "", .caller = "T1"};
	const char *end = *line == '[' ? strchr(line, ']') : NULL;

	if (end) {
		parts.stamp = line + 1;
		parts.text = end + 1;
	}
	if (*parts.text == '[' && strchr(parts.text, ']')) {
		parts.caller = parts.text + 1 + strspn(parts.text + 1, " ");
		parts.text = strchr(parts.text, ']') + 1;
	}
	parts.text += *parts.stamp && *parts.text == ' ';
	return parts;
}

/* Appends the part of the line that the character WHAT of a pattern means. */
static void add_part(GString *out, char what, const struct parts *parts)
{
	g_autofree char *escaped = NULL, *twice = NULL;

	switch (what) {
	case 's':
		g_string_append_len(out, parts->stamp, (gssize)strcspn(parts->stamp, "]"));
		break;
	case 'u':
		g_string_append_printf(out, "%.0f", g_ascii_strtod(parts->stamp, NULL) * 1e6);
		break;
	case 'c':
		g_string_append_len(out, parts->caller, (gssize)strcspn(parts->caller, "]"));
		break;
	case 'j':
	case 'k':
		escaped = g_strescape(what == 'j' ? parts->text : parts->line, NULL);
		g_string_append(out, escaped);
		break;
	case 'h':
	case 'H':
		escaped = g_markup_escape_text(parts->line, -1);
		twice = g_markup_escape_text(escaped, -1);
		g_string_append(out, what == 'h' ? escaped : twice);
		break;
	case 'w':
		add_invisible(out, parts->line);
		break;
	case 'l':
		add_tagged(out, parts->text);
		break;
	default:
		g_string_append(out, what == 't' ? parts->text : parts->line);
	}
}

/*
 * Appends LINE in the format of DRESS, which a tool or a log uses; ODD: it is one of every second
 * line.
 */
static void add_dressed(GString *out, const struct dress *dress, const char *line, gboolean odd)
{
	struct parts parts = split(line);
	const char *p = odd && dress->other ? dress->other : dress->pattern;

	for (p = *parts.stamp || dress->all ? p : "%o"; *p; p++) {
		if (*p == '%')
			add_part(out, *++p, &parts);
		else
			g_string_append_c(out, *p);
	}
	g_string_append_c(out, '\n');
}

static char *dress_up(const struct fixture *fixture, const struct dress *dress)
{
	GString *out = g_string_new(NULL);
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_auto(GStrv) lines = g_strsplit(log, "\n", -1);

	for (guint i = 0; lines[i] && (lines[i][0] || lines[i + 1]); i++)
		add_dressed(out, dress, lines[i], i % 2);
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
 * Returns TRUE if the reports of this log can only be found with printk's caller ids or time
 * stamps, which not every tool shows.
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
		if (!dresses[d].all && !strstr(dresses[d].pattern, "%o") &&
		    needs_whole_lines(fixture))
			continue;
		g_autofree char *log = dress_up(fixture, &dresses[d]);

		check_same(fixture, log, dresses[d].name);
	}
}
END_TEST

/* A terminal continues a line after its last column in the next row; its hard copy has rows. */
START_TEST(wrapped_by_a_terminal)
{
	static const gsize widths[] = {80, 100, 120, 132};
	const struct fixture *fixture = fixtures->pdata[_i];

	for (gsize w = 0; w < G_N_ELEMENTS(widths); w++) {
		g_autoptr(GString) rows = g_string_new(NULL);
		gsize column = 0;

		for (gsize i = 0; i < fixture->len; i++) {
			char c = fixture->log[i];
			gsize tab = c == '\t' ? 8 : 1;

			for (gsize n = 0; n < tab; n++) {
				if (c != '\n' && column == widths[w]) {
					g_string_append_c(rows, '\n');
					column = 0;
				}
				g_string_append_c(rows, c == '\t' ? ' ' : c);
				column = c == '\n' ? 0 : column + 1;
			}
		}
		check_same(fixture, rows->str, "wrapped");
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
	tcase_add_loop_test(tests, wrapped_by_a_terminal, 0, fixtures->len);
	tcase_add_loop_test(tests, symbolised_it_is_the_same, 0, fixtures->len);
}
