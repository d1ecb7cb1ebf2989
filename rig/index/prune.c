// SPDX-License-Identifier: GPL-2.0-only
/* Retention: determines which runs may be deleted, and deletes them. */
#include "index/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/safe-open.h"
#include "util/error.h"
#include "util/sweep.h"

/*
 * The query of index_prunable(): ?1 is BEFORE, ?2 is KEEP. `witness` are the oldest and the newest
 * run of each finding.
 */
static const char prunable[] =
	"WITH newest AS (SELECT id, row_number() OVER (PARTITION BY scenario, machine, "
	"kernel ORDER BY created DESC) "
	" AS place FROM runs), "
	"witness(id) AS (SELECT id FROM (SELECT r.id AS id, min(r.created || ' ' || r.name) FROM "
	"findings f "
	" JOIN runs r ON r.id = f.run GROUP BY f.bug) UNION SELECT id FROM (SELECT r.id AS id, "
	" max(r.created || ' ' || r.name) FROM findings f JOIN runs r ON r.id = f.run GROUP BY "
	"f.bug)) "
	"SELECT r.name, r.verdict FROM newest n JOIN runs r ON r.id = n.id WHERE n.place > CAST(?2 "
	"AS INTEGER) AND "
	"r.created < ?1 AND r.keep = 0 AND r.verdict <> 'RUNNING' AND r.id NOT IN witness ORDER BY "
	"r.created, r.id";

GPtrArray *index_prunable(struct run_index *ix, const char *before, const char *const *verdicts,
			  guint keep, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *kept = g_strdup_printf("%u", keep);
	db_stmt *stmt = db_query(ix->db, prunable, (const char *[]){before, kept, NULL}, error);
	g_autoptr(GError) why = NULL;

	if (!stmt)
		return NULL;
	sweep_folders(ix->results);
	while (db_row(stmt, &why))
		if (!verdicts ||
		    g_strv_contains(verdicts, (const char *)sqlite3_column_text(stmt, 1)))
			g_ptr_array_add(names, db_name(stmt, 0));
	if (!why)
		return g_steal_pointer(&names);
	g_propagate_error(error, g_steal_pointer(&why));
	return NULL;
}

/* Deletes a run. The folder is renamed first, so that no reader finds a half-deleted run. */
gboolean index_prune(struct run_index *ix, const char *name, GError **error)
{
	g_autofree char *dir = g_build_filename(ix->results, name, NULL);
	g_autofree char *hidden = g_strdup_printf("%s/" SWEEP_GONE "%s", ix->results, name);
	rig_auto(run_info) run = NULL;
	db_stmt *stmt = NULL;

	if (strchr(name, '/') || *name == '.')
		return rig_fail(error, RIG_EXIT_USAGE, "invalid run name '%s' (a name as in `rig "
						       "list`, without '/')", name);
	run = run_open(ix->results, dir, error);
	if (!run)
		return FALSE;
	if (run->verdict == VERDICT_RUNNING)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot delete '%s': the run has not ended",
				name);
	if (rename(dir, hidden) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot delete '%s': %s", dir,
				g_strerror(errno));
	if (!sweep_remove(hidden, error))
		return FALSE;
	stmt = db_query(ix->db, "DELETE FROM runs WHERE name = ?1", (const char *[]){name, NULL},
			error);
	return stmt && (sqlite3_step(stmt) == SQLITE_DONE || db_fail(ix->db, name, error));
}
