/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lock orders that the director's plugin has recorded from outside a guest (docs/prove.md). They
 * have more details than lockdep's: how often each edge occurred, which locks of the two classes
 * were involved, whether they were acquired for reading or writing, and the stack of the first
 * occurrence.
 *
 * A class has the name that lockdep's reports print. If this name stands for many classes, an
 * addition in brackets distinguishes them: "kn->active(memoryN/state)".
 */
#ifndef RIG_LOCKS_RECORDED_H
#define RIG_LOCKS_RECORDED_H

#include "locks/locks.h"

/*
 * Callbacks that return the name of the variable or function at an address of the kernel, or NULL
 * if there is none. The caller owns the name.
 */
struct lock_names {
	char *(*variable)(guint64 address, void *data);
	char *(*function)(guint64 address, void *data);
	void *data;
};

struct recorded_gate {
	guint class;
	guint64 lock;
};

struct recorded_pair {
	/* addresses of the two locks; 0 stands for all locks for which the record has no space */
	guint64 from, to;
	guint64 count;
	/*
	 * Bit 2 * F + T: this combination occurred, where F is 1 if `from`, and T is 1 if `to` was
	 * acquired for writing, 0 for reading. Bit 4 + 2 * F: `to` was acquired by a reader that no
	 * waiting writer can block.
	 */
	guint modes;
	/* array of struct recorded_gate: the locks that were held exclusively at all occurrences */
	GArray *gates;
};

struct recorded_edge {
	guint from, to; /* indices of classes */
	guint64 count;
	guint modes;	  /* the modes of all its pairs, combined */
	GPtrArray *pairs; /* of struct recorded_pair */
	GPtrArray *stack; /* of char *: functions of the first occurrence, innermost first */
};

/*
 * The record of the trap for a cycle (plugin/lock-trap.h): it stops tasks between two locks of the
 * cycle, until they wait for each other. The classes of the cycle, its members, are numbered from 0
 * in the order of the option --hold-cycle.
 */
struct recorded_trap {
	gboolean used;
	guint64 held, met, expired;
	/* encounters[I][J]: how often a task held a lock of member I and wanted one of member J */
	guint64 encounters[8][8];
	/*
	 * of guint: if a circle of tasks that wait for each other was closed, the classes for which
	 * they wait; otherwise empty
	 */
	GArray *circle;
	/* TRUE if all tasks of the circle were still waiting when the record was written */
	gboolean waits;
};

struct lock_recorded {
	/* counters, described at struct locks_counts in plugin/locks.h */
	guint64 acquired, released, elsewhere, unmatched, left, unresolved, full;
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct recorded_edge */
	/*
	 * array of char *: events that the recorder could not assign to a task or lock; if there is
	 * one, the record is incomplete
	 */
	GPtrArray *faults;
	struct recorded_trap trap;
};

/*
 * Reads and checks TEXT, which the plugin wrote (plugin/protocol.h). Errors: RIG_EXIT_INFRA, TEXT
 * is cut off or does not have that format.
 */
struct lock_recorded *lock_recorded_parse(const char *text, const struct lock_names *names,
					  GError **error);
void lock_recorded_free(struct lock_recorded *recorded);
RIG_DEFINE_AUTO(lock_recorded, lock_recorded_free)

/*
 * Returns why the record is incomplete, so that it proves nothing; or NULL if it has every
 * acquisition and release. The caller owns the text.
 */
char *lock_recorded_fault(const struct lock_recorded *recorded);

/* Returns TRUE if LOCK, an address, is one of the locks held at every occurrence of PAIR. */
gboolean recorded_pair_has(const struct recorded_pair *pair, guint64 lock);

/*
 * Converts the record to the form of lockdep's orders. Classes that are LOCK_UNSURE are left out.
 * Gates are only classes with a single lock.
 */
struct lock_orders *lock_recorded_orders(const struct lock_recorded *recorded);

/* ---- cycles (recorded-cycles.c) ---- */

enum recorded_state {
	CYCLE_OPEN, /* nothing in the record rules out the deadlock */
	/*
	 * It is unknown whether the tasks wait for each other's locks: one of the classes has more
	 * locks than the record has space for, or is LOCK_UNSURE.
	 */
	CYCLE_UNCLEAR,
	/* two of its edges have a common gate, a lock that was held at every occurrence */
	CYCLE_GUARDED,
};

/*
 * A cycle of edges, each for one task: the task holds a lock, and waits for one that the next task
 * holds.
 */
struct recorded_cycle {
	/*
	 * array of struct recorded_edge, borrowed; the first edge begins at the alphabetically
	 * first class
	 */
	GPtrArray *edges;
	enum recorded_state state;
	int gate; /* index of the class of the common gate (see above), or -1 */
	/*
	 * At one class, the task that waits for the lock and the task that holds it both read. So a
	 * deadlock needs a third task that waits for writing, which blocks further readers.
	 */
	gboolean writer;
	/* "A --> B", with names as in lockdep's reports; the alphabetically first one is first */
	char *signature;
};

#define RECORDED_CYCLES_MAX 200
/*
 * Finds cycles of two and three edges in which each task waits for the very lock that the next task
 * holds, not only for one of the same class. An edge has several pairs of locks, so all
 * combinations of one pair per edge are checked. Of all combinations and cycles with the same
 * signature, only the most dangerous one is in the result: the one with the lowest enum
 * recorded_state. Returns an array of struct recorded_cycle, sorted by state, which the caller
 * owns.
 */
GPtrArray *lock_recorded_cycles(const struct lock_recorded *recorded);
void recorded_cycle_free(struct recorded_cycle *cycle);
/*
 * Returns a description of CYCLE: its edges with counts, modes and stacks, and its gate, the lock
 * that prevents the deadlock. The caller owns the text.
 */
char *recorded_cycle_text(const struct lock_recorded *recorded, const struct recorded_cycle *cycle);

/*
 * Returns a summary of RECORDED and CYCLES for the file `verdict`: {"acquired", …, "edges",
 * "fault", "cycles": [{"signature", "state", "gate", "edges"}]}; with a trap for MEMBERS (or NULL)
 * also {"trap": {"cycle", "held", "met", "expired", "waits", "encounters": [{"held", "wanted",
 * "count"}], "circle": [class, …]}}.
 */
json_t *lock_recorded_summary(const struct lock_recorded *recorded, const GPtrArray *cycles,
			      char **members);
/* Returns the complete record, for the run folder. New reference. */
json_t *lock_recorded_json(const struct lock_recorded *recorded);

/*
 * Returns the name of element CLASS of CLASSES as in lockdep's reports, that is, without its
 * addition in brackets. The caller owns it.
 */
char *lock_report_name(const GPtrArray *classes, guint class);

#endif
