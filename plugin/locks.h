/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock recorder: which locks a guest's tasks take while they hold which others, whatever kernel
 * it runs. The rig names the functions that acquire and release locks (struct locks_hook); their
 * entries and returns arrive here. No call here touches QEMU, so the tests drive it with numbers.
 *
 * A lock is its address. Its class is the variable it lies in, the name given when it was
 * initialised, the place of that, or the place where it was first acquired; kernfs nodes have the
 * names of node and parent. A task is its kernel stack. An edge A -> B is kept for each lock A that
 * a task holds when it begins to wait for B; a lock that was acquired by a trylock ends no edge.
 *
 * All tables have fixed sizes; what does not fit is counted. Each call takes `lock`.
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
#define LOCKS_PENDING 4
#define LOCKS_GATES 8
#define LOCKS_PAIRS 48
#define LOCKS_STACK 6
#define LOCKS_NAME 56
#define LOCKS_FAULTS 16

enum locks_op {
	LOCKS_WANT,   /* waits until it has the lock */
	LOCKS_MAY,    /* the same, or returns other than 0 without it */
	LOCKS_TRY,    /* never waits; returns 0 without the lock */
	LOCKS_DROP,   /* releases it */
	LOCKS_WEAKEN, /* from a writer to a reader */
	LOCKS_NAMED,  /* initialises it; the second argument points to its name */
	LOCKS_PLACED, /* initialises it, without a name */
	LOCKS_FORGET, /* the memory becomes another lock */
	LOCKS_AWAIT,  /* waits for all readers; the innermost lock is released meanwhile */
	LOCKS_LEAVE,  /* a task comes from user mode: it must not hold a lock */
	N_LOCKS_OPS
};

struct locks_hook {
	enum locks_op op;
	bool write, nested, kernfs; /* nested: the second argument is a subclass */
	uint64_t constant;	    /* the lock; 0: it is the first argument */
};

enum locks_kind {
	LOCKS_STATIC,	/* `address` is the lock's */
	LOCKS_BY_NAME,	/* `name` */
	LOCKS_BY_INIT,	/* `address`: where it is initialised */
	LOCKS_BY_PLACE, /* `address`: where it was first acquired */
	LOCKS_BY_NODE,	/* `name` is a kernfs node's */
	N_LOCKS_KINDS
};

struct locks_class {
	enum locks_kind kind;
	unsigned sub;		/* lockdep's subclass */
	uint64_t address, only; /* only: the first lock of this class */
	unsigned member;	/* 1 + its index in the trap, or 0 */
	bool many, was_read, was_written;
	char name[LOCKS_NAME];
};

/* Two locks of an edge. */
struct locks_pair {
	uint64_t from, to; /* 0: all others, which do not fit */
	uint64_t count;
	unsigned modes;	  /* bits LOCKS_MODE() of how both were acquired */
	unsigned n_gates; /* exclusive locks that were held at all occurrences */
	struct {
		uint64_t lock;
		uint32_t class;
	} gate[LOCKS_GATES];
};

struct locks_edge {
	uint32_t from, to;
	/* return addresses of the first occurrence, up to the first 0 */
	uint64_t stack[LOCKS_STACK];
	unsigned n_pairs, last; /* last: the pair that was found before */
	struct locks_pair pair[LOCKS_PAIRS]; /* the last one may stand for all others */
};

/* One bit of locks_pair.modes. */
#define LOCKS_MODE(from_write, to_write) (1u << ((from_write)*2 + (to_write)))

struct locks_held {
	uint64_t lock;
	uint32_t class;
	bool write;
};

struct locks_task {
	uint64_t stack; /* lowest address of its stack; 0: this entry is free */
	unsigned n_held, n_pending;
	struct locks_held awaits; /* the node whose readers it waits for; lock 0: none */
	struct locks_held held[LOCKS_HELD];
	struct locks_pending {
		const struct locks_hook *hook;
		uint64_t sp, lock;
		uint32_t class;
	} pending[LOCKS_PENDING];
};

struct locks_counts {
	uint64_t acquired, released;
	uint64_t elsewhere;  /* released by another task than the one that acquired it */
	uint64_t unmatched;  /* released, and no task held it */
	uint64_t left;	     /* held by a task that came from user mode */
	uint64_t unresolved; /* calls whose return was not seen */
	uint64_t full;	     /* did not fit into a table */
};

struct locks {
	/* set before locks_init() */
	uint64_t stack_size;	       /* a power of two */
	uint64_t image_from, image_to; /* range of the kernel's image: locks in it are variables */
	uint64_t text_from, text_to;
	/* reads LEN bytes of the guest's memory; FALSE: nothing is mapped there */
	bool (*memory)(uint64_t address, void *to, size_t len, void *data);
	void *data;
	struct locks_trap trap;

	pthread_mutex_t lock;
	struct locks_counts counts;
	uint64_t fault[LOCKS_FAULTS]; /* places of the first unmatched releases */
	uint32_t left[LOCKS_FAULTS];  /* 1 + classes that a task held when it came back */
	uint32_t n_classes, n_edges, n_instances;
	unsigned node_offset; /* of the pointer to a kernfs node's name; 0: not known yet */
	struct locks_class class[LOCKS_CLASSES];
	uint32_t class_slot[LOCKS_CLASSES * 2]; /* 1 + index */
	struct {
		uint64_t lock;
		uint32_t class; /* 1 + index; 0: forgotten */
	} instance[LOCKS_INSTANCES];
	struct {
		uint64_t pointer;
		uint32_t class;
	} name_cache[256];
	struct locks_edge edge[LOCKS_EDGES];
	uint32_t edge_slot[LOCKS_EDGES * 2]; /* 1 + index */
	struct locks_task task[LOCKS_TASKS];
};

/* A call of a hooked function, at its first instruction. */
struct locks_call {
	unsigned cpu;
	uint64_t sp, arg[2];
	uint64_t caller; /* the return address; 0: it is in memory, at sp */
};

void locks_init(struct locks *locks);
void locks_enter(struct locks *locks, const struct locks_hook *hook, const struct locks_call *call);
/* An instruction that returns VALUE from a function, with the stack pointer SP. */
void locks_return(struct locks *locks, uint64_t sp, uint64_t value);
/* The task whose stack has SP, if it holds anything; called with `lock` held. */
struct locks_task *locks_find_task(struct locks *locks, uint64_t sp);
/* Writes the table as text (format: protocol.h). FALSE: OUT has an error. */
bool locks_write(struct locks *locks, FILE *out);

/* ---- lock-classes.c: called with `lock` held ---- */

/* The class of LOCK in a call; a class index. */
uint32_t locks_class_of(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
			const struct locks_call *call);
/* LOCK is initialised: its class is from now on that of the name at NAME, or of the caller. */
void locks_class_init(struct locks *locks, uint64_t lock, const struct locks_call *call,
		      bool named);
void locks_class_forget(struct locks *locks, uint64_t lock);
uint64_t locks_caller(const struct locks *locks, const struct locks_call *call);

/* ---- lock-edges.c: called with `lock` held ---- */

/* TASK begins to wait for WANTED. N: how many of its held locks, outermost first, count. */
void locks_edges_add(struct locks *locks, const struct locks_task *task, unsigned n,
		     const struct locks_held *wanted, const struct locks_call *call);

static inline uint64_t locks_hash(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15;
	return value ^ value >> 29;
}

#endif
