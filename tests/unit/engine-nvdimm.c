// SPDX-License-Identifier: GPL-2.0-only
/* Tests NVDIMMs whose label area the kernel refuses, and files for which the disk has no space. */
#include "tests/unit/engine.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "tests/unit/suite.h"

static const struct {
	const char *scenario, *fake;
	enum verdict verdict;
	const char *reason; /* part of a reason, or NULL */
} runs[] = {
	{"engine/nvdimm.yaml", "", VERDICT_PASS, NULL},
	{"engine/nvdimm.yaml", "blocks-result=ENXIO", VERDICT_FAIL,
	 "plug of 'n': the kernel has refused its label area"},
	{"engine/nvdimm-refused.yaml", "blocks-result=ENXIO", VERDICT_PASS, NULL},
	{"engine/nvdimm-refused.yaml", "", VERDICT_FAIL,
	 "plug of 'n' ended in 'ok', but the scenario expects 'refused'"},
	{"engine/larger-than-disk.yaml", "bus-at=stop", VERDICT_INFRA,
	 "the file system of the run folder is full: it has room for "},
	{"engine/larger-than-disk.yaml", "die-at=stop", VERDICT_LOST, "signal 9"},
	{"engine/in-memory.yaml", "bus-at=stop", VERDICT_LOST, "signal 7"},
};

START_TEST(runs_end_in)
{
	struct run_plan plan = {.seed = 7};
	g_autofree char *dir = NULL, *file = NULL, *text = NULL;
	enum verdict verdict;

	play(runs[_i].fake);
	verdict = run_edited(&plan, runs[_i].scenario, NULL, &dir);
	file = g_build_filename(dir, "verdict", NULL);
	ck_assert(g_file_get_contents(file, &text, NULL, NULL));
	ck_assert_msg(verdict == runs[_i].verdict, "%s: %.3000s", verdict_name(verdict), text);
	if (runs[_i].reason)
		ck_assert_msg(has_reason(dir, runs[_i].reason), "%.3000s", text);
}
END_TEST

static void remove_image(json_t *timeline)
{
	g_autofree char *image = in_scratch("n.img");

	(void)timeline;
	ck_assert_int_eq(unlink(image), 0);
}

/* Writes a scenario with an NVDIMM, and its contents, a sparse file. Returns its path. */
static char *make_contents(void)
{
	static const char text[] = "about: x\nmachines: [pc-q35]\nmemory: 512M\nmax_memory: 1G\n"
				   "slots: 1\nduration: 1\ntracks: [{steps: [{do: plug, id: n, "
				   "device: nvdimm, size: 128M, label: 1M, once: true, file: n.img"
				   "}]}]\n";
	g_autofree char *file = in_scratch("mine.yaml"), *image = in_scratch("n.img");

	ck_assert(g_file_set_contents(file, text, -1, NULL));
	ck_assert(g_file_set_contents(image, "", 0, NULL));
	ck_assert_int_eq(truncate(image, 129 << 20), 0);
	return g_steal_pointer(&file);
}

/* The contents of an NVDIMM vanish after the check; the run folder has the other inputs. */
START_TEST(contents_that_vanish)
{
	g_autofree char *file = make_contents(), *dir = NULL, *kept = NULL;
	struct run_plan plan = {.seed = 7};

	play("");
	ck_assert_int_eq(run_edited(&plan, file, remove_image, &dir), VERDICT_INFRA);
	ck_assert(has_reason(dir, "n.img': No such file or directory"));
	kept = g_build_filename(dir, "scenario.yaml", NULL);
	ck_assert(g_file_test(kept, G_FILE_TEST_EXISTS));
}
END_TEST

/* Sends a signal at the N-th iteration of the main loop, and waits until it can be handled. */
static gboolean interrupt_at(void *n)
{
	if (--*(guint *)n)
		return G_SOURCE_CONTINUE;
	raise(SIGTERM);
	while (!g_main_context_pending(NULL))
		;
	return G_SOURCE_REMOVE;
}

/*
 * A signal ends the copy of the contents into the run folder, or with another N, the copy for QEMU.
 * Each copy has three pieces.
 */
START_TEST(a_signal_ends_the_copy)
{
	guint n = _i ? 5 : 1;
	g_autofree char *file = make_contents(), *image = in_scratch("n.img"), *dir = NULL;
	g_autofree char *qemu = NULL;
	struct run_plan plan = {.seed = 7};
	int fd = open(image, O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pwrite(fd, "data", 4, i << 20), 4);
	close(fd);
	play("");
	g_timeout_add(0, interrupt_at, &n);
	ck_assert_int_eq(run_edited(&plan, file, NULL, &dir), VERDICT_ABORTED);
	ck_assert(has_reason(dir, "interrupted by a signal"));
	ck_assert(!has_reason(dir, "cannot copy"));
	qemu = g_build_filename(dir, "qemu", NULL);
	ck_assert(!g_file_test(qemu, G_FILE_TEST_EXISTS));
	g_free(qemu);
	qemu = g_build_filename(dir, "qemu-cmd", NULL);
	ck_assert_msg(!g_file_test(qemu, G_FILE_TEST_EXISTS), "QEMU was started");
}
END_TEST

void add_nvdimm_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, runs_end_in, 0, G_N_ELEMENTS(runs));
	tcase_add_test(tcase, contents_that_vanish);
	tcase_add_loop_test(tcase, a_signal_ends_the_copy, 0, 2);
}
