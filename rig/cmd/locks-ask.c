// SPDX-License-Identifier: GPL-2.0-only
/* Executes the subcommands of rig locks: cycles, check (the declared order), new and diff. */
#include "cmd/locks.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "splat/known.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/text.h"

struct known *locks_open_known(const char *list, GError **error)
{
	g_autofree char *file =
		list ? g_strdup(list) : rig_home_path("scenarios/known-issues.yaml");
	g_autofree char *today = rig_utc_now(FALSE);

	today[strlen("2026-11-21")] = '\0';
	return list || g_file_test(file, G_FILE_TEST_EXISTS) ? known_load(file, today, error)
							     : NULL;
}

const struct known_issue *locks_known_cycle(struct known *known, const struct lock_cycle *cycle)
{
	struct splat splat = {.kind = "lock-cycle",
			      .bug = cycle->signature,
			      .title = cycle->signature,
			      .text = (char *)""};

	return known ? known_match(known, &splat, NULL) : NULL;
}

static void print_cycle(struct asked *a, const struct lock_cycle *cycle,
			const struct known_issue *issue)
{
	g_autofree char *gates = locks_gates_text(a->graph, cycle->gates);

	printf("%s%s\n  complete since %s\n", cycle->signature,
	       cycle->ambiguous ? "   (a name in it stands for several locks)" : "", cycle->since);
	if (cycle->gates->len)
		printf("  guarded: at least two edges occurred only while %s was held\n", gates);
	if (cycle->writer >= 0)
		printf("  readers: at %s a reader waits for a reader, so a deadlock needs one more "
		       "task, which waits for writing\n",
		       locks_class(a->graph, cycle->writer)->name);
	if (cycle->unclear >= 0)
		printf("  not known: whether both tasks acquire %s for reading\n",
		       locks_class(a->graph, cycle->unclear)->name);
	if (issue)
		printf("  known: %s (%s), until %s\n", issue->reason, issue->link, issue->expires);
	for (guint i = 0; i < cycle->classes->len; i++) {
		const struct order_edge *edge = lock_cycle_edge(a->graph, cycle->classes, i);

		locks_print_edge(a, edge);
		locks_print_places(a, edge);
		locks_print_stacks(a, edge);
	}
}

static const char *class_or_null(const struct lock_graph *graph, int class)
{
	return class < 0 ? NULL : locks_class(graph, class)->name;
}

static json_t *cycle_json(const struct asked *a, const struct lock_cycle *cycle,
			  const struct known_issue *issue)
{
	json_t *edges = json_array();

	for (guint i = 0; i < cycle->classes->len; i++)
		json_array_append_new(
			edges,
			locks_edge_json(a, lock_cycle_edge(a->graph, cycle->classes, i)));
	return json_pack("{s:s, s:s, s:b, s:s*, s:s*, s:o, s:o, s:o}", "signature",
			 cycle->signature, "since", cycle->since, "ambiguous", cycle->ambiguous,
			 "needs_writer_of", class_or_null(a->graph, cycle->writer),
			 "reading_unknown_at", class_or_null(a->graph, cycle->unclear),
			 "guarded_by", locks_gates_json(a->graph, cycle->gates), "known",
			 issue ? known_json(issue) : json_null(), "edges", edges);
}

int locks_print_cycles(struct asked *a, GError **error)
{
	g_autoptr(GError) why = NULL;
	rig_auto(known) known = locks_open_known(a->known, &why);
	g_autoptr(GPtrArray) cycles = NULL;
	json_auto_t *json = json_array();
	struct lock_cycles_left left = {0};
	guint open = 0, ambiguous = 0;

	if (why) {
		g_propagate_error(error, g_steal_pointer(&why));
		return rig_exit_code(*error);
	}
	cycles = lock_cycles(a->db, a->graph, LOCKS_CYCLE_LENGTH, &left);
	for (guint i = 0; i < cycles->len; i++) {
		const struct lock_cycle *cycle = cycles->pdata[i];
		const struct known_issue *issue = locks_known_cycle(known, cycle);

		open += !cycle->gates->len && !cycle->ambiguous && !issue;
		ambiguous += cycle->ambiguous;
		if (a->json)
			json_array_append_new(json, cycle_json(a, cycle, issue));
		else if (a->ambiguous || !cycle->ambiguous)
			print_cycle(a, cycle, issue);
	}
	if (a->json)
		cmd_print_json(json_incref(json));
	else
		printf("cycles over the edges of %u run%s: %u unguarded; %u guarded or known; %u "
		       "through an ambiguous name%s; %u left out because lockdep saw all edges in "
		       "one run, %u because at one lock a recursive reader waits for a reader, "
		       "which never blocks\n",
		       a->graph->runs, text_s(a->graph->runs), open,
		       cycles->len - open - ambiguous, ambiguous,
		       ambiguous && !a->ambiguous ? ", which --ambiguous prints" : "", left.judged,
		       left.readers);
	if (!a->json)
		locks_print_if_empty(a);
	return open ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}

int locks_print_check(struct asked *a, GError **error)
{
	g_autofree char *file =
		a->order ? g_strdup(a->order) : rig_home_path("scenarios/lock-order.yaml");
	g_autoptr(GPtrArray) found = lock_order_check(file, a->graph, error);
	json_t *json;

	if (!found)
		return rig_exit_code(*error);
	json = json_array();
	for (guint i = 0; i < found->len; i++) {
		const struct lock_violation *v = found->pdata[i];

		if (a->json) {
			json_array_append_new(json, json_pack("{s:o, s:s, s:s}", "edge",
							      locks_edge_json(a, v->edge), "rule",
							      v->rule, "source", v->source));
			continue;
		}
		locks_print_edge(a, v->edge);
		printf("      against the declared order: %s (%s)\n", v->rule, v->source);
		locks_print_places(a, v->edge);
	}
	if (a->json) {
		cmd_print_json(json);
	} else {
		json_decref(json);
		printf("edges against the declared order: %u, of %u edge%s in %u run%s\n",
		       found->len, a->graph->edges->len, text_s(a->graph->edges->len),
		       a->graph->runs, text_s(a->graph->runs));
		locks_print_if_empty(a);
	}
	return found->len ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}

/*
 * Converts WORD, a time like 2026-11-28 or 2026-11-28T21:48:10Z, to the format of run names, which
 * begin with 20261128T214810Z. The caller owns it.
 */
static char *run_time(const char *word)
{
	GString *time = g_string_new(NULL);

	for (const char *c = word; *c; c++)
		if (!strchr("-:", *c) || time->len > 16)
			g_string_append_c(time, *c);
	return g_string_free(time, FALSE);
}

static json_t *new_json(const struct lock_new *new)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:b}", "tree", new->tree, "from", new->from,
			 "to", new->to, "first", new->first, "runs", new->runs, "anywhere",
			 new->anywhere);
}

int locks_print_new(struct asked *a, GError **error)
{
	g_autofree char *since = run_time(a->words[0]),
			*until = a->n_words > 1 ? run_time(a->words[1]) : NULL;
	g_autoptr(GPtrArray) found = lock_db_new_orders(a->db, a->filter.tree, since, until, error);
	json_auto_t *json = json_array();
	const char *tree = NULL;

	if (!found)
		return rig_exit_code(*error);
	for (guint i = 0; i < found->len; i++) {
		const struct lock_new *new = found->pdata[i];

		json_array_append_new(json, new_json(new));
		if (a->json)
			continue;
		if (g_strcmp0(tree, new->tree) != 0)
			printf("lock orders that no earlier run %s%s had:\n",
			       *new->tree ? "of tree " : "outside of trees", new->tree);
		tree = new->tree;
		printf("  %s --> %s   runs: %u, first in %s%s\n", new->from, new->to, new->runs,
		       new->first, new->anywhere ? "" : "; other trees had it before");
	}
	if (a->json)
		cmd_print_json(json_incref(json));
	else if (!found->len)
		printf("no new lock order since '%s'%s%s%s (trees without earlier runs are not "
		       "compared)\n",
		       a->words[0], until ? " and before '" : "", until ? a->words[1] : "",
		       until ? "'" : "");
	return RIG_EXIT_PASS;
}

/*
 * Returns the index of the class called NAME in OTHER, or -1 if no edge of OTHER has the class. In
 * that case the lock was not used there, and a missing lock order is not a difference.
 */
static int class_here(const struct lock_graph *other, const char *name)
{
	int at = lock_graph_class(other, name);

	return at >= 0 && locks_class(other, at)->flags & LOCK_HERE ? at : -1;
}

static gboolean lacks(const struct asked *a, const struct order_edge *edge, const void *data)
{
	const struct lock_graph *other = data;
	int from = class_here(other, locks_class(a->graph, edge->from)->name);
	int to = class_here(other, locks_class(a->graph, edge->to)->name);

	return from >= 0 && to >= 0 && !lock_graph_find(other, from, to);
}

/* Loads the lock orders of the runs on WORD, a machine or a kernel. */
static struct lock_graph *graph_of(struct asked *a, const char *word, GError **error)
{
	struct lock_filter filter = a->filter;
	struct lock_graph *graph;

	filter.machine = word;
	graph = lock_graph_load(a->db, &filter, error);
	if (!graph || graph->edges->len)
		return graph;
	lock_graph_free(graph);
	filter.machine = a->filter.machine;
	filter.kernel = word;
	graph = lock_graph_load(a->db, &filter, error);
	if (!graph || graph->edges->len)
		return graph;
	lock_graph_free(graph);
	rig_fail(error, RIG_EXIT_USAGE,
		 "no run with lock orders has a machine or kernel '%s'; `rig list` shows the runs",
		 word);
	return NULL;
}

int locks_print_diff(struct asked *a, GError **error)
{
	rig_auto(lock_graph) one = graph_of(a, a->words[0], error);
	rig_auto(lock_graph) two = one ? graph_of(a, a->words[1], error) : NULL;

	if (!two)
		return rig_exit_code(*error);
	for (guint i = 0; i < 2; i++) {
		struct asked side = *a;
		g_autofree char *title = g_strdup_printf("only in %s:", a->words[i]);

		side.graph = i ? two : one;
		locks_print_edges(&side, title, lacks, i ? one : two);
	}
	return RIG_EXIT_PASS;
}


/* ---- functions for rig compare ---- */

static void append_order(json_t *orders, const char *from, const char *to)
{
	g_autofree char *text = g_strdup_printf("%s --> %s", from, to);

	json_array_append_new(orders, json_string(text));
}

json_t *locks_new_in_night(struct lock_db *db, const char *first, const char *last, GError **error)
{
	/* "~" sorts after all characters of run names, so the runs of time LAST are included */
	g_autofree char *since = run_time(first), *end = run_time(last),
			*until = g_strconcat(end, "~", NULL);
	g_autoptr(GPtrArray) found = lock_db_new_orders(db, NULL, since, until, error);
	json_t *orders = found ? json_array() : NULL;

	for (guint i = 0; found && i < found->len; i++) {
		const struct lock_new *new = found->pdata[i];

		append_order(orders, new->from, new->to);
	}
	return orders;
}

json_t *locks_new_in_kernel(struct lock_db *db, const char *a, const char *b, GError **error)
{
	const struct lock_filter of_a = {.kernel = a}, of_b = {.kernel = b};
	rig_auto(lock_graph) one = lock_graph_load(db, &of_a, error);
	rig_auto(lock_graph) two = one ? lock_graph_load(db, &of_b, error) : NULL;
	json_t *orders = two ? json_array() : NULL;
	const struct asked asked = {.graph = two};

	for (guint i = 0; two && i < two->edges->len; i++) {
		const struct order_edge *edge = two->edges->pdata[i];

		if (lacks(&asked, edge, one))
			append_order(orders, locks_class(two, edge->from)->name,
				     locks_class(two, edge->to)->name);
	}
	return orders;
}
