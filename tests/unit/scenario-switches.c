// SPDX-License-Identifier: GPL-2.0-only
/* Tests kernel switches: which words are accepted, and which values are drawn. */
#include "tests/unit/scenario.h"

#include <string.h>

#include "scenario/scenario.h"
#include "scenario/switches.h"
#include "tests/unit/suite.h"

/* Each value of each switch is drawn by some seed, and the same seed draws the same value again. */
START_TEST(all_values_are_drawn)
{
	for (const struct kernel_switch *s = scenario_switches; s->name; s++) {
		g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
		guint values = 0;

		while (values < SWITCH_VALUES_MAX && s->values[values].name)
			values++;
		for (guint64 seed = 0; seed < 200; seed++) {
			const struct switch_value *value = switch_draw(s->name, seed, NULL);

			ck_assert_ptr_nonnull(value);
			ck_assert_ptr_eq(value, switch_draw(s->name, seed, NULL));
			g_hash_table_add(seen, (gpointer)value->name);
		}
		ck_assert_uint_eq(g_hash_table_size(seen), values);
	}
}
END_TEST

/* Two switches with the same number of values are drawn independently. */
START_TEST(draws_are_independent)
{
	guint same = 0;

	for (guint64 seed = 0; seed < 200; seed++)
		same += !strcmp(switch_draw("page_owner", seed, NULL)->name,
				switch_draw("memmap_on_memory", seed, NULL)->name);
	ck_assert_uint_gt(same, 50);
	ck_assert_uint_lt(same, 150);
}
END_TEST

/* The config fragment is that of the last list that has the switch; each fragment is a file. */
START_TEST(fragments_are_drawn)
{
	char *const kasan[] = {(char *)"page_owner", (char *)"kernel_config=kasan", NULL};
	char *const plain[] = {(char *)"kernel_config=standard", NULL};
	char *const all[] = {(char *)"kernel_config", NULL};
	char *const none[] = {(char *)"page_owner", NULL};
	guint drawn = 0;

	ck_assert_ptr_null(switch_draw_fragment(none, NULL, 1));
	ck_assert_str_eq(switch_draw_fragment(kasan, none, 1), "scenarios/kconfig/kasan.config");
	ck_assert_str_eq(switch_draw_fragment(plain, kasan, 1), "scenarios/kconfig/kasan.config");
	ck_assert_ptr_null(switch_draw_fragment(kasan, plain, 1));
	for (guint64 seed = 0; seed < 50; seed++) {
		const char *fragment = switch_draw_fragment(NULL, all, seed);

		drawn += fragment != NULL;
		ck_assert(!fragment || g_file_test(fragment, G_FILE_TEST_IS_REGULAR));
		ck_assert_int_eq(fragment != NULL,
				 !!strcmp(switch_draw("kernel_config", seed, NULL)->name,
					  "standard"));
	}
	ck_assert(drawn > 25 && drawn < 50);
}
END_TEST

/* The switches among the options of a run, with the value in the same word or the next one. */
START_TEST(options_vary)
{
	static const char *const words[] = {"--vary", "a", "--json", "--vary=b", "--vary", "--vary",
					    "-q",     "--vary", NULL};
	g_autofree char **texts = switch_texts(words), **none = switch_texts(NULL);
	g_autofree char *all = g_strjoinv(" ", texts);

	ck_assert_str_eq(all, "a b --vary");
	ck_assert_ptr_null(*none);
}
END_TEST

START_TEST(values_are_limited)
{
	for (guint64 seed = 0; seed < 50; seed++) {
		const char *name = switch_draw("preempt=none|full", seed, NULL)->name;

		ck_assert(!strcmp(name, "none") || !strcmp(name, "full"));
		ck_assert_str_eq(switch_draw("page_owner=on", seed, NULL)->words, "page_owner=on");
	}
}
END_TEST

static const struct {
	const char *text, *error;
} wrong[] = {
	{"", "unknown kernel switch '' (available: memmap_on_memory, "},
	{"page_ownr", "unknown kernel switch 'page_ownr' (available: "},
	{"page_owner=", "the switch 'page_owner' has no value '' (allowed: off, on)"},
	{"page_owner=on|", "the switch 'page_owner' has no value '' (allowed: off, on)"},
	{"preempt=none|ful", "has no value 'ful' (allowed: none, voluntary, full)"},
};

START_TEST(wrong_words)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(switch_draw(wrong[_i].text, 1, &error));
	ck_assert_msg(strstr(error->message, wrong[_i].error) != NULL, "%s", error->message);
}
END_TEST

START_TEST(no_switch_twice)
{
	char *texts[] = {(char *)"page_owner", (char *)"preempt", (char *)"page_owner=on"};
	g_autoptr(GError) error = NULL;

	ck_assert(switch_check(texts, 1, NULL));
	ck_assert(switch_check(texts, 2, NULL));
	ck_assert(!switch_check(texts, 3, &error));
	ck_assert_msg(strstr(error->message, "'page_owner' is given twice") != NULL, "%s",
		      error->message);
}
END_TEST

void add_switch_tests(TCase *tcase)
{
	tcase_add_test(tcase, all_values_are_drawn);
	tcase_add_test(tcase, draws_are_independent);
	tcase_add_test(tcase, values_are_limited);
	tcase_add_test(tcase, fragments_are_drawn);
	tcase_add_test(tcase, options_vary);
	tcase_add_test(tcase, no_switch_twice);
	tcase_add_loop_test(tcase, wrong_words, 0, G_N_ELEMENTS(wrong));
}
