// SPDX-License-Identifier: GPL-2.0-only
/*
 * Estimates how many files a build compiles, before it begins. Each object in the object folder has
 * a file .NAME.o.cmd, in which kbuild lists the sources and config options that the object depends
 * on (scripts/basic/fixdep.c). So the estimate counts the objects that depend on changed options or
 * patched files. It is a lower bound: it lacks new objects, and objects that depend on options
 * which kconfig changes as a consequence.
 */
#include "kernel/internal.h"

#include <string.h>

#include "util/clock.h"
#include "util/paths.h"

#define CMD_MAX (1 << 20)
#define CONFIG_MAX (4u << 20)
#define DEPENDS "include/config/"

/* Changed options (without CONFIG_) and files, each with the number of dependent objects. */
struct changes {
	GHashTable *options, *files; /* name -> number of dependent objects (guint *) */
	guint objects, all;
};

static void changes_clear(struct changes *c)
{
	g_hash_table_unref(c->options);
	g_hash_table_unref(c->files);
}

static GHashTable *counts_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void add_change(GHashTable *counts, const char *name)
{
	g_hash_table_replace(counts, g_strdup(name), g_new0(guint, 1));
}

/*
 * Adds the options that SETTINGS set to another value than the last build's .config, whose text is
 * TEXT. An option that the kernel need not have counts if TEXT says that it "is not set": then the
 * kernel has it.
 */
static void compare_options(struct changes *c, GPtrArray *settings, const char *text)
{
	g_autoptr(GHashTable) config = config_parse(text);

	for (guint i = 0; i < settings->len; i++) {
		const struct setting *setting = settings->pdata[i];
		gboolean met = FALSE;

		for (guint k = 0; k < setting->n; k++)
			met |= option_met(&setting->option[k], config);
		for (guint k = 0; !met && k < setting->n; k++) {
			const char *name = setting->option[k].name;
			g_autofree char *off = g_strdup_printf("# %s is not set\n", name);

			if (setting->must == OPTION_REQUIRED || strstr(text, off))
				add_change(c->options, name + strlen("CONFIG_"));
		}
	}
}

static void compare_patches(struct changes *c, GPtrArray *patches)
{
	for (guint p = 0; p < patches->len; p++) {
		const struct patch *patch = patches->pdata[p];

		for (guint i = 0; i < patch->files->len; i++) {
			const struct patch_file *file = patch->files->pdata[i];

			if (file->new)
				add_change(c->files, file->new);
		}
	}
}

/*
 * LINE is from an object's .cmd file. If it names a changed option or source file, counts the
 * object as dependent on that and returns TRUE.
 */
static gboolean count_line(struct changes *c, const char *line)
{
	const char *at = strstr(line, DEPENDS), *source = strstr(line, "../src/");
	g_autofree char *name = NULL;
	guint *count = NULL;

	if (at) {
		at += strlen(DEPENDS);
		name = g_strndup(at, strcspn(at, ") "));
		count = g_hash_table_lookup(c->options, name);
	} else if (source) {
		source += strlen("../src/");
		name = g_strndup(source, strcspn(source, " \\"));
		count = g_hash_table_lookup(c->files, name);
	}
	if (count)
		++*count;
	return count != NULL;
}

static void count_object(struct changes *c, const char *path)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	gboolean changes = FALSE;

	if (!rig_read_file(path, CMD_MAX, &text, NULL, NULL))
		return;
	c->all++;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		changes |= count_line(c, *line);
	c->objects += changes;
}

static void count_objects(struct changes *c, const char *obj)
{
	g_auto(GStrv) files = files_below(obj, NULL);

	for (char **file = files; file && *file; file++)
		if (g_str_has_suffix(*file, ".o.cmd")) {
			g_autofree char *path = g_build_filename(obj, *file, NULL);

			count_object(c, path);
		}
}

/* Stores the changed option on which most of the objects depend. */
static void name_most(struct changes *c, struct kernel_estimate *ret)
{
	GHashTableIter iter;
	gpointer name, count;

	g_hash_table_iter_init(&iter, c->options);
	while (g_hash_table_iter_next(&iter, &name, &count))
		if (*(guint *)count > ret->most_files) {
			ret->most_files = *(guint *)count;
			g_free(ret->most);
			ret->most = g_strconcat("CONFIG_", (char *)name, NULL);
		}
}

void estimate_build(const char *obj, GPtrArray *settings, GPtrArray *patches,
		    const struct kernel_arch *arch, struct kernel_estimate *ret)
{
	__attribute__((cleanup(changes_clear))) struct changes c = {counts_new(), counts_new(), 0,
								    0};
	g_autofree char *config_file = g_build_filename(obj, ".config", NULL), *text = NULL;
	g_autofree char *vmlinux = g_build_filename(obj, "vmlinux", NULL);
	g_autofree char *kind = g_strconcat(arch->name, "-full", NULL);
	gint64 full_ns;
	guint lines;

	cache_last(kind, &full_ns, &lines);
	*ret = (struct kernel_estimate){.files = lines ? lines : arch->objects, .ns = full_ns};
	ret->all = ret->files;
	if (!g_file_test(vmlinux, G_FILE_TEST_EXISTS) ||
	    !rig_read_file(config_file, CONFIG_MAX, &text, NULL, NULL))
		return;
	compare_options(&c, settings, text);
	compare_patches(&c, patches);
	count_objects(&c, obj);
	ret->files = c.objects;
	ret->all = c.all;
	ret->ns = c.all ? full_ns / c.all * c.objects : 0;
	name_most(&c, ret);
}

char *kernel_estimate_text(const struct kernel_estimate *e)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *time = rig_duration_text(e->ns);

	if (e->cached)
		return g_strdup("nothing to build: it is in the cache");
	g_string_printf(text, "compiles at least %u of %u files", e->files, e->all);
	if (e->most)
		g_string_append_printf(text, ", %u of them because of %s", e->most_files, e->most);
	if (e->ns)
		g_string_append_printf(text, "; about %s by the last full build, plus linking",
				       time);
	return g_string_free(g_steal_pointer(&text), FALSE);
}
