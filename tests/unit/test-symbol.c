// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests files and lines of frames against binutils. For each architecture, two small programs are
 * built and linked at the kernel's addresses; for every address in them the result must be the same
 * as addr2line's.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "tests/unit/symbol.h"
#include "symbol/symbol.h"
#include "util/error.h"
#include "util/rng.h"
#include "util/spawn.h"

static const struct arch {
	const char *name, *prefix, *text, *model;
} arches[] = {
	{"x86_64", "", "-Wl,-Ttext=0xffffffff81000000", "-mcmodel=kernel"},
	{"ppc64le", "powerpc64le-linux-gnu-", "-Wl,-Ttext=0xc000000000010000", "-mcmodel=medium"},
};

static char *tool(const struct arch *arch, const char *name)
{
	return g_strconcat(arch->prefix, name, NULL);
}

static char *file_of(const struct arch *arch)
{
	return in_scratch(arch->name);
}

static char *run(const struct spawn *spawn)
{
	g_autoptr(GError) error = NULL;
	char *output = NULL;

	if (!spawn_run(spawn, &output, &error))
		g_error("%s\n%s", error->message, output);
	return output;
}

static char *run_in(const char *folder, const char *const *argv)
{
	const struct spawn spawn = {.argv = argv, .cwd = folder, .keep = 8 << 20};

	return run(&spawn);
}

static void build(const struct arch *arch)
{
	g_autofree char *folder = data_path("symbol");
	g_autofree char *gcc = tool(arch, "gcc"), *out = file_of(arch);
	const char *const argv[] = {
		gcc, "-g", "-O2", "-fno-pic", "-static", "-nostdlib", "-ffreestanding", "-no-pie",
		"-Wl,--build-id=none", arch->model, arch->text, "-o", out, "small.c", "other.c",
		NULL};
	g_autofree char *said = run_in(folder, argv);
}

static struct symbols *open_arch(const struct arch *arch)
{
	g_autofree char *file = file_of(arch);
	g_autoptr(GError) error = NULL;
	struct symbols *symbols = symbols_open(file, &error);

	ck_assert_msg(symbols != NULL, "%s", error ? error->message : "");
	return symbols;
}

/* A line of `nm -S`, such as "ffffffff81000000 0000000000000051 T leaf". */
struct function {
	guint64 address, size;
	char name[64];
};

static GArray *functions_of(const struct arch *arch)
{
	g_autofree char *nm = tool(arch, "nm"), *file = file_of(arch);
	const char *const argv[] = {nm, "-S", "-n", "--defined-only", file, NULL};
	g_autofree char *output = run_in(NULL, argv);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	GArray *functions = g_array_new(FALSE, FALSE, sizeof(struct function));

	for (guint i = 0; lines[i]; i++) {
		struct function function;
		char type;

		if (sscanf(lines[i], "%" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %c %63s",
			   &function.address, &function.size, &type, function.name) == 4 &&
		    (type == 'T' || type == 't'))
			g_array_append_val(functions, function);
	}
	ck_assert_uint_ge(functions->len, 6);
	return functions;
}

/*
 * Returns the places that addr2line prints for ADDRESS, in the format of the rig. The caller owns
 * the text.
 */
static char *theirs(const struct arch *arch, guint64 address)
{
	g_autofree char *addr2line = tool(arch, "addr2line"), *file = file_of(arch);
	g_autofree char *at = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);
	const char *const argv[] = {addr2line, "-f", "-i", "-s", "-e", file, at, NULL};
	g_autofree char *output = run_in(NULL, argv);
	g_autoptr(GRegex) noise = g_regex_new(" \\(discriminator \\d+\\)", 0, 0, NULL);

	return g_regex_replace_literal(noise, output, -1, 0, "", 0, NULL);
}

static char *ours(struct symbols *symbols, guint64 address)
{
	g_autoptr(GPtrArray) places = symbols_at(symbols, address);
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < places->len; i++) {
		const struct place *place = places->pdata[i];

		ck_assert_int_eq(place->inlined, i + 1 < places->len);
		g_string_append_printf(out, "%s\n", place->function);
		if (place->file)
			g_string_append_printf(out, "%s:%u\n", place->file, place->line);
		else
			g_string_append(out, "??:?\n");
	}
	return g_string_free(out, FALSE);
}

START_TEST(agrees_with_addr2line)
{
	const struct arch *arch = &arches[_i];
	rig_auto(symbols) symbols = open_arch(arch);
	g_autoptr(GArray) functions = functions_of(arch);
	guint inlined = 0, checked = 0;

	ck_assert(symbols_have_lines(symbols));
	for (guint f = 0; f < functions->len; f++) {
		const struct function *function = &g_array_index(functions, struct function, f);

		for (guint64 at = 0; at < function->size; at += 4, checked++) {
			g_autofree char *mine = ours(symbols, function->address + at);
			g_autofree char *other = theirs(arch, function->address + at);

			ck_assert_msg(!strcmp(mine, other), "%s: %s+0x%x:\n%s, addr2line says\n%s",
				      arch->name, function->name, (guint)at, mine, other);
			inlined += strstr(mine, "innermost\n") != NULL;
		}
	}
	ck_assert_uint_ge(inlined, 3);
	ck_assert_uint_ge(checked, 60);
}
END_TEST

START_TEST(size_tells_twins_apart)
{
	const struct arch *arch = &arches[_i];
	rig_auto(symbols) symbols = open_arch(arch);
	g_autoptr(GArray) functions = functions_of(arch);
	guint twins = 0;

	for (guint f = 0; f < functions->len; f++) {
		const struct function *function = &g_array_index(functions, struct function, f);
		struct frame frame = {.offset = function->size / 2, .size = function->size};
		guint64 address;

		g_strlcpy(frame.symbol, function->name, sizeof(frame.symbol));
		ck_assert(symbols_find(symbols, &frame, &address));
		ck_assert_uint_eq(address, function->address + frame.offset);
		twins += !strcmp(function->name, "twin");
		/* a frame of another build gets no line, because it might be a wrong one */
		frame.size += 4096;
		ck_assert(!symbols_find(symbols, &frame, &address));
	}
	ck_assert_uint_eq(twins, 2);
}
END_TEST

static void take(struct splat *splat, void *data)
{
	struct splat **ret = data;

	ck_assert_ptr_null(*ret);
	*ret = splat;
}

/*
 * A report whose stack has `caller` and `leaf`, which `caller` has called and into which other
 * functions are inlined.
 */
START_TEST(reports_get_places)
{
	const struct arch *arch = &arches[_i];
	rig_auto(symbols) symbols = open_arch(arch);
	g_autoptr(GArray) functions = functions_of(arch);
	const struct function *leaf = NULL, *caller = NULL;
	rig_auto(splat) splat = NULL;
	guint missed = 0;

	for (guint f = 0; f < functions->len; f++) {
		const struct function *function = &g_array_index(functions, struct function, f);

		leaf = strcmp(function->name, "leaf") ? leaf : function;
		caller = strcmp(function->name, "caller") ? caller : function;
	}
	ck_assert(leaf && caller);
	g_autofree char *log = g_strdup_printf(
		"[    1.000000] BUG: sleeping function called from invalid context at small.c:9\n"
		"[    1.000000] 1 lock held by init/1:\n"
		"[    1.000000]  #0: ffff888012345678 (&x){+.+.}-{3:3}, at: caller+0x%x/0x%x\n"
		"[    1.000000] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1\n"
		"[    1.000000] Call Trace:\n"
		"[    1.000000]  leaf+0x%x/0x%x\n"
		"[    1.000000]  ? caller+0x4/0x%x\n"
		"[    1.000000]  caller+0x%x/0x%x\n"
		"[    1.000000]  not_there+0x10/0x20\n"
		"[    1.000000]  of_a_module+0x10/0x20 [module]\n"
		"[    1.000000]  0x%" G_GINT64_MODIFIER "x\n",
		(guint)caller->size, (guint)caller->size, (guint)leaf->size, (guint)leaf->size,
		(guint)caller->size, (guint)caller->size, (guint)caller->size,
		caller->address + caller->size);
	rig_auto(scanner) scanner = scanner_new(take, &splat);

	scanner_feed(scanner, (const guint8 *)log, strlen(log));
	scanner_flush(scanner);
	ck_assert_ptr_nonnull(splat);
	json_t *frames = symbols_report(symbols, splat, &missed);

	ck_assert_uint_eq(missed, 1);
	ck_assert_uint_eq(json_array_size(frames), 4);
	/*
	 * the address after a call can be beyond the function, so the byte before it is looked up
	 */
	for (guint i = 0; i < 4; i++) {
		const struct function *function = i == 1 ? leaf : caller;
		g_autofree char *expected = theirs(arch, function->address + function->size - 1);
		json_t *at = json_object_get(json_array_get(frames, i), "at");
		json_t *outer = json_array_get(at, json_array_size(at) - 1);

		ck_assert_str_eq(json_string_value(json_object_get(outer, "function")),
				 function->name);
		ck_assert_str_eq(json_string_value(json_object_get(outer, "file")), "small.c");
		g_autofree char *line =
			g_strdup_printf("%s\nsmall.c:%d\n", function->name,
					(int)json_integer_value(json_object_get(outer, "line")));

		ck_assert_msg(g_str_has_suffix(expected, line), "%s, not %s", line, expected);
	}
	json_decref(frames);
}
END_TEST

/* Each lock line, and each link of a chain, has a separate stack. */
START_TEST(parts_of_a_chain_are_apart)
{
	static const char *const parts[] = {
		"a/1 is trying to acquire lock", "but task is already holding lock",
		"-> #1 (&held){+.+.}-{3:3}",	 "-> #1 (&held){+.+.}-{3:3}",
		"-> #0 (&wanted){+.+.}-{3:3}",	 "1 lock held by a/1",
		"Call Trace",
	};
	const struct arch *arch = &arches[0];
	rig_auto(symbols) symbols = open_arch(arch);
	g_autoptr(GArray) functions = functions_of(arch);
	rig_auto(splat) splat = NULL;
	guint missed = 0, size = 0;

	for (guint f = 0; f < functions->len; f++)
		if (!strcmp(g_array_index(functions, struct function, f).name, "leaf"))
			size = (guint)g_array_index(functions, struct function, f).size;
	g_autofree char *frame = g_strdup_printf("leaf+0x4/0x%x", size);
	g_autofree char *log = g_strdup_printf(
		"[    1.0000] WARNING: possible circular locking dependency detected\n"
		"[    1.0000] a/1 is trying to acquire lock:\n"
		"[    1.0000] ffff888000000010 (&wanted){+.+.}-{3:3}, at: %s\n"
		"[    1.0000] but task is already holding lock:\n"
		"[    1.0000] ffff888000000020 (&held){+.+.}-{3:3}, at: %s\n"
		"[    1.0000] which lock already depends on the new lock.\n"
		"[    1.0000] the existing dependency chain (in reverse order) is:\n"
		"[    1.0000] -> #1 (&held){+.+.}-{3:3}:\n[    1.0000]        %s\n"
		"[    1.0000]        %s\n"
		"[    1.0000] -> #0 (&wanted){+.+.}-{3:3}:\n[    1.0000]        %s\n"
		"[    1.0000] 1 lock held by a/1:\n"
		"[    1.0000]  #0: ffff888000000020 (&held){+.+.}-{3:3}, at: %s\n"
		"[    1.0000] stack backtrace:\n[    1.0000] Call Trace:\n[    1.0000]  %s\n",
		frame, frame, frame, frame, frame, frame, frame);
	rig_auto(scanner) scanner = scanner_new(take, &splat);

	scanner_feed(scanner, (const guint8 *)log, strlen(log));
	scanner_flush(scanner);
	ck_assert_ptr_nonnull(splat);
	json_t *frames = symbols_report(symbols, splat, &missed);

	ck_assert_uint_eq(json_array_size(frames), G_N_ELEMENTS(parts));
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		ck_assert_str_eq(
			json_string_value(json_object_get(json_array_get(frames, i), "part")),
			parts[i]);
	json_decref(frames);
}
END_TEST

START_TEST(without_dwarf_there_are_names)
{
	const struct arch *arch = &arches[_i];
	g_autofree char *file = file_of(arch), *strip = tool(arch, "strip");
	g_autofree char *bare = g_strconcat(file, "-names", NULL);
	const char *const argv[] = {strip, "--strip-debug", "-o", bare, file, NULL};
	g_autofree char *said = run_in(NULL, argv);
	g_autoptr(GArray) functions = functions_of(arch);
	rig_auto(symbols) symbols = symbols_open(bare, NULL);

	ck_assert_ptr_nonnull(symbols);
	ck_assert(!symbols_have_lines(symbols));
	for (guint f = 0; f < functions->len; f++) {
		const struct function *function = &g_array_index(functions, struct function, f);
		g_autoptr(GPtrArray) places = symbols_at(symbols, function->address + 1);

		ck_assert_uint_eq(places->len, 1);
		const struct place *place = places->pdata[0];

		ck_assert_str_eq(place->function, function->name);
		ck_assert_ptr_null(place->file);
	}
}
END_TEST

/* The symbol table says which of the two files each `twin` belongs to. */
START_TEST(functions_of_a_file)
{
	static const char *const files[] = {"small.c", "other.c"};
	const struct arch *arch = &arches[_i];
	rig_auto(symbols) symbols = open_arch(arch);
	g_autoptr(GArray) twins = symbols_named(symbols, "twin");
	guint found = 0;

	for (guint t = 0; t < twins->len; t++)
		for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
			guint64 at = g_array_index(twins, struct symbol_range, t).address;
			g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof(at));
			g_autoptr(GArray) unit = NULL;

			g_array_append_val(known, at);
			unit = symbols_of_unit(symbols, files[i], known);
			for (guint j = 0; j < unit->len; j++)
				found += !strcmp(g_array_index(unit, struct symbol_named, j).name,
						 "twin");
		}
	ck_assert_uint_ge(found, 2);
}
END_TEST

START_TEST(refuses)
{
	static const struct {
		const char *data, *says;
	} files[] = {
		{NULL, "cannot open"},
		{"", "not an ELF file"},
		{"MZ an image that boots", "not an ELF file"},
		{"\177ELF", "not an ELF file"},
		{"\177ELF\2\1\1", "not an ELF file"},
	};
	g_autofree char *file = in_scratch("odd");
	g_autoptr(GError) error = NULL;

	unlink(file);
	if (files[_i].data)
		ck_assert(g_file_set_contents(file, files[_i].data, -1, NULL));
	ck_assert_ptr_null(symbols_open(file, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, files[_i].says) != NULL, "%s", error->message);
}
END_TEST

/*
 * Damaged files may be rejected or give wrong results, but must not cause a crash or an endless
 * loop.
 */
START_TEST(damaged_files)
{
	const struct arch *arch = &arches[_i];
	g_autofree char *file = file_of(arch), *data = NULL;
	g_autofree char *odd = g_strconcat(file, "-odd", NULL);
	g_autoptr(GArray) functions = functions_of(arch);
	struct rng rng = rng_stream(11, arch->name);
	guint opened = 0;
	gsize len;

	ck_assert(g_file_get_contents(file, &data, &len, NULL));
	for (guint round = 0; round < 1500; round++) {
		g_autofree char *broken = g_memdup2(data, len);
		gsize size = rng_between(&rng, 0, 3) ? len : rng_between(&rng, 0, len);
		guint flips = rng_between(&rng, 1, 20);

		for (guint i = 0; i < flips; i++)
			broken[rng_between(&rng, 0, len - 1)] = rng_next(&rng);
		ck_assert(g_file_set_contents(odd, broken, size, NULL));
		rig_auto(symbols) symbols = symbols_open(odd, NULL);

		opened += symbols != NULL;
		for (guint f = 0; symbols && f < functions->len; f++) {
			const struct function *function =
				&g_array_index(functions, struct function, f);

			for (guint64 at = 0; at < function->size; at += 16)
				g_ptr_array_unref(symbols_at(symbols, function->address + at));
		}
	}
	ck_assert_uint_ge(opened, 500);
}
END_TEST

/* built once for all tests, which are forked from this process */
static void build_all(void)
{
	scratch = g_dir_make_tmp("XXXXXX", NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(arches); i++)
		build(&arches[i]);
}

int main(void)
{
	const int n = G_N_ELEMENTS(arches);
	Suite *suite = suite_create("symbol");
	TCase *tests = tcase_create("symbol");

	tcase_add_unchecked_fixture(tests, build_all, NULL);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, agrees_with_addr2line, 0, n);
	tcase_add_loop_test(tests, size_tells_twins_apart, 0, n);
	tcase_add_loop_test(tests, reports_get_places, 0, n);
	tcase_add_test(tests, parts_of_a_chain_are_apart);
	tcase_add_loop_test(tests, without_dwarf_there_are_names, 0, n);
	tcase_add_loop_test(tests, functions_of_a_file, 0, n);
	tcase_add_loop_test(tests, refuses, 0, 5);
	tcase_add_loop_test(tests, damaged_files, 0, n);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, kallsyms_cases());
	return suite_run(suite);
}
