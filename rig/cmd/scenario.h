/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of `rig scenario` share. */
#ifndef RIG_CMD_SCENARIO_H
#define RIG_CMD_SCENARIO_H

#include "cmd/cmd.h"

struct timeline_want {
	const char *seed, *machine; /* NULL: a new seed; the scenario's first machine */
	int laps;		    /* number of laps of each copy */
};

/* Prints the timeline of a run of NAME, as sentences or as timeline.json. Returns the exit code. */
int scenario_show_timeline(const char *name, const struct timeline_want *want, gboolean json);

struct new_want {
	const char *device, *machine; /* NULL: dimm; pc-q35 */
	char **actors;		      /* agents, NULL-terminated; or NULL */
};

/* Writes the file PATH (with .yaml), which must not exist. Returns the exit code. */
int scenario_new(const char *path, const struct new_want *want);

#endif
