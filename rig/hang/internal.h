/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of hang/. The data passes through them in this order:
 *
 *	console.c	reads SysRq output, hung-task reports and backtraces of CPUs
 *	stack.c		reads one line of a stack; arch.c describes the architectures
 *	tasks.c		reads the guest's own list of tasks
 *	registers.c	reads the CPUs' registers from QEMU
 *	firmware.c	recognises faults of the firmware in these registers
 *	emulator.c	recognises a fault of QEMU in backtraces
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
	WAIT_LOCK, /* waits for the lock that is the last one in its lockdep list */
	/*
	 * waits for or polls a lock of the class `what`, even if another lock is the
	 * last one in lockdep's list
	 */
	WAIT_NAMED,
	WAIT_DRAIN, /* waits until no task uses a certain sysfs file */
	WAIT_TASK,  /* waits for the reply of another task */
	WAIT_EVENT, /* waits for something that is not a lock */
	WAIT_SLEEP, /* waits for a time */
	WAIT_IDLE,  /* waits for work: the task is idle */
};

/* A row of the table in waits.c: what a task waits for if it is in this function. */
struct wait {
	const char *function; /* a function on the stack; a trailing * matches any suffix */
	enum wait_kind kind;
	/*
	 * for WAIT_NAMED the lock's class, for WAIT_TASK the other task's name, otherwise words for
	 * a sentence
	 */
	const char *what;
	gboolean weak; /* if one of the next callers also has a row, that row is used */
};

/* A sample: where a CPU, or a task on it, was at one moment. */
struct sample {
	GPtrArray *frames; /* of struct frame */
	int cpu;
	guint64 pc;    /* instruction pointer, or 0 if only the function is known */
	guint64 stack; /* address on the stack of the outermost frame, or 0 if it was not printed */
	gboolean irqs_off, user;
	gboolean flagged; /* x86: irqs_off was read from the registers in this sample */
	/*
	 * arm64: interrupts are off because of the priority mask, which QEMU's registers do not
	 * show
	 */
	gboolean by_priority;
	/* powerpc: the last frame that was read is from NIP or the link register */
	gboolean entered;
	/*
	 * if the sample was taken in an interrupt, the function that was interrupted; otherwise
	 * NULL
	 */
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
	/* the task's stack in the previous dump, used if the task runs in the last one; or NULL */
	GPtrArray *slept;
	char slept_state;  /* its state in the previous dump */
	/* the task's stack in the guest's list of tasks: of struct frame; or NULL */
	GPtrArray *listed;
	/*
	 * of struct splat_lock: its locks in lockdep's last list, in order; it may wait for the
	 * last one
	 */
	GPtrArray *held;
	/* of struct splat_lock: its locks in the list before that; empty if there was none */
	GPtrArray *held_earlier;
	/* number of locks by the heading of the last list, "N locks held by …" */
	guint held_said;
	guint held_before;  /* number of locks by the heading of the list before that */
	int likely_owner;   /* hung-task report: pid of the likely owner, or 0 */
	char *likely_what;  /* hung-task report: "mutex", "rw-semaphore", "semaphore" */
	GPtrArray *samples; /* of struct sample, oldest first */
	guint64 stack;	    /* an address in its stack, or 0 if the frames have no addresses */
	/* line number of the newest text about the task: later text replaces earlier text */
	guint64 order;
	/*
	 * QEMU's registers and one of the samples show the task's CPU in the same function with
	 * interrupts disabled
	 */
	gboolean confirmed;

	/* The members from here on are from the memory image. */
	gboolean imaged;  /* the image has this task */
	char *image_wait; /* id of the lock that it waits for, or NULL */
	/* kind ("kernfs", "completion") and name of what it waits for, if this is not a lock */
	char *image_kind, *image_name;

	/* The members from here on are set by edges.c. */
	const struct wait *wait;
	struct lock *wanted;
	gboolean wanted_polls; /* the task polls the wanted lock */
	GPtrArray *holds;      /* the locks that the task holds (struct lock *) */
	/* number of the last walk through the graph in explain.c that has reached the task */
	guint mark;
};

struct lock {
	char *id;	    /* its address, or its class if the address is unknown */
	char *lock_class;   /* "&dev->mutex" */
	char *name;	    /* name of the device that it belongs to ("memory33"), or NULL */
	GPtrArray *holders; /* the tasks that hold it (struct task *) */
	gboolean gone;	    /* memory image: the owner word points to a task that does not exist */
	gboolean unowned;   /* memory image: no task is inside code that holds the lock */
	gboolean held;	    /* memory image: the lock is held */
	gboolean guessed;   /* the holders were guessed from the functions on their stacks */
	guint waiters;
};

/* All tasks and locks that were read. */
struct snapshot {
	GHashTable *by_pid;  /* owned; pid -> struct task */
	GPtrArray *tasks;    /* the tasks sorted by pid; empty before snapshot_done() */
	GPtrArray *locks;    /* of struct lock, owned */
	guint rounds;	     /* number of times that all CPUs were sampled */
	guint lockdep_lists; /* number of times that lockdep listed all locks */
	gboolean image;	     /* a memory image was read */
	/*
	 * The members from here on are from lockdep's report "lock held when returning to user
	 * space!"; NULL and 0 if there is none.
	 */
	char *left_held;    /* class of the lock */
	char *left_held_by; /* the function that acquired the lock, or NULL */
	int left_pid;
};

void sample_free(gpointer sample);
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);
/*
 * Returns the task PID; adds it if it is not there. Returns NULL if PID is invalid, or there are
 * TASKS_MAX tasks. COMM (or NULL) becomes the task's name.
 */
struct task *snapshot_task(struct snapshot *snapshot, gint64 pid, const char *comm);
/* Returns the task PID, or NULL if it is not there. */
struct task *snapshot_find(const struct snapshot *snapshot, int pid);
/* Returns the lock with this ID; adds it with LOCK_CLASS if it is not there. */
struct lock *snapshot_lock(struct snapshot *snapshot, const char *id, const char *lock_class);
/* Returns the first lock of this class. If there is none, adds one whose id is the class. */
struct lock *snapshot_named(struct snapshot *snapshot, const char *lock_class);
/* Fills snapshot->tasks. Must be called when all inputs were read. */
void snapshot_done(struct snapshot *snapshot);

typedef void (*console_line)(const struct line *line, void *data);
/*
 * Calls TAKE for each of the lines in LEN bytes of a console, without its prefix. Long lines are
 * cut off.
 */
void console_lines(const char *text, gsize len, console_line take, void *data);

/* The functions *_read() add tasks and locks to SNAPSHOT. They ignore what they cannot parse. */
/* Reads LEN bytes of the console. */
void console_read(struct snapshot *snapshot, const char *text, gsize len);
/* Reads one line of a stack: of SAMPLE, or of TASK if SAMPLE is NULL. */
void stack_read(struct task *task, struct sample *sample, const char *text);
/* Reads TEXT, the file `who`: the guest's list of tasks. */
void tasks_read(struct snapshot *snapshot, const char *text);
/* Converts the lines of a stack ("f+0x1/0x2") to an array of struct frame; the caller frees it. */
GPtrArray *frames_read(const GPtrArray *lines);
/* Reads TEXT, the file `registers`: QEMU's `info registers -a`. */
void registers_read(struct snapshot *snapshot, const char *text);
/* Reads owners.json, the result of the analysis of the memory image. */
void owners_read(struct snapshot *snapshot, json_t *owners);

/* waits.c */
gboolean function_is(const char *name, const char *pattern);
/*
 * Returns TRUE if NAME is a function of the scheduler or of the slow path of a lock, which does not
 * show what the task does.
 */
gboolean frame_is_waiting(const char *name);
/* Returns the row of the table of waits that applies to the stack FRAMES, or NULL if none does. */
const struct wait *wait_of(const GPtrArray *frames);
/*
 * Returns TRUE if TASK is idle: a kernel thread in its main loop, or a program that waits for time
 * or input.
 */
gboolean task_is_idle(const struct task *task);
/*
 * Returns the innermost function on the stack that is known to hold a lock of this class, or NULL
 * if there is none.
 */
const char *holds_by_stack(const GPtrArray *frames, const char *lock_class);
/* Returns TRUE if waits.c lists NAME as a function that holds a lock. */
gboolean holds_something(const char *name);
/*
 * Returns the innermost function on the stack for which holds_something() is TRUE (a memory
 * operation), or NULL if there is none.
 */
const char *operation_in(const GPtrArray *frames);
/*
 * Returns the innermost function on the task's stack that is neither part of waiting nor generic
 * (frame_is_generic()); "?" if there is none.
 */
const char *task_function(const struct task *task);

/*
 * Builds the wait graph: sets wait, wanted, wanted_polls and holds of the tasks, and holders,
 * waiters and guessed of the locks (edges.c).
 */
void edges_make(struct snapshot *snapshot);
/*
 * Returns a holder of the lock that TASK waits for, if possible one that waits for a lock itself.
 * Returns NULL if no holder is known.
 */
struct task *edge_next(const struct task *task);
/* Returns TRUE if TASK is in state R, or was sampled on a CPU and is not in state D. */
gboolean task_runs(const struct task *task);

/*
 * compare.c. The data of a task is from different moments, so a task that makes progress may appear
 * to hold a lock although it is idle.
 */

/*
 * Returns TRUE if TASK makes progress: it was not on a CPU each time that all CPUs were sampled,
 * and lockdep listed different numbers of its locks.
 */
gboolean task_moves(const struct snapshot *snapshot, const struct task *task);
/*
 * TASK is idle and holds LOCK by the newest data. Returns FALSE if earlier data shows that this was
 * not so before: lockdep did not list LOCK for it, or its stack was different.
 */
gboolean idle_owner_is_same(const struct snapshot *snapshot, const struct task *task,
			    const struct lock *lock);
/*
 * By the newest data, no task holds LOCK. Returns FALSE if lockdep's earlier list shows that a task
 * held it before.
 */
gboolean unheld_lock_is_same(const struct snapshot *snapshot, const struct lock *lock);

/* explain.c */
struct hang {
	struct snapshot *snapshot;
	enum hang_kind kind;
	/* of struct task *: the tasks of the cycle, or of the chain from a waiter to the culprit */
	GPtrArray *story;
	/* the lock at the end of the chain: never released, or held by the culprit; or NULL */
	struct lock *lock;
	struct task *culprit; /* the task at the end of the chain, or NULL */
	const char *function; /* the function in which the culprit is; borrowed */
	guint seen;	      /* number of samples that show this function */
	/*
	 * the lock classes of a cycle, the alphabetically first one first, NULL-terminated; or NULL
	 */
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
