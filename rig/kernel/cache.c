// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds and stores finished builds in the cache (out/<hash>/), and the duration of builds.
 *
 * A build is prepared in another folder and renamed, so a folder in out/ is always complete.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "util/clock.h"
#include "util/durable.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

static char *out_path(const char *hash, const char *file)
{
	/* rig_cache_path() creates the folder of a path, but must not create that of the build */
	g_autofree char *out = rig_cache_path("kernel/out");

	return g_build_filename(out, hash, file, NULL);
}

static char *text_of(const json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

/* Returns the path of FILE in the build, or NULL if it does not exist. */
static char *file_of(const char *hash, const char *file)
{
	g_autofree char *path = out_path(hash, file);

	return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&path) : NULL;
}

/* Returns the path of FOLDER in the build, or NULL if it does not exist. */
static char *folder_of(const char *hash, const char *folder)
{
	g_autofree char *path = out_path(hash, folder);

	return g_file_test(path, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&path) : NULL;
}

struct kernel *cache_find(const char *hash)
{
	g_autofree char *path = out_path(hash, "build.json"), *text = NULL;
	rig_auto(kernel) kernel = NULL;
	g_autoptr(GPtrArray) patches = g_ptr_array_new();
	json_t *json, *patch;
	gsize i, len;

	if (!rig_read_file(path, 1 << 20, &text, &len, NULL))
		return NULL;
	json = json_loadb(text, len, 0, NULL);
	kernel = g_new0(struct kernel, 1);
	json_array_foreach (json_object_get(json, "patches"), i, patch)
		g_ptr_array_add(patches, g_strdup(json_string_value(patch)));
	g_ptr_array_add(patches, NULL);
	*kernel = (struct kernel){
		.name = text_of(json, "name"),
		.hash = g_strdup(hash),
		.image = file_of(hash, json_string_value(json_object_get(json, "image"))),
		.vmlinux = file_of(hash, "vmlinux"),
		.config = file_of(hash, "config"),
		.modules = folder_of(hash, "modules"),
		.version = text_of(json, "version"),
		.source = text_of(json, "source"),
		.arch = text_of(json, "arch"),
		.with = text_of(json, "with"),
		.refused = text_of(json, "refused"),
		.patches = (char **)g_ptr_array_free(g_steal_pointer(&patches), FALSE),
		.was_cached = TRUE,
		.build_s = json_number_value(json_object_get(json, "seconds")),
	};
	json_decref(json);
	return kernel->name && kernel->image && kernel->arch ? g_steal_pointer(&kernel) : NULL;
}

char *kernel_cached_vmlinux(const char *hash)
{
	if (strlen(hash) != 64 || strspn(hash, "0123456789abcdef") != 64)
		return NULL;
	return file_of(hash, "vmlinux");
}

struct kernel *cache_use(const char *hash)
{
	g_autofree char *path = out_path(hash, "build.json");

	utimensat(AT_FDCWD, path, NULL, 0);
	return cache_find(hash);
}

static int by_name(const void *a, const void *b)
{
	const struct kernel *x = *(struct kernel *const *)a, *y = *(struct kernel *const *)b;
	int names = g_strcmp0(x->name, y->name);

	return names ? names : g_strcmp0(x->arch, y->arch);
}

static void free_kernel(void *kernel)
{
	kernel_free(kernel);
}

GPtrArray *kernel_list(void)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(free_kernel);
	g_autofree char *out = rig_cache_path("kernel/out");
	g_autoptr(GDir) dir = g_dir_open(out, 0, NULL);
	const char *hash;

	while (dir && (hash = g_dir_read_name(dir))) {
		struct kernel *kernel = *hash == '.' ? NULL : cache_find(hash);

		if (kernel)
			g_ptr_array_add(all, kernel);
	}
	g_ptr_array_sort(all, by_name);
	return all;
}

/* ---- duration of builds ---- */

void cache_last(const char *kind, gint64 *ret_ns, guint *ret_lines)
{
	g_autofree char *relative = g_strconcat("kernel/last/", kind, NULL);
	g_autofree char *path = rig_cache_path(relative), *text = NULL;
	long long ns = 0;
	unsigned lines = 0;

	if (rig_read_file(path, 256, &text, NULL, NULL))
		sscanf(text, "%lld %u", &ns, &lines);
	*ret_ns = MAX(ns, 0);
	*ret_lines = lines;
}

void cache_remember(const char *kind, gint64 ns, guint lines)
{
	g_autofree char *relative = g_strconcat("kernel/last/", kind, NULL);
	g_autofree char *path = rig_cache_path(relative);
	g_autofree char *text = g_strdup_printf("%lld %u\n", (long long)ns, lines);

	/* ignore errors, because the file is only used to estimate the next build */
	rig_write_file(path, text, -1, NULL);
}

/* ---- adding a finished build to the cache ---- */

static char *build_json(const struct kernel *kernel, const struct build *build)
{
	g_autofree char *image = g_path_get_basename(build->arch->image),
			*when = rig_utc_now(FALSE);
	json_t *patches = json_array(), *json;
	char *text, *copy;

	for (guint i = 0; kernel->patches[i]; i++)
		json_array_append_new(patches, json_string(kernel->patches[i]));
	json = json_pack("{s:s, s:s*, s:s*, s:s*, s:s, s:s, s:s, s:o, s:s, s:s, s:f}", "name",
			 kernel->name, "with", kernel->with, "refused", kernel->refused, "version",
			 kernel->version, "source", kernel->source, "arch", build->arch->name,
			 "image", image, "patches", patches, "compiler", build->compiler, "built",
			 when, "seconds", (double)build->ns / RIG_NS_PER_S);
	text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	copy = g_strconcat(text ? text : "{}", "\n", NULL);
	free(text);
	json_decref(json);
	return copy;
}

/* Copies the modules of the build, if it has any. */
static gboolean copy_modules(const struct build *build, const char *part, GError **error)
{
	g_autofree char *dir = modules_path(build->tree);
	g_auto(GStrv) names =
		g_file_test(dir, G_FILE_TEST_IS_DIR) ? files_below(dir, error) : g_new0(char *, 1);

	for (guint i = 0; names && names[i]; i++) {
		g_autofree char *from = g_build_filename(dir, names[i], NULL);
		g_autofree char *to = g_build_filename(part, "modules", names[i], NULL);

		if (!files_copy(from, to, error))
			return FALSE;
	}
	return names != NULL;
}

static gboolean copy_results(const struct build *build, const char *part, GError **error)
{
	g_autofree char *image = g_path_get_basename(build->arch->image);
	g_autofree char *log = maker_log_path(build->tree);
	const struct {
		const char *from, *to;
	} files[] = {{build->arch->image, image}, {"vmlinux", "vmlinux"}, {".config", "config"}};

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *from = g_build_filename(build->tree->obj, files[i].from, NULL);
		g_autofree char *to = g_build_filename(part, files[i].to, NULL);

		if (!files_copy(from, to, error))
			return FALSE;
	}
	if (!copy_modules(build, part, error))
		return FALSE;
	if (g_file_test(log, G_FILE_TEST_EXISTS)) {
		g_autofree char *to = g_build_filename(part, "log", NULL);

		return files_copy(log, to, error);
	}
	return TRUE;
}

gboolean cache_publish(const struct kernel *kernel, const struct build *build, GError **error)
{
	g_autofree char *hidden = g_strconcat(SWEEP_NEW, kernel->hash, NULL);
	g_autofree char *part = out_path(hidden, NULL), *final = out_path(kernel->hash, NULL);
	g_autofree char *json = build_json(kernel, build);
	g_autofree char *json_file = g_build_filename(part, "build.json", NULL);
	g_autofree char *out = g_path_get_dirname(final);

	sweep_folders(out);
	/* this process holds the tree's lock, so if PART exists, a killed process has left it */
	if (!sweep_remove(part, error) || !sweep_remove(final, error) ||
	    !copy_results(build, part, error) || !rig_write_file(json_file, json, -1, error) ||
	    !durable_tree(part, error))
		return FALSE;
	if (rename(part, final) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot rename '%s': %s", part,
				g_strerror(errno));
	durable_name(final);
	return TRUE;
}
