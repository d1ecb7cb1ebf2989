// SPDX-License-Identifier: GPL-2.0-only
/* What comes from the guest and from QEMU, turned into events: answers, beats, reports on the console, the end. */
#include "engine/session.h"

#include <stdlib.h>
#include <string.h>

#include "guest-init/proto.h"
#include "splat/key.h"
#include "splat/splat.h"
#include "util/clock.h"

#define CONSOLE_QUIET_NS (700 * RIG_NS_PER_MS)

struct request {
	answered done;
	void *data;
	gint64 sent_ns;
	unsigned type;
	char *text;
};

static void request_free(void *data)
{
	struct request *request = data;

	g_free(request->text);
	g_free(request);
}

void dispatch_ask(struct session *s, unsigned type, const char *text, answered done, void *data)
{
	struct request *request = g_new0(struct request, 1);

	*request = (struct request){done, data, rig_now_ns(), type, g_strdup(text)};
	s->next_seq++;
	g_hash_table_insert(s->requests, GUINT_TO_POINTER(s->next_seq), request);
	/* a guest that does not read, or has gone, is told by its beat, the state's limit or its end */
	if (!vm_send(s->vm, type, s->next_seq, text))
		run_journal(s->run, "unsent", "{s:i, s:i}", "type", type, "seq", s->next_seq);
}

static int by_number(const void *a, const void *b)
{
	return GPOINTER_TO_UINT(a) < GPOINTER_TO_UINT(b) ? -1 : 1;
}

void dispatch_ask_again(struct session *s)
{
	g_autoptr(GList) all = g_list_sort(g_hash_table_get_keys(s->requests), by_number);

	for (GList *l = all; l; l = l->next) {
		const struct request *request = g_hash_table_lookup(s->requests, l->data);

		if (GPOINTER_TO_UINT(l->data) > s->hello_seq)
			vm_send(s->vm, request->type, GPOINTER_TO_UINT(l->data), request->text);
	}
}

/* A report counts once: when its end is seen, or before that when the console goes quiet inside it. */
static gboolean already_told(struct session *s, const struct splat *splat, const char *sentence)
{
	char *before = g_hash_table_lookup(s->told, &splat->first_byte);

	/* its end can say more than its beginning did */
	for (guint i = 0; before && i < s->reasons->len; i++) {
		if (strcmp(s->reasons->pdata[i], before) != 0 || !strcmp(before, sentence))
			continue;
		g_free(s->reasons->pdata[i]);
		s->reasons->pdata[i] = g_strdup(sentence);
	}
	return before != NULL;
}

/* Is it the one that the run was to go on until? Not known before the whole of it was read. */
static gboolean is_until(const struct session *s, const struct splat *splat)
{
	return s->plan->until &&
	       (splat_key_is(splat, s->plan->until) || !strcmp(splat->kind, s->plan->until));
}

static void weigh(struct session *s, const struct splat *splat)
{
	g_autofree char *reason = NULL;
	enum verdict verdict;

	if (!verdict_of_report(splat, &verdict, &reason))
		return;
	if (is_until(s, splat))
		session_event(s, EV_REPORT);
	if (already_told(s, splat, reason))
		return;
	g_hash_table_insert(s->told, g_memdup2(&splat->first_byte, sizeof(splat->first_byte)),
			    g_strdup(reason));
	if (!s->failing++)
		s->first_report_s = splat->when;
	s->hang_kind |= verdict == VERDICT_HANG;
	session_judge(s, verdict, "%s", reason);
	if (!s->plan->keep_going && !s->plan->until)
		session_event(s, EV_REPORT);
}

static void set_known(struct session *s, struct splat *splat)
{
	const struct known_issue *issue =
		s->known ? known_match(s->known, splat, s->release) : NULL;

	splat->known = issue ? known_json(issue) : NULL;
	holds_excuse(s, splat);
}

static void on_splat(struct splat *splat, void *data)
{
	struct session *s = data;

	if (s->splats->len >= RUN_REPORTS_MAX) {
		splat_free(splat);
		return;
	}
	run_keep_splat(s->run, splat);
	run_journal(s->run, "report", "{s:s, s:s, s:f}", "kind", splat->kind, "title", splat->title,
		    "when", splat->when);
	g_ptr_array_add(s->splats, splat);
	set_known(s, splat);
	weigh(s, splat);
}

/* What is kept is the whole report, so that a recheck of the console finds the same. */
static void on_quiet(struct splat *splat, void *data)
{
	struct session *s = data;

	if (s->splats->len < RUN_REPORTS_MAX) {
		set_known(s, splat);
		weigh(s, splat);
	}
	splat_free(splat);
}

static void on_console(const guint8 *bytes, gsize len, void *data)
{
	struct session *s = data;

	s->console_ns = rig_now_ns();
	scanner_feed(s->scanner, bytes, len);
}

/* One line "KEY VALUE": returns the value when KEY fits, else NULL. */
static const char *value_of(const char *line, const char *key)
{
	gsize len = strlen(key);

	return !strncmp(line, key, len) && line[len] == ' ' ? line + len + 1 : NULL;
}

static void read_hello(struct session *s, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 500);
	const char *v;

	for (char **l = lines; *l; l++) {
		if ((v = value_of(*l, "release"))) {
			g_free(s->release);
			s->release = g_strndup(v, 200);
		} else if ((v = value_of(*l, "block-size"))) {
			s->block_size = g_ascii_strtoll(v, NULL, 10);
		} else if ((v = value_of(*l, "uptime-ms"))) {
			s->guest_s = s->guest_boot_s = g_ascii_strtoull(v, NULL, 10) / 1000.0;
		} else if ((v = value_of(*l, "has"))) {
			s->has_lockdep |= !strcmp(v, "lockdep");
		} else if ((v = value_of(*l, "agent"))) {
			const char *space = strchr(v, ' ');

			if (space)
				g_hash_table_replace(s->offers, g_strndup(v, space - v),
						     g_strdup(space + 1));
		}
	}
	s->last_heartbeat_ns = rig_now_ns();
	s->hello_seq = s->next_seq;
	if (!s->hello_ns) /* not after a reset */
		s->hello_ns = s->last_heartbeat_ns;
	run_keep(s->run, "agents/hello", text, -1, NULL);
	run_journal(s->run, "hello", "{s:s, s:f}", "release", s->release ? s->release : "?", "guest_s",
		    s->guest_s);
}

static void on_frame(unsigned type, guint32 seq, const char *text, gsize len, void *data)
{
	struct session *s = data;
	struct request *request;

	(void)len;
	switch (type) {
	case PROTO_HELLO:
		read_hello(s, text);
		reconnect_hello(s);
		session_event(s, EV_HELLO);
		return;
	case PROTO_HEARTBEAT:
		agents_heartbeat(s, text);
		return;
	case PROTO_COUNTS:
		agents_counts(s, text);
		return;
	case PROTO_NOTE:
		run_journal(s->run, "note", "{s:s}", "text", text);
		return;
	}
	request = g_hash_table_lookup(s->requests, GUINT_TO_POINTER(seq));
	if (!request) {
		run_journal(s->run, "stray-frame", "{s:i, s:i}", "type", type, "seq", seq);
		return;
	}
	g_hash_table_steal(s->requests, GUINT_TO_POINTER(seq));
	request->done(s, type, text, request->data);
	request_free(request);
}

static void on_channel_error(const char *what, void *data)
{
	struct session *s = data;

	run_journal(s->run, "channel-error", "{s:s}", "text", what);
	if (s->state == STATE_BOOT) { /* firmware may have written before init */
		g_free(s->no_frame);
		s->no_frame = g_strdup(what);
		return;
	}
	session_judge(s, VERDICT_FAIL, "the guest channel carried garbage: %s", what);
	session_event(s, EV_BAD);
}

static void on_event(const char *name, json_t *event, void *data)
{
	device_event(data, name, event);
}

static void on_console_full(void *data)
{
	struct session *s = data;

	session_judge(s, VERDICT_FAIL, "the guest flooded its console: the rest is dropped");
	session_event(s, EV_REPORT);
}

static void on_away(gboolean away, void *data)
{
	away ? reconnect_lost(data) : reconnect_done(data);
}

static void on_gone(const struct vm_exit *exit, void *data)
{
	struct session *s = data;

	run_journal(s->run, "gone", "{s:s, s:i}", "why", exit->why ? exit->why : "", "status",
		    exit->status);
	scanner_flush(s->scanner);
	s->gone_why = g_strdup(exit->why);
	s->gone_well = exit->guest_shutdown && exit->status == 0;
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
		.away = on_away,
		.gone = on_gone,
		.data = s,
	};
}

void dispatch_when_quiet(struct session *s)
{
	if (scanner_open_kind(s->scanner) && rig_now_ns() - s->console_ns > CONSOLE_QUIET_NS)
		scanner_peek(s->scanner, on_quiet, s);
}

void dispatch_init(struct session *s)
{
	s->requests = g_hash_table_new_full(NULL, NULL, NULL, request_free);
	s->splats = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	s->told = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	s->scanner = scanner_new(on_splat, s);
}

void dispatch_deinit(struct session *s)
{
	g_hash_table_unref(s->requests);
	g_ptr_array_unref(s->splats);
	g_hash_table_unref(s->told);
	scanner_free(s->scanner);
}
