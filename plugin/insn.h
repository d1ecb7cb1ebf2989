/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises returns and updates among the guest's instructions. */
#ifndef RIG_PLUGIN_INSN_H
#define RIG_PLUGIN_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_form { INSN_UNKNOWN, INSN_X86, INSN_PPC, INSN_ARM64 };

/* Returns the instruction set of TARGET, QEMU's name of an architecture, for example "x86_64". */
enum insn_form insn_form_of(const char *target);
/*
 * True: the instruction returns from a function. A tail call is not a return, because the callee
 * returns later. THUNK: the address to which the kernel's functions may jump to return, or 0; used
 * by x86 kernels with return thunks, and by ppc64 functions that restore registers out of line.
 */
bool insn_is_return(enum insn_form form, const uint8_t *code, size_t len, uint64_t address,
		    uint64_t thunk);
/*
 * True: the instruction is a non-atomic read-modify-write of memory. On architectures with separate
 * loads and stores, any instruction can be the load of an update, so the result is always true.
 */
bool insn_is_update(enum insn_form form, const uint8_t *code, size_t len);

#endif
