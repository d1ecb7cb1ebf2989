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
 *	builds.c	builds kernels on such nodes, and copies kernels to them
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

/* A task of an array; it executes one job of the place (struct place_job). */
struct task {
	struct batch *batch;
	guint number; /* index in the array, from 0 */
	char *key;
	struct place_job *job; /* NULL if the caller has not added the job (again) */
	enum job_state state;
	guint restarts; /* how often Slurm has put the task back into its queue */
	int exit_code;
	/* name of the node on which the task runs or ran; "" if it has none */
	char node[64];
	gboolean ended; /* the task's end was handled, or the task is not needed any more */
	gboolean copying; /* the task has returned a kernel, which is being copied to the nodes */
	guint seen;	/* number of the last squeue call that listed the task */
	/* when poll.c first found that the task has ended without a result; 0 if it has not */
	gint64 missing_ns;
};

enum batch_state {
	BATCH_WRITTEN, /* the file of the array exists; sbatch was not called yet */
	/* sbatch may have submitted the array; the next squeue call shows whether it did */
	BATCH_UNSURE,
	BATCH_SUBMITTED,
	BATCH_OVER, /* abandoned, or all of its tasks have ended */
};

/* A job array: tasks that request the same resources and were submitted together. */
struct batch {
	struct slurm *slurm;
	char *name; /* "b7" */
	enum batch_state state;
	guint job; /* Slurm's job number of the array */
	/*
	 * when sbatch ended; only squeue calls after this time list the array. G_MAXINT64 while
	 * sbatch runs
	 */
	gint64 submitted_ns;
	char *after; /* key of the build that all tasks wait for, or NULL */
	/*
	 * files that must be on the nodes before the array is submitted; NULL if there are none, or
	 * they are being sent
	 */
	struct part *files;
	enum child_kind kind;
	/* what each task requests: cores, time limit, and memory */
	guint cpus, minutes, memory_mib;
	struct task *tasks;
	guint n_tasks, left; /* `left` counts tasks that have not ended */
};

/* A node that shares no folder with this host. */
struct link {
	struct slurm *slurm;
	char *node;   /* name of the node */
	GQueue parts; /* struct part, borrowed: parts that the node does not have yet */
	struct command *send, *fetch;
	gint64 retry_ns;   /* after a failure: nothing is sent before this time */
	/*
	 * consecutive failures to send the first of `parts`; a refusal by the node counts REFUSED
	 * times
	 */
	guint refusals;
	guint job;	   /* job number of a task that runs on the node; 0 if there is none */
	guint job_poll;	   /* number of the squeue call that listed `job` */
	gboolean wanted;   /* the node may have results */
	gint64 asked_ns;   /* when `fetch` was started */
	gint64 fetched_ns; /* when the last `fetch` that succeeded was started */
	char *archive;	   /* path of the output of `fetch`, or NULL */
	int archive_fd;
	guint64 archive_left; /* number of bytes by which the archive may still grow */
	/* char *: names of results that have arrived, so the node may delete them */
	GPtrArray *received;
};

struct slurm {
	struct place base;
	struct slurm_options options;
	struct cluster cluster;
	/*
	 * `dir`: the record folder; `name`: the prefix of the names of all Slurm jobs of this place
	 */
	char *dir, *name;
	GPtrArray *queue; /* struct place_job: jobs that are in no array yet */
	GPtrArray *batches;
	GHashTable *tasks; /* maps a key to its struct task, for tasks that have not ended */
	guint n_batches;   /* number of names of arrays that were used: "b1", "b2", … */
	/*
	 * maximum number of tasks of one array; reduced if the cluster refuses arrays of this size
	 */
	guint array_max;
	guint in_flight; /* tasks in arrays that have not ended */
	gboolean held, left, reconciling, queue_sorted;
	/* set by place_stop(): at this time, the tasks that have not ended are abandoned */
	gint64 give_up_ns;
	struct command *submit, *poll, *past, *cancel, *update;
	/* maps a node's name to the number of consecutive tasks that failed because of the node */
	GHashTable *faults;
	GPtrArray *excluded;  /* char *: names of excluded nodes */
	guint update_at;      /* index in `batches` of the array that exclude_next() updates next */
	GPtrArray *to_cancel; /* char *: arguments for scancel */
	struct batch *submitting;
	struct queue_reader *reader;
	guint polls;		   /* number of squeue calls so far */
	gint64 poll_ns, polled_ns; /* when the last squeue call started, and when it ended */
	/*
	 * why a task waits, in Slurm's words, if it waits for something else than resources or its
	 * turn; otherwise ""
	 */
	char reason[64];
	char *silent;	 /* why the last squeue call failed; NULL if it succeeded */
	/*
	 * the end of the last successful squeue call; until a call has succeeded, the time at which
	 * the place was opened
	 */
	gint64 answered_ns;
	goffset log_at;	 /* how many bytes of the completion log were read */
	int ended_fd;
	double mean_s; /* mean duration of the runs that have ended */
	guint n_ended;
	guint tick, idle;

	/*
	 * TRUE if the nodes share no folder with this host; only then are the fields below
	 * `decided` used
	 */
	gboolean carry, decided;	    /* `decided` means that `carry` is final */
	GPtrArray *links, *parts;	    /* struct link; struct part */
	/* paths on the nodes: of the rig, and of the record folder */
	char *carried_rig, *carried_record;
	/* values of the environment variables KERNEL_CARRIED and KERNEL_SOURCES of tasks */
	GString *kernels, *sources;
	GPtrArray *builds;		    /* struct place_job: builds to prepare */
	GPtrArray *blocked;		    /* struct place_job: runs that wait for a build */
	/*
	 * the build that is being prepared, or NULL. Its child `build` looks for the kernel or
	 * packs its source. If there is a build, but `build` is NULL, then the kernel was found on
	 * this host, `built` is the result, and the kernel is being copied to the nodes
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
/* Returns the array called NAME, "b7" or Slurm's name of the job, or NULL if there is none. */
struct batch *batch_named(const struct slurm *s, const char *name);
gboolean batch_set_job(struct batch *batch, guint job, GError **error);
/* Deletes the array's files and frees its tasks without calling done(). */
void batch_forget(struct batch *batch);
/*
 * Returns the last line that TASK of BATCH printed, or NULL if it printed nothing. The caller owns
 * the line.
 */
char *batch_log(const struct batch *batch, guint task);
/* Converts the time limit and the needs of JOB to `minutes`, `cpus` and `memory_mib` of RET. */
void batch_needs(const struct slurm *s, const struct place_job *job, struct batch *ret);

/* ---- exclude.c ---- */

/* Notes that a task ended with VERDICT on NODE (may be NULL). */
void exclude_note(struct slurm *s, const char *node, enum verdict verdict);
/*
 * Returns the names of the nodes that get no more tasks, as "n1,n2", or "" if there are none.
 * g_free().
 */
char *exclude_list(const struct slurm *s);
/*
 * Starts an update of the excluded nodes in Slurm for the next array, if there is one, that was
 * submitted before and has waiting tasks.
 */
void exclude_next(struct slurm *s);

/* ---- end.c ---- */

/*
 * Calls done() of the task's job, if it has one, with RESULT, which is NULL if the task was not
 * started; and records the end in the file `ended`.
 */
void task_end(struct task *task, const struct child_result *result);
/* Ends TASK as task_end() does, with a verdict derived from the task's last Slurm state. */
void task_end_without_result(struct task *task);
/*
 * Handles the jobs that wait for the build JOB, which has ended: if it PASSED, they can be
 * submitted, otherwise they are dropped.
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
 * node has the rig or has refused it. Otherwise NODES is an array of the names of nodes that an
 * earlier process used: results are also fetched from these, and later calls of carry_next() send
 * the rig. Error: RIG_EXIT_INFRA, no node has accepted the rig.
 */
gboolean carry_begin(struct slurm *s, json_t *nodes, GError **error);
/*
 * Queues PART (an archive of files), which is stolen, for all nodes. A node that refuses it
 * repeatedly is excluded.
 */
void carry_send(struct slurm *s, struct part *part);
/* Starts the commands that send the queued parts. */
void carry_next(struct slurm *s);
/* Returns TRUE if parts (archives of files) are queued for a node. */
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
/* Forgets the jobs on nodes (carry_note_job()) that the last squeue call did not list. */
void carry_forget_jobs(struct slurm *s);

/* ---- fetch.c ---- */

/*
 * Requests that results are fetched from the node of TASK, or from all nodes if its node is
 * unknown.
 */
void fetch_want(struct task *task);
/*
 * Returns TRUE if results were fetched from the node of TASK after TASK ended, or if the rig does
 * not wait for them any more.
 */
gboolean fetch_is_over(const struct task *task);
/* Starts the requested fetches. */
void fetch_next(struct slurm *s);
/* Closes and deletes the output of a fetch. */
void fetch_clear(struct link *link);

/* ---- builds.c ---- */

/*
 * Stores JOB and returns TRUE if the nodes share no folder with this host, and JOB is a build or
 * waits for one. If it returns FALSE, the caller submits JOB.
 */
gboolean builds_take(struct slurm *s, struct place_job *job);
/*
 * Prepares the next build: looks for its kernel on this host; if there is none, packs the kernel's
 * source and submits the build. If a kernel was found here, the build ends when the kernel is on
 * the nodes.
 */
void builds_next(struct slurm *s);
/*
 * Drops builds that are not submitted, and all runs that wait for builds. If GRACE_S is positive,
 * the child that prepares a build is stopped, and killed GRACE_S seconds later.
 */
void builds_drop(struct slurm *s, guint grace_s);
/* Returns TRUE if no build is being prepared and no job waits for a build. */
gboolean builds_are_idle(const struct slurm *s);
/*
 * If TASK has returned a kernel in DIR, starts to copy it to this host's cache and to the nodes.
 * Returns FALSE while the kernel is being copied, then TRUE; or TRUE if there is no kernel. If the
 * copying fails, the verdict of RESULT becomes INFRA.
 */
gboolean builds_are_copied(struct task *task, const char *dir, struct child_result *result);

/* ---- returned.c ---- */

/*
 * Reads the results that nodes have returned, and calls done() with them. Deletes the results of
 * jobs that the caller has not added.
 */
void returned_collect(struct slurm *s);
/*
 * If all tasks have ended, removes incomplete results: their tasks were killed while they returned
 * them.
 */
void returned_sweep(const struct slurm *s);

/* ---- submit.c ---- */

/*
 * Puts jobs into arrays as far as the limits allow, and starts sbatch or scancel if there is work
 * for them.
 */
void submit_next(struct slurm *s);
/*
 * Cancel tasks with scancel. submit_cancel() cancels all tasks of BATCH, or only its waiting tasks
 * if PENDING; submit_cancel_task() only TASK.
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
