// SPDX-License-Identifier: GPL-2.0-only
/* Recognises instructions, for each architecture. */
#include "plugin/insn.h"

#include <string.h>

/*
 * Length in bytes of the code from _restgpr0_14 to the last function of this kind
 * (arch/powerpc/lib/crtsavres.S).
 */
#define PPC_RESTORE 0x60

enum insn_form insn_form_of(const char *target)
{
	static const struct {
		const char *target;
		enum insn_form form;
	} forms[] = {
		{"x86_64", INSN_X86}, {"i386", INSN_X86}, {"ppc64", INSN_PPC},
		{"aarch64", INSN_ARM64}, {"riscv64", INSN_RISCV},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(forms[i].target, target))
			return forms[i].form;
	return INSN_UNKNOWN;
}

/* Returns the instruction word at CODE, which QEMU returns in the guest's byte order. */
static uint32_t word(const uint8_t *code)
{
	return code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
}

/*
 * Returns true for ret, rep ret, ret imm16, and jmp rel32 to THUNK (arch/x86/include/asm/linkage.h:
 * RET).
 */
static bool is_x86(const uint8_t *code, size_t len, uint64_t address, uint64_t thunk)
{
	if (code[0] == 0xc3 || (len == 3 && code[0] == 0xc2) ||
	    (len == 2 && code[0] == 0xf3 && code[1] == 0xc3))
		return true;
	return thunk && len == 5 && code[0] == 0xe9 &&
	       address + 5 + (int32_t)word(code + 1) == thunk;
}

/*
 * Returns true if CODE is a non-atomic read-modify-write, by Intel's manual, volume 2, tables A-2
 * and A-6. An operand is in memory if its mod field is not 3. The opcode can follow an operand size
 * prefix and a REX prefix. With a LOCK prefix the instruction is atomic.
 */
static bool is_x86_update(const uint8_t *code, size_t len)
{
	uint8_t op, modrm, reg;
	size_t at = 0;

	while (at < len && (code[at] == 0x66 || code[at] == 0x65 || code[at] == 0x2e))
		at++;
	if (at < len && (code[at] & 0xf0) == 0x40)
		at++;
	if (at + 2 > len)
		return false;
	op = code[at];
	modrm = code[at + 1];
	reg = modrm >> 3 & 7;
	if (modrm >> 6 == 3)
		return false;
	/* add, or, adc, sbb, and, sub, xor with a memory destination; 0x38 is cmp */
	if (op < 0x38 && (op & 7) <= 1)
		return true;
	if (op == 0x80 || op == 0x81 || op == 0x83)
		return reg != 7;
	/* inc and dec; not and neg; shifts */
	return ((op == 0xfe || op == 0xff) && reg <= 1) ||
	       ((op == 0xf6 || op == 0xf7) && (reg == 2 || reg == 3)) || op == 0xc0 || op == 0xc1 ||
	       (op >= 0xd0 && op <= 0xd3);
}

/*
 * Returns true for blr, little or big endian. A function that is compiled for size ends with a
 * branch instead (opcode 18, neither absolute nor a call), to one of the entries of THUNK, which
 * restores registers and returns.
 */
static bool is_ppc(const uint8_t *code, uint64_t address, uint64_t thunk)
{
	uint32_t insn = word(code);
	uint64_t to = address + ((int64_t)(insn & 0x3fffffc) ^ 0x2000000) - 0x2000000;

	if (insn == 0x4e800020 || insn == 0x2000804e)
		return true;
	return thunk && insn >> 26 == 18 && !(insn & 3) && to >= thunk && to < thunk + PPC_RESTORE;
}

bool insn_is_update(enum insn_form form, const uint8_t *code, size_t len)
{
	/* on other architectures any instruction may be the load of an update (insn.h) */
	return form != INSN_X86 || is_x86_update(code, len);
}

bool insn_is_return(enum insn_form form, const uint8_t *code, size_t len, uint64_t address,
		    uint64_t thunk)
{
	switch (form) {
	case INSN_X86:
		return is_x86(code, len, address, thunk);
	case INSN_PPC:
		return len == 4 && is_ppc(code, address, thunk);
	case INSN_ARM64: /* the opcode of ret */
		return len == 4 && word(code) == 0xd65f03c0;
	case INSN_RISCV: /* jalr zero,0(ra), and its compressed form */
		return (len == 4 && word(code) == 0x00008067) ||
		       (len == 2 && code[0] == 0x82 && code[1] == 0x80);
	case INSN_UNKNOWN:
		break;
	}
	return false;
}
