/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's registers and memory, read and written inside a callback of QEMU, by roles instead of
 * QEMU's names. Which of the functions work depends on the plugin interface (RIG_API): reading
 * needs PLUGIN_REGS_API, registers_return() PLUGIN_PC_API.
 */
#ifndef RIG_PLUGIN_REGISTERS_H
#define RIG_PLUGIN_REGISTERS_H

#include "plugin/api.h"

enum reg {
	REG_ARG0,
	REG_ARG1,
	REG_SP,
	REG_RESULT,
	REG_LINK,  /* where a call leaves its return address; none: on the stack */
	REG_PERCPU, /* the base of variables of this CPU; x86 only */
	N_REGS
};

/*
 * Finds the registers once the vCPUs are there. May be called several times. NULL, or why registers
 * cannot be used, a static string.
 */
const char *registers_start(uint64_t id, const struct qemu_info *info);
bool registers_have(enum reg reg);
/* 0: this architecture has no such register. The callback needs PLUGIN_READ_REGS. */
uint64_t registers_read(enum reg reg);
/* Reads LEN bytes of the guest's memory; FALSE: nothing is mapped there. DATA is not used. */
bool registers_memory(uint64_t address, void *to, size_t len, void *data);
/* At a function's first instruction: the address to which it returns; 0: it cannot be read. */
uint64_t registers_caller(void);
/*
 * At a function's first instruction: returns VALUE from it to CALLER, as if it had run. Never
 * returns. The callback needs PLUGIN_WRITE_PC.
 */
void registers_return(uint64_t caller, uint64_t value);

#endif
