/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The variables of a kernel: the STT_OBJECT symbols of a vmlinux, or the data symbols in an image's
 * kallsyms (CONFIG_KALLSYMS_ALL). Symbols of kallsyms have no sizes, so each variable extends to
 * the next symbol.
 */
#ifndef RIG_SYMBOL_VARIABLES_H
#define RIG_SYMBOL_VARIABLES_H

#include <glib.h>

#include "util/auto.h"

struct variables;

/*
 * Opens the variables of the file VMLINUX. The result is never NULL; if VMLINUX is NULL or cannot
 * be read, it has no variables.
 */
struct variables *variables_open(const char *vmlinux);
/*
 * Opens the variables of IMAGE, an uncompressed kernel (kernel_unpack()). Error: RIG_EXIT_USAGE,
 * IMAGE has no kallsyms.
 */
struct variables *variables_of_image(GBytes *image, GError **error);
void variables_free(struct variables *variables);
RIG_DEFINE_AUTO(variables, variables_free)

/*
 * Returns the name of the variable that contains ADDRESS, or NULL if there is none. The caller owns
 * the name. VARIABLES is a struct variables; its type is void * so that this function can be a
 * lock_symbol (locks/locks.h).
 */
char *variables_name(guint64 address, void *variables);
/*
 * Finds the variable NAME, or the linker symbol NAME ("_end"), whose size is 0. Returns FALSE if
 * there is none. RET_SIZE may be NULL.
 */
gboolean variables_find(const struct variables *variables, const char *name, guint64 *ret_address,
			guint64 *ret_size);

#endif
