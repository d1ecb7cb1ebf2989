/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig scenario`. */
#ifndef RIG_CMD_SCENARIO_H
#define RIG_CMD_SCENARIO_H

#include "cmd/cmd.h"
#include "scenario/scenario.h"

/* Returns a new array of the NULL-terminated STRINGS. */
json_t *scenario_strings_json(char **strings);

/*
 * Return arrays of texts: the scenario's holds (places where a vCPU waits), in the format of
 * `rig run --hold`; and its calls that are made to fail, in the format of `rig run --fail`.
 */
json_t *scenario_holds_json(const struct scenario *s);
json_t *scenario_fails_json(const struct scenario *s);

/* Returns the scenario with all its keys, as a new object. */
json_t *scenario_json(const struct scenario *s);

/* Prints the complete scenario NAME, as text or as a JSON object. Returns the exit code. */
int scenario_show(const char *name, gboolean json);

struct timeline_want {
	/* if they are NULL, a new seed and the scenario's first machine are used */
	const char *seed, *machine;
	const char *page_size; /* page size of the kernel; NULL stands for the machine's default */
	int laps; /* number of laps (passes through the steps) to print for each copy of a track */
};

/*
 * Prints the timeline of a run of scenario NAME: as sentences, or if JSON is TRUE in the format of
 * timeline.json. Returns the exit code.
 */
int scenario_show_timeline(const char *name, const struct timeline_want *want, gboolean json);

struct new_want {
	const char *device, *machine; /* if they are NULL, "dimm" and "pc-q35" are used */
	char **actors;		      /* names of agents, NULL-terminated; or NULL */
};

/* Writes a scenario into PATH, which ends in .yaml and must not exist. Returns the exit code. */
int scenario_new(const char *path, const struct new_want *want);

#endif
