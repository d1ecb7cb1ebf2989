/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads and writes a vCPU's registers and memory inside a callback of QEMU. A register is selected
 * by its role (enum reg), not by QEMU's name. The available functions depend on the plugin
 * interface (RIG_API): reading needs PLUGIN_REGS_API, registers_return() needs PLUGIN_PC_API.
 */
#ifndef RIG_PLUGIN_REGISTERS_H
#define RIG_PLUGIN_REGISTERS_H

#include "plugin/api.h"

enum reg {
	REG_ARG0, /* arguments of a function, at its first instruction */
	REG_ARG1,
	REG_ARG2,
	REG_ARG3,
	REG_SP,
	REG_RESULT,
	/* the register in which a call leaves its return address; absent if that is on the stack */
	REG_LINK,
	/*
	 * the register by which the running task is found: it has the base address of the CPU's
	 * variables (x86-64), the address of the CPU's PACA (ppc64), or of the task (aarch64,
	 * riscv64)
	 */
	REG_TASK,
	N_REGS
};

/*
 * Finds the registers; must be called after the vCPUs were created, and may be called several
 * times. Returns NULL, or a static string that says why registers cannot be used.
 */
const char *registers_start(uint64_t id, const struct qemu_info *info);
bool registers_have(enum reg reg);
/*
 * Returns the value of a register, or 0 if this architecture has no such register. The callback
 * needs PLUGIN_READ_REGS.
 */
uint64_t registers_read(enum reg reg);
/*
 * Reads LEN bytes of the guest's memory. Returns false if nothing is mapped there. DATA is not
 * used.
 */
bool registers_memory(uint64_t address, void *to, size_t len, void *data);
/*
 * Returns the return address of the function at whose first instruction the vCPU is, or 0 if it
 * cannot be read.
 */
uint64_t registers_caller(void);
/*
 * Returns VALUE to CALLER without running the function at whose first instruction the vCPU is. This
 * call does not return. The callback needs PLUGIN_WRITE_PC.
 */
void registers_return(uint64_t caller, uint64_t value);

#endif
