/* SPDX-License-Identifier: GPL-2.0-only */
/* Properties of a cluster: its nodes, its limits, the file in which it records ended jobs. */
#ifndef RIG_SLURM_CLUSTER_H
#define RIG_SLURM_CLUSTER_H

#include "place/pack.h"
#include "slurm/slurm.h"

struct cluster {
	struct pack_room room, total; /* resources of the largest node; of all nodes that are up */
	guint nodes;
	guint minutes_max; /* the partition's time limit; 0: none */
	guint array_max;   /* tasks of one array (MaxArraySize) */
	guint jobs_max; /* jobs of the whole cluster; each task of an array counts (MaxJobCount) */
	char *log;	/* the job completion log; NULL: this host cannot read it */
	gboolean has_sacct;
};

/* Reads the properties with scontrol, sinfo and sbatch. Blocks. Errors: those of slurm_place(). */
gboolean cluster_look(const struct slurm_options *options, struct cluster *ret, GError **error);
void cluster_clear(struct cluster *cluster);

/* Adds --partition, --account and the like to the words of a command (GPtrArray of char *). */
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
 * down; 0: no limit.
 */
guint cluster_minutes(const char *text);

#endif
