// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds cycles of a lock graph. Only edges inside a strongly connected component can be part of a
 * cycle (Tarjan's algorithm, without recursion). For each of these edges, a breadth-first search
 * finds the shortest cycle through it. One search handles all edges that lead to the same class.
 */
#include <string.h>

#include "locks/db.h"

#define JUDGED_CACHE 256

/* The graph as adjacency lists. */
struct net {
	const struct lock_graph *graph;
	guint n;
	/*
	 * n + 1 entries: the edges that begin at class i are elements start[i] to start[i + 1] - 1
	 * of graph->edges, which is sorted
	 */
	guint *start;
	/* for each class, the number of its strongly connected component, from 1 */
	guint *component;
	/*
	 * leave out edges from or to classes with ambiguous names, so that each of these classes is
	 * a component of its own
	 */
	gboolean clear;
};

static const struct order_edge *edge_at(const struct net *net, guint i)
{
	return net->graph->edges->pdata[i];
}

static gboolean is_ambiguous(const struct net *net, guint class)
{
	const struct lock_class *at = net->graph->classes->pdata[class];

	return (at->flags & LOCK_AMBIGUOUS) != 0;
}

static void net_init(struct net *net, const struct lock_graph *graph, gboolean clear)
{
	*net = (struct net){.graph = graph, .n = graph->classes->len, .clear = clear};
	net->start = g_new0(guint, net->n + 1);
	net->component = g_new0(guint, net->n + 1);
	for (guint i = 0; i < graph->edges->len; i++)
		net->start[edge_at(net, i)->from + 1]++;
	for (guint i = 0; i < net->n; i++)
		net->start[i + 1] += net->start[i];
}

static void net_clear(struct net *net)
{
	g_free(net->start);
	g_free(net->component);
}

/* The state of one class in Tarjan's algorithm. */
struct visit {
	guint order, low; /* Tarjan's numbers of the class; 0 if it was not reached yet */
	guint next;	  /* index of the edge to follow next */
};

struct tarjan {
	struct net *net;
	struct visit *visit;
	/*
	 * Arrays of guint, indices of classes. `path` has those on the current path of the
	 * depth-first search, `open` those that were reached and have no component yet.
	 */
	GArray *path, *open;
	guint count, components;
};

static void enter(struct tarjan *t, guint class)
{
	t->visit[class] =
		(struct visit){.order = ++t->count, .low = t->count, .next = t->net->start[class]};
	g_array_append_val(t->path, class);
	g_array_append_val(t->open, class);
}

static void leave(struct tarjan *t, guint class)
{
	guint member;

	g_array_set_size(t->path, t->path->len - 1);
	if (t->path->len) {
		struct visit *parent = &t->visit[g_array_index(t->path, guint, t->path->len - 1)];

		parent->low = MIN(parent->low, t->visit[class].low);
	}
	if (t->visit[class].low != t->visit[class].order)
		return;
	t->components++;
	do {
		member = g_array_index(t->open, guint, t->open->len - 1);
		g_array_set_size(t->open, t->open->len - 1);
		t->net->component[member] = t->components;
	} while (member != class);
}

static void visit_from(struct tarjan *t, guint root)
{
	enter(t, root);
	while (t->path->len) {
		guint class = g_array_index(t->path, guint, t->path->len - 1), to;
		struct visit *v = &t->visit[class];

		if (v->next == t->net->start[class + 1]) {
			leave(t, class);
			continue;
		}
		to = edge_at(t->net, v->next++)->to;
		if (t->net->clear && (is_ambiguous(t->net, class) || is_ambiguous(t->net, to)))
			continue;
		if (!t->visit[to].order)
			enter(t, to);
		else if (!t->net->component[to])
			v->low = MIN(v->low, t->visit[to].order);
	}
}

static void find_components(struct net *net)
{
	struct tarjan t = {
		.net = net,
		.visit = g_new0(struct visit, net->n + 1),
		.path = g_array_new(FALSE, FALSE, sizeof(guint)),
		.open = g_array_new(FALSE, FALSE, sizeof(guint)),
	};

	for (guint i = 0; i < net->n; i++)
		if (!t.visit[i].order)
			visit_from(&t, i);
	g_free(t.visit);
	g_array_unref(t.path);
	g_array_unref(t.open);
}

/* ---- shortest paths ---- */

/*
 * The state of a breadth-first search from one class, the root, inside its component. The root has
 * depth 1; classes that were not reached have depth 0.
 */
struct ways {
	guint *before, *depth;
	GArray *queue;
};

static void ways_init(struct ways *w, const struct net *net)
{
	*w = (struct ways){g_new(guint, net->n + 1), g_new0(guint, net->n + 1),
			   g_array_new(FALSE, FALSE, sizeof(guint))};
}

static void ways_clear(struct ways *w)
{
	g_free(w->before);
	g_free(w->depth);
	g_array_unref(w->queue);
}

static void find_ways(const struct net *net, guint root, guint length, struct ways *w)
{
	for (guint i = 0; i < w->queue->len; i++)
		w->depth[g_array_index(w->queue, guint, i)] = 0;
	g_array_set_size(w->queue, 0);
	g_array_append_val(w->queue, root);
	w->depth[root] = 1;
	for (guint q = 0; q < w->queue->len; q++) {
		guint class = g_array_index(w->queue, guint, q);

		for (guint e = net->start[class];
		     w->depth[class] < length && e < net->start[class + 1]; e++) {
			guint next = edge_at(net, e)->to;

			if (w->depth[next] || net->component[next] != net->component[root])
				continue;
			w->depth[next] = w->depth[class] + 1;
			w->before[next] = class;
			g_array_append_val(w->queue, next);
		}
	}
}

/*
 * Returns the cycle that consists of the shortest path from the root to LAST and the edge from LAST
 * to the root.
 */
static GArray *cycle_of(const struct ways *w, guint last)
{
	GArray *cycle = g_array_sized_new(FALSE, FALSE, sizeof(guint), w->depth[last]);

	g_array_set_size(cycle, w->depth[last]);
	for (guint at = w->depth[last], class = last; at-- > 0; class = w->before[class])
		g_array_index(cycle, guint, at) = class;
	return cycle;
}

/*
 * Returns the edges that the run NAME had, as a set of gint64: from << 32 | to, both indices of the
 * classes in GRAPH.
 */
static GHashTable *judged_edges(struct lock_db *db, const struct lock_graph *graph,
				const char *name)
{
	GHashTable *pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	rig_auto(lock_orders) orders = lock_db_orders(db, name);
	g_autofree int *number = orders ? g_new(int, orders->classes->len + 1) : NULL;

	for (guint i = 0; orders && i < orders->classes->len; i++)
		number[i] = lock_graph_class(
			graph, ((struct lock_class *)orders->classes->pdata[i])->name);
	for (guint i = 0; orders && i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];
		guint64 pair = (guint64)number[edge->from] << 32 | (guint)number[edge->to];

		g_hash_table_add(pairs, g_memdup2(&pair, sizeof(pair)));
	}
	return pairs;
}

static gboolean saw_all(GHashTable *pairs, const GArray *cycle)
{
	for (guint i = 0; i < cycle->len; i++) {
		guint64 pair = (guint64)g_array_index(cycle, guint, i) << 32 |
			       g_array_index(cycle, guint, (i + 1) % cycle->len);

		if (!g_hash_table_contains(pairs, &pair))
			return FALSE;
	}
	return TRUE;
}

/*
 * Returns TRUE if one run had all edges of the cycle: then lockdep has judged the cycle in this
 * run. Only two runs are checked, the first and the last one with the rarest edge.
 */
static gboolean was_judged(struct lock_db *db, const struct lock_graph *graph, const GArray *cycle,
			   GHashTable *cache)
{
	const struct order_edge *rarest = lock_cycle_edge(graph, cycle, 0);

	for (guint i = 1; i < cycle->len; i++) {
		const struct order_edge *edge = lock_cycle_edge(graph, cycle, i);

		rarest = edge->runs < rarest->runs ? edge : rarest;
	}
	for (guint i = 0; i < 2; i++) {
		const char *run = i ? rarest->last : rarest->first;
		GHashTable *pairs = g_hash_table_lookup(cache, run);

		if (!pairs) {
			if (g_hash_table_size(cache) >= JUDGED_CACHE)
				g_hash_table_remove_all(cache);
			pairs = judged_edges(db, graph, run);
			g_hash_table_insert(cache, g_strdup(run), pairs);
		}
		if (saw_all(pairs, cycle))
			return TRUE;
	}
	return FALSE;
}

static int unguarded_first(gconstpointer a, gconstpointer b)
{
	const struct lock_cycle *one = *(struct lock_cycle *const *)a,
				*two = *(struct lock_cycle *const *)b;
	int guarded = (one->gates->len > 0) - (two->gates->len > 0),
	    unclear = one->ambiguous - two->ambiguous;

	if (guarded || unclear)
		return guarded ? guarded : unclear;
	if (one->classes->len != two->classes->len)
		return one->classes->len < two->classes->len ? -1 : 1;
	return strcmp(one->signature, two->signature);
}

static int shortest_first(gconstpointer a, gconstpointer b)
{
	const GArray *one = *(GArray *const *)a, *two = *(GArray *const *)b;

	if (one->len != two->len)
		return one->len < two->len ? -1 : 1;
	return memcmp(one->data, two->data, one->len * sizeof(guint));
}

/*
 * Returns, for each edge, the shortest cycle through it, of at most LENGTH classes; without
 * duplicates. Each cycle is an array of classes.
 */
static GPtrArray *candidates(const struct net *net, guint length)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	/* array of guint: indices of edges, sorted by the class at which the edge ends */
	GArray *ends = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autofree guint *start = g_new0(guint, net->n + 2), *fill = NULL;
	struct ways ways;

	g_array_set_size(ends, net->graph->edges->len);
	for (guint e = 0; e < ends->len; e++)
		start[edge_at(net, e)->to + 1]++;
	for (guint i = 0; i < net->n; i++)
		start[i + 1] += start[i];
	fill = g_memdup2(start, (net->n + 1) * sizeof(*start));
	for (guint e = 0; e < ends->len; e++)
		g_array_index(ends, guint, fill[edge_at(net, e)->to]++) = edge_at(net, e)->from;
	ways_init(&ways, net);
	for (guint root = 0; root < net->n; root++) {
		gboolean found = FALSE;

		for (guint i = start[root]; i < start[root + 1]; i++) {
			guint from = g_array_index(ends, guint, i);

			if (from == root || net->component[from] != net->component[root])
				continue;
			if (!found)
				find_ways(net, root, length, &ways);
			found = TRUE;
			if (ways.depth[from]) {
				g_ptr_array_add(all, cycle_of(&ways, from));
				lock_cycle_rotate(all->pdata[all->len - 1]);
			}
		}
	}
	ways_clear(&ways);
	g_array_unref(ends);
	g_ptr_array_sort(all, shortest_first);
	return all;
}

/* State of a search for cycles. */
struct finding {
	struct lock_db *db;
	const struct lock_graph *graph;
	GPtrArray *found;  /* array of struct lock_cycle: the cycles found */
	GHashTable *cache; /* results of was_judged(), so that no query is made twice */
	struct lock_cycles_left left;
};

/*
 * Adds cycles to F->found: if CLEAR is TRUE, those without ambiguous names; otherwise those with at
 * least one.
 */
static void find_in(struct finding *f, guint length, gboolean clear)
{
	g_autoptr(GPtrArray) all = NULL;
	struct net net;

	net_init(&net, f->graph, clear);
	find_components(&net);
	all = candidates(&net, length);
	for (guint i = 0; i < all->len && f->found->len < LOCK_CYCLES_MAX; i++) {
		GArray *classes = all->pdata[i];
		gboolean again = i && !shortest_first(&all->pdata[i - 1], &all->pdata[i]);
		gboolean any = clear;

		for (guint c = 0; c < classes->len && !any; c++)
			any = is_ambiguous(&net, g_array_index(classes, guint, c));
		if (again || !any)
			continue;
		if (was_judged(f->db, f->graph, classes, f->cache)) {
			f->left.judged++;
			continue;
		}
		struct lock_cycle *cycle = lock_cycle_new(f->graph, g_array_ref(classes));

		if (cycle->readers) {
			f->left.readers++;
			lock_cycle_free(cycle);
		} else {
			g_ptr_array_add(f->found, cycle);
		}
	}
	net_clear(&net);
}

GPtrArray *lock_cycles(struct lock_db *db, const struct lock_graph *graph, guint length,
		       struct lock_cycles_left *ret_left)
{
	g_autoptr(GHashTable) cache = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
							    (GDestroyNotify)g_hash_table_unref);
	struct finding f = {.db = db, .graph = graph, .cache = cache};

	f.found = g_ptr_array_new_with_free_func((GDestroyNotify)lock_cycle_free);
	/*
	 * Two searches: only the shortest cycle of each edge is found, so a short one with an
	 * ambiguous name would hide a longer one without such a name.
	 */
	find_in(&f, length, TRUE);
	find_in(&f, length, FALSE);
	g_ptr_array_sort(f.found, unguarded_first);
	if (ret_left)
		*ret_left = f.left;
	return f.found;
}
