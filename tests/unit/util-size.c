// SPDX-License-Identifier: GPL-2.0-only
/* Tests the texts of sizes. */
#include <check.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/size.h"

static const struct {
	const char *text;
	guint64 bytes;
	const char *back;
} good_sizes[] = {
	{"0", 0, "0"},
	{"4096", 4096, "4K"},
	{"256M", 268435456, "256M"},
	{"256m", 268435456, "256M"},
	{"1GiB", 1073741824, "1G"},
	{"1536M", 1610612736, "1536M"},
	{"2TB", 2199023255552, "2T"},
	{"1000", 1000, "1000"},
	{"16777215T", 16777215ull << 40, "16777215T"},
};

START_TEST(size_good)
{
	guint64 bytes;
	g_autofree char *back = NULL;

	ck_assert(rig_size_parse(good_sizes[_i].text, &bytes, NULL));
	ck_assert_uint_eq(bytes, good_sizes[_i].bytes);
	back = rig_size_text(bytes);
	ck_assert_str_eq(back, good_sizes[_i].back);
}
END_TEST

static const char *const bad_sizes[] = {"",
					"M",
					"-1",
					"+1",
					"1X",
					"1MM",
					"1 M",
					"0x10",
					"1.5G",
					"16777216T",
					"99999999999999999999",
					"256Mi B",
					"256iB"};

START_TEST(size_bad)
{
	g_autoptr(GError) error = NULL;
	guint64 bytes = 7;

	ck_assert(!rig_size_parse(bad_sizes[_i], &bytes, &error));
	ck_assert_uint_eq(bytes, 7);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

TCase *util_size_case(void);

TCase *util_size_case(void)
{
	TCase *tc = tcase_create("size");

	tcase_add_loop_test(tc, size_good, 0, G_N_ELEMENTS(good_sizes));
	tcase_add_loop_test(tc, size_bad, 0, G_N_ELEMENTS(bad_sizes));
	return tc;
}
