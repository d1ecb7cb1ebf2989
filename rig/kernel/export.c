// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packs sources for hosts that do not have them. This host resolves a source and packs its
 * unpatched tree into a folder of the cache, carried/<name>-<hash>/, with the files `tree` (a tar
 * archive) and `source.json` (the members that source_resolve() sets). A host to which the folder
 * was sent builds from it; the hash of the build is the same as on this host.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"
#include "util/sweep.h"

#define FOLDER "kernel/carried"
#define JSON_MAX (1u << 20)
/*
 * The first component of all paths in an archive that is made from a folder or a git revision.
 * untar() in checkout.c strips it.
 */
#define TOP "linux/"

char *kernel_source_key(const char *text)
{
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* ---- functions for the host that receives the source ---- */

static char *text_of(json_t *json, const char *key)
{
	return g_strdup(json_string_value(json_object_get(json, key)));
}

static struct source *read_source(const char *name, GError **error)
{
	g_autofree char *relative = g_build_filename(FOLDER, name, NULL);
	g_autofree char *folder = rig_cache_path(relative), *text = NULL;
	g_autofree char *file = g_build_filename(folder, "source.json", NULL);
	rig_auto(source) source = g_new0(struct source, 1);
	json_t *json;

	if (strchr(name, '/') || !rig_read_file(file, JSON_MAX, &text, NULL, NULL)) {
		rig_fail(error, RIG_EXIT_INFRA,
			 "the kernel source '%s' was sent by another host, and is not in this "
			 "host's cache",
			 name);
		return NULL;
	}
	utimensat(AT_FDCWD, folder, NULL, 0); /* the time of the last use, see prune.c */
	json = json_loads(text, 0, NULL);
	source->kind = SOURCE_TAR;
	source->name = g_build_filename(folder, "tree", NULL);
	source->version = text_of(json, "version");
	source->resolved = text_of(json, "resolved");
	source->identity = text_of(json, "identity");
	source->tree = g_strdup(name);
	json_decref(json);
	if (source->resolved && source->identity)
		return g_steal_pointer(&source);
	rig_fail(error, RIG_EXIT_INFRA, "'%s' is damaged", file);
	return NULL;
}

gboolean source_carried(const char *text, struct source **ret, GError **error)
{
	const char *list = g_getenv(KERNEL_SOURCES);
	g_auto(GStrv) words = g_strsplit(list ? list : "", " ", -1);
	g_autofree char *key = kernel_source_key(text);
	gsize n = strlen(key);

	*ret = NULL;
	for (char **word = words; *word; word++)
		if (!strncmp(*word, key, n) && (*word)[n] == '=') {
			*ret = read_source(*word + n + 1, error);
			return *ret != NULL;
		}
	return TRUE;
}

/* ---- packing a source on this host ---- */

static gboolean pack_deb(const struct source *source, const char *part, const char *file,
			 GError **error)
{
	g_autofree char *download = g_build_filename(part, "download", NULL), *tarball = NULL;
	struct progress silent = {0};

	if (!source_fetch_deb(source, download, &silent, &tarball, error))
		return FALSE;
	if (g_rename(tarball, file) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot rename '%s': %s", tarball,
				g_strerror(errno));
	return sweep_remove(download, error);
}

static gboolean pack_dir(const struct source *source, const char *part, const char *file,
			 GError **error)
{
	g_autofree char *list = g_build_filename(part, "list", NULL),
			*names = g_strjoinv("\n", source->files);

	if (!rig_write_file(list, names, -1, error) ||
	    !spawn_words(NULL, error, "tar", "-czf", file, "-C", source->name, "--no-recursion",
			 "--verbatim-files-from", "--transform=flags=r;s,^," TOP ",", "-T", list,
			 NULL))
		return FALSE;
	return g_unlink(list) == 0 ||
	       rig_fail(error, RIG_EXIT_INFRA, "cannot remove '%s': %s", list,
			g_strerror(errno));
}

static gboolean pack(const struct source *source, const char *part, GError **error)
{
	g_autofree char *file = g_build_filename(part, "tree", NULL);

	switch (source->kind) {
	case SOURCE_DEB:
		return pack_deb(source, part, file, error);
	case SOURCE_TAR:
		return spawn_words(NULL, error, "cp", "--", source->name, file, NULL);
	case SOURCE_DIR:
		return pack_dir(source, part, file, error);
	case SOURCE_GIT:
		return spawn_words(NULL, error, "git", "-C", source->name, "archive",
				   "--format=tar.gz", "--prefix=" TOP, "-o", file, source->identity,
				   NULL);
	}
	g_return_val_if_reached(FALSE);
}

static gboolean write_json(const struct source *source, const char *part, GError **error)
{
	g_autofree char *file = g_build_filename(part, "source.json", NULL);
	json_auto_t *json =
		json_pack("{s:s?, s:s, s:s}", "version", source->version, "resolved",
			  source->resolved, "identity", source->identity);
	char *dumped = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	g_autofree char *text = g_strdup(dumped);

	free(dumped);
	if (!text)
		return rig_fail(error, RIG_EXIT_USAGE,
				"the path of the kernel source is not valid UTF-8; rename the "
				"folder");
	return rig_write_file(file, text, -1, error);
}

char *kernel_export_source(const char *text, GError **error)
{
	struct progress silent = {0};
	rig_auto(source) source = source_parse(text, error);
	g_autofree char *what = NULL, *name = NULL, *folder = NULL, *part = NULL, *top = NULL;

	if (!source || !source_resolve(source, FALSE, &silent, error))
		return NULL;
	what = g_strdup_printf("%s\n%s", source->resolved, source->identity);
	name = source_tree_name(source->name, what);
	top = rig_cache_path(FOLDER);
	folder = g_build_filename(top, name, NULL);
	sweep_folders(top);
	if (g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		utimensat(AT_FDCWD, folder, NULL, 0);
		return g_steal_pointer(&folder);
	}
	part = g_build_filename(top, SWEEP_NEW "XXXXXX", NULL);
	g_mkdir_with_parents(top, 0700);
	if (!g_mkdtemp_full(part, 0755)) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot create a folder in '%s': %s", top,
			 g_strerror(errno));
		return NULL;
	}
	/* another process may have made the same folder meanwhile */
	if (pack(source, part, error) && write_json(source, part, error) &&
	    (g_rename(part, folder) == 0 || g_file_test(folder, G_FILE_TEST_IS_DIR) ||
	     rig_fail(error, RIG_EXIT_INFRA, "cannot rename '%s'", part))) {
		sweep_remove(part, NULL);
		return g_steal_pointer(&folder);
	}
	sweep_remove(part, NULL);
	return NULL;
}
