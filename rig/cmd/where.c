// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the option --on and the options that depend on it, and makes the place they select: this
 * host or a cluster.
 */
#include "cmd/where.h"

#include <string.h>

#include "slurm/slurm.h"
#include "util/error.h"

static char *on;
static struct slurm_options slurm;
static char **sbatch_args;

static const GOptionEntry entries[] = {
	{"on", 0, 0, G_OPTION_ARG_STRING, &on, "where the cells run: here (default) or slurm",
	 "PLACE"},
	{"partition", 0, 0, G_OPTION_ARG_STRING, &slurm.partition, "slurm: the partition", "NAME"},
	{"account", 0, 0, G_OPTION_ARG_STRING, &slurm.account, "slurm: the account", "NAME"},
	{"qos", 0, 0, G_OPTION_ARG_STRING, &slurm.qos, "slurm: the quality of service", "NAME"},
	{"constraint", 0, 0, G_OPTION_ARG_STRING, &slurm.constraint,
	 "slurm: features that nodes must have", "WORDS"},
	{"nice", 0, 0, G_OPTION_ARG_INT, &slurm.nice, "slurm: lower the priority by N",
	 "N"},
	{"carry", 0, 0, G_OPTION_ARG_NONE, &slurm.carry,
	 "slurm: the nodes share no folder with this host (default: checked on one of them)", NULL},
	{"sbatch-arg", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sbatch_args,
	 "slurm: another option of sbatch (repeatable)", "OPTION"},
};

GOptionEntry *where_options(const GOptionEntry *own)
{
	GArray *all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
	guint n = 0;

	while (own[n].long_name)
		n++;
	g_array_append_vals(all, own, n);
	g_array_append_vals(all, entries, G_N_ELEMENTS(entries));
	return (GOptionEntry *)g_array_free(all, FALSE);
}

gboolean where_is_slurm(void)
{
	return !g_strcmp0(on, "slurm");
}

gboolean where_is_given(void)
{
	return on != NULL;
}

const struct slurm_options *where_slurm(const char *results)
{
	slurm.results = results;
	slurm.sbatch_args = sbatch_args;
	return &slurm;
}

gboolean where_check(GError **error)
{
	gboolean given = slurm.partition || slurm.account || slurm.qos || slurm.constraint ||
			 slurm.nice || slurm.carry || sbatch_args;

	if (on && strcmp(on, "here") && strcmp(on, "slurm"))
		return rig_fail(error, RIG_EXIT_USAGE,
				"unknown --on '%s' (available: here, slurm)", on);
	if (given && !where_is_slurm())
		return rig_fail(error, RIG_EXIT_USAGE,
				"--partition, --account, --qos, --constraint, --nice, --carry and "
				"--sbatch-arg need --on slurm");
	return TRUE;
}

gboolean where_place(const struct place_options *here, const char *record, struct place **ret,
		     GError **error)
{
	*ret = NULL;
	where_slurm(here->results);
	slurm.rig = here->rig;
	/* a night or search that was started on a cluster is continued there */
	if (!on && record && slurm_options_read(record, &slurm))
		on = g_strdup("slurm");
	else if (record)
		slurm_options_read(record, &slurm);
	if (!where_check(error))
		return FALSE;
	if (!where_is_slurm())
		return TRUE;
	if (here->cores)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--jobs limits only jobs on this host, so it cannot be used with "
				"--on slurm: the cluster runs as many jobs as the cores and memory "
				"of its nodes allow");
	*ret = slurm_place(&slurm, error);
	return *ret != NULL;
}
