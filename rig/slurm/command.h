/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs one of Slurm's programs without blocking. */
#ifndef RIG_SLURM_COMMAND_H
#define RIG_SLURM_COMMAND_H

#include <glib.h>

#include "util/auto.h"

struct command;

/* Called with each piece of the program's standard output, of N bytes. */
typedef void (*command_output)(const char *bytes, gsize n, void *data);
/*
 * Called when the program has exited. CODE: its exit code, or -SIGNAL. OUT: its standard output,
 * empty if a command_output received it. WHY: the last line of its standard error. The callee may
 * free COMMAND.
 */
typedef void (*command_done)(struct command *command, int code, const char *out, const char *why,
			     void *data);

/*
 * Starts ARGV (NULL-terminated). INPUT is the path of its standard input, or NULL for /dev/null.
 * OUTPUT may be NULL. After LIMIT_S the program is killed with SIGKILL. Errors: RIG_EXIT_INFRA, the
 * program cannot be started.
 */
struct command *command_start(const char *const *argv, const char *input, guint limit_s,
			      command_output output, command_done done, void *data, GError **error);
/* Frees COMMAND; a program that still runs is killed. */
void command_free(struct command *command);
RIG_DEFINE_AUTO(command, command_free)

/*
 * Returns the reason in TEXT, a program's standard error: its last line, without "sbatch: error: ".
 * g_free().
 */
char *command_why(const char *text);

#endif
