/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads from a guest's memory image which task owns which lock. The types are those of the DWARF in
 * the kernel's vmlinux.
 */
#ifndef RIG_HANG_MEMORY_H
#define RIG_HANG_MEMORY_H

#include <glib.h>

/*
 * Reads DIR/postmortem/memory.elf (from QEMU's dump-guest-memory) with VMLINUX, and writes
 * DIR/postmortem/owners.json. Blocks for at most MEMORY_READ_S seconds. Errors: there is no image,
 * VMLINUX is NULL or has no DWARF, python3-drgn is missing, or the image is truncated or of another
 * kernel.
 */
#define MEMORY_READ_S 25
gboolean memory_read(const char *dir, const char *vmlinux, GError **error);

/*
 * Replaces the zero pages of the image file by holes; its content does not change. Returns the
 * number of bytes that the file now uses on disk, or -1 if there is no image.
 */
gint64 memory_make_sparse(const char *dir);

#endif
