// SPDX-License-Identifier: GPL-2.0-only
/* Tests that a source or build that one host has packed can be used on another host. */
#include "tests/unit/suite.h"
#include "tests/unit/kernel.h"

#include <glib/gstdio.h>
#include <unistd.h>

static const char *const sources[] = {"dir:%s/tree", "git:%s/tree@HEAD", "tar:%s/linux.tar"};

static void make_sources(void)
{
	g_autofree char *tree = in_scratch("tree"), *tar = in_scratch("linux.tar"),
			*link = in_scratch("tree/mm/a link");

	ck_assert_int_eq(symlink("one.c", link), 0);
	shell("tar", "-C", scratch, "-cf", tar, "tree", NULL);
	shell("git", "-C", tree, "init", "-q", NULL);
	shell("git", "-C", tree, "add", "-A", NULL);
	shell("git", "-C", tree, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit",
	      "-qm", "one", NULL);
}

/* Changes the environment to that of another host, whose cache has only FOLDER of this one's. */
static void move_to(const char *cache, const char *folder, const char *source)
{
	g_autofree char *there = in_scratch(cache), *tree = in_scratch("tree"),
			*tar = in_scratch("linux.tar"), *key = kernel_source_key(source);
	g_autofree char *into = g_build_filename(there, "hotplug-rig/kernel/carried", NULL);
	g_autofree char *name = g_path_get_basename(folder);
	g_autofree char *list = g_strdup_printf("00=x %s=%s", key, name);

	ck_assert_int_eq(g_mkdir_with_parents(into, 0700), 0);
	shell("mv", folder, into, NULL);
	shell("rm", "-rf", tree, tar, NULL);
	g_setenv("XDG_CACHE_HOME", there, TRUE);
	g_setenv(KERNEL_SOURCES, list, TRUE);
}

/* The other host builds from the packed source. Its build has the same hash and names. */
START_TEST(another_host_builds)
{
	g_autofree char *source = NULL, *folder = NULL, *again = NULL, *out = NULL, *image = NULL;
	g_autofree char *home = g_strdup(g_getenv("XDG_CACHE_HOME"));
	rig_auto(kernel) here = NULL;
	rig_auto(kernel) there = NULL;
	g_autoptr(GError) error = NULL;

	make_sources();
	source = g_strdup_printf(sources[_i], scratch);
	folder = kernel_export_source(source, &error);
	ck_assert_msg(folder != NULL, "%s", error ? error->message : "");
	again = kernel_export_source(source, NULL);
	ck_assert_str_eq(folder, again);
	here = build_ok(source, NULL);
	move_to("other", folder, source);
	there = build_ok(source, NULL);
	ck_assert(!there->was_cached);
	ck_assert_str_eq(there->hash, here->hash);
	ck_assert_str_eq(there->name, here->name);
	ck_assert_str_eq(there->source, here->source);
	image = slurp(there->image);
	ck_assert_ptr_nonnull(strstr(image, "int"));
	/*
	 * the build is returned to a host that does not have it; returning it again changes nothing
	 */
	out = g_path_get_dirname(here->image);
	shell("rm", "-rf", out, NULL);
	g_setenv("XDG_CACHE_HOME", home, TRUE);
	g_free(out);
	out = g_path_get_dirname(there->image);
	for (int i = 0; i < 2; i++)
		ck_assert(kernel_install(out, there->hash, NULL));
	ck_assert(g_file_test(here->image, G_FILE_TEST_IS_REGULAR));
}
END_TEST

START_TEST(what_is_not_there)
{
	g_autofree char *source = dir_source(), *key = kernel_source_key(source);
	g_autofree char *list = g_strdup_printf("%s=gone", key), *empty = in_scratch("empty");
	const struct kernel_spec spec = {.source = source, .arch = "x86_64"};
	g_autofree char *hash = g_strnfill(64, 'a');
	g_autoptr(GError) error = NULL;

	g_setenv(KERNEL_SOURCES, list, TRUE);
	ck_assert_ptr_null(kernel_build(&spec, NULL, NULL, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_INFRA);
	ck_assert_ptr_nonnull(strstr(error->message, "'gone' was sent by another host"));
	g_clear_error(&error);
	ck_assert_int_eq(g_mkdir(empty, 0700), 0);
	ck_assert(!kernel_install(empty, "../x", &error));
	ck_assert_ptr_nonnull(strstr(error->message, "not the hash"));
	g_clear_error(&error);
	ck_assert(!kernel_install(empty, hash, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "not a finished build"));
	g_clear_error(&error);
	ck_assert_ptr_null(kernel_export_source("dir:/nowhere", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
}
END_TEST

void add_export_tests(TCase *tc)
{
	tcase_add_loop_test(tc, another_host_builds, 0, G_N_ELEMENTS(sources));
	tcase_add_test(tc, what_is_not_there);
}
