/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by function.c, which chooses the function that a report is named after, and
 * function-locks.c, its part for reports of lockdep. The caller frees the names.
 */
#ifndef RIG_SPLAT_FUNCTION_H
#define RIG_SPLAT_FUNCTION_H

#include "splat/internal.h"

/* Returns a copy of NAME without an architecture's prefix; NULL if NAME is NULL or "". */
char *name_or_null(const char *name);
/* Returns the first of NAMES that is not generic and has no piece of SKIP, or NULL. */
char *first_named(const GPtrArray *names, const char *skip, enum rules rules);

/* Returns the function in one of the first two lock lines, or NULL. */
char *taking_function(const struct splat *splat, const struct report *report, enum rules rules);
/* Like taking_function(), or the first function of the chain's newest link. */
char *lock_function(const struct splat *splat, const struct report *report, enum rules rules);
/* Returns the function in the first lock line; if the report is damaged, the one in any "at: f". */
char *first_lock_function(const struct splat *splat, const struct report *report);
/* Returns the function of the instruction after "… is trying to release lock (X) at:", or NULL. */
char *release_function(const struct report *report, enum rules rules);
/*
 * Returns TRUE if a mail quotes only the first lines of a lockdep report, without the stack at its
 * end that names it.
 */
gboolean lacks_last_stack(const struct report *report);

#endif
