// SPDX-License-Identifier: GPL-2.0-only
/* Determines how the locks of an edge were acquired (kinds.h). */
#include "locks/kinds.h"

#include <string.h>

guint lock_usage_of(const char columns[4])
{
	/* for each of the four columns, the usage that '+' and '-' stand for */
	static const guint bits[4][2] = {
		{USAGE_WRITE, USAGE_HARDIRQ_WRITE},
		{USAGE_READ, USAGE_HARDIRQ_READ},
		{USAGE_WRITE, USAGE_SOFTIRQ_WRITE},
		{USAGE_READ, USAGE_SOFTIRQ_READ},
	};
	guint usage = 0;

	for (guint i = 0; i < 4; i++) {
		if (columns[i] == '+' || columns[i] == '?')
			usage |= bits[i][0];
		if (columns[i] == '-' || columns[i] == '?')
			usage |= bits[i][1];
	}
	return usage;
}

/* ---- locks that sleep ---- */

/*
 * Locks that are only acquired where a task may sleep. fs_reclaim is not a lock: it stands for an
 * allocation that may sleep.
 */
static const char *const sleeping[] = {"fs_reclaim", "&mm->mmap_lock", "cpu_hotplug_lock"};
/*
 * Maximum number of passes of find_sleeping(). A graph that needs more has sleeping locks that are
 * not recognised; the only effect is that more cycles are listed.
 */
#define PASSES_MAX 64

/*
 * Returns for each class whether its locks are known to be sleeping locks: those of `sleeping`, and
 * each lock that a task held while it waited for a sleeping lock. The caller frees the array.
 */
static gboolean *find_sleeping(const struct lock_orders *orders)
{
	gboolean *sleeps = g_new0(gboolean, orders->classes->len + 1), more = TRUE;

	for (guint i = 0; i < orders->classes->len; i++) {
		const struct lock_class *class = orders->classes->pdata[i];

		for (guint s = 0; s < G_N_ELEMENTS(sleeping); s++)
			sleeps[i] |= !strcmp(class->name, sleeping[s]);
	}
	for (guint pass = 0; more && pass < PASSES_MAX; pass++) {
		more = FALSE;
		for (guint i = 0; i < orders->edges->len; i++) {
			const struct lock_edge *edge = orders->edges->pdata[i];

			if (edge->contexts & LOCK_IN_PROCESS && sleeps[edge->to] &&
			    !sleeps[edge->from])
				more = sleeps[edge->from] = TRUE;
		}
	}
	return sleeps;
}

/* ---- the kinds of an edge ---- */

/* The usage bits that an acquisition for writing, and one for reading, sets in each context. */
static const struct {
	guint context, write, read;
} uses[] = {
	{LOCK_IN_PROCESS, USAGE_WRITE, USAGE_READ},
	{LOCK_IN_SOFTIRQ, USAGE_SOFTIRQ_WRITE, USAGE_SOFTIRQ_READ},
	{LOCK_IN_HARDIRQ, USAGE_HARDIRQ_WRITE, USAGE_HARDIRQ_READ},
};

/* How the locks of a class were acquired in one context. */
enum kind { KIND_UNKNOWN, KIND_WRITE, KIND_READ };

static enum kind kind_of(guint usage, guint use, gboolean sleeps)
{
	gboolean write = (usage & uses[use].write) != 0, read = (usage & uses[use].read) != 0;

	if (write == read)
		return KIND_UNKNOWN;
	/*
	 * a spinlock may also have been acquired for writing with interrupts disabled: usage does
	 * not show this
	 */
	if (read && uses[use].context == LOCK_IN_PROCESS && !sleeps)
		return KIND_UNKNOWN;
	return write ? KIND_WRITE : KIND_READ;
}

void lock_kinds_derive(struct lock_orders *orders, const guint *usage)
{
	static const guint from_bits[] = {LOCK_FROM_UNKNOWN, LOCK_FROM_WRITE, LOCK_FROM_READ};
	static const guint to_bits[] = {LOCK_TO_UNKNOWN, LOCK_TO_WRITE, LOCK_TO_READ};
	g_autofree gboolean *sleeps = find_sleeping(orders);

	for (guint i = 0; i < orders->edges->len; i++) {
		struct lock_edge *edge = orders->edges->pdata[i];

		for (guint u = 0; u < G_N_ELEMENTS(uses); u++) {
			enum kind from = kind_of(usage[edge->from], u, sleeps[edge->from]);
			enum kind to = kind_of(usage[edge->to], u, sleeps[edge->to]);

			if (!(edge->contexts & uses[u].context))
				continue;
			edge->contexts |= from_bits[from];
			/*
			 * an interrupt's read_lock() is recursive (read_lock_is_recursive() in the
			 * kernel)
			 */
			edge->contexts |= to == KIND_READ && uses[u].context != LOCK_IN_PROCESS
						  ? LOCK_TO_RECURSIVE
						  : to_bits[to];
		}
	}
}

guint lock_kind_of_function(const char *name)
{
	static const struct {
		const char *part;
		guint kind;
	} functions[] = {
		{"down_read", LOCK_TO_READ},	  {"read_lock", LOCK_TO_READ},
		{"down_write", LOCK_TO_WRITE},	  {"write_lock", LOCK_TO_WRITE},
		{"mutex_lock", LOCK_TO_WRITE},	  {"spin_lock", LOCK_TO_WRITE},
		{"kernfs_drain", LOCK_TO_WRITE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
		if (strstr(name, functions[i].part))
			return functions[i].kind;
	return 0;
}

enum lock_meeting lock_meeting(const struct lock_class *class, const struct order_edge *in,
			       const struct order_edge *out)
{
	guint to = in->contexts & LOCK_TO_ALL, from = out->contexts & LOCK_FROM_ALL;

	if (to == LOCK_TO_RECURSIVE && from == LOCK_FROM_READ)
		return MEET_FREE;
	if (!(class->flags & LOCK_SHARED) || to & LOCK_TO_WRITE || from & LOCK_FROM_WRITE)
		return MEET_BLOCKS;
	return to & LOCK_TO_UNKNOWN || from & LOCK_FROM_UNKNOWN || !to || !from ? MEET_UNKNOWN
										: MEET_WRITER;
}
