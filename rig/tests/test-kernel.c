// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels: the parts by themselves, and whole builds of a source tree in miniature (data/kernel/tree)
 * with the real make, patch, git and locks. Real kernels are built by `make check`.
 */
#include "kernel/internal.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "util/error.h"
#include "util/spawn.h"

static char *scratch;

static char *data_path(const char *name)
{
	return g_build_filename(g_getenv("RIG_TEST_DATA"), "kernel", name, NULL);
}

static char *in_scratch(const char *name)
{
	return g_build_filename(scratch, name, NULL);
}

static char *slurp(const char *path)
{
	char *text = NULL;

	ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "cannot read %s", path);
	return text;
}

static void put(const char *path, const void *data, gssize len)
{
	g_autofree char *dir = g_path_get_dirname(path);

	g_mkdir_with_parents(dir, 0755);
	ck_assert(g_file_set_contents(path, data, len, NULL));
}

static void setup(void)
{
	g_autofree char *cache = NULL, *home = data_path("home"), *tree = data_path("tree");

	scratch = g_dir_make_tmp("rig-kernel-XXXXXX", NULL);
	ck_assert_ptr_nonnull(scratch);
	cache = in_scratch("cache");
	g_setenv("XDG_CACHE_HOME", cache, TRUE);
	g_setenv("RIG_HOME", home, TRUE);
	ck_assert(spawn_words(NULL, NULL, "cp", "-r", tree, scratch, NULL));
}

static void teardown(void)
{
	ck_assert(files_remove(scratch, NULL));
	g_clear_pointer(&scratch, g_free);
}

/* ---- configs ---- */

static const char config_text[] = "# CONFIG_OFF is not set\nCONFIG_ON=y\nCONFIG_MOD=m\nCONFIG_NUM=250\n"
				  "CONFIG_TEXT=\"a = b\"\n";

static const struct {
	const char *need;
	gboolean met;
} needs[] = {
	{"CONFIG_ON", TRUE},	     {"CONFIG_ON=y", TRUE},	  {"CONFIG_OFF", FALSE},
	{"!CONFIG_OFF", TRUE},	     {"!CONFIG_ON", FALSE},	  {"CONFIG_MOD", FALSE},
	{"CONFIG_MOD=m", TRUE},	     {"CONFIG_NUM=250", TRUE},	  {"CONFIG_NUM=100", FALSE},
	{"CONFIG_OFF|CONFIG_ON", TRUE}, {"CONFIG_OFF|CONFIG_MOD", FALSE}, {"CONFIG_NOWHERE", FALSE},
	{"CONFIG_NUM", TRUE},
};

START_TEST(config_lacks_what_it_should)
{
	g_autofree char *path = in_scratch("config");
	g_autoptr(GHashTable) config = NULL;
	g_autoptr(GPtrArray) lacks = NULL;
	const char *need[] = {needs[_i].need, NULL};

	put(path, config_text, -1);
	config = kernel_config_load(path, NULL);
	ck_assert_ptr_nonnull(config);
	ck_assert_str_eq(g_hash_table_lookup(config, "CONFIG_TEXT"), "\"a = b\"");
	lacks = kernel_config_lacks(config, need);
	ck_assert_msg((lacks->len == 0) == needs[_i].met, "%s", needs[_i].need);
}
END_TEST

/* What a fragment's line comes to, with CONFIG_SMP, _MMU and _FIRST set and nothing else. */
static const struct {
	const char *line, *complaint;
} wishes[] = {
	{"CONFIG_SMP=y", NULL},
	{"# CONFIG_NUMA is not set", NULL},
	{"CONFIG_NEEDY=y", "f.config:2: CONFIG_NEEDY=y did not survive: needs (NUMA || ACPI) and CONFIG_GONE "
			   "(which this kernel does not have)"},
	{"CONFIG_UNKNOWN=y", "f.config:2: CONFIG_UNKNOWN=y did not survive: this kernel has no such option"},
	{"CONFIG_UNKNOWN=y # if known", NULL},
	{"CONFIG_NEEDY=y # if possible", NULL},
	{"CONFIG_UNKNOWN=y | CONFIG_SMP=y", NULL},
	{"CONFIG_HIDDEN=y", "f.config:2: CONFIG_HIDDEN=y did not survive: it cannot be set by hand, only by "
			    "options that select it"},
	{"CONFIG_SECOND=y", "f.config:2: CONFIG_SECOND=y did not survive: another option of the same choice is "
			    "set"},
	{"CONFIG_SMP=m", "f.config:2: CONFIG_SMP=m did not survive: it is y"},
	{"# CONFIG_SMP is not set",
	 "f.config:2: CONFIG_SMP is not set did not survive: it is y: something selects it, or it is no choice"},
	{"CONFIG_NEEDY=y # if known",
	 "f.config:2: CONFIG_NEEDY=y did not survive: needs (NUMA || ACPI) and CONFIG_GONE (which this kernel "
	 "does not have)"},
};

START_TEST(lost_options_are_named)
{
	g_autoptr(GHashTable) config = config_parse("CONFIG_SMP=y\nCONFIG_MMU=y\nCONFIG_FIRST=y\n");
	g_autoptr(GPtrArray) list = fragment_list_new();
	g_autofree char *text = g_strconcat("# words\n", wishes[_i].line, "\n", NULL), *unmet = NULL;
	g_autofree char *tree = in_scratch("tree");

	ck_assert(fragment_parse("f.config", text, list, NULL));
	unmet = fragment_unmet(list, config, tree, "x86");
	ck_assert_pstr_eq(unmet, wishes[_i].complaint);
}
END_TEST

START_TEST(later_fragments_win)
{
	g_autoptr(GPtrArray) list = fragment_list_new();
	g_autoptr(GHashTable) config = config_parse("CONFIG_NUM=2\n");
	g_autofree char *merged = NULL, *unmet = NULL;

	ck_assert(fragment_parse("a", "CONFIG_NUM=1\nCONFIG_A=y | CONFIG_B=y\n", list, NULL));
	ck_assert(fragment_parse("b", "CONFIG_NUM=2\nCONFIG_TEXT=n\n", list, NULL));
	merged = fragment_merge("CONFIG_NUM=0\nCONFIG_KEPT=y\n# CONFIG_TEXT is not set\n", list);
	/* of alternatives the first comes last, so that it wins where they exclude each other */
	ck_assert_str_eq(merged, "CONFIG_KEPT=y\n\nCONFIG_B=y\nCONFIG_A=y\nCONFIG_NUM=2\n"
				 "# CONFIG_TEXT is not set\n");
	unmet = fragment_unmet(list, config, NULL, NULL);
	ck_assert_ptr_nonnull(strstr(unmet, "CONFIG_A=y did not survive: it is not set"));
	ck_assert_ptr_null(strstr(unmet, "CONFIG_NUM"));
}
END_TEST

static const char *const bad_lines[] = {
	"CONFIG_X", "CONFIG_X=", "CONFIG_X=yes", "X=y", "CONFIG_X=\"open", "CONFIG_X=y |",
	"CONFIG_A=y|CONFIG_B=y|CONFIG_C=y|CONFIG_D=y|CONFIG_E=y", "# CONFIG_X is set",
};

START_TEST(bad_fragment_lines)
{
	g_autoptr(GPtrArray) list = fragment_list_new();
	g_autoptr(GError) error = NULL;

	ck_assert(!fragment_parse("my.config", bad_lines[_i], list, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert(g_str_has_prefix(error->message, "my.config:1: "));
}
END_TEST

/* ---- patches ---- */

START_TEST(mails_are_split)
{
	g_autofree char *path = data_path("patches/series.mbox");
	rig_auto(patch) patch = patch_load(path, NULL);
	const char *const old[] = {"mm/one.c", NULL, "mm/two.c"};
	const char *const new[] = {"mm/one.c", "mm/new.c", "mm/two.c"};

	ck_assert_ptr_nonnull(patch);
	ck_assert_uint_eq(patch->files->len, 3);
	for (guint i = 0; i < 3; i++) {
		const struct patch_file *file = patch->files->pdata[i];

		ck_assert_pstr_eq(file->old, old[i]);
		ck_assert_pstr_eq(file->new, new[i]);
	}
	/* neither the quoted diff of a message nor a signature */
	ck_assert_ptr_null(strstr(patch->text, "never"));
	ck_assert_ptr_null(strstr(patch->text, "2.39"));
}
END_TEST

#define HUNK "@@ -1,1 +1,1 @@\n-a\n+b\n"

static const struct {
	const char *text, *why;
} bad_patches[] = {
	{"hello\n", "holds no patch"},
	{"", "holds no patch"},
	{"--- a/../../etc/passwd\n+++ b/../../etc/passwd\n" HUNK, "no path"},
	{"--- /etc/passwd\n+++ /etc/passwd\n" HUNK, "no path"},
	{"--- passwd\n+++ passwd\n" HUNK, "no path"},
	{"--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n", "ends early"},
	{"--- a/f\n+++ b/f\n@@ nonsense\n", "broken hunk header"},
	{"diff --git a/f b/f\nGIT binary patch\n", "binary"},
	{"From: x\nContent-Transfer-Encoding: base64\n\nAAAA\n", "encoded mail"},
	{"--- /dev/null\n+++ /dev/null\n" HUNK, "names no file"},
};

START_TEST(bad_patches_are_refused)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(patch_parse("x.patch", bad_patches[_i].text, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, bad_patches[_i].why) != NULL, "%s", error->message);
	ck_assert_ptr_nonnull(strstr(error->message, "x.patch"));
}
END_TEST

/* ---- builds ---- */

/* What make compiled in the build, from its log. */
static char *compiled(const struct kernel *kernel)
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

static struct kernel *build(const char *source, const char *patch, const char *fragment, GError **error)
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

static struct kernel *build_ok(const char *source, const char *patch)
{
	g_autoptr(GError) error = NULL;
	struct kernel *kernel = build(source, patch, NULL, &error);

	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	return kernel;
}

static char *dir_source(void)
{
	return g_strconcat("dir:", scratch, "/tree", NULL);
}

START_TEST(patches_rebuild_what_they_touch)
{
	g_autofree char *source = dir_source(), *mbox = data_path("patches/series.mbox");
	g_autofree char *plain = data_path("patches/plain.diff");
	rig_auto(kernel) clean = build_ok(source, NULL);
	rig_auto(kernel) patched = build_ok(source, mbox);
	rig_auto(kernel) other = build_ok(source, plain);
	rig_auto(kernel) again = build_ok(source, NULL);
	g_autofree char *first = compiled(clean), *second = compiled(patched), *third = compiled(other);
	g_autofree char *image = slurp(patched->image), *config = slurp(clean->config);

	ck_assert_str_eq(first, "mm/one.o mm/two.o ");
	ck_assert_str_eq(second, "mm/one.o mm/two.o ");
	/* the first patch of the series alone: one.c stays as it is, two.c goes back */
	ck_assert_str_eq(third, "mm/two.o ");
	ck_assert(!clean->was_cached && !patched->was_cached && again->was_cached);
	ck_assert_str_eq(again->hash, clean->hash);
	ck_assert_str_ne(patched->hash, clean->hash);
	ck_assert_ptr_nonnull(strstr(image, "one_three"));
	ck_assert_ptr_nonnull(strstr(image, "two_five"));
	ck_assert_str_eq(clean->name, "6.1.7");
	ck_assert_str_eq(patched->name, "6.1.7-series");
	ck_assert_str_eq(clean->version, "6.1.7");
	ck_assert_str_eq(config, "CONFIG_TINY=y\n\nCONFIG_SMP=y\nCONFIG_PROVE_LOCKING=y\nCONFIG_X86_64=y\n");
}
END_TEST

START_TEST(failing_patch_leaves_the_tree_good)
{
	g_autofree char *source = dir_source(), *mbox = data_path("patches/series.mbox");
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
	ck_assert_msg(strstr(error->message, "mm/two.c, hunk 1 (at line") != NULL, "%s", error->message);
	ck_assert_ptr_nonnull(strstr(error->message, "bad.patch"));
	/* one.c, whose patch went through, was not touched either */
	patched = build_ok(source, mbox);
	objects = compiled(patched);
	ck_assert_str_eq(objects, "mm/one.o mm/two.o ");
}
END_TEST

/* Context that does not match is no fuzz to us; lines that have moved are fine. */
START_TEST(offset_but_no_fuzz)
{
	g_autofree char *source = dir_source(), *plain = data_path("patches/plain.diff");
	g_autofree char *file = in_scratch("tree/mm/one.c"), *text = slurp(file);
	g_autofree char *moved = g_strconcat("int x;\nint y;\nint z;\nint a;\nint b;\n", text, NULL);
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
	ck_assert_msg(strstr(error->message, "mine.config:2: CONFIG_NEEDY=y") != NULL, "%s", error->message);
	ck_assert_ptr_nonnull(strstr(error->message, "CONFIG_GONE"));
	dir = g_dir_open(out, 0, NULL);
	ck_assert(!dir || !g_dir_read_name(dir));
	/* and the next one with a good fragment is not led astray by the config that is there */
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
	ck_assert_msg(strstr(error->message, "mm/two.c:1:2: error: expected something") != NULL, "%s",
		      error->message);
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
	/* words in a fragment and times of files do not matter */
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

START_TEST(git_revisions)
{
	g_autofree char *file = in_scratch("tree/mm/one.c"), *second_objects = NULL;
	g_autofree char *old = g_strconcat("git:", scratch, "/tree@HEAD^", NULL);
	g_autofree char *new = g_strconcat("git:", scratch, "/tree@HEAD", NULL);
	g_autofree char *bad = g_strconcat("git:", scratch, "/tree@nowhere", NULL), *image = NULL;
	rig_auto(kernel) first = NULL;
	rig_auto(kernel) second = NULL;
	rig_auto(kernel) third = NULL;
	g_autoptr(GError) error = NULL;

	git_in_tree("init", "-q", NULL);
	git_in_tree("add", "-A", NULL);
	git_in_tree("commit", "-qm", "one");
	put(file, "int committed;\n", -1);
	git_in_tree("commit", "-qam", "two");
	/* what is in the checkout, and not committed, does not count */
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
	g_autofree char *tar = in_scratch("linux.tar"), *source = g_strconcat("tar:", tar, NULL);
	g_autofree char *flat = in_scratch("flat.tar"), *bad = g_strconcat("tar:", flat, NULL);
	rig_auto(kernel) kernel = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert(spawn_words(NULL, NULL, "tar", "-C", scratch, "-cf", tar, "tree", NULL));
	ck_assert(spawn_words(NULL, NULL, "tar", "-C", scratch, "-cf", flat, "tree/mm/one.c", NULL));
	kernel = build_ok(source, NULL);
	ck_assert_str_eq(kernel->version, "6.1.7");
	ck_assert_ptr_null(build(bad, NULL, NULL, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, "no Makefile") != NULL, "%s", error->message);
}
END_TEST

static const char *const bad_sources[] = {
	"linux-6.1", "deb:", "deb:no spaces", "deb:linux@", "tar:/nowhere.tar", "dir:/nowhere", "dir:",
	"git:/nowhere@HEAD", "git:/tmp", "git:/tmp@-x",
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
	rig_auto(source) source = source_parse("deb:linux-source-6.12=6.12.95-1~bpo12+1@bookworm-backports", NULL);

	ck_assert_ptr_nonnull(source);
	ck_assert_str_eq(source->name, "linux-source-6.12");
	ck_assert_str_eq(source->want, "6.12.95-1~bpo12+1");
	ck_assert_str_eq(source->suite, "bookworm-backports");
	ck_assert(kernel_is_source("deb:x") && kernel_is_source("git:a@b") && !kernel_is_source("./bzImage"));
}
END_TEST

/* ---- builders that meet, and builders that die ---- */

/* A build in a child whose make stops at the FIFO; WAITS gets a byte when it has to wait for a lock. */
static void tell_wait(const char *step, guint done, guint total, gint64 last_ns, void *data)
{
	(void)done;
	(void)total;
	(void)last_ns;
	if (!strcmp(step, "wait"))
		ck_assert_int_eq(write(*(int *)data, "w", 1), 1);
}

static pid_t start_build(const char *fifo, int *waits)
{
	g_autofree char *source = dir_source();
	pid_t pid = fork();

	if (pid == 0) {
		struct kernel_spec spec = {.source = source, .arch = "x86_64", .jobs = 1};

		if (fifo)
			g_setenv("RIG_TEST_FIFO", fifo, TRUE);
		_exit(kernel_build(&spec, tell_wait, waits, NULL) ? 0 : 1);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* Opens once make has come to the FIFO; each line written lets one compiler go on. */
static int meet_make(const char *fifo)
{
	int fd = open(fifo, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(one_builds_the_others_wait)
{
	g_autofree char *fifo = in_scratch("fifo"), *count = in_scratch("count"), *text = NULL;
	int waits[2], fd;
	pid_t first, second;
	char byte;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(pipe(waits), 0);
	g_setenv("RIG_TEST_COUNT", count, TRUE);
	first = start_build(fifo, &waits[1]);
	fd = meet_make(fifo);
	second = start_build(NULL, &waits[1]);
	/* the second says that it waits, while the first is in its compiler */
	ck_assert_int_eq(read(waits[0], &byte, 1), 1);
	ck_assert_int_eq(write(fd, "go\n", 3), 3);
	close(fd);
	fd = meet_make(fifo);
	ck_assert_int_eq(write(fd, "go\n", 3), 3);
	close(fd);
	ck_assert_int_eq(wait_for(first), 0);
	ck_assert_int_eq(wait_for(second), 0);
	text = slurp(count);
	ck_assert_str_eq(text, "built\n");
}
END_TEST

START_TEST(killed_build_recovers)
{
	g_autofree char *fifo = in_scratch("fifo"), *source = dir_source(), *objects = NULL, *image = NULL;
	g_autofree char *trees = in_scratch("cache/hotplug-rig/kernel/tree"), *lock = NULL, *half = NULL;
	g_autofree char *out = in_scratch("cache/hotplug-rig/kernel/out");
	g_autoptr(GDir) dir = NULL, published = NULL;
	rig_auto(kernel) kernel = NULL;
	const char *name;
	int waits[2], fd, lock_fd;
	pid_t pid;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(pipe(waits), 0);
	pid = start_build(fifo, &waits[1]);
	fd = meet_make(fifo);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert(WIFSIGNALED(wait_for(pid)));
	dir = g_dir_open(trees, 0, NULL);
	name = g_dir_read_name(dir);
	lock = g_build_filename(trees, name, "lock", NULL);
	half = g_build_filename(trees, name, "obj-x86_64/mm/one.o", NULL);
	/* its compiler is still there, and with it the lock */
	lock_fd = open(lock, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(lock_fd, LOCK_EX | LOCK_NB), -1);
	close(fd);
	ck_assert_int_eq(flock(lock_fd, LOCK_EX), 0);
	/* an object as a dying compiler leaves it: there, young, and wrong */
	put(half, "half", -1);
	flock(lock_fd, LOCK_UN);
	close(lock_fd);
	published = g_dir_open(out, 0, NULL);
	ck_assert(!published || !g_dir_read_name(published));
	kernel = build_ok(source, NULL);
	objects = compiled(kernel);
	ck_assert_str_eq(objects, "mm/one.o mm/two.o ");
	image = slurp(kernel->image);
	ck_assert_ptr_null(strstr(image, "half"));
}
END_TEST

/* ---- images ---- */

/* A bzImage with PAYLOAD as its compressed kernel. */
static GByteArray *make_bzimage(const guint8 *payload, gsize len)
{
	GByteArray *image = g_byte_array_new();
	guint8 head[1024] = {0};
	guint32 paragraphs = (len + 15) / 16, size = len;

	head[0x1f1] = 1; /* one setup sector after the boot sector */
	memcpy(head + 0x1f4, &paragraphs, 4);
	memcpy(head + 0x1fe, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS", 4);
	memcpy(head + 0x206, "\x0f\x02", 2);
	head[0x236] = 1;
	memcpy(head + 0x20e, "\x80\x00", 2); /* version string at 0x280 */
	strcpy((char *)head + 0x280, "6.1.7-test (rig@rig) #1");
	memcpy(head + 0x24c, &size, 4);
	g_byte_array_append(image, head, sizeof(head));
	g_byte_array_append(image, payload, len);
	g_byte_array_set_size(image, sizeof(head) + paragraphs * 16);
	return image;
}

static GBytes *gzip(const guint8 *data, gsize len)
{
	uLongf size = compressBound(len) + 64;
	guint8 *out = g_malloc(size);
	z_stream z = {.next_in = (guint8 *)data, .avail_in = len, .next_out = out, .avail_out = size};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	size = z.total_out;
	deflateEnd(&z);
	return g_bytes_new_take(out, size);
}

/* A kernel image with its config inside, compressed twice as the real ones are. */
static GByteArray *bzimage_with_config(void)
{
	g_autoptr(GBytes) config = gzip((const guint8 *)config_text, strlen(config_text));
	g_autoptr(GByteArray) kernel = g_byte_array_new();
	g_autoptr(GBytes) packed = NULL;
	gsize len;
	const guint8 *data = g_bytes_get_data(config, &len);

	g_byte_array_set_size(kernel, 3 << 20);
	memset(kernel->data, 'k', kernel->len);
	g_byte_array_append(kernel, (const guint8 *)"IKCFG_ST", 8);
	g_byte_array_append(kernel, data, len);
	g_byte_array_append(kernel, (const guint8 *)"IKCFG_ED", 8);
	packed = gzip(kernel->data, kernel->len);
	data = g_bytes_get_data(packed, &len);
	return make_bzimage(data, len);
}

START_TEST(bzimage_tells_all)
{
	g_autoptr(GByteArray) image = bzimage_with_config();
	g_autofree char *path = in_scratch("bzImage");
	rig_auto(kernel) kernel = NULL;
	g_autoptr(GHashTable) config = NULL;
	g_autoptr(GError) error = NULL;

	put(path, image->data, image->len);
	kernel = kernel_from_image(path, "x86_64", &error);
	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	ck_assert_str_eq(kernel->version, "6.1.7-test");
	ck_assert_str_eq(kernel->name, "bzImage");
	ck_assert_uint_eq(strlen(kernel->hash), 64);
	ck_assert_ptr_nonnull(kernel->config);
	config = kernel_config_load(path, NULL);
	ck_assert_str_eq(g_hash_table_lookup(config, "CONFIG_NUM"), "250");
	ck_assert_ptr_null(kernel_from_image(path, "ppc64le", &error));
	ck_assert_msg(strstr(error->message, "kernel for x86_64, but ppc64le") != NULL, "%s", error->message);
}
END_TEST

/* Cut anywhere, it is refused or read, never followed out of its bytes (the sanitizers watch). */
START_TEST(cut_images)
{
	g_autoptr(GByteArray) image = bzimage_with_config();
	g_autofree char *path = in_scratch("bzImage");

	for (gsize len = 0; len < image->len; len += 1 + len / 7) {
		g_autofree guint8 *cut = g_memdup2(image->data, len);
		g_autoptr(GError) error = NULL;

		put(path, cut ? cut : (guint8 *)"", len);
		ck_assert_ptr_null(kernel_from_image(path, "x86_64", &error));
		ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	}
}
END_TEST

START_TEST(config_beside_an_image)
{
	g_autoptr(GByteArray) image = make_bzimage((const guint8 *)"nothing", 7);
	g_autofree char *path = in_scratch("boot/vmlinuz-6.1.7-test"), *config = in_scratch("boot/config-6.1.7-test");
	rig_auto(kernel) without = NULL;
	rig_auto(kernel) with = NULL;
	g_autoptr(GError) error = NULL;

	put(path, image->data, image->len);
	without = kernel_from_image(path, NULL, NULL);
	ck_assert_ptr_nonnull(without);
	ck_assert_ptr_null(without->config);
	ck_assert_ptr_null(kernel_config_load(path, &error));
	ck_assert_msg(strstr(error->message, "IKCONFIG") != NULL, "%s", error->message);
	put(config, config_text, -1);
	with = kernel_from_image(path, NULL, NULL);
	ck_assert_str_eq(with->config, config);
}
END_TEST

#define ELF(machine, data) "\177ELF\2" data "\1\0\0\0\0\0\0\0\0\0\2\0" machine "\0\1\0\0\0"

static const struct {
	const char *what, *bytes;
	gsize len;
	const char *why;
} bad_images[] = {
	{"nothing", "", 0, "no kernel image"},
	{"text", "hello, this is a text of more than sixty-four bytes, and surely no kernel image", 79,
	 "no kernel image"},
	{"a program's head", ELF("\x3e", "\1"), 28, "no 64-bit kernel"},
	{"another machine", ELF("\x28", "\1") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
					     "\0\0\0\0\0\0\0\0\0\0",
	 68, "ELF machine 40"},
};

START_TEST(bad_images_are_refused)
{
	g_autofree char *path = in_scratch("image");
	g_autoptr(GError) error = NULL;

	put(path, bad_images[_i].bytes, bad_images[_i].len);
	ck_assert_ptr_null(kernel_from_image(path, "x86_64", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, bad_images[_i].why) != NULL, "%s: %s", bad_images[_i].what,
		      error->message);
}
END_TEST

START_TEST(missing_image)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(kernel_from_image("/nowhere/bzImage", "x86_64", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(error->message, "/nowhere/bzImage"));
}
END_TEST

/* ---- apt ---- */

static const struct {
	const char *etc, *suite, *text;
} apts[] = {
	{"etc-deb822", "bullseye",
	 "# Made by the hotplug rig.\n"
	 "\nTypes: deb\nURIs: http://mirror.example.org/debian\nSuites: bullseye\nComponents: main\n"
	 "Signed-By: /usr/share/keyrings/some.gpg\n"
	 "\nTypes: deb\nURIs: http://mirror.example.org/debian\nSuites: bullseye-updates\nComponents: main\n"
	 "Signed-By: /usr/share/keyrings/some.gpg\n"
	 "\nTypes: deb\nURIs: http://security.example.org/debian-security\nSuites: bullseye-security\n"
	 "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"},
	{"etc-list", "bookworm-backports",
	 "# Made by the hotplug rig.\n"
	 "\nTypes: deb\nURIs: http://list.example.org/debian\nSuites: bookworm-backports\nComponents: main\n"
	 "Signed-By: /etc/apt/k.gpg\n"},
};

START_TEST(mirrors_of_the_host)
{
	g_autofree char *etc = data_path(apts[_i].etc), *text = NULL;

	ck_assert(apt_sources_text(etc, apts[_i].suite, &text, NULL));
	ck_assert_str_eq(text, apts[_i].text);
}
END_TEST

START_TEST(no_mirror)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	ck_assert(!apt_sources_text(scratch, "sid", &text, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_INFRA);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel");
	TCase *tc = tcase_create("kernel");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, config_lacks_what_it_should, 0, G_N_ELEMENTS(needs));
	tcase_add_loop_test(tc, lost_options_are_named, 0, G_N_ELEMENTS(wishes));
	tcase_add_test(tc, later_fragments_win);
	tcase_add_loop_test(tc, bad_fragment_lines, 0, G_N_ELEMENTS(bad_lines));
	tcase_add_test(tc, mails_are_split);
	tcase_add_loop_test(tc, bad_patches_are_refused, 0, G_N_ELEMENTS(bad_patches));
	tcase_add_test(tc, patches_rebuild_what_they_touch);
	tcase_add_test(tc, failing_patch_leaves_the_tree_good);
	tcase_add_test(tc, offset_but_no_fuzz);
	tcase_add_test(tc, nothing_is_published_without_all_options);
	tcase_add_test(tc, compiler_errors_are_shown);
	tcase_add_test(tc, hash_is_of_what_matters);
	tcase_add_test(tc, folders_are_followed_and_not_touched);
	tcase_add_test(tc, git_revisions);
	tcase_add_test(tc, tarballs);
	tcase_add_loop_test(tc, bad_sources_are_refused, 0, G_N_ELEMENTS(bad_sources));
	tcase_add_test(tc, package_words);
	tcase_add_test(tc, one_builds_the_others_wait);
	tcase_add_test(tc, killed_build_recovers);
	tcase_add_test(tc, bzimage_tells_all);
	tcase_add_test(tc, cut_images);
	tcase_add_test(tc, config_beside_an_image);
	tcase_add_loop_test(tc, bad_images_are_refused, 0, G_N_ELEMENTS(bad_images));
	tcase_add_test(tc, missing_image);
	tcase_add_loop_test(tc, mirrors_of_the_host, 0, G_N_ELEMENTS(apts));
	tcase_add_test(tc, no_mirror);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
