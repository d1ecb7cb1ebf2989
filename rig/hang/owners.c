// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the tasks and locks of a memory image from the file that owners.py writes:
 *
 *	{"version": 1,
 *	 "tasks": [{"pid": 57, "comm": "init", "state": "D", "waits": {"lock": "ffff…"} or
 *		    {"kind": "completion", "name": "rig_never"} or null,
 *		    "frames": ["f+0x1/0x2", …]}, …],
 *	 "locks": [{"id": "ffff…", "class": "mem_hotplug_lock", "name": "memory2" or null,
 *		    "held": true, "owners": [55], "gone": false}, …]}
 *
 * The data comes from a guest's memory, so every value is checked. If lockdep has listed the locks,
 * its lists are used instead, because they are more detailed.
 */
#include <string.h>

#include "hang/internal.h"

#define LOCKS_MAX 2000
#define OWNERS_MAX 64

static void read_frames(struct task *task, json_t *frames)
{
	for (gsize i = 0; i < json_array_size(frames) && i < FRAMES_MAX && !json_is_null(frames);
	     i++) {
		const char *name = json_string_value(json_array_get(frames, i));
		g_autofree char *line = name ? g_strdup_printf(" %s", name) : NULL;
		struct frame frame;

		if (line && frame_parse(line, &frame))
			g_ptr_array_add(task->frames, g_memdup2(&frame, sizeof(frame)));
	}
}

static char *copy_text(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? g_strndup(text, 200) : NULL;
}

static void read_image_task(struct snapshot *snapshot, json_t *json)
{
	const char *state = json_string_value(json_object_get(json, "state"));
	json_t *waits = json_object_get(json, "waits");
	struct task *task =
		snapshot_task(snapshot, json_integer_value(json_object_get(json, "pid")), NULL);

	if (!task)
		return;
	task->imaged = TRUE;
	if (!task->comm)
		task->comm = copy_text(json, "comm");
	if (task->state == '?' && state && *state)
		task->state = *state;
	if (!task->frames->len)
		read_frames(task, json_object_get(json, "frames"));
	if (snapshot->lockdep_lists)
		return;
	g_clear_pointer(&task->image_wait, g_free);
	task->image_wait = copy_text(waits, "lock");
	if (!task->image_wait && !task->image_kind) {
		task->image_kind = copy_text(waits, "kind");
		task->image_name = copy_text(waits, "name");
	}
}

static void read_image_lock(struct snapshot *snapshot, json_t *json)
{
	const char *id = json_string_value(json_object_get(json, "id"));
	const char *lock_class = json_string_value(json_object_get(json, "class"));
	json_t *owners = json_object_get(json, "owners");
	struct lock *lock;

	if (!id || !lock_class || snapshot->locks->len >= LOCKS_MAX)
		return;
	lock = snapshot_lock(snapshot, id, lock_class);
	if (!lock->name)
		lock->name = copy_text(json, "name");
	if (snapshot->lockdep_lists)
		return;
	lock->held = json_is_true(json_object_get(json, "held"));
	lock->gone = json_is_true(json_object_get(json, "gone"));
	for (gsize i = 0; i < json_array_size(owners) && i < OWNERS_MAX; i++) {
		struct task *task =
			snapshot_find(snapshot, json_integer_value(json_array_get(owners, i)));

		if (!task || g_ptr_array_find(lock->holders, task, NULL))
			continue;
		g_ptr_array_add(lock->holders, task);
		g_ptr_array_add(task->holds, lock);
	}
	lock->unowned = lock->held && !lock->holders->len;
}

void owners_read(struct snapshot *snapshot, json_t *owners)
{
	json_t *tasks = json_object_get(owners, "tasks"), *locks = json_object_get(owners, "locks");

	snapshot->image = TRUE;
	for (gsize i = 0; i < json_array_size(tasks); i++)
		read_image_task(snapshot, json_array_get(tasks, i));
	for (gsize i = 0; i < json_array_size(locks); i++)
		read_image_lock(snapshot, json_array_get(locks, i));
}
