// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests configs, patches and mirrors of kernels. kernel-build.c tests whole builds, kernel-image.c
 * tests images; `make check` builds real kernels.
 */
#include "tests/unit/suite.h"
#include "tests/unit/kernel.h"

char *slurp(const char *path)
{
	char *text = NULL;

	ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "cannot read %s", path);
	return text;
}

void put(const char *path, const void *data, gssize len)
{
	g_autofree char *dir = g_path_get_dirname(path);

	g_mkdir_with_parents(dir, 0755);
	ck_assert(g_file_set_contents(path, data, len, NULL));
}

static void setup(void)
{
	g_autofree char *cache = NULL, *home = data_path("kernel/home"),
			*tree = data_path("kernel/tree");

	cache = in_scratch("cache");
	g_setenv("XDG_CACHE_HOME", cache, TRUE);
	g_setenv("RIG_HOME", home, TRUE);
	ck_assert(spawn_words(NULL, NULL, "cp", "-r", tree, scratch, NULL));
}

/* ---- config fragments ---- */

const char config_text[] = "# CONFIG_OFF is not set\nCONFIG_ON=y\nCONFIG_MOD=m\nCONFIG_NUM=250\n"
			   "CONFIG_TEXT=\"a = b\"\n";

static const struct {
	const char *need;
	gboolean met;
} needs[] = {
	{"CONFIG_ON", TRUE},
	{"CONFIG_ON=y", TRUE},
	{"CONFIG_OFF", FALSE},
	{"!CONFIG_OFF", TRUE},
	{"!CONFIG_ON", FALSE},
	{"CONFIG_MOD", FALSE},
	{"CONFIG_MOD=m", TRUE},
	{"CONFIG_NUM=250", TRUE},
	{"CONFIG_NUM=100", FALSE},
	{"CONFIG_OFF|CONFIG_ON", TRUE},
	{"CONFIG_OFF|CONFIG_MOD", FALSE},
	{"CONFIG_NOWHERE", FALSE},
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

/*
 * Finds the rig's optional config fragment that has the options that a run lacks, if there is one.
 */
START_TEST(fragment_that_has_it)
{
	const char *const devices[] = {"CONFIG_KMEM", "CONFIG_NOWHERE|CONFIG_NFIT=y", NULL};
	const char *const other[] = {"CONFIG_ARM", NULL}, *const none[] = {"CONFIG_NOWHERE", NULL};
	g_autofree char *home = in_scratch("home"), *path = NULL, *arm = NULL, *first = NULL;

	path = g_build_filename(home, "scenarios/kconfig/devices.config", NULL);
	arm = g_build_filename(home, "scenarios/kconfig/aarch64.config", NULL);
	put(path, "# a comment\nCONFIG_NFIT=y\nCONFIG_KMEM=y # if known\n", -1);
	put(arm, "CONFIG_ARM=y\n", -1);
	g_setenv("RIG_HOME", home, TRUE);
	first = kernel_fragment_with(devices);
	ck_assert_str_eq(first, "scenarios/kconfig/devices.config");
	ck_assert_ptr_null(kernel_fragment_with(none));
	/* fragments of architectures do not count, because each kernel has those of its own */
	ck_assert_ptr_null(kernel_fragment_with(other));
}
END_TEST

/* The result of a fragment's line if only CONFIG_SMP, _MMU and _FIRST are set. */
static const struct {
	const char *line, *complaint;
} settings[] = {
	{"CONFIG_SMP=y", NULL},
	{"# CONFIG_NUMA is not set", NULL},
	{"CONFIG_NEEDY=y",
	 "f.config:2: CONFIG_NEEDY=y was dropped by kconfig: needs (NUMA || ACPI) and CONFIG_GONE "
	 "(which this kernel does not have)"},
	{"CONFIG_UNKNOWN=y",
	 "f.config:2: CONFIG_UNKNOWN=y was dropped by kconfig: this kernel has no such option"},
	{"CONFIG_UNKNOWN=y # if known", NULL},
	{"CONFIG_NEEDY=y # if possible", NULL},
	{"CONFIG_UNKNOWN=y | CONFIG_SMP=y", NULL},
	{"CONFIG_HIDDEN=y",
	 "f.config:2: CONFIG_HIDDEN=y was dropped by kconfig: it cannot be set by hand, only by "
	 "options that select it"},
	{"CONFIG_SECOND=y",
	 "f.config:2: CONFIG_SECOND=y was dropped by kconfig: another option of the same choice is "
	 "set"},
	{"CONFIG_SMP=m", "f.config:2: CONFIG_SMP=m was dropped by kconfig: it is y"},
	{"# CONFIG_SMP is not set",
	 "f.config:2: CONFIG_SMP is not set was dropped by kconfig: it is y: another option "
	 "selects it, or it cannot be set"},
	{"CONFIG_NEEDY=y # if known",
	 "f.config:2: CONFIG_NEEDY=y was dropped by kconfig: needs (NUMA || ACPI) and "
	 "CONFIG_GONE (which this kernel does not have)"},
};

START_TEST(lost_options_are_named)
{
	g_autoptr(GHashTable) config = config_parse("CONFIG_SMP=y\nCONFIG_MMU=y\nCONFIG_FIRST=y\n");
	g_autoptr(GPtrArray) list = fragment_list_new();
	g_autofree char *text = g_strconcat("# words\n", settings[_i].line, "\n", NULL),
			*unmet = NULL;
	g_autofree char *tree = in_scratch("tree");

	ck_assert(fragment_parse("f.config", text, list, NULL));
	unmet = fragment_unmet(list, config, tree, "x86");
	ck_assert_pstr_eq(unmet, settings[_i].complaint);
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
	/*
	 * the first alternative is written last, so that it takes effect if they exclude each other
	 */
	ck_assert_str_eq(merged, "CONFIG_KEPT=y\n\nCONFIG_B=y\nCONFIG_A=y\nCONFIG_NUM=2\n"
				 "# CONFIG_TEXT is not set\n");
	unmet = fragment_unmet(list, config, NULL, NULL);
	ck_assert_ptr_nonnull(strstr(unmet, "CONFIG_A=y was dropped by kconfig: it is not set"));
	ck_assert_ptr_null(strstr(unmet, "CONFIG_NUM"));
}
END_TEST

static const char *const bad_lines[] = {
	"CONFIG_X",
	"CONFIG_X=",
	"CONFIG_X=yes",
	"X=y",
	"CONFIG_X=\"open",
	"CONFIG_X=y |",
	"CONFIG_A=y|CONFIG_B=y|CONFIG_C=y|CONFIG_D=y|CONFIG_E=y",
	"# CONFIG_X is set",
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
	g_autofree char *path = data_path("kernel/patches/series.mbox");
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
	/* the patch contains neither the quoted diff of a message nor a mail's signature */
	ck_assert_ptr_null(strstr(patch->text, "never"));
	ck_assert_ptr_null(strstr(patch->text, "2.39"));
}
END_TEST

#define HUNK "@@ -1,1 +1,1 @@\n-a\n+b\n"

static const struct {
	const char *text, *why;
} bad_patches[] = {
	{"hello\n", "contains no patch"},
	{"", "contains no patch"},
	{"--- a/../../etc/passwd\n+++ b/../../etc/passwd\n" HUNK, "invalid path"},
	{"--- /etc/passwd\n+++ /etc/passwd\n" HUNK, "invalid path"},
	{"--- passwd\n+++ passwd\n" HUNK, "invalid path"},
	{"--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n", "is incomplete"},
	{"--- a/f\n+++ b/f\n@@ nonsense\n", "invalid hunk header"},
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

/* ---- downloads by apt ---- */

static const struct {
	const char *etc, *suite, *text;
} apts[] = {
	{"kernel/etc-deb822", "bullseye",
	 "# Made by the hotplug rig.\n"
	 "\nTypes: deb\nURIs: http://mirror.example.org/debian\nSuites: bullseye\n"
	 "Components: main\n"
	 "Signed-By: /usr/share/keyrings/some.gpg\n"
	 "\nTypes: deb\nURIs: http://mirror.example.org/debian\nSuites: bullseye-updates\n"
	 "Components: main\n"
	 "Signed-By: /usr/share/keyrings/some.gpg\n"
	 "\nTypes: deb\nURIs: http://security.example.org/debian-security\n"
	 "Suites: bullseye-security\n"
	 "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"},
	{"kernel/etc-list", "bookworm-backports",
	 "# Made by the hotplug rig.\n"
	 "\nTypes: deb\nURIs: http://list.example.org/debian\nSuites: bookworm-backports\n"
	 "Components: main\n"
	 "Signed-By: /etc/apt/k.gpg\n"},
	/* a backports suite together with the release that its packages depend on */
	{"kernel/etc-list", "trixie+trixie-backports",
	 "# Made by the hotplug rig.\n"
	 "\nTypes: deb\nURIs: http://list.example.org/debian\nSuites: trixie\n"
	 "Components: main\n"
	 "Signed-By: /etc/apt/k.gpg\n"
	 "\nTypes: deb\nURIs: http://list.example.org/debian\nSuites: trixie-updates\n"
	 "Components: main\n"
	 "Signed-By: /etc/apt/k.gpg\n"
	 "\nTypes: deb\nURIs: http://list.example.org/debian-security\n"
	 "Suites: trixie-security\nComponents: main\n"
	 "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
	 "\nTypes: deb\nURIs: http://list.example.org/debian\nSuites: trixie-backports\n"
	 "Components: main\n"
	 "Signed-By: /etc/apt/k.gpg\n"},
};

START_TEST(mirrors_of_the_host)
{
	g_autofree char *etc = data_path(apts[_i].etc), *text = NULL;

	ck_assert(apt_sources_text(etc, apts[_i].suite, &text, NULL));
	ck_assert_str_eq(text, apts[_i].text);
}
END_TEST

/* A kernel source without a suite is looked for in the release that has it. */
START_TEST(releases_of_sources)
{
	ck_assert_str_eq(apt_release("linux-source-6.1"), "bookworm");
	ck_assert_str_eq(apt_release("linux-source-6.12"), "trixie");
	ck_assert_ptr_null(apt_release("linux-source-6"));
	ck_assert_ptr_null(apt_other_release("linux-image-cloud-amd64"));
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

	use_scratch(tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, config_lacks_what_it_should, 0, G_N_ELEMENTS(needs));
	tcase_add_test(tc, fragment_that_has_it);
	tcase_add_loop_test(tc, lost_options_are_named, 0, G_N_ELEMENTS(settings));
	tcase_add_test(tc, later_fragments_win);
	tcase_add_loop_test(tc, bad_fragment_lines, 0, G_N_ELEMENTS(bad_lines));
	tcase_add_test(tc, mails_are_split);
	tcase_add_loop_test(tc, bad_patches_are_refused, 0, G_N_ELEMENTS(bad_patches));
	add_build_tests(tc);
	add_builder_tests(tc);
	add_module_tests(tc);
	add_image_tests(tc);
	add_prune_tests(tc);
	add_export_tests(tc);
	tcase_add_loop_test(tc, mirrors_of_the_host, 0, G_N_ELEMENTS(apts));
	tcase_add_test(tc, no_mirror);
	tcase_add_test(tc, releases_of_sources);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
