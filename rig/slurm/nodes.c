// SPDX-License-Identifier: GPL-2.0-only
/* Runs one rig command on each node of the partition with srun, several nodes at a time. */
#include <string.h>

#include "slurm/internal.h"
#include "util/error.h"

#define AT_A_TIME 8

struct asking {
	const struct slurm_options *options;
	const char *const *words;
	struct part *rig; /* the rig, for nodes that do not have it; NULL until it is packed */
	guint limit_s, next, running;
	GPtrArray *nodes; /* struct node */
	GMainLoop *loop;
};

struct node {
	struct asking *asking;
	char *name, *state;
	struct command *command;
	json_t *answer;
	gboolean carried; /* the rig was sent to this node */
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

#define ABSENT "absent\n"
/* A shell script that runs the rig if it is on the node. Its arguments: RIG WORDS… */
static const char run_there[] =
	"if [ -x \"$1\" ]; then exec \"$@\" </dev/null; else echo absent; fi\n";
/*
 * A shell script that unpacks the rig from standard input and runs it. Its arguments: SCRIPT PARENT
 * NAME SUM RECORD WORDS… It reads the input to its end, because srun may lose the output of a
 * program that does not.
 */
static const char carry_and_run[] = "sh -c \"$1\" sh \"$2\" \"$3\" \"$4\" \"$5\" >&2 || exit 3\n"
				    "cat >/dev/null\n"
				    "rig=$2/$3/bin/rig; shift 5; exec \"$rig\" \"$@\"\n";

static void on_answer(struct command *command, int code, const char *out, const char *why,
		      void *data);

static GPtrArray *srun_words(const struct node *node)
{
	const struct asking *asking = node->asking;
	const char *const first[] = {"srun",	   "--quiet",	"--nodes=1",
				     "--ntasks=1", "--chdir=/", "--nodelist"};
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, g_strdup(first[i]));
	g_ptr_array_add(argv, g_strdup(node->name));
	/* srun waits this long for a node whose processors are all in use, then fails */
	g_ptr_array_add(argv, g_strdup_printf("--immediate=%u", asking->limit_s));
	cluster_add_options(asking->options, argv);
	return argv;
}

/*
 * Starts srun on NODE with the words of SHELL, followed by the words of the rig command. INPUT is
 * the path of its standard input, or NULL for /dev/null.
 */
static void start(struct node *node, const char *const *shell, const char *input)
{
	struct asking *asking = node->asking;
	g_autoptr(GPtrArray) argv = srun_words(node);
	g_autoptr(GError) error = NULL;

	for (; *shell; shell++)
		g_ptr_array_add(argv, g_strdup(*shell));
	for (const char *const *word = asking->words; *word; word++)
		g_ptr_array_add(argv, g_strdup(*word));
	g_ptr_array_add(argv, NULL);
	node->command = command_start((const char *const *)argv->pdata, input, asking->limit_s + 5,
				      NULL, on_answer, node, &error);
	if (node->command)
		asking->running++;
	else
		node->problem = g_strdup(error->message);
}

static void ask(struct node *node)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	const char *rig = node->asking->options->rig ? node->asking->options->rig : self;
	const char *const shell[] = {"sh", "-c", run_there, "sh", rig ? rig : "rig", NULL};

	start(node, shell, NULL);
}

/* Sends this rig to NODE, which has none, and runs the rig command there. */
static void carry_and_ask(struct node *node)
{
	struct asking *asking = node->asking;
	g_autoptr(GError) error = NULL;
	g_autofree char *record = NULL;

	node->carried = TRUE;
	if (!asking->rig)
		asking->rig = part_rig(&error);
	if (!asking->rig) {
		node->problem = g_strdup(error->message);
		return;
	}
	record = g_build_filename(asking->rig->parent, "record", "doctor", NULL);
	start(node,
	      (const char *const[]){"sh", "-c", carry_and_run, "sh", part_unpack_script,
				    asking->rig->parent, asking->rig->name, asking->rig->sum,
				    record, NULL},
	      asking->rig->file);
}

static void on_answer(struct command *command, int code, const char *out, const char *why,
		      void *data)
{
	struct node *node = data;

	node->asking->running--;
	node->answer = json_loads(out, 0, NULL);
	if (!node->carried && !strcmp(out, ABSENT)) {
		g_clear_pointer(&node->command, command_free);
		carry_and_ask(node);
	} else if (!node->answer && code == -9) {
		node->problem =
			g_strdup_printf("did not answer within %u s", node->asking->limit_s);
	} else if (!node->answer) {
		node->problem = *why ? g_strdup(why) : g_strdup_printf("srun: exit code %d", code);
	}
	(void)command;
	start_more(node->asking);
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
	json_t *all;

	if (!lines)
		return NULL;
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
	if (asking.rig)
		part_free(asking.rig);
	return all;
}
