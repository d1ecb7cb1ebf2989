// SPDX-License-Identifier: GPL-2.0-only
/* Runs one program, reads its two output pipes, and reports its exit from the main loop. */
#include "slurm/command.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/spawn.h"

#define KEPT_MAX (1u << 20)

enum { OUT, ERR, N_PIPES };

struct command {
	struct process process;
	int pipe[N_PIPES], code;
	guint pipe_source[N_PIPES], end_source, timer;
	GString *text[N_PIPES];
	command_output output;
	command_done done;
	void *data;
};

char *command_why(const char *text)
{
	g_autofree char *copy = g_utf8_make_valid(text, -1);
	const char *last, *error;

	last = strrchr(g_strchomp(copy), '\n');
	last = last ? last + 1 : copy;
	error = strstr(last, "error: ");
	return g_strdup(error ? error + strlen("error: ") : last);
}

static void settle(struct command *c)
{
	g_autofree char *why = NULL;

	if (c->process.pid || c->pipe_source[OUT] || c->pipe_source[ERR])
		return;
	g_clear_handle_id(&c->timer, g_source_remove);
	why = command_why(c->text[ERR]->str);
	c->done(c, c->code, c->text[OUT]->str, why, c->data);
}

static gboolean on_end(int fd, GIOCondition condition, void *data)
{
	struct command *c = data;
	struct process_end end;

	(void)fd;
	(void)condition;
	c->end_source = 0;
	process_reap(&c->process, &end);
	c->code = end.code;
	settle(c);
	return G_SOURCE_REMOVE;
}

static gboolean on_pipe(int fd, GIOCondition condition, void *data)
{
	struct command *c = data;
	int which = fd == c->pipe[OUT] ? OUT : ERR;
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (n > 0 && which == OUT && c->output)
		c->output(bytes, n, c->data);
	else if (n > 0 && c->text[which]->len + n <= KEPT_MAX)
		g_string_append_len(c->text[which], bytes, n);
	if (n > 0)
		return G_SOURCE_CONTINUE;
	c->pipe_source[which] = 0;
	settle(c);
	return G_SOURCE_REMOVE;
}

static gboolean on_limit(void *data)
{
	struct command *c = data;

	c->timer = 0;
	process_signal(&c->process, SIGKILL);
	return G_SOURCE_REMOVE;
}

struct command *command_start(const char *const *argv, const char *input, guint limit_s,
			      command_output output, command_done done, void *data, GError **error)
{
	/* list arrays in full: by default squeue cuts the list of tasks off after 64 characters */
	const char *const env[] = {"SLURM_BITSTR_LEN=0", NULL};
	const struct spawn spawn = {
		.argv = argv,
		.env = env,
		.input = input,
		.new_group = TRUE,
		.out = SPAWN_PIPE,
		.err = SPAWN_PIPE,
	};
	rig_auto(command) c = g_new0(struct command, 1);

	c->pipe[OUT] = c->pipe[ERR] = -1;
	c->output = output;
	c->done = done;
	c->data = data;
	if (!process_start(&spawn, &c->process, error))
		return NULL;
	c->pipe[OUT] = c->process.out;
	c->pipe[ERR] = c->process.err;
	for (int i = 0; i < N_PIPES; i++) {
		c->text[i] = g_string_new(NULL);
		fcntl(c->pipe[i], F_SETFL, O_NONBLOCK);
		c->pipe_source[i] =
			g_unix_fd_add(c->pipe[i], G_IO_IN | G_IO_HUP | G_IO_ERR, on_pipe, c);
	}
	c->end_source = g_unix_fd_add(c->process.pidfd, G_IO_IN, on_end, c);
	c->timer = g_timeout_add_seconds(limit_s, on_limit, c);
	return g_steal_pointer(&c);
}

void command_free(struct command *c)
{
	if (!c)
		return;
	if (c->process.pid) {
		process_signal(&c->process, SIGKILL);
		process_reap(&c->process, NULL);
	}
	g_clear_handle_id(&c->timer, g_source_remove);
	g_clear_handle_id(&c->end_source, g_source_remove);
	for (int i = 0; i < N_PIPES; i++) {
		g_clear_handle_id(&c->pipe_source[i], g_source_remove);
		if (c->pipe[i] >= 0)
			close(c->pipe[i]);
		if (c->text[i])
			g_string_free(c->text[i], TRUE);
	}
	g_free(c);
}
