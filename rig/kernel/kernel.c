// SPDX-License-Identifier: GPL-2.0-only
/* Reads existing kernel images and their configs, and lists required options that they lack. */
#include "kernel/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/paths.h"

#define IMAGE_MAX (G_GINT64_CONSTANT(1) << 30)
#define CONFIG_MAX (4u << 20)

const char *const kernel_guest_needs[] = {
	"CONFIG_BLK_DEV_INITRD",
	"CONFIG_RD_GZIP",
	"CONFIG_BINFMT_ELF",
	"CONFIG_TTY",
	"CONFIG_PRINTK",
	"CONFIG_PROC_FS",
	"CONFIG_SYSFS",
	"CONFIG_MEMORY_HOTPLUG",
	/* the connection to the rig is a virtio port or a second console */
	"CONFIG_VIRTIO_CONSOLE|CONFIG_SERIAL_8250_CONSOLE|CONFIG_HVC_CONSOLE",
	NULL,
};

void kernel_free(struct kernel *kernel)
{
	g_free(kernel->name);
	g_free(kernel->hash);
	g_free(kernel->image);
	g_free(kernel->vmlinux);
	g_free(kernel->config);
	g_free(kernel->modules);
	g_free(kernel->version);
	g_free(kernel->source);
	g_strfreev(kernel->patches);
	g_free(kernel->arch);
	g_free(kernel->with);
	g_free(kernel->refused);
	g_free(kernel);
}

static GMappedFile *map_image(const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	struct stat st;
	int err = stat(path, &st) < 0 ? errno : 0;
	GMappedFile *map =
		!err && S_ISREG(st.st_mode) ? g_mapped_file_new(path, FALSE, &why) : NULL;

	if (!map)
		rig_fail(error, RIG_EXIT_USAGE, "cannot read the kernel image '%s': %s", path,
			 why ? why->message : err ? g_strerror(err) : "not a regular file");
	else if (g_mapped_file_get_length(map) > IMAGE_MAX) {
		g_clear_pointer(&map, g_mapped_file_unref);
		rig_fail(error, RIG_EXIT_USAGE, "'%s' is too large for a kernel image", path);
	}
	return map;
}

/*
 * Returns the path of a config next to an image: /boot/config-VERSION for vmlinuz-VERSION, `config`
 * in the cache, or the .config of a build folder that has the image up to three levels below.
 */
static char *config_beside(const char *path)
{
	static const char *const places[] = {"config", ".config", "../.config", "../../.config",
					     "../../../.config"};
	g_autofree char *dir = g_path_get_dirname(path), *base = g_path_get_basename(path);
	const char *dash = strchr(base, '-');

	if (dash && g_str_has_prefix(base, "vmlinu")) {
		g_autofree char *name = g_strconcat("config", dash, NULL);
		g_autofree char *file = g_build_filename(dir, name, NULL);

		return g_file_test(file, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&file) : NULL;
	}
	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *file = g_build_filename(dir, places[i], NULL);
		g_autofree char *top = g_path_get_dirname(file), *vmlinux = NULL;

		vmlinux = g_build_filename(top, "vmlinux", NULL);
		/* without a vmlinux next to it, a .config further up may belong to another build */
		if (g_file_test(file, G_FILE_TEST_IS_REGULAR) &&
		    g_file_test(vmlinux, G_FILE_TEST_IS_REGULAR))
			return g_steal_pointer(&file);
	}
	return NULL;
}

/* Writes a config that was read from inside an image to a file in the cache. */
static char *keep_config(const char *hash, const char *text)
{
	g_autofree char *relative = g_strconcat("kernel/config/", hash, NULL);
	g_autofree char *file = rig_cache_path(relative);

	return rig_write_file(file, text, -1, NULL) ? g_steal_pointer(&file) : NULL;
}

struct kernel *kernel_from_image(const char *path, const char *arch, GError **error)
{
	g_autoptr(GMappedFile) map = map_image(path, error);
	rig_auto(kernel) kernel = g_new0(struct kernel, 1);
	const guint8 *data = map ? (const guint8 *)g_mapped_file_get_contents(map) : NULL;
	gsize len = map ? g_mapped_file_get_length(map) : 0;
	struct image image = {0};
	g_autofree char *config = NULL;

	if (!map || !image_check(path, data, len, &image, error))
		return NULL;
	kernel->version = image.version;
	if (arch && strcmp(image.arch, arch)) {
		rig_fail(error, RIG_EXIT_USAGE, "'%s' is a kernel for %s, but one for %s is "
						"needed", path,
			 image.arch, arch);
		return NULL;
	}
	kernel->arch = g_strdup(image.arch);
	kernel->page_size = image.page_size;
	kernel->image = g_canonicalize_filename(path, NULL);
	kernel->name = g_path_get_basename(path);
	kernel->hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, len);
	kernel->source = g_strconcat("image:", kernel->image, NULL);
	kernel->patches = g_new0(char *, 1);
	kernel->was_cached = TRUE;
	if (!memcmp(data, "\177ELF", 4))
		kernel->vmlinux = g_strdup(kernel->image);
	config = image_config(data, len);
	kernel->config = config ? keep_config(kernel->hash, config) : config_beside(kernel->image);
	return g_steal_pointer(&kernel);
}

/* ---- config options and fragments ---- */

/* Returns the options of the .config at PATH, or NULL if it is not a text with options. */
static GHashTable *load_text(const char *path)
{
	g_autofree char *text = NULL;
	g_autoptr(GHashTable) config = NULL;
	gsize len;

	if (!rig_read_file(path, CONFIG_MAX, &text, &len, NULL) || strlen(text) != len)
		return NULL;
	config = config_parse(text);
	/* also accept a fragment that only disables options */
	return g_hash_table_size(config) || strstr(text, "# CONFIG_") ? g_steal_pointer(&config)
								      : NULL;
}

GHashTable *kernel_config_load(const char *path, GError **error)
{
	GHashTable *config = load_text(path);
	rig_auto(kernel) kernel = NULL;

	if (config)
		return config;
	if (access(path, R_OK) < 0) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "cannot read '%s': %s; give a kernel image or a .config", path,
			 g_strerror(errno));
		return NULL;
	}
	kernel = kernel_from_image(path, NULL, error);
	if (!kernel)
		return NULL;
	config = kernel->config ? load_text(kernel->config) : NULL;
	if (!config)
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s' contains no config (CONFIG_IKCONFIG), and there is none next to it",
			 path);
	return config;
}

/*
 * Returns TRUE if CONFIG meets NEED: "CONFIG_X", "CONFIG_X=VALUE", or one of these after "!". The
 * value "m" is not enough for "CONFIG_X", because the guest does not load such modules.
 */
static gboolean meets(GHashTable *config, const char *need)
{
	gboolean not = *need == '!';
	g_auto(GStrv) pair = g_strsplit(need + not, "=", 2);
	const char *has = pair[0] ? g_hash_table_lookup(config, g_strstrip(pair[0])) : NULL;

	if (pair[0] && pair[1])
		return (g_strcmp0(has, g_strstrip(pair[1])) == 0) != not ;
	return (has && strcmp(has, "n") && strcmp(has, "m")) != not ;
}

GPtrArray *kernel_config_lacks(GHashTable *config, const char *const *needs)
{
	GPtrArray *lacks = g_ptr_array_new();

	for (guint i = 0; needs && needs[i]; i++) {
		g_auto(GStrv) alternatives = g_strsplit(needs[i], "|", -1);
		gboolean met = FALSE;

		for (guint k = 0; alternatives[k]; k++)
			met |= meets(config, g_strstrip(alternatives[k]));
		if (!met)
			g_ptr_array_add(lacks, (char *)needs[i]);
	}
	return lacks;
}

/* Returns TRUE if the fragment NAME is part of every kernel, or of every one of an architecture. */
static gboolean is_basic(const char *name)
{
	return !strcmp(name, "base") || !strcmp(name, "lockdep") || arch_find(name, NULL);
}

char *kernel_fragment_with(const char *const *needs)
{
	g_autofree char *folder = rig_home_path("scenarios/kconfig");
	g_auto(GStrv) names = rig_names_in(folder, ".config");
	char *found = NULL;

	for (char **name = names; *name; name++) {
		g_autofree char *file = g_strconcat("scenarios/kconfig/", *name, ".config", NULL);
		g_autofree char *path = rig_home_path(file);
		g_autoptr(GHashTable) config = is_basic(*name) ? NULL : load_text(path);
		g_autoptr(GPtrArray) lacks = config ? kernel_config_lacks(config, needs) : NULL;

		if (!lacks || lacks->len || (found && strcmp(found, KERNEL_FULL)))
			continue;
		/* `full` has nearly all options, so prefer another fragment */
		g_free(found);
		found = g_steal_pointer(&file);
	}
	return found;
}
