// SPDX-License-Identifier: GPL-2.0-only
/* Tasks and locks, as they become known. */
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
	g_free(lock->klass);
	g_free(lock->name);
	g_ptr_array_unref(lock->holders);
	g_free(lock);
}

struct scene *scene_new(void)
{
	struct scene *scene = g_new0(struct scene, 1);

	scene->by_pid = g_hash_table_new_full(NULL, NULL, NULL, task_free);
	scene->tasks = g_ptr_array_new();
	scene->locks = g_ptr_array_new_with_free_func(lock_free);
	return scene;
}

void scene_free(struct scene *scene)
{
	g_hash_table_unref(scene->by_pid);
	g_ptr_array_unref(scene->tasks);
	g_ptr_array_unref(scene->locks);
	g_free(scene->left_held);
	g_free(scene->left_held_by);
	g_free(scene);
}

struct task *scene_find(const struct scene *scene, int pid)
{
	return g_hash_table_lookup(scene->by_pid, GINT_TO_POINTER(pid));
}

struct task *scene_task(struct scene *scene, gint64 pid, const char *comm)
{
	struct task *task;

	/* 0 is every CPU's idle task */
	if (pid <= 0 || pid > G_MAXINT32)
		return NULL;
	task = scene_find(scene, pid);
	if (!task) {
		if (g_hash_table_size(scene->by_pid) >= TASKS_MAX)
			return NULL;
		task = g_new0(struct task, 1);
		task->pid = pid;
		task->state = '?';
		task->cpu = -1;
		task->frames = g_ptr_array_new_with_free_func(g_free);
		task->held = g_ptr_array_new_with_free_func(splat_lock_free);
		task->samples = g_ptr_array_new_with_free_func(sample_free);
		task->holds = g_ptr_array_new();
		g_hash_table_insert(scene->by_pid, GINT_TO_POINTER((int)pid), task);
	}
	if (comm && *comm) {
		g_free(task->comm);
		task->comm = g_utf8_make_valid(comm, MIN(strlen(comm), 64));
	}
	return task;
}

struct lock *scene_lock(struct scene *scene, const char *id, const char *klass)
{
	struct lock *lock;

	for (guint i = 0; i < scene->locks->len; i++) {
		lock = scene->locks->pdata[i];
		if (g_str_equal(lock->id, id))
			return lock;
	}
	lock = g_new0(struct lock, 1);
	lock->id = g_utf8_make_valid(id, -1);
	lock->klass = g_utf8_make_valid(klass, -1);
	lock->holders = g_ptr_array_new();
	g_ptr_array_add(scene->locks, lock);
	return lock;
}

struct lock *scene_named(struct scene *scene, const char *klass)
{
	for (guint i = 0; i < scene->locks->len; i++) {
		struct lock *lock = scene->locks->pdata[i];

		if (g_str_equal(lock->klass, klass))
			return lock;
	}
	return scene_lock(scene, klass, klass);
}

static gint by_pid(gconstpointer a, gconstpointer b)
{
	const struct task *one = *(struct task *const *)a, *two = *(struct task *const *)b;

	return one->pid < two->pid ? -1 : one->pid > two->pid;
}

void scene_done(struct scene *scene)
{
	GHashTableIter iter;
	gpointer task;

	g_ptr_array_set_size(scene->tasks, 0);
	g_hash_table_iter_init(&iter, scene->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, &task))
		g_ptr_array_add(scene->tasks, task);
	g_ptr_array_sort(scene->tasks, by_pid);
}
