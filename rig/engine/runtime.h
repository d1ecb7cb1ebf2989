/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures guest runtime, which is how long the host let the guest run.
 *
 * A guest's own clock also advances while the host does not run the guest, so time limits count
 * guest runtime instead. It excludes the time in which QEMU was stopped, and the time in which a
 * thread of QEMU waited for a processor (/proc/PID/task/TID/schedstat: nanoseconds on a CPU,
 * nanoseconds in a run queue). The thread that waited longest determines this time, not the mean of
 * the threads, because a grace period, stop_machine() or an IPI waits for the guest's slowest CPU.
 */
#ifndef RIG_ENGINE_RUNTIME_H
#define RIG_ENGINE_RUNTIME_H

#include <glib.h>
#include <sys/types.h>

struct runtime {
	double guest_s; /* guest runtime so far, in seconds */
	gint64 ran_ns;	/* processor time of all threads of QEMU */
	gint64 tick_ns; /* time of the last runtime_update(), or 0 before the first one */
	/* thread id -> nanoseconds in a run queue, at the last runtime_update() */
	GHashTable *waited;
};

void runtime_init(struct runtime *runtime);
void runtime_deinit(struct runtime *runtime);

/*
 * Updates RUNTIME. PID is QEMU's process, or 0 if it is not on this host; then all wall time counts
 * as guest runtime.
 */
void runtime_update(struct runtime *runtime, pid_t pid);

/*
 * Updates RUNTIME as if the time were NOW_NS. Reads the folder TASKS instead of /proc/PID/task;
 * QEMU was stopped if STOPPED is TRUE. Used by runtime_update() and by tests.
 */
void runtime_update_at(struct runtime *runtime, const char *tasks, gboolean stopped, gint64 now_ns);

#endif
