// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads kallsyms, the names of symbols in a kernel image that has neither symbol table nor DWARF.
 *
 * scripts/kallsyms.c (write_src()) writes, and kernel/kallsyms.c reads, in this order
 *
 *	up to 6.4	offsets, relative_base, num_syms, names, markers, [seqs_of_names],
 *			token_table, token_index
 *	from 6.5	num_syms, names, markers, token_table, token_index, offsets,
 *			relative_base, …
 *			(404bad70fcf7 "scripts/kallsyms: change the output order")
 *
 * names: for each symbol a length (from 6.1 two bytes of ULEB128 where it is above 127) and as many
 * indices into token_table; the expanded text begins with nm's type letter. markers: the offset of
 * each 256th symbol in names. offsets: 32 bits each, from relative_base; with
 * CONFIG_KALLSYMS_ABSOLUTE_PERCPU (x86 up to 6.14) an offset that is not negative is an absolute
 * address, and a negative one means relative_base - 1 - offset.
 *
 * The image has no list of the tables' positions: token_table is found by its one-letter tokens '0'
 * to '9', the others by checks of their contents. Images with CONFIG_KALLSYMS_BASE_RELATIVE=n are
 * not read.
 */
#include <string.h>

#include "symbol/internal.h"
#include "util/error.h"

#define TOKENS 256
#define SYMBOLS_MIN 1000
#define SYMBOLS_MAX (4 << 20)
#define NAMES_MAX (64u << 20) /* maximum size of the data from num_syms to token_table */
#define NAME_MAX_LEN 512      /* KSYM_NAME_LEN from 6.1 */
#define PPC_BASE G_GUINT64_CONSTANT(0xc000000000000000)

struct image {
	const guint8 *data;
	gsize len;
	const char *token[TOKENS];
	gsize token_table, token_index; /* offsets in data */
	gsize num_syms, names, names_end;
	guint n;
};

static guint64 get(const struct image *image, gsize at, guint bytes)
{
	guint64 value = 0;

	if (at > image->len || bytes > image->len - at)
		return 0;
	while (bytes--)
		value = value << 8 | image->data[at + bytes];
	return value;
}

static gsize align(gsize at, gsize to)
{
	return (at + to - 1) / to * to;
}

/* ---- finding token_table and token_index ---- */

/* Returns TRUE if token_table is at START and a matching token_index follows it; stores both. */
static gboolean read_tokens(struct image *image, gsize start)
{
	gsize at = start, offset[TOKENS];

	for (guint i = 0; i < TOKENS; i++) {
		const guint8 *end = memchr(image->data + at, 0, MIN(image->len - at, 128));

		if (!end)
			return FALSE;
		image->token[i] = (const char *)image->data + at;
		offset[i] = at - start;
		at = end - image->data + 1;
	}
	for (gsize index = at; index < at + 16; index++) {
		guint i = 0;

		while (i < TOKENS && get(image, index + 2 * i, 2) == offset[i])
			i++;
		if (i == TOKENS) {
			image->token_table = start;
			image->token_index = index;
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Returns the offset of the string COUNT strings before the one at AT, or 0 if there are too few.
 */
static gsize strings_before(const struct image *image, gsize at, guint count)
{
	while (count--) {
		gsize low = at > 128 ? at - 128 : 0;

		if (at < 2)
			return 0;
		for (at--; at > low && image->data[at - 1]; at--)
			;
		if (at == low)
			return 0;
	}
	return at;
}

static gboolean find_tokens(struct image *image)
{
	static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
	const guint8 *at = image->data, *found;

	while ((found = memmem(at, image->len - (at - image->data), digits, sizeof(digits)))) {
		gsize start = strings_before(image, found - image->data, '0');

		if (start && read_tokens(image, start))
			return TRUE;
		at = found + 1;
	}
	return FALSE;
}

/* ---- reading the names of symbols ---- */

/*
 * Reads the name at *AT into NAME (NAME_MAX_LEN bytes), whose first character is the type, and
 * moves *AT to the next name. Returns FALSE if the name is not valid.
 */
static gboolean read_name(const struct image *image, gsize *at, char *name)
{
	guint count = get(image, *at, 1), len = 0;

	++*at;
	if (count & 0x80) {
		count = (count & 0x7f) | get(image, *at, 1) << 7;
		++*at;
	}
	if (!count || *at + count > image->token_table)
		return FALSE;
	for (guint i = 0; i < count; i++) {
		const char *token = image->token[image->data[*at + i]];
		gsize more = strlen(token);

		if (len + more >= NAME_MAX_LEN)
			return FALSE;
		memcpy(name + len, token, more);
		len += more;
	}
	name[len] = '\0';
	*at += count;
	/* nm also prints the type '?' */
	return len >= 2 && (g_ascii_isalpha(name[0]) || name[0] == '?') && g_ascii_isgraph(name[1]);
}

/* Returns TRUE if the table of N names is at START and matching markers follow it. */
static gboolean check_names(struct image *image, gsize start, guint n)
{
	char name[NAME_MAX_LEN];
	gsize at = start, at_256 = 0;

	for (guint i = 0; i < n; i++) {
		if (i == TOKENS)
			at_256 = at - start;
		if (!read_name(image, &at, name))
			return FALSE;
	}
	for (gsize to = 4; to <= 8; to += 4) {
		gsize markers = align(at, to);

		if (!get(image, markers, 4) && get(image, markers + 4, 4) == at_256) {
			image->names = start;
			image->names_end = at;
			image->n = n;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean find_names(struct image *image)
{
	gsize last = image->token_table > NAMES_MAX ? image->token_table - NAMES_MAX : 0;

	for (gsize at = image->token_table / 4 * 4; at > last && at >= 4; at -= 4) {
		guint n = get(image, at, 4);

		if (n < SYMBOLS_MIN || n > SYMBOLS_MAX || n > image->token_table - at)
			continue;
		image->num_syms = at;
		if (check_names(image, at + 8, n) || check_names(image, at + 4, n))
			return TRUE;
	}
	return FALSE;
}

/* ---- finding the addresses of symbols ---- */

static guint64 address_of(const struct image *image, gsize offsets, guint64 base, gboolean absolute,
			  guint i)
{
	gint32 offset = get(image, offsets + 4 * (gsize)i, 4);

	if (!absolute)
		return base + (guint32)offset;
	return offset >= 0 ? (guint64)offset : base - 1 - offset;
}

/*
 * Returns TRUE if the offsets at OFFSETS give addresses in ascending order. Only the real table of
 * offsets does so, or one that begins an entry too early or too late (count_aligned()).
 */
static gboolean is_sorted(const struct image *image, gsize offsets, guint64 base, gboolean absolute)
{
	guint64 before = 0;
	guint wrong = 0, high = 0;

	for (guint i = 0; i < image->n; i++) {
		guint64 address = address_of(image, offsets, base, absolute, i);

		wrong += address < before;
		high += address >= base;
		before = address;
	}
	return wrong <= image->n / 1000 && high > image->n / 2;
}

/* A possible table of offsets, and how plausible it is. */
struct guess {
	gsize offsets;
	guint64 base;
	gboolean absolute;
	guint good;
};

/*
 * Counts how many symbols that the linker puts at page boundaries are at a page boundary if the
 * offsets are those of GUESS. A table that begins one entry too early or too late also has sorted
 * offsets, but gives these symbols the addresses of their neighbours, most of which are not at page
 * boundaries.
 */
static guint count_aligned(const struct image *image, const struct guess *guess)
{
	static const char *const aligned[] = {"_text",		"__init_begin", "__init_end",
					      "__start_rodata", "__end_rodata", "_sinittext",
					      "_sdata",		"_end",		NULL};
	char name[NAME_MAX_LEN];
	gsize at = image->names;
	guint good = 1;

	for (guint i = 0; i < image->n && read_name(image, &at, name); i++)
		if (g_strv_contains(aligned, name + 1) &&
		    !(address_of(image, guess->offsets, guess->base, guess->absolute, i) & 0xfff))
			good++;
	return good;
}

static void try_offsets(const struct image *image, gsize offsets, gsize base_at, struct guess *best)
{
	struct guess guess = {offsets, get(image, base_at, 8), FALSE, 0};

	if (offsets > image->len || 4 * (gsize)image->n > image->len - offsets ||
	    base_at > image->len - 8)
		return;
	/*
	 * A relocatable ppc64 kernel has base 0 in the table, and the real one in a relocation. The
	 * rig's guests run it at its link address.
	 */
	if (!guess.base)
		guess.base = PPC_BASE;
	if (guess.base < PPC_BASE)
		return;
	guess.absolute = is_sorted(image, offsets, guess.base, TRUE);
	if (!guess.absolute && !is_sorted(image, offsets, guess.base, FALSE))
		return;
	guess.good = count_aligned(image, &guess);
	if (guess.good > best->good)
		*best = guess;
}

static gboolean find_offsets(const struct image *image, struct guess *best)
{
	gsize bytes = 4 * (gsize)image->n, before = image->num_syms - 8;

	for (gsize to = 8; to >= 4; to -= 4) {
		gsize behind = align(image->token_index + 2 * TOKENS, to);

		try_offsets(image, behind, align(behind + bytes, 8), best);
		if (image->num_syms > 8 + align(bytes, to))
			try_offsets(image, before - align(bytes, to), before, best);
	}
	return best->good > 0;
}

gboolean kallsyms_read(const guint8 *data, gsize len, const char *types, GStringChunk *names,
		       GArray *out, GError **error)
{
	struct image image = {.data = data, .len = len};
	char name[NAME_MAX_LEN];
	struct guess where = {0};
	gsize at;

	if (!find_tokens(&image) || !find_names(&image))
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"the image has no kallsyms (CONFIG_KALLSYMS=n, or an unknown format); "
			"give its vmlinux with --vmlinux");
	if (!find_offsets(&image, &where))
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"the addresses in the image's kallsyms have an unknown format; give its "
			"vmlinux with --vmlinux");
	at = image.names;
	for (guint i = 0; i < image.n && read_name(&image, &at, name); i++) {
		struct symbol symbol = {.unit = G_MAXUINT};

		symbol.value = address_of(&image, where.offsets, where.base, where.absolute, i);
		if (types && !strchr(types, name[0]))
			continue;
		symbol.name = g_string_chunk_insert_const(names, name + 1);
		g_array_append_val(out, symbol);
	}
	return TRUE;
}
