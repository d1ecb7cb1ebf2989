// SPDX-License-Identifier: GPL-2.0-only
/* Reads the output pipes of a child process from the main loop, and reaps it. */
#include "util/piped.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

static void end_if_done(struct piped *p)
{
	if (!p->process.pid && !p->pipe_source[PIPED_OUT] && !p->pipe_source[PIPED_ERR])
		p->calls.ended(&p->end, p->calls.data);
}

static gboolean on_exit_of_process(int fd, GIOCondition condition, void *data)
{
	struct piped *p = data;

	(void)fd;
	(void)condition;
	p->end_source = 0;
	process_reap(&p->process, &p->end);
	end_if_done(p);
	return G_SOURCE_REMOVE;
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct piped *p = data;
	int which = fd == p->pipe[PIPED_OUT] ? PIPED_OUT : PIPED_ERR;
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		p->calls.output(which, bytes, n, p->calls.data);
		return G_SOURCE_CONTINUE;
	}
	p->pipe_source[which] = 0;
	end_if_done(p);
	return G_SOURCE_REMOVE;
}

gboolean piped_start(struct piped *p, const struct spawn *spawn, const struct piped_calls *calls,
		     GError **error)
{
	struct spawn with_pipes = *spawn;

	with_pipes.new_group = TRUE;
	with_pipes.out = with_pipes.err = SPAWN_PIPE;
	if (!process_start(&with_pipes, &p->process, error))
		return FALSE;
	p->calls = *calls;
	p->pipe[PIPED_OUT] = p->process.out;
	p->pipe[PIPED_ERR] = p->process.err;
	for (int i = 0; i < PIPED_N; i++) {
		fcntl(p->pipe[i], F_SETFL, O_NONBLOCK);
		p->pipe_source[i] =
			g_unix_fd_add(p->pipe[i], G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, p);
	}
	p->end_source = g_unix_fd_add(p->process.pidfd, G_IO_IN, on_exit_of_process, p);
	return TRUE;
}

void piped_clear(struct piped *p)
{
	/*
	 * 0 means that PIPED is zeroed; a pipe cannot have this descriptor, which is standard input
	 */
	if (!p->pipe[PIPED_OUT])
		return;
	if (p->process.pid) {
		process_signal(&p->process, SIGKILL);
		process_reap(&p->process, NULL);
	}
	g_clear_handle_id(&p->end_source, g_source_remove);
	for (int i = 0; i < PIPED_N; i++) {
		g_clear_handle_id(&p->pipe_source[i], g_source_remove);
		close(p->pipe[i]);
	}
	*p = (struct piped){0};
}
