/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The variables of a kernel: the STT_OBJECT symbols of a vmlinux, or the data symbols in an image's
 * kallsyms (CONFIG_KALLSYMS_ALL). The latter have no sizes, so each variable extends to the next
 * one.
 */
#ifndef RIG_SYMBOL_VARIABLES_H
#define RIG_SYMBOL_VARIABLES_H

#include <glib.h>

#include "util/auto.h"

struct variables;

/*
 * Opens the variables of a vmlinux. If it cannot be read, or is NULL, there are no variables; the
 * result is never NULL.
 */
struct variables *variables_open(const char *vmlinux);
/*
 * Opens the variables of an uncompressed kernel (kernel_unpack()). Errors: RIG_EXIT_USAGE, it has
 * no kallsyms.
 */
struct variables *variables_of_image(GBytes *image, GError **error);
void variables_free(struct variables *variables);
RIG_DEFINE_AUTO(variables, variables_free)

/*
 * Returns the name of the variable that contains ADDRESS, or NULL. The caller owns it. VARIABLES is
 * a struct variables.
 */
char *variables_name(guint64 address, void *variables);
/*
 * Finds the variable or linker symbol ("_end", size 0) called NAME. FALSE: there is none. RET_SIZE
 * may be NULL.
 */
gboolean variables_find(const struct variables *variables, const char *name, guint64 *ret_address,
			guint64 *ret_size);

#endif
