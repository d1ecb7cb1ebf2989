// SPDX-License-Identifier: GPL-2.0-only
/* Creates, frees, and converts to JSON the lock orders of one boot. */
#include "locks/locks.h"

#include <string.h>

#include "util/error.h"

struct lock_edge *lock_edge_new(guint from, guint to, guint contexts)
{
	struct lock_edge *edge = g_new0(struct lock_edge, 1);

	*edge = (struct lock_edge){.from = from, .to = to, .contexts = contexts};
	return edge;
}

void lock_edge_free(struct lock_edge *edge)
{
	g_clear_pointer(&edge->gates, g_array_unref);
	g_free(edge->stack);
	g_free(edge);
}

void lock_class_free(gpointer data)
{
	struct lock_class *class = data;

	g_free(class->name);
	g_free(class);
}

struct lock_orders *lock_orders_new(void)
{
	struct lock_orders *orders = g_new0(struct lock_orders, 1);

	orders->classes = g_ptr_array_new_with_free_func(lock_class_free);
	orders->edges = g_ptr_array_new_with_free_func((GDestroyNotify)lock_edge_free);
	return orders;
}

gboolean lock_text_is_valid(const char *text, gsize max)
{
	gsize len = strnlen(text, max + 1);

	if (!len || len > max || !g_utf8_validate(text, (gssize)len, NULL))
		return FALSE;
	for (; *text; text = g_utf8_next_char(text))
		if (!g_unichar_isprint(g_utf8_get_char(text)))
			return FALSE;
	return TRUE;
}

gboolean lock_name_is_variable(const char *name)
{
	return *name && strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_") == strlen(name);
}

gboolean lock_orders_class(struct lock_orders *orders, const char *name, guint flags, guint *ret)
{
	struct lock_class *class;

	for (guint i = 0; i < orders->classes->len; i++)
		if (!strcmp(((struct lock_class *)orders->classes->pdata[i])->name, name)) {
			*ret = i;
			return TRUE;
		}
	if (orders->classes->len == LOCKS_CLASSES_MAX)
		return FALSE;
	class = g_new0(struct lock_class, 1);
	*class = (struct lock_class){g_strdup(name), flags};
	*ret = orders->classes->len;
	g_ptr_array_add(orders->classes, class);
	return TRUE;
}

void lock_orders_edge(struct lock_orders *orders, guint from, guint to, guint contexts)
{
	guint at = 0;

	for (; at < orders->edges->len; at++) {
		struct lock_edge *edge = orders->edges->pdata[at];

		if (edge->from == from && edge->to == to) {
			edge->contexts |= contexts;
			return;
		}
		if (edge->from > from || (edge->from == from && edge->to > to))
			break;
	}
	if (orders->edges->len < LOCKS_EDGES_MAX)
		g_ptr_array_insert(orders->edges, at, lock_edge_new(from, to, contexts));
}

static int by_number(gconstpointer a, gconstpointer b)
{
	guint x = *(const guint *)a, y = *(const guint *)b;

	return x < y ? -1 : x > y;
}

static struct lock_edge *find_edge(struct lock_orders *orders, guint from, guint to)
{
	for (guint i = 0; i < orders->edges->len; i++) {
		struct lock_edge *edge = orders->edges->pdata[i];

		if (edge->from == from && edge->to == to)
			return edge;
	}
	return NULL;
}

void lock_orders_gates(struct lock_orders *orders, guint from, guint to, const GArray *gates)
{
	struct lock_edge *edge = find_edge(orders, from, to);

	if (!edge)
		return;
	g_clear_pointer(&edge->gates, g_array_unref);
	edge->gates = g_array_new(FALSE, FALSE, sizeof(guint));
	g_array_append_vals(edge->gates, gates->data, gates->len);
	g_array_sort(edge->gates, by_number);
}

void lock_orders_stack(struct lock_orders *orders, guint from, guint to, const char *stack)
{
	struct lock_edge *edge = find_edge(orders, from, to);

	if (edge && !edge->stack && stack && lock_text_is_valid(stack, LOCK_STACK_MAX))
		edge->stack = g_strdup(stack);
}

void lock_orders_free(struct lock_orders *orders)
{
	if (!orders)
		return;
	g_ptr_array_unref(orders->classes);
	g_ptr_array_unref(orders->edges);
	g_free(orders);
}

json_t *lock_orders_json(const struct lock_orders *orders)
{
	json_t *classes = json_array(), *edges = json_array();

	for (guint i = 0; i < orders->classes->len; i++) {
		const struct lock_class *class = orders->classes->pdata[i];

		json_array_append_new(classes, json_pack("[s, i]", class->name, class->flags));
	}
	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];
		json_t *gates = json_array();

		for (guint g = 0; edge->gates && g < edge->gates->len; g++)
			json_array_append_new(gates,
					      json_integer(g_array_index(edge->gates, guint, g)));
		json_array_append_new(edges, json_pack("[i, i, i, o, s*]", edge->from, edge->to,
						       edge->contexts, gates, edge->stack));
	}
	return json_pack("{s:i, s:b, s:o, s:o}", "version", 1, "cut", orders->cut, "classes",
			 classes, "edges", edges);
}

/* Sets *RET to element AT of ARRAY. Returns FALSE if it is not a number below LIMIT. */
static gboolean number_at(json_t *array, size_t at, guint limit, guint *ret)
{
	json_t *number = json_array_get(array, at);
	json_int_t value = json_integer_value(number);

	if (!json_is_integer(number) || value < 0 || value >= limit)
		return FALSE;
	*ret = value;
	return TRUE;
}

static gboolean read_classes(struct lock_orders *orders, json_t *classes)
{
	json_t *item;
	size_t i;

	if (!json_is_array(classes) || json_array_size(classes) > LOCKS_CLASSES_MAX)
		return FALSE;
	json_array_foreach (classes, i, item) {
		const char *name = json_string_value(json_array_get(item, 0));
		guint flags;

		if (!name || !lock_text_is_valid(name, LOCKS_NAME_MAX) ||
		    !number_at(item, 1, 1 << 16, &flags))
			return FALSE;
		struct lock_class *class = g_new0(struct lock_class, 1);

		class->name = g_strdup(name);
		class->flags = flags;
		g_ptr_array_add(orders->classes, class);
	}
	return TRUE;
}

static gboolean read_gates(struct lock_edge *edge, json_t *gates, guint n_classes)
{
	json_t *item;
	size_t i;

	if (!json_is_array(gates) || json_array_size(gates) > n_classes)
		return FALSE;
	json_array_foreach (gates, i, item) {
		guint gate;

		if (!number_at(gates, i, n_classes, &gate))
			return FALSE;
		if (!edge->gates)
			edge->gates = g_array_new(FALSE, FALSE, sizeof(guint));
		g_array_append_val(edge->gates, gate);
	}
	return TRUE;
}

static gboolean read_edges(struct lock_orders *orders, json_t *edges)
{
	guint n = orders->classes->len;
	json_t *item;
	size_t i;

	if (!json_is_array(edges) || json_array_size(edges) > LOCKS_EDGES_MAX)
		return FALSE;
	json_array_foreach (edges, i, item) {
		const char *stack = json_string_value(json_array_get(item, 4));
		guint from, to, contexts;

		if (!number_at(item, 0, n, &from) || !number_at(item, 1, n, &to) ||
		    !number_at(item, 2, LOCK_CONTEXTS_ALL + 1, &contexts))
			return FALSE;
		/* older versions did not store how the locks were acquired */
		if (!(contexts & LOCK_FROM_ALL))
			contexts |= LOCK_FROM_UNKNOWN;
		if (!(contexts & LOCK_TO_ALL))
			contexts |= LOCK_TO_UNKNOWN;
		struct lock_edge *edge = lock_edge_new(from, to, contexts);

		g_ptr_array_add(orders->edges, edge);
		if (stack && lock_text_is_valid(stack, LOCK_STACK_MAX))
			edge->stack = g_strdup(stack);
		if (!read_gates(edge, json_array_get(item, 3), n))
			return FALSE;
	}
	return TRUE;
}

struct lock_orders *lock_orders_from_json(json_t *json, GError **error)
{
	rig_auto(lock_orders) orders = lock_orders_new();

	if (json_integer_value(json_object_get(json, "version")) != 1 ||
	    !read_classes(orders, json_object_get(json, "classes")) ||
	    !read_edges(orders, json_object_get(json, "edges"))) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "the JSON is not a table of lock orders of version 1 (docs/locks.md)");
		return NULL;
	}
	orders->cut = json_is_true(json_object_get(json, "cut"));
	return g_steal_pointer(&orders);
}
