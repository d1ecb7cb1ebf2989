// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line of a stack: a frame, where an exception came from, or registers that tell of interrupts.
 *
 *	lib/dump_stack.c, arch/x86/kernel/dumpstack.c	" f+0x1/0x2", "RIP: 0010:f+0x1/0x2", "RSP: … EFLAGS: 00000246"
 *	arch/powerpc/kernel/process.c			"NIP [c…] f+0x1/0x2", "LR [c…] …", "MSR:  … <SF,EE,…>  … IRQMASK: 0"
 */
#include <string.h>

#include "hang/internal.h"

/* Are interrupts off there? X86_EFLAGS_IF; MSR_EE, and the software's own mask on powerpc. */
static void read_registers(struct sample *sample, const char *text)
{
	const char *flags = strstr(text, "EFLAGS: "), *mask = strstr(text, "IRQMASK: ");

	if (flags) {
		/* the second one of a backtrace is user space's */
		if (!sample->flagged && !sample->user)
			sample->irqs_off = !(g_ascii_strtoull(flags + strlen("EFLAGS: "), NULL, 16) & 0x200);
		sample->flagged = TRUE;
	} else if (g_str_has_prefix(text, "MSR: ") && strchr(text, '<')) {
		/* "MSR:  8000000002009033 <SF,VEC,EE,ME,IR,DR,RI,LE>  CR: …" */
		const char *bits = strchr(text, '<');
		g_autofree char *names = g_strndup(bits, strcspn(bits, ">"));

		if (!strstr(names, "PR"))
			sample->irqs_off |= !strstr(names, "EE");
		else if (!sample->frames->len) /* else of the system call that it is inside of */
			sample->user = TRUE;
	} else if (mask) {
		sample->irqs_off |= !sample->user && (g_ascii_strtoull(mask + strlen("IRQMASK: "), NULL, 16) & 1);
	}
}

static const char *last_name(const GPtrArray *frames)
{
	return frames->len ? ((struct frame *)frames->pdata[frames->len - 1])->name : "";
}

/*
 * powerpc, below an interrupt: "LR [c000000000162a0c] offline_pages+0x388/0x3ec" is who called the function that NIP is in,
 * unless that has called somebody itself. The first frame of the stack, always marked "(unreliable)", says who has it: NIP's
 * function, or its caller, or the caller's caller where NIP is in what restores registers.
 */
static void read_link(struct sample *sample, const char *text)
{
	struct frame frame;

	if (!sample->frames->len || sample->frames->len >= FRAMES_MAX || !frame_parse(text, &frame) ||
	    !strcmp(last_name(sample->frames), frame.name))
		return;
	g_ptr_array_add(sample->frames, g_memdup2(&frame, sizeof(frame)));
}

void stack_read(struct task *task, struct sample *sample, const char *text)
{
	GPtrArray *frames = sample ? sample->frames : task->frames;
	struct frame frame;
	gboolean fault = FALSE;

	if (sample && g_str_has_prefix(text, "RIP: 0033") && !frames->len)
		sample->user = TRUE;
	if (sample && frames->len && !sample->came_into && g_str_has_prefix(text, "RIP: 0010:"))
		sample->came_into = g_strdup(text + strlen("RIP: 0010:"));
	if (sample && !sample->pc && g_str_has_prefix(text, "NIP:  "))
		sample->pc = g_ascii_strtoull(text + strlen("NIP:  "), NULL, 16);
	/* also what an exception came into */
	if (sample && (!frames->len || g_str_has_prefix(text, "NIP [") || g_str_has_prefix(text, "RIP: 0010:")))
		fault = frame_parse_fault(text, &frame);
	if (!fault && sample)
		read_registers(sample, text);
	/* powerpc: "[c000000003159630] [c000000000013570] do_IRQ+0xb4/0xd4", the stack's address first */
	if (g_str_has_prefix(text, "[c"))
		*(sample ? &sample->stack : &task->stack) = g_ascii_strtoull(text + 1, NULL, 16);
	if (sample && g_str_has_prefix(text, "LR [")) {
		read_link(sample, text + strlen("LR "));
		return;
	}
	if (frames->len >= FRAMES_MAX || (!fault && !frame_parse(text, &frame)))
		return;
	/* what is returned to is never a function's beginning */
	if (sample && sample->entered && !fault && frame.offset) {
		sample->entered = FALSE;
		frame.guess = FALSE;
		if (!strcmp(last_name(frames), frame.name))
			return;
	}
	if (frame.guess)
		return;
	if (sample)
		sample->entered = fault && g_str_has_prefix(text, "NIP [");
	/* the call trace of an NMI begins with the frame that the instruction pointer named already */
	if (frames->len == 1 && sample && !strcmp(last_name(frames), frame.name))
		return;
	g_ptr_array_add(frames, g_memdup2(&frame, sizeof(frame)));
}
