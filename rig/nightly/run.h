/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a running night. Private to nightly/. */
#ifndef RIG_NIGHTLY_RUN_H
#define RIG_NIGHTLY_RUN_H

#include "child/child.h"
#include "nightly/internal.h"
#include "place/place.h"

/* Seconds from SIGTERM to SIGKILL for a run that is stopped. */
#define NIGHT_GRACE_S 30

/* STOP_STARTING: no further job is started; STOP_ALL: running jobs are stopped, too. */
enum stop { STOP_NOT, STOP_STARTING, STOP_ALL };

struct runner {
	struct night *night;
	struct place *place;
	const struct night_view *view;
	GMainLoop *loop;
	GHashTable *ranks; /* maps a struct night_cell to its position in the order of start */
	/* maps a struct night_build to its struct night_job, while that waits or runs */
	GHashTable *builds;
	GHashTable *jobs; /* set of the struct night_job that wait or run */
	enum stop stop;
	gint64 began_ns; /* when this process began to run the night */
	GError *error;
	guint signals; /* number of SIGINTs so far */
	gboolean left; /* the jobs continue without this process */
};

/* A run or a build of the night, as a job. */
struct night_job {
	struct place_job job;
	struct runner *runner;
	struct night_cell *cell; /* NULL if the job is a build */
	struct night_build *build;
	guint attempt; /* number of the attempt, from 1; only for a run */
	char *key;
};

/* Functions of jobs.c. An error is stored in R and ends the night. */
void night_add_cell(struct runner *r, struct night_cell *cell);
void night_add_build(struct runner *r, struct night_build *build);
void night_job_free(struct night_job *job);
/* Writes LINE, which is stolen, to the journal. */
void night_record(struct runner *r, json_t *line);
/* Ends the night and stores ERROR. */
void night_fail(struct runner *r, GError *error);

#endif
