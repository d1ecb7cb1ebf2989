/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits for a child process that handles data written by a guest: QEMU, and programs that read a
 * guest's memory. A kernel under test is considered hostile, and could take over such a program
 * through a bug in it.
 *
 *	files	Landlock: only the listed files, and those that a program needs to start (confine.c)
 *	network	Landlock: no TCP, no abstract Unix socket, no signal to a process outside
 *	user	if the rig runs as root: `nobody`, without capabilities
 *	memory	RLIMIT_AS; no core file
 *
 * If the host does not support one of these limits, the others still apply; confine_json() lists
 * those in force. With RIG_SANDBOX=off in the environment there are no limits.
 */
#ifndef RIG_UTIL_CONFINE_H
#define RIG_UTIL_CONFINE_H

#include <glib.h>
#include <jansson.h>
#include <sys/types.h>

#include "util/auto.h"

/* Options for confine_new(), borrowed during the call. */
struct confine_want {
	/*
	 * files that the child may read and execute, and folders, for all files below them;
	 * NULL-terminated; paths that do not exist are ignored
	 */
	const char *const *readable;
	/* a folder in which files may be created, or NULL; the child's user becomes its owner */
	const char *writable;
	guint64 memory; /* bytes of address space; 0 stands for no limit */
};

/*
 * The prepared limits. confine_new() makes them before the fork, so that the child only makes
 * system calls.
 */
struct confine;

/*
 * Prepares the limits. Returns NULL without an error if RIG_SANDBOX=off. Error: RIG_EXIT_INFRA, a
 * path of WANT cannot be opened. Free with confine_free().
 */
struct confine *confine_new(const struct confine_want *want, GError **error);
void confine_free(struct confine *confine);
RIG_DEFINE_AUTO(confine, confine_free)

/*
 * Applies the limits; must be called in the child, between fork() and exec(). Returns FALSE if a
 * limit could not be set; then the child must exit.
 */
gboolean confine_enter(const struct confine *confine);

/*
 * Returns the limits in force: {"landlock": ABI or 0, "user": NAME, "why_root": TEXT if the user is
 * root}; {} if CONFINE is NULL.
 */
json_t *confine_json(const struct confine *confine);

/*
 * Checks whether a confined child could read and write DEVICE if it were in the group of DEVICE, as
 * it is in that of /dev/kvm. Returns NULL if it could, or if DEVICE does not exist; otherwise the
 * name of the child's user (static).
 */
const char *confine_barred_user(const char *device);

/* Returns FALSE if RIG_SANDBOX=off. */
gboolean confine_is_wanted(void);

/* Returns the Landlock ABI version of the host's kernel, or 0 if not available. */
int confine_landlock(void);

#endif
