// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests zoo entries (valid, invalid, and the rig's own), how runs are judged by them, and the
 * table.
 */
#include "tests/unit/suite.h"
#include "zoo/zoo.h"

#include <check.h>
#include <string.h>

#include "scenario/scenario.h"
#include "util/error.h"

static struct zoo_entry *good(const char *name)
{
	g_autofree char *path = data_path(name);
	g_autoptr(GError) error = NULL;
	struct zoo_entry *entry = zoo_load(path, &error);

	ck_assert_msg(entry != NULL, "%s", error ? error->message : "no error either");
	return entry;
}

/* The first line of each invalid file has the expected error: "# 8:1: text". */
START_TEST(bad_files)
{
	g_autofree char *folder = data_path("zoo/bad");
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	guint n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL,
				*wanted = NULL;
		g_autoptr(GError) error = NULL;
		rig_auto(zoo_entry) entry = NULL;

		if (!g_str_has_suffix(name, ".yaml"))
			continue;
		n++;
		ck_assert(g_file_get_contents(path, &text, NULL, NULL));
		text[strcspn(text, "\n")] = '\0';
		wanted = g_strdup_printf("%s:%s", path, text + 2);
		entry = zoo_load(path, &error);
		ck_assert_msg(entry == NULL, "%s was taken", path);
		ck_assert_msg(g_str_has_prefix(error->message, wanted), "\nwanted: %s\ngot:    %s",
			      wanted, error->message);
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
	ck_assert_uint_eq(n, 11);
}
END_TEST

START_TEST(full)
{
	rig_auto(zoo_entry) e = good("zoo/good/z90.yaml");
	g_autofree char *scenario = zoo_scenario(e), *folder = data_path("zoo/good");
	g_auto(GStrv) with = NULL, without = NULL, other = NULL, none = NULL;
	g_auto(GStrv) some = NULL, same = NULL, fewer = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert_str_eq(e->id, "z90");
	ck_assert_str_eq(e->mmu, "hash");
	ck_assert_uint_eq(e->patience_s, 10);
	ck_assert_uint_eq(e->duration_s, 0);
	ck_assert_int_eq(e->oracle, ORACLE_LOCKDEP);
	ck_assert_uint_eq(g_strv_length(e->verified), 0);
	ck_assert(g_str_has_prefix(scenario, folder));
	ck_assert(g_str_has_suffix(scenario, "/here.yaml"));
	ck_assert_str_eq(zoo_kernel(e), "deb:linux-source-6.1");
	ck_assert(zoo_patches(e, NULL, FALSE, &with, &some, &error));
	ck_assert_uint_eq(g_strv_length(with), 2);
	ck_assert(g_str_has_suffix(with[0], "/one.patch"));
	ck_assert(g_str_has_suffix(with[1], "/two.patch"));
	ck_assert(zoo_patches(e, NULL, TRUE, &without, &same, &error));
	ck_assert_uint_eq(g_strv_length(without), 1);
	ck_assert(g_str_has_suffix(without[0], "/one.patch"));
	ck_assert_uint_eq(g_strv_length(some), 1);
	ck_assert(g_str_has_suffix(some[0], "good/three.config"));
	ck_assert_uint_eq(g_strv_length(same), 1);
	ck_assert(zoo_patches(e, "deb:linux-source-6.12", TRUE, &other, &fewer, &error));
	ck_assert_uint_eq(g_strv_length(other), 0);
	ck_assert_uint_eq(g_strv_length(fewer), 0);
	ck_assert(!zoo_patches(e, "deb:linux-source-5.10", FALSE, &none, &none, &error));
	ck_assert_str_eq(error->message,
			 "z90 has no patches for 'deb:linux-source-5.10' (available: "
			 "deb:linux-source-6.1, deb:linux-source-6.12)");
}
END_TEST

/* Each entry of the rig's own is valid and has a scenario, which all its machines can run. */
START_TEST(own_entries)
{
	g_auto(GStrv) ids = zoo_ids();

	ck_assert_uint_ge(g_strv_length(ids), 12);
	for (char **id = ids; *id; id++) {
		g_autoptr(GError) error = NULL;
		rig_auto(zoo_entry) e = zoo_load(*id, &error);
		g_autofree char *path = e ? zoo_scenario(e) : NULL;
		rig_auto(scenario) s = path ? scenario_load(path, &error) : NULL;

		ck_assert_msg(s != NULL, "%s: %s", *id, error ? error->message : "no error either");
		ck_assert_str_eq(e->id, *id);
		for (char **m = e->machines; *m; m++)
			ck_assert_msg(scenario_check_machine(s, machine_find(*m, NULL), &error),
				      "%s: %s", *id, error ? error->message : "");
	}
}
END_TEST

START_TEST(unknown_id)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(zoo_load("z99", &error));
	ck_assert_msg(g_str_has_prefix(error->message, "unknown zoo entry 'z99' (available: z01, "),
		      "%s", error->message);
}
END_TEST

static struct run_info *a_run(enum verdict verdict, const char *inputs, const char *details)
{
	struct run_info *run = g_new0(struct run_info, 1);

	run->name = g_strdup("r");
	run->dir = g_strdup("/r");
	run->verdict = verdict;
	run->inputs = json_loads(inputs, 0, NULL);
	run->details = json_loads(details, 0, NULL);
	ck_assert_ptr_nonnull(run->inputs);
	ck_assert_ptr_nonnull(run->details);
	return run;
}

#define REPORT(kind, title, cycle)                                                                \
	"{\"reports\": [{\"kind\": \"" kind "\", \"title\": \"" title "\", \"cycle\": [" cycle    \
	"], \"when\": 3.5}],"                                                                     \
	" \"times\": {\"guest_s\": 9.0}, \"counts\": {\"agents\": [{\"ops\": 10}, {\"ops\": 5}]," \
	" \"devices\": {\"plug\": {\"ok\": 2, \"failed\": 1}}}}"
#define BOTH "\"kn->active\", \"x\", \"mem_hotplug_lock\""

static const struct {
	enum verdict verdict;
	const char *details;
	gboolean valid, caught, alarmed;
} judged[] = {
	{VERDICT_FAIL, REPORT("lockdep-circular", "in remove_memory", BOTH), TRUE, TRUE, TRUE},
	/* a report of another kind; the right kind, with the classes in another order */
	{VERDICT_FAIL,
	 REPORT("lockdep-recursive", "in remove_it", "\"mem_hotplug_lock\", \"kn->active\""), TRUE,
	 TRUE, TRUE},
	/* not caught: a class is missing, or the function or the kind differs */
	{VERDICT_FAIL, REPORT("lockdep-circular", "in remove_memory", "\"kn->active\""), TRUE,
	 FALSE, TRUE},
	{VERDICT_FAIL, REPORT("lockdep-circular", "in add_memory", BOTH), TRUE, FALSE, TRUE},
	{VERDICT_FAIL, REPORT("warning", "in remove_memory", BOTH), TRUE, FALSE, TRUE},
	/* empty and invalid verdict files */
	{VERDICT_PASS, "{}", TRUE, FALSE, FALSE},
	{VERDICT_HANG, "{\"reports\": []}", TRUE, FALSE, TRUE},
	{VERDICT_INFRA, "{}", FALSE, FALSE, FALSE},
	/*
	 * a guest that disappeared is not counted as silent; if it printed the report before, the
	 * bug was caught
	 */
	{VERDICT_LOST, "{}", FALSE, FALSE, FALSE},
	{VERDICT_LOST, REPORT("lockdep-circular", "in remove_memory", BOTH), TRUE, TRUE, FALSE},
	{VERDICT_ABORTED, "{}", FALSE, FALSE, FALSE},
	{VERDICT_SKIP, "{}", FALSE, FALSE, FALSE},
	/* JSON values of wrong types */
	{VERDICT_FAIL, "{\"reports\": {\"kind\": 1}, \"counts\": [], \"times\": 3}", TRUE, FALSE,
	 TRUE},
	{VERDICT_FAIL, "{\"reports\": [1, {\"kind\": 5, \"cycle\": 1}]}", TRUE, FALSE, TRUE},
};

START_TEST(outcomes)
{
	rig_auto(zoo_entry) e = good("zoo/good/z90.yaml");
	rig_auto(run_info) run = a_run(judged[_i].verdict, "{}", judged[_i].details);
	struct zoo_outcome o = zoo_judge(e, run);

	ck_assert_int_eq(o.valid, judged[_i].valid);
	ck_assert_int_eq(o.caught, judged[_i].caught);
	ck_assert_int_eq(o.alarmed, judged[_i].alarmed);
	if (o.caught) {
		ck_assert_double_eq(o.guest_s, 3.5);
		ck_assert_uint_eq(o.ops, 18);
	}
}
END_TEST

START_TEST(other_oracles)
{
	rig_auto(zoo_entry) e = good("zoo/good/z90.yaml");
	rig_auto(run_info) hang = a_run(VERDICT_HANG, "{}", "{\"times\": {\"guest_s\": 25}}");
	rig_auto(run_info) explained =
		a_run(VERDICT_HANG, "{}", REPORT("hang-cycle", "tasks remove", BOTH));
	rig_auto(run_info) same = a_run(VERDICT_PASS, "{}",
					"{\"accounts\": {\"before\": {\"present\": {\"0\": 5}}, "
					"\"after\": {\"present\": {\"0\": 5}}}}");
	rig_auto(run_info) less = a_run(VERDICT_FAIL, "{}",
					"{\"accounts\": {\"before\": {\"present\": {\"0\": 5}}, "
					"\"after\": {\"present\": {\"0\": 4}}}}");

	rig_auto(run_info) bound = a_run(VERDICT_PASS, "{}",
					 "{\"counts\": {\"agents\": [{\"results\": "
					 "{\"kmem-bind\": {\"ok\": 2}}}]}}");
	rig_auto(run_info) busy = a_run(VERDICT_FAIL, "{}",
					"{\"counts\": {\"agents\": [{\"results\": "
					"{\"kmem-bind\": {\"ok\": 1, \"EBUSY\": 1}}}]}}");

	e->oracle = ORACLE_WATCHDOG;
	/* the entry accepts any hang, or only a specific one */
	ck_assert(!zoo_judge(e, hang).caught);
	ck_assert(!zoo_judge(e, explained).caught);
	g_free(e->kinds[0]);
	e->kinds[0] = g_strdup("hang-cycle");
	ck_assert(zoo_judge(e, explained).caught);
	g_clear_pointer(&e->kinds[0], g_free);
	ck_assert(zoo_judge(e, hang).caught);
	ck_assert_double_eq(zoo_judge(e, hang).guest_s, 25);
	ck_assert(!zoo_judge(e, less).caught);
	e->oracle = ORACLE_OPERATION;
	e->operation = g_strdup("ns-make EBUSY|kmem-bind EBUSY");
	ck_assert(!zoo_judge(e, bound).caught);
	ck_assert(zoo_judge(e, busy).caught);
	e->oracle = ORACLE_ACCOUNTS;
	ck_assert(!zoo_judge(e, hang).caught);
	ck_assert(!zoo_judge(e, same).caught);
	ck_assert(zoo_judge(e, less).caught);
}
END_TEST

#define Z03(clean)                                         \
	"{\"zoo\": {\"entry\": \"z03\", \"clean\": " clean \
	"}, \"machine\": \"pc-q35\", \"kernel\": {\"version\": \"6.1\", \"asked\": " \
	"\"deb:linux-source-6.1\"}}"
#define Z03_WITHOUT(part)                                           \
	"{\"zoo\": {\"entry\": \"z03\"}, \"machine\": \"pc-q35\", " \
	"\"kernel\": {\"version\": \"6.1\"}, \"without\": \"" part "\"}"
#define Z03_REPORT(when)                                                                    \
	"{\"reports\": [{\"kind\": \"lockdep-circular\", \"title\": \"t\", \"when\": " when \
	", \"cycle\": [\"kn->active\", \"mem_hotplug_lock\"]}], \"counts\": {\"agents\": "  \
	"[{\"ops\": 100}]}}"

START_TEST(table)
{
	g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)run_info_free);
	g_autoptr(GPtrArray) scores = NULL;
	g_autofree char *text = NULL, *parts = NULL;
	const struct zoo_score *s;

	g_ptr_array_add(runs, a_run(VERDICT_FAIL, Z03("false"), Z03_REPORT("9.0")));
	g_ptr_array_add(runs, a_run(VERDICT_FAIL, Z03("false"), Z03_REPORT("3.0")));
	g_ptr_array_add(runs, a_run(VERDICT_FAIL, Z03("false"), Z03_REPORT("4.0")));
	g_ptr_array_add(runs, a_run(VERDICT_PASS, Z03("false"), "{}"));
	g_ptr_array_add(runs, a_run(VERDICT_INFRA, Z03("false"), "{}"));
	g_ptr_array_add(runs, a_run(VERDICT_PASS, Z03("true"), "{}"));
	g_ptr_array_add(runs, a_run(VERDICT_FAIL, Z03("true"), "{}"));
	/* runs with a part left out, one of whose names would break the table */
	g_ptr_array_add(runs, a_run(VERDICT_FAIL, Z03_WITHOUT("slab-read"), Z03_REPORT("1.0")));
	g_ptr_array_add(runs, a_run(VERDICT_PASS, Z03_WITHOUT("x|y>"), "{}"));
	/* these runs are ignored: not of the zoo, of an unknown entry, of an id that is a path */
	g_ptr_array_add(runs, a_run(VERDICT_FAIL, "{}", Z03_REPORT("1.0")));
	g_ptr_array_add(runs, a_run(VERDICT_FAIL, "{\"zoo\": {\"entry\": \"z99\"}}", "{}"));
	g_ptr_array_add(runs, a_run(VERDICT_FAIL, "{\"zoo\": {\"entry\": \"/etc/passwd\"}}", "{}"));
	scores = zoo_scores(runs);
	/*
	 * the fourth score is of entry z09, which has the same clean twin (kernel without the bug)
	 * on the same machines
	 */
	ck_assert_uint_eq(scores->len, 4);
	ck_assert_str_eq(((struct zoo_score *)scores->pdata[3])->id, "z09");
	ck_assert_uint_eq(((struct zoo_score *)scores->pdata[3])->clean_runs, 2);
	ck_assert_uint_eq(((struct zoo_score *)scores->pdata[3])->runs, 0);
	s = scores->pdata[0];
	ck_assert_uint_eq(s->runs, 4);
	ck_assert_uint_eq(s->caught, 3);
	ck_assert_uint_eq(s->clean_runs, 2);
	ck_assert_uint_eq(s->clean_caught, 0);
	ck_assert_uint_eq(s->clean_alarms, 1);
	ck_assert_double_eq(zoo_median(s->seconds), 4.0);
	text = zoo_table(scores);
	ck_assert_ptr_nonnull(strstr(text,
				     "| z03 | pc-q35 | 6.1 | lockdep | 3 of 4 | 4.0 (3.0 to 9.0) | "
				     "100 (100 to 100) | 0 of 2 | 1 |\n"));
	ck_assert_ptr_null(strstr(text, "slab-read"));
	ck_assert_ptr_null(strstr(text, "of 1 |"));
	parts = zoo_ablation(scores);
	ck_assert_ptr_nonnull(strstr(
		parts,
		"| z03 | pc-q35 | 6.1 | (nothing) | 3 of 4 | 4.0 (3.0 to 9.0) | 100 (100 to 100) "
		"|\n"
		"| z03 | pc-q35 | 6.1 | slab-read | 1 of 1 | 1.0 (1.0 to 1.0) | 100 (100 to 100) "
		"|\n"
		"| z03 | pc-q35 | 6.1 | x?y? | **0 of 1** | - | - |\n"));
	/* a table without rows does not replace one of an earlier measurement */
	g_ptr_array_set_size(scores, 0);
	ck_assert_ptr_null(zoo_table(scores));
	ck_assert_ptr_null(zoo_ablation(scores));
	ck_assert_ptr_null(zoo_directed(scores));
}
END_TEST

#define Z06_CLEAN(kernel)                                                            \
	"{\"zoo\": {\"entry\": \"z06\", \"clean\": true}, \"machine\": \"pc-q35\", " \
	"\"kernel\": {\"version\": \"6\", \"asked\": \"" kernel "\"}}"

/*
 * Clean runs of entry z06 count for z07 too, which has the same clean twin (the kernel without the
 * bug), but only for kernel sources that z07 supports.
 */
START_TEST(twins_of_one_kernel)
{
	g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)run_info_free);
	g_autoptr(GPtrArray) scores = NULL;
	guint z06 = 0, z07 = 0;

	g_ptr_array_add(runs, a_run(VERDICT_PASS, Z06_CLEAN("deb:linux-source-6.1"), "{}"));
	g_ptr_array_add(runs, a_run(VERDICT_PASS,
				    Z06_CLEAN("deb:linux-source-6.12@bookworm-backports"), "{}"));
	scores = zoo_scores(runs);
	for (guint i = 0; i < scores->len; i++) {
		const struct zoo_score *s = scores->pdata[i];

		z06 += g_str_equal(s->id, "z06") ? s->clean_runs : 0;
		z07 += g_str_equal(s->id, "z07") ? s->clean_runs : 0;
	}
	ck_assert_uint_eq(z06, 2);
	ck_assert_uint_eq(z07, 1);
}
END_TEST

#define BEGIN "<!-- rig zoo table: begin -->\n"
#define END "<!-- rig zoo table: end -->\n"

START_TEST(insert)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *once =
		zoo_table_insert("a\n" BEGIN "old\n" END "b\n", ZOO_TABLE, "new\n", &error);
	g_autofree char *twice = once ? zoo_table_insert(once, ZOO_TABLE, "new\n", &error) : NULL;

	ck_assert_str_eq(once, "a\n" BEGIN "\nnew\n\n" END "b\n");
	ck_assert_str_eq(once, twice);
	ck_assert_ptr_null(zoo_table_insert(END BEGIN, ZOO_TABLE, "new\n", &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	g_clear_error(&error);
	/* the marker lines of another table are ignored */
	ck_assert_ptr_null(zoo_table_insert(BEGIN END, ZOO_ABLATION, "new\n", &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

int main(void)
{
	g_autofree char *data = data_path("../..");
	g_autofree char *home = g_canonicalize_filename(data, NULL);
	Suite *suite = suite_create("zoo");
	TCase *tc = tcase_create("zoo");

	g_setenv("RIG_HOME", home, TRUE);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, bad_files);
	tcase_add_test(tc, full);
	tcase_add_test(tc, own_entries);
	tcase_add_test(tc, unknown_id);
	tcase_add_loop_test(tc, outcomes, 0, G_N_ELEMENTS(judged));
	tcase_add_test(tc, other_oracles);
	tcase_add_test(tc, table);
	tcase_add_test(tc, twins_of_one_kernel);
	tcase_add_test(tc, insert);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
