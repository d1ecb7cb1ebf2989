// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes lcov's tracefile format (man geninfo, FILES). The counts are 1 or 0, because QEMU's plugin
 * records code when QEMU translates it, not each time that it is executed.
 */
#include "cover/coverage.h"

/* Returns TEST with only the characters that lcov 1.x accepts: letters, digits and '_'. */
static char *test_name(const char *test)
{
	char *name = g_strdup(test);

	for (char *c = name; *c; c++)
		if (!g_ascii_isalnum(*c))
			*c = '_';
	return name;
}

static void write_functions(const struct coverage_file *file, FILE *out)
{
	struct coverage_sums sums;

	coverage_file_sums(file, &sums);
	for (guint i = 0; i < file->functions->len; i++) {
		const struct coverage_function *function = file->functions->pdata[i];

		fprintf(out, "FN:%u,%s\n", function->line ? function->line : i + 1, function->name);
	}
	for (guint i = 0; i < file->functions->len; i++) {
		const struct coverage_function *function = file->functions->pdata[i];

		fprintf(out, "FNDA:%d,%s\n", function->reached[COVERAGE_LOAD], function->name);
	}
	fprintf(out, "FNF:%u\nFNH:%u\n", sums.functions, sums.reached);
	/* lcov rejects a file without lines: without DWARF, write each function as a line */
	for (guint i = 0; !file->lines->len && i < file->functions->len; i++) {
		const struct coverage_function *function = file->functions->pdata[i];

		fprintf(out, "DA:%u,%d\n", i + 1, function->reached[COVERAGE_LOAD]);
	}
	for (guint i = 0; i < file->lines->len; i++) {
		const struct coverage_line *line =
			&g_array_index(file->lines, struct coverage_line, i);

		fprintf(out, "DA:%u,%u\n", line->line, line->reached >> COVERAGE_LOAD & 1);
	}
	fprintf(out, "LF:%u\nLH:%u\n", sums.lines ? sums.lines : sums.functions,
		sums.lines ? sums.lines_reached : sums.reached);
}

void coverage_lcov(const struct coverage *coverage, const char *test, FILE *out)
{
	g_autofree char *name = test_name(test);

	for (guint i = 0; i < coverage->files->len; i++) {
		const struct coverage_file *file = coverage->files->pdata[i];

		fprintf(out, "TN:%s\nSF:%s\n", name, file->name);
		write_functions(file, out);
		fputs("end_of_record\n", out);
	}
}
