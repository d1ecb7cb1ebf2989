// SPDX-License-Identifier: GPL-2.0-only
/* Tests NVDIMMs whose label area the kernel refuses, and files for which the disk has no space. */
#include "tests/unit/engine.h"

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

/* The contents of an NVDIMM vanish after the check; the run folder has the other inputs. */
START_TEST(contents_that_vanish)
{
	static const char text[] = "about: x\nmachines: [pc-q35]\nmemory: 512M\nmax_memory: 1G\n"
				   "slots: 1\nduration: 1\ntracks: [{steps: [{do: plug, id: n, "
				   "device: nvdimm, size: 128M, label: 1M, once: true, file: n.img"
				   "}]}]\n";
	g_autofree char *file = in_scratch("mine.yaml"), *image = in_scratch("n.img");
	g_autofree char *dir = NULL, *kept = NULL;
	struct run_plan plan = {.seed = 7};

	play("");
	ck_assert(g_file_set_contents(file, text, -1, NULL));
	ck_assert(g_file_set_contents(image, "", 0, NULL));
	ck_assert_int_eq(truncate(image, 129 << 20), 0);
	ck_assert_int_eq(run_edited(&plan, file, remove_image, &dir), VERDICT_INFRA);
	ck_assert(has_reason(dir, "n.img': No such file or directory"));
	kept = g_build_filename(dir, "scenario.yaml", NULL);
	ck_assert(g_file_test(kept, G_FILE_TEST_EXISTS));
}
END_TEST

void add_nvdimm_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, runs_end_in, 0, G_N_ELEMENTS(runs));
	tcase_add_test(tcase, contents_that_vanish);
}
