// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests timelines: random draws only depend on the operation, files are read back unchanged,
 * invalid files are rejected.
 */
#include <check.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "tests/unit/timeline.h"
#include "util/error.h"
#include "util/rng.h"

#define SEEDS 30

/* Writes a scenario that is generated from SEED and draws every kind of value. */
static struct scenario *generate(guint64 seed)
{
	struct rng rng = rng_stream(seed, "scenario");
	g_autoptr(GString) text =
		g_string_new("about: generated\nmachines: [pc-q35]\nmemory: 1G\n"
			     "max_memory: 512G\nslots: 256\nduration: 9\nagents:\n");
	g_autofree char *file = in_scratch("generated.yaml");
	g_autoptr(GError) error = NULL;
	struct scenario *s;

	for (guint i = 0, n = rng_between(&rng, 1, 4); i < n; i++)
		g_string_append_printf(text, "  - {name: %s, count: %u}\n",
				       rng_next(&rng) & 1 ? "block-state" : "slab-read",
				       (guint)rng_between(&rng, 1, 4));
	g_string_append(text, "tracks:\n");
	for (guint t = 0, n = rng_between(&rng, 1, 4); t < n; t++) {
		g_string_append_printf(text, "  - copies: %u\n    repeat: %u\n    steps:\n",
				       (guint)rng_between(&rng, 1, 3),
				       (guint)rng_between(&rng, 0, 5));
		for (guint k = 0, m = rng_between(&rng, 1, 3); k < m; k++)
			g_string_append_printf(
				text,
				"      - {do: plug, id: d%u-%u, device: dimm, size: [128M, 1G]}\n"
				"      - {do: online, id: d%u-%u, how: random, chance: %u}\n"
				"      - {do: wait, ms: [0, 500], chance: %u}\n"
				"      - {do: unplug, id: d%u-%u}\n",
				t, k, t, k, (guint)rng_between(&rng, 1, 100),
				(guint)rng_between(&rng, 1, 100), t, k);
	}
	ck_assert(g_file_set_contents(file, text->str, -1, NULL));
	s = scenario_load(file, &error);
	ck_assert_msg(s != NULL, "%s", error ? error->message : "");
	return s;
}

/* Returns the JSON text of each agent and operation of the timeline, by its id. */
static GHashTable *draws(const struct scenario *s, guint64 seed)
{
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), seed);
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	json_auto_t *json = timeline_json(tl);
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(json, "operations"), i, item)
		g_hash_table_insert(all, g_strdup(json_string_value(json_object_get(item, "id"))),
				    json_dumps(item, JSON_SORT_KEYS));
	json_array_foreach (json_object_get(json, "agents"), i, item)
		g_hash_table_insert(
			all,
			g_strdup_printf("%s %d", json_string_value(json_object_get(item, "agent")),
					(int)json_integer_value(json_object_get(item, "instance"))),
			json_dumps(item, JSON_SORT_KEYS));
	return all;
}

/*
 * Checks that everything in PART is also in WHOLE and equal; returns how many entries of WHOLE are
 * missing in PART.
 */
static guint compare(GHashTable *whole, GHashTable *part, const char *what)
{
	GHashTableIter iter;
	gpointer id, text;
	guint kept = 0;

	g_hash_table_iter_init(&iter, part);
	while (g_hash_table_iter_next(&iter, &id, &text)) {
		const char *before = g_hash_table_lookup(whole, id);

		/* WHOLE does not have it, because in PART more laps fit into the compared time */
		if (!before)
			continue;
		ck_assert_msg(!strcmp(before, text), "without '%s': %s was %s, is %s", what,
			      (char *)id, before, (char *)text);
		kept++;
	}
	return g_hash_table_size(whole) - kept;
}

/* Returns FALSE if the part that was left out was all that the scenario does. */
static gboolean does_something(const struct scenario *s)
{
	guint parts = s->n_agents;

	for (guint i = 0; i < s->n_tracks; i++)
		parts += s->tracks[i].n_steps;
	return parts > 0;
}

static void check_ablations(const char *file, guint64 seed)
{
	rig_auto(scenario) whole = scenario_load(file, NULL);
	g_auto(GStrv) all = scenario_ablations(whole);
	g_autoptr(GHashTable) before = draws(whole, seed);

	for (char **without = all; *without; without++) {
		rig_auto(scenario) s = scenario_load(file, NULL);
		g_autoptr(GHashTable) after = NULL;

		ck_assert(scenario_ablate(s, *without, NULL));
		after = draws(s, seed);
		compare(before, after, *without);
		ck_assert_msg(g_hash_table_size(after) > 0 || !does_something(s), "%s without %s",
			      file, *without);
	}
}

START_TEST(ablation_moves_no_draw)
{
	g_auto(GStrv) names = scenario_names();

	for (char **name = names; *name; name++)
		check_ablations(*name, 7);
	for (guint64 seed = 0; seed < SEEDS; seed++) {
		rig_auto(scenario) s = generate(seed);

		check_ablations(s->file, seed);
	}
}
END_TEST

START_TEST(fewer_copies_move_no_draw)
{
	for (guint64 seed = 0; seed < SEEDS; seed++) {
		rig_auto(scenario) s = generate(seed);
		g_autoptr(GHashTable) before = draws(s, seed);
		g_autoptr(GHashTable) after = NULL;
		guint copies = s->tracks[0].copies;

		if (copies < 3) /* the devices of a track without further copies have no suffix */
			continue;
		s->tracks[0].copies--;
		after = draws(s, seed);
		ck_assert_uint_gt(compare(before, after, "a copy"), 0);
	}
}
END_TEST

/* A size is a multiple of the machine's unit, from the lowest to the highest of the range. */
START_TEST(each_size_is_drawn)
{
	guint seen[9] = {0};

	for (guint64 seed = 0; seed < SEEDS; seed++) {
		rig_auto(scenario) s = generate(seed);
		rig_auto(timeline) tl = timeline_compile(s, first_machine(s), seed);
		json_auto_t *json = timeline_json(tl);
		json_t *op;
		size_t i;

		json_array_foreach(json_object_get(json, "operations"), i, op) {
			json_int_t size = json_integer_value(json_object_get(op, "size"));

			if (g_strcmp0(json_string_value(json_object_get(op, "do")), "plug"))
				continue;
			ck_assert_int_eq(size % (128 << 20), 0);
			ck_assert_int_le(size >> 27, 8);
			seen[size >> 27]++;
		}
	}
	ck_assert_uint_eq(seen[0], 0);
	for (guint i = 1; i <= 8; i++)
		ck_assert_uint_gt(seen[i], 0);
}
END_TEST

START_TEST(deterministic_and_seeded)
{
	for (guint64 seed = 0; seed < SEEDS; seed++) {
		rig_auto(scenario) s = generate(3);
		rig_auto(timeline) a = timeline_compile(s, first_machine(s), seed);
		rig_auto(timeline) b = timeline_compile(s, first_machine(s), seed);
		rig_auto(timeline) other = timeline_compile(s, first_machine(s), seed + 1);
		json_auto_t *ja = timeline_json(a), *jb = timeline_json(b),
			    *jo = timeline_json(other);

		ck_assert(json_equal(ja, jb));
		ck_assert(!json_equal(json_object_get(ja, "operations"),
				      json_object_get(jo, "operations")));
	}
}
END_TEST

START_TEST(round_trip)
{
	for (guint64 seed = 0; seed < SEEDS; seed++) {
		rig_auto(scenario) s = generate(seed);
		rig_auto(timeline) tl = timeline_compile(s, first_machine(s), seed);
		json_auto_t *json = timeline_json(tl), *again = NULL;
		g_autoptr(GError) error = NULL;
		rig_auto(timeline) back =
			timeline_parse(json, "t.json", s, first_machine(s), &error);

		ck_assert_msg(back != NULL, "%s", error ? error->message : "");
		again = timeline_json(back);
		ck_assert(json_equal(json, again));
		/* the generated laps (passes through a track) are the same */
		for (guint n = 0; n < timeline_n_copies(tl); n++) {
			timeline_extend(tl, n, 100);
			timeline_extend(back, n, 100);
		}
		json_decref(json);
		json_decref(again);
		json = timeline_json(tl);
		again = timeline_json(back);
		ck_assert(json_equal(json, again));
	}
}
END_TEST

START_TEST(removal)
{
	rig_auto(scenario) s = generate(5);
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), 5);
	g_autoptr(GHashTable) before = draws(s, 5);
	json_auto_t *json = NULL;
	const struct op_id first = {0}, far = {99, 0, 0, 0};
	g_autoptr(GError) error = NULL;
	json_t *op;
	size_t i;

	ck_assert(timeline_remove(tl, &first, NULL));
	ck_assert(!timeline_remove(tl, &first, &error));
	ck_assert_str_eq(error->message, "the timeline has no operation 0.0.0.0");
	ck_assert(!timeline_remove(tl, &far, NULL));
	json = timeline_json(tl);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "operations")) +
				  json_array_size(json_object_get(json, "agents")) + 1,
			  g_hash_table_size(before));
	json_array_foreach (json_object_get(json, "operations"), i, op)
		ck_assert_str_ne(json_string_value(json_object_get(op, "id")), "0.0.0.0");
}
END_TEST

START_TEST(end)
{
	rig_auto(scenario) s = generate(5);
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), 5);

	timeline_set_end(tl, TRUE);
	for (guint n = 0; n < timeline_n_copies(tl); n++)
		ck_assert_ptr_null(timeline_lap(tl, n, timeline_explicit_laps(tl, n)));
}
END_TEST

START_TEST(ids)
{
	static const char *const bad[] = {"",	      "1",	  "1.2.3",   "1.2.3.4.5",
					  "01.0.0.0", "-1.0.0.0", "a.0.0.0", "4294967296.0.0.0",
					  "0.0.0. 1", "0..0.0"};
	struct op_id id;
	g_autofree char *text = NULL;

	ck_assert(op_id_parse("1.22.333.0", &id));
	text = op_id_text(&id);
	ck_assert_str_eq(text, "1.22.333.0");
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		ck_assert_msg(!op_id_parse(bad[i], &id), "%s", bad[i]);
}
END_TEST

/* A file with one error; %s stands for the normal values of the head. */
#define HEAD \
	"\"version\": 1, \"scenario\": \"small\", \"machine\": \"pc-q35\", " \
	"\"seed\": 7, \"then\": \"end\""
#define FILE_WITH(copies, ops) \
	"{" HEAD ", \"agents\": [], \"copies\": [" copies "], \"operations\": [" ops "]}"
#define ONE "{\"track\": 0, \"copy\": 0, \"laps\": 2}"
#define PLUG "{\"id\": \"0.0.0.0\", \"do\": \"plug\", \"device\": \"d\", \"size\": 268435456}"
#define WAIT(id, ms) "{\"id\": \"" id "\", \"do\": \"wait\", \"ms\": " ms "}"
#define LATE(id, after) \
	"{\"id\": \"" id "\", \"do\": \"wait\", \"ms\": 1, \"after\": \"" after "\"}"

static const struct {
	const char *text, *says;
} hostile[] = {
	{"[]", "not a timeline file: "},
	{"{", "t.json:1:"},
	{"{\"version\": 1, \"version\": 1}", "t.json:1:"},
	{"{" HEAD "}", "not a timeline file: Object item not found: agents"},
	{"{" HEAD ", \"agents\": 1, \"copies\": [], \"operations\": []}", "must be lists"},
	{"{" HEAD ", \"agents\": [], \"copies\": [], \"operations\": [], \"x\": 1}", "x"},
	{FILE_WITH("{\"track\": 9, \"copy\": 0, \"laps\": 1}", ""), "has no copy 0 of track 9"},
	{FILE_WITH("{\"track\": -1, \"copy\": 0, \"laps\": 1}", ""), "has no copy 0 of track -1"},
	{FILE_WITH(ONE ", " ONE, ""), "copies[1]: copy 0 of track 0 is listed twice"},
	{FILE_WITH("{\"track\": 0, \"copy\": 0, \"laps\": 1000000000}", ""),
	 "invalid number of laps 1000000000 (0 to 100000 in all)"},
	{FILE_WITH("{\"track\": 0, \"copy\": 0, \"laps\": -1}", ""), "invalid number of laps -1"},
	{FILE_WITH("{\"track\": 0, \"copy\": \"0\", \"laps\": 1}", ""), "copies[0]: "},
	{FILE_WITH(ONE, "7"), "operations[0]: "},
	{FILE_WITH(ONE, "{\"id\": 7, \"do\": \"wait\"}"), "operations[0]: "},
	{FILE_WITH(ONE, WAIT("gremlin", "1")), "unknown operation 'gremlin' of scenario 'small'"},
	{FILE_WITH(ONE, WAIT("0.0.0.77", "1")), "unknown operation '0.0.0.77'"},
	{FILE_WITH(ONE, WAIT("0.0.2.1", "1")),
	 "operation 0.0.2.1 is in lap 2 (from 0), but 'copies' lists 2 laps"},
	{FILE_WITH(ONE, WAIT("0.0.4000000000.1", "1")), "unknown operation '0.0.4000000000.1'"},
	{FILE_WITH(ONE, WAIT("0.0.0.0", "1")),
	 "operation 0.0.0.0 is 'wait ', in scenario 'small' it is 'plug d'"},
	{FILE_WITH(ONE, PLUG ", " PLUG), "operation 0.0.0.0 is listed twice"},
	{FILE_WITH(ONE, WAIT("0.0.0.1", "1") ", " PLUG),
	 "operation 0.0.0.0 is listed twice, or not in the order"},
	{FILE_WITH(ONE, WAIT("0.0.0.1", "60000")),
	 "operation 0.0.0.1: 'ms' must be a number from 0 to 100"},
	{FILE_WITH(ONE, WAIT("0.0.0.1", "-1")), "operation 0.0.0.1: 'ms' must be"},
	{FILE_WITH(ONE, WAIT("0.0.0.1", "\"1\"")), "operation 0.0.0.1: 'ms' must be"},
	{FILE_WITH(ONE, "{\"id\": \"0.0.0.1\", \"do\": \"wait\"}"), "operation 0.0.0.1 needs 'ms'"},
	{FILE_WITH(
		 ONE,
		 "{\"id\": \"0.0.0.0\", \"do\": \"plug\", \"device\": \"d\", \"size\": 268435457}"),
	 "operation 0.0.0.0: 'size' must be"},
	{FILE_WITH(
		 ONE,
		 "{\"id\": \"0.0.0.0\", \"do\": \"plug\", \"device\": \"e\", \"size\": 268435456}"),
	 "operation 0.0.0.0 is 'plug e'"},
	{FILE_WITH(ONE, LATE("0.0.0.1", "never")),
	 "operation 0.0.0.1: 'after' names 'never', which is not an id"},
	{FILE_WITH(ONE, LATE("0.0.0.1", "0.0.0.0")),
	 "operation 0.0.0.1 must start after 0.0.0.0, which is not in"},
	{FILE_WITH(ONE, LATE("0.0.0.1", "0.0.0.1")), "operation 0.0.0.1 must start after 0.0.0.1"},
	{FILE_WITH(ONE, LATE("0.0.0.1", "0.0.1.1") ", " LATE("0.0.1.1", "0.0.0.1")),
	 "operation 0.0.0.1 must start after 0.0.1.1"},
};

START_TEST(hostile_files)
{
	rig_auto(scenario) s = small();
	g_autofree char *file = in_scratch("t.json");
	g_autoptr(GError) error = NULL;

	ck_assert(g_file_set_contents(file, hostile[_i].text, -1, NULL));
	ck_assert_ptr_null(timeline_load(file, s, first_machine(s), &error));
	ck_assert_ptr_nonnull(error);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, hostile[_i].says), "'%s' does not say '%s'",
		      error->message, hostile[_i].says);
}
END_TEST

START_TEST(edited_file)
{
	rig_auto(scenario) s = small();
	g_autofree char *file = in_scratch("t.json");
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) lap = NULL;
	rig_auto(timeline) tl = NULL;

	ck_assert(g_file_set_contents(file, FILE_WITH(ONE, PLUG ", " LATE("0.0.0.1", "0.0.0.0")),
				      -1, NULL));
	tl = timeline_load(file, s, first_machine(s), &error);
	ck_assert_msg(tl != NULL, "%s", error ? error->message : "");
	lap = timeline_lap(tl, 0, 0);
	ck_assert_uint_eq(lap->len, 2);
	ck_assert_uint_eq(((struct operation *)lap->pdata[1])->ms, 1); /* ended early: the step says
								        * 5 to 100 */
	ck_assert(((struct operation *)lap->pdata[1])->has_after);
	ck_assert_ptr_null(timeline_lap(tl, 0, 2));
}
END_TEST

START_TEST(foreign)
{
	rig_auto(scenario) s = small();
	rig_auto(scenario) storm = scenario_load("dimm-storm", NULL);
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), 1);
	json_auto_t *json = timeline_json(tl);
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) other = NULL;

	ck_assert_ptr_null(timeline_parse(json, "t.json", storm, first_machine(s), &error));
	ck_assert_str_eq(error->message,
			 "t.json: the timeline is of scenario 'small', the run is of 'dimm-storm'");
	ck_assert_ptr_null(
		timeline_parse(json, "t.json", s, machine_find("pseries", NULL), &other));
	ck_assert_str_eq(other->message,
			 "t.json: the timeline is for machine 'pc-q35', the run is on 'pseries'");
}
END_TEST

START_TEST(sentences)
{
	rig_auto(scenario) s = small();
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), 1);
	g_autoptr(GPtrArray) lap = timeline_lap(tl, 0, 0);
	struct operation *op = lap->pdata[0];
	g_autofree char *plug = NULL, *wait = NULL, *unplug = NULL;

	op->size = 256 << 20;
	plug = operation_sentence(op);
	ck_assert_str_eq(plug, "plug the DIMM d, 256M on node 0");
	op = lap->pdata[1];
	op->ms = 12;
	wait = operation_sentence(op);
	ck_assert_str_eq(wait, "wait 12 ms");
	unplug = operation_sentence(lap->pdata[2]);
	ck_assert_str_eq(unplug, "unplug d");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timeline");
	TCase *tc = tcase_create("timeline");

	use_scratch(tc);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, ablation_moves_no_draw);
	tcase_add_test(tc, fewer_copies_move_no_draw);
	tcase_add_test(tc, each_size_is_drawn);
	tcase_add_test(tc, deterministic_and_seeded);
	tcase_add_test(tc, round_trip);
	add_lap_tests(tc);
	tcase_add_test(tc, removal);
	tcase_add_test(tc, end);
	tcase_add_test(tc, ids);
	tcase_add_loop_test(tc, hostile_files, 0, G_N_ELEMENTS(hostile));
	tcase_add_test(tc, edited_file);
	tcase_add_test(tc, foreign);
	tcase_add_test(tc, sentences);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
