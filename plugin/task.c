// SPDX-License-Identifier: GPL-2.0-only
/* Reads the name of the running task (task.h). */
#include "plugin/task.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/registers.h"

/* Number of bytes of init_task that are searched for its name; struct task_struct has less. */
#define TASK_BYTES 16384
/* The name of init_task (init/init_task.c: INIT_TASK_COMM), by which the member `comm` is found. */
#define IDLE_COMM "swapper"

static _Atomic uint64_t comm_offset; /* offset of `comm` in task_struct, or 0 until it is found */

static uint64_t find_comm(const struct orders *orders)
{
	char *task = malloc(TASK_BYTES), *found = NULL;
	uint64_t offset = 0;

	if (task && registers_memory(orders->init_task, task, TASK_BYTES, NULL))
		found = memmem(task, TASK_BYTES, IDLE_COMM, strlen(IDLE_COMM));
	if (found)
		offset = found - task;
	free(task);
	return offset;
}

/* Sets *RET to the address of the running task. Returns false if it cannot be read. */
static bool find_task(const struct orders *orders, uint64_t *ret)
{
	if (!orders->init_task || !registers_have(REG_TASK))
		return false;
	*ret = registers_read(REG_TASK);
	return orders->task_is_register ||
	       registers_memory(*ret + orders->current, ret, sizeof(*ret), NULL);
}

const char *task_comm(const struct orders *orders, char comm[FAIL_COMM])
{
	uint64_t offset = atomic_load(&comm_offset), task;

	if (!find_task(orders, &task))
		return NULL;
	if (!offset) {
		offset = find_comm(orders);
		atomic_store(&comm_offset, offset);
	}
	if (!offset || !registers_memory(task + offset, comm, FAIL_COMM - 1, NULL))
		return NULL;
	comm[FAIL_COMM - 1] = '\0';
	return comm;
}
