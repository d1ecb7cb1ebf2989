/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of hang/. The data passes through them in this order:
 *
 *	console.c	reads SysRq output, hung-task reports and backtraces of CPUs
 *	stack.c		reads one line of a stack; arch.c describes the architectures
 *	tasks.c		reads the guest's own list of tasks
 *	registers.c	reads the CPUs' registers from QEMU
 *	owners.c	reads tasks and locks of the memory image
 *	snapshot.c	stores the tasks and locks
 *	waits.c		determines what a stack waits for
 *	edges.c		determines which task waits for which lock, and which tasks hold it
 *	compare.c	checks whether samples of different moments agree
 *	explain.c	makes the explanation
 *	describe.c	makes sentences, title and signature
 *	json.c		converts the explanation to JSON, and to a report
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
	WAIT_NOT,  /* does not wait */
	WAIT_LOCK, /* waits for a lock: the last one in lockdep's list of the task */
	/*
	 * waits for, or polls, a lock of the class `what`, even if another lock is the last one in
	 * lockdep's list
	 */
	WAIT_NAMED,
	WAIT_DRAIN, /* waits until no task uses a certain sysfs file */
	WAIT_TASK,  /* waits for another task's reply */
	WAIT_EVENT, /* waits for something that is not a lock */
	WAIT_SLEEP, /* waits for a time */
	WAIT_IDLE,  /* waits for work: the task is idle */
};

/* A row of the table in waits.c. */
struct wait {
	const char *function; /* a function on the stack; a trailing * matches any suffix */
	enum wait_kind kind;
	/* for WAIT_NAMED the lock's class, for WAIT_TASK the other task's name, otherwise a text */
	const char *what;
	gboolean weak; /* if one of the callers has a row, too, that row is used */
};

/* The place where a CPU or a task was when it was sampled. */
struct sample {
	GPtrArray *frames; /* of struct frame */
	int cpu;
	guint64 pc;    /* instruction pointer, or 0 if only the function is known */
	guint64 stack; /* address of its outermost frame on the stack, or 0 if it was not printed */
	gboolean irqs_off, user;
	gboolean flagged; /* irqs_off and user were read from registers in this sample */
	/* arm64: interrupts are off by their priority, which QEMU's registers do not show */
	gboolean by_priority;
	gboolean entered; /* powerpc: the last frame is from NIP or from the link register */
	/* the function that was interrupted, if the sample was taken in an interrupt; or NULL */
	char *came_into;
};

struct lock;

/* A lock that a task holds or waits for. */
struct hold {
	struct lock *lock;
	char *function; /* the function that acquired the lock, or NULL */
};

struct task {
	int pid;
	char *comm;
	char state;	   /* 'D', 'S', 'R', …; '?' if unknown */
	int cpu;	   /* the CPU on which it was last seen, or -1 */
	GPtrArray *frames; /* its stack: of struct frame, innermost first */
	GPtrArray *slept;  /* if the task runs now, its stack in the previous dump; or NULL */
	char slept_state;  /* its state in the previous dump */
	/* its stack in the guest's own list of tasks: of struct frame; or NULL */
	GPtrArray *listed;
	/* of struct splat_lock, in lockdep's order; the task may still wait for the last one */
	GPtrArray *held;
	/* the locks in lockdep's previous list, empty if there was none */
	GPtrArray *held_earlier;
	guint held_said;    /* number of locks by the list's heading, "N locks held by …" */
	guint held_before;  /* number of locks by the heading of the previous list */
	int likely_owner;   /* pid of the likely owner in the hung-task report, or 0 */
	char *likely_what;  /* "mutex", "rw-semaphore", "semaphore" */
	GPtrArray *samples; /* of struct sample, oldest first */
	guint64 stack;	    /* an address in its stack, or 0 if the frames have no addresses */
	/* line number of the newest text about the task, to decide which text is newer */
	guint64 order;
	/*
	 * QEMU's registers show the task's CPU in the same function as a sample, with interrupts
	 * disabled
	 */
	gboolean confirmed;

	/* read from the memory image */
	gboolean imaged;  /* the image has this task */
	char *image_wait; /* id of the lock that it waits for, or NULL */
	/* kind ("kernfs", "completion") and name of what it waits for, if this is not a lock */
	char *image_kind, *image_name;

	/* set by edges.c */
	const struct wait *wait;
	struct lock *wanted;
	gboolean wanted_polls; /* the task polls the wanted lock */
	GPtrArray *holds;      /* of struct lock * */
	guint mark;	       /* number of the walk in explain.c that has visited the task last */
};

struct lock {
	char *id;	    /* its address, or its class if the address is unknown */
	char *lock_class;   /* "&dev->mutex" */
	char *name;	    /* the device that it belongs to ("memory33"), or NULL */
	GPtrArray *holders; /* of struct task * */
	gboolean gone;	    /* its owner word points to a task that does not exist */
	gboolean unowned;   /* in the memory image, no task is inside code that holds the lock */
	gboolean held;	    /* in the memory image, the lock is held */
	gboolean guessed;   /* the holders were inferred from functions on their stacks */
	guint waiters;
};

/* All tasks and locks that were read. */
struct snapshot {
	GHashTable *by_pid;  /* pid -> struct task, owned */
	GPtrArray *tasks;    /* the same tasks, sorted by pid; filled by snapshot_done() */
	GPtrArray *locks;    /* of struct lock, owned */
	guint rounds;	     /* how many times all CPUs were sampled */
	guint lockdep_lists; /* how many times lockdep listed all locks */
	gboolean image;	     /* a memory image was read */
	/* from lockdep's report "lock held when returning to user space!", or NULL and 0 */
	char *left_held;    /* class of the lock */
	char *left_held_by; /* the function that acquired the lock, or NULL */
	int left_pid;
};

void sample_free(gpointer sample);
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);
/*
 * Returns the task PID, which is added if it is not there, or NULL if PID is not valid or there are
 * too many tasks. COMM may be NULL.
 */
struct task *snapshot_task(struct snapshot *snapshot, gint64 pid, const char *comm);
/* Returns the task PID, or NULL if it is not there. */
struct task *snapshot_find(const struct snapshot *snapshot, int pid);
/* Returns the lock with this id, which is added if it is not there. */
struct lock *snapshot_lock(struct snapshot *snapshot, const char *id, const char *lock_class);
/*
 * Returns the lock of this class if there is exactly one, otherwise the lock whose id is the class,
 * which is added if it is not there.
 */
struct lock *snapshot_named(struct snapshot *snapshot, const char *lock_class);
/* Fills snapshot->tasks. Must be called when all inputs were read. */
void snapshot_done(struct snapshot *snapshot);

/* The functions *_read() add tasks and locks to SNAPSHOT, and ignore what they cannot parse. */
/* Reads LEN bytes of the console. */
void console_read(struct snapshot *snapshot, const char *text, gsize len);
/* Reads one line of a stack: of SAMPLE, or of TASK if SAMPLE is NULL. */
void stack_read(struct task *task, struct sample *sample, const char *text);
/* Reads the file `who`. */
void tasks_read(struct snapshot *snapshot, const char *text);
/* Converts the lines of a stack ("f+0x1/0x2") to an array of struct frame; the caller frees it. */
GPtrArray *frames_read(const GPtrArray *lines);
/* Reads the file `registers`. */
void registers_read(struct snapshot *snapshot, const char *text);
/* Reads owners.json, the result of the analysis of the memory image. */
void owners_read(struct snapshot *snapshot, json_t *owners);

/* waits.c */
gboolean function_is(const char *name, const char *pattern);
/*
 * Returns TRUE if the function NAME belongs to the scheduler or to the slow path of a lock, so that
 * it does not show what the task does.
 */
gboolean frame_is_waiting(const char *name);
/* Returns the row of the table of waits that fits the stack best, or NULL if none does. */
const struct wait *wait_of(const GPtrArray *frames);
/*
 * Returns TRUE if TASK is idle: a kernel thread in its main loop, or a program that waits for time
 * or input.
 */
gboolean task_is_idle(const struct task *task);
/* Returns a function on the stack that holds a lock of this class, or NULL if there is none. */
const char *holds_by_stack(const GPtrArray *frames, const char *lock_class);
/* Returns TRUE if waits.c lists NAME as a function that holds a lock. */
gboolean holds_something(const char *name);
/* Returns the innermost function on the stack for which holds_something() is TRUE, or NULL. */
const char *operation_in(const GPtrArray *frames);
/*
 * Returns the innermost function of the task's stack that neither waits nor is generic, or "?" if
 * there is none.
 */
const char *task_function(const struct task *task);

/* Sets wait, wanted, holds, holders and waiters (edges.c). */
void edges_make(struct snapshot *snapshot);
/*
 * Returns a holder of the lock that TASK waits for, preferably one that waits for a lock itself,
 * or NULL if none is known.
 */
struct task *edge_next(const struct task *task);
/* Returns TRUE if TASK is in state R, or was sampled on a CPU and is not in state D. */
gboolean task_runs(const struct task *task);

/*
 * compare.c. The samples of a task are from different moments, so a task that makes progress may
 * appear to hold a lock and be idle.
 */

/*
 * Returns TRUE if TASK makes progress: it was on a CPU in one round of samples but not in another,
 * and lockdep listed different numbers of its locks.
 */
gboolean task_moves(const struct snapshot *snapshot, const struct task *task);
/*
 * Returns FALSE if an earlier sample shows that TASK, which is idle and holds LOCK now, was not
 * idle or did not hold LOCK before.
 */
gboolean idle_owner_is_same(const struct snapshot *snapshot, const struct task *task,
			    const struct lock *lock);
/* Returns FALSE if an earlier list shows that LOCK, which no task holds now, was held before. */
gboolean unheld_lock_is_same(const struct snapshot *snapshot, const struct lock *lock);

/* explain.c */
struct hang {
	struct snapshot *snapshot;
	enum hang_kind kind;
	/* of struct task *: the tasks of the cycle, or the chain from a waiter to the culprit */
	GPtrArray *story;
	struct lock *lock; /* the lock that was never released, or a lock that the culprit holds */
	struct task *culprit; /* the task at the end of the chain, or NULL */
	const char *function; /* the function of the culprit; borrowed */
	guint seen;	      /* number of samples that show this function */
	/* the lock classes of a cycle, NULL-terminated; or NULL. [0] is alphabetically first. */
	char **cycle;
	char *title;
	char **sentences;
	char *signature[3];
};

/* describe.c */
void describe(struct hang *hang);
char *task_text(const struct task *task); /* returns a text such as "kworker/0:1/34" */
char *lock_text(const struct lock *lock); /* returns a text such as "&dev->mutex of memory33" */

#endif
