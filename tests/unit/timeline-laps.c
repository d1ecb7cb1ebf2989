// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests generated laps (passes through a track whose operations the timeline does not list): they
 * do not change when they are listed, and are not stored when they are printed.
 */
#include "tests/unit/timeline.h"

#include <string.h>

#include "tests/unit/suite.h"
#include "util/auto.h"

const struct machine *first_machine(const struct scenario *s)
{
	return machine_find(s->machines[0], NULL);
}

struct scenario *small(void)
{
	static const char text[] =
		"about: small\nmachines: [pc-q35]\nmemory: 1G\nmax_memory: 2G\nslots: 1\n"
		"duration: 1\ntracks:\n  - steps:\n"
		"      - {do: plug, id: d, device: dimm, size: [256M, 512M]}\n"
		"      - {do: wait, ms: [5, 100]}\n      - {do: unplug, id: d}\n";
	g_autofree char *file = in_scratch("small.yaml");
	g_autoptr(GError) error = NULL;
	struct scenario *s;

	ck_assert(g_file_set_contents(file, text, -1, NULL));
	s = scenario_load(file, &error);
	ck_assert_msg(s != NULL, "%s", error ? error->message : "");
	return s;
}

START_TEST(generated_is_listed)
{
	rig_auto(scenario) s = small();
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), 5);
	g_autoptr(GPtrArray) drawn = timeline_lap(tl, 0, 70);
	g_autoptr(GPtrArray) listed = NULL;

	timeline_extend(tl, 0, 71);
	ck_assert_uint_eq(timeline_explicit_laps(tl, 0), 71);
	listed = timeline_lap(tl, 0, 70);
	ck_assert_uint_eq(drawn->len, 3);
	ck_assert_uint_eq(listed->len, 3);
	for (guint i = 0; i < drawn->len; i++) {
		const struct operation *a = drawn->pdata[i], *b = listed->pdata[i];

		ck_assert(a != b && a->size == b->size && a->ms == b->ms);
	}
}
END_TEST

static json_t *printed(const struct timeline *tl, const unsigned *laps)
{
	g_autofree char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_error_t why;
	json_t *json;

	timeline_print(tl, laps, out);
	fclose(out);
	json = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	ck_assert_msg(json != NULL, "line %d: %s", why.line, why.text);
	return json;
}

/*
 * Printing generated laps (passes through a track) gives the same file as listing them in the
 * timeline, and stores none of them.
 */
START_TEST(printed_is_not_kept)
{
	rig_auto(scenario) s = small();
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), 5);
	rig_auto(timeline) listed = timeline_compile(s, first_machine(s), 5);
	json_auto_t *before = timeline_json(tl), *plain = printed(tl, NULL);
	const unsigned fewer[] = {1}, laps[] = {1000}, too_many[] = {G_MAXUINT};
	json_auto_t *first = printed(tl, fewer), *whole = printed(tl, laps),
		    *cut = printed(tl, too_many), *expected = NULL;
	guint explicit = timeline_explicit_laps(listed, 0);

	timeline_extend(listed, 0, 1000);
	expected = timeline_json(listed);
	ck_assert(json_equal(plain, before) && json_equal(first, before));
	ck_assert(json_equal(whole, expected));
	ck_assert_uint_eq(timeline_explicit_laps(tl, 0), explicit);
	/* a lap of three operations counts as four towards TIMELINE_OPERATIONS_MAX */
	ck_assert_uint_eq(json_array_size(json_object_get(cut, "operations")),
			  TIMELINE_OPERATIONS_MAX / 4 * 3);
}
END_TEST

/* Loads a timeline of S in which the agent leaves out the operations with the numbers SKIP. */
static struct timeline *with_skip(const struct scenario *s, const char *skip, GError **error)
{
	rig_auto(timeline) tl = timeline_compile(s, first_machine(s), 5);
	json_auto_t *json = timeline_json(tl);
	json_t *agent = json_array_get(json_object_get(json, "agents"), 0);

	ck_assert_ptr_null(timeline_agent_skip(tl, &s->agents[0], 0));
	json_object_set_new(agent, "skip", json_string(skip));
	return timeline_parse(json, "t.json", s, first_machine(s), error);
}

/*
 * The list of operations that an agent leaves out is read back unchanged; other forms are rejected.
 */
START_TEST(an_agents_turns_are_left_out)
{
	static const char *const good[] = {"1", "3,10-20,40-", "1-", "5-5",
					   "1-9223372036854775807"};
	static const char *const bad[] = {"",	 "0",	"-3",  "3-2", "3,3",	"5-,9", "1-2-3",
					  "1,,2", "1,", "x", " 1", "1-9223372036854775808"};
	rig_auto(scenario) s = scenario_load("dimm-remove-vs-sysfs", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		rig_auto(timeline) tl = with_skip(s, good[i], NULL);
		rig_auto(timeline) back = NULL;
		json_auto_t *json = NULL;

		ck_assert_msg(tl != NULL, "'%s'", good[i]);
		json = timeline_json(tl);
		back = timeline_parse(json, "t.json", s, first_machine(s), NULL);
		ck_assert_str_eq(timeline_agent_skip(back, &s->agents[0], 0), good[i]);
		ck_assert_ptr_null(timeline_agent_skip(back, &s->agents[1], 0));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		ck_assert_msg(!with_skip(s, bad[i], &error), "'%s'", bad[i]);
		ck_assert_msg(strstr(error->message, "invalid skip"), "%s", error->message);
	}
}
END_TEST

/* The unit of a balloon, 64 KiB, is smaller than that of virtio-mem on any machine. */
START_TEST(each_size_of_a_balloon_is_drawn)
{
	static const char text[] = "about: x\nmachines: [pc-q35]\nmemory: 1G\nduration: 9\n"
				   "tracks:\n  - steps:\n"
				   "      - {do: plug, id: b, device: balloon}\n"
				   "      - {do: resize, id: b, size: [64K, 256K]}\n"
				   "      - {do: unplug, id: b}\n";
	g_autofree char *file = in_scratch("balloon.yaml");
	rig_auto(scenario) s = NULL;
	guint seen[5] = {0};

	ck_assert(g_file_set_contents(file, text, -1, NULL));
	s = scenario_load(file, NULL);
	ck_assert_ptr_nonnull(s);
	for (guint64 seed = 0; seed < 30; seed++) {
		rig_auto(timeline) tl = timeline_compile(s, first_machine(s), seed);
		g_autoptr(GPtrArray) lap = timeline_lap(tl, 0, 0);
		const struct operation *op = lap->pdata[1];

		ck_assert_uint_eq(op->size % (64 << 10), 0);
		ck_assert_uint_le(op->size >> 16, 4);
		seen[op->size >> 16]++;
	}
	ck_assert_uint_eq(seen[0], 0);
	for (guint i = 1; i <= 4; i++)
		ck_assert_uint_gt(seen[i], 0);
}
END_TEST

void add_lap_tests(TCase *tcase)
{
	tcase_add_test(tcase, generated_is_listed);
	tcase_add_test(tcase, printed_is_not_kept);
	tcase_add_test(tcase, each_size_of_a_balloon_is_drawn);
	tcase_add_test(tcase, an_agents_turns_are_left_out);
}
