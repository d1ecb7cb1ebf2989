// SPDX-License-Identifier: GPL-2.0-only
/* Loads the plugin's shared objects into a fake QEMU and tests conditions of holds. */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/plugin-qemu.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

static const int apis[] = {1, 2, 4, 6, 7};

enum { RDI = 2, GS_BASE = 4 }; /* indices of reg_values */

/*
 * Addresses and offsets in the guest's memory: of tasks, with the offset of their names; of memory
 * block 3, which has 8 sections; and of its device.
 */
#define INIT_TASK 0xffffffff82000000
#define CURRENT 0xffff888000000000
#define COMM 2000
#define SECTIONS 0xffffffff82100000
#define BLOCK 0xffff888000100000
#define DEVICE 0xffff888000200000
#define NAME 0xffff888000300000

static int fd;

/*
 * Loads the plugin with one hold and LINES about its conditions. Returns false if this version of
 * QEMU's interface cannot read registers, so that the plugin refuses.
 */
static bool load_hold(int api, const char *kind, const char *lines,
		      struct qemu_plugin_insn insn[2])
{
	g_autofree char *orders = g_strdup_printf(
		"rig-director 1\nhold 0 %s 1 100 1 0\nat 0 a 1000\nat 0 b 1001\n%s", kind, lines);
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	may_read_registers = true;
	if (load(api, orders, pair[1])) {
		ck_assert_int_lt(api, 4);
		return false;
	}
	ck_assert_int_ge(api, 4);
	fd = pair[0];
	if (api >= 7)
		((void (*)(unsigned, void *))vcpu_init)(0, NULL);
	else
		((void (*)(uint64_t, unsigned))vcpu_init)(1, 0);
	assert_hears(fd, "hello");
	translate_block(insn, 2);
	arm(fd);
	return true;
}

static void reach(struct qemu_plugin_insn *insn, unsigned cpu, uint64_t argument)
{
	reg_values[RDI] = argument;
	insn->cb(cpu, insn->data);
}

static void assert_totals(const char *totals)
{
	g_autofree char *text = g_strdup_printf("totals 0 %s ", totals);

	say(fd, "counts");
	for (;;) {
		g_autofree char *heard = hear(fd);

		if (g_str_has_prefix(heard, "held "))
			continue;
		ck_assert_msg(g_str_has_prefix(heard, text), "received '%s', not '%s'", heard,
			      text);
		break;
	}
	assert_hears(fd, "counted");
}

/* Only a task with the right name waits. */
START_TEST(task_name)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	static const uint64_t current = CURRENT;
	static char idle[16384], task[16384];

	if (!load_hold(apis[_i], "delay", "comm 0 sh*\ntask 100 ffffffff82000000\n", insn))
		return;
	ck_assert_int_eq(insn[0].flags, 1);
	memcpy(idle + COMM, "swapper/0", 10);
	reg_values[GS_BASE] = 0xffff888100000000;
	memory[0] = (struct fake_memory){INIT_TASK, idle, sizeof(idle)};
	memory[1] = (struct fake_memory){reg_values[GS_BASE] + 0x100, &current, sizeof(current)};
	reach(&insn[0], 0, 0);
	assert_totals("1 0 0 0 0 0 0 0 1");
	memory[0] = (struct fake_memory){CURRENT, task, sizeof(task)};
	memcpy(task + COMM, "bash", 5);
	reach(&insn[0], 0, 0);
	memcpy(task + COMM, "shell", 6);
	reach(&insn[0], 0, 0);
	/* reached three times: two tasks did not fit; the wait of the third one expired */
	assert_totals("3 0 1 0 1 0 0 0 2");
	memory[0].bytes = memory[1].bytes = NULL;
	close(fd);
}
END_TEST

static void *wait_there(void *data)
{
	struct qemu_plugin_insn *insn = data;

	insn->cb(0, insn->data);
	return NULL;
}

/* Only a vCPU that reaches the second place with the same argument ends the wait. */
START_TEST(same_argument)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	GThread *thread;

	if (!load_hold(apis[_i], "until", "same 0 a arg 1\nsame 0 b arg 1\n", insn))
		return;
	/* the argument is 0, so the vCPU does not wait */
	reach(&insn[0], 0, 0);
	assert_totals("1 0 0 0 0 0 0 0 1");
	/* a vCPU with another argument does not end the wait, whose 1 ms expires in any case */
	reg_values[RDI] = 0x5000;
	thread = g_thread_new("vcpu", wait_there, &insn[0]);
	g_thread_join(thread);
	reach(&insn[1], 1, 0x6000);
	assert_totals("2 1 1 0 1 0 0 0 1");
	close(fd);
}
END_TEST

/* `same block` finds the block of a struct memory_block. */
START_TEST(same_block)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	static const uint64_t section = 24;
	static const uint32_t per_block = 8, none = 0;

	if (!load_hold(apis[_i], "meet",
		       "same 0 a block 1\nsame 0 b device 1\nsections ffffffff82100000\n", insn))
		return;
	memory[0] = (struct fake_memory){BLOCK, &section, sizeof(section)};
	memory[1] = (struct fake_memory){SECTIONS, &none, sizeof(none)};
	reach(&insn[0], 0, BLOCK);
	assert_totals("1 0 0 0 0 0 0 0 1");
	memory[1] = (struct fake_memory){SECTIONS, &per_block, sizeof(per_block)};
	reach(&insn[0], 0, BLOCK);
	assert_totals("2 0 1 0 1 0 0 0 1");
	memory[0].bytes = memory[1].bytes = NULL;
	close(fd);
}
END_TEST

/* `same block` finds the block of a struct device by the device's name. */
START_TEST(same_device)
{
	static const char *const others[] = {"memory\0\0\0\0\0\0\0\0\0", "memory3x\0\0\0\0\0\0\0",
					     "pci0000:00\0\0\0\0\0"};
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	static const uint64_t name_at = NAME;

	if (!load_hold(apis[_i], "meet", "same 0 a device 1\nsame 0 b device 1\n", insn))
		return;
	memory[0] = (struct fake_memory){DEVICE, &name_at, sizeof(name_at)};
	memory[1] = (struct fake_memory){NAME, others[0], 16};
	/* other devices have no block */
	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		memory[1].bytes = others[i];
		reach(&insn[1], 1, DEVICE);
	}
	assert_totals("0 3 0 0 0 0 0 0 3");
	memory[1].bytes = "memory3\0\0\0\0\0\0\0\0";
	reach(&insn[1], 1, DEVICE);
	assert_totals("0 4 1 0 1 0 0 0 3");
	memory[0].bytes = memory[1].bytes = NULL;
	close(fd);
}
END_TEST

void add_condition_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, task_name, 0, G_N_ELEMENTS(apis));
	tcase_add_loop_test(tcase, same_argument, 0, G_N_ELEMENTS(apis));
	tcase_add_loop_test(tcase, same_block, 0, G_N_ELEMENTS(apis));
	tcase_add_loop_test(tcase, same_device, 0, G_N_ELEMENTS(apis));
}
