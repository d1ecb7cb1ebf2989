// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores the changes of a span (the range that a bisection searches), names its positions, and
 * determines how to build a position.
 */
#include "bisect/span.h"

#include <string.h>

#include "bisect/internal.h"
#include "util/text.h"

static void change_clear(void *data)
{
	struct change *change = data;

	g_free(change->id);
	g_free(change->subject);
	g_free(change->author);
	g_free(change->date);
	g_free(change->file);
}

struct span *span_new(enum span_kind kind)
{
	struct span *span = g_new0(struct span, 1);
	struct change none = {0};

	span->kind = kind;
	span->changes = g_array_new(FALSE, TRUE, sizeof(struct change));
	g_array_set_clear_func(span->changes, change_clear);
	g_array_append_val(span->changes, none);
	return span;
}

void span_add(struct span *span, struct change *change)
{
	g_array_append_val(span->changes, *change);
	memset(change, 0, sizeof(*change));
	span->n = span->changes->len - 1;
}

void span_free(struct span *span)
{
	g_array_unref(span->changes);
	g_clear_pointer(&span->ancestry, ancestry_free);
	g_clear_pointer(&span->fixups, g_ptr_array_unref);
	g_free(span->repo);
	g_free(span->base);
	g_free(span);
}

const struct change *span_change(const struct span *span, guint position)
{
	return &g_array_index(span->changes, struct change, position);
}

struct change *span_change_at(struct span *span, guint position)
{
	return &g_array_index(span->changes, struct change, position);
}

char *span_name(const struct span *span, guint position)
{
	const struct change *change = span_change(span, position);
	g_autofree char *text = g_strdup_printf("%u of %u: %.*s%s%s", position, span->n,
						span->kind == SPAN_GIT ? 12 : 200, change->id,
						change->subject ? " " : "",
						change->subject ? change->subject : "");

	return text_clean(text);
}

void span_build_clear(struct span_build *build)
{
	g_free(build->source);
	g_strfreev(build->patches);
	g_strfreev(build->fragments);
	*build = (struct span_build){0};
}

static void add_words(GPtrArray *array, char **words)
{
	for (; words && *words; words++)
		g_ptr_array_add(array, g_strdup(*words));
}

static char **take(GPtrArray *array)
{
	g_ptr_array_add(array, NULL);
	return (char **)g_ptr_array_free(array, FALSE);
}

void span_build(const struct span *span, guint position, char **patches, char **fragments,
		 struct span_build *ret)
{
	GPtrArray *all = g_ptr_array_new(), *options = g_ptr_array_new();
	const struct change *change = span_change(span, position);

	add_words(all, patches);
	add_words(options, fragments);
	if (span->kind == SPAN_GIT && span->fixups)
		fixups_add(span->fixups, span->repo, change->id, all);
	for (guint i = 1; span->kind == SPAN_SERIES && i <= position; i++)
		g_ptr_array_add(all, g_strdup(span_change(span, i)->file));
	if (span->kind == SPAN_CONFIG)
		g_ptr_array_add(options, g_strdup(change->file));
	ret->source = span->kind == SPAN_GIT ? g_strdup_printf("git:%s@%s", span->repo, change->id)
					       : g_strdup(span->base);
	ret->patches = take(all);
	ret->fragments = take(options);
}
