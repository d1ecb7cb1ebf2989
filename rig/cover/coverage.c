// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the files, functions and lines of a coverage, unites coverages, and counts what they
 * reached.
 */
#include "cover/coverage.h"

#include <string.h>

static void function_free(gpointer data)
{
	struct coverage_function *function = data;

	g_free(function->name);
	g_free(function);
}

static void file_free(gpointer data)
{
	struct coverage_file *file = data;

	g_free(file->name);
	g_ptr_array_unref(file->functions);
	g_array_unref(file->lines);
	g_free(file);
}

struct coverage *coverage_new(const char *kernel, const char *arch, const char *tree)
{
	struct coverage *coverage = g_new0(struct coverage, 1);

	coverage->kernel = g_strdup(kernel);
	coverage->arch = g_strdup(arch);
	coverage->tree = g_strdup(tree);
	coverage->files = g_ptr_array_new_with_free_func(file_free);
	return coverage;
}

void coverage_free(struct coverage *coverage)
{
	if (!coverage)
		return;
	g_free(coverage->kernel);
	g_free(coverage->arch);
	g_free(coverage->tree);
	g_ptr_array_unref(coverage->files);
	g_free(coverage);
}

/*
 * Finds the element called NAME in ARRAY, which is sorted by name. The first member of each element
 * must be its name. *RET_AT is the index of the element, or the one at which it must be inserted.
 */
static gboolean search(const GPtrArray *array, const char *name, guint *ret_at)
{
	guint low = 0, high = array->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		int order = strcmp(*(char **)array->pdata[middle], name);

		if (!order) {
			*ret_at = middle;
			return TRUE;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_at = low;
	return FALSE;
}

const struct coverage_file *coverage_find(const struct coverage *coverage, const char *name)
{
	guint at;

	return search(coverage->files, name, &at) ? coverage->files->pdata[at] : NULL;
}

struct coverage_file *coverage_file(struct coverage *coverage, const char *name)
{
	struct coverage_file *file;
	guint at;

	if (search(coverage->files, name, &at))
		return coverage->files->pdata[at];
	file = g_new0(struct coverage_file, 1);
	file->name = g_strdup(name);
	file->functions = g_ptr_array_new_with_free_func(function_free);
	file->lines = g_array_new(FALSE, FALSE, sizeof(struct coverage_line));
	g_ptr_array_insert(coverage->files, (gint)at, file);
	return file;
}

struct coverage_function *coverage_function(struct coverage_file *file, const char *name)
{
	struct coverage_function *function;
	guint at;

	if (search(file->functions, name, &at))
		return file->functions->pdata[at];
	function = g_new0(struct coverage_function, 1);
	function->name = g_strdup(name);
	g_ptr_array_insert(file->functions, (gint)at, function);
	return function;
}

static void add_functions(struct coverage_file *sum, const struct coverage_file *one)
{
	for (guint i = 0; i < one->functions->len; i++) {
		const struct coverage_function *from = one->functions->pdata[i];
		struct coverage_function *to = coverage_function(sum, from->name);

		to->line = to->line ? to->line : from->line;
		to->size = MAX(to->size, from->size);
		to->bytes = MAX(to->bytes, from->bytes);
		for (guint phase = 0; phase < COVERAGE_PHASES; phase++)
			to->reached[phase] |= from->reached[phase];
	}
}

/* Returns the source line number of element I of LINES; G_MAXUINT if LINES has fewer elements. */
static guint number_at(const GArray *lines, guint i)
{
	return i < lines->len ? g_array_index(lines, struct coverage_line, i).line : G_MAXUINT;
}

/* Merges the sorted lines of ONE into those of SUM. */
static void add_lines(struct coverage_file *sum, const struct coverage_file *one)
{
	GArray *merged = g_array_new(FALSE, FALSE, sizeof(struct coverage_line));
	guint i = 0, j = 0;

	while (i < sum->lines->len || j < one->lines->len) {
		guint a = number_at(sum->lines, i), b = number_at(one->lines, j);
		struct coverage_line line = {MIN(a, b), 0};

		if (a == line.line)
			line.reached |=
				g_array_index(sum->lines, struct coverage_line, i++).reached;
		if (b == line.line)
			line.reached |=
				g_array_index(one->lines, struct coverage_line, j++).reached;
		g_array_append_val(merged, line);
	}
	g_array_unref(sum->lines);
	sum->lines = merged;
}

void coverage_add(struct coverage *sum, const struct coverage *one)
{
	gboolean same;

	if (!sum->files->len) {
		g_free(sum->tree);
		sum->tree = g_strdup(one->tree);
		sum->complete = TRUE;
	}
	same = !g_strcmp0(sum->tree, one->tree);
	sum->complete &= one->complete;
	for (guint i = 0; i < one->files->len; i++) {
		const struct coverage_file *from = one->files->pdata[i];
		struct coverage_file *to = coverage_file(sum, from->name);

		add_functions(to, from);
		if (same)
			add_lines(to, from);
	}
}

void coverage_file_sums(const struct coverage_file *file, struct coverage_sums *ret)
{
	*ret = (struct coverage_sums){.functions = file->functions->len, .lines = file->lines->len};
	for (guint i = 0; i < file->functions->len; i++) {
		const struct coverage_function *function = file->functions->pdata[i];

		ret->reached += function->reached[COVERAGE_LOAD];
		ret->boot_only +=
			function->reached[COVERAGE_BOOT] && !function->reached[COVERAGE_LOAD];
	}
	for (guint i = 0; i < file->lines->len; i++)
		ret->lines_reached +=
			g_array_index(file->lines, struct coverage_line, i).reached >>
				COVERAGE_LOAD &
			1;
}

void coverage_sums(const struct coverage *coverage, struct coverage_sums *ret)
{
	*ret = (struct coverage_sums){0};
	for (guint i = 0; i < coverage->files->len; i++) {
		struct coverage_sums sums;

		coverage_file_sums(coverage->files->pdata[i], &sums);
		ret->functions += sums.functions;
		ret->reached += sums.reached;
		ret->boot_only += sums.boot_only;
		ret->lines += sums.lines;
		ret->lines_reached += sums.lines_reached;
	}
}

json_t *coverage_sums_json(const struct coverage_sums *sums)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i}", "functions", sums->functions, "reached",
			 sums->reached, "boot_only", sums->boot_only, "lines", sums->lines,
			 "lines_reached", sums->lines_reached);
}
