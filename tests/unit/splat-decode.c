// SPDX-License-Identifier: GPL-2.0-only
/* Tests that the same reports are found in a log in every format that decode.h supports. */
#include <jansson.h>
#include <string.h>

#include "splat/decode.h"
#include "tests/unit/suite.h"
#include "tests/unit/splat.h"

void feed_scanner(const guint8 *bytes, gsize len, void *data)
{
	scanner_feed(data, bytes, len);
}

/*
 * Returns the titles of the reports in LOG, one per line. The decoder gets LOG in pieces of STEP
 * bytes.
 */
static char *titles(const guint8 *log, gsize len, gsize step)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	struct text_decoder *decoder = text_decoder_new(feed_scanner, scanner);
	GString *out = g_string_new(NULL);

	for (gsize at = 0; at < len; at += step)
		text_decoder_feed(decoder, log + at, MIN(step, len - at));
	ck_assert(text_decoder_end(decoder, NULL));
	scanner_flush(scanner);
	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(out, "%s\n", ((struct splat *)found->pdata[i])->title);
	return g_string_free(out, FALSE);
}

void check_decoded(GString *log, const char *how)
{
	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	g_autofree char *plain = titles((const guint8 *)fixture->log, fixture->len, fixture->len);
	const gsize steps[] = {1, 77, 1 << 20};

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *now = titles((const guint8 *)log->str, log->len, steps[i]);

		ck_assert_msg(strcmp(now, plain) == 0, "%s, pieces of %zu:\n%s\nnot\n%s", how,
			      steps[i], now, plain);
	}
	g_string_free(log, TRUE);
}

/* Records --------------------------------------------------------------------- */

enum record {
	RECORD_JSON,
	RECORD_PRETTY,
	RECORD_EXPORT,
	RECORD_BINARY,
	RECORD_VERBOSE,
	RECORD_DMESG,
	RECORD_ARRAY, /* the entries of RECORD_JSON in an array on one line */
	RECORD_PRETTY_ARRAY,
	RECORD_NESTED, /* in an array inside an object */
	RECORD_MESSAGE, /* console lines as members "message" of nested objects, one per line */
	RECORD_SYSLOG, /* entries of syslog-ng: console lines */
	RECORDS
};

static void add_journal_entry(GString *out, enum record form, const char *stamp, const char *text)
{
	g_autofree char *usec = g_strdup_printf("%.0f", g_ascii_strtod(stamp, NULL) * 1e6);
	const char *const names[] = {"__CURSOR", "_TRANSPORT", "PRIORITY", "MESSAGE",
				     "_SOURCE_MONOTONIC_TIMESTAMP"};
	const char *const values[] = {"s=1;i=2;b=3", "kernel", "4", text, usec};
	json_t *entry = json_object();
	g_autofree char *json = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		json_object_set_new(entry, names[i], json_string(values[i]));
	json = json_dumps(entry, form == RECORD_PRETTY || form == RECORD_PRETTY_ARRAY
					 ? JSON_INDENT(8)
					 : JSON_COMPACT);
	json_decref(entry);
	if (form == RECORD_JSON || form == RECORD_PRETTY) {
		g_string_append_printf(out, "%s\n", json);
		return;
	}
	if (form >= RECORD_ARRAY) {
		g_string_append_printf(out, "%s%s", out->str[out->len - 1] == '[' ? "" : ",",
				       json);
		return;
	}
	if (form == RECORD_VERBOSE)
		g_string_append(out,
				"Sat 2026-11-21 06:00:01.123456 CET [s=1;i=2;b=3;m=4;t=5;x=6]\n");
	for (gsize i = form == RECORD_VERBOSE; i < G_N_ELEMENTS(names); i++) {
		guint64 len = GUINT64_TO_LE(strlen(values[i]));

		if (form == RECORD_BINARY && !strcmp(names[i], "MESSAGE")) {
			g_string_append_printf(out, "%s\n", names[i]);
			g_string_append_len(out, (const char *)&len, sizeof(len));
			g_string_append_printf(out, "%s\n", values[i]);
			continue;
		}
		g_string_append_printf(out, "%s%s=%s\n", form == RECORD_VERBOSE ? "    " : "",
				       names[i], values[i]);
	}
	if (form != RECORD_VERBOSE)
		g_string_append_c(out, '\n');
}

static void add_dmesg_entry(GString *out, const char *stamp, const char *caller, const char *text)
{
	json_t *json = json_string(text);
	g_autofree char *quoted = json_dumps(json, JSON_ENCODE_ANY);

	json_decref(json);
	g_string_append_printf(
		out,
		"%s{\n         \"pri\": 4,\n         \"time\": %s,\n         \"caller\": \"%s\",\n"
		"         \"msg\": %s\n      }",
		out->str[out->len - 1] == '}' ? "," : "      ", stamp, caller, quoted);
}

/* Adds a console line as an entry of a collector of logs. */
static void add_collected_entry(GString *out, enum record form, const char *line)
{
	json_t *entry = form == RECORD_SYSLOG
				? json_pack("{s:s, s:s, s:s}", "PROGRAM", "kernel", "HOST", "test",
					    "MESSAGE", line)
				: json_pack("{s:s, s:{s:{s:s}, s:s}}", "_index", "logs", "_source",
					    "labels", "host", "test", "message", line);
	g_autofree char *json = json_dumps(entry, JSON_COMPACT);

	json_decref(entry);
	g_string_append_printf(out, "%s\n", json);
}

static GString *as_records(enum record form)
{
	static const char *const begin[RECORDS] = {
		[RECORD_DMESG] = "{\n   \"dmesg\": [\n",
		[RECORD_ARRAY] = "[",
		[RECORD_PRETTY_ARRAY] = "[",
		[RECORD_NESTED] = "{\"total\": 1, \"hits\": {\"hits\": [",
	};
	static const char *const end[RECORDS] = {
		[RECORD_DMESG] = "\n   ]\n}\n",
		[RECORD_ARRAY] = "]\n",
		[RECORD_PRETTY_ARRAY] = "]\n",
		[RECORD_NESTED] = "]}}",
	};

	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
	GString *out = g_string_new(begin[form]);

	for (guint i = 0; lines[i]; i++) {
		g_autofree char *stamp = NULL, *caller = NULL;
		const char *text = strchr(lines[i], ']');

		if (*lines[i] != '[' || !text)
			continue;
		stamp = g_strndup(lines[i] + 1, (gsize)(text - lines[i] - 1));
		text++;
		if (*text == '[') {
			caller = g_strndup(text + 1, strcspn(text + 1, "]"));
			text = strchr(text, ']') + 1;
		}
		text += *text == ' ';
		if (form == RECORD_DMESG)
			add_dmesg_entry(out, g_strstrip(stamp), caller ? g_strstrip(caller) : "",
					text);
		else if (form >= RECORD_MESSAGE)
			add_collected_entry(out, form, lines[i]);
		else
			add_journal_entry(out, form, stamp, text);
	}
	g_string_append(out, end[form] ? end[form] : "");
	return out;
}

START_TEST(records)
{
	static const char *const names[] = {
		[RECORD_JSON] = "journalctl -o json",
		[RECORD_PRETTY] = "journalctl -o json-pretty",
		[RECORD_EXPORT] = "journalctl -o export",
		[RECORD_BINARY] = "journalctl -o export, binary",
		[RECORD_VERBOSE] = "journalctl -o verbose",
		[RECORD_DMESG] = "dmesg --json",
		[RECORD_ARRAY] = "an array on one line",
		[RECORD_PRETTY_ARRAY] = "an array on many lines",
		[RECORD_NESTED] = "an array in an object",
		[RECORD_MESSAGE] = "message",
		[RECORD_SYSLOG] = "syslog-ng",
	};

	check_decoded(as_records((enum record)_i), names[_i]);
}
END_TEST

/* Line ends ----------------------------------------------------------------------- */

/* more than 4 KiB of lines before the part of the log that must be decoded */
#define LINE_BEFORE "12:00:01 job 17: step 1 of 2 was done without an error, and without a log\n"
#define TEN_BEFORE                                                                              \
	LINE_BEFORE LINE_BEFORE LINE_BEFORE LINE_BEFORE LINE_BEFORE LINE_BEFORE LINE_BEFORE     \
		LINE_BEFORE LINE_BEFORE LINE_BEFORE
#define LINES_BEFORE TEN_BEFORE TEN_BEFORE TEN_BEFORE TEN_BEFORE TEN_BEFORE TEN_BEFORE TEN_BEFORE

/* What each line of a log begins and ends with, and what precedes and follows the log. */
static const struct {
	const char *name, *before, *begin, *end, *after;
} line_ends[] = {
	{"CR", "", "", "\r", ""},
	{"CR CR LF", "", "", "\r\r\n", ""},
	{"backslash n", "", "", "\\n", ""},
	{"backslashes r n", "", "", "\\r\\n", ""},
	{"a JSON string", "{\"id\": \"x\", \"log\": \"", "", "\\n", "\"}"},
	{"a JSON string in a JSON string", "\"{\\\"log\\\": \\\"", "", "\\\\n",
	 "\\\"}\""},
	{"JSON with newlines", "{\n  \"id\": 1,\n  \"log\": \"", "", "\\n",
	 "\",\n  \"end\": 2\n}\n"},
	{"a JSON string after other lines", LINES_BEFORE "{\"log\": \"", "", "\\n", "\"}\nend\n"},
	{"an array of strings", "[", "\"", "\", ", "\"\"]"},
	{"an array of strings after other lines", LINES_BEFORE "{\"a\":[", "\"", "\",", "\"\"]}\n"},
	{"arrays in an array", "{\"values\": [", "[\"1795240801000000001\", \"", "\"], ", "[]]}"},
	{"an array of a program", "['", "", "', '", "']\n"},
	{"a string in YAML after other lines", LINES_BEFORE "  log: \"", "", "\\r\\n", "\"\n"},
	{"a JSON array", "{\n  \"lines\": [\n", "    \"", "\",\n", "    \"\"\n  ]\n}\n"},
};

START_TEST(unusual_line_ends)
{
	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	g_autofree char *log = g_strndup(fixture->log, fixture->len);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(log), "\n", -1);
	GString *text = g_string_new(line_ends[_i].before);

	for (guint i = 0; lines[i]; i++) {
		g_autoptr(GString) line = g_string_new(lines[i]);

		if (strpbrk(line_ends[_i].end, "\\\"'")) {
			g_string_replace(line, "\"", "\\\"", 0);
			g_string_replace(line, "\t", "\\u0009", 0);
		}
		g_string_append_printf(text, "%s%s%s", line_ends[_i].begin, line->str,
				       line_ends[_i].end);
	}
	g_string_append(text, line_ends[_i].after);
	check_decoded(text, line_ends[_i].name);
}
END_TEST

/* The source of a program has "\n", too, but is not decoded. */
START_TEST(source_code)
{
	static const char source[] =
		"static void say(void)\n{\n\tputs(\"one\\ntwo\\nthree\\n\");\n"
		"\tpr_err(\"kernel BUG at mm/slub.c:12!\\n\");\n}\n";
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	struct text_decoder *decoder = text_decoder_new(feed_scanner, scanner);
	guint64 kernel;

	text_decoder_feed(decoder, (const guint8 *)source, strlen(source));
	ck_assert(text_decoder_end(decoder, NULL));
	scanner_flush(scanner);
	ck_assert_uint_eq(scanner_lines(scanner, &kernel), 5);
	ck_assert_uint_eq(found->len, 0);
}
END_TEST

/* Texts that end inside what a decoder or a prefix needs; errors are found by `make check-san`. */
START_TEST(short_texts)
{
	static const char *const texts[] = {
		"",	"[",	   "{",	    "[x",      "[x\n",	   "\"",      "| ",	"> [",
		"12\t", "Date:",   "From ", "[\"log\"", "{\"log\":\"", "&#",	   "&#x",	"^",
		"vm |", "stdout ", "TPC: <", "Nov 21 h", "06:00:01 ", "\\n[",	   "'",		"=",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		/*
		 * a copy without a byte after the text, so that ASan detects a read after its end
		 */
		g_autofree guint8 *copy = g_memdup2(texts[i], strlen(texts[i]));
		g_autofree char *found = titles(copy, strlen(texts[i]), 1);

		ck_assert_str_eq(found, "");
	}
}
END_TEST

/* UTF-16 and UTF-32 --------------------------------------------------------------- */

START_TEST(wide_characters)
{
	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	static const char *const sets[] = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"};
	gboolean mark = _i >= 4;
	g_autofree char *text = g_strdup_printf("%s%.*s", mark ? "\xef\xbb\xbf" : "",
						(int)fixture->len, fixture->log);
	gsize len;
	g_autofree char *wide = g_convert(text, -1, sets[_i % 4], "UTF-8", NULL, &len, NULL);

	ck_assert_ptr_nonnull(wide);
	check_decoded(g_string_new_len(wide, (gssize)len), sets[_i % 4]);
}
END_TEST

void add_decode_tests(TCase *tests)
{
	tcase_add_loop_test(tests, records, 0, RECORDS);
	tcase_add_loop_test(tests, unusual_line_ends, 0, G_N_ELEMENTS(line_ends));
	tcase_add_test(tests, source_code);
	tcase_add_test(tests, short_texts);
	tcase_add_loop_test(tests, wide_characters, 0, 8);
}
