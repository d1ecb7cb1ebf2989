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
	guint modes;   /* bit (from was written to) * 2 + (to is to be written to) */
	GArray *gates; /* of struct recorded_gate: exclusive locks held at all occurrences */
};

struct recorded_edge {
	guint from, to; /* indices of classes */
	guint64 count;
	guint modes;	  /* of all pairs */
	GPtrArray *pairs; /* of struct recorded_pair */
	GPtrArray *stack; /* of char *: functions, innermost first, of the first occurrence */
};

/* The trap for a cycle (plugin/lock-trap.h); members are numbered as they were given. */
struct recorded_trap {
	gboolean used;
	guint64 held, met, expired;
	guint64 encounters[8][8]; /* holds I, wants J */
	GArray *circle;		  /* guint: classes that its tasks want; empty: none was closed */
	gboolean waits;		  /* each of them still did when the record was written */
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
 * TEXT is what the plugin wrote (plugin/protocol.h), which is checked. Errors: RIG_EXIT_INFRA, it
 * is cut off or not in that format.
 */
struct lock_recorded *lock_recorded_parse(const char *text, const struct lock_names *names,
					  GError **error);
void lock_recorded_free(struct lock_recorded *recorded);
RIG_DEFINE_AUTO(lock_recorded, lock_recorded_free)

/* NULL: the recorder saw every acquisition and release; else why its record proves nothing. */
char *lock_recorded_fault(const struct lock_recorded *recorded);

/* Was LOCK one of its gates? */
gboolean recorded_pair_has(const struct recorded_pair *pair, guint64 lock);

/* As a table like lockdep's: the gates are locks of which there is one. */
struct lock_orders *lock_recorded_orders(const struct lock_recorded *recorded);

/* ---- recorded-cycles.c ---- */

enum recorded_state {
	CYCLE_OPEN,    /* nothing that was recorded prevents it */
	CYCLE_UNCLEAR, /* more locks of one class than the record has */
	CYCLE_GUARDED, /* two of its edges have a gate in common, so far */
};

/* A cycle of as many tasks as it has edges: each holds a lock and waits for the next one's. */
struct recorded_cycle {
	GPtrArray *edges; /* of struct recorded_edge, borrowed, from the least name on */
	enum recorded_state state;
	int gate;	 /* a class, or -1 */
	gboolean writer; /* needs a further task that waits for writing, between readers */
	char *signature; /* "A --> B", names as in lockdep's reports; the least name first */
};

#define RECORDED_CYCLES_MAX 200
/*
 * Cycles of two and three edges whose locks can be the same ones and exclude each other: array of
 * struct recorded_cycle, open ones first, one for each signature, with the worst state of all its
 * locks; the caller's.
 */
GPtrArray *lock_recorded_cycles(const struct lock_recorded *recorded);
void recorded_cycle_free(struct recorded_cycle *cycle);
/* What there is to say about it: its edges with counts, modes and stacks, and its gate. */
char *recorded_cycle_text(const struct lock_recorded *recorded, const struct recorded_cycle *cycle);

/*
 * {"acquired", …, "edges", "fault", "cycles": [{"signature", "state", "gate", "edges"}]}, and with
 * a trap for MEMBERS (or NULL) {"trap": {"cycle", "held", "met", "expired", "waits", "encounters":
 * [{"held", "wanted", "count"}], "circle": [class, …]}}.
 */
json_t *lock_recorded_summary(const struct lock_recorded *recorded, const GPtrArray *cycles,
			      char **members);
/* Everything, for the run folder. New reference. */
json_t *lock_recorded_json(const struct lock_recorded *recorded);

/* The name of a class of CLASSES as lockdep's reports have it: without brackets; the caller's. */
char *lock_report_name(const GPtrArray *classes, guint class);

#endif
