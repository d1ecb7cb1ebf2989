// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judging an old run again, with the collector as it is today: the console's bytes are the truth, reports
 * and what follows from them are derived. What was seen otherwise (a stuck agent, accounts that do
 * not add up) cannot be seen again and stays.
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
#include "util/error.h"

/* Beyond any console that the rig keeps. */
#define CONSOLE_MAX (G_GINT64_CONSTANT(1) << 30)
#define JOURNAL_READ_MAX (80u << 20)
#define UNFINISHED "the reports that ended this run are none by today's rules, but it did not run to its end"

static void on_splat(struct splat *splat, void *data)
{
	GPtrArray *splats = data;

	if (splats->len < RUN_REPORTS_MAX)
		g_ptr_array_add(splats, splat);
	else
		splat_free(splat);
}

static gboolean scan(int folder, GPtrArray *splats, GError **error)
{
	auto_fd fd = openat(folder, "console.raw", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	rig_auto(scanner) scanner = NULL;
	guint8 block[65536];
	gint64 left = CONSOLE_MAX;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read 'console.raw': %s",
				fd < 0 ? g_strerror(errno) : "no regular file");
	scanner = scanner_new(on_splat, splats);
	while (left > 0 && ((n = read(fd, block, MIN(left, (gint64)sizeof(block)))) > 0 ||
			    (n < 0 && errno == EINTR)))
		if (n > 0) {
			scanner_feed(scanner, block, n);
			left -= n;
		}
	if (n < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read 'console.raw': %s", g_strerror(errno));
	scanner_flush(scanner);
	return TRUE;
}

static gboolean same_file(int folder, const char *name, const char *text)
{
	g_autofree char *had = NULL;
	gsize len;

	return safe_read(folder, name, SAFE_JSON_MAX, &had, &len, NULL) && len == strlen(text) &&
	       !memcmp(had, text, len);
}

/* Removes what no report of today has. A folder somebody put there is not ours to empty. */
static gboolean prune(int splats, GHashTable *files, gboolean *ret_changed, GError **error)
{
	int again = dup(splats);
	DIR *dir = again >= 0 ? fdopendir(again) : NULL;
	struct dirent *entry;
	gboolean ok = TRUE;

	if (!dir) {
		safe_close(&again);
		return rig_fail(error, RIG_EXIT_INFRA, "cannot list 'splats': %s", g_strerror(errno));
	}
	while (ok && (entry = readdir(dir))) {
		/* NN-hang-KIND is no report of the console */
		if (*entry->d_name == '.' || g_hash_table_contains(files, entry->d_name) ||
		    strstr(entry->d_name, "-hang-"))
			continue;
		if (!unlinkat(splats, entry->d_name, 0))
			*ret_changed = TRUE;
		else if (errno != EISDIR)
			ok = rig_fail(error, RIG_EXIT_INFRA, "cannot remove 'splats/%s': %s", entry->d_name,
				      g_strerror(errno));
	}
	closedir(dir);
	return ok;
}

static gboolean write_splats(int folder, const GPtrArray *splats, gboolean *ret_changed, GError **error)
{
	g_autoptr(GHashTable) files = splat_files_new();
	GHashTableIter iter;
	gpointer name, text;
	auto_fd into = -1;

	for (guint i = 0; i < splats->len; i++)
		splat_files_add(files, i + 1, splats->pdata[i]);
	if (mkdirat(folder, "splats", 0755) < 0 && errno != EEXIST)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot make 'splats': %s", g_strerror(errno));
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

/* Which verdict each reason stood for when it was found: sentence -> number, from the journal. */
static GHashTable *journal_reasons(int folder)
{
	GHashTable *reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *text = NULL;
	gsize len;

	if (!safe_read(folder, "journal", JOURNAL_READ_MAX, &text, &len, NULL))
		return reasons;
	for (char *line = text, *next; line && *line; line = next) {
		json_auto_t *entry = NULL;
		const char *sentence;
		enum verdict verdict;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strstr(line, "\"reason\""))
			continue;
		entry = json_loads(line, 0, NULL);
		sentence = json_string_value(json_object_get(entry, "text"));
		if (sentence && !g_strcmp0(json_string_value(json_object_get(entry, "what")), "reason") &&
		    verdict_parse(json_string_value(json_object_get(entry, "verdict")), &verdict))
			g_hash_table_insert(reasons, g_strdup(sentence), GUINT_TO_POINTER(verdict + 1));
	}
	return reasons;
}

/* The sentences that the old reports gave: they go with their reports. */
static GHashTable *old_sentences(json_t *details)
{
	GHashTable *sentences = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	json_t *report;
	size_t i;

	json_array_foreach (json_object_get(details, "reports"), i, report) {
		const char *title = json_string_value(json_object_get(report, "title"));

		if (!title || report_is_explanation(json_string_value(json_object_get(report, "kind"))))
			continue;
		g_hash_table_add(sentences, g_strdup(title));
		g_hash_table_add(sentences, g_strdup_printf("the lock validator gave up: %s", title));
	}
	g_hash_table_add(sentences, g_strdup(UNFINISHED));
	return sentences;
}

struct judgement {
	json_t *reasons;
	enum verdict verdict;
	gboolean settled;
};

static void add_reason(struct judgement *j, enum verdict verdict, const char *sentence)
{
	json_t *old;
	size_t i;

	json_array_foreach (j->reasons, i, old)
		if (!strcmp(json_string_value(old), sentence))
			return;
	if (!j->settled)
		j->verdict = verdict;
	j->settled = TRUE;
	json_array_append_new(j->reasons, json_string(sentence));
}

static void add_reports(struct judgement *j, const GPtrArray *splats)
{
	for (guint i = 0; i < splats->len; i++) {
		g_autofree char *sentence = NULL;
		enum verdict verdict;

		if (verdict_of_report(splats->pdata[i], &verdict, &sentence))
			add_reason(j, verdict, sentence);
	}
}

/* PASS needs more than silence: the accounts of both ends and a validator that was still armed. */
static gboolean is_proven(json_t *details)
{
	json_t *accounts = json_object_get(details, "accounts");

	return json_is_true(json_object_get(json_object_get(details, "lockdep"), "armed")) &&
	       json_is_object(json_object_get(accounts, "before")) &&
	       json_is_object(json_object_get(accounts, "after"));
}

/*
 * The first reason decides, as it did in the run. Reports take the place of the first old report; what
 * stood before it (a stuck agent whose hung task was printed later) stays before it.
 */
static struct judgement judge(int folder, json_t *details, enum verdict had, const GPtrArray *splats)
{
	g_autoptr(GHashTable) sentences = old_sentences(details), stood_for = journal_reasons(folder);
	struct judgement j = {json_array(), VERDICT_PASS, FALSE};
	gboolean reported = FALSE;
	json_t *old;
	size_t i;

	json_array_foreach (json_object_get(details, "reasons"), i, old) {
		const char *sentence = json_string_value(old);
		guint verdict = sentence ? GPOINTER_TO_UINT(g_hash_table_lookup(stood_for, sentence)) : 0;

		if (!sentence)
			continue;
		if (!g_hash_table_contains(sentences, sentence)) {
			add_reason(&j, verdict ? verdict - 1 : had, sentence);
		} else if (!reported) {
			reported = TRUE;
			add_reports(&j, splats);
		}
	}
	if (!reported)
		add_reports(&j, splats);
	if (!j.settled && had != VERDICT_PASS && !is_proven(details))
		add_reason(&j, VERDICT_INFRA, UNFINISHED);
	return j;
}

/* What the console says today, then why the guest hung as it was said then. */
static json_t *reports_json(const GPtrArray *splats, json_t *old_reports)
{
	json_t *reports = json_array(), *old;
	size_t at;

	for (guint i = 0; i < splats->len; i++)
		json_array_append_new(reports, splat_to_json(splats->pdata[i]));
	json_array_foreach (old_reports, at, old)
		if (report_is_explanation(json_string_value(json_object_get(old, "kind"))))
			json_array_append(reports, old);
	return reports;
}

/* `expected` says whether the scenario's report was found; its kind is all that can be checked here. */
static void judge_expected(json_t *details, enum verdict verdict, json_t *reports)
{
	json_t *expected = json_object_get(details, "expected"), *report;
	const char *kind = json_string_value(json_object_get(expected, "kind"));
	gboolean met = FALSE;
	size_t i;

	if (!json_is_object(expected))
		return;
	json_array_foreach (reports, i, report)
		met |= !g_strcmp0(json_string_value(json_object_get(report, "kind")), kind);
	json_object_set_new(expected, "met", json_boolean(kind ? met : verdict == VERDICT_PASS));
}

/* What was known when the run was judged stays known: its list may have changed since. */
static void carry_known(json_t *old_reports, const GPtrArray *splats)
{
	json_t *old;
	size_t at;

	json_array_foreach (old_reports, at, old) {
		json_t *known = json_object_get(old, "known");
		const char *bug = json_string_value(json_object_get(json_object_get(old, "signature"), "bug"));

		for (guint i = 0; json_is_object(known) && bug && i < splats->len; i++) {
			struct splat *splat = splats->pdata[i];

			if (!splat->known && splat_key_is(splat, bug))
				splat->known = json_incref(known);
		}
	}
}

static gboolean write_verdict(int folder, json_t *details, const GPtrArray *splats, gboolean *ret_changed,
			      GError **error)
{
	json_t *reports = json_object_get(details, "reports");
	json_auto_t *now = reports_json(splats, reports);
	enum verdict had = VERDICT_INFRA;
	struct judgement j;

	if (reports ? json_equal(reports, now) : !splats->len)
		return TRUE;
	verdict_parse(json_string_value(json_object_get(details, "verdict")), &had);
	j = judge(folder, details, had, splats);
	json_object_set_new(details, "verdict", json_string(verdict_name(j.verdict)));
	json_object_set_new(details, "reasons", j.reasons);
	json_object_set(details, "reports", now);
	judge_expected(details, j.verdict, now);
	*ret_changed = TRUE;
	return safe_write_json(folder, "verdict", details, error);
}

/* Nobody else may write: neither the run itself nor another recheck. */
static gboolean take_lock(int folder, int *ret_lock, GError **error)
{
	auto_fd lock = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	struct stat st;
	/* with a verdict, whoever holds the lock is about to end */
	gboolean judged = fstatat(folder, "verdict", &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (lock < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot open 'lock': %s", g_strerror(errno));
	while (flock(lock, LOCK_EX | (judged ? 0 : LOCK_NB)) < 0)
		if (errno != EINTR)
			return rig_fail(error, RIG_EXIT_USAGE, "the run is still going on");
	*ret_lock = lock;
	lock = -1;
	return TRUE;
}

static gboolean recheck(int folder, gboolean *ret_changed, GError **error)
{
	g_autoptr(GPtrArray) splats = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	auto_fd lock = -1;
	json_auto_t *details = NULL;
	gboolean changed = FALSE;
	struct stat st;

	if (!take_lock(folder, &lock, error) || !scan(folder, splats, error))
		return FALSE;
	/* an aborted run gets its reports, but never a verdict that it did not reach */
	if (!fstatat(folder, "verdict", &st, AT_SYMLINK_NOFOLLOW)) {
		details = safe_read_json(folder, "verdict", error);
		if (!details)
			return FALSE;
	}
	carry_known(json_object_get(details, "reports"), splats);
	if (!write_splats(folder, splats, &changed, error) ||
	    (details && !write_verdict(folder, details, splats, &changed, error)))
		return FALSE;
	*ret_changed = changed;
	return TRUE;
}

gboolean run_recheck(const char *dir, gboolean *ret_changed, GError **error)
{
	auto_fd folder = safe_open(AT_FDCWD, dir, error);

	if (folder < 0)
		return FALSE;
	if (recheck(folder, ret_changed, error))
		return TRUE;
	g_prefix_error(error, "%s: ", dir);
	return FALSE;
}
