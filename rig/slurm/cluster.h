/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties of a cluster: its nodes, its limits, and its job completion log, the file in which it
 * records ended jobs.
 */
#ifndef RIG_SLURM_CLUSTER_H
#define RIG_SLURM_CLUSTER_H

#include "place/pack.h"
#include "slurm/slurm.h"

struct cluster {
	/* `room` has the resources of the largest node, `total` those of all nodes that are up */
	struct pack_room room, total;
	guint nodes;
	guint minutes_max; /* the partition's time limit; 0 stands for no limit */
	guint array_max;   /* maximum number of tasks of an array (MaxArraySize) */
	/*
	 * maximum number of jobs of the whole cluster, to which each task of an array counts
	 * (MaxJobCount)
	 */
	guint jobs_max;
	char *log;	/* path of the job completion log; NULL if this host cannot read it */
	gboolean has_sacct;
};

/* Reads the properties with scontrol, sinfo and sbatch. Blocks. Errors: those of slurm_place(). */
gboolean cluster_look(const struct slurm_options *options, struct cluster *ret, GError **error);
void cluster_clear(struct cluster *cluster);

/*
 * Adds the options of OPTIONS for a program of Slurm (--partition, --account, …) to ARGV (char *).
 */
void cluster_add_options(const struct slurm_options *options, GPtrArray *argv);

/*
 * Returns the nodes of the partition with their states, as "n1 idle"; g_strfreev(). Errors: those
 * of slurm_place().
 */
char **cluster_nodes(const struct slurm_options *options, GError **error);

/* Returns TRUE if tasks can run on a node in this state of sinfo. */
gboolean cluster_is_up(const char *state);

/*
 * Converts a time limit as Slurm prints it ("1-02:03:04", "30:00", "infinite") to minutes, rounded
 * down. Returns 0 if there is no limit.
 */
guint cluster_minutes(const char *text);

#endif
