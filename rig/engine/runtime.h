/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest runtime: how long the host let the guest run.
 *
 * A guest's own clock advances while the host does not run it, so time limits count this instead.
 * Excluded from every interval is the time in which QEMU was stopped, or in which the thread that
 * waited longest for a processor waited (/proc/PID/task/TID/schedstat: nanoseconds on a CPU,
 * nanoseconds in a run queue). The longest, not the mean: a grace period, stop_machine() or an IPI
 * waits for the slowest CPU of the guest.
 */
#ifndef RIG_ENGINE_RUNTIME_H
#define RIG_ENGINE_RUNTIME_H

#include <glib.h>
#include <sys/types.h>

struct runtime {
	double guest_s;	    /* guest runtime so far, in seconds */
	gint64 ran_ns;	    /* processor time of all threads of QEMU */
	gint64 tick_ns;	    /* time of the last runtime_update(); 0: none yet */
	GHashTable *waited; /* thread id -> nanoseconds in a run queue, at that time */
};

void runtime_init(struct runtime *runtime);
void runtime_deinit(struct runtime *runtime);

/* Updates it. PID 0: QEMU runs on another host; all time counts. */
void runtime_update(struct runtime *runtime, pid_t pid);

/* runtime_update() for tests, with the folder TASKS instead of /proc/PID/task, and a given time. */
void runtime_update_at(struct runtime *runtime, const char *tasks, gboolean stopped, gint64 now_ns);

#endif
