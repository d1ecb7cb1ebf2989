/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Child processes. This is the only place that starts one.
 *
 * spawn_run() runs a program to its end and collects its output. process_start() is the same
 * start for callers with a main loop: they watch the pidfd and the pipes themselves.
 *
 * Every child gets SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG), so that
 * even kill -9 of the rig leaves no process behind. Start children from the main thread. No
 * shell is involved. Descriptors other than 0 to 2 and those in `fds` are closed.
 */
#ifndef RIG_UTIL_SPAWN_H
#define RIG_UTIL_SPAWN_H

#include <glib.h>
#include <sys/types.h>

#include "util/confine.h"

/* One line of the child's output, without its newline, as soon as it is complete. */
typedef void (*spawn_line)(const char *line, void *data);

/* The descriptor OURS of this process becomes THEIRS in the child. */
struct spawn_fd {
	int ours, theirs;
};

#define SPAWN_PIPE (-1)

/* All borrowed for the length of the call. */
struct spawn {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *cwd;	 /* working directory; NULL: ours */
	const char *const *env;	 /* "NAME=value" added to ours, NULL-terminated; or NULL */
	const char *input;	 /* standard input: a file's path, or NULL for /dev/null */
	const struct spawn_fd *fds;
	guint n_fds;
	/* make it the leader of a process group: ^C at the terminal does not reach it */
	gboolean new_group;
	const struct confine *confine; /* its limits; NULL: none */

	/* process_start() only: 0 for /dev/null, SPAWN_PIPE, or an open descriptor */
	int out, err;

	/* spawn_run() only */
	spawn_line line; /* called for each line of output and errors, or NULL */
	void *data;
	gsize keep;	/* bytes of the output's end for *ret_output and errors; 0: 64 KiB */
	guint limit_ms; /* SIGKILL to it and its group after this time; 0: no limit */
};

/*
 * Runs a program to its end, blocking. Standard output and standard error are read together.
 * *ret_output (may be NULL) gets the last `keep` bytes of it, valid UTF-8, also when the program
 * fails. Errors, all RIG_EXIT_INFRA: it cannot be started (names the Debian package when known),
 * is killed, exceeds its limit, or ends with another code than 0; the message has the command,
 * the code and its last line.
 */
gboolean spawn_run(const struct spawn *spawn, char **ret_output, GError **error);

/* spawn_run() of the given words, terminated by NULL. */
gboolean spawn_words(char **ret_output, GError **error, const char *first, ...)
	G_GNUC_NULL_TERMINATED;

/* ---- for callers with a main loop: process.c ---- */

/* A started child; all fields are zero if there is none. */
struct process {
	pid_t pid;    /* 0 once reaped */
	int pidfd;    /* readable when it has ended; closed by process_reap() */
	int out, err; /* read ends of SPAWN_PIPE, else -1; the caller closes them */
	gboolean is_group;
	gint64 began_ns;
};

/* How it ended. */
struct process_end {
	int status; /* status of waitpid() */
	int code;   /* exit code, or -SIGNAL */
	double wall_s;
	double cpu_s; /* CPU time of it and of all descendants that were waited for */
};

/* Starts it. Errors (RIG_EXIT_INFRA): it cannot be started. */
gboolean process_start(const struct spawn *spawn, struct process *ret, GError **error);

/* Blocks until it has ended, at most TIMEOUT_MS (-1: no limit). FALSE: it still runs. */
gboolean process_wait(const struct process *process, int timeout_ms);

/* Sends SIGNAL to it, or to its process group if it has its own. Does nothing once it is reaped. */
void process_signal(const struct process *process, int signal);

/*
 * Waits for it, blocking, kills what is left of its group and closes the pidfd. RET may be NULL.
 */
void process_reap(struct process *process, struct process_end *ret);

/* ---- programs ---- */

/* The Debian package of a program that the rig starts, or NULL if unknown. */
const char *spawn_package(const char *program);

/* TRUE if NAME is a program in PATH. */
gboolean spawn_have(const char *name);

#endif
