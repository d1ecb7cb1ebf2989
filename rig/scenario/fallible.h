/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel functions of memory and CPU hotplug that can fail, with the errnos that they can return. A
 * run can let a call of such a function fail (docs/director.md); `rig race --fail` tries each of
 * them.
 */
#ifndef RIG_SCENARIO_FALLIBLE_H
#define RIG_SCENARIO_FALLIBLE_H

#include <glib.h>

/* How a function reports that it has failed. */
enum fallible_returns {
	RETURNS_ERRNO,	  /* returns a negative errno, or an ERR_PTR() */
	RETURNS_POINTER,  /* returns NULL */
	RETURNS_NOTIFIER, /* returns notifier_from_errno() (include/linux/notifier.h) */
};

struct fallible {
	const char *function;
	const char *in;	  /* only calls by this function count; NULL if all calls count */
	const char *file; /* the source file of `in`, or of `function` if `in` is NULL */
	enum fallible_returns returns;
	const char *errors; /* errnos, or NULL, separated by spaces; the first one is the default */
};

/* All rows; the last one has no function. */
extern const struct fallible fallible_functions[];

/*
 * Returns the row for FUNCTION when IN (or NULL) calls it; if there is none, any row for FUNCTION;
 * or NULL if FUNCTION is not in the table.
 */
const struct fallible *fallible_find(const char *function, const char *in);

/*
 * Sets *ret to the value that the function returns for ERROR, the name of an errno or "NULL".
 * Returns FALSE if ERROR is neither.
 */
gboolean fallible_value(enum fallible_returns returns, const char *error, guint64 *ret);

/* Returns the errno that a caller sees for ERROR; for "NULL" that is ENOMEM. */
const char *fallible_errno(const char *error);

#endif
