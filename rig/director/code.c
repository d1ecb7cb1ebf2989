// SPDX-License-Identifier: GPL-2.0-only
/* Finds, without a disassembler, where functions are entered and where they are called. */
#include "director/internal.h"

#include <string.h>

#define CODE_MAX (256u << 10) /* maximum size of a function in bytes */

static guint32 word(const guint8 *code)
{
	return code[0] | code[1] << 8 | code[2] << 16 | (guint32)code[3] << 24;
}

/*
 * Decodes `call rel32`. CODE may not be the start of an instruction, so the result may be wrong.
 * This does no harm, because a wrong target is hardly ever the entry of a function that the caller
 * searches for.
 */
static guint64 x86_call(const guint8 *code, gsize left, guint64 address)
{
	return left >= 5 && code[0] == 0xe8 ? address + 5 + (gint32)word(code + 1) : 0;
}

/* Decodes `bl`: opcode 18 in the first six bits, a signed word offset of 24 bits, AA 0, LK 1. */
static guint64 ppc_call(const guint8 *code, gsize left, guint64 address)
{
	guint32 insn = left >= 4 ? word(code) : 0;

	if ((insn & 0xfc000003) != 0x48000001)
		return 0;
	return address + ((gint32)((insn & 0x03fffffc) << 6) >> 6);
}

static const struct arch {
	const char *name;
	guint step, call_size;
	/* returns the target of a call at CODE, or 0 */
	guint64 (*call)(const guint8 *code, gsize left, guint64 address);
} arches[] = {
	{"x86_64", 1, 5, x86_call},
	{"ppc64le", 4, 4, ppc_call},
};

static const struct arch *find_arch(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(arches); i++)
		if (!g_strcmp0(arches[i].name, name))
			return &arches[i];
	return NULL;
}

guint64 code_entry(struct symbols *symbols, const char *arch, guint64 address)
{
	guint8 code[8];
	guint32 first, second;

	if (g_strcmp0(arch, "ppc64le") || !symbols_code(symbols, address, sizeof(code), code))
		return address;
	first = word(code) & 0xffff0000;
	second = word(code + 4) & 0xffff0000;
	/* skip two instructions that set r2: addis r2,r12,… or lis r2,…; then addi r2,r2,… */
	return (first == 0x3c4c0000 || first == 0x3c400000) && second == 0x38420000 ? address + 8
										    : address;
}

/* Returns the code of the function CALLER, or NULL if it cannot be read. Free it with g_free(). */
static guint8 *read_code(struct symbols *symbols, const struct symbol_range *caller)
{
	g_autofree guint8 *code = NULL;

	if (caller->size > CODE_MAX)
		return NULL;
	code = g_malloc(caller->size + 1);
	return symbols_code(symbols, caller->address, caller->size, code) ? g_steal_pointer(&code)
									  : NULL;
}

gboolean code_returns(struct symbols *symbols, const char *name, const struct symbol_range *caller,
		      guint64 to, GArray *out)
{
	const struct arch *arch = find_arch(name);
	g_autofree guint8 *code = arch ? read_code(symbols, caller) : NULL;

	if (!code)
		return FALSE;
	for (guint64 at = 0; at < caller->size; at += arch->step)
		if (arch->call(code + at, caller->size - at, caller->address + at) == to) {
			const struct symbol_range range = {caller->address + at + arch->call_size,
							   0};

			g_array_append_val(out, range);
		}
	return TRUE;
}

void code_calls(struct symbols *symbols, const char *name, const struct symbol_range *caller,
		GHashTable *functions, void (*called)(gpointer value, void *data), void *data)
{
	const struct arch *arch = find_arch(name);
	g_autofree guint8 *code = arch ? read_code(symbols, caller) : NULL;

	for (guint64 at = 0; code && at < caller->size; at += arch->step) {
		guint64 to = arch->call(code + at, caller->size - at, caller->address + at);
		gpointer value;

		if (to && g_hash_table_lookup_extended(functions, &to, NULL, &value))
			called(value, data);
	}
}
