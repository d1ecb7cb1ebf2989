/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lock orders: which lock a kernel takes while it holds which other, of one boot and of all
 * boots.
 *
 * lockdep forgets its graph at power-off. A run keeps what /proc/lockdep and
 * /proc/lockdep_chains contain at its end (struct lock_orders, `locks/` of the run folder); the
 * graph (graph.h) unites the orders of all runs of a results folder and is asked for cycles, new
 * edges and violations.
 *
 * A class has a canonical name that is the same in each boot:
 *	cpu_hotplug_lock			a lock of its own, named by its variable
 *	kn->active(dev_attr_online)		a sysfs file, named by its attribute
 *	&sb->s_type->i_mutex_key(ext4_fs_type)	a key that lies in a variable
 *	&zone->lock				initialised in code: all locks of one initialisation
 *	&rq->__lock/1				with its subclass
 * lockdep numbers classes of one name ("kn->active#13") in the order of their registration,
 * which differs between boots; the number is dropped.
 */
#ifndef RIG_LOCKS_LOCKS_H
#define RIG_LOCKS_LOCKS_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

/* More than a kernel can have: MAX_LOCKDEP_KEYS is 8192, MAX_LOCKDEP_CHAINS_BITS up to 21. */
#define LOCKS_CLASSES_MAX 8192
#define LOCKS_EDGES_MAX 200000
#define LOCKS_TEXT_MAX (32u << 20)
#define LOCKS_NAME_MAX 200

enum lock_flags {
	LOCK_AMBIGUOUS = 1, /* several keys share the name, and no symbol distinguishes them */
	LOCK_SINGLE = 2,    /* one lock, not one of many objects': it can be a gate */
	LOCK_HERE = 8,	    /* in a graph: a loaded edge begins or ends at it */
	LOCK_SHARED = 4,    /* was acquired for reading at least once */
	LOCK_WRITTEN = 16,  /* and for writing: of recorded.h only */
};

struct lock_class {
	char *name;
	guint flags; /* enum lock_flags */
};

enum lock_context {
	LOCK_IN_PROCESS = 1,
	LOCK_IN_SOFTIRQ = 2,
	LOCK_IN_HARDIRQ = 4,
	LOCK_IN_REPORT = 8, /* in a lockdep report; if it is the only bit, the gates are unknown */
};

/* `to` was waited for while `from` was held. Numbers are indices of `classes`. */
struct lock_edge {
	guint from, to;
	guint contexts; /* enum lock_context */
	GArray *gates;	/* guint, sorted: single exclusive locks held at every occurrence; NULL:
			 * none */
};

/* The orders of one boot. */
struct lock_orders {
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct lock_edge, sorted by from, to */
	gboolean cut;	    /* the text was longer than allowed, or ended inside a line */
};

struct lock_orders *lock_orders_new(void);
void lock_orders_free(struct lock_orders *orders);
RIG_DEFINE_AUTO(lock_orders, lock_orders_free)

/* The name of the variable that ADDRESS lies in, or NULL. The string is the caller's. */
typedef char *(*lock_symbol)(guint64 address, void *data);

/*
 * Reads the text of /proc/lockdep and /proc/lockdep_chains (kernel/locking/lockdep_proc.c, 5.10 to
 * 7.x), which may be anything: unknown lines are passed over, tables are bounded. SYMBOL (may be
 * NULL) helps to name classes where the kernel printed addresses (no_hash_pointers nokaslr).
 *
 * A chain is the stack of held locks at an acquisition that waited. Its last lock depends on the
 * one before; and, where that one was taken by a trylock (no chain ends with it there), on the next
 * outer one too: the rule of check_prevs_add().
 */
struct lock_orders *lock_orders_parse(const char *lockdep, const char *chains, lock_symbol symbol,
				      void *data);

/*
 * Makes {"version": 1, "classes": [[name, flags], …], "edges": [[from, to, contexts, [gate, …]],
 * …]}.
 */
json_t *lock_orders_json(const struct lock_orders *orders);
/* NULL with RIG_EXIT_USAGE: JSON is not such an object or exceeds the limits. */
struct lock_orders *lock_orders_from_json(json_t *json, GError **error);

/*
 * Adds the links of the cycles in lockdep's reports among REPORTS (an array as in the file
 * `verdict`, of any origin), with LOCK_IN_REPORT.
 */
void lock_orders_add_reports(struct lock_orders *orders, json_t *reports);
/*
 * The index of the class called NAME; if it is new, it is added with FLAGS. FALSE: there are too
 * many.
 */
gboolean lock_orders_class(struct lock_orders *orders, const char *name, guint flags, guint *ret);
/* Adds the edge FROM -> TO (indices), or CONTEXTS to an existing one. */
void lock_orders_edge(struct lock_orders *orders, guint from, guint to, guint contexts);
/* Sets the gates of the edge FROM -> TO, if there is one; GATES (guint) is copied. */
void lock_orders_gates(struct lock_orders *orders, guint from, guint to, const GArray *gates);
/* TRUE: the name is that of a variable: one lock, or a lock with its own class. */
gboolean lock_name_is_variable(const char *name);

/*
 * The signature of the lock order "A --> B" as a finding (lock_findings()); NULL: EDGE is not one.
 * The caller's.
 */
char *lock_edge_key(const char *edge);

/*
 * The classes of "A --> B --> A" or "A --> B", with a signature's kind ("v1:lockdep-circular:")
 * before it or not, without lockdep's numbers; NULL-terminated, the caller's. NULL: TEXT is not a
 * cycle.
 */
char **lock_cycle_parse(const char *text);

/* NAME with lockdep's number removed ("kn->active#13" is "kn->active"); the caller's. */
char *lock_plain_name(const char *name);

/* A GDestroyNotify for arrays of struct lock_class. */
void lock_class_free(gpointer lock_class);
struct lock_edge *lock_edge_new(guint from, guint to, guint contexts);
void lock_edge_free(struct lock_edge *edge);

#endif
