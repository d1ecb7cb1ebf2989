// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists the functions in which a hold may make a vCPU wait: those in the source files of memory
 * hotplug, and of code that shares locks with them (symbol/sources.h).
 */
#include "director/internal.h"

#include <string.h>

#include "plugin/protocol.h"
#include "symbol/sources.h"
#include "util/error.h"

#define AROUND 12 /* number of functions in the image before and after a requested one */

/* Returns NAME without the suffix that a compiler has added: "name" for "name.isra.0". */
static char *plain_name(const char *name)
{
	return g_strndup(name, strcspn(name, "."));
}

static void add(GPtrArray *names, GHashTable *there, const char *symbol)
{
	g_autofree char *name = source_is_function(symbol) ? plain_name(symbol) : NULL;

	if (name && *name && names->len < DIRECTOR_VISITS_MAX &&
	    !g_hash_table_contains(there, name)) {
		g_ptr_array_add(names, g_strdup(name));
		g_hash_table_add(there, g_steal_pointer(&name));
	}
}

static void add_source(struct symbols *symbols, guint source, GPtrArray *names, GHashTable *there)
{
	g_autoptr(GArray) functions = source_functions(symbols, source, SOURCE_HOLDS);

	for (guint i = 0; i < functions->len; i++)
		add(names, there, g_array_index(functions, struct symbol_named, i).name);
}

/* Adds FUNCTION and its neighbours in the image, which mostly belong to the same file. */
static gboolean add_around(struct symbols *symbols, const char *function, GPtrArray *names,
			   GHashTable *there, GError **error)
{
	struct site site = {0};

	/* if there is no such function, this call sets the error */
	if (!place_find(symbols, NULL, function, &site, error))
		return FALSE;
	for (guint i = 0; i < site.at->len; i++) {
		guint64 address = g_array_index(site.at, struct symbol_range, i).address;
		guint64 from = address > SOURCE_GAP_MAX ? address - SOURCE_GAP_MAX : 0;
		g_autoptr(GArray) near = symbols_between(symbols, from, address + SOURCE_GAP_MAX);
		guint at = 0;

		while (at < near->len &&
		       g_array_index(near, struct symbol_named, at).range.address < address)
			at++;
		for (guint j = at > AROUND ? at - AROUND : 0; j < near->len && j <= at + AROUND;
		     j++)
			add(names, there, g_array_index(near, struct symbol_named, j).name);
	}
	g_array_unref(site.at);
	return TRUE;
}

/*
 * Returns TRUE if AROUND is the path FILE, or its last components ("memory_hotplug.c").
 */
static gboolean is_source(const char *file, const char *around)
{
	gsize file_len = strlen(file), len = strlen(around);

	return len <= file_len && !strcmp(file + file_len - len, around) &&
	       (len == file_len || file[file_len - len - 1] == '/');
}

static gboolean no_source(const char *around, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);
	enum source_use use;
	const char *file;

	for (guint i = 0; (file = source_file(i, &use)); i++)
		if (use & SOURCE_HOLDS)
			g_string_append_printf(list, "%s%s", list->len ? ", " : "", file);
	return rig_fail(error, RIG_EXIT_USAGE,
			"'%s' is not a source file in whose functions vCPUs can be held "
			"(available: %s)",
			around, list->str);
}

GPtrArray *candidates_find(struct symbols *symbols, const char *around, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) words = g_strsplit(around, ",", -1);

	for (char **word = words; *word; word++) {
		gboolean is_file = g_str_has_suffix(*word, ".c"),
			 all = !strcmp(*word, DIRECTOR_ALL);
		guint before = names->len;
		enum source_use use;
		const char *file;

		for (guint i = 0; (file = source_file(i, &use)); i++)
			if ((use & SOURCE_HOLDS) && (all || (is_file && is_source(file, *word))))
				add_source(symbols, i, names, there);
		if (is_file && names->len == before) {
			no_source(*word, error);
			return NULL;
		}
		if (!is_file && !all && !add_around(symbols, *word, names, there, error))
			return NULL;
	}
	return g_steal_pointer(&names);
}
