// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds kernels that another host has built, and adds them to the cache. Without the sources, a
 * host cannot compute the hash of a build, so it finds the build by the request: the text of the
 * source, and the content of patches and fragments (kernel_request_key()).
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

#define INPUT_MAX (64u << 20)

static gboolean add_files(GChecksum *sum, const char *const *files, GError **error)
{
	for (; files && *files; files++) {
		g_autofree char *data = NULL;
		gsize len;

		if (!rig_read_file(*files, INPUT_MAX, &data, &len, error))
			return FALSE;
		kernel_hash_add(sum, data, len);
	}
	kernel_hash_add(sum, "", 0);
	return TRUE;
}

char *kernel_request_key(const struct kernel_spec *spec, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	kernel_hash_add(sum, spec->source, strlen(spec->source));
	kernel_hash_add(sum, spec->arch, strlen(spec->arch));
	kernel_hash_add(sum, spec->no_lockdep ? "1" : "0", 1);
	if (!add_files(sum, spec->patches, error) || !add_files(sum, spec->fragments, error) ||
	    !modules_hash(sum, spec, error))
		return NULL;
	if (spec->optional && !add_files(sum, (const char *const[]){spec->optional, NULL}, error))
		return NULL;
	if (spec->kconfig)
		kernel_hash_add(sum, spec->kconfig, strlen(spec->kconfig));
	return g_strdup(g_checksum_get_string(sum));
}

gboolean carried_find(const struct kernel_spec *spec, struct kernel **ret, GError **error)
{
	const char *list = g_getenv(KERNEL_CARRIED);
	g_auto(GStrv) words = g_strsplit(list ? list : "", " ", -1);
	g_autofree char *key = *words ? kernel_request_key(spec, error) : NULL;
	gsize n = key ? strlen(key) : 0;

	*ret = NULL;
	if (*words && !key)
		return FALSE;
	for (char **word = words; *word; word++) {
		if (strncmp(*word, key, n) || (*word)[n] != '=')
			continue;
		*ret = cache_use(*word + n + 1);
		return *ret || rig_fail(error, RIG_EXIT_INFRA,
					"the kernel %.12s was built on another host, and is not in "
					"this host's cache",
					*word + n + 1);
	}
	return TRUE;
}

/* Copies FOLDER to PART, a new folder next to FINAL, and renames PART to FINAL. */
static gboolean copy_in(const char *folder, const char *part, const char *final, GError **error)
{
	g_autofree char *name = g_path_get_basename(part);
	rig_auto(kernel) kernel = NULL;

	if (!spawn_words(NULL, error, "cp", "-rT", "--", folder, part, NULL))
		return FALSE;
	kernel = cache_find(name);
	if (!kernel)
		return rig_fail(error, RIG_EXIT_INFRA, "'%s' is not a finished build", folder);
	if (!durable_tree(part, error))
		return FALSE;
	/* another process may have added the same build meanwhile */
	return g_rename(part, final) == 0 || g_file_test(final, G_FILE_TEST_IS_DIR) ||
	       rig_fail(error, RIG_EXIT_INFRA, "cannot rename '%s' to '%s'", part, final);
}

gboolean kernel_install(const char *folder, const char *hash, GError **error)
{
	g_autofree char *out = rig_cache_path("kernel/out"), *part = NULL, *final = NULL;
	gboolean ok;

	if (strlen(hash) != 64 || strspn(hash, "0123456789abcdef") != 64)
		return rig_fail(error, RIG_EXIT_INFRA,
				"'%s' is not the hash of a build (64 hexadecimal digits)", hash);
	final = g_build_filename(out, hash, NULL);
	if (g_file_test(final, G_FILE_TEST_IS_DIR))
		return TRUE;
	part = g_build_filename(out, SWEEP_NEW "XXXXXX", NULL);
	if (g_mkdir_with_parents(out, 0755) < 0 || !g_mkdtemp_full(part, 0755))
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create a folder in '%s': %s", out,
				g_strerror(errno));
	ok = copy_in(folder, part, final, error);
	sweep_remove(part, NULL);
	return ok;
}
