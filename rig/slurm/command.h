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
 * Called when the program has exited. CODE is its exit code, or -SIGNAL. OUT is its standard
 * output, or empty if a command_output received it. WHY is the result of command_why() for its
 * standard error. The callee may free COMMAND.
 */
typedef void (*command_done)(struct command *command, int code, const char *out, const char *why,
			     void *data);

/*
 * Starts ARGV (NULL-terminated). INPUT is the path of its standard input, or NULL for /dev/null.
 * OUTPUT may be NULL. After LIMIT_S seconds the program is killed with SIGKILL. Error:
 * RIG_EXIT_INFRA, the program cannot be started.
 */
struct command *command_start(const char *const *argv, const char *input, guint limit_s,
			      command_output output, command_done done, void *data, GError **error);
/* Frees COMMAND; a program that still runs is killed. */
void command_free(struct command *command);
RIG_DEFINE_AUTO(command, command_free)

/*
 * Returns the reason in TEXT, the standard error of a program that failed: its last line, without
 * "sbatch: error: ". The caller owns the result.
 */
char *command_why(const char *text);

#endif
