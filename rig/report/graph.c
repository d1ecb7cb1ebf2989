// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes graphs as DOT text, and draws pictures of DOT texts with Graphviz's `dot`. In a quoted
 * string, DOT has only the escape \"; but in a label, a backslash also starts an escape sequence
 * (Graphviz, "escString"), and & starts an entity.
 */
#include "report/graph.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/error.h"
#include "util/spawn.h"

#define LABEL_MAX 400 /* maximum length of a label in bytes */
#define RED "#c01c28"
#define GREY "#5e5c64"

/*
 * number of pictures that one process `dot` draws; several, because its start takes longer than
 * drawing a picture
 */
#define BATCH 16
#define SVG_MAX (2u << 20) /* maximum size of a picture in bytes, on average over a batch */
/* time limit for a batch; it normally takes a tenth of a second */
#define DOT_LIMIT_MS 60000

/* Adds a quoted label without control characters; its lines are left-aligned ("\l"). */
static void add_label(GString *out, const char *label)
{
	g_autofree char *valid = g_utf8_make_valid(label ? label : "", -1);
	gsize begin = out->len;

	g_string_append(out, "label=\"");
	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (out->len - begin > LABEL_MAX) {
			g_string_append(out, "…");
			break;
		}
		if (c == '\n')
			g_string_append(out, "\\l");
		else if (c == '\\')
			g_string_append(out, "\\\\");
		else if (c == '"')
			g_string_append(out, "\\\"");
		else if (c == '&')
			g_string_append(out, "&amp;");
		else if (g_unichar_isprint(c))
			g_string_append_unichar(out, c);
		else
			g_string_append_c(out, ' ');
	}
	if (label && strchr(label, '\n') && !g_str_has_suffix(out->str, "\\l"))
		g_string_append(out, "\\l");
	g_string_append_c(out, '"');
}

static gboolean check(const struct graph *graph, GError **error)
{
	if (graph->n_nodes > GRAPH_NODES_MAX || graph->n_edges > GRAPH_EDGES_MAX)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"a picture of %u nodes and %u edges is too large: at most %d and %d",
			graph->n_nodes, graph->n_edges, GRAPH_NODES_MAX, GRAPH_EDGES_MAX);
	for (guint i = 0; i < graph->n_edges; i++)
		if (graph->edges[i].from >= graph->n_nodes || graph->edges[i].to >= graph->n_nodes)
			return rig_fail(error, RIG_EXIT_USAGE,
					"edge %u from node %u to %u: there are only %u nodes", i,
					graph->edges[i].from, graph->edges[i].to, graph->n_nodes);
	return TRUE;
}

static void add_node(GString *out, guint i, const struct graph_node *node)
{
	static const struct {
		const char *shape, *style, *fill;
	} shapes[] = {
		[GRAPH_BOX] = {"box", "filled", "#f6f5f4"},
		[GRAPH_ROUND] = {"box", "rounded,filled", "#eef3fb"},
		[GRAPH_NOTE] = {"note", "filled", "#f6f5f4"},
	};

	g_string_append_printf(out, "n%u [", i);
	add_label(out, node->label);
	g_string_append_printf(
		out, " shape=%s style=\"%s\" fillcolor=\"%s\" color=\"%s\" penwidth=%d]\n",
		shapes[node->shape].shape, shapes[node->shape].style, shapes[node->shape].fill,
		node->marked ? RED : GREY, node->marked ? 2 : 1);
}

static void add_edge(GString *out, const struct graph_edge *edge)
{
	const char *color = edge->marked ? RED : GREY;

	g_string_append_printf(out, "n%u -> n%u [", edge->from, edge->to);
	add_label(out, edge->label);
	g_string_append_printf(out, " color=\"%s\" fontcolor=\"%s\" penwidth=%d]\n", color, color,
			       edge->marked ? 2 : 1);
}

char *graph_dot(const struct graph *graph, GError **error)
{
	GString *out;

	if (!check(graph, error))
		return NULL;
	out = g_string_new("digraph {\n");
	g_string_append_printf(out, "rankdir=%s fontname=\"sans-serif\" ",
			       graph->sideways ? "LR" : "TB");
	if (graph->title) {
		g_string_append(out, "labelloc=t ");
		add_label(out, graph->title);
	}
	g_string_append(out, "\nnode [fontname=monospace fontsize=11]\n"
			     "edge [fontname=\"sans-serif\" fontsize=10]\n");
	for (guint i = 0; i < graph->n_nodes; i++)
		add_node(out, i, &graph->nodes[i]);
	for (guint i = 0; i < graph->n_edges; i++)
		add_edge(out, &graph->edges[i]);
	g_string_append(out, "}\n");
	return g_string_free(out, FALSE);
}

/* ---- drawing ---- */

/* Returns a file descriptor from which TEXT can be read, or -1 with an error. */
static int text_fd(const char *text, GError **error)
{
	int fd = memfd_create("dot", MFD_CLOEXEC);
	gsize len = strlen(text);

	for (gsize done = 0; fd >= 0 && done < len;) {
		ssize_t n = write(fd, text + done, len - done);

		if (n >= 0) {
			done += n;
		} else if (errno != EINTR) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0)
		rig_fail(error, RIG_EXIT_INFRA, "cannot store the input of dot: %s",
			 g_strerror(errno));
	return fd;
}

static char *run_dot(const char *text, guint n, GError **error)
{
	const char *const argv[] = {"dot", "-q", "-Tsvg", NULL};
	int fd = text_fd(text, error);
	g_autofree char *input = g_strdup_printf("/proc/self/fd/%d", fd), *output = NULL;
	const struct spawn spawn = {.argv = argv, .input = input, .keep = (gsize)n * SVG_MAX,
				    .limit_ms = DOT_LIMIT_MS};
	gboolean ok = fd >= 0 && spawn_run(&spawn, &output, error);

	if (fd >= 0)
		close(fd);
	return ok ? g_steal_pointer(&output) : NULL;
}

/*
 * Appends the N SVG documents in OUTPUT to SVGS. OUTPUT also has the standard error of dot, so text
 * between the documents is skipped.
 */
static gboolean split(const char *output, guint n, GPtrArray *svgs, GError **error)
{
	guint found = 0;

	for (const char *begin = strstr(output, "<?xml"); begin; begin = strstr(begin, "<?xml")) {
		const char *end = strstr(begin, "</svg>\n");

		if (!end || found++ == n)
			break;
		end += strlen("</svg>\n");
		g_ptr_array_add(svgs, g_strndup(begin, end - begin));
		begin = end;
	}
	return found == n ||
	       rig_fail(error, RIG_EXIT_INFRA, "dot drew %u pictures of %u", found, n);
}

char **graph_draw(const char *const *dots, GError **error)
{
	g_autoptr(GPtrArray) svgs = g_ptr_array_new_with_free_func(g_free);
	guint total = g_strv_length((char **)dots);

	for (guint begin = 0; begin < total; begin += BATCH) {
		guint n = MIN(BATCH, total - begin);
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *output = NULL;

		for (guint i = 0; i < n; i++)
			g_string_append(text, dots[begin + i]);
		output = run_dot(text->str, n, error);
		if (!output || !split(output, n, svgs, error))
			return NULL;
	}
	g_ptr_array_add(svgs, NULL);
	return (char **)g_ptr_array_steal(svgs, NULL);
}

/* ---- graph of waits and locks ---- */

static const char *word(json_t *edge, const char *key)
{
	const char *text = json_string_value(json_object_get(edge, key));

	return text ? text : "?";
}

/*
 * Returns the index of the node called LABEL, which is added with SHAPE and MARKED if it does not
 * exist.
 */
static guint node_of(GArray *nodes, const char *label, enum graph_shape shape, gboolean marked)
{
	struct graph_node node = {label, shape, marked};

	for (guint i = 0; i < nodes->len; i++) {
		struct graph_node *old = &g_array_index(nodes, struct graph_node, i);

		if (strcmp(old->label, label))
			continue;
		old->marked |= marked;
		return i;
	}
	g_array_append_val(nodes, node);
	return nodes->len - 1;
}

char *graph_dot_of_waits(json_t *waits, const char *title)
{
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(struct graph_node));
	g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(struct graph_edge));
	struct graph graph = {.title = title, .sideways = TRUE};
	json_t *item;
	size_t i;

	json_array_foreach(waits, i, item) {
		gboolean marked = json_is_true(json_object_get(item, "marked"));
		gboolean held = !strcmp(word(item, "what"), "held by");
		struct graph_edge edge = {0, 0, word(item, "what"), marked};

		if (nodes->len + 2 > GRAPH_NODES_MAX || edges->len == GRAPH_EDGES_MAX)
			break;
		edge.from =
			node_of(nodes, word(item, "from"), held ? GRAPH_BOX : GRAPH_ROUND, marked);
		edge.to = node_of(nodes, word(item, "to"), held ? GRAPH_ROUND : GRAPH_BOX, marked);
		g_array_append_val(edges, edge);
	}
	if (!nodes->len && title)
		node_of(nodes, title, GRAPH_NOTE, FALSE);
	graph.nodes = (const struct graph_node *)nodes->data;
	graph.n_nodes = nodes->len;
	graph.edges = (const struct graph_edge *)edges->data;
	graph.n_edges = edges->len;
	return graph_dot(&graph, NULL);
}
