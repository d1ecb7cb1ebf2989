// SPDX-License-Identifier: GPL-2.0-only
/* Tests what a download of QEMU that fails leaves in the cache. apt-get is a script. */
#include <glib/gstdio.h>

#include "director/qemu.h"
#include "machine/machine.h"
#include "tests/unit/director.h"
#include "util/error.h"
#include "util/paths.h"

/* Makes SCRIPT the program apt-get. */
static void use_apt(const char *script)
{
	g_autofree char *cache = in_scratch("cache"), *bin = in_scratch("bin"),
			*apt = in_scratch("bin/apt-get");
	g_autofree char *path = g_strdup_printf("%s:%s", bin, g_getenv("PATH"));

	g_setenv("XDG_CACHE_HOME", cache, TRUE);
	g_setenv("PATH", path, TRUE);
	g_mkdir_with_parents(bin, 0755);
	ck_assert(g_file_set_contents(apt, script, -1, NULL));
	g_chmod(apt, 0755);
}

/* Downloads QEMU of the suite "sid", which fails. */
static void fail_to_get(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *version = NULL;

	ck_assert(!qemu_get("sid", &version, &error));
	ck_assert_ptr_nonnull(error);
	ck_assert_ptr_null(version);
}

static gboolean is_cached(const char *relative)
{
	g_autofree char *path = rig_cache_path(relative);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

START_TEST(failed_get_leaves_nothing)
{
	use_apt("#!/bin/sh\nexit 100\n");
	fail_to_get();
	ck_assert(!is_cached("qemu/sid"));
	ck_assert(!is_cached("apt/sid"));
}
END_TEST

/* The downloaded packages contain no programs, so nothing stays in the cache. */
START_TEST(qemu_that_does_not_run_is_removed)
{
	use_apt("#!/bin/sh\nexit 0\n");
	fail_to_get();
	ck_assert(!is_cached("qemu/sid"));
}
END_TEST

/* The lists of one mirror were downloaded, so the next download needs only the others. */
START_TEST(lists_stay)
{
	g_autofree char *list = NULL;

	use_apt("#!/bin/sh\nexit 100\n");
	list = rig_cache_path("apt/sid/lists/mirror_InRelease");
	ck_assert(g_file_set_contents(list, "", 0, NULL));
	fail_to_get();
	ck_assert(is_cached("apt/sid/lists/mirror_InRelease"));
}
END_TEST

START_TEST(earlier_qemu_stays)
{
	g_autofree char *relative = g_strdup_printf("qemu/sid/%s", machines[0]->emulator);
	g_autofree char *script = NULL;

	use_apt("#!/bin/sh\nexit 100\n");
	script = rig_cache_path(relative);
	ck_assert(g_file_set_contents(script, "", 0, NULL));
	fail_to_get();
	ck_assert(is_cached(relative));
}
END_TEST

void add_get_tests(TCase *tcase)
{
	tcase_add_test(tcase, failed_get_leaves_nothing);
	tcase_add_test(tcase, qemu_that_does_not_run_is_removed);
	tcase_add_test(tcase, lists_stay);
	tcase_add_test(tcase, earlier_qemu_stays);
}
