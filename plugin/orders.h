/* SPDX-License-Identifier: GPL-2.0-only */
/* Parses and checks the instruction file. protocol.h describes its format. */
#ifndef RIG_PLUGIN_ORDERS_H
#define RIG_PLUGIN_ORDERS_H

#include "plugin/fail.h"
#include "plugin/hold.h"
#include "plugin/locks.h"
#include "plugin/protocol.h"

enum watch_kind {
	WATCH_AT,     /* the instruction at `from`, at which a vCPU is held */
	WATCH_RETURN, /* all instructions of a range that return from a function */
	/*
	 * Non-atomic read-modify-write instructions of a range. The vCPU is held after the read,
	 * before the write.
	 */
	WATCH_UPDATE,
	WATCH_VISIT, /* the instruction at `from`, whose executions are only counted */
	/* the first instruction, at `from`, of a function that acquires or releases locks */
	WATCH_LOCK,
	/* for the recorder: all instructions of a range that return, with the function's result */
	WATCH_RESULT,
	/* the first instruction, at `from`, of a function some of whose calls are made to fail */
	WATCH_FAIL,
};

struct watch {
	enum watch_kind kind;
	/*
	 * for WATCH_UPDATE: the update at which a vCPU is held, counted from 1 after the entry of
	 * the function; 0 for each update
	 */
	unsigned nth;
	uint64_t from, to; /* the range; `to` is 0 if the watch is one instruction */
	/* index of what the watch belongs to: hold, counted function, `lock` or `fail` line */
	unsigned hold;
	enum hold_side side;
	atomic_bool told_skewed; /* a `skewed` line was sent for this watch */
	struct update_progress *progress; /* for WATCH_UPDATE: an entry for each vCPU (update.c) */
};

/* What must be the same at both places of a hold. */
enum key_kind {
	KEY_NONE,
	KEY_ARG,    /* argument `arg` of the function */
	KEY_BLOCK,  /* the memory block to which `arg` points, a struct memory_block * */
	KEY_DEVICE, /* the memory block to which `arg` points, a struct device * */
	N_KEYS,
};

struct condition_key {
	enum key_kind kind;
	unsigned arg; /* the first argument is 0 */
};

/* Conditions of a hold (condition.h). */
struct condition {
	/* pattern for the names of tasks that wait on side a, or "" for all tasks (comm_fits()) */
	char comm[FAIL_COMM];
	struct condition_key key[N_SIDES];
};

struct orders {
	struct hold hold[DIRECTOR_ALL_MAX];
	struct condition condition[DIRECTOR_ALL_MAX]; /* [i] is for hold[i] */
	unsigned n_holds;
	struct sweep sweep;
	struct watch watch[DIRECTOR_WATCHES_MAX]; /* sorted by `from` */
	unsigned n_watches;
	unsigned n_visits; /* number of functions whose executions are counted */
	struct locks_hook lock[DIRECTOR_LOCKS_MAX];
	unsigned n_locks;
	bool records; /* locks are recorded; the next five fields are for struct locks */
	uint64_t stack_size, image_from, image_to, text_from, text_to;
	struct trap_member member[TRAP_MEMBERS];
	unsigned n_members, trap_ms;
	struct fails fails;
	uint64_t cover_from, cover_to; /* the code to record, or both 0 */
	/* from the `task` line of the instruction file; init_task is 0 if there is no such line */
	uint64_t current, init_task;
	bool task_is_register;	     /* REG_TASK is the task, and `current` is not used */
	uint64_t sections_per_block; /* address of this variable, or 0 if it is not known */
	uint64_t longest;	     /* length of the longest range of all watches */
	uint64_t thunk;		     /* address of the return thunk, or 0 */
};

/* Reads PATH into ORDERS, which must be zeroed. Returns NULL, or a static string with the error. */
const char *orders_read(struct orders *orders, const char *path);

/* Returns the index of the first watch that may contain ADDRESS; earlier watches end before it. */
unsigned orders_first(const struct orders *orders, uint64_t address);

#endif
