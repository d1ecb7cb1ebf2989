// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the reader of coverage.json: coverage that is accepted must not change when it is written
 * and read back, its sums must be consistent, and its tracefile must have one record for each file.
 */
#include "cover/unite.h"

#include "tests/fuzz/fuzz.h"

static void check_sums(const struct coverage *coverage)
{
	struct coverage_sums sums;

	coverage_sums(coverage, &sums);
	if (sums.reached + sums.boot_only > sums.functions || sums.lines_reached > sums.lines)
		abort();
}

static void check_tracefile(const struct coverage *coverage)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	guint ends = 0;

	coverage_lcov(coverage, "fuzz", out);
	fclose(out);
	for (const char *at = text; (at = strstr(at, "\nend_of_record\n")); at++)
		ends++;
	if (ends != coverage->files->len)
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	json_auto_t *json = json_loadb((const char *)data, size, 0, NULL);
	rig_auto(coverage) coverage = json ? coverage_parse(json, NULL) : NULL;
	rig_auto(coverage) again = NULL;
	rig_auto(coverage_union) united = NULL;
	json_auto_t *written = NULL, *twice = NULL, *all = NULL;

	if (!coverage)
		return 0;
	written = coverage_json(coverage);
	again = coverage_parse(written, NULL);
	twice = again ? coverage_json(again) : NULL;
	if (!twice || !json_equal(written, twice))
		abort();
	check_sums(coverage);
	check_tracefile(coverage);
	fuzz_write("run/coverage.json", data, size);
	united = coverage_union_new();
	for (guint i = 0; i < 2; i++) {
		g_autofree char *dir = g_build_filename(fuzz_folder(), "run", NULL);

		coverage_union_add(united, dir, i ? "b" : "a");
	}
	all = coverage_union_json(united);
	if (!all || united->runs != 2)
		abort();
	check_sums(united->sum);
	return 0;
}
