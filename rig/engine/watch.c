// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: notices that nothing goes on any more.
 *
 * Three clocks. Operations: none of any agent ended although some are in flight. The beat: it comes from a
 * process that touches nothing which hotplug can block, so a missing one means that the guest does not
 * schedule, or that the host does not run it. The console: floods end the run, reports of hung tasks and
 * lockups too, in session.c.
 *
 * A guest's own time goes on while the host does not run it, so the clocks count what the host gave it: the
 * time in which QEMU was stopped, or its threads waited for a processor, is left out.
 *
 * When the first clock has run a while the guest is asked who is blocked or running. Two answers that are
 * alike, with nobody running, mean that nothing will ever move: that is called at once. Where somebody runs it
 * may be a slow operation on memory, and takes longer to be called, unless the memory counters move.
 */
#include "engine/session.h"

#include <string.h>

#include "guest-init/proto.h"

#define WATCH_MS 250
#define HEARD_S 1.0 /* four beats */
/* Shares of the patience, in percent. */
#define FIRST_LOOK 15	/* no operation has ended for so long: ask */
#define NEXT_LOOK 5	/* and so long after the answer again */
#define STILL 20	/* two answers are alike */
#define RUNNING 25	/* somebody runs, but nothing is seen to move */
#define MOVING 300	/* something moves, and yet no operation ends */
#define BEATLESS 20	/* no beat */
#define PROCESSOR 15	/* … while QEMU ran for so long; PATIENT where it did not */
#define PATIENT 100
#define ONE_AGENT 50	/* one agent is slow: look; and as long again: it is stuck */

/* What a look has seen. */
struct task_snapshot {
	GHashTable *blocked; /* pid -> switches (text) of tasks in D state that do not poll */
	GHashTable *running; /* pid */
	GString *counts;
};

struct watch {
	guint64 ops;
	double guest_runtime_s;	 /* what the host gave the guest so far: in it is what follows */
	double ended_s;	 /* an operation ended last, or none was in flight */
	double moved_s;	 /* something else was seen to move */
	double asked_s;	 /* of the look that has no answer yet, or of the last one */
	double early_s;	 /* of `early` */
	double heartbeat_s;	 /* of the last beat */
	gint64 ended_ns; /* the same on the wall */
	gint64 tick_ns, ran_ns, waited_ns; /* when `guest_runtime_s` was brought up to date, with the sums by then */
	gboolean asked;
	struct task_snapshot *look; /* the last one */
	struct task_snapshot *early; /* when one agent began to be slow */
	gint64 heartbeat_ns, heartbeat_ran_ns; /* which beat that was; QEMU's processor time then */
};

static void task_snapshot_free(struct task_snapshot *look)
{
	if (!look)
		return;
	g_hash_table_unref(look->blocked);
	g_hash_table_unref(look->running);
	g_string_free(look->counts, TRUE);
	g_free(look);
}

/* docs/guest-protocol.md, WHO. A task that tries for a lock again and again is switched, and does not move. */
static struct task_snapshot *task_snapshot_read(const char *text)
{
	struct task_snapshot *look = g_new0(struct task_snapshot, 1);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 20000);
	const char *pid = NULL;

	look->blocked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	look->running = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	look->counts = g_string_new(NULL);
	for (char **l = lines; *l; l++) {
		if (g_str_has_prefix(*l, "count ")) {
			g_string_append_printf(look->counts, "%s\n", *l);
		} else if (g_str_has_prefix(*l, "task ")) {
			g_auto(GStrv) w = g_strsplit(*l, " ", 8);

			pid = NULL;
			if (g_strv_length(w) < 7)
				continue;
			if (*w[3] == 'R' && strcmp(w[1], "1"))
				g_hash_table_add(look->running, g_strdup(w[1]));
			if (*w[3] != 'D')
				continue;
			g_hash_table_insert(look->blocked, g_strdup(w[1]), g_strdup(w[6]));
			pid = *l; /* begins "task PID " */
		} else if (pid && strstr(*l, " lock_device_hotplug_sysfs+")) {
			g_auto(GStrv) w = g_strsplit(pid, " ", 3);

			g_hash_table_remove(look->blocked, w[1]);
			pid = NULL;
		}
	}
	return look;
}

/* Was the same task there both times, with the same number of switches (blocked), or at all (running)? */
static guint in_both(GHashTable *a, GHashTable *b)
{
	GHashTableIter iter;
	gpointer pid, switches;
	guint n = 0;

	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &pid, &switches))
		n += g_hash_table_contains(b, pid) && !g_strcmp0(g_hash_table_lookup(b, pid), switches);
	return n;
}

static gboolean moved(const struct task_snapshot *was, const struct task_snapshot *is)
{
	return !g_string_equal(was->counts, is->counts) ||
	       g_hash_table_size(was->blocked) != g_hash_table_size(is->blocked) ||
	       in_both(was->blocked, is->blocked) != g_hash_table_size(is->blocked);
}

static gboolean runs_on(const struct task_snapshot *was, const struct task_snapshot *is)
{
	GHashTableIter iter;
	gpointer pid;

	g_hash_table_iter_init(&iter, was->running);
	while (g_hash_table_iter_next(&iter, &pid, NULL))
		if (g_hash_table_contains(is->running, pid))
			return TRUE;
	return FALSE;
}

/* PERCENT of the patience, in seconds. */
static double share(const struct session *s, guint percent)
{
	return session_patience(s) * percent / 100.0;
}

static gboolean watches(const struct session *s)
{
	return s->state >= STATE_HAMMER && s->state <= STATE_STOP && !s->paused && !s->reset_waits;
}

/* AFTER_S: for how long by now, in seconds that the host gave the guest; SINCE_NS: since when. */
static void G_GNUC_PRINTF(4, 5) stall(struct session *s, double after_s, gint64 since_ns, const char *format, ...)
{
	g_autofree char *sentence = NULL;
	va_list args;

	va_start(args, format);
	sentence = g_strdup_vprintf(format, args);
	va_end(args);
	s->stalled = TRUE;
	run_journal(s->run, "stall", "{s:f, s:f, s:f}", "after_s", after_s, "wall_s",
		    (rig_now_ns() - since_ns) / (double)RIG_NS_PER_S, "guest_s", s->guest_s);
	session_judge(s, VERDICT_HANG, "%s", sentence);
	session_event(s, EV_STALL);
}

/* How long QEMU's threads ran so far, and waited for a processor (schedstat); both 0 where it cannot be read. */
static void read_processor(pid_t pid, gint64 *ret_ran, gint64 *ret_waited)
{
	g_autofree char *dir = g_strdup_printf("/proc/%d/task", (int)pid);
	g_autoptr(GDir) tasks = g_dir_open(dir, 0, NULL);
	const char *tid;

	*ret_ran = *ret_waited = 0;
	while (tasks && (tid = g_dir_read_name(tasks))) {
		g_autofree char *file = g_build_filename(dir, tid, "schedstat", NULL), *text = NULL;
		char *rest;

		if (!rig_read_file(file, 4096, &text, NULL, NULL))
			continue;
		*ret_ran += g_ascii_strtoll(text, &rest, 10);
		*ret_waited += g_ascii_strtoll(rest, NULL, 10);
	}
}

/* By a signal or a debugger: state T in /proc/PID/stat, "PID (NAME) STATE ...". */
static gboolean is_stopped(pid_t pid)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/stat", (int)pid), *text = NULL;
	const char *end = rig_read_file(file, 4096, &text, NULL, NULL) ? strrchr(text, ')') : NULL;

	return end && end[1] == ' ' && g_ascii_tolower(end[2]) == 't';
}

/*
 * Brings guest_runtime_s up to date. Of threads that wanted to run all the time the part in which they could counts;
 * an idle guest wants nothing, and loses nothing. Of a QEMU on another host nothing is known, all time counts.
 */
static void count_guest_runtime(struct session *s)
{
	struct watch *w = s->watch;
	gint64 now = rig_now_ns(), ran, waited;
	double passed = (now - w->tick_ns) / (double)RIG_NS_PER_S, wanted, lost;

	read_processor(vm_pid(s->vm), &ran, &waited);
	lost = MAX(0, waited - w->waited_ns) / (double)RIG_NS_PER_S;
	wanted = lost + MAX(0, ran - w->ran_ns) / (double)RIG_NS_PER_S;
	if (wanted > passed)
		lost *= passed / wanted;
	if (w->tick_ns && !is_stopped(vm_pid(s->vm)))
		w->guest_runtime_s += passed - lost;
	w->tick_ns = now;
	w->ran_ns = ran;
	w->waited_ns = waited;
}

double watch_guest_runtime(struct session *s)
{
	count_guest_runtime(s);
	return s->watch->guest_runtime_s;
}

static const struct agent_run *longest(const struct session *s)
{
	const struct agent_run *found = NULL;

	for (guint i = 0; i < s->agents->len; i++) {
		const struct agent_run *a = s->agents->pdata[i];

		if (a->busy_ms && (!found || a->busy_ms > found->busy_ms))
			found = a;
	}
	return found;
}

static void no_agent_gets_on(struct session *s, const char *how)
{
	const struct agent_run *a = longest(s);

	if (!a)
		return;
	stall(s, s->watch->guest_runtime_s - s->watch->ended_s, s->watch->ended_ns,
	      "no agent gets on, %s: no operation has ended for %.1f s, agent %u (%s) is inside '%s'", how,
	      s->watch->guest_runtime_s - s->watch->ended_s, a->id, a->agent->name, a->now);
}

static void on_task_snapshot(struct session *s, unsigned type, const char *text, void *data)
{
	struct watch *w = s->watch;
	struct task_snapshot *is;

	(void)data;
	if (!w || type != PROTO_WHO)
		return;
	w->asked = FALSE;
	w->asked_s = w->guest_runtime_s;
	is = task_snapshot_read(text);
	if (w->look && moved(w->look, is))
		w->moved_s = w->guest_runtime_s;
	else if (w->look && !runs_on(w->look, is) && watches(s) && w->guest_runtime_s - w->ended_s >= share(s, STILL))
		no_agent_gets_on(s, "and nobody runs in the kernel");
	task_snapshot_free(w->look);
	w->look = is;
}

static void ask(struct session *s)
{
	struct watch *w = s->watch;

	if (w->asked || w->guest_runtime_s - w->asked_s < share(s, NEXT_LOOK))
		return;
	w->asked = TRUE;
	w->asked_s = w->guest_runtime_s;
	dispatch_ask(s, PROTO_ASK_WHO, "busy\n", on_task_snapshot, NULL);
}

static void forget_snapshots(struct watch *w)
{
	g_clear_pointer(&w->look, task_snapshot_free);
	g_clear_pointer(&w->early, task_snapshot_free);
}

/* One agent is slow while others get on: is it the same task that has not run all the time? */
static void watch_one(struct session *s, const struct agent_run *a)
{
	struct watch *w = s->watch;

	ask(s);
	if (!w->early && w->look) {
		w->early = g_steal_pointer(&w->look);
		w->early_s = w->guest_runtime_s;
		return;
	}
	if (w->early && w->look &&
	    ((w->guest_runtime_s - w->early_s >= share(s, ONE_AGENT) && in_both(w->early->blocked, w->look->blocked)) ||
	     w->guest_runtime_s - w->early_s >= share(s, MOVING)))
		stall(s, w->guest_runtime_s - w->early_s, rig_now_ns() - a->busy_ms * RIG_NS_PER_MS,
		      "an agent is stuck: agent %u (%s) has been inside '%s' for %.1f s", a->id, a->agent->name, a->now,
		      a->busy_ms / 1000.0);
}

static void watch_operations(struct session *s)
{
	struct watch *w = s->watch;
	const struct agent_run *a = longest(s);
	guint64 ops = 0;
	double since, unmoved;

	for (guint i = 0; i < s->agents->len; i++)
		ops += ((struct agent_run *)s->agents->pdata[i])->ops;
	if (ops != w->ops || !a || !watches(s)) {
		w->ops = ops;
		w->ended_s = w->moved_s = w->guest_runtime_s;
		w->ended_ns = w->tick_ns;
		if (a && watches(s) && a->busy_ms / 1000.0 >= share(s, ONE_AGENT))
			watch_one(s, a);
		else
			forget_snapshots(w);
		return;
	}
	since = w->guest_runtime_s - w->ended_s;
	if (since >= share(s, FIRST_LOOK))
		ask(s);
	unmoved = MIN(since, w->guest_runtime_s - w->moved_s);
	if (unmoved >= share(s, RUNNING))
		no_agent_gets_on(s, "and memory does not change");
	else if (since >= share(s, MOVING))
		no_agent_gets_on(s, "though the kernel is busy");
}

/*
 * Beats tell what agents do. Of a QEMU that is not ours to look at silence may be the way's, whose loss takes longer
 * to be known: until there is a beat again, or too long none, it says nothing of operations.
 */
static gboolean is_heard(const struct session *s)
{
	return vm_pid(s->vm) || s->watch->guest_runtime_s - s->watch->heartbeat_s < HEARD_S;
}

/* TRUE: it was called. */
static gboolean watch_heartbeat(struct session *s)
{
	struct watch *w = s->watch;
	double silent, ran;

	if (w->heartbeat_ns != s->last_heartbeat_ns) {
		w->heartbeat_ns = s->last_heartbeat_ns;
		w->heartbeat_s = w->guest_runtime_s;
		w->heartbeat_ran_ns = w->ran_ns;
	}
	silent = w->guest_runtime_s - w->heartbeat_s;
	if (silent < share(s, BEATLESS))
		return FALSE;
	ran = (w->ran_ns - w->heartbeat_ran_ns) / (double)RIG_NS_PER_S;
	if (silent < share(s, PATIENT) && ran < share(s, PROCESSOR))
		return FALSE;
	stall(s, silent, s->last_heartbeat_ns, "no beat from the guest for %.1f s, in which QEMU ran for %.1f s", silent, MAX(ran, 0));
	return TRUE;
}

/* The guest starts again: whoever was asked has gone, and so has what was seen. */
static void watch_another_boot(struct watch *w)
{
	w->asked = FALSE;
	w->ended_s = w->moved_s = w->guest_runtime_s;
	forget_snapshots(w);
}

static gboolean on_watch(gpointer data)
{
	struct session *s = data;

	count_guest_runtime(s);
	if (s->reset_waits)
		watch_another_boot(s->watch);
	if (vm_is_away(s->vm)) {
		/* disconnected: the absence of data is not a hang */
		s->last_heartbeat_ns = rig_now_ns();
		s->watch->ended_s = s->watch->moved_s = s->watch->guest_runtime_s;
	}
	if (s->paused || s->reset_waits || vm_is_away(s->vm))
		s->watch->heartbeat_ns = 0;
	else if (!watch_heartbeat(s) && is_heard(s))
		watch_operations(s);
	return G_SOURCE_CONTINUE;
}

void watch_boot(struct session *s)
{
	s->watch = g_new0(struct watch, 1);
	count_guest_runtime(s);
}

void watch_start(struct session *s)
{
	struct watch *w = s->watch;

	s->last_heartbeat_ns = rig_now_ns();
	if (!w->ended_ns) {
		count_guest_runtime(s);
		w->ended_s = w->moved_s = w->asked_s = w->early_s = w->guest_runtime_s;
		w->ended_ns = s->last_heartbeat_ns;
	}
	if (!s->watch_source)
		s->watch_source = g_timeout_add(WATCH_MS, on_watch, s);
}

void watch_stop(struct session *s)
{
	g_clear_handle_id(&s->watch_source, g_source_remove);
}

void watch_free(struct session *s)
{
	if (s->watch)
		forget_snapshots(s->watch);
	g_clear_pointer(&s->watch, g_free);
}
