// SPDX-License-Identifier: GPL-2.0-only
/* Converts the conditions of holds (which vCPU waits, and when) to lines for the plugin. */
#include "director/internal.h"

#include <stdio.h>
#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"

#define X "%" G_GINT64_MODIFIER "x"

/* ---- names of tasks ---- */

/*
 * Finds current_task on x86-64, a variable of each CPU (arch/x86/include/asm/current.h); from 6.2
 * to 6.14 it is the first member of pcpu_hot.
 */
static gboolean x86_current(const struct variables *variables, guint64 *ret)
{
	return variables_find(variables, "current_task", ret, NULL) ||
	       variables_find(variables, "pcpu_hot", ret, NULL);
}

/*
 * Finds the current task on ppc64: r13 has the address of the CPU's PACA, and the member __current
 * of struct paca_struct has the task (arch/powerpc/include/asm/current.h). sys_gettid() reads no
 * other member, so the first `ld rX,N(r13)` there has the offset N: opcode 58, RA 13, and 0 in the
 * two lowest bits.
 */
static gboolean ppc_current(struct symbols *symbols, guint64 *ret)
{
	g_autoptr(GArray) found = symbols_named(symbols, "sys_gettid");
	const struct symbol_range *range = &g_array_index(found, struct symbol_range, 0);

	for (guint64 at = 0; found->len == 1 && at < range->size; at += 4) {
		guint8 code[4];
		guint32 insn;

		if (!symbols_code(symbols, range->address + at, sizeof(code), code))
			return FALSE;
		insn = code[0] | code[1] << 8 | code[2] << 16 | (guint32)code[3] << 24;
		if ((insn & 0xfc1f0003) == 0xe80d0000) {
			*ret = insn & 0xfffc;
			return TRUE;
		}
	}
	return FALSE;
}

gboolean current_line(GString *out, const char *arch, struct symbols *symbols,
		      const struct variables *variables)
{
	gboolean in_register = !strcmp(arch, "aarch64") || !strcmp(arch, "riscv64");
	guint64 current = 0, init;

	if (!variables_find(variables, "init_task", &init, NULL) ||
	    (!strcmp(arch, "x86_64")	? !x86_current(variables, &current)
	     : !strcmp(arch, "ppc64le") ? !ppc_current(symbols, &current)
					: !in_register))
		return FALSE;
	/* register sp_el0 of arm64, and tp of riscv, has the task's address (asm/current.h) */
	if (in_register)
		g_string_append_printf(out, "task - " X "\n", init);
	else
		g_string_append_printf(out, "task " X " " X "\n", current, init);
	return TRUE;
}

/* ---- `same`: values that must be equal at both places of a hold ---- */

/* Functions whose first argument is a struct memory_block, or the struct device of one. */
static const struct {
	const char *function, *kind;
} block_functions[] = {
	{"memory_block_online", "block"},
	{"memory_block_offline", "block"},
	{"memory_block_change_state", "block"},
	{"memory_block_add_nid", "block"},
	{"unregister_memory_block_under_nodes", "block"},
	{"online_memory_block", "block"},
	{"try_offline_memory_block", "block"},
	{"memory_subsys_online", "device"},
	{"memory_subsys_offline", "device"},
	{"state_store", "device"},
	{"state_show", "device"},
	{"valid_zones_show", "device"},
	{"phys_index_show", "device"},
	{"removable_show", "device"},
	{"online_store", "device"},
	{"device_online", "device"},
	{"device_offline", "device"},
	{"bus_probe_device", "device"},
	{"device_add", "device"},
	{"device_del", "device"},
	{"device_unregister", "device"},
	{"device_initial_probe", "device"},
	{"device_release_driver", "device"},
};

static gboolean unknown_block(const char *place, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(block_functions); i++)
		g_string_append_printf(list, "%s%s", i ? ", " : "", block_functions[i].function);
	return rig_fail(error, RIG_EXIT_USAGE,
			"'same block': the rig cannot tell which memory block '%s' is called "
			"for; it can for: %s",
			place, list->str);
}

static gboolean block_line(GString *out, guint id, char side, const char *place, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(block_functions); i++)
		if (!strcmp(block_functions[i].function, place)) {
			g_string_append_printf(out, "same %u %c %s 1\n", id, side,
					       block_functions[i].kind);
			return TRUE;
		}
	return unknown_block(place, error);
}

static gboolean same_lines(GString *out, guint id, const struct hold_spec *spec, GError **error)
{
	guint at, partner;
	int n = sscanf(spec->same, "arg%u arg%u", &at, &partner);

	if (n < 1)
		return block_line(out, id, 'a', spec->at, error) &&
		       block_line(out, id, 'b', hold_partner(spec), error);
	g_string_append_printf(out, "same %u a arg %u\nsame %u b arg %u\n", id, at, id,
			       n == 2 ? partner : at);
	return TRUE;
}

gboolean condition_lines(GString *out, guint id, const struct hold_spec *spec, GError **error)
{
	if (spec->comm)
		g_string_append_printf(out, "comm %u %s\n", id, spec->comm);
	return !spec->same || same_lines(out, id, spec, error);
}

gboolean condition_addresses(GString *out, const char *arch, struct symbols *symbols,
			     const struct variables *variables, gboolean tasks, gboolean blocks,
			     GError **error)
{
	guint64 sections;

	if (tasks && !current_line(out, arch, symbols, variables))
		return rig_fail(error, RIG_EXIT_SKIP,
				"'comm' of a hold needs a kernel with the symbols init_task and, "
				"on x86-64, current_task (CONFIG_KALLSYMS_ALL, or --vmlinux); "
				"leave 'comm' out");
	if (!blocks)
		return TRUE;
	if (!variables_find(variables, "sections_per_block", &sections, NULL))
		return rig_fail(error, RIG_EXIT_SKIP,
				"'same block' of a hold needs a kernel with the symbol "
				"sections_per_block (CONFIG_KALLSYMS_ALL, or --vmlinux); compare "
				"an argument instead ('same arg1')");
	g_string_append_printf(out, "sections " X "\n", sections);
	return TRUE;
}
