/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Converts a struct vm_config to QEMU's command line. Other launchers use some of these functions.
 */
#ifndef RIG_VM_CMDLINE_H
#define RIG_VM_CMDLINE_H

#include <glib.h>

#include "vm/vm.h"

/*
 * The backends of QEMU's four sockets, each as a -chardev value without its id: "socket,fd=3".
 * `tty` is NULL if the machine has no fallback_tty, `channel` if it has no virtio console.
 */
struct vm_chardevs {
	const char *console, *qmp, *channel, *tty;
	/*
	 * number of QEMU's descriptor of the file for recorded locks; 0 if locks are not recorded
	 */
	int plugin_locks;
	/*
	 * number of QEMU's descriptor of the file for recorded code; 0 if code is not recorded
	 */
	int plugin_cover;
	/*
	 * number of QEMU's descriptor of the plugin's socket; 0 if there is no socket, so that
	 * holds are active from the start
	 */
	int plugin_fd;
};

/*
 * Returns the command line; NULL-terminated, [0] is the emulator. Error: RIG_EXIT_USAGE, the
 * firmware, the MMU mode or the layout of memory is not valid.
 */
char **vm_command_line(const struct vm_config *config, const struct vm_chardevs *chardevs,
		       GError **error);

/* The -machine property of struct vm_config's `nvdimm`. */
#define VM_NVDIMM ",nvdimm=on"

/*
 * The options of the configured firmware and MMU mode; vm_check_config() sets both, never to NULL.
 */
struct vm_modes {
	const struct machine_mode *firmware, *mmu;
};

/* Checks that the machine supports CONFIG. Errors: those of vm_command_line(). */
gboolean vm_check_config(const struct vm_config *config, struct vm_modes *ret, GError **error);
/* Returns the kernel's command line, which the caller owns. */
char *vm_kernel_cmdline(const struct vm_config *config, const struct vm_modes *modes);
/* Returns the size of base node NODE in bytes. */
guint64 vm_node_size(const struct vm_config *config, unsigned node);
/*
 * Returns the numbers of the CPUs on base node NODE, each preceded by BEFORE, as text that the
 * caller owns. CPU n is on node n modulo cpu_nodes, unless the machine has `nodes_in_order`.
 */
char *vm_node_cpus(const struct vm_config *config, unsigned node, const char *before);

/*
 * Writes DIR/qemu-cmd, a shell script for users, which starts the same guest with its console on
 * the terminal and QMP on a socket file.
 */
gboolean vm_write_command(const struct vm_config *config, GError **error);

#endif
