/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Slurm cluster as a place (place/place.h). Jobs become tasks of job arrays; a task runs the rig
 * on its node (`rig task`, task.h) and returns its run folders whole or not at all, by rename. Only
 * sbatch, srun, squeue, scancel, sinfo, scontrol and, where there is a database, sacct are used.
 *
 * The record of what was submitted is the folder given to place_open():
 *
 *	place.json	the options, and the name that all of its Slurm jobs begin with
 *	NAME.batch	one job array: a line about it, then one line for each task; written before
 *			sbatch is called, never changed
 *	NAME.job	the number that Slurm gave it
 *	NAME.log/	what a task printed, if it printed anything
 *	returned/	one folder for each task that ended: result.json, and run folders in run/
 *	ended		one line for each task whose end was reported
 *
 *	NAME.sh		of nodes without a shared folder: the script, with the tasks in it
 *
 * If the results folder is on a file system that all nodes share, they return results into it.
 * Otherwise all that a node needs is carried to it (parts.h), and results are fetched from it,
 * among them the kernels that it has built; "carried_to" in place.json has these nodes.
 */
#ifndef RIG_SLURM_SLURM_H
#define RIG_SLURM_SLURM_H

#include "place/place.h"

/* Options for slurm_place(), which copies the strings. NULL and 0 stand for Slurm's default. */
struct slurm_options {
	const char *results; /* the results folder */
	const char *rig;     /* path of the rig, valid on all nodes; NULL: this program */
	const char *partition, *account, *qos, *constraint;
	int nice;
	/*
	 * TRUE: the nodes share no folder with this host. FALSE: the rig asks a node whether they
	 * do
	 */
	gboolean carry;
	char *const *sbatch_args; /* further options for sbatch; or NULL */
};

/*
 * Sets the fields of OPTIONS that are NULL or 0 from the record in DIR; the caller owns the
 * strings. FALSE: DIR has no record.
 */
gboolean slurm_options_read(const char *dir, struct slurm_options *options);

/*
 * Asks the cluster for its size, and tests whether it accepts such a job. Blocks. Errors:
 * RIG_EXIT_INFRA (no Slurm on this host, or its controller does not respond), RIG_EXIT_USAGE (the
 * partition or account is unknown, or closed to the user).
 */
struct place *slurm_place(const struct slurm_options *options, GError **error);

/*
 * Runs `rig WORDS…` on each node that can run jobs. Returns an array of `{"node": …, "state": …,
 * "carried": …, "answer": …, "problem": …}`: "carried" is true if the node had no rig and it was
 * sent; "answer" is the JSON that the command printed, or "problem" is why there is none. Blocks,
 * at most LIMIT_S for a node; several nodes are asked at a time. New reference. Errors: those of
 * slurm_place().
 */
json_t *slurm_ask_nodes(const struct slurm_options *options, const char *const *words,
			guint limit_s, GError **error);

#endif
