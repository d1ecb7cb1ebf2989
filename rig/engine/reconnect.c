// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles a connection to the guest that is lost and restored, for example because libvirtd
 * restarts. The guest continues to run meanwhile, so requests, answers and console output may be
 * lost. After the reconnect, every request without an answer is sent again (the guest detects a
 * repeated request by its number), and the kernel's log is read to restore the lost console output.
 * If the log cannot be read, the run cannot PASS, because a report may be missing.
 */
#include "engine/session.h"

#include <string.h>

/*
 * Lines of the kernel's log with a time stamp (in µs) before this are not read. They contain the
 * kernel's banner ("Linux version …"): after later lines, it would be counted as a second boot
 * (splat/extent.c).
 */
#define BANNER_US 1500000

static void on_logged(const struct guest_reply *reply, void *data)
{
	struct session *s = data;
	const struct guest_log *log = reply->log;
	gboolean whole = log && !log->truncated;

	run_journal(s->run, "logged", "{s:i, s:b}", "lines", log ? (int)log->lines : 0, "whole",
		    whole);
	if (log && log->lines) {
		vm_console_add(s->vm, "\n");
		vm_console_add(s->vm, log->text);
	}
	s->console.gaps -= whole;
}

static void ask_for_log(struct session *s)
{
	s->console.log_waits = FALSE;
	guest_log_since(s->guest, s->console.heard_us, on_logged, s);
}

void reconnect_lost(struct session *s)
{
	run_journal(s->run, "away", "{s:f}", "guest_s", scanner_guest_seconds(s->console.scanner));
	if (s->console.log_waits)
		return;
	s->console.gaps++;
	s->console.heard_us =
		MAX(BANNER_US, (gint64)(scanner_guest_seconds(s->console.scanner) * 1e6));
	s->console.log_waits = TRUE;
}

void reconnect_done(struct session *s)
{
	run_journal(s->run, "back", "{s:i}", "unanswered", (int)guest_open_requests(s->guest));
	guest_send_again(s->guest);
	if (s->times.hello_ns)
		ask_for_log(s);
}

void reconnect_hello(struct session *s)
{
	if (s->console.log_waits)
		ask_for_log(s);
}
