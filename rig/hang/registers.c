// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPUs as QEMU sees them (`info registers -a`). On powerpc a CPU with interrupts off speaks only once: an NMI
 * makes it oops. What the registers said before that is a second look at the same CPU:
 *
 *	CPU#0
 *	NIP c0000000002601fc   LR c0000000002601f0 CTR c0000000000dac3c XER 000000002004011e CPU#0
 *	MSR 8000000000001033 HID0 0000000000000000  HF 2400003d iidx 1 didx 1
 *
 * On x86 they come after the kernel's backtraces. Who has interrupts on by then only had them off for a moment, even
 * where each backtrace came at such a moment (somebody waits each time for a lock that the backtrace keeps busy):
 *
 *	RIP=ffffffff8128962b RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
 */
#include <string.h>

#include "hang/internal.h"

#define MSR_EE 0x8000 /* interrupts are on */
#define MSR_PR 0x4000 /* user space */
#define EFLAGS_IF 0x200

/* Was the CPU in the function that the oops names? The symbol's offset and size say from where to where that is. */
static gboolean agrees(const struct sample *sample, int cpu, guint64 pc)
{
	const struct frame *top = sample->frames->len ? sample->frames->pdata[0] : NULL;
	guint64 start = top ? sample->pc - (guint64)top->offset : 0;

	return top && sample->pc && sample->cpu == cpu && sample->irqs_off && !sample->user && pc >= start &&
	       pc - start < (guint64)top->size;
}

static void look_at_cpu(struct scene *scene, int cpu, guint64 pc)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, scene->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct task *task = data;

		for (guint i = 0; i < task->samples->len && !task->confirmed; i++)
			task->confirmed = agrees(task->samples->pdata[i], cpu, pc);
	}
}

static void interrupts_are_on(struct scene *scene, int cpu)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, scene->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		const struct task *task = data;

		for (guint i = 0; i < task->samples->len; i++) {
			struct sample *sample = task->samples->pdata[i];

			sample->irqs_off &= sample->cpu != cpu;
		}
	}
}

void registers_read(struct scene *scene, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 100000);
	guint64 pc = 0, msr;
	int cpu = -1;

	for (char **l = lines; *l; l++) {
		if (g_str_has_prefix(*l, "CPU#")) {
			cpu = (int)g_ascii_strtoull(*l + 4, NULL, 10);
			pc = 0;
		} else if (g_str_has_prefix(*l, "NIP ")) {
			pc = g_ascii_strtoull(*l + 4, NULL, 16);
		} else if (g_str_has_prefix(*l, "MSR ") && pc && cpu >= 0) {
			msr = g_ascii_strtoull(*l + 4, NULL, 16);
			if (!(msr & (MSR_EE | MSR_PR)))
				look_at_cpu(scene, cpu, pc);
		} else if (g_str_has_prefix(*l, "RIP=") && cpu >= 0) {
			const char *flags = strstr(*l, " RFL=");

			if (flags && g_ascii_strtoull(flags + strlen(" RFL="), NULL, 16) & EFLAGS_IF)
				interrupts_are_on(scene, cpu);
		}
	}
}
