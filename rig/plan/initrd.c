// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the initramfs of a run: the standard one, with the scenario's files in /files and the
 * modules that were built with the kernel in /modules.
 */
#include "plan/internal.h"

#include <string.h>
#include <sys/stat.h>

#include "initrd/initrd.h"
#include "util/error.h"
#include "util/paths.h"

#define MODULE_MAX (64 << 20)
#define VERMAGIC "vermagic="

/* What is added to the standard initramfs. TEXTS owns the names and paths in ENTRIES. */
struct content {
	GPtrArray *texts;
	GArray *entries;
};

static void content_clear(struct content *all)
{
	g_ptr_array_unref(all->texts);
	g_array_unref(all->entries);
}

/* Returns TEXT; ALL becomes its owner. */
static char *keep(struct content *all, char *text)
{
	g_ptr_array_add(all->texts, text);
	return text;
}

static void add_folder(struct content *all, const char *name)
{
	if (g_ptr_array_find_with_equal_func(all->texts, name, g_str_equal, NULL))
		return;
	g_array_append_vals(all->entries,
			    &(struct initrd_entry){keep(all, g_strdup(name)), S_IFDIR | 0755}, 1);
}

/* Adds FILE as FOLDER/NAME, after entries for the folders that contain it. */
static void add_file(struct content *all, const char *folder, const char *name, const char *file)
{
	char *path = g_build_filename(folder, name, NULL);

	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *parent = g_strndup(path, slash - path);

		add_folder(all, parent);
	}
	g_array_append_vals(
		all->entries,
		&(struct initrd_entry){keep(all, path), S_IFREG | 0755, keep(all, g_strdup(file))},
		1);
}

/* Returns the text after "vermagic=" in the module at PATH, or NULL if it has none. */
static char *module_vermagic(const char *path)
{
	g_autofree char *data = NULL;
	gsize len;
	const char *at;

	if (!rig_read_file(path, MODULE_MAX, &data, &len, NULL))
		return NULL;
	at = memmem(data, len, VERMAGIC, strlen(VERMAGIC));
	if (!at || !memchr(at, '\0', data + len - at))
		return NULL;
	return g_strdup(at + strlen(VERMAGIC));
}

/*
 * Checks that the module FILE was built for KERNEL: its vermagic must occur in the kernel's image,
 * because a kernel loads only modules with its own vermagic (same_magic() in
 * kernel/module/version.c).
 */
static gboolean check_module(const struct scenario_file *file, const struct kernel *kernel,
			     GError **error)
{
	g_autofree char *magic = module_vermagic(file->path);
	g_autoptr(GBytes) image = NULL;
	const char *data;
	gsize len;

	if (!magic)
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a kernel module", file->name);
	image = kernel_unpack(kernel->image, error);
	if (!image)
		return FALSE;
	data = g_bytes_get_data(image, &len);
	return memmem(data, len, magic, strlen(magic) + 1) ||
	       rig_fail(
		       error, RIG_EXIT_USAGE,
		       "module '%s' is for another kernel ('%s'), not for '%s'; build it for this "
			"one, or list the folder of its source in 'modules'",
			file->name, g_strchomp(magic), kernel->name);
}

static gboolean add_modules(struct content *all, const struct kernel *kernel, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GDir) dir = kernel->modules ? g_dir_open(kernel->modules, 0, &why) : NULL;
	const char *name;

	if (why)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", kernel->modules,
				why->message);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(kernel->modules, name, NULL);

		add_file(all, "modules", name, path);
	}
	return TRUE;
}

gboolean plan_initrd(const struct scenario *scenario, const char *arch,
		     const struct kernel *kernel, char **ret, GError **error)
{
	__attribute__((cleanup(content_clear))) struct content all = {
		g_ptr_array_new_with_free_func(g_free),
		g_array_new(FALSE, TRUE, sizeof(struct initrd_entry)),
	};

	for (unsigned i = 0; i < scenario->n_files; i++) {
		const struct scenario_file *file = &scenario->files[i];

		if (g_str_has_suffix(file->name, ".ko") && !check_module(file, kernel, error))
			return FALSE;
		add_file(&all, "files", file->name, file->path);
	}
	return add_modules(&all, kernel, error) &&
	       initrd_standard(arch, (struct initrd_entry *)all.entries->data,
			       all.entries->len, ret, error);
}
