// SPDX-License-Identifier: GPL-2.0-only
/* Loads the graph from SQLite into memory. */
#include <string.h>

#include "locks/db.h"

static void edge_free(gpointer data)
{
	struct order_edge *edge = data;

	g_free(edge->first);
	g_free(edge->last);
	g_array_unref(edge->gates);
	g_free(edge);
}

void lock_graph_free(struct lock_graph *graph)
{
	if (!graph)
		return;
	g_ptr_array_unref(graph->classes);
	g_ptr_array_unref(graph->edges);
	g_free(graph);
}

static int by_ends(gconstpointer a, gconstpointer b)
{
	const struct order_edge *one = *(struct order_edge *const *)a,
				*two = *(struct order_edge *const *)b;

	return one->from != two->from ? (one->from < two->from ? -1 : 1)
	       : one->to < two->to    ? -1
				      : one->to > two->to;
}

/*
 * Returns the flags that follow from NAME alone. &dev->mutex stands for many different locks: each
 * device has one. lockdep does not validate these locks (device_initialize() in
 * drivers/base/core.c), but its chains and the recorded locks contain them.
 */
static guint flags_of_name(const char *name)
{
	gboolean device = g_str_has_prefix(name, "&dev->mutex") && (!name[11] || name[11] == '/');

	return device ? LOCK_AMBIGUOUS : 0;
}

/*
 * Loads the classes into GRAPH, sorted by name. Fills INDEX, which maps the id of a class in the
 * database to its index in GRAPH + 1.
 */
static gboolean load_classes(struct lock_db *db, struct lock_graph *graph, GHashTable *index,
			     GError **error)
{
	db_stmt *stmt =
		db_query(db->db, "SELECT id, name, flags FROM class ORDER BY name", NULL, error);

	while (stmt && db_row(stmt, NULL)) {
		struct lock_class *class = g_new0(struct lock_class, 1);

		class->name = db_text(stmt, 1);
		class->flags = sqlite3_column_int(stmt, 2) | flags_of_name(class->name);
		g_ptr_array_add(graph->classes, class);
		g_hash_table_insert(index, GSIZE_TO_POINTER(sqlite3_column_int64(stmt, 0)),
				    GUINT_TO_POINTER(graph->classes->len));
	}
	return stmt != NULL;
}

static guint index_of(GHashTable *index, gint64 id)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(index, GSIZE_TO_POINTER(id)));
}

/*
 * Returns TRUE if only one task at a time can hold a lock of the class: it has a single lock, which
 * no run has acquired for reading.
 */
static gboolean is_gate(const struct lock_graph *graph, guint class)
{
	guint flags = ((struct lock_class *)graph->classes->pdata[class])->flags;

	return (flags & (LOCK_SINGLE | LOCK_SHARED | LOCK_AMBIGUOUS)) == LOCK_SINGLE;
}

static GArray *read_gates(const struct lock_graph *graph, const char *text, GHashTable *index)
{
	GArray *gates = g_array_new(FALSE, FALSE, sizeof(guint));
	g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);

	for (char **word = words; *word; word++) {
		guint at = **word ? index_of(index, g_ascii_strtoll(*word, NULL, 10)) : 0;

		if (at-- && is_gate(graph, at))
			g_array_append_val(gates, at);
	}
	return gates;
}

struct loading {
	struct lock_graph *graph;
	GHashTable *index; /* id of a class in the database -> its index + 1 */
};

static void add_edge(const struct lock_sum *sum, void *data)
{
	struct loading *l = data;
	guint from = index_of(l->index, sum->a), to = index_of(l->index, sum->b);
	struct order_edge *edge;

	if (!from || !to)
		return;
	((struct lock_class *)l->graph->classes->pdata[from - 1])->flags |= LOCK_HERE;
	((struct lock_class *)l->graph->classes->pdata[to - 1])->flags |= LOCK_HERE;
	edge = g_new0(struct order_edge, 1);
	*edge = (struct order_edge){
		.from = from - 1, .to = to - 1,
		.contexts = sum->contexts,
		.gates = read_gates(l->graph, sum->gates, l->index),
		.first = g_strdup(sum->first), .last = g_strdup(sum->last),
		.runs = sum->runs,
	};
	g_ptr_array_add(l->graph->edges, edge);
}

static struct lock_sum sum_of_row(sqlite3_stmt *stmt)
{
	return (struct lock_sum){
		.a = sqlite3_column_int64(stmt, 0),
		.b = sqlite3_column_int64(stmt, 1),
		.contexts = sqlite3_column_int(stmt, 2),
		.gates = (char *)sqlite3_column_text(stmt, 3),
		.first = (char *)sqlite3_column_text(stmt, 4),
		.last = (char *)sqlite3_column_text(stmt, 5),
		.runs = sqlite3_column_int(stmt, 6),
	};
}

#define COLUMNS "SELECT a, b, contexts, gates, first, last, runs"
#define PLACES \
	"(?1 IS NULL OR kernel = ?1 OR build = ?1) AND (?2 IS NULL OR machine = ?2) AND " \
	"(?3 IS NULL OR scenario = ?3) AND (?4 IS NULL OR tree = ?4)"

/* Prepares SQL with the parameters ?1 to ?4, which are the fields of F. */
static sqlite3_stmt *query_places(struct lock_db *db, const char *sql, const struct lock_filter *f,
				  GError **error)
{
	sqlite3_stmt *stmt = db_query(db->db, sql, NULL, error);
	const char *words[] = {f ? f->kernel : NULL, f ? f->machine : NULL, f ? f->scenario : NULL,
			       f ? f->tree : NULL};

	for (guint i = 0; stmt && i < G_N_ELEMENTS(words); i++)
		sqlite3_bind_text(stmt, i + 1, words[i], -1, SQLITE_TRANSIENT);
	return stmt;
}

/*
 * Loads the edges that match F, from the table `edge` or, if F selects places (kernel, machine and
 * so on), from `seen`. The rows of `edge` are sums over all places. The rows of `seen` are added up
 * here, because SQLite would sort them for this.
 */
static gboolean load_edges(struct lock_db *db, const struct lock_filter *f, struct loading *l,
			   GError **error)
{
	gboolean places = f && (f->kernel || f->machine || f->scenario);
	const char *sql =
		places ? COLUMNS " FROM seen WHERE place IN (SELECT id FROM place WHERE " PLACES ")"
		: f && f->tree ? COLUMNS
			" FROM edge WHERE tree = (SELECT id FROM tree WHERE name = ?4)"
			       : COLUMNS " FROM edge WHERE tree = 0";
	rig_auto(lock_sums) sums = places ? lock_sums_new() : NULL;
	db_stmt *stmt = query_places(db, sql, f, error);

	while (stmt && db_row(stmt, NULL)) {
		struct lock_sum sum = sum_of_row(stmt);

		if (sums)
			lock_sums_add(sums, &sum);
		else
			add_edge(&sum, l);
	}
	if (sums)
		lock_sums_each(sums, add_edge, l);
	return stmt != NULL;
}

struct lock_graph *lock_graph_load(struct lock_db *db, const struct lock_filter *filter,
				   GError **error)
{
	rig_auto(lock_graph) graph = g_new0(struct lock_graph, 1);
	g_autoptr(GHashTable) index = g_hash_table_new(NULL, NULL);
	struct loading loading = {graph, index};
	db_stmt *runs =
		query_places(db, "SELECT total(runs) FROM place WHERE " PLACES, filter, error);

	graph->classes = g_ptr_array_new_with_free_func(lock_class_free);
	graph->edges = g_ptr_array_new_with_free_func(edge_free);
	if (!runs || !load_classes(db, graph, index, error) ||
	    !load_edges(db, filter, &loading, error))
		return NULL;
	if (db_row(runs, NULL))
		graph->runs = sqlite3_column_int(runs, 0);
	g_ptr_array_sort(graph->edges, by_ends);
	return g_steal_pointer(&graph);
}

/* ---- the graph of one boot ---- */

static int by_class_name(gconstpointer a, gconstpointer b, gpointer classes)
{
	return strcmp(
		((struct lock_class *)((GPtrArray *)classes)->pdata[*(const guint *)a])->name,
		((struct lock_class *)((GPtrArray *)classes)->pdata[*(const guint *)b])->name);
}

struct lock_graph *lock_graph_of_orders(const struct lock_orders *orders)
{
	struct lock_graph *graph = g_new0(struct lock_graph, 1);
	guint n = orders->classes->len;
	g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autofree guint *place = g_new(guint, n + 1);

	graph->classes = g_ptr_array_new_with_free_func(lock_class_free);
	graph->edges = g_ptr_array_new_with_free_func(edge_free);
	graph->runs = 1;
	for (guint i = 0; i < n; i++)
		g_array_append_val(order, i);
	g_array_sort_with_data(order, by_class_name, orders->classes);
	for (guint i = 0; i < n; i++) {
		guint number = g_array_index(order, guint, i);
		const struct lock_class *from = orders->classes->pdata[number];
		struct lock_class *class = g_new0(struct lock_class, 1);

		*class = (struct lock_class){g_strdup(from->name), from->flags};
		g_ptr_array_add(graph->classes, class);
		place[number] = i;
	}
	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *from = orders->edges->pdata[i];
		struct order_edge *edge = g_new0(struct order_edge, 1);

		*edge = (struct order_edge){.from = place[from->from],
					    .to = place[from->to],
					    .contexts = from->contexts,
					    .runs = 1,
					    .first = g_strdup(""),
					    .last = g_strdup(""),
					    .gates = g_array_new(FALSE, FALSE, sizeof(guint))};
		g_ptr_array_add(graph->edges, edge);
	}
	g_ptr_array_sort(graph->edges, by_ends);
	return graph;
}

static int class_by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct lock_class *const *)a)->name,
		      (*(struct lock_class *const *)b)->name);
}

int lock_graph_class(const struct lock_graph *graph, const char *name)
{
	const struct lock_class key = {.name = (char *)name}, *wanted = &key;
	gpointer *found = graph->classes->len
				  ? bsearch(&wanted, graph->classes->pdata, graph->classes->len,
					    sizeof(gpointer), class_by_name)
				  : NULL;

	return found ? (int)(found - graph->classes->pdata) : -1;
}

const struct order_edge *lock_graph_find(const struct lock_graph *graph, guint from, guint to)
{
	const struct order_edge key = {.from = from, .to = to}, *wanted = &key;
	gpointer *found = graph->edges->len ? bsearch(&wanted, graph->edges->pdata,
						      graph->edges->len, sizeof(gpointer), by_ends)
					    : NULL;

	return found ? *found : NULL;
}

static void sighting_free(gpointer data)
{
	struct lock_sighting *s = data;

	g_free(s->kernel);
	g_free(s->tree);
	g_free(s->machine);
	g_free(s->scenario);
	g_free(s->build);
	g_free(s->first);
	g_free(s->last);
	g_free(s);
}

GPtrArray *lock_db_sightings(struct lock_db *db, const char *from, const char *to, GError **error)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(sighting_free);
	db_stmt *stmt = db_query(
		db->db,
		"SELECT kernel, tree, machine, scenario, build, first, last, seen.runs FROM seen"
		" JOIN place ON place.id = seen.place"
		" WHERE a = (SELECT id FROM class WHERE name = ?1) AND b = (SELECT id FROM class "
		"WHERE name = ?2)"
		" ORDER BY first",
		(const char *[]){from, to, NULL}, error);

	while (stmt && db_row(stmt, NULL)) {
		struct lock_sighting *s = g_new0(struct lock_sighting, 1);

		*s = (struct lock_sighting){
			.kernel = db_text(stmt, 0), .tree = db_text(stmt, 1),
			.machine = db_text(stmt, 2), .scenario = db_text(stmt, 3),
			.build = db_text(stmt, 4), .first = db_text(stmt, 5),
			.last = db_text(stmt, 6), .runs = sqlite3_column_int(stmt, 7),
		};
		g_ptr_array_add(found, s);
	}
	return found;
}

static void stack_free(gpointer data)
{
	struct lock_stack *stack = data;

	g_free(stack->functions);
	g_free(stack->run);
	g_free(stack);
}

/*
 * Loads the stacks of all edges at once, because a query for each edge would be slow. Returns a
 * table: "FROM\nTO", the names of an edge's classes -> array of struct lock_stack.
 */
static GHashTable *load_stacks(struct lock_db *db)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						(GDestroyNotify)g_ptr_array_unref);
	db_stmt *stmt = db_query(db->db,
				 "SELECT one.name || char(10) || two.name, functions, run"
				 " FROM stack JOIN class AS one ON one.id = a"
				 " JOIN class AS two ON two.id = b ORDER BY run",
				 NULL, NULL);

	while (stmt && db_row(stmt, NULL)) {
		g_autofree char *key = db_text(stmt, 0);
		GPtrArray *found = g_hash_table_lookup(all, key);
		struct lock_stack *stack = g_new0(struct lock_stack, 1);

		if (!found) {
			found = g_ptr_array_new_with_free_func(stack_free);
			g_hash_table_insert(all, g_steal_pointer(&key), found);
		}
		*stack = (struct lock_stack){db_text(stmt, 1), db_text(stmt, 2)};
		g_ptr_array_add(found, stack);
	}
	return all;
}

GPtrArray *lock_db_stacks(struct lock_db *db, const char *from, const char *to)
{
	g_autofree char *key = g_strdup_printf("%s\n%s", from, to);
	GPtrArray *found;

	if (!db->stacks)
		db->stacks = load_stacks(db);
	found = g_hash_table_lookup(db->stacks, key);
	return found ? g_ptr_array_ref(found) : g_ptr_array_new();
}

/* ---- lock orders that are new ---- */

static void new_free(gpointer data)
{
	struct lock_new *new = data;

	g_free(new->tree);
	g_free(new->from);
	g_free(new->to);
	g_free(new->first);
	g_free(new);
}

GPtrArray *lock_db_new_orders(struct lock_db *db, const char *tree, const char *since,
			      const char *until, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(new_free);
	/* NULL would end the arguments of db_query(), so pass "" if there is no limit or tree */
	db_stmt *stmt = db_query(
		db->db,
		"SELECT tree.name, one.name, two.name, e.first, e.runs, every.first >= ?1 FROM "
		"edge AS e"
		" JOIN tree ON tree.id = e.tree AND tree.first < ?1"
		" JOIN edge AS every ON every.tree = 0 AND every.a = e.a AND every.b = e.b"
		" JOIN class AS one ON one.id = e.a JOIN class AS two ON two.id = e.b"
		" WHERE e.first >= ?1 AND (?2 = '' OR e.first < ?2) AND e.tree > 0 AND (?3 = '' OR "
		"tree.name = ?4)"
		" ORDER BY every.first >= ?1 DESC, tree.name, e.first, one.name, two.name",
		(const char *[]){since, until ? until : "", tree ? "1" : "", tree ? tree : "",
				 NULL},
		error);

	while (stmt && db_row(stmt, NULL)) {
		struct lock_new *new = g_new0(struct lock_new, 1);

		*new = (struct lock_new){db_text(stmt, 0),
					 db_text(stmt, 1),
					 db_text(stmt, 2),
					 db_text(stmt, 3),
					 sqlite3_column_int(stmt, 4),
					 sqlite3_column_int(stmt, 5)};
		g_ptr_array_add(found, new);
	}
	return stmt ? g_steal_pointer(&found) : NULL;
}
