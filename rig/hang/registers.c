// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the CPUs' registers from QEMU (`info registers -a`). On powerpc, a CPU with interrupts
 * disabled prints only one backtrace, because an NMI makes it oops. So QEMU's registers are read
 * before the NMI, as a second sample. On other architectures, they are read after the kernel's
 * backtraces. If interrupts are enabled then, the CPU disables them only for short times, and is
 * not stuck. In the backtraces they can be disabled each time, for example because the CPU polls a
 * lock that the printing of backtraces holds.
 */
#include <string.h>

#include "hang/arch.h"
#include "hang/internal.h"

/*
 * Returns TRUE if SAMPLE shows CPU in the kernel with interrupts disabled, and PC is in the same
 * function as SAMPLE. The address range of this function is known from the offset and size in the
 * innermost frame ("f+0x1/0x2").
 */
static gboolean agrees(const struct sample *sample, int cpu, guint64 pc)
{
	const struct frame *top = sample->frames->len ? sample->frames->pdata[0] : NULL;
	guint64 start = top ? sample->pc - (guint64)top->offset : 0;

	return top && sample->pc && sample->cpu == cpu && sample->irqs_off && !sample->user &&
	       pc >= start && pc - start < (guint64)top->size;
}

static void confirm(struct snapshot *snapshot, int cpu, guint64 pc)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, snapshot->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct task *task = data;

		for (guint i = 0; i < task->samples->len && !task->confirmed; i++)
			task->confirmed = agrees(task->samples->pdata[i], cpu, pc);
	}
}

static void interrupts_are_on(struct snapshot *snapshot, int cpu)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, snapshot->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		const struct task *task = data;

		for (guint i = 0; i < task->samples->len; i++) {
			struct sample *sample = task->samples->pdata[i];

			sample->irqs_off &= sample->cpu != cpu || sample->by_priority;
		}
	}
}

static gboolean irqs_are_on(const struct arch *arch, guint64 flags)
{
	return arch->irqs_off ? !(flags & arch->irqs_off) : (flags & arch->irqs_on) != 0;
}

static void read_flags(struct snapshot *snapshot, const struct arch *arch, int cpu, guint64 pc,
		       guint64 flags)
{
	if (arch->qemu_is_first && !irqs_are_on(arch, flags) && !(flags & arch->user))
		confirm(snapshot, cpu, pc);
	else if (!arch->qemu_is_first && irqs_are_on(arch, flags))
		interrupts_are_on(snapshot, cpu);
}

void registers_read(struct snapshot *snapshot, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 100000);
	/*
	 * the architecture of the current CPU's lines; NULL before its instruction pointer was read
	 */
	const struct arch *arch = NULL;
	guint64 pc = 0;
	int cpu = -1;

	for (char **l = lines; *l; l++) {
		const char *flags, *at;

		if (g_str_has_prefix(*l, "CPU#")) {
			cpu = (int)g_ascii_strtoull(*l + 4, NULL, 10);
			arch = NULL;
			continue;
		}
		for (const struct arch *const *a = arches; *a && cpu >= 0; a++) {
			if (!g_str_has_prefix(*l, (*a)->qemu_pc))
				continue;
			at = (*a)->qemu_pc_word ? strstr(*l, (*a)->qemu_pc_word) : *l;
			if (!at)
				continue;
			arch = *a;
			at += strlen(arch->qemu_pc_word ? arch->qemu_pc_word : arch->qemu_pc);
			pc = g_ascii_strtoull(at, NULL, 16);
		}
		flags = arch ? strstr(*l, arch->qemu_flags) : NULL;
		if (flags && (flags == *l || *arch->qemu_flags == ' '))
			read_flags(snapshot, arch, cpu, pc,
				   g_ascii_strtoull(flags + strlen(arch->qemu_flags), NULL, 16));
	}
}
