// SPDX-License-Identifier: GPL-2.0-only
/* Lists the reports of all runs, for the last column of the table of evidence. */
#include "bisect/internal.h"

#include <string.h>

#include "util/text.h"

static gboolean has(const struct evidence *evidence, const char *key)
{
	for (guint i = 0; i < evidence->sightings->len; i++)
		if (!strcmp(g_array_index(evidence->sightings, struct sighting, i).key, key))
			return TRUE;
	return FALSE;
}

static gboolean is_target(const struct search *search, const struct sighting *seen)
{
	const struct target *target = &search->target;

	return target->key && !strcmp(target->is_kind ? seen->kind : seen->key, target->key);
}

/*
 * The first pass adds the target, and the second pass all other reports in the order of their first
 * occurrence.
 */
GPtrArray *sightings_list(const struct search *search)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint pass = 0; pass < 2; pass++)
		for (guint i = 0; i < search->evidence->len; i++) {
			const struct evidence *e = search->evidence->pdata[i];

			for (guint k = 0; k < e->sightings->len; k++) {
				struct sighting *seen =
					&g_array_index(e->sightings, struct sighting, k);
				gboolean known = is_target(search, seen) == (pass > 0);

				for (guint j = 0; j < list->len && !known; j++)
					known = !strcmp(((struct sighting *)list->pdata[j])->key,
							seen->key);
				if (!known)
					g_ptr_array_add(list, seen);
			}
		}
	return list;
}

guint sightings_count(const struct search *search, const struct sighting *seen, int position)
{
	guint n = 0;

	for (guint i = 0; i < search->evidence->len; i++) {
		const struct evidence *e = search->evidence->pdata[i];

		n += (position < 0 || e->position == (guint)position) && has(e, seen->key);
	}
	return n;
}

json_t *sightings_json(const struct search *search, const GPtrArray *list)
{
	json_t *all = json_array();

	for (guint i = 0; i < list->len; i++) {
		const struct sighting *seen = list->pdata[i];
		g_autofree char *key = text_clean(seen->key), *kind = text_clean(seen->kind);
		g_autofree char *title = text_clean(seen->title ? seen->title : "");

		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:b, s:i}", "signature", key,
						     "kind", kind, "title", title, "target",
						     is_target(search, seen), "runs",
						     (int)sightings_count(search, seen, -1)));
	}
	return all;
}
