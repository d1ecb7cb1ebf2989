// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the initramfs: its bytes are the same each time, and an independent reader finds the right
 * entries.
 */
#include "initrd/initrd.h"

#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/paths.h"

#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

static void put(const char *name, const char *text)
{
	g_autofree char *path = in_scratch(name), *dir = g_path_get_dirname(path);

	g_mkdir_with_parents(dir, 0700);
	ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static void setup(void)
{
	g_autofree char *cache = NULL;

	cache = in_scratch("cache");
	g_setenv("XDG_CACHE_HOME", cache, TRUE);
	g_setenv("RIG_HOME", scratch, TRUE);
	put("hello", "hello, guest\n");
}

static char *slurp(const char *path, gsize *ret_len)
{
	char *data = NULL;

	ck_assert_msg(g_file_get_contents(path, &data, ret_len, NULL), "no %s", path);
	return data;
}

/*
 * Returns the entries of the archive as an independent reader sees them: "name mode size [rdev] [->
 * target]".
 */
static char *list(const char *path)
{
	struct archive *in = archive_read_new();
	struct archive_entry *entry;
	GString *out = g_string_new(NULL);

	archive_read_support_format_cpio(in);
	ck_assert_int_eq(archive_read_open_filename(in, path, 65536), ARCHIVE_OK);
	while (archive_read_next_header(in, &entry) == ARCHIVE_OK) {
		mode_t mode = archive_entry_mode(entry);

		ck_assert_int_eq(archive_entry_uid(entry), 0);
		ck_assert_int_eq(archive_entry_gid(entry), 0);
		ck_assert_int_eq(archive_entry_mtime(entry), 0);
		g_string_append_printf(out, "%s %o", archive_entry_pathname(entry), mode);
		if (S_ISREG(mode))
			g_string_append_printf(out, " %d", (int)archive_entry_size(entry));
		if (S_ISCHR(mode))
			g_string_append_printf(out, " %d:%d", (int)archive_entry_rdevmajor(entry),
					       (int)archive_entry_rdevminor(entry));
		if (S_ISLNK(mode))
			g_string_append_printf(out, " -> %s", archive_entry_symlink(entry));
		g_string_append_c(out, '\n');
	}
	ck_assert_int_eq(archive_read_close(in), ARCHIVE_OK);
	archive_read_free(in);
	return g_string_free(out, FALSE);
}

START_TEST(same_bytes_twice)
{
	g_autofree char *hello = in_scratch("hello"), *one = in_scratch("one"),
			*two = in_scratch("two");
	const struct initrd_entry entries[] = {
		{"dev", S_IFDIR | 0755},
		{"dev/console", S_IFCHR | 0600, NULL, 5, 1},
		{"init", S_IFREG | 0755, hello},
		{"again", S_IFREG | 0644, hello},
		{"link", S_IFLNK | 0777, "init"},
	};
	g_autofree char *a = NULL, *b = NULL, *text = NULL;
	gsize a_len, b_len;
	struct stat st;

	ck_assert(initrd_write(one, entries, G_N_ELEMENTS(entries), NULL));
	/* different times of files must make no difference */
	ck_assert_int_eq(g_utime(hello, &(struct utimbuf){1, 1}), 0);
	g_chmod(hello, 0600);
	ck_assert(initrd_write(two, entries, G_N_ELEMENTS(entries), NULL));
	a = slurp(one, &a_len);
	b = slurp(two, &b_len);
	ck_assert_uint_eq(a_len, b_len);
	ck_assert_mem_eq(a, b, a_len);
	/* newc, not compressed */
	ck_assert_mem_eq(a, "070701", 6);
	text = list(one);
	ck_assert_str_eq(text, "dev 40755\ndev/console 20600 5:1\ninit 100755 13\n"
			       "again 100644 13\nlink 120777 -> init\n");
	ck_assert_int_eq(stat(one, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0644 & ~umask(022));
}
END_TEST

static const struct {
	struct initrd_entry entry;
	const char *says;
} bad[] = {
	{{"lib/x", S_IFDIR | 0755}, "entry 'lib/x': add its folder 'lib' first"},
	{{"/init", S_IFDIR | 0755}, "entry '/init': a name must be relative"},
	{{"../init", S_IFDIR | 0755}, "entry '../init': a name must be relative"},
	{{"", S_IFDIR | 0755}, "a name must be relative"},
	{{"init", S_IFREG | 0755}, "entry 'init': it has no source"},
	{{"pipe", S_IFIFO | 0755}, "entry 'pipe': mode"},
	{{"init", S_IFREG | 0755, "/nowhere/init"}, "entry 'init': cannot read '/nowhere/init'"},
	{{"init", S_IFREG | 0755, "/proc"},
	 "entry 'init': cannot read '/proc': not a regular file"},
};

START_TEST(bad_entries_are_named)
{
	g_autofree char *path = in_scratch("bad");
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = NULL;
	const char *name;

	ck_assert(!initrd_write(path, &bad[_i].entry, 1, &error));
	ck_assert_msg(strstr(error->message, bad[_i].says) != NULL, "%s", error->message);
	/* no partial file is left */
	dir = g_dir_open(scratch, 0, NULL);
	while ((name = g_dir_read_name(dir)))
		ck_assert_msg(!g_str_has_prefix(name, "bad"), "%s is left", name);
}
END_TEST

START_TEST(unwritable_place)
{
	g_autoptr(GError) error = NULL;

	ck_assert(!initrd_write("/nowhere/at/all", NULL, 0, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
}
END_TEST

START_TEST(standard_is_cached_by_content)
{
	g_autofree char *first = NULL, *second = NULL, *third = NULL, *text = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert(!initrd_standard("x86_64", NULL, 0, &first, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
	ck_assert_ptr_nonnull(strstr(error->message, "run make guest"));

	put("build/guest/x86_64/init", "#!init\n");
	ck_assert(initrd_standard("x86_64", NULL, 0, &first, NULL));
	ck_assert(g_str_has_prefix(first, scratch));
	text = list(first);
	ck_assert_ptr_nonnull(strstr(text, "dev/console 20600 5:1\n"));
	ck_assert_ptr_nonnull(strstr(text, "init 100755 7\n"));
	ck_assert_ptr_null(strstr(text, "busybox"));
	ck_assert(initrd_standard("x86_64", NULL, 0, &second, NULL));
	ck_assert_str_eq(first, second);

	put("build/guest/x86_64/busybox", "#!busybox\n");
	ck_assert(initrd_standard("x86_64", NULL, 0, &third, NULL));
	ck_assert_str_ne(first, third);
	g_free(text);
	text = list(third);
	ck_assert_ptr_nonnull(strstr(text, "bin/busybox 100755 10\n"));
	ck_assert_ptr_nonnull(strstr(text, "bin/sh 120777 -> busybox\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("initrd");
	TCase *tc = tcase_create("initrd");

	use_scratch(tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, same_bytes_twice);
	tcase_add_loop_test(tc, bad_entries_are_named, 0, G_N_ELEMENTS(bad));
	tcase_add_test(tc, unwritable_place);
	tcase_add_test(tc, standard_is_cached_by_content);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
