// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provides the unmodified kernel of a distribution: the image, config and modules of Debian's
 * binary package, unpacked once into the cache (kernel/package/<package>_<version>). Nothing of the
 * package is executed.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "util/durable.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"
#include "util/sweep.h"

#define PREFIX "deb:linux-image-"

gboolean kernel_is_package(const char *text)
{
	return g_str_has_prefix(text, PREFIX);
}

/* Returns the path of PACKAGE's folder in the cache. */
static char *folder_of(const char *package, const char *version)
{
	g_autofree char *name = g_strdup_printf("%s_%s", package, version);
	g_autofree char *relative = NULL;

	g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._+~-", '_');
	relative = g_strconcat("kernel/package/", name, NULL);
	return rig_cache_path(relative);
}

/* Returns the path of the image: boot/vmlinuz-VERSION, or on ppc64el boot/vmlinux-VERSION. */
static char *image_in(const char *folder)
{
	g_autofree char *boot = g_build_filename(folder, "boot", NULL);
	g_autoptr(GDir) dir = g_dir_open(boot, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, "vmlinu"))
			return g_build_filename(boot, name, NULL);
	return NULL;
}

static gboolean unpack(const char *deb, const char *to, GError **error)
{
	g_autofree char *part = g_strconcat(to, ".part", NULL);

	if (!sweep_remove(part, error) || !files_make_parent(part, error) ||
	    !spawn_words(NULL, error, "dpkg-deb", "-x", deb, part, NULL) ||
	    !durable_tree(part, error))
		return FALSE;
	if (g_rename(part, to) < 0 && !g_file_test(to, G_FILE_TEST_IS_DIR))
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s'", to);
	return TRUE;
}

static gboolean fetch(const char *package, const char *suite, const char *version,
		      const char *folder, GError **error)
{
	g_autofree char *dir = g_dir_make_tmp("rig-package-XXXXXX", NULL), *deb = NULL;
	gboolean ok = dir && apt_download(package, suite, version, dir, &deb, error) &&
		      unpack(deb, folder, error);

	if (!dir)
		return rig_fail(error, RIG_EXIT_INFRA,
				"cannot create a temporary folder for a package: %s",
				g_strerror(errno));
	sweep_remove(dir, NULL);
	return ok;
}

gboolean kernel_unpack_package(const char *package, const char *suite, const char *folder,
			       char **ret_version, GError **error)
{
	g_autofree char *dir = g_dir_make_tmp("rig-package-XXXXXX", NULL), *deb = NULL,
			*version = NULL;
	gboolean ok = dir && apt_version(package, suite, NULL, &version, error) &&
		      apt_download(package, suite, version, dir, &deb, error) &&
		      spawn_words(NULL, error, "dpkg-deb", "-x", deb, folder, NULL);

	if (!dir)
		return rig_fail(error, RIG_EXIT_INFRA,
				"cannot create a temporary folder for a package: %s",
				g_strerror(errno));
	sweep_remove(dir, NULL);
	if (ok)
		*ret_version = g_steal_pointer(&version);
	return ok;
}

static gboolean unpack_all(const char *archives, const char *folder, GError **error)
{
	g_auto(GStrv) names = rig_names_in(archives, ".deb");

	for (char **name = names; *name; name++) {
		g_autofree char *deb = g_strdup_printf("%s/%s.deb", archives, *name);

		if (!spawn_words(NULL, error, "dpkg-deb", "-x", deb, folder, NULL))
			return FALSE;
	}
	return TRUE;
}

gboolean kernel_unpack_closed(const char *const *packages, const char *suite, const char *folder,
			      GError **error)
{
	g_autofree char *dir = g_dir_make_tmp("rig-package-XXXXXX", NULL), *archives = NULL;
	gboolean ok;

	if (!dir)
		return rig_fail(error, RIG_EXIT_INFRA,
				"cannot create a temporary folder for packages: %s",
				g_strerror(errno));
	archives = g_build_filename(dir, "archives", NULL);
	ok = apt_download_closed(packages, suite, dir, error) &&
	     unpack_all(archives, folder, error);
	sweep_remove(dir, NULL);
	return ok;
}

/*
 * Finds the package with the image. For example, "linux-image-cloud-amd64" has no image, but
 * depends on the package of the current kernel. The result is stored, so that a second run needs no
 * network.
 */
static gboolean choose_version(const struct source *source, char **ret_package, char **ret_version,
			       GError **error)
{
	g_autofree char *relative = g_strdup_printf("kernel/src/%s@%s", source->name,
						    source->suite ? source->suite : "host");
	g_autofree char *file = rig_cache_path(relative), *known = NULL, *line = NULL;

	if (!source->want && rig_read_file(file, 512, &known, NULL, NULL)) {
		g_auto(GStrv) words = g_strsplit(g_strstrip(known), " ", 2);
		g_autofree char *folder =
			g_strv_length(words) == 2 ? folder_of(words[0], words[1]) : NULL;

		if (folder && g_file_test(folder, G_FILE_TEST_IS_DIR)) {
			*ret_package = g_strdup(words[0]);
			*ret_version = g_strdup(words[1]);
			return TRUE;
		}
	}
	if (!apt_version(source->name, source->suite, source->want, ret_version, error) ||
	    !apt_image_package(source->name, source->suite, *ret_version, ret_package, error))
		return FALSE;
	line = g_strdup_printf("%s %s", *ret_package, *ret_version);
	rig_write_file(file, line, -1, NULL);
	return TRUE;
}

struct kernel *kernel_from_package(const char *text, const char *arch, GError **error)
{
	rig_auto(source) source = source_parse(text, error);
	g_autofree char *package = NULL, *version = NULL, *folder = NULL, *image = NULL;
	struct kernel *kernel;

	if (!source || !choose_version(source, &package, &version, error))
		return NULL;
	folder = folder_of(package, version);
	if (!g_file_test(folder, G_FILE_TEST_IS_DIR) &&
	    !fetch(package, source->suite, version, folder, error)) {
		g_prefix_error(error, "%s: ", text);
		return NULL;
	}
	image = image_in(folder);
	if (!image) {
		rig_fail(error, RIG_EXIT_USAGE, "package '%s' has no kernel image below /boot",
			 package);
		return NULL;
	}
	kernel = kernel_from_image(image, arch, error);
	if (!kernel)
		return NULL;
	/* Debian's version is more precise than the kernel's own release */
	g_free(kernel->version);
	kernel->version = g_strdup(version);
	g_free(kernel->source);
	kernel->source =
		g_strdup_printf("deb:%s=%s%s%s", package, version, source->suite ? "@" : "",
				source->suite ? source->suite : "");
	return kernel;
}
