// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a vCPU wait inside an update, between the read and the write of an instruction (update.h).
 */
#include "plugin/update.h"

#include <stdlib.h>

#include "plugin/api.h"

#define UPDATING_CPUS 64 /* vCPUs from this number on are not held */

/* The progress of one vCPU in the instructions of a watch (orders.h). */
struct update_progress {
	/* number of updates since the range's first instruction, if `nth` is set */
	atomic_uint started;
	/* the vCPU executes the update at which it is held, and has not read the memory yet */
	atomic_bool updating;
};

static void (*on_reached)(unsigned int cpu, void *watch);

bool updates_start(struct orders *orders, void (*reached)(unsigned int cpu, void *watch))
{
	on_reached = reached;
	/* one function may have several watches, so each has its own counters */
	for (unsigned i = 0; i < orders->n_watches; i++) {
		struct watch *watch = &orders->watch[i];

		if (watch->kind == WATCH_UPDATE &&
		    !(watch->progress = calloc(UPDATING_CPUS, sizeof(*watch->progress))))
			return false;
	}
	return true;
}

static void on_entered(unsigned int cpu, void *data)
{
	const struct watch *watch = data;

	if (cpu < UPDATING_CPUS)
		atomic_store(&watch->progress[cpu].started, 0);
}

static void on_update(unsigned int cpu, void *data)
{
	const struct watch *watch = data;

	if (cpu < UPDATING_CPUS &&
	    (!watch->nth ||
	     atomic_fetch_add(&watch->progress[cpu].started, 1) + 1 == watch->nth))
		atomic_store(&watch->progress[cpu].updating, true);
}

/*
 * Called after a watched instruction has read memory. QEMU 7.2 calls this after the write instead,
 * so rig/director/orders.c requires a newer version. After an exception in an instruction whose
 * memory access is done by a helper, QEMU also calls it for reads of other instructions. So a read
 * only counts if this vCPU has started the watched instruction.
 */
static void on_read(unsigned int cpu, uint32_t info, uint64_t address, void *data)
{
	const struct watch *watch = data;

	(void)info;
	(void)address;
	if (cpu < UPDATING_CPUS && atomic_exchange(&watch->progress[cpu].updating, false))
		on_reached(cpu, data);
}

void updates_watch(struct qemu_plugin_insn *insn, struct watch *watch, bool is_first,
		   bool is_update, int flags)
{
	if (watch->nth && is_first)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_entered, PLUGIN_NO_REGS, watch);
	if (!is_update)
		return;
	qemu_plugin_register_vcpu_insn_exec_cb(insn, on_update, PLUGIN_NO_REGS, watch);
	qemu_plugin_register_vcpu_mem_cb(insn, on_read, flags, PLUGIN_MEM_READ, watch);
}
