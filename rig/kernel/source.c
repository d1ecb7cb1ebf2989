// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resolves a source: parses its text, determines the version, and identifies the content.
 * checkout.c copies it into a work tree.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define MAKEFILE_MAX (1u << 20)

static const struct {
	const char *prefix;
	enum source_kind kind;
	const char *form;
} kinds[] = {
	{"deb:", SOURCE_DEB, "deb:PACKAGE[=VERSION][@SUITE]"},
	{"tar:", SOURCE_TAR, "tar:FILE"},
	{"dir:", SOURCE_DIR, "dir:FOLDER"},
	{"git:", SOURCE_GIT, "git:REPOSITORY@REVISION"},
};

gboolean kernel_is_source(const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(text, kinds[i].prefix))
			return TRUE;
	return FALSE;
}

void source_free(struct source *source)
{
	g_free(source->name);
	g_free(source->suite);
	g_free(source->want);
	g_free(source->version);
	g_free(source->resolved);
	g_free(source->identity);
	g_free(source->tree);
	g_free(source->git_dir);
	g_strfreev(source->files);
	g_free(source);
}

/* ---- parsing the text of a source ---- */

static gboolean parse_deb(struct source *source, const char *rest)
{
	static const char pattern[] =
		"^([a-z0-9][a-z0-9+.-]+)(?:=([A-Za-z0-9.+~:-]+))?(?:@([a-z][a-z0-9-]*))?$";
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	char **field[] = {&source->name, &source->want, &source->suite};

	if (!g_regex_match(regex, rest, 0, &match))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(field); i++) {
		g_autofree char *text = g_match_info_fetch(match, i + 1);

		*field[i] = text && *text ? g_steal_pointer(&text) : NULL;
	}
	return TRUE;
}

/*
 * Splits REPO@REV. Both parts may contain an '@', so the split is at the first '@' that follows the
 * path of an existing folder.
 */
static gboolean parse_git(struct source *source, const char *rest)
{
	for (const char *at = strchr(rest, '@'); at; at = strchr(at + 1, '@')) {
		g_autofree char *repo = g_strndup(rest, at - rest);

		if (!at[1] || at[1] == '-' || !g_file_test(repo, G_FILE_TEST_IS_DIR))
			continue;
		source->name = g_canonicalize_filename(repo, NULL);
		source->want = g_strdup(at + 1);
		return TRUE;
	}
	return FALSE;
}

struct source *source_parse(const char *text, GError **error)
{
	rig_auto(source) source = g_new0(struct source, 1);
	g_autoptr(GString) forms = g_string_new(NULL);
	struct source *carried;

	if (!source_carried(text, &carried, error) || carried)
		return carried;
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const char *rest = text + strlen(kinds[i].prefix);
		g_autofree char *home = NULL;
		gboolean ok = FALSE;

		g_string_append_printf(forms, "%s%s", i ? ", " : "", kinds[i].form);
		if (!g_str_has_prefix(text, kinds[i].prefix))
			continue;
		source->kind = kinds[i].kind;
		/* the shell does not expand "~" after "git:" */
		if (source->kind != SOURCE_DEB && g_str_has_prefix(rest, "~/"))
			rest = home = g_build_filename(g_get_home_dir(), rest + 2, NULL);
		if (source->kind == SOURCE_DEB) {
			ok = parse_deb(source, rest);
		} else if (source->kind == SOURCE_GIT) {
			ok = parse_git(source, rest);
		} else {
			source->name = g_canonicalize_filename(rest, NULL);
			ok = *rest && g_file_test(source->name, source->kind == SOURCE_DIR
									? G_FILE_TEST_IS_DIR
									: G_FILE_TEST_IS_REGULAR);
		}
		if (ok)
			return g_steal_pointer(&source);
		rig_fail(error, RIG_EXIT_USAGE, "'%s%s' does not exist; the form is %s",
			 kinds[i].prefix, rest, kinds[i].form);
		return NULL;
	}
	rig_fail(error, RIG_EXIT_USAGE, "invalid kernel source '%s': write one of %s", text,
		 forms->str);
	return NULL;
}

gboolean kernel_check_source(const char *text, GError **error)
{
	rig_auto(source) source = source_parse(text, error);

	return source != NULL;
}

/* ---- identity of the content ---- */

char *source_tree_name(const char *path, const char *what)
{
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, what, -1);

	g_strcanon(base, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._+-", '_');
	return g_strdup_printf("%.60s-%.12s", base, sum);
}

/*
 * Looks up the hash that remember() has stored for the tree PATH, because hashing a tree takes
 * seconds. The hash is valid if FINGERPRINT (names, sizes and times of the files) is unchanged.
 */
static gboolean recall(const char *path, const char *fingerprint, char **ret_identity)
{
	g_autofree char *name = source_tree_name(path, path);
	g_autofree char *relative = g_strconcat("kernel/src/", name, NULL);
	g_autofree char *file = rig_cache_path(relative), *text = NULL;
	g_auto(GStrv) word = NULL;

	if (!rig_read_file(file, 4096, &text, NULL, NULL))
		return FALSE;
	word = g_strsplit(text, " ", 2);
	if (g_strv_length(word) != 2 || strcmp(word[0], fingerprint))
		return FALSE;
	*ret_identity = g_strdup(word[1]);
	return TRUE;
}

static void remember(const char *path, const char *fingerprint, const char *identity)
{
	g_autofree char *name = source_tree_name(path, path);
	g_autofree char *relative = g_strconcat("kernel/src/", name, NULL);
	g_autofree char *file = rig_cache_path(relative);
	g_autofree char *text = g_strdup_printf("%s %s", fingerprint, identity);

	/* ignore errors: this only fills a cache */
	rig_write_file(file, text, -1, NULL);
}

static void add_stat(GString *text, const char *name, const struct stat *st)
{
	g_string_append_printf(text, "%s %llu %lld.%09ld %o %llu\n", name,
			       (unsigned long long)st->st_size, (long long)st->st_mtim.tv_sec,
			       st->st_mtim.tv_nsec, st->st_mode, (unsigned long long)st->st_ino);
}

static gboolean resolve_tar(struct source *source, GError **error)
{
	g_autoptr(GString) stats = g_string_new(NULL);
	g_autofree char *fingerprint = NULL;
	struct stat st;

	if (stat(source->name, &st) < 0)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", source->name,
				g_strerror(errno));
	add_stat(stats, source->name, &st);
	fingerprint = g_compute_checksum_for_string(G_CHECKSUM_SHA256, stats->str, stats->len);
	if (!recall(source->name, fingerprint, &source->identity)) {
		source->identity = files_sha256(source->name, error);
		if (!source->identity)
			return FALSE;
		remember(source->name, fingerprint, source->identity);
	}
	source->resolved = g_strconcat("tar:", source->name, NULL);
	source->tree = source_tree_name(source->name, source->identity);
	return TRUE;
}

/* Returns a hash of the names, execute bits and contents of all files. */
static char *hash_files(const struct source *source, GError **error)
{
	g_autoptr(GChecksum) all = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; source->files[i]; i++) {
		g_autofree char *path = g_build_filename(source->name, source->files[i], NULL);
		g_autofree char *link = g_file_read_link(path, NULL);
		g_autofree char *sum = link ? g_strdup(link) : files_sha256(path, error);
		g_autofree char *line = NULL;

		if (!sum)
			return NULL;
		line = g_strdup_printf("%s %d %s\n", source->files[i],
				       g_file_test(path, G_FILE_TEST_IS_EXECUTABLE), sum);
		g_checksum_update(all, (const guint8 *)line, -1);
	}
	return g_strdup(g_checksum_get_string(all));
}

static gboolean resolve_dir(struct source *source, struct progress *progress, GError **error)
{
	g_autoptr(GString) stats = g_string_new(NULL);
	g_autofree char *fingerprint = NULL, *makefile = NULL, *text = NULL;

	source->files = files_of_tree(source->name, error);
	if (!source->files)
		return FALSE;
	makefile = g_build_filename(source->name, "Makefile", NULL);
	if (!rig_read_file(makefile, 1 << 20, &text, NULL, NULL) ||
	    !(source->version = files_kernel_version(text)))
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' is not a kernel tree: no VERSION in its Makefile",
				source->name);
	for (guint i = 0; source->files[i]; i++) {
		g_autofree char *path = g_build_filename(source->name, source->files[i], NULL);
		struct stat st;

		if (lstat(path, &st) == 0)
			add_stat(stats, source->files[i], &st);
	}
	fingerprint = g_compute_checksum_for_string(G_CHECKSUM_SHA256, stats->str, stats->len);
	if (!recall(source->name, fingerprint, &source->identity)) {
		progress_step(progress, "hash", 0);
		source->identity = hash_files(source, error);
		if (!source->identity)
			return FALSE;
		remember(source->name, fingerprint, source->identity);
	}
	source->resolved = g_strconcat("dir:", source->name, NULL);
	source->tree = source_tree_name(source->name, source->name);
	return TRUE;
}

/* ---- resolving git revisions ---- */

static gboolean git(const struct source *source, char **ret_line, GError **error, const char *word,
		    const char *more, const char *last)
{
	g_autofree char *output = NULL;
	const char *argv[] = {"git", "-C", source->name, word, more, last, NULL};
	/* the longest output is that of `git show`: a kernel's Makefile has some 70 KiB */
	struct spawn spawn = {.argv = argv, .keep = MAKEFILE_MAX};

	if (!spawn_run(&spawn, &output, error)) {
		g_prefix_error(error, "'%s' in '%s': ", source->want, source->name);
		if (error && *error && (*error)->domain == RIG_ERROR && spawn_have("git"))
			(*error)->code = RIG_EXIT_USAGE;
		return FALSE;
	}
	*ret_line = g_strdup(g_strstrip(output));
	return TRUE;
}

static gboolean resolve_git(struct source *source, GError **error)
{
	g_autofree char *commit = NULL, *spec = g_strconcat(source->want, "^{commit}", NULL);
	g_autofree char *tree = g_strconcat(source->want, "^{tree}", NULL);
	g_autofree char *makefile = g_strconcat(source->want, ":Makefile", NULL), *text = NULL;

	if (!git(source, &source->git_dir, error, "rev-parse", "--absolute-git-dir", NULL) ||
	    !git(source, &commit, error, "rev-parse", "--verify", spec) ||
	    !git(source, &source->identity, error, "rev-parse", "--verify", tree) ||
	    !git(source, &text, error, "show", makefile, NULL))
		return FALSE;
	source->version = files_kernel_version(text);
	if (!source->version)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' of '%s' is not a kernel tree: no VERSION in its Makefile",
				source->want, source->name);
	source->resolved = g_strdup_printf("git:%s@%s", source->name, commit);
	source->tree = source_tree_name(source->name, source->git_dir);
	/* add the commit, because two commits may have the same version */
	text = (g_free(text), source->version);
	source->version = g_strdup_printf("%s-g%.12s", text, commit);
	return TRUE;
}

/* ---- resolving Debian packages ---- */

static char *deb_tree(const struct source *source, const char *version)
{
	char *tree = g_strdup_printf("%s_%s", source->name, version);

	return g_strcanon(tree, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._+~-", '_');
}

/*
 * Determines the version of a package. As long as the cache has the source tree of a version, the
 * same version is used, so that a second run needs no network, and a new version on the mirror does
 * not cause an unexpected rebuild. REFRESH looks for a new version nevertheless.
 */
static gboolean resolve_deb(struct source *source, gboolean refresh, struct progress *progress,
			    GError **error)
{
	g_autofree char *relative = NULL, *file = NULL, *known = NULL, *version = NULL;
	g_autoptr(GError) why = NULL;

	if (!source->suite)
		source->suite = g_strdup(apt_other_release(source->name));
	relative = g_strdup_printf("kernel/src/%s@%s", source->name,
				   source->suite ? source->suite : "host");
	file = rig_cache_path(relative);
	rig_read_file(file, 256, &known, NULL, NULL);
	if (known && !refresh && !source->want) {
		g_autofree char *tree = deb_tree(source, known);
		g_autofree char *trees = rig_cache_path("kernel/tree");
		g_autofree char *path = g_build_filename(trees, tree, "src", NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			version = g_strdup(known);
	}
	if (!version && source->want)
		version = g_strdup(source->want);
	if (!version) {
		progress_step(progress, "fetch", 0);
		if (apt_version(source->name, source->suite, NULL, &version, &why))
			rig_write_file(file, version, -1, NULL);
		else if (known)
			version = g_strdup(known);
	}
	if (!version) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	source->tree = deb_tree(source, version);
	source->resolved =
		g_strdup_printf("deb:%s=%s%s%s", source->name, version, source->suite ? "@" : "",
				source->suite ? source->suite : "");
	/* the identity lacks the suite, because a version has the same content in each */
	source->identity = g_strdup_printf("deb:%s=%s", source->name, version);
	source->version = g_steal_pointer(&version);
	return TRUE;
}

gboolean source_resolve(struct source *source, gboolean refresh, struct progress *progress,
			GError **error)
{
	if (source->identity) /* another host has resolved and sent the source (export.c) */
		return TRUE;
	switch (source->kind) {
	case SOURCE_DEB:
		return resolve_deb(source, refresh, progress, error);
	case SOURCE_TAR:
		return resolve_tar(source, error);
	case SOURCE_DIR:
		return resolve_dir(source, progress, error);
	case SOURCE_GIT:
		return resolve_git(source, error);
	}
	g_return_val_if_reached(FALSE);
}
