/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child process whose two output pipes are read from the main loop, without blocking:
 *
 *	struct piped piped;
 *	piped_start(&piped, &spawn, &calls, &error)
 *	…main loop…	calls.output() for each piece of output, then calls.ended() once
 *	piped_clear(&piped)
 */
#ifndef RIG_UTIL_PIPED_H
#define RIG_UTIL_PIPED_H

#include "util/spawn.h"

enum { PIPED_OUT, PIPED_ERR, PIPED_N };

/* The callbacks; DATA is passed to both. */
struct piped_calls {
	/*
	 * called when N bytes were read from standard output (WHICH is PIPED_OUT) or standard error
	 */
	void (*output)(int which, const char *bytes, gsize n, void *data);
	/*
	 * called when the process has exited and both pipes are closed; may call piped_clear() and
	 * free the struct
	 */
	void (*ended)(const struct process_end *end, void *data);
	void *data;
};

struct piped {
	struct process process;
	struct process_end end;
	int pipe[PIPED_N];
	guint pipe_source[PIPED_N], end_source;
	struct piped_calls calls;
};

/*
 * Starts the program of SPAWN, whose `out` and `err` are ignored, as the leader of a process group.
 * Calls no callback before it returns. PIPED must be zeroed. Error: RIG_EXIT_INFRA, the program
 * cannot be started; PIPED is then zeroed.
 */
gboolean piped_start(struct piped *piped, const struct spawn *spawn,
		     const struct piped_calls *calls, GError **error);

/* Kills the process if it still runs, and closes the pipes. Does nothing if PIPED is zeroed. */
void piped_clear(struct piped *piped);

#endif
