/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of slurm/. Each file calls only files above it in this list:
 *
 *	command.c	one program of Slurm
 *	queue.c		what squeue, the log and sacct say
 *	cluster.c	what the cluster is like
 *	task.c		a task on its node (task.h)
 *	nodes.c		a command on each node
 *	batch.c		job arrays and their files
 *	exclude.c	nodes that fail
 *	end.c		the end of a task
 *	returned.c	what nodes have returned
 *	submit.c	from jobs to arrays; sbatch and scancel
 *	poll.c		squeue, and what it means for each task
 *	slurm.c		the place
 */
#ifndef RIG_SLURM_INTERNAL_H
#define RIG_SLURM_INTERNAL_H

#include "slurm/cluster.h"
#include "slurm/command.h"
#include "slurm/queue.h"
#include "slurm/slurm.h"

/* Shortest time from one call of squeue to the next (and sacct), whatever the number of tasks. */
#define POLL_NS (5 * RIG_NS_PER_S)
#define COMMAND_LIMIT_S 60

struct batch;

/* A job of the place that was put into an array. */
struct task {
	struct batch *batch;
	guint number; /* in the array, from 0 */
	char *key;
	struct place_job *job; /* NULL: the caller has not added it (yet) */
	enum job_state state;
	guint restarts;
	int exit_code;
	char node[64];
	gboolean ended;	   /* reported, or not wanted */
	guint seen;	   /* number of the last poll that listed it */
	gint64 missing_ns; /* since when it has ended without a result; 0: it has not */
};

enum batch_state {
	BATCH_WRITTEN, /* its file is there; sbatch was not called */
	BATCH_UNSURE,  /* sbatch may have submitted it: squeue lists it then */
	BATCH_SUBMITTED,
	BATCH_OVER, /* given up, or all of its tasks have ended */
};

struct batch {
	struct slurm *slurm;
	char *name; /* "b7" */
	enum batch_state state;
	guint job; /* Slurm's number */
	gint64 submitted_ns;
	char *after; /* key of the build that all tasks wait for, or NULL */
	enum child_kind kind;
	guint cpus, minutes, memory_mib;
	struct task *tasks;
	guint n_tasks, left; /* left: that have not ended */
};

struct slurm {
	struct place base;
	struct slurm_options options;
	struct cluster cluster;
	char *dir, *name; /* the record; what the names of all its Slurm jobs begin with */
	GPtrArray *queue; /* struct place_job: in no array yet */
	GPtrArray *batches;
	GHashTable *tasks; /* key to struct task, of those that have not ended */
	guint n_batches;   /* how many names were given */
	guint array_max;   /* tasks of one array: less than the cluster allows if it refuses */
	guint in_flight;   /* tasks in arrays that have not ended */
	gboolean held, left, reconciling, queue_sorted;
	gint64 give_up_ns; /* after place_stop(): then tasks without an end are given up */
	struct command *submit, *poll, *past, *cancel, *update;
	GHashTable *faults;   /* node to tasks in a row that it did not run properly */
	GPtrArray *excluded;  /* char *: nodes */
	guint update_at;      /* the next of batches that exclude_next() looks at */
	GPtrArray *to_cancel; /* char *: words for scancel */
	struct batch *submitting;
	struct queue_reader *reader;
	guint polls; /* how often squeue was called */
	gint64 poll_ns, polled_ns; /* when the last call began, and ended */
	char *silent;	/* why squeue did not answer; NULL: it did */
	goffset log_at; /* how much of the completion log was read */
	int ended_fd;
	double mean_s; /* of the runs that have ended */
	guint n_ended;
	guint tick, idle;
};

/* ---- batch.c ---- */

/*
 * An array of JOBS, with its file on disk. All of one kind, and with the same needs. Errors:
 * RIG_EXIT_INFRA.
 */
struct batch *batch_new(struct slurm *s, GPtrArray *jobs, GError **error);
/* Reads those of an earlier process. Errors: RIG_EXIT_INFRA. */
gboolean batches_load(struct slurm *s, GError **error);
void batch_free(gpointer data);
struct batch *batch_find(const struct slurm *s, guint job);
/* By name: "b7", or Slurm's name of the job. */
struct batch *batch_named(const struct slurm *s, const char *name);
gboolean batch_set_job(struct batch *batch, guint job, GError **error);
/* Its files are deleted; its tasks are forgotten without a report. */
void batch_forget(struct batch *batch);
/* What task of BATCH printed: its last line, or NULL. g_free(). */
char *batch_log(const struct batch *batch, guint task);
/* The time limit and the needs of JOB as numbers of sbatch. */
void batch_needs(const struct slurm *s, const struct place_job *job, struct batch *ret);

/* ---- exclude.c ---- */

/* A task has ended so on NODE (may be NULL). */
void exclude_note(struct slurm *s, const char *node, enum verdict verdict);
/* "n1,n2": the nodes that get no more tasks; "": none. g_free(). */
char *exclude_list(const struct slurm *s);
/* Changes one more array that waits, if there is one to change. */
void exclude_next(struct slurm *s);

/* ---- end.c ---- */

/* Reports RESULT (NULL: not started) to the task's job, if it has one, and notes the end. */
void task_end(struct task *task, const struct child_result *result);
/* The same with a verdict from what Slurm says. */
void task_end_without_result(struct task *task);
/* The place cannot go on: everything that waits is dropped. ERROR is stolen. */
void slurm_fail(struct slurm *s, GError *error);
/* done() without a start for all that is in no array. */
void slurm_drop_queue(struct slurm *s);

/* ---- returned.c ---- */

/* Takes what nodes have returned, reports it, and deletes what the caller has not added. */
void returned_collect(struct slurm *s);

/* ---- submit.c ---- */

/* Puts jobs into arrays as far as the limits allow, and calls sbatch or scancel if one is due. */
void submit_next(struct slurm *s);
/* Cancels tasks: all of BATCH, only those that wait if PENDING; or just TASK. */
void submit_cancel(struct batch *batch, gboolean pending);
void submit_cancel_task(struct task *task);
/* TRUE if nothing is left to do for submit_next(). */
gboolean submit_is_idle(const struct slurm *s);

/* ---- poll.c ---- */

/* Calls squeue if it is time. */
void poll_next(struct slurm *s);

#endif
