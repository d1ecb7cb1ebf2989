// SPDX-License-Identifier: GPL-2.0-only
/* Checks the conditions of holds: whether a vCPU that has reached a place waits there. */
#include "plugin/condition.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/registers.h"
#include "plugin/task.h"

/* The device of memory block N is called memoryN (drivers/base/memory.c). */
#define BLOCK_DEVICE "memory"
#define DEVICE_NAME 16

static bool has_condition(const struct condition *condition)
{
	return condition->comm[0] || condition->key[SIDE_A].kind || condition->key[SIDE_B].kind;
}

const char *conditions_start(uint64_t id, const struct qemu_info *info, struct orders *orders)
{
	for (unsigned i = 0; i < orders->n_holds; i++)
		if (has_condition(&orders->condition[i]))
			return registers_start(id, info);
	return NULL;
}

int condition_flags(const struct orders *orders, unsigned id)
{
	return has_condition(&orders->condition[id]) ? PLUGIN_READ_REGS : PLUGIN_NO_REGS;
}

/* Returns 1 + the number of the struct memory_block at BLOCK, or 0 if it cannot be read. */
static uint64_t block_of_struct(const struct orders *orders, uint64_t block)
{
	uint64_t section;
	uint32_t per_block;

	/* start_section_nr is the first member of struct memory_block */
	if (!registers_memory(block, &section, sizeof(section), NULL) ||
	    !registers_memory(orders->sections_per_block, &per_block, sizeof(per_block), NULL) ||
	    !per_block)
		return 0;
	return section / per_block + 1;
}

/*
 * Returns 1 + the number of the memory block whose struct device is at DEVICE, or 0 if it is
 * another device.
 */
static uint64_t block_of_device(uint64_t device)
{
	char name[DEVICE_NAME + 1] = "", *end;
	size_t len = strlen(BLOCK_DEVICE);
	uint64_t at, block;

	/* the first member of struct device is a kobject, whose first member is the name */
	if (!registers_memory(device, &at, sizeof(at), NULL) ||
	    !registers_memory(at, name, DEVICE_NAME, NULL) || strncmp(name, BLOCK_DEVICE, len))
		return 0;
	block = strtoul(name + len, &end, 10);
	return end == name + len || *end ? 0 : block + 1;
}

static uint64_t key_of(const struct orders *orders, const struct condition_key *key)
{
	uint64_t value = registers_read(REG_ARG0 + key->arg);

	switch (key->kind) {
	case KEY_BLOCK:
		return block_of_struct(orders, value);
	case KEY_DEVICE:
		return block_of_device(value);
	default:
		return value;
	}
}

bool condition_holds(const struct orders *orders, unsigned id, enum hold_side side,
		     uint64_t *ret_key)
{
	const struct condition *condition = &orders->condition[id];
	char comm[FAIL_COMM];

	*ret_key = 0;
	if (side == SIDE_A && condition->comm[0] &&
	    !comm_fits(condition->comm, task_comm(orders, comm)))
		return false;
	if (condition->key[side].kind)
		*ret_key = key_of(orders, &condition->key[side]);
	return !condition->key[side].kind || *ret_key;
}
