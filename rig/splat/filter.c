// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the parts of a log that cannot contain a report, by searching for all words that begin a
 * report at the same time.
 *
 * If the processor has AVX2 (filter-vector.c), 32 positions at a time are compared with the rarest
 * bytes of each word. Otherwise, and for short inputs, only every third position of the text is
 * examined: the three bytes there are looked up in a table. Every word has at least five bytes, so
 * one of these positions is in its first three bytes. The table marks the few pieces of three bytes
 * that words have there, so most of a log is skipped with one look-up per three bytes. Look-ups do
 * not depend on each other.
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
	"o handle page",
	"general protection",
	"segment: ",
	"ernel panic",
	"ernel Panic",
	"ng function called",
	"ng while atomic",
	"Badness ",
	"RCU detected CPU",
	"Unhandled prefetch",
	"Out of Memory",
	"PANIC",
	"cut here",
	"divide",
	"Division by zero in",
	"invalid opcode",
	"int3:",
	"UBSAN:",
	"KASAN: ",
	"dog: BUG:", /* the end of a line: a mail has wrapped the header after it */
	"] BUG:",    /* the same, with a time stamp before BUG */
	"Sanitizer: data-race",
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
	"machine check (",
	"vmalloc error",
	"emmap alloc failure",
	" (code ",
	": Code=",
	"instruction in kernel",
	"nel bug detected",
	" [#1]",
	" [#2]",
	" [#3]",
	"[#1]:",
	"[#2]:",
	"[#3]:",
	"Oops[",
	"bus error,",
	" Vector: ",
	"refcount:",
	"duplicate filename",
	"initialized object",
	/* the form in logcat, which pads its tags to eight characters */
	"BUG     : ",
	"WARNING : ",
	"INFO    : ",
	"Oops    : ",
	"UBSAN   : ",
	"VFS     : ",
	/*
	 * mark of a divided message; a blank and the end of grep's colour, both of which can hide a
	 * word
	 */
	",ncfrag=",
	"&nbsp;",
	"\033[m\033[K",
};

#define PIECE 3
/*
 * Distance between the positions at which a piece of the text is examined. Every word has at least
 * PIECE + STEP - 1 bytes, so at least one of these pieces is inside it.
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
/* of struct word: the words with a piece of this bucket, by the piece's position in the word */
static GArray *words_with[BUCKETS][STEP];

static inline guint bucket_of(guint32 piece)
{
	return (piece << 8) * 2654435761U >> (32 - BUCKET_BITS);
}

static inline guint bucket_at(const guint8 *p)
{
	return bucket_of(p[0] | p[1] << 8 | p[2] << 16);
}

/*
 * Returns the same as bucket_at(), but faster: it reads four bytes at once, so P must have a fourth
 * byte.
 */
static inline guint bucket_before(const guint8 *p)
{
	guint32 four;

	memcpy(&four, p, sizeof(four));
	return bucket_of(GUINT32_FROM_LE(four));
}

/* Prints for the vector search ---------------------------------------------------------- */

/*
 * A word and its print (the bytes that the vector search compares, filter.h). Prints with the same
 * hash form a chain.
 */
struct print {
	struct word word;
	guint8 at; /* offset of the print in the word */
	gint16 next;
	guint32 four; /* the first four bytes of the print */
};

static struct print all_prints[G_N_ELEMENTS(words)];
static struct filter_prints prints;
/* for each group, the estimated share of positions in a log that it accepts */
static double shares[FILTER_GROUPS];
static gboolean has_vectors;

static const char classes[][16] = {" etaoinsr", ":.[]-ldcm", "uphfgb()_", "kvwyx,CAPI", "SEMDTRNB"};

/*
 * Returns the index of the class of C: the higher it is, the rarer is C in a log without reports.
 * Blanks and small letters are frequent there.
 */
static guint rarity(char c)
{
	for (guint i = 0; i < G_N_ELEMENTS(classes); i++)
		if (strchr(classes[i], c))
			return i;
	return G_N_ELEMENTS(classes);
}

/* Returns an estimate of the share of C among the characters of a log without reports. */
static double share_of(char c)
{
	static const double of_class[] = {0.06, 0.025, 0.01, 0.006, 0.003, 0.001};

	return g_ascii_isdigit(c) ? 0.04 : of_class[rarity(c)];
}

/* Returns the offset in WORD of the FILTER_PRINT consecutive bytes that are rarest in logs. */
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

/*
 * Returns an estimate of the share of positions in a log that GROUP accepts once PRINT is added to
 * it. SHARE[C] is share_of(C).
 */
static double share_with(guint group, const char *print, const double share[128])
{
	double all = 1;

	for (guint i = 0; i < FILTER_PRINT; i++) {
		guint low = 1U << ((guint8)print[i] & 15), high = 1U << ((guint8)print[i] >> 4);
		double sum = 0;

		for (guint n = 0; n < 16; n++) {
			low |= (prints.low[i][n] >> group & 1U) << n;
			high |= (prints.high[i][n] >> group & 1U) << n;
		}
		for (guint left = low & 0xffff; left; left &= left - 1)
			for (guint more = high & 0xfc; more; more &= more - 1)
				sum += share[(guint)g_bit_nth_lsf(more, -1) << 4 |
					     (guint)g_bit_nth_lsf(left, -1)];
		all *= sum;
	}
	return all;
}

/* Adds PRINT to the group for which this increases the number of accepted positions least. */
static void add_print(struct print *print, const double share[128])
{
	const char *text;
	guint best = 0;
	double least = G_MAXDOUBLE;

	print->at = rarest(print->word.text);
	text = print->word.text + print->at;
	print->four = filter_four(text);
	print->next = prints.first[filter_hash(print->four)];
	prints.first[filter_hash(print->four)] = (gint16)(print - all_prints);
	for (guint g = 0; g < FILTER_GROUPS; g++) {
		double more = share_with(g, text, share) - shares[g];

		if (more < least) {
			least = more;
			best = g;
		}
	}
	shares[best] += least;
	for (guint i = 0; i < FILTER_PRINT; i++) {
		prints.low[i][(guint8)text[i] & 15] |= (guint8)(1U << best);
		prints.high[i][(guint8)text[i] >> 4] |= (guint8)(1U << best);
	}
}

/*
 * Returns TRUE if the bytes at PLACE are the print of a word, and the rest of the word is around
 * it.
 */
static gboolean is_word_at(const guint8 *bytes, gsize len, gsize place)
{
	guint32 four = filter_four(bytes + place);

	for (gint16 i = prints.first[filter_hash(four)]; i >= 0; i = all_prints[i].next) {
		const struct word *word = &all_prints[i].word;
		gsize at = all_prints[i].at;

		if (all_prints[i].four == four && place >= at && word->len <= len - place + at &&
		    memcmp(bytes + place - at, word->text, word->len) == 0)
			return TRUE;
	}
	return FALSE;
}

/*
 * Returns TRUE if P has a blank or a character of zero width that mail programs write inside words
 * or between them, so that it hides a word: U+00A0 in UTF-8 or ISO 8859-1, U+00AD, U+2000 to
 * U+207F, U+3000, U+FEFF.
 */
static gboolean is_strange_blank(const guint8 *p, gsize len)
{
	return *p == 0xa0 || (*p == 0xc2 && len > 1 && p[1] == 0xad) ||
	       (*p == 0xe2 && len > 1 && (p[1] == 0x80 || p[1] == 0x81)) ||
	       (*p == 0xe3 && len > 2 && p[1] == 0x80 && p[2] == 0x80) ||
	       (*p == 0xef && len > 2 && p[1] == 0xbb && p[2] == 0xbf);
}

static gboolean is_word_or_blank_at(const guint8 *bytes, gsize len, gsize place)
{
	return is_strange_blank(bytes + place, len - place) || is_word_at(bytes, len, place);
}

static gpointer prepare(gpointer unused)
{
	double share[128] = {0};

	(void)unused;
	has_vectors = filter_has_vectors();
	memset(prints.first, 0xff, sizeof(prints.first));
	for (guint c = ' '; c < G_N_ELEMENTS(share) - 1; c++)
		share[c] = share_of((char)c);
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		struct word word = {words[i], strlen(words[i])};

		all_prints[i].word = word;
		add_print(&all_prints[i], share);
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

/* Returns the start of the word that contains the piece at P, or NULL if there is no such word. */
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

/* Returns TRUE if BYTES has a strange blank; *RET_AT is the position of the first one. */
static gboolean blank_hit(const guint8 *bytes, gsize len, gsize *ret_at)
{
	for (gsize at = 0; at < len; at++) {
		guint64 eight;

		if (len - at >= sizeof(eight)) {
			memcpy(&eight, bytes + at, sizeof(eight));
			if (!(eight & 0x8080808080808080U)) {
				at += sizeof(eight) - 1;
				continue;
			}
		}
		if (is_strange_blank(bytes + at, len - at)) {
			*ret_at = at;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean search(const guint8 *bytes, gsize len, gboolean blanks, gsize *ret_at)
{
	static GOnce once = G_ONCE_INIT;
	gsize done = 0, from, blank = 0;
	gboolean hit;

	g_once(&once, prepare, NULL);
	if (has_vectors && len >= FILTER_VECTOR_LEAST &&
	    filter_vector(&prints, bytes, len, blanks ? is_word_or_blank_at : is_word_at, &done)) {
		*ret_at = done;
		return TRUE;
	}
	/*
	 * the vector search has examined the first `done` bytes; a word may begin in the last of
	 * them
	 */
	from = done - MIN(done, FILTER_WORD_MAX);
	hit = table_hit(bytes + from, len - from, ret_at);
	*ret_at += hit ? from : 0;
	if (blanks && (!hit || *ret_at > done) &&
	    blank_hit(bytes + done, (hit ? *ret_at : len) - done, &blank)) {
		*ret_at = done + blank;
		return TRUE;
	}
	return hit;
}

gboolean filter_hit(const guint8 *bytes, gsize len, gsize *ret_at)
{
	return search(bytes, len, FALSE, ret_at);
}

gboolean filter_hit_or_blank(const guint8 *bytes, gsize len, gsize *ret_at)
{
	return search(bytes, len, TRUE, ret_at);
}
