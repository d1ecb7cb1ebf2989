// SPDX-License-Identifier: GPL-2.0-only
/* Opens the index and updates it from the run folders. */
#include "index/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/db.h"
#include "store/safe-open.h"
#include "util/error.h"

#define FILE_NAME "runs.sqlite"
#define BATCH 500
/*
 * In seconds. If a folder was modified less than this ago, another change may give it the same
 * mtime.
 */
#define SETTLED_S 2

/* ---- the lock: only one process at a time updates the index ---- */

static int lock(const struct run_index *ix)
{
	g_autofree char *path = ix->folder ? g_build_filename(ix->folder, "lock", NULL) : NULL;
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644) : -1;

	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

/* ---- comparison of index and folders ---- */

static GHashTable *known_names(struct run_index *ix, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	db_stmt *stmt = db_query(ix->db, "SELECT name FROM runs", NULL, error);
	g_autoptr(GError) why = NULL;

	if (!stmt)
		return NULL;
	while (db_row(stmt, &why))
		g_hash_table_add(names, db_name(stmt, 0));
	if (why) {
		g_propagate_error(error, g_steal_pointer(&why));
		return NULL;
	}
	return g_steal_pointer(&names);
}

static gboolean is_folder(const struct dirent *entry)
{
	/* run folders do not begin with '.', and the database needs UTF-8 */
	return *entry->d_name != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
	       g_utf8_validate(entry->d_name, -1, NULL);
}

static gint64 mtime_of(const char *results)
{
	struct stat st;
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	if (stat(results, &st) < 0)
		return 0;
	/* if the folder changed just now, return 0, so that the next update lists it again */
	return st.st_mtim.tv_sec + SETTLED_S > now
		       ? 0
		       : st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static gint64 stamp_get(struct run_index *ix)
{
	db_stmt *stmt = db_query(ix->db, "SELECT value FROM meta WHERE key = 'mtime'", NULL, NULL);

	return stmt && db_row(stmt, NULL) ? sqlite3_column_int64(stmt, 0) : 0;
}

static gboolean stamp_set(struct run_index *ix, gint64 stamp, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
		"INSERT OR REPLACE INTO meta VALUES('mtime', %" G_GINT64_FORMAT ")", stamp);

	return db_exec(ix->db, sql, error);
}

/*
 * Finds changes: removes the names of existing folders from KNOWN, so that only the names of
 * deleted folders remain in it, and adds the names of new folders to *ret_new.
 */
static gboolean list_changes(struct run_index *ix, GHashTable *known, GPtrArray **ret_new,
			     GError **error)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new_with_free_func(g_free);
	DIR *dir = opendir(ix->results);
	struct dirent *entry;

	if (!dir && errno != ENOENT)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read the results folder '%s': %s",
				ix->results, g_strerror(errno));
	while (dir && (entry = readdir(dir)))
		if (is_folder(entry) && !g_hash_table_remove(known, entry->d_name))
			g_ptr_array_add(fresh, g_strdup(entry->d_name));
	if (dir)
		closedir(dir);
	*ret_new = g_steal_pointer(&fresh);
	return TRUE;
}

/* ---- updating the index ---- */

static gboolean begin(struct run_index *ix, GError **error)
{
	return ix->rebuilding || db_exec(ix->db, "BEGIN IMMEDIATE", error);
}

static gboolean commit(struct run_index *ix, GError **error)
{
	return ix->rebuilding || db_exec(ix->db, "COMMIT", error);
}

static void roll_back(struct run_index *ix)
{
	if (!ix->rebuilding)
		db_exec(ix->db, "ROLLBACK", NULL);
}

/* Adds runs in transactions of BATCH runs, so that other writers do not wait long. */
static gboolean add_all(struct run_index *ix, const GPtrArray *names, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		if (i % BATCH == 0 && ((i && !commit(ix, error)) || !begin(ix, error)))
			return FALSE;
		if (!index_add(ix, names->pdata[i], error)) {
			roll_back(ix);
			return FALSE;
		}
		if (ix->progress && i % 64 == 63)
			ix->progress(i + 1, names->len, ix->data);
	}
	return !names->len || commit(ix, error);
}

static gboolean drop_all(struct run_index *ix, GHashTable *names, GError **error)
{
	db_stmt *stmt = db_query(ix->db, "DELETE FROM runs WHERE name = ?1", NULL, error);
	GHashTableIter iter;
	gpointer name;

	if (!stmt || !begin(ix, error))
		return FALSE;
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
		db_row(stmt, NULL);
		sqlite3_reset(stmt);
	}
	return commit(ix, error);
}

static gboolean read_running_again(struct run_index *ix, GError **error)
{
	db_stmt *stmt =
		db_query(ix->db, "SELECT name FROM runs WHERE verdict = 'RUNNING'", NULL, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	while (stmt && db_row(stmt, error))
		g_ptr_array_add(names, db_name(stmt, 0));
	return stmt && add_all(ix, names, error);
}

static gboolean update(struct run_index *ix, GError **error)
{
	gint64 stamp = mtime_of(ix->results);
	g_autoptr(GHashTable) known = NULL;
	g_autoptr(GPtrArray) fresh = NULL;

	if (!read_running_again(ix, error))
		return FALSE;
	if (stamp && stamp == stamp_get(ix))
		return TRUE;
	known = known_names(ix, error);
	if (!known || !list_changes(ix, known, &fresh, error))
		return FALSE;
	if (g_hash_table_size(known) && !drop_all(ix, known, error))
		return FALSE;
	return add_all(ix, fresh, error) && stamp_set(ix, stamp, error);
}

gboolean index_update(struct run_index *ix, GError **error)
{
	auto_fd held = lock(ix);

	return update(ix, error);
}

gboolean index_refresh_run(const char *dir, GError **error)
{
	g_autofree char *results = g_path_get_dirname(dir), *name = g_path_get_basename(dir);
	g_autofree char *folder = index_place(results);
	rig_auto(run_index) ix = NULL;

	if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
		return TRUE;
	ix = index_open(results, NULL, NULL, error);
	return ix && index_add(ix, name, error);
}

/* ---- opening the index ---- */

static void remove_files(const char *file)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(file, ends[i], NULL);

		g_unlink(path);
	}
}

static gboolean open_file(struct run_index *ix, GError **error)
{
	g_autofree char *file = ix->folder ? g_build_filename(ix->folder, FILE_NAME, NULL) : NULL;
	auto_fd held = lock(ix);
	gboolean damaged = FALSE, shared = ix->folder && index_is_shared(ix->folder);
	g_autoptr(GError) why = NULL;

	if (index_db_open(file, shared, &ix->db, &damaged, &why))
		return TRUE;
	if (!damaged || !file) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	remove_files(file);
	return index_db_open(file, shared, &ix->db, &damaged, error);
}

static struct run_index *open_only(const char *results, index_progress progress, void *data,
				   GError **error)
{
	rig_auto(run_index) ix = g_new0(struct run_index, 1);
	g_autofree char *folder = index_place(results);

	ix->results = g_canonicalize_filename(results, NULL);
	ix->progress = progress;
	ix->data = data;
	/* if the results folder does not exist, or is not writable, the index is in memory */
	if (g_file_test(results, G_FILE_TEST_IS_DIR) && g_mkdir_with_parents(folder, 0755) == 0 &&
	    g_access(folder, W_OK) == 0)
		ix->folder = g_steal_pointer(&folder);
	return open_file(ix, error) ? g_steal_pointer(&ix) : NULL;
}

/*
 * Closes the index, and removes its file if it is damaged, so that it is created again when opened.
 */
static gboolean close_file(struct run_index *ix)
{
	g_autofree char *file = ix->folder ? g_build_filename(ix->folder, FILE_NAME, NULL) : NULL;
	gboolean damaged = file && ix->db && !index_db_is_sound(ix->db);

	sqlite3_close(ix->db);
	ix->db = NULL;
	if (damaged)
		remove_files(file);
	return damaged;
}

struct run_index *index_open(const char *results, index_progress progress, void *data,
			     GError **error)
{
	rig_auto(run_index) ix = open_only(results, progress, data, error);
	g_autoptr(GError) why = NULL;

	if (!ix || index_update(ix, &why))
		return g_steal_pointer(&ix);
	if (close_file(ix))
		return open_file(ix, error) && index_update(ix, error) ? g_steal_pointer(&ix)
								       : NULL;
	g_propagate_error(error, g_steal_pointer(&why));
	return NULL;
}

struct run_index *index_rebuild(const char *results, index_progress progress, void *data,
				GError **error)
{
	rig_auto(run_index) ix = open_only(results, progress, data, error);
	auto_fd held = ix ? lock(ix) : -1;

	if (!ix || !begin(ix, error))
		return NULL;
	ix->rebuilding = TRUE;
	if (!index_make_tables(ix->db, error) || !update(ix, error))
		return NULL; /* closing the database rolls the transaction back */
	ix->rebuilding = FALSE;
	return commit(ix, error) ? g_steal_pointer(&ix) : NULL;
}

void index_free(struct run_index *ix)
{
	int code;

	if (!ix)
		return;
	code = sqlite3_errcode(ix->db) & 0xff; /* it is SQLITE_NOMEM if `db` is NULL */
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		close_file(ix);
	else
		sqlite3_close(ix->db);
	g_free(ix->results);
	g_free(ix->folder);
	g_free(ix);
}
