/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel functions of memory and CPU hotplug that can fail, with the errnos that they can return. A
 * run can let a call of such a function fail (docs/director.md); `rig race --fail` tries each
 * function.
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
	/* names of errnos, separated by spaces, or "NULL"; the first one is the default */
	const char *errors;
};

/* All rows; the last one has no function. */
extern const struct fallible fallible_functions[];

/*
 * Returns the row for calls of FUNCTION by IN, or for all its calls if IN is NULL. If there is no
 * such row, returns any row for FUNCTION, or NULL if FUNCTION is not in the table.
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
