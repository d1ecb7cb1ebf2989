// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the lock orders of the boot: the text of /proc/lockdep and /proc/lockdep_chains is
 * requested from the guest and written to `locks/` of the run folder (docs/locks.md). This is done
 * before the verdict of a run that passes, while the report that ends a run is printed, or in the
 * post-mortem of a hang. The time limit counts guest runtime; the wait ends earlier if no heartbeat
 * arrives. If a text is incomplete when the wait ends, the received part is used, with a note.
 */
#include "engine/session.h"

#include <string.h>
#include <zlib.h>

#include <glib/gstdio.h>

#include "locks/graph.h"
#include "symbol/variables.h"
#include "splat/known.h"
#include "util/clock.h"
#include "util/paths.h"

#define LOOK_MS 20
/*
 * Time limits in seconds of guest runtime, at the default patience: WAIT_S for the answers, and
 * SILENT_S without a heartbeat (the guest sends four in a second).
 */
#define WAIT_S 0.5
#define SILENT_S 1.5
/* Maximum size in bytes of the lock orders and lockdep's texts of one run, compressed. */
#define DISK_MAX 200000
/* write_gz() compresses this many bytes at a time. */
#define PIECE 16384

static const char *const files[N_LOCK_TEXTS] = {"lockdep", "chains"};

static json_int_t size_of(const struct session *s, guint file)
{
	return s->locks.text[file] ? (json_int_t)strlen(s->locks.text[file]) : 0;
}

/*
 * Writes a note about FILE of `locks/`, or about all files if it is NULL, to the journal. The first
 * note is also part of the verdict.
 */
static void note(struct session *s, const char *file, const char *why)
{
	run_journal(s->run, "locks", "{s:s*, s:s}", "file", file, "why", why);
	if (!s->locks.note)
		s->locks.note = g_strdup_printf("%s%s%s", file ? file : "", file ? ": " : "", why);
}

/* Ends the wait for the answers, and calls `done`. */
static void finish(struct session *s)
{
	struct session_locks *l = &s->locks;

	g_clear_handle_id(&l->timer, g_source_remove);
	l->open = 0;
	run_journal(s->run, "locks", "{s:f, s:f, s:I, s:I}", "guest_s",
		    watch_guest_runtime(s) - l->asked_s, "wall_s",
		    (rig_now_ns() - l->asked_ns) / (double)RIG_NS_PER_S, files[0], size_of(s, 0),
		    files[1], size_of(s, 1));
	if (l->done)
		l->done(s);
}

static gboolean on_look(gpointer data)
{
	struct session *s = data;
	struct session_locks *l = &s->locks;
	double now = watch_guest_runtime(s), scale = session_patience(s) / (double)PATIENCE_S;

	if (l->heard_ns != s->heartbeat.last_ns) {
		l->heard_ns = s->heartbeat.last_ns;
		l->heard_s = now;
	}
	if (now - l->asked_s < WAIT_S * scale && now - l->heard_s < SILENT_S * MAX(1, scale))
		return G_SOURCE_CONTINUE;
	locks_give_up(s);
	return G_SOURCE_REMOVE;
}

void locks_give_up(struct session *s)
{
	struct session_locks *l = &s->locks;

	if (!locks_open(s))
		return;
	for (guint i = 0; i < N_LOCK_TEXTS; i++) {
		if (l->received[i])
			continue;
		l->text[i] = guest_partial(s->guest, l->request[i]);
		note(s, files[i],
		     l->text[i] ? "cut, because the guest did not send all of it in time"
				: "the guest did not send it in time");
	}
	finish(s);
}

static void on_text(struct session *s, guint file, const struct guest_reply *reply)
{
	struct session_locks *l = &s->locks;

	if (!l->open)
		return; /* ignore an answer that arrives after the time limit */
	l->received[file] = TRUE;
	if (reply->error)
		note(s, files[file], reply->error->message);
	else
		l->text[file] = g_strdup(reply->text);
	if (!--l->open)
		finish(s);
}

static void on_lockdep(const struct guest_reply *reply, void *data)
{
	on_text(data, 0, reply);
}

static void on_chains(const struct guest_reply *reply, void *data)
{
	on_text(data, 1, reply);
}

void locks_ask(struct session *s, void (*done)(struct session *s))
{
	struct session_locks *l = &s->locks;

	l->done = done;
	if (l->open)
		return;
	if (!s->plan->keep_locks || !s->hello.has_lockdep || l->asked_ns) {
		if (done)
			done(s);
		return;
	}
	l->open = N_LOCK_TEXTS;
	l->asked_ns = rig_now_ns();
	l->asked_s = l->heard_s = watch_guest_runtime(s);
	l->heard_ns = s->heartbeat.last_ns;
	l->timer = g_timeout_add(LOOK_MS, on_look, s);
	l->request[0] = guest_lock_text(s->guest, files[0], on_lockdep, s);
	l->request[1] = guest_lock_text(s->guest, files[1], on_chains, s);
}

gboolean locks_open(const struct session *s)
{
	return s->locks.open > 0;
}

/*
 * Writes TEXT, compressed, as locks/NAME.gz. If the file would be longer than MAX bytes, writes
 * only the first part of TEXT and sets *ret_cut. Returns the size of the file in bytes, or 0 if it
 * cannot be written.
 */
static gsize write_gz(struct session *s, const char *name, const char *text, gsize max,
		      gboolean *ret_cut)
{
	g_autofree char *path = g_strdup_printf("%s/locks/%s.gz", run_dir(s->run), name);
	gsize len = strlen(text), at = 0, size = 0;
	gzFile file = gzopen(path, "wb");
	gboolean ok = file != NULL;

	while (ok && at < len) {
		guint piece = MIN(len - at, PIECE);

		if (size + compressBound(piece) > max)
			break;
		/* gzoffset() does not count data that was not flushed */
		ok = gzwrite(file, text + at, piece) == (int)piece &&
		     gzflush(file, Z_SYNC_FLUSH) == Z_OK;
		size = gzoffset(file);
		at += piece;
	}
	*ret_cut = at < len;
	if (!file || gzclose(file) != Z_OK || !ok) {
		note(s, name, "cannot be written");
		return 0;
	}
	return size;
}

void locks_keep_gz(struct session *s, const char *name, const char *text)
{
	gboolean cut;

	write_gz(s, name, text, G_MAXSIZE, &cut);
}

/* Stores the parsed orders and lockdep's texts, in at most DISK_MAX bytes. */
static void keep_bounded(struct session *s, const char *orders)
{
	gboolean cut = FALSE;
	gsize used = 0;

	if (orders)
		used = write_gz(s, "orders.json", orders, DISK_MAX, &cut);
	if (cut) {
		g_autofree char *path = g_strdup_printf("%s/locks/orders.json.gz", run_dir(s->run));

		g_unlink(path);
		used = 0;
		note(s, "orders.json", "left out, because it has more than 200 kB");
	}
	for (guint i = 0; i < N_LOCK_TEXTS; i++) {
		if (!s->locks.text[i])
			continue;
		used += write_gz(s, files[i], s->locks.text[i], DISK_MAX - used, &cut);
		if (cut)
			note(s, files[i], "cut, because `locks/` would have more than 200 kB");
	}
}

static void add_findings(struct session *s, const struct lock_orders *orders)
{
	g_autofree char *declared = rig_home_path("scenarios/lock-order.yaml");
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = lock_findings(orders, declared, s->plan->until, &error);

	if (error)
		note(s, NULL, error->message);
	for (guint i = 0; i < found->len; i++) {
		if (s->reports.list->len < RUN_REPORTS_MAX)
			judge_derived(s, found->pdata[i]);
		else
			splat_free(found->pdata[i]);
	}
}

void locks_keep(struct session *s)
{
	rig_auto(variables) variables = NULL;
	rig_auto(lock_orders) orders = NULL;
	json_auto_t *json = NULL;
	g_autofree char *text = NULL;

	if (s->locks.text[1]) {
		variables = variables_open(s->plan->kernel->vmlinux);
		orders = lock_orders_parse(s->locks.text[0], s->locks.text[1], variables_name,
					   variables);
		json = lock_orders_json(orders);
		text = json_dumps(json, JSON_COMPACT);
	}
	if (orders && orders->cut && !s->locks.note)
		note(s, NULL, "the lock orders are longer than allowed, or end inside a line");
	keep_bounded(s, text);
	if (orders)
		add_findings(s, orders);
}

json_t *locks_note_json(const struct session *s)
{
	return s->locks.note ? json_pack("{s:s}", "note", s->locks.note) : NULL;
}

void locks_deinit(struct session *s)
{
	g_clear_handle_id(&s->locks.timer, g_source_remove);
	for (guint i = 0; i < N_LOCK_TEXTS; i++)
		g_free(s->locks.text[i]);
	g_free(s->locks.note);
}
