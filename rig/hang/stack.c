// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads one line of a stack: a frame, the function that an exception interrupted, or registers
 * (arch.h).
 */
#include <string.h>

#include "hang/arch.h"
#include "hang/internal.h"

static const char *last_name(const GPtrArray *frames)
{
	return frames->len ? ((struct frame *)frames->pdata[frames->len - 1])->name : "";
}

/*
 * Reads the line with the link register on powerpc, "LR [c000000000162a0c]
 * offline_pages+0x388/0x3ec", as a frame. After an interrupt, it has the caller of the function in
 * NIP, unless that function has already called another one. The frame that follows, which is always
 * marked "(unreliable)", is the function in NIP, its caller, or the caller's caller if NIP is in
 * code that restores registers.
 */
static void read_link(struct sample *sample, const char *text)
{
	struct frame frame;

	if (!sample->frames->len || sample->frames->len >= FRAMES_MAX ||
	    !frame_parse(text, &frame) || !strcmp(last_name(sample->frames), frame.name))
		return;
	g_ptr_array_add(sample->frames, g_memdup2(&frame, sizeof(frame)));
}

static gboolean starts(const char *text, const char *prefix)
{
	return prefix && g_str_has_prefix(text, prefix);
}

/*
 * Reads a line that is not a frame into SAMPLE. If it has the function that an exception
 * interrupted, sets *FRAME to this function, and *RET_FAULT to TRUE.
 */
static void read_cpu_line(const struct arch *arch, struct sample *sample, const char *text,
			  struct frame *frame, gboolean *ret_fault)
{
	gboolean kernel_pc = starts(text, arch->kernel_pc), first = !sample->frames->len;

	if (starts(text, arch->user_pc) && first)
		sample->user = TRUE;
	/*
	 * on architectures without a link register, the second line with kernel_pc in a backtrace
	 * has the function that the interrupt interrupted
	 */
	if (kernel_pc && !first && !arch->link && !sample->came_into)
		sample->came_into = g_strdup(text + strlen(arch->kernel_pc));
	if (starts(text, arch->raw_pc) && !sample->pc)
		sample->pc = g_ascii_strtoull(text + strlen(arch->raw_pc), NULL, 16);
	if (!*ret_fault && (first || kernel_pc))
		*ret_fault = frame_parse_fault(text, frame);
	if (!*ret_fault && arch->flags)
		arch->flags(sample, text);
}

/*
 * Returns TRUE if NAME is an entry function of exceptions (struct arch). In this case, removes the
 * frames that SAMPLE has so far: they belong to the handler.
 */
static gboolean pass_entry(struct sample *sample, const char *name)
{
	for (const struct arch *const *a = arches; *a; a++) {
		gboolean from_user = !g_strcmp0(name, (*a)->user_entry);

		if (!from_user && !((*a)->entries && g_strv_contains((*a)->entries, name)))
			continue;
		g_ptr_array_set_size(sample->frames, 0);
		sample->user |= from_user;
		return TRUE;
	}
	return FALSE;
}

static gboolean is_all_entry(const char *name)
{
	for (const struct arch *const *a = arches; *a; a++)
		if (!g_strcmp0(name, (*a)->all_entry))
			return TRUE;
	return FALSE;
}

void stack_read(struct task *task, struct sample *sample, const char *text)
{
	GPtrArray *frames = sample ? sample->frames : task->frames;
	gboolean fault = FALSE, linked = FALSE;
	struct frame frame;

	for (const struct arch *const *a = arches; *a; a++) {
		if (sample)
			read_cpu_line(*a, sample, text, &frame, &fault);
		if (starts(text, (*a)->stack))
			*(sample ? &sample->stack : &task->stack) =
				g_ascii_strtoull(text + 1, NULL, 16);
		if (sample && starts(text, (*a)->link)) {
			read_link(sample, strchr(text, '['));
			return;
		}
		linked |= fault && (*a)->link && starts(text, (*a)->kernel_pc);
	}
	if (frames->len >= FRAMES_MAX || (!fault && !frame_parse(text, &frame)) ||
	    is_all_entry(frame.name))
		return;
	/*
	 * powerpc: the first frame is correct although it is marked as unreliable, unless its
	 * offset is 0, which no return address has
	 */
	if (sample && sample->entered && !fault && frame.offset) {
		sample->entered = FALSE;
		frame.guess = FALSE;
		if (!strcmp(last_name(frames), frame.name))
			return;
	}
	if (frame.guess || (sample && !fault && pass_entry(sample, frame.name)))
		return;
	if (sample)
		sample->entered = linked;
	/*
	 * the call trace in an NMI begins with the function of the instruction pointer, which was
	 * added already
	 */
	if (frames->len == 1 && sample && !strcmp(last_name(frames), frame.name))
		return;
	g_ptr_array_add(frames, g_memdup2(&frame, sizeof(frame)));
}
