// SPDX-License-Identifier: GPL-2.0-only
/* The socket: lines out without waiting, and a thread for those that come in. */
#include "plugin/link.h"

#include "plugin/protocol.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

void link_say(struct link *link, const char *format, ...)
{
	char line[DIRECTOR_LINE_MAX];
	va_list args;
	int len;

	if (link->fd < 0)
		return;
	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line) ||
	    send(link->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) != len)
		atomic_fetch_add(&link->dropped, 1);
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
	/* QEMU's signals are for QEMU's threads */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, listen_to_rig, link);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		pthread_detach(thread);
	return error;
}
