// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the coverage: a small program, whose source has the name of a covered file, is compiled;
 * parts of its code are recorded as reached; the result must have exactly their functions and
 * lines.
 */
#include <check.h>
#include <string.h>

#include "cover/coverage.h"
#include "tests/unit/cover.h"
#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/spawn.h"

#define BASE G_GUINT64_CONSTANT(0xffffffff81000000)
#define SIZE 0x1000

static const char source[] =
	"int counter;\n"
	"static inline __attribute__((always_inline)) int inlined(int x)\n" /* 2 */
	"{\n"
	"\tcounter += x * 3;\n" /* 4 */
	"\treturn counter;\n"
	"}\n"
	"static inline __attribute__((always_inline)) int never(int x)\n" /* 7 */
	"{\n"
	"\tcounter -= x * 7;\n"
	"\treturn counter;\n"
	"}\n"
	"__attribute__((noinline)) int kmem_cache_destroy(int x)\n" /* 12 */
	"{\n"
	"\treturn inlined(x) + 1;\n"
	"}\n"
	"__attribute__((noinline)) int between(int x)\n" /* 16 */
	"{\n"
	"\treturn never(x) * 5;\n" /* 18 */
	"}\n"
	"__attribute__((noinline)) int perf_trace_shrink(int x)\n"
	"{\n"
	"\treturn x * counter;\n"
	"}\n"
	"__attribute__((noinline)) int kmem_cache_shrink(int x)\n" /* 24 */
	"{\n"
	"\treturn between(x) - 2;\n"
	"}\n"
	"__attribute__((section(\".init\"))) int at_boot(void)\n"
	"{\n"
	"\treturn kmem_cache_destroy(1) + kmem_cache_shrink(2) + perf_trace_shrink(3);\n"
	"}\n"
	"int _start(void)\n"
	"{\n"
	"\treturn at_boot();\n"
	"}\n";

static struct symbols *symbols;
static guint8 *map[COVERAGE_PHASES];

/* Compiles the program, with DWARF or without. */
static void make_kernel(const char *debug)
{
	g_autofree char *folder = in_scratch("mm"), *c = in_scratch("mm/slab_common.c");
	g_autofree char *out = in_scratch("vmlinux");
	const char *const argv[] = {"gcc", debug, "-O1", "-fno-pic", "-static", "-nostdlib",
				    "-ffreestanding", "-no-pie", "-mcmodel=kernel",
				    "-fno-reorder-functions", "-Wl,--build-id=none",
				    "-Wl,-Ttext=0xffffffff81000000",
				    "-Wl,--section-start=.init=0xffffffff81800000", "-o", out,
				    "mm/slab_common.c", NULL};
	const struct spawn spawn = {.argv = argv, .cwd = scratch, .keep = 1 << 16};
	g_autoptr(GError) error = NULL;
	g_autofree char *said = NULL;

	ck_assert_int_eq(g_mkdir_with_parents(folder, 0700), 0);
	ck_assert(g_file_set_contents(c, source, -1, NULL));
	ck_assert_msg(spawn_run(&spawn, &said, &error), "%s", said);
	symbols = symbols_open(out, &error);
	ck_assert_msg(symbols != NULL, "%s", error ? error->message : "");
	for (guint i = 0; i < COVERAGE_PHASES; i++)
		map[i] = g_malloc0(SIZE / 8);
}

static void free_kernel(void)
{
	g_clear_pointer(&symbols, symbols_free);
	for (guint i = 0; i < COVERAGE_PHASES; i++)
		g_clear_pointer(&map[i], g_free);
}

/* Records that FUNCTION was executed in PHASE. */
static void reach(const char *function, guint phase)
{
	g_autoptr(GArray) found = symbols_named(symbols, function);
	const struct symbol_range *range = &g_array_index(found, struct symbol_range, 0);

	ck_assert_uint_eq(found->len, 1);
	for (guint64 at = range->address - BASE; at < range->address - BASE + range->size; at++)
		map[phase][at / 8] |= 1u << at % 8;
}

static struct coverage *make(void)
{
	struct coverage_bits bits = {.from = BASE, .to = BASE + SIZE};
	struct coverage *coverage;

	for (guint i = 0; i < COVERAGE_PHASES; i++)
		bits.phase[i] = g_bytes_new(map[i], SIZE / 8);
	coverage = coverage_make(&bits, symbols, "toy", "x86_64", "toy");
	for (guint i = 0; i < COVERAGE_PHASES; i++)
		g_bytes_unref(bits.phase[i]);
	ck_assert_uint_eq(coverage->files->len, 1);
	return coverage;
}

static const struct coverage_function *find(const struct coverage *coverage, const char *name)
{
	const struct coverage_file *file = coverage_find(coverage, "mm/slab_common.c");

	ck_assert_ptr_nonnull(file);
	for (guint i = 0; i < file->functions->len; i++) {
		const struct coverage_function *function = file->functions->pdata[i];

		if (!strcmp(function->name, name))
			return function;
	}
	return NULL;
}

static void assert_reached(const struct coverage *coverage, const char *name, gboolean boot,
			   gboolean load)
{
	const struct coverage_function *function = find(coverage, name);

	ck_assert_msg(function != NULL, "%s is missing", name);
	ck_assert_msg(function->reached[COVERAGE_BOOT] == boot &&
			      function->reached[COVERAGE_LOAD] == load,
		      "%s: boot %d, load %d", name, function->reached[COVERAGE_BOOT],
		      function->reached[COVERAGE_LOAD]);
}

START_TEST(functions)
{
	rig_auto(coverage) coverage = NULL;
	struct coverage_sums sums;

	make_kernel("-g");
	reach("kmem_cache_destroy", COVERAGE_LOAD);
	reach("kmem_cache_shrink", COVERAGE_BOOT);
	coverage = make();
	assert_reached(coverage, "kmem_cache_destroy", FALSE, TRUE);
	assert_reached(coverage, "inlined", FALSE, TRUE);
	assert_reached(coverage, "kmem_cache_shrink", TRUE, FALSE);
	assert_reached(coverage, "between", FALSE, FALSE);
	assert_reached(coverage, "never", FALSE, FALSE);
	/* code that is freed after boot is not counted */
	ck_assert_ptr_null(find(coverage, "at_boot"));
	ck_assert_uint_eq(find(coverage, "inlined")->line, 2);
	ck_assert_uint_eq(find(coverage, "kmem_cache_destroy")->bytes,
			  find(coverage, "kmem_cache_destroy")->size);
	ck_assert_uint_eq(find(coverage, "between")->bytes, 0);
	ck_assert_uint_gt(find(coverage, "between")->size, 0);
	coverage_sums(coverage, &sums);
	ck_assert_uint_eq(sums.functions, 7); /* including _start */
	ck_assert_uint_eq(sums.reached, 2);
	ck_assert_uint_eq(sums.boot_only, 1);
	ck_assert_uint_gt(sums.lines, sums.lines_reached);
}
END_TEST

/* Returns what was recorded for LINE, or G_MAXUINT if it has no code. */
static guint line_of(const struct coverage *coverage, guint line)
{
	const struct coverage_file *file = coverage_find(coverage, "mm/slab_common.c");

	for (guint i = 0; i < file->lines->len; i++) {
		const struct coverage_line *l =
			&g_array_index(file->lines, struct coverage_line, i);

		if (l->line == line)
			return l->reached;
	}
	return G_MAXUINT;
}

START_TEST(lines)
{
	rig_auto(coverage) coverage = NULL;

	make_kernel("-g");
	reach("kmem_cache_destroy", COVERAGE_LOAD);
	reach("between", COVERAGE_BOOT);
	coverage = make();
	ck_assert_uint_eq(line_of(coverage, 4), 1u << COVERAGE_LOAD);
	ck_assert_uint_eq(line_of(coverage, 18), 1u << COVERAGE_BOOT);
	ck_assert_uint_eq(line_of(coverage, 26), 0);
	ck_assert_uint_eq(line_of(coverage, 1), G_MAXUINT);
	ck_assert_uint_eq(line_of(coverage, 30), G_MAXUINT);
}
END_TEST

/*
 * Without DWARF, the functions between two known ones are those of the file; those of tracepoints
 * are left out.
 */
START_TEST(names_only)
{
	rig_auto(coverage) coverage = NULL;
	struct coverage_sums sums;

	make_kernel("-g0");
	reach("between", COVERAGE_LOAD);
	coverage = make();
	assert_reached(coverage, "between", FALSE, TRUE);
	assert_reached(coverage, "kmem_cache_destroy", FALSE, FALSE);
	assert_reached(coverage, "kmem_cache_shrink", FALSE, FALSE);
	coverage_sums(coverage, &sums);
	ck_assert_uint_eq(sums.functions, 3);
	ck_assert_uint_eq(sums.lines, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cover");
	TCase *tests = tcase_create("cover");

	use_scratch(tests);
	tcase_add_checked_fixture(tests, NULL, free_kernel);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, functions);
	tcase_add_test(tests, lines);
	tcase_add_test(tests, names_only);
	add_file_tests(tests);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
