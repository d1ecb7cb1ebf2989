// SPDX-License-Identifier: GPL-2.0-only
/* Makes calls of guest functions fail. */
#include "plugin/failer.h"

#include <inttypes.h>

#include "plugin/hold.h"
#include "plugin/registers.h"
#include "plugin/task.h"

static struct {
	struct orders *orders;
	struct link *link;
} failer;

/*
 * Returns COMM, the name of a task, as one word for a line of the protocol. Returns "-" if KNOWN,
 * the result of task_comm(), is NULL or empty.
 */
static const char *as_word(char *comm, const char *known)
{
	if (!known || !*known)
		return "-";
	for (char *c = comm; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '_';
	return comm;
}

static void on_call(unsigned int cpu, void *data)
{
	const struct watch *watch = data;
	struct fails *fails = &failer.orders->fails;
	char comm[FAIL_COMM];
	const char *known;
	uint64_t caller, number;

	if (!atomic_load(&fails->armed))
		return;
	caller = registers_caller();
	/* some functions are called often, so read the name only if this `fail` line has one */
	known = fails->fail[watch->hold].comm[0] ? task_comm(failer.orders, comm) : NULL;
	if (!caller || !fails_call(fails, watch->hold, caller, known, &number))
		return;
	if (!known)
		known = task_comm(failer.orders, comm);
	if (number - fails->fail[watch->hold].call < DIRECTOR_LOG_MAX)
		link_say(failer.link, "failed %u %u %" PRId64 " %" PRIu64 " %" PRIx64 " %s",
			 watch->hold, cpu, holds_now_ns(), number, caller, as_word(comm, known));
	registers_return(caller, fails->fail[watch->hold].value);
}

const char *failer_start(uint64_t id, const struct qemu_info *info, struct orders *orders,
			 struct link *link)
{
	if (RIG_API < PLUGIN_PC_API)
		return "this QEMU does not let plugins write registers: use QEMU 11 or newer";
	failer.orders = orders;
	failer.link = link;
	return registers_start(id, info);
}

void failer_watch(struct qemu_plugin_insn *insn, struct watch *watch)
{
	if (failer.orders)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_call, PLUGIN_WRITE_PC, watch);
}
