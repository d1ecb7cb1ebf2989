/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses what Slurm reports about jobs into a struct queue_record: the JSON of squeue, lines of the
 * job completion log (jobcomp/filetxt), and lines of sacct. Does no I/O.
 */
#ifndef RIG_SLURM_QUEUE_H
#define RIG_SLURM_QUEUE_H

#include <glib.h>

#include "util/auto.h"

enum job_state {
	JOB_WAITING,   /* pending, also after a requeue */
	JOB_RUNNING,   /* running, configuring, completing or suspended */
	JOB_COMPLETED, /* ended with exit code 0 */
	JOB_FAILED,    /* ended with another exit code */
	JOB_TIMEOUT,   /* ended by its time limit */
	JOB_CANCELLED, /* cancelled by a user */
	JOB_NODE_FAIL, /* its node was lost, and the job was not requeued */
	JOB_PREEMPTED, /* preempted, and not requeued */
	JOB_OUT_OF_MEMORY,
	JOB_UNKNOWN, /* Slurm has no record of the job */
};
gboolean job_state_parse(const char *text, enum job_state *ret);
/* Returns TRUE for final states. */
gboolean job_state_is_end(enum job_state state);

/*
 * A record of one task, or of all waiting tasks of an array. The strings are only valid during the
 * callback.
 */
struct queue_record {
	/* name of the job, which all tasks of an array have in common */
	const char *name;
	guint job;	   /* Slurm's job number of the array */
	guint id;	   /* Slurm's own job number of a running task; 0 if unknown */
	const char *tasks; /* task numbers, "3" or "0-7,9"; see queue_tasks() */
	enum job_state state;
	guint restarts;
	int exit_code;	    /* -SIGNAL if a signal killed the task */
	const char *node;   /* "" if the task has no node */
	const char *reason; /* why the task waits, or "" */
};
typedef void (*queue_seen)(const struct queue_record *record, void *data);

/* Calls EACH for each number in TASKS, for example "0-7,9-15%4". */
void queue_tasks(const char *tasks, void (*each)(guint task, void *data), void *data);

/*
 * Reads the output of `squeue --json`, of any size, in pieces; only one job is in memory at a time.
 * Jobs whose name does not begin with NAME are skipped without being parsed.
 */
struct queue_reader;
struct queue_reader *queue_reader_new(const char *name, queue_seen seen, void *data);
void queue_reader_feed(struct queue_reader *reader, const char *bytes, gsize n);
/* Returns TRUE if READER has read a complete document. */
gboolean queue_reader_is_whole(const struct queue_reader *reader);
/*
 * Returns the first error in the document, or NULL if there is none; valid as long as READER. This
 * may be the only sign that slurmctld does not answer: then squeue prints an empty list of jobs and
 * its exit code is 0.
 */
const char *queue_reader_error(const struct queue_reader *reader);
void queue_reader_free(struct queue_reader *reader);
RIG_DEFINE_AUTO(queue_reader, queue_reader_free)

/*
 * Parses a line of the job completion log. Returns FALSE if LINE is not about a task of an array.
 * Modifies LINE.
 */
gboolean queue_read_log(char *line, struct queue_record *ret);
/*
 * Parses a line of `sacct -X -n -P -o JobID,JobName,State,ExitCode,NodeList`. Returns FALSE if LINE
 * is not about a task that has started. Modifies LINE.
 */
gboolean queue_read_sacct(char *line, struct queue_record *ret);

#endif
