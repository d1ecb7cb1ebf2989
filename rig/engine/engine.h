/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run: a guest is booted, hammered, judged and kept.
 *
 * The story is a table of states and events (table.c); host steps (track.c), agents (agents.c), the
 * watchdog (watch.c) and the post-mortem (postmortem.c) feed it events; judge.c turns what was seen into
 * a verdict. Single-threaded on the default main context.
 */
#ifndef RIG_ENGINE_ENGINE_H
#define RIG_ENGINE_ENGINE_H

#include <glib.h>
#include <jansson.h>

#include "kernel/kernel.h"
#include "machine/machine.h"
#include "scenario/scenario.h"
#include "store/store.h"

/* What the live line shows. */
struct engine_status {
	const char *state;     /* "boot", "hammer", … */
	double guest_s;	       /* guest time */
	double left_s;	       /* wall time until the hammering ends, 0 outside */
	const char *agents;    /* "block-state 1200/s, slab-read 310/s" */
	guint plugs, unplugs;  /* finished well */
	guint refused;
	guint reports;
};

typedef void (*engine_progress)(const struct engine_status *status, void *data);

/* All borrowed for the length of engine_run(). */
struct engine_plan {
	const struct scenario *scenario;
	const struct machine *machine;
	const struct kernel *kernel;
	const char *const *fragments; /* config fragments the kernel was built with, kept in the folder */
	const char *initrd;
	const char *launcher, *uri; /* of vm_config; or NULL */
	const char *emulator;	/* NULL: the machine's */
	const char *results;	/* folder of run folders */
	guint64 seed;
	enum accel accel;	/* settled */
	const char *accel_why;
	const char *firmware, *mmu; /* or NULL */
	unsigned duration_s;	/* 0: the scenario's */
	unsigned patience_s;	/* how long nothing may get on before it is a hang; 0: 20 */
	const char *known;	/* list of known issues (splat/known.h), or NULL */
	gboolean keep_going;	/* do not end at the first report */
	const char *until;	/* keep going, but end at a report of this signature or kind; or NULL */
	gboolean no_lockdep;	/* the kernel has none, and that is accepted */
	guint64 dump_limit;	/* the memory of a guest that hangs is kept where it has at most so many bytes */
	json_t *inputs;		/* goes into run.json, with what the engine adds */
	engine_progress progress; /* called about four times a second, or NULL */
	void *data;
};

/*
 * Blocks until the run is judged and kept. *ret_dir is the run folder, also after a HANG or an abort
 * (SIGINT and SIGTERM end the run as ABORTED). An error means that not even a folder could be made, or that
 * its verdict could not be written.
 */
gboolean engine_run(const struct engine_plan *plan, char **ret_dir, enum verdict *ret_verdict,
		    GError **error);

#endif
