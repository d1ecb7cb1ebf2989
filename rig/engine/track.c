// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host steps: tracks run side by side, each goes through its steps again and again, one at a time. Every
 * step ends in exactly one outcome, is in the journal before and after, and is counted.
 */
#include "engine/session.h"

#include <string.h>

#include "guest-init/proto.h"

struct track_run {
	struct session *s;
	const struct track *track;
	guint number, copy;
	struct rng rng;
	guint next;	    /* step that comes next */
	guint laps;
	gboolean did;	    /* something in this lap was not skipped */
	gboolean in_step;
	gboolean over;
	guint source;
	const struct step *step; /* the one it is in */
	char *id;		 /* its device, with the copy's suffix */
	struct device *device;
	gint64 began_ns;
	gboolean asks_guest; /* the device is done; what is waited for is the guest's word on it */
	struct extent place; /* of a DIMM that is being unplugged; size 0: unknown */
};

static void step_done(struct track_run *t, const char *outcome, const char *why);

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
	struct device *d = g_hash_table_lookup(s->devices, id);

	if (!d) {
		d = g_new0(struct device, 1);
		d->id = g_strdup(id);
		g_hash_table_insert(s->devices, d->id, d);
	}
	return d;
}

static gint64 deadline(const struct track_run *t)
{
	return rig_now_ns() + t->step->timeout_s * RIG_NS_PER_S;
}

/* A device that the guest let go after its unplug had timed out. */
void device_event(struct session *s, const char *name, json_t *event)
{
	const char *id = json_string_value(json_object_get(json_object_get(event, "data"), "device"));
	struct device *d = id ? g_hash_table_lookup(s->devices, id) : NULL;

	if (d && !d->busy && !strcmp(name, "DEVICE_DELETED"))
		d->there = FALSE;
}

/* What QEMU refuses is the rig's or the host's mistake, never the guest's. */
static void judge_outcome(struct session *s, const char *what, const char *id, enum vm_outcome outcome,
			  const char *why)
{
	if (outcome != VM_FAILED)
		return;
	session_judge(s, VERDICT_INFRA, "QEMU refused to %s '%s': %s", what, id, why);
	session_event(s, EV_FAULT);
}

static const char *unplug_name(enum vm_outcome outcome)
{
	return outcome == VM_OK ? "deleted" : vm_outcome_name(outcome);
}

static void plugged(struct track_run *t, enum vm_outcome outcome, const char *why)
{
	struct session *s = t->s;

	t->device->busy = FALSE;
	/* a guest that refuses, or does not answer, leaves the device in QEMU */
	t->device->there = outcome != VM_FAILED;
	s->status.plugs += outcome == VM_OK;
	session_count(s, "plug", vm_outcome_name(outcome));
	judge_outcome(s, "plug", t->id, outcome, why);
	if (outcome == VM_TIMED_OUT)
		session_judge(s, VERDICT_FAIL, "the guest did not take '%s' within %u s", t->id,
			      t->step->timeout_s);
	step_done(t, vm_outcome_name(outcome), why);
}

static void on_blocks_there(struct session *s, unsigned type, const char *text, void *data)
{
	struct track_run *t = data;

	(void)s;
	(void)type;
	t->asks_guest = FALSE;
	plugged(t, g_str_has_prefix(text, "ok") ? VM_OK : VM_TIMED_OUT, text);
}

/* Has the guest a word of its own for it (_OST), and nobody in between who could have got it wrong? */
static gboolean is_certain(const struct session *s)
{
	return (s->plan->machine->can & MACHINE_ACPI_OST) && !books_are_many(s);
}

/*
 * Where no _OST tells that the guest has taken a DIMM (pseries: the answer of device_add comes before the
 * guest has seen it), and through libvirt, the guest itself is asked to wait for its blocks.
 */
static void on_plugged(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;
	struct extent place;

	(void)reply;
	if (outcome != VM_OK || t->step->device != DEVICE_DIMM || is_certain(t->s) ||
	    !vm_where(t->s->vm, t->id, &place.start, &place.size)) {
		plugged(t, outcome, why);
		return;
	}
	t->asks_guest = TRUE;
	books_ask(t->s, &place, "none", t->step->timeout_s * 1000, on_blocks_there, t);
}

static void do_plug(struct track_run *t)
{
	const struct step *step = t->step;
	guint64 unit = step->device == DEVICE_VIRTIO_MEM ? t->s->plan->machine->virtio_mem_unit
							 : t->s->plan->machine->dimm_unit;
	struct vm_memory memory = {
		.id = t->id,
		.node = step->node,
		.backend = step->backend,
	};

	unit = MAX(unit, 1);
	memory.size = rng_between(&t->rng, step->size.low, step->size.high) / unit * unit;
	memory.requested = rng_between(&t->rng, step->requested.low, step->requested.high) / unit * unit;
	if (t->device->there) {
		step_done(t, "skipped", "it is plugged");
		return;
	}
	t->device->kind = step->device;
	t->device->size = memory.size;
	t->device->busy = TRUE;
	if (step->device == DEVICE_CPU)
		vm_plug_cpu(t->s->vm, t->id, deadline(t), on_plugged, t);
	else if (step->device == DEVICE_VIRTIO_MEM)
		vm_plug_virtio_mem(t->s->vm, &memory, deadline(t), on_plugged, t);
	else
		vm_plug_dimm(t->s->vm, &memory, deadline(t), on_plugged, t);
}

static void on_blocks_gone(struct session *s, unsigned type, const char *text, void *data)
{
	struct track_run *t = data;

	(void)type;
	t->asks_guest = t->device->busy = FALSE;
	if (strstr(text, "EBUSY") && !books_may_overlap(s, t->device, &t->place)) {
		session_judge(s, VERDICT_FAIL, "the guest still has memory blocks of '%s', which was unplugged", t->id);
		session_event(s, EV_REPORT);
	}
	step_done(t, unplug_name(VM_OK), "");
}

static void on_unplugged(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;
	struct session *s = t->s;

	(void)reply;
	t->device->busy = FALSE;
	t->device->there = outcome != VM_OK;
	t->device->unsure = outcome == VM_TIMED_OUT;
	s->status.unplugs += outcome == VM_OK;
	s->status.refused += outcome == VM_REFUSED;
	session_count(s, "unplug", unplug_name(outcome));
	judge_outcome(s, "unplug", t->id, outcome, why);
	if (outcome != VM_OK || !t->place.size || !books_are_many(s)) {
		step_done(t, unplug_name(outcome), why);
		return;
	}
	t->asks_guest = t->device->busy = TRUE;
	books_ask(s, &t->place, "gone", 0, on_blocks_gone, t);
}

static void do_unplug(struct track_run *t)
{
	if (!t->device->there) {
		step_done(t, "skipped", "it is not plugged");
		return;
	}
	t->device->busy = TRUE;
	if (t->device->kind != DEVICE_DIMM || !vm_where(t->s->vm, t->id, &t->place.start, &t->place.size))
		t->place.size = 0;
	vm_unplug(t->s->vm, t->id, deadline(t), on_unplugged, t);
}

static void on_resized(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	t->device->busy = FALSE;
	session_count(t->s, "resize", vm_outcome_name(outcome));
	judge_outcome(t->s, "resize", t->id, outcome, why);
	step_done(t, vm_outcome_name(outcome), why);
}

static void do_resize(struct track_run *t)
{
	guint64 unit = MAX(t->s->plan->machine->virtio_mem_unit, 1);
	guint64 size = rng_between(&t->rng, t->step->size.low, t->step->size.high) / unit * unit;

	if (!t->device->there) {
		step_done(t, "skipped", "it is not plugged");
		return;
	}
	t->device->busy = TRUE;
	vm_resize(t->s->vm, t->id, size, deadline(t), on_resized, t);
}

static void on_guest_wrote(struct session *s, unsigned type, const char *text, void *data)
{
	struct track_run *t = data;
	g_autofree char *line = g_strndup(text, strcspn(text, "\n"));

	(void)type;
	session_count(s, t->step->what == STEP_CPU ? "cpu" : "online", line);
	step_done(t, line, text);
}

static void do_online(struct track_run *t)
{
	static const char *const words[] = {"online", "online_kernel", "online_movable", "offline"};
	enum step_how how = t->step->how;
	g_autofree char *text = NULL;
	guint64 address, size;

	if (how == HOW_RANDOM)
		how = rng_between(&t->rng, HOW_ONLINE, HOW_OFFLINE);
	if (!t->device->there || !vm_where(t->s->vm, t->id, &address, &size)) {
		step_done(t, "skipped", "it is not plugged");
		return;
	}
	text = g_strdup_printf("start %" G_GUINT64_FORMAT "\nsize %" G_GUINT64_FORMAT "\nwrite %s\n",
			       address, size, words[how]);
	listen_ask(t->s, PROTO_BLOCKS, text, on_guest_wrote, t);
}

static void do_cpu(struct track_run *t)
{
	g_autofree char *text = g_strdup_printf("cpu %u\nwrite %u\n", t->step->cpu, t->step->write);

	listen_ask(t->s, PROTO_CPU, text, on_guest_wrote, t);
}

static gboolean on_waited(gpointer data)
{
	struct track_run *t = data;

	t->source = 0;
	step_done(t, "ok", "");
	return G_SOURCE_REMOVE;
}

static void do_wait(struct track_run *t)
{
	t->source = g_timeout_add(rng_between(&t->rng, t->step->ms.low, t->step->ms.high), on_waited, t);
}

/* Do host and guest agree on what is plugged? Each DIMM's range must have its memory blocks. */
static void on_checked(struct session *s, unsigned type, const char *text, void *data)
{
	struct track_run *t = data;
	struct account now = {0};
	g_autofree char *missing = NULL;

	if (type == PROTO_ACCOUNT)
		account_read(&now, text);
	missing = books_missing(s, &now);
	if (missing) {
		session_judge(s, VERDICT_FAIL, "%s", missing);
		session_event(s, EV_REPORT);
	}
	step_done(t, !now.known ? "failed" : missing ? "differs" : "ok", missing ? missing : "");
	account_clear(&now);
}

static void do_check(struct track_run *t)
{
	listen_ask(t->s, PROTO_SNAPSHOT, "", on_checked, t);
}

static void on_commanded(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	(void)reply;
	step_done(data, vm_outcome_name(outcome), why);
}

static void do_nmi(struct track_run *t)
{
	vm_command(t->s->vm, "inject-nmi", NULL, deadline(t), on_commanded, t);
}

static void on_continued(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	t->s->paused = FALSE;
	t->s->last_beat_ns = rig_now_ns();
	step_done(t, vm_outcome_name(outcome), why);
}

static gboolean on_pause_over(gpointer data)
{
	struct track_run *t = data;

	t->source = 0;
	vm_command(t->s->vm, "cont", NULL, deadline(t), on_continued, t);
	return G_SOURCE_REMOVE;
}

static void on_paused(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	if (outcome != VM_OK) {
		t->s->paused = FALSE;
		step_done(t, vm_outcome_name(outcome), why);
		return;
	}
	t->source = g_timeout_add(rng_between(&t->rng, t->step->ms.low, t->step->ms.high), on_pause_over, t);
}

static void do_pause(struct track_run *t)
{
	if (t->s->paused) {
		step_done(t, "skipped", "another track has paused the guest");
		return;
	}
	t->s->paused = TRUE;
	vm_command(t->s->vm, "stop", NULL, deadline(t), on_paused, t);
}

static void on_reset_sent(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	if (outcome == VM_OK)
		return; /* hello ends the step, the state's deadline a guest that does not come back */
	t->s->reset_waits = 0;
	step_done(t, vm_outcome_name(outcome), why);
}

/* With -no-reboot QEMU turns a reset into its end, unless it is told otherwise (QAPI set-action). */
static void on_action_set(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	if (outcome == VM_OK)
		vm_command(t->s->vm, "system_reset", NULL, deadline(t), on_reset_sent, t);
	else
		on_reset_sent(outcome, why, reply, data);
}

static void do_reset(struct track_run *t)
{
	if (t->s->reset_waits) {
		step_done(t, "skipped", "another track has reset the guest");
		return;
	}
	t->s->reset_waits = 1;
	g_hash_table_remove_all(t->s->requests); /* nobody will answer them */
	vm_command(t->s->vm, "set-action", json_pack("{s:s}", "reboot", "reset"), deadline(t),
		   on_action_set, t);
}

void tracks_hello(struct session *s)
{
	s->reset_waits = 0;
	agents_start(s);
	for (guint i = 0; i < s->tracks->len; i++) {
		struct track_run *t = s->tracks->pdata[i];

		if (!t->in_step)
			continue;
		if (t->step->what == STEP_RESET)
			step_done(t, "ok", "");
		else if (t->asks_guest) /* who was asked has gone: QEMU's word stands */
			(t->step->what == STEP_PLUG ? on_blocks_there : on_blocks_gone)(s, PROTO_DONE, "ok", t);
		else if (t->step->what == STEP_ONLINE || t->step->what == STEP_CPU ||
			 t->step->what == STEP_CHECK)
			step_done(t, "reset", "the guest was reset meanwhile");
	}
}

static const struct {
	const char *name;
	void (*run)(struct track_run *t);
} steps[] = {
	[STEP_PLUG] = {"plug", do_plug},     [STEP_UNPLUG] = {"unplug", do_unplug},
	[STEP_RESIZE] = {"resize", do_resize}, [STEP_ONLINE] = {"online", do_online},
	[STEP_WAIT] = {"wait", do_wait},     [STEP_CHECK] = {"check", do_check},
	[STEP_PAUSE] = {"pause", do_pause},  [STEP_NMI] = {"nmi", do_nmi},
	[STEP_RESET] = {"reset", do_reset},  [STEP_CPU] = {"cpu", do_cpu},
};

static void track_over(struct track_run *t)
{
	t->over = TRUE;
	if (tracks_idle(t->s))
		session_event(t->s, EV_IDLE);
}

static gboolean track_next(gpointer data)
{
	struct track_run *t = data;
	const struct track *track = t->track;

	t->source = 0;
	if (t->next == track->n_steps) {
		t->next = 0;
		t->laps++;
		if (t->laps == track->repeat) {
			track_over(t);
			return G_SOURCE_REMOVE;
		}
		if (!t->did) { /* all skipped: a device is still on its way; look again a little later */
			t->did = TRUE;
			t->source = g_timeout_add(50, track_next, t);
			return G_SOURCE_REMOVE;
		}
		t->did = FALSE;
	}
	if (t->s->state != STATE_HAMMER) {
		track_over(t);
		return G_SOURCE_REMOVE;
	}
	if (t->s->vanished)
		return G_SOURCE_REMOVE;
	t->step = &track->steps[t->next++];
	if (rng_between(&t->rng, 1, 100) > t->step->chance) {
		t->source = g_idle_add(track_next, t);
		return G_SOURCE_REMOVE;
	}
	g_free(t->id);
	t->id = !t->step->id		  ? g_strdup("")
		: track->copies > 1 ? g_strdup_printf("%s.%u", t->step->id, t->copy)
				    : g_strdup(t->step->id);
	t->device = *t->id ? device_get(t->s, t->id) : NULL;
	t->in_step = TRUE;
	t->began_ns = rig_now_ns();
	run_journal(t->s->run, "step", "{s:i, s:i, s:s, s:s}", "track", t->number, "copy", t->copy, "do",
		    steps[t->step->what].name, "id", t->id);
	steps[t->step->what].run(t);
	return G_SOURCE_REMOVE;
}

static void step_done(struct track_run *t, const char *outcome, const char *why)
{
	t->in_step = FALSE;
	t->s->vanished |= !strcmp(outcome, vm_outcome_name(VM_VANISHED));
	t->did |= strcmp(outcome, "skipped") != 0;
	run_journal(t->s->run, "stepped", "{s:i, s:i, s:s, s:s, s:s, s:f, s:s}", "track", t->number, "copy",
		    t->copy, "do", steps[t->step->what].name, "id", t->id, "outcome", outcome, "ms",
		    (rig_now_ns() - t->began_ns) / (double)RIG_NS_PER_MS, "why", why ? why : "");
	if (t->s->state == STATE_HAMMER)
		t->source = g_idle_add(track_next, t);
	else
		track_over(t);
}

void tracks_start(struct session *s)
{
	for (guint i = 0; i < s->scenario->n_tracks; i++) {
		const struct track *track = &s->scenario->tracks[i];

		for (guint copy = 0; copy < MAX(1, track->copies); copy++) {
			g_autofree char *label = g_strdup_printf("track %u.%u", i, copy);
			struct track_run *t = g_new0(struct track_run, 1);

			t->s = s;
			t->track = track;
			t->number = i;
			t->copy = copy;
			t->did = TRUE;
			t->rng = rng_stream(s->plan->seed, label);
			t->source = g_idle_add(track_next, t);
			g_ptr_array_add(s->tracks, t);
		}
	}
}

gboolean tracks_idle(struct session *s)
{
	for (guint i = 0; i < s->tracks->len; i++)
		if (!((struct track_run *)s->tracks->pdata[i])->over)
			return FALSE;
	return TRUE;
}

/* A wait is cut short; everything else ends by itself, at the latest at its own deadline. */
void tracks_stop(struct session *s)
{
	for (guint i = 0; i < s->tracks->len; i++) {
		struct track_run *t = s->tracks->pdata[i];

		if (t->in_step && t->step->what == STEP_WAIT && t->source) {
			g_clear_handle_id(&t->source, g_source_remove);
			step_done(t, "cut", "");
		} else if (!t->in_step && !t->over) {
			g_clear_handle_id(&t->source, g_source_remove);
			track_over(t);
		}
	}
	if (tracks_idle(s))
		session_event(s, EV_IDLE);
}

void tracks_free(struct session *s)
{
	for (guint i = 0; i < s->tracks->len; i++) {
		struct track_run *t = s->tracks->pdata[i];

		g_clear_handle_id(&t->source, g_source_remove);
		g_free(t->id);
		g_free(t);
	}
	g_ptr_array_unref(s->tracks);
}
