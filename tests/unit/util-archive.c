// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests util/archive: unpacking gives what was packed, and an archive of another host cannot write
 * outside its folder.
 */
#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "util/archive.h"
#include "util/error.h"
#include "util/paths.h"

static const struct archive_limits plenty = {.bytes = 1 << 20, .files = 100};

static void write_text(const char *name, const char *text)
{
	g_autofree char *path = in_scratch(name), *dir = g_path_get_dirname(path);

	g_mkdir_with_parents(dir, 0755);
	ck_assert(rig_write_file(path, text, -1, NULL));
}

static char *pack(const char *name, const struct archive_item *items, guint n)
{
	char *file = in_scratch(name);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert(archive_pack(fd, items, n, NULL));
	close(fd);
	return file;
}

static char *new_folder(void)
{
	char *dir = in_scratch("new");

	g_mkdir_with_parents(dir, 0755);
	return dir;
}

START_TEST(comes_back)
{
	g_autofree char *folder = in_scratch("from"), *one = in_scratch("from/sub/program"),
			*first = NULL, *second = NULL, *to = new_folder(), *text = NULL,
			*other = NULL, *back = in_scratch("new/all/sub/program"),
			*hidden = in_scratch("new/all/.hidden");
	const struct archive_item items[] = {{folder, "all"}, {one, "bin/p"}};
	struct stat st;

	write_text("from/sub/program", "12345");
	write_text("from/.hidden", "");
	ck_assert_int_eq(chmod(one, 0700), 0);
	first = pack("first", items, 2);
	ck_assert(archive_unpack(first, to, &plenty, NULL));
	ck_assert(rig_read_file(back, 100, &text, NULL, NULL));
	ck_assert_str_eq(text, "12345");
	ck_assert_int_eq(stat(back, &st), 0);
	ck_assert(st.st_mode & 0100);
	ck_assert_int_eq(access(hidden, F_OK), 0);
	/* the archive does not contain the time of a file */
	ck_assert_int_eq(utimensat(AT_FDCWD, one, (struct timespec[]){{1, 0}, {1, 0}}, 0), 0);
	second = pack("second", items, 2);
	shell("cmp", first, second, NULL);
}
END_TEST

static const struct {
	const char *name, *link;
	mode_t type;
	const char *says;
} bad[] = {
	{"../out", NULL, AE_IFREG, "not accepted"},
	{"a/../../out", NULL, AE_IFREG, "not accepted"},
	{"/tmp/rig-test-out", NULL, AE_IFREG, "not accepted"},
	{"a//b", NULL, AE_IFREG, "not accepted"},
	{"", NULL, AE_IFREG, "not accepted"},
	{".", NULL, AE_IFDIR, "not accepted"},
	{"link", "/etc", AE_IFLNK, "not accepted"},
	{"hard", "good", AE_IFREG, "not accepted"},
	{"pipe", NULL, AE_IFIFO, "not accepted"},
	{"device", NULL, AE_IFCHR, "not accepted"},
	{"good", NULL, AE_IFREG, "cannot create"}, /* a second file of that name */
};

static void add(struct archive *archive, const char *name, mode_t type, const char *link,
		const char *data)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 04777);
	archive_entry_set_size(entry, strlen(data));
	if (link && type == AE_IFLNK)
		archive_entry_set_symlink(entry, link);
	else if (link)
		archive_entry_set_hardlink(entry, link);
	ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
	archive_write_data(archive, data, strlen(data));
	archive_entry_free(entry);
}

START_TEST(stays_inside)
{
	struct archive *archive = archive_write_new();
	g_autofree char *file = in_scratch("archive"), *to = new_folder(),
			*good = in_scratch("new/good");
	g_autoptr(GError) error = NULL;
	struct stat st;

	archive_write_add_filter_gzip(archive);
	archive_write_set_format_pax_restricted(archive);
	ck_assert_int_eq(archive_write_open_filename(archive, file), ARCHIVE_OK);
	add(archive, "good", AE_IFREG, NULL, "x");
	add(archive, bad[_i].name, bad[_i].type, bad[_i].link, "");
	archive_write_free(archive);
	ck_assert(!archive_unpack(file, to, &plenty, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_INFRA);
	ck_assert_ptr_nonnull(strstr(error->message, bad[_i].says));
	ck_assert_int_eq(stat(good, &st), 0);
	ck_assert_int_eq(st.st_mode & (S_ISUID | S_IWGRP | S_IWOTH), 0);
}
END_TEST

START_TEST(is_bounded)
{
	g_autofree char *folder = in_scratch("from"), *file = NULL, *to = new_folder();
	const struct archive_item item = {folder, "all"};
	const struct archive_limits small = {.bytes = 10, .files = 100},
				    few = {.bytes = 100, .files = 2};
	g_autoptr(GError) error = NULL;

	write_text("from/a", "123456");
	write_text("from/b", "123456");
	file = pack("archive", &item, 1);
	ck_assert(!archive_unpack(file, to, &small, &error));
	g_clear_error(&error);
	shell("rm", "-r", to, NULL);
	g_free(to);
	to = new_folder();
	ck_assert(!archive_unpack(file, to, &few, &error));
}
END_TEST

START_TEST(is_empty)
{
	g_autofree char *file = pack("archive", NULL, 0), *to = new_folder();
	g_autoptr(GError) error = NULL;

	ck_assert_msg(archive_unpack(file, to, &plenty, &error), "%s",
		      error ? error->message : "");
}
END_TEST

/* An archive that is cut off at any byte counts as damaged. */
START_TEST(is_whole)
{
	g_autofree char *folder = in_scratch("from"), *file = NULL, *data = NULL;
	const struct archive_item item = {folder, "all"};
	gsize len;

	write_text("from/a", "123456");
	write_text("from/b", "");
	file = pack("archive", &item, 1);
	ck_assert(rig_read_file(file, 1 << 20, &data, &len, NULL));
	for (gsize n = 0; n < len; n++) {
		g_autofree char *to = new_folder();
		g_autoptr(GError) error = NULL;

		ck_assert(rig_write_file(file, data, n, NULL));
		ck_assert_msg(!archive_unpack(file, to, &plenty, &error), "%zu of %zu", n, len);
		shell("rm", "-r", to, NULL);
	}
}
END_TEST

TCase *util_archive_case(void);

TCase *util_archive_case(void)
{
	TCase *tc = tcase_create("archive");

	use_scratch(tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, comes_back);
	tcase_add_loop_test(tc, stays_inside, 0, G_N_ELEMENTS(bad));
	tcase_add_test(tc, is_bounded);
	tcase_add_test(tc, is_empty);
	tcase_add_test(tc, is_whole);
	return tc;
}
