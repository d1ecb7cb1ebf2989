// SPDX-License-Identifier: GPL-2.0-only
/* Folders and files that come and go, as the guest lists them. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/clock.h"
#include "guest-init/files.h"
#include "guest-init/paths.h"
#include "tests/unit/guest-init.h"
#include "tests/unit/suite.h"

/* Listed anew when a folder came, and again for as long as one is counted but not shown: here one that is hidden. */
START_TEST(test_listing)
{
	static struct listing list;
	g_autofree char *one = in_scratch("memory7"), *hidden = in_scratch(".memory8"), *shown = in_scratch("memory8");

	ck_assert_int_eq(listing_open(&list, scratch), 0);
	ck_assert_int_eq(listing_refresh(&list, "memory"), 1);
	ck_assert_int_eq(listing_refresh(&list, "memory"), 0);
	ck_assert_int_eq(mkdir(one, 0700), 0);
	ck_assert_int_eq(listing_refresh(&list, "memory"), 1);
	ck_assert_int_eq(listing_refresh(&list, "memory"), 0);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(mkdir(hidden, 0700), 0);
	ck_assert_int_eq(listing_refresh(&list, "memory"), 1);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(rename(hidden, shown), 0);
	ck_assert_int_eq(listing_refresh(&list, "memory"), 1);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_int_eq(listing_refresh(&list, "memory"), 0);
	close(list.dir);
}
END_TEST

static void make_file(const char *name)
{
	g_autofree char *path = in_scratch(name);

	ck_assert(g_file_set_contents(path, "x", 1, NULL));
}

static void make_folder(const char *name)
{
	g_autofree char *path = in_scratch(name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* Files that match, sorted, without folders and hidden names; again only when they are stale. */
START_TEST(test_paths)
{
	static struct paths paths;
	g_autofree char *globs = g_strdup_printf("%s/node*/hug[ef]/nr,%s/plain,%s/none", scratch, scratch, scratch);
	g_autofree char *first = in_scratch("node1/huge/nr"), *plain = in_scratch("plain");
	static const char *const bad[] = {"", "relative", "/a,", ",/a", "/a,,/b", "/a,b"};

	make_folder("node2"), make_folder("node2/hugf"), make_folder("node2/hugf/nr");
	make_folder("node1"), make_folder("node1/huge"), make_file("node1/huge/nr");
	make_folder(".node3"), make_folder(".node3/huge"), make_file(".node3/huge/nr");
	make_file("plain");
	ck_assert_int_eq(paths_init(&paths, globs), 0);
	paths_refresh(&paths);
	ck_assert_uint_eq(paths.count, 2);
	ck_assert_str_eq(paths.path[0], first);
	ck_assert_str_eq(paths.path[1], plain);
	ck_assert(!paths.cut);
	unlink(plain);
	paths_refresh(&paths);
	ck_assert_uint_eq(paths.count, 2);
	paths.stale = true;
	paths_refresh(&paths);
	ck_assert_uint_eq(paths.count, 1);
	for (size_t i = 0; i < countof(bad); i++)
		ck_assert_msg(paths_init(&paths, bad[i]) == -EINVAL, "'%s'", bad[i]);
}
END_TEST

void add_file_tests(TCase *tcase)
{
	use_scratch(tcase);
	tcase_add_test(tcase, test_listing);
	tcase_add_test(tcase, test_paths);
}
