/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig zoo`. */
#ifndef RIG_CMD_ZOO_H
#define RIG_CMD_ZOO_H

#include "store/store.h"
#include "zoo/zoo.h"

/* Values of options; NULL and 0 stand for the default. */
struct zoo_want {
	char *machine, *kernel, *results, *seed, *launcher, *uri, *emulator, *without;
	/* number of runs, number of compile jobs, and seconds of load */
	int repeat, jobs, duration;
	gboolean clean, json, dice;
};

/*
 * Returns the requested machine, or the entry's first one if none was requested. Returns NULL with
 * an error if the entry does not support the requested machine.
 */
const char *zoo_machine(const struct zoo_entry *entry, const struct zoo_want *want, GError **error);

/*
 * Runs the entry's scenario once. If WITHOUT is not NULL, this part of the scenario is left out
 * (see scenario_ablations()). *RET is the finished run.
 */
gboolean zoo_run(const struct zoo_entry *entry, const struct zoo_want *want, const char *machine,
		 const char *without, struct run_info **ret, GError **error);

/* Called when a run of ENTRY has ended. */
typedef void (*zoo_ended)(const struct zoo_entry *entry, const struct run_info *run, void *data);

/*
 * Runs each of ENTRIES (struct zoo_entry) want->repeat times on the place that --on selects. The
 * runs of an entry wait for the build of its kernel. If PARTS is not NULL, the scenario is also run
 * without each of these parts. ENDED is called for each run. Blocks. Returns an exit code: 0, or
 * that of a job that could not be run, for which a message was printed.
 */
int zoo_run_at_place(GPtrArray *entries, const struct zoo_want *want, char *const *parts,
		     zoo_ended ended, void *data);

/* Executes `rig zoo ablate` and prints the results. Returns an exit code. */
int zoo_ablate(const char *id, const struct zoo_want *want);

#endif
