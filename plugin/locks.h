/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock recorder: records which locks a guest's tasks acquire while they hold other locks, for
 * any kernel. The rig lists the functions that acquire and release locks (struct locks_hook).
 * locks_enter() and locks_return() are called when a vCPU enters them and returns from them. No
 * function here calls QEMU, so the tests pass plain numbers.
 *
 * A lock is identified by its address. Its class is the variable it lies in, the name given at its
 * initialisation, the place of its initialisation, or the place where it was first acquired. The
 * class of a kernfs node consists of the names of the node and its parent; that of a work item is
 * its function. A task is identified by its kernel stack. An edge A -> B is recorded for each lock
 * A that a task holds when it begins to wait for B; acquiring B by a trylock makes no edge to B.
 *
 * Interrupt handlers acquire spinlocks, too, but do not hold those of the task that they interrupt.
 * So each interrupt, also a nested one, counts as a task of its own, as in lockdep. Spinlocks are
 * recorded only together with the functions that begin and end interrupts.
 *
 * All tables have fixed sizes; what does not fit is counted. Each function takes the mutex `lock`,
 * unless its comment says that it is called with `lock` held.
 */
#ifndef RIG_PLUGIN_LOCKS_H
#define RIG_PLUGIN_LOCKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "plugin/lock-trap.h"
#include "plugin/protocol.h"

#define LOCKS_CLASSES 4096
#define LOCKS_INSTANCES (1 << 18)
#define LOCKS_EDGES (1 << 14)
#define LOCKS_TASKS 4096
#define LOCKS_HELD 32
#define LOCKS_PENDING 6
#define LOCKS_GATES 8
#define LOCKS_PAIRS 48
#define LOCKS_STACK 6
#define LOCKS_NAME 56
#define LOCKS_FAULTS 16
#define LOCKS_CPUS 64  /* maximum number of vCPUs whose interrupts are distinguished */
#define LOCKS_LEVELS 7 /* maximum number of nested interrupts of a vCPU */
/* maximum number of pairs of an edge from or to a spinlock; few, because spinlocks are many */
#define LOCKS_SPIN_PAIRS 8

enum locks_op {
	LOCKS_WANT, /* waits until the caller has the lock */
	/* waits for the lock, but can fail; returns 0 if the caller has the lock */
	LOCKS_MAY,
	LOCKS_TRY,    /* never waits; returns 0 if the caller did not get the lock */
	LOCKS_DROP,   /* releases the lock */
	LOCKS_WEAKEN, /* turns a write lock into a read lock */
	LOCKS_NAMED,  /* initialises the lock; the second argument points to its name */
	LOCKS_PLACED, /* initialises the lock, without a name */
	LOCKS_FORGET, /* the lock's memory is reused for another lock */
	/* waits for all readers of a kernfs node; releases the caller's innermost lock meanwhile */
	LOCKS_AWAIT,
	/*
	 * Waits until the lock is free, but does not acquire it (flush_work(),
	 * wait_for_completion()). The task counts as holding it for reading until the function
	 * returns.
	 */
	LOCKS_PASS,
	/*
	 * The second argument is the lock, and the task counts as holding it until the function
	 * returns (process_one_work()).
	 */
	LOCKS_RUN,
	LOCKS_LEAVE, /* entry from user mode; the task must not hold a lock */
	LOCKS_BEGIN, /* begins an interrupt on this vCPU */
	LOCKS_END,   /* ends the innermost interrupt of this vCPU when the function returns */
	LOCKS_ENDED, /* called by a LOCKS_END function: the interrupt has ended */
	LOCKS_WHILE, /* an interrupt, from this call until the function returns */
	N_LOCKS_OPS
};

struct locks_hook {
	enum locks_op op;
	bool write;
	bool nested;		       /* the second argument is a subclass */
	bool kernfs, work, completion; /* the lock is a kernfs_node, work_struct, completion */
	bool spin;		       /* the lock is a raw_spinlock_t or rwlock_t */
	/* names a lock, and then initialises it by a call of another LOCKS_NAMED function */
	bool outer;
	uint64_t constant; /* address of the lock, or 0 if the first argument is the lock */
};

enum locks_kind {
	LOCKS_STATIC,	/* `address` is that of the lock */
	LOCKS_BY_NAME,	/* `name` is set */
	LOCKS_BY_INIT,	/* `address` is where the lock is initialised */
	LOCKS_BY_PLACE, /* `address` is where a lock of the class was first acquired */
	LOCKS_BY_NODE,	/* `name` is that of a kernfs node */
	LOCKS_BY_WORK,	/* `address` is the function of a work item */
	LOCKS_BY_WAIT,	/* `address` is where a task waits for a completion */
	N_LOCKS_KINDS
};

struct locks_class {
	enum locks_kind kind;
	unsigned sub;	  /* lockdep's subclass */
	uint64_t address; /* see enum locks_kind */
	uint64_t only;	  /* address of the first lock of this class, or 0 before it is seen */
	unsigned member;  /* 1 + the index of the trap's lock class that this class matches, or 0 */
	bool many;	  /* a second lock of this class was seen */
	bool was_read, was_written;
	bool spin; /* the locks of this class are spinlocks */
	/* for a spinlock of kind LOCKS_STATIC: where it was first acquired */
	uint64_t place;
	char name[LOCKS_NAME];
};

/* Two locks between which an edge occurred. */
struct locks_pair {
	uint64_t from, to; /* addresses of the locks; both 0 in the entry for all further pairs */
	uint64_t count;	   /* how often the edge occurred between them */
	unsigned modes;	   /* LOCKS_MODE() bits of these occurrences */
	unsigned n_gates;  /* number of exclusive locks that were held at all occurrences */
	struct {
		uint64_t lock;
		uint32_t class;
	} gate[LOCKS_GATES];
};

struct locks_edge {
	uint32_t from, to;
	/* return addresses of the first occurrence; ends at the first 0 */
	uint64_t stack[LOCKS_STACK];
	unsigned n_pairs;
	unsigned last; /* index of the pair of the last occurrence, which is compared first */
	struct locks_pair pair[LOCKS_PAIRS]; /* the last entry stands for all further pairs */
};

/*
 * The bit of locks_pair.modes for one way to acquire the two locks. An argument is 1 if that lock
 * was acquired for writing, 0 if for reading.
 */
#define LOCKS_MODE(from_write, to_write) (1u << ((from_write)*2 + (to_write)))
/*
 * The bit for an edge to a spinlock that an interrupt acquires for reading. Such a reader need not
 * wait for writers that wait, too (queued_read_lock_slowpath() of kernel/locking/qrwlock.c).
 */
#define LOCKS_MODE_RECURSIVE(from_write) (LOCKS_MODE(from_write, 0) << 4)

struct locks_held {
	uint64_t lock;
	uint32_t class;
	bool write;
};

struct locks_task {
	/*
	 * lowest address of the task's stack; for an interrupt, a number below LOCKS_CPUS *
	 * (LOCKS_LEVELS + 1) (lock-interrupts.c); 0 if this entry is free
	 */
	uint64_t stack;
	unsigned n_held, n_pending;
	/* the kernfs node whose readers the task waits for; its lock is 0 if there is none */
	struct locks_held awaits;
	struct locks_held held[LOCKS_HELD];
	/* calls of hooked functions whose return must be seen, the innermost one last */
	struct locks_pending {
		const struct locks_hook *hook;
		uint64_t sp, lock;
		uint32_t class;
	} pending[LOCKS_PENDING];
};

struct locks_counts {
	uint64_t acquired, released;
	uint64_t elsewhere;  /* locks that another task than the owner released */
	uint64_t unmatched;  /* releases of a lock that no task held */
	/*
	 * locks that a task held when it entered the kernel from user mode, or that an interrupt
	 * held at its end
	 */
	uint64_t left;
	uint64_t unresolved; /* calls whose return was not seen */
	uint64_t full;	     /* locks, classes and edges that did not fit into a table */
};

/* What is known about a vCPU. Only the thread of the vCPU uses it. */
struct locks_cpu {
	unsigned level; /* number of nested interrupts that the vCPU handles */
	/*
	 * for each of these interrupts: the interrupt ends when a certain function returns; this is
	 * the stack pointer at the entry of this function, or 0 if it has not been entered yet
	 */
	uint64_t until[LOCKS_LEVELS];
	/*
	 * the last two tasks that acquired a spinlock on this vCPU; a task switch passes the lock
	 * of the run queue from one task to the next, which releases the lock
	 */
	uint64_t last[2];
	/*
	 * the lock that a function with `outer` (struct locks_hook) has named just before; the
	 * function that it calls to initialise the lock does not change this name
	 */
	uint64_t named;
};

struct locks {
	/* constant after locks_init() */
	uint64_t stack_size; /* a power of two */
	/* address range of the kernel's image; a lock in it is a variable */
	uint64_t image_from, image_to;
	uint64_t text_from, text_to; /* address range of the kernel's code */
	/* reads LEN bytes of the guest's memory; returns false if nothing is mapped at ADDRESS */
	bool (*memory)(uint64_t address, void *to, size_t len, void *data);
	void *data;
	struct locks_trap trap; /* only some of its members are constant, see lock-trap.h */

	struct locks_cpu cpu[LOCKS_CPUS];

	pthread_mutex_t lock; /* protects the members below */
	struct locks_counts counts;
	uint64_t fault[LOCKS_FAULTS]; /* callers of the first unmatched releases */
	/*
	 * 1 + the indices of the first lock classes that a task still held when it entered the
	 * kernel from user mode; an unused entry is 0
	 */
	uint32_t left[LOCKS_FAULTS];
	uint32_t n_classes, n_edges, n_instances;
	/* offset of the name pointer in struct kernfs_node, or 0 until it is found */
	unsigned node_offset;
	struct locks_class class[LOCKS_CLASSES];
	/* hash table: 1 + the index of a class, or 0 in a free entry */
	uint32_t class_slot[LOCKS_CLASSES * 2];
	/* hash table of the locks whose class is known */
	struct {
		uint64_t lock;
		uint32_t class; /* 1 + the index of the lock's class, or 0 if it was forgotten */
	} instance[LOCKS_INSTANCES];
	/* cache: the class of the name at the address `pointer`, by a hash of the address */
	struct {
		uint64_t pointer;
		uint32_t class;
	} name_cache[256];
	struct locks_edge edge[LOCKS_EDGES];
	uint32_t edge_slot[LOCKS_EDGES * 2]; /* hash table: 1 + the index of an edge, or 0 */
	struct locks_task task[LOCKS_TASKS];
};

/* A call of a hooked function: the state of the vCPU at the function's first instruction. */
struct locks_call {
	unsigned cpu;
	uint64_t sp, arg[2];
	uint64_t caller; /* the return address, or 0 if it is in memory at address sp */
};

void locks_init(struct locks *locks);
/*
 * Handles that a vCPU has entered the function of HOOK. The trap (lock-trap.h) may stop the vCPU.
 */
void locks_enter(struct locks *locks, const struct locks_hook *hook, const struct locks_call *call);
/* Handles an instruction of CPU that returns VALUE from a hooked function; SP: stack pointer. */
void locks_return(struct locks *locks, unsigned cpu, uint64_t sp, uint64_t value);
/*
 * Returns the entry of the task whose stack contains SP, or NULL if the task holds no lock. Called
 * with `lock` held.
 */
struct locks_task *locks_find_task(struct locks *locks, uint64_t sp);
/*
 * Returns the value of locks_task.stack for the code that CPU executes with the stack pointer SP:
 * if CPU handles an interrupt, the number of the innermost one, otherwise the lowest address of the
 * stack.
 */
uint64_t locks_context(const struct locks *locks, unsigned cpu, uint64_t sp);
/*
 * Called when CONTEXT, a result of locks_context(), should hold no lock any more. If it still holds
 * some, counts them as `left` (struct locks_counts), and removes them from its list of held locks.
 */
void locks_abandon(struct locks *locks, uint64_t context);
/* Writes all tables as text (format: protocol.h). Returns false if a write to OUT failed. */
bool locks_write(struct locks *locks, FILE *out);

/* ---- lock-classes.c: called with `lock` held ---- */

/* Returns the index of the class of LOCK, which is an argument of a call. */
uint32_t locks_class_of(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
			const struct locks_call *call);
/*
 * Called when LOCK is initialised. If the operation of HOOK is LOCKS_NAMED, the class is identified
 * by the name to which the second argument of CALL points, otherwise by the caller's address.
 */
void locks_class_init(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
		      const struct locks_call *call);
/* Called when the memory of LOCK is reused. */
void locks_class_forget(struct locks *locks, uint64_t lock);
/* Returns the return address of CALL. */
uint64_t locks_caller(const struct locks *locks, const struct locks_call *call);

/* ---- lock-interrupts.c: called without `lock` held ---- */

/*
 * Must be called before the functions below when CPU has entered a function, or has returned from
 * one, with the stack pointer SP. Ends the interrupts that have ended unseen.
 */
void locks_interrupt_end_left(struct locks *locks, unsigned cpu, uint64_t sp);
/* Handles a call of a function with the operation OP, one of those after LOCKS_LEAVE. */
void locks_interrupt(struct locks *locks, enum locks_op op, const struct locks_call *call);
/*
 * Handles a return on CPU. Returns true if it ended an interrupt, and thus belongs to no other
 * hooked function.
 */
bool locks_interrupt_ends(struct locks *locks, unsigned cpu, uint64_t sp);
/* Called when CPU comes from user mode, so that it handles no interrupt. */
void locks_interrupt_none(struct locks *locks, unsigned cpu);

/* ---- lock-edges.c: called with `lock` held ---- */

/*
 * TASK begins to wait for WANTED. Adds an edge to WANTED from each of the N outermost locks that
 * TASK holds.
 */
void locks_edges_add(struct locks *locks, const struct locks_task *task, unsigned n,
		     const struct locks_held *wanted, const struct locks_call *call);

/* Returns what is known about vCPU N, or NULL if there are too many. */
static inline struct locks_cpu *locks_cpu(struct locks *locks, unsigned n)
{
	return n < LOCKS_CPUS ? &locks->cpu[n] : NULL;
}

static inline uint64_t locks_hash(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15;
	return value ^ value >> 29;
}

#endif
