/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A place executes runs and builds. A caller that has many (a night, a search, the zoo) adds jobs
 * to the place, which starts each job when it has resources for it and reports the job's end:
 *
 *	place_open(place, …)
 *	place_add(place, job)	…main loop…	job->done() is called once
 *
 * A caller uses the same code for each place. place_here() packs the jobs onto this host; other
 * places are a `struct place` with their own operations (slurm/slurm.h).
 *
 * All operations are asynchronous, on the default main context.
 */
#ifndef RIG_PLACE_PLACE_H
#define RIG_PLACE_PLACE_H

#include <glib.h>

#include "child/child.h"
#include "place/pack.h"
#include "util/auto.h"

/* Memory of this host that a run needs in addition to the memory of its guest. */
#define PLACE_RUN_MEMORY (256ull << 20)

/*
 * One run or build. The caller owns it, and may free it in done(); until then it must not change.
 */
struct place_job {
	enum child_kind kind;
	/* unique in the place; identifies the job to a place that outlives the caller */
	const char *key;
	const char *label; /* a name of the job for progress lines */
	/* the needs of the job; the place chooses the cores of a build */
	struct pack_item item;
	guint rank;    /* jobs with a smaller rank start first, if they fit */
	guint limit_s; /* maximum wall time of the job, or 0 for no limit */
	/* a job that was added before, and must have passed before this one starts; or NULL */
	struct place_job *after;
	/*
	 * Returns the arguments of the rig, without --results, for a job that gets CORES;
	 * g_strfreev(). Called when the job is about to start.
	 */
	char **(*words)(const struct place_job *job, guint cores);
	/*
	 * Called when the job has ended. RESULT is NULL if the job will never be started, because
	 * place_hold() or place_stop() was called, the deadline is too near, or the job `after` did
	 * not pass.
	 */
	void (*done)(struct place_job *job, const struct child_result *result);
	void *data; /* for the caller's use */
};

/*
 * Called if the place itself fails, not one of its jobs. The callee owns ERROR. done() is still
 * called for running jobs.
 */
typedef void (*place_failed)(GError *error, void *data);

struct place {
	const struct place_ops *ops;
	struct pack_room room;	/* the most resources that one job may need */
	struct pack_room total; /* all resources of the place */
	/*
	 * jobs that would end after this time of rig_now_ns() are not started; 0 stands for no
	 * deadline
	 */
	gint64 deadline_ns;
	place_failed failed; /* set by the caller before the first job */
	void *failed_data;
};

struct place_ops {
	gboolean (*open)(struct place *place, const char *dir, const char *name, GError **error);
	void (*add)(struct place *place, struct place_job *job);
	void (*hold)(struct place *place);
	void (*stop)(struct place *place, guint grace_s);
	char *(*progress)(const struct place *place);
	/* implements place_leave(); NULL if the jobs cannot continue without this process */
	gboolean (*leave)(struct place *place, GError **error);
	/* implements place_leave_waits(); NULL if place_leave() never takes long */
	char *(*leave_waits)(const struct place *place);
	void (*free)(struct place *place);
};

/*
 * Must be called before the first job is added. DIR is a folder in which the place may store a
 * record of its jobs; it need not exist. NAME is shown in lists of these jobs. If DIR has a record,
 * a job with the key of a recorded job gets the result of that one. Errors: RIG_EXIT_USAGE (DIR has
 * the record of another place), RIG_EXIT_INFRA (the record cannot be read or written).
 */
gboolean place_open(struct place *place, const char *dir, const char *name, GError **error);

/* Queues JOB. Never calls done() before it returns. */
void place_add(struct place *place, struct place_job *job);
/* Starts no further job, and calls done() for all waiting jobs. */
void place_hold(struct place *place);
/*
 * Starts no further job, calls done() for all waiting jobs, and stops the running ones: with
 * SIGTERM, and after GRACE_S seconds with SIGKILL.
 */
void place_stop(struct place *place, guint grace_s);
/*
 * Returns a text about waiting and running jobs, for the progress line. The caller owns the text.
 */
char *place_progress(const struct place *place);

/* Returns TRUE if the jobs continue after this process has ended. */
gboolean place_can_leave(const struct place *place);
/*
 * Starts all jobs and detaches from them: done() is not called any more. A later process that adds
 * jobs with the same keys receives their results. Errors: RIG_EXIT_INFRA.
 */
gboolean place_leave(struct place *place, GError **error);
/*
 * Returns a text for users about what place_leave() will wait for until it has started all jobs, or
 * NULL if it does not take long. The caller owns the text.
 */
char *place_leave_waits(const struct place *place);
/* Kills the jobs that still run, except after place_leave(). Does not call done(). */
void place_free(struct place *place);
RIG_DEFINE_AUTO(place, place_free)

/*
 * Options for place_here(). `rig` and `results` are borrowed as long as the place exists, the other
 * fields only during the call.
 */
struct place_options {
	const char *results; /* the results folder */
	const char *rig;     /* path of the rig; NULL stands for this program */
	guint cores;	     /* 0 stands for all processors that this process may use */
	guint64 memory;	     /* in bytes; 0 stands for the available memory */
};

/* Returns the place that runs jobs as child processes on this host. */
struct place *place_here(const struct place_options *options);
/*
 * Returns a place on this host that starts each job immediately, without regard to resources. Used
 * by callers that limit the number of their jobs themselves.
 */
struct place *place_here_unlimited(const char *results, const char *rig);

#endif
