/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machines: one const descriptor each. No other module depends on an architecture.
 *
 * To add a machine: add a descriptor to machine.c (each field below says what goes there), a
 * fragment scenarios/kconfig/<arch>.config, the guest's cross compiler to the Makefile's table, and
 * the machine to a scenario's `machines`. `rig doctor` and `rig run` pick the rest up from the
 * table.
 */
#ifndef RIG_MACHINE_MACHINE_H
#define RIG_MACHINE_MACHINE_H

#include <glib.h>

/* What the host can add to a running guest, or take from it. */
enum machine_can {
	MACHINE_PLUG_DIMM = 1 << 0,
	MACHINE_UNPLUG_DIMM = 1 << 1,
	MACHINE_VIRTIO_MEM = 1 << 2,
	MACHINE_PLUG_CPU = 1 << 3,
	MACHINE_NUMA = 1 << 4,
	MACHINE_VIRTIO_CONSOLE = 1 << 5,
	MACHINE_ACPI_OST = 1 << 6,  /* the guest answers a plug and an eject with ACPI_DEVICE_OST */
	MACHINE_BREAK = 1 << 7,	    /* SysRq on the console is a serial break, then the key */
	MACHINE_CTRL_O = 1 << 8,    /* SysRq on the console is ^O, then the key (hvc_console) */
};

/* What a firmware or an MMU mode adds to its machine's options. */
struct machine_mode {
	const char *name;    /* one of the machine's `firmwares` or `mmus` */
	const char *type;    /* further -machine properties: ",x-vof=on", or NULL */
	const char *cmdline; /* further kernel parameters, or NULL */
};

struct machine {
	const char *name;	  /* "pc-q35", as scenarios and --machine spell it */
	const char *arch;	  /* "x86_64": kernel build, fragment and guest programs */
	const char *about;	  /* a description in one line */
	const char *emulator;	  /* "qemu-system-x86_64" */
	const char *type;	  /* -machine value without accelerator and memory: "q35" */
	const char *properties;	  /* further -machine properties: ",gic-version=3", or NULL */
	const char *cpu;	  /* -cpu value, or NULL for the machine's default */
	const char *const *extra; /* further QEMU options (NULL-terminated), before all others */
	const char *bios;	  /* firmware image that is not part of QEMU (-bios), or NULL */
	/* the kernel image that a build makes, relative to the build folder */
	const char *image;
	const char *const *needs; /* kernel options without which it does not boot
				   * (docs/scenarios.md), or NULL */
	const char *console;	  /* the guest's console= value: "ttyS0,115200" */
	const char *fallback_tty; /* guest tty of the second console, the channel without virtio */
	const char *cmdline;	  /* kernel parameters of every guest of this machine, or NULL */
	const char *virtio_bus;	  /* bus= for virtio devices, or NULL */
	const char *const *hot_buses; /* buses that take one hot-plugged PCI device each; or NULL */
	unsigned can;		  /* enum machine_can */
	guint64 dimm_unit;	  /* DIMM sizes are multiples of this many bytes */
	guint64 min_memory;	  /* the least base memory that boots a scenario */
	guint64 virtio_mem_unit;  /* block size of virtio-mem on this machine */
	/* device_add driver of a vCPU, NULL: from query-hotpluggable-cpus */
	const char *cpu_driver;
	const char *const *firmwares; /* selectable, the first is the default; NULL: none */
	/* selectable MMU modes, the first is the default; NULL: none */
	const char *const *mmus;
	const struct machine_mode *modes; /* ends with a NULL name; modes not in it add nothing */
	/* CPU model as libvirt names it, or NULL: the most it can ("maximum") */
	const char *libvirt_cpu;
	const char *libvirt_serial;  /* model of a serial device as libvirt names it, or NULL: its
				      * default */
	const char *no_libvirt;	      /* why libvirt cannot start it, or NULL */
	const char *quirks;	      /* text: what is unusual and why, with the source of each
				       * fact */
};

/* NULL-terminated, in the order in which people want to see them. */
extern const struct machine *const machines[];

/* Error (RIG_EXIT_USAGE) lists the names there are. */
const struct machine *machine_find(const char *name, GError **error);

/* Is MACHINE's firmware image installed? RIG_EXIT_SKIP with the package that has it. */
gboolean machine_check_bios(const struct machine *machine, GError **error);

/*
 * The options that NAME (a firmware or an MMU mode, or NULL) adds; an empty mode if it adds none.
 */
const struct machine_mode *machine_mode(const struct machine *machine, const char *name);

/*
 * Checks that NAME is one of CHOICES. For NULL, *ret is the first choice, or NULL if there is
 * none. Error (RIG_EXIT_USAGE): NAME is unknown; the message calls it a WHAT.
 */
gboolean machine_pick(const char *const *choices, const char *what, const char *name,
		      const char **ret, GError **error);

/*
 * QEMU's seccomp filter: no old system calls, no change of user, no new program, no change of
 * scheduling. TRUE from machine_has_sandbox(): EMULATOR (a program in PATH or a path) was built
 * with it; the answer is cached per host, boot and QEMU. Blocks for a start of QEMU.
 */
#define MACHINE_SANDBOX \
	"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
gboolean machine_has_sandbox(const char *emulator);

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

gboolean accel_parse(const char *text, enum accel *ret, GError **error);

/*
 * Settles `auto`: KVM only where a probe guest (an x86 boot sector of a few bytes, on the host's
 * own architecture) really ran to its end on it within a deadline; the answer is remembered per
 * host, boot and QEMU in the cache. Never ACCEL_AUTO afterwards. *ret_why is a sentence for people
 * ("TCG: /dev/kvm opens, but a probe guest did not run on it within 3 s"). WANT == ACCEL_KVM where
 * it does not work is an error (RIG_EXIT_INFRA). Blocks for at most the probe's deadline.
 */
gboolean accel_settle(const struct machine *machine, enum accel want, enum accel *ret,
		      char **ret_why, GError **error);

#endif
