// SPDX-License-Identifier: GPL-2.0-only
/* Measures how long the host let the guest run: see runtime.h. */
#include "engine/runtime.h"

#include <string.h>

#include "util/clock.h"
#include "util/paths.h"

void runtime_init(struct runtime *runtime)
{
	*runtime = (struct runtime){
		.waited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
}

void runtime_deinit(struct runtime *runtime)
{
	g_clear_pointer(&runtime->waited, g_hash_table_unref);
}

/*
 * Returns TRUE if the process is stopped by a signal or a debugger: then STATE is T or t in
 * /proc/PID/stat ("PID (NAME) STATE …").
 */
static gboolean is_stopped(pid_t pid)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/stat", (int)pid), *text = NULL;
	const char *end = rig_read_file(file, 4096, &text, NULL, NULL) ? strrchr(text, ')') : NULL;

	return end && end[1] == ' ' && g_ascii_tolower(end[2]) == 't';
}

/*
 * Adds the CPU time of one thread to RUNTIME. Returns by how much the time in which it waited for a
 * CPU has grown since the last call, or 0 for a new thread.
 */
static gint64 read_thread(struct runtime *runtime, const char *tasks, const char *tid)
{
	g_autofree char *file = g_build_filename(tasks, tid, "schedstat", NULL), *text = NULL;
	gint64 waited, *before = g_hash_table_lookup(runtime->waited, tid), more;
	char *rest;

	if (!rig_read_file(file, 4096, &text, NULL, NULL))
		return 0;
	runtime->ran_ns += g_ascii_strtoll(text, &rest, 10);
	waited = g_ascii_strtoll(rest, NULL, 10);
	more = before ? MAX(0, waited - *before) : 0;
	g_hash_table_replace(runtime->waited, g_strdup(tid), g_memdup2(&waited, sizeof(waited)));
	return more;
}

void runtime_update_at(struct runtime *runtime, const char *tasks, gboolean stopped, gint64 now_ns)
{
	g_autoptr(GDir) dir = tasks ? g_dir_open(tasks, 0, NULL) : NULL;
	gint64 passed = now_ns - runtime->tick_ns, lost = 0, ran_before = runtime->ran_ns;
	const char *tid;

	runtime->ran_ns = 0;
	while (dir && (tid = g_dir_read_name(dir))) {
		gint64 more = read_thread(runtime, tasks, tid);

		lost = MAX(lost, more);
	}
	/* the sum lacks the time of threads that have ended, so do not let it decrease */
	runtime->ran_ns = MAX(runtime->ran_ns, ran_before);
	if (runtime->tick_ns && !stopped)
		runtime->guest_s += MAX(0, passed - lost) / (double)RIG_NS_PER_S;
	runtime->tick_ns = now_ns;
}

void runtime_update(struct runtime *runtime, pid_t pid)
{
	g_autofree char *tasks = pid ? g_strdup_printf("/proc/%d/task", (int)pid) : NULL;

	runtime_update_at(runtime, tasks, pid && is_stopped(pid), rig_now_ns());
}
