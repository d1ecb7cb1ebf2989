// SPDX-License-Identifier: GPL-2.0-only
/* Tests the lock orders of one boot: how /proc and reports are parsed, names, gates. */
#include <check.h>
#include <string.h>

#include "locks/db.h"
#include "tests/unit/locks.h"
#include "tests/unit/suite.h"
#include "util/error.h"

/* ---- lock orders of one boot ---- */

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

/* Returns the edges of ORDERS as sorted text: "A>B under G,H; C>D". */
static char *edges_text(const struct lock_orders *orders)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];
		GString *line = g_string_new(NULL);

		g_string_printf(line, "%s>%s", class_at(orders, edge->from)->name,
				class_at(orders, edge->to)->name);
		for (guint g = 0; edge->gates && g < edge->gates->len; g++)
			g_string_append_printf(
				line, "%s%s", g ? "," : " under ",
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
	return g_strdup(address == 0x1000   ? "outer_lock"
			: address == 0x2018 ? "dev_attr_state.5"
			: address == 0x3000 ? "__key.7"
			: address == 0x4018 ? "dev_attr_online"
					    : NULL);
}

#define CLASSES "all lock classes:\n" \
	"0000000000001000 OPS:       6 FD:   30 BD:    1 +.+.: outer_lock\n" \
	" -> [0000000000002018] kn->active\n\n" \
	"0000000000002018 FD:    1 BD:    2 ++++: kn->active\n\n" \
	"0000000000004018 FD:    1 BD:    2 .+.+: kn->active#2\n\n" \
	"0000000000003000 FD:    1 BD:    2 +.+.: &zone->lock\n\n"

/*
 * The class of a sysfs file has its attribute in the name; a key variable `__key` is not added to a
 * name.
 */
START_TEST(names_of_classes)
{
	rig_auto(lock_orders) orders = lock_orders_parse(CLASSES, "", symbol, NULL);

	ck_assert_uint_eq(orders->classes->len, 4);
	ck_assert_uint_eq(flags_of(orders, "outer_lock"), LOCK_SINGLE | LOCK_WRITTEN);
	ck_assert_uint_eq(flags_of(orders, "kn->active(dev_attr_state)"),
			  LOCK_SHARED | LOCK_WRITTEN);
	ck_assert_uint_eq(flags_of(orders, "kn->active(dev_attr_online)"), LOCK_SHARED);
	ck_assert_uint_eq(flags_of(orders, "&zone->lock"), LOCK_WRITTEN);
	ck_assert(!orders->cut);
}
END_TEST

/* Without symbols two keys of one name cannot be distinguished, and are marked. */
START_TEST(ambiguous_names)
{
	rig_auto(lock_orders) orders = lock_orders_parse(CLASSES, "", NULL, NULL);

	ck_assert_uint_eq(orders->classes->len, 3);
	ck_assert_uint_eq(flags_of(orders, "kn->active"),
			  LOCK_SHARED | LOCK_WRITTEN | LOCK_AMBIGUOUS);
}
END_TEST

/*
 * c was taken by a trylock while a and b were held (no chain ends with c). So d, waited for while
 * a, b and c are held, depends on c and b, but not on a: the edge from a is already in the chain of
 * b.
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

/*
 * A lock is only a gate if it is held at every occurrence: the second chain has b -> c without a.
 */
START_TEST(gates_are_held_each_time)
{
	rig_auto(lock_orders) orders = lock_orders_parse(
		"(____ptrval____) FD: 1 BD: 1 +.+.: a\n(____ptrval____) FD: 1 BD: 1 ++++: r\n",
		CHAIN("0") LINE("a") LINE("b") LINE("c") "\n" CHAIN("softirq") LINE("b")
			LINE("c") "\n" CHAIN("0") LINE("a") LINE("r") LINE("&s->lock") LINE("d")
				LINE("e") "\n",
		NULL, NULL);
	g_autofree char *text = edges_text(orders);

	/* a lock acquired for reading is not a gate, and neither is a lock in many objects */
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

/*
 * A guest may send any text: a chain that cannot be parsed is dropped, and a text that was cut off
 * is marked.
 */
START_TEST(hostile_text)
{
	g_autoptr(GString) deep = g_string_new(CHAIN("0"));
	g_autofree char *name = g_strnfill(5000, 'n'),
			*classes = g_strdup_printf("1 FD: 1 BD: 1 +.+.: %s\n\xff\xfe: \n", name);
	rig_auto(lock_orders) orders = NULL;
	rig_auto(lock_orders) cut = NULL;
	rig_auto(lock_orders) again = NULL;
	json_auto_t *json = NULL;

	for (guint i = 0; i < 500; i++)
		g_string_append_printf(deep, "[1] lock%u\n", i);
	g_string_append(deep, "\n" CHAIN("0") "[1] \xff\xff\n[1] b\n\n" CHAIN("0") LINE("p")
				      LINE("q") "\n");
	orders = lock_orders_parse(classes, deep->str, NULL, NULL);
	g_autofree char *text = edges_text(orders);

	ck_assert_str_eq(text, "p>q");
	lock_orders_free(g_steal_pointer(&orders));
	orders = lock_orders_parse("", CHAIN("0") LINE("#6") LINE("q") "\n", NULL, NULL);
	ck_assert_uint_eq(orders->edges->len, 0);
	lock_orders_free(g_steal_pointer(&orders));
	/* a lock that is held several times is one gate; the JSON can be read back */
	orders = lock_orders_parse(
		"", CHAIN("0") LINE("g") LINE("g") LINE("g") LINE("g") LINE("p") LINE("q") "\n",
		NULL, NULL);
	json = lock_orders_json(orders);
	again = lock_orders_from_json(json, NULL);
	ck_assert_ptr_nonnull(again);
	cut = lock_orders_parse("", CHAIN("0") LINE("a") "[1] b", NULL, NULL);
	ck_assert(cut->cut);
	ck_assert_uint_eq(cut->edges->len, 0);
}
END_TEST

#define REPORT                                                                          \
	"[{\"kind\": \"lockdep-circular\", \"cycle\": [\"a\", \"b\", \"kn->active\"], " \
	"\"detail\": {\"attribute\": \"state_show\"}}, "                                \
	"{\"kind\": \"warning\", \"cycle\": [\"x\", \"y\"]}, 7, "                       \
	"{\"kind\": \"lockdep-circular\", \"cycle\": [\"a\", \"b_damaged\"]}, "        \
	"{\"kind\": \"lockdep-circular\", \"cycle\": [\"p\", 3]}]"

/*
 * A reported cycle gives edges. Reports of other kinds give none, and neither does one with a class
 * that the kernel does not have.
 */
START_TEST(reports_have_edges)
{
	rig_auto(lock_orders) orders =
		lock_orders_parse(USED("++++", "kn->active"), A_THEN_B, NULL, NULL);
	json_auto_t *reports = json_loads(REPORT, 0, NULL);
	g_autofree char *text = NULL;

	lock_orders_add_reports(orders, reports);
	text = edges_text(orders);
	ck_assert_str_eq(text, "a>b; b>kn->active(dev_attr_state); kn->active(dev_attr_state)>a");
	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];

		ck_assert_uint_eq(edge->contexts & LOCK_IN_REPORT, LOCK_IN_REPORT);
		ck_assert_int_eq(edge->contexts & LOCK_IN_PROCESS,
				 !strcmp(class_at(orders, edge->to)->name, "b"));
	}
	ck_assert_uint_eq(flags_of(orders, "kn->active(dev_attr_state)"), 0);
}
END_TEST

/*
 * The links of a report get the stacks in its text, beginning with the function that waits for the
 * lock. A link without a stack gets only that function. Names with control characters are left out.
 */
START_TEST(stacks_of_reports)
{
	g_autofree char *results = in_scratch("results");
	rig_auto(lock_db) db = NULL;
	json_auto_t *reports = json_pack(
		"[{s:s, s:[s, s], s:[s, s], s:s}, {s:s, s:[s, s], s:[s, s]}]", "kind",
		"lockdep-circular", "cycle", "a", "b", "taken_in", "take_a", "take_b", "text",
		"-> #1 (b){+.+.}-{3:3}:\n       __mutex_lock+0x1/0x2\n       take_b+0x3/0x4\n"
		"       caller+0x5/0x6\n\n-> #0 (a){+.+.}-{3:3}:\n       other+0x1/0x2\n",
		"kind", "lockdep-circular", "cycle", "c\x1b[2J", "d", "taken_in", "x", "y");
	g_autoptr(GPtrArray) ab = NULL, ba = NULL;
	const struct lock_stack *stack;
	guint edges;

	g_mkdir_with_parents(results, 0755);
	db = lock_db_open(results, results, FALSE, NULL);
	ck_assert(lock_db_add_log(db, "/tmp/a.log", reports, &edges, NULL));
	ck_assert_uint_eq(edges, 2);
	ab = lock_db_stacks(db, "a", "b");
	ba = lock_db_stacks(db, "b", "a");
	ck_assert_uint_eq(ab->len, 1);
	ck_assert_uint_eq(ba->len, 1);
	stack = ab->pdata[0];
	ck_assert_str_eq(stack->functions, "take_b < caller");
	ck_assert_ptr_nonnull(strstr(stack->run, "-log-"));
	stack = ba->pdata[0];
	ck_assert_str_eq(stack->functions, "take_a");
}
END_TEST

START_TEST(unknown_gates)
{
	static const char *const cases[][3] = {
		{" 1 2 ", " 2 3 ", " 2 "}, {"?", " 2 ", " 2 "},	 {" 2 ", "?", " 2 "},
		{"?", "?", "?"},	   {" 1 ", " 11 ", " "},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = lock_gates_common(cases[i][0], cases[i][1]);

		ck_assert_str_eq(text, cases[i][2]);
	}
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
	tcase_add_test(boot, reports_have_edges);
	tcase_add_test(boot, unknown_gates);
	add_recorded_tests(boot);
	use_scratch(graph);
	tcase_set_timeout(graph, 60);
	tcase_add_test(graph, stacks_of_reports);
	add_graph_tests(graph);
	add_cycle_tests(graph);
	add_kind_tests(boot, graph);
	suite_add_tcase(suite, boot);
	suite_add_tcase(suite, graph);
	return suite_run(suite);
}
