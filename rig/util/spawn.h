/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts child processes. No other module does.
 *
 * spawn_run() runs a program until it exits and collects its output. process_start() only starts
 * it, for callers with a main loop, which watch the pidfd and the pipes themselves.
 *
 * Every child gets SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG), so no process
 * remains even after kill -9 of the rig. So children must be started from the main thread. No shell
 * is used. Descriptors other than 0 to 2 and those in `fds` are closed.
 */
#ifndef RIG_UTIL_SPAWN_H
#define RIG_UTIL_SPAWN_H

#include <glib.h>
#include <sys/types.h>

#include "util/confine.h"

/* Called with each complete line of the child's output, without its newline. */
typedef void (*spawn_line)(const char *line, void *data);

/* The descriptor OURS of this process is passed to the child as number THEIRS. */
struct spawn_fd {
	int ours, theirs;
};

#define SPAWN_PIPE (-1)

/* Options for starting a program; all pointers are borrowed during the call. */
struct spawn {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *cwd;	 /* working directory; NULL stands for that of this process */
	/* "NAME=value" to add to the environment of this process; NULL-terminated, or NULL */
	const char *const *env;
	const char *input; /* path of a file for standard input; NULL stands for /dev/null */
	const struct spawn_fd *fds;
	guint n_fds;
	/*
	 * makes the child the leader of a new process group, so that ^C at the terminal does not
	 * reach it
	 */
	gboolean new_group;
	const struct confine *confine; /* limits of the child, or NULL */

	/* process_start() only: 0 for /dev/null, SPAWN_PIPE, or an open descriptor */
	int out, err;

	/* only for spawn_run(): */
	spawn_line line; /* called for each line of both output streams; or NULL */
	void *data;
	/*
	 * how many bytes of the end of the output are stored for *ret_output and error messages; 0
	 * stands for 64 KiB
	 */
	gsize keep;
	/* after this time, the child and its group get SIGKILL; 0 stands for no limit */
	guint limit_ms;
};

/*
 * Runs a program until it exits. Blocks. Standard output and standard error are read as one stream.
 * *ret_output (may be NULL) gets the last `keep` bytes of it as valid UTF-8, even if the program
 * fails. Error: RIG_EXIT_INFRA, the program cannot be started (the message names its Debian
 * package, if known), is killed, exceeds its time limit, or exits with a code other than 0 (the
 * message has the command, the code and the last line of output).
 */
gboolean spawn_run(const struct spawn *spawn, char **ret_output, GError **error);

/* Runs the program FIRST as spawn_run() does, with the given arguments, which end with NULL. */
gboolean spawn_words(char **ret_output, GError **error, const char *first, ...)
	G_GNUC_NULL_TERMINATED;

/* ---- for callers with a main loop (process.c) ---- */

/* A child that was started; all fields are zero if there is none. */
struct process {
	pid_t pid;    /* 0 after process_reap() */
	int pidfd;    /* readable when the child has exited; closed by process_reap() */
	int out, err; /* read ends for SPAWN_PIPE, otherwise -1; the caller closes them */
	gboolean is_group;
	gint64 began_ns;
};

/* How a child ended. */
struct process_end {
	int status; /* from waitpid() */
	int code;   /* exit code, or -SIGNAL */
	double wall_s;
	double cpu_s; /* CPU time of the child and of all descendants that were waited for */
};

/* Starts a child. Errors (RIG_EXIT_INFRA): it cannot be started. */
gboolean process_start(const struct spawn *spawn, struct process *ret, GError **error);

/*
 * Blocks until the child has exited, for at most TIMEOUT_MS, or without a limit if that is -1.
 * Returns FALSE if the child still runs.
 */
gboolean process_wait(const struct process *process, int timeout_ms);

/*
 * Sends SIGNAL to the child, or to its process group if it has one. Does nothing after
 * process_reap().
 */
void process_signal(const struct process *process, int signal);

/*
 * Waits until the child has exited (blocks), kills the rest of its group and closes the pidfd. RET
 * may be NULL.
 */
void process_reap(struct process *process, struct process_end *ret);

/* ---- programs that the rig starts ---- */

/* Returns the Debian package of a program that the rig starts, or NULL if unknown. */
const char *spawn_package(const char *program);

/* Returns TRUE if NAME is a program in PATH. */
gboolean spawn_have(const char *name);

#endif
