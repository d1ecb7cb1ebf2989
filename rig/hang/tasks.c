// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's own list of tasks (docs/guest-protocol.md, TASKS):
 *
 *	task PID COMM STATE WCHAN switches N
 *		[<0>] f+0x1/0x2
 *
 * It was read before SysRq printed, so it only adds tasks and stacks that SysRq did not print.
 */
#include <string.h>

#include "hang/internal.h"

static struct task *read_head(struct snapshot *snapshot, const char *line)
{
	g_auto(GStrv) w = g_strsplit(line, " ", 8);
	struct task *task;

	if (g_strv_length(w) < 4 || strcmp(w[0], "task"))
		return NULL;
	task = snapshot_task(snapshot, g_ascii_strtoll(w[1], NULL, 10), NULL);
	if (!task)
		return NULL;
	if (!task->comm)
		task->comm = g_utf8_make_valid(w[2], -1);
	if (task->state == '?')
		task->state = *w[3];
	return task->frames->len ? NULL : task;
}

/* "[<0>] ": proc_pid_stack() has no addresses to give */
static const char *after_address(const char *line)
{
	const char *end = strstr(line, "] ");

	return end ? end + 1 : line;
}

void tasks_read(struct snapshot *snapshot, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 50000);
	struct task *task = NULL;

	for (char **l = lines; *l; l++) {
		struct frame frame;

		if (**l != '\t') {
			task = read_head(snapshot, *l);
			continue;
		}
		if (!task || task->frames->len >= FRAMES_MAX || !frame_parse(after_address(*l), &frame))
			continue;
		/* powerpc: frames above __switch_to are stale */
		if (!strcmp(frame.name, "__switch_to"))
			g_ptr_array_set_size(task->frames, 0);
		g_ptr_array_add(task->frames, g_memdup2(&frame, sizeof(frame)));
	}
}
