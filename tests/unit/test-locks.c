// SPDX-License-Identifier: GPL-2.0-only
/* Lock orders: what is read of /proc, names, gates, the graph, cycles, the declared order. */
#include <check.h>
#include <string.h>
#include <zlib.h>

#include "locks/graph.h"
#include "tests/unit/suite.h"
#include "util/error.h"

/* ---- one boot ---- */

static const struct lock_class *class_at(const struct lock_orders *orders, guint i)
{
	return orders->classes->pdata[i];
}

static guint flags_of(const struct lock_orders *orders, const char *name)
{
	for (guint i = 0; i < orders->classes->len; i++)
		if (!strcmp(class_at(orders, i)->name, name))
			return class_at(orders, i)->flags;
	ck_abort_msg("no class '%s'", name);
	return 0;
}

/* "A>B under G,H; C>D": the edges of ORDERS as text, sorted. */
static char *edges_text(const struct lock_orders *orders)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];
		GString *line = g_string_new(NULL);

		g_string_printf(line, "%s>%s", class_at(orders, edge->from)->name, class_at(orders, edge->to)->name);
		for (guint g = 0; edge->gates && g < edge->gates->len; g++)
			g_string_append_printf(line, "%s%s", g ? "," : " under ",
					       class_at(orders, g_array_index(edge->gates, guint, g))->name);
		g_ptr_array_add(lines, g_string_free(line, FALSE));
	}
	g_ptr_array_sort(lines, (GCompareFunc)g_strcmp0);
	for (guint i = 0; i < lines->len; i++)
		for (guint j = i + 1; j < lines->len; j++)
			if (strcmp(lines->pdata[i], lines->pdata[j]) > 0) {
				gpointer swap = lines->pdata[i];

				lines->pdata[i] = lines->pdata[j];
				lines->pdata[j] = swap;
			}
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("; ", (char **)lines->pdata);
}

START_TEST(plain_names)
{
	static const char *const cases[][2] = {
		{"kn->active#13", "kn->active"}, {"&rq->__lock/1", "&rq->__lock/1"},
		{"&x->wait#2/1", "&x->wait/1"},	 {"cpu_hotplug_lock", "cpu_hotplug_lock"},
		{"odd#name", "odd#name"},	 {"a#1b", "a#1b"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *plain = lock_plain_name(cases[i][0]);

		ck_assert_str_eq(plain, cases[i][1]);
	}
}
END_TEST

static char *symbol(guint64 address, void *data)
{
	(void)data;
	return g_strdup(address == 0x1000 ? "outer_lock" : address == 0x2018 ? "dev_attr_state.5"
			: address == 0x3000 ? "__key.7" : address == 0x4018 ? "dev_attr_online" : NULL);
}

#define CLASSES "all lock classes:\n" \
	"0000000000001000 OPS:       6 FD:   30 BD:    1 +.+.: outer_lock\n" \
	" -> [0000000000002018] kn->active\n\n" \
	"0000000000002018 FD:    1 BD:    2 ++++: kn->active\n\n" \
	"0000000000004018 FD:    1 BD:    2 .+.+: kn->active#2\n\n" \
	"0000000000003000 FD:    1 BD:    2 +.+.: &zone->lock\n\n"

/* A sysfs file is named by its attribute; a key of the compiler's name is left out. */
START_TEST(names_of_classes)
{
	rig_auto(lock_orders) orders = lock_orders_parse(CLASSES, "", symbol, NULL);

	ck_assert_uint_eq(orders->classes->len, 4);
	ck_assert_uint_eq(flags_of(orders, "outer_lock"), LOCK_SINGLE);
	ck_assert_uint_eq(flags_of(orders, "kn->active(dev_attr_state)"), LOCK_READ);
	ck_assert_uint_eq(flags_of(orders, "kn->active(dev_attr_online)"), LOCK_READ);
	ck_assert_uint_eq(flags_of(orders, "&zone->lock"), 0);
	ck_assert(!orders->cut);
}
END_TEST

/* Without symbols two keys of one name cannot be told apart, and are marked. */
START_TEST(ambiguous_names)
{
	rig_auto(lock_orders) orders = lock_orders_parse(CLASSES, "", NULL, NULL);

	ck_assert_uint_eq(orders->classes->len, 3);
	ck_assert_uint_eq(flags_of(orders, "kn->active"), LOCK_READ | LOCK_AMBIGUOUS);
}
END_TEST

#define LINE(name) "[(____ptrval____)] " name "\n"
#define CHAIN(context) "irq_context: " context "\n"

/*
 * c was taken by a trylock below a and b (no chain ends with it), so d, waited for under a, b and c, depends on
 * c and on b, but not on a, which b's own wait stands for.
 */
START_TEST(trylocks_pass_the_dependency_on)
{
	rig_auto(lock_orders) orders = lock_orders_parse(
		"", CHAIN("0") LINE("a") "\n" CHAIN("0") LINE("a") LINE("b") "\n"
		CHAIN("0") LINE("a") LINE("b") LINE("c") LINE("d") "\n", NULL, NULL);
	g_autofree char *text = edges_text(orders);

	ck_assert_str_eq(text, "a>b; b>d under a,c; c>d under a,b");
}
END_TEST

/* A gate was held each time: the second chain has no lock a around b -> c. */
START_TEST(gates_are_held_each_time)
{
	rig_auto(lock_orders) orders = lock_orders_parse(
		"(____ptrval____) FD: 1 BD: 1 +.+.: a\n(____ptrval____) FD: 1 BD: 1 ++++: r\n",
		CHAIN("0") LINE("a") LINE("b") LINE("c") "\n" CHAIN("softirq") LINE("b") LINE("c") "\n"
		CHAIN("0") LINE("a") LINE("r") LINE("&s->lock") LINE("d") LINE("e") "\n", NULL, NULL);
	g_autofree char *text = edges_text(orders);

	/* neither a lock taken for reading nor one of many objects' keeps anybody apart */
	ck_assert_ptr_nonnull(strstr(text, "b>c;"));
	ck_assert_ptr_nonnull(strstr(text, "d>e under a"));
	ck_assert_ptr_null(strstr(text, "under a,r"));
	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];

		if (!strcmp(class_at(orders, edge->to)->name, "c"))
			ck_assert_uint_eq(edge->contexts & LOCK_IN_PROCESS, LOCK_IN_PROCESS);
	}
}
END_TEST

START_TEST(round_trip)
{
	rig_auto(lock_orders) orders = lock_orders_parse(
		CLASSES, CHAIN("0") LINE("a") LINE("b") LINE("c") "\n", symbol, NULL);
	rig_auto(lock_orders) again = NULL;
	json_auto_t *json = lock_orders_json(orders);
	g_autofree char *one = edges_text(orders), *two = NULL;

	again = lock_orders_from_json(json, NULL);
	ck_assert_ptr_nonnull(again);
	two = edges_text(again);
	ck_assert_str_eq(one, two);
	ck_assert_uint_eq(again->classes->len, orders->classes->len);
}
END_TEST

START_TEST(hostile_json)
{
	static const char *const bad[] = {
		"[]", "{}", "{\"version\": 2, \"classes\": [], \"edges\": []}",
		"{\"version\": 1, \"classes\": [[\"a\", 0]], \"edges\": [[0, 1, 1, []]]}",
		"{\"version\": 1, \"classes\": [[\"a\", 0]], \"edges\": [[0, 0, 1, [7]]]}",
		"{\"version\": 1, \"classes\": [[\"a\", -1]], \"edges\": []}",
		"{\"version\": 1, \"classes\": [[\"\", 0]], \"edges\": []}",
		"{\"version\": 1, \"classes\": [[\"a\", 0]], \"edges\": [[0, 0, 99999999999, []]]}",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		json_auto_t *json = json_loads(bad[i], 0, NULL);
		g_autoptr(GError) error = NULL;

		ck_assert_msg(lock_orders_from_json(json, &error) == NULL, "%s", bad[i]);
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

/* A guest may send anything: nothing of a chain that cannot be read is believed, and a text that ends early is marked. */
START_TEST(hostile_text)
{
	g_autoptr(GString) deep = g_string_new(CHAIN("0"));
	g_autofree char *name = g_strnfill(5000, 'n'), *classes = g_strdup_printf("1 FD: 1 BD: 1 +.+.: %s\n\xff\xfe: \n", name);
	rig_auto(lock_orders) orders = NULL;
	rig_auto(lock_orders) cut = NULL;

	for (guint i = 0; i < 500; i++)
		g_string_append_printf(deep, "[1] lock%u\n", i);
	g_string_append(deep, "\n" CHAIN("0") "[1] \xff\xff\n[1] b\n\n" CHAIN("0") LINE("p") LINE("q") "\n");
	orders = lock_orders_parse(classes, deep->str, NULL, NULL);
	g_autofree char *text = edges_text(orders);

	ck_assert_str_eq(text, "p>q");
	cut = lock_orders_parse("", CHAIN("0") LINE("a") "[1] b", NULL, NULL);
	ck_assert(cut->cut);
	ck_assert_uint_eq(cut->edges->len, 0);
}
END_TEST

/* ---- many boots ---- */

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	ck_assert(g_file_set_contents(path, text, -1, NULL));
}

/* A run folder whose boot had CHAINS. */
static void put_run(const char *results, const char *name, const char *machine, const char *verdict, const char *chains)
{
	g_autofree char *dir = g_build_filename(results, name, NULL), *locks = g_build_filename(dir, "locks", NULL);
	g_autofree char *file = g_build_filename(locks, "orders.json.gz", NULL), *text = NULL, *inputs = NULL;
	rig_auto(lock_orders) orders = lock_orders_parse("", chains, NULL, NULL);
	json_auto_t *json = lock_orders_json(orders);
	g_autofree char *judged = g_strdup_printf("{\"verdict\": \"%s\", \"reasons\": [], \"reports\": []}", verdict);
	gzFile gz;

	ck_assert_int_eq(g_mkdir_with_parents(locks, 0755), 0);
	inputs = g_strdup_printf("{\"version\": 1, \"scenario\": \"s\", \"machine\": \"%s\", \"kernel\": {\"name\": \"6.1\"}}",
				 machine);
	put(dir, "run.json", inputs);
	put(dir, "verdict", judged);
	text = json_dumps(json, 0);
	gz = gzopen(file, "wb");
	ck_assert_int_eq(gzwrite(gz, text, strlen(text)), (int)strlen(text));
	ck_assert_int_eq(gzclose(gz), Z_OK);
}

#define A_THEN_B CHAIN("0") LINE("a") LINE("b") "\n"
#define B_THEN_A CHAIN("0") LINE("b") LINE("a") "\n"

struct world {
	char *results;
	struct lock_db *db;
	struct lock_graph *graph;
};

/* In memory where a test opens it once only: a file is synchronised with the disk. */
static void look_in(struct world *w, const char *folder)
{
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&w->graph, lock_graph_free);
	g_clear_pointer(&w->db, lock_db_free);
	w->db = lock_db_open(w->results, folder, FALSE, &error);
	ck_assert_msg(w->db != NULL, "%s", error ? error->message : "");
	w->graph = lock_graph_load(w->db, NULL, &error);
	ck_assert_ptr_nonnull(w->graph);
}

static void look(struct world *w)
{
	look_in(w, w->results);
}

static void world_clear(struct world *w)
{
	g_clear_pointer(&w->graph, lock_graph_free);
	g_clear_pointer(&w->db, lock_db_free);
	g_free(w->results);
}

/* Each half in another boot, on another machine: neither has a cycle, together they have. */
START_TEST(two_halves)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autoptr(GPtrArray) none = NULL, one = NULL;
	const struct lock_cycle *cycle;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS", A_THEN_B);
	look(&w);
	none = lock_cycles(w.db, w.graph, 6);
	ck_assert_uint_eq(none->len, 0);
	put_run(w.results, "20261102T000000Z-s-2", "pseries", "PASS", B_THEN_A);
	look(&w);
	one = lock_cycles(w.db, w.graph, 6);
	ck_assert_uint_eq(one->len, 1);
	cycle = one->pdata[0];
	ck_assert_str_eq(cycle->signature, "lock-cycle:a --> b");
	ck_assert_uint_eq(cycle->gates->len, 0);
	ck_assert(!cycle->ambiguous);
	world_clear(&w);
}
END_TEST

/* A boot that saw the whole cycle and passed: lockdep has judged it. */
START_TEST(lockdep_judged_it)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autoptr(GPtrArray) cycles = NULL;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS", A_THEN_B B_THEN_A);
	look(&w);
	cycles = lock_cycles(w.db, w.graph, 6);
	ck_assert_uint_eq(cycles->len, 0);
	world_clear(&w);
}
END_TEST

/* A lock around both halves keeps them apart, until one boot shows a half without it. */
START_TEST(guarded)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autoptr(GPtrArray) cycles = NULL, open = NULL;
	const struct lock_cycle *cycle;

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS", CHAIN("0") LINE("gate") LINE("a") LINE("b") "\n");
	put_run(w.results, "20261102T000000Z-s-2", "pc-q35", "PASS", CHAIN("0") LINE("gate") LINE("b") LINE("a") "\n");
	look(&w);
	cycles = lock_cycles(w.db, w.graph, 6);
	ck_assert_uint_eq(cycles->len, 1);
	cycle = cycles->pdata[0];
	ck_assert_uint_eq(cycle->gates->len, 1);
	ck_assert_int_eq(g_array_index(cycle->gates, guint, 0), lock_graph_class(w.graph, "gate"));
	put_run(w.results, "20261103T000000Z-s-3", "pc-q35", "PASS", B_THEN_A);
	look(&w);
	open = lock_cycles(w.db, w.graph, 6);
	ck_assert_uint_eq(open->len, 1);
	cycle = open->pdata[0];
	ck_assert_uint_eq(cycle->gates->len, 0);
	world_clear(&w);
}
END_TEST

/* Random graphs: each cycle that is found is one, and a graph without back edges has none. */
START_TEST(random_graphs)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(_i);

	for (guint round = 0; round < 20; round++) {
		g_autofree char *name = g_strdup_printf("results%u", round);
		struct world w = {in_scratch(name), NULL, NULL};
		gboolean forward = round % 2 == 0;
		g_autoptr(GPtrArray) cycles = NULL;

		for (guint run = 0; run < 6; run++) {
			g_autoptr(GString) chains = g_string_new(NULL);
			g_autofree char *folder = g_strdup_printf("2026110%uT000000Z-s-%u", run + 1, run);
			guint a = g_rand_int_range(rand, 0, 6), b = g_rand_int_range(rand, 0, 6);

			if (forward && a > b) {
				guint swap = a;

				a = b;
				b = swap;
			}
			g_string_append_printf(chains, CHAIN("0") LINE("l%u") LINE("l%u") "\n", a, b);
			put_run(w.results, folder, "m", "PASS", chains->str);
		}
		look_in(&w, NULL);
		cycles = lock_cycles(w.db, w.graph, 6);
		if (forward)
			ck_assert_uint_eq(cycles->len, 0);
		for (guint i = 0; i < cycles->len; i++) {
			const struct lock_cycle *cycle = cycles->pdata[i];

			for (guint c = 0; c < cycle->classes->len; c++)
				ck_assert_ptr_nonnull(lock_graph_find(w.graph, g_array_index(cycle->classes, guint, c),
					g_array_index(cycle->classes, guint, (c + 1) % cycle->classes->len)));
		}
		world_clear(&w);
	}
}
END_TEST

/* Runs are counted once however often the graph is opened; a filter counts those that fit. */
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

	put_run(w.results, "20261101T000000Z-s-1", "pc-q35", "PASS", CHAIN("0") LINE("b") LINE("x") "\n");
	look(&w);
	ck_assert(g_file_set_contents(file, "rules:\n  - order: [x, y, b]\n    source: here\n", -1, NULL));
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

int main(void)
{
	Suite *suite = suite_create("locks");
	TCase *boot = tcase_create("boot"), *graph = tcase_create("graph");

	tcase_add_test(boot, plain_names);
	tcase_add_test(boot, names_of_classes);
	tcase_add_test(boot, ambiguous_names);
	tcase_add_test(boot, trylocks_pass_the_dependency_on);
	tcase_add_test(boot, gates_are_held_each_time);
	tcase_add_test(boot, round_trip);
	tcase_add_test(boot, hostile_json);
	tcase_add_test(boot, hostile_text);
	use_scratch(graph);
	tcase_add_test(graph, two_halves);
	tcase_add_test(graph, lockdep_judged_it);
	tcase_add_test(graph, guarded);
	tcase_add_loop_test(graph, random_graphs, 0, 4);
	tcase_add_test(graph, counted_once);
	tcase_add_test(graph, declared_order);
	tcase_add_test(graph, own_order);
	suite_add_tcase(suite, boot);
	suite_add_tcase(suite, graph);
	return suite_run(suite);
}
