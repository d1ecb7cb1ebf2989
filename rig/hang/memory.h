/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's memory image: which task owns which lock, by the kernel's DWARF. */
#ifndef RIG_HANG_MEMORY_H
#define RIG_HANG_MEMORY_H

#include <glib.h>

/*
 * Reads DIR/postmortem/memory.elf (QEMU's dump-guest-memory) with VMLINUX and writes
 * DIR/postmortem/owners.json. Blocks, at most MEMORY_READ_S seconds. Errors: no image, no vmlinux
 * (NULL) or one without DWARF, python3-drgn missing, an image that is truncated or not of that
 * kernel.
 */
#define MEMORY_READ_S 25
gboolean memory_read(const char *dir, const char *vmlinux, GError **error);

/*
 * Makes holes of the image's zero pages; its content stays the same. Returns the bytes that it
 * occupies now, -1 if there is no image.
 */
gint64 memory_make_sparse(const char *dir);

#endif
