// SPDX-License-Identifier: GPL-2.0-only
/*
 * One cycle of the lock graph: its edges, its gates (locks held at every occurrence of an edge) and
 * its signature.
 */
#include <string.h>

#include "locks/db.h"
#include "locks/kinds.h"

void lock_cycle_rotate(GArray *cycle)
{
	g_autofree guint *old = g_memdup2(cycle->data, cycle->len * sizeof(guint));
	guint least = 0;

	for (guint i = 1; i < cycle->len; i++)
		if (old[i] < old[least])
			least = i;
	for (guint i = 0; i < cycle->len; i++)
		g_array_index(cycle, guint, i) = old[(least + i) % cycle->len];
}

static const struct lock_class *class_at(const struct lock_graph *graph, const GArray *cycle,
					 guint i)
{
	return graph->classes->pdata[g_array_index(cycle, guint, i % cycle->len)];
}

const struct order_edge *lock_cycle_edge(const struct lock_graph *graph, const GArray *cycle,
					 guint i)
{
	return lock_graph_find(graph, g_array_index(cycle, guint, i),
			       g_array_index(cycle, guint, (i + 1) % cycle->len));
}

static gboolean has_gate(const struct order_edge *edge, guint gate)
{
	for (guint i = 0; edge && i < edge->gates->len; i++)
		if (g_array_index(edge->gates, guint, i) == gate)
			return TRUE;
	return FALSE;
}

static gboolean contains(const GArray *array, guint value)
{
	for (guint i = 0; i < array->len; i++)
		if (g_array_index(array, guint, i) == value)
			return TRUE;
	return FALSE;
}

/*
 * Returns the gates (locks held at every occurrence of an edge) that at least two edges of CYCLE
 * have in common. A deadlock needs the tasks of all edges at the same time, but tasks that hold a
 * common gate exclude each other.
 */
static GArray *shared_gates(const struct lock_graph *graph, const GArray *cycle)
{
	GArray *shared = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < cycle->len; i++) {
		const struct order_edge *one = lock_cycle_edge(graph, cycle, i);

		for (guint g = 0; g < one->gates->len; g++) {
			guint gate = g_array_index(one->gates, guint, g), edges = 0;

			for (guint j = 0; j < cycle->len; j++)
				edges += has_gate(lock_cycle_edge(graph, cycle, j), gate);
			if (edges > 1 && !contains(shared, gate) && !contains(cycle, gate))
				g_array_append_val(shared, gate);
		}
	}
	return shared;
}

/* Sets `readers`, `writer` and `unclear` of CYCLE by lock_meeting() at each of its classes. */
static void find_readers(const struct lock_graph *graph, struct lock_cycle *cycle)
{
	guint n = cycle->classes->len;

	cycle->writer = cycle->unclear = -1;
	for (guint i = 0; i < n; i++) {
		guint class = g_array_index(cycle->classes, guint, i);
		enum lock_meeting meeting = lock_meeting(
			graph->classes->pdata[class],
			lock_cycle_edge(graph, cycle->classes, (i + n - 1) % n),
			lock_cycle_edge(graph, cycle->classes, i));

		cycle->readers |= meeting == MEET_FREE;
		if (meeting == MEET_WRITER && cycle->writer < 0)
			cycle->writer = (int)class;
		if (meeting == MEET_UNKNOWN && cycle->unclear < 0)
			cycle->unclear = (int)class;
	}
}

struct lock_cycle *lock_cycle_new(const struct lock_graph *graph, GArray *classes)
{
	struct lock_cycle *cycle = g_new0(struct lock_cycle, 1);
	GString *signature = g_string_new("v1:lock-cycle:");

	cycle->classes = classes;
	cycle->gates = shared_gates(graph, classes);
	find_readers(graph, cycle);
	for (guint i = 0; i < classes->len; i++) {
		const struct lock_class *class = class_at(graph, classes, i);
		const struct order_edge *edge = lock_cycle_edge(graph, classes, i);

		cycle->since = !cycle->since || strcmp(edge->first, cycle->since) > 0
				       ? edge->first
				       : cycle->since;
		cycle->ambiguous |= (class->flags & LOCK_AMBIGUOUS) != 0;
		g_string_append_printf(signature, "%s%s", i ? " --> " : "", class->name);
	}
	cycle->signature = g_string_free(signature, FALSE);
	return cycle;
}

struct lock_cycle *lock_cycle_named(const struct lock_graph *graph, char **names)
{
	g_autoptr(GArray) classes = g_array_new(FALSE, FALSE, sizeof(guint));

	for (char **name = names; *name; name++) {
		int class = lock_graph_class(graph, *name);

		g_array_append_val(classes, class);
	}
	if (classes->len < 2)
		return NULL;
	/* the graph has no edge of class -1, a name that was not found */
	for (guint i = 0; i < classes->len; i++)
		if (!lock_cycle_edge(graph, classes, i))
			return NULL;
	lock_cycle_rotate(classes);
	return lock_cycle_new(graph, g_array_ref(classes));
}

void lock_cycle_free(struct lock_cycle *cycle)
{
	g_array_unref(cycle->classes);
	g_array_unref(cycle->gates);
	g_free(cycle->signature);
	g_free(cycle);
}
