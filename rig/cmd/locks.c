// SPDX-License-Identifier: GPL-2.0-only
/* rig locks: prints parts of the lock graph of all runs. */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/locks.h"
#include "cmd/options.h"
#include "index/index.h"
#include "report/graph.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/text.h"

/* number of places (scenario, machine and kernel) that are printed for an edge */
#define PLACES_SHOWN 3

static const char summary[] =
	"The lock graph: which lock was taken while which other was held, in all runs whose kernel "
	"has lockdep.\n\n"
	"  (nothing)        the size of the graph, and the locks of hotplug\n"
	"  CLASS            the locks that were held when CLASS was taken, those that were taken "
	"under it, and where\n"
	"  cycles           cycles that no single boot had; those that a common lock guards are "
	"marked\n"
	"  check            edges against the declared order (scenarios/lock-order.yaml)\n"
	"  new A [B]        edges since A (a run, or a time: 2026-11-28) that no earlier run of "
	"the same tree had;\n"
	"                   with B, only those before B\n"
	"  diff A B         edges of kernel (or machine) A that B does not have, and the reverse\n"
	"  rebuild          reads every run folder again";

static const char examples[] =
	"  rig locks mem_hotplug_lock\n"
	"  rig locks cycles --kernel 6.12.95\n"
	"  rig locks new 2026-11-28\n"
	"  rig locks diff pc-q35 pseries\n"
	"  rig locks cpu_hotplug_lock --svg cpu.svg\n\n"
	"Exit codes: 0 nothing found, 1 an unguarded cycle, or an edge against the declared order, "
	"2 usage.\n";

struct lock_db *locks_graph(const char *results, gboolean rebuild, GError **error)
{
	g_autofree char *folder = index_place(results);
	gboolean writable;

	if (g_file_test(results, G_FILE_TEST_EXISTS) && !g_file_test(results, G_FILE_TEST_IS_DIR)) {
		rig_fail(error, RIG_EXIT_USAGE, "cannot read the results folder '%s': %s", results,
			 g_strerror(ENOTDIR));
		return NULL;
	}
	writable = g_mkdir_with_parents(folder, 0755) == 0 && access(folder, W_OK) == 0;
	return lock_db_open(results, writable ? folder : NULL, rebuild, error);
}

const struct lock_class *locks_class(const struct lock_graph *graph, guint i)
{
	return graph->classes->pdata[i];
}

char *locks_gates_text(const struct lock_graph *graph, const GArray *gates)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < gates->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "",
				       locks_class(graph, g_array_index(gates, guint, i))->name);
	return g_string_free(text, FALSE);
}

json_t *locks_gates_json(const struct lock_graph *graph, const GArray *gates)
{
	json_t *json = json_array();

	for (guint i = 0; i < gates->len; i++)
		json_array_append_new(
			json,
			json_string(locks_class(graph, g_array_index(gates, guint, i))->name));
	return json;
}

guint locks_print_edges(const struct asked *a, const char *title,
			gboolean (*wanted)(const struct asked *a, const struct order_edge *edge,
					   const void *data),
			const void *data)
{
	json_t *json = json_array();
	guint n = 0;

	for (guint i = 0; i < a->graph->edges->len; i++) {
		const struct order_edge *edge = a->graph->edges->pdata[i];

		if (!wanted(a, edge, data))
			continue;
		if (!n++ && !a->json)
			printf("%s\n", title);
		if (a->json)
			json_array_append_new(json, locks_edge_json(a, edge));
		else
			locks_print_edge(a, edge);
	}
	if (a->json)
		cmd_print_json(json);
	else
		json_decref(json);
	return n;
}

/* ---- rig locks, rig locks CLASS ---- */

static int print_summary(struct asked *a, GError **error)
{
	static const char *const hotplug[] = {"device_hotplug_lock", "cpu_add_remove_lock",
					      "cpu_hotplug_lock", "mem_hotplug_lock", "slab_mutex"};
	(void)error;
	if (a->json) {
		cmd_print_json(json_pack("{s:i, s:i, s:i}", "runs", a->graph->runs, "classes",
					 a->graph->classes->len, "edges", a->graph->edges->len));
		return RIG_EXIT_PASS;
	}
	printf("lock orders of %u run%s: %u class%s, %u edge%s\n", a->graph->runs,
	       text_s(a->graph->runs), a->graph->classes->len,
	       a->graph->classes->len == 1 ? "" : "es", a->graph->edges->len,
	       text_s(a->graph->edges->len));
	locks_print_if_empty(a);
	for (guint i = 0; i < G_N_ELEMENTS(hotplug); i++) {
		int at = lock_graph_class(a->graph, hotplug[i]);
		guint under = 0, over = 0;

		for (guint e = 0; at >= 0 && e < a->graph->edges->len; e++) {
			const struct order_edge *edge = a->graph->edges->pdata[e];

			under += edge->to == (guint)at;
			over += edge->from == (guint)at;
		}
		if (at >= 0)
			printf("  %-22s classes held when it is taken: %u, taken under it: %u\n",
			       hotplug[i], under, over);
	}
	return RIG_EXIT_PASS;
}

static gboolean touches(const struct asked *a, const struct order_edge *edge, const void *data)
{
	const guint *class = data;

	(void)a;
	return edge->from == *class || edge->to == *class;
}

static gboolean leads_to(const struct asked *a, const struct order_edge *edge, const void *data)
{
	(void)a;
	return edge->to == *(const guint *)data;
}

static gboolean comes_from(const struct asked *a, const struct order_edge *edge, const void *data)
{
	(void)a;
	return edge->from == *(const guint *)data;
}

/*
 * Prints CLASS, the edges from and to it, and the classes at their other ends in Graphviz's
 * language, or draws them into the file that --svg names.
 */
static gboolean draw(struct asked *a, guint class, GError **error)
{
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(struct graph_node));
	g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(struct graph_edge));
	g_autofree guint *number = g_new0(guint, a->graph->classes->len + 1);
	g_autofree char *dot = NULL;
	g_auto(GStrv) svg = NULL;
	g_autoptr(GError) why = NULL;
	struct graph graph = {.title = locks_class(a->graph, class)->name, .sideways = TRUE};

	for (guint i = 0; i < a->graph->edges->len; i++) {
		const struct order_edge *edge = a->graph->edges->pdata[i];
		guint ends[] = {edge->from, edge->to};

		if (!touches(a, edge, &class) || edges->len == GRAPH_EDGES_MAX ||
		    nodes->len + 2 > GRAPH_NODES_MAX)
			continue;
		for (guint e = 0; e < 2; e++) {
			struct graph_node node = {locks_class(a->graph, ends[e])->name, GRAPH_BOX,
						  ends[e] == class};

			if (number[ends[e]])
				continue;
			g_array_append_val(nodes, node);
			number[ends[e]] = nodes->len;
		}
		struct graph_edge drawn = {number[edge->from] - 1, number[edge->to] - 1, NULL,
					   FALSE};

		g_array_append_val(edges, drawn);
	}
	graph.nodes = (void *)nodes->data;
	graph.n_nodes = nodes->len;
	graph.edges = (void *)edges->data;
	graph.n_edges = edges->len;
	dot = graph_dot(&graph, error);
	if (dot && a->dot)
		fputs(dot, stdout);
	if (!dot || !a->svg)
		return dot != NULL;
	svg = graph_draw((const char *[]){dot, NULL}, error);
	return svg && (g_file_set_contents(a->svg, svg[0], -1, &why) ||
		       rig_fail(error, RIG_EXIT_USAGE, "cannot write '%s': %s", a->svg,
				why->message));
}

/* Returns a list of the classes whose names contain WORD, for a message. */
static char *alike(const struct lock_graph *graph, const char *word)
{
	GString *text = g_string_new(NULL);
	guint n = 0;

	for (guint i = 0; i < graph->classes->len && n < 8; i++)
		if (strstr(locks_class(graph, i)->name, word))
			g_string_append_printf(text, "%s%s", n++ ? ", " : "",
					       locks_class(graph, i)->name);
	return g_string_free(text, FALSE);
}

void locks_print_place(const struct lock_sighting *s)
{
	printf("      %s on %s, kernel %s%s%.12s: %s", s->scenario, s->machine, s->kernel,
	       *s->build ? " " : "", s->build, s->first);
	if (s->runs > 1)
		printf(" to %s, %u runs", s->last, s->runs);
	putchar('\n');
}

void locks_print_if_empty(const struct asked *a)
{
	if (!a->graph->runs)
		printf("No run with lock orders was found; runs of kernels with lockdep record "
		       "them (`rig run dimm-storm`).\n");
}

void locks_print_places(struct asked *a, const struct order_edge *edge)
{
	const char *from = locks_class(a->graph, edge->from)->name,
		   *to = locks_class(a->graph, edge->to)->name;
	g_autoptr(GPtrArray) places = lock_db_sightings(a->db, from, to, NULL);
	guint n = places ? places->len : 0;

	for (guint i = 0; i < MIN(n, PLACES_SHOWN); i++)
		locks_print_place(places->pdata[i]);
	if (n > PLACES_SHOWN)
		printf("      further combinations of scenario, machine and kernel: %u\n",
		       n - PLACES_SHOWN);
}

static int print_class(struct asked *a, const char *name, GError **error)
{
	int at = lock_graph_class(a->graph, name);
	g_autofree char *similar = NULL;
	guint class = at;

	if (at < 0) {
		similar = alike(a->graph, name);
		rig_fail(error, RIG_EXIT_USAGE, "no run has seen a lock class '%s'%s%s", name,
			 *similar ? "; similar: " : "; `rig locks` lists the locks of hotplug",
			 similar);
		return RIG_EXIT_USAGE;
	}
	if ((a->dot || a->svg) && !draw(a, class, error))
		return rig_exit_code(*error);
	if (a->dot || a->svg)
		return RIG_EXIT_PASS;
	if (a->json) {
		locks_print_edges(a, "", touches, &class);
		return RIG_EXIT_PASS;
	}
	locks_print_edges(a, "taken under:", leads_to, &class);
	locks_print_edges(a, "held while these are taken:", comes_from, &class);
	if (locks_class(a->graph, class)->flags & LOCK_AMBIGUOUS)
		printf("Several locks share this name and could not be distinguished.\n");
	return RIG_EXIT_PASS;
}

static const struct {
	const char *name;
	int min_words, max_words;
	int (*tell)(struct asked *a, GError **error);
	gboolean loads; /* `tell` loads the lock orders itself; otherwise they are loaded before */
} questions[] = {
	{"cycles", 0, 0, locks_print_cycles, FALSE}, {"check", 0, 0, locks_print_check, FALSE},
	{"new", 1, 2, locks_print_new, TRUE},	     {"diff", 2, 2, locks_print_diff, TRUE},
	{"rebuild", 0, 0, print_summary, FALSE},
};

static gboolean load(struct asked *a, GError **error)
{
	a->graph = lock_graph_load(a->db, &a->filter, error);
	return a->graph != NULL;
}

/* Refuses options that the answer to WORD does not use. */
static gboolean check_options(const struct asked *a, const char *word, GError **error)
{
	gboolean is_class = word != NULL;

	for (guint i = 0; word && i < G_N_ELEMENTS(questions); i++)
		is_class &= strcmp(word, questions[i].name) != 0;
	if (a->ambiguous && g_strcmp0(word, "cycles"))
		return rig_fail(error, RIG_EXIT_USAGE, "--ambiguous is for `rig locks cycles`");
	if ((a->svg || a->dot) && !is_class)
		return rig_fail(error, RIG_EXIT_USAGE, "%s is for `rig locks CLASS`",
				a->svg ? "--svg" : "--dot");
	return TRUE;
}

static int answer(struct asked *a, const char *word, GError **error)
{
	if (!check_options(a, word, error))
		return RIG_EXIT_USAGE;
	if (!word)
		return load(a, error) ? print_summary(a, error) : rig_exit_code(*error);
	for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
		if (strcmp(word, questions[i].name))
			continue;
		if (a->n_words >= questions[i].min_words && a->n_words <= questions[i].max_words)
			return questions[i].loads || load(a, error) ? questions[i].tell(a, error)
								     : rig_exit_code(*error);
		rig_fail(error, RIG_EXIT_USAGE,
			 "`rig locks %s` takes %d to %d arguments, not %d; see `rig locks --help`",
			 word, questions[i].min_words, questions[i].max_words, a->n_words);
		return RIG_EXIT_USAGE;
	}
	return load(a, error) ? print_class(a, word, error) : rig_exit_code(*error);
}

int cmd_locks(int argc, char **argv)
{
	struct asked a = {0};
	g_autoptr(GError) error = NULL;
	int code = RIG_EXIT_USAGE;
	const GOptionEntry entries[] = {
		OPTION_RESULTS(&a.folder),
		{"kernel", 'k', 0, G_OPTION_ARG_STRING, &a.filter.kernel,
		 "only runs of this kernel (6.1.192, or a hash of `rig kernel list`)", "NAME"},
		{"machine", 'm', 0, G_OPTION_ARG_STRING, &a.filter.machine,
		 "only runs on this machine", "NAME"},
		{"scenario", 0, 0, G_OPTION_ARG_STRING, &a.filter.scenario,
		 "only runs of this scenario", "NAME"},
		{"tree", 0, 0, G_OPTION_ARG_STRING, &a.filter.tree,
		 "only runs of this tree of a plan", "NAME"},
		{"order", 0, 0, G_OPTION_ARG_FILENAME, &a.order,
		 "declared order (default: scenarios/lock-order.yaml)", "FILE"},
		{"ambiguous", 0, 0, G_OPTION_ARG_NONE, &a.ambiguous,
		 "print also cycles through a name that stands for several locks", NULL},
		{"known", 0, 0, G_OPTION_ARG_FILENAME, &a.known,
		 "known issues, whose cycles do not count (default: the rig's own list)", "FILE"},
		{"svg", 0, 0, G_OPTION_ARG_FILENAME, &a.svg, "draw the neighbourhood of CLASS",
		 "FILE"},
		{"dot", 0, 0, G_OPTION_ARG_NONE, &a.dot,
		 "print the neighbourhood of CLASS in Graphviz's language", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &a.json, "print JSON", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "[CLASS|cycles|check|new|diff|rebuild]", summary,
		       examples, &error))
		return rig_report_error(error);
	a.words = argv + MIN(argc, 2);
	a.n_words = MAX(0, argc - 2);
	a.results = a.folder ? g_strdup(a.folder) : run_default_results();
	a.db = locks_graph(a.results, argc > 1 && !strcmp(argv[1], "rebuild"), &error);
	if (a.db)
		code = answer(&a, argc > 1 ? argv[1] : NULL, &error);
	g_clear_pointer(&a.graph, lock_graph_free);
	g_clear_pointer(&a.db, lock_db_free);
	g_free(a.folder);
	g_free(a.results);
	g_free(a.order);
	g_free(a.known);
	g_free(a.svg);
	return error ? rig_report_error(error) : code;
}
