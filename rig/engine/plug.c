// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes the steps that plug and unplug a device. A step ends when QEMU replies. If QEMU cannot
 * report whether the guest has accepted the device, the rig then sends a request to the guest, and
 * the step ends with the guest's answer.
 */
#include "engine/session.h"
#include "engine/track.h"

/*
 * If the guest has stopped waiting for a device's memory too early, it is asked again after this
 * time.
 */
#define ASK_AGAIN_MS 100

static const char *unplug_name(enum vm_outcome outcome)
{
	return outcome == VM_OK ? UNPLUGGED : vm_outcome_name(outcome);
}

static void plugged(struct track_run *t, enum vm_outcome outcome, const char *why)
{
	struct session *s = t->s;

	t->device->busy = FALSE;
	t->device->changed_ns = rig_now_ns();
	/* if the guest refuses or does not respond, QEMU still has the device */
	t->device->there = outcome != VM_FAILED;
	session_count(s, "plug", vm_outcome_name(outcome));
	session_judge_vm(s, "plug", t->id, outcome, why);
	/*
	 * a `fail` of the scenario makes a kernel function fail; QEMU may then report success
	 * although the guest lacks the device
	 */
	t->device->unsure = fails_since(s, t->began_ns);
	t->device->refused = t->device->unsure && outcome != VM_OK;
	if (outcome == VM_TIMED_OUT) {
		if (step_timeout_is_fault(t))
			session_judge(s, VERDICT_FAIL, "the guest did not accept '%s' within %u s",
				      t->id, t->step->timeout_s);
		/* the guest may still accept the device */
		t->device->unsure = TRUE;
	}
	track_stepped(t, vm_outcome_name(outcome), why);
}

static gboolean is_pmem(enum step_device device)
{
	return device == DEVICE_NVDIMM || device == DEVICE_VIRTIO_PMEM;
}

/*
 * Ends the plug of an NVDIMM that the guest has, but whose label area the kernel has refused. A
 * scenario that gives the NVDIMM a damaged label area expects this result.
 */
static void labels_refused(struct track_run *t)
{
	const char *why = "the kernel has refused its label area: no driver for the NVDIMM";

	if (!outcomes_expects(t->s, t->step, vm_outcome_name(VM_REFUSED)))
		session_judge(t->s, VERDICT_FAIL, "plug of '%s': %s", t->id, why);
	plugged(t, VM_REFUSED, why);
}

static gboolean ask_for_memory(struct track_run *t);

static gboolean on_ask_again(gpointer data)
{
	struct track_run *t = data;

	t->source = 0;
	if (!ask_for_memory(t))
		plugged(t, VM_TIMED_OUT, "QEMU does not have the device any more");
	return G_SOURCE_REMOVE;
}

static void on_blocks_there(const struct guest_reply *reply, void *data)
{
	struct track_run *t = data;

	limit_stop(t);
	g_clear_handle_id(&t->source, g_source_remove);
	if (g_error_matches(reply->error, GUEST_ERROR, GUEST_REFUSED) && limit_leaves_time(t)) {
		t->source = g_timeout_add(ASK_AGAIN_MS, on_ask_again, t);
		return;
	}
	t->asks_guest = FALSE;
	if (is_pmem(t->step->device) && reply->done && guest_done_has(reply->done, "ENXIO"))
		labels_refused(t);
	else
		plugged(t, reply->error ? VM_TIMED_OUT : VM_OK,
			reply->error ? reply->error->message : "");
}

static void blocks_there_late(struct track_run *t)
{
	t->asks_guest = FALSE;
	plugged(t, VM_TIMED_OUT, "the guest did not report in time that it has the memory blocks");
}

/*
 * Returns the argument WRITE of guest_blocks() with which the guest waits for the memory of the
 * plugged device, or NULL if no such request is needed. It is not needed for a DIMM that the guest
 * acknowledges by the ACPI method _OST, unless libvirt is between the rig and QEMU. It is needed
 * for an NVDIMM, because there is no _OST for its NFIT. *RET is the range of the memory, or the
 * serial number of a CXL device, which has no address yet.
 */
static const char *waits_for(const struct track_run *t, struct extent *ret)
{
	const struct session *s = t->s;

	if (t->step->device == DEVICE_CXL) {
		*ret = (struct extent){t->device->serial, 1};
		return "cxl";
	}
	if (!is_pmem(t->step->device) &&
	    (t->step->device != DEVICE_DIMM ||
	     ((s->plan->machine->can & MACHINE_ACPI_OST) && !hotplug_check_each_step(s))))
		return NULL;
	if (!vm_where(s->vm, t->id, &ret->start, &ret->size))
		return NULL;
	return is_pmem(t->step->device) ? "pmem" : "none";
}

/*
 * If QEMU cannot report whether the guest has accepted the device (waits_for()), sends the guest a
 * request to wait for the memory. For example on pseries, device_add returns before the guest has
 * processed it. Returns FALSE if no request is needed.
 */
static gboolean ask_for_memory(struct track_run *t)
{
	struct extent place;
	const char *wait = waits_for(t, &place);

	if (!wait)
		return FALSE;
	t->asks_guest = TRUE;
	limit_start(t,
		    guest_blocks(t->s->guest, place.start, place.size, wait,
				 t->step->timeout_s * 1000, on_blocks_there, t),
		    blocks_there_late);
	return TRUE;
}

/* Called when QEMU has replied to a plug. */
static void on_plugged(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;

	(void)reply;
	if (outcome != VM_OK || !ask_for_memory(t))
		plugged(t, outcome, why);
}

static void plug_cpu(struct vm *vm, const struct vm_memory *cpu, gint64 deadline_ns, vm_done done,
		     void *data)
{
	vm_plug_cpu(vm, cpu->id, deadline_ns, done, data);
}

static void plug_balloon(struct vm *vm, const struct vm_memory *balloon, gint64 deadline_ns,
			 vm_done done, void *data)
{
	vm_plug_balloon(vm, balloon->id, deadline_ns, done, data);
}

static void (*const plugs[])(struct vm *vm, const struct vm_memory *memory, gint64 deadline_ns,
			     vm_done done, void *data) = {
	[DEVICE_DIMM] = vm_plug_dimm,
	[DEVICE_VIRTIO_MEM] = vm_plug_virtio_mem,
	[DEVICE_CPU] = plug_cpu,
	[DEVICE_NVDIMM] = vm_plug_nvdimm,
	[DEVICE_VIRTIO_PMEM] = vm_plug_virtio_pmem,
	[DEVICE_CXL] = vm_plug_cxl,
	[DEVICE_BALLOON] = plug_balloon,
};

GArray *plug_at_boot(const struct scenario *scenario)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct vm_memory));

	for (unsigned t = 0; t < scenario->n_tracks; t++)
		for (unsigned i = 0; i < scenario->tracks[t].n_steps; i++) {
			const struct step *step = &scenario->tracks[t].steps[i];
			const struct vm_memory memory = {
				.id = step->id,
				.size = step->size.low,
				.serial = list->len + 1,
			};

			if (step->what == STEP_PLUG && step->at_boot)
				g_array_append_val(list, memory);
		}
	return list;
}

GArray *plug_images(const struct scenario *scenario)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct vm_image));

	for (unsigned t = 0; t < scenario->n_tracks; t++)
		for (unsigned i = 0; i < scenario->tracks[t].n_steps; i++) {
			const struct step *step = &scenario->tracks[t].steps[i];
			const struct vm_image image = {step->file, step->file_size};

			if (step->file)
				g_array_append_val(list, image);
		}
	return list;
}

/* Returns the serial number of a CXL device: its position in plug_at_boot(), or a new number. */
static guint64 serial_of(const struct track_run *t)
{
	g_autoptr(GArray) boot = plug_at_boot(t->s->scenario);

	for (guint i = 0; i < boot->len && t->step->at_boot; i++)
		if (!g_strcmp0(g_array_index(boot, struct vm_memory, i).id, t->id))
			return g_array_index(boot, struct vm_memory, i).serial;
	return boot->len + ++t->s->host.cxl_plugs;
}

void step_plug(struct track_run *t)
{
	const struct step *step = t->step;
	struct vm_memory memory = {
		.id = t->id,
		.node = step->node,
		.backend = is_pmem(step->device) ? VM_BACKEND_FILE : (enum vm_backend)step->backend,
		/* map an image privately: the guest's changes to it are never read */
		.share = is_pmem(step->device) && !step->file,
		.image = step->file,
		.label = step->label,
		.block = step->block,
		.prealloc = step->prealloc,
		.inaccessible = step->inaccessible,
		.memslots = step->memslots,
		.size = t->op->size,
		.requested = t->op->requested,
	};

	if (t->device->there) {
		track_stepped(t, "skipped", "the device is already plugged");
		return;
	}
	t->device->kind = step->device;
	t->device->size = memory.size;
	if (step->device == DEVICE_CXL)
		memory.serial = t->device->serial = serial_of(t);
	memory.at_boot = t->device->at_boot = step->at_boot;
	t->device->in_folder = memory.backend == VM_BACKEND_FILE && !step->file;
	t->device->busy = TRUE;
	plugs[step->device](t->s->vm, &memory, step_deadline(t), on_plugged, t);
}

static void on_blocks_gone(const struct guest_reply *reply, void *data)
{
	struct track_run *t = data;
	struct session *s = t->s;

	limit_stop(t);
	t->asks_guest = t->device->busy = FALSE;
	if (reply->done && guest_done_has(reply->done, "EBUSY") &&
	    !hotplug_check_may_overlap(s, t->device, &t->place)) {
		session_judge(s, VERDICT_FAIL,
			      "the guest still has memory blocks of '%s', which was unplugged",
			      t->id);
		session_event(s, EV_REPORT);
	}
	track_stepped(t, unplug_name(VM_OK), "");
}

static void blocks_gone_late(struct track_run *t)
{
	t->asks_guest = t->device->busy = FALSE;
	track_stepped(t, unplug_name(VM_OK),
		      "the guest did not report in time that the memory blocks are removed");
}

static void on_unplugged(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct track_run *t = data;
	struct session *s = t->s;

	(void)reply;
	t->device->busy = FALSE;
	t->device->changed_ns = rig_now_ns();
	t->device->there = outcome != VM_OK;
	t->device->unsure = outcome == VM_TIMED_OUT;
	session_count(s, "unplug", unplug_name(outcome));
	session_judge_vm(s, "unplug", t->id, outcome, why);
	if (outcome != VM_OK || !t->place.size || !hotplug_check_each_step(s)) {
		track_stepped(t, unplug_name(outcome), why);
		return;
	}
	t->asks_guest = t->device->busy = TRUE;
	limit_start(
		t,
		guest_blocks(s->guest, t->place.start, t->place.size, "gone", 0, on_blocks_gone, t),
		blocks_gone_late);
}

void step_unplug(struct track_run *t)
{
	if (!t->device->there) {
		track_stepped(t, "skipped", "the device is not plugged");
		return;
	}
	t->device->busy = TRUE;
	if (t->device->kind != DEVICE_DIMM ||
	    !vm_where(t->s->vm, t->id, &t->place.start, &t->place.size))
		t->place.size = 0;
	vm_unplug(t->s->vm, t->id, step_deadline(t), on_unplugged, t);
}

void step_plug_reset(struct track_run *t)
{
	(t->step->what == STEP_PLUG ? on_blocks_there
				    : on_blocks_gone)(&(struct guest_reply){.text = ""}, t);
}
