// SPDX-License-Identifier: GPL-2.0-only
/* Ancestors as bit sets. */
#include "bisect/posterior.h"

struct reach *reach_new(guint n)
{
	struct reach *reach = g_new0(struct reach, 1);

	reach->n = n;
	reach->words = (n + 64) / 64;
	reach->bits = g_new0(guint64, (gsize)(n + 1) * reach->words);
	for (guint i = 0; i <= n; i++) {
		reach_set(reach, i, 0);
		reach_set(reach, i, i);
	}
	return reach;
}

void reach_free(struct reach *reach)
{
	g_free(reach->bits);
	g_free(reach);
}

static guint64 *row(const struct reach *reach, guint position)
{
	return reach->bits + (gsize)position * reach->words;
}

void reach_set(struct reach *reach, guint position, guint candidate)
{
	row(reach, position)[candidate / 64] |= G_GUINT64_CONSTANT(1) << (candidate % 64);
}

void reach_join(struct reach *reach, guint position, guint other)
{
	guint64 *to = row(reach, position);
	const guint64 *from = row(reach, other);

	for (guint w = 0; w < reach->words; w++)
		to[w] |= from[w];
}

gboolean reach_has(const struct reach *reach, guint position, guint candidate)
{
	if (!reach)
		return candidate <= position;
	return row(reach, position)[candidate / 64] >> (candidate % 64) & 1;
}
