// SPDX-License-Identifier: GPL-2.0-only
/* Return instructions by architecture. */
#include "plugin/returns.h"

#include <string.h>

enum return_form returns_form(const char *target)
{
	static const struct {
		const char *target;
		enum return_form form;
	} forms[] = {
		{"x86_64", RETURNS_X86}, {"i386", RETURNS_X86}, {"ppc64", RETURNS_PPC},
		{"aarch64", RETURNS_ARM64},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(forms[i].target, target))
			return forms[i].form;
	return RETURNS_UNKNOWN;
}

/* A word of an instruction, which QEMU hands over in the guest's byte order. */
static uint32_t word(const uint8_t *code)
{
	return code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
}

/* ret, rep ret, ret imm16; jmp rel32 to the thunk (arch/x86/include/asm/linkage.h: RET) */
static bool is_x86(const uint8_t *code, size_t len, uint64_t address, uint64_t thunk)
{
	if (code[0] == 0xc3 || (len == 3 && code[0] == 0xc2) ||
	    (len == 2 && code[0] == 0xf3 && code[1] == 0xc3))
		return true;
	return thunk && len == 5 && code[0] == 0xe9 && address + 5 + (int32_t)word(code + 1) == thunk;
}

bool returns_is(enum return_form form, const uint8_t *code, size_t len, uint64_t address, uint64_t thunk)
{
	switch (form) {
	case RETURNS_X86:
		return is_x86(code, len, address, thunk);
	case RETURNS_PPC: /* blr, little or big endian */
		return len == 4 && (word(code) == 0x4e800020 || word(code) == 0x2000804e);
	case RETURNS_ARM64: /* ret */
		return len == 4 && word(code) == 0xd65f03c0;
	case RETURNS_UNKNOWN:
		break;
	}
	return false;
}
