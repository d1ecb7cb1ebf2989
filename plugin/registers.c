// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes registers of the vCPU whose callback is running. */
#include "plugin/registers.h"

#include <string.h>

#if RIG_API >= PLUGIN_REGS_API

/* QEMU's names of registers. */
static const struct target {
	const char *name;
	const char *reg[N_REGS];
} targets[] = {
	{"x86_64", {"rdi", "rsi", "rdx", "rcx", "rsp", "rax", NULL, "gs_base"}},
	{"ppc64", {"r3", "r4", "r5", "r6", "r1", "r3", "lr", "r13"}},
	{"aarch64", {"x0", "x1", "x2", "x3", "sp", "x0", "x30", "SP_EL0"}},
	{"riscv64", {"a0", "a1", "a2", "a3", "sp", "a0", "ra", "tp"}},
};

static const struct target *target;
static void *handle[N_REGS]; /* QEMU's handle of each register, for all vCPUs */

/* A buffer for register values; thread-local, because each vCPU has its own thread. */
static _Thread_local struct plugin_bytes *scratch;

static struct plugin_bytes *scratch_of(unsigned int len)
{
	if (!scratch)
		scratch = g_byte_array_new();
	return g_byte_array_set_size(scratch, len);
}

bool registers_have(enum reg reg)
{
	return handle[reg] != NULL;
}

uint64_t registers_read(enum reg reg)
{
	struct plugin_bytes *bytes = scratch_of(0);
	uint64_t value = 0;

	if (!handle[reg])
		return 0;
	qemu_plugin_read_register(handle[reg], bytes);
	if (bytes->len == sizeof(value))
		memcpy(&value, bytes->data, sizeof(value));
	return value;
}

bool registers_memory(uint64_t address, void *to, size_t len, void *data)
{
	struct plugin_bytes *bytes = scratch_of(0);

	(void)data;
	if (!qemu_plugin_read_memory_vaddr(address, bytes, len) || bytes->len != len)
		return false;
	memcpy(to, bytes->data, len);
	return true;
}

uint64_t registers_caller(void)
{
	uint64_t caller = 0;

	if (handle[REG_LINK])
		return registers_read(REG_LINK);
	return registers_memory(registers_read(REG_SP), &caller, sizeof(caller), NULL) ? caller : 0;
}

#if RIG_API >= PLUGIN_PC_API
static void write_register(enum reg reg, uint64_t value)
{
	struct plugin_bytes *bytes = scratch_of(sizeof(value));

	memcpy(bytes->data, &value, sizeof(value));
	qemu_plugin_write_register(handle[reg], bytes);
}

void registers_return(uint64_t caller, uint64_t value)
{
	write_register(REG_RESULT, value);
	if (!handle[REG_LINK])
		write_register(REG_SP, registers_read(REG_SP) + sizeof(value));
	qemu_plugin_set_pc(caller);
}
#endif

static void find_registers(void)
{
	struct plugin_array *array;

	if (handle[REG_SP])
		return;
	array = qemu_plugin_get_registers();
	for (unsigned i = 0; array && i < array->len; i++) {
		const struct plugin_register *reg = (struct plugin_register *)array->data + i;

		for (int r = 0; r < N_REGS; r++)
			/*
			 * QEMU lists two registers named lr for ppc64; the first one is the link
			 * register
			 */
			if (target->reg[r] && !handle[r] && !strcmp(target->reg[r], reg->name))
				handle[r] = reg->handle;
	}
	if (array)
		g_array_free(array, 1);
}

#if RIG_API >= 7
static void on_vcpu(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	find_registers();
}
#else
static void on_vcpu(uint64_t id, unsigned int cpu)
{
	(void)id;
	(void)cpu;
	find_registers();
}
#endif

const char *registers_start(uint64_t id, const struct qemu_info *info)
{
	if (target)
		return NULL;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(targets[i].name, info->target_name))
			target = &targets[i];
	if (!target)
		return "the plugin has no table of registers for this architecture";
#if RIG_API >= 7
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu, NULL);
#else
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu);
#endif
	return NULL;
}

#else

const char *registers_start(uint64_t id, const struct qemu_info *info)
{
	(void)id;
	(void)info;
	return "this QEMU does not let plugins read registers: use QEMU 9.1 or newer";
}

bool registers_have(enum reg reg)
{
	(void)reg;
	return false;
}

uint64_t registers_read(enum reg reg)
{
	(void)reg;
	return 0;
}

bool registers_memory(uint64_t address, void *to, size_t len, void *data)
{
	(void)address;
	(void)to;
	(void)len;
	(void)data;
	return false;
}

uint64_t registers_caller(void)
{
	return 0;
}

#endif

#if RIG_API < PLUGIN_PC_API
void registers_return(uint64_t caller, uint64_t value)
{
	(void)caller;
	(void)value;
}
#endif
