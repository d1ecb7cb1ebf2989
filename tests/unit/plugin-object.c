// SPDX-License-Identifier: GPL-2.0-only
/* Loads the plugin's shared objects into a fake QEMU and tests what they do. */
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/orders.h"
#include "tests/unit/plugin-qemu.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

static const int apis[] = {1, 2, 4, 6, 7};

START_TEST(shared_object)
{
	/* a nop, a return of one byte, and a jump whose bytes contain a watched address */
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}},
		{0x1001, 1, {0xc3}},
		{0x1002, 5, {0xe9}},
		{0x1007, 1, {0x90}},
		{0x1008, 3, {0x4c, 0x01, 0x8e}},
	};
	struct qemu_plugin_insn far[] = {{0x9000, 4, {0x90}}};
	int pair[2], api = apis[_i];
	g_autofree char *hello = g_strdup_printf("hello %d 0 %d 2 x86_64", api, api);

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(
		load(api,
		     "rig-director 1\nhold 0 until 1 100 1 0\nat 0 a 1000\nreturn 0 b 1000 1002\n"
		     "at 0 b 1004\nupdate 0 b 1007 1009 0\n",
		     pair[1]),
		0);
	assert_hears(pair[0], hello);
	translate_block(far, 1);
	ck_assert_ptr_null(far[0].cb);
	translate_block(insn, G_N_ELEMENTS(insn));
	assert_hears(pair[0], "skewed 0 1004");
	ck_assert_ptr_nonnull(insn[0].cb);
	ck_assert_ptr_nonnull(insn[1].cb);
	ck_assert_ptr_null(insn[2].cb);
	ck_assert_ptr_null(insn[3].cb);
	ck_assert_ptr_null(insn[3].read);
	/*
	 * an instruction that adds to memory; its read counts only after the instruction has
	 * started
	 */
	ck_assert_ptr_nonnull(insn[4].read);
	/* until the plugin is armed, no vCPU waits at a hold and nothing is counted */
	insn[0].cb(0, insn[0].data);
	arm(pair[0]);
	insn[1].cb(1, insn[1].data);
	insn[0].cb(0, insn[0].data);
	assert_hears(pair[0], "held 0 a 0 ");
	insn[4].read(1, 0, 0xffff, insn[4].read_data);
	insn[4].cb(1, insn[4].data);
	insn[4].read(1, 0, 0xffff, insn[4].read_data);
	insn[4].read(1, 0, 0xffff, insn[4].read_data);
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 1 2 1 0 1 0 0 ");
	assert_hears(pair[0], "counted");
	/* when the rig ends, waiting vCPUs continue */
	close(pair[0]);
}
END_TEST

/* The socket is not read and fills: the plugin continues and counts what it dropped. */
START_TEST(socket_is_full)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	g_autofree char *orders = NULL;
	int pair[2], small = 1;
	guint held, lines = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	orders =
		g_strdup_printf("rig-director 1\nhold 0 until 1 %d 1 0\nat 0 a 1000\nat 0 b 1001\n",
				HOLD_TIMES_MAX);
	ck_assert_int_eq(load(1, orders, pair[1]), 0);
	translate_block(insn, 2);
	assert_hears(pair[0], "hello");
	arm(pair[0]);
	for (int i = 0; i < 1000000; i++)
		insn[1].cb(1, insn[1].data);
	for (held = 0; held < DIRECTOR_LOG_MAX + 50; held++)
		insn[0].cb(0, insn[0].data);
	while (lines <= DIRECTOR_LOG_MAX) {
		char line[DIRECTOR_LINE_MAX];

		if (recv(pair[0], line, sizeof(line), MSG_DONTWAIT) <= 0)
			break;
		lines++;
	}
	ck_assert_uint_le(lines, DIRECTOR_LOG_MAX);
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 ");
	close(pair[0]);
}
END_TEST

/* A vCPU waits only at the second update (read-modify-write) after a function's entry. */
START_TEST(second_update)
{
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}},
		{0x1001, 3, {0x4c, 0x01, 0x8e}},
		{0x1004, 3, {0x4c, 0x01, 0x8e}},
		{0x2000, 1, {0x90}},
	};
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(
		load(4,
		     "rig-director 1\nhold 0 until 1 100 1 0\nupdate 0 b 1000 1007 2\n"
		     "at 0 a 2000\n",
		     pair[1]),
		0);
	assert_hears(pair[0], "hello");
	translate_block(insn, 3);
	translate_block(insn + 3, 1);
	arm(pair[0]);
	for (int round = 0; round < 2; round++) {
		insn[0].cb(1, insn[0].data);
		for (int i = 1; i < 3; i++) {
			insn[i].cb(1, insn[i].data);
			insn[i].read(1, 0, 0xffff, insn[i].read_data);
		}
		/* at the third update after the entry, no vCPU waits */
		insn[2].cb(1, insn[2].data);
		insn[2].read(1, 0, 0xffff, insn[2].read_data);
	}
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 0 2 0 ");
	close(pair[0]);
}
END_TEST

/*
 * Three holds at updates (read-modify-writes) of the same function: each, the first, and the second
 * one.
 */
START_TEST(updates_of_one_function)
{
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}},
		{0x1001, 3, {0x4c, 0x01, 0x8e}},
		{0x1004, 3, {0x4c, 0x01, 0x8e}},
		{0x1007, 3, {0x4c, 0x01, 0x8e}},
	};
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(load(4,
			      "rig-director 1\nhold 0 until 1 100 1 0\nhold 1 until 1 100 1 0\n"
			      "hold 2 until 1 100 1 0\nupdate 0 b 1000 100a 0\n"
			      "update 1 b 1000 100a 1\nupdate 2 b 1000 100a 2\n"
			      "at 0 a 2000\nat 1 a 2000\nat 2 a 2000\n",
			      pair[1]),
			 0);
	assert_hears(pair[0], "hello");
	translate_block(insn, 4);
	arm(pair[0]);
	/* another vCPU is in the function at the same time */
	execute(&insn[0], 1);
	execute(&insn[1], 1);
	for (int i = 0; i < 4; i++)
		execute(&insn[i], 0);
	execute(&insn[2], 1);
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 0 5 0 ");
	assert_hears(pair[0], "totals 1 0 2 0 ");
	assert_hears(pair[0], "totals 2 0 2 0 ");
	close(pair[0]);
}
END_TEST

static void call(struct qemu_plugin_insn *insn, uint64_t lock)
{
	reg_values[2] = lock;
	insn->cb(0, insn->data);
}

/*
 * Locks A and B are recorded, whose addresses are in registers. A is acquired by a call that can
 * fail.
 */
START_TEST(recorder)
{
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}},
		{0x1001, 1, {0xc3}},
		{0x1002, 1, {0x90}},
	};
	int pair[2], api = apis[_i];
	g_autofree char *path = in_scratch("locks"), *text = NULL;
	int file = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	may_read_registers = true;
	if (load_with(api,
		      "rig-director 1\nrecord 16384 ffffffff81000000 ffffffff83000000 "
		      "ffffffff81000000 ffffffff82000000\nlock may w - 1000 0\n"
		      "lockret 1000 1002\nlock want r - 1002 0\n",
		      pair[1], file)) {
		/* this version of the interface cannot read registers */
		ck_assert_int_lt(api, 4);
		return;
	}
	ck_assert_int_ge(api, 4);
	if (api >= 7)
		((void (*)(unsigned, void *))vcpu_init)(0, NULL);
	else
		((void (*)(uint64_t, unsigned))vcpu_init)(1, 0);
	assert_hears(pair[0], "hello");
	translate_block(insn, G_N_ELEMENTS(insn));
	reg_values[3] = 0xffffc90000003000;
	call(&insn[0], 0xffffffff82000100);
	insn[1].cb(0, insn[1].data);
	call(&insn[2], 0xffffffff82000200);
	say(pair[0], "locks");
	assert_hears(pair[0], "locks 1");
	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	ck_assert_str_eq(text, "rig-locks 1\ncounts 2 0 0 0 0 0 0\n"
			       "class static 0 --w ffffffff82000100 -\n"
			       "class static 0 -r- ffffffff82000200 -\n"
			       "edge 0 1 ffffffff81000123 ffffffff81000123 ffffffff81000123 "
			       "ffffffff81000123 ffffffff81000123 ffffffff81000123\n"
			       "pair ffffffff82000100 ffffffff82000200 1 4\nend\n");
	close(pair[0]);
}
END_TEST

/*
 * Spinlocks: A is held when an interrupt begins on the same stack, acquires and releases B, and
 * ends with the return of a function. Then the task acquires B.
 */
START_TEST(recorder_of_spinlocks)
{
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}, {0x1002, 1, {0x90}},
		{0x1003, 1, {0x90}}, {0x1004, 1, {0xc3}},
	};
	int pair[2];
	g_autofree char *path = in_scratch("locks"), *text = NULL;
	int file = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	may_read_registers = true;
	ck_assert_int_eq(load_with(4,
				   "rig-director 1\nrecord 16384 ffffffff81000000 "
				   "ffffffff83000000 ffffffff81000000 ffffffff82000000\n"
				   "lock want w s 1000 0\nlock drop w s 1001 0\n"
				   "lock begin r - 1002 0\nlock end r - 1003 0\n"
				   "lockret 1003 1005\n",
				   pair[1], file),
			 0);
	((void (*)(uint64_t, unsigned))vcpu_init)(1, 0);
	assert_hears(pair[0], "hello");
	translate_block(insn, G_N_ELEMENTS(insn));
	reg_values[3] = 0xffffc90000003000;
	call(&insn[0], 0xffffffff82000100);
	reg_values[3] -= 0x100;
	insn[2].cb(0, insn[2].data);
	call(&insn[0], 0xffffffff82000200);
	call(&insn[1], 0xffffffff82000200);
	insn[3].cb(0, insn[3].data);
	insn[4].cb(0, insn[4].data);
	say(pair[0], "locks");
	assert_hears(pair[0], "locks 0");
	call(&insn[0], 0xffffffff82000200);
	say(pair[0], "locks");
	assert_hears(pair[0], "locks 1");
	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	ck_assert(g_str_has_prefix(
		text, "rig-locks 1\ncounts 3 1 0 0 0 0 0\n"
		      "class static 0 --ws ffffffff82000100 ffffffff81000123\n"
		      "class static 0 --ws ffffffff82000200 ffffffff81000123\nedge 0 1 "));
	close(pair[0]);
}
END_TEST

static const char two_fails[] =
	"rig-director 1\nfail 0 2 1 fffffffffffffff4 now -\nfail 1 1 2 0 later kworker*\n"
	"failin 1 ffffffff81000100 ffffffff81000124\nfailat 0 1000\nfailat 1 1001\n"
	"task 100 ffffffff82000000\n";

/*
 * Loads the plugin with two_fails, and translates the two functions. Returns false if the plugin
 * refuses the instructions.
 */
static bool load_fails(int api, int fd[2], struct qemu_plugin_insn insn[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	if (load(api, two_fails, fd[1])) {
		/* this version of the interface cannot write registers */
		ck_assert_int_lt(api, 7);
		return false;
	}
	ck_assert_int_ge(api, 7);
	((void (*)(unsigned, void *))vcpu_init)(0, NULL);
	assert_hears(fd[0], "hello");
	translate_block(insn, 2);
	ck_assert_int_eq(insn[0].flags, 3);
	reg_values[3] = 0xffffc90000003000;
	return true;
}

/*
 * Sends LINE and waits until the plugin has handled it. FIRST and SECOND are the expected totals of
 * the two `fail` lines.
 */
static void tell(int fd, const char *line, const char *first, const char *second)
{
	say(fd, line);
	say(fd, "counts");
	assert_hears(fd, first);
	assert_hears(fd, second);
	assert_hears(fd, "counted");
}

/* Only the second call of a function fails. */
START_TEST(failed_call)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	int pair[2];
	uint64_t pc;

	if (!load_fails(apis[_i], pair, insn))
		return;
	/* the plugin is not armed yet */
	ck_assert(!sets_pc(&insn[0], &pc));
	tell(pair[0], "arm", "calls 0 0 0", "calls 1 0 0");
	ck_assert(!sets_pc(&insn[0], &pc));
	ck_assert(sets_pc(&insn[0], &pc));
	ck_assert_uint_eq(pc, RETURN_ADDRESS);
	ck_assert_uint_eq(reg_values[0], (uint64_t)-12);
	ck_assert_uint_eq(reg_values[3], 0xffffc90000003008);
	assert_hears(pair[0], "failed 0 0 ");
	ck_assert(!sets_pc(&insn[0], &pc));
	tell(pair[0], "disarm", "calls 0 3 1", "calls 1 0 0");
	close(pair[0]);
}
END_TEST

/* Only calls by tasks with a certain name fail, and only after a step has begun. */
START_TEST(failed_calls_of_tasks)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	static const uint64_t current = 0xffff888000000000;
	static char idle[16384], task[16384];
	g_autofree char *heard = NULL;
	int pair[2];
	uint64_t pc;

	if (!load_fails(apis[_i], pair, insn))
		return;
	tell(pair[0], "arm", "calls 0 0 0", "calls 1 0 0");
	/* the name of init_task shows the offset of the name in task_struct */
	memcpy(idle + 2000, "swapper/0", 10);
	memcpy(task + 2000, "kworker/0:1", 12);
	reg_values[4] = 0xffff888100000000;
	memory[0] = (struct fake_memory){0xffffffff82000000, idle, sizeof(idle)};
	memory[1] = (struct fake_memory){reg_values[4] + 0x100, &current, sizeof(current)};
	/* the step of this `fail` line has not begun */
	ck_assert(!sets_pc(&insn[1], &pc));
	tell(pair[0], "begin 1", "calls 0 0 0", "calls 1 0 0");
	/* the memory of the current task is not mapped */
	ck_assert(!sets_pc(&insn[1], &pc));
	memory[0] = (struct fake_memory){current, task, sizeof(task)};
	ck_assert(sets_pc(&insn[1], &pc));
	ck_assert_uint_eq(reg_values[0], 0);
	heard = hear(pair[0]);
	ck_assert(g_str_has_suffix(heard, " 1 ffffffff81000123 kworker/0:1"));
	memcpy(task + 2000, "sh", 3);
	ck_assert(!sets_pc(&insn[1], &pc));
	memory[0].bytes = memory[1].bytes = NULL;
	close(pair[0]);
}
END_TEST

static const char two_arms[] = "rig-director 1\nhold 0 delay 1 9 1 0\nhold 1 delay 1 9 1 0\n"
			       "sweep 0 0 1 60000\nat 0 a 1000\nat 1 a 1001\n";

/*
 * In a sweep, vCPUs wait at the arms (holds) whose turn it is, and the rig gets a line about each
 * turn.
 */
START_TEST(sweep)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(load(apis[_i], two_arms, pair[1]), 0);
	assert_hears(pair[0], "hello");
	translate_block(insn, 2);
	say(pair[0], "arm");
	say(pair[0], "counts");
	assert_hears(pair[0], "counted");
	insn[1].cb(1, insn[1].data);
	assert_hears(pair[0], "turn 0");
	insn[0].cb(0, insn[0].data);
	assert_hears(pair[0], "held 0 a 0 ");
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 1 0 1 0 1 0 0 ");
	close(pair[0]);
}
END_TEST

START_TEST(bad_file)
{
	ck_assert_int_ne(load(1, "rig-director 1\nfly\n", -1), 0);
}
END_TEST

void add_object_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, shared_object, 0, G_N_ELEMENTS(apis));
	tcase_add_loop_test(tcase, recorder, 0, G_N_ELEMENTS(apis));
	tcase_add_test(tcase, recorder_of_spinlocks);
	tcase_add_loop_test(tcase, failed_call, 0, G_N_ELEMENTS(apis));
	tcase_add_loop_test(tcase, failed_calls_of_tasks, 0, G_N_ELEMENTS(apis));
	tcase_add_test(tcase, socket_is_full);
	tcase_add_test(tcase, second_update);
	tcase_add_test(tcase, updates_of_one_function);
	tcase_add_loop_test(tcase, sweep, 0, G_N_ELEMENTS(apis));
	tcase_add_test(tcase, bad_file);
}
