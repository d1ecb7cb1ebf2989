// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests how the guest's init lists folders and files that appear and disappear, and how it runs the
 * processes of a script and reads their output.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/clock.h"
#include "guest-init/files.h"
#include "guest-init/output.h"
#include "guest-init/paths.h"
#include "guest-init/processes.h"
#include "tests/unit/guest-init.h"
#include "tests/unit/suite.h"

/*
 * A folder is listed again after an entry was added, and as long as its link count differs from the
 * number of listed entries; here it differs because one entry is hidden.
 */
START_TEST(test_listing)
{
	static struct listing list;
	g_autofree char *one = in_scratch("memory7"), *hidden = in_scratch(".memory8"),
			*shown = in_scratch("memory8");

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

/*
 * Files that match are listed, sorted, without folders and hidden names, and are listed again only
 * if the list is stale.
 */
START_TEST(test_paths)
{
	static struct paths paths;
	g_autofree char *globs =
		g_strdup_printf("%s/node*/hug[ef]/nr,%s/plain,%s/none", scratch, scratch, scratch);
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

/*
 * The ring buffer wraps around. Output beyond the limit is dropped, which is reported once; the
 * reader gets all output before the limit.
 */
START_TEST(test_output)
{
	static struct output output;
	static char block[5000], got[OUTPUT_RING];
	size_t taken = 0, len, cuts = 0;
	const char *cut = NULL;

	memset(block, 'x', sizeof(block));
	output_put(&output, "a\0b", 3);
	ck_assert_uint_eq(output_take(&output, got, sizeof(got)), 3);
	ck_assert_int_eq(memcmp(got, "a?b", 3), 0);
	for (unsigned i = 0; i < 100; i++) {
		ck_assert_uint_ge(output_room(&output), sizeof(block));
		output_put(&output, block, sizeof(block));
		while ((len = output_take(&output, got, 4096))) {
			taken += len;
			got[len < 4096 ? len : 4095] = '\0';
			cut = strstr(got, "\n== cut: ");
			cuts += cut != NULL;
		}
	}
	ck_assert_uint_eq(cuts, 1);
	ck_assert_uint_ge(taken, OUTPUT_MAX - 3);
	ck_assert_uint_le(taken, OUTPUT_MAX + 100);
	/* a full ring has no room, and never contains more bytes than its size */
	output = (struct output){0};
	while ((len = output_room(&output)))
		output_put(&output, block, len < sizeof(block) ? len : sizeof(block));
	ck_assert_uint_le(atomic_load(&output.put), OUTPUT_RING);
}
END_TEST

/* The name of a task can contain any characters. */
START_TEST(test_process)
{
	struct process p;

	ck_assert(
		process_parse("12 (a) b) (c) D 7 12 12 0 -1 4194560 1 2 3 4 15 27 0 0 20 0 1", &p));
	ck_assert_int_eq(p.pid, 12);
	ck_assert_int_eq(p.parent, 7);
	ck_assert_int_eq(p.state, 'D');
	ck_assert_uint_eq(p.ticks, 42);
	ck_assert(!process_parse("12 (a D 7", &p));
	ck_assert(!process_parse("", &p));
	ck_assert(!process_parse("12 (a) D", &p));
}
END_TEST

void add_file_tests(TCase *tcase)
{
	use_scratch(tcase);
	tcase_add_test(tcase, test_listing);
	tcase_add_test(tcase, test_paths);
	tcase_add_test(tcase, test_output);
	tcase_add_test(tcase, test_process);
}
