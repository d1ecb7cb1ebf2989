/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share. The text passes through them in this order:
 *
 *	console.c	SysRq output, hung tasks, backtraces of CPUs to tasks
 *	stack.c		one line of a stack; arch.c: what differs between architectures
 *	tasks.c		the guest's own list of tasks
 *	registers.c	the CPUs' registers as QEMU has them
 *	owners.c	tasks and locks of the memory image
 *	snapshot.c	keeps the tasks and locks of the above
 *	waits.c		what a stack waits for
 *	edges.c		which task waits for which lock, and which tasks hold it
 *	explain.c	from these to an explanation
 *	describe.c	sentences, title, signature
 *	json.c		the same as JSON; as a report
 */
#ifndef RIG_HANG_INTERNAL_H
#define RIG_HANG_INTERNAL_H

#include "hang/hang.h"
#include "splat/frame.h"
#include "splat/parts.h"

#define TASKS_MAX 4096
#define FRAMES_MAX 64
#define HELD_MAX 64
#define SAMPLES_MAX 16

enum wait_kind {
	WAIT_NOT,
	WAIT_LOCK,  /* a lock: the last one in the list of held ones */
	WAIT_NAMED, /* the lock of that name, whatever else it holds; perhaps by trying again and again */
	WAIT_DRAIN, /* for readers of a sysfs file to leave it */
	WAIT_TASK,  /* for another task's answer */
	WAIT_EVENT, /* something that is no lock */
	WAIT_SLEEP, /* a time */
	WAIT_IDLE,  /* for something to do */
};

/* A row of waits.c. */
struct wait {
	const char *function; /* of a stack; a trailing * stands for any rest */
	enum wait_kind kind;
	const char *what; /* NAMED: the lock's class; TASK: the task's name; else words */
	gboolean weak;	  /* a caller that has a row of its own says it better */
};

/* Where a CPU or a task was seen. */
struct sample {
	GPtrArray *frames; /* of struct frame */
	int cpu;
	guint64 pc;    /* where it was, 0 where only the function is known */
	guint64 stack; /* an address of its outermost frames, 0 where they have none */
	gboolean irqs_off, user, flagged; /* flagged: its own registers have been read */
	gboolean entered;		  /* powerpc: the last frame is NIP's or the link register's */
	char *came_into;		  /* where the CPU was when the interrupt came that it is in, or NULL */
};

struct lock;

/* A lock that a task holds or is about to get. */
struct hold {
	struct lock *lock;
	char *function; /* that took it, or NULL */
};

struct task {
	int pid;
	char *comm;
	char state;	     /* 'D', 'S', 'R', …; '?' unknown */
	int cpu;	     /* that it was seen on, -1 */
	GPtrArray *frames;   /* of struct frame: its stack, innermost first */
	GPtrArray *slept;    /* those of the look before, where it runs by now, or NULL */
	char slept_state;    /* its state then */
	GPtrArray *held;     /* of struct splat_lock, as lockdep lists them; the last may be waited for */
	guint held_said;     /* how many the list said it has */
	guint held_before;   /* the same in the list before, 0: none */
	int likely_owner;    /* pid of who has what it waits for, by the hung task's report; 0 */
	char *likely_what;   /* "mutex", "rw-semaphore", "semaphore" */
	GPtrArray *samples;  /* of struct sample, oldest first */
	guint64 stack;	     /* an address in its stack, 0 where frames are printed without */
	guint64 order;	     /* newest text that told of it */
	gboolean confirmed;  /* QEMU saw its CPU in the function of a sample, with interrupts off */

	/* from the memory image */
	gboolean imaged;
	char *image_wait;    /* id of the lock it waits for, or NULL */
	/* what that is, where it is no lock ("kernfs", "completion"), and what it is called */
	char *image_kind, *image_name;

	/* edges.c */
	const struct wait *wait;
	struct lock *wanted;
	gboolean wanted_polls; /* it tries again and again */
	GPtrArray *holds;      /* of struct lock * */
	guint mark;
};

struct lock {
	char *id;    /* instance, or the class where there is only that */
	char *lock_class; /* "&dev->mutex" */
	char *name;  /* "memory33": which one, or NULL */
	GPtrArray *holders; /* of struct task * */
	gboolean gone;	    /* its owner word names no task that there is */
	gboolean unowned;   /* the memory image shows nobody inside the code that holds it */
	gboolean held;	    /* the memory image shows that it is taken */
	gboolean guessed;   /* a holder was found by what is on its stack */
	guint waiters;
};

/* Everything that was read. */
struct snapshot {
	GHashTable *by_pid; /* pid -> struct task, owned */
	GPtrArray *tasks;   /* the same, in order of pid; filled by snapshot_done() */
	GPtrArray *locks;   /* of struct lock, owned */
	guint rounds;	    /* of samples of all CPUs */
	gboolean lockdep_lists, image;
	char *left_held;    /* class of a lock with which a task went back to user space (lockdep) */
	char *left_held_by; /* the function that took it, or NULL */
	int left_pid;
};

void sample_free(gpointer sample);
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);
/* Makes it where there is none; NULL when there are too many. COMM may be NULL. */
struct task *snapshot_task(struct snapshot *snapshot, gint64 pid, const char *comm);
struct task *snapshot_find(const struct snapshot *snapshot, int pid);
/* By id, else a new one. */
struct lock *snapshot_lock(struct snapshot *snapshot, const char *id, const char *lock_class);
/* The only lock of that class, or a new one that stands for it. */
struct lock *snapshot_named(struct snapshot *snapshot, const char *lock_class);
void snapshot_done(struct snapshot *snapshot);

void console_read(struct snapshot *snapshot, const char *text, gsize len);
/* One line of the stack of SAMPLE, or where that is NULL of TASK. */
void stack_read(struct task *task, struct sample *sample, const char *text);
void tasks_read(struct snapshot *snapshot, const char *text);
void registers_read(struct snapshot *snapshot, const char *text);
void owners_read(struct snapshot *snapshot, json_t *owners);

/* waits.c */
gboolean function_is(const char *name, const char *pattern);
/* Scheduler and lock slow paths: never what a task is named after. */
gboolean frame_is_waiting(const char *name);
/* The best matching row for what the stack waits for; NULL if none matches. */
const struct wait *wait_of(const GPtrArray *frames);
/* Has it nothing to do: a thread in its own loop, a program that waits for time or input? */
gboolean task_is_idle(const struct task *task);
/* Is it inside code that holds the lock of this class? The function's name, or NULL. */
const char *holds_by_stack(const GPtrArray *frames, const char *lock_class);
/* Is it one of the functions whose callers' locks are known: the operation that others wait for? */
gboolean holds_something(const char *name);
/* Of those the innermost on a stack, or NULL. */
const char *operation_in(const GPtrArray *frames);
/* The first function that is neither waiting nor common; "?" where there is none. */
const char *task_function(const struct task *task);

/* edges.c: fills wait, wanted, holds, holders, waiters. */
void edges_make(struct snapshot *snapshot);
/* The first holder of what TASK wants that is not itself satisfied with waiting for nothing; or NULL. */
struct task *edge_next(const struct task *task);
gboolean task_runs(const struct task *task);

/* explain.c */
struct hang {
	struct snapshot *snapshot;
	enum hang_kind kind;
	GPtrArray *story; /* of struct task *: the cycle, or the chain from a waiter to what it ends at */
	struct lock *lock; /* leaked, or held by who loops or waits */
	struct task *culprit;
	const char *function; /* that loops, spins or waits; borrowed */
	guint seen;	      /* … so many times */
	char **cycle;	      /* classes in canonical rotation, NULL-terminated; or NULL */
	char *title;
	char **sentences;
	char *signature[3];
};

/* describe.c */
void describe(struct hang *hang);
char *task_text(const struct task *task);	  /* "kworker/0:1/34" */
char *lock_text(const struct lock *lock); /* "&dev->mutex of memory33" */

#endif
