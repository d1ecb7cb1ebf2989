// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adds a run folder as rows to the index. The files of a folder may come from anywhere, so their
 * values are checked and their lengths limited.
 */
#include <string.h>

#include "index/db.h"
#include "splat/key.h"

#define TEXT_MAX 300
#define KEY_MAX 1000

enum {
	NAME = 1,
	CREATED,
	SCENARIO,
	MACHINE,
	KERNEL,
	SOURCE,
	TREE,
	SEED,
	VERDICT,
	OUTCOME,
	REASON,
	GUEST_S,
	FIRST_REPORT_S,
	BOOT_S,
	HAMMER_S,
	TOTAL_S,
	OPS,
	NIGHT,
	CELL,
	ATTEMPT,
	KEEP
};

static json_t *at(json_t *json, const char *path)
{
	g_auto(GStrv) keys = g_strsplit(path, "/", -1);

	for (char **key = keys; *key && json; key++)
		json = json_object_get(json, *key);
	return json;
}

static void bind_text(sqlite3_stmt *stmt, int column, const char *text, gsize max)
{
	g_autofree char *cut = text && strlen(text) > max ? g_strndup(text, max) : NULL;
	g_autofree char *valid = text ? g_utf8_make_valid(cut ? cut : text, -1) : NULL;

	/* SQLite binds an SQL NULL if VALID is NULL */
	sqlite3_bind_text(stmt, column, valid, -1, SQLITE_TRANSIENT);
}

static void bind_at(sqlite3_stmt *stmt, int column, json_t *json, const char *path,
		    const char *otherwise)
{
	const char *text = json_string_value(at(json, path));

	bind_text(stmt, column, text ? text : otherwise, TEXT_MAX);
}

/* Binds a number that is not negative; SCALE converts nanoseconds to seconds. */
static void bind_real(sqlite3_stmt *stmt, int column, json_t *number, double scale)
{
	double value = json_number_value(number) * scale;

	if (json_is_number(number) && value >= 0)
		sqlite3_bind_double(stmt, column, value);
	else
		sqlite3_bind_null(stmt, column);
}

static gint64 all_ops(json_t *agents)
{
	json_t *agent;
	gint64 sum = 0;
	size_t i;

	json_array_foreach (agents, i, agent) {
		gint64 ops = json_integer_value(json_object_get(agent, "ops"));

		if (ops > 0 && sum < G_MAXINT64 - ops)
			sum += ops;
	}
	return sum;
}

/* Returns the time of creation, from run.json; if it has none, from the folder's name. */
static char *created_of(const struct run_info *run)
{
	const char *created = json_string_value(json_object_get(run->inputs, "created"));
	const char *n = run->name;

	if (created && strlen(created) == strlen("2026-11-21T05:54:01Z"))
		return g_strdup(created);
	if (strlen(n) > 16 && n[8] == 'T' && n[15] == 'Z')
		return g_strdup_printf("%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", n, n + 4, n + 6, n + 9,
				       n + 11, n + 13);
	return g_strdup("");
}

static void bind_run(sqlite3_stmt *stmt, const struct run_info *run, enum run_outcome outcome)
{
	json_t *in = run->inputs, *labels = json_object_get(in, "labels"), *details = run->details;
	const char *attempt = json_string_value(json_object_get(labels, "attempt"));
	g_autofree char *created = created_of(run);

	bind_text(stmt, NAME, run->name, KEY_MAX);
	bind_text(stmt, CREATED, created, TEXT_MAX);
	bind_at(stmt, SCENARIO, in, "scenario", "?");
	bind_at(stmt, MACHINE, in, "machine", "?");
	bind_at(stmt, KERNEL, in, "kernel/name", "?");
	bind_at(stmt, SOURCE, in, "kernel/source", NULL);
	bind_at(stmt, TREE, labels, "tree", NULL);
	sqlite3_bind_int64(stmt, SEED, json_integer_value(json_object_get(in, "seed")));
	bind_text(stmt, VERDICT, verdict_name(run->verdict), TEXT_MAX);
	sqlite3_bind_int(stmt, OUTCOME, outcome);
	bind_text(stmt, REASON,
		  json_string_value(json_array_get(json_object_get(details, "reasons"), 0)),
		  TEXT_MAX);
	bind_real(stmt, GUEST_S, at(details, "times/guest_s"), 1);
	bind_real(stmt, FIRST_REPORT_S, at(details, "times/first_report_s"), 1);
	bind_real(stmt, BOOT_S, at(details, "times/boot_ns"), 1e-9);
	bind_real(stmt, HAMMER_S, at(details, "times/hammer_ns"), 1e-9);
	bind_real(stmt, TOTAL_S, at(details, "times/total_ns"), 1e-9);
	sqlite3_bind_int64(stmt, OPS, all_ops(at(details, "counts/agents")));
	bind_at(stmt, NIGHT, labels, "night", NULL);
	bind_at(stmt, CELL, labels, "cell", NULL);
	sqlite3_bind_int(stmt, ATTEMPT,
			 attempt ? (int)CLAMP(g_ascii_strtoll(attempt, NULL, 10), 0, 1000) : 0);
	sqlite3_bind_int(stmt, KEEP, json_object_get(labels, "keep") != NULL);
}

/* ---- adding the findings of a run ---- */

struct adding {
	sqlite3_stmt *stmt;
	gint64 run;
	int n;
	/*
	 * for the finding that the next add_finding() adds: its key by the rules of an earlier
	 * version of the rig; NULL if that is the current key, or the finding has only one
	 */
	const char *former;
};

static void add_finding(struct adding *adding, const char *bug, const char *path, const char *exact,
			const char *kind, const char *title, const char *known)
{
	sqlite3_stmt *stmt = adding->stmt;

	sqlite3_bind_int64(stmt, 1, adding->run);
	sqlite3_bind_int(stmt, 2, ++adding->n);
	bind_text(stmt, 3, bug, KEY_MAX);
	bind_text(stmt, 4, path, KEY_MAX);
	bind_text(stmt, 5, exact, KEY_MAX);
	bind_text(stmt, 6, kind ? kind : "?", TEXT_MAX);
	bind_text(stmt, 7, title ? title : bug, TEXT_MAX);
	bind_text(stmt, 8, known, TEXT_MAX);
	bind_text(stmt, 9, adding->former, KEY_MAX);
	adding->former = NULL;
	sqlite3_step(stmt);
	sqlite3_reset(stmt);
}

static const char *text_at(json_t *json, const char *path)
{
	return json_string_value(at(json, path));
}

/*
 * Returns the key that an earlier version of the rules made for REPORT, or NULL if that is BUG, the
 * key by the current rules.
 */
static const char *former_key(json_t *report, const char *bug)
{
	const char *former = text_at(report, "signature/former");
	const char *written = text_at(report, "signature/bug");

	return former ? former : g_strcmp0(written, bug) != 0 ? written : NULL;
}

/* Adds the reports, except notes. Returns TRUE if one of them is not a known issue. */
static gboolean add_reports(struct adding *adding, json_t *reports)
{
	gboolean unknown = FALSE;
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		/*
		 * an old folder may store a key that older rules have made, so make it by the
		 * current ones
		 */
		g_autofree char *bug = splat_json_key(report);
		json_t *known = json_object_get(report, "known");
		const char *reason = text_at(known, "reason");

		if (i >= RUN_REPORTS_MAX)
			break;
		if (!bug || !details_report_counts(report))
			continue;
		unknown |= known == NULL;
		adding->former = former_key(report, bug);
		add_finding(adding, bug, text_at(report, "signature/path"),
			    text_at(report, "signature/exact"), text_at(report, "kind"),
			    text_at(report, "title"),
			    reason  ? reason
			    : known ? "known"
				    : NULL);
	}
	return unknown;
}

/*
 * Returns REASON without numbers, so that "plug of d.2 took 31 s" and "plug of d.1 took 30 s" are
 * the same finding.
 */
static char *reason_key(const char *reason)
{
	GString *key = g_string_new("reason:");

	for (const char *p = reason; *p && key->len < TEXT_MAX; p++) {
		if (!g_ascii_isdigit(*p))
			g_string_append_c(key, *p);
		else if (p == reason || !g_ascii_isdigit(p[-1]))
			g_string_append_c(key, '#');
	}
	return g_string_free(key, FALSE);
}

static gboolean is_reported(json_t *reports, const char *bug)
{
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report)
		if (!g_strcmp0(text_at(report, "signature/bug"), bug))
			return TRUE;
	return FALSE;
}

static void add_findings(struct adding *adding, const struct run_info *run,
			 enum run_outcome outcome)
{
	json_t *hang = json_object_get(run->details, "hang");
	const char *signature = details_hang_bug(run->details), *title = text_at(hang, "title");
	const char *reason =
		json_string_value(json_array_get(json_object_get(run->details, "reasons"), 0));
	gboolean any = add_reports(adding, json_object_get(run->details, "reports"));

	/*
	 * the explanation of a hang is one of the reports, but old folders have it only in `hang`
	 */
	if (signature && !is_reported(json_object_get(run->details, "reports"), signature)) {
		g_autofree char *bug = g_str_has_prefix(signature, "hang:")
					       ? g_strdup(signature)
					       : g_strdup_printf("hang:%s", signature);

		add_finding(adding, bug, NULL, NULL,
			    text_at(hang, "kind") ? text_at(hang, "kind") : "hang", title, NULL);
		any = TRUE;
	}
	if (!any && outcome == OUTCOME_BAD) {
		g_autofree char *bug = reason_key(reason ? reason : "not as expected");

		add_finding(adding, bug, NULL, NULL,
			    run->verdict == VERDICT_HANG ? "hang" : "promise",
			    reason ? reason : "not as expected", NULL);
	}
}

gboolean index_add(struct run_index *ix, const char *name, GError **error)
{
	static const char insert[] =
		"INSERT INTO runs VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
		"?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
	static const char finding[] =
		"INSERT INTO findings VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
	g_autofree char *dir = g_build_filename(ix->results, name, NULL);
	rig_auto(run_info) run = run_open(ix->results, dir, NULL);
	db_stmt *gone = db_query(ix->db, "DELETE FROM runs WHERE name = ?1",
				 (const char *[]){name, NULL}, error);
	db_stmt *stmt = NULL;
	db_stmt *more = NULL;
	enum run_outcome outcome;

	if (!gone)
		return FALSE;
	if (sqlite3_step(gone) != SQLITE_DONE)
		return db_fail(ix->db, name, error);
	if (!run)
		return TRUE;
	stmt = db_query(ix->db, insert, NULL, error);
	more = db_query(ix->db, finding, NULL, error);
	if (!stmt || !more)
		return FALSE;
	outcome = details_outcome(run->verdict, run->details);
	bind_run(stmt, run, outcome);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		return db_fail(ix->db, name, error);
	add_findings(&(struct adding){.stmt = more, .run = sqlite3_last_insert_rowid(ix->db)}, run,
		     outcome);
	return TRUE;
}
