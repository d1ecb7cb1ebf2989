// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and applies patches: plain diffs, or mails of git format-patch, also several in one file.
 *
 * Only the diffs are extracted, so that a diff quoted in a commit message is not applied; the line
 * counts of a hunk determine its end, as in patch(1). patch(1) then applies the diffs with offsets,
 * but never with fuzz, because a hunk that only fits with fuzz may change the wrong place.
 */
#include "kernel/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define PATCH_MAX (32u << 20)

static void patch_file_free(void *data)
{
	struct patch_file *file = data;

	g_free(file->old);
	g_free(file->new);
	g_free(file->text);
	g_free(file);
}

void patch_free(struct patch *patch)
{
	g_free(patch->path);
	g_free(patch->text);
	g_ptr_array_unref(patch->files);
	g_free(patch);
}

/* ---- parsing patches ---- */

struct parser {
	const char *path;
	char **lines;
	guint at; /* current line number, from 0 */
	struct patch *patch;
};

/*
 * Converts a path like "a/mm/slub.c 2026-…": removes the first component and the date. *RET is NULL
 * for /dev/null.
 */
static gboolean strip(const struct parser *parser, const char *word, char **ret, GError **error)
{
	g_autofree char *name = g_strndup(word, strcspn(word, "\t\r"));
	const char *slash = strchr(g_strchomp(name), '/');
	g_auto(GStrv) part = NULL;

	g_clear_pointer(ret, g_free);
	if (!strcmp(name, "/dev/null"))
		return TRUE;
	part = g_strsplit(slash ? slash + 1 : "", "/", -1);
	if (!slash || slash == name || !slash[1] ||
	    g_strv_contains((const char *const *)part, "..") ||
	    g_strv_contains((const char *const *)part, ""))
		return rig_fail(error, RIG_EXIT_USAGE, "%s:%u: invalid path '%s' for patch -p1",
				parser->path, parser->at + 1, name);
	*ret = g_strdup(slash + 1);
	return TRUE;
}

/* Copies one hunk, by the line counts of its header. The parser must be at the header. */
static gboolean take_hunk(struct parser *parser, GString *text, GError **error)
{
	static const char pattern[] = "^@@ -\\d+(?:,(\\d+))? \\+\\d+(?:,(\\d+))? @@";
	static GRegex *regex;
	g_autoptr(GMatchInfo) match = NULL;
	guint start = parser->at + 1;
	gint64 left[2];

	if (!regex)
		regex = g_regex_new(pattern, G_REGEX_OPTIMIZE | G_REGEX_RAW, 0, NULL);
	if (!g_regex_match(regex, parser->lines[parser->at], 0, &match))
		return rig_fail(error, RIG_EXIT_USAGE, "%s:%u: invalid hunk header", parser->path,
				start);
	for (int i = 0; i < 2; i++) {
		g_autofree char *count = g_match_info_fetch(match, i + 1);

		left[i] = count && *count ? g_ascii_strtoll(count, NULL, 10) : 1;
	}
	g_string_append_printf(text, "%s\n", parser->lines[parser->at++]);
	while (left[0] > 0 || left[1] > 0) {
		const char *line = parser->lines[parser->at];

		/* the last string of the list follows the last newline, so it is not a line */
		if (!line || !parser->lines[parser->at + 1] || !strchr(" +-\\\t\r", *line))
			return rig_fail(error, RIG_EXIT_USAGE,
					"%s:%u: the hunk that begins in line %u is incomplete",
					parser->path, parser->at + 1, start);
		left[0] -= *line != '+' && *line != '\\';
		left[1] -= *line != '-' && *line != '\\';
		g_string_append_printf(text, "%s\n", line);
		parser->at++;
	}
	if (parser->lines[parser->at] &&
	    g_str_has_prefix(parser->lines[parser->at], "\\ No newline"))
		g_string_append_printf(text, "%s\n", parser->lines[parser->at++]);
	return TRUE;
}

static gboolean is_diff_git(const char *line)
{
	return g_str_has_prefix(line, "diff --git a/") && strstr(line, " b/");
}

static gboolean git_paths(struct parser *parser, struct patch_file *file, GError **error)
{
	/* X is the same in "a/X b/X" unless the file is renamed, which has other header lines */
	const char *words = parser->lines[parser->at] + strlen("diff --git ");
	const char *second = strstr(words, " b/");
	g_autofree char *first = g_strndup(words, second - words);

	return strip(parser, first, &file->old, error) &&
	       strip(parser, second + 1, &file->new, error);
}

/*
 * Handles a line between "diff --git" and the first hunk. *ret_header is TRUE if it is a header
 * line.
 */
static gboolean take_header(struct parser *parser, struct patch_file *file, gboolean *ret_header,
			    GError **error)
{
	static const char *const known[] = {
		"index ",
		"old mode ",
		"new mode ",
		"similarity index ",
		"dissimilarity index ",
		"new file mode ",
		"deleted file mode ",
		"rename from ",
		"rename to ",
		"copy from ",
		"copy to ",
	};
	const char *line = parser->lines[parser->at];

	*ret_header = TRUE;
	if (g_str_has_prefix(line, "--- "))
		return strip(parser, line + 4, &file->old, error);
	if (g_str_has_prefix(line, "+++ "))
		return strip(parser, line + 4, &file->new, error);
	if (g_str_has_prefix(line, "GIT binary patch") || g_str_has_prefix(line, "Binary files "))
		return rig_fail(error, RIG_EXIT_USAGE, "%s:%u: binary patches are not supported",
				parser->path, parser->at + 1);
	for (guint i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_str_has_prefix(line, known[i]))
			return TRUE;
	*ret_header = FALSE;
	return TRUE;
}

/* Reads the diff of one file. The parser must be at "diff --git", or at "--- " before "+++ ". */
static gboolean take_file(struct parser *parser, GError **error)
{
	struct patch_file *file = g_new0(struct patch_file, 1);
	g_autoptr(GString) text = g_string_new(NULL);
	gboolean header = TRUE;

	g_ptr_array_add(parser->patch->files, file);
	if (is_diff_git(parser->lines[parser->at])) {
		if (!git_paths(parser, file, error))
			return FALSE;
		g_string_append_printf(text, "%s\n", parser->lines[parser->at++]);
	}
	while (parser->lines[parser->at]) {
		if (!take_header(parser, file, &header, error))
			return FALSE;
		if (!header)
			break;
		g_string_append_printf(text, "%s\n", parser->lines[parser->at++]);
	}
	while (parser->lines[parser->at] && g_str_has_prefix(parser->lines[parser->at], "@@ "))
		if (!take_hunk(parser, text, error))
			return FALSE;
	if (!file->old && !file->new)
		return rig_fail(error, RIG_EXIT_USAGE, "%s:%u: the diff names no file",
				parser->path, parser->at + 1);
	file->text = g_string_free(g_steal_pointer(&text), FALSE);
	return TRUE;
}

static gboolean starts_file(char **lines)
{
	return is_diff_git(lines[0]) || (g_str_has_prefix(lines[0], "--- ") && lines[1] &&
					 g_str_has_prefix(lines[1], "+++ ") && lines[2] &&
					 g_str_has_prefix(lines[2], "@@ "));
}

struct patch *patch_parse(const char *path, const char *text, GError **error)
{
	rig_auto(patch) patch = g_new0(struct patch, 1);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct parser parser = {.path = path, .lines = lines, .patch = patch};
	g_autoptr(GString) all = g_string_new(NULL);
	gboolean message = FALSE;

	patch->path = g_strdup(path);
	patch->files = g_ptr_array_new_with_free_func(patch_file_free);
	while (lines[parser.at]) {
		const char *line = lines[parser.at];

		if (g_regex_match_simple("^Content-Transfer-Encoding:\\s*(quoted-printable|base64)",
					 line, G_REGEX_CASELESS, 0)) {
			rig_fail(error, RIG_EXIT_USAGE,
				 "%s:%u: encoded mail (base64 or quoted-printable): save it with "
				 "b4 am or git format-patch",
				 path, parser.at + 1);
			return NULL;
		}
		/* skip a mail's text, which may quote a diff; the mail's own diff follows "---" */
		if (g_regex_match_simple("^From [0-9a-f]{40} ", line, 0, 0))
			message = TRUE;
		else if (!strcmp(line, "---") || is_diff_git(line))
			message = FALSE;
		if (message || !starts_file(lines + parser.at)) {
			parser.at++;
			continue;
		}
		if (!take_file(&parser, error))
			return NULL;
	}
	for (guint i = 0; i < patch->files->len; i++)
		g_string_append(all, ((struct patch_file *)patch->files->pdata[i])->text);
	patch->text = g_string_free(g_steal_pointer(&all), FALSE);
	if (!patch->files->len) {
		rig_fail(error, RIG_EXIT_USAGE, "'%s' contains no patch", path);
		return NULL;
	}
	return g_steal_pointer(&patch);
}

struct patch *patch_load(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize len;

	if (!rig_read_file(path, PATCH_MAX, &text, &len, error))
		return NULL;
	if (strlen(text) != len) {
		rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a patch: it has NUL bytes", path);
		return NULL;
	}
	return patch_parse(path, text, error);
}

/* ---- applying patches ---- */

/* Returns the messages of patch(1) about a file that failed. */
static char *failed_hunks(const char *output)
{
	/* matches for example "Hunk #2 FAILED at 2115." */
	g_autoptr(GRegex) regex =
		g_regex_new("Hunk #(\\d+) (?:FAILED|NOT MERGED) at (\\d+)", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	if (strstr(output, "Reversed (or previously applied)"))
		return g_strdup("hunk 1: it is applied already, or old and new are swapped");
	if (strstr(output, "can't find file") || strstr(output, "No file to patch"))
		return g_strdup("hunk 1: this source has no such file");
	for (g_regex_match(regex, output, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_autofree char *number = g_match_info_fetch(match, 1);
		g_autofree char *line = g_match_info_fetch(match, 2);

		g_string_append_printf(text, "%shunk %s (at line %s)", text->len ? ", " : "",
				       number, line);
	}
	if (!text->len)
		g_string_append(text, output);
	return g_strstrip(g_string_free(g_steal_pointer(&text), FALSE));
}

/* Applies the diff of one file with patch(1). */
static gboolean apply_file(const struct patch *patch, const struct patch_file *file,
			   const char *dir, GError **error)
{
	g_autofree char *input = g_strconcat(dir, ".diff", NULL);
	g_autofree char *output = NULL, *hunks = NULL;
	g_autoptr(GError) why = NULL;
	const char *argv[] = {"patch",	   "-p1", "--fuzz=0", "--batch",
			      "--forward", "-r",  "-",	      "--no-backup-if-mismatch",
			      "-d",	   dir,	  NULL};
	const char *env[] = {"LC_ALL=C", NULL};
	struct spawn spawn = {.argv = argv, .env = env, .input = input};

	if (!rig_write_file(input, file->text, -1, error))
		return FALSE;
	if (spawn_run(&spawn, &output, &why))
		return TRUE;
	if (!output) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	hunks = failed_hunks(output);
	return rig_fail(error, RIG_EXIT_USAGE,
			"patch '%s' does not apply: %s, %s (offsets are allowed, fuzz is not)",
			patch->path, file->old ? file->old : file->new, hunks);
}

gboolean patch_apply(const struct patch *patch, const char *dir, GError **error)
{
	for (guint i = 0; i < patch->files->len; i++)
		if (!apply_file(patch, patch->files->pdata[i], dir, error))
			return FALSE;
	return TRUE;
}
