// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests whole builds of a small source tree (data/kernel/tree), with the real make, patch, git and
 * locks.
 */
#include "tests/unit/suite.h"
#include "tests/unit/kernel.h"

#include <glib/gstdio.h>
#include <unistd.h>

char *compiled(const struct kernel *kernel)
{
	g_autofree char *dir = g_path_get_dirname(kernel->image);
	g_autofree char *path = g_build_filename(dir, "log", NULL), *log = slurp(path);
	g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
	g_autoptr(GString) objects = g_string_new(NULL);

	for (guint i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], "  CC      "))
			g_string_append_printf(objects, "%s ", lines[i] + 10);
	return g_string_free(g_steal_pointer(&objects), FALSE);
}

static struct kernel *build(const char *source, const char *patch, const char *fragment,
			    GError **error)
{
	const char *patches[] = {patch, NULL}, *fragments[] = {fragment, NULL};
	struct kernel_spec spec = {
		.source = source,
		.arch = "x86_64",
		.patches = patches,
		.fragments = fragments,
		.jobs = 1,
	};

	return kernel_build(&spec, NULL, NULL, error);
}

struct kernel *build_ok(const char *source, const char *patch)
{
	g_autoptr(GError) error = NULL;
	struct kernel *kernel = build(source, patch, NULL, &error);

	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	return kernel;
}

char *dir_source(void)
{
	g_autofree char *tree = in_scratch("tree");

	return g_strconcat("dir:", tree, NULL);
}

START_TEST(patches_rebuild_what_they_touch)
{
	g_autofree char *source = dir_source(), *mbox = data_path("kernel/patches/series.mbox");
	g_autofree char *plain = data_path("kernel/patches/plain.diff");
	rig_auto(kernel) clean = build_ok(source, NULL);
	rig_auto(kernel) patched = build_ok(source, mbox);
	rig_auto(kernel) other = build_ok(source, plain);
	rig_auto(kernel) again = build_ok(source, NULL);
	g_autofree char *first = compiled(clean), *second = compiled(patched),
			*third = compiled(other);
	g_autofree char *image = slurp(patched->image), *config = slurp(clean->config);

	ck_assert_str_eq(first, "mm/one.o mm/two.o ");
	ck_assert_str_eq(second, "mm/one.o mm/two.o ");
	/*
	 * with only the first patch of the series, one.c does not change and two.c gets its
	 * original text again
	 */
	ck_assert_str_eq(third, "mm/two.o ");
	ck_assert(!clean->was_cached && !patched->was_cached && again->was_cached);
	ck_assert_str_eq(again->hash, clean->hash);
	ck_assert_str_ne(patched->hash, clean->hash);
	ck_assert_ptr_nonnull(strstr(image, "one_three"));
	ck_assert_ptr_nonnull(strstr(image, "two_five"));
	ck_assert_str_eq(clean->name, "6.1.7");
	ck_assert_str_eq(patched->name, "6.1.7-series");
	ck_assert_str_eq(clean->version, "6.1.7");
	ck_assert_str_eq(
		config, "CONFIG_TINY=y\n\nCONFIG_SMP=y\nCONFIG_PROVE_LOCKING=y\nCONFIG_X86_64=y\n");
}
END_TEST

START_TEST(failing_patch_leaves_the_tree_good)
{
	g_autofree char *source = dir_source(), *mbox = data_path("kernel/patches/series.mbox");
	g_autofree char *bad = in_scratch("bad.patch"), *text = slurp(mbox);
	g_auto(GStrv) part = g_strsplit(text, " int two_4;", 2);
	g_autofree char *wrong = g_strconcat(part[0], " int elsewhere;", part[1], NULL);
	rig_auto(kernel) clean = build_ok(source, NULL);
	rig_auto(kernel) patched = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *objects = NULL;

	put(bad, wrong, -1);
	ck_assert_ptr_null(build(source, bad, NULL, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, "mm/two.c, hunk 1 (at line") != NULL, "%s",
		      error->message);
	ck_assert_ptr_nonnull(strstr(error->message, "bad.patch"));
	/* one.c was not changed, although its patch could be applied */
	patched = build_ok(source, mbox);
	objects = compiled(patched);
	ck_assert_str_eq(objects, "mm/one.o mm/two.o ");
}
END_TEST

/*
 * If a build is found in the cache, and its patch is now in another file, the caller gets the name
 * of its own file.
 */
START_TEST(cached_build_names_this_callers_patches)
{
	g_autofree char *source = dir_source(), *mbox = data_path("kernel/patches/series.mbox");
	g_autofree char *copy = in_scratch("copy.mbox"), *text = slurp(mbox);
	rig_auto(kernel) first = NULL;
	rig_auto(kernel) second = NULL;

	put(copy, text, -1);
	first = build_ok(source, copy);
	ck_assert_int_eq(unlink(copy), 0);
	second = build_ok(source, mbox);
	ck_assert(second->was_cached);
	ck_assert_str_eq(second->hash, first->hash);
	ck_assert_str_eq(second->patches[0], mbox);
	ck_assert_ptr_null(second->patches[1]);
}
END_TEST

/*
 * A patch whose context does not match is rejected (no fuzz); one whose lines have moved is
 * accepted.
 */
START_TEST(offset_but_no_fuzz)
{
	g_autofree char *source = dir_source(), *plain = data_path("kernel/patches/plain.diff");
	g_autofree char *file = in_scratch("tree/mm/one.c"), *text = slurp(file);
	g_autofree char *moved =
		g_strconcat("int x;\nint y;\nint z;\nint a;\nint b;\n", text, NULL);
	g_auto(GStrv) part = g_strsplit(text, "int one_6;", 2);
	g_autofree char *other = g_strconcat(part[0], "int one_sixth;", part[1], NULL);
	g_autoptr(GError) error = NULL;
	rig_auto(kernel) kernel = NULL;

	put(file, moved, -1);
	kernel = build_ok(source, plain);
	put(file, other, -1);
	ck_assert_ptr_null(build(source, plain, NULL, &error));
	ck_assert_msg(strstr(error->message, "mm/one.c, hunk 1") != NULL, "%s", error->message);
}
END_TEST

START_TEST(nothing_is_published_without_all_options)
{
	g_autofree char *source = dir_source(), *mine = in_scratch("mine.config");
	g_autofree char *out = in_scratch("cache/hotplug-rig/kernel/out");
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = NULL;
	g_autofree char *objects = NULL;
	rig_auto(kernel) kernel = NULL;

	put(mine, "# mine\nCONFIG_NEEDY=y\n", -1);
	ck_assert_ptr_null(build(source, NULL, mine, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, "mine.config:2: CONFIG_NEEDY=y") != NULL, "%s",
		      error->message);
	ck_assert_ptr_nonnull(strstr(error->message, "CONFIG_GONE"));
	dir = g_dir_open(out, 0, NULL);
	ck_assert(!dir || !g_dir_read_name(dir));
	/* the next build, with a valid fragment, does not use the config of the failed one */
	put(mine, "CONFIG_MINE=3\n", -1);
	kernel = build(source, NULL, mine, NULL);
	ck_assert_ptr_nonnull(kernel);
	objects = slurp(kernel->config);
	ck_assert_ptr_nonnull(strstr(objects, "CONFIG_MINE=3"));
}
END_TEST

START_TEST(compiler_errors_are_shown)
{
	g_autofree char *source = dir_source(), *file = in_scratch("tree/mm/two.c");
	g_autoptr(GError) error = NULL;

	put(file, "syntax error\n", -1);
	ck_assert_ptr_null(build(source, NULL, NULL, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, "mm/two.c:1:2: error: expected something") != NULL,
		      "%s", error->message);
}
END_TEST

START_TEST(hash_is_of_what_matters)
{
	g_autofree char *source = dir_source(), *mine = in_scratch("mine.config");
	g_autofree char *file = in_scratch("tree/mm/one.c"), *text = slurp(file);
	rig_auto(kernel) first = NULL;
	rig_auto(kernel) second = NULL;
	rig_auto(kernel) third = NULL;

	put(mine, "CONFIG_MINE=3\n", -1);
	first = build(source, NULL, mine, NULL);
	/* comments in a fragment and times of files do not matter */
	put(mine, "# why\n  CONFIG_MINE=3 # if known\n", -1);
	put(file, text, -1);
	second = build(source, NULL, mine, NULL);
	ck_assert(first && second && second->was_cached);
	ck_assert_str_eq(first->hash, second->hash);
	put(mine, "CONFIG_MINE=4\n", -1);
	third = build(source, NULL, mine, NULL);
	ck_assert(third && !third->was_cached);
}
END_TEST

START_TEST(folders_are_followed_and_not_touched)
{
	g_autofree char *source = dir_source(), *file = in_scratch("tree/mm/one.c");
	g_autofree char *object = in_scratch("tree/mm/one.o"), *gone = in_scratch("tree/mm/gone.c");
	g_autofree char *lib = in_scratch("tree/lib/Makefile"), *before = slurp(lib), *after = NULL;
	g_autofree char *objects = NULL, *trees = NULL, *left = NULL;
	g_autoptr(GDir) dir = NULL;
	rig_auto(kernel) first = NULL;
	rig_auto(kernel) second = NULL;

	put(gone, "int gone;\n", -1);
	put(object, "left by a build in place", -1);
	first = build_ok(source, NULL);
	put(file, "int other;\n", -1);
	g_unlink(gone);
	second = build_ok(source, NULL);
	objects = compiled(second);
	ck_assert_str_eq(objects, "mm/one.o ");
	after = slurp(lib);
	ck_assert_str_eq(before, after);
	trees = in_scratch("cache/hotplug-rig/kernel/tree");
	dir = g_dir_open(trees, 0, NULL);
	left = g_build_filename(trees, g_dir_read_name(dir), "src/mm/gone.c", NULL);
	ck_assert(!g_file_test(left, G_FILE_TEST_EXISTS));
}
END_TEST

static void git_in_tree(const char *a, const char *b, const char *c)
{
	g_autofree char *tree = in_scratch("tree");

	ck_assert(spawn_words(NULL, NULL, "git", "-C", tree, "-c", "user.name=T", "-c",
			      "user.email=t@example.org", a, b, c, NULL));
}

static char *in_tree(const char *before, const char *after)
{
	g_autofree char *tree = in_scratch("tree");

	return g_strconcat(before, tree, after, NULL);
}

START_TEST(git_revisions)
{
	g_autofree char *file = in_scratch("tree/mm/one.c"), *second_objects = NULL;
	g_autofree char *old = in_tree("git:", "@HEAD^");
	g_autofree char *new = in_tree("git:", "@HEAD");
	g_autofree char *bad = in_tree("git:", "@nowhere"), *image = NULL;
	g_autofree char *makefile = in_scratch("tree/Makefile"), *text = slurp(makefile);
	g_autofree char *padding = g_strnfill(100 << 10, '#'),
			*longer = g_strdup_printf("%s%s\n", text, padding);
	rig_auto(kernel) first = NULL;
	rig_auto(kernel) second = NULL;
	rig_auto(kernel) third = NULL;
	g_autoptr(GError) error = NULL;

	/* the Makefile is long, but its version is at the top */
	put(makefile, longer, -1);
	git_in_tree("init", "-q", NULL);
	git_in_tree("add", "-A", NULL);
	git_in_tree("commit", "-qm", "one");
	put(file, "int committed;\n", -1);
	git_in_tree("commit", "-qam", "two");
	/* changes in the checkout that are not committed do not matter */
	put(file, "int dirty;\n", -1);
	first = build_ok(old, NULL);
	second = build_ok(new, NULL);
	third = build_ok(old, NULL);
	second_objects = compiled(second);
	ck_assert_str_eq(second_objects, "mm/one.o ");
	image = slurp(second->image);
	ck_assert_ptr_nonnull(strstr(image, "int committed;"));
	ck_assert(g_str_has_prefix(first->version, "6.1.7-g"));
	ck_assert(third->was_cached);
	ck_assert_ptr_null(build(bad, NULL, NULL, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(error->message, "nowhere"));
}
END_TEST

START_TEST(tarballs)
{
	g_autofree char *top = in_scratch("."), *tar = in_scratch("linux.tar"),
			*source = g_strconcat("tar:", tar, NULL);
	g_autofree char *flat = in_scratch("flat.tar"), *bad = g_strconcat("tar:", flat, NULL);
	rig_auto(kernel) kernel = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert(spawn_words(NULL, NULL, "tar", "-C", top, "-cf", tar, "tree", NULL));
	ck_assert(spawn_words(NULL, NULL, "tar", "-C", top, "-cf", flat, "tree/mm/one.c", NULL));
	kernel = build_ok(source, NULL);
	ck_assert_str_eq(kernel->version, "6.1.7");
	ck_assert_ptr_null(build(bad, NULL, NULL, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, "no Makefile") != NULL, "%s", error->message);
}
END_TEST

static const char *const bad_sources[] = {
	"linux-6.1",	"deb:", "deb:no spaces",     "deb:linux@", "tar:/nowhere.tar",
	"dir:/nowhere", "dir:", "git:/nowhere@HEAD", "git:/tmp",   "git:/tmp@-x",
};

START_TEST(bad_sources_are_refused)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(source_parse(bad_sources[_i], &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(error->message, bad_sources[_i]));
}
END_TEST

START_TEST(package_words)
{
	rig_auto(source) source =
		source_parse("deb:linux-source-6.12=6.12.95-1~bpo12+1@bookworm-backports", NULL);

	ck_assert_ptr_nonnull(source);
	ck_assert_str_eq(source->name, "linux-source-6.12");
	ck_assert_str_eq(source->want, "6.12.95-1~bpo12+1");
	ck_assert_str_eq(source->suite, "bookworm-backports");
	ck_assert(kernel_is_source("deb:x") && kernel_is_source("git:a@b") &&
		  !kernel_is_source("./bzImage"));
}
END_TEST

void add_build_tests(TCase *tc)
{
	tcase_add_test(tc, patches_rebuild_what_they_touch);
	tcase_add_test(tc, failing_patch_leaves_the_tree_good);
	tcase_add_test(tc, cached_build_names_this_callers_patches);
	tcase_add_test(tc, offset_but_no_fuzz);
	tcase_add_test(tc, nothing_is_published_without_all_options);
	tcase_add_test(tc, compiler_errors_are_shown);
	tcase_add_test(tc, hash_is_of_what_matters);
	tcase_add_test(tc, folders_are_followed_and_not_touched);
	tcase_add_test(tc, git_revisions);
	tcase_add_test(tc, tarballs);
	tcase_add_loop_test(tc, bad_sources_are_refused, 0, G_N_ELEMENTS(bad_sources));
	tcase_add_test(tc, package_words);
}
