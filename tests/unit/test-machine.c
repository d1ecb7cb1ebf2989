// SPDX-License-Identifier: GPL-2.0-only
/* Tests the table of machines, and the choice of the accelerator. */
#include "machine/machine.h"

#include <check.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

START_TEST(descriptors_are_whole)
{
	const struct machine *m = machines[_i];

	ck_assert_ptr_eq(machine_find(m->name, NULL), m);
	ck_assert(m->arch && m->about && m->emulator && m->type && m->image && m->console);
	ck_assert_uint_gt(m->min_memory, 0);
	ck_assert_uint_gt(m->dimm_unit, 0);
	/* each machine needs a channel for the frames */
	ck_assert(m->fallback_tty || (m->can & MACHINE_VIRTIO_CONSOLE));
	if (m->can & MACHINE_VIRTIO_MEM) {
		ck_assert(m->virtio_mem_unit);
		/* a PCI device needs a root port, a channel device needs no bus */
		ck_assert(m->hot_buses || strcmp(machine_transport(m), "pci"));
	}
	for (const struct machine_since *row = m->since; row && row->can; row++)
		ck_assert_uint_eq(m->can & row->can, row->can);
	for (const struct machine_mode *mode = m->modes; mode && mode->name; mode++) {
		gboolean named = (m->firmwares && g_strv_contains(m->firmwares, mode->name)) ||
				 (m->mmus && g_strv_contains(m->mmus, mode->name));

		ck_assert_msg(named, "%s has a mode '%s' that cannot be selected", m->name,
			      mode->name);
	}
	/* the machine itself is the default, and the others have the same name */
	ck_assert(!m->paged || m->paged[0] == m);
	for (guint i = 0; m->paged && m->paged[i]; i++) {
		const struct machine *paged = m->paged[i];

		ck_assert_str_eq(paged->name, m->name);
		ck_assert_ptr_eq(paged->paged[0], m);
		ck_assert(g_strv_contains(paged->needs, paged->page_option));
		ck_assert_int_eq(!paged->page_fragment, i == 0);
	}
}
END_TEST

START_TEST(unknown_machine_lists_names)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(machine_find("vax", &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	for (int i = 0; machines[i]; i++)
		ck_assert_ptr_nonnull(strstr(error->message, machines[i]->name));
}
END_TEST

START_TEST(choices)
{
	const struct machine *m = machine_find("pseries", NULL);
	g_autoptr(GError) error = NULL;
	const char *picked = "untouched";

	ck_assert(machine_pick(m->firmwares, "firmware", NULL, &picked, NULL));
	ck_assert_str_eq(picked, "vof");
	ck_assert_str_eq(machine_mode(m, picked)->type, ",x-vof=on");
	ck_assert(machine_pick(m->mmus, "MMU mode", "hash", &picked, NULL));
	ck_assert_str_eq(machine_mode(m, picked)->cmdline, "disable_radix=yes");
	ck_assert_ptr_null(machine_mode(m, "slof")->type);
	ck_assert(!machine_pick(m->mmus, "MMU mode", "soft", &picked, &error));
	ck_assert_str_eq(picked, "hash");
	ck_assert_ptr_nonnull(strstr(error->message, "radix, hash"));
	ck_assert(
		machine_pick(machine_find("pc-q35", NULL)->mmus, "MMU mode", NULL, &picked, NULL));
	ck_assert_ptr_null(picked);
}
END_TEST

START_TEST(page_sizes)
{
	const struct machine *m = machine_find("arm64-virt", NULL), *paged = NULL;
	g_autoptr(GError) error = NULL, no_choice = NULL;

	ck_assert(machine_with_pages(m, NULL, &paged, NULL));
	ck_assert_ptr_eq(paged, m);
	ck_assert(machine_with_pages(m, "4k", &paged, NULL));
	ck_assert_ptr_eq(paged, m);
	ck_assert(machine_with_pages(m, "64k", &paged, NULL));
	ck_assert_str_eq(paged->name, m->name);
	ck_assert_uint_eq(paged->dimm_unit, 512 << 20);
	ck_assert(machine_with_pages(paged, "4k", &paged, NULL));
	ck_assert_ptr_eq(paged, m);
	ck_assert(!machine_with_pages(m, "16k", &paged, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	ck_assert_str_eq(error->message,
			 "unknown page size '16k' for machine 'arm64-virt' (available: 4k, 64k)");
	ck_assert(!machine_with_pages(machine_find("pc-q35", NULL), "4k", &paged, &no_choice));
	ck_assert_str_eq(no_choice->message,
			 "unknown page size '4k' for machine 'pc-q35' (available: none)");
	ck_assert_ptr_eq(paged, m);
}
END_TEST

START_TEST(page_fragments)
{
	g_autoptr(GError) error = NULL;
	const char *fragment = machine_page_fragment("aarch64", "64k", NULL);
	g_autofree char *path = rig_home_path(fragment);

	ck_assert(g_file_test(path, G_FILE_TEST_EXISTS));
	ck_assert_ptr_null(machine_page_fragment("aarch64", "4k", &error));
	ck_assert_ptr_null(machine_page_fragment("x86_64", NULL, &error));
	ck_assert_ptr_null(error);
	ck_assert_ptr_null(machine_page_fragment("x86_64", "4k", &error));
	ck_assert_str_eq(error->message, "kernels for x86_64 have no choice of page sizes");
}
END_TEST

START_TEST(accelerator_words)
{
	enum accel accel;

	ck_assert(accel_parse("kvm", &accel, NULL) && accel == ACCEL_KVM);
	ck_assert(accel_parse("auto", &accel, NULL) && accel == ACCEL_AUTO);
	ck_assert(!accel_parse("KVM!", &accel, NULL));
}
END_TEST

/*
 * Returns a machine whose emulator is a script that counts its starts and exits with a given code.
 */
static struct machine scripted(const char *body)
{
	struct machine m = *machine_find("pc-q35", NULL);
	g_autofree char *path = in_scratch("rig-test-emulator");
	g_autofree char *text = g_strdup_printf("#!/bin/sh\necho >>%s/starts\n%s\n", scratch, body);
	g_autofree char *search = g_strdup_printf("%s:%s", scratch, g_getenv("PATH"));

	ck_assert(rig_write_file(path, text, -1, NULL));
	g_chmod(path, 0755);
	g_setenv("PATH", search, TRUE);
	g_setenv("XDG_CACHE_HOME", scratch, TRUE);
	/* where only root may open /dev/kvm, KVM is not tried if QEMU does not run as root */
	g_setenv("RIG_SANDBOX", "off", TRUE);
	m.emulator = "rig-test-emulator";
	return m;
}

static gsize starts(void)
{
	g_autofree char *path = in_scratch("starts");
	g_autofree char *text = NULL;
	gsize len = 0;

	g_file_get_contents(path, &text, &len, NULL);
	return len;
}

static gboolean host_has_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct utsname host;

	if (fd >= 0)
		close(fd);
	uname(&host);
	return fd >= 0 && !g_strcmp0(host.machine, "x86_64");
}

static void settle(const char *body, enum accel wanted)
{
	g_autofree char *why = NULL, *again = NULL;
	struct machine m = scripted(body);
	enum accel accel = ACCEL_AUTO;

	ck_assert(accel_choose(&m, ACCEL_AUTO, &accel, &why, NULL));
	if (!host_has_kvm()) {
		ck_assert_int_eq(accel, ACCEL_TCG);
		ck_assert_uint_eq(starts(), 0);
		return;
	}
	ck_assert_msg(accel == wanted, "%s", why);
	ck_assert_uint_eq(starts(), 1);
	/* the result is cached */
	ck_assert(accel_choose(&m, ACCEL_AUTO, &accel, &again, NULL));
	ck_assert_int_eq(accel, wanted);
	ck_assert_str_eq(why, again);
	ck_assert_uint_eq(starts(), 1);
}

START_TEST(probe_that_ran)
{
	settle("exit 85", ACCEL_KVM);
}
END_TEST

START_TEST(probe_that_failed)
{
	settle("exit 0", ACCEL_TCG);
}
END_TEST

/* A probe guest that runs without end: the probe must end it before the suite's timeout. */
START_TEST(probe_that_spins)
{
	settle("exec sleep 60", ACCEL_TCG);
}
END_TEST

START_TEST(foreign_guest)
{
	const struct machine *m = machine_find("pseries", NULL);
	g_autofree char *why = NULL;
	g_autoptr(GError) error = NULL;
	struct utsname host;
	enum accel accel;

	uname(&host);
	if (!g_strcmp0(host.machine, m->arch))
		return;
	ck_assert(accel_choose(m, ACCEL_AUTO, &accel, &why, NULL));
	ck_assert_int_eq(accel, ACCEL_TCG);
	ck_assert_ptr_nonnull(strstr(why, "ppc64le"));
	ck_assert(!accel_choose(m, ACCEL_KVM, &accel, &why, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
}
END_TEST

/* A firmware that is not part of QEMU must be installed, and the message says how. */
START_TEST(firmware_is_installed)
{
	struct machine machine = *machine_find("arm64-virt", NULL);
	g_autofree char *file = in_scratch("firmware.fd"), *says = NULL;
	const char *const images[] = {file, NULL};
	const struct machine_boot boot = {.name = "EDK2", .images = images};
	g_autoptr(GError) error = NULL;

	ck_assert(machine_check_bios(machine_find("pc-q35", NULL), NULL, NULL));
	ck_assert_ptr_null(machine_bios(machine_find("pc-q35", NULL), NULL));
	ck_assert_str_eq(spawn_package(machine.boot->images[0]), "qemu-efi-aarch64");
	ck_assert_str_eq(spawn_package(machine_opensbi.images[0]), "opensbi");
	machine.boot = &boot;
	ck_assert(!machine_check_bios(&machine, NULL, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
	says = g_strdup_printf("arm64-virt needs the firmware '%s', which is not installed", file);
	ck_assert_str_eq(error->message, says);
	ck_assert(rig_write_file(file, "x", 1, NULL));
	ck_assert(machine_check_bios(&machine, NULL, NULL));
}
END_TEST

/* A QEMU of `rig qemu get` uses the firmware that was unpacked with it, if there is one. */
START_TEST(firmware_is_next_to_qemu)
{
	const char *const images[] = {"/usr/lib/none/1.bin", "/usr/share/none/2.bin", NULL};
	const struct machine_boot boot = {.name = "test", .images = images};
	const struct machine machine = {.name = "test", .boot = &boot};
	g_autofree char *emulator = in_scratch("qemu-system-test"),
			*folder = in_scratch("root/usr/share/none"),
			*second = in_scratch("root/usr/share/none/2.bin"), *with = NULL,
			*without = machine_bios(&machine, "qemu-system-test"),
			*missing = machine_bios(&machine, emulator);

	ck_assert_str_eq(missing, images[0]);
	ck_assert_str_eq(without, images[0]);
	ck_assert_int_eq(g_mkdir_with_parents(folder, 0755), 0);
	ck_assert(rig_write_file(second, "x", 1, NULL));
	with = machine_bios(&machine, emulator);
	ck_assert_str_eq(with, second);
}
END_TEST

/* Cases of machine_started_kernel(): a machine, its console, and the result. */
static const struct {
	const char *machine, *console;
	gboolean started;
} consoles[] = {
	{"powernv8", "PHB#0000:00:00.0 TRAIN", FALSE},
	{"powernv8", "INIT: Starting kernel at 0x20010000", TRUE},
	{"riscv64-virt", "OpenSBI v1.1\nBoot HART MIDELEG         : 0x0000000000001666\n", FALSE},
	{"riscv64-virt", "Boot HART MEDELEG         : 0x0000000000f0b509\n", TRUE},
	/* a later version may print other texts */
	{"riscv64-virt", "OpenSBI v9.9\n[    0.000000][    T0] Linux version 7.3.4\n", TRUE},
	/* QEMU's x86 firmware prints nothing, and no text of EDK2 shows that it is done */
	{"pc-q35", "", TRUE},
	{"arm64-virt", "", TRUE},
};

START_TEST(firmware_starts_the_kernel)
{
	const struct machine *machine = machine_find(consoles[_i].machine, NULL);
	const char *console = consoles[_i].console;

	ck_assert_int_eq(machine_started_kernel(machine, console, strlen(console)),
			 consoles[_i].started);
}
END_TEST

/*
 * Cases of machine_check_version(): a shell script as the emulator, operations, the expected error
 * (0 if none), and a part of its message.
 */
static const struct {
	const char *body;
	unsigned can;
	int code;
	const char *says;
} versions[] = {
	{"echo 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)'", MACHINE_VIRTIO_MEM,
	 RIG_EXIT_SKIP,
	 "'dimm-storm' needs QEMU 10.0 or newer on s390x-ccw; 'rig-test-emulator' is 7.2"},
	{"echo 'QEMU emulator version 9.2.0'", MACHINE_VIRTIO_MEM, RIG_EXIT_SKIP, "is 9.2"},
	{"echo 'QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds)'", MACHINE_VIRTIO_MEM, 0, NULL},
	{"echo 'QEMU emulator version 11.1.3'", MACHINE_VIRTIO_MEM | MACHINE_PLUG_CPU, 0, NULL},
	{"echo nothing", MACHINE_VIRTIO_MEM, RIG_EXIT_INFRA, "prints no version"},
	{"exit 1", MACHINE_VIRTIO_MEM, RIG_EXIT_INFRA, "rig-test-emulator"},
	/* QEMU is not executed for operations that all of its versions support */
	{"exit 1", MACHINE_PLUG_CPU, 0, NULL},
};

START_TEST(versions_of_qemu)
{
	struct machine machine = scripted(versions[_i].body);
	g_autoptr(GError) error = NULL;
	const struct machine *real = machine_find("s390x-ccw", NULL);

	machine.name = real->name;
	machine.since = real->since;
	ck_assert(machine_check_version(&machine, machine.emulator, versions[_i].can,
					"'dimm-storm'", &error) == !versions[_i].says);
	if (!versions[_i].says)
		return;
	ck_assert_int_eq(rig_exit_code(error), versions[_i].code);
	ck_assert_msg(strstr(error->message, versions[_i].says) != NULL, "%s", error->message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("machine");
	TCase *tcase = tcase_create("machine");
	int n = 0;

	while (machines[n])
		n++;
	tcase_set_timeout(tcase, 50);
	use_scratch(tcase);
	tcase_add_loop_test(tcase, descriptors_are_whole, 0, n);
	tcase_add_test(tcase, unknown_machine_lists_names);
	tcase_add_test(tcase, choices);
	tcase_add_test(tcase, page_sizes);
	tcase_add_test(tcase, page_fragments);
	tcase_add_test(tcase, firmware_is_installed);
	tcase_add_test(tcase, firmware_is_next_to_qemu);
	tcase_add_loop_test(tcase, firmware_starts_the_kernel, 0, G_N_ELEMENTS(consoles));
	tcase_add_loop_test(tcase, versions_of_qemu, 0, G_N_ELEMENTS(versions));
	tcase_add_test(tcase, accelerator_words);
	tcase_add_test(tcase, probe_that_ran);
	tcase_add_test(tcase, probe_that_failed);
	tcase_add_test(tcase, probe_that_spins);
	tcase_add_test(tcase, foreign_guest);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
