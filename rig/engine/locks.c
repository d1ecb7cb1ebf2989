// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the lock orders of the boot: the text of /proc/lockdep and /proc/lockdep_chains is
 * requested from the guest and written to `locks/` of the run folder (docs/locks.md). This is done
 * before the verdict of a run that passes, while the report that ends a run is printed, or in the
 * post-mortem of a hang. The time limit counts guest runtime; without a heartbeat there is no
 * waiting. If the guest does not answer in time, only the lock orders are missing.
 */
#include "engine/session.h"

#include <string.h>
#include <zlib.h>

#include "locks/graph.h"
#include "symbol/variables.h"
#include "splat/known.h"
#include "util/clock.h"
#include "util/paths.h"

#define LOOK_MS 100
/* Time limits in guest runtime, at the default patience. Heartbeats come four times a second. */
#define WAIT_S 5.0
#define SILENT_S 1.5

static const char *const files[N_LOCK_TEXTS] = {"lockdep", "chains"};

static json_int_t size_of(const struct session *s, guint file)
{
	return s->locks.text[file] ? (json_int_t)strlen(s->locks.text[file]) : 0;
}

/* Ends the request. WHY: a text that says what is missing, or NULL. */
static void finish(struct session *s, const char *why)
{
	struct session_locks *l = &s->locks;

	g_clear_handle_id(&l->timer, g_source_remove);
	l->open = 0;
	run_journal(s->run, "locks", "{s:f, s:f, s:I, s:I, s:s*}", "guest_s",
		    watch_guest_runtime(s) - l->asked_s, "wall_s",
		    (rig_now_ns() - l->asked_ns) / (double)RIG_NS_PER_S, files[0], size_of(s, 0),
		    files[1], size_of(s, 1), "why", why);
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
	if (locks_open(s))
		finish(s, "the guest did not send its lock orders in time");
}

static void on_text(struct session *s, guint file, const struct guest_reply *reply)
{
	struct session_locks *l = &s->locks;

	if (reply->error)
		run_journal(s->run, "locks", "{s:s, s:s}", "file", files[file], "why",
			    reply->error->message);
	else if (!l->text[file])
		l->text[file] = g_strdup(reply->text);
	if (l->open && !--l->open)
		finish(s, NULL);
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
	guest_lock_text(s->guest, files[0], on_lockdep, s);
	guest_lock_text(s->guest, files[1], on_chains, s);
}

gboolean locks_open(const struct session *s)
{
	return s->locks.open > 0;
}

void locks_keep_gz(struct session *s, const char *name, const char *text)
{
	g_autofree char *path = g_strdup_printf("%s/locks/%s.gz", run_dir(s->run), name);
	gsize len = strlen(text);
	gzFile file = gzopen(path, "wb");
	gboolean ok = file && (!len || gzwrite(file, text, len) == (int)len);

	if (!file || gzclose(file) != Z_OK || !ok)
		run_journal(s->run, "locks", "{s:s, s:s}", "file", name, "why",
			    "cannot be written");
}

static void add_findings(struct session *s, const struct lock_orders *orders)
{
	g_autofree char *declared = rig_home_path("scenarios/lock-order.yaml");
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = lock_findings(orders, declared, s->plan->until, &error);

	if (error)
		run_journal(s->run, "locks", "{s:s}", "why", error->message);
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

	for (guint i = 0; i < N_LOCK_TEXTS; i++)
		if (s->locks.text[i])
			locks_keep_gz(s, files[i], s->locks.text[i]);
	if (!s->locks.text[1])
		return;
	variables = variables_open(s->plan->kernel->vmlinux);
	orders = lock_orders_parse(s->locks.text[0], s->locks.text[1], variables_name, variables);
	if (orders->cut)
		run_journal(s->run, "locks", "{s:s}", "why",
			    "the lock orders are longer than allowed, or end inside a line");
	json = lock_orders_json(orders);
	text = json_dumps(json, JSON_COMPACT);
	if (text)
		locks_keep_gz(s, "orders.json", text);
	add_findings(s, orders);
}

void locks_deinit(struct session *s)
{
	g_clear_handle_id(&s->locks.timer, g_source_remove);
	for (guint i = 0; i < N_LOCK_TEXTS; i++)
		g_free(s->locks.text[i]);
}
