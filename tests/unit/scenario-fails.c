// SPDX-License-Identifier: GPL-2.0-only
/* Tests calls that fail: parsing --fail, and the table of functions. */
#include <check.h>
#include <string.h>

#include "scenario/fallible.h"
#include "tests/unit/scenario.h"
#include "tests/unit/suite.h"
#include "util/error.h"

/*
 * Each case has the text of --fail, and the expected fail_text(), or NULL and the beginning of the
 * error.
 */
START_TEST(fail_words)
{
	static const struct {
		const char *text, *back, *error;
	} cases[] = {
		{"arch_add_memory", "arch_add_memory ENOMEM, call 1", NULL},
		{"arch_add_memory EINVAL, call 3,times 2",
		 "arch_add_memory EINVAL, call 3, times 2", NULL},
		{"f in g EIO, comm kworker*", "f in g EIO, call 1, comm kworker*", NULL},
		{"f NULL, after plug d", "f NULL, call 1, after plug d", NULL},
		{"f", NULL, "'f' is not in the table of functions that can fail (`rig race --fail"},
		{"f ENOSUCH", NULL, "invalid errno 'ENOSUCH' of 'fail' (a name, for example"},
		{"arch_add_memory 12", NULL, "invalid errno '12' of 'fail'"},
		{"arch_add_memory NULL", NULL,
		 "invalid errno 'NULL' of 'fail': 'arch_add_memory' does not return a pointer"},
		{"hotadd_init_pgdat ENOMEM", NULL,
		 "invalid errno 'ENOMEM' of 'fail': 'hotadd_init_pgdat' returns NULL when it"},
		{"f EIO, call 0", NULL, "invalid 'call 0' of --fail (1 to 1000000"},
		{"f EIO, times x", NULL, "invalid 'times x' of --fail"},
		{"f EIO, comm a-name-of-16byte", NULL, "invalid 'comm' 'a-name-of-16byte'"},
		{"f EIO, after plug e", NULL, "invalid 'after' 'plug e' of 'fail'"},
		{"f EIO ENOMEM", NULL, "invalid --fail 'f EIO ENOMEM' (allowed: 'FUNCTION"},
		{"f-g EIO", NULL, "invalid function 'f-g' of 'fail'"},
		{"f EIO, often", NULL, "invalid 'often' of --fail"},
		{"", NULL, "invalid --fail ''"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		rig_auto(scenario) s = scenario_good("scenario/good/full.yaml");
		g_autoptr(GError) error = NULL;
		g_autofree char *back = NULL;
		unsigned n = s->n_fails;

		if (!scenario_add_fail(s, cases[i].text, &error)) {
			ck_assert_msg(cases[i].error &&
					      g_str_has_prefix(error->message, cases[i].error),
				      "%s: %s", cases[i].text, error->message);
			ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
			ck_assert_uint_eq(s->n_fails, n);
			continue;
		}
		back = fail_text(&s->fails[n]);
		ck_assert_str_eq(back, cases[i].back);
	}
}
END_TEST

/* Tests the values that functions return; each row of the table must have such a value. */
START_TEST(fallible_values)
{
	guint64 value;

	ck_assert(fallible_value(RETURNS_ERRNO, "ENOMEM", &value));
	ck_assert_uint_eq(value, (guint64)-12);
	ck_assert(fallible_value(RETURNS_NOTIFIER, "ENOMEM", &value));
	ck_assert_uint_eq(value, 0x8000 | (1 + 12)); /* notifier_from_errno(-ENOMEM) */
	ck_assert(fallible_value(RETURNS_POINTER, "NULL", &value));
	ck_assert_uint_eq(value, 0);
	ck_assert(!fallible_value(RETURNS_ERRNO, "EWHAT", &value));
	ck_assert_ptr_null(fallible_find("printk", NULL));
	for (const struct fallible *row = fallible_functions; row->function; row++) {
		g_auto(GStrv) errors = g_strsplit(row->errors, " ", -1);

		for (char **error = errors; *error; error++) {
			ck_assert_msg(fallible_value(row->returns, *error, &value), "%s: %s",
				      row->function, *error);
			ck_assert_int_eq(!value, row->returns == RETURNS_POINTER);
		}
		ck_assert_ptr_eq(fallible_find(row->function, row->in), row);
	}
}
END_TEST

void add_fail_tests(TCase *tcase)
{
	tcase_add_test(tcase, fail_words);
	tcase_add_test(tcase, fallible_values);
}
