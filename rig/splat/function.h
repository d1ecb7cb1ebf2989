/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by function.c, which chooses the function after which a report is named, and
 * its parts: function-locks.c does this for reports of lockdep, function-work.c for reports about
 * workers. The caller frees the names.
 */
#ifndef RIG_SPLAT_FUNCTION_H
#define RIG_SPLAT_FUNCTION_H

#include "splat/internal.h"

/*
 * Returns a copy of plain_name(NAME), or, if NAME is a mangled name of Rust, the path that it
 * stands for; NULL if NAME is NULL or "".
 */
char *name_or_null(const char *name);
/*
 * Returns the first of NAMES that is not generic by RULES and has none of the substrings in SKIP,
 * or NULL if there is none. SKIP is a list in the format of name_has(), or NULL.
 */
char *first_named(const GPtrArray *names, const char *skip, enum rules rules);

/*
 * Returns the function that wants the lock, or else the one that acquired the held lock. Returns
 * NULL if both are generic or unknown.
 */
char *taking_function(const struct splat *splat, const struct report *report, enum rules rules);
/*
 * Returns the function from the stack of the fault that cut REPORT off, or NULL if no fault did.
 * Printing a lock whose memory was freed or overwritten can fault.
 */
char *cut_function(const struct report *report);
/*
 * Returns taking_function(); if that is NULL, the first suitable function in the stack of the first
 * link in the chain ("-> #1"), which is the newest.
 */
char *lock_function(const struct splat *splat, const struct report *report, enum rules rules);
/*
 * Returns the function that wants the lock, even if it is generic. If the report is damaged and
 * lacks it, returns the first function after "at:".
 */
char *first_lock_function(const struct splat *splat, const struct report *report);
/*
 * Returns the function in the line after "… is trying to release lock (X) at:", or NULL if there is
 * none, or it is generic.
 */
char *release_function(const struct report *report, enum rules rules);
/*
 * Returns TRUE if a mail quotes only the first lines of a lockdep report, without the stack at its
 * end that names it.
 */
gboolean lacks_last_stack(const struct report *report);

/* Returns the work function that a stuck worker pool executes, or NULL. */
char *work_function(const struct report *report);
/*
 * Returns the work function of the first stack's task, from the line "Workqueue: " above it, or
 * NULL. It names a report whose stack has no suitable function.
 */
char *stalled_item(const struct report *report);

#endif
