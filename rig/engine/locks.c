// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock orders of the boot: the guest is asked for the text of /proc/lockdep and
 * /proc/lockdep_chains before it is asked for its verdict, and the run folder gets `locks/`
 * (docs/locks.md). A guest that does not answer in time loses its lock orders, nothing else.
 */
#include "engine/session.h"

#include <string.h>
#include <zlib.h>

#include "locks/locks.h"
#include "locks/variables.h"

#define WAIT_S 5

static const char *const files[N_LOCK_TEXTS] = {"lockdep", "chains"};

static void finish(struct session *s)
{
	g_clear_handle_id(&s->locks.timer, g_source_remove);
	if (!s->locks.open)
		return;
	s->locks.open = 0;
	if (s->state == STATE_FINISH)
		s->locks.done(s);
}

static gboolean on_late(gpointer data)
{
	struct session *s = data;

	s->locks.timer = 0;
	run_journal(s->run, "locks", "{s:s}", "why", "the guest did not send its lock orders in time");
	finish(s);
	return G_SOURCE_REMOVE;
}

static void on_text(struct session *s, guint file, const struct guest_reply *reply)
{
	if (reply->error)
		run_journal(s->run, "locks", "{s:s, s:s}", "file", files[file], "why", reply->error->message);
	else if (!s->locks.text[file])
		s->locks.text[file] = g_strdup(reply->text);
	if (s->locks.open && !--s->locks.open) {
		s->locks.open = 1;
		finish(s);
	}
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
	if (!s->plan->keep_locks || !s->hello.has_lockdep) {
		done(s);
		return;
	}
	s->locks.done = done;
	s->locks.open = N_LOCK_TEXTS;
	s->locks.timer = g_timeout_add_seconds(WAIT_S, on_late, s);
	guest_lock_text(s->guest, files[0], on_lockdep, s);
	guest_lock_text(s->guest, files[1], on_chains, s);
}

/* TEXT as a gzip file of the run folder. */
static void keep_gz(struct session *s, const char *name, const char *text)
{
	g_autofree char *path = g_strdup_printf("%s/locks/%s.gz", run_dir(s->run), name);
	gsize len = strlen(text);
	gzFile file = gzopen(path, "wb");
	gboolean ok = file && (!len || gzwrite(file, text, len) == (int)len);

	if (!file || gzclose(file) != Z_OK || !ok)
		run_journal(s->run, "locks", "{s:s, s:s}", "file", name, "why", "cannot be written");
}

void locks_keep(struct session *s)
{
	rig_auto(lock_variables) variables = NULL;
	rig_auto(lock_orders) orders = NULL;
	json_auto_t *json = NULL;
	g_autofree char *text = NULL;

	for (guint i = 0; i < N_LOCK_TEXTS; i++)
		if (s->locks.text[i])
			keep_gz(s, files[i], s->locks.text[i]);
	if (!s->locks.text[1])
		return;
	variables = lock_variables_open(s->plan->kernel->vmlinux);
	orders = lock_orders_parse(s->locks.text[0], s->locks.text[1], lock_variables_name, variables);
	json = lock_orders_json(orders);
	text = json_dumps(json, JSON_COMPACT);
	if (text)
		keep_gz(s, "orders.json", text);
}

void locks_deinit(struct session *s)
{
	g_clear_handle_id(&s->locks.timer, g_source_remove);
	for (guint i = 0; i < N_LOCK_TEXTS; i++)
		g_free(s->locks.text[i]);
}
