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
 * Does it return from a function? A tail call is none: the callee's return is. THUNK: where x86
 * kernels with return thunks jump to instead, or 0.
 */
bool insn_is_return(enum insn_form form, const uint8_t *code, size_t len, uint64_t address,
		    uint64_t thunk);
/*
 * Does it read a value in memory and write a changed one, and not atomically? Where loads and
 * stores are instructions of their own, each instruction can be the load of such an update: true.
 */
bool insn_is_update(enum insn_form form, const uint8_t *code, size_t len);

#endif
