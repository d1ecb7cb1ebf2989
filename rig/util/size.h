/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes of memory: "256M", "1G", "65536K", "4096". */
#ifndef RIG_UTIL_SIZE_H
#define RIG_UTIL_SIZE_H

#include <glib.h>

/*
 * Parses digits and an optional K, M, G or T (powers of 1024, either case, an optional "iB" or "B")
 * into bytes. Errors (RIG_EXIT_USAGE): nothing, other characters, a sign, more than 64 bits.
 */
gboolean rig_size_parse(const char *text, guint64 *ret_bytes, GError **error);

/* Returns the shortest exact spelling: 268435456 is "256M". */
char *rig_size_text(guint64 bytes);

#endif
