// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restores the initial state after the load: blocks and CPUs that were online at the start are set
 * online again, and every device that is still plugged is unplugged (virtio-mem, which QEMU cannot
 * unplug, is resized to 0). A guest may refuse while pages are being migrated, so refused
 * operations are repeated.
 */
#include "engine/session.h"

#include <stdlib.h>
#include <string.h>

#include "util/size.h"

#define ROUNDS 5
/*
 * Duration in seconds of a round, in which each remaining device is unplugged once. It scales with
 * the patience.
 */
#define ROUND_S(s) session_patience(s)

static void round_begin(struct session *s);

static void teardown_ended(struct session *s)
{
	if (--s->teardown.ops == 0 && s->state == STATE_TEARDOWN)
		round_begin(s);
}

/*
 * Called when a virtio-mem device was resized to 0 and the guest has removed its memory blocks. The
 * memory accounts must not be read earlier: the guest reports the new size before it has removed
 * the blocks.
 */
static void on_blocks_gone(const struct guest_reply *reply, void *data)
{
	struct device *d = data;
	struct session *s = d->session;
	gboolean ok = reply->done && !guest_done_has(reply->done, "EBUSY");

	d->size = ok ? 0 : d->size;
	run_journal(s->run, "blocks-gone", "{s:s, s:b}", "id", d->id, "ok", ok);
	teardown_ended(s);
}

static void wait_until_gone(struct session *s, struct device *d)
{
	struct extent place;

	if (vm_where(s->vm, d->id, &place.start, &place.size))
		guest_blocks(s->guest, place.start, place.size, "gone", 5000, on_blocks_gone, d);
	else
		teardown_ended(s);
}

static void on_torn_down(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct device *d = data;
	struct session *s = d->session;

	(void)reply;
	d->busy = FALSE;
	s->host.vanished |= outcome == VM_VANISHED;
	s->teardown.timed_out |= outcome == VM_TIMED_OUT;
	if (d->kind != DEVICE_VIRTIO_MEM) {
		d->there = outcome != VM_OK;
		session_count(s, "unplug", outcome == VM_OK ? UNPLUGGED : vm_outcome_name(outcome));
	} else {
		session_count(s, "resize", vm_outcome_name(outcome));
	}
	run_journal(s->run, "cleared", "{s:s, s:s, s:s}", "id", d->id, "outcome",
		    vm_outcome_name(outcome), "why", why ? why : "");
	session_judge_vm(s, d->kind == DEVICE_VIRTIO_MEM ? "resize" : "unplug", d->id, outcome,
			 why);
	if (d->kind == DEVICE_VIRTIO_MEM && outcome == VM_OK)
		wait_until_gone(s, d);
	else
		teardown_ended(s);
}

/*
 * Returns TRUE if the teardown does not unplug the device:
 * - a CPU under TCG, because QEMU 7.2 crashes at its unplug (docs/machines.md), or on a machine
 *   that cannot unplug it; it does not affect the memory accounts
 * - an NVDIMM or virtio-pmem, which no QEMU unplugs; it affects the accounts only while the guest
 *   has added its memory as system RAM
 * - a device with which the guest has booted
 * - a device whose unplug the scenario expects to be refused
 * - a device that the guest refused after a call was made to fail: a pseries guest has released it
 *   already, and would not react to the unplug
 */
static gboolean may_stay(const struct session *s, const struct device *d)
{
	return (d->kind == DEVICE_CPU &&
		(s->plan->accel == ACCEL_TCG || !(s->plan->machine->can & MACHINE_UNPLUG_CPU))) ||
	       d->refused || d->at_boot || d->kind == DEVICE_NVDIMM ||
	       d->kind == DEVICE_VIRTIO_PMEM || outcomes_may_stay(s, d->id);
}

char *teardown_left(const struct session *s)
{
	GString *text = g_string_new(NULL);
	GHashTableIter iter;
	struct device *d;

	g_hash_table_iter_init(&iter, s->host.devices);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&d)) {
		g_autofree char *size = rig_size_text(d->size);
		struct extent place;

		if (!d->there || (d->kind == DEVICE_VIRTIO_MEM && !d->size) || may_stay(s, d))
			continue;
		g_string_append_printf(text, "%s%s", text->len ? ", " : "", d->id);
		if (d->kind == DEVICE_CPU || !s->hello.block_size ||
		    !vm_where(s->vm, d->id, &place.start, &place.size))
			continue;
		g_string_append_printf(
			text, " (%s, memory blocks %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ")",
			size, place.start / s->hello.block_size,
			(place.start + place.size - 1) / s->hello.block_size);
	}
	return g_string_free(text, FALSE);
}

/*
 * Returns TRUE if no further round is needed: all ROUNDS were made, and the host was not too busy.
 * It was too busy if an operation of the last round has timed out and the guest had less runtime
 * than ROUNDS should take.
 */
static gboolean had_enough_rounds(struct session *s)
{
	double given_s = watch_guest_runtime(s) - s->teardown.from_runtime_s;
	gboolean starved = s->teardown.timed_out && given_s < 0.9 * ROUNDS * ROUND_S(s);

	s->teardown.timed_out = FALSE;
	return s->teardown.round >= ROUNDS && !starved;
}

/*
 * Starts a round, which tries to unplug each remaining device. If there is none, or all rounds were
 * made, ends the teardown instead.
 */
static void round_begin(struct session *s)
{
	gboolean enough = had_enough_rounds(s);
	gint64 deadline = rig_now_ns() + ROUND_S(s) * RIG_NS_PER_S;
	GHashTableIter iter;
	struct device *d;
	guint left = 0;

	/* QEMU has ended: EV_GONE will end the state and add the reason */
	if (s->host.vanished)
		return;
	/* count this function as an operation, so that the round cannot end inside the loop */
	s->teardown.ops = 1;
	g_hash_table_iter_init(&iter, s->host.devices);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&d)) {
		if (!d->there || (d->kind == DEVICE_VIRTIO_MEM && !d->size) || may_stay(s, d))
			continue;
		left++;
		if (enough)
			continue;
		d->busy = TRUE;
		d->session = s;
		s->teardown.ops++;
		if (d->kind == DEVICE_VIRTIO_MEM)
			vm_resize(s->vm, d->id, 0, deadline, on_torn_down, d);
		else
			vm_unplug(s->vm, d->id, deadline, on_torn_down, d);
	}
	if (!left || enough) {
		session_event(s, left && s->scenario->accounts ? EV_BAD : EV_ANSWER);
		return;
	}
	s->teardown.round++;
	s->teardown.ops--;
}

static void on_restored(const struct guest_reply *reply, void *data)
{
	(void)reply; /* ignore errors: a block that stays offline will be missing in the accounts */
	teardown_ended(data);
}

static void restore_blocks(struct session *s, const struct guest_account *now)
{
	GHashTableIter iter;
	gpointer number, was;

	g_hash_table_iter_init(&iter, s->judged.before->blocks);
	while (g_hash_table_iter_next(&iter, &number, &was)) {
		const char *is = g_hash_table_lookup(now->blocks, number);

		if (!is || !strcmp(is, was) || strcmp(was, "online"))
			continue;
		s->teardown.ops++;
		guest_blocks(s->guest, (guint64)GPOINTER_TO_UINT(number) * s->hello.block_size,
			     s->hello.block_size, "online", -1, on_restored, s);
	}
}

/*
 * Sets every CPU online that was online before the load, by the list of the memory accounts
 * ("0-1,3"). This has no effect on CPUs that are online.
 */
static void restore_cpus(struct session *s, const struct guest_account *now)
{
	g_auto(GStrv) spans =
		g_strsplit(s->judged.before->cpus ? s->judged.before->cpus : "", ",", 64);

	if (!g_strcmp0(s->judged.before->cpus, now->cpus))
		return;
	for (char **span = spans; *span && **span; span++) {
		char *end;
		guint64 first = g_ascii_strtoull(*span, &end, 10);
		guint64 last = *end == '-' ? g_ascii_strtoull(end + 1, NULL, 10) : first;

		for (guint64 cpu = first; cpu <= MIN(last, 1023); cpu++) {
			s->teardown.ops++;
			guest_cpu(s->guest, cpu, TRUE, on_restored, s);
		}
	}
}

static void on_state_known(const struct guest_reply *reply, void *data)
{
	struct session *s = data;

	if (!reply->account || s->state != STATE_TEARDOWN) {
		session_answer(s, reply->scope, EV_BAD);
		return;
	}
	s->teardown.ops = 1;
	restore_blocks(s, reply->account);
	restore_cpus(s, reply->account);
	teardown_ended(s);
}

void teardown_start(struct session *s)
{
	s->teardown.from_runtime_s = watch_guest_runtime(s);
	guest_snapshot(s->guest, on_state_known, s);
}
