// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts data from the guest and from QEMU to events: frames, console reports, the end of QEMU.
 */
#include "engine/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "splat/key.h"
#include "splat/splat.h"
#include "util/clock.h"

#define CONSOLE_QUIET_NS (700 * RIG_NS_PER_MS)

/*
 * Returns TRUE if SPLAT was counted before. A report is counted only once: when it is complete, or
 * earlier if the console becomes silent in the middle of it. If it was counted before, its reason
 * in the verdict becomes SENTENCE.
 */
static gboolean already_told(struct session *s, const struct splat *splat, const char *sentence)
{
	char *before = g_hash_table_lookup(s->reports.told, &splat->first_byte);

	if (before)
		facts_rename(s->judged.facts, before, sentence);
	return before != NULL;
}

/*
 * Returns TRUE if the run must stop at SPLAT, because the argument of --until is its signature or
 * its kind.
 */
static gboolean is_until(const struct session *s, const struct splat *splat)
{
	return s->plan->until &&
	       (splat_key_is(splat, s->plan->until) || !strcmp(splat->kind, s->plan->until));
}

static void weigh(struct session *s, const struct splat *splat)
{
	g_autofree char *reason = NULL;
	struct report_meaning meaning;

	if (is_until(s, splat))
		session_event(s, EV_REPORT);
	if (!verdict_of_report(splat, &meaning))
		return;
	reason = meaning.reason;
	if (already_told(s, splat, reason))
		return;
	g_hash_table_insert(s->reports.told,
			    g_memdup2(&splat->first_byte, sizeof(splat->first_byte)),
			    g_strdup(reason));
	judge_report(s, splat, &meaning);
	if (meaning.verdict != VERDICT_KNOWN && !s->reports.failing++)
		s->reports.first_s = splat->when;
	s->reports.hang_kind |= meaning.verdict == VERDICT_HANG;
	/*
	 * a known issue ends the run only if it killed a task; otherwise the run may find other
	 * bugs
	 */
	if ((meaning.verdict != VERDICT_KNOWN || meaning.fatal) && !s->plan->keep_going &&
	    !s->plan->until)
		session_event(s, EV_REPORT);
}

static void set_known(struct session *s, struct splat *splat)
{
	/*
	 * a report that the scenario expects is the run's result, so do not mark it as a known
	 * issue
	 */
	const struct known_issue *issue =
		s->reports.known && !judge_expects(s, splat)
			? known_match(s->reports.known, splat, s->hello.release)
			: NULL;

	splat->known = issue ? known_json(issue) : NULL;
	holds_excuse(s, splat);
	postmortem_excuse(s, splat);
}

static void on_splat(struct splat *splat, void *data)
{
	struct session *s = data;

	if (s->reports.list->len >= RUN_REPORTS_MAX) {
		splat_free(splat);
		return;
	}
	set_known(s, splat);
	run_keep_splat(s->run, splat);
	run_journal(s->run, "report", "{s:s, s:s, s:f}", "kind", splat->kind, "title", splat->title,
		    "when", splat->when);
	g_ptr_array_add(s->reports.list, splat);
	weigh(s, splat);
}

/*
 * Called when the console has become silent in the middle of a report. SPLAT is the part printed so
 * far. It is judged now, but on_splat() stores the report when it is complete, so that the stored
 * reports are those that `rig recheck` finds in the console's log.
 */
static void on_quiet(struct splat *splat, void *data)
{
	struct session *s = data;

	if (s->reports.list->len < RUN_REPORTS_MAX) {
		set_known(s, splat);
		weigh(s, splat);
	}
	splat_free(splat);
}

static void on_console(const guint8 *bytes, gsize len, void *data)
{
	struct session *s = data;

	s->console.said_ns = rig_now_ns();
	s->console.bytes += len;
	scanner_feed(s->console.scanner, bytes, len);
}

static gboolean on_send(unsigned type, guint32 seq, const char *text, void *data)
{
	struct session *s = data;
	gboolean sent = vm_send(s->vm, type, seq, text);

	/*
	 * A failure is not handled here. If the guest does not read or has ended, this is detected
	 * by missing heartbeats, by the time limit of the state, or by the end of QEMU.
	 */
	if (!sent)
		run_journal(s->run, "unsent", "{s:i, s:i}", "type", type, "seq", seq);
	return sent;
}

static void on_hello(const struct guest_hello *hello, const char *text, void *data)
{
	struct session *s = data;

	g_free(s->hello.release);
	s->hello.release = g_strdup(hello->release);
	s->hello.block_size = hello->block_size;
	s->heartbeat.guest_s = hello->uptime_s;
	for (guint i = 0; i < hello->has->len; i++)
		s->hello.has_lockdep |= !strcmp(hello->has->pdata[i], "lockdep");
	for (guint i = 0; i < hello->offers->len; i++) {
		const struct guest_offer *offer = hello->offers->pdata[i];

		g_hash_table_replace(s->hello.offers, g_strdup(offer->agent),
				     g_strdup(offer->lacks ? offer->lacks : "ok"));
	}
	s->heartbeat.last_ns = rig_now_ns();
	if (!s->times.hello_ns) /* only at the first HELLO, not after a reset of the guest */
		s->times.hello_ns = s->heartbeat.last_ns;
	run_keep(s->run, "agents/hello", text, -1, NULL);
	run_journal(s->run, "hello", "{s:s, s:f}", "release",
		    s->hello.release ? s->hello.release : "?", "guest_s", s->heartbeat.guest_s);
	reconnect_hello(s);
	session_event(s, EV_HELLO);
}

static void on_heartbeat(const struct guest_heartbeat *heartbeat, void *data)
{
	agents_heartbeat(data, heartbeat);
}

static void on_counts(const struct guest_counts *counts, void *data)
{
	agents_counts(data, counts);
}

static void on_output(guint id, const char *text, gsize len, void *data)
{
	output_add(data, id, text, len);
}

static void on_note(const char *text, void *data)
{
	struct session *s = data;

	run_journal(s->run, "note", "{s:s}", "text", text);
}

static void on_stray(unsigned type, guint32 seq, void *data)
{
	struct session *s = data;

	run_journal(s->run, "stray-frame", "{s:i, s:i}", "type", type, "seq", seq);
}

static void on_frame(unsigned type, guint32 seq, const char *text, gsize len, void *data)
{
	struct session *s = data;

	guest_frame(s->guest, type, seq, text, len);
}

static void on_channel_error(const char *what, void *data)
{
	struct session *s = data;

	run_journal(s->run, "channel-error", "{s:s}", "text", what);
	/*
	 * During the boot, other data than frames is allowed: firmware may write to the second
	 * console.
	 */
	if (s->state == STATE_BOOT) {
		g_free(s->hello.no_frame);
		s->hello.no_frame = g_strdup(what);
		return;
	}
	session_judge(s, VERDICT_FAIL, "the guest channel carried invalid data: %s", what);
	session_event(s, EV_BAD);
}

static void on_event(const char *name, json_t *event, void *data)
{
	device_event(data, name, event);
}

static void on_console_full(void *data)
{
	struct session *s = data;

	session_judge(s, VERDICT_FAIL, "the guest flooded its console; further output is dropped");
	session_event(s, EV_REPORT);
}

static void on_disconnected(gboolean disconnected, void *data)
{
	disconnected ? reconnect_lost(data) : reconnect_done(data);
}

static void on_gone(const struct vm_exit *exit, void *data)
{
	struct session *s = data;

	run_journal(s->run, "gone", "{s:s, s:i}", "why", exit->why ? exit->why : "", "status",
		    exit->status);
	scanner_flush(s->console.scanner);
	s->end.why = g_strdup(exit->why);
	s->end.well = exit->guest_shutdown && exit->status == 0;
	if (!exit->by_us && WIFSIGNALED(exit->status) && WTERMSIG(exit->status) == SIGBUS)
		room_judge(s);
	session_event(s, EV_GONE);
}

static void on_fault(const char *what, void *data)
{
	struct session *s = data;

	session_judge(s, VERDICT_INFRA, "%s", what);
	session_event(s, EV_FAULT);
}

struct vm_owner dispatch_owner(struct session *s)
{
	return (struct vm_owner){
		.console = on_console,
		.frame = on_frame,
		.channel_error = on_channel_error,
		.event = on_event,
		.console_full = on_console_full,
		.fault = on_fault,
		.disconnected = on_disconnected,
		.gone = on_gone,
		.data = s,
	};
}

void dispatch_when_quiet(struct session *s)
{
	if (scanner_open_kind(s->console.scanner) &&
	    rig_now_ns() - s->console.said_ns > CONSOLE_QUIET_NS)
		scanner_peek(s->console.scanner, on_quiet, s);
}

void dispatch_init(struct session *s)
{
	s->guest = guest_new(&(struct guest_owner){
		.send = on_send,
		.hello = on_hello,
		.heartbeat = on_heartbeat,
		.counts = on_counts,
		.output = on_output,
		.note = on_note,
		.stray = on_stray,
		.data = s,
	});
	s->reports.list = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	s->reports.told = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	s->reports.first_s = -1;
	s->console.scanner = scanner_new(on_splat, s);
	s->hello.offers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void dispatch_deinit(struct session *s)
{
	guest_free(s->guest);
	g_ptr_array_unref(s->reports.list);
	g_hash_table_unref(s->reports.told);
	known_free(s->reports.known);
	json_decref(s->reports.hang);
	scanner_free(s->console.scanner);
	g_hash_table_unref(s->hello.offers);
	g_free(s->hello.release);
	g_free(s->hello.no_frame);
	g_free(s->end.why);
}
