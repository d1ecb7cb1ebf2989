// SPDX-License-Identifier: GPL-2.0-only
/* Finds the cycle of locks that `rig prove` tests: in its argument, a log or an earlier run. */
#include "cmd/prove.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "locks/locks.h"
#include "splat/decode.h"
#include "splat/splat.h"
#include "util/error.h"

static gboolean no_spinlocks(const char *class, GError **error)
{
	return rig_fail(error, RIG_EXIT_USAGE,
			"'%s' is a spinlock: `rig prove` stops tasks only before sleeping locks "
			"(mutex, rwsem, …), because a task that holds a spinlock must not be "
			"stopped",
			class);
}

/* ---- the cycle in a log ---- */

/* What the first report about a cycle of locks in a log contains. */
struct first {
	char **classes;
	char *spinlock; /* one of the classes, or NULL if none is known to be a spinlock */
};

/*
 * Returns TRUE if the lockdep report TEXT marks CLASS as a spinlock, with LD_WAIT_SPIN
 * (include/linux/lockdep_types.h): "(&rq->__lock){-.-.}-{2:2}".
 */
static gboolean is_spinlock(const char *text, const char *class)
{
	g_autofree char *name = g_regex_escape_string(class, -1);
	g_autofree char *pattern = g_strdup_printf("\\(%s\\)\\{[^}]*\\}-\\{2:2\\}", name);

	return text && g_regex_match_simple(pattern, text, 0, 0);
}

static void keep_first(struct splat *splat, void *data)
{
	struct first *first = data;

	if (!first->classes && splat->cycle && g_strv_length(splat->cycle) >= 2) {
		first->classes = g_strdupv(splat->cycle);
		for (char **class = first->classes; *class && !first->spinlock; class++)
			if (is_spinlock(splat->text, *class))
				first->spinlock = g_strdup(*class);
	}
	splat_free(splat);
}

static void feed(const guint8 *bytes, gsize len, void *data)
{
	scanner_feed(data, bytes, len);
}

static char **cycle_of_log(const char *path, GError **error)
{
	struct first first = {0};
	rig_auto(scanner) scanner = scanner_new(keep_first, &first);
	g_auto(GStrv) classes = NULL;
	g_autofree char *spinlock = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean ok;

	if (fd < 0) {
		rig_fail(error, RIG_EXIT_USAGE, "cannot open '%s': %s", path, g_strerror(errno));
		return NULL;
	}
	ok = decode_fd(fd, path, feed, scanner, error);
	close(fd);
	scanner_flush(scanner);
	classes = first.classes;
	spinlock = first.spinlock;
	if (ok && !classes)
		ok = rig_fail(error, RIG_EXIT_USAGE,
			      "'%s' has no report with a cycle of locks; `rig scan` lists its "
			      "reports",
			      path);
	else if (ok && spinlock)
		ok = no_spinlocks(spinlock, error);
	return ok ? g_steal_pointer(&classes) : NULL;
}

/* ---- the cycle in a run's verdict ---- */

/* Returns the classes of a report: from its `cycle`, or else from its signature. */
static char **cycle_of_report(json_t *report)
{
	json_t *cycle = json_object_get(report, "cycle"), *signature, *class;
	const char *bug;
	g_autoptr(GPtrArray) classes = g_ptr_array_new();
	size_t i;

	json_array_foreach (cycle, i, class)
		if (json_is_string(class))
			g_ptr_array_add(classes, (gpointer)json_string_value(class));
	if (classes->len >= 2) {
		g_ptr_array_add(classes, NULL);
		return g_strdupv((char **)classes->pdata);
	}
	signature = json_object_get(report, "signature");
	bug = json_string_value(json_object_get(signature, "bug"));
	return bug && g_str_has_prefix(bug, "v1:lock-cycle:") ? lock_cycle_parse(bug) : NULL;
}

/*
 * Returns the first of CLASSES that is a spinlock according to CYCLES, the cycles of the lock
 * recorder; NULL if there is none.
 */
static const char *find_spinlock(json_t *cycles, char **classes)
{
	size_t i, k;
	json_t *cycle, *edge;

	json_array_foreach (cycles, i, cycle)
		json_array_foreach (json_object_get(cycle, "edges"), k, edge) {
			const char *wanted = json_string_value(json_object_get(edge, "wanted"));

			if (json_is_true(json_object_get(edge, "spin")) && wanted &&
			    g_strv_contains((const char *const *)classes, wanted))
				return wanted;
		}
	return NULL;
}

static char **cycle_of_run(const struct run_info *run, GError **error)
{
	json_t *reports = json_object_get(run->details, "reports"), *report;
	json_t *recorded = json_object_get(run->details, "recorded");
	json_t *cycles = json_object_get(recorded, "cycles");
	const char *first =
		json_string_value(json_object_get(json_array_get(cycles, 0), "signature"));
	const char *spinlock;
	char **classes = NULL;
	size_t i;

	json_array_foreach (reports, i, report)
		if (!classes)
			classes = cycle_of_report(report);
	if (!classes && first)
		classes = lock_cycle_parse(first);
	if (!classes)
		rig_fail(error, RIG_EXIT_USAGE,
			 "run '%s' has no report and no record of a cycle of locks; name one: "
			 "--cycle 'A --> B'",
			 run->name);
	spinlock = classes ? find_spinlock(cycles, classes) : NULL;
	if (spinlock) {
		no_spinlocks(spinlock, error);
		g_clear_pointer(&classes, g_strfreev);
	}
	return classes;
}

/* Opens the run WHAT. If there is none, ERROR says what WHAT may be. */
static struct run_info *open_run(const char *results, const char *what, GError **error)
{
	g_autoptr(GError) why = NULL;
	struct run_info *run = run_open(results, what, &why);
	int missing = access(what, F_OK) < 0 ? errno : 0;

	if (run)
		return run;
	/* a word without a slash may be a part of several runs' names, which the message lists */
	if (missing && strchr(what, '/'))
		rig_fail(error, RIG_EXIT_USAGE,
			 "cannot open '%s': %s; prove takes a log with a lockdep report, a run "
			 "(`rig list`) or a cycle 'A --> B'",
			 what, g_strerror(missing));
	else
		rig_fail(error, rig_exit_code(why),
			 "%s; '%s' is not a file, either: prove takes a run (`rig list`), a log "
			 "with a lockdep report or a cycle 'A --> B'",
			 why->message, what);
	return NULL;
}

char **prove_cycle(const char *what, const char *cycle, const char *results,
		   struct run_info **ret_run, GError **error)
{
	const char *text = cycle ? cycle : strstr(what, "-->") ? what : NULL;
	char **classes = text ? lock_cycle_parse(text) : NULL;

	if (text && !classes) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s' is not a cycle of locks (for example 'mem_hotplug_lock --> "
			 "kn->active')",
			 text);
		return NULL;
	}
	if (classes && !cycle)
		return classes;
	if (g_file_test(what, G_FILE_TEST_IS_REGULAR))
		return classes ? classes : cycle_of_log(what, error);
	*ret_run = open_run(results, what, error);
	if (!*ret_run)
		g_clear_pointer(&classes, g_strfreev);
	else if (!classes)
		classes = cycle_of_run(*ret_run, error);
	return classes;
}

const char *prove_scenario(char **classes)
{
	static const struct {
		const char *class, *scenario;
	} provokes[] = {
		{"slab_mutex", "online-offline-vs-slab-read"},
		{"mem_hotplug_lock", "dimm-remove-vs-sysfs"},
		{"cpu_hotplug_lock", "cpu-vs-memory-hotplug"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(provokes); i++)
		if (g_strv_contains((const char *const *)classes, provokes[i].class))
			return provokes[i].scenario;
	return "dimm-remove-vs-sysfs";
}
