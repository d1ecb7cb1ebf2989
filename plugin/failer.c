// SPDX-License-Identifier: GPL-2.0-only
/* Makes calls of guest functions fail. */
#include "plugin/failer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/hold.h"
#include "plugin/registers.h"

/* more than the size of struct task_struct */
#define TASK_BYTES 16384
/* The name of init_task (init/init_task.c: INIT_TASK_COMM), by which the member `comm` is found. */
#define IDLE_COMM "swapper"

static struct {
	struct orders *orders;
	struct link *link;
	_Atomic uint64_t comm_offset; /* offset of `comm` in task_struct; 0: not known yet */
} failer;

static uint64_t find_comm(void)
{
	char *task = malloc(TASK_BYTES), *found = NULL;
	uint64_t offset = 0;

	if (task && registers_memory(failer.orders->init_task, task, TASK_BYTES, NULL))
		found = memmem(task, TASK_BYTES, IDLE_COMM, strlen(IDLE_COMM));
	if (found)
		offset = found - task;
	free(task);
	return offset;
}

/* Returns the name of the task that runs on the current vCPU. NULL: it cannot be read. */
static const char *comm_now(char comm[FAIL_COMM])
{
	uint64_t offset = atomic_load(&failer.comm_offset), task;

	if (!failer.orders->current || !registers_have(REG_PERCPU))
		return NULL;
	if (!offset) {
		offset = find_comm();
		atomic_store(&failer.comm_offset, offset);
	}
	if (!offset ||
	    !registers_memory(registers_read(REG_PERCPU) + failer.orders->current, &task,
			      sizeof(task), NULL) ||
	    !registers_memory(task + offset, comm, FAIL_COMM - 1, NULL))
		return NULL;
	comm[FAIL_COMM - 1] = '\0';
	return comm;
}

/* Returns the name of a task as one word for a line of the protocol. */
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
	/* read the name only if this fail needs it, because some functions are called often */
	known = fails->fail[watch->hold].comm[0] ? comm_now(comm) : NULL;
	if (!caller || !fails_call(fails, watch->hold, caller, known, &number))
		return;
	if (!known)
		known = comm_now(comm);
	if (number - fails->fail[watch->hold].call < DIRECTOR_LOG_MAX)
		link_say(failer.link, "failed %u %u %" PRId64 " %" PRIu64 " %" PRIx64 " %s",
			 watch->hold, cpu, holds_now_ns(), number, caller, as_word(comm, known));
	registers_return(caller, fails->fail[watch->hold].value);
}

const char *failer_start(uint64_t id, const struct qemu_info *info, struct orders *orders,
			 struct link *link)
{
	if (RIG_API < PLUGIN_PC_API)
		return "this QEMU does not let plugins write registers";
	failer.orders = orders;
	failer.link = link;
	return registers_start(id, info);
}

void failer_watch(struct qemu_plugin_insn *insn, struct watch *watch)
{
	if (failer.orders)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_call, PLUGIN_WRITE_PC, watch);
}
