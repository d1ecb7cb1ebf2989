/* SPDX-License-Identifier: GPL-2.0-only */
/* The variables of a vmlinux, which name lock classes whose keys lie in them. */
#ifndef RIG_LOCKS_VARIABLES_H
#define RIG_LOCKS_VARIABLES_H

#include "locks/locks.h"

struct lock_variables;

/* Never NULL: if the file cannot be read, or is NULL, there are no variables. */
struct lock_variables *lock_variables_open(const char *vmlinux);
void lock_variables_free(struct lock_variables *variables);
RIG_DEFINE_AUTO(lock_variables, lock_variables_free)

/* A lock_symbol (locks.h): VARIABLES is a struct lock_variables. */
char *lock_variables_name(guint64 address, void *variables);

#endif
