// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the place of the index: next to the results, in the cache if the results are on a network
 * file system, or nowhere.
 */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/vfs.h>

#include "index/db.h"
#include "tests/unit/index.h"
#include "tests/unit/runs.h"
#include "tests/unit/suite.h"
#include "util/error.h"

static const char *nfs_below; /* paths below this one are reported to be on NFS */

static int fake_statfs(const char *path, struct statfs *ret)
{
	int failed = statfs(path, ret);

	if (!failed && g_str_has_prefix(path, nfs_below))
		ret->f_type = 0x6969;
	return failed;
}

static char *journal_mode(const char *file)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	char *mode;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	mode = g_strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return mode;
}

/*
 * In case 0 only the results are on NFS, in case 1 the cache is, too. No file is added to the
 * results.
 */
START_TEST(on_a_network)
{
	g_autofree char *results = in_scratch("nfs"),
			*cache = in_scratch(_i ? "nfs/cache" : "cache");
	g_autofree char *place = NULL, *file = NULL, *mode = NULL,
			*beside = in_scratch("nfs/.index");
	rig_auto(run_index) ix = NULL;
	json_t *inputs = json_object();

	ck_assert_int_eq(g_mkdir_with_parents(results, 0755), 0);
	ck_assert(g_setenv("XDG_CACHE_HOME", cache, TRUE));
	nfs_below = results;
	index_statfs = fake_statfs;
	run_free(run_create(results, "s", "pc-q35", "6.1", 1, inputs, NULL));
	json_decref(inputs);
	ix = index_open(results, NULL, NULL, NULL);
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){0}), 1);
	place = index_place(results);
	ck_assert(g_str_has_prefix(place, cache));
	ck_assert(!g_file_test(beside, G_FILE_TEST_EXISTS));
	file = g_build_filename(place, "runs.sqlite", NULL);
	mode = journal_mode(file);
	ck_assert_str_eq(mode, _i ? "delete" : "wal");
}
END_TEST

START_TEST(no_results)
{
	g_autofree char *none = in_scratch("none"), *file = in_scratch("file");
	rig_auto(run_index) ix = index_open(none, NULL, NULL, NULL);
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_nonnull(ix);
	ck_assert_uint_eq(count_runs(ix, (struct index_filter){0}), 0);
	ck_assert(!g_file_test(none, G_FILE_TEST_EXISTS));
	ck_assert(g_file_set_contents(file, "", 0, NULL));
	ck_assert_ptr_null(index_open(file, NULL, NULL, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

void add_place_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, on_a_network, 0, 2);
	tcase_add_test(tcase, no_results);
}
