// SPDX-License-Identifier: GPL-2.0-only
/* Tests which names and kinds of files a scenario may bring along. */
#include "tests/unit/scenario.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario/keep.h"
#include "tests/unit/suite.h"
#include "util/error.h"

#define OWN_FILES \
	"about: x\nmachines: [pc-q35, pseries]\nmemory: 2G\nduration: 5\nagents: [{name: run, " \
	"params: {file: %s}}]\nfiles: [%s]\n"

/* Contents of a file, and the beginning of the expected error, or NULL if the file is accepted. */
static const struct {
	const char *name, *error;
} own_files[] = {
	{"a.sh", NULL},
	{"sub/b-1.sh", NULL},
	{"data", NULL},
	{"inside", NULL},
	{"bash.sh",
	 "6:9: 'bash.sh' is a script for '/bin/bash', which the guest does not have; "
	 "write it for #!/bin/sh"},
	{"dynamic",
	 "6:9: 'dynamic' is a dynamic program, whose libraries the guest does not have; link it"},
	{"cut-elf", "6:9: 'cut-elf' is a damaged program"},
	{"big", NULL},
	{"wrong-order", "6:9: 'wrong-order' is not a 64-bit program in the byte order of a "},
	{"huge", "6:9: "},
	{"missing", "6:9: cannot read '"},
	{"sub", "6:9: "},
	{"outside", "6:9: 'outside' is a link to a file outside of the scenario's folder"},
	{"../x", "6:9: invalid file '../x'; allowed: a name relative to this file"},
	{"/etc/passwd", "6:9: invalid file '/etc/passwd'"},
	{"-rf", "6:9: invalid file '-rf'"},
	{"\"a b\"", "6:9: invalid file 'a b'"},
	{".hidden", "6:9: invalid file '.hidden'"},
	{"a.sh, a.sh", "6:15: 'a.sh' is listed twice"},
};

static void put_file(const char *name, const char *text, gssize len)
{
	g_autofree char *path = in_scratch(name);

	ck_assert(g_file_set_contents(path, text, len, NULL));
}

static void make_own_files(void)
{
	g_autofree char *sub = in_scratch("sub"), *huge = in_scratch("huge"),
			*self = in_scratch("dynamic");
	char elf[64] = {0};
	g_autofree char *outside = in_scratch("outside"), *inside = in_scratch("inside");

	ck_assert_int_eq(g_mkdir(sub, 0700), 0);
	put_file("a.sh", "#!/bin/sh\n", -1);
	put_file("sub/b-1.sh", "#! /bin/busybox sh -e\n", -1);
	put_file("data", "no script", -1);
	put_file("bash.sh", "#!/bin/bash\n", -1);
	put_file("cut-elf", "\177ELF", -1);
	/* a program of s390x, and one of powerpc in the same byte order */
	memcpy(elf, "\177ELF\2\2\1", 7);
	elf[19] = EM_S390;
	put_file("big", elf, sizeof(elf));
	elf[19] = EM_PPC64;
	put_file("wrong-order", elf, sizeof(elf));
	put_file("huge", "", 0);
	ck_assert_int_eq(truncate(huge, (16 << 20) + 1), 0);
	shell("cp", "/proc/self/exe", self, NULL);
	ck_assert_int_eq(symlink("/etc/passwd", outside), 0);
	ck_assert_int_eq(symlink("a.sh", inside), 0);
}

START_TEST(files_of_a_scenario)
{
	g_autofree char *path = in_scratch("mine.yaml"), *first = NULL, *text = NULL,
			*wanted = NULL;
	const char *name = own_files[_i].name, *error_text = own_files[_i].error;
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = NULL;

	make_own_files();
	first = g_strndup(name, strcspn(name, ","));
	text = g_strdup_printf(OWN_FILES, first, name);
	ck_assert(g_file_set_contents(path, text, -1, NULL));
	s = scenario_load(path, &error);
	if (!error_text) {
		ck_assert_msg(s != NULL, "%s", error ? error->message : "");
		ck_assert_str_eq(s->files[0].name, name);
		return;
	}
	wanted = g_strdup_printf("%s:%s", path, error_text);
	ck_assert_msg(s == NULL, "%s was taken", name);
	ck_assert_msg(g_str_has_prefix(error->message, wanted), "\nwanted: %s\ngot:    %s", wanted,
		      error->message);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

/*
 * Files are also found in files/ of a run folder; a program is accepted for machines of its
 * architecture only.
 */
START_TEST(files_of_a_run_folder)
{
	g_autofree char *path = in_scratch("scenario.yaml"), *folder = in_scratch("files"),
			*text = NULL;
	rig_auto(scenario) s = NULL;

	ck_assert_int_eq(g_mkdir(folder, 0700), 0);
	put_file("files/t.sh", "#!/bin/sh\n", -1);
	text = g_strdup_printf(OWN_FILES, "t.sh", "t.sh");
	ck_assert(g_file_set_contents(path, text, -1, NULL));
	s = scenario_load(path, NULL);
	ck_assert_ptr_nonnull(s);
	ck_assert(g_str_has_suffix(s->files[0].path, "/files/t.sh"));
	ck_assert(scenario_check_machine(s, machine_find("pseries", NULL), NULL));
	s->files[0].elf_machine = EM_X86_64;
	ck_assert(scenario_check_machine(s, machine_find("pc-q35", NULL), NULL));
	ck_assert(!scenario_check_machine(s, machine_find("pseries", NULL), NULL));
}
END_TEST

/* A run folder has files of its own, such as `journal`; the scenario's are in files/. */
START_TEST(a_file_with_the_name_of_one_of_a_run_folder)
{
	g_autofree char *run = in_scratch("scenario.yaml"), *other = in_scratch("mine.yaml");
	g_autofree char *folder = in_scratch("files");
	g_autofree char *text = g_strdup_printf(OWN_FILES, "journal", "journal");
	rig_auto(scenario) again = NULL;
	rig_auto(scenario) first = NULL;

	ck_assert_int_eq(g_mkdir(folder, 0700), 0);
	put_file("journal", "{}", -1);
	put_file("files/journal", "#!/bin/sh\n", -1);
	put_file("scenario.yaml", text, -1);
	put_file("mine.yaml", text, -1);
	again = scenario_load(run, NULL);
	first = scenario_load(other, NULL);
	ck_assert(again && g_str_has_suffix(again->files[0].path, "/files/journal"));
	ck_assert(first && !g_str_has_suffix(first->files[0].path, "/files/journal"));
}
END_TEST

/* The message has the reason of the system, not always that the file does not exist. */
START_TEST(a_file_that_cannot_be_reached)
{
	g_autofree char *path = in_scratch("mine.yaml");
	g_autofree char *text = g_strdup_printf(OWN_FILES, "a.sh/n", "a.sh/n");
	g_autoptr(GError) error = NULL;

	put_file("a.sh", "#!/bin/sh\n", -1);
	put_file("mine.yaml", text, -1);
	ck_assert(!scenario_load(path, &error));
	ck_assert_msg(g_str_has_suffix(error->message, "/a.sh/n': Not a directory"), "%s",
		      error->message);
}
END_TEST

#define OWN_IMAGE \
	"about: x\nmachines: [pc-q35]\nmemory: 1G\nmax_memory: 2G\nslots: 1\nduration: 5\n" \
	"tracks: [{steps: [{do: plug, id: n, device: nvdimm, size: 128M, label: 1M, file: %s, " \
	"once: true}]}]\n"

/* Files with the contents of an NVDIMM: size, and the beginning of the expected error, or NULL. */
static const struct {
	const char *name;
	gint64 size;
	const char *error;
} images[] = {
	{"n.img", 129 << 20, NULL},
	{"small", (129 << 20) - 1,
	 "7:82: 'small' has 135266303 bytes, but NVDIMM 'n' has 128M and a label area of 1M, "
	 "together 135266304 bytes; change the file, 'size' or 'label'"},
	{"large", (129 << 20) + 1, "7:82: 'large' has 135266305 bytes, but NVDIMM 'n' has 128M "},
	{"empty", 0, "7:82: 'empty' has 0 bytes"},
	{"sub", -1, "7:82: 'sub' is a folder, not a regular file"},
	{"pipe", -1, "7:82: 'pipe' is a device or a pipe, not a regular file"},
	{"outside", -1, "7:82: 'outside' is a link to a file outside of the scenario's folder"},
	{"none", -1, "7:82: cannot read '"},
	{"n234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
	 "9012345678901",
	 -1, "7:82: invalid file 'n2345678901"},
};

START_TEST(contents_of_an_nvdimm)
{
	g_autofree char *path = in_scratch("mine.yaml"), *file = in_scratch(images[_i].name);
	g_autofree char *text = g_strdup_printf(OWN_IMAGE, images[_i].name), *wanted = NULL;
	g_autofree char *pipe = in_scratch("pipe");
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = NULL;

	make_own_files();
	ck_assert_int_eq(mkfifo(pipe, 0600), 0);
	if (images[_i].size >= 0) {
		put_file(images[_i].name, "", 0);
		ck_assert_int_eq(truncate(file, images[_i].size), 0);
	}
	put_file("mine.yaml", text, -1);
	s = scenario_load(path, &error);
	if (!images[_i].error) {
		ck_assert_msg(s != NULL, "%s", error ? error->message : "");
		ck_assert_str_eq(s->tracks[0].steps[0].path, file);
		ck_assert(scenario_needs_direct(s));
		ck_assert(scenario_check_machine(s, machine_find("pc-q35", NULL), NULL));
		/* as after scenario_fit(), which rounds the size up for larger pages */
		s->tracks[0].steps[0].size.low = s->tracks[0].steps[0].size.high = 256 << 20;
		ck_assert(!scenario_check_machine(s, machine_find("pc-q35", NULL), &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
		return;
	}
	wanted = g_strdup_printf("%s:%s", path, images[_i].error);
	ck_assert_msg(s == NULL, "%s was taken", images[_i].name);
	ck_assert_msg(g_str_has_prefix(error->message, wanted), "\nwanted: %s\ngot:    %s", wanted,
		      error->message);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

/* The scenario that `rig race` writes is in another folder, with copies of the files. */
START_TEST(files_are_kept)
{
	static const char text[] =
		"about: x\nmachines: [pc-q35]\nmemory: 1G\nmax_memory: 2G\nslots: 1\nduration: 5\n"
		"files: [sub/b-1.sh]\nkernel: full\nmodules: [./own]\n"
		"agents: [{name: run, params: {file: sub/b-1.sh}}]\n"
		"tracks: [{steps: [{do: plug, id: n, device: nvdimm, size: 128M, label: 1M, "
		"file: n.img, once: true}]}]\n";
	g_autofree char *path = in_scratch("mine.yaml"), *other = in_scratch("to");
	g_autofree char *again = in_scratch("to/race.yaml"), *own = in_scratch("own");
	g_autofree char *image = in_scratch("n.img");
	g_autofree char *wanted = in_scratch("to/files/n.img");
	rig_auto(scenario) s = NULL;
	rig_auto(scenario) kept = NULL;

	make_own_files();
	ck_assert_int_eq(g_mkdir(own, 0700) | g_mkdir(other, 0700), 0);
	put_file("own/Kbuild", "obj-m := own.o\n", -1);
	put_file("n.img", "", 0);
	ck_assert_int_eq(truncate(image, 129 << 20), 0);
	put_file("mine.yaml", text, -1);
	put_file("to/race.yaml", text, -1);
	s = scenario_load(path, NULL);
	ck_assert_ptr_nonnull(s);
	ck_assert(!scenario_load(again, NULL));
	for (int i = 0; i < 2; i++)
		ck_assert(scenario_keep_files(s, other, NULL));
	kept = scenario_load(again, NULL);
	ck_assert_ptr_nonnull(kept);
	ck_assert_str_eq(kept->tracks[0].steps[0].path, wanted);
	ck_assert(g_file_test(kept->modules[0].folder, G_FILE_TEST_IS_DIR));
	ck_assert_int_eq(unlink(image), 0);
	ck_assert_int_eq(unlink(wanted), 0);
	ck_assert(!scenario_keep_files(s, other, NULL));
}
END_TEST

void add_scenario_file_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, files_of_a_scenario, 0, G_N_ELEMENTS(own_files));
	tcase_add_test(tcase, files_of_a_run_folder);
	tcase_add_test(tcase, a_file_with_the_name_of_one_of_a_run_folder);
	tcase_add_test(tcase, a_file_that_cannot_be_reached);
	tcase_add_test(tcase, files_are_kept);
	tcase_add_loop_test(tcase, contents_of_an_nvdimm, 0, G_N_ELEMENTS(images));
}
