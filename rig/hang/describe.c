// SPDX-License-Identifier: GPL-2.0-only
/* Describes an explanation: a sentence for each involved task, a title, and a signature. */
#include <string.h>

#include "hang/internal.h"

const char *hang_kind_name(enum hang_kind kind)
{
	static const char *const names[] = {
		[HANG_NONE] = "none",	   [HANG_CYCLE] = "hang-cycle", [HANG_CPU] = "hang-cpu",
		[HANG_LEAK] = "hang-leak", [HANG_LOOP] = "hang-loop",	[HANG_WAIT] = "hang-wait",
		[HANG_UNEXPLAINED] = "hang-unexplained",
	};

	return names[kind];
}

char *task_text(const struct task *task)
{
	return g_strdup_printf("%s/%d", task->comm ? task->comm : "?", task->pid);
}

char *lock_text(const struct lock *lock)
{
	/*
	 * not a lock: edges.c handles a task that waits for kthreadd as if it waited for a lock of
	 * this name
	 */
	if (!strcmp(lock->lock_class, "kthreadd"))
		return g_strdup("kthreadd's answer");
	if (!strcmp(lock->lock_class, "kn->active"))
		return g_strdup_printf("the sysfs file%s%s", lock->name ? " " : "",
				       lock->name ? lock->name : "");
	return lock->name ? g_strdup_printf("%s of %s", lock->lock_class, lock->name)
			  : g_strdup(lock->lock_class);
}

/*
 * Returns the locks that TASK holds and other tasks wait for, as a text such as "mem_hotplug_lock
 * and device_hotplug_lock".
 */
static char *holds_text(const struct task *task)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < task->holds->len; i++) {
		const struct lock *lock = task->holds->pdata[i];

		if (lock->waiters && words->len < 6)
			g_ptr_array_add(words, lock_text(lock));
	}
	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(text, "%s%s", !i ? "" : i + 1 < words->len ? ", " : " and ",
				       (char *)words->pdata[i]);
	return g_string_free(text, FALSE);
}

/*
 * Returns what TASK, which waits for no lock, waits for: for example "a completion", with the name
 * if a memory image shows it.
 */
static char *waits_for(const struct task *task)
{
	if (task->image_kind && task->image_name)
		return g_strdup_printf("the %s %s", task->image_kind, task->image_name);
	if (task->wait && task->wait->what)
		return g_strdup(task->wait->what);
	return g_strdup(task->image_kind ? task->image_kind : "something");
}

static char *wait_text(const struct task *task)
{
	g_autofree char *lock = NULL, *what = NULL;

	if (task->wanted) {
		lock = lock_text(task->wanted);
		if (task->wait && task->wait->kind == WAIT_DRAIN)
			return g_strdup_printf("waits until no task uses %s", lock);
		return g_strdup_printf(
			task->wanted_polls ? "tries repeatedly to get %s" : "waits for %s", lock);
	}
	if (task->image_kind || (task->wait && task->wait->what)) {
		what = waits_for(task);
		return g_strdup_printf("waits for %s", what);
	}
	return g_strdup(task->state == 'D' ? "waits" : "does not wait for a lock");
}

/* Returns a sentence for a task that waits: "init/57 holds A and waits for B, in f". */
static char *waiter_sentence(const struct task *task)
{
	g_autofree char *who = task_text(task), *holds = holds_text(task), *wants = wait_text(task);

	return g_strdup_printf("%s %s%s%s%s, in %s()", who, *holds ? "holds " : "", holds,
			       *holds ? " and " : "", wants, task_function(task));
}

static char *list_classes(char **classes, const char *between)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; classes[i]; i++)
		g_string_append_printf(text, "%s%s", i ? between : "", classes[i]);
	return g_string_free(text, FALSE);
}

static char *held_by(const struct hang *hang)
{
	g_autofree char *lock = hang->lock ? lock_text(hang->lock) : NULL;

	return lock ? g_strdup_printf(" with %s held", lock) : g_strdup("");
}

static char *cycle_title(const struct hang *hang)
{
	g_autofree char *classes = list_classes(hang->cycle, " --> ");

	return hang->story->len == 1 ? g_strdup_printf("self-deadlock on %s", classes)
				     : g_strdup_printf("deadlock of %u tasks: %s --> %s",
						       hang->story->len, classes, hang->cycle[0]);
}

static char *cpu_title(const struct hang *hang)
{
	return g_strdup_printf("CPU stuck with interrupts off in %s", hang->function);
}

static char *leak_title(const struct hang *hang)
{
	return g_strdup_printf("%s was never released", hang->lock->lock_class);
}

static char *loop_title(const struct hang *hang)
{
	return g_strdup_printf("endless loop in %s%s%s", hang->function,
			       hang->lock ? " under " : "",
			       hang->lock ? hang->lock->lock_class : "");
}

static char *wait_title(const struct hang *hang)
{
	g_autofree char *what = waits_for(hang->culprit);

	return g_strdup_printf("%s waits for %s%s%s%s", hang->function, what,
			       hang->lock ? " with " : "", hang->lock ? hang->lock->lock_class : "",
			       hang->lock ? " held" : "");
}

static char *unexplained_title(const struct hang *hang)
{
	return g_strdup_printf("no known holder of %s",
			       hang->lock ? hang->lock->lock_class : "the awaited object");
}

/* Returns the last sentence of the explanation if it is a cycle. */
static char *cycle_end(const struct hang *hang)
{
	return g_strdup(hang->story->len == 1 ? "it waits for a lock that it holds itself"
					      : "so each task waits for the next one");
}

static char *cpu_end(const struct hang *hang)
{
	g_autofree char *who = task_text(hang->culprit);

	if (hang->seen == 1)
		return g_strdup_printf(
			"%s keeps CPU %d in %s() with interrupts off, and another CPU waits for "
			"its response",
			who, hang->culprit->cpu, hang->function);
	return g_strdup_printf("%s keeps CPU %d in %s() with interrupts off, seen %u times", who,
			       hang->culprit->cpu, hang->function, hang->seen);
}

static char *leak_end(const struct hang *hang)
{
	g_autofree char *lock = lock_text(hang->lock);
	g_autofree char *who = hang->culprit ? task_text(hang->culprit) : NULL;

	if (hang->snapshot->left_held)
		return g_strdup_printf("%s returned to user space with %s held, acquired in %s()",
				       who ? who : "a task", lock,
				       hang->function ? hang->function : "?");
	if (hang->culprit && hang->culprit->wanted)
		return g_strdup_printf(
			"no task can release %s: its owner has exited or does something else",
			lock);
	return g_strdup_printf("%s holds %s and does not release it: it is %s", who, lock,
			       task_is_idle(hang->culprit) ? "idle" : "in user space");
}

static char *loop_end(const struct hang *hang)
{
	g_autofree char *who = task_text(hang->culprit), *held = held_by(hang);

	/* one sample does not show that the task stays in the function */
	if (hang->culprit->samples->len < 2)
		return g_strdup_printf("%s runs in %s()%s", who, hang->function, held);
	return g_strdup_printf("%s runs in %s()%s, seen there %u times", who, hang->function, held,
			       hang->culprit->samples->len);
}

static char *wait_end(const struct hang *hang)
{
	g_autofree char *who = task_text(hang->culprit), *held = held_by(hang),
			*what = waits_for(hang->culprit);

	return g_strdup_printf(
		"%s waits for %s in %s()%s, which has no owner: the task that must complete it is "
		"unknown",
		who, what, hang->function, held);
}

static char *unexplained_end(const struct hang *hang)
{
	g_autofree char *lock = hang->lock ? lock_text(hang->lock) : g_strdup("what it waits for");
	g_autofree char *who = task_text(hang->culprit);

	if (!hang->culprit->wanted)
		return g_strdup_printf(
			"the samples of %s differ, so it is unknown whether this task holds %s",
			who, lock);
	return g_strdup_printf(
		"the holder of %s is unknown; a memory image and the kernel's DWARF would show it",
		lock);
}

static char *loop_key(const struct hang *hang)
{
	return g_strdup(hang->function);
}

/*
 * Returns the key of a cycle, which is equal for equal hangs: it contains lock classes and
 * functions, but not addresses and tasks, and begins with the alphabetically first class.
 */
static char *cycle_key(const struct hang *hang)
{
	return list_classes(hang->cycle, " --> ");
}

static char *function_key(const struct hang *hang)
{
	return g_strdup_printf("%s%s%s", hang->function, hang->lock ? " | " : "",
			       hang->lock ? hang->lock->lock_class : "");
}

static char *lock_key(const struct hang *hang)
{
	return g_strdup(hang->lock ? hang->lock->lock_class : "?");
}

static const struct {
	char *(*title)(const struct hang *hang);
	char *(*end)(const struct hang *hang);
	char *(*key)(const struct hang *hang);
	/*
	 * FALSE if the last task waits for no lock, so that `end` describes it, instead of a
	 * sentence about its wait
	 */
	gboolean all_wait;
} words[] = {
	[HANG_CYCLE] = {cycle_title, cycle_end, cycle_key, TRUE},
	[HANG_CPU] = {cpu_title, cpu_end, function_key, FALSE},
	[HANG_LEAK] = {leak_title, leak_end, lock_key, FALSE},
	[HANG_LOOP] = {loop_title, loop_end, loop_key, FALSE},
	[HANG_WAIT] = {wait_title, wait_end, function_key, FALSE},
	[HANG_UNEXPLAINED] = {unexplained_title, unexplained_end, function_key, TRUE},
};

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Makes the three levels of the signature. `bug` is the kind and the key. `path` adds the functions
 * of all involved tasks, sorted; `exact` adds a hash of all their frames.
 */
static void sign(struct hang *hang)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(GPtrArray) functions = g_ptr_array_new();
	g_autofree char *key = words[hang->kind].key(hang);
	GString *path = g_string_new(NULL);

	for (guint i = 0; i < hang->story->len; i++) {
		const struct task *task = hang->story->pdata[i];

		g_ptr_array_add(functions, (gpointer)task_function(task));
		for (guint f = 0; f < task->frames->len; f++) {
			const struct frame *frame = task->frames->pdata[f];
			g_autofree char *line = g_strdup_printf("%s+%" G_GINT64_MODIFIER "x\n",
								frame->name, frame->offset);

			g_checksum_update(sum, (const guchar *)line, -1);
		}
	}
	g_ptr_array_sort(functions, by_name);
	hang->signature[0] = g_strdup_printf("v1:%s:%s", hang_kind_name(hang->kind), key);
	g_string_append(path, hang->signature[0]);
	for (guint i = 0; i < functions->len; i++)
		g_string_append_printf(path, " @%s", (char *)functions->pdata[i]);
	hang->signature[2] = g_strdup_printf("%s #%.16s", path->str, g_checksum_get_string(sum));
	hang->signature[1] = g_string_free(path, FALSE);
}

void describe(struct hang *hang)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new();

	if (hang->kind == HANG_NONE) {
		hang->title = g_strdup("no task waits");
		hang->sentences = g_new0(char *, 1);
		hang->signature[0] = g_strdup("");
		hang->signature[1] = g_strdup("");
		hang->signature[2] = g_strdup("");
		return;
	}
	hang->title = words[hang->kind].title(hang);
	for (guint i = 0; i < hang->story->len; i++) {
		const struct task *task = hang->story->pdata[i];

		if (words[hang->kind].all_wait || task->wanted)
			g_ptr_array_add(sentences, waiter_sentence(task));
	}
	g_ptr_array_add(sentences, words[hang->kind].end(hang));
	g_ptr_array_add(sentences, NULL);
	hang->sentences = (char **)g_ptr_array_steal(sentences, NULL);
	sign(hang);
}
