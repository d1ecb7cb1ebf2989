// SPDX-License-Identifier: GPL-2.0-only
/* Tests copies of files that consist mostly of zeros. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/sparse.h"

#define MIB (1 << 20)

/* Pieces of data, and one that is written as zeros; the last one ends inside a piece. */
static void make_file(const char *path, gsize size)
{
	g_autofree char *text = g_malloc0(size);

	memcpy(text + 3, "first", 5);
	memcpy(text + 2 * MIB - 2, "across", 6);
	memcpy(text + size - 4, "last", 4);
	ck_assert(g_file_set_contents(path, text, size, NULL));
}

START_TEST(copies_are_sparse)
{
	g_autofree char *from = in_scratch("from"), *to = in_scratch("to"), *a = NULL, *b = NULL;
	const gsize size = 8 * MIB + 100;
	g_autoptr(GError) error = NULL;
	struct stat st;
	gsize len;

	make_file(from, size);
	ck_assert_msg(sparse_copy(from, to, size, 0640, NULL, &error), "%s",
		      error ? error->message : "");
	ck_assert(g_file_get_contents(from, &a, NULL, NULL));
	ck_assert(g_file_get_contents(to, &b, &len, NULL));
	ck_assert_uint_eq(len, size);
	ck_assert(!memcmp(a, b, size));
	ck_assert(!stat(to, &st) && (st.st_mode & 07777) == 0640);
	ck_assert_int_le(st.st_blocks * 512, MIB);
	/* an existing file is not replaced */
	ck_assert(!sparse_copy(from, to, size, 0640, NULL, &error));
	ck_assert(g_file_test(to, G_FILE_TEST_EXISTS));
}
END_TEST

/* A file of another size, a folder, a missing file, and a target that cannot be written. */
START_TEST(copies_that_fail)
{
	g_autofree char *from = in_scratch("from"), *to = in_scratch("to");
	g_autofree char *none = in_scratch("a/b");
	g_autoptr(GError) error = NULL;

	make_file(from, 4 * MIB);
	ck_assert(!sparse_copy(from, to, 4 * MIB + 1, 0600, NULL, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "was changed"));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
	ck_assert(!sparse_copy(scratch, to, 4096, 0600, NULL, NULL));
	ck_assert(!sparse_copy(none, to, 0, 0600, NULL, NULL));
	ck_assert(!sparse_copy(from, none, 4 * MIB, 0600, NULL, NULL));
	g_clear_error(&error);
	ck_assert(!sparse_copy(from, "/dev/full/x", 4 * MIB, 0600, NULL, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "cannot copy '"));
	ck_assert(!g_file_test(to, G_FILE_TEST_EXISTS));
}
END_TEST

static const char *shrinks;

static void shrink(int number)
{
	(void)number;
	if (truncate(shrinks, MIB) < 0)
		_exit(1);
}

/* The file is shortened after it was opened: the signal arrives when it is first read. */
START_TEST(a_source_that_shrinks)
{
	g_autofree char *from = in_scratch("from"), *folder = in_scratch("folder");
	g_autofree char *to = g_build_filename(folder, "to", NULL);
	g_autoptr(GError) error = NULL;
	int fd;

	make_file(from, 4 * MIB);
	ck_assert(!mkdir(folder, 0700));
	fd = open(scratch, O_RDONLY | O_CLOEXEC);
	shrinks = from;
	signal(SIGIO, shrink);
	if (fcntl(fd, F_NOTIFY, DN_ACCESS) < 0)
		return; /* a kernel without CONFIG_DNOTIFY */
	ck_assert(!sparse_copy(from, to, 4 * MIB, 0600, NULL, &error));
	close(fd);
	ck_assert_ptr_nonnull(strstr(error->message, "its size changed meanwhile"));
	ck_assert(!g_file_test(to, G_FILE_TEST_EXISTS));
}
END_TEST

struct counted {
	const char *to;
	guint calls, limit;
	gboolean unnamed; /* the file system supports O_TMPFILE */
};

static gboolean stop_later(void *data)
{
	struct counted *counted = data;

	if (counted->unnamed)
		ck_assert(!g_file_test(counted->to, G_FILE_TEST_EXISTS));
	return ++counted->calls > counted->limit;
}

/* A copy that is stopped leaves nothing. A complete one has no name before its end. */
START_TEST(a_copy_that_is_stopped)
{
	g_autofree char *from = in_scratch("from"), *to = in_scratch("to");
	int fd = open(scratch, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	struct counted counted = {.to = to, .limit = 2, .unnamed = fd >= 0};
	const struct sparse_stop stop = {stop_later, &counted};
	g_autoptr(GError) error = NULL;

	if (fd >= 0)
		close(fd);
	make_file(from, 8 * MIB);
	ck_assert(!sparse_copy(from, to, 8 * MIB, 0600, &stop, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
	ck_assert_uint_eq(counted.calls, 3);
	ck_assert(!g_file_test(to, G_FILE_TEST_EXISTS));
	counted = (struct counted){.to = to, .limit = G_MAXUINT, .unnamed = fd >= 0};
	ck_assert(sparse_copy(from, to, 8 * MIB, 0600, &stop, NULL));
	ck_assert_uint_ge(counted.calls, 8 * MIB / (64 << 10));
}
END_TEST

TCase *util_sparse_case(void);

TCase *util_sparse_case(void)
{
	TCase *tc = tcase_create("sparse");

	use_scratch(tc);
	tcase_add_test(tc, copies_are_sparse);
	tcase_add_test(tc, copies_that_fail);
	tcase_add_test(tc, a_source_that_shrinks);
	tcase_add_test(tc, a_copy_that_is_stopped);
	return tc;
}
