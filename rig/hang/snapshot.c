// SPDX-License-Identifier: GPL-2.0-only
/* Stores the tasks and locks that the readers of the inputs (struct hang_source) find. */
#include <string.h>

#include "hang/internal.h"

void sample_free(gpointer data)
{
	struct sample *sample = data;

	g_ptr_array_unref(sample->frames);
	g_free(sample->came_into);
	g_free(sample);
}

static void task_free(gpointer data)
{
	struct task *task = data;

	g_free(task->comm);
	g_ptr_array_unref(task->frames);
	g_clear_pointer(&task->slept, g_ptr_array_unref);
	g_ptr_array_unref(task->held);
	g_ptr_array_unref(task->held_earlier);
	g_clear_pointer(&task->listed, g_ptr_array_unref);
	g_ptr_array_unref(task->samples);
	g_ptr_array_unref(task->holds);
	g_free(task->likely_what);
	g_free(task->image_wait);
	g_free(task->image_kind);
	g_free(task->image_name);
	g_free(task);
}

static void lock_free(gpointer data)
{
	struct lock *lock = data;

	g_free(lock->id);
	g_free(lock->lock_class);
	g_free(lock->name);
	g_ptr_array_unref(lock->holders);
	g_free(lock);
}

struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = g_new0(struct snapshot, 1);

	snapshot->by_pid = g_hash_table_new_full(NULL, NULL, NULL, task_free);
	snapshot->tasks = g_ptr_array_new();
	snapshot->locks = g_ptr_array_new_with_free_func(lock_free);
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	g_hash_table_unref(snapshot->by_pid);
	g_ptr_array_unref(snapshot->tasks);
	g_ptr_array_unref(snapshot->locks);
	g_free(snapshot->left_held);
	g_free(snapshot->left_held_by);
	g_free(snapshot);
}

struct task *snapshot_find(const struct snapshot *snapshot, int pid)
{
	return g_hash_table_lookup(snapshot->by_pid, GINT_TO_POINTER(pid));
}

struct task *snapshot_task(struct snapshot *snapshot, gint64 pid, const char *comm)
{
	struct task *task;

	/* pid 0 is not one task: each CPU has an idle task with this pid */
	if (pid <= 0 || pid > G_MAXINT32)
		return NULL;
	task = snapshot_find(snapshot, pid);
	if (!task) {
		if (g_hash_table_size(snapshot->by_pid) >= TASKS_MAX)
			return NULL;
		task = g_new0(struct task, 1);
		task->pid = pid;
		task->state = '?';
		task->cpu = -1;
		task->frames = g_ptr_array_new_with_free_func(g_free);
		task->held = g_ptr_array_new_with_free_func(splat_lock_free);
		task->held_earlier = g_ptr_array_new_with_free_func(splat_lock_free);
		task->samples = g_ptr_array_new_with_free_func(sample_free);
		task->holds = g_ptr_array_new();
		g_hash_table_insert(snapshot->by_pid, GINT_TO_POINTER((int)pid), task);
	}
	if (comm && *comm) {
		g_free(task->comm);
		task->comm = g_utf8_make_valid(comm, MIN(strlen(comm), 64));
	}
	return task;
}

struct lock *snapshot_lock(struct snapshot *snapshot, const char *id, const char *lock_class)
{
	struct lock *lock;

	for (guint i = 0; i < snapshot->locks->len; i++) {
		lock = snapshot->locks->pdata[i];
		if (g_str_equal(lock->id, id))
			return lock;
	}
	lock = g_new0(struct lock, 1);
	lock->id = g_utf8_make_valid(id, -1);
	lock->lock_class = g_utf8_make_valid(lock_class, -1);
	lock->holders = g_ptr_array_new();
	g_ptr_array_add(snapshot->locks, lock);
	return lock;
}

struct lock *snapshot_named(struct snapshot *snapshot, const char *lock_class)
{
	for (guint i = 0; i < snapshot->locks->len; i++) {
		struct lock *lock = snapshot->locks->pdata[i];

		if (g_str_equal(lock->lock_class, lock_class))
			return lock;
	}
	return snapshot_lock(snapshot, lock_class, lock_class);
}

static gint by_pid(gconstpointer a, gconstpointer b)
{
	const struct task *one = *(struct task *const *)a, *two = *(struct task *const *)b;

	return one->pid < two->pid ? -1 : one->pid > two->pid;
}

void snapshot_done(struct snapshot *snapshot)
{
	GHashTableIter iter;
	gpointer task;

	g_ptr_array_set_size(snapshot->tasks, 0);
	g_hash_table_iter_init(&iter, snapshot->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, &task))
		g_ptr_array_add(snapshot->tasks, task);
	g_ptr_array_sort(snapshot->tasks, by_pid);
}
