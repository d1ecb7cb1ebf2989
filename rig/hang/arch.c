// SPDX-License-Identifier: GPL-2.0-only
/*
 * The architectures that a hang's text may be of.
 *
 *	arch/x86/kernel/dumpstack.c, process_64.c:
 *	  "RIP: 0010:f+0x1/0x2", "RSP: … EFLAGS: 00000246"
 *	target/i386/cpu-dump.c (QEMU):
 *	  "RIP=ffffffff8128962b RFL=00000246 [---Z-P-] CPL=0 II=0 …"
 *	arch/powerpc/kernel/process.c:
 *	  "NIP:  c…", "NIP [c…] f+0x1/0x2", "LR [c…] …", "MSR:  … <SF,EE,…>  … IRQMASK: 0",
 *	  "[c000000003159630] [c000000000013570] do_IRQ+0xb4/0xd4"
 *	target/ppc/cpu.c (QEMU):
 *	  "NIP c0000000002601fc   LR … CPU#0", "MSR 8000000000001033 …"
 */
#include "hang/arch.h"

#include <string.h>

#define EFLAGS_IF 0x200
#define MSR_EE 0x8000 /* interrupts are on */
#define MSR_PR 0x4000 /* user space */

static gboolean x86_flags(struct sample *sample, const char *line)
{
	const char *flags = strstr(line, "EFLAGS: ");

	if (!flags)
		return FALSE;
	/* the second one of a backtrace is the user-space address */
	if (!sample->flagged && !sample->user)
		sample->irqs_off =
			!(g_ascii_strtoull(flags + strlen("EFLAGS: "), NULL, 16) & EFLAGS_IF);
	sample->flagged = TRUE;
	return TRUE;
}

/* MSR_EE, and the software interrupt mask. */
static gboolean ppc64_flags(struct sample *sample, const char *line)
{
	const char *mask = strstr(line, "IRQMASK: "), *bits = strchr(line, '<');

	if (g_str_has_prefix(line, "MSR: ") && bits) {
		g_autofree char *names = g_strndup(bits, strcspn(bits, ">"));

		if (!strstr(names, "PR"))
			sample->irqs_off |= !strstr(names, "EE");
		else if (!sample->frames->len) /* otherwise the line shows the registers of the
					        * system call's caller */
			sample->user = TRUE;
		return TRUE;
	}
	if (mask)
		sample->irqs_off |= !sample->user &&
				    (g_ascii_strtoull(mask + strlen("IRQMASK: "), NULL, 16) & 1);
	return mask != NULL;
}

static const struct arch x86_64 = {
	.name = "x86_64",
	.user_pc = "RIP: 0033",
	.kernel_pc = "RIP: 0010:",
	.flags = x86_flags,
	.qemu_pc = "RIP=",
	.qemu_flags = " RFL=",
	.irqs_on = EFLAGS_IF,
};

static const struct arch ppc64 = {
	.name = "ppc64",
	.kernel_pc = "NIP [",
	.raw_pc = "NIP:  ",
	.link = "LR [",
	.stack = "[c",
	.flags = ppc64_flags,
	.qemu_pc = "NIP ",
	.qemu_flags = "MSR ",
	.irqs_on = MSR_EE,
	.user = MSR_PR,
	.qemu_is_first = TRUE,
};

const struct arch *const arches[] = {&x86_64, &ppc64, NULL};
