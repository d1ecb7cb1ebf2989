/* SPDX-License-Identifier: GPL-2.0-only */
/* From a struct vm_config to QEMU's words, and what other launchers need of that. */
#ifndef RIG_VM_CMDLINE_H
#define RIG_VM_CMDLINE_H

#include <glib.h>

#include "vm/vm.h"

/*
 * The backends of QEMU's four sockets to the rig, each a -chardev value without its id: "socket,fd=3".
 * `tty` is NULL where the machine has no fallback_tty, `channel` where it has no virtio console.
 */
struct vm_chardevs {
	const char *console, *qmp, *channel, *tty;
	int plugin_fd; /* QEMU's number for the plugin's socket; 0: none, and its holds begin at once */
};

/* NULL-terminated; [0] is the emulator. Errors (RIG_EXIT_USAGE): firmware, MMU, layout of memory. */
char **vm_command_line(const struct vm_config *config, const struct vm_chardevs *chardevs, GError **error);

/* What a config's firmware and MMU mode add; never NULL after vm_check_config(). */
struct vm_modes {
	const struct machine_mode *firmware, *mmu;
};

/* Can this guest be? Errors as above. */
gboolean vm_check_config(const struct vm_config *config, struct vm_modes *ret, GError **error);
/* The kernel's command line. */
char *vm_kernel_words(const struct vm_config *config, const struct vm_modes *modes);
/* Bytes of base node NODE. */
guint64 vm_node_size(const struct vm_config *config, unsigned node);
/* The CPUs of a base node, dealt as cards are, each with BEFORE in front. */
char *vm_node_cpus(const struct vm_config *config, unsigned node, const char *before);

/*
 * Writes DIR/qemu-cmd: a shell script that starts the same guest by hand, with its console on the
 * terminal and QMP on a socket file.
 */
gboolean vm_write_command(const struct vm_config *config, GError **error);

#endif
