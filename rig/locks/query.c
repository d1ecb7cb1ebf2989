// SPDX-License-Identifier: GPL-2.0-only
/* The graph in memory, as SQLite has it. */
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
	const struct order_edge *one = *(struct order_edge *const *)a, *two = *(struct order_edge *const *)b;

	return one->from != two->from ? (one->from < two->from ? -1 : 1) : one->to < two->to ? -1 : one->to > two->to;
}

/* Classes in the order of their names; *ret_index: id in the file -> index + 1. */
static gboolean load_classes(struct lock_db *db, struct lock_graph *graph, GHashTable *index, GError **error)
{
	db_stmt *stmt = db_query(db->db, "SELECT id, name, flags FROM class ORDER BY name", NULL, error);

	while (stmt && db_row(stmt, NULL)) {
		struct lock_class *class = g_new0(struct lock_class, 1);

		class->name = db_text(stmt, 1);
		class->flags = sqlite3_column_int(stmt, 2);
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

/* A lock that any run took for reading, or met as one of several, keeps nobody apart. */
static gboolean is_gate(const struct lock_graph *graph, guint class)
{
	guint flags = ((struct lock_class *)graph->classes->pdata[class])->flags;

	return (flags & (LOCK_SINGLE | LOCK_READ | LOCK_AMBIGUOUS)) == LOCK_SINGLE;
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

/* The rows of one edge follow each other where a filter reads `seen`: they become one edge. */
static void add_row(struct lock_graph *graph, GHashTable *index, sqlite3_stmt *stmt)
{
	guint from = index_of(index, sqlite3_column_int64(stmt, 0)), to = index_of(index, sqlite3_column_int64(stmt, 1));
	struct order_edge *edge;

	if (!from || !to)
		return;
	edge = g_new0(struct order_edge, 1);
	*edge = (struct order_edge){
		.from = from - 1, .to = to - 1,
		.contexts = sqlite3_column_int(stmt, 2),
		.gates = read_gates(graph, (const char *)sqlite3_column_text(stmt, 3), index),
		.first = db_text(stmt, 4), .last = db_text(stmt, 5),
		.runs = sqlite3_column_int(stmt, 6),
	};
	g_ptr_array_add(graph->edges, edge);
}

static sqlite3_stmt *select_edges(struct lock_db *db, const struct lock_filter *f, GError **error)
{
	static const char of_places[] =
		"SELECT a, b, max(contexts & 1) | max(contexts & 2) | max(contexts & 4), shared(gates), min(first), max(last), sum(runs) FROM seen JOIN place ON"
		" place.id = seen.place WHERE (?1 IS NULL OR kernel = ?1) AND (?2 IS NULL OR machine = ?2) AND"
		" (?3 IS NULL OR scenario = ?3) AND (?4 IS NULL OR tree = ?4) GROUP BY a, b";
	gboolean all = !f || (!f->kernel && !f->machine && !f->scenario && !f->tree);
	sqlite3_stmt *stmt = db_query(db->db, all ? "SELECT a, b, contexts, gates, first, last, runs FROM edge" : of_places,
				      NULL, error);
	const char *words[] = {all ? NULL : f->kernel, all ? NULL : f->machine, all ? NULL : f->scenario,
			       all ? NULL : f->tree};

	for (guint i = 0; stmt && !all && i < G_N_ELEMENTS(words); i++)
		sqlite3_bind_text(stmt, i + 1, words[i], -1, SQLITE_TRANSIENT);
	return stmt;
}

struct lock_graph *lock_graph_load(struct lock_db *db, const struct lock_filter *filter, GError **error)
{
	rig_auto(lock_graph) graph = g_new0(struct lock_graph, 1);
	g_autoptr(GHashTable) index = g_hash_table_new(NULL, NULL);
	db_stmt *edges = select_edges(db, filter, error);
	db_stmt *runs = db_query(db->db, "SELECT count(*) FROM run WHERE orders", NULL, error);

	graph->classes = g_ptr_array_new_with_free_func(lock_class_free);
	graph->edges = g_ptr_array_new_with_free_func(edge_free);
	if (!edges || !runs || !load_classes(db, graph, index, error))
		return NULL;
	while (db_row(edges, NULL))
		add_row(graph, index, edges);
	if (db_row(runs, NULL))
		graph->runs = sqlite3_column_int(runs, 0);
	g_ptr_array_sort(graph->edges, by_ends);
	return g_steal_pointer(&graph);
}

static int class_by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct lock_class *const *)a)->name, (*(struct lock_class *const *)b)->name);
}

int lock_graph_class(const struct lock_graph *graph, const char *name)
{
	const struct lock_class key = {.name = (char *)name}, *wanted = &key;
	gpointer *found = graph->classes->len ? bsearch(&wanted, graph->classes->pdata, graph->classes->len,
							sizeof(gpointer), class_by_name) : NULL;

	return found ? (int)(found - graph->classes->pdata) : -1;
}

const struct order_edge *lock_graph_find(const struct lock_graph *graph, guint from, guint to)
{
	const struct order_edge key = {.from = from, .to = to}, *wanted = &key;
	gpointer *found = graph->edges->len ? bsearch(&wanted, graph->edges->pdata, graph->edges->len,
						      sizeof(gpointer), by_ends) : NULL;

	return found ? *found : NULL;
}

static void sighting_free(gpointer data)
{
	struct lock_sighting *s = data;

	g_free(s->kernel);
	g_free(s->tree);
	g_free(s->machine);
	g_free(s->scenario);
	g_free(s->first);
	g_free(s->last);
	g_free(s);
}

GPtrArray *lock_db_sightings(struct lock_db *db, const char *from, const char *to, GError **error)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(sighting_free);
	db_stmt *stmt = db_query(db->db,
		"SELECT kernel, tree, machine, scenario, first, last, runs FROM seen JOIN place ON place.id = seen.place"
		" WHERE a = (SELECT id FROM class WHERE name = ?1) AND b = (SELECT id FROM class WHERE name = ?2)"
		" ORDER BY first", (const char *[]){from, to, NULL}, error);

	while (stmt && db_row(stmt, NULL)) {
		struct lock_sighting *s = g_new0(struct lock_sighting, 1);

		*s = (struct lock_sighting){db_text(stmt, 0), db_text(stmt, 1), db_text(stmt, 2), db_text(stmt, 3),
					    db_text(stmt, 4), db_text(stmt, 5), sqlite3_column_int(stmt, 6)};
		g_ptr_array_add(found, s);
	}
	return found;
}
