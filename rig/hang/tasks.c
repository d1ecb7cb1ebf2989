// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the list of tasks that the guest's init made (rig/guest, guest_tasks_parse()). It is older
 * than the output of SysRq, so only tasks and stacks that SysRq did not print are used.
 */
#include <string.h>

#include "guest/guest.h"
#include "hang/internal.h"

GPtrArray *frames_read(const GPtrArray *lines)
{
	GPtrArray *frames = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < lines->len && frames->len < FRAMES_MAX; i++) {
		struct frame frame;

		if (!frame_parse(lines->pdata[i], &frame))
			continue;
		/* on powerpc, the frames that precede __switch_to are out of date */
		if (!strcmp(frame.name, "__switch_to"))
			g_ptr_array_set_size(frames, 0);
		g_ptr_array_add(frames, g_memdup2(&frame, sizeof(frame)));
	}
	return frames;
}

static void add_task(struct snapshot *snapshot, const struct guest_task *listed)
{
	struct task *task = snapshot_task(snapshot, listed->pid, NULL);

	if (!task)
		return;
	if (!task->comm)
		task->comm = g_strdup(listed->comm);
	if (task->state == '?')
		task->state = listed->state;
	if (task->frames->len) {
		g_clear_pointer(&task->listed, g_ptr_array_unref);
		task->listed = frames_read(listed->frames);
	} else {
		g_ptr_array_unref(task->frames);
		task->frames = frames_read(listed->frames);
	}
}

void tasks_read(struct snapshot *snapshot, const char *text)
{
	struct guest_tasks *tasks = guest_tasks_parse(text);

	for (guint i = 0; i < tasks->tasks->len; i++)
		add_task(snapshot, tasks->tasks->pdata[i]);
	guest_tasks_free(tasks);
}
