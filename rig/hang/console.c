// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads tasks from a console: the output of SysRq d, w, t and l, hung-task reports and backtraces
 * of lockups. Later text about a task replaces earlier text. Lists of locks inside other reports
 * are not read, because they describe an earlier moment.
 *
 *	kernel/sched/core.c sched_show_task()	task:NAME state:D stack:0 pid:38 ppid:1 flags:0x…
 *	kernel/locking/lockdep.c		3 locks held by NAME/PID:
 *						 #0: ffff… (CLASS){++++}-{0:0}, at: f+0x1/0x2
 *	kernel/hung_task.c (from 6.15):
 *	  INFO: task A:1 is blocked on a mutex likely owned by task B:2.
 *	  INFO: task A:1 <reader> blocked on an rw-semaphore likely owned by task B:2 <writer>
 *	  INFO: task A:1 blocked on a semaphore likely last held by task B:2
 *	lib/nmi_backtrace.c			NMI backtrace for cpu 1
 *	lib/dump_stack.c			CPU: 1 PID: 38 Comm: init Not tainted …
 *	drivers/tty/sysrq.c showacpu()		sysrq: CPU1:
 *	  (if no NMI can be sent; the stack's address shows the task)
 *	arch/powerpc/kernel/stacktrace.c:
 *	  irq_soft_mask: 0x01 in_mce: 0 in_nmi: 0 current: 38 (init)
 */
#include <string.h>

#include "hang/internal.h"

#define STACK_MIN (8 * 1024)  /* minimum size of a task's stack in bytes */
#define STACK_MAX (64 * 1024) /* maximum size of a task's stack in bytes */

/*
 * What was read last from one printk caller, a task or a CPU. The lines of several callers can be
 * interleaved, so each caller has a context of its own. Without CONFIG_PRINTK_CALLER, there is a
 * single one.
 */
struct context {
	/* the name of the caller in its lines ("T38", "C1"), the key in `contexts` */
	char *caller;
	struct task *task;     /* the task whose stack is being read, or NULL */
	struct task *holder;   /* the task whose list of locks is being read, or NULL */
	struct sample *sample; /* the CPU sample whose stack is being read, or NULL */
	int cpu;	       /* the N of the last line "NMI backtrace for cpu N" */
	gboolean leaves; /* the last line was "… is leaving the kernel with locks still held!" */
};

struct reader {
	struct snapshot *snapshot;
	GHashTable *contexts; /* caller -> struct context */
	/* of struct sample: samples whose task is not known yet */
	GPtrArray *unassigned;
	gboolean all_locks; /* the lines of "Showing all locks held in the system" are being read */
	guint64 line;
};

enum {
	RE_TASK, RE_OWNER, RE_HELD, RE_LOCK, RE_CPU, RE_NMI, RE_SHOW, RE_PACA, RE_LEAVES, N_RE
};

#define WHO "(.{1,64}?):(\\d{1,9})"
static const char *const patterns[N_RE] = {
	[RE_TASK] = "^task:(.{1,64}?)\\s+state:(\\S)\\b.*\\bpid:\\s*(\\d{1,9})\\b",
	[RE_OWNER] =
		"^INFO: task " WHO
		"(?: <\\w+>)?(?: is)? blocked on an? ([a-z-]+) likely (?:owned|last held) by "
		"task " WHO
		"\\b",
	[RE_HELD] = "^(?:(\\d{1,4}) locks?|no locks) held by (.{1,64})/(\\d{1,9})[:.]",
	[RE_LOCK] = "^\\s*#(\\d{1,3}): ",
	[RE_CPU] =
		"^CPU: (\\d{1,5})(?: UID: \\d+)? PID: (\\d{1,9}) Comm: (.{1,64}"
		"?) (?:Not t|T)ainted",
	[RE_NMI] = "^NMI backtrace for cpu (\\d{1,5})(?! skipped)",
	[RE_SHOW] = "^sysrq: CPU(\\d{1,5}):$",
	[RE_PACA] = "^irq_soft_mask: 0x([0-9a-f]+) .*current: (\\d{1,9}) \\((.*)\\)",
	[RE_LEAVES] = "^(.{1,64})/(\\d{1,9}) is leaving the kernel with locks still held!",
};

static gboolean match(guint which, const char *text, GMatchInfo **ret)
{
	static GRegex *compiled[N_RE];

	if (g_once_init_enter(&compiled[which]))
		g_once_init_leave(
			&compiled[which],
			g_regex_new(patterns[which], G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL));
	return g_regex_match(compiled[which], text, 0, ret);
}

static gint64 fetch_number(const GMatchInfo *info, int group, guint base)
{
	g_autofree char *text = g_match_info_fetch(info, group);

	return text ? g_ascii_strtoll(text, NULL, base) : 0;
}

static void context_reset(struct context *t)
{
	t->task = t->holder = NULL;
	t->sample = NULL;
	t->leaves = FALSE;
}

static gboolean read_task(struct reader *r, struct context *t, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;
	g_autofree char *comm = NULL, *state = NULL;

	if (!g_str_has_prefix(text, "task:") || !match(RE_TASK, text, &info))
		return FALSE;
	comm = g_match_info_fetch(info, 1);
	state = g_match_info_fetch(info, 2);
	context_reset(t);
	t->task = snapshot_task(r->snapshot, fetch_number(info, 3, 10), comm);
	if (!t->task)
		return TRUE;
	if (*state == 'R' && t->task->state != 'R' && t->task->frames->len) {
		g_clear_pointer(&t->task->slept, g_ptr_array_unref);
		t->task->slept = g_steal_pointer(&t->task->frames);
		t->task->slept_state = t->task->state;
		t->task->frames = g_ptr_array_new_with_free_func(g_free);
	}
	t->task->state = *state;
	t->task->order = r->line;
	g_ptr_array_set_size(t->task->frames, 0);
	return TRUE;
}

/*
 * Uses the stack in an earlier dump for tasks that ran during the last dump, because that has no
 * stacks of running tasks. A task that slept before and runs now sleeps and wakes repeatedly: it
 * polls.
 */
static void keep_sleepers(const struct snapshot *snapshot)
{
	GHashTableIter iter;
	struct task *task;

	g_hash_table_iter_init(&iter, snapshot->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&task)) {
		if (!task->slept || task->frames->len > 1)
			continue;
		g_ptr_array_unref(task->frames);
		task->frames = g_steal_pointer(&task->slept);
		task->state = task->slept_state;
	}
}

static gboolean read_owner(struct reader *r, struct context *t, const char *text)
{
	g_autofree char *waits = NULL, *owns = NULL;
	g_autoptr(GMatchInfo) info = NULL;
	struct task *waiter, *owner;

	if (!strstr(text, " likely ") || !match(RE_OWNER, text, &info))
		return FALSE;
	context_reset(t);
	waits = g_match_info_fetch(info, 1);
	owns = g_match_info_fetch(info, 4);
	waiter = snapshot_task(r->snapshot, fetch_number(info, 2, 10), waits);
	owner = snapshot_task(r->snapshot, fetch_number(info, 5, 10), owns);
	if (!waiter || !owner)
		return TRUE;
	waiter->likely_owner = owner->pid;
	g_free(waiter->likely_what);
	waiter->likely_what = g_match_info_fetch(info, 3);
	return TRUE;
}

static gboolean read_held(struct reader *r, struct context *t, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;
	g_autofree char *comm = NULL;

	if (!strstr(text, " held by ") || !match(RE_HELD, text, &info))
		return FALSE;
	context_reset(t);
	if (!r->all_locks)
		return TRUE;
	comm = g_match_info_fetch(info, 2);
	t->holder = snapshot_task(r->snapshot, fetch_number(info, 3, 10), comm);
	if (t->holder) {
		g_ptr_array_set_size(t->holder->held, 0);
		t->holder->held_said = fetch_number(info, 1, 10);
	}
	return TRUE;
}

static gboolean read_lock(struct reader *r, struct context *t, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;
	struct splat_lock lock;
	int end;

	if ((!t->holder && !t->leaves) || !match(RE_LOCK, text, &info) ||
	    !g_match_info_fetch_pos(info, 0, NULL, &end) || !lock_parse(text + end, &lock))
		return FALSE;
	if (t->leaves && lock.lock_class) {
		/* overwrites the lock of the line before: the last one in the list is reported */
		g_free(r->snapshot->left_held);
		g_free(r->snapshot->left_held_by);
		r->snapshot->left_held = g_strdup(lock.lock_class);
		r->snapshot->left_held_by = g_strdup(lock.function);
	}
	if (t->holder && t->holder->held->len < HELD_MAX)
		g_ptr_array_add(t->holder->held, g_memdup2(&lock, sizeof(lock)));
	else
		splat_lock_clear(&lock);
	return TRUE;
}

static struct sample *sample_new(int cpu)
{
	struct sample *sample = g_new0(struct sample, 1);

	sample->frames = g_ptr_array_new_with_free_func(g_free);
	sample->cpu = cpu;
	return sample;
}

static void add_sample(struct task *task, struct sample *sample)
{
	if (task->samples->len >= SAMPLES_MAX)
		g_ptr_array_remove_index(task->samples, 0);
	task->cpu = sample->cpu;
	g_ptr_array_add(task->samples, sample);
}

/* Starts a sample of CPU, which runs the task PID. The next lines are the stack in this sample. */
static void begin_sample(struct reader *r, struct context *t, gint64 pid, const char *comm, int cpu)
{
	struct task *task = snapshot_task(r->snapshot, pid, comm);

	context_reset(t);
	if (!task)
		return;
	t->sample = sample_new(cpu);
	add_sample(task, t->sample);
}

/*
 * Starts a sample of CPU after a line that does not name the task; assign_samples() finds the task.
 */
static void begin_unassigned(struct reader *r, struct context *t, int cpu)
{
	context_reset(t);
	if (r->unassigned->len >= TASKS_MAX)
		return;
	t->sample = sample_new(cpu);
	g_ptr_array_add(r->unassigned, t->sample);
}

/*
 * Returns TRUE if the printed stack of TASK is useless, because the task was running when it was
 * printed. The stack of a sleeping task begins with __switch_to() and __schedule(). That of a
 * running task has frames of its last sleep below __switch_to(), but not __schedule().
 */
static gboolean has_stale_stack(const struct task *task)
{
	struct frame **frames = (struct frame **)task->frames->pdata;
	guint n = task->frames->len;

	return !n || (!strcmp(frames[0]->name, "__switch_to") &&
		      (n == 1 || strcmp(frames[1]->name, "__schedule")));
}

/*
 * Finds the task of SAMPLE by the address of its stack. Of these rules, the first that applies is
 * used:
 *
 * 1. A task whose printed stack is in the same block of STACK_MIN bytes: the outermost frames of
 * both are near the top of the same stack.
 *
 * 2. The only running task whose stack was not printed.
 *
 * 3. The task whose stack address is the nearest lower one, because stacks do not overlap.
 */
static struct task *owner_of(const struct snapshot *snapshot, const struct sample *sample)
{
	struct task *below = NULL, *running = NULL, *task;
	guint n_running = 0;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, snapshot->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&task)) {
		if (task->state == 'R' && !task->stack &&
		    (sample->stack || has_stale_stack(task))) {
			running = task;
			n_running++;
		}
		if (!task->stack || task->stack > sample->stack ||
		    sample->stack - task->stack >= STACK_MAX)
			continue;
		if (task->stack / STACK_MIN == sample->stack / STACK_MIN)
			return task;
		if (!below || task->stack > below->stack)
			below = task;
	}
	return n_running == 1 ? running : below;
}

static void assign_samples(struct reader *r)
{
	for (guint i = 0; i < r->unassigned->len; i++) {
		struct sample *sample = r->unassigned->pdata[i];
		struct task *owner = owner_of(r->snapshot, sample);

		if (owner)
			add_sample(owner, sample);
		else
			sample_free(sample);
	}
	g_ptr_array_unref(r->unassigned);
}

static gboolean read_cpu(struct reader *r, struct context *t, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;
	g_autofree char *comm = NULL;

	if (match(RE_NMI, text, &info)) {
		context_reset(t);
		t->cpu = fetch_number(info, 1, 10);
		return TRUE;
	}
	g_clear_pointer(&info, g_match_info_free);
	if (match(RE_CPU, text, &info)) {
		comm = g_match_info_fetch(info, 3);
		begin_sample(r, t, fetch_number(info, 2, 10), comm, fetch_number(info, 1, 10));
		return TRUE;
	}
	g_clear_pointer(&info, g_match_info_free);
	if (match(RE_SHOW, text, &info)) {
		/*
		 * if the printk caller is a task ("T38"), it requested the backtraces, and runs on
		 * this CPU itself
		 */
		if (*t->caller == 'T')
			begin_sample(r, t, g_ascii_strtoll(t->caller + 1, NULL, 10), NULL,
				     fetch_number(info, 1, 10));
		else
			begin_unassigned(r, t, fetch_number(info, 1, 10));
		return TRUE;
	}
	g_clear_pointer(&info, g_match_info_free);
	if (!match(RE_PACA, text, &info))
		return FALSE;
	comm = g_match_info_fetch(info, 3);
	begin_sample(r, t, fetch_number(info, 2, 10), comm, -1);
	if (t->sample)
		t->sample->irqs_off = fetch_number(info, 1, 16) & 1;
	return TRUE;
}

static void read_all_locks(struct reader *r)
{
	GHashTableIter iter;
	gpointer data;

	r->all_locks = TRUE;
	r->snapshot->lockdep_lists++;
	g_hash_table_iter_init(&iter, r->snapshot->by_pid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct task *task = data;

		g_ptr_array_unref(task->held_earlier);
		task->held_earlier = task->held;
		task->held = g_ptr_array_new_with_free_func(splat_lock_free);
		task->held_before = task->held_said;
		task->held_said = 0;
	}
}

static gboolean read_leaves(struct reader *r, struct context *t, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;
	g_autofree char *comm = NULL;

	if (!strstr(text, "is leaving the kernel") || !match(RE_LEAVES, text, &info))
		return FALSE;
	context_reset(t);
	comm = g_match_info_fetch(info, 1);
	r->snapshot->left_pid = fetch_number(info, 2, 10);
	snapshot_task(r->snapshot, r->snapshot->left_pid, comm);
	t->leaves = TRUE;
	return TRUE;
}

static void read_line(const struct line *line, void *data)
{
	struct reader *r = data;
	struct context *t = g_hash_table_lookup(r->contexts, line->caller);
	const char *text = line->text;

	r->line++;
	if (!t) {
		if (g_hash_table_size(r->contexts) >= TASKS_MAX)
			return;
		t = g_new0(struct context, 1);
		t->cpu = -1;
		t->caller = g_strdup(line->caller);
		g_hash_table_insert(r->contexts, t->caller, t);
	}
	if (strstr(text, "Showing all locks held in the system:")) {
		read_all_locks(r);
		context_reset(t);
	} else if (strstr(text, "Show backtrace of all active CPUs") ||
		   strstr(text, "Show backtrace of all CPUs")) {
		r->snapshot->rounds++;
	} else if (r->all_locks && g_str_has_prefix(text, "=====")) {
		r->all_locks = FALSE;
		context_reset(t);
	} else if (!read_task(r, t, text) && !read_owner(r, t, text) && !read_held(r, t, text) &&
		   !read_leaves(r, t, text) && !read_cpu(r, t, text) && !read_lock(r, t, text) &&
		   (t->task || t->sample)) {
		stack_read(t->task, t->sample, text);
	}
}

void console_lines(const char *text, gsize len, console_line take, void *data)
{
	for (const char *p = text, *end = text + len; p < end;) {
		const char *newline = memchr(p, '\n', end - p);
		gsize n = (newline ? newline : end) - p;
		char copy[2048];
		struct line line = {0};
		gsize kept = MIN(n, sizeof(copy) - 1);

		memcpy(copy, p, kept);
		copy[kept] = '\0';
		prefix_strip(copy, kept, &line);
		take(&line, data);
		p += n + 1;
	}
}

void console_read(struct snapshot *snapshot, const char *text, gsize len)
{
	struct reader r = {
		.snapshot = snapshot,
		.contexts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.unassigned = g_ptr_array_new(),
	};

	console_lines(text, len, read_line, &r);
	assign_samples(&r);
	keep_sleepers(r.snapshot);
	g_hash_table_unref(r.contexts);
}
