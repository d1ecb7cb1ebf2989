// SPDX-License-Identifier: GPL-2.0-only
/* Tests that scenario files that are too large, too deep or damaged are rejected. */
#include "tests/unit/scenario.h"
#include "tests/unit/suite.h"
#include "scenario/scenario.h"

#include <string.h>

#include "util/error.h"
#include "util/rng.h"

static gboolean load_text(const char *text, gssize len, char **ret_message)
{
	g_autofree char *path = in_scratch("mutant.yaml");
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = NULL;

	ck_assert(g_file_set_contents(path, text, len, NULL));
	s = scenario_load(path, &error);
	ck_assert((s == NULL) == (error != NULL));
	if (error) {
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
		*ret_message = g_strdup(error->message);
	}
	return s != NULL;
}

START_TEST(too_large)
{
	g_autofree char *message = NULL;
	g_autoptr(GString) text = g_string_new("about: x\n");

	while (text->len <= 1 << 20)
		g_string_append(
			text,
			"# a comment that takes room, and another, and another, and one more\n");
	ck_assert(!load_text(text->str, text->len, &message));
	ck_assert_ptr_nonnull(strstr(message, "at most 1048576 are read"));
}
END_TEST

/* Small files that would keep a simple parser busy for minutes, or exhaust its stack. */
START_TEST(deep)
{
	static const char *const steps[] = {"[",  "{",	      "[#]\n", "- ",
					    "? ", "a: {b: [", "&a ",   "!t "};
	g_autofree char *message = NULL;
	g_autoptr(GString) text = g_string_new("about: x\nneeds: ");

	if (steps[_i][0] == '-' || steps[_i][0] == '?')
		g_string_assign(text, "");
	while (text->len < (1 << 20) - 16)
		g_string_append(text, steps[_i]);
	ck_assert(!load_text(text->str, text->len, &message));
}
END_TEST

/* A file with any change is either accepted or rejected with its name and a reason. */
START_TEST(mutants)
{
	g_autofree char *path = data_path("scenario/good/full.yaml"), *text = NULL;
	static const char bytes[] = "[]{}:,-#&*!|>'\"%@`\n\t 09az\x80\xff";
	struct rng rng = rng_stream(20261121, "mutants");
	guint taken = 0;
	gsize len;

	ck_assert(g_file_get_contents(path, &text, &len, NULL));
	for (guint i = 0; i < 3000; i++) {
		g_autofree char *mutant = g_memdup2(text, len), *message = NULL;
		gsize mutant_len = rng_between(&rng, 0, 9) ? len : rng_between(&rng, 0, len);

		for (guint changes = rng_between(&rng, 1, 3); changes--;)
			mutant[rng_between(&rng, 0, len - 1)] =
				bytes[rng_between(&rng, 0, sizeof(bytes) - 2)];
		if (load_text(mutant, mutant_len, &message))
			taken++;
		else
			ck_assert_msg(strstr(message, "mutant.yaml") != NULL, "%s", message);
	}
	/* a changed file can only be valid if the change is in a comment or text */
	ck_assert_uint_gt(taken, 0);
	ck_assert_uint_lt(taken, 1500);
}
END_TEST

void add_damaged_tests(TCase *tcase)
{
	tcase_add_test(tcase, too_large);
	tcase_add_loop_test(tcase, deep, 0, 8);
	tcase_add_test(tcase, mutants);
}
