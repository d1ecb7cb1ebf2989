// SPDX-License-Identifier: GPL-2.0-only
/*
 * Describes for each architecture the formats of console output, stacks and registers. The sources
 * of these formats are:
 *
 *	arch/x86/kernel/dumpstack.c, process_64.c:
 *	  "RIP: 0010:f+0x1/0x2", "RSP: … EFLAGS: 00000246"
 *	target/i386/cpu-dump.c (QEMU):
 *	  "RIP=ffffffff8128962b RFL=00000246 [---Z-P-] CPL=0 II=0 …"
 *	arch/powerpc/kernel/process.c:
 *	  "NIP:  c…", "NIP [c…] f+0x1/0x2", "LR [c…] …", "MSR:  … <SF,EE,…>  … IRQMASK: 0",
 *	  "[c000000003159630] [c000000000013570] do_IRQ+0xb4/0xd4"
 *	arch/arm64/kernel/process.c, entry.S:
 *	  "pstate: 600000c5 (nZCv daIF …)", "pc : f+0x1/0x2", "pmr_save: 000000e0",
 *	  "el1h_64_irq+0x74/0x78" (a frame of an interrupt's entry)
 *	target/arm/cpu.c (QEMU):
 *	  " PC=ffff800008244e60 X00=…", "PSTATE=000000c5 ---- EL1h"
 *	arch/s390/kernel/dumpstack.c, entry.S:
 *	  "Krnl PSW : 0704c00180000000 0000000000c49a3c (f+0x1/0x2)",
 *	  "[<0000000000c49a3c>] f+0x1/0x2",
 *	  "[<…>] ext_int_handler+0xc2/0xf8" (a frame of an interrupt's entry)
 *	target/s390x/cpu-dump.c (QEMU):
 *	  "PSW=mask 0704c00180000000 addr 0000000000c49a3c cc 00"
 *	arch/riscv/kernel/process.c, entry.S:
 *	  "epc : f+0x1/0x2", "status: 0000000200000120 badaddr: … cause: …",
 *	  "[<ffffffff80006a2c>] do_irq+0x38/0x70" (a frame of an interrupt's entry)
 *	target/riscv/cpu.c (QEMU):
 *	  " pc       ffffffff8000256a", " mstatus  0000000a000000a2"
 *	target/ppc/cpu.c (QEMU):
 *	  "NIP c0000000002601fc   LR … CPU#0", "MSR 8000000000001033 …"
 */
#include "hang/arch.h"

#include <string.h>

#define EFLAGS_IF 0x200
#define MSR_EE 0x8000 /* interrupts are enabled */
#define MSR_PR 0x4000 /* user space */
#define PSR_I 0x80    /* interrupts are disabled */
#define PSR_EL 0xc    /* the exception level, 0 in user space */
#define GIC_PRIO_IRQON 0xe0
#define PSW_MASK_EXT G_GUINT64_CONSTANT(0x0100000000000000)    /* interrupts are enabled */
#define PSW_MASK_PSTATE G_GUINT64_CONSTANT(0x0001000000000000) /* user space */

#define SR_SPIE 0x20 /* interrupts were enabled before the trap */
#define SR_SPP 0x100 /* the trap came from the kernel */
#define SR_SIE 0x2   /* interrupts are enabled */

static gboolean x86_flags(struct sample *sample, const char *line)
{
	const char *flags = strstr(line, "EFLAGS: ");

	if (!flags)
		return FALSE;
	/*
	 * only use the first such line of a sample: a second one has the flags of user space at a
	 * system call
	 */
	if (!sample->flagged && !sample->user)
		sample->irqs_off =
			!(g_ascii_strtoull(flags + strlen("EFLAGS: "), NULL, 16) & EFLAGS_IF);
	sample->flagged = TRUE;
	return TRUE;
}

/*
 * Sets irqs_off of SAMPLE from MSR_EE ("MSR: … <…,EE,…>"), and from the kernel's software mask
 * ("IRQMASK: 1").
 */
static gboolean ppc64_flags(struct sample *sample, const char *line)
{
	const char *mask = strstr(line, "IRQMASK: "), *bits = strchr(line, '<');

	if (g_str_has_prefix(line, "MSR: ") && bits) {
		g_autofree char *names = g_strndup(bits, strcspn(bits, ">"));

		if (!strstr(names, "PR"))
			sample->irqs_off |= !strstr(names, "EE");
		/* a line after frames has the flags of user space at the system call */
		else if (!sample->frames->len)
			sample->user = TRUE;
		return TRUE;
	}
	if (mask)
		sample->irqs_off |= !sample->user &&
				    (g_ascii_strtoull(mask + strlen("IRQMASK: "), NULL, 16) & 1);
	return mask != NULL;
}

/*
 * Sets irqs_off of SAMPLE from PSR_I in "pstate: 600000c5 (nZCv daIF …)"; with pseudo-NMIs from the
 * priority mask in "pmr_save: 000000c0".
 */
static gboolean arm64_flags(struct sample *sample, const char *line)
{
	static const char pstate[] = "pstate: ", mask[] = "pmr_save: ";

	if (g_str_has_prefix(line, pstate)) {
		guint64 value = g_ascii_strtoull(line + strlen(pstate), NULL, 16);

		/* a line after frames has the flags of user space at the system call */
		if (value & PSR_EL)
			sample->irqs_off |= (value & PSR_I) != 0;
		else if (!sample->frames->len)
			sample->user = TRUE;
		return TRUE;
	}
	if (!g_str_has_prefix(line, mask))
		return FALSE;
	sample->by_priority = !sample->user &&
			      g_ascii_strtoull(line + strlen(mask), NULL, 16) < GIC_PRIO_IRQON;
	sample->irqs_off |= sample->by_priority;
	return TRUE;
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

/*
 * Before Linux 6.7, arm64 requests a backtrace from a CPU by an interrupt instead of an NMI. So a
 * CPU with interrupts disabled prints no backtrace.
 */
static const struct arch arm64 = {
	.name = "arm64",
	.kernel_pc = "pc : ",
	.flags = arm64_flags,
	.entries = (const char *const[]){"el1h_64_irq", "el1h_64_fiq", "el1h_64_error", NULL},
	.user_entry = "el0t_64_irq",
	.qemu_pc = " PC=",
	.qemu_flags = "PSTATE=",
	.irqs_off = PSR_I,
};

/*
 * Sets irqs_off of SAMPLE from the mask in "Krnl PSW : 0404c00180000000 0000000000c49a3c
 * (f+0x1/0x2)".
 */
static gboolean s390_flags(struct sample *sample, const char *line)
{
	static const char psw[] = "Krnl PSW : ";

	if (!g_str_has_prefix(line, psw))
		return FALSE;
	sample->irqs_off |= !(g_ascii_strtoull(line + strlen(psw), NULL, 16) & PSW_MASK_EXT);
	return TRUE;
}

/*
 * A backtrace is requested from a CPU by an interrupt instead of an NMI, so a CPU with interrupts
 * disabled prints none.
 */
static const struct arch s390 = {
	.name = "s390x",
	.user_pc = "User PSW : ",
	.kernel_pc = "Krnl PSW : ",
	.flags = s390_flags,
	.entries = (const char *const[]){"ext_int_handler", "io_int_handler", NULL},
	.qemu_pc = "PSW=mask ",
	.qemu_pc_word = " addr ",
	.qemu_flags = "PSW=mask ",
	.irqs_on = PSW_MASK_EXT,
	.user = PSW_MASK_PSTATE,
};

/* Reads "status: 0000000200000120 badaddr: … cause: …", the flags before the trap. */
static gboolean riscv_flags(struct sample *sample, const char *line)
{
	static const char status[] = "status: ";
	guint64 value;

	if (!g_str_has_prefix(line, status) || !strstr(line, " cause: "))
		return FALSE;
	value = g_ascii_strtoull(line + strlen(status), NULL, 16);
	/* a line after frames has the flags of user space at the system call */
	if (value & SR_SPP)
		sample->irqs_off |= !(value & SR_SPIE);
	else if (!sample->frames->len)
		sample->user = TRUE;
	return TRUE;
}

/*
 * A backtrace is requested from a CPU by an interrupt instead of an NMI, so a CPU with interrupts
 * disabled prints none.
 */
static const struct arch riscv = {
	.name = "riscv",
	.kernel_pc = "epc : ",
	.flags = riscv_flags,
	.entries = (const char *const[]){"do_irq", NULL},
	.all_entry = "handle_exception",
	.qemu_pc = " pc      ",
	.qemu_flags = " mstatus ",
	.irqs_on = SR_SIE,
};

const struct arch *const arches[] = {&x86_64, &ppc64, &arm64, &s390, &riscv, NULL};
