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
 *	compare.c	whether samples of two moments agree
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
	WAIT_LOCK, /* waits for a lock: the last one in lockdep's list */
	/* waits for a lock of this class, whatever lockdep lists; perhaps by polling */
	WAIT_NAMED,
	WAIT_DRAIN, /* waits until no task uses a sysfs file */
	WAIT_TASK,  /* waits for another task's reply */
	WAIT_EVENT, /* waits for something that is not a lock */
	WAIT_SLEEP, /* a time */
	WAIT_IDLE,  /* waits for work: the task is idle */
};

/* A row of waits.c. */
struct wait {
	const char *function; /* a function on the stack; a trailing * matches any rest */
	enum wait_kind kind;
	const char *what; /* NAMED: the lock's class; TASK: the task's name; else words */
	gboolean weak;	  /* if a caller has a row, too, that row is used */
};

/* Where a CPU or a task was when it was sampled. */
struct sample {
	GPtrArray *frames; /* of struct frame */
	int cpu;
	guint64 pc;    /* instruction pointer, 0 if only the function is known */
	guint64 stack; /* address of its outermost frame on the stack, 0 if not printed */
	gboolean irqs_off, user, flagged; /* flagged: its own registers have been read */
	gboolean entered;		  /* powerpc: the last frame is that of NIP or of the link
					   * register */
	char *came_into;		  /* the function that the CPU's present interrupt
					   * interrupted, or NULL */
};

struct lock;

/* A lock that a task holds or is about to get. */
struct hold {
	struct lock *lock;
	char *function; /* that acquired it, or NULL */
};

struct task {
	int pid;
	char *comm;
	char state;	     /* 'D', 'S', 'R', …; '?' unknown */
	int cpu;	     /* it was last seen on, -1 if none */
	GPtrArray *frames;   /* of struct frame: its stack, innermost first */
	GPtrArray *slept;    /* the stack of the dump before, if the task runs now; or NULL */
	char slept_state;    /* its state in that dump */
	/* of struct frame: its stack in the guest's own list of tasks, or NULL */
	GPtrArray *listed;
	/* of struct splat_lock, in lockdep's order; the task may still wait for the last one */
	GPtrArray *held;
	/* the locks in lockdep's previous list, empty if there was none */
	GPtrArray *held_earlier;
	guint held_said;     /* number of locks in the heading of the list */
	guint held_before;   /* number of locks in the heading of the previous list */
	int likely_owner;    /* pid of the owner that the hung-task report names, 0 if none */
	char *likely_what;   /* "mutex", "rw-semaphore", "semaphore" */
	GPtrArray *samples;  /* of struct sample, oldest first */
	guint64 stack;	     /* an address in its stack, 0 if the frames have no addresses */
	guint64 order;	     /* line of the newest text about it */
	gboolean confirmed;  /* QEMU's registers show the CPU in the function of a sample, with
			      * interrupts off */

	/* from the memory image */
	gboolean imaged;
	char *image_wait;    /* id of the lock it waits for, or NULL */
	/* kind ("kernfs", "completion") and name of what it waits for, if that is not a lock */
	char *image_kind, *image_name;

	/* edges.c */
	const struct wait *wait;
	struct lock *wanted;
	gboolean wanted_polls; /* the task polls */
	GPtrArray *holds;      /* of struct lock * */
	guint mark;
};

struct lock {
	char *id;	  /* instance, or the class if the instance is unknown */
	char *lock_class; /* "&dev->mutex" */
	char *name;	  /* "memory33": the device that it belongs to, or NULL */
	GPtrArray *holders; /* of struct task * */
	gboolean gone;	    /* its owner word names a task that does not exist */
	gboolean unowned;   /* the memory image shows no task inside code that holds it */
	gboolean held;	    /* the memory image shows it held */
	gboolean guessed;   /* the holder was inferred from functions on its stack */
	guint waiters;
};

/* Everything that was read. */
struct snapshot {
	GHashTable *by_pid; /* pid -> struct task, owned */
	GPtrArray *tasks;   /* the same, in order of pid; filled by snapshot_done() */
	GPtrArray *locks;   /* of struct lock, owned */
	guint rounds;	    /* how often all CPUs were sampled */
	guint lockdep_lists; /* how often lockdep listed all locks */
	gboolean image;
	char *left_held;    /* class of a lock that a task held when it returned to user space
			     * (lockdep) */
	char *left_held_by; /* the function that acquired it, or NULL */
	int left_pid;
};

void sample_free(gpointer sample);
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);
/* Creates the task if it is unknown; NULL if there are too many. COMM may be NULL. */
struct task *snapshot_task(struct snapshot *snapshot, gint64 pid, const char *comm);
struct task *snapshot_find(const struct snapshot *snapshot, int pid);
/* Finds a lock by its id, else creates it. */
struct lock *snapshot_lock(struct snapshot *snapshot, const char *id, const char *lock_class);
/* The only lock of that class, or a new one with the class as its id. */
struct lock *snapshot_named(struct snapshot *snapshot, const char *lock_class);
void snapshot_done(struct snapshot *snapshot);

void console_read(struct snapshot *snapshot, const char *text, gsize len);
/* Reads one line of the stack of SAMPLE, or, if that is NULL, of TASK. */
void stack_read(struct task *task, struct sample *sample, const char *text);
void tasks_read(struct snapshot *snapshot, const char *text);
/* Converts lines of a stack ("f+0x1/0x2") to an array of struct frame, which the caller frees. */
GPtrArray *frames_read(const GPtrArray *lines);
void registers_read(struct snapshot *snapshot, const char *text);
void owners_read(struct snapshot *snapshot, json_t *owners);

/* waits.c */
gboolean function_is(const char *name, const char *pattern);
/*
 * TRUE: NAME is a function of the scheduler or of a lock's slow path, which does not show what a
 * task does.
 */
gboolean frame_is_waiting(const char *name);
/* The best matching row of the table of waits for a stack; NULL if none matches. */
const struct wait *wait_of(const GPtrArray *frames);
/*
 * TRUE: the task is idle: a kernel thread in its own loop, or a program that waits for time or
 * input.
 */
gboolean task_is_idle(const struct task *task);
/* The function on the stack that holds a lock of this class, or NULL. */
const char *holds_by_stack(const GPtrArray *frames, const char *lock_class);
/* TRUE: a task inside the function is known to hold a lock. */
gboolean holds_something(const char *name);
/* The innermost function on the stack for which holds_something() is TRUE, or NULL. */
const char *operation_in(const GPtrArray *frames);
/* The first function that neither waits nor is generic; "?" if there is none. */
const char *task_function(const struct task *task);

/* edges.c: fills wait, wanted, holds, holders, waiters. */
void edges_make(struct snapshot *snapshot);
/*
 * The holder of the lock that TASK waits for, preferably one that itself waits for a lock; NULL if
 * none is known.
 */
struct task *edge_next(const struct task *task);
gboolean task_runs(const struct task *task);

/*
 * compare.c. Samples of one task are of different moments, so that a task which makes progress can
 * seem to hold a lock and to be idle.
 */

/*
 * TRUE: in one round of samples the task was on a CPU and in another it was not, with another
 * number of locks each time.
 */
gboolean task_moves(const struct snapshot *snapshot, const struct task *task);
/* TRUE: no earlier sample contradicts that TASK was idle all along and held LOCK. */
gboolean idle_owner_is_same(const struct snapshot *snapshot, const struct task *task,
			    const struct lock *lock);
/*
 * TRUE: no earlier list contradicts that LOCK, which no task holds now, had no holder then either.
 */
gboolean unheld_lock_is_same(const struct snapshot *snapshot, const struct lock *lock);

/* explain.c */
struct hang {
	struct snapshot *snapshot;
	enum hang_kind kind;
	GPtrArray *story;  /* of struct task *: the cycle, or the chain from a waiter to the
			   * culprit */
	struct lock *lock; /* the lock that was never released, or that the culprit holds */
	struct task *culprit;
	const char *function; /* the culprit's function; borrowed */
	guint seen;	      /* number of samples that have it */
	char **cycle;	      /* the lock classes, least one first, NULL-terminated; or NULL */
	char *title;
	char **sentences;
	char *signature[3];
};

/* describe.c */
void describe(struct hang *hang);
char *task_text(const struct task *task);	  /* "kworker/0:1/34" */
char *lock_text(const struct lock *lock); /* "&dev->mutex of memory33" */

#endif
