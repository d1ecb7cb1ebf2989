/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of `rig zoo` share. */
#ifndef RIG_CMD_ZOO_H
#define RIG_CMD_ZOO_H

#include "store/store.h"
#include "zoo/zoo.h"

/* The user's options; NULL and 0 mean the default. */
struct zoo_want {
	char *machine, *kernel, *results, *seed, *launcher, *uri, *emulator, *without;
	int repeat, jobs, duration;
	gboolean clean, json, dice;
};

/*
 * The requested machine, or the entry's first one. NULL: the entry does not support the requested
 * one.
 */
const char *zoo_machine(const struct zoo_entry *entry, const struct zoo_want *want, GError **error);

/*
 * One run of the entry's scenario, without the part WITHOUT (scenario_ablations()) unless that is
 * NULL.
 */
gboolean zoo_run(const struct zoo_entry *entry, const struct zoo_want *want, const char *machine,
		 const char *without, struct run_info **ret, GError **error);

/* A run of ENTRY has ended. */
typedef void (*zoo_ended)(const struct zoo_entry *entry, const struct run_info *run, void *data);

/*
 * Runs ENTRIES (struct zoo_entry) at the place that --on names, as often as WANT says, each after
 * the build of its kernel; if PARTS is not NULL, also without each of these parts of the scenario.
 * Blocks. Returns an exit code: 0, or that of what could not be run, which was printed.
 */
int zoo_run_at_place(GPtrArray *entries, const struct zoo_want *want, char *const *parts,
		     zoo_ended ended, void *data);

/* The whole command, printing included. Returns an exit code. */
int zoo_ablate(const char *id, const struct zoo_want *want);

#endif
