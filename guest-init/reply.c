// SPDX-License-Identifier: GPL-2.0-only
/* Sends frames to the host, and forks child processes (reply.h). */
#include "reply.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "text.h"

#define LINE_MAX_BYTES 256

static struct channel *channel;
static int own_fds[8];
static unsigned n_own_fds;
static sigset_t blocked;

void reply_init(struct channel *open_channel, const int *fds, unsigned n_fds,
		const sigset_t *signals)
{
	channel = open_channel;
	blocked = *signals;
	for (n_own_fds = 0; n_own_fds < n_fds && n_own_fds < 8; n_own_fds++)
		own_fds[n_own_fds] = fds[n_own_fds];
}

bool reply_send(enum proto_type type, uint32_t seq, const char *payload, size_t len)
{
	return frame_put(&channel->out, type, seq, payload, len);
}

bool reply_has_room(void)
{
	return channel->out.len < PROTO_PART_MAX;
}

void reply_done(uint32_t seq, int error, const char *format, ...)
{
	char what[LINE_MAX_BYTES] = "", line[LINE_MAX_BYTES + 64];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	len = error ? snprintf(line, sizeof(line), "error %s %s\n", errno_name(error), what)
		    : snprintf(line, sizeof(line), "ok\n");
	reply_send(PROTO_DONE, seq, line, len);
}

void reply_note(const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	len = strlen(line);
	line[len++] = '\n';
	reply_send(PROTO_NOTE, 0, line, len);
}

static void wake_up(int signal)
{
	(void)signal;
}

pid_t reply_fork(const char *name)
{
	/* without SA_RESTART, because the signal must interrupt system calls */
	struct sigaction action = {.sa_handler = wake_up};
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return pid;
	for (unsigned i = 0; i < n_own_fds; i++)
		close(own_fds[i]);
	prctl(PR_SET_NAME, name);
	sigaction(SIGUSR1, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	return 0;
}
