// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recognises in QEMU's registers that the firmware, and not the kernel, stopped a guest: two races
 * of OpenSBI on QEMU's riscv64 machine `virt`. They happen if the host suspends a vCPU
 * between two instructions of the firmware, which is rare:
 *
 *	sbi_hsm_hart_start() of OpenSBI 1.1 sets the state of a stopped CPU to "start pending"
 *	before it writes the address at which this CPU starts. The CPU, which polls the state, can
 *	then start at the previous address, the kernel's first instruction. There it clears the
 *	kernel's BSS a second time. Later versions write the address first (lib/sbi/sbi_hsm.c).
 *
 *	sbi_tlb_request() sends a request to each started CPU, and waits until it is done. If such
 *	a CPU stops before the request arrives, the sender waits for ever (lib/sbi/sbi_tlb.c).
 */
#include <string.h>

#include "hang/internal.h"

/* addresses of QEMU's machine `virt`: the firmware's first byte, and the kernel's */
#define FIRMWARE_START G_GUINT64_CONSTANT(0x80000000)
#define KERNEL_START G_GUINT64_CONSTANT(0x80200000)
#define KERNEL_END G_GUINT64_CONSTANT(0x88000000)

#define MIP_MSIP 0x8
/* number of the SBI extension RFENCE, which a caller passes in register a7 */
#define SBI_RFENCE 0x52464e43

struct hart {
	guint64 id, pc, mip, mscratch, tp, a7;
};

/* Stores VALUE if NAME is the name of a register in HART. */
static void set_register(struct hart *hart, const char *name, guint64 value)
{
	const struct {
		const char *name;
		guint64 *place;
	} registers[] = {
		{"mhartid", &hart->id},	       {"pc", &hart->pc},    {"mip", &hart->mip},
		{"mscratch", &hart->mscratch}, {"x4/tp", &hart->tp}, {"x17/a7", &hart->a7},
	};

	for (guint i = 0; i < G_N_ELEMENTS(registers); i++)
		if (!strcmp(name, registers[i].name))
			*registers[i].place = value;
}

/* Reads TEXT, `info registers -a`. Returns an empty array if it is from another architecture. */
static GArray *read_harts(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 100000);
	GArray *harts = g_array_new(FALSE, TRUE, sizeof(struct hart));

	if (!strstr(text, " mhartid "))
		return harts;
	for (char **l = lines; *l; l++) {
		g_auto(GStrv) words = g_strsplit_set(*l, " ", -1);
		const char *name = NULL;

		if (g_str_has_prefix(*l, "CPU#"))
			g_array_set_size(harts, harts->len + 1);
		for (char **w = words; *w && harts->len; w++) {
			if (!**w)
				continue;
			if (name)
				set_register(&g_array_index(harts, struct hart, harts->len - 1),
					     name, g_ascii_strtoull(*w, NULL, 16));
			name = name ? NULL : *w;
		}
	}
	return harts;
}

static gboolean is_within(guint64 address, guint64 start, guint64 end)
{
	return address >= start && address < end;
}

static gboolean is_in_firmware(const struct hart *hart)
{
	return is_within(hart->pc, FIRMWARE_START, KERNEL_START);
}

/* In OpenSBI, tp is the kernel's during an SBI call, and OpenSBI's own when the CPU is stopped. */
static gboolean is_stopped(const struct hart *hart)
{
	return is_in_firmware(hart) && hart->tp == hart->mscratch;
}

static gboolean waits_in_fence(const struct hart *hart)
{
	return is_in_firmware(hart) && !is_stopped(hart) && hart->a7 == SBI_RFENCE;
}

static gboolean has_lost_request(const struct hart *hart)
{
	return is_stopped(hart) && (hart->mip & MIP_MSIP);
}

/*
 * The boot CPU's tp is the physical address of init_task until the MMU is on; that of other CPUs is
 * always a virtual address (arch/riscv/kernel/head.S).
 */
static gboolean is_booting(const struct hart *hart)
{
	return is_within(hart->pc, KERNEL_START, KERNEL_END) &&
	       is_within(hart->tp, KERNEL_START, KERNEL_END);
}

static gboolean is_in_kernel(const struct hart *hart)
{
	return hart->pc >> 63;
}

/* Returns the first CPU for which TEST is TRUE, or NULL. */
static const struct hart *find(const GArray *harts, gboolean (*test)(const struct hart *hart))
{
	for (guint i = 0; i < harts->len; i++)
		if (test(&g_array_index(harts, struct hart, i)))
			return &g_array_index(harts, struct hart, i);
	return NULL;
}

char *hang_firmware_fault(const char *registers)
{
	g_autoptr(GArray) harts = read_harts(registers);
	const struct hart *sender = find(harts, waits_in_fence);
	const struct hart *lost = find(harts, has_lost_request);
	const struct hart *again = find(harts, is_booting), *first = find(harts, is_in_kernel);

	if (sender && lost)
		return g_strdup_printf("CPU %" G_GUINT64_FORMAT " waits in OpenSBI until "
				       "CPU %" G_GUINT64_FORMAT " has flushed its TLB, but CPU "
				       "%" G_GUINT64_FORMAT " is stopped",
				       sender->id, lost->id, lost->id);
	if (again && first)
		return g_strdup_printf("OpenSBI has started CPU %" G_GUINT64_FORMAT
				       " at the kernel's first instruction, as a second boot CPU",
				       again->id);
	return NULL;
}
