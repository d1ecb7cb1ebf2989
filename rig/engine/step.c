// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes one step, by its kind: sends a command to QEMU or a request to the guest, waits for the
 * answer, and calls track_stepped() once.
 */
#include "engine/track.h"

#include <string.h>

static void device_free(gpointer data)
{
	struct device *d = data;

	g_free(d->id);
	g_free(d);
}

GHashTable *devices_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, device_free);
}

static struct device *device_get(struct session *s, const char *id)
{
	struct device *d = g_hash_table_lookup(s->host.devices, id);

	if (!d) {
		d = g_new0(struct device, 1);
		d->id = g_strdup(id);
		g_hash_table_insert(s->host.devices, d->id, d);
	}
	return d;
}

gint64 step_deadline(const struct track_run *t)
{
	return rig_now_ns() + t->step->timeout_s * RIG_NS_PER_S;
}

gboolean step_was_starved(const struct track_run *t)
{
	double given_s = watch_guest_runtime(t->s) - t->began_runtime_s;
	double wall_s = (rig_now_ns() - t->began_ns) / (double)RIG_NS_PER_S;

	return given_s < 0.9 * t->step->timeout_s || given_s < wall_s * STARVED_PERCENT / 100;
}

gboolean step_timeout_is_fault(struct track_run *t)
{
	if (fails_since(t->s, t->began_ns))
		return FALSE;
	if (!step_was_starved(t))
		return TRUE;
	t->s->host.starved_timeouts++;
	return FALSE;
}

void device_event(struct session *s, const char *name, json_t *event)
{
	const char *id =
		json_string_value(json_object_get(json_object_get(event, "data"), "device"));
	struct device *d = id ? g_hash_table_lookup(s->host.devices, id) : NULL;

	if (d && !d->busy && !strcmp(name, "DEVICE_DELETED"))
		d->there = FALSE;
}

static void on_resized(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	t->device->busy = FALSE;
	session_count(t->s, "resize", vm_outcome_name(outcome));
	session_judge_vm(t->s, "resize", t->id, outcome, why);
	track_stepped(t, vm_outcome_name(outcome), why);
}

static void do_resize(struct track_run *t)
{
	if (!t->device->there) {
		track_stepped(t, "skipped", "the device is not plugged");
		return;
	}
	t->device->busy = TRUE;
	(t->device->kind == DEVICE_BALLOON ? vm_resize_balloon : vm_resize)(
		t->s->vm, t->id, t->op->size, step_deadline(t), on_resized, t);
}

static void on_guest_wrote(const struct guest_reply *reply, void *data)
{
	struct track_run *t = data;
	g_autofree char *outcome = reply->error ? g_strdup_printf("error %s", reply->error->message)
						: g_strdup("ok");

	limit_stop(t);
	session_count(t->s, t->step->what == STEP_CPU ? "cpu" : "online", outcome);
	track_stepped(t, outcome, reply->error ? outcome : reply->text);
}

/*
 * Called when the guest did not answer in time that memory or a CPU was set online or offline. A
 * late online operation fails the run. A late offline operation does not, because migrating pages
 * may be slow (may_be_slow).
 */
static void guest_write_late(struct track_run *t)
{
	const char *what = t->step->what == STEP_CPU ? "cpu" : "online";

	session_count(t->s, what, vm_outcome_name(VM_TIMED_OUT));
	if (!t->may_be_slow && step_timeout_is_fault(t))
		session_judge(t->s, VERDICT_FAIL,
			      "the guest did not finish '%s' of '%s' within %u s", what,
			      t->step->what == STEP_CPU ? "the CPU" : t->id, t->step->timeout_s);
	track_stepped(t, vm_outcome_name(VM_TIMED_OUT), "no answer from the guest");
}

static void do_online(struct track_run *t)
{
	guint64 address, size;

	if (!t->device->there || !vm_where(t->s->vm, t->id, &address, &size)) {
		track_stepped(t, "skipped", "the device is not plugged");
		return;
	}
	t->may_be_slow = t->op->how == HOW_OFFLINE;
	limit_start(t,
		    guest_blocks(t->s->guest, address, size, step_how_name(t->op->how), -1,
				 on_guest_wrote, t),
		    guest_write_late);
}

static void do_cpu(struct track_run *t)
{
	t->may_be_slow = !t->step->write;
	limit_start(t, guest_cpu(t->s->guest, t->step->cpu, t->step->write, on_guest_wrote, t),
		    guest_write_late);
}

static gboolean on_waited(gpointer data)
{
	struct track_run *t = data;

	t->source = 0;
	track_stepped(t, "ok", "");
	return G_SOURCE_REMOVE;
}

static void do_wait(struct track_run *t)
{
	t->source = g_timeout_add(t->op->ms, on_waited, t);
}

/* Fails the run if the guest lacks a memory block of a plugged DIMM. */
static void on_checked(const struct guest_reply *reply, void *data)
{
	struct track_run *t = data;
	struct session *s = t->s;
	g_autofree char *missing = hotplug_check_missing(s, reply->account, t->began_ns);

	limit_stop(t);
	if (missing) {
		session_judge(s, VERDICT_FAIL, "%s", missing);
		session_event(s, EV_REPORT);
	}
	track_stepped(t,
		      !reply->account ? "failed"
		      : missing	      ? "differs"
				      : "ok",
		      missing ? missing : "");
}

static void check_late(struct track_run *t)
{
	track_stepped(t, vm_outcome_name(VM_TIMED_OUT), "no answer from the guest");
}

static void do_check(struct track_run *t)
{
	limit_start(t, guest_snapshot(t->s->guest, on_checked, t), check_late);
}

static void on_commanded(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	(void)reply;
	track_stepped(data, vm_outcome_name(outcome), why);
}

static void do_nmi(struct track_run *t)
{
	vm_command(t->s->vm, "inject-nmi", NULL, step_deadline(t), on_commanded, t);
}

static void on_continued(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	t->s->host.paused = FALSE;
	holds_set(t->s, t->s->state == STATE_HAMMER);
	t->s->heartbeat.last_ns = rig_now_ns();
	track_stepped(t, vm_outcome_name(outcome), why);
}

static gboolean on_pause_over(gpointer data)
{
	struct track_run *t = data;

	t->source = 0;
	vm_command(t->s->vm, "cont", NULL, step_deadline(t), on_continued, t);
	return G_SOURCE_REMOVE;
}

static void on_paused(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	if (outcome != VM_OK) {
		t->s->host.paused = FALSE;
		track_stepped(t, vm_outcome_name(outcome), why);
		return;
	}
	t->source = g_timeout_add(t->op->ms, on_pause_over, t);
}

static void do_pause(struct track_run *t)
{
	if (t->s->host.paused) {
		track_stepped(t, "skipped", "another track has paused the guest");
		return;
	}
	t->s->host.paused = TRUE;
	holds_set(t->s, FALSE);
	vm_command(t->s->vm, "stop", NULL, step_deadline(t), on_paused, t);
}

static void on_reset_sent(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	if (outcome == VM_OK)
		/* the step ends when the guest sends HELLO, or the state's time limit expires */
		return;
	t->s->host.reset_waits = 0;
	track_stepped(t, vm_outcome_name(outcome), why);
}

/*
 * Called when QEMU has answered set-action. Without this command, a reset would end QEMU, because
 * it runs with -no-reboot.
 */
static void on_action_set(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	if (outcome == VM_OK)
		vm_command(t->s->vm, "system_reset", NULL, step_deadline(t), on_reset_sent, t);
	else
		on_reset_sent(outcome, why, reply, data);
}

static void do_reset(struct track_run *t)
{
	if (t->s->host.reset_waits) {
		track_stepped(t, "skipped", "another track has reset the guest");
		return;
	}
	t->s->host.reset_waits = 1;
	holds_set(t->s, FALSE);
	cover_phase(t->s, COVERAGE_BOOT);
	/* drop open requests, because the guest was reset and will not answer */
	guest_forget(t->s->guest);
	vm_command(t->s->vm, "set-action", json_pack("{s:s}", "reboot", "reset"), step_deadline(t),
		   on_action_set, t);
}

static void (*const steps[])(struct track_run *t) = {
	[STEP_PLUG] = step_plug,	   [STEP_UNPLUG] = step_unplug, [STEP_RESIZE] = do_resize,
	[STEP_ONLINE] = do_online, [STEP_WAIT] = do_wait,     [STEP_CHECK] = do_check,
	[STEP_PAUSE] = do_pause,   [STEP_NMI] = do_nmi,	      [STEP_RESET] = do_reset,
	[STEP_CPU] = do_cpu,
};

void step_run(struct track_run *t)
{
	t->device = *t->id ? device_get(t->s, t->id) : NULL;
	steps[t->step->what](t);
}

void step_reset(struct track_run *t)
{
	limit_stop(t);
	if (t->step->what == STEP_RESET)
		track_stepped(t, "ok", "");
	else if (t->asks_guest)
		step_plug_reset(t);
	else if (t->step->what == STEP_ONLINE || t->step->what == STEP_CPU ||
		 t->step->what == STEP_CHECK)
		track_stepped(t, "reset", "the guest was reset meanwhile");
}
