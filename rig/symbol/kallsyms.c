// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names inside a kernel image that has neither symbol table nor DWARF: kallsyms.
 *
 * scripts/kallsyms.c (write_src()) writes, and kernel/kallsyms.c reads, in this order
 *
 *	up to 6.4	offsets, relative_base, num_syms, names, markers, [seqs_of_names], token_table,
 *			token_index
 *	from 6.5	num_syms, names, markers, token_table, token_index, offsets, relative_base, …
 *			(404bad70fcf7 "scripts/kallsyms: change the output order")
 *
 * names: for each symbol a length (from 6.1 two bytes of ULEB128 where it is above 127) and as many
 * indices into token_table; the expanded text begins with nm's type letter. markers: the offset of
 * each 256th symbol in names. offsets: 32 bits each, from relative_base; with
 * CONFIG_KALLSYMS_ABSOLUTE_PERCPU (x86 up to 6.14) an offset that is not negative is an absolute
 * address, and a negative one means relative_base - 1 - offset.
 *
 * Nothing says where the tables begin: token_table is found by its one-letter tokens '0' to '9', the
 * rest by what must be true of it. Images with CONFIG_KALLSYMS_BASE_RELATIVE=n are not read.
 */
#include <string.h>

#include "symbol/internal.h"
#include "util/error.h"

#define TOKENS 256
#define SYMBOLS_MIN 1000
#define SYMBOLS_MAX (4 << 20)
#define NAMES_MAX (64u << 20) /* bytes from num_syms to token_table */
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

/* ---- tokens ---- */

/* Is there a token_index that fits the table which begins at START? */
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

/* Back over COUNT strings from the one that begins at AT; 0 where they are not there. */
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

/* ---- names ---- */

/*
 * The name at *AT, which is moved behind it, into NAME (of NAME_MAX_LEN); its first character is the type.
 * FALSE where none can be there.
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
	/* nm's '?' is a type, too */
	return len >= 2 && (g_ascii_isalpha(name[0]) || name[0] == '?') && g_ascii_isgraph(name[1]);
}

/* N names from START, and markers that fit behind them? */
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

/* ---- addresses ---- */

static guint64 address_of(const struct image *image, gsize offsets, guint64 base, gboolean absolute, guint i)
{
	gint32 offset = get(image, offsets + 4 * (gsize)i, 4);

	if (!absolute)
		return base + (guint32)offset;
	return offset >= 0 ? (guint64)offset : base - 1 - offset;
}

/* Symbols are sorted by address: that tells right from wrong. */
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

static gboolean try_offsets(const struct image *image, gsize offsets, gsize base_at, guint64 *ret_base,
			    gboolean *ret_absolute)
{
	guint64 base = get(image, base_at, 8);

	if (offsets + 4 * (gsize)image->n > image->len || base_at + 8 > image->len)
		return FALSE;
	/* a relocatable ppc64 kernel has it in a relocation, and runs where it is linked */
	if (!base)
		base = PPC_BASE;
	if (base < PPC_BASE)
		return FALSE;
	for (int absolute = 1; absolute >= 0; absolute--)
		if (is_sorted(image, offsets, base, absolute)) {
			*ret_base = base;
			*ret_absolute = absolute;
			return TRUE;
		}
	return FALSE;
}

static gboolean find_offsets(const struct image *image, gsize *ret_offsets, guint64 *ret_base,
			     gboolean *ret_absolute)
{
	gsize bytes = 4 * (gsize)image->n;

	for (gsize to = 4; to <= 8; to += 4) {
		gsize behind = align(image->token_index + 2 * TOKENS, to);
		gsize before = image->num_syms - 8;

		*ret_offsets = behind;
		if (try_offsets(image, behind, align(behind + bytes, to), ret_base, ret_absolute))
			return TRUE;
		*ret_offsets = before - align(bytes, to);
		if (before > align(bytes, to) && before < image->len &&
		    try_offsets(image, *ret_offsets, before, ret_base, ret_absolute))
			return TRUE;
	}
	return FALSE;
}

gboolean kallsyms_read(const guint8 *data, gsize len, GStringChunk *names, GArray *out, GError **error)
{
	struct image image = {.data = data, .len = len};
	char name[NAME_MAX_LEN];
	gboolean absolute = FALSE;
	gsize offsets = 0, at;
	guint64 base = 0;

	if (!find_tokens(&image) || !find_names(&image))
		return rig_fail(error, RIG_EXIT_USAGE,
				"no kallsyms in the image (CONFIG_KALLSYMS=n, or a format that is not "
				"known); give its vmlinux with --vmlinux");
	if (!find_offsets(&image, &offsets, &base, &absolute))
		return rig_fail(error, RIG_EXIT_USAGE,
				"the kallsyms of the image have addresses in a form that is not known; "
				"give its vmlinux with --vmlinux");
	at = image.names;
	for (guint i = 0; i < image.n && read_name(&image, &at, name); i++) {
		struct symbol symbol = {.value = address_of(&image, offsets, base, absolute, i)};

		/* text alone; weak symbols may be functions, too */
		if (!strchr("tTwW", name[0]))
			continue;
		symbol.name = g_string_chunk_insert_const(names, name + 1);
		g_array_append_val(out, symbol);
	}
	return TRUE;
}
