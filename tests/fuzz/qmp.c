// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes QEMU's output on its QMP socket until it closes the connection. Each command must be
 * answered exactly once, the connection must end, and the last event must be the synthetic one.
 */
#include "qmp/qmp.h"

#include <sys/socket.h>

#include "tests/fuzz/fuzz.h"

struct seen {
	guint answers, ended;
	gboolean is_last_synthetic;
};

static void on_event(const char *name, json_t *event, void *data)
{
	((struct seen *)data)->is_last_synthetic =
		name && json_is_true(json_object_get(event, "synthetic"));
}

static void on_ended(const char *why, void *data)
{
	if (!why)
		abort();
	((struct seen *)data)->ended++;
}

static void on_trace_failed(const char *why, void *data)
{
	(void)why, (void)data;
}

static void on_reply(const struct qmp_reply *reply, void *data)
{
	if (!reply->result && !reply->error_class)
		abort();
	((struct seen *)data)->answers++;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	struct seen seen = {0};
	const struct qmp_owner owner = {
		.event = on_event,
		.ended = on_ended,
		.trace_failed = on_trace_failed,
		.data = &seen,
	};
	struct qmp *qmp;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	qmp = qmp_new(fds[0], NULL, &owner, NULL);
	if (!qmp)
		abort();
	qmp_send(qmp, "device_add", json_pack("{s:s}", "id", "d0"), on_reply, &seen);
	qmp_send(qmp, "query-memory-devices", NULL, on_reply, &seen);
	for (gsize at = 0; at < size;) {
		gssize n = send(fds[1], data + at, size - at, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break; /* the client closed the connection */
		at += n > 0 ? n : 0;
		while (g_main_context_iteration(NULL, FALSE))
			;
	}
	shutdown(fds[1], SHUT_WR);
	while (!seen.ended)
		g_main_context_iteration(NULL, TRUE);
	qmp_free(qmp);
	close(fds[1]);
	if (seen.answers != 2 || seen.ended != 1 || !seen.is_last_synthetic)
		abort();
	return 0;
}
