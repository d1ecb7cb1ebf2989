/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other programs. Every child dies with the rig (PR_SET_PDEATHSIG), so that even kill -9 of the rig
 * leaves nothing behind; no shell is involved.
 */
#ifndef RIG_UTIL_SPAWN_H
#define RIG_UTIL_SPAWN_H

#include <glib.h>

/* One line of the child's output (without its end), as it comes. */
typedef void (*spawn_line)(const char *line, void *data);

struct spawn {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *cwd;	 /* NULL: ours */
	const char *const *env;	 /* "NAME=value" added to ours, NULL-terminated; or NULL */
	const char *input;	 /* standard input: a file's path, or NULL for /dev/null */
	spawn_line line;	 /* called for each line of output and errors, or NULL */
	void *data;
	int pass_fd; /* > 0: a descriptor that the child and its children get too, a lock for instance */
	gsize keep; /* how much of the output's end is kept for *ret_output and the error; 0: 64 KiB */
};

/*
 * Runs a program to its end, blocking. Standard output and standard error are read together.
 * *ret_output (may be NULL) gets the last `keep` bytes of it, valid UTF-8, also when it fails. Errors:
 * RIG_EXIT_INFRA where it cannot be started (says which Debian package has it when known), is killed, or
 * ends with another code than 0; the message has the command, the code and its last line.
 */
gboolean spawn_run(const struct spawn *spawn, char **ret_output, GError **error);

/* spawn_run() of the words given, ended by NULL. */
gboolean spawn_words(char **ret_output, GError **error, const char *first, ...) G_GNUC_NULL_TERMINATED;

/* For g_spawn_async_with_pipes_and_fds(): the child dies when the rig dies. DATA is unused. */
void spawn_die_with_parent(gpointer data);

/* The Debian package of a program that the rig starts, or NULL where we do not know. */
const char *spawn_package(const char *program);

/* TRUE if NAME is a program in PATH. */
gboolean spawn_have(const char *name);

#endif
