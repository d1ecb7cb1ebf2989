/* SPDX-License-Identifier: GPL-2.0-only */
/* What a cluster is like: its nodes, its limits, where it keeps what has ended. */
#ifndef RIG_SLURM_CLUSTER_H
#define RIG_SLURM_CLUSTER_H

#include "place/pack.h"
#include "slurm/slurm.h"

struct cluster {
	struct pack_room room, total; /* the largest node; all nodes that are up */
	guint nodes;
	guint minutes_max; /* the partition's time limit; 0: none */
	guint array_max;   /* tasks of one array (MaxArraySize) */
	guint jobs_max;	   /* of the whole cluster, tasks are counted (MaxJobCount) */
	char *log;	   /* the job completion log, if this host can read it; or NULL */
	gboolean has_sacct;
};

/* Blocks. Errors: as of slurm_place(). */
gboolean cluster_look(const struct slurm_options *options, struct cluster *ret, GError **error);
void cluster_clear(struct cluster *cluster);

/* Adds --partition, --account and the like to the words of a command (GPtrArray of char *). */
void cluster_add_options(const struct slurm_options *options, GPtrArray *argv);

/* The nodes of the partition with their states, "n1 idle": g_strfreev(). Errors: as above. */
char **cluster_nodes(const struct slurm_options *options, GError **error);

/* "1-02:03:04", "30:00", "infinite" of Slurm in minutes, rounded down; 0: no limit. */
guint cluster_minutes(const char *text);

#endif
