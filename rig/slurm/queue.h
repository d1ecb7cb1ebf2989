/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Slurm says about jobs: the JSON of squeue, lines of the job completion log
 * (jobcomp/filetxt) and of sacct, all as the same struct. Pure.
 */
#ifndef RIG_SLURM_QUEUE_H
#define RIG_SLURM_QUEUE_H

#include <glib.h>

#include "util/auto.h"

enum job_state {
	JOB_WAITING,   /* pending, also after it was requeued */
	JOB_RUNNING,   /* and configuring, completing, suspended */
	JOB_COMPLETED, /* with exit code 0 */
	JOB_FAILED,    /* with another */
	JOB_TIMEOUT,   /* by its time limit */
	JOB_CANCELLED, /* by a user */
	JOB_NODE_FAIL, /* its node was lost, and it was not requeued */
	JOB_PREEMPTED, /* and not requeued */
	JOB_OUT_OF_MEMORY,
	JOB_UNKNOWN, /* no record of it */
};
gboolean job_state_parse(const char *text, enum job_state *ret);
/* TRUE for the states that do not change any more. */
gboolean job_state_is_end(enum job_state state);

/* One record: of a task, or of all tasks of an array that wait. Strings are valid in the call. */
struct queue_record {
	const char *name;
	guint job;	   /* of the array */
	const char *tasks; /* "3", "0-7,9"; see queue_tasks() */
	enum job_state state;
	guint restarts;
	int exit_code;	    /* -SIGNAL if killed */
	const char *node;   /* "" if none */
	const char *reason; /* of waiting, or "" */
};
typedef void (*queue_seen)(const struct queue_record *record, void *data);

/* Calls EACH for each number in "0-7,9-15%4". */
void queue_tasks(const char *tasks, void (*each)(guint task, void *data), void *data);

/*
 * Reads `squeue --json` of any size in pieces: only one job is in memory at a time. Jobs whose name
 * does not begin with NAME are skipped without being parsed.
 */
struct queue_reader;
struct queue_reader *queue_reader_new(const char *name, queue_seen seen, void *data);
void queue_reader_feed(struct queue_reader *reader, const char *bytes, gsize n);
/* TRUE if it has seen a whole document. */
gboolean queue_reader_is_whole(const struct queue_reader *reader);
void queue_reader_free(struct queue_reader *reader);
RIG_DEFINE_AUTO(queue_reader, queue_reader_free)

/* A line of the job completion log; FALSE: not of a task of an array. Changes LINE. */
gboolean queue_read_log(char *line, struct queue_record *ret);
/*
 * A line of `sacct -X -n -P -o JobID,JobName,State,ExitCode,NodeList`; FALSE: not of a task.
 * Changes LINE.
 */
gboolean queue_read_sacct(char *line, struct queue_record *ret);

#endif
