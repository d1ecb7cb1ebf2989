/* SPDX-License-Identifier: GPL-2.0-only */
/* What an instruction does. */
#ifndef RIG_PLUGIN_INSN_H
#define RIG_PLUGIN_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_form { INSN_UNKNOWN, INSN_X86, INSN_PPC, INSN_ARM64 };

/* TARGET is QEMU's name: "x86_64". */
enum insn_form insn_form_of(const char *target);
/*
 * TRUE: the instruction returns from a function. A tail call does not; the callee's return does.
 * THUNK: the address to which x86 kernels with return thunks jump instead, and ppc64 functions that
 * restore registers out of line, or 0.
 */
bool insn_is_return(enum insn_form form, const uint8_t *code, size_t len, uint64_t address,
		    uint64_t thunk);
/*
 * TRUE: a non-atomic read-modify-write of memory. Where loads and stores are separate instructions,
 * each instruction can be the load of one: always TRUE.
 */
bool insn_is_update(enum insn_form form, const uint8_t *code, size_t len);

#endif
