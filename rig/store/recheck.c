// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges an old run again: the current parser reads the reports from the console, and the current
 * rule makes a verdict from them and from all other facts (a stuck agent, accounts that differ),
 * which are in the folder's journal and verdict.
 */
#include "store/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/safe-open.h"
#include "splat/key.h"
#include "splat/known.h"
#include "util/error.h"
#include "verdict/details.h"
#include "verdict/facts.h"

/* In bytes; larger than any console in a run folder. */
#define CONSOLE_MAX (G_GINT64_CONSTANT(1) << 30)

/* The result of parsing the console again. */
struct console {
	GPtrArray *splats;
	gboolean lockdep_died;
};

static void on_splat(struct splat *splat, void *data)
{
	GPtrArray *splats = data;

	if (splats->len < RUN_REPORTS_MAX)
		g_ptr_array_add(splats, splat);
	else
		splat_free(splat);
}

static gboolean scan(int folder, struct console *console, GError **error)
{
	auto_fd fd = openat(folder, "console.raw", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	rig_auto(scanner) scanner = NULL;
	guint8 block[65536];
	gint64 left = CONSOLE_MAX;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read 'console.raw': %s",
				fd < 0 ? g_strerror(errno) : "not a regular file");
	scanner = scanner_new(on_splat, console->splats);
	while (left > 0 && ((n = read(fd, block, MIN(left, (gint64)sizeof(block)))) > 0 ||
			    (n < 0 && errno == EINTR)))
		if (n > 0) {
			scanner_feed(scanner, block, n);
			left -= n;
		}
	if (n < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read 'console.raw': %s",
				g_strerror(errno));
	scanner_flush(scanner);
	console->lockdep_died = scanner_lockdep_died(scanner);
	return TRUE;
}

static gboolean same_file(int folder, const char *name, const char *text)
{
	g_autofree char *had = NULL;
	gsize len;

	return safe_read(folder, name, SAFE_JSON_MAX, &had, &len, NULL) && len == strlen(text) &&
	       !memcmp(had, text, len);
}

/*
 * Removes the files in SPLATS that belong to reports from the console and are not in FILES. Keeps
 * subfolders, which a user may have created.
 */
static gboolean prune(int splats, GHashTable *files, gboolean *ret_changed, GError **error)
{
	int again = dup(splats);
	DIR *dir = again >= 0 ? fdopendir(again) : NULL;
	struct dirent *entry;
	gboolean ok = TRUE;

	if (!dir) {
		safe_close(&again);
		return rig_fail(error, RIG_EXIT_INFRA, "cannot list 'splats': %s",
				g_strerror(errno));
	}
	while (ok && (entry = readdir(dir))) {
		/* a report's file is called NN-KIND.txt */
		const char *part = entry->d_name + strspn(entry->d_name, "0123456789-");
		g_autofree char *kind = g_strndup(part, strcspn(part, "."));

		if (*entry->d_name == '.' || g_hash_table_contains(files, entry->d_name) ||
		    !report_is_from_console(kind))
			continue;
		if (!unlinkat(splats, entry->d_name, 0))
			*ret_changed = TRUE;
		else if (errno != EISDIR)
			ok = rig_fail(error, RIG_EXIT_INFRA, "cannot remove 'splats/%s': %s",
				      entry->d_name, g_strerror(errno));
	}
	closedir(dir);
	return ok;
}

static gboolean write_splats(int folder, const GPtrArray *splats, gboolean *ret_changed,
			     GError **error)
{
	g_autoptr(GHashTable) files = splat_files_new();
	GHashTableIter iter;
	gpointer name, text;
	auto_fd into = -1;

	for (guint i = 0; i < splats->len; i++)
		splat_files_add(files, i + 1, splats->pdata[i]);
	if (mkdirat(folder, "splats", 0755) < 0 && errno != EEXIST)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder 'splats': %s",
				g_strerror(errno));
	into = safe_open(folder, "splats", error);
	if (into < 0 || !prune(into, files, ret_changed, error))
		return FALSE;
	g_hash_table_iter_init(&iter, files);
	while (g_hash_table_iter_next(&iter, &name, &text)) {
		if (same_file(into, name, text))
			continue;
		if (!safe_write(into, name, text, strlen(text), error))
			return FALSE;
		*ret_changed = TRUE;
	}
	return TRUE;
}

/*
 * Returns the reports from the console, followed by those of OLD_REPORTS that do not come from it:
 * failed tests, the explanation of the hang, lock orders. New reference.
 */
static json_t *reports_json(const GPtrArray *splats, json_t *old_reports)
{
	json_t *reports = json_array(), *old;
	size_t at;

	for (guint i = 0; i < splats->len; i++)
		json_array_append_new(reports, splat_to_json(splats->pdata[i]));
	json_array_foreach (old_reports, at, old)
		if (!report_is_from_console(json_string_value(json_object_get(old, "kind"))))
			json_array_append(reports, old);
	return reports;
}

/*
 * OLD is a report that was known. Returns TRUE if the same reason applies to SPLAT. If the reason
 * is an entry of a list of known issues, it applies to reports with the same key. If it is an
 * excuse of this run (for example, a hold caused the stall), it applies only to the report at the
 * same position on the console.
 */
static gboolean is_known_too(json_t *old, const struct splat *splat)
{
	json_t *known = json_object_get(old, "known"), *end = json_object_get(old, "last_byte");
	const char *bug =
		json_string_value(json_object_get(json_object_get(old, "signature"), "bug"));

	if (!known_is_excuse(known))
		return bug && splat_key_is(splat, bug);
	return !g_strcmp0(json_string_value(json_object_get(old, "kind")), splat->kind) &&
	       json_is_integer(end) && (json_int_t)splat->first_byte <= json_integer_value(end) &&
	       (json_int_t)splat->end_byte > json_integer_value(json_object_get(old, "first_byte"));
}

/*
 * Marks the reports in SPLATS as known that were known when the run was judged. The list of known
 * issues is not read, because it may have changed.
 */
static void carry_known(json_t *old_reports, const GPtrArray *splats)
{
	json_t *old;
	size_t at;

	json_array_foreach (old_reports, at, old) {
		json_t *known = json_object_get(old, "known");

		for (guint i = 0; json_is_object(known) && i < splats->len; i++) {
			struct splat *splat = splats->pdata[i];

			if (!splat->known && is_known_too(old, splat))
				splat->known = json_incref(known);
		}
	}
}

static void read_entry(json_t *entry, void *data)
{
	facts_read_entry(data, entry);
}

/* Returns the facts of the run, with the reports that the current parser finds on the console. */
static struct facts *facts_of(const char *dir, json_t *details, const struct console *console)
{
	struct facts *facts = facts_new();
	guint at;

	/* ignore errors: without a journal, the facts of `verdict` are used */
	run_journal_each(dir, read_entry, facts, NULL);
	facts_read(facts, details);
	facts->lockdep_died = console->lockdep_died;
	at = facts->reports_at;
	for (guint i = 0; i < console->splats->len; i++) {
		struct report_meaning meaning;

		if (!verdict_of_report(console->splats->pdata[i], &meaning))
			continue;
		at += facts_add_report(facts, console->splats->pdata[i], &meaning, at);
		g_free(meaning.reason);
	}
	return facts;
}

/* Returns the content of the file `verdict` as the current rule makes it. New reference. */
static json_t *judge(const char *dir, json_t *details, const struct console *console)
{
	rig_auto(facts) facts = facts_of(dir, details, console);
	decision_auto decision = facts_decide(facts);
	json_t *now = json_deep_copy(details), *expected = json_object_get(now, "expected");
	json_t *reports = reports_json(console->splats, json_object_get(details, "reports"));

	json_object_set_new(now, "verdict", json_string(verdict_name(decision.verdict)));
	json_object_set_new(now, "reasons", decision_reasons_json(&decision));
	json_object_set_new(now, "reason_kinds", decision_kinds_json(&decision));
	if (json_is_object(expected))
		json_object_set_new(
			expected, "met",
			json_boolean(details_meet(expected, reports, decision.verdict)));
	if (json_object_get(now, "reports") || json_array_size(reports))
		json_object_set(now, "reports", reports);
	json_decref(reports);
	return now;
}

/*
 * Returns TRUE if the file `verdict` need not be written: NOW equals DETAILS, except that DETAILS,
 * if it is from an old version, has no kinds of reasons.
 */
static gboolean is_same(json_t *now, json_t *details)
{
	json_auto_t *had = json_copy(details);

	if (!json_object_get(had, "reason_kinds"))
		json_object_set(had, "reason_kinds", json_object_get(now, "reason_kinds"));
	return json_equal(now, had);
}

static gboolean write_verdict(int folder, const char *dir, json_t *details,
			      const struct console *console, gboolean *ret_changed, GError **error)
{
	json_auto_t *now = judge(dir, details, console);

	if (is_same(now, details))
		return TRUE;
	*ret_changed = TRUE;
	return safe_write_json(folder, "verdict", now, error);
}

/*
 * Takes the folder's lock, which the run and each recheck hold. Error: RIG_EXIT_USAGE, the run has
 * not ended yet.
 */
static gboolean take_lock(int folder, int *ret_lock, GError **error)
{
	auto_fd lock = openat(folder, "lock",
			      O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	struct stat st;
	/* if there is a verdict, the process that holds the lock is about to end: wait for it */
	gboolean judged = fstatat(folder, "verdict", &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (lock < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot open the run folder's file 'lock': "
				"%s", g_strerror(errno));
	while (flock(lock, LOCK_EX | (judged ? 0 : LOCK_NB)) < 0)
		if (errno != EINTR)
			return rig_fail(error, RIG_EXIT_USAGE, "the run has not ended yet");
	*ret_lock = lock;
	lock = -1;
	return TRUE;
}

static gboolean recheck(int folder, const char *dir, gboolean *ret_changed, GError **error)
{
	g_autoptr(GPtrArray) splats = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	struct console console = {.splats = splats};
	auto_fd lock = -1;
	json_auto_t *details = NULL;
	gboolean changed = FALSE;
	struct stat st;

	if (!take_lock(folder, &lock, error) || !scan(folder, &console, error))
		return FALSE;
	/* for an aborted run, store the reports, but no verdict */
	if (!fstatat(folder, "verdict", &st, AT_SYMLINK_NOFOLLOW)) {
		details = safe_read_json(folder, "verdict", error);
		if (!details)
			return FALSE;
	}
	carry_known(json_object_get(details, "reports"), splats);
	if (!write_splats(folder, splats, &changed, error) ||
	    (details && !write_verdict(folder, dir, details, &console, &changed, error)))
		return FALSE;
	*ret_changed = changed;
	return TRUE;
}

gboolean run_recheck(const char *dir, gboolean *ret_changed, GError **error)
{
	auto_fd folder = safe_open(AT_FDCWD, dir, error);

	if (folder < 0)
		return FALSE;
	if (recheck(folder, dir, ret_changed, error))
		return TRUE;
	g_prefix_error(error, "%s: ", dir);
	return FALSE;
}
