// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes kallsyms tables in the formats of scripts/kallsyms.c: up to 6.4, from 6.5 on, with absolute
 * addresses for per-CPU symbols (x86), and without a base (ppc64, where the base is a relocation).
 */
#include <check.h>
#include <string.h>

#include "symbol/symbol.h"
#include "tests/unit/suite.h"
#include "tests/unit/symbol.h"
#include "util/error.h"

#define N 1300
#define BASE G_GUINT64_CONSTANT(0xffffffff81000000)
#define PPC_BASE G_GUINT64_CONSTANT(0xc000000000000000)
#define STEP 0x30 /* bytes of each function */

struct layout {
	gboolean offsets_last; /* the offsets are the last table: since 404bad70fcf7 (v6.5) */
	gboolean percpu;       /* CONFIG_KALLSYMS_ABSOLUTE_PERCPU: offsets are negative */
	gboolean no_base;
	guint junk; /* number of bytes before the tables */
};

static void put(GByteArray *out, guint64 value, guint bytes)
{
	for (guint i = 0; i < bytes; i++) {
		guint8 byte = value >> (8 * i);

		g_byte_array_append(out, &byte, 1);
	}
}

static void align(GByteArray *out, guint to)
{
	while (out->len % to)
		put(out, 0, 1);
}

/* Token 1 stands for "memory_", token 2 for "block"; each character is its own token. */
static char *token(guint i)
{
	if (i == 1)
		return g_strdup("memory_");
	if (i == 2)
		return g_strdup("block");
	return g_ascii_isgraph(i) ? g_strdup_printf("%c", i) : g_strdup_printf("t%u", i);
}

/* Returns the name of symbol I as text; CODES gets type and name as token indices. */
static char *name_of(guint i, GByteArray *codes)
{
	char *text = i == 0 ? g_strdup("_text")
		   : i == 700 ? g_strdup("memory_block_700") /* with tokens */
		   : i == 900 ? g_strnfill(200, 'a')	     /* two bytes of length */
			      : g_strdup_printf("function_%u", i);
	const char *at = text;
	guint8 code = 'T';

	g_byte_array_append(codes, &code, 1);
	while (*at) {
		guint len = 1;

		code = *at;
		if (g_str_has_prefix(at, "memory_")) {
			code = 1;
			len = strlen("memory_");
		} else if (g_str_has_prefix(at, "block")) {
			code = 2;
			len = strlen("block");
		}
		g_byte_array_append(codes, &code, 1);
		at += len;
	}
	return text;
}

static void put_offsets(GByteArray *out, const struct layout *layout)
{
	align(out, 8);
	for (guint i = 0; i < N; i++) {
		guint32 offset = i * STEP;

		put(out, layout->percpu ? (guint32)(-1 - (gint32)offset) : offset, 4);
	}
	align(out, 8);
	put(out, layout->no_base ? 0 : BASE, 8);
}

static void put_names(GByteArray *out)
{
	guint32 markers[N / 256 + 1];
	guint start;

	align(out, 8);
	put(out, N, 4);
	align(out, 8);
	start = out->len;
	for (guint i = 0; i < N; i++) {
		g_autoptr(GByteArray) codes = g_byte_array_new();
		g_autofree char *name = name_of(i, codes);

		if (i % 256 == 0)
			markers[i / 256] = out->len - start;
		if (codes->len > 127)
			put(out, (codes->len & 0x7f) | 0x80 | (codes->len >> 7) << 8, 2);
		else
			put(out, codes->len, 1);
		g_byte_array_append(out, codes->data, codes->len);
	}
	align(out, 8);
	for (guint i = 0; i <= N / 256; i++)
		put(out, markers[i], 4);
	align(out, 8);
}

static void put_tokens(GByteArray *out)
{
	guint16 index[256];
	guint start = out->len;

	for (guint i = 0; i < 256; i++) {
		g_autofree char *text = token(i);

		index[i] = out->len - start;
		g_byte_array_append(out, (const guint8 *)text, strlen(text) + 1);
	}
	align(out, 8);
	for (guint i = 0; i < 256; i++)
		put(out, index[i], 2);
}

static GBytes *make_image(const struct layout *layout)
{
	GByteArray *out = g_byte_array_new();

	for (guint i = 0; i < layout->junk; i++)
		put(out, i * 7, 1);
	if (!layout->offsets_last)
		put_offsets(out, layout);
	put_names(out);
	put_tokens(out);
	if (layout->offsets_last)
		put_offsets(out, layout);
	for (guint i = 0; i < 64; i++)
		put(out, 0xcc, 1);
	return g_byte_array_free_to_bytes(out);
}

static const struct layout layouts[] = {
	{FALSE, TRUE, FALSE, 64}, /* x86, 6.1 */
	{FALSE, FALSE, TRUE, 64}, /* ppc64le, 6.1 */
	{TRUE, TRUE, FALSE, 8},	  /* x86, 6.5 */
	{TRUE, FALSE, FALSE, 40}, /* x86, 6.15 */
	{TRUE, FALSE, TRUE, 40},  /* ppc64le, 6.12 */
};

static void assert_at(struct symbols *symbols, const char *name, guint64 address)
{
	g_autoptr(GArray) found = symbols_named(symbols, name);

	ck_assert_msg(found->len == 1, "%s: found %u times", name, found->len);
	ck_assert_msg(g_array_index(found, struct symbol_range, 0).address == address,
		      "%s: 0x%" G_GINT64_MODIFIER "x, not 0x%" G_GINT64_MODIFIER "x", name,
		      g_array_index(found, struct symbol_range, 0).address, address);
}

START_TEST(names)
{
	const struct layout *layout = &layouts[_i];
	g_autoptr(GBytes) image = make_image(layout);
	g_autofree char *long_name = g_strnfill(200, 'a');
	g_autoptr(GError) error = NULL;
	rig_auto(symbols) symbols = symbols_of_image(image, &error);
	guint64 base = layout->no_base ? PPC_BASE : BASE;
	g_autoptr(GArray) between = NULL;
	guint8 code[4];

	ck_assert_msg(symbols != NULL, "%s", error ? error->message : "");
	assert_at(symbols, "_text", base);
	assert_at(symbols, "function_1", base + STEP);
	assert_at(symbols, "memory_block_700", base + 700 * STEP);
	assert_at(symbols, long_name, base + 900 * STEP);
	assert_at(symbols, "function_1299", base + 1299 * STEP);
	between = symbols_between(symbols, base + 10 * STEP, base + 12 * STEP + 1);
	ck_assert_uint_eq(between->len, 3);
	ck_assert_str_eq(g_array_index(between, struct symbol_named, 2).name, "function_12");
	ck_assert(!symbols_have_lines(symbols));
	/* a plain image without ELF headers has no code to read */
	ck_assert(!symbols_code(symbols, base, sizeof(code), code));
}
END_TEST

/* Damaged and truncated tables lead to an error, never to a crash. */
START_TEST(damaged)
{
	const struct layout *layout = &layouts[_i];
	g_autoptr(GBytes) image = make_image(layout);
	gsize len;
	const guint8 *data = g_bytes_get_data(image, &len);

	for (gsize cut = 0; cut < len; cut += len / 23 + 1) {
		g_autoptr(GBytes) part = g_bytes_new(data, cut);
		g_autoptr(GError) error = NULL;
		rig_auto(symbols) symbols = symbols_of_image(part, &error);

		ck_assert(symbols || rig_exit_code(error) == RIG_EXIT_USAGE);
	}
	for (gsize at = 0; at < len; at += len / 101 + 1) {
		g_autofree guint8 *copy = g_memdup2(data, len);
		g_autoptr(GError) error = NULL;
		g_autoptr(GBytes) part = NULL;
		struct symbols *symbols;

		memset(copy + at, 0xff, MIN(16, len - at));
		part = g_bytes_new(copy, len);
		symbols = symbols_of_image(part, &error);
		ck_assert(symbols || rig_exit_code(error) == RIG_EXIT_USAGE);
		g_clear_pointer(&symbols, symbols_free);
	}
}
END_TEST

TCase *kallsyms_cases(void)
{
	TCase *tests = tcase_create("kallsyms");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, names, 0, G_N_ELEMENTS(layouts));
	tcase_add_loop_test(tests, damaged, 0, G_N_ELEMENTS(layouts));
	return tests;
}
