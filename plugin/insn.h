/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises returns and updates among the guest's instructions. */
#ifndef RIG_PLUGIN_INSN_H
#define RIG_PLUGIN_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_form { INSN_UNKNOWN, INSN_X86, INSN_PPC, INSN_ARM64, INSN_RISCV };

/* Returns the instruction set of TARGET, QEMU's name of an architecture, for example "x86_64". */
enum insn_form insn_form_of(const char *target);
/*
 * Returns true if the instruction returns from a function. A tail call is not a return, because the
 * callee returns later. THUNK is an address to which functions of the kernel jump to return, or 0:
 * x86 kernels can have return thunks, and some ppc64 functions restore registers out of line.
 */
bool insn_is_return(enum insn_form form, const uint8_t *code, size_t len, uint64_t address,
		    uint64_t thunk);
/*
 * Returns true if the instruction is a non-atomic read-modify-write of memory. On architectures
 * with separate loads and stores the result is always true, because any instruction can be the load
 * of an update.
 */
bool insn_is_update(enum insn_form form, const uint8_t *code, size_t len);

#endif
