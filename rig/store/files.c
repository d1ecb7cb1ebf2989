// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the contents of splats/: two files for each report, one with its text, one with all other
 * data as JSON.
 */
#include "store/run.h"

#include <stdlib.h>
#include <string.h>

GHashTable *splat_files_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void splat_files_add(GHashTable *files, guint n, const struct splat *splat)
{
	json_auto_t *json = splat_to_json(splat);
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	const char *body = splat->text ? splat->text : "";

	g_hash_table_insert(files, g_strdup_printf("%02u-%s.txt", n, splat->kind),
			    g_strconcat(body, g_str_has_suffix(body, "\n") ? "" : "\n", NULL));
	g_hash_table_insert(files, g_strdup_printf("%02u-%s.json", n, splat->kind),
			    g_strconcat(text ? text : "{}", "\n", NULL));
	free(text);
}
