/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of a child that works on what a guest has written: QEMU, and readers of a guest's memory.
 * A kernel under test is hostile, and a fault in such a program lets it act as this program.
 *
 *   files    Landlock: only the listed ones, and what a program needs to start (confine.c)
 *   network  Landlock: no TCP, no abstract Unix socket, no signal to a process outside
 *   user     where the rig is root: `nobody`, without capabilities
 *   memory   RLIMIT_AS; no core file
 *
 * A host that lacks a part gets the others; confine_json() says which are in force. With
 * RIG_SANDBOX=off in the environment nothing is limited.
 */
#ifndef RIG_UTIL_CONFINE_H
#define RIG_UTIL_CONFINE_H

#include <glib.h>
#include <jansson.h>
#include <sys/types.h>

#include "util/auto.h"

/* Borrowed for the length of the call. */
struct confine_want {
	/* files and folders (with all below them) to read and execute; NULL-terminated;
	 * one that does not exist is left out */
	const char *const *readable;
	const char *writable; /* a folder to make files in, or NULL; it is given to the user */
	guint64 memory;	      /* bytes of address space; 0: no limit */
};

/* Made before the fork by confine_new(), so that the child only makes system calls. */
struct confine;

/*
 * Errors (RIG_EXIT_INFRA): a path of WANT cannot be opened. Returns NULL without an error where
 * RIG_SANDBOX=off. Free with confine_free().
 */
struct confine *confine_new(const struct confine_want *want, GError **error);
void confine_free(struct confine *confine);
RIG_DEFINE_AUTO(confine, confine_free)

/* In the child, between fork() and exec(). FALSE: a limit could not be set; the child must exit. */
gboolean confine_enter(const struct confine *confine);

/*
 * {"landlock": ABI or 0, "user": NAME, "why_root": TEXT where the user is root}. CONFINE NULL: {}.
 */
json_t *confine_json(const struct confine *confine);

/* FALSE with RIG_SANDBOX=off. */
gboolean confine_is_wanted(void);

/* The version of Landlock's ABI of this host's kernel; 0: it has none. */
int confine_landlock(void);

#endif
