// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the plan of a run: which requests are refused with which messages, and what is stored in
 * run.json.
 */
#include <check.h>
#include <string.h>

#include "plan/internal.h"
#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/paths.h"

static char *no_key[] = {"=x", NULL}, *capital[] = {"Key=x", NULL},
	    *good_labels[] = {"a-b_1=x = y", NULL};

static const struct {
	struct run_request want;
	int code;
	const char *says;
} refused[] = {
	{{.scenario = "gremlins"}, RIG_EXIT_USAGE, "gremlins"},
	{{.scenario = "dimm-storm", .machine = "pdp11"}, RIG_EXIT_USAGE, "pdp11"},
	{{.scenario = "dimm-storm", .machine = "powernv9"}, RIG_EXIT_SKIP, "powernv9"},
	{{.scenario = "dimm-storm", .duration_s = -1},
	 RIG_EXIT_USAGE,
	 "invalid duration of -1 s (1 to 604800)"},
	{{.scenario = "dimm-storm", .patience_s = 3601},
	 RIG_EXIT_USAGE,
	 "invalid patience of 3601 s (1 to 3600)"},
	{{.scenario = "dimm-storm", .seed = "seven"}, RIG_EXIT_USAGE, "invalid seed 'seven'"},
	{{.scenario = "dimm-storm", .seed = ""}, RIG_EXIT_USAGE, "invalid seed ''"},
	{{.scenario = "dimm-storm", .seed = "0x8000000000000000"}, RIG_EXIT_USAGE, "invalid seed"},
	{{.scenario = "dimm-storm", .launcher = "xen"},
	 RIG_EXIT_USAGE,
	 "unknown launcher 'xen' (available: direct, libvirt)"},
	{{.scenario = "dimm-storm", .launcher = "direct", .uri = "qemu:///system"},
	 RIG_EXIT_USAGE,
	 "--connect qemu:///system needs --launcher libvirt"},
	{{.scenario = "dimm-storm", .labels = no_key}, RIG_EXIT_USAGE, "invalid label '=x'"},
	{{.scenario = "dimm-storm", .labels = capital}, RIG_EXIT_USAGE, "invalid label 'Key=x'"},
	{{.scenario = "dimm-storm", .memory_image = "much"}, RIG_EXIT_USAGE, "--memory-image: "},
	{{.scenario = "dimm-storm", .firmware = "slof"},
	 RIG_EXIT_USAGE,
	 "unknown firmware 'slof' for machine 'pc-q35' (available: none)"},
	{{.scenario = "dimm-storm", .machine = "pseries", .mmu = "soft"},
	 RIG_EXIT_USAGE,
	 "unknown MMU mode 'soft' for machine 'pseries' (available: "},
	{{.scenario = "dimm-storm", .page_size = "64k"},
	 RIG_EXIT_USAGE,
	 "unknown page size '64k' for machine 'pc-q35' (available: none)"},
	{{.scenario = "dimm-storm", .machine = "arm64-virt", .page_size = "16k"},
	 RIG_EXIT_USAGE,
	 "unknown page size '16k' for machine 'arm64-virt' (available: 4k, 64k)"},
	{{.scenario = "dimm-storm", .without = "gremlins"}, RIG_EXIT_USAGE, "gremlins"},
};

START_TEST(refused_requests)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(plan_make(&refused[_i].want, NULL, &error));
	ck_assert_ptr_nonnull(error);
	ck_assert_msg(strstr(error->message, refused[_i].says), "'%s' does not say '%s'",
		      error->message, refused[_i].says);
	ck_assert_int_eq(rig_exit_code(error), refused[_i].code);
}
END_TEST

/* The page size of a request, or else of its fragments. */
START_TEST(page_size_is_chosen)
{
	g_autofree char *large = rig_home_path(RIG_ARM64_64K_CONFIG);
	g_autofree char *full = rig_home_path(KERNEL_FULL);
	char *fragments[] = {full, large, NULL};
	const struct machine *arm = machine_find("arm64-virt", NULL), *machine = arm;
	struct run_request want = {0};
	g_auto(GStrv) added = NULL;
	g_auto(GStrv) given = NULL;

	ck_assert(plan_page_size(&want, &machine, NULL));
	ck_assert_ptr_eq(machine, arm);
	want.page_size = "64k";
	ck_assert(plan_page_size(&want, &machine, NULL));
	ck_assert_str_eq(machine->page_size, "64k");
	added = plan_fragments(&want, NULL, "aarch64");
	ck_assert_str_eq(added[0], large);
	ck_assert_ptr_null(added[1]);
	machine = arm;
	want = (struct run_request){.fragments = fragments};
	ck_assert(plan_page_size(&want, &machine, NULL));
	ck_assert_str_eq(machine->page_size, "64k");
	/* the fragment is not added a second time */
	want.page_size = "64k";
	given = plan_fragments(&want, NULL, "aarch64");
	ck_assert(g_strv_equal((const char *const *)given, (const char *const *)fragments));
}
END_TEST

static const struct {
	const char *kernel, *run, *says;
} page_sizes[] = {
	{"4k", NULL, NULL},
	{NULL, NULL, NULL}, /* an image without a page size in its header, and without config */
	{"64k", "64k", NULL},
	{"64k", NULL,
	 "kernel 'Image' has pages of 64k, but the run is for pages of 4k; use --pages 64k"},
	{"4k", "64k",
	 "kernel 'Image' has pages of 4k, but the run is for pages of 64k; use --pages 4k"},
	{"16k", NULL,
	 "kernel 'Image' has pages of 16k, which the rig does not support on arm64-virt"},
};

START_TEST(page_size_of_an_image)
{
	rig_auto(scenario) scenario = scenario_load("dimm-storm", NULL);
	struct kernel kernel = {.name = "Image", .page_size = page_sizes[_i].kernel};
	const struct run_request want = {.page_size = page_sizes[_i].run};
	const struct machine *machine = machine_find("arm64-virt", NULL);
	g_autoptr(GError) error = NULL;

	ck_assert(plan_page_size(&want, &machine, NULL));
	ck_assert(plan_check_needs(scenario, machine, &kernel, &error) == !page_sizes[_i].says);
	if (!error)
		return;
	ck_assert_str_eq(error->message, page_sizes[_i].says);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
}
END_TEST

START_TEST(seeds)
{
	guint64 seed = 0;

	ck_assert(plan_seed("0x1f", &seed, NULL));
	ck_assert_uint_eq(seed, 31);
	ck_assert(plan_seed("9223372036854775807", &seed, NULL));
	ck_assert_uint_eq(seed, G_MAXINT64);
	ck_assert(plan_seed(NULL, &seed, NULL));
	ck_assert_uint_le(seed, G_MAXUINT32);
}
END_TEST

START_TEST(launchers)
{
	const struct run_request uri = {.uri = "qemu:///session"}, none = {0};

	ck_assert_str_eq(request_launcher(&none), "direct");
	ck_assert_str_eq(request_launcher(&uri), "libvirt");
	ck_assert(request_check(&uri, NULL));
}
END_TEST

START_TEST(inputs)
{
	rig_auto(scenario) scenario = scenario_load("dimm-storm", NULL);
	struct kernel kernel = {.name = "6.1", .hash = "abc"};
	const struct run_request want = {.labels = good_labels, .until = "lockdep-circular",
					.duration_s = 9, .patience_s = 30, .emulator = "trixie"};
	const char *const fragments[] = {KERNEL_FULL, NULL};
	const struct run_plan plan = {
		.fragments = fragments, .scenario = scenario,
		.machine = machine_find("pseries", NULL), .kernel = &kernel,
		.seed = 7, .accel = ACCEL_TCG, .accel_why = "asked for", .launcher = "direct",
	};
	json_t *in = plan_inputs(&want, &plan), *kernel_in = json_object_get(in, "kernel");

	ck_assert_str_eq(json_string_value(json_object_get(in, "scenario")), "dimm-storm");
	ck_assert_str_eq(json_string_value(json_object_get(in, "machine")), "pseries");
	ck_assert_int_eq(json_integer_value(json_object_get(in, "seed")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(in, "duration_s")), 9);
	ck_assert_str_eq(json_string_value(json_object_get(kernel_in, "asked")),
			 PLAN_DEFAULT_KERNEL);
	/* all fragments, so that a replay uses the copies of the run folder in their order */
	ck_assert_str_eq(
		json_string_value(json_array_get(json_object_get(kernel_in, "fragments"), 0)),
		KERNEL_FULL);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(in, "labels"), "a-b_1")),
			 "x = y");
	ck_assert_str_eq(json_string_value(json_object_get(in, "until")), "lockdep-circular");
	ck_assert_int_eq(json_integer_value(json_object_get(in, "patience_s")), 30);
	ck_assert_str_eq(json_string_value(json_object_get(in, "qemu")), "trixie");
	ck_assert_ptr_null(json_object_get(in, "without"));
	json_decref(in);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *tc = tcase_create("plan");

	tcase_add_loop_test(tc, refused_requests, 0, G_N_ELEMENTS(refused));
	tcase_add_test(tc, page_size_is_chosen);
	tcase_add_loop_test(tc, page_size_of_an_image, 0, G_N_ELEMENTS(page_sizes));
	tcase_add_test(tc, seeds);
	tcase_add_test(tc, launchers);
	tcase_add_test(tc, inputs);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
