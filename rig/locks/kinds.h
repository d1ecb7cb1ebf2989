/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Determines how the locks of an edge were acquired: for writing, for reading, or as a recursive
 * reader. Private to locks/.
 *
 * /proc/lockdep and /proc/lockdep_chains (5.10 to 7.3) do not show this for an edge. For a class,
 * they show whether it was ever acquired for writing and for reading: with interrupts enabled, in
 * softirqs, and in hardirqs. For an edge in irq context, this is sufficient. In process context, it
 * is sufficient only for sleeping locks: a spinlock may also have been acquired with interrupts
 * disabled, which these files do not show.
 */
#ifndef RIG_LOCKS_KINDS_H
#define RIG_LOCKS_KINDS_H

#include "locks/graph.h"

enum lock_usage {
	USAGE_WRITE = 1, /* acquired for writing with interrupts or softirqs enabled */
	USAGE_READ = 2,
	USAGE_SOFTIRQ_WRITE = 4,
	USAGE_SOFTIRQ_READ = 8,
	USAGE_HARDIRQ_WRITE = 16,
	USAGE_HARDIRQ_READ = 32,
	USAGE_WRITES = USAGE_WRITE | USAGE_SOFTIRQ_WRITE | USAGE_HARDIRQ_WRITE,
	USAGE_READS = USAGE_READ | USAGE_SOFTIRQ_READ | USAGE_HARDIRQ_READ,
};

/*
 * Returns the usage of a class, bits of enum lock_usage, from its four characters in /proc/lockdep,
 * for example "+.+.": hardirq write, hardirq read, softirq write, softirq read; each '.', '+'
 * (acquired while enabled), '-' (acquired in that context) or '?' (both).
 */
guint lock_usage_of(const char columns[4]);

/*
 * Adds LOCK_FROM_… and LOCK_TO_… to the contexts of all edges from chains. USAGE has the usage of
 * each class, or 0 if it is unknown.
 */
void lock_kinds_derive(struct lock_orders *orders, const guint *usage);

/*
 * Returns the LOCK_TO_… bit of the function NAME if it acquires a lock ("percpu_down_read"),
 * otherwise 0.
 */
guint lock_kind_of_function(const char *name);

/*
 * Whether a task that waits for the lock at the end of the edge IN is blocked by a task that holds
 * this lock, which is at the start of the edge OUT.
 */
enum lock_meeting {
	MEET_BLOCKS,
	MEET_WRITER,  /* both tasks read: the waiting one is blocked only if a writer waits, too */
	MEET_UNKNOWN, /* it is not known whether both tasks read */
	MEET_FREE,    /* a recursive reader waits for a reader: never blocked */
};

/*
 * Compares how IN waits for a lock of CLASS with how OUT holds it. The rule is lockdep's since 5.10
 * (Documentation/locking/lockdep-design.rst, "Recursive read locks"): a path through -(xR)-> and
 * -(Sx)-> is not a dependency.
 */
enum lock_meeting lock_meeting(const struct lock_class *class, const struct order_edge *in,
			       const struct order_edge *out);

#endif
