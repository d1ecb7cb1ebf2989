// SPDX-License-Identifier: GPL-2.0-only
/* Tests the plugin's instruction file, and the recognition of instructions. */
#include <check.h>
#include <string.h>

#include "plugin/insn.h"
#include "plugin/orders.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

static const char *read_text(struct orders *orders, const char *text)
{
	g_autofree char *path = in_scratch("orders");

	ck_assert(g_file_set_contents(path, text, -1, NULL));
	memset(orders, 0, sizeof(*orders));
	return orders_read(orders, path);
}

START_TEST(good_orders)
{
	g_autofree struct orders *orders = g_new0(struct orders, 1);

	ck_assert_ptr_null(read_text(
		orders, "rig-director 1\nhold 0 until 400 100 16 0\nhold 1 meet 1 1 1 1\n"
			"hold 2 delay 7 1 1 0\nsweep 1 2 3 100\npct 7 2\n"
		"comm 1 kworker*\nsame 0 a arg 2\nsame 0 b block 1\nsections ffffffff82001000\n"
		"task - ffffffff82000000\n"
			"at 1 b ffffffff81000010\nreturn 0 a ffffffff81000000 ffffffff81000020\n"
			"update 1 a ffffffff81000012 ffffffff81000018 2\n"
			"thunk ffffffff82000000\nvisit 0 ffffffff81000100\n"
			"visit 0 ffffffff81000200\n"));
	ck_assert_uint_eq(orders->n_holds, 3);
	ck_assert_int_eq(orders->hold[2].kind, HOLD_DELAY);
	ck_assert_uint_eq(orders->sweep.arms, 1);
	ck_assert_str_eq(orders->condition[1].comm, "kworker*");
	ck_assert_int_eq(orders->condition[0].key[SIDE_A].kind, KEY_ARG);
	ck_assert_uint_eq(orders->condition[0].key[SIDE_A].arg, 1);
	ck_assert_int_eq(orders->condition[0].key[SIDE_B].kind, KEY_BLOCK);
	ck_assert(orders->hold[0].same && !orders->hold[1].same && orders->task_is_register);
	ck_assert_uint_eq(orders->init_task, 0xffffffff82000000);
	ck_assert_uint_eq(orders->sections_per_block, 0xffffffff82001000);
	ck_assert_uint_eq(orders->sweep.turns, 2);
	ck_assert_uint_eq(orders->sweep.slots, 3);
	ck_assert_int_eq(orders->sweep.window_ns, 100000000);
	ck_assert_int_eq(orders->sweep.pct.round_ns, 100000000);
	ck_assert_uint_eq(orders->sweep.pct.random, 7);
	ck_assert_uint_eq(orders->sweep.pct.points, 2);
	ck_assert_uint_eq(orders->n_watches, 5);
	ck_assert_uint_eq(orders->n_visits, 1);
	ck_assert_int_eq(orders->watch[2].kind, WATCH_UPDATE);
	ck_assert_uint_eq(orders->watch[2].nth, 2);
	ck_assert_uint_eq(orders->hold[1].after, 1);
	ck_assert_uint_eq(orders->watch[0].to, 0xffffffff81000020);
	ck_assert_uint_eq(orders->longest, 0x20);
	ck_assert_uint_eq(orders->thunk, 0xffffffff82000000);
	ck_assert_uint_eq(orders->hold[0].visits, 16);
	/* an address within a range, one after it, one after all ranges */
	ck_assert_uint_eq(orders_first(orders, 0xffffffff81000004), 0);
	ck_assert_uint_eq(orders_first(orders, 0xffffffff81000024), 1);
	ck_assert_uint_eq(orders_first(orders, 0xffffffff81000050), 3);
}
END_TEST

START_TEST(cover_orders)
{
	static const char *const bad[] = {
		"cover ffffffff81000000",
		"cover ffffffff81000000 ffffffff81000000",
		"cover ffffffff81000010 ffffffff81000000",
		"cover ffffffff81000000 ffffffff81000010 1",
		"cover 0 ffffffffffffffff",
	};
	g_autofree struct orders *orders = g_new0(struct orders, 1);

	ck_assert_ptr_null(
		read_text(orders, "rig-director 1\ncover ffffffff81000000 ffffffff82000000\n"));
	ck_assert_uint_eq(orders->cover_from, 0xffffffff81000000);
	ck_assert_uint_eq(orders->cover_to, 0xffffffff82000000);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = g_strdup_printf("rig-director 1\n%s\n", bad[i]);

		ck_assert_ptr_nonnull(read_text(orders, text));
	}
}
END_TEST

START_TEST(lock_orders)
{
	g_autofree struct orders *orders = g_new0(struct orders, 1);

	ck_assert_ptr_null(read_text(
		orders,
		"rig-director 1\nrecord 16384 ffffffff81000000 ffffffff83000000 "
		"ffffffff81000000 ffffffff82000000\n"
		"lock may w n ffffffff81000010 0\nlockret ffffffff81000010 ffffffff81000040\n"
		"lock await r k ffffffff81000020 ffffffff82000000\n"
		"lock named w sq ffffffff81000030 0\nlock end r - ffffffff81000038 0\n"));
	ck_assert(orders->records);
	ck_assert_uint_eq(orders->n_locks, 4);
	ck_assert_uint_eq(orders->n_watches, 5);
	ck_assert(orders->lock[2].spin && orders->lock[2].outer && !orders->lock[0].spin);
	ck_assert_int_eq(orders->lock[3].op, LOCKS_END);
	ck_assert_int_eq(orders->lock[0].op, LOCKS_MAY);
	ck_assert(orders->lock[0].write && orders->lock[0].nested && !orders->lock[0].kernfs);
	ck_assert_uint_eq(orders->lock[1].constant, 0xffffffff82000000);
	ck_assert_ptr_null(read_text(orders,
				     "rig-director 1\ntrap 400\nmember node 0 0 *\n"
				     "member static ffffffff82000000 ffffffff82000020 -\n"));
	ck_assert_uint_eq(orders->n_members, 2);
	ck_assert_uint_eq(orders->trap_ms, 400);
	ck_assert_int_eq(orders->member[0].kind, LOCKS_BY_NODE);
	ck_assert_uint_eq(orders->member[1].to, 0xffffffff82000020);
}
END_TEST

START_TEST(fail_orders)
{
	g_autofree struct orders *orders = g_new0(struct orders, 1);
	uint64_t number;

	ck_assert_ptr_null(read_text(orders,
				     "rig-director 1\nfail 0 3 2 fffffffffffffff4 now sh\n"
				     "failat 0 ffffffff81000010\nfailin 0 1000 2000\n"
				     "failin 0 3000 4000\ntask 1fac0 ffffffff82000000\n"));
	ck_assert_uint_eq(orders->fails.n, 1);
	ck_assert_int_eq(orders->watch[0].kind, WATCH_FAIL);
	ck_assert_uint_eq(orders->fails.fail[0].value, (uint64_t)-12);
	ck_assert_uint_eq(orders->current, 0x1fac0);
	ck_assert(!fails_call(&orders->fails, 0, 0x1000, "sh", &number));
	orders->fails.armed = true;
	/* only calls from these callers and tasks count */
	ck_assert(!fails_call(&orders->fails, 0, 0x2000, "sh", &number));
	ck_assert(!fails_call(&orders->fails, 0, 0x1000, "shell", &number));
	ck_assert(!fails_call(&orders->fails, 0, 0x1000, NULL, &number));
	for (int i = 1; i <= 6; i++)
		ck_assert_int_eq(fails_call(&orders->fails, 0, i & 1 ? 0x1fff : 0x3000, "sh",
					    &number),
				 i == 3 || i == 4);
	ck_assert_uint_eq(number, 6);
	ck_assert_uint_eq(orders->fails.fail[0].failed, 2);
}
END_TEST

/* With the number of times 0, calls are counted, and none of them fails. */
START_TEST(counted_calls)
{
	g_autofree struct orders *orders = g_new0(struct orders, 1);
	uint64_t number = 0;

	ck_assert_ptr_null(read_text(orders, "rig-director 1\nfail 0 1 0 fffffffffffffff4 now -\n"
					     "failat 0 ffffffff81000010\n"));
	orders->fails.armed = true;
	for (guint i = 0; i < FAIL_CALL_MAX + 1; i++)
		ck_assert(!fails_call(&orders->fails, 0, 0, NULL, &number));
	ck_assert_uint_eq(number, FAIL_CALL_MAX + 1);
	ck_assert_uint_eq(orders->fails.fail[0].failed, 0);
}
END_TEST

#define ONE_HOLD "rig-director 1\nhold 0 until 1 1 1 0\n"

static const char *const bad[] = {
	"",
	"rig-director 2\n",
	"rig-director 1\nhold 1 until 1 1 1 0\n",
	"rig-director 1\nhold 0 until 501 1 1 0\n",
	"rig-director 1\nhold 0 until 1 1 1 0 0\n",
	"rig-director 1\nhold 0 until 1 1 1\n",
	"rig-director 1\nhold 0 until 1 1 1 1\n",
	"rig-director 1\nhold 0 until 1 1 0 0\n",
	"rig-director 1\nhold 0 never 1 1 1 0\n",
	"rig-director 1\nrecord 12345 1 2 3 4\n",
	"rig-director 1\nlock grab w - 1000 0\n",
	"rig-director 1\nlock want w - 0 0\n",
	"rig-director 1\nlockret 1000 1000\n",
	"rig-director 1\ntrap 501\n",
	"rig-director 1\nmember fish 0 0 *\n",
	"rig-director 1\nmember node 0 0\n",
	"rig-director 1\nat 0 a ffff\n",
	ONE_HOLD "at 0 c ffff\n",
	ONE_HOLD "at 0 a 0\n",
	ONE_HOLD "at 0 a ffff x\n",
	ONE_HOLD "return 0 a 20 10\n",
	ONE_HOLD "update 0 a 20 10 0\n",
	ONE_HOLD "update 0 a 10 20\n",
	"rig-director 1\nfly away\n",
	"rig-director 1\nfail 1 1 1 0 now -\n",
	"rig-director 1\nfail 0 0 1 0 now -\n",
	"rig-director 1\nfail 0 1 1000001 0 now -\n",
	"rig-director 1\nfail 0 1 1 0 now\n",
	"rig-director 1\nfail 0 1 1 0 now a-name-of-16byte\n",
	"rig-director 1\nfailat 0 1000\n",
	"rig-director 1\nfail 0 1 1 0 now -\nfailat 0 0\n",
	"rig-director 1\nfail 0 1 1 0 now -\nfailin 0 10 10\n",
	"rig-director 1\ntask 10\n",
	"rig-director 1\nthunk\n",
	"rig-director 1\nvisit 1 ffff\n",
	"rig-director 1\nvisit 0 0\n",
	ONE_HOLD "sweep 0 1 1\n",
	ONE_HOLD "sweep 1 0 1 9\n",
	ONE_HOLD "sweep 0 2 1 9\n",
	ONE_HOLD "sweep 0 0 0 9\n",
	ONE_HOLD "sweep 0 0 1 0\n",
	ONE_HOLD "pct 1 2\n",
	ONE_HOLD "comm 1 sh\n",
	ONE_HOLD "comm 0 a-name-of-16byte\n",
	ONE_HOLD "same 0 c arg 1\n",
	ONE_HOLD "same 0 a arg 5\n",
	ONE_HOLD "same 0 a arg 0\n",
	ONE_HOLD "same 0 a lock 1\n",
	ONE_HOLD "same 1 a arg 1\n",
	"rig-director 1\nsections x\n",
	"rig-director 1\ntask -\n",
	ONE_HOLD "sweep 0 0 1 9\npct 0 2\n",
	ONE_HOLD "sweep 0 0 1 9\npct 1 17\n",
	ONE_HOLD "sweep 0 0 1 9\npct 1\n",
};

START_TEST(bad_orders)
{
	g_autofree struct orders *orders = g_new0(struct orders, 1);
	g_autofree char *long_file = g_strnfill(DIRECTOR_FILE_MAX + 1, '\n');
	g_autoptr(GString) many = g_string_new(ONE_HOLD);

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		ck_assert_msg(read_text(orders, bad[i]) != NULL, "taken: %s", bad[i]);
	ck_assert_ptr_nonnull(read_text(orders, long_file));
	for (int i = 0; i <= DIRECTOR_WATCHES_MAX; i++)
		g_string_append(many, "at 0 a ffff\n");
	ck_assert_ptr_nonnull(read_text(orders, many->str));
	ck_assert_ptr_nonnull(orders_read(orders, "/nonexistent"));
}
END_TEST

START_TEST(return_instructions)
{
	const uint8_t ret[] = {0xc3}, jump[] = {0xe9, 0xfb, 0x0f, 0, 0},
		      blr[] = {0x20, 0, 0x80, 0x4e};
	const uint8_t arm[] = {0xc0, 3, 0x5f, 0xd6};
	const uint8_t restore[] = {0x10, 0, 0, 0x48}, call[] = {0x11, 0, 0, 0x48},
		      back[] = {0xf4, 0xff, 0xff, 0x4b};
	const uint8_t jalr[] = {0x67, 0x80, 0, 0}, jr[] = {0x82, 0x80};

	ck_assert(insn_is_return(insn_form_of("x86_64"), ret, 1, 0x1000, 0));
	ck_assert(insn_is_return(insn_form_of("x86_64"), jump, 5, 0x1000, 0x2000));
	ck_assert(!insn_is_return(insn_form_of("x86_64"), jump, 5, 0x1000, 0x2001));
	ck_assert(!insn_is_return(insn_form_of("x86_64"), jump, 5, 0x1000, 0));
	ck_assert(insn_is_return(insn_form_of("ppc64"), blr, 4, 0x1000, 0));
	/* at 0x1000: a branch to 0x1010 (`restore`), and a call of 0x1010 (`call`) */
	ck_assert(insn_is_return(insn_form_of("ppc64"), restore, 4, 0x1000, 0x1000));
	ck_assert(!insn_is_return(insn_form_of("ppc64"), restore, 4, 0x1000, 0x1014));
	ck_assert(!insn_is_return(insn_form_of("ppc64"), restore, 4, 0x1000, 0));
	ck_assert(!insn_is_return(insn_form_of("ppc64"), call, 4, 0x1000, 0x1000));
	ck_assert(insn_is_return(insn_form_of("ppc64"), back, 4, 0x1010, 0x1000));
	ck_assert(insn_is_return(insn_form_of("aarch64"), arm, 4, 0x1000, 0));
	ck_assert(insn_is_return(insn_form_of("riscv64"), jalr, 4, 0x1000, 0));
	ck_assert(insn_is_return(insn_form_of("riscv64"), jr, 2, 0x1000, 0));
	ck_assert(!insn_is_return(insn_form_of("riscv64"), arm, 4, 0x1000, 0));
	ck_assert(!insn_is_return(insn_form_of("mips"), jalr, 4, 0x1000, 0));
}
END_TEST

START_TEST(update_instructions)
{
	static const struct {
		uint8_t code[6];
		gboolean is_update;
	} cases[] = {
		{{0x4c, 0x01, 0x8e}, TRUE},	   /* add %r9,0x90(%rsi) */
		{{0x4d, 0x29, 0x48, 0x20}, TRUE},  /* sub %r9,0x20(%r8) */
		{{0x83, 0x40, 0x10, 0x01}, TRUE},  /* addl $1,0x10(%rax) */
		{{0x83, 0x78, 0x10, 0x01}, FALSE}, /* cmpl $1,0x10(%rax) */
		{{0xff, 0x40, 0x10}, TRUE},	   /* incl 0x10(%rax) */
		{{0xff, 0x50, 0x10}, FALSE},	   /* call *0x10(%rax) */
		{{0x48, 0x01, 0xc8}, FALSE},	   /* add %rcx,%rax */
		{{0x48, 0x03, 0x08}, FALSE},	   /* add (%rax),%rcx */
		{{0xf0, 0x48, 0x01, 0x08}, FALSE}, /* lock add %rcx,(%rax) */
		{{0x48, 0x8b, 0x07}, FALSE},	   /* mov (%rdi),%rax */
		{{0x5b}, FALSE},		   /* pop %rbx */
		{{0x48}, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		ck_assert_msg(insn_is_update(insn_form_of("x86_64"), cases[i].code,
					     i == 11 ? 1 : 6) == cases[i].is_update,
			      "case %u", i);
	ck_assert(insn_is_update(insn_form_of("ppc64"), cases[0].code, 4));
}
END_TEST

void add_order_tests(TCase *tcase)
{
	tcase_add_test(tcase, good_orders);
	tcase_add_test(tcase, cover_orders);
	tcase_add_test(tcase, lock_orders);
	tcase_add_test(tcase, fail_orders);
	tcase_add_test(tcase, counted_calls);
	tcase_add_test(tcase, bad_orders);
	tcase_add_test(tcase, return_instructions);
	tcase_add_test(tcase, update_instructions);
}
