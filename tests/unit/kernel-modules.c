// SPDX-License-Identifier: GPL-2.0-only
/* Tests modules that are built with a kernel, in the small source tree of data/kernel/tree. */
#include "tests/unit/suite.h"
#include "tests/unit/kernel.h"

#include <glib/gstdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/paths.h"

static struct kernel *build(const struct kernel_module *modules, unsigned n, const char *kconfig,
			    GError **error)
{
	g_autofree char *source = dir_source();
	const struct kernel_spec spec = {
		.source = source,
		.arch = "x86_64",
		.kconfig = kconfig,
		.modules = modules,
		.n_modules = n,
		.jobs = 1,
	};

	return kernel_build(&spec, NULL, NULL, error);
}

static char *module_of(const struct kernel *kernel, const char *name)
{
	return g_build_filename(kernel->modules, name, NULL);
}

START_TEST(modules_belong_to_the_build)
{
	g_autofree char *folder = in_scratch("mine"), *rules = in_scratch("mine/Kbuild"),
			*code = in_scratch("mine/mi_ne.c"), *note = in_scratch("mine/notes");
	const struct kernel_module modules[] = {{"th_ree", NULL}, {"mine", folder}};
	rig_auto(kernel) none = build(NULL, 0, "CONFIG_MODULES=y", NULL);
	rig_auto(kernel) both = NULL;
	rig_auto(kernel) again = NULL;
	rig_auto(kernel) changed = NULL;
	rig_auto(kernel) without = NULL;
	g_autofree char *of_tree = NULL, *own = NULL, *text = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert_int_eq(g_mkdir(folder, 0700), 0);
	put(rules, "obj-m := mi_ne.o\n", -1);
	put(code, "int mine;\n", -1);
	both = build(modules, 2, "CONFIG_MODULES=y", &error);
	ck_assert_msg(both != NULL, "%s", error ? error->message : "");
	of_tree = module_of(both, "th_ree.ko");
	own = module_of(both, "mi_ne.ko");
	text = slurp(own);
	ck_assert_str_eq(text, "int mine;\n");
	ck_assert(g_file_test(of_tree, G_FILE_TEST_EXISTS));
	ck_assert_ptr_null(none->modules);
	ck_assert_str_ne(none->hash, both->hash);
	/* a file that is not a source does not matter */
	put(note, "later", -1);
	again = build(modules, 2, "CONFIG_MODULES=y", NULL);
	ck_assert(again && again->was_cached);
	put(code, "int other;\n", -1);
	changed = build(modules, 2, "CONFIG_MODULES=y", NULL);
	ck_assert(changed && !changed->was_cached);
	ck_assert_str_ne(changed->hash, both->hash);
	/* the build does not have the modules of an earlier build in the same folder */
	without = build(NULL, 0, "CONFIG_MODULES=y\nCONFIG_MINE=1", NULL);
	ck_assert(without && !without->modules);
}
END_TEST

static const struct {
	const char *name, *folder, *kconfig, *error;
} bad[] = {
	{"nothing", NULL, "CONFIG_MODULES=y",
	 "the kernel has no module 'nothing'; set its option to m ('kconfig: [CONFIG_NAME=m]'"},
	{"th_ree", NULL, NULL,
	 "the kernel has no CONFIG_MODULES, which modules need; write 'kernel: full'"},
	{"gone", "gone", NULL, "module folder '"},
	{"empty", "empty", NULL, "has no Kbuild file; write one with the line 'obj-m := NAME.o'"},
	{"broken", "broken", "CONFIG_MODULES=y",
	 "module 'broken': make modules for x86_64 failed: "},
	{"idle", "idle", "CONFIG_MODULES=y",
	 "module 'idle': its Kbuild file builds no module (write 'obj-m := NAME.o')"},
	{"th_ree", NULL, "CONFIG_MODULES=y\nNONSENSE",
	 "kconfig:2: invalid option 'NONSENSE': write CONFIG_X=y"},
};

START_TEST(bad_modules)
{
	g_autofree char *folder = bad[_i].folder ? in_scratch(bad[_i].folder) : NULL;
	const struct kernel_module module = {bad[_i].name, folder};
	g_autofree char *empty = in_scratch("empty"), *broken = in_scratch("broken"),
			*idle = in_scratch("idle");
	g_autofree char *rules = in_scratch("broken/Kbuild"), *code = in_scratch("broken/b.c"),
			*no_rules = in_scratch("idle/Kbuild"), *unused = in_scratch("idle/i.c");
	g_autoptr(GError) error = NULL;

	ck_assert(!g_mkdir(empty, 0700) && !g_mkdir(broken, 0700) && !g_mkdir(idle, 0700));
	put(rules, "obj-m := b.o\n", -1);
	put(code, "syntax error\n", -1);
	put(no_rules, "# nothing\n", -1);
	put(unused, "int i;\n", -1);
	ck_assert_ptr_null(build(&module, 1, bad[_i].kconfig, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, bad[_i].error) != NULL, "%s", error->message);
	ck_assert_ptr_null(strchr(error->message, '\n'));
}
END_TEST

static const struct {
	const char *fragment, *refused; /* `refused`: the beginning of the reason, or NULL */
} optional[] = {
	{"CONFIG_NUMA=y\n", NULL},
	{"CONFIG_NUMA=y\nCONFIG_NEEDY=y\n",
	 "extra.config:2: CONFIG_NEEDY=y was dropped by kconfig: needs "},
};

/*
 * An optional fragment is left out as a whole if kconfig does not accept all of it. The reason is
 * stored with the build. A build that must have the fragment does not use this one.
 */
START_TEST(optional_fragment)
{
	g_autofree char *source = dir_source(), *extra = in_scratch("extra.config");
	const char *const required[] = {extra, NULL};
	struct kernel_spec spec = {.source = source,
				   .arch = "x86_64",
				   .optional = extra,
				   .jobs = 1};
	g_autoptr(GError) error = NULL;
	rig_auto(kernel) kernel = NULL;
	rig_auto(kernel) again = NULL;
	rig_auto(kernel) must = NULL;
	g_autofree char *config = NULL;

	put(extra, optional[_i].fragment, -1);
	kernel = kernel_build(&spec, NULL, NULL, &error);
	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	config = slurp(kernel->config);
	ck_assert_int_eq(strstr(config, "CONFIG_NUMA=y") != NULL, !optional[_i].refused);
	again = kernel_build(&spec, NULL, NULL, NULL);
	ck_assert(again && again->was_cached);
	for (guint i = 0; i < 2; i++) {
		const struct kernel *k = i ? again : kernel;

		ck_assert_str_eq(k->with, optional[_i].refused ? "" : "extra");
		ck_assert_int_eq(k->refused != NULL, optional[_i].refused != NULL);
		ck_assert(!k->refused || g_str_has_prefix(k->refused, optional[_i].refused));
	}
	spec.optional = NULL;
	spec.fragments = required;
	must = kernel_build(&spec, NULL, NULL, NULL);
	ck_assert_int_eq(must != NULL, !optional[_i].refused);
	ck_assert(!must || !must->refused);
}
END_TEST

/* The two standard kernels have object folders of their own, so neither rebuilds the other's. */
START_TEST(full_has_its_own_objects)
{
	g_autofree char *source = dir_source(), *full = rig_home_path(KERNEL_FULL);
	g_autofree char *trees = in_scratch("cache/hotplug-rig/kernel/tree"), *obj = NULL;
	const char *fragments[] = {full, NULL};
	const struct kernel_spec spec = {
		.source = source, .arch = "x86_64", .fragments = fragments, .jobs = 1};
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = NULL;
	rig_auto(kernel) kernel = kernel_build(&spec, NULL, NULL, &error);

	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	dir = g_dir_open(trees, 0, NULL);
	obj = g_build_filename(trees, g_dir_read_name(dir), "obj-x86_64-full/vmlinux", NULL);
	ck_assert(g_file_test(obj, G_FILE_TEST_EXISTS));
}
END_TEST

/* The estimate counts objects that depend on a changed option or a patched file, each once. */
START_TEST(estimate_counts_objects)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{".config", "CONFIG_SAME=y\n# CONFIG_NEWER is not set\n"},
		{"vmlinux", ""},
		{".one.o.cmd", "source_one.o := ../src/mm/one.c\n"
			       "    $(wildcard include/config/NEW) \\\n"
			       "    $(wildcard include/config/OTHER) \\\n"},
		{".two.o.cmd", "source_two.o := ../src/mm/two.c\n  ../src/include/linux/x.h \\\n"},
		{".three.o.cmd", "    $(wildcard include/config/NEWER) \\\n"
				 "    $(wildcard include/config/SAME) \\\n"},
		{".four.o.cmd", "    $(wildcard include/config/NEW)\n  ../src/mm/two.c\n"},
		{".five.cmd", "    $(wildcard include/config/NEW)\n"},
	};
	g_autofree char *obj = in_scratch("obj"), *plain = data_path("kernel/patches/plain.diff");
	g_autofree char *text = NULL, *all = NULL, *timed = NULL;
	g_autoptr(GPtrArray) settings = fragment_list_new(), patches = g_ptr_array_new();
	rig_auto(patch) patch = patch_load(plain, NULL);
	struct kernel_estimate estimate;
	const struct kernel_arch *arch = arch_find("x86_64", NULL);

	ck_assert(fragment_parse("f", "CONFIG_SAME=y\nCONFIG_NEW=y\nCONFIG_IDLE=y # if possible\n"
				   "CONFIG_NEWER=y # if known\n",
				 settings, NULL));
	estimate_build(obj, settings, patches, arch, &estimate);
	ck_assert_uint_eq(estimate.files, arch->objects);
	ck_assert_int_eq(g_mkdir(obj, 0700), 0);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(obj, files[i].name, NULL);

		put(path, files[i].text, -1);
	}
	estimate_build(obj, settings, patches, arch, &estimate);
	text = kernel_estimate_text(&estimate);
	ck_assert_str_eq(text,
			 "compiles at least 3 of 4 files, 2 of them because of CONFIG_NEW");
	g_free(estimate.most);
	g_ptr_array_add(patches, patch);
	estimate_build(obj, settings, patches, arch, &estimate);
	all = kernel_estimate_text(&estimate);
	ck_assert_uint_eq(estimate.files, 3);
	estimate.ns = 2 * RIG_NS_PER_S;
	timed = kernel_estimate_text(&estimate);
	ck_assert(g_str_has_suffix(timed, "; about 2.0 s by the last full build, plus linking"));
	g_free(estimate.most);
}
END_TEST

void add_module_tests(TCase *tc)
{
	tcase_add_test(tc, modules_belong_to_the_build);
	tcase_add_loop_test(tc, bad_modules, 0, G_N_ELEMENTS(bad));
	tcase_add_test(tc, estimate_counts_objects);
	tcase_add_test(tc, full_has_its_own_objects);
	tcase_add_loop_test(tc, optional_fragment, 0, G_N_ELEMENTS(optional));
}
