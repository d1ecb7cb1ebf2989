/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Slurm cluster as a place (place/place.h). Jobs become tasks of job arrays; a task runs the rig
 * on its node (`rig task`, task.h) and returns its run folders whole or not at all, by rename. The
 * rig uses the programs sbatch, srun, squeue, scancel, sinfo, scontrol and, if the cluster has a
 * database, sacct.
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
 *	NAME.sh		the script of the array, with its tasks; only if nodes share no folder
 *
 * If all nodes share the file system of the results folder, they return results into it. Otherwise
 * the rig copies to each node what the node needs (parts.h), and fetches the results from the node,
 * including the kernels that it has built. place.json lists these nodes as "carried_to".
 */
#ifndef RIG_SLURM_SLURM_H
#define RIG_SLURM_SLURM_H

#include "place/place.h"

/* Options for slurm_place(), which copies the strings. NULL and 0 stand for Slurm's default. */
struct slurm_options {
	const char *results; /* the results folder */
	/* path of the rig, on all nodes; NULL stands for the path of this program */
	const char *rig;
	const char *partition, *account, *qos, *constraint;
	int nice;
	/*
	 * assume that the nodes share no folder with this host, instead of asking a node whether
	 * they do
	 */
	gboolean carry;
	char *const *sbatch_args; /* further options for sbatch; or NULL */
};

/*
 * Sets the fields of OPTIONS that are NULL or 0 from the record in DIR; the caller owns the
 * strings. Returns FALSE if DIR has no record.
 */
gboolean slurm_options_read(const char *dir, struct slurm_options *options);

/*
 * Returns a place that runs jobs on a Slurm cluster. Reads the size of the cluster, and tests
 * whether it accepts jobs with OPTIONS. Blocks. Errors: RIG_EXIT_INFRA (no Slurm on this host, or
 * its controller does not respond), RIG_EXIT_USAGE (the partition or account is unknown, or closed
 * to the user).
 */
struct place *slurm_place(const struct slurm_options *options, GError **error);

/*
 * Runs `rig WORDS…` on each node that can run jobs. Returns an array of `{"node": …, "state": …,
 * "carried": …, "answer": …, "problem": …}`: "carried" is true if the node had no rig, so that the
 * rig was sent; "answer" is the JSON that the command printed, or "problem" is why there is none.
 * Blocks, for at most LIMIT_S seconds per node; the command runs on several nodes at a time. New
 * reference. Errors: those of slurm_place().
 */
json_t *slurm_ask_nodes(const struct slurm_options *options, const char *const *words,
			guint limit_s, GError **error);

#endif
