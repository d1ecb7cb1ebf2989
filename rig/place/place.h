/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where runs and builds are executed. A caller with many of them (a night, a search, the zoo) hands
 * jobs to a place, which starts them when there is room and reports each end:
 *
 *	place_open(place, …)
 *	place_add(place, job)	…main loop…	job->done() is called once
 *
 * The same code of a caller works with each place. place_here() packs the jobs onto this host;
 * other places are a `struct place` with operations of their own (slurm/slurm.h).
 *
 * All is asynchronous on the default main context.
 */
#ifndef RIG_PLACE_PLACE_H
#define RIG_PLACE_PLACE_H

#include <glib.h>

#include "child/child.h"
#include "place/pack.h"
#include "util/auto.h"

/*
 * One run or build. The caller owns it, and may free it in done(); until then it must not change.
 */
struct place_job {
	enum child_kind kind;
	/* unique in the place. A place that outlives the caller recognises a job by it */
	const char *key;
	const char *label; /* a name for lines of progress */
	/* the needs of the job; the place chooses the cores of a build */
	struct pack_item item;
	guint rank;    /* jobs with a smaller rank start first, if they fit */
	guint limit_s; /* see struct child_command */
	/* starts only after this one has ended with PASS; NULL: at once. It was added before */
	struct place_job *after;
	/*
	 * Returns the arguments of the rig, without --results, for a job that gets CORES:
	 * g_strfreev(). Called when the job is about to start.
	 */
	char **(*words)(const struct place_job *job, guint cores);
	/*
	 * RESULT: NULL if it was not started and will not be: place_hold() or place_stop() was
	 * called, the deadline does not allow it, or the job before it did not end with PASS.
	 */
	void (*done)(struct place_job *job, const struct child_result *result);
	void *data; /* the caller's */
};

/* Called if the place itself fails. The callee owns ERROR. Running jobs still end. */
typedef void (*place_failed)(GError *error, void *data);

struct place {
	const struct place_ops *ops;
	struct pack_room room;	/* the most that one job may need */
	struct pack_room total; /* all of it */
	gint64 deadline_ns;  /* jobs that would end later are not started (rig_now_ns()); 0: none */
	place_failed failed; /* set by the caller before the first job */
	void *failed_data;
};

struct place_ops {
	gboolean (*open)(struct place *place, const char *dir, const char *name, GError **error);
	void (*add)(struct place *place, struct place_job *job);
	void (*hold)(struct place *place);
	void (*stop)(struct place *place, guint grace_s);
	char *(*progress)(const struct place *place);
	gboolean (*leave)(struct place *place, GError **error); /* NULL: cannot */
	void (*free)(struct place *place);
};

/*
 * Before the first job. DIR: a folder in which the place may keep its record; it need not exist.
 * NAME: of the whole work, shown where its jobs are listed. A place that was opened with DIR
 * before recognises the jobs of then by their keys. Errors (RIG_EXIT_USAGE): the record is of
 * another place; (RIG_EXIT_INFRA) it cannot be read or written.
 */
gboolean place_open(struct place *place, const char *dir, const char *name, GError **error);

/* Queues JOB; done() is never called from inside this call. */
void place_add(struct place *place, struct place_job *job);
/* Starts no further job; done() is called for those that wait. */
void place_hold(struct place *place);
/* place_hold() that also stops running jobs: SIGTERM, and SIGKILL after GRACE_S. */
void place_stop(struct place *place, guint grace_s);
/* A text about waiting and running jobs, for the line of progress: g_free(). */
char *place_progress(const struct place *place);

/* TRUE if the jobs continue after this process has ended. */
gboolean place_can_leave(const struct place *place);
/*
 * Starts all jobs and detaches from them: done() is not called any more. A later process that adds
 * jobs with the same keys gets their results. Errors: RIG_EXIT_INFRA.
 */
gboolean place_leave(struct place *place, GError **error);
/* Kills what still runs, except after place_leave(); done() is not called. */
void place_free(struct place *place);
RIG_DEFINE_AUTO(place, place_free)

/*
 * `rig` and `results` are borrowed as long as the place exists, all else only during place_here().
 */
struct place_options {
	const char *results; /* the folder of run folders */
	const char *rig;     /* the program; NULL: this one */
	guint cores;	     /* 0: all that this process may use */
	guint64 memory;	     /* bytes; 0: what is available */
};

/* This host: jobs are child processes. */
struct place *place_here(const struct place_options *options);

#endif
