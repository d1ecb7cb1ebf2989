// SPDX-License-Identifier: GPL-2.0-only
/* Runs one rig command on each node of the partition with srun, several nodes at a time. */
#include <string.h>

#include "slurm/internal.h"
#include "util/error.h"

#define AT_A_TIME 8

struct asking {
	const struct slurm_options *options;
	const char *const *words;
	const struct part *rig; /* the rig, sent to nodes that do not have it */
	guint limit_s, next, running;
	GPtrArray *nodes; /* struct node */
	GMainLoop *loop;
};

struct node {
	struct asking *asking;
	char *name, *state;
	struct command *command;
	json_t *answer;
	gboolean carried; /* TRUE: the rig was sent to this node */
	char *problem;
};

static void node_free(void *data)
{
	struct node *node = data;

	command_free(node->command);
	json_decref(node->answer);
	g_free(node->name);
	g_free(node->state);
	g_free(node->problem);
	g_free(node);
}

static void start_more(struct asking *asking);

#define CARRIED "carried\n"
/*
 * A shell script that sends the rig to a node if needed, and runs it. Its arguments: PARENT NAME
 * SUM RECORD RIG SCRIPT WORDS…
 */
static const char run_there[] = "if [ -x \"$5\" ]; then rig=$5; else\n"
				"\tsh -c \"$6\" sh \"$1\" \"$2\" \"$3\" \"$4\" >&2 || exit 3\n"
				"\trig=$1/$2/bin/rig; echo carried\n"
				"fi\n"
				"shift 6; exec \"$rig\" \"$@\"\n";

static void on_answer(struct command *command, int code, const char *out, const char *why,
		      void *data)
{
	struct node *node = data;

	(void)command;
	node->asking->running--;
	node->carried = g_str_has_prefix(out, CARRIED);
	node->answer = json_loads(node->carried ? out + strlen(CARRIED) : out, 0, NULL);
	if (!node->answer && code == -9)
		node->problem =
			g_strdup_printf("did not answer within %u s", node->asking->limit_s);
	else if (!node->answer)
		node->problem = *why ? g_strdup(why) : g_strdup_printf("srun: exit code %d", code);
	start_more(node->asking);
}

static void ask(struct node *node)
{
	struct asking *asking = node->asking;
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	const char *rig = asking->options->rig ? asking->options->rig : self ? self : "";
	const char *const first[] = {"srun",	   "--quiet",	"--nodes=1",
				     "--ntasks=1", "--chdir=/", "--nodelist"};
	const struct part *part = asking->rig;
	g_autofree char *record = g_build_filename(part->parent, "record", "doctor", NULL);
	const char *const shell[] = {"sh",	 "-c",	    run_there, "sh", part->parent,
				     part->name, part->sum, record,    rig,  part_unpack_script};
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, g_strdup(first[i]));
	g_ptr_array_add(argv, g_strdup(node->name));
	/* srun waits this long for a node whose processors are all in use, then fails */
	g_ptr_array_add(argv, g_strdup_printf("--immediate=%u", asking->limit_s));
	cluster_add_options(asking->options, argv);
	for (guint i = 0; i < G_N_ELEMENTS(shell); i++)
		g_ptr_array_add(argv, g_strdup(shell[i]));
	for (const char *const *word = asking->words; *word; word++)
		g_ptr_array_add(argv, g_strdup(*word));
	g_ptr_array_add(argv, NULL);
	node->command = command_start((const char *const *)argv->pdata, part->file,
				      asking->limit_s + 5, NULL, on_answer, node, &error);
	if (node->command)
		asking->running++;
	else
		node->problem = g_strdup(error->message);
}

static gboolean is_down(const char *state)
{
	static const char *const words[] = {"down", "drain", "fail", "maint", "power", "unk", "*"};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(state, words[i]))
			return TRUE;
	return FALSE;
}

static void start_more(struct asking *asking)
{
	while (asking->running < AT_A_TIME && asking->next < asking->nodes->len) {
		struct node *node = asking->nodes->pdata[asking->next++];

		if (is_down(node->state))
			node->problem = g_strdup_printf("the node is %s", node->state);
		else
			ask(node);
	}
	if (!asking->running)
		g_main_loop_quit(asking->loop);
}

static json_t *answers(const struct asking *asking)
{
	json_t *all = json_array();

	for (guint i = 0; i < asking->nodes->len; i++) {
		const struct node *node = asking->nodes->pdata[i];

		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:b, s:O?, s:s?}", "node", node->name,
						"state", node->state, "carried", node->carried,
						"answer", node->answer, "problem", node->problem));
	}
	return all;
}

json_t *slurm_ask_nodes(const struct slurm_options *options, const char *const *words,
			guint limit_s, GError **error)
{
	g_auto(GStrv) lines = cluster_nodes(options, error);
	struct asking asking = {.options = options, .words = words, .limit_s = limit_s};
	rig_auto(part) rig = lines ? part_rig(error) : NULL;
	json_t *all;

	if (!rig)
		return NULL;
	asking.rig = rig;
	asking.nodes = g_ptr_array_new_with_free_func(node_free);
	asking.loop = g_main_loop_new(NULL, FALSE);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) parts = g_strsplit(*line, " ", 2);
		struct node *node;

		if (g_strv_length(parts) != 2)
			continue;
		node = g_new0(struct node, 1);
		node->asking = &asking;
		node->name = g_strdup(parts[0]);
		node->state = g_strdup(parts[1]);
		g_ptr_array_add(asking.nodes, node);
	}
	start_more(&asking);
	if (asking.running)
		g_main_loop_run(asking.loop);
	all = answers(&asking);
	g_ptr_array_unref(asking.nodes);
	g_main_loop_unref(asking.loop);
	return all;
}
