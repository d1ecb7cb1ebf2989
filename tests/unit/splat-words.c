// SPDX-License-Identifier: GPL-2.0-only
/* Searches texts for sets of words, at each alignment and at both ends of the text. */
#include <string.h>

#include "splat/word-set.h"
#include "tests/unit/splat.h"

static const char *const all_words[] = {
	"){", "[#", "abc", "xyz", " by task ", "Call Trace:", "lock", "locks", "aaaaaa", "block ",
};

/* Checks that the set finds exactly those words in TEXT that strstr() finds. */
static void check_text(const struct word_set *set, const char *text)
{
	/* an allocation of the exact size, so that ASan detects a read after its end */
	g_autofree char *copy = g_strdup(text);
	struct word_bits found;
	gboolean any = FALSE;

	word_set_find(set, copy, &found);
	for (guint i = 0; i < G_N_ELEMENTS(all_words); i++) {
		gboolean is_there = strstr(copy, all_words[i]) != NULL;

		ck_assert_msg(word_bits_has(&found, i) == is_there, "'%s' in '%s'", all_words[i],
			      text);
		any |= is_there;
	}
	ck_assert_int_eq(found.any, any);
}

START_TEST(words_are_found_everywhere)
{
	static struct word_set set;

	for (guint i = 0; i < G_N_ELEMENTS(all_words); i++) {
		ck_assert_uint_eq(word_set_add(&set, all_words[i]), i);
		ck_assert_uint_eq(word_set_add(&set, all_words[i]), i);
	}
	check_text(&set, "");
	check_text(&set, "no word");
	for (guint i = 0; i < G_N_ELEMENTS(all_words); i++)
		for (int before = 0; before < 4; before++)
			for (int after = 0; after < 4; after++) {
				g_autofree char *text =
					g_strdup_printf("%.*s%s%.*s", before, "a(l", all_words[i],
							after, " bx");

				check_text(&set, text);
				/* the same text without its last character */
				text[strlen(text) - 1] = '\0';
				check_text(&set, text);
			}
}
END_TEST

void add_word_tests(TCase *tests)
{
	tcase_add_test(tests, words_are_found_everywhere);
}
