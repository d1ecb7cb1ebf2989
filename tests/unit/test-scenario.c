// SPDX-License-Identifier: GPL-2.0-only
/* Tests scenario files: valid and invalid ones in tests/data/scenario/, and the rig's own. */
#include "tests/unit/scenario.h"
#include "tests/unit/suite.h"
#include "scenario/scenario.h"

#include <check.h>
#include <string.h>

#include "util/error.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

struct scenario *scenario_good(const char *name)
{
	g_autofree char *path = data_path(name);
	g_autoptr(GError) error = NULL;
	struct scenario *s = scenario_load(path, &error);

	ck_assert_msg(s != NULL, "%s", error ? error->message : "no error either");
	return s;
}

/* The first line of each bad file has the expected error: "# 8:1: text", or "# text". */
static void check_bad(const char *path)
{
	g_autofree char *text = NULL, *wanted = NULL;
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = NULL;

	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	text[strcspn(text, "\n")] = '\0';
	ck_assert_msg(g_str_has_prefix(text, "# "), "%s does not say what is wrong with it", path);
	wanted = g_strdup_printf("%s:%s%s", path, g_ascii_isdigit(text[2]) ? "" : " ", text + 2);
	s = scenario_load(path, &error);
	ck_assert_msg(s == NULL, "%s was taken", path);
	ck_assert_msg(g_str_has_prefix(error->message, wanted), "\nwanted: %s\ngot:    %s", wanted,
		      error->message);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}

START_TEST(bad_files)
{
	g_autofree char *folder = data_path("scenario/bad");
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	guint n = 0;

	ck_assert_ptr_nonnull(dir);
	for (; (name = g_dir_read_name(dir)); n++) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		check_bad(path);
	}
	ck_assert_uint_ge(n, 60);
}
END_TEST

/*
 * the text of a hold, and the expected text of hold_text(); or NULL, and the beginning of the error
 */
START_TEST(hold_words)
{
	static const struct {
		const char *text, *back, *error;
	} cases[] = {
		{"a until b", "a until b, max 200, times 100", NULL},
		{" a  meet b ", "a meet b, max 200, times 100", NULL},
		{"a+0x1f until return of b, visits 16, max 400,times 3",
		 "a+0x1f until return of b, visits 16, max 400, times 3", NULL},
		{"mm/slub.c:12 until slab_common.c:7",
		 "mm/slub.c:12 until slab_common.c:7, max 200, times 100", NULL},
		{"a, max 50", "a, max 50, times 100", NULL},
		{"a, visits 2", NULL, "'visits' is allowed only with 'until'"},
		{"a meet", NULL, "invalid place 'a meet'"},
		{"a until b, visits 0", NULL, "invalid 'visits 0' of a hold (1 to 1000)"},
		{"a, max 0", NULL, "invalid 'max 0' of a hold (1 to 500)"},
		{"a, max x", NULL, "invalid 'max x' of a hold (allowed"},
		{"a until b, max 501", NULL, "invalid 'max' 501 of a hold (1 to 500)"},
		{"a meet b, visits 2", NULL, "'visits' is allowed only with 'until'"},
		{"a until b c", NULL, "invalid place 'b c' (allowed: function,"},
		{"a+0xG until b", NULL, "invalid place 'a+0xG'"},
		{"a.c:x until b", NULL, "invalid place 'a.c:x'"},
		{"a until b, comm kworker*, same arg2 arg1",
		 "a until b, max 200, times 100, comm kworker*, same arg2 arg1", NULL},
		{"a meet b, same block", "a meet b, max 200, times 100, same block", NULL},
		{"a, comm ", NULL, "invalid 'comm' of a hold"},
		{"a, comm a-name-of-16byte", NULL, "invalid 'comm' 'a-name-of-16byte'"},
		{"a, same arg1", NULL, "'same' needs 'until' or 'meet'"},
		{"a until return of b, same arg1", NULL, "'same' needs 'until' or 'meet'"},
		{"a until b, same arg5", NULL, "invalid 'same' 'arg5'"},
		{"a until b, same lock", NULL, "invalid 'same' 'lock'"},
		{"", NULL, "invalid hold ''"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *back = NULL;
		struct hold_spec hold;

		if (!hold_parse(cases[i].text, &hold, &error)) {
			ck_assert_msg(cases[i].error &&
					      g_str_has_prefix(error->message, cases[i].error),
				      "%s: %s", cases[i].text, error->message);
			ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
			continue;
		}
		back = hold_text(&hold);
		ck_assert_str_eq(back, cases[i].back);
		hold_clear(&hold);
	}
}
END_TEST

START_TEST(least)
{
	rig_auto(scenario) s = scenario_good("scenario/good/least.yaml");
	g_autofree char *cmdline = scenario_cmdline(s);

	ck_assert_str_eq(s->name, "least");
	ck_assert_uint_eq(s->memory, 512 * MIB);
	ck_assert_uint_eq(s->max_memory, 512 * MIB);
	ck_assert_uint_eq(s->slots, 0);
	ck_assert_uint_eq(s->nodes, 1);
	ck_assert_uint_eq(s->base_nodes, 1);
	ck_assert_uint_eq(s->cpus, 2);
	ck_assert_uint_eq(s->max_cpus, 2);
	ck_assert_uint_eq(s->boot_s, 60);
	ck_assert(s->accounts);
	ck_assert_ptr_null(s->needs[0]);
	ck_assert_ptr_null(s->expect.kind);
	ck_assert_uint_eq(s->agents[0].count, 1);
	ck_assert_uint_eq(s->agents[0].rate, 0);
	ck_assert_str_eq(cmdline, "memhp_default_state=offline");
}
END_TEST

START_TEST(full_head)
{
	rig_auto(scenario) s = scenario_good("scenario/good/full.yaml");
	g_autofree char *cmdline = scenario_cmdline(s);

	ck_assert_str_eq(s->about, "First sentence. Second one.\n\nAnother paragraph.");
	ck_assert_str_eq(s->machines[1], "pseries");
	ck_assert_ptr_null(s->machines[2]);
	ck_assert_uint_eq(s->max_memory, 6144 * MIB);
	ck_assert_uint_eq(s->nodes, 2);
	ck_assert_uint_eq(s->max_cpus, 3);
	ck_assert_str_eq(s->needs[2], "!CONFIG_C");
	ck_assert_uint_eq(s->duration_s, 60);
	ck_assert_uint_eq(s->boot_s, 90);
	ck_assert(!s->accounts);
	ck_assert_str_eq(cmdline, "memhp_default_state=online_movable quiet movable_node");
	ck_assert_str_eq(s->expect.kind, "lockdep-circular");
	ck_assert_str_eq(s->expect.cycle[2], "mem_hotplug_lock");
	ck_assert_ptr_null(s->expect.cycle[3]);
	ck_assert_uint_eq(s->agents[0].count, 3);
	ck_assert(s->agents[0].optional);
	ck_assert_str_eq(s->agents[0].params[0].key, "blocks");
	ck_assert_str_eq(s->agents[0].params[0].value, "4,8-9");
	ck_assert_uint_eq(s->agents[0].n_params, 2);
}
END_TEST

START_TEST(full_tracks)
{
	rig_auto(scenario) s = scenario_good("scenario/good/full.yaml");
	const struct step *step = s->tracks[0].steps;

	ck_assert_uint_eq(s->n_tracks, 3);
	ck_assert_uint_eq(s->tracks[0].copies, 2);
	ck_assert_uint_eq(s->tracks[0].repeat, 0);
	ck_assert_int_eq(step[0].what, STEP_PLUG);
	ck_assert_int_eq(step[0].device, DEVICE_DIMM);
	ck_assert_uint_eq(step[0].size.low, 256 * MIB);
	ck_assert_uint_eq(step[0].size.high, 1024 * MIB);
	ck_assert_uint_eq(step[0].node, 1);
	ck_assert_int_eq(step[0].backend, 1);
	ck_assert_uint_eq(step[0].timeout_s, 30);
	ck_assert_uint_eq(step[0].chance, 100);
	ck_assert_uint_eq(step[1].ms.low, 100);
	ck_assert_uint_eq(step[1].ms.high, 300);
	ck_assert_int_eq(step[2].how, HOW_RANDOM);
	ck_assert_uint_eq(step[2].chance, 30);
	ck_assert_uint_eq(step[3].timeout_s, 5);
	step = s->tracks[1].steps;
	ck_assert_uint_eq(s->tracks[1].repeat, 2);
	ck_assert(step[0].once);
	ck_assert_uint_eq(step[0].requested.low, 256 * MIB);
	ck_assert_uint_eq(step[1].size.high, 512 * MIB);
	ck_assert_int_eq(step[6].what, STEP_CPU);
	ck_assert_uint_eq(step[6].cpu, 1);
	ck_assert_int_eq(s->tracks[2].steps[0].device, DEVICE_CPU);
	ck_assert_uint_eq(s->n_fails, 2);
	ck_assert_str_eq(s->fails[0].error, "ENOMEM");
	ck_assert_uint_eq(s->fails[0].call, 2);
	ck_assert_str_eq(s->fails[1].after, "plug d");
	ck_assert_uint_eq(s->fails[1].times, 3);
}
END_TEST

/* Each of the rig's own scenarios is valid and supported by every machine that it names. */
START_TEST(own_scenarios)
{
	g_auto(GStrv) names = scenario_names();
	guint n = 0;

	for (; names[n]; n++) {
		g_autoptr(GError) error = NULL;
		rig_auto(scenario) s = scenario_load(names[n], &error);

		ck_assert_msg(s != NULL, "%s", error ? error->message : "");
		for (guint i = 0; s->machines[i]; i++)
			ck_assert_msg(scenario_check_machine(s, machine_find(s->machines[i], NULL),
							     &error),
				      "%s", error ? error->message : "");
	}
	ck_assert_uint_ge(n, 11);
}
END_TEST

START_TEST(names)
{
	static const struct {
		const char *what, *says;
	} wrong[] = {
		{"gremlins", "no scenario 'gremlins'; available: balloon-vs-unplug, busted, "},
		{"Gremlins", "Gremlins: invalid scenario name 'Gremlins'"},
		{"/nowhere/x.yaml", "cannot read '/nowhere/x.yaml'"},
		{"", "invalid scenario name"},
		{"/proc/self", "not a regular file"},
		{"no-such-folder/none.yaml", "cannot read 'no-such-folder/none.yaml'"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		ck_assert_ptr_null(scenario_load(wrong[i].what, &error));
		ck_assert_msg(strstr(error->message, wrong[i].says) != NULL, "%s", error->message);
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

START_TEST(needs_of_a_run)
{
	rig_auto(scenario) s = scenario_good("scenario/good/full.yaml");
	g_autofree const char **needs = scenario_all_needs(s);

	/*
	 * the scenario's own needs first, then those of slab-read; block-state is optional in this
	 * scenario
	 */
	ck_assert_str_eq(needs[0], "CONFIG_A");
	ck_assert(g_strv_contains(needs, "CONFIG_SLUB_DEBUG"));
	ck_assert(!g_strv_contains(needs, "CONFIG_MEMORY_HOTREMOVE"));
	/* of a device */
	ck_assert(g_strv_contains(needs, "CONFIG_ACPI_NFIT|CONFIG_PAPR_SCM"));
	ck_assert_ptr_null(scenario_agent_needs("gremlin"));
	for (const struct agent_info *info = scenario_agents; info->name; info++)
		ck_assert_msg(*info->about && info->needs[0], "%s", info->name);
}
END_TEST

/*
 * The kernel must have the option that creates a file of `write` or `read`, unless the agent is
 * optional.
 */
START_TEST(options_of_files)
{
	rig_auto(scenario) s = scenario_good("scenario/good/files.yaml");
	g_autofree const char **needs = scenario_all_needs(s);

	ck_assert(g_strv_contains(needs, "CONFIG_KSM"));
	ck_assert(g_strv_contains(needs, "CONFIG_HUGETLBFS"));
	ck_assert(!g_strv_contains(needs, "CONFIG_DEBUG_KMEMLEAK"));
	ck_assert_str_eq(s->agents[0].params[1].value, "1 2,3");
	ck_assert_str_eq(scenario_file_option("/sys/devices/system/memory/memory*/state"),
			 "CONFIG_MEMORY_HOTPLUG");
	ck_assert_ptr_null(scenario_file_option("/dev/null"));
	for (const char *const *file = (const char *const[]){"/proc/sys/vm/nr_hugepages",
							     "/sys/kernel/mm/ksm/run", NULL};
	     *file; file++)
		ck_assert_ptr_nonnull(scenario_file_option(*file));
}
END_TEST

/* The guest's programs and the host's table name the same agents and parameters. */
START_TEST(agents_are_the_guests)
{
	g_autofree char *folder =
		g_build_filename(g_getenv("RIG_HOME"), "guest-init", "agents", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GString) sources = g_string_new(NULL);
	const char *name;

	ck_assert_ptr_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;

		if (g_file_get_contents(path, &text, NULL, NULL))
			g_string_append(sources, text);
	}
	for (const struct agent_info *info = scenario_agents; info->name; info++) {
		g_autofree char *line = g_strdup_printf(".name = \"%s\",", info->name);
		char *at = strstr(sources->str, line);

		ck_assert_msg(at != NULL, "the guest has no agent %s", info->name);
		at[1] = '-';
		for (guint i = 0; info->params && info->params[i]; i++) {
			g_autofree char *param = g_strdup_printf("{\"%s\", ", info->params[i]);

			ck_assert_msg(strstr(sources->str, param), "%s: the guest has no param %s",
				      info->name, info->params[i]);
		}
	}
	ck_assert_msg(!strstr(sources->str, ".name = \""), "the guest has more: %.60s",
		      strstr(sources->str, ".name = \""));
}
END_TEST

static struct scenario *two_tracks(void)
{
	g_autofree char *path = in_scratch("parts.yaml");
	g_autoptr(GError) error = NULL;
	struct scenario *s;

	ck_assert(g_file_set_contents(
		path,
		"about: x\nmachines: [pc-q35]\nmemory: 1G\nmax_memory: 2G\n"
		"slots: 2\nduration: 1\nagents:\n  - {name: slab-read, count: 2}\n"
		"  - {name: slab-read}\ntracks:\n  - steps:\n"
		"      - {do: plug, id: d, device: dimm, size: 128M}\n"
		"      - {do: online, id: d, how: offline}\n"
		"      - {do: wait, ms: 5}\n      - {do: unplug, id: d}\n"
		"  - steps:\n      - {do: wait, ms: 5}\n",
		-1, NULL));
	s = scenario_load(path, &error);
	ck_assert_msg(s != NULL, "%s", error ? error->message : "");
	return s;
}

/*
 * Each part (an agent, a step, or all holds) can be left out, and the remaining scenario is as
 * expected.
 */
START_TEST(parts)
{
	static const struct {
		const char *name;
		unsigned agents, count, tracks, steps;
		gboolean once;
	} wanted[] = {
		{"slab-read", 1, 1, 2, 4, FALSE},
		{"one slab-read of 2", 2, 1, 2, 4, FALSE},
		{"slab-read #2", 1, 2, 2, 4, FALSE},
		{"plug d", 2, 2, 2, 1, FALSE}, /* only the wait step remains */
		{"online offline d", 2, 2, 2, 3, FALSE},
		{"wait", 2, 2, 2, 3, FALSE},
		{"unplug d", 2, 2, 2, 3, TRUE},
		{"wait #2", 2, 2, 1, 4, FALSE}, /* a track without steps is removed */
	};
	rig_auto(scenario) whole = two_tracks();
	g_auto(GStrv) all = scenario_ablations(whole);
	g_autoptr(GError) error = NULL;

	ck_assert_uint_eq(g_strv_length(all), G_N_ELEMENTS(wanted));
	for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
		rig_auto(scenario) s = two_tracks();

		ck_assert_str_eq(all[i], wanted[i].name);
		ck_assert(scenario_ablate(s, wanted[i].name, NULL));
		ck_assert_uint_eq(s->n_agents, wanted[i].agents);
		ck_assert_uint_eq(s->agents[0].count, wanted[i].count);
		ck_assert_uint_eq(s->n_tracks, wanted[i].tracks);
		ck_assert_uint_eq(s->tracks[0].n_steps, wanted[i].steps);
		ck_assert_int_eq(s->tracks[0].steps[0].once, wanted[i].once);
	}
	ck_assert(!scenario_ablate(whole, "gremlins", &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	ck_assert_ptr_nonnull(
		strstr(error->message, "no part 'gremlins'; it has: slab-read, one "));
}
END_TEST

int main(void)
{
	g_autofree char *data = data_path("../..");
	g_autofree char *home = g_canonicalize_filename(data, NULL);
	Suite *suite = suite_create("scenario");
	TCase *tc = tcase_create("scenario");

	g_setenv("RIG_HOME", home, TRUE);
	tcase_set_timeout(tc, 60);
	use_scratch(tc);
	tcase_add_test(tc, bad_files);
	tcase_add_test(tc, hold_words);
	add_fail_tests(tc);
	tcase_add_test(tc, least);
	tcase_add_test(tc, full_head);
	tcase_add_test(tc, full_tracks);
	tcase_add_test(tc, own_scenarios);
	tcase_add_test(tc, names);
	add_fit_tests(tc);
	tcase_add_test(tc, needs_of_a_run);
	tcase_add_test(tc, options_of_files);
	add_scenario_file_tests(tc);
	tcase_add_test(tc, agents_are_the_guests);
	tcase_add_test(tc, parts);
	add_switch_tests(tc);
	add_module_tests(tc);
	add_damaged_tests(tc);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
