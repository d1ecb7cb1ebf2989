// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the lock graph of many boots: cycles, gates (locks held at every occurrence of an edge),
 * logs, new orders, the declared order, findings.
 */
#include "tests/unit/locks.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "locks/graph.h"
#include "tests/unit/suite.h"
#include "util/error.h"

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	ck_assert(g_file_set_contents(path, text, -1, NULL));
}

/* Creates a run folder; CHAINS is what /proc/lockdep_chains contained. */
void put_run(const char *results, const char *name, const char *machine, const char *verdict,
	     const char *chains)
{
	put_run_of(results, name, machine, verdict, "", chains);
}

void put_run_of(const char *results, const char *name, const char *machine, const char *verdict,
		const char *lockdep, const char *chains)
{
	g_autofree char *dir = g_build_filename(results, name, NULL),
			*locks = g_build_filename(dir, "locks", NULL);
	g_autofree char *file = g_build_filename(locks, "orders.json.gz", NULL), *text = NULL,
			*inputs = NULL;
	rig_auto(lock_orders) orders = lock_orders_parse(lockdep, chains, NULL, NULL);
	json_auto_t *json = lock_orders_json(orders);
	g_autofree char *judged =
		g_strdup_printf("{\"verdict\": \"%s\", \"reasons\": [], \"reports\": []}", verdict);
	gzFile gz;

	ck_assert_int_eq(g_mkdir_with_parents(locks, 0755), 0);
	inputs = g_strdup_printf(
		"{\"version\": 1, \"scenario\": \"s\", \"machine\": \"%s\", \"kernel\": {\"name\": "
		"\"6.1\"}}",
		machine);
	put(dir, "run.json", inputs);
	put(dir, "verdict", judged);
	text = json_dumps(json, 0);
	gz = gzopen(file, "wb");
	ck_assert_int_eq(gzwrite(gz, text, strlen(text)), (int)strlen(text));
	ck_assert_int_eq(gzclose(gz), Z_OK);
}

/*
 * Opens the graph in memory if a test opens it only once, because writes to a file wait for the
 * disk.
 */
void look_in(struct world *w, const char *folder)
{
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&w->graph, lock_graph_free);
	g_clear_pointer(&w->db, lock_db_free);
	w->db = lock_db_open(w->results, folder, FALSE, &error);
	ck_assert_msg(w->db != NULL, "%s", error ? error->message : "");
	w->graph = lock_graph_load(w->db, NULL, &error);
	ck_assert_ptr_nonnull(w->graph);
}

void look(struct world *w)
{
	look_in(w, w->results);
}

void world_clear(struct world *w)
{
	g_clear_pointer(&w->graph, lock_graph_free);
	g_clear_pointer(&w->db, lock_db_free);
	g_free(w->results);
}

/*
 * Two boots on different machines have half of a cycle each: only together do they have the cycle.
 */
START_TEST(two_halves)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autoptr(GPtrArray) none = NULL, one = NULL;
	const struct lock_cycle *cycle;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS", A_THEN_B);
	look(&w);
	none = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_uint_eq(none->len, 0);
	put_run(w.results, "20261102T000000Z-s-2", "pseries", "PASS", B_THEN_A);
	look(&w);
	one = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_uint_eq(one->len, 1);
	cycle = one->pdata[0];
	ck_assert_str_eq(cycle->signature, "v1:lock-cycle:a --> b");
	ck_assert_uint_eq(cycle->gates->len, 0);
	ck_assert(!cycle->ambiguous);
	world_clear(&w);
}
END_TEST

/*
 * All edges of the cycle were seen in one boot, which passed: lockdep has checked the cycle, so it
 * is not reported.
 */
START_TEST(lockdep_judged_it)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	struct lock_cycles_left left = {0};
	g_autoptr(GPtrArray) cycles = NULL;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS", A_THEN_B B_THEN_A);
	look(&w);
	cycles = lock_cycles(w.db, w.graph, 6, &left);
	ck_assert_uint_eq(cycles->len, 0);
	ck_assert_uint_eq(left.judged, 1);
	world_clear(&w);
}
END_TEST

/*
 * A lock held around both halves of a cycle prevents the deadlock, until one boot shows a half
 * without it.
 */
START_TEST(guarded)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autoptr(GPtrArray) cycles = NULL, open = NULL;
	const struct lock_cycle *cycle;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS",
		CHAIN("0") LINE("gate") LINE("a") LINE("b") "\n");
	put_run(w.results, "20261102T000000Z-s-2", "pc-q35", "PASS",
		CHAIN("0") LINE("gate") LINE("b") LINE("a") "\n");
	look(&w);
	cycles = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_uint_eq(cycles->len, 1);
	cycle = cycles->pdata[0];
	ck_assert_uint_eq(cycle->gates->len, 1);
	ck_assert_int_eq(g_array_index(cycle->gates, guint, 0), lock_graph_class(w.graph, "gate"));
	put_run(w.results, "20261103T000000Z-s-3", "pc-q35", "PASS", B_THEN_A);
	look(&w);
	open = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_uint_eq(open->len, 1);
	cycle = open->pdata[0];
	ck_assert_uint_eq(cycle->gates->len, 0);
	world_clear(&w);
}
END_TEST

/* ---- reports, logs, new orders ---- */

/*
 * The edges in a log's report are counted once, also after a rebuild. The report's own cycle is not
 * reported again, because lockdep has reported it. An edge that only a report shows does not remove
 * gates, and can complete a cycle with edges of another boot.
 */
START_TEST(logs_are_kept)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	json_auto_t *reports = json_loads(
		"[{\"kind\": \"lockdep-circular\", \"cycle\": [\"b\", \"a\", \"c\"]}]", 0, NULL);
	g_autoptr(GPtrArray) cycles = NULL, more = NULL;
	const struct lock_cycle *cycle;
	guint edges = 0;

	g_mkdir_with_parents(w.results, 0755);
	look(&w);
	for (guint i = 0; i < 2; i++) {
		ck_assert(lock_db_add_log(w.db, "/tmp/a.log", reports, &edges, NULL));
		ck_assert_uint_eq(edges, 3);
	}
	lock_db_free(w.db);
	w.db = lock_db_open(w.results, w.results, TRUE, NULL);
	look(&w);
	ck_assert_uint_eq(w.graph->edges->len, 3);
	ck_assert_uint_eq(w.graph->runs, 1);
	cycles = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_uint_eq(cycles->len, 0);
	put_run(w.results, "20261101T000000Z-s-1", "m", "PASS",
		CHAIN("0") LINE("gate") LINE("a") LINE("b") "\n" CHAIN("0") LINE("gate") LINE("b")
			LINE("a") "\n");
	put_run(w.results, "20261102T000000Z-s-2", "m", "PASS", A_THEN_B);
	look(&w);
	more = lock_cycles(w.db, w.graph, 6, NULL);
	/* the first run saw all edges of the cycle a --> b --> a */
	ck_assert_uint_eq(more->len, 0);
	put_run(w.results, "20261103T000000Z-s-3", "m", "PASS",
		CHAIN("0") LINE("c") LINE("d") "\n" CHAIN("0") LINE("d") LINE("a") "\n");
	look(&w);
	g_ptr_array_unref(more);
	more = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_uint_eq(more->len, 1);
	cycle = more->pdata[0];
	ck_assert_str_eq(cycle->signature, "v1:lock-cycle:a --> c --> d");
	ck_assert_ptr_nonnull(strstr(cycle->since, "-log-"));
	world_clear(&w);
}
END_TEST

/* Makes a run of TREE whose boot had CHAINS. */
static void put_in_tree(const char *results, const char *name, const char *tree, const char *chains)
{
	g_autofree char *dir = g_build_filename(results, name, NULL), *inputs = NULL;

	put_run(results, name, "m", "PASS", chains);
	inputs = g_strdup_printf(
		"{\"version\": 1, \"scenario\": \"s\", \"machine\": \"m\", \"kernel\": {\"name\": "
		"\"6.1\"}, \"labels\": {\"tree\": \"%s\"}}",
		tree);
	put(dir, "run.json", inputs);
}

/*
 * An edge is new if no earlier run of its tree (the kernel's name in plans) had it. The first night
 * of a tree has no new edges.
 */
START_TEST(new_orders)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autoptr(GPtrArray) all = NULL, of_tree = NULL, none = NULL;
	const struct lock_new *new;

	put_in_tree(w.results, "20261101T000000Z-s-1", "linus", A_THEN_B);
	put_in_tree(w.results, "20261101T000000Z-s-2", "next", B_THEN_A);
	put_in_tree(w.results, "20261102T000000Z-s-3", "linus",
		    A_THEN_B B_THEN_A CHAIN("0") LINE("a") LINE("c") "\n");
	put_in_tree(w.results, "20261102T000000Z-s-4", "mm", A_THEN_B);
	look(&w);
	all = lock_db_new_orders(w.db, NULL, "20261102", NULL, NULL);
	ck_assert_uint_eq(all->len, 2);
	new = all->pdata[0];
	ck_assert_str_eq(new->to, "c");
	ck_assert_str_eq(new->tree, "linus");
	ck_assert(new->anywhere);
	new = all->pdata[1];
	ck_assert_str_eq(new->from, "b");
	ck_assert(!new->anywhere);
	of_tree = lock_db_new_orders(w.db, "next", "20261102", NULL, NULL);
	ck_assert_uint_eq(of_tree->len, 0);
	none = lock_db_new_orders(w.db, NULL, "20261101T1", "20261102", NULL);
	ck_assert_uint_eq(none->len, 0);
	world_clear(&w);
}
END_TEST

/*
 * A run that has not ended is read again when it has ended, although the folder of runs does not
 * change then.
 */
START_TEST(going_runs_are_asked_again)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autofree char *verdict =
		g_build_filename(w.results, "20261101T000000Z-s-1", "verdict", NULL);
	g_autofree char *text = NULL;
	struct timespec times[2] = {{1, 0}, {1, 0}};

	put_run(w.results, "20261101T000000Z-s-1", "m", "PASS", A_THEN_B);
	ck_assert(g_file_get_contents(verdict, &text, NULL, NULL));
	ck_assert_int_eq(unlink(verdict), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, w.results, times, 0), 0);
	look_in(&w, scratch);
	ck_assert(g_file_set_contents(verdict, text, -1, NULL));
	look_in(&w, scratch);
	ck_assert_uint_eq(w.graph->edges->len, 1);
	world_clear(&w);
}
END_TEST

/* Findings of one boot: an edge that violates the declared order, and the requested edge. */
START_TEST(findings)
{
	rig_auto(lock_orders) orders = lock_orders_parse("", A_THEN_B, NULL, NULL);
	g_autofree char *file = in_scratch("order.yaml"), *key = lock_edge_key(" a-->  b");
	g_autoptr(GPtrArray) found = NULL, none = NULL;

	ck_assert_str_eq(key, "v1:lock-edge:a --> b");
	ck_assert_ptr_null(lock_edge_key("a"));
	ck_assert_ptr_null(lock_edge_key("a --> "));
	ck_assert_ptr_null(lock_edge_key("a --> b --> c"));
	ck_assert(g_file_set_contents(file, "rules:\n  - order: [b, a]\n    source: here\n", -1,
				      NULL));
	found = lock_findings(orders, file, key, NULL);
	ck_assert_uint_eq(found->len, 2);
	ck_assert_str_eq(((struct splat *)found->pdata[0])->bug, "v1:lock-edge:a --> b");
	ck_assert_int_eq(((struct splat *)found->pdata[0])->weight, SPLAT_NOTE);
	ck_assert_str_eq(((struct splat *)found->pdata[1])->bug, "v1:lock-order:a --> b");
	ck_assert_int_eq(((struct splat *)found->pdata[1])->weight, SPLAT_FAIL);
	g_ptr_array_set_free_func(found, (GDestroyNotify)splat_free);
	ck_assert(g_file_set_contents(file, "rules:\n  - order: [a, b]\n    source: here\n", -1,
				      NULL));
	none = lock_findings(orders, file, "v1:lock-edge:b --> a", NULL);
	ck_assert_uint_eq(none->len, 0);
}
END_TEST

/*
 * Each run is counted once, even if the graph is opened several times; a filter counts only the
 * runs that match.
 */
START_TEST(counted_once)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	const struct lock_filter pseries = {.machine = "pseries"};
	rig_auto(lock_graph) some = NULL;
	g_autoptr(GPtrArray) places = NULL;
	int a, b;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS", A_THEN_B);
	put_run(w.results, "20261102T000000Z-s-2", "pseries", "FAIL", A_THEN_B);
	look(&w);
	look(&w);
	a = lock_graph_class(w.graph, "a");
	b = lock_graph_class(w.graph, "b");
	ck_assert_uint_eq(lock_graph_find(w.graph, a, b)->runs, 2);
	ck_assert_str_eq(lock_graph_find(w.graph, a, b)->first, "20261101T000000Z-s-1");
	ck_assert_str_eq(lock_graph_find(w.graph, a, b)->last, "20261102T000000Z-s-2");
	some = lock_graph_load(w.db, &pseries, NULL);
	ck_assert_uint_eq(lock_graph_find(some, a, b)->runs, 1);
	places = lock_db_sightings(w.db, "a", "b", NULL);
	ck_assert_uint_eq(places->len, 2);
	ck_assert_int_eq(lock_graph_class(w.graph, "zz"), -1);
	world_clear(&w);
}
END_TEST

START_TEST(declared_order)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autofree char *file = in_scratch("order.yaml");
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GError) error = NULL;
	const struct lock_violation *v;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS",
		CHAIN("0") LINE("b") LINE("x") "\n");
	look(&w);
	ck_assert(g_file_set_contents(file, "rules:\n  - order: [x, y, b]\n    source: here\n", -1,
				      NULL));
	found = lock_order_check(file, w.graph, NULL);
	ck_assert_uint_eq(found->len, 1);
	v = found->pdata[0];
	ck_assert_str_eq(v->rule, "x is taken before b");
	ck_assert_str_eq(v->source, "here");
	ck_assert(g_file_set_contents(file, "rules:\n  - order: x\n    source: here\n", -1, NULL));
	ck_assert_ptr_null(lock_order_check(file, w.graph, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "order.yaml:2"));
	world_clear(&w);
}
END_TEST

/* The rig's own list can be read. */
START_TEST(own_order)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autofree char *file = data_path("../../scenarios/lock-order.yaml");
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GError) error = NULL;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS",
		CHAIN("0") LINE("mem_hotplug_lock") LINE("cpu_hotplug_lock") "\n");
	look(&w);
	found = lock_order_check(file, w.graph, &error);
	ck_assert_msg(found != NULL, "%s", error ? error->message : "");
	ck_assert_uint_eq(found->len, 1);
	world_clear(&w);
}
END_TEST

void add_graph_tests(TCase *graph)
{
	tcase_add_test(graph, two_halves);
	tcase_add_test(graph, lockdep_judged_it);
	tcase_add_test(graph, guarded);
	tcase_add_test(graph, counted_once);
	tcase_add_test(graph, logs_are_kept);
	tcase_add_test(graph, new_orders);
	tcase_add_test(graph, going_runs_are_asked_again);
	tcase_add_test(graph, findings);
	tcase_add_test(graph, declared_order);
	tcase_add_test(graph, own_order);
}
