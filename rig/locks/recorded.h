/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lock orders that the director's plugin has recorded from outside a guest (docs/prove.md). They
 * have more details than lockdep's: how often each edge occurred, whether its locks were acquired
 * for reading or writing, which locks they were, and the stack of the first occurrence.
 *
 * A class is named as in lockdep's reports, with an addition in brackets where one name of lockdep
 * stands for many classes: "kn->active(memoryN/state)".
 */
#ifndef RIG_LOCKS_RECORDED_H
#define RIG_LOCKS_RECORDED_H

#include "locks/locks.h"

/*
 * Callbacks that return the name of the variable or function at an address of a kernel: a string
 * that the caller owns, or NULL if there is none.
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
	/* addresses of locks; 0 stands for all locks that the record has no space for */
	guint64 from, to;
	guint64 count;
	/*
	 * bit 2 * F + T is set if this combination occurred: F is 1 if `from`, T is 1 if `to` was
	 * acquired for writing; bit 4 + 2 * F: `to` was acquired for reading, by a reader that no
	 * waiting writer can block
	 */
	guint modes;
	/* array of struct recorded_gate: the exclusive locks that were held at all occurrences */
	GArray *gates;
};

struct recorded_edge {
	guint from, to; /* indices of classes */
	guint64 count;
	guint modes;	  /* the modes of all pairs, united */
	GPtrArray *pairs; /* of struct recorded_pair */
	GPtrArray *stack; /* of char *: functions of the first occurrence, innermost first */
};

/*
 * The record of the trap for a cycle (plugin/lock-trap.h). The classes of the cycle, its members,
 * are numbered in the order of the option --hold-cycle.
 */
struct recorded_trap {
	gboolean used;
	guint64 held, met, expired;
	/* encounters[I][J]: how often a task held a lock of member I and wanted one of member J */
	guint64 encounters[8][8];
	/*
	 * of guint: the classes for which the tasks wait, if a circle of waiting tasks was closed;
	 * otherwise empty
	 */
	GArray *circle;
	/* TRUE if all tasks of the circle were still waiting when the record was written */
	gboolean waits;
};

struct lock_recorded {
	/* the counters of struct locks_counts in plugin/locks.h */
	guint64 acquired, released, elsewhere, unmatched, left, unresolved, full;
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct recorded_edge */
	/*
	 * array of char *: events that the recorder could not assign to a task or lock; with one of
	 * them the record is incomplete
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
 * Returns the reason why the record is incomplete and thus not conclusive, or NULL if it has every
 * acquisition and release.
 */
char *lock_recorded_fault(const struct lock_recorded *recorded);

/* Returns TRUE if LOCK is one of PAIR's gates. */
gboolean recorded_pair_has(const struct recorded_pair *pair, guint64 lock);

/*
 * Converts the record to the form of lockdep's orders, without classes that are LOCK_UNSURE. The
 * gates of the result are classes that have only one lock.
 */
struct lock_orders *lock_recorded_orders(const struct lock_recorded *recorded);

/* ---- cycles (recorded-cycles.c) ---- */

enum recorded_state {
	CYCLE_OPEN, /* nothing in the record rules out the deadlock */
	/*
	 * it is not known whether the tasks wait for each other's locks: a class has more locks
	 * than the record has space for, or is LOCK_UNSURE
	 */
	CYCLE_UNCLEAR,
	CYCLE_GUARDED, /* two of its edges have had a gate in common at every occurrence */
};

/*
 * A cycle with one task for each edge: each task holds a lock and waits for one that the next task
 * holds.
 */
struct recorded_cycle {
	/*
	 * array of struct recorded_edge, borrowed; the first edge begins at the alphabetically
	 * first class
	 */
	GPtrArray *edges;
	enum recorded_state state;
	int gate; /* index of the class of the common gate, or -1 */
	/*
	 * at one class, both the task that waits and the task that holds the lock acquire it for
	 * reading, so a deadlock needs one more task, which waits for writing and so blocks further
	 * readers
	 */
	gboolean writer;
	/*
	 * "A --> B", with names as in lockdep's reports, beginning with the alphabetically first
	 * one
	 */
	char *signature;
};

#define RECORDED_CYCLES_MAX 200
/*
 * Finds cycles of two and three edges in which each task waits for the lock that the next task
 * holds: the same lock, not only one of the same class. An edge has several pairs of locks, so all
 * combinations of one pair for each edge are checked. Of the combinations and cycles with the same
 * signature, the result has only the most dangerous one: the one whose enum recorded_state is
 * lowest. Returns an array of struct recorded_cycle, sorted by state, which the caller owns.
 */
GPtrArray *lock_recorded_cycles(const struct lock_recorded *recorded);
void recorded_cycle_free(struct recorded_cycle *cycle);
/*
 * Returns a description of CYCLE: its edges with counts, modes and stacks, and its gate. The caller
 * owns the text.
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
 * Returns the name of CLASS, an index of CLASSES, without its addition in brackets, as in lockdep's
 * reports; the caller owns it.
 */
char *lock_report_name(const GPtrArray *classes, guint class);

#endif
