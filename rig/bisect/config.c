// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the span, the list of changes to search, between two configs: each option in which they
 * differ is a change, in the order of the bad config. This is the order of Kconfig, in which an
 * option follows its dependencies. Position T is the good config with the first T changes, written
 * as a fragment. Each line of the fragment has the comment "if possible", because a line for an
 * option without a prompt has no effect: the value of such an option follows from other options.
 */
#include "bisect/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "util/error.h"
#include "util/paths.h"

#define CONFIG_MAX (4u << 20)

struct difference {
	const char *name; /* borrowed from the table of the config */
	guint order;
};

/*
 * Returns the text of the config in the file PATH. If PATH is a kernel image, its config is inside
 * the image, or in a file next to it. Returns NULL if there is no config.
 */
static char *config_text(const char *path)
{
	g_autofree char *text = NULL;
	rig_auto(kernel) kernel = NULL;
	gsize len;

	if (rig_read_file(path, CONFIG_MAX, &text, &len, NULL) && strlen(text) == len)
		return g_steal_pointer(&text);
	g_clear_pointer(&text, g_free);
	kernel = kernel_from_image(path, NULL, NULL);
	if (kernel && kernel->config)
		rig_read_file(kernel->config, CONFIG_MAX, &text, NULL, NULL);
	return g_steal_pointer(&text);
}

/* Returns a table that maps each option of the config in the file PATH to its line number. */
static GHashTable *order_of(const char *path)
{
	GHashTable *order = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *text = config_text(path);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		const char *name =
			g_str_has_prefix(lines[i], "# CONFIG_") ? lines[i] + 2 : lines[i];

		if (g_str_has_prefix(name, "CONFIG_"))
			g_hash_table_insert(order, g_strndup(name, strcspn(name, " =")),
					    GUINT_TO_POINTER(i + 1));
	}
	return order;
}

static int by_order(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;

	return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->name, y->name);
}

static const char *value_of(GHashTable *config, const char *name)
{
	const char *value = g_hash_table_lookup(config, name);

	return value && strcmp(value, "n") ? value : NULL;
}

static void collect(GArray *differences, GHashTable *from, GHashTable *good, GHashTable *bad,
		    GHashTable *order)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		guint at = GPOINTER_TO_UINT(g_hash_table_lookup(order, name));
		struct difference difference = {name, at ? at : G_MAXUINT};

		if (from == good && g_hash_table_contains(bad, name))
			continue;
		if (g_strcmp0(value_of(good, name), value_of(bad, name)))
			g_array_append_val(differences, difference);
	}
}

static void append_option(GString *text, const char *name, const char *value)
{
	if (value)
		g_string_append_printf(text, "%s=%s # if possible\n", name, value);
	else
		g_string_append_printf(text, "# %s is not set # if possible\n", name);
}

/* Returns fragment lines for the options that are set to the same value in both configs. */
static char *common_text(GHashTable *good, GHashTable *bad)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(good), (GCompareFunc)strcmp);

	for (GList *l = names; l; l = l->next)
		if (value_of(good, l->data) &&
		    !g_strcmp0(value_of(good, l->data), value_of(bad, l->data)))
			append_option(text, l->data, value_of(good, l->data));
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean write_position(struct span *span, GArray *differences, GHashTable *good,
			       GHashTable *bad, const char *common, guint position, const char *dir,
			       GError **error)
{
	g_autoptr(GString) text = g_string_new(common);
	struct change *change = span_change_at(span, position);

	for (guint i = 0; i < differences->len; i++) {
		const char *name = g_array_index(differences, struct difference, i).name;

		append_option(text, name, value_of(i < position ? bad : good, name));
	}
	change->file = g_strdup_printf("%s/%u.config", dir, position);
	return rig_write_file(change->file, text->str, -1, error);
}

struct span *span_config(const char *good_path, const char *bad_path, const char *base,
			 const char *dir, GError **error)
{
	rig_auto(span) span = span_new(SPAN_CONFIG);
	g_autoptr(GHashTable) good = kernel_config_load(good_path, error);
	g_autoptr(GHashTable) bad = good ? kernel_config_load(bad_path, error) : NULL;
	g_autoptr(GHashTable) order = bad ? order_of(bad_path) : NULL;
	g_autoptr(GArray) differences = g_array_new(FALSE, FALSE, sizeof(struct difference));
	g_autofree char *common = NULL, *folder = g_build_filename(dir, "config", NULL);

	if (!bad)
		return NULL;
	collect(differences, bad, good, bad, order);
	collect(differences, good, good, bad, order);
	g_array_sort(differences, by_order);
	if (!differences->len || differences->len > SPAN_MAX ||
	    g_mkdir_with_parents(folder, 0755) < 0) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s' and '%s' differ in %u options; a search needs 1 to %d", good_path,
			 bad_path, differences->len, SPAN_MAX);
		return NULL;
	}
	span->base = g_strdup(base);
	span_change_at(span, 0)->id = g_strdup(good_path);
	for (guint i = 0; i < differences->len; i++) {
		const char *name = g_array_index(differences, struct difference, i).name;
		const char *was = value_of(good, name), *is = value_of(bad, name);
		struct change change = {0};

		change.id = is ? g_strdup_printf("%s=%s", name, is)
			       : g_strdup_printf("# %s is not set", name);
		change.subject = was ? g_strdup_printf("(was %s)", was) : g_strdup("(was not set)");
		span_add(span, &change);
	}
	common = common_text(good, bad);
	for (guint i = 0; i <= span->n; i++)
		if (!write_position(span, differences, good, bad, common, i, folder, error))
			return NULL;
	return g_steal_pointer(&span);
}
