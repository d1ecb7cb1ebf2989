// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the guest is cut and comes back, as when libvirtd restarts. The guest went on meanwhile: requests
 * and answers may be lost, and what its console said is. So every request without an answer is sent again (the
 * guest knows by its number one that it has), and the kernel's log is asked for the part of the console that is
 * missing. Without it there is no PASS: silence would prove nothing.
 */
#include "engine/session.h"

#include <string.h>

#include "guest-init/proto.h"

/* The kernel's banner among later lines would be a second boot (splat/extent.c). */
#define BANNER_US 1500000

static void on_logged(struct session *s, unsigned type, const char *text, void *data)
{
	gboolean whole = type == PROTO_LOGGED && !g_str_has_suffix(text, "cut\n");
	guint lines = 0;

	(void)data;
	for (const char *c = text; type == PROTO_LOGGED && (c = strchr(c, '\n')); c++)
		lines++;
	run_journal(s->run, "logged", "{s:i, s:b}", "lines", lines, "whole", whole);
	if (type == PROTO_LOGGED && lines) {
		vm_console_add(s->vm, "\n");
		vm_console_add(s->vm, text);
	}
	s->unheard -= whole;
}

static void ask_for_log(struct session *s)
{
	g_autofree char *text = g_strdup_printf("since-us %" G_GINT64_FORMAT "\n", s->heard_us);

	s->log_waits = FALSE;
	dispatch_ask(s, PROTO_LOG, text, on_logged, NULL);
}

void reconnect_lost(struct session *s)
{
	run_journal(s->run, "away", "{s:f}", "guest_s", scanner_guest_seconds(s->scanner));
	if (s->log_waits)
		return;
	s->unheard++;
	s->heard_us = MAX(BANNER_US, (gint64)(scanner_guest_seconds(s->scanner) * 1e6));
	s->log_waits = TRUE;
}

void reconnect_done(struct session *s)
{
	run_journal(s->run, "back", "{s:i}", "unanswered", (int)g_hash_table_size(s->requests));
	dispatch_ask_again(s);
	if (s->hello_ns)
		ask_for_log(s);
}

void reconnect_hello(struct session *s)
{
	if (s->log_waits)
		ask_for_log(s);
}
