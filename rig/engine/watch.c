// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detects lack of progress.
 *
 * The watchdog checks two things. Operations: agents have operations in progress, but none
 * completes, or one agent has been in the same operation for a long time. Heartbeats: init, which
 * sends them, takes no hotplug lock, so if none arrive, the guest does not schedule any more.
 * dispatch.c handles a third sign of a hang: a flood of console output, or a report of a hung task
 * or lockup.
 *
 * All limits count guest runtime (runtime.h), not the host's clock.
 *
 * After FIRST_LOOK without a completed operation, the list of the guest's blocked and running tasks
 * is read. If two such snapshots are equal and no task is running, the guest hangs. If a task is
 * running, it may be executing a slow memory operation. Then a hang is declared after RUNNING if no
 * memory counter changes, otherwise after MOVING.
 */
#include "engine/runtime.h"
#include "engine/session.h"
#include "engine/snapshot.h"

#include <string.h>

#define WATCH_MS 250
#define HEARD_S 1.0 /* the time of four heartbeats */
/*
 * Times in percent of the patience. The list of tasks is read after FIRST_LOOK without a completed
 * operation, and then at intervals of NEXT_LOOK.
 */
#define FIRST_LOOK 15
#define NEXT_LOOK 5
/* A hang is declared after one of these times without a completed operation. */
#define STILL 20   /* % of the patience, if two snapshots are equal and no task is running */
#define RUNNING 25 /* % of the patience, if a task is running, but no memory counter changed */
#define MOVING 300 /* % of the patience, even if a memory counter changed */
/* A hang is also declared after one of these times without a heartbeat. */
#define SILENT 20    /* % of the patience, if QEMU has used PROCESSOR of CPU time in it */
#define PROCESSOR 15 /* % of the patience */
#define PATIENT 100  /* % of the patience, even if QEMU has used less CPU time */
/*
 * In percent of the patience. If one agent completes no operation for this time, a snapshot is
 * taken. If nothing has changed after the same time again, the agent is stuck.
 */
#define ONE_AGENT 50
/* The kernel's default limit for a grace period: CONFIG_RCU_CPU_STALL_TIMEOUT. */
#define RCU_STALL_S 21.0
/* The guest's CPUs are idle if QEMU used less than this many seconds of CPU time per second. */
#define IDLE_SHARE 0.2

/* All times in seconds are guest runtime (runtime.h). */
struct watch {
	guint source; /* timer source, or 0 if only guest runtime is counted */
	struct runtime runtime;
	guint64 ops;
	double ended_s;	     /* when an operation last completed, or when none was in progress */
	gint64 ended_ns;     /* `ended_s` on the host's clock */
	gint64 ended_ran_ns; /* QEMU's processor time at `ended_s` */
	double moved_s;	     /* when an operation last completed, or two snapshots last differed */
	double asked_s; /* when the tasks were last requested, or when the last answer arrived */
	gboolean asked; /* a request for the tasks has no answer yet */
	struct task_snapshot *snapshot; /* the last snapshot */
	double first_s;			/* when the first snapshot was taken */
	gboolean compared; /* two snapshots have been compared since the last completed operation */
	/* the snapshot in which agent `early_agent` was first found to be slow */
	struct task_snapshot *early;
	guint early_agent;
	double early_s;	    /* when the snapshot `early` was taken */
	double heartbeat_s; /* guest runtime at the last heartbeat */
	gint64 heartbeat_ns, heartbeat_ran_ns;
};

/* Returns PERCENT of the patience, in seconds. */
static double share(const struct session *s, guint percent)
{
	return session_patience(s) * percent / 100.0;
}

static gboolean watches(const struct session *s)
{
	return s->state >= STATE_HAMMER && s->state <= STATE_STOP && !s->host.paused &&
	       !s->host.reset_waits;
}

/*
 * Declares a hang; FORMAT makes its reason. AFTER_S is how long the hang has lasted, in seconds of
 * guest runtime. SINCE_NS is when it began.
 */
static void G_GNUC_PRINTF(4, 5)
	stall(struct session *s, double after_s, gint64 since_ns, const char *format, ...)
{
	g_autofree char *sentence = NULL;
	va_list args;

	va_start(args, format);
	sentence = g_strdup_vprintf(format, args);
	va_end(args);
	run_journal(s->run, "stall", "{s:f, s:f, s:f}", "after_s", after_s, "wall_s",
		    (rig_now_ns() - since_ns) / (double)RIG_NS_PER_S, "guest_s",
		    s->heartbeat.guest_s);
	holds_failed(s, since_ns);
	session_judge(s, VERDICT_HANG, "%s", sentence);
	session_event(s, EV_STALL);
}

static void count_guest_runtime(struct session *s)
{
	runtime_update(&s->watch->runtime, vm_pid(s->vm));
}

double watch_guest_runtime(struct session *s)
{
	count_guest_runtime(s);
	return s->watch->runtime.guest_s;
}

static const struct agent_run *longest(const struct session *s)
{
	const struct agent_run *found = NULL;

	for (guint i = 0; i < s->agents.list->len; i++) {
		const struct agent_run *a = s->agents.list->pdata[i];

		if (a->busy_ms && (!found || a->busy_ms > found->busy_ms))
			found = a;
	}
	return found;
}

static void stall_of_agents(struct session *s, const char *how)
{
	const struct agent_run *a = longest(s);

	if (!a)
		return;
	stall(s, s->watch->runtime.guest_s - s->watch->ended_s, s->watch->ended_ns,
	      "no progress, %s: no operation completed in %.1f s; agent %u (%s) blocked in '%s'",
	      how, s->watch->runtime.guest_s - s->watch->ended_s, a->id, a->agent->name, a->now);
}

/*
 * Returns TRUE if blocked tasks may only be waiting for a slow RCU grace period. A grace period
 * waits for the slowest CPU, so under TCG on a busy host this is not a hang until the kernel itself
 * reports a stall. Returns FALSE if the CPUs are idle, because then nothing delays a grace period.
 */
static gboolean may_be_slow_rcu(const struct session *s, const struct task_snapshot *is,
				double since_s)
{
	const struct watch *w = s->watch;
	double ran_s = (w->runtime.ran_ns - w->ended_ran_ns) / (double)RIG_NS_PER_S;

	return is && task_snapshot_waits_for_rcu(is) && since_s < RCU_STALL_S &&
	       ran_s > IDLE_SHARE * since_s;
}

static void on_task_snapshot(const struct guest_reply *reply, void *data)
{
	struct session *s = data;
	struct watch *w = s->watch;
	struct task_snapshot *is;
	double since;

	if (!w)
		return;
	w->asked = FALSE;
	w->asked_s = w->runtime.guest_s;
	if (!reply->tasks) {
		run_journal(s->run, "no-tasks", "{s:s}", "why", reply->error->message);
		return;
	}
	is = task_snapshot_new(reply->tasks);
	since = w->runtime.guest_s - w->ended_s;
	if (w->snapshot && task_snapshots_differ(w->snapshot, is))
		w->moved_s = w->runtime.guest_s;
	else if (w->snapshot && !task_snapshots_run(w->snapshot, is) && watches(s) &&
		 since >= share(s, STILL) && !may_be_slow_rcu(s, is, since))
		stall_of_agents(s, "no task runs in the kernel");
	if (!w->snapshot)
		w->first_s = w->runtime.guest_s;
	else
		w->compared = TRUE;
	task_snapshot_free(w->snapshot);
	w->snapshot = is;
}

/*
 * Requests the list of tasks, unless a request is open or the last answer arrived less than
 * NEXT_LOOK ago. Returns TRUE if the list was requested.
 */
static gboolean ask(struct session *s)
{
	struct watch *w = s->watch;

	if (w->asked || w->runtime.guest_s - w->asked_s < share(s, NEXT_LOOK))
		return FALSE;
	w->asked = TRUE;
	w->asked_s = w->runtime.guest_s;
	guest_list_tasks(s->guest, TRUE, on_task_snapshot, s);
	return TRUE;
}

static void forget_snapshots(struct watch *w)
{
	w->compared = FALSE;
	g_clear_pointer(&w->snapshot, task_snapshot_free);
	g_clear_pointer(&w->early, task_snapshot_free);
}

/*
 * Checks agent A, which has completed no operation for a while, although others have. The agent is
 * stuck if, since the snapshot `early`, its task has not run, and no task has run that may hold the
 * lock for which A waits. Otherwise its operation is only long, and is a hang only after MOVING.
 */
static void watch_one(struct session *s, const struct agent_run *a)
{
	struct watch *w = s->watch;
	double since = w->runtime.guest_s - w->early_s;
	gboolean stuck;

	ask(s);
	if (w->early && w->early_agent != a->id)
		g_clear_pointer(&w->early, task_snapshot_free);
	if (!w->early && w->snapshot) {
		w->early = g_steal_pointer(&w->snapshot);
		w->early_s = w->runtime.guest_s;
		w->early_agent = a->id;
		return;
	}
	if (!w->early || !w->snapshot)
		return;
	stuck = since >= share(s, ONE_AGENT) &&
		task_snapshots_stuck(w->early, w->snapshot, a->pid) &&
		!(task_snapshot_waits_for_rcu(w->snapshot) && since < RCU_STALL_S);
	if (stuck || since >= share(s, MOVING))
		stall(s, since, rig_now_ns() - a->busy_ms * RIG_NS_PER_MS,
		      "agent %u (%s, task %d) is stuck in '%s' for %.1f s while other agents "
		      "complete operations",
		      a->id, a->agent->name, a->pid, a->now, a->busy_ms / 1000.0);
}

static void watch_operations(struct session *s)
{
	struct watch *w = s->watch;
	const struct agent_run *a = longest(s);
	guint64 ops = 0;
	double since, unmoved;

	for (guint i = 0; i < s->agents.list->len; i++)
		ops += ((struct agent_run *)s->agents.list->pdata[i])->ops;
	if (ops != w->ops || !a || !watches(s)) {
		w->ops = ops;
		w->ended_s = w->moved_s = w->runtime.guest_s;
		w->ended_ns = w->runtime.tick_ns;
		w->ended_ran_ns = w->runtime.ran_ns;
		holds_pause(s, a && a->busy_ms / 1000.0 >= share(s, FIRST_LOOK));
		if (a && watches(s) && a->busy_ms / 1000.0 >= share(s, ONE_AGENT))
			watch_one(s, a);
		else
			forget_snapshots(w);
		return;
	}
	since = w->runtime.guest_s - w->ended_s;
	if (since >= share(s, FIRST_LOOK) / 2)
		holds_pause(s, TRUE);
	if (since >= share(s, FIRST_LOOK) && ask(s) && !w->snapshot)
		return; /* the guest needs time to answer the first request */
	unmoved = MIN(since, w->runtime.guest_s - w->moved_s);
	/*
	 * a change is only visible in two snapshots, so wait for the second one for a limited time
	 */
	if (w->snapshot && !w->compared && w->runtime.guest_s - w->first_s < share(s, RUNNING))
		return;
	if (unmoved >= share(s, RUNNING) && !may_be_slow_rcu(s, w->snapshot, since))
		stall_of_agents(s, "memory does not change");
	else if (since >= share(s, MOVING))
		stall_of_agents(s, "the kernel is busy");
}

/*
 * Returns TRUE if the agents' operations can be judged, which only heartbeats report. With libvirt,
 * missing heartbeats may also mean that the connection is lost, which is detected only later, so
 * operations are only judged while heartbeats arrive.
 */
static gboolean has_heartbeat(const struct session *s)
{
	return vm_is_direct(s->vm) || s->watch->runtime.guest_s - s->watch->heartbeat_s < HEARD_S;
}

/* Checks the heartbeat. Returns TRUE if a hang was declared. */
static gboolean watch_heartbeat(struct session *s)
{
	struct watch *w = s->watch;
	double silent, ran;

	if (w->heartbeat_ns != s->heartbeat.last_ns) {
		w->heartbeat_ns = s->heartbeat.last_ns;
		w->heartbeat_s = w->runtime.guest_s;
		w->heartbeat_ran_ns = w->runtime.ran_ns;
	}
	silent = w->runtime.guest_s - w->heartbeat_s;
	if (silent < share(s, SILENT))
		return FALSE;
	ran = (w->runtime.ran_ns - w->heartbeat_ran_ns) / (double)RIG_NS_PER_S;
	if (silent < share(s, PATIENT) && ran < share(s, PROCESSOR))
		return FALSE;
	stall(s, silent, s->heartbeat.last_ns,
	      "no heartbeat from the guest for %.1f s, in which QEMU ran for %.1f s", silent,
	      MAX(ran, 0));
	return TRUE;
}

/* Called when the guest boots again: discards the open request and the snapshots. */
static void watch_another_boot(struct watch *w)
{
	w->asked = FALSE;
	w->ended_s = w->moved_s = w->runtime.guest_s;
	forget_snapshots(w);
}

static gboolean on_watch(gpointer data)
{
	struct session *s = data;

	count_guest_runtime(s);
	if (s->host.reset_waits)
		watch_another_boot(s->watch);
	if (vm_is_disconnected(s->vm)) {
		/* without a connection, the absence of data does not mean a hang */
		s->heartbeat.last_ns = rig_now_ns();
		s->watch->ended_s = s->watch->moved_s = s->watch->runtime.guest_s;
	}
	if (s->host.paused || s->host.reset_waits || vm_is_disconnected(s->vm))
		s->watch->heartbeat_ns = 0;
	else if (!watch_heartbeat(s) && has_heartbeat(s))
		watch_operations(s);
	return G_SOURCE_CONTINUE;
}

void watch_boot(struct session *s)
{
	s->watch = g_new0(struct watch, 1);
	runtime_init(&s->watch->runtime);
	count_guest_runtime(s);
}

void watch_start(struct session *s)
{
	struct watch *w = s->watch;

	s->heartbeat.last_ns = rig_now_ns();
	if (!w->ended_ns) {
		count_guest_runtime(s);
		w->ended_s = w->moved_s = w->asked_s = w->early_s = w->runtime.guest_s;
		w->ended_ns = s->heartbeat.last_ns;
	}
	if (!w->source)
		w->source = g_timeout_add(WATCH_MS, on_watch, s);
}

void watch_stop(struct session *s)
{
	if (s->watch)
		g_clear_handle_id(&s->watch->source, g_source_remove);
}

void watch_free(struct session *s)
{
	watch_stop(s);
	if (s->watch) {
		forget_snapshots(s->watch);
		runtime_deinit(&s->watch->runtime);
	}
	g_clear_pointer(&s->watch, g_free);
}
