// SPDX-License-Identifier: GPL-2.0-only
/* Tests which parts of the cache are old, and their removal. */
#include "tests/unit/suite.h"
#include "tests/unit/kernel.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sets the time of last use to the first hour of 1970. */
static void last_used(const char *below, const char *entry, const char *mark)
{
	g_autofree char *relative =
		g_build_filename("cache/hotplug-rig/kernel", below, entry, mark, NULL);
	g_autofree char *path = in_scratch(relative);
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static char *only_tree(void)
{
	g_autofree char *trees = in_scratch("cache/hotplug-rig/kernel/tree");
	g_autoptr(GDir) dir = g_dir_open(trees, 0, NULL);

	return g_strdup(g_dir_read_name(dir));
}

static guint count_unused(void)
{
	g_autoptr(GPtrArray) all = kernel_unused_since(2000);

	return all->len;
}

/*
 * Temporary folders that a killed build or a killed prune has left are removed if they are old;
 * they do not count as unused builds.
 */
START_TEST(leftovers_are_swept)
{
	static const char *const names[] = {"out/.new-0123", "out/.gone-4567", "tree/.gone-x_1"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *relative =
			g_build_filename("cache/hotplug-rig/kernel", names[i], NULL);
		g_autofree char *path = in_scratch(relative);

		ck_assert_int_eq(g_mkdir_with_parents(path, 0755), 0);
		/* a recent folder is kept, because it may be in use */
		ck_assert_int_eq(count_unused(), 0);
		ck_assert(g_file_test(path, G_FILE_TEST_EXISTS));
		last_used(names[i], ".", ".");
		ck_assert_int_eq(count_unused(), 0);
		ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
	}
}
END_TEST

/*
 * Old builds are removed, but not those that were used lately, nor a tree that a builder has
 * locked.
 */
START_TEST(unused_are_forgotten)
{
	g_autofree char *source = dir_source(), *tree = NULL, *lock = NULL, *vmlinux = NULL;
	rig_auto(kernel) kernel = build_ok(source, NULL);
	rig_auto(kernel) again = NULL;
	g_autoptr(GPtrArray) all = NULL;
	gboolean gone;
	int fd;

	ck_assert_int_eq(count_unused(), 0);
	vmlinux = kernel_cached_vmlinux(kernel->hash);
	ck_assert_str_eq(vmlinux, kernel->vmlinux);
	ck_assert_ptr_null(kernel_cached_vmlinux("../tree"));
	tree = only_tree();
	last_used("out", kernel->hash, "build.json");
	ck_assert_int_eq(count_unused(), 1);
	kernel_free(build_ok(source, NULL));
	ck_assert_int_eq(count_unused(), 0);
	last_used("out", kernel->hash, "build.json");
	last_used("tree", tree, "lock");
	all = kernel_unused_since(2000);
	ck_assert_int_eq(all->len, 2);
	for (guint i = 0; i < all->len; i++) {
		const struct kernel_unused *unused = all->pdata[i];

		ck_assert(unused->bytes > 0);
		lock = unused->is_tree ? g_build_filename(unused->dir, "lock", NULL) : NULL;
		fd = lock ? open(lock, O_RDWR | O_CLOEXEC) : -1;
		ck_assert(fd < 0 || flock(fd, LOCK_EX) == 0);
		ck_assert(kernel_forget(unused, &gone, NULL));
		ck_assert_int_eq(gone, fd < 0);
		if (fd >= 0) {
			close(fd);
			ck_assert(kernel_forget(unused, &gone, NULL) && gone);
		}
		ck_assert(!g_file_test(unused->dir, G_FILE_TEST_EXISTS));
		g_clear_pointer(&lock, g_free);
	}
	again = build_ok(source, NULL);
	ck_assert(!again->was_cached);
}
END_TEST

/* A build that was used between the check and the removal is kept. */
START_TEST(used_meanwhile_stays)
{
	g_autofree char *source = dir_source();
	rig_auto(kernel) kernel = build_ok(source, NULL);
	g_autoptr(GPtrArray) all = NULL;
	gboolean gone = TRUE;

	last_used("out", kernel->hash, "build.json");
	all = kernel_unused_since(2000);
	ck_assert_int_eq(all->len, 1);
	kernel_free(build_ok(source, NULL));
	ck_assert(kernel_forget(all->pdata[0], &gone, NULL));
	ck_assert(!gone);
	ck_assert(g_file_test(kernel->image, G_FILE_TEST_EXISTS));
}
END_TEST

void add_prune_tests(TCase *tc)
{
	tcase_add_test(tc, unused_are_forgotten);
	tcase_add_test(tc, leftovers_are_swept);
	tcase_add_test(tc, used_meanwhile_stays);
}
