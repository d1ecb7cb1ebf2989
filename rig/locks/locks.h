/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lock orders, of one boot and of all boots. An order A --> B means that a task waited for a lock
 * of class B while it held a lock of class A.
 *
 * lockdep loses its graph at power-off. So a run stores the orders from /proc/lockdep and
 * /proc/lockdep_chains at its end (struct lock_orders, `locks/` of the run folder). The graph
 * (graph.h) has the orders of all runs of a results folder, and is searched for cycles, new edges
 * and violations.
 *
 * A class has a canonical name that is the same in each boot:
 *	cpu_hotplug_lock			one lock, named by its variable
 *	kn->active(dev_attr_online)		locks of sysfs files, named by their attribute
 *	&sb->s_type->i_mutex_key(ext4_fs_type)	locks whose key is in the variable in brackets
 *	&zone->lock				locks that one place in the code initialises
 *	&rq->__lock/1				the same, with a subclass
 * lockdep numbers classes of one name ("kn->active#13") in the order of their registration,
 * which differs between boots; the number is dropped.
 */
#ifndef RIG_LOCKS_LOCKS_H
#define RIG_LOCKS_LOCKS_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

/* Limits of a stack as text: number of functions, and of bytes. */
#define LOCK_STACK_FRAMES 8
#define LOCK_STACK_MAX 1000

/* Upper limits for any kernel: MAX_LOCKDEP_KEYS is 8192, and MAX_LOCKDEP_CHAINS_BITS up to 21. */
#define LOCKS_CLASSES_MAX 8192
#define LOCKS_EDGES_MAX 200000
#define LOCKS_TEXT_MAX (32u << 20)
#define LOCKS_NAME_MAX 200

enum lock_flags {
	/* several lockdep keys have this name, and no symbol distinguishes them */
	LOCK_AMBIGUOUS = 1,
	/*
	 * The class has a single lock, not one in each of many objects. Only such a class can be a
	 * gate, a lock that keeps tasks from deadlocking in a cycle.
	 */
	LOCK_SINGLE = 2,
	LOCK_HERE = 8,	   /* only in a loaded graph: an edge begins or ends at the class */
	LOCK_SHARED = 4,   /* was acquired for reading at least once */
	LOCK_WRITTEN = 16, /* was acquired for writing at least once */
	LOCK_SPIN = 32,	   /* only recorded locks: the locks of the class are spinlocks */
	/*
	 * Only recorded locks: spinlocks whose initialisation the recorder cannot see. If the
	 * memory of one becomes another lock, one is mistaken for the other.
	 */
	LOCK_UNSURE = 64,
};

/* A lock class; `name` is its canonical name, as described above. */
struct lock_class {
	char *name;
	guint flags; /* enum lock_flags */
};

/* Where and how an edge occurred: `from` was held while a task waited for `to`. */
enum lock_context {
	LOCK_IN_PROCESS = 1,
	LOCK_IN_SOFTIRQ = 2,
	LOCK_IN_HARDIRQ = 4,
	/* in a lockdep report; if no other of these five bits is set, the gates are unknown */
	LOCK_IN_REPORT = 8,
	LOCK_RECORDED = 16, /* recorded by the director's plugin (recorded.h) */
	/* how `from` had been acquired; LOCK_FROM_UNKNOWN: unknown for at least one occurrence */
	LOCK_FROM_WRITE = 32,
	LOCK_FROM_READ = 64,
	LOCK_FROM_UNKNOWN = 128,
	/*
	 * how the task waited for `to`; LOCK_TO_RECURSIVE: as a reader that no waiting writer can
	 * block
	 */
	LOCK_TO_WRITE = 256,
	LOCK_TO_READ = 512,
	LOCK_TO_RECURSIVE = 1024,
	LOCK_TO_UNKNOWN = 2048,
};
#define LOCK_FROM_ALL (LOCK_FROM_WRITE | LOCK_FROM_READ | LOCK_FROM_UNKNOWN)
#define LOCK_TO_ALL (LOCK_TO_WRITE | LOCK_TO_READ | LOCK_TO_RECURSIVE | LOCK_TO_UNKNOWN)
#define LOCK_CONTEXTS_ALL 4095

/*
 * The lock order from --> to: a task held a lock of class `from` while it waited for one of class
 * `to`. Both are indices of struct lock_orders' `classes`.
 */
struct lock_edge {
	guint from, to;
	guint contexts; /* enum lock_context */
	/*
	 * array of guint, sorted: the gates, which are classes with a single lock (LOCK_SINGLE)
	 * that the task held exclusively at every occurrence; or NULL if there is none
	 */
	GArray *gates;
	/*
	 * the stack of the task that waited for `to`, as "a < b < c" with the innermost function
	 * first; NULL if unknown
	 */
	char *stack;
};

/* The orders of one boot. */
struct lock_orders {
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct lock_edge, sorted by from, to */
	/* the text that was read was longer than allowed, or ended inside a line */
	gboolean cut;
};

struct lock_orders *lock_orders_new(void);
void lock_orders_free(struct lock_orders *orders);
RIG_DEFINE_AUTO(lock_orders, lock_orders_free)

/*
 * Returns the name of the variable that contains ADDRESS, or NULL if there is none. The caller owns
 * the string.
 */
typedef char *(*lock_symbol)(guint64 address, void *data);

/*
 * Reads the text of /proc/lockdep and /proc/lockdep_chains (kernel/locking/lockdep_proc.c, 5.10 to
 * 7.x). Damaged text is accepted: unknown lines are skipped, and the numbers of classes and edges
 * are limited. SYMBOL (may be NULL) helps to name classes if the kernel printed real addresses
 * (no_hash_pointers nokaslr).
 *
 * A chain has the locks that a task held when it waited for the innermost one. Edges lead to this
 * lock from the next outer lock, and, if that one was acquired by a trylock (no chain ends with
 * it), also from the lock outside of it, and so on, as in lockdep's check_prevs_add().
 */
struct lock_orders *lock_orders_parse(const char *lockdep, const char *chains, lock_symbol symbol,
				      void *data);

/*
 * Returns {"version": 1, "cut": BOOL, "classes": [[name, flags], …], "edges": [[from, to, contexts,
 * [gate, …], stack], …]}; edges without a stack have four elements.
 */
json_t *lock_orders_json(const struct lock_orders *orders);
/*
 * Reads the JSON of lock_orders_json(). Error: RIG_EXIT_USAGE, JSON has another form or exceeds the
 * limits.
 */
struct lock_orders *lock_orders_from_json(json_t *json, GError **error);

/*
 * Adds the edges of the cycles that lockdep reported, with LOCK_IN_REPORT. REPORTS is an array as
 * in the file `verdict`; its content may be invalid. If ORDERS already has classes (from
 * /proc/lockdep), a report with a class that is not among them is ignored: the console has lost
 * characters of it.
 */
void lock_orders_add_reports(struct lock_orders *orders, json_t *reports);
/*
 * Sets *RET to the index of the class NAME; adds the class with FLAGS if it is new. Returns FALSE
 * if there are too many classes.
 */
gboolean lock_orders_class(struct lock_orders *orders, const char *name, guint flags, guint *ret);
/*
 * Adds the edge FROM -> TO (indices of classes) with CONTEXTS; if it exists, adds CONTEXTS to it.
 */
void lock_orders_edge(struct lock_orders *orders, guint from, guint to, guint contexts);
/*
 * Sets the gates (locks held at every occurrence) of the edge FROM -> TO to a copy of GATES
 * (guint). Does nothing if there is no such edge.
 */
void lock_orders_gates(struct lock_orders *orders, guint from, guint to, const GArray *gates);
/*
 * Stores a copy of STACK as the stack of the edge FROM -> TO, unless the edge has one already.
 * STACK may be NULL.
 */
void lock_orders_stack(struct lock_orders *orders, guint from, guint to, const char *stack);
/*
 * Checks TEXT, which comes from a guest or a file. Returns TRUE if it is not empty, has at most MAX
 * bytes, is valid UTF-8, and contains no characters that control a terminal.
 */
gboolean lock_text_is_valid(const char *text, gsize max);
/*
 * Returns TRUE if NAME is a C identifier. The rig assumes that a class with such a name has a
 * single lock: the variable NAME, or a lock to which the kernel has given a class of its own
 * (lockdep_set_class()).
 */
gboolean lock_name_is_variable(const char *name);

/*
 * Returns the signature of the lock order EDGE, "A --> B", as a finding (lock_findings()), or NULL
 * if EDGE has another form. The caller owns the text.
 */
char *lock_edge_key(const char *edge);
#define LOCK_EDGE_KEY "v1:lock-edge:"

/*
 * Returns the classes in TEXT, "A --> B --> A" (a cycle) or "A --> B" (an edge). A signature's kind
 * may precede them ("v1:lockdep-circular:"). Lockdep's numbers ("#13") are removed. The result is
 * NULL-terminated, and the caller owns it. Returns NULL if TEXT has neither form.
 */
char **lock_cycle_parse(const char *text);

/*
 * Returns NAME without the number that lockdep appends: "kn->active" for "kn->active#13". The
 * caller owns the text.
 */
char *lock_plain_name(const char *name);

/* A GDestroyNotify for arrays of struct lock_class. */
void lock_class_free(gpointer lock_class);
struct lock_edge *lock_edge_new(guint from, guint to, guint contexts);
void lock_edge_free(struct lock_edge *edge);

#endif
