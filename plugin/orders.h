/* SPDX-License-Identifier: GPL-2.0-only */
/* The instruction file, read and checked (format: protocol.h). */
#ifndef RIG_PLUGIN_ORDERS_H
#define RIG_PLUGIN_ORDERS_H

#include "plugin/hold.h"
#include "plugin/locks.h"
#include "plugin/protocol.h"

enum watch_kind {
	WATCH_AT,     /* the instruction at `from` */
	WATCH_RETURN, /* the instructions in a range that return from a function */
	WATCH_UPDATE, /* non-atomic read-modify-write instructions: after the read, before the
		       * write */
	WATCH_VISIT,  /* the instruction at `from`, whose passes are only counted */
	/* the first instruction, at `from`, of a function that acquires or releases locks */
	WATCH_LOCK,
	WATCH_RESULT, /* the instructions in a range that return, for the recorder */
};

struct watch {
	enum watch_kind kind;
	unsigned nth;	   /* WATCH_UPDATE: only the NTH one after the function's entry; 0:
			    * each one */
	uint64_t from, to; /* to: 0 for an `at` or `visit` line */
	/* index of the hold, of the function that is counted, or of the lock line */
	unsigned hold;
	enum hold_side side;
	atomic_bool told_skewed;
};

struct orders {
	struct hold hold[DIRECTOR_ALL_MAX];
	unsigned n_holds;
	struct sweep sweep;
	struct watch watch[DIRECTOR_WATCHES_MAX]; /* by `from` */
	unsigned n_watches;
	unsigned n_visits; /* number of functions that are counted */
	struct locks_hook lock[DIRECTOR_LOCKS_MAX];
	unsigned n_locks;
	bool records; /* locks are recorded; the next fields are arguments of locks_init() */
	uint64_t stack_size, image_from, image_to, text_from, text_to;
	struct trap_member member[TRAP_MEMBERS];
	unsigned n_members, trap_ms;
	/* length of the longest range, that is how far before an address its watch may begin */
	uint64_t longest;
	uint64_t thunk; /* address of the return thunk, or 0 */
};

/* Reads PATH into ORDERS, which is zeroed. NULL, or what is wrong with it: a static string. */
const char *orders_read(struct orders *orders, const char *path);

/* The index of the first watch that may contain ADDRESS or begin after it. */
unsigned orders_first(const struct orders *orders, uint64_t address);

#endif
