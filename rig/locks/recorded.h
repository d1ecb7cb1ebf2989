/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lock orders that the director's plugin has recorded from outside a guest (docs/prove.md). They
 * say more than lockdep's: how often each edge occurred, whether its locks were acquired for
 * reading or writing, which locks they were, and where it occurred first.
 *
 * A class is named as in lockdep's reports, with more in brackets where lockdep's name stands for
 * many: "kn->active(memoryN/state)".
 */
#ifndef RIG_LOCKS_RECORDED_H
#define RIG_LOCKS_RECORDED_H

#include "locks/locks.h"

/* Names of addresses in a kernel; both return the caller's string, or NULL. */
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
	guint64 from, to; /* addresses of locks; 0: all that the record has no space for */
	guint64 count;
	/* bit 2 * F + T: F and T are 1 if `from` and `to` were acquired for writing */
	guint modes;
	GArray *gates; /* of struct recorded_gate: exclusive locks held at all occurrences */
};

struct recorded_edge {
	guint from, to; /* indices of classes */
	guint64 count;
	guint modes;	  /* the modes of all pairs */
	GPtrArray *pairs; /* of struct recorded_pair */
	GPtrArray *stack; /* of char *: functions of the first occurrence, innermost first */
};

/* The trap for a cycle (plugin/lock-trap.h); members are numbered in the order of the option. */
struct recorded_trap {
	gboolean used;
	guint64 held, met, expired;
	/* times that a task held a lock of member I and wanted one of member J */
	guint64 encounters[8][8];
	/* guint: classes that the tasks of the closed circle want; empty: none was closed */
	GArray *circle;
	gboolean waits; /* each of these tasks still waited when the record was written */
};

struct lock_recorded {
	/* plugin/locks.h: struct locks_counts */
	guint64 acquired, released, elsewhere, unmatched, left, unresolved, full;
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct recorded_edge */
	GPtrArray *faults;  /* of char *: what made the recorder lose count */
	struct recorded_trap trap;
};

/*
 * Reads TEXT, which the plugin wrote (plugin/protocol.h), and checks it. Errors: RIG_EXIT_INFRA, it
 * is cut off or not in that format.
 */
struct lock_recorded *lock_recorded_parse(const char *text, const struct lock_names *names,
					  GError **error);
void lock_recorded_free(struct lock_recorded *recorded);
RIG_DEFINE_AUTO(lock_recorded, lock_recorded_free)

/*
 * The reason why the record is incomplete and proves nothing; NULL: it has every acquisition and
 * release.
 */
char *lock_recorded_fault(const struct lock_recorded *recorded);

/* TRUE: LOCK is one of PAIR's gates. */
gboolean recorded_pair_has(const struct recorded_pair *pair, guint64 lock);

/* The orders in the form of lockdep's; the gates are locks that are the only one of their class. */
struct lock_orders *lock_recorded_orders(const struct lock_recorded *recorded);

/* ---- recorded-cycles.c ---- */

enum recorded_state {
	CYCLE_OPEN,    /* nothing that was recorded prevents it */
	CYCLE_UNCLEAR, /* a class has more locks than the record has space for */
	CYCLE_GUARDED, /* two of its edges have a gate in common, so far */
};

/*
 * A cycle with one task for each edge: each task holds a lock and waits for one that the next task
 * holds.
 */
struct recorded_cycle {
	/*
	 * of struct recorded_edge, borrowed; the class of the first has the alphabetically first
	 * name
	 */
	GPtrArray *edges;
	enum recorded_state state;
	int gate;	 /* a class, or -1 */
	/* the deadlock needs a further task that waits for writing, and so blocks readers */
	gboolean writer;
	/* "A --> B", names as in lockdep's reports, the alphabetically first one first */
	char *signature;
};

#define RECORDED_CYCLES_MAX 200
/*
 * Cycles of two and three edges whose locks can be the same ones and exclude each other: array of
 * struct recorded_cycle, open ones first, one for each signature, with the worst state of all its
 * locks; the caller's.
 */
GPtrArray *lock_recorded_cycles(const struct lock_recorded *recorded);
void recorded_cycle_free(struct recorded_cycle *cycle);
/* A description of CYCLE: its edges with counts, modes and stacks, and its gate. */
char *recorded_cycle_text(const struct lock_recorded *recorded, const struct recorded_cycle *cycle);

/*
 * {"acquired", …, "edges", "fault", "cycles": [{"signature", "state", "gate", "edges"}]}, and with
 * a trap for MEMBERS (or NULL) {"trap": {"cycle", "held", "met", "expired", "waits", "encounters":
 * [{"held", "wanted", "count"}], "circle": [class, …]}}.
 */
json_t *lock_recorded_summary(const struct lock_recorded *recorded, const GPtrArray *cycles,
			      char **members);
/* The complete record, for the run folder. New reference. */
json_t *lock_recorded_json(const struct lock_recorded *recorded);

/* The name of a class of CLASSES without brackets, as in lockdep's reports; the caller's. */
char *lock_report_name(const GPtrArray *classes, guint class);

#endif
