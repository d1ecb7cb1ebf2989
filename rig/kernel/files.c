// SPDX-License-Identifier: GPL-2.0-only
/* Lists, compares, copies and hashes files of a source tree. */
#include "kernel/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/spawn.h"

/* Maximum size of a file; the largest one in a kernel tree is a generated GPU header of 24 MiB. */
#define FILE_MAX (256u << 20)

gboolean files_make_parent(const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);

	if (g_mkdir_with_parents(parent, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s", parent,
				g_strerror(errno));
	return TRUE;
}

/* Reads the content of a file, or the target of a symbolic link. */
static gboolean read_any(const char *path, struct stat *st, char **ret, gsize *ret_len)
{
	if (lstat(path, st) < 0)
		return FALSE;
	if (S_ISLNK(st->st_mode)) {
		*ret = g_file_read_link(path, NULL);
		*ret_len = *ret ? strlen(*ret) : 0;
		return *ret != NULL;
	}
	return S_ISREG(st->st_mode) && st->st_size <= FILE_MAX &&
	       g_file_get_contents(path, ret, ret_len, NULL);
}

gboolean files_same(const char *a, const char *b)
{
	g_autofree char *text_a = NULL, *text_b = NULL;
	struct stat st_a, st_b;
	gsize len_a, len_b;

	if (lstat(a, &st_a) < 0 || lstat(b, &st_b) < 0 || st_a.st_size != st_b.st_size ||
	    (st_a.st_mode & (S_IFMT | S_IXUSR)) != (st_b.st_mode & (S_IFMT | S_IXUSR)))
		return FALSE;
	return read_any(a, &st_a, &text_a, &len_a) && read_any(b, &st_b, &text_b, &len_b) &&
	       len_a == len_b && !memcmp(text_a, text_b, len_a);
}

gboolean files_copy(const char *from, const char *to, GError **error)
{
	g_autofree char *text = NULL;
	struct stat st;
	gsize len;

	if (!read_any(from, &st, &text, &len))
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", from,
				errno ? g_strerror(errno) : "not a regular file");
	if (!files_make_parent(to, error))
		return FALSE;
	if (S_ISLNK(st.st_mode)) {
		unlink(to);
		if (symlink(text, to) < 0)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot create the link '%s': %s",
					to, g_strerror(errno));
		return TRUE;
	}
	return g_file_set_contents_full(to, text, len, G_FILE_SET_CONTENTS_CONSISTENT,
					st.st_mode & S_IXUSR ? 0755 : 0644, error);
}

char *files_sha256(const char *path, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guint8 *buf = g_malloc(1 << 20);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buf, 1 << 20)) > 0)
		g_checksum_update(sum, buf, n);
	if (n < 0)
		rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return n < 0 ? NULL : g_strdup(g_checksum_get_string(sum));
}

/* ---- which files belong to the source ---- */

/*
 * Names of files that kbuild creates in a tree that was built in place (from the kernel's top
 * .gitignore).
 */
static const char *const built[] = {
	".git",	     "*.o",	"*.a",	       "*.ko",
	"*.mod",     "*.mod.c", "*.cmd",       "*.dtb",
	"vmlinux*",  ".tmp_*",	"System.map",  "Module.symvers",
	"modules.*", ".config", ".config.old", "generated",
	"*.dwo",     "bzImage", "*.order",     "include/config",
};

static gboolean looks_built(const char *relative, const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(built); i++)
		if (!fnmatch(built[i], strchr(built[i], '/') ? relative : name, 0))
			/* e.g. include/linux/modules.h and vmlinux.lds.S belong to the source */
			return !g_str_has_suffix(name, ".S") && !g_str_has_suffix(name, ".h");
	return FALSE;
}

static gboolean walk(const char *top, const char *below, gboolean all, guint depth,
		     GPtrArray *files, GError **error)
{
	g_autofree char *path = g_build_filename(top, below, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, error);
	const char *name;

	if (!dir || depth > 40)
		return dir ? rig_fail(error, RIG_EXIT_USAGE, "'%s' is nested too deeply", path)
			   : FALSE;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *relative =
			*below ? g_build_filename(below, name, NULL) : g_strdup(name);
		g_autofree char *full = g_build_filename(top, relative, NULL);
		struct stat st;

		if ((!all && looks_built(relative, name)) || lstat(full, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && !walk(top, relative, all, depth + 1, files, error))
			return FALSE;
		if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
			g_ptr_array_add(files, g_steal_pointer(&relative));
	}
	return TRUE;
}

static void add_listed(const char *line, void *data)
{
	g_ptr_array_add(data, g_strdup(line));
}

static gboolean ask_git(const char *tree, GPtrArray *files)
{
	g_autofree char *marker = g_build_filename(tree, ".git", NULL);
	const char *argv[] = {"git", "-C", tree, "-c", "core.quotePath=off", "ls-files",
			      "--cached", "--others", "--exclude-standard", NULL};
	struct spawn spawn = {.argv = argv, .line = add_listed, .data = files};

	return g_file_test(marker, G_FILE_TEST_EXISTS) && spawn_have("git") &&
	       spawn_run(&spawn, NULL, NULL);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **files_below(const char *dir, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);

	if (!walk(dir, "", TRUE, 0, files, error))
		return NULL;
	g_ptr_array_sort(files, by_name);
	g_ptr_array_add(files, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&files), FALSE);
}

char **files_of_tree(const char *tree, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) present = g_ptr_array_new();

	if (!ask_git(tree, files)) {
		g_ptr_array_set_size(files, 0);
		if (!walk(tree, "", FALSE, 0, files, error))
			return NULL;
	}
	g_ptr_array_sort(files, by_name);
	for (guint i = 0; i < files->len; i++) {
		g_autofree char *path = g_build_filename(tree, files->pdata[i], NULL);
		struct stat st;

		/* git also lists files that were deleted, and submodules, which are folders */
		if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode) &&
		    (!i || strcmp(files->pdata[i], files->pdata[i - 1])))
			g_ptr_array_add(present, g_strdup(files->pdata[i]));
	}
	g_ptr_array_add(present, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&present), FALSE);
}

char *files_kernel_version(const char *makefile_text)
{
	static const char *const keys[] = {"VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION"};
	g_auto(GStrv) lines = g_strsplit(makefile_text, "\n", 64);
	g_autoptr(GString) version = g_string_new(NULL);

	for (guint k = 0; k < G_N_ELEMENTS(keys); k++) {
		for (guint i = 0; i < 60 && lines[i]; i++) {
			g_auto(GStrv) pair = g_strsplit(lines[i], "=", 2);

			if (!pair[0] || !pair[1] || strcmp(g_strstrip(pair[0]), keys[k]))
				continue;
			g_string_append_printf(version, "%s%s", k && k < 3 ? "." : "",
					       g_strstrip(pair[1]));
			break;
		}
		if (!version->len)
			return NULL;
	}
	return g_string_free(g_steal_pointer(&version), FALSE);
}
