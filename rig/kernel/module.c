// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds modules with a kernel: modules of its tree, whose option a fragment sets to m, and the
 * user's folders with a Kbuild file. A kernel loads only modules that were built for it, so they
 * are part of the build, and their sources are part of its hash.
 */
#include "kernel/internal.h"

#include <glib/gstdio.h>
#include <string.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

#define SOURCES_MAX 32
#define SOURCE_MAX (1 << 20)
#define ORDER_MAX (4 << 20)

static gboolean is_source(const char *name)
{
	return !strcmp(name, "Kbuild") || !strcmp(name, "Makefile") ||
	       g_str_has_suffix(name, ".c") || g_str_has_suffix(name, ".h") ||
	       g_str_has_suffix(name, ".S");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **kernel_module_sources(const char *folder, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) why = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &why);
	const char *name;
	gboolean has_rules = FALSE;

	if (!dir) {
		rig_fail(error, RIG_EXIT_USAGE, "module folder '%s': %s", folder, why->message);
		return NULL;
	}
	while ((name = g_dir_read_name(dir)))
		if (is_source(name)) {
			has_rules |= *name == 'K' || *name == 'M';
			g_ptr_array_add(names, g_strdup(name));
		}
	if (!has_rules || names->len > SOURCES_MAX) {
		rig_fail(error, RIG_EXIT_USAGE,
			 has_rules ? "module folder '%s' has more than %d sources"
				   : "module folder '%s' has no Kbuild file; write one with the "
				     "line 'obj-m := NAME.o'",
			 folder, SOURCES_MAX);
		return NULL;
	}
	g_ptr_array_sort(names, by_name);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

gboolean modules_hash(GChecksum *sum, const struct kernel_spec *spec, GError **error)
{
	for (guint i = 0; i < spec->n_modules; i++) {
		const struct kernel_module *module = &spec->modules[i];
		g_auto(GStrv) names = NULL;

		kernel_hash_add(sum, module->name, strlen(module->name));
		if (!module->folder)
			continue;
		names = kernel_module_sources(module->folder, error);
		if (!names)
			return FALSE;
		for (char **name = names; *name; name++) {
			g_autofree char *path = g_build_filename(module->folder, *name, NULL);
			g_autofree char *data = NULL;
			gsize len;

			if (!rig_read_file(path, SOURCE_MAX, &data, &len, error))
				return FALSE;
			kernel_hash_add(sum, *name, strlen(*name));
			kernel_hash_add(sum, data, len);
		}
	}
	return TRUE;
}

char *modules_path(const struct worktree *tree)
{
	return g_strconcat(tree->obj, ".modules", NULL);
}

/* Returns TRUE if FILE is the module NAME; "a-b.ko" and "a_b.ko" are the same module. */
static gboolean is_module(const char *file, const char *name)
{
	g_autofree char *base = g_path_get_basename(file), *want = g_strdup(name);

	if (strrchr(base, '.'))
		*strrchr(base, '.') = '\0';
	return !strcmp(g_strdelimit(base, "-", '_'), g_strdelimit(want, "-", '_'));
}

/*
 * Copies the modules that the file ORDER (modules.order, with paths relative to TOP) lists into
 * INTO: only the module NAME, or all if it is NULL. Returns FALSE without an error if ORDER lists
 * none.
 */
static gboolean take_built(const char *order, const char *top, const char *name, const char *into,
			   GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	gboolean found = FALSE;

	if (!rig_read_file(order, ORDER_MAX, &text, NULL, NULL))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_autofree char *from = NULL, *to = NULL, *base = NULL;
		char *dot = strrchr(*line, '.');

		if (!dot || (name && !is_module(*line, name)))
			continue;
		*dot = '\0';
		base = g_path_get_basename(*line);
		g_strdelimit(base, "-", '_');
		/* the lines end in .ko until 6.1, later in .o; with M= the paths can be absolute */
		from = g_path_is_absolute(*line) ? g_strconcat(*line, ".ko", NULL)
						 : g_strdup_printf("%s/%s.ko", top, *line);
		to = g_strdup_printf("%s/%s.ko", into, base);
		if (!files_copy(from, to, error))
			return FALSE;
		found = TRUE;
	}
	return found;
}

static gboolean take_from_tree(const struct worktree *tree, const char *name, const char *into,
			       GError **error)
{
	g_autofree char *order = g_build_filename(tree->obj, "modules.order", NULL);
	g_autoptr(GError) why = NULL;

	if (take_built(order, tree->obj, name, into, &why))
		return TRUE;
	if (why) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	return rig_fail(
		error, RIG_EXIT_USAGE,
		"the kernel has no module '%s'; set its option to m ('kconfig: "
		"[CONFIG_NAME=m]' in the scenario, or --fragment), or write ./%s if the module "
		"is a folder",
		name, name);
}

/* Copies the sources into a folder next to the objects, because make writes objects into it. */
static gboolean copy_sources(const char *folder, const char *into, GError **error)
{
	g_auto(GStrv) names = kernel_module_sources(folder, error);

	if (!names || !sweep_remove(into, error))
		return FALSE;
	for (char **name = names; *name; name++) {
		g_autofree char *from = g_build_filename(folder, *name, NULL);
		g_autofree char *to = g_build_filename(into, *name, NULL);

		if (!files_copy(from, to, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean build_folder(struct maker *maker, const struct kernel_module *module,
			     const char *into, GError **error)
{
	g_autofree char *scratch = g_strconcat(maker->tree->obj, ".module", NULL);
	g_autofree char *order = g_build_filename(scratch, "modules.order", NULL);
	g_autoptr(GError) why = NULL;
	gboolean ok;

	if (!copy_sources(module->folder, scratch, error))
		return FALSE;
	maker->folder = scratch;
	ok = maker_run(maker, "modules", &why);
	maker->folder = NULL;
	ok = ok && take_built(order, scratch, NULL, into, &why);
	if (ok)
		return sweep_remove(scratch, error);
	return rig_fail(error, why ? (enum rig_error)why->code : RIG_EXIT_USAGE, "module '%s': %s",
			module->name,
			why ? why->message
			    : "its Kbuild file builds no module (write "
			      "'obj-m := NAME.o')");
}

gboolean modules_build(struct maker *maker, const struct kernel_spec *spec, GError **error)
{
	g_autofree char *into = modules_path(maker->tree), *config = NULL, *text = NULL;
	g_autoptr(GHashTable) options = NULL;

	if (!sweep_remove(into, error))
		return FALSE;
	if (!spec->n_modules)
		return TRUE;
	config = g_build_filename(maker->tree->obj, ".config", NULL);
	if (!rig_read_file(config, ORDER_MAX, &text, NULL, error))
		return FALSE;
	options = config_parse(text);
	if (g_strcmp0(g_hash_table_lookup(options, "CONFIG_MODULES"), "y"))
		return rig_fail(error, RIG_EXIT_USAGE,
				"the kernel has no CONFIG_MODULES, which modules need; write "
				"'kernel: full' into the scenario, or add --fragment " KERNEL_FULL);
	if (!maker_run(maker, "modules", error))
		return FALSE;
	for (guint i = 0; i < spec->n_modules; i++) {
		const struct kernel_module *module = &spec->modules[i];

		if (!(module->folder ? build_folder(maker, module, into, error)
				     : take_from_tree(maker->tree, module->name, into, error)))
			return FALSE;
	}
	return TRUE;
}
