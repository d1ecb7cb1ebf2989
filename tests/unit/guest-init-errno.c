// SPDX-License-Identifier: GPL-2.0-only
/* Tests the tables of operations and of their expected errnos. */
#include "tests/unit/guest-init.h"

#include <errno.h>
#include <string.h>

#include "guest-init/agent.h"
#include "guest-init/expected-errno.h"
#include "guest-init/text.h"

static const struct {
	enum op op;
	int error;
	bool legal;
} verdicts[] = {
	{OP_ONLINE, 0, true},		  {OP_ONLINE, EINVAL, true},
	{OP_OFFLINE, EBUSY, true},	  {OP_OFFLINE, ENODEV, true},
	{OP_OFFLINE, EINTR, true},	  {OP_OFFLINE, EIO, false},
	{OP_ONLINE_MOVABLE, EIO, false},  {OP_ONLINE_KERNEL, EFAULT, false},
	{OP_PROBE, EEXIST, true},	  {OP_PROBE, EINVAL, false},
	{OP_PROBE, ENOMEM, false},	  {OP_SLAB_READ, ENOENT, true},
	{OP_SLAB_SHRINK, EINVAL, false},  {OP_CACHE_CREATE, EBUSY, true},
	{OP_CACHE_CREATE, EINVAL, false}, {OP_CPU_OFFLINE, EBUSY, true},
	{OP_CPU_ONLINE, EIO, false},	  {OP_BUSTED, EINVAL, false},
	{OP_BUSTED, ENOENT, false},	  {OP_COUNT, EBUSY, false},
	{OP_NS_MAKE, ECANCELED, true},	  {OP_DAX_MAP, ECANCELED, false},
	{OP_HUGE_NODE, ENOENT, true},	  {OP_HUGE_NODE, ENODEV, true},
	{OP_HUGE_POOL, ENODEV, false},	  {OP_HUGE_POOL, EINTR, false},
	{OP_HUGE_MAP, ENOMEM, true},	  {OP_HUGE_MAP, EFAULT, true},
	{OP_HUGE_UNRESERVED, EFAULT, true}, {OP_HUGE_SURPLUS, EINVAL, true},
};

START_TEST(test_expected_errno)
{
	ck_assert_int_eq(op_expected(verdicts[_i].op, verdicts[_i].error), verdicts[_i].legal);
	ck_assert_int_eq(!!op_expected_why(verdicts[_i].op, verdicts[_i].error),
			 verdicts[_i].legal && verdicts[_i].error);
}
END_TEST

START_TEST(test_op_names)
{
	for (unsigned op = OP_NONE + 1; op < OP_COUNT; op++) {
		const char *name = op_name(op);

		ck_assert_ptr_nonnull(name);
		ck_assert_uint_eq(op_find(name), op);
		ck_assert_msg(!strpbrk(name, " \n"), "'%s' is not a single word", name);
	}
	ck_assert_str_eq(op_name(OP_COUNT + 5), "-");
	ck_assert_uint_eq(op_find("nothing"), OP_NONE);
	ck_assert_str_eq(errno_name(EBUSY), "EBUSY");
	ck_assert_str_eq(errno_name(0), "ok");
	ck_assert_int_eq(errno_number("EHWPOISON"), EHWPOISON);
	ck_assert_int_eq(errno_number("E"), 0);
	ck_assert_int_eq(EHWPOISON, ERRNO_MAX - 1);
}
END_TEST

void add_errno_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, test_expected_errno, 0, countof(verdicts));
	tcase_add_test(tcase, test_op_names);
}
