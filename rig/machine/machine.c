// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machines, each described by one const struct (machine.h).
 *
 * A machine's `quirks` lists its unusual properties, with the source of each fact. They were
 * observed with QEMU 7.2 (Debian 12) and Linux 6.1, except where a text names another version.
 */
#include "machine/machine.h"

#include <stdio.h>
#include <string.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)
#define GIB (G_GUINT64_CONSTANT(1) << 30)
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/*
 * Devices cannot be hot-plugged into pcie.0 itself, so each hot-plugged device needs a root port of
 * its own. The guest detects the device through ACPI (HOTPLUG_PCI_ACPI).
 */
static const struct machine pc_q35 = {
	.name = "pc-q35",
	.arch = "x86_64",
	.about = "PC with PCI Express; ACPI announces DIMMs and CPUs",
	.emulator = "qemu-system-x86_64",
	.type = "q35",
	.cpu = "max",
	.extra = WORDS("-nodefaults", "-no-user-config",
		       "-device", "pcie-root-port,id=hot0,chassis=1,slot=1",
		       "-device", "pcie-root-port,id=hot1,chassis=2,slot=2",
		       "-device", "pcie-root-port,id=hot2,chassis=3,slot=3",
		       "-device", "pcie-root-port,id=hot3,chassis=4,slot=4"),
	.image = "arch/x86/boot/bzImage",
	.console = "ttyS0,115200",
	.fallback_tty = "ttyS1",
	/*
	 * without this option the kernel counts timer interrupts at boot, and panics ("IO-APIC +
	 * timer doesn't work!") if a busy host delayed them (arch/x86/kernel/apic/io_apic.c,
	 * check_timer)
	 */
	.cmdline = "no_timer_check",
	.hot_buses = WORDS("hot0", "hot1", "hot2", "hot3"),
	/*
	 * one host bridge with two root ports, so that memory of two devices can be interleaved.
	 * With a single port, QEMU requires the bridge's decoder to pass everything through
	 * (hw/cxl/cxl-host.c)
	 */
	.cxl_properties = ",cxl=on,cxl-fmw.0.targets.0=cxl,cxl-fmw.0.size=4G",
	.cxl_extra = WORDS("-device", "pxb-cxl,bus=pcie.0,bus_nr=64,id=cxl",
			   "-device", "cxl-rp,bus=cxl,port=0,id=cxl0,chassis=8,slot=8",
			   "-device", "cxl-rp,bus=cxl,port=1,id=cxl1,chassis=9,slot=9"),
	.cxl_buses = WORDS("cxl0", "cxl1"),
	.cxl_window = 4 * GIB,
	.can = MACHINE_PLUG_DIMM | MACHINE_UNPLUG_DIMM | MACHINE_VIRTIO_MEM |
	       MACHINE_UNPLUG_VIRTIO_MEM | MACHINE_PLUG_CPU | MACHINE_UNPLUG_CPU |
	       MACHINE_PLUG_NVDIMM | MACHINE_VIRTIO_PMEM | MACHINE_BALLOON | MACHINE_CXL |
	       MACHINE_MEMSLOTS | MACHINE_NUMA | MACHINE_HMAT |
	       MACHINE_VIRTIO_CONSOLE | MACHINE_ACPI_OST | MACHINE_BREAK,
	.since = (const struct machine_since[]){{MACHINE_UNPLUG_VIRTIO_MEM, 10, 0},
						{MACHINE_UNPLUG_CPU, 10, 0},
						{MACHINE_CXL, 8, 1},
						{MACHINE_MEMSLOTS, 8, 2},
						{0}},
	.dimm_unit = 128 * MIB,
	.min_memory = 512 * MIB,
	/*
	 * QEMU's block is 2 MiB, but the guest's driver uses sub-blocks of 4 MiB (MAX_ORDER), so
	 * the guest can only plug multiples of 4 MiB (drivers/virtio/virtio_mem.c,
	 * virtio_mem_init_hotplug)
	 */
	.virtio_mem_unit = 4 * MIB,
	.quirks = "an NVDIMM cannot be removed (hw/i386/pc.c, pc_memory_unplug_request)",
};

static const struct machine pseries = {
	.name = "pseries",
	.arch = "ppc64le",
	.about = "POWER9 partition; RTAS events announce DIMMs and CPUs",
	.emulator = "qemu-system-ppc64",
	.type = "pseries",
	.cpu = "power9",
	.extra = WORDS("-nodefaults", "-no-user-config"),
	.image = "vmlinux",
	.console = "hvc0",
	.fallback_tty = "hvc1",
	.can = MACHINE_PLUG_DIMM | MACHINE_UNPLUG_DIMM | MACHINE_PLUG_CPU | MACHINE_UNPLUG_CPU |
	       MACHINE_PLUG_NVDIMM | MACHINE_NUMA | MACHINE_VIRTIO_CONSOLE | MACHINE_CTRL_O,
	.since = (const struct machine_since[]){{MACHINE_UNPLUG_CPU, 10, 0}, {0}},
	.dimm_unit = 256 * MIB,
	.min_memory = 512 * MIB,
	.firmwares = WORDS("vof", "slof"),
	.mmus = WORDS("radix", "hash"),
	.modes =
		(const struct machine_mode[]){
			{"vof", ",x-vof=on", NULL},
			/*
			 * both modes have a kernel parameter, because the kernel's default depends
			 * on PPC_RADIX_MMU_DEFAULT
			 */
			{"radix", NULL, "disable_radix=no"},
			{"hash", NULL, "disable_radix=yes"},
			{NULL},
		},
	.libvirt_cpu = "POWER9",
	.libvirt_serial = "spapr-vty",
	.quirks = "no event reports that the guest accepted a plug, so a plug ends when QEMU has "
		  "the device",
};

/*
 * Bare metal under skiboot. -nodefaults removes the six PCI host bridges and the BMC. Only one
 * bridge is added again, because skiboot trains links for one second per bridge. The BMC is needed:
 * without it a power-off ends in "OPAL: Shutdown request" while QEMU continues to run.
 *
 * The host cannot plug memory. The guest changes the state of memory blocks through sysfs and its
 * file `probe`. Through memtrace it removes and returns memory, with the radix MMU in units of 1
 * GiB. kernelcore=2G leaves some of the 6 GiB movable (movable_node would switch kernelcore off).
 */
#define POWERNV                                                                                    \
	.arch = "ppc64le",                                                                         \
	.emulator = "qemu-system-ppc64",                                                           \
	.extra = WORDS("-nodefaults", "-no-user-config",                                           \
		       "-device", "pnv-phb,chip-id=0,index=0,id=phb0",                             \
		       "-device", "pnv-phb-root-port,bus=phb0,id=port0",                           \
		       "-device", "ipmi-bmc-sim,id=bmc0",                                          \
		       "-device", "isa-ipmi-bt,bmc=bmc0,irq=10"),                                  \
	.boot = &machine_skiboot,                                                                  \
	.image = "vmlinux",                                                                        \
	.console = "hvc0",                                                                         \
	.cmdline = "kernelcore=2G",                                                                \
	.virtio_bus = "port0",                                                                     \
	.can = MACHINE_VIRTIO_CONSOLE | MACHINE_CTRL_O,                                            \
	.no_libvirt = "libvirt 9 has no PCI host bridge of powernv to put devices on",             \
	.dimm_unit = GIB,                                                                          \
	.min_memory = 6 * GIB

static const struct machine powernv9 = {
	POWERNV,
	.name = "powernv9",
	.about =
		"bare-metal POWER9 with OPAL firmware; no hotplug from the host, "
		"memtrace in the guest",
	.type = "powernv9",
};

static const struct machine powernv8 = {
	POWERNV,
	.name = "powernv8",
	.about = "bare-metal POWER8 with OPAL firmware (hash MMU); no hotplug from the host",
	.type = "powernv8",
};

static const struct machine powernv10 = {
	POWERNV,
	.name = "powernv10",
	.about = "bare-metal POWER10 with OPAL firmware; no hotplug from the host",
	.type = "powernv10",
};

/*
 * QEMU's virt machine. It has ACPI tables, with the Generic Event Device that announces DIMMs, only
 * if the firmware is UEFI; otherwise device_add of a DIMM fails with "missing acpi-ged". EDK2 loads
 * kernel, initramfs and command line through fw_cfg, so there is no disk, no boot menu and no
 * variable store. The firmware takes about 1 s of CPU time.
 *
 * The machine has only one PL011, so there is no second console. pcie-root-port announces devices
 * by native PCI Express hotplug (HOTPLUG_PCI_PCIE). arm64 has no /sys/devices/system/memory/probe.
 */
static const struct machine arm64_virt_4k, arm64_virt_64k;

#define ARM64_VIRT(option)                                                                         \
	.name = "arm64-virt",                                                                      \
	.arch = "aarch64",                                                                         \
	.about = "arm64 server with UEFI firmware; ACPI announces DIMMs",                          \
	.emulator = "qemu-system-aarch64",                                                         \
	.type = "virt",                                                                            \
	.properties = ",gic-version=3",                                                            \
	.cpu = "cortex-a57",                                                                       \
	.extra = WORDS("-nodefaults", "-no-user-config",                                           \
		       "-device", "pcie-root-port,id=hot0,chassis=1,slot=1",                       \
		       "-device", "pcie-root-port,id=hot1,chassis=2,slot=2",                       \
		       "-device", "pcie-root-port,id=hot2,chassis=3,slot=3",                       \
		       "-device", "pcie-root-port,id=hot3,chassis=4,slot=4"),                      \
	.boot = &machine_edk2,                                                                     \
	.image = "arch/arm64/boot/Image",                                                          \
	.needs = WORDS(option, "CONFIG_ACPI", "CONFIG_EFI_STUB",                                   \
		       "CONFIG_SERIAL_AMBA_PL011_CONSOLE"),                                        \
	.console = "ttyAMA0",                                                                      \
	/* from Linux 6.7 on, a CPU with interrupts disabled prints its stack (asm/irq.h) */       \
	.cmdline = "irqchip.gicv3_pseudo_nmi=1",                                                   \
	.hot_buses = WORDS("hot0", "hot1", "hot2", "hot3"),                                        \
	.can = MACHINE_PLUG_DIMM | MACHINE_UNPLUG_DIMM | MACHINE_VIRTIO_MEM |                      \
	       MACHINE_UNPLUG_VIRTIO_MEM | MACHINE_NUMA | MACHINE_VIRTIO_CONSOLE |                 \
	       MACHINE_ACPI_OST | MACHINE_BREAK,                                                   \
	.since = (const struct machine_since[]){{MACHINE_UNPLUG_VIRTIO_MEM, 10, 0}, {0}},          \
	.min_memory = 512 * MIB,                                                                   \
	.page_option = option,                                                                     \
	.paged = (const struct machine *const[]){&arm64_virt_4k, &arm64_virt_64k, NULL},           \
	.no_libvirt = "libvirt 9 takes ACPI on arm64 only with a firmware in flash memory, "       \
		      "which the rig does not prepare",                                            \
	.quirks = "vCPUs cannot be hot-plugged"

static const struct machine arm64_virt_4k = {
	ARM64_VIRT("CONFIG_ARM64_4K_PAGES"),
	.page_size = "4k",
	.dimm_unit = 128 * MIB,
	.virtio_mem_unit = 4 * MIB,
};

/*
 * A memory block has 512 MiB (SECTION_SIZE_BITS in arch/arm64/include/asm/sparsemem.h). A pageblock
 * has the same size, and virtio-mem's sub-blocks are multiples of a pageblock.
 */
static const struct machine arm64_virt_64k = {
	ARM64_VIRT("CONFIG_ARM64_64K_PAGES"),
	.page_size = "64k",
	.page_fragment = RIG_ARM64_64K_CONFIG,
	.dimm_unit = 512 * MIB,
	.virtio_mem_unit = 512 * MIB,
};

/*
 * A mainframe with channel devices instead of PCI. The console is the SCLP's VT220 terminal. The
 * SCLP's other terminal has lines in EBCDIC, so it cannot be the guest channel, which needs virtio.
 * QEMU infers from the guest's PSW that the guest has ended. QEMU accepts maxmem in -m only if it
 * supports virtio-mem (10.0).
 */
static const struct machine s390x_ccw = {
	.name = "s390x-ccw",
	.arch = "s390x",
	.about = "mainframe with channel devices; CPUs, no DIMMs",
	.emulator = "qemu-system-s390x",
	.type = "s390-ccw-virtio",
	.cpu = "max",
	.extra = WORDS("-nodefaults", "-no-user-config"),
	.image = "arch/s390/boot/bzImage",
	.needs = WORDS("CONFIG_S390_GUEST", "CONFIG_SCLP_VT220_CONSOLE"),
	.console = "ttysclp0",
	.transport = "ccw",
	.can = MACHINE_VIRTIO_MEM | MACHINE_UNPLUG_VIRTIO_MEM | MACHINE_PLUG_CPU |
	       MACHINE_VIRTIO_CONSOLE | MACHINE_CTRL_O,
	.since = (const struct machine_since[]){{MACHINE_VIRTIO_MEM, 10, 0},
						{MACHINE_UNPLUG_VIRTIO_MEM, 10, 0},
						{0}},
	.dimm_unit = 256 * MIB,
	.min_memory = 512 * MIB,
	.virtio_mem_unit = 4 * MIB,
	.no_libvirt = "the rig describes devices to libvirt as PCI devices only",
	.quirks = "vCPUs can be added but not removed (hw/s390x/s390-virtio-ccw.c, "
		  "s390_machine_device_unplug_request)",
};

/*
 * QEMU's virt machine with OpenSBI, which starts the kernel, and stops and starts CPUs for it (HSM
 * extension). It is QEMU's default firmware; it is named here because Debian 13 and a QEMU of `rig
 * qemu get` have it in a package of its own. The machine has only one UART, so there is no second
 * console.
 */
static const struct machine riscv64_virt = {
	.name = "riscv64-virt",
	.arch = "riscv64",
	.about = "riscv64 with OpenSBI firmware; no hotplug from the host",
	.emulator = "qemu-system-riscv64",
	.type = "virt",
	.extra = WORDS("-nodefaults", "-no-user-config"),
	.boot = &machine_opensbi,
	/* "discontinuous hartids" and "can't get hartid base" in hw/riscv (numa.c, virt.c) */
	.nodes_in_order = TRUE,
	/* before QEMU 8.2 (hw/misc/sifive_test.c) */
	.exits_silently = TRUE,
	.image = "arch/riscv/boot/Image",
	.needs = WORDS("CONFIG_RISCV_SBI", "CONFIG_SIFIVE_PLIC", "CONFIG_SERIAL_OF_PLATFORM",
		       "CONFIG_PCI_HOST_GENERIC"),
	.console = "ttyS0,115200",
	/* the driver of ttyS0 starts after the CPUs, and the kernel can stop before that */
	.cmdline = "earlycon",
	.can = MACHINE_NUMA | MACHINE_VIRTIO_CONSOLE | MACHINE_BREAK,
	/*
	 * QEMU 7.2 connects the second node's interrupt controller to wrong CPUs, so it aborts, or
	 * no interrupt of virtio arrives (hw/intc/sifive_plic.c, sifive_plic_create)
	 */
	.since = (const struct machine_since[]){{MACHINE_NUMA, 10, 0}, {0}},
	.dimm_unit = 128 * MIB,
	.min_memory = 512 * MIB,
	.no_libvirt = "libvirt 9 has no CPU model of riscv64",
	.quirks = "QEMU 7.2, 10.0 and 11.1 plug no DIMM, no virtio-mem and no vCPU "
		  "(qemu-system-riscv64 does not have these devices)",
};

const struct machine *const machines[] = {&pc_q35,    &pseries,	   &powernv9,  &powernv8,
					  &powernv10, &arm64_virt_4k, &s390x_ccw,
					  &riscv64_virt, NULL};

const struct machine *machine_find(const char *name, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (int i = 0; machines[i]; i++) {
		if (!g_strcmp0(machines[i]->name, name))
			return machines[i];
		g_string_append_printf(names, "%s%s", names->len ? ", " : "", machines[i]->name);
	}
	rig_fail(error, RIG_EXIT_USAGE, "unknown machine '%s' (available: %s)", name, names->str);
	return NULL;
}

const char *machine_transport(const struct machine *machine)
{
	return machine->transport ? machine->transport : "pci";
}

gboolean machine_qemu_version(const char *emulator, unsigned *ret_major, unsigned *ret_minor,
			      GError **error)
{
	g_autofree char *said = NULL; /* "QEMU emulator version 7.2.22 (Debian …" */
	const char *at;

	if (!spawn_words(&said, error, emulator, "--version", NULL))
		return FALSE;
	at = strstr(said, "version ");
	return (at && sscanf(at, "version %u.%u", ret_major, ret_minor) == 2) ||
	       rig_fail(error, RIG_EXIT_INFRA, "'%s --version' prints no version", emulator);
}

gboolean machine_check_version(const struct machine *machine, const char *emulator, unsigned can,
			       const char *what, GError **error)
{
	unsigned major = 0, minor = 0;

	for (const struct machine_since *row = machine->since; row && row->can; row++) {
		if (!(can & row->can))
			continue;
		if (!major && !machine_qemu_version(emulator, &major, &minor, error))
			return FALSE;
		if (major < row->major || (major == row->major && minor < row->minor))
			return rig_fail(error, RIG_EXIT_SKIP,
					"%s needs QEMU %u.%u or newer on %s; '%s' is %u.%u; `rig "
					"qemu get bookworm-backports` fetches 10.0, and --qemu "
					"bookworm-backports uses it",
					what, row->major, row->minor, machine->name, emulator,
					major, minor);
	}
	return TRUE;
}

const struct machine_mode *machine_mode(const struct machine *machine, const char *name)
{
	static const struct machine_mode nothing;

	for (const struct machine_mode *mode = machine->modes; name && mode && mode->name; mode++)
		if (!g_strcmp0(mode->name, name))
			return mode;
	return &nothing;
}

gboolean machine_with_pages(const struct machine *machine, const char *size,
			    const struct machine **ret, GError **error)
{
	g_autoptr(GString) sizes = g_string_new(NULL);

	for (guint i = 0; size && machine->paged && machine->paged[i]; i++) {
		if (!strcmp(machine->paged[i]->page_size, size)) {
			*ret = machine->paged[i];
			return TRUE;
		}
		g_string_append_printf(sizes, "%s%s", i ? ", " : "", machine->paged[i]->page_size);
	}
	if (size)
		return rig_fail(error, RIG_EXIT_USAGE,
				"unknown page size '%s' for machine '%s' (available: %s)", size,
				machine->name, sizes->len ? sizes->str : "none");
	*ret = machine;
	return TRUE;
}

const char *machine_page_fragment(const char *arch, const char *size, GError **error)
{
	const struct machine *paged;

	for (int i = 0; machines[i] && size; i++)
		if (machines[i]->paged && !g_strcmp0(machines[i]->arch, arch))
			return machine_with_pages(machines[i], size, &paged, error)
				       ? paged->page_fragment
				       : NULL;
	if (size)
		rig_fail(error, RIG_EXIT_USAGE, "kernels for %s have no choice of page sizes",
			 arch);
	return NULL;
}

gboolean machine_pick(const char *const *choices, const char *what, const char *name,
		      const char **ret, GError **error)
{
	g_autofree char *names = choices ? g_strjoinv(", ", (char **)choices) : NULL;

	if (!name) {
		*ret = choices ? choices[0] : NULL;
		return TRUE;
	}
	for (int i = 0; choices && choices[i]; i++) {
		if (!g_strcmp0(choices[i], name)) {
			*ret = choices[i];
			return TRUE;
		}
	}
	return rig_fail(error, RIG_EXIT_USAGE, "unknown %s '%s' for this machine (available: %s)",
			what, name, names ? names : "none");
}
