/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes of memory: "256M", "1G", "65536K", "4096". */
#ifndef RIG_UTIL_SIZE_H
#define RIG_UTIL_SIZE_H

#include <glib.h>

/*
 * Parses digits and an optional K, M, G or T (powers of 1024, either case, an optional "iB" or "B")
 * into bytes. Error: RIG_EXIT_USAGE, TEXT is empty, has a sign or other characters, or the size
 * exceeds 64 bits.
 */
gboolean rig_size_parse(const char *text, guint64 *ret_bytes, GError **error);

/* Returns the shortest exact form of BYTES: "256M" for 268435456. The caller owns it. */
char *rig_size_text(guint64 bytes);

#endif
