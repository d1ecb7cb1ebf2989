// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the properties of the cluster with scontrol, sinfo and sbatch, before anything is
 * submitted.
 */
#include "slurm/cluster.h"

#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slurm/command.h"
#include "util/error.h"
#include "util/spawn.h"

#define ANSWER_LIMIT_MS 30000
#define OUTPUT_MAX (16u << 20)

/* What to do about a message of Slurm's programs. */
static const struct {
	const char *message, *hint;
} hints[] = {
	{"configuration source",
	 "; this host has no slurm.conf: copy the cluster's to /etc/slurm/ or name it in "
	 "SLURM_CONF, or start the rig on a login node of the cluster"},
	{"contact slurm controller",
	 "; slurmctld does not run, or cannot be reached: `scontrol ping` names its host, "
	 "`systemctl start slurmctld` starts it there"},
};

static const char *hint_for(const char *message)
{
	for (guint i = 0; i < G_N_ELEMENTS(hints); i++)
		if (strstr(message, hints[i].message))
			return hints[i].hint;
	return "";
}

/* Runs a program of Slurm to its end. Errors: RIG_EXIT_INFRA. */
static gboolean ask(const char *const *argv, char **ret, GError **error)
{
	const struct spawn spawn = {.argv = argv, .keep = OUTPUT_MAX, .limit_ms = ANSWER_LIMIT_MS};
	g_autoptr(GError) why = NULL;
	g_autofree char *output = NULL, *last = NULL;

	if (!spawn_have(argv[0]))
		return rig_fail(error, RIG_EXIT_INFRA,
				"no Slurm on this host: '%s' is not installed (Debian: apt-get "
				"install slurm-client)",
				argv[0]);
	if (spawn_run(&spawn, &output, &why)) {
		*ret = g_steal_pointer(&output);
		return TRUE;
	}
	last = command_why(output && *output ? output : why->message);
	return rig_fail(error, RIG_EXIT_INFRA, "Slurm does not answer: %s%s", last, hint_for(last));
}

/* ---- limits of the cluster ---- */

/* Returns the value of "NAME   = value" in the output of scontrol, newly allocated. */
static char *config_value(const char *text, const char *name)
{
	gsize n = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, n) && g_ascii_isspace(line[n])) {
			const char *value = strstr(line, "= ");
			const char *end = strchr(line, '\n');

			if (value && (!end || value < end))
				return g_strndup(value + 2, strcspn(value + 2, "\n"));
		}
	}
	return g_strdup("");
}

static guint config_number(const char *text, const char *name, guint otherwise)
{
	g_autofree char *value = config_value(text, name);
	guint64 number = g_ascii_strtoull(value, NULL, 10);

	return number ? MIN(number, G_MAXINT) : otherwise;
}

static gboolean look_at_config(struct cluster *cluster, GError **error)
{
	const char *const argv[] = {"scontrol", "show", "config", NULL};
	g_autofree char *text = NULL, *log = NULL, *kind = NULL, *database = NULL;

	if (!ask(argv, &text, error))
		return FALSE;
	cluster->array_max = config_number(text, "MaxArraySize", 1001);
	cluster->jobs_max = config_number(text, "MaxJobCount", 10000);
	kind = config_value(text, "JobCompType");
	log = config_value(text, "JobCompLoc");
	database = config_value(text, "AccountingStorageType");
	if (!strcmp(kind, "jobcomp/filetxt") && !access(log, R_OK))
		cluster->log = g_steal_pointer(&log);
	cluster->has_sacct =
		!strcmp(database, "accounting_storage/slurmdbd") && spawn_have("sacct");
	return TRUE;
}

guint cluster_minutes(const char *text)
{
	const char *dash = strchr(text, '-');
	guint64 days = dash ? g_ascii_strtoull(text, NULL, 10) : 0, seconds = 0;
	g_auto(GStrv) parts = g_strsplit(dash ? dash + 1 : text, ":", 3);

	if (!g_ascii_isdigit(*text))
		return 0;
	for (char **part = parts; *part; part++)
		seconds = seconds * 60 + g_ascii_strtoull(*part, NULL, 10);
	return MIN(G_MAXINT, MAX(1, days * 24 * 60 + seconds / 60));
}

/* ---- nodes of the cluster ---- */

gboolean cluster_is_up(const char *state)
{
	static const char *const usable[] = {"idle", "mix", "alloc", "comp", "resv", "plan"};

	/* sinfo appends a * to the state of a node that does not respond */
	for (guint i = 0; i < G_N_ELEMENTS(usable); i++)
		if (g_str_has_prefix(state, usable[i]))
			return !strchr(state, '*');
	return FALSE;
}

/*
 * Returns the lines of sinfo about the wanted or the default partition, one for each node, with the
 * fields FORMAT.
 */
static char **node_lines(const struct slurm_options *o, const char *format, GError **error)
{
	g_autofree char *with_partition = g_strconcat("%P ", format, NULL), *text = NULL;
	const char *const argv[] = {"sinfo", "-h", "-N", "-a", "-o", with_partition, NULL};
	g_autoptr(GStrvBuilder) lines = g_strv_builder_new();
	g_autoptr(GString) known = g_string_new(NULL);
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) all = NULL;
	guint n = 0;

	if (!ask(argv, &text, error))
		return NULL;
	all = g_strsplit(text, "\n", -1);
	for (char **line = all; *line; line++) {
		gsize len = strcspn(*line, " ");
		gboolean is_default = len && (*line)[len - 1] == '*';
		g_autofree char *name = g_strndup(*line, len - is_default);

		if (!(*line)[len])
			continue;
		if (o->partition ? !strcmp(name, o->partition) : is_default) {
			g_strv_builder_add(lines, *line + len + 1);
			n++;
		}
		if (!g_hash_table_contains(told, name)) {
			g_string_append_printf(known, "%s%s", known->len ? ", " : "", name);
			g_hash_table_add(told, g_steal_pointer(&name));
		}
	}
	if (n)
		return g_strv_builder_end(lines);
	rig_fail(error, RIG_EXIT_USAGE,
		 o->partition ? "unknown partition '%s' (available: %s)"
			      : "no default partition%s: use --partition (available: %s)",
		 o->partition ? o->partition : "", known->len ? known->str : "none");
	return NULL;
}

char **cluster_nodes(const struct slurm_options *options, GError **error)
{
	return node_lines(options, "%N %T", error);
}

static gboolean look_at_nodes(const struct slurm_options *o, struct cluster *cluster,
			      GError **error)
{
	g_auto(GStrv) lines = node_lines(o, "%c %m %T %l", error);

	for (char **line = lines; lines && *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", 4);
		guint quarters;
		guint64 memory;

		if (g_strv_length(words) != 4 || !cluster_is_up(words[2]))
			continue;
		quarters = PACK_QUARTERS * g_ascii_strtoull(words[0], NULL, 10);
		memory = g_ascii_strtoull(words[1], NULL, 10) << 20;
		cluster->nodes++;
		cluster->minutes_max = cluster_minutes(words[3]);
		cluster->total.quarters += quarters;
		cluster->total.memory += memory;
		cluster->room.quarters = MAX(cluster->room.quarters, quarters);
		cluster->room.memory = MAX(cluster->room.memory, memory);
	}
	if (!lines || cluster->nodes)
		return lines != NULL;
	return rig_fail(error, RIG_EXIT_INFRA, "no node of partition '%s' is up; `sinfo` prints "
					       "why",
			o->partition ? o->partition : "(default)");
}

/* ---- whether the user may use the partition ---- */

static gboolean in_group(const char *name)
{
	const struct group *group = getgrnam(name);
	gid_t *gids;
	int n = getgroups(0, NULL);
	gboolean found = group && (group->gr_gid == getgid() || group->gr_gid == getegid());

	if (!group || found || n <= 0)
		return found;
	gids = g_new0(gid_t, n);
	n = getgroups(n, gids);
	for (int i = 0; i < n; i++)
		found |= gids[i] == group->gr_gid;
	g_free(gids);
	return found;
}

/*
 * Checks that this user is in one of the AllowGroups of the wanted partition. Otherwise newer
 * versions of Slurm would accept the jobs, but never start them.
 */
static gboolean check_groups(const struct slurm_options *o, GError **error)
{
	const char *const argv[] = {"scontrol", "-a",	      "-o", "show",
				    "partition", o->partition, NULL};
	g_autofree char *text = NULL, *list = NULL;
	g_auto(GStrv) groups = NULL;
	const char *value;

	if (!o->partition || getuid() == 0)
		return TRUE;
	if (!ask(argv, &text, error))
		return FALSE;
	value = strstr(text, " AllowGroups=");
	if (!value)
		return TRUE;
	value += strlen(" AllowGroups=");
	list = g_strndup(value, strcspn(value, " \n"));
	groups = g_strsplit(list, ",", -1);
	for (char **group = groups; *group; group++)
		if (!strcmp(*group, "ALL") || in_group(*group))
			return TRUE;
	return rig_fail(error, RIG_EXIT_USAGE, "partition '%s' is open only to the groups %s",
			o->partition, list);
}

/* ---- options for Slurm's programs ---- */

static void add(GPtrArray *argv, const char *option, const char *value)
{
	if (!value)
		return;
	g_ptr_array_add(argv, g_strdup(option));
	g_ptr_array_add(argv, g_strdup(value));
}

void cluster_add_options(const struct slurm_options *o, GPtrArray *argv)
{
	add(argv, "--partition", o->partition);
	add(argv, "--account", o->account);
	add(argv, "--qos", o->qos);
	add(argv, "--constraint", o->constraint);
	if (o->nice)
		g_ptr_array_add(argv, g_strdup_printf("--nice=%d", o->nice));
	for (char *const *arg = o->sbatch_args; arg && *arg; arg++)
		g_ptr_array_add(argv, g_strdup(*arg));
}

/* Checks with `sbatch --test-only` whether this user may submit a job with these options. */
static gboolean try_options(const struct slurm_options *o, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) why = NULL;
	g_autofree char *output = NULL;

	g_ptr_array_add(argv, g_strdup("sbatch"));
	g_ptr_array_add(argv, g_strdup("--test-only"));
	cluster_add_options(o, argv);
	g_ptr_array_add(argv, g_strdup("--wrap=true"));
	g_ptr_array_add(argv, NULL);
	if (ask((const char *const *)argv->pdata, &output, &why))
		return TRUE;
	return rig_fail(error, RIG_EXIT_USAGE, "sbatch refuses a job with these options: %s",
			strstr(why->message, ": ") ? strstr(why->message, ": ") + 2 : why->message);
}

gboolean cluster_look(const struct slurm_options *options, struct cluster *ret, GError **error)
{
	struct cluster cluster = {0};

	if (look_at_config(&cluster, error) && look_at_nodes(options, &cluster, error) &&
	    check_groups(options, error) && try_options(options, error)) {
		*ret = cluster;
		return TRUE;
	}
	cluster_clear(&cluster);
	return FALSE;
}

void cluster_clear(struct cluster *cluster)
{
	g_free(cluster->log);
	*cluster = (struct cluster){0};
}
