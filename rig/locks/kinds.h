/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Determines how the locks of an edge were acquired: for writing, for reading, or as a recursive
 * reader. Private to locks/.
 *
 * /proc/lockdep and /proc/lockdep_chains (5.10 to 7.3) do not show this for an edge. For a class,
 * they show whether it was ever acquired for writing, and for reading: with interrupts enabled, in
 * softirqs, in hardirqs. For an edge in an interrupt, this is sufficient. For an edge in process
 * context, it is only sufficient if the lock is a sleeping lock: a spinlock may also have been
 * acquired with interrupts disabled, which these files do not show.
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
 * Returns the usage of a class (bits of enum lock_usage) from its four characters in /proc/lockdep,
 * for example "+.+.". They stand for hardirq write, hardirq read, softirq write, softirq read. Each
 * is '.' (never), '+' (acquired while these interrupts were enabled), '-' (acquired in such an
 * interrupt) or '?' (both).
 */
guint lock_usage_of(const char columns[4]);

/*
 * Adds the bits LOCK_FROM_… and LOCK_TO_… to the contexts of all edges of ORDERS, which must be
 * from /proc/lockdep_chains. USAGE[I] is the usage of class I, or 0 if it is unknown.
 */
void lock_kinds_derive(struct lock_orders *orders, const guint *usage);

/*
 * Returns the bit LOCK_TO_… for the function NAME if it acquires a lock ("percpu_down_read"),
 * otherwise 0.
 */
guint lock_kind_of_function(const char *name);

/*
 * What happens if the lock at the end of an edge is the lock at the start of the next one: whether
 * the task that waits for it is blocked by the task that holds it.
 */
enum lock_meeting {
	MEET_BLOCKS,
	/* both tasks read: the waiting one is only blocked if a third task waits for writing */
	MEET_WRITER,
	MEET_UNKNOWN, /* it is not known whether both tasks read */
	MEET_FREE,    /* a recursive reader waits for a reader: never blocked */
};

/*
 * Compares how the task of edge IN waits for a lock of CLASS with how the task of edge OUT holds
 * it. The rule is lockdep's since 5.10: a recursive reader after a reader is not a dependency
 * (Documentation/locking/lockdep-design.rst, "Recursive read locks": -(xR)-> and -(Sx)->).
 */
enum lock_meeting lock_meeting(const struct lock_class *class, const struct order_edge *in,
			       const struct order_edge *out);

#endif
