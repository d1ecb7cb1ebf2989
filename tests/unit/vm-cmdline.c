// SPDX-License-Identifier: GPL-2.0-only
/* Tests QEMU's command line. */
#include "vm/cmdline.h"

#include <check.h>
#include <string.h>

#include "tests/unit/vm-guest.h"
#include "tests/unit/vm.h"

START_TEST(command_line_of_nodes)
{
	const struct vm_chardevs chardevs = {"null", "null", "null", "null"};
	struct vm_config config = config_for();
	g_auto(GStrv) words = NULL;
	g_autofree char *line = NULL;

	config.nodes = 3;
	config.base_nodes = 2;
	config.cpu_nodes = 2;
	config.cmdline = "quiet";
	words = vm_command_line(&config, &chardevs, NULL);
	line = g_strjoinv(" ", words);
	ck_assert_ptr_nonnull(strstr(line, "-m size=1048576K,slots=16,maxmem=16777216K"));
	ck_assert_ptr_nonnull(strstr(line, "-numa node,nodeid=1,memdev=base1,cpus=1,cpus=3"));
	ck_assert_ptr_nonnull(strstr(line, "-numa node,nodeid=2 "));
	ck_assert_ptr_nonnull(strstr(line, "-smp cpus=2,maxcpus=4,sockets=4,cores=1,threads=1 "));
	ck_assert_ptr_nonnull(
		strstr(line, "console=ttyS0,115200 panic=-1 rig.tty=ttyS1 no_timer_check quiet"));
}
END_TEST

/* riscv64-virt needs consecutive CPUs on each node. */
START_TEST(command_line_of_nodes_in_order)
{
	const struct vm_chardevs chardevs = {"null", "null", "null", NULL};
	struct vm_config config = config_for();
	g_auto(GStrv) words = NULL;
	g_autofree char *line = NULL;

	config.machine = machine_find("riscv64-virt", NULL);
	config.max_memory = config.memory;
	config.nodes = config.base_nodes = config.cpu_nodes = 2;
	config.cpus = config.max_cpus = 5;
	words = vm_command_line(&config, &chardevs, NULL);
	line = g_strjoinv(" ", words);
	ck_assert_ptr_nonnull(strstr(line, "nodeid=0,memdev=base0,cpus=0,cpus=1,cpus=2 "));
	ck_assert_ptr_nonnull(strstr(line, "nodeid=1,memdev=base1,cpus=3,cpus=4 "));
}
END_TEST

static const char *const firmware[][3] = {
	{"arm64-virt", "virt,gic-version=3 -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd ",
	 "-append console=ttyAMA0 panic=-1 irqchip.gicv3_pseudo_nmi=1"},
	{"riscv64-virt", "fw_dynamic.bin ",
	 "-append console=ttyS0,115200 panic=-1 earlycon"},
};

START_TEST(command_line_of_firmware)
{
	const struct vm_chardevs chardevs = {"null", "null", "null", NULL};
	struct vm_config config = config_for();
	g_auto(GStrv) words = NULL;
	g_autofree char *line = NULL;

	config.machine = machine_find(firmware[_i][0], NULL);
	config.max_memory = config.memory;
	words = vm_command_line(&config, &chardevs, NULL);
	line = g_strjoinv(" ", words);
	ck_assert(strstr(line, firmware[_i][1]) && strstr(line, firmware[_i][2]));
}
END_TEST

START_TEST(command_line_of_channel_devices)
{
	const struct vm_chardevs chardevs = {"null", "null", "null", NULL};
	struct vm_config config = config_for();
	g_auto(GStrv) words = NULL;
	g_autofree char *line = NULL;

	config.machine = machine_find("s390x-ccw", NULL);
	config.max_memory = 2 * config.memory;
	words = vm_command_line(&config, &chardevs, NULL);
	ck_assert_ptr_nonnull(words);
	line = g_strjoinv(" ", words);
	ck_assert_ptr_nonnull(strstr(line, "-device virtio-serial-ccw,id=ports,max_ports=2 "));
	ck_assert_ptr_nonnull(strstr(line, ",maxmem="));
	ck_assert_ptr_null(strstr(line, "-numa"));
	ck_assert_ptr_null(strstr(line, "pci"));
	ck_assert_ptr_nonnull(strstr(line, "-append console=ttysclp0 panic=-1"));
}
END_TEST

void add_cmdline_tests(TCase *tcase)
{
	tcase_add_test(tcase, command_line_of_nodes);
	tcase_add_test(tcase, command_line_of_nodes_in_order);
	tcase_add_loop_test(tcase, command_line_of_firmware, 0, G_N_ELEMENTS(firmware));
	tcase_add_test(tcase, command_line_of_channel_devices);
}
