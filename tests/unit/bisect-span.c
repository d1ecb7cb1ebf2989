// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests what a bisection searches: histories with merges, series and configs. Tests the patches
 * that old trees need.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "bisect/span.h"
#include "tests/unit/suite.h"
#include "tests/unit/bisect.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

static void put(const char *name, const char *text)
{
	g_autofree char *path = in_scratch(name);

	ck_assert(rig_write_file(path, text, -1, NULL));
}

static void git(const char *a, const char *b, const char *c, const char *d)
{
	ck_assert(spawn_words(NULL, NULL, "git", "-C", scratch, "-c", "user.name=T", "-c",
			      "user.email=t@example.org", a, b, c, d, NULL));
}

static void commit(const char *file, const char *subject)
{
	put(file, subject);
	git("add", "-A", NULL, NULL);
	git("commit", "-qm", subject, NULL);
}

static guint find(const struct span *span, const char *subject)
{
	for (guint i = 0; i <= span->n; i++)
		if (!g_strcmp0(span_change(span, i)->subject, subject))
			return i;
	ck_abort_msg("no '%s'", subject);
}

/* base - a - b ------ merge - e, with c - d between base and merge */
static void make_history(void)
{
	git("init", "-q", "-bmain", NULL);
	commit("base", "base");
	git("branch", "side", NULL, NULL);
	commit("a", "a");
	commit("b", "b");
	git("checkout", "-q", "side", NULL);
	commit("c", "c");
	commit("d", "d");
	git("checkout", "-q", "main", NULL);
	git("merge", "-q", "-mmerge", "side");
	commit("e", "e");
}

START_TEST(merges)
{
	rig_auto(span) span = NULL;
	guint a, b, c, d, merge;

	make_history();
	span = span_git(scratch, "main~4", "main", NULL, NULL);
	ck_assert_ptr_nonnull(span);
	ck_assert_uint_eq(span->n, 6);
	a = find(span, "a"), b = find(span, "b"), c = find(span, "c"), d = find(span, "d");
	merge = find(span, "merge");
	ck_assert(ancestry_has(span->ancestry, b, a) && ancestry_has(span->ancestry, d, c));
	ck_assert(!ancestry_has(span->ancestry, d, a) && !ancestry_has(span->ancestry, b, c));
	ck_assert(ancestry_has(span->ancestry, merge, b) && ancestry_has(span->ancestry, merge, d));
	ck_assert_uint_eq(find(span, "e"), 6);
	ck_assert_str_eq(span_change(span, 0)->subject, "base");
	ck_assert_str_eq(span_change(span, a)->author, "T <t@example.org>");
}
END_TEST

START_TEST(paths_and_lines)
{
	static const char *const paths[] = {"b", NULL};
	rig_auto(span) span = NULL;
	rig_auto(span) line = NULL;

	make_history();
	span = span_git(scratch, "main~3", "main", paths, NULL);
	/* the changes are b and the bad end itself */
	ck_assert_uint_eq(span->n, 2);
	ck_assert_uint_eq(find(span, "b"), 1);
	line = span_git(scratch, "main~3", "main~2", NULL, NULL);
	ck_assert_uint_eq(line->n, 1);
	ck_assert_ptr_null(line->ancestry);
}
END_TEST

static const struct {
	const char *good, *bad, *says;
} wrong[] = {
	{"nowhere", "main", "nowhere"},
	{"side", "main~2", "not an ancestor"},
	{"main", "main", "no commits between"},
	{"--help", "main", "no commit '--help'"},
};

START_TEST(wrong_revisions)
{
	g_autoptr(GError) error = NULL;

	make_history();
	ck_assert_ptr_null(span_git(scratch, wrong[_i].good, wrong[_i].bad, NULL, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, wrong[_i].says), "%s", error->message);
}
END_TEST

#define MAIL(subject, body)                                                        \
	"From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n" \
	"From: A <a@example.org>\n"                                                \
	"Date: Thu, 1 Jan 1970 00:00:00 +0000\nSubject: [PATCH] " subject "\n\ntext\n" body "\n"
#define DIFF "---\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"

START_TEST(series)
{
	g_autofree char *mbox = in_scratch("mbox"), *dir = in_scratch("out"),
			*folder = in_scratch("folder");
	g_autofree char *touches = NULL;
	rig_auto(span) mails = NULL;
	rig_auto(span) files = NULL;
	__attribute__((cleanup(span_build_clear))) struct span_build build = {0};
	char *own[] = {(char *)"own.patch", NULL};

	put("mbox", MAIL("cover letter", "") MAIL("mm: one", DIFF) MAIL("mm: two", DIFF));
	mails = span_series(mbox, "deb:x", dir, NULL);
	ck_assert_uint_eq(mails->n, 2);
	ck_assert_str_eq(span_change(mails, 1)->subject, "mm: one");
	ck_assert_str_eq(span_change(mails, 2)->subject, "mm: two");
	touches = span_diffstat(mails, 2);
	ck_assert_ptr_nonnull(strstr(touches, "x | "));
	span_build(mails, 1, own, NULL, &build);
	ck_assert_str_eq(build.source, "deb:x");
	ck_assert_uint_eq(g_strv_length(build.patches), 2);
	ck_assert_str_eq(build.patches[0], "own.patch");
	ck_assert_int_eq(g_mkdir(folder, 0755), 0);
	put("folder/a.patch", DIFF);
	put("folder/b.patch", DIFF);
	put("folder/c.patch", DIFF);
	put("folder/series", "# order\nc.patch -p1\na.patch # why\n");
	files = span_series(folder, "deb:x", dir, NULL);
	ck_assert_uint_eq(files->n, 2);
	ck_assert_str_eq(span_change(files, 1)->id, "c.patch");
}
END_TEST

START_TEST(configs)
{
	g_autofree char *good = in_scratch("good"), *bad = in_scratch("bad"), *first = NULL,
			*second = NULL;
	rig_auto(span) span = NULL;

	put("good", "CONFIG_SAME=y\nCONFIG_SIZE=4\n# CONFIG_ZED is not set\nCONFIG_GONE=y\n");
	put("bad", "CONFIG_SAME=y\nCONFIG_ZED=y\nCONFIG_SIZE=8\n# CONFIG_GONE is not set\n");
	span = span_config(good, bad, "deb:x", scratch, NULL);
	ck_assert_uint_eq(span->n, 3);
	/* the changes are in the order of the bad config */
	ck_assert_str_eq(span_change(span, 1)->id, "CONFIG_ZED=y");
	ck_assert_str_eq(span_change(span, 2)->id, "CONFIG_SIZE=8");
	ck_assert_str_eq(span_change(span, 3)->id, "# CONFIG_GONE is not set");
	ck_assert(rig_read_file(span_change(span, 1)->file, 4096, &first, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(first, "CONFIG_SAME=y # if possible\n"));
	ck_assert_ptr_nonnull(strstr(
		first, "CONFIG_ZED=y # if possible\nCONFIG_SIZE=4 # if possible\nCONFIG_GONE=y"));
	ck_assert(rig_read_file(span_change(span, 3)->file, 4096, &second, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(second, "# CONFIG_GONE is not set # if possible"));
	ck_assert_ptr_null(span_config(good, good, "deb:x", scratch, NULL));
	/* a fragment that only unsets options is valid; a text without options is not */
	g_clear_pointer(&span, span_free);
	put("good", "# CONFIG_ZED is not set\n");
	span = span_config(good, bad, "deb:x", scratch, NULL);
	ck_assert_uint_eq(span->n, 3); /* SAME, ZED, SIZE */
	put("good", "# nothing\n");
	ck_assert_ptr_null(span_config(good, bad, "deb:x", scratch, NULL));
}
END_TEST

START_TEST(fixups)
{
	g_autofree char *dir = in_scratch("fix"), *file = in_scratch("fix/old.patch");
	g_autofree char *word = g_strdup_printf("..main=%s", file),
			*bad = g_strdup_printf("main=%s", file);
	g_autoptr(GPtrArray) list = NULL, patches = g_ptr_array_new_with_free_func(g_free),
			     none = NULL;
	char *words[] = {word, NULL}, *wrong_words[] = {bad, NULL};

	make_history();
	ck_assert_int_eq(g_mkdir(dir, 0755), 0);
	put("fix/old.patch", "Range: side~1..main~1\n\n" DIFF);
	list = fixups_load(dir, NULL, NULL);
	ck_assert_uint_eq(list->len, 1);
	fixups_add(list, scratch, "side", patches);
	ck_assert_uint_eq(patches->len, 1);
	fixups_add(list, scratch, "main~2", patches); /* does not contain side~1 */
	fixups_add(list, scratch, "main", patches);   /* contains main~1 */
	ck_assert_uint_eq(patches->len, 1);
	none = fixups_load("/nowhere", words, NULL);
	fixups_add(none, scratch, "main", patches);
	ck_assert_uint_eq(patches->len, 1);
	fixups_add(none, scratch, "main~1", patches);
	ck_assert_uint_eq(patches->len, 2);
	ck_assert_ptr_null(fixups_load("/nowhere", wrong_words, NULL));
	put("fix/bad.patch", DIFF);
	ck_assert_ptr_null(fixups_load(dir, NULL, NULL));
}
END_TEST

TCase *bisect_span_case(void)
{
	TCase *tc = tcase_create("span");

	tcase_set_timeout(tc, 60);
	use_scratch(tc);
	tcase_add_test(tc, merges);
	tcase_add_test(tc, paths_and_lines);
	tcase_add_loop_test(tc, wrong_revisions, 0, G_N_ELEMENTS(wrong));
	tcase_add_test(tc, series);
	tcase_add_test(tc, configs);
	tcase_add_test(tc, fixups);
	return tc;
}
