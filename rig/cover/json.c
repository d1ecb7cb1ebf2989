// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes and reads the file coverage.json:
 *
 *	{"version": 1, "kernel", "arch", "tree", "complete", "files": {NAME: {
 *	 "functions": [{"name", "line", "size", "bytes", "boot", "load"}, …],
 *	 "lines": "3-9 12", "lines_boot": …, "lines_load": …}}}
 *
 * Of a function, `size` is the size in bytes, `bytes` how many of these were executed under load,
 * and `boot` and `load` are true if the function was executed in the boot, and under load.
 * `lines` are the lines that have code; `lines_boot` and `lines_load` are those of them that were
 * executed in the boot, and under load.
 */
#include "cover/coverage.h"

#include <string.h>

#include "util/error.h"

#define FILES_MAX 1000
#define FUNCTIONS_MAX 20000 /* maximum number of functions of one file */
#define LINE_NUMBER_MAX 1000000
#define NAME_MAX_LEN 500

/*
 * Returns TRUE if line I of FILE was reached in one of the phases whose bits are set in MASK;
 * always TRUE if MASK is G_MAXUINT.
 */
static gboolean has(const struct coverage_file *file, guint i, guint mask)
{
	const struct coverage_line *line = &g_array_index(file->lines, struct coverage_line, i);

	return mask == G_MAXUINT || line->reached & mask;
}

/*
 * Returns the numbers of the lines for which has() is TRUE, as a text "3-9 12" (lines 3 to 9, and
 * 12).
 */
static json_t *lines_json(const struct coverage_file *file, guint mask)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < file->lines->len; i++) {
		guint first = g_array_index(file->lines, struct coverage_line, i).line;
		guint last = first;

		if (!has(file, i, mask))
			continue;
		while (i + 1 < file->lines->len && has(file, i + 1, mask) &&
		       g_array_index(file->lines, struct coverage_line, i + 1).line == last + 1) {
			last++;
			i++;
		}
		g_string_append_printf(out, out->len ? " %u" : "%u", first);
		if (last > first)
			g_string_append_printf(out, "-%u", last);
	}
	return json_string(out->str);
}

static json_t *file_json(const struct coverage_file *file)
{
	json_t *functions = json_array();

	for (guint i = 0; i < file->functions->len; i++) {
		const struct coverage_function *f = file->functions->pdata[i];

		json_array_append_new(functions,
				      json_pack("{s:s, s:i, s:I, s:I, s:b, s:b}", "name", f->name,
						"line", f->line, "size", (json_int_t)f->size,
						"bytes", (json_int_t)f->bytes, "boot",
						f->reached[COVERAGE_BOOT], "load",
						f->reached[COVERAGE_LOAD]));
	}
	return json_pack("{s:o, s:o, s:o, s:o}", "functions", functions, "lines",
			 lines_json(file, G_MAXUINT), "lines_boot",
			 lines_json(file, 1u << COVERAGE_BOOT), "lines_load",
			 lines_json(file, 1u << COVERAGE_LOAD));
}

json_t *coverage_json(const struct coverage *coverage)
{
	json_t *files = json_object();

	for (guint i = 0; i < coverage->files->len; i++) {
		const struct coverage_file *file = coverage->files->pdata[i];

		json_object_set_new(files, file->name, file_json(file));
	}
	return json_pack("{s:i, s:s, s:s, s:s, s:b, s:o}", "version", 1, "kernel", coverage->kernel,
			 "arch", coverage->arch, "tree", coverage->tree, "complete",
			 coverage->complete, "files", files);
}

/*
 * Calls FOUND for each number in TEXT, which must have the form "3-9 12" with ascending numbers.
 * Returns FALSE if it does not.
 */
static gboolean read_lines(const char *text, void (*found)(guint line, GArray *lines),
			   GArray *lines)
{
	guint64 before = 0;

	while (text && *text) {
		char *end;
		guint64 first = g_ascii_strtoull(text, &end, 10), last = first;

		if (!g_ascii_isdigit(*text))
			return FALSE;
		if (*end == '-') {
			if (!g_ascii_isdigit(end[1]))
				return FALSE;
			last = g_ascii_strtoull(end + 1, &end, 10);
		}
		if ((*end && (*end != ' ' || !end[1])) || first <= before || last < first ||
		    last > LINE_NUMBER_MAX)
			return FALSE;
		for (guint64 line = first; line <= last; line++)
			found((guint)line, lines);
		before = last;
		text = *end ? end + 1 : end;
	}
	return text != NULL;
}

static void add_line(guint number, GArray *lines)
{
	const struct coverage_line line = {number, 0};

	g_array_append_val(lines, line);
}

static void mark(guint number, GArray *lines, guint phase)
{
	guint low = 0, high = lines->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		struct coverage_line *line = &g_array_index(lines, struct coverage_line, middle);

		if (line->line == number) {
			line->reached |= 1u << phase;
			return;
		}
		if (line->line < number)
			low = middle + 1;
		else
			high = middle;
	}
}

static void mark_boot(guint number, GArray *lines)
{
	mark(number, lines, COVERAGE_BOOT);
}

static void mark_load(guint number, GArray *lines)
{
	mark(number, lines, COVERAGE_LOAD);
}

/* Returns FALSE if TEXT is empty, too long, or has control characters, spaces or commas. */
static gboolean is_name(const char *text)
{
	if (!text || !*text || strlen(text) > NAME_MAX_LEN)
		return FALSE;
	for (; *text; text++)
		if ((guchar)*text <= ' ' || *text == ',' || *text == 0x7f)
			return FALSE;
	return TRUE;
}

static gboolean read_function(struct coverage_file *file, json_t *json)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	json_int_t line = json_integer_value(json_object_get(json, "line"));
	json_int_t size = json_integer_value(json_object_get(json, "size"));
	json_int_t bytes = json_integer_value(json_object_get(json, "bytes"));
	struct coverage_function *function;

	if (!is_name(name) || line < 0 || line > LINE_NUMBER_MAX || size < 0 || bytes < 0 ||
	    bytes > size)
		return FALSE;
	function = coverage_function(file, name);
	function->line = (guint)line;
	function->size = (guint64)size;
	function->bytes = (guint64)bytes;
	function->reached[COVERAGE_BOOT] = json_is_true(json_object_get(json, "boot"));
	function->reached[COVERAGE_LOAD] = json_is_true(json_object_get(json, "load"));
	return TRUE;
}

static gboolean read_file(struct coverage_file *file, json_t *json)
{
	json_t *functions = json_object_get(json, "functions"), *function;
	size_t i;

	if (!json_is_array(functions) || json_array_size(functions) > FUNCTIONS_MAX)
		return FALSE;
	json_array_foreach (functions, i, function)
		if (!read_function(file, function))
			return FALSE;
	return read_lines(json_string_value(json_object_get(json, "lines")), add_line,
			  file->lines) &&
	       read_lines(json_string_value(json_object_get(json, "lines_boot")), mark_boot,
			  file->lines) &&
	       read_lines(json_string_value(json_object_get(json, "lines_load")), mark_load,
			  file->lines);
}

struct coverage *coverage_parse(json_t *json, GError **error)
{
	const char *kernel = json_string_value(json_object_get(json, "kernel"));
	const char *arch = json_string_value(json_object_get(json, "arch"));
	const char *tree = json_string_value(json_object_get(json, "tree"));
	json_t *files = json_object_get(json, "files"), *file;
	rig_auto(coverage) coverage = NULL;
	const char *name;

	if (json_integer_value(json_object_get(json, "version")) != 1 || !kernel || !arch ||
	    !tree || !json_is_object(files) || json_object_size(files) > FILES_MAX) {
		rig_fail(error, RIG_EXIT_USAGE, "the JSON is not the coverage of a run (version "
						"1, docs/coverage.md)");
		return NULL;
	}
	coverage = coverage_new(kernel, arch, tree);
	coverage->complete = json_is_true(json_object_get(json, "complete"));
	json_object_foreach (files, name, file)
		if (!is_name(name) || !read_file(coverage_file(coverage, name), file)) {
			rig_fail(error, RIG_EXIT_USAGE,
				 "the coverage has invalid functions or lines of the file "
				 "'%.100s'",
				 name);
			return NULL;
		}
	return g_steal_pointer(&coverage);
}
