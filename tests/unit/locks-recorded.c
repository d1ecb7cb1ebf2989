// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests how recorded locks are read: the text that the plugin writes, names, gates (locks held at
 * every occurrence of an edge), cycles.
 */
#include <check.h>
#include <string.h>

#include "locks/answer.h"
#include "locks/graph.h"
#include "locks/recorded.h"
#include "tests/unit/locks.h"
#include "tests/unit/suite.h"
#include "util/error.h"

#define HEAD "rig-locks 1\ncounts 10 10 0 0 0 0 0\n"
/*
 * The classes: 0 and 1 are variables that were written; 2 is a reader-writer lock; 3 is a class
 * with many locks; 4 is a kernfs node; 5 is named by the place of its initialisation; 6 is a work
 * item; 7 is a completion.
 */
#define CLASSES                                                                               \
	"class static 0 --w a00 -\nclass static 0 --w b00 -\nclass static 0 -rw c00 -\n"      \
	"class name 0 m-w 0 &dev->mutex\nclass node 0 mr- 0 memoryN/state\nclass init 1 m-w " \
	"f01 -\nclass work 0 m-w f00 -\nclass wait 0 mr- f01 -\n"

static char *variable(guint64 address, void *data)
{
	(void)data;
	return address >= 0xa00 && address < 0xd00
		       ? g_strdup_printf("%c", (int)(address >> 8) + 'a' - 10)
		       : NULL;
}

static char *function(guint64 address, void *data)
{
	(void)data;
	return address == 0xf00 ? g_strdup("probe") : NULL;
}

static const struct lock_names names = {variable, function, NULL};

static struct lock_recorded *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct lock_recorded *recorded = lock_recorded_parse(text, &names, &error);

	ck_assert_msg(recorded != NULL, "%s", error ? error->message : "");
	return recorded;
}

START_TEST(text_and_names)
{
	rig_auto(lock_recorded) r =
		parse(HEAD CLASSES "edge 0 3 f01 e01\npair a00 1 5 8 1:b00\npair 0 0 7 8\n"
				   "edge 1 0\npair b00 a00 2 8 3:9 2:c00\nend\n");
	static const char *const expected[] = {
		"a", "b", "c", "&dev->mutex", "kn->active(memoryN/state)", "lock of probe()/1",
		"work of probe()", "completion in probe()",
	};
	const struct recorded_edge *edge = r->edges->pdata[0];
	rig_auto(lock_orders) orders = lock_recorded_orders(r);
	const struct lock_edge *order;

	for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
		ck_assert_str_eq(((struct lock_class *)r->classes->pdata[i])->name, expected[i]);
	ck_assert_uint_eq(edge->count, 12);
	ck_assert_str_eq(edge->stack->pdata[0], "probe");
	ck_assert_str_eq(edge->stack->pdata[1], "0xe01");
	ck_assert_ptr_null(lock_recorded_fault(r));
	/*
	 * no gates: a lock held by only one pair of an edge, a lock of a class with many locks, a
	 * lock acquired for reading
	 */
	ck_assert_uint_eq(orders->edges->len, 2);
	order = orders->edges->pdata[0];
	ck_assert_uint_eq(order->gates->len, 0);
	order = orders->edges->pdata[1];
	ck_assert_uint_eq(order->gates->len, 0);
}
END_TEST

/*
 * A variable that is a spinlock; one in a larger variable, named by the function at e01 or f01; a
 * named one; and one without a name, whose memory may have been reused.
 */
START_TEST(spinlocks)
{
	rig_auto(lock_recorded) r =
		parse(HEAD "class static 0 --ws a00 f01\nclass static 0 --ws b08 f01\n"
			   "class name 0 m-ws 0 &zone->lock\nclass place 0 m-ws f01 -\n"
			   "edge 0 1\npair a00 b08 1 8\nedge 1 0\npair b08 a00 1 8\n"
			   "edge 0 3\npair a00 9 1 8\nedge 3 0\npair 9 a00 1 8\nend\n");
	static const char *const expected[] = {"a", "lock of probe()", "&zone->lock",
					       "lock of probe()"};
	g_autoptr(GPtrArray) found = lock_recorded_cycles(r);
	rig_auto(lock_orders) orders = lock_recorded_orders(r);
	json_auto_t *summary = lock_recorded_summary(r, found, NULL);
	json_t *cycle = json_array_get(json_object_get(summary, "cycles"), 0);
	json_t *edge = json_array_get(json_object_get(cycle, "edges"), 0);

	for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
		const struct lock_class *class = r->classes->pdata[i];

		ck_assert_str_eq(class->name, expected[i]);
		ck_assert(class->flags & LOCK_SPIN);
		ck_assert_int_eq(!!(class->flags & LOCK_UNSURE), i == 3);
	}
	/*
	 * the cycles with the second and with the fourth class have the same name: only the first
	 * one, whose state is worse, is reported
	 */
	ck_assert_uint_eq(found->len, 1);
	ck_assert_int_eq(((struct recorded_cycle *)found->pdata[0])->state, CYCLE_OPEN);
	ck_assert(json_is_true(json_object_get(edge, "spin")));
	ck_assert_uint_eq(orders->edges->len, 2);
}
END_TEST

START_TEST(bad_text)
{
	static const char *const bad[] = {
		"",
		"rig-locks 2\nend\n",
		HEAD CLASSES, /* cut off */
		HEAD CLASSES "edge 0 9\nend\n",
		HEAD CLASSES "pair 1 1 1 1\nend\n",
		HEAD CLASSES "edge 0 1\npair a00 b00 1 ff\nend\n",
		HEAD CLASSES "edge 0 1\npair a00 b00 1 20\nend\n",
		HEAD CLASSES "edge 0 1\npair a00 b00 1 8 99:a00\nend\n",
		HEAD "class static 0 --w\nend\n",
		HEAD "left 0\nend\n",
		HEAD "boat\nend\n",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		ck_assert_ptr_null(lock_recorded_parse(bad[i], &names, &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
	}
}
END_TEST

START_TEST(lost_count)
{
	rig_auto(lock_recorded) r =
		parse("rig-locks 1\ncounts 10 11 0 1 0 0 0\nunmatched f01\n" CLASSES "end\n");
	g_autofree char *fault = lock_recorded_fault(r);

	ck_assert_str_eq(fault,
			 "1 unmatched releases, 0 locks held in user mode, 0 calls without a "
			 "return, 0 entries that did not fit; first: probe released a lock "
			 "that no task held");
}
END_TEST

/*
 * The lines between HEAD CLASSES and "end", and the expected cycles: "signature state[ gate][
 * writer]; …"
 */
static const struct {
	const char *edges, *cycles;
} cases[] = {
	{"edge 0 1\npair a00 b00 1 8\n", ""},
	{"edge 0 1\npair a00 b00 1 8\nedge 1 0\npair b00 a00 1 8\n", "a --> b open"},
	/* one common gate; two different gates; the same lock of a class with many locks */
	{"edge 0 1\npair a00 b00 1 8 2:c00\nedge 1 0\npair b00 a00 1 8 2:c00\n",
	 "a --> b guarded c"},
	{"edge 0 1\npair a00 b00 1 8 2:c00\nedge 1 0\npair b00 a00 1 8 3:9\n", "a --> b open"},
	{"edge 0 1\npair a00 b00 1 8 3:9\nedge 1 0\npair b00 a00 1 8 3:9\n",
	 "a --> b guarded &dev->mutex"},
	/* readers of c, which also has writers; readers of a node, which has no writers */
	{"edge 0 2\npair a00 c00 1 4\nedge 2 0\npair c00 a00 1 2\n", "a --> c open writer"},
	{"edge 0 2\npair a00 c00 1 4\nedge 2 0\npair c00 a00 1 8\n", "a --> c open"},
	{"edge 0 4\npair a00 1 1 4\nedge 4 0\npair 1 a00 1 2\n", ""},
	{"edge 0 4\npair a00 1 1 8\nedge 4 0\npair 1 a00 1 2\n", "a --> kn->active open"},
	/*
	 * locks of different devices; a device's lock with a gate; more devices than the record can
	 * have
	 */
	{"edge 0 3\npair a00 1 1 8\nedge 3 0\npair 2 a00 1 8\n", ""},
	{"edge 0 3\npair a00 1 1 8\nedge 3 0\npair 2 a00 1 8\npair 0 0 9 8\n",
	 "&dev->mutex --> a unclear"},
	{"edge 0 3\npair a00 1 1 8\npair a00 2 1 8 1:b00\nedge 3 0\npair 2 a00 1 8 1:b00\n",
	 "&dev->mutex --> a guarded b"},
	{"edge 0 3\npair a00 1 1 8 1:b00\nedge 3 0\npair 2 a00 1 8\npair 0 0 9 8 1:b00\n",
	 "&dev->mutex --> a guarded b"},
	/* a cycle of three tasks; below, the same with a lock that two of them hold */
	{"edge 0 1\npair a00 b00 1 8\nedge 1 2\npair b00 c00 1 8\nedge 2 0\npair c00 a00 1 8\n",
	 "a --> b --> c open"},
	/* c is read in an interrupt, which only a writer blocks that holds c */
	{"edge 0 2\npair a00 c00 1 40\nedge 2 0\npair c00 a00 1 2\n", ""},
	{"edge 0 2\npair a00 c00 1 40\nedge 2 0\npair c00 a00 1 8\n", "a --> c open"},
	{"edge 0 2\npair a00 c00 1 44\nedge 2 0\npair c00 a00 1 2\n", "a --> c open writer"},
	/* a cycle with a spinlock without a name; then the same with a gate */
	{"class place 0 m-ws f01 -\nedge 0 8\npair a00 9 1 8\nedge 8 0\npair 9 a00 1 8\n",
	 "a --> lock of probe() unclear"},
	{"class place 0 m-ws f01 -\nedge 0 8\npair a00 9 1 8 1:b00\nedge 8 0\n"
	 "pair 9 a00 1 8 1:b00\n",
	 "a --> lock of probe() guarded b"},
	{"edge 0 1\npair a00 b00 1 8 3:9\nedge 1 2\npair b00 c00 1 8\nedge 2 0\n"
	 "pair c00 a00 1 8 3:9\n",
	 "a --> b --> c guarded &dev->mutex"},
};

START_TEST(cycles)
{
	static const char *const states[] = {"open", "unclear", "guarded"};
	g_autofree char *text = g_strconcat(HEAD CLASSES, cases[_i].edges, "end\n", NULL);
	rig_auto(lock_recorded) r = parse(text);
	g_autoptr(GPtrArray) found = lock_recorded_cycles(r);
	g_autoptr(GPtrArray) reports = lock_cycle_findings(r, found);
	g_autoptr(GString) all = g_string_new(NULL);
	guint open = 0;

	for (guint i = 0; i < found->len; i++) {
		const struct recorded_cycle *cycle = found->pdata[i];

		open += cycle->state == CYCLE_OPEN;
		g_string_append_printf(
			all, "%s%s %s%s%s%s", i ? "; " : "", cycle->signature, states[cycle->state],
			cycle->gate >= 0 ? " " : "",
			cycle->gate >= 0
				? ((struct lock_class *)r->classes->pdata[cycle->gate])->name
				: "",
			cycle->writer ? " writer" : "");
	}
	ck_assert_str_eq(all->str, cases[_i].cycles);
	/* only open cycles become reports */
	ck_assert_uint_eq(reports->len, open);
	for (guint i = 0; i < reports->len; i++) {
		const struct splat *splat = reports->pdata[i];

		ck_assert_str_eq(splat->kind, "lock-cycle");
		ck_assert(g_str_has_prefix(splat->bug, "v1:lock-cycle:"));
		ck_assert_ptr_nonnull(strstr(splat->text, " is held and "));
		splat_free(reports->pdata[i]);
	}
}
END_TEST

START_TEST(cycles_as_text)
{
	static const struct {
		const char *text, *classes;
	} texts[] = {
		{"a --> b --> a", "a|b"},
		{"kn->active#7-->mem_hotplug_lock", "kn->active|mem_hotplug_lock"},
		{"v1:lockdep-circular:a --> &b->c --> d", "a|&b->c|d"},
		{"v2:lockdep-circular:a --> kn->active(state_store)", "a|kn->active"},
		{"a --> kn->active(memoryN/state)", "a|kn->active(memoryN/state)"},
		{"a", NULL},
		{"a --> a", NULL},
		{"a --> ", NULL},
		{"", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_auto(GStrv) classes = lock_cycle_parse(texts[i].text);
		g_autofree char *all = classes ? g_strjoinv("|", classes) : NULL;

		ck_assert_pstr_eq(all, texts[i].classes);
	}
}
END_TEST

/* Parts of the member `recorded` in the verdict of a run with a trap for a and kn->active. */
#define TRAP(more) "\"trap\":{\"cycle\":[\"a\",\"kn->active\"]," more "}"
#define EDGE(held, wanted, n)                                                                  \
	"{\"held\":\"" held "\",\"wanted\":\"" wanted "\",\"count\":" n "}"
#define CYCLE(state, gate)                                                                     \
	"\"cycles\":[{\"state\":\"open\",\"edges\":[" EDGE("b", "a", "1") "]},{\"state\":\""      \
	state "\",\"gate\":" gate ",\"edges\":[" EDGE("a", "kn->active(m/s)", "3") ","            \
	EDGE("kn->active(m/s)", "a", "4") "]}],"

static const struct {
	const char *details;
	enum lock_answer answer;
	const char *text;
} answers[] = {
	{"{}", ANSWER_NONE, "no record"},
	{"{\"recorded\":{\"fault\":\"2 unmatched\"}}", ANSWER_NONE, "is incomplete: 2 unmatched"},
	{"{\"recorded\":{" TRAP("\"met\":0") "}}", ANSWER_NOT_MET,
	 "no task held a and wanted kn->active, no task held kn->active and wanted a; either this "
	 "kernel does not take these locks in that order"},
	{"{\"recorded\":{" TRAP("\"met\":0,\"encounters\":[{\"held\":\"a\",\"wanted\":"
				"\"kn->active\",\"count\":5}]") "}}",
	 ANSWER_NOT_MET,
	 "a task held a and wanted kn->active 5 times, no task held kn->active and wanted a"},
	{"{\"recorded\":{" CYCLE("guarded", "\"g\"") TRAP("\"met\":0") "}}", ANSWER_GUARDED,
	 "by g, which both sides held at all occurrences: 3 of a --> kn->active(m/s), 4 of"},
	{"{\"recorded\":{" CYCLE("open", "null") TRAP("\"met\":0") "}}", ANSWER_NOT_MET,
	 "no task held"},
	{"{\"recorded\":{" TRAP("\"met\":1,\"waits\":true") "}}", ANSWER_NOT_MET,
	 "closed 1 times, and its tasks continued"},
	{"{\"hang\":{},\"recorded\":{" TRAP("\"met\":1,\"waits\":false") "}}", ANSWER_NOT_MET,
	 "continued"},
	{"{\"hang\":{},\"recorded\":{" TRAP("\"met\":1,\"waits\":true") "}}", ANSWER_REAL,
	 "still wait for each other"},
	{"{\"verdict\":\"HANG\",\"reports\":[{\"kind\":\"hang-cycle\",\"cycle\":[\"a\","
	 "\"kn->active\"]}],\"recorded\":{" TRAP("\"met\":1,\"waits\":true") "}}",
	 ANSWER_REAL, "names the cycle"},
};

START_TEST(answer)
{
	json_auto_t *details = json_loads(answers[_i].details, 0, NULL);
	g_autofree char *text = NULL;

	ck_assert_ptr_nonnull(details);
	ck_assert_int_eq(lock_answer_of(details, &text), answers[_i].answer);
	ck_assert_msg(strstr(text, answers[_i].text) != NULL, "'%s'", text);
}
END_TEST

START_TEST(recorded_trap)
{
	rig_auto(lock_recorded) r = parse(HEAD CLASSES "trap 5 1 4\nencounter 0 1 9\n"
						       "circle 0 waits\ncircle 4 waits\nend\n");
	char *members[] = {"a", "kn->active", NULL};
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	json_auto_t *json = lock_recorded_summary(r, none, members);
	json_t *trap = json_object_get(json, "trap");

	ck_assert_int_eq(json_integer_value(json_object_get(trap, "held")), 5);
	ck_assert(json_is_true(json_object_get(trap, "waits")));
	ck_assert_uint_eq(json_array_size(json_object_get(trap, "circle")), 2);
	ck_assert_uint_eq(json_array_size(json_object_get(trap, "encounters")), 1);
}
END_TEST

void add_recorded_tests(TCase *tcase)
{
	tcase_add_test(tcase, text_and_names);
	tcase_add_test(tcase, spinlocks);
	tcase_add_test(tcase, bad_text);
	tcase_add_test(tcase, lost_count);
	tcase_add_test(tcase, cycles_as_text);
	tcase_add_test(tcase, recorded_trap);
	tcase_add_loop_test(tcase, answer, 0, G_N_ELEMENTS(answers));
	tcase_add_loop_test(tcase, cycles, 0, G_N_ELEMENTS(cases));
}
