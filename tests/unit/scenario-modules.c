// SPDX-License-Identifier: GPL-2.0-only
/* Tests the keys `kernel`, `kconfig` and `modules`, and the modules that agents load. */
#include "tests/unit/scenario.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "util/error.h"

#define TEXT                                                                                 \
	"about: x\nmachines: [pc-q35]\nmemory: 2G\nduration: 5\nkernel: %s\nkconfig: [%s]\n" \
	"modules: [%s]\nagents: [{name: module, params: {file: %s}}]\n"

/* Values of these keys, and the beginning of the expected error, or NULL if they are accepted. */
static const struct {
	const char *kernel, *kconfig, *modules, *file, *error;
} cases[] = {
	{"full", "CONFIG_A=m", "pcrypt", "pcrypt", NULL},
	{"standard", "CONFIG_A=\"x\"", "./mine", "mine", NULL},
	/* a folder may build modules of other names */
	{"full", "CONFIG_A=y", "sub/own", "any_name", NULL},
	{"fulll", "CONFIG_A=m", "a", "a",
	 "5:9: invalid value 'fulll' for 'kernel'; did you mean 'full'?"},
	{"full", "A=m", "a", "a", "6:11: invalid option 'A=m'; write CONFIG_X=y"},
	{"full", "CONFIG_A", "a", "a", "6:11: invalid option 'CONFIG_A'"},
	{"full", "CONFIG_A=m", "a, bc", "bd",
	 "8:40: 'bd' is neither among 'modules' nor a .ko of 'files'; did you mean 'bc'?"},
	{"full", "CONFIG_A=m", "./gone", "gone", "7:11: cannot read '"},
	{"full", "CONFIG_A=m", "../x", "x", "7:11: invalid module '../x'; allowed: "},
	{"full", "CONFIG_A=m", "/tmp", "tmp", "7:11: invalid module '/tmp'"},
};

START_TEST(modules_of_a_scenario)
{
	g_autofree char *path = in_scratch("mine.yaml"), *wanted = NULL, *text = NULL;
	g_autofree char *mine = in_scratch("mine"), *own = in_scratch("sub/own");
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = NULL;

	ck_assert_int_eq(g_mkdir(mine, 0700), 0);
	ck_assert_int_eq(g_mkdir_with_parents(own, 0700), 0);
	text = g_strdup_printf(TEXT, cases[_i].kernel, cases[_i].kconfig, cases[_i].modules,
			       cases[_i].file);
	ck_assert(g_file_set_contents(path, text, -1, NULL));
	s = scenario_load(path, &error);
	if (!cases[_i].error) {
		ck_assert_msg(s != NULL, "%s", error ? error->message : "");
		ck_assert_uint_eq(s->n_modules, 1);
		ck_assert_int_eq(s->full, !strcmp(cases[_i].kernel, "full"));
		ck_assert_int_eq(!s->modules[0].folder, !strchr(cases[_i].modules, '/'));
		return;
	}
	ck_assert_ptr_null(s);
	wanted = g_strdup_printf("%s:%s", path, cases[_i].error);
	ck_assert_msg(g_str_has_prefix(error->message, wanted), "\nwanted: %s\ngot:    %s", wanted,
		      error->message);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

void add_module_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, modules_of_a_scenario, 0, G_N_ELEMENTS(cases));
}
