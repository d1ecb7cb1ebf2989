// SPDX-License-Identifier: GPL-2.0-only
/* Parses TAP and KTAP (tap.h). */
#include "tap/tap.h"

#include <string.h>

#include "util/text.h"

#define LINES_BEFORE 30 /* number of lines before a failure that its report has at most */
#define NAME_MAX_BYTES 160

struct reading {
	struct tap *tap;
	char **lines;
	guint at;	/* index of the current line */
	guint begin;	/* index of the first line of this execution */
	/* number of tests that the plan of the top level announces, or -1 if there is no plan */
	gint64 planned;
	gint64 results; /* number of results at the top level */
	gboolean bailed;
};

static void failure_free(gpointer data)
{
	struct tap_failure *failure = data;

	g_free(failure->name);
	g_free(failure->text);
	g_free(failure);
}

void tap_free(struct tap *tap)
{
	if (!tap)
		return;
	g_ptr_array_unref(tap->failures);
	g_free(tap);
}

static void add_failure(struct reading *r, const char *name)
{
	guint from = MAX(r->begin, r->at > LINES_BEFORE ? r->at - LINES_BEFORE : 0);
	g_autofree char *cut = g_strndup(name, NAME_MAX_BYTES), *text = NULL;
	struct tap_failure *failure;
	char *after;

	r->tap->failed++;
	g_strstrip(cut);
	for (guint i = 0; i < r->tap->failures->len; i++)
		if (!strcmp(((struct tap_failure *)r->tap->failures->pdata[i])->name, cut))
			return;
	if (r->tap->failures->len >= TAP_FAILURES_MAX)
		return;
	after = r->lines[r->at + 1];
	r->lines[r->at + 1] = NULL;
	text = g_strjoinv("\n", r->lines + from);
	r->lines[r->at + 1] = after;
	failure = g_new0(struct tap_failure, 1);
	failure->name = text_clean(cut);
	failure->text = text_clean(text);
	g_ptr_array_add(r->tap->failures, failure);
}

/* Parses LINE if it is a plan: "1..N", or "1..0 # SKIP why". Returns FALSE if it is not. */
static gboolean take_plan(struct reading *r, const char *line, gboolean nested)
{
	char *end;
	guint64 n;

	if (!g_str_has_prefix(line, "1..") || !g_ascii_isdigit(line[3]))
		return FALSE;
	n = g_ascii_strtoull(line + 3, &end, 10);
	r->tap->seen = TRUE;
	if (!nested)
		r->planned = MIN(n, G_MAXINT);
	r->tap->skipped += !n;
	return TRUE;
}

static gboolean is_directive(const char *text, const char *word)
{
	return !g_ascii_strncasecmp(text, word, strlen(word));
}

/* Parses LINE if it is a result, such as "ok 3 - name # SKIP why" or "not ok 3 name". */
static void take_result(struct reading *r, const char *line, gboolean nested)
{
	gboolean failed = g_str_has_prefix(line, "not ok ");
	const char *number = line + strlen(failed ? "not ok " : "ok "), *name, *directive;
	g_autofree char *what = NULL;

	if ((!failed && !g_str_has_prefix(line, "ok ")) || !g_ascii_isdigit(*number))
		return;
	r->tap->seen = TRUE;
	r->results += !nested;
	name = number + strspn(number, "0123456789");
	name += strspn(name, " \t");
	name += g_str_has_prefix(name, "- ") ? 2 : 0;
	directive = *name == '#' ? name : strstr(name, " #");
	what = g_strndup(name, directive ? (gsize)(directive - name) : strlen(name));
	directive = directive ? directive + strspn(directive, " #") : "";
	if (is_directive(directive, "SKIP") || is_directive(directive, "TODO") ||
	    is_directive(directive, "XFAIL")) {
		r->tap->skipped++;
	} else if (!failed) {
		r->tap->passed++;
	} else if (*g_strstrip(what)) {
		add_failure(r, what);
	} else {
		g_autofree char *numbered =
			g_strdup_printf("test %.*s", (int)strspn(number, "0123456789"), number);

		add_failure(r, numbered);
	}
}

static void end_execution(struct reading *r, gboolean by_itself)
{
	if (by_itself && !r->bailed && r->planned > r->results) {
		g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
							" planned tests have no result",
							r->planned - r->results, r->planned);

		add_failure(r, name);
	}
	r->planned = -1;
	r->results = 0;
	r->bailed = FALSE;
}

/*
 * Handles MARK, the rest of a line "== …" that the agent `run` has added to the output of the
 * commands.
 */
static void take_mark(struct reading *r, const char *mark)
{
	if (g_str_has_prefix(mark, "cut:")) {
		r->tap->cut = TRUE;
		r->planned = -1;
	} else if (g_ascii_isdigit(*mark)) {
		end_execution(r, FALSE);
		r->begin = r->at;
	} else {
		end_execution(r, g_str_has_prefix(mark, "ended with exit code"));
	}
}

static void take_line(struct reading *r, const char *line)
{
	gboolean nested = *line == ' ' || *line == '\t' || g_str_has_prefix(line, "# ");

	if (g_str_has_prefix(line, "== ")) {
		take_mark(r, line + strlen("== "));
		return;
	}
	line += strspn(line, " \t");
	/* skip the "# " that kselftest's runner puts before the output of tests */
	while (g_str_has_prefix(line, "# "))
		line += 2 + strspn(line + 2, " \t");
	if (g_str_has_prefix(line, "TAP version ") || g_str_has_prefix(line, "KTAP version ")) {
		r->tap->seen = TRUE;
		return;
	}
	if (g_str_has_prefix(line, "Bail out!")) {
		g_autofree char *name =
			g_strconcat("bailed out:", line + strlen("Bail out!"), NULL);

		r->tap->seen = r->bailed = TRUE;
		add_failure(r, name);
		return;
	}
	if (!take_plan(r, line, nested))
		take_result(r, line, nested);
}

struct tap *tap_parse(const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	struct tap *tap = g_new0(struct tap, 1);
	struct reading r = {.tap = tap, .lines = lines, .planned = -1};

	tap->failures = g_ptr_array_new_with_free_func(failure_free);
	for (; lines[r.at]; r.at++)
		take_line(&r, lines[r.at]);
	return tap;
}

/*
 * Returns NAME with "N" in place of each address and long number, because these differ between
 * boots. The caller frees it.
 */
static char *stable(const char *name)
{
	static GRegex *number;

	if (!number)
		number = g_regex_new("0x[0-9a-fA-F]+|\\d{4,}", G_REGEX_RAW, 0, NULL);
	return g_regex_replace_literal(number, name, -1, 0, "N", 0, NULL);
}

struct splat *tap_report(const struct tap_failure *failure, const char *script)
{
	g_autofree char *base = g_path_get_basename(script), *key = stable(failure->name);
	struct splat *splat = g_new0(struct splat, 1);

	splat->kind = "test-failed";
	splat->weight = SPLAT_FAIL;
	splat->title = g_strdup_printf("%s: not ok: %s", base, failure->name);
	splat->bug = g_strdup_printf("v1:test-failed:%s: %s", base, key);
	splat->path = g_strdup(splat->bug);
	splat->exact = g_strdup(splat->bug);
	splat->text = g_strdup(failure->text);
	splat->when = -1;
	splat->pid = splat->cpu = -1;
	return splat;
}
