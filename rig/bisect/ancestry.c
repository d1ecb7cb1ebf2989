// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores which position (kernel version) contains which candidates (changes that may have
 * introduced the bug), as bit sets (struct ancestry).
 */
#include "bisect/posterior.h"

struct ancestry *ancestry_new(guint n)
{
	struct ancestry *ancestry = g_new0(struct ancestry, 1);

	ancestry->n = n;
	ancestry->words = (n + 64) / 64;
	ancestry->bits = g_new0(guint64, (gsize)(n + 1) * ancestry->words);
	for (guint i = 0; i <= n; i++) {
		ancestry_set(ancestry, i, 0);
		ancestry_set(ancestry, i, i);
	}
	return ancestry;
}

void ancestry_free(struct ancestry *ancestry)
{
	g_free(ancestry->bits);
	g_free(ancestry);
}

static guint64 *row(const struct ancestry *ancestry, guint position)
{
	return ancestry->bits + (gsize)position * ancestry->words;
}

void ancestry_set(struct ancestry *ancestry, guint position, guint candidate)
{
	row(ancestry, position)[candidate / 64] |= G_GUINT64_CONSTANT(1) << (candidate % 64);
}

void ancestry_join(struct ancestry *ancestry, guint position, guint other)
{
	guint64 *to = row(ancestry, position);
	const guint64 *from = row(ancestry, other);

	for (guint w = 0; w < ancestry->words; w++)
		to[w] |= from[w];
}

gboolean ancestry_has(const struct ancestry *ancestry, guint position, guint candidate)
{
	if (!ancestry)
		return candidate <= position;
	return row(ancestry, position)[candidate / 64] >> (candidate % 64) & 1;
}
