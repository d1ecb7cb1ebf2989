/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machines, each described by one const struct. No other module depends on an architecture.
 *
 * To add a machine, describe it in machine.c (the comment of each field says what to enter), add a
 * fragment scenarios/kconfig/<arch>.config, enter the guest's cross compiler in mk/guest.mk, and
 * list the machine in a scenario's `machines`. `rig doctor` and `rig run` then support it.
 */
#ifndef RIG_MACHINE_MACHINE_H
#define RIG_MACHINE_MACHINE_H

#include <glib.h>

/* Operations that the host can do on a running guest. */
enum machine_can {
	MACHINE_PLUG_DIMM = 1 << 0,
	MACHINE_UNPLUG_DIMM = 1 << 1,
	MACHINE_VIRTIO_MEM = 1 << 2,
	MACHINE_PLUG_CPU = 1 << 3,
	MACHINE_NUMA = 1 << 4, /* several NUMA nodes */
	MACHINE_VIRTIO_CONSOLE = 1 << 5,
	MACHINE_ACPI_OST = 1 << 6, /* the guest answers a plug and an eject with ACPI_DEVICE_OST */
	/* the host sends SysRq on the console as a serial break, then the key */
	MACHINE_BREAK = 1 << 7,
	/* the host sends SysRq on the console as ^O, then the key (hvc_console) */
	MACHINE_CTRL_O = 1 << 8,
	MACHINE_PLUG_NVDIMM = 1 << 9,
	/* the host can unplug an NVDIMM; up to QEMU 11 no machine has this flag */
	MACHINE_UNPLUG_NVDIMM = 1 << 10,
	MACHINE_VIRTIO_PMEM = 1 << 11,
	MACHINE_BALLOON = 1 << 12,
	/* unplug vCPUs; if `since` lists this, the newer QEMU is needed only under TCG */
	MACHINE_UNPLUG_CPU = 1 << 13,
	MACHINE_UNPLUG_VIRTIO_MEM = 1 << 14,
	MACHINE_CXL = 1 << 15,	    /* type 3 devices with volatile memory */
	MACHINE_MEMSLOTS = 1 << 16, /* the option dynamic-memslots of virtio-mem */
	/* an ACPI HMAT reports the performance of NUMA nodes to the guest */
	MACHINE_HMAT = 1 << 17,
};

/* Options that a firmware or an MMU mode adds to those of its machine. */
struct machine_mode {
	const char *name;    /* one of the machine's `firmwares` or `mmus` */
	const char *type;    /* further -machine properties: ",x-vof=on", or NULL */
	const char *cmdline; /* further kernel parameters, or NULL */
};

/* Operations of enum machine_can that need a newer QEMU than 7.2. */
struct machine_since {
	/* bits of enum machine_can, which are set in the machine's `can`, too */
	unsigned can;
	unsigned major, minor; /* the first version of QEMU that has them */
};

/* A firmware that starts the kernel; the table of them is in boot.c. */
struct machine_boot {
	const char *name; /* "OpenSBI" */
	/*
	 * files with its image (-bios), the preferred one first, NULL-terminated; NULL if the image
	 * is part of QEMU. spawn_package() has a package for the first one
	 */
	const char *const *images;
	/*
	 * The last text that it prints before it starts the kernel; NULL if it prints none. A guest
	 * that prints neither this nor the kernel's first line has not tested the kernel, so its
	 * silence is INFRA, not HANG.
	 */
	const char *starts_kernel;
};

extern const struct machine_boot machine_skiboot, machine_edk2, machine_opensbi;

struct machine {
	const char *name; /* "pc-q35", as in scenarios and --machine */
	/* "x86_64": selects the kernel build, the config fragment and the guest programs */
	const char *arch;
	const char *about;	  /* a description in one line */
	const char *emulator;	  /* "qemu-system-x86_64" */
	const char *type;	  /* -machine value without accelerator and memory: "q35" */
	const char *properties;	  /* further -machine properties: ",gic-version=3", or NULL */
	const char *cpu;	  /* -cpu value, or NULL for the machine's default */
	const char *const *extra; /* further QEMU options (NULL-terminated), before all others */
	const struct machine_boot *boot; /* the firmware that starts the kernel, or NULL */
	/*
	 * TRUE if a QEMU of this machine may exit with status 0, without the event SHUTDOWN, when
	 * the guest powers off
	 */
	gboolean exits_silently;
	/*
	 * TRUE if each NUMA node needs CPUs, and those of a node must have consecutive numbers. If
	 * FALSE, nodes can be without CPUs, and CPU n is on node n modulo the number of nodes with
	 * CPUs.
	 */
	gboolean nodes_in_order;
	/* the kernel image that a build makes, relative to the build folder */
	const char *image;
	/*
	 * kernel options that the machine needs to boot (in the form of a scenario's `needs`), or
	 * NULL
	 */
	const char *const *needs;
	const char *console; /* value of the kernel parameter console=: "ttyS0,115200" */
	/*
	 * the guest's tty of the second console, which is the guest channel if there is no virtio
	 * console
	 */
	const char *fallback_tty;
	const char *cmdline;	/* kernel parameters of every guest of this machine, or NULL */
	/* the end of the names of virtio devices, for example "ccw"; NULL stands for "pci" */
	const char *transport;
	const char *virtio_bus; /* value of bus= for virtio devices, or NULL */
	/*
	 * buses that accept one hot-plugged PCI device each; NULL if the machine's own bus accepts
	 * all
	 */
	const char *const *hot_buses;
	/*
	 * for CXL memory (MACHINE_CXL): further -machine properties and QEMU options, and the root
	 * ports, which take one device each
	 */
	const char *cxl_properties;
	const char *const *cxl_extra;
	const char *const *cxl_buses;
	guint64 cxl_window;	 /* bytes of address space for CXL regions */
	unsigned can;		 /* enum machine_can */
	/*
	 * the operations that need a newer QEMU than 7.2, ended by a row of zeros; NULL if there
	 * are none
	 */
	const struct machine_since *since;
	guint64 dimm_unit;	 /* DIMM sizes are multiples of this number of bytes */
	guint64 min_memory;	 /* minimum base memory with which a scenario boots, in bytes */
	guint64 virtio_mem_unit; /* block size of virtio-mem on this machine */
	/* the driver of device_add for a vCPU; NULL if query-hotpluggable-cpus has it */
	const char *cpu_driver;
	/* the firmwares that a run can choose, the default first; NULL if there is no choice */
	const char *const *firmwares;
	/* the MMU modes that a run can choose, the default first; NULL if there is no choice */
	const char *const *mmus;
	/*
	 * if a run can choose the page size of its kernel: the size of this descriptor ("4k"), and
	 * the machine's descriptors for all sizes, the default first, NULL-terminated. They have
	 * the same name, and may differ in `page_fragment`, `needs`, `dimm_unit` and
	 * `virtio_mem_unit`, because a memory block of large pages is large. Otherwise NULL
	 */
	const char *page_size;
	const struct machine *const *paged;
	/* kernel option of this page size, "CONFIG_ARM64_4K_PAGES" */
	const char *page_option;
	/* the rig's config fragment for this page size, or NULL if the kernel has it by default */
	const char *page_fragment;
	/*
	 * options of firmwares and MMU modes, ended by a NULL name; a firmware or mode that is not
	 * listed adds no options
	 */
	const struct machine_mode *modes;
	/* libvirt's name of the CPU model; NULL stands for "maximum", all supported features */
	const char *libvirt_cpu;
	/* libvirt's name of the serial device's model; NULL stands for libvirt's default */
	const char *libvirt_serial;
	const char *no_libvirt; /* why libvirt cannot start the machine, or NULL if it can */
	const char *quirks;	/* a text about unusual properties, with the source of each fact */
};

/* NULL-terminated, in the order in which they are listed. */
extern const struct machine *const machines[];

/*
 * Finds the machine NAME. Error: RIG_EXIT_USAGE, there is no such machine; the message lists all
 * names.
 */
const struct machine *machine_find(const char *name, GError **error);

/*
 * Returns the path of the firmware image for MACHINE's guests on EMULATOR (a program, or NULL for
 * the machine's default): the image that `rig qemu get` unpacked with EMULATOR, otherwise an
 * installed one. If neither exists, returns the path of the preferred installed one. Returns NULL
 * if the image is part of QEMU. The caller owns the result.
 */
char *machine_bios(const struct machine *machine, const char *emulator);

/*
 * Checks that the result of machine_bios() exists. Error: RIG_EXIT_SKIP; the message names the
 * package with the image.
 */
gboolean machine_check_bios(const struct machine *machine, const char *emulator, GError **error);

/*
 * Returns FALSE if the LEN bytes of CONSOLE show that MACHINE's firmware has not started the
 * kernel; TRUE also if this is unknown.
 */
gboolean machine_started_kernel(const struct machine *machine, const char *console, gsize len);

/* Returns the end of the names of MACHINE's virtio devices: "pci" in "virtio-mem-pci". */
const char *machine_transport(const struct machine *machine);

/*
 * Reads the version of EMULATOR, a program in PATH or a path. Error: RIG_EXIT_INFRA. Blocks while
 * QEMU prints it.
 */
gboolean machine_qemu_version(const char *emulator, unsigned *ret_major, unsigned *ret_minor,
			      GError **error);

/*
 * Checks that EMULATOR (a program in PATH or a path) is new enough for the operations CAN (enum
 * machine_can) on MACHINE. WHAT is the start of the message ("'dimm-storm'"). Errors:
 * RIG_EXIT_SKIP, EMULATOR is too old (the message names the version that is needed);
 * RIG_EXIT_INFRA, EMULATOR does not start. Blocks while QEMU prints its version, and only if CAN
 * has an operation that needs a newer QEMU.
 */
gboolean machine_check_version(const struct machine *machine, const char *emulator, unsigned can,
			       const char *what, GError **error);

/*
 * Returns the options that NAME (a firmware or an MMU mode, or NULL) adds to MACHINE's. The result
 * is never NULL; if NAME adds no options, its fields are NULL.
 */
const struct machine_mode *machine_mode(const struct machine *machine, const char *name);

/*
 * Sets *ret to the descriptor of MACHINE for kernels with pages of SIZE ("64k"); if SIZE is NULL,
 * to MACHINE. Error: RIG_EXIT_USAGE, MACHINE has no such choice.
 */
gboolean machine_with_pages(const struct machine *machine, const char *size,
			    const struct machine **ret, GError **error);

/*
 * Returns the config fragment of kernels for ARCH with pages of SIZE, relative to the rig's home;
 * NULL if SIZE is NULL or ARCH's kernels have this size by default. Error: RIG_EXIT_USAGE, no
 * machine of ARCH has a choice SIZE; *error is set then.
 */
const char *machine_page_fragment(const char *arch, const char *size, GError **error);

/*
 * Checks that NAME is one of CHOICES, and stores it in *ret. If NAME is NULL, *ret is the first
 * choice, or NULL if there is none. Error: RIG_EXIT_USAGE, NAME is not a choice; the message calls
 * NAME a WHAT ("firmware").
 */
gboolean machine_pick(const char *const *choices, const char *what, const char *name,
		      const char **ret, GError **error);

/*
 * Arguments for QEMU's seccomp filter, which forbids obsolete system calls, changes of the user,
 * execution of programs, and changes of scheduling. machine_has_sandbox() returns whether EMULATOR
 * (a program in PATH or a path) was built with the filter; the result is cached per host, boot and
 * QEMU. Blocks while QEMU starts.
 */
#define MACHINE_SANDBOX \
	"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
gboolean machine_has_sandbox(const char *emulator);

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

gboolean accel_parse(const char *text, enum accel *ret, GError **error);

/*
 * Sets *ret to the accelerator to use for WANT. For ACCEL_AUTO, this is KVM only if a probe guest
 * (an x86 boot sector of a few bytes, on an x86 host) ran under KVM to its end within a deadline.
 * The result is cached per host, boot and QEMU. *ret_why is set to the reason, for users ("TCG:
 * /dev/kvm opens, but a probe guest did not run on it within 3 s"). Error (RIG_EXIT_INFRA): WANT is
 * ACCEL_KVM, but KVM does not work. Blocks for at most the probe's deadline.
 */
gboolean accel_choose(const struct machine *machine, enum accel want, enum accel *ret,
		      char **ret_why, GError **error);

#endif
