/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The variables of a kernel: STT_OBJECT of a vmlinux's symbol table, or the data in an image's
 * kallsyms (CONFIG_KALLSYMS_ALL), which have no sizes: there each variable reaches to the next one.
 */
#ifndef RIG_SYMBOL_VARIABLES_H
#define RIG_SYMBOL_VARIABLES_H

#include <glib.h>

#include "util/auto.h"

struct variables;

/* Never NULL: if the file cannot be read, or is NULL, there are no variables. */
struct variables *variables_open(const char *vmlinux);
/* Of an uncompressed kernel (kernel_unpack()). Errors: RIG_EXIT_USAGE, no kallsyms. */
struct variables *variables_of_image(GBytes *image, GError **error);
void variables_free(struct variables *variables);
RIG_DEFINE_AUTO(variables, variables_free)

/* The name of the variable that ADDRESS lies in, or NULL. The caller's. VARIABLES: a struct. */
char *variables_name(guint64 address, void *variables);
/*
 * The address and size of the variable or mark ("_end", size 0) called NAME; FALSE: there is none.
 * RET_SIZE may be NULL.
 */
gboolean variables_find(const struct variables *variables, const char *name, guint64 *ret_address,
			guint64 *ret_size);

#endif
