// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which stretches of a log cannot matter: a search for all words that begin a report, at once.
 *
 * Every word has at least five bytes, so of the pieces of three bytes at every third place one is
 * among the first five of a word that is there. Those few pieces are marked in a table, and a quiet
 * log is read by looking up every third place, none of which waits for the one before.
 */
#include <string.h>

#include "splat/internal.h"

/*
 * At least five bytes each, from where the first five are rare in a quiet log. Every row of the table of
 * formats has one of these in its line, as have the lines that the scanner wants outside reports.
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
#define STEP 3	       /* a word has PIECE + STEP - 1 bytes or more */
#define BUCKET_BITS 14 /* 16 KiB stay in the first cache */
#define BUCKETS (1 << BUCKET_BITS)
#define AT_ONCE 4

struct word {
	const char *text;
	gsize len;
};

static guint8 marked[BUCKETS];
static GArray *words_with[BUCKETS][STEP]; /* of struct word, by the place of the piece in it */

static inline guint bucket_of(guint32 piece)
{
	return (piece << 8) * 2654435761U >> (32 - BUCKET_BITS);
}

static inline guint bucket_at(const guint8 *p)
{
	return bucket_of(p[0] | p[1] << 8 | p[2] << 16);
}

/* The same for those who know that there is a fourth byte. */
static inline guint bucket_before(const guint8 *p)
{
	guint32 four;

	memcpy(&four, p, sizeof(four));
	return bucket_of(GUINT32_FROM_LE(four));
}

static gpointer prepare(gpointer unused)
{
	(void)unused;
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		struct word word = {words[i], strlen(words[i])};

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

/* The start of a word that has the piece at P, or NULL. */
static const guint8 *word_around(const guint8 *begin, const guint8 *p, const guint8 *end)
{
	GArray **candidates = words_with[bucket_at(p)];

	for (guint at = STEP; at-- > 0;) {
		for (guint i = 0; candidates[at] && i < candidates[at]->len; i++) {
			const struct word *word = &g_array_index(candidates[at], struct word, i);

			/* the piece's own bytes first: a bucket has others */
			if (*p == (guint8)word->text[at] && p - begin >= at &&
			    word->len <= (gsize)(end - p) + at &&
			    memcmp(p - at, word->text, word->len) == 0)
				return p - at;
		}
	}
	return NULL;
}

/* The first place in BYTES where a word begins. */
gboolean filter_hit(const guint8 *bytes, gsize len, gsize *ret_at)
{
	static GOnce once = G_ONCE_INIT;
	const guint8 *p = bytes, *end = bytes + len, *start;

	g_once(&once, prepare, NULL);
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

/* Is a byte of BYTES outside ASCII? */
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

/* U+00A0 in UTF-8 or ISO 8859-1, U+2000 to U+202F, U+3000: mail programs write them. */
gboolean filter_has_strange_blanks(const guint8 *bytes, gsize len)
{
	return has_high_bytes(bytes, len) &&
	       (memchr(bytes, 0xa0, len) || memmem(bytes, len, "\xe2\x80", 2) ||
		memmem(bytes, len, "\xe3\x80\x80", 3));
}
