// SPDX-License-Identifier: GPL-2.0-only
/* Sends lines to the rig through the socket without blocking, and reads lines in a thread. */
#include "plugin/link.h"

#include "plugin/protocol.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#define ROOM_MS 100

static void say(struct link *link, int patience_ms, const char *format, va_list args)
{
	struct pollfd room = {link->fd, POLLOUT, 0};
	char line[DIRECTOR_LINE_MAX];
	int len;

	if (link->fd < 0)
		return;
	len = vsnprintf(line, sizeof(line), format, args);
	if (patience_ms)
		poll(&room, 1, patience_ms);
	if (len < 0 || (size_t)len >= sizeof(line) ||
	    send(link->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) != len)
		atomic_fetch_add(&link->dropped, 1);
}

void link_say(struct link *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(link, 0, format, args);
	va_end(args);
}

void link_answer(struct link *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(link, ROOM_MS, format, args);
	va_end(args);
}

static void *listen_to_rig(void *data)
{
	struct link *link = data;
	char line[DIRECTOR_LINE_MAX + 1];
	ssize_t len;

	for (;;) {
		len = recv(link->fd, line, DIRECTOR_LINE_MAX, 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		line[len] = '\0';
		link->line(line, link->data);
	}
	link->line(NULL, link->data);
	return NULL;
}

int link_start(struct link *link)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	if (link->fd < 0)
		return 0;
	/* block all signals in the new thread, because QEMU's threads must handle them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, listen_to_rig, link);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		pthread_detach(thread);
	return error;
}
