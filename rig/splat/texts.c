// SPDX-License-Identifier: GPL-2.0-only
#include "splat/texts.h"

struct texts *texts_new(void)
{
	struct texts *texts = g_new(struct texts, 1);

	texts->more = NULL;
	texts_clear(texts);
	return texts;
}

void texts_free(struct texts *texts)
{
	g_slist_free_full(texts->more, g_free);
	g_free(texts);
}

void texts_clear(struct texts *texts)
{
	g_slist_free_full(texts->more, g_free);
	texts->more = NULL;
	texts->next = texts->block;
	texts->end = texts->block + sizeof(texts->block);
}

void texts_grow(struct texts *texts, gsize len)
{
	gsize size = MAX(len, TEXTS_BLOCK);

	texts->next = g_malloc(size);
	texts->end = texts->next + size;
	texts->more = g_slist_prepend(texts->more, texts->next);
}
