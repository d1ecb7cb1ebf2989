// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the parts of a log that cannot contain a report, by searching for all words that begin a
 * report at the same time.
 *
 * If the processor has AVX2 (filter-vector.c), 32 positions at a time are compared with the rarest
 * bytes of each word. Otherwise, and for short inputs, a table is used. Every word has at least
 * five bytes. So of the three-byte pieces at every third position of a text, one lies in the first
 * five bytes of any word in the text. The table marks these few pieces, so most of a log is skipped
 * with one look-up per three bytes, and look-ups do not depend on each other.
 */
#include <string.h>

#include "splat/filter.h"

/*
 * The words. Each has at least five bytes, and its first five bytes are rare in a log without
 * reports. Every line that matches the table of formats has one of these words, and so does every
 * line that the scanner needs outside a report.
 */
static const char *const words[] = {
	"BUG: ",
	"WARNING:",
	"INFO:",
	"BUG at",
	"BUG kmalloc",
	"ted): ",
	"(Tainted:",
	"o handle kernel",
	"general protection",
	"segment: ",
	" panic - not",
	"PANIC",
	"cut here",
	"divide",
	"invalid opcode",
	"int3:",
	"UBSAN:",
	"unregister_netdevice:",
	"VFS: ",
	"al error:",
	"Unhandled fault:",
	"Alignment trap",
	"Oops:",
	"Oops -",
	"Oops [",
	"n failure",
	"oom-killer",
	"Out of memory",
	"LOCKUP",
	"nobody cared",
	"Machine check",
	"turning off the",
	"bugging due to",
	" turned off",
	"unreferenced object",
	"corruption",
	"exposure attempt",
	"overwrite attempt",
	"Unrecoverable",
	"erflow",
	"double fault",
	"Linux version",
	"panicked at",
	"reboot: ",
	"Bad page",
	"detected stall",
	" ilc:",
	"still in use",
	"ck-protector",
	"double add",
	"Parsing ELF",
	"new kernel",
	"-- Boot ",
	"r more than",
	"out of memory",
	"cient stack",
	"CFI failure",
	"unchecked MSR",
	"suspected memory",
	"SError",
	"Machine Check",
	"instruction in kernel",
	"nel bug detected",
	"[#1]:",
	"[#2]:",
	"[#3]:",
	"Oops[",
	"bus error,",
	" Vector: ",
	"refcount:",
};

#define PIECE 3
/*
 * Distance between the pieces that are examined. Every word has at least PIECE + STEP - 1 bytes, so
 * it contains one of these pieces.
 */
#define STEP 3
#define BUCKET_BITS 14 /* the table has 16 KiB, so it stays in the L1 cache */
#define BUCKETS (1 << BUCKET_BITS)
#define AT_ONCE 4

struct word {
	const char *text;
	gsize len;
};

static guint8 marked[BUCKETS];
/* of struct word, by bucket and by the position of the piece in the word */
static GArray *words_with[BUCKETS][STEP];

static inline guint bucket_of(guint32 piece)
{
	return (piece << 8) * 2654435761U >> (32 - BUCKET_BITS);
}

static inline guint bucket_at(const guint8 *p)
{
	return bucket_of(p[0] | p[1] << 8 | p[2] << 16);
}

/* Like bucket_at(), but faster: reads four bytes, so a fourth byte must exist. */
static inline guint bucket_before(const guint8 *p)
{
	guint32 four;

	memcpy(&four, p, sizeof(four));
	return bucket_of(GUINT32_FROM_LE(four));
}

/* Prints for the vector search ---------------------------------------------------------- */

struct group {
	guint8 n;
	struct word words[G_N_ELEMENTS(words)];
	guint8 at[G_N_ELEMENTS(words)]; /* offset of the print in each word */
};

static struct group groups[FILTER_GROUPS];
static struct filter_prints prints;
static gboolean has_vectors;

/*
 * Returns an estimate of how rare C is in a log without reports, where digits, blanks and small
 * letters are frequent.
 */
static guint rarity(char c)
{
	static const char classes[][16] = {" etaoinsr", ":.[]-ldcm", "uphfgb()_", "kvwyx,CAPI",
					   "SEMDTRNB"};

	for (guint i = 0; i < G_N_ELEMENTS(classes); i++)
		if (strchr(classes[i], c))
			return i;
	return G_N_ELEMENTS(classes);
}

/* Returns the offset of the rarest print of WORD. */
static guint8 rarest(const char *word)
{
	guint best = 0, score = 0;

	for (guint at = 0; word[at + FILTER_PRINT - 1]; at++) {
		guint now = 1;

		for (guint i = 0; i < FILTER_PRINT; i++)
			now += rarity(word[at + i]);
		if (now > score) {
			score = now;
			best = at;
		}
	}
	return (guint8)best;
}

/* Returns the number of different prints that GROUP would accept if PRINT were added. */
static guint width_with(guint group, const char *print)
{
	guint width = 1;

	for (guint i = 0; i < FILTER_PRINT; i++) {
		guint low = 0, high = 0;

		for (guint n = 0; n < 16; n++) {
			low += (prints.low[i][n] >> group & 1) || n == ((guint8)print[i] & 15U);
			high += (prints.high[i][n] >> group & 1) || n == (guint8)print[i] >> 4;
		}
		width *= low * high;
	}
	return width;
}

/* Adds WORD to the group that then accepts the fewest additional prints. */
static void add_print(const char *word)
{
	guint8 at = rarest(word);
	guint best = 0, least = G_MAXUINT;
	struct group *group;

	for (guint g = 0; g < FILTER_GROUPS; g++) {
		guint before =
			groups[g].n ? width_with(g, groups[g].words[0].text + groups[g].at[0]) : 0;
		guint more = width_with(g, word + at) - before;

		if (more < least) {
			least = more;
			best = g;
		}
	}
	group = &groups[best];
	group->words[group->n] = (struct word){word, strlen(word)};
	group->at[group->n++] = at;
	for (guint i = 0; i < FILTER_PRINT; i++) {
		prints.low[i][(guint8)word[at + i] & 15] |= (guint8)(1U << best);
		prints.high[i][(guint8)word[at + i] >> 4] |= (guint8)(1U << best);
	}
}

static gboolean print_is_of_word(const guint8 *bytes, gsize len, gsize place, guint mask)
{
	for (; mask; mask &= mask - 1) {
		const struct group *group = &groups[g_bit_nth_lsf(mask, -1)];

		for (guint i = 0; i < group->n; i++) {
			const struct word *word = &group->words[i];
			guint8 at = group->at[i];

			if (memcmp(bytes + place, word->text + at, FILTER_PRINT) == 0 &&
			    place >= at && word->len <= len - place + at &&
			    memcmp(bytes + place - at, word->text, word->len) == 0)
				return TRUE;
		}
	}
	return FALSE;
}

static gpointer prepare(gpointer unused)
{
	(void)unused;
	has_vectors = filter_has_vectors();
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		struct word word = {words[i], strlen(words[i])};

		add_print(words[i]);
		for (guint at = 0; at < STEP; at++) {
			guint bucket = bucket_at((const guint8 *)words[i] + at);

			marked[bucket] = 1;
			if (!words_with[bucket][at])
				words_with[bucket][at] = g_array_new(FALSE, FALSE, sizeof(word));
			g_array_append_val(words_with[bucket][at], word);
		}
	}
	return NULL;
}

/* Returns the start of the word that contains the piece at P; NULL: there is no such word. */
static const guint8 *word_around(const guint8 *begin, const guint8 *p, const guint8 *end)
{
	GArray **candidates = words_with[bucket_at(p)];

	for (guint at = STEP; at-- > 0;) {
		for (guint i = 0; candidates[at] && i < candidates[at]->len; i++) {
			const struct word *word = &g_array_index(candidates[at], struct word, i);

			/* compare all bytes, because different pieces can have the same bucket */
			if (*p == (guint8)word->text[at] && p - begin >= at &&
			    word->len <= (gsize)(end - p) + at &&
			    memcmp(p - at, word->text, word->len) == 0)
				return p - at;
		}
	}
	return NULL;
}

static gboolean table_hit(const guint8 *bytes, gsize len, gsize *ret_at)
{
	const guint8 *p = bytes, *end = bytes + len, *start;

	while (end - p >= PIECE) {
		if (end - p > AT_ONCE * STEP) {
			guint8 any = 0;

			for (int i = 0; i < AT_ONCE; i++)
				any |= marked[bucket_before(p + i * STEP)];
			if (!any) {
				p += AT_ONCE * STEP;
				continue;
			}
		}
		for (int i = 0; i < AT_ONCE && end - p >= PIECE; i++, p += STEP) {
			start = marked[bucket_at(p)] ? word_around(bytes, p, end) : NULL;
			if (start) {
				*ret_at = start - bytes;
				return TRUE;
			}
		}
	}
	return FALSE;
}

gboolean filter_hit(const guint8 *bytes, gsize len, gsize *ret_at)
{
	static GOnce once = G_ONCE_INIT;
	gsize rest = 0;

	g_once(&once, prepare, NULL);
	if (has_vectors && len >= FILTER_VECTOR_LEAST) {
		if (filter_vector(&prints, bytes, len, print_is_of_word, &rest)) {
			*ret_at = rest;
			return TRUE;
		}
		/* keep these bytes, because a word may begin in them */
		rest -= MIN(rest, FILTER_WORD_MAX);
	}
	if (!table_hit(bytes + rest, len - rest, ret_at))
		return FALSE;
	*ret_at += rest;
	return TRUE;
}

/* Returns TRUE if BYTES has a byte outside ASCII. */
static gboolean has_high_bytes(const guint8 *bytes, gsize len)
{
	guint64 any[4] = {0};
	gsize at = 0;

	for (; len - at >= sizeof(any); at += sizeof(any)) {
		guint64 piece[4];

		memcpy(piece, bytes + at, sizeof(piece));
		for (gsize i = 0; i < G_N_ELEMENTS(any); i++)
			any[i] |= piece[i];
	}
	for (; at < len; at++)
		any[0] |= (guint64)bytes[at];
	return ((any[0] | any[1] | any[2] | any[3]) & 0x8080808080808080U) != 0;
}

/*
 * Returns TRUE if BYTES has blanks that mail programs write: U+00A0 in UTF-8 or ISO 8859-1, U+2000
 * to U+202F, U+3000.
 */
gboolean filter_has_strange_blanks(const guint8 *bytes, gsize len)
{
	return has_high_bytes(bytes, len) &&
	       (memchr(bytes, 0xa0, len) || memmem(bytes, len, "\xe2\x80", 2) ||
		memmem(bytes, len, "\xe3\x80\x80", 3));
}
