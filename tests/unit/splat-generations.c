// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats change between kernels, so each kind needs fixtures from at least two generations of
 * kernels.
 */
#include <string.h>

#include "splat/internal.h"
#include "tests/unit/splat.h"

/*
 * Returns the kernel version of the report ("6.1"); if the report has none, that in the fixture's
 * name.
 */
static char *generation_of(const struct fixture *fixture, const struct splat *splat)
{
	g_autoptr(GRegex) release =
		g_regex_new("(?:ainted:? .*?|Linux version |^)(\\d+\\.\\d+)[.-]",
			    G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) info = NULL;

	if (g_regex_match(release, splat->text, 0, &info))
		return g_match_info_fetch(info, 1);
	return g_strdup(fixture->name);
}

START_TEST(two_generations_of_each_kind)
{
	g_autoptr(GHashTable) kinds = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
							    (GDestroyNotify)g_hash_table_unref);
	const struct format *formats;
	gsize n;

	for (guint f = 0; f < fixtures->len; f++) {
		const struct fixture *fixture = fixtures->pdata[f];
		g_autoptr(GPtrArray) found = scan(fixture->log, fixture->len, 0, NULL);

		for (guint i = 0; i < found->len; i++) {
			const struct splat *splat = found->pdata[i];
			GHashTable *seen = g_hash_table_lookup(kinds, splat->kind);

			if (!seen) {
				seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
				g_hash_table_insert(kinds, (gpointer)splat->kind, seen);
			}
			g_hash_table_add(seen, generation_of(fixture, splat));
		}
	}
	formats = formats_table(&n);
	ck_assert_uint_gt(n, 50);
	for (gsize i = 0; i <= n; i++) {
		const char *kind = i < n ? formats[i].kind : format_reboot.kind;
		GHashTable *seen = g_hash_table_lookup(kinds, kind);

		ck_assert_msg(seen && g_hash_table_size(seen) >= 2,
			      "%s: fixtures of %u generations", kind,
			      seen ? g_hash_table_size(seen) : 0);
	}
}
END_TEST

void add_generation_tests(TCase *tests)
{
	tcase_add_test(tests, two_generations_of_each_kind);
}
