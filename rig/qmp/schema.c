// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts the reply to query-qmp-schema (QAPI introspect.json) to a set of strings, so that the
 * 0.2 MiB of JSON can be freed.
 */
#include "qmp/schema.h"

static const char *text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static void add_arguments(GHashTable *set, const char *command, json_t *type)
{
	json_t *members = json_object_get(type, "members");
	json_t *member;
	gsize i;

	json_array_foreach(members, i, member)
		g_hash_table_add(set, g_strdup_printf("arg:%s.%s", command, text(member, "name")));
}

GHashTable *qmp_schema_parse(json_t *schema)
{
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) types = g_hash_table_new(g_str_hash, g_str_equal);
	json_t *entry;
	gsize i;

	json_array_foreach(schema, i, entry)
		g_hash_table_insert(types, (char *)text(entry, "name"), entry);
	json_array_foreach(schema, i, entry) {
		const char *kind = text(entry, "meta-type"), *name = text(entry, "name");

		if (g_str_equal(kind, "command")) {
			add_arguments(set, name,
				      g_hash_table_lookup(types, text(entry, "arg-type")));
			g_hash_table_add(set, g_strdup_printf("command:%s", name));
		} else if (g_str_equal(kind, "event")) {
			g_hash_table_add(set, g_strdup_printf("event:%s", name));
		}
	}
	return set;
}
