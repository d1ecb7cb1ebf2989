// SPDX-License-Identifier: GPL-2.0-only
/* Converts recorded locks to the form of lockdep's orders, and to the file of the run folder. */
#include "locks/recorded.h"

/*
 * Returns the gates of EDGE: the classes of the locks that were held at every occurrence, without
 * classes that have several locks. AT[I] is the index of the recorded class I in the result.
 */
static GArray *edge_gates(const struct lock_recorded *recorded, const struct recorded_edge *edge,
			  const guint *at)
{
	GArray *gates = g_array_new(FALSE, FALSE, sizeof(guint));
	const struct recorded_pair *first = edge->pairs->len ? edge->pairs->pdata[0] : NULL;

	for (guint g = 0; first && g < first->gates->len; g++) {
		const struct recorded_gate *gate =
			&g_array_index(first->gates, struct recorded_gate, g);
		const struct lock_class *class = recorded->classes->pdata[gate->class];
		gboolean everywhere = (class->flags & LOCK_SINGLE) && !(class->flags & LOCK_SHARED);

		for (guint i = 1; i < edge->pairs->len && everywhere; i++)
			everywhere = recorded_pair_has(edge->pairs->pdata[i], gate->lock);
		if (everywhere)
			g_array_append_val(gates, at[gate->class]);
	}
	return gates;
}

/*
 * Returns the first LOCK_STACK_FRAMES functions of STACK as a text "a < b < c"; the caller owns it.
 */
static char *stack_text(const GPtrArray *stack)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < stack->len && i < LOCK_STACK_FRAMES; i++)
		g_string_append_printf(text, "%s%s", i ? " < " : "", (char *)stack->pdata[i]);
	return g_string_free(text, FALSE);
}

/* Converts the `modes` of struct recorded_pair to bits of enum lock_context. */
static guint kinds_of(guint modes)
{
	return (modes & 0x13 ? LOCK_FROM_READ : 0) | (modes & 0x4c ? LOCK_FROM_WRITE : 0) |
	       (modes & 0x5 ? LOCK_TO_READ : 0) | (modes & 0xa ? LOCK_TO_WRITE : 0) |
	       (modes & 0x50 ? LOCK_TO_RECURSIVE : 0);
}

static gboolean is_unsure(const struct lock_recorded *recorded, guint class)
{
	return ((const struct lock_class *)recorded->classes->pdata[class])->flags & LOCK_UNSURE;
}

struct lock_orders *lock_recorded_orders(const struct lock_recorded *recorded)
{
	struct lock_orders *orders = lock_orders_new();
	g_autofree guint *at = g_new0(guint, recorded->classes->len + 1);

	for (guint i = 0; i < recorded->classes->len; i++) {
		const struct lock_class *class = recorded->classes->pdata[i];

		lock_orders_class(orders, class->name, class->flags, &at[i]);
	}
	for (guint i = 0; i < recorded->edges->len; i++) {
		const struct recorded_edge *edge = recorded->edges->pdata[i];
		g_autoptr(GArray) gates = NULL;
		g_autofree char *stack = NULL;

		if (is_unsure(recorded, edge->from) || is_unsure(recorded, edge->to))
			continue;
		gates = edge_gates(recorded, edge, at);
		stack = stack_text(edge->stack);
		lock_orders_edge(orders, at[edge->from], at[edge->to],
				 LOCK_RECORDED | kinds_of(edge->modes));
		lock_orders_gates(orders, at[edge->from], at[edge->to], gates);
		lock_orders_stack(orders, at[edge->from], at[edge->to], stack);
	}
	return orders;
}

json_t *lock_recorded_json(const struct lock_recorded *recorded)
{
	json_t *classes = json_array(), *edges = json_array();

	for (guint i = 0; i < recorded->classes->len; i++) {
		const struct lock_class *class = recorded->classes->pdata[i];

		json_array_append_new(classes, json_pack("[s, i]", class->name, class->flags));
	}
	for (guint i = 0; i < recorded->edges->len; i++) {
		const struct recorded_edge *edge = recorded->edges->pdata[i];
		json_t *stack = json_array();

		for (guint f = 0; f < edge->stack->len; f++)
			json_array_append_new(stack, json_string(edge->stack->pdata[f]));
		json_array_append_new(edges,
				      json_pack("[i, i, I, i, o]", edge->from, edge->to,
						(json_int_t)edge->count, edge->modes, stack));
	}
	return json_pack("{s:i, s:I, s:o, s:o}", "version", 1, "acquired",
			 (json_int_t)recorded->acquired, "classes", classes, "edges", edges);
}
