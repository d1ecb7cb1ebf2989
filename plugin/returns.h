/* SPDX-License-Identifier: GPL-2.0-only */
/* Which instructions return from a function. A tail call is not one: the callee's return is. */
#ifndef RIG_PLUGIN_RETURNS_H
#define RIG_PLUGIN_RETURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum return_form { RETURNS_UNKNOWN, RETURNS_X86, RETURNS_PPC, RETURNS_ARM64 };

/* TARGET is QEMU's name: "x86_64". */
enum return_form returns_form(const char *target);
/* THUNK: where x86 kernels with return thunks jump to instead, or 0. */
bool returns_is(enum return_form form, const uint8_t *code, size_t len, uint64_t address, uint64_t thunk);

#endif
