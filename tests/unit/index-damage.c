// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that an index file that is damaged, or that is not an index, is created again from the run
 * folders.
 */
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/index.h"
#include "tests/unit/runs.h"
#include "tests/unit/suite.h"

static void change(const char *file, const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Overwrites N bytes of the file from AT on, or all bytes from AT on if N is negative. */
static void overwrite(const char *file, gsize at, gssize n, int byte)
{
	g_autofree char *bytes = NULL;
	gsize len;

	change(file, "PRAGMA wal_checkpoint(TRUNCATE)");
	ck_assert(g_file_get_contents(file, &bytes, &len, NULL));
	ck_assert_uint_gt(len, at);
	memset(bytes + at, byte, n < 0 ? len - at : (gsize)n);
	ck_assert(g_file_set_contents(file, bytes, len, NULL));
}

static void no_database(const char *file)
{
	static const char text[] = "longer than the header of a database, which is 100 bytes: "
				   "SQLite must read it whole, and must refuse it";

	ck_assert(g_file_set_contents(file, text, -1, NULL));
}

static void truncated(const char *file)
{
	ck_assert_int_eq(truncate(file, 5000), 0);
}

static void other_version(const char *file)
{
	change(file, "PRAGMA user_version = 4711; DROP TABLE findings; CREATE TABLE findings(x)");
}

/* Makes an index with the right version that lacks a table. */
static void missing_table(const char *file)
{
	change(file, "DROP TABLE rollup");
}

/*
 * Sets the schema format, at byte 47, to an unknown value; known ones are 1 to 4 (SQLite,
 * fileformat2).
 */
static void newer_format(const char *file)
{
	overwrite(file, 47, 1, 9);
}

/* Overwrites the contents of the tables, but not the schema, which is in the first page. */
static void lost_pages(const char *file)
{
	overwrite(file, 8192, -1, 0x5a);
}

static void (*const damages[])(const char *file) = {no_database,   truncated,	 other_version,
						    missing_table, newer_format, lost_pages};

START_TEST(damaged)
{
	g_autofree char *file = g_build_filename(scratch, ".index", "runs.sqlite", NULL),
			*first = NULL, *second = NULL;

	add_run("a", 1, "2026-11-21T05:00:00Z", VERDICT_FAIL, REPORT("b"));
	index_free(open_index());
	damages[_i](file);
	/* add a run, so that the tables must be changed */
	add_run("a", 2, "2026-11-21T06:00:00Z", VERDICT_PASS, "{}");
	{
		rig_auto(run_index) ix = open_index();

		first = index_dump(ix);
	}
	{
		rig_auto(run_index) ix = index_rebuild(scratch, NULL, NULL, NULL);

		second = index_dump(ix);
	}
	ck_assert_str_eq(first, second);
}
END_TEST

void add_damage_tests(TCase *tc)
{
	tcase_add_loop_test(tc, damaged, 0, G_N_ELEMENTS(damages));
}
