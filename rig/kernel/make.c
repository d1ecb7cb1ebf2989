// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs make for a kernel: common arguments, progress, error messages, and the recovery of an object
 * folder in which make was killed.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

char *maker_log_path(const struct worktree *tree)
{
	return g_strconcat(tree->obj, ".log", NULL);
}

static void take_line(const char *line, void *data)
{
	/* matches the first line of an error message of a compiler, the linker, make or kconfig */
	static const char complaint[] =
		"(: (fatal )?error: |undefined reference|No space left on device|: not found$|"
		"\\*\\*\\* .*[^.]\\. +Stop\\.|Kconfig[^ ]*:\\d+: )";
	static GRegex *regex;
	struct maker *maker = data;

	fprintf(maker->log, "%s\n", line);
	/* lines like "  CC      mm/slub.o" are counted for the progress */
	if (g_str_has_prefix(line, "  ") && g_ascii_isupper(line[2])) {
		maker->lines++;
		if (g_str_has_prefix(line, "  LD      vmlinux") ||
		    g_str_has_prefix(line, "  LD      .tmp_vmlinux"))
			maker->progress->step = "link";
		progress_line(line, maker->progress);
	}
	if (!regex)
		regex = g_regex_new(complaint, G_REGEX_OPTIMIZE, 0, NULL);
	if (!maker->first_error && g_regex_match(regex, line, 0, NULL) &&
	    !strstr(line, ": warning: "))
		maker->first_error = g_strdup(line);
}

/*
 * Returns the environment for make. Dates, names and paths that become part of the image are fixed,
 * so that two builds with the same hash are equal.
 */
static GPtrArray *environment(void)
{
	GPtrArray *env = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *ccache = rig_cache_path("ccache");
	g_autofree char *trees = rig_cache_path("kernel/tree");
	/* these may have other values in the environment of the rig, for example if make runs it */
	static const char *const fixed[] = {
		"LC_ALL=C",
		"KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970",
		"KBUILD_BUILD_USER=rig",
		"KBUILD_BUILD_HOST=rig",
		"KBUILD_BUILD_VERSION=1",
		"MAKEFLAGS=",
		"MFLAGS=",
		"MAKELEVEL=0",
		"KBUILD_OUTPUT=",
		"KCFLAGS=",
		"KAFLAGS=",
		"CCACHE_NOHASHDIR=1",
	};

	for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(env, g_strdup(fixed[i]));
	g_ptr_array_add(env, g_strconcat("CCACHE_DIR=", ccache, NULL));
	g_ptr_array_add(env, g_strconcat("CCACHE_BASEDIR=", trees, NULL));
	g_ptr_array_add(env, NULL);
	return env;
}

static GPtrArray *words(const struct maker *maker, const char *target)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	const char *cross = arch_cross(maker->arch), *cache = spawn_have("ccache") ? "ccache " : "";

	g_ptr_array_add(argv, g_strdup("make"));
	g_ptr_array_add(argv, g_strdup_printf("-j%u", maker->jobs));
	g_ptr_array_add(argv, g_strdup("V=0"));
	g_ptr_array_add(argv, g_strconcat("-C", maker->tree->src, NULL));
	g_ptr_array_add(argv, g_strconcat("O=", maker->tree->obj, NULL));
	g_ptr_array_add(argv, g_strconcat("ARCH=", maker->arch->make, NULL));
	g_ptr_array_add(argv, g_strconcat("CROSS_COMPILE=", cross, NULL));
	g_ptr_array_add(argv, g_strconcat("CC=", cache, cross, "gcc", NULL));
	g_ptr_array_add(argv, g_strconcat("HOSTCC=", cache, "gcc", NULL));
	/* without this, a tree inside a git checkout would get the release "6.1.192+" */
	g_ptr_array_add(argv, g_strdup("LOCALVERSION="));
	if (maker->folder)
		g_ptr_array_add(argv, g_strconcat("M=", maker->folder, NULL));
	g_ptr_array_add(argv, g_strdup(target));
	g_ptr_array_add(argv, NULL);
	return argv;
}

/*
 * Returns TRUE if the output shows a fault of the host (missing tool, full disk), not of the
 * source.
 */
static gboolean is_host_fault(const char *output)
{
	static const char *const signs[] = {
		"No space left on device",
		"gcc: not found",
		"flex: not found",
		"bison: not found",
		"flex: No such file",
		"bc: not found",
		"bison: No such file",
		"libelf.h: No such file",
		"openssl/",
		"Cannot allocate memory",
		"Killed signal terminated program",
	};

	for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
		if (strstr(output, signs[i]))
			return TRUE;
	return FALSE;
}

gboolean maker_run(struct maker *maker, const char *target, GError **error)
{
	g_autoptr(GPtrArray) argv = words(maker, target), env = environment();
	g_autofree char *log = maker_log_path(maker->tree), *output = NULL;
	g_autoptr(GError) why = NULL;
	const struct spawn_fd lock = {maker->tree->lock, maker->tree->lock};
	/*
	 * make and its children inherit the lock of the tree, so that if the rig is killed, the
	 * next build waits until the compilers have ended.
	 */
	struct spawn spawn = {
		.argv = (const char *const *)argv->pdata,
		.env = (const char *const *)env->pdata,
		.line = take_line,
		.data = maker,
		.fds = &lock,
		.n_fds = 1,
	};
	gboolean ok;

	g_clear_pointer(&maker->first_error, g_free);
	maker->log = fopen(log, "a");
	if (!maker->log)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", log,
				g_strerror(errno));
	ok = spawn_run(&spawn, &output, &why);
	fclose(maker->log);
	if (ok)
		return TRUE;
	if (!output) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	return rig_fail(error, is_host_fault(output) ? RIG_EXIT_INFRA : RIG_EXIT_USAGE,
			"make %s for %s failed: %s (complete log: %s)", target, maker->arch->name,
			maker->first_error ? maker->first_error : why->message, log);
}

/* ---- a build that was killed ---- */

static char *marker_path(const struct worktree *tree)
{
	return g_strconcat(tree->obj, ".building", NULL);
}

/*
 * Removes files that are newer than BEGIN, the start of a killed build, because kbuild would use
 * even an object whose compiler was killed while writing it. The compiler cache restores most of
 * these files.
 */
static gboolean remove_younger(const char *dir, const struct timespec *begin, GError **error)
{
	g_auto(GStrv) files = files_below(dir, error);

	for (guint i = 0; files && files[i]; i++) {
		g_autofree char *path = g_build_filename(dir, files[i], NULL);
		struct stat st;

		if (lstat(path, &st) == 0 &&
		    (st.st_mtim.tv_sec > begin->tv_sec || (st.st_mtim.tv_sec == begin->tv_sec &&
							   st.st_mtim.tv_nsec >= begin->tv_nsec)) &&
		    unlink(path) < 0)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot remove '%s': %s", path,
					g_strerror(errno));
	}
	return files != NULL;
}

gboolean maker_begin(const struct worktree *tree, GError **error)
{
	g_autofree char *marker = marker_path(tree), *log = maker_log_path(tree);
	struct stat st;

	if (g_mkdir_with_parents(tree->obj, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", tree->obj,
				g_strerror(errno));
	if (stat(marker, &st) == 0 && !remove_younger(tree->obj, &st.st_mtim, error))
		return FALSE;
	unlink(log);
	return rig_write_file(marker, "", 0, error);
}

gboolean maker_end(const struct worktree *tree, GError **error)
{
	g_autofree char *marker = marker_path(tree);

	return unlink(marker) == 0 ||
	       rig_fail(error, RIG_EXIT_INFRA, "cannot remove '%s': %s", marker, g_strerror(errno));
}
