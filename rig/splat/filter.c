// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which stretches of a log cannot matter: a search for all words that begin a report, at once.
 * After Wu and Manber: a table tells for each pair of bytes how far the search may jump, so that a
 * quiet log is read at about every third byte.
 */
#include <string.h>

#include "splat/internal.h"

/*
 * At least MIN_WORD bytes each. Every row of the table of formats has one of these in its line, as
 * have the lines that the scanner wants outside reports.
 */
static const char *const words[] = {
	"BUG: ",
	"WARNING:",
	"INFO:",
	"BUG at",
	"BUG kmalloc",
	"ainted): ",
	"(Tainted:",
	"nable to handle",
	"general protection",
	"stack segment",
	"Kernel panic",
	"PANIC",
	"cut here",
	"divide",
	"invalid opcode",
	"int3:",
	"UBSAN:",
	"unregister_netdevice:",
	"VFS: ",
	"Internal error:",
	"Unhandled fault:",
	"Alignment trap",
	"Oops:",
	"Oops -",
	"Oops [",
	"allocation failure",
	"oom-killer",
	"Out of memory",
	"LOCKUP",
	"nobody cared",
	"Machine check",
	"turning off the",
	"lock debugging",
	"lockdep is turned",
	"unreferenced object",
	"memory leaks",
	"corruption",
	"exposure attempt",
	"overwrite attempt",
	"Unrecoverable",
	"stack overflow",
	"double fault",
	"Linux version",
	"printk messages",
	"panicked at",
	"reboot: ",
	"Bad page",
	"detected stall",
	"exception in kernel",
	"llegal instruction",
	"specification exception",
	"still in use",
	"stack-protector",
	"double add",
};

#define MIN_WORD 5
#define BUCKETS 65536

static guint8 shift_of[BUCKETS];
static GPtrArray
	*ends_with[BUCKETS]; /* words whose bytes MIN_WORD-2 and MIN_WORD-1 are this pair */

static inline guint pair_at(const guint8 *p)
{
	return p[0] | p[1] << 8;
}

static gpointer prepare(gpointer unused)
{
	(void)unused;
	memset(shift_of, MIN_WORD - 1, sizeof(shift_of));
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		const guint8 *word = (const guint8 *)words[i];

		for (guint at = 0; at + 2 <= MIN_WORD; at++) {
			guint pair = pair_at(word + at);
			guint8 jump = MIN_WORD - 2 - at;

			shift_of[pair] = MIN(shift_of[pair], jump);
			if (jump)
				continue;
			if (!ends_with[pair])
				ends_with[pair] = g_ptr_array_new();
			g_ptr_array_add(ends_with[pair], (gpointer)words[i]);
		}
	}
	return NULL;
}

static gboolean word_here(const guint8 *start, gsize left, const GPtrArray *candidates)
{
	for (guint i = 0; i < candidates->len; i++) {
		const char *word = candidates->pdata[i];
		gsize len = strlen(word);

		if (len <= left && memcmp(start, word, len) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The first place in BYTES where a word begins. */
gboolean filter_hit(const guint8 *bytes, gsize len, gsize *ret_at)
{
	static GOnce once = G_ONCE_INIT;

	g_once(&once, prepare, NULL);
	for (gsize at = MIN_WORD - 2; at + 2 <= len;) {
		guint pair = pair_at(bytes + at);
		guint8 jump = shift_of[pair];

		if (jump) {
			at += jump;
			continue;
		}
		gsize start = at - (MIN_WORD - 2);

		if (word_here(bytes + start, len - start, ends_with[pair])) {
			*ret_at = start;
			return TRUE;
		}
		at++;
	}
	return FALSE;
}
