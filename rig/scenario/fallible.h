/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel functions of memory and CPU hotplug that can fail, with the errnos that they return in
 * the kernel: a run makes a call of one fail (docs/director.md), `rig race --fail` each of them.
 */
#ifndef RIG_SCENARIO_FALLIBLE_H
#define RIG_SCENARIO_FALLIBLE_H

#include <glib.h>

/* How a function reports that it has failed. */
enum fallible_returns {
	RETURNS_ERRNO,	  /* a negative errno, also as an ERR_PTR() */
	RETURNS_POINTER,  /* NULL */
	RETURNS_NOTIFIER, /* notifier_from_errno() (include/linux/notifier.h) */
};

struct fallible {
	const char *function;
	const char *in;	  /* only calls in this function; NULL: all */
	const char *file; /* of the function, or of the one that calls it */
	enum fallible_returns returns;
	const char *errors; /* with spaces between them: errnos, NULL; the first is the default */
};

/* All of them; the last one has no function. */
extern const struct fallible fallible_functions[];

/* The row of FUNCTION called in IN (may be NULL), else one of FUNCTION; NULL: there is none. */
const struct fallible *fallible_find(const char *function, const char *in);

/*
 * The value that a function returns for ERROR, an errno's name or NULL. FALSE: ERROR is neither.
 */
gboolean fallible_value(enum fallible_returns returns, const char *error, guint64 *ret);

/* The errno that a caller sees for ERROR: ENOMEM for NULL. */
const char *fallible_errno(const char *error);

#endif
