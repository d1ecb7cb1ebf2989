/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's memory image: who owns which lock, by the kernel's DWARF. */
#ifndef RIG_HANG_MEMORY_H
#define RIG_HANG_MEMORY_H

#include <glib.h>

/*
 * Reads DIR/postmortem/memory.elf (QEMU's dump-guest-memory) with VMLINUX and writes
 * DIR/postmortem/owners.json. Blocks, at most MEMORY_READ_S seconds. Errors: no image, no vmlinux (NULL) or
 * one without DWARF, python3-drgn missing, an image that is truncated or not of that kernel.
 */
#define MEMORY_READ_S 25
gboolean memory_read(const char *dir, const char *vmlinux, GError **error);

/* Gives the zeros of the image back to the disk; it reads as before. Returns the bytes that it takes now, -1
 * where there is none. */
gint64 memory_make_sparse(const char *dir);

#endif
