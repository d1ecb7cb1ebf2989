/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of slurm/. Each file calls only files above it in this list:
 *
 *	command.c	runs one program of Slurm
 *	queue.c		parses the output of squeue and sacct, and the completion log
 *	cluster.c	reads the properties of the cluster
 *	task.c		runs a task on its node (task.h)
 *	parts.c		packs what is carried to nodes (parts.h)
 *	nodes.c		runs a command on each node
 *	batch.c		job arrays and their files
 *	exclude.c	excludes nodes that fail
 *	end.c		handles the end of a task
 *	carry.c		sends files to nodes that share no folder with this host
 *	fetch.c		fetches results from such nodes
 *	builds.c	gets kernels to such nodes, which build them
 *	returned.c	reads what nodes have returned
 *	submit.c	puts jobs into arrays; calls sbatch and scancel
 *	poll.c		calls squeue and evaluates the state of each task
 *	record.c	reads and writes place.json
 *	slurm.c		implements the place
 */
#ifndef RIG_SLURM_INTERNAL_H
#define RIG_SLURM_INTERNAL_H

#include "slurm/cluster.h"
#include "slurm/command.h"
#include "slurm/parts.h"
#include "slurm/queue.h"
#include "slurm/slurm.h"

/* Minimum time between two calls of squeue (and sacct), for any number of tasks. */
#define POLL_NS (5 * RIG_NS_PER_S)
#define COMMAND_LIMIT_S 60
/*
 * Maximum size of the tasks of an array, which are text in the script of the array; slurmctld
 * limits scripts to 4 MiB (max_script_size).
 */
#define CARRY_TASKS_MAX (3u << 20)
#define CARRY_ARRAY_MAX 1000

struct batch;

/* A task of an array: one job of the place. */
struct task {
	struct batch *batch;
	guint number; /* index in the array, from 0 */
	char *key;
	struct place_job *job; /* NULL: the caller has not added the job (yet) */
	enum job_state state;
	guint restarts;
	int exit_code;
	char node[64];
	gboolean ended; /* its end was reported, or the caller does not need it any more */
	gboolean copying; /* it has returned a kernel, which is copied to the nodes */
	guint seen;	/* number of the last poll that listed it */
	/* when poll.c first found that it has ended without a result; 0: not found */
	gint64 missing_ns;
};

enum batch_state {
	BATCH_WRITTEN, /* its file exists; sbatch was not called yet */
	BATCH_UNSURE,  /* sbatch may have submitted it; the next squeue shows whether it did */
	BATCH_SUBMITTED,
	BATCH_OVER, /* abandoned, or all of its tasks have ended */
};

struct batch {
	struct slurm *slurm;
	char *name; /* "b7" */
	enum batch_state state;
	guint job; /* Slurm's job number */
	gint64 submitted_ns;
	char *after; /* key of the build whose end all tasks wait for, or NULL */
	/* the files that are sent to the nodes before the array is submitted; or NULL */
	struct part *files;
	enum child_kind kind;
	guint cpus, minutes, memory_mib;
	struct task *tasks;
	guint n_tasks, left; /* `left`: tasks that have not ended */
};

/* A node that shares no folder with this host. */
struct link {
	struct slurm *slurm;
	char *node;
	GQueue parts; /* struct part, borrowed: parts that the node does not have yet */
	struct command *send, *fetch;
	gint64 retry_ns;   /* no attempt to send before this time, if refusals > 0 */
	guint refusals;	   /* consecutive failures to send the first of `parts`, weighted */
	guint job;	   /* job number of a task that runs on the node; 0: none */
	guint job_poll;	   /* number of the squeue call that listed `job` */
	gboolean wanted;   /* the node may have results */
	gint64 asked_ns;   /* when `fetch` was started */
	gint64 fetched_ns; /* when the last `fetch` that succeeded was started */
	char *archive;	   /* path of the output of `fetch`, or NULL */
	int archive_fd;
	guint64 archive_left; /* number of bytes that are still accepted for the archive */
	GPtrArray *received;  /* char *: names of results that the node may delete */
};

struct slurm {
	struct place base;
	struct slurm_options options;
	struct cluster cluster;
	/* the record folder; the prefix of the names of all Slurm jobs of this place */
	char *dir, *name;
	GPtrArray *queue; /* struct place_job: jobs that are in no array yet */
	GPtrArray *batches;
	GHashTable *tasks; /* key to struct task, for tasks that have not ended */
	guint n_batches;   /* number of array names that were used */
	/*
	 * maximum number of tasks of one array; reduced if the cluster refuses arrays of this size
	 */
	guint array_max;
	guint in_flight; /* tasks in arrays that have not ended */
	gboolean held, left, reconciling, queue_sorted;
	/* set by place_stop(): at this time, tasks without an end are abandoned */
	gint64 give_up_ns;
	struct command *submit, *poll, *past, *cancel, *update;
	/* node name to the number of consecutive tasks that failed because of the node */
	GHashTable *faults;
	GPtrArray *excluded;  /* char *: names of excluded nodes */
	guint update_at;      /* index in `batches` of the array that exclude_next() updates next */
	GPtrArray *to_cancel; /* char *: arguments for scancel */
	struct batch *submitting;
	struct queue_reader *reader;
	guint polls;		   /* number of squeue calls so far */
	gint64 poll_ns, polled_ns; /* when the last squeue call started, and when it ended */
	/* the reason of a waiting task, if it waits for something else than its turn; or "" */
	char reason[64];
	char *silent;	 /* why the last squeue call failed; NULL: it succeeded */
	gint64 answered_ns; /* when the last squeue call that succeeded ended; first: the start */
	goffset log_at;	 /* how many bytes of the completion log were read */
	int ended_fd;
	double mean_s; /* mean duration of the runs that have ended */
	guint n_ended;
	guint tick, idle;

	/*
	 * the following fields are for nodes that share no folder with this host, and are unused if
	 * `carry` is FALSE
	 */
	gboolean carry, decided;	    /* `decided`: TRUE once `carry` has its final value */
	GPtrArray *links, *parts;	    /* struct link; struct part */
	char *carried_rig, *carried_record; /* paths on the nodes */
	GString *kernels, *sources;	    /* values of KERNEL_CARRIED and KERNEL_SOURCES */
	GPtrArray *builds;		    /* struct place_job: builds to prepare */
	GPtrArray *blocked;		    /* struct place_job: runs that wait for a build */
	/*
	 * the build that is prepared, by the child `build`; without a child, its kernel was found
	 * here and is copied to the nodes, and `built` is its result
	 */
	struct place_job *building;
	struct child *build;
	struct child_result built;
};

/* ---- batch.c ---- */

/*
 * Creates an array of JOBS, which have the same kind and the same needs, and writes its file.
 * Errors: RIG_EXIT_INFRA.
 */
struct batch *batch_new(struct slurm *s, GPtrArray *jobs, GError **error);
/* Reads the files of arrays that an earlier process wrote. Errors: RIG_EXIT_INFRA. */
gboolean batches_load(struct slurm *s, GError **error);
void batch_free(gpointer data);
struct batch *batch_find(const struct slurm *s, guint job);
/* Returns the array with the name NAME: "b7", or Slurm's name of the job. */
struct batch *batch_named(const struct slurm *s, const char *name);
gboolean batch_set_job(struct batch *batch, guint job, GError **error);
/* Deletes the array's files and frees its tasks without reporting an end. */
void batch_forget(struct batch *batch);
/* Returns the last line that TASK of BATCH printed, or NULL. g_free(). */
char *batch_log(const struct batch *batch, guint task);
/* Converts the time limit and the needs of JOB to the numbers that sbatch takes. */
void batch_needs(const struct slurm *s, const struct place_job *job, struct batch *ret);

/* ---- exclude.c ---- */

/* Counts a task that ended with VERDICT on NODE (may be NULL). */
void exclude_note(struct slurm *s, const char *node, enum verdict verdict);
/* Returns the names of the nodes that get no more tasks, "n1,n2"; "": none. g_free(). */
char *exclude_list(const struct slurm *s);
/*
 * Sets the excluded nodes of the next submitted array that still has waiting tasks, if there is
 * one.
 */
void exclude_next(struct slurm *s);

/* ---- end.c ---- */

/*
 * Reports RESULT (NULL: the task was not started) to the task's job, if it has one, and records the
 * end in the file `ended`.
 */
void task_end(struct task *task, const struct child_result *result);
/* Like task_end(), with a verdict derived from the task's last Slurm state. */
void task_end_without_result(struct task *task);
/*
 * Handles the jobs that wait for the build JOB: if it PASSED, they can be submitted, otherwise they
 * are dropped.
 */
void slurm_release(struct slurm *s, const struct place_job *job, gboolean passed);
/* Stops the place after a fatal ERROR, which is stolen: all waiting jobs are dropped. */
void slurm_fail(struct slurm *s, GError *error);
/* Calls done() with NULL for all jobs that are in no array yet. */
void slurm_drop_queue(struct slurm *s);

/* ---- carry.c ---- */

void carry_init(struct slurm *s);
void carry_free(struct slurm *s);
/*
 * Returns TRUE if a node of the partition cannot read the folder of S or does not have the rig.
 * Blocks.
 */
gboolean carry_is_needed(const struct slurm *s);
/*
 * Sends this rig to all nodes of the partition that are up. If NODES is NULL, blocks until each
 * node has the rig or has refused it. Otherwise NODES (array of names) are the nodes of an earlier
 * process: their results are fetched, too, and carry_next() sends the rig. Errors: RIG_EXIT_INFRA,
 * no node has accepted the rig.
 */
gboolean carry_begin(struct slurm *s, json_t *nodes, GError **error);
/* Queues PART for all nodes and takes it over. A node that refuses PART repeatedly is excluded. */
void carry_send(struct slurm *s, struct part *part);
/* Starts the commands that send the queued parts. */
void carry_next(struct slurm *s);
/* Returns TRUE if a node does not have all parts yet. */
gboolean carry_is_busy(const struct slurm *s);
/*
 * Returns the first arguments of an srun command that runs a program on the node of LINK. If a task
 * runs there, the program becomes a step of its job. Free with g_ptr_array_unref().
 */
GPtrArray *carry_step(const struct link *link);
/*
 * Writes the script of BATCH, which contains the array's tasks, and returns the path of the script.
 * Free with g_free(). Errors: RIG_EXIT_INFRA.
 */
char *carry_script(const struct batch *batch, GError **error);
/* Returns the names of the nodes for place.json; new reference. */
json_t *carry_json(const struct slurm *s);
/* Notes that squeue lists the running job JOB on NODE. */
void carry_note_job(struct slurm *s, const char *node, guint job);
/* Drops the jobs on nodes that the last squeue call did not list. */
void carry_forget_jobs(struct slurm *s);

/* ---- fetch.c ---- */

/* Requests a fetch from the node of TASK, or from all nodes if its node is unknown. */
void fetch_want(struct task *task);
/*
 * Returns TRUE if a fetch from the node of TASK has succeeded since TASK ended, or if the rig does
 * not wait for one any more.
 */
gboolean fetch_is_settled(const struct task *task);
/* Starts the requested fetches. */
void fetch_next(struct slurm *s);
/* Closes and deletes the output of a fetch. */
void fetch_clear(struct link *link);

/* ---- builds.c ---- */

/*
 * Keeps JOB and returns TRUE if the nodes share no folder with this host, and JOB is a build or
 * waits for one. Otherwise JOB is submitted as usual.
 */
gboolean builds_take(struct slurm *s, struct place_job *job);
/*
 * Prepares the next build: looks for its kernel on this host, or packs its source and submits it.
 * Reports a build whose kernel was found here once it is on the nodes.
 */
void builds_next(struct slurm *s);
/*
 * Drops builds that are not submitted, and all runs that wait for builds; stops a child if GRACE_S
 * > 0.
 */
void builds_drop(struct slurm *s, guint grace_s);
/* Returns TRUE if no build is prepared and no job waits for a build. */
gboolean builds_are_idle(const struct slurm *s);
/*
 * Adds the kernel that TASK has returned in DIR to this host's cache, and copies it to the nodes.
 * Returns FALSE until that is done; if it fails, RESULT gets the reason. TRUE for tasks that return
 * no kernel.
 */
gboolean builds_are_copied(struct task *task, const char *dir, struct child_result *result);

/* ---- returned.c ---- */

/*
 * Reads the results that nodes have returned, reports them, and deletes those of jobs that the
 * caller has not added.
 */
void returned_collect(struct slurm *s);
/*
 * If all tasks have ended, removes results that are incomplete, because their tasks were killed
 * while they returned them.
 */
void returned_sweep(const struct slurm *s);

/* ---- submit.c ---- */

/* Puts jobs into arrays as far as the limits allow, and calls sbatch or scancel if one is due. */
void submit_next(struct slurm *s);
/*
 * Cancels tasks with scancel: all tasks of BATCH, or only its waiting tasks if PENDING; or only
 * TASK.
 */
void submit_cancel(struct batch *batch, gboolean pending);
void submit_cancel_task(struct task *task);
/* Returns TRUE if submit_next() has no more work. */
gboolean submit_is_idle(const struct slurm *s);

/* ---- poll.c ---- */

/* Calls squeue if POLL_NS have passed since the last call. */
void poll_next(struct slurm *s);

/* ---- record.c ---- */

/*
 * Reads the record in the folder of S, or starts a new one for NAME. Blocks. Errors: those of
 * place_open().
 */
gboolean record_open(struct slurm *s, const char *name, GError **error);

#endif
