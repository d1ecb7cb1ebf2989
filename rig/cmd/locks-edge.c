// SPDX-License-Identifier: GPL-2.0-only
/* Prints an edge of the lock graph for the subcommands of rig locks. */
#include "cmd/locks.h"

#include <stdio.h>
#include <string.h>

/* The sources from which the rig obtains edges. */
static const struct {
	guint contexts; /* bits of enum lock_context; an edge with one of these has this source */
	const char *name;
} sources[] = {
	{LOCK_IN_PROCESS | LOCK_IN_SOFTIRQ | LOCK_IN_HARDIRQ, "lockdep"},
	{LOCK_IN_REPORT, "report"},
	{LOCK_RECORDED, "recorder"},
};

static json_t *sources_json(guint contexts)
{
	json_t *json = json_array();

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		if (contexts & sources[i].contexts)
			json_array_append_new(json, json_string(sources[i].name));
	return json;
}

/*
 * Returns "; source: " and the sources of an edge, or "" if lockdep's graph is the only source. The
 * caller owns the text.
 */
static char *sources_text(guint contexts)
{
	GString *text = g_string_new(NULL);

	if (contexts & (LOCK_IN_REPORT | LOCK_RECORDED))
		for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
			if (contexts & sources[i].contexts)
				g_string_append_printf(text, "%s%s",
						       text->len ? ", " : "; source: ",
						       sources[i].name);
	return g_string_free(text, FALSE);
}

/* How the locks of an edge were acquired. */
static const struct {
	guint contexts;
	/* the mode, in `from` for the first lock or in `to` for the second */
	const char *from, *to;
} modes[] = {
	{LOCK_FROM_WRITE, "write", NULL},     {LOCK_FROM_READ, "read", NULL},
	{LOCK_FROM_UNKNOWN, "unknown", NULL}, {LOCK_TO_WRITE, NULL, "write"},
	{LOCK_TO_READ, NULL, "read"},	      {LOCK_TO_RECURSIVE, NULL, "recursive read"},
	{LOCK_TO_UNKNOWN, NULL, "unknown"},
};

/*
 * Returns how the first lock of an edge (or if TO is TRUE the second) was acquired, for example
 * "read or write". The caller owns the text.
 */
static char *modes_text(guint contexts, gboolean to)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		const char *mode = to ? modes[i].to : modes[i].from;

		if (mode && contexts & modes[i].contexts)
			g_string_append_printf(text, "%s%s", text->len ? " or " : "", mode);
	}
	return g_string_free(text, FALSE);
}

static json_t *modes_json(guint contexts, gboolean to)
{
	json_t *json = json_array();

	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		const char *mode = to ? modes[i].to : modes[i].from;

		if (mode && contexts & modes[i].contexts)
			json_array_append_new(json, json_string(mode));
	}
	return json;
}

/*
 * Returns "; modes: read --> write" if one of the two locks was acquired for reading, and the
 * interrupt context if the edge was never seen in process context. The caller owns the text.
 */
static char *how_text(const struct order_edge *edge)
{
	guint where = edge->contexts & (LOCK_IN_PROCESS | LOCK_IN_SOFTIRQ | LOCK_IN_HARDIRQ);
	g_autofree char *from = modes_text(edge->contexts, FALSE),
			*to = modes_text(edge->contexts, TRUE);
	GString *text = g_string_new(NULL);

	if (edge->contexts & (LOCK_FROM_READ | LOCK_TO_READ | LOCK_TO_RECURSIVE))
		g_string_append_printf(text, "; modes: %s --> %s", from, to);
	if (where && !(where & LOCK_IN_PROCESS))
		g_string_append_printf(text, "; in %s",
				       where == LOCK_IN_SOFTIRQ ? "softirq"
				       : where == LOCK_IN_HARDIRQ ? "hardirq"
								  : "softirq and hardirq");
	return g_string_free(text, FALSE);
}

static GPtrArray *stacks_of(const struct asked *a, const struct order_edge *edge)
{
	return lock_db_stacks(a->db, locks_class(a->graph, edge->from)->name,
			      locks_class(a->graph, edge->to)->name);
}

json_t *locks_edge_json(const struct asked *a, const struct order_edge *edge)
{
	g_autoptr(GPtrArray) stacks = stacks_of(a, edge);
	json_t *json = json_array();

	for (guint i = 0; i < stacks->len; i++) {
		const struct lock_stack *stack = stacks->pdata[i];

		json_array_append_new(json, json_pack("{s:s, s:s}", "functions", stack->functions,
						      "run", stack->run));
	}
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:{s:o, s:o}, s:o, s:o, s:o}", "from",
			 locks_class(a->graph, edge->from)->name, "to",
			 locks_class(a->graph, edge->to)->name, "runs", edge->runs, "first",
			 edge->first, "last", edge->last, "contexts", edge->contexts, "modes",
			 "from", modes_json(edge->contexts, FALSE), "to",
			 modes_json(edge->contexts, TRUE), "gates",
			 locks_gates_json(a->graph, edge->gates), "sources",
			 sources_json(edge->contexts), "stacks", json);
}

void locks_print_edge(const struct asked *a, const struct order_edge *edge)
{
	g_autofree char *gates = locks_gates_text(a->graph, edge->gates),
			*source = sources_text(edge->contexts), *how = how_text(edge);
	g_autoptr(GPtrArray) stacks = stacks_of(a, edge);
	g_autoptr(GString) in = g_string_new(NULL);

	for (guint i = 0; i < stacks->len; i++) {
		const char *functions = ((struct lock_stack *)stacks->pdata[i])->functions;
		g_autofree char *name = g_strndup(functions, strcspn(functions, " "));

		if (!strstr(in->str, name))
			g_string_append_printf(in, "%s%s", in->len ? ", " : "; in ", name);
	}
	printf("  %s --> %s   runs: %u, first in %s%s%s%s%s%s\n",
	       locks_class(a->graph, edge->from)->name, locks_class(a->graph, edge->to)->name,
	       edge->runs, edge->first, *gates ? "; always under " : "", gates, in->str, how,
	       source);
}

void locks_print_stacks(const struct asked *a, const struct order_edge *edge)
{
	g_autoptr(GPtrArray) stacks = stacks_of(a, edge);

	for (guint i = 0; i < stacks->len; i++) {
		const struct lock_stack *stack = stacks->pdata[i];

		printf("      stack: %s (%s)\n", stack->functions, stack->run);
	}
}
