/* SPDX-License-Identifier: GPL-2.0-only */
/* A struct vm_config as QEMU's command line, and the parts of it that other launchers need. */
#ifndef RIG_VM_CMDLINE_H
#define RIG_VM_CMDLINE_H

#include <glib.h>

#include "vm/vm.h"

/*
 * The backends of QEMU's four sockets to the rig, each a -chardev value without its id:
 * "socket,fd=3".
 * `tty` is NULL if the machine has no fallback_tty, `channel` if it has no virtio console.
 */
struct vm_chardevs {
	const char *console, *qmp, *channel, *tty;
	int plugin_locks; /* QEMU's descriptor for recorded locks; 0: they are not recorded */
	int plugin_fd; /* QEMU's descriptor of the plugin's socket; 0: none, and holds are armed at
		        * once */
};

/*
 * NULL-terminated; [0] is the emulator. Errors (RIG_EXIT_USAGE): firmware, MMU, layout of memory.
 */
char **vm_command_line(const struct vm_config *config, const struct vm_chardevs *chardevs,
		       GError **error);

/* What the configured firmware and MMU mode add; never NULL after vm_check_config(). */
struct vm_modes {
	const struct machine_mode *firmware, *mmu;
};

/* Checks that the machine supports CONFIG. Errors as above. */
gboolean vm_check_config(const struct vm_config *config, struct vm_modes *ret, GError **error);
/* The kernel's command line. */
char *vm_kernel_cmdline(const struct vm_config *config, const struct vm_modes *modes);
/* Bytes of base node NODE. */
guint64 vm_node_size(const struct vm_config *config, unsigned node);
/* The CPUs of a base node (CPU n is on node n modulo the base nodes), each preceded by BEFORE. */
char *vm_node_cpus(const struct vm_config *config, unsigned node, const char *before);

/*
 * Writes DIR/qemu-cmd: a shell script that starts the same guest by hand, with its console on the
 * terminal and QMP on a socket file.
 */
gboolean vm_write_command(const struct vm_config *config, GError **error);

#endif
