// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds files of the rig in the checkout, the installation and the cache; reads and writes files.
 */
#include "util/paths.h"

#include "util/durable.h"
#include "util/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *find_home(void)
{
	const char *env = g_getenv("RIG_HOME");
	g_autofree char *exe = NULL, *dir = NULL;

	if (env && *env)
		return g_strdup(env);
	exe = g_file_read_link("/proc/self/exe", NULL);
	dir = g_path_get_dirname(exe ? exe : ".");
	/*
	 * search upwards, because the program may be at any depth below the checkout:
	 * build/bin/rig, build/san/bin/rig, build/tests/…
	 */
	while (dir[0] && dir[1]) {
		g_autofree char *kconfig = g_build_filename(dir, "scenarios", "kconfig", NULL);
		g_autofree char *shared = g_build_filename(dir, "share", "hotplug-rig", NULL);
		char *up;

		if (g_file_test(kconfig, G_FILE_TEST_IS_DIR))
			return g_steal_pointer(&dir);
		if (g_file_test(shared, G_FILE_TEST_IS_DIR))
			return g_steal_pointer(&shared);
		up = g_path_get_dirname(dir);
		g_free(dir);
		dir = up;
	}
	return g_strdup(".");
}

char *rig_home_path(const char *relative)
{
	static char *home;

	if (!home)
		home = find_home();
	return g_build_filename(home, relative, NULL);
}

char *rig_cache_path(const char *relative)
{
	const char *xdg = g_getenv("XDG_CACHE_HOME");
	g_autofree char *top =
		xdg && *xdg ? g_build_filename(xdg, "hotplug-rig", NULL)
			    : g_build_filename(g_get_home_dir(), ".cache", "hotplug-rig", NULL);
	char *path = g_build_filename(top, relative, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_mkdir_with_parents(parent, 0700);
	return path;
}

gboolean rig_write_stream(const char *path, rig_writer write, const void *data, GError **error)
{
	g_autofree char *part = g_strconcat(path, ".XXXXXX", NULL);
	int fd = g_mkstemp_full(part, O_WRONLY | O_CLOEXEC, 0644), failed = 0;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (out) {
		write(out, data);
		failed = fflush(out) || ferror(out) || fsync(fd) ? errno : 0;
		if (fclose(out) && !failed)
			failed = errno;
		if (!failed && !rename(part, path)) {
			durable_name(path);
			return TRUE;
		}
	}
	rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path,
		 g_strerror(failed ? failed : errno));
	if (fd >= 0)
		unlink(part);
	if (fd >= 0 && !out)
		close(fd);
	return FALSE;
}

void rig_write_bytes(FILE *out, const void *data)
{
	const struct rig_bytes *bytes = data;

	fwrite(bytes->data, 1, bytes->len, out);
}

gboolean rig_write_file(const char *path, const char *data, gssize len, GError **error)
{
	const struct rig_bytes bytes = {data, len < 0 ? strlen(data) : (gsize)len};

	return rig_write_stream(path, rig_write_bytes, &bytes, error);
}

gboolean rig_read_file(const char *path, gsize max, char **ret_data, gsize *ret_len, GError **error)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", path,
				g_strerror(errno));
	if (!S_ISREG(st.st_mode))
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': not a regular file",
				path);
	if ((guint64)st.st_size > max)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' has %" G_GINT64_FORMAT " bytes, at most %" G_GSIZE_FORMAT
				" are read",
				path, (gint64)st.st_size, max);
	return g_file_get_contents(path, ret_data, ret_len, error);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **rig_names_in(const char *folder, const char *suffix)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GPtrArray *names = g_ptr_array_new();
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (*name != '.' && g_str_has_suffix(name, suffix))
			g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(suffix)));
	g_ptr_array_sort(names, by_name);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}
