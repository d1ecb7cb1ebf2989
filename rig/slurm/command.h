/* SPDX-License-Identifier: GPL-2.0-only */
/* One of Slurm's programs, run without blocking. */
#ifndef RIG_SLURM_COMMAND_H
#define RIG_SLURM_COMMAND_H

#include <glib.h>

#include "util/auto.h"

struct command;

/* Bytes of its standard output. */
typedef void (*command_output)(const char *bytes, gsize n, void *data);
/*
 * CODE: its exit code, or -SIGNAL. OUT is empty if there is a command_output. The last line of
 * standard error is in WHY. The command may be freed.
 */
typedef void (*command_done)(struct command *command, int code, const char *out, const char *why,
			     void *data);

/*
 * ARGV is NULL-terminated, and OUTPUT may be NULL. SIGKILL after LIMIT_S. Errors (RIG_EXIT_INFRA):
 * it cannot be started.
 */
struct command *command_start(const char *const *argv, guint limit_s, command_output output,
			      command_done done, void *data, GError **error);
/* Kills it if it still runs. */
void command_free(struct command *command);
RIG_DEFINE_AUTO(command, command_free)

/* The part of TEXT that says why: its last line, without "sbatch: error: ". g_free(). */
char *command_why(const char *text);

#endif
