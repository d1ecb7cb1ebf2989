// SPDX-License-Identifier: GPL-2.0-only
/* Reads run folders, which may be old, incomplete, or from another host. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/safe-open.h"
#include "util/error.h"
#include "util/paths.h"

#define RUNS_MAX 100000

void run_info_free(struct run_info *info)
{
	if (!info)
		return;
	g_free(info->name);
	g_free(info->dir);
	g_free(info->problem);
	json_decref(info->inputs);
	json_decref(info->details);
	g_free(info);
}

enum run_outcome run_outcome(const struct run_info *info)
{
	return details_outcome(info->verdict, info->details);
}

static gboolean has(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Returns TRUE if the lock of FOLDER is held, so the run's process still exists. */
static gboolean is_held(int folder)
{
	auto_fd lock = openat(folder, "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	/* if flock() has taken the lock, closing the descriptor at the return releases it */
	return lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static void note_problem(struct run_info *info, const GError *why)
{
	char *old = info->problem;

	info->problem = old ? g_strdup_printf("%s; %s", old, why->message) : g_strdup(why->message);
	g_free(old);
}

static json_t *read_or_empty(int folder, const char *name, struct run_info *info)
{
	g_autoptr(GError) why = NULL;
	json_t *json = safe_read_json(folder, name, &why);

	if (why)
		note_problem(info, why);
	return json ? json : json_object();
}

static enum verdict read_verdict(int folder, struct run_info *info)
{
	enum verdict verdict = VERDICT_INFRA;
	g_autoptr(GError) why = NULL;

	/*
	 * check the lock before the verdict: in the other order, a run that ends in between would
	 * seem to have neither, as if it had been killed
	 */
	if (is_held(folder) && !has(folder, "verdict")) {
		info->details = json_object();
		return VERDICT_RUNNING;
	}
	if (!has(folder, "verdict")) {
		info->details = json_object();
		return VERDICT_ABORTED;
	}
	info->details = read_or_empty(folder, "verdict", info);
	if (!verdict_parse(json_string_value(json_object_get(info->details, "verdict")),
			   &verdict) &&
	    !info->problem) {
		rig_fail(&why, RIG_EXIT_USAGE, "the file 'verdict' contains an unknown verdict");
		note_problem(info, why);
	}
	return verdict;
}

static struct run_info *info_of(int folder, const char *dir)
{
	struct run_info *info = g_new0(struct run_info, 1);

	info->dir = g_strdup(dir);
	info->name = g_path_get_basename(dir);
	info->inputs = read_or_empty(folder, "run.json", info);
	info->verdict = read_verdict(folder, info);
	return info;
}

static gboolean is_run(int folder)
{
	return has(folder, "run.json") || (has(folder, "lock") && has(folder, "journal"));
}

static struct run_info *open_dir(const char *dir, GError **error)
{
	auto_fd folder = safe_open(AT_FDCWD, dir, error);

	if (folder < 0)
		return NULL;
	if (is_run(folder))
		return info_of(folder, dir);
	rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a run folder: it has no run.json", dir);
	return NULL;
}

/* A run folder with its time: from run.json, or else from its name, which has only seconds. */
struct dated {
	char *name;
	struct timespec when;
};

static int by_age(gconstpointer a, gconstpointer b)
{
	const struct dated *x = a, *y = b;
	int order = strncmp(x->name, y->name, strlen("20261121T055401Z"));

	if (!order)
		order = (x->when.tv_sec > y->when.tv_sec) - (x->when.tv_sec < y->when.tv_sec);
	if (!order)
		order = (x->when.tv_nsec > y->when.tv_nsec) - (x->when.tv_nsec < y->when.tv_nsec);
	return order ? order : strverscmp(x->name, y->name);
}

static void dated_clear(gpointer data)
{
	g_free(((struct dated *)data)->name);
}

/* Sets *RET to an array of struct dated: the run folders below RESULTS, oldest first. */
static gboolean list_names(const char *results, GArray **ret, GError **error)
{
	g_autoptr(GArray) names = g_array_new(FALSE, TRUE, sizeof(struct dated));
	g_autoptr(GDir) dir = g_dir_open(results, 0, NULL);
	const char *name;

	g_array_set_clear_func(names, dated_clear);
	if (!dir && g_file_test(results, G_FILE_TEST_EXISTS))
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read the results folder '%s'",
				results);
	while (dir && (name = g_dir_read_name(dir)) && names->len < RUNS_MAX) {
		g_autofree char *path = g_build_filename(results, name, NULL);
		auto_fd folder = *name == '.' ? -1 : safe_open(AT_FDCWD, path, NULL);
		struct dated dated = {0};
		struct stat st;

		if (folder < 0 || !is_run(folder))
			continue;
		if (!fstatat(folder, "run.json", &st, AT_SYMLINK_NOFOLLOW))
			dated.when = st.st_mtim;
		dated.name = g_strdup(name);
		g_array_append_val(names, dated);
	}
	g_array_sort(names, by_age);
	*ret = g_steal_pointer(&names);
	return TRUE;
}

GPtrArray *run_all(const char *results, GError **error)
{
	g_autoptr(GArray) names = NULL;
	GPtrArray *all;

	if (!list_names(results, &names, error))
		return NULL;
	all = g_ptr_array_new_with_free_func((GDestroyNotify)run_info_free);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *dir =
			g_build_filename(results, g_array_index(names, struct dated, i).name, NULL);
		/* open_dir() returns NULL if the run was deleted meanwhile */
		struct run_info *info = open_dir(dir, NULL);

		if (info)
			g_ptr_array_add(all, info);
	}
	return all;
}

static gboolean pick(const GArray *names, const char *results, const char *which, const char **ret,
		     GError **error)
{
	g_autoptr(GString) fits = g_string_new(NULL);
	guint n = 0;

	for (guint i = 0; i < names->len; i++) {
		const char *name = g_array_index(names, struct dated, i).name;

		if (!strcmp(name, which) || (i == names->len - 1 && !strcmp(which, "last"))) {
			*ret = name;
			return TRUE;
		}
		if (!strstr(name, which))
			continue;
		*ret = name;
		if (++n <= 5)
			g_string_append_printf(fits, "\n  %s", name);
	}
	if (n == 1)
		return TRUE;
	if (n)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' matches %u runs; give a longer part of the name:%s%s", which,
				n, fits->str, n > 5 ? "\n  …" : "");
	if (!names->len)
		return rig_fail(error, RIG_EXIT_USAGE,
				"no runs in '%s' yet; `rig run dimm-remove-vs-sysfs` creates one",
				results);
	return rig_fail(error, RIG_EXIT_USAGE,
			"no run in '%s' is called '%s'; `rig list` shows the runs", results, which);
}

struct run_info *run_open(const char *results, const char *which, GError **error)
{
	g_autoptr(GArray) names = NULL;
	g_autofree char *dir = NULL;
	const char *name = NULL;

	if (strchr(which, '/') || !strcmp(which, ".") || !strcmp(which, "..")) {
		g_autofree char *path = g_canonicalize_filename(which, NULL);

		return open_dir(path, error);
	}
	if (!list_names(results, &names, error) || !pick(names, results, which, &name, error))
		return NULL;
	dir = g_build_filename(results, name, NULL);
	return open_dir(dir, error);
}

char *run_default_results(void)
{
	const char *env = g_getenv("RIG_RESULTS");
	g_autofree char *checkout = rig_home_path("results");

	if (env && *env)
		return g_strdup(env);
	/* this folder exists in a checkout; an installed rig has none */
	return g_file_test(checkout, G_FILE_TEST_IS_DIR)
		       ? g_steal_pointer(&checkout)
		       : g_build_filename(g_get_user_state_dir(), "hotplug-rig", "results", NULL);
}
