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
	const struct run_plan plan = {
		.scenario = scenario, .machine = machine_find("pseries", NULL), .kernel = &kernel,
		.seed = 7, .accel = ACCEL_TCG, .accel_why = "asked for", .launcher = "direct",
	};
	json_t *in = plan_inputs(&want, &plan);

	ck_assert_str_eq(json_string_value(json_object_get(in, "scenario")), "dimm-storm");
	ck_assert_str_eq(json_string_value(json_object_get(in, "machine")), "pseries");
	ck_assert_int_eq(json_integer_value(json_object_get(in, "seed")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(in, "duration_s")), 9);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(in, "kernel"), "asked")),
			 PLAN_DEFAULT_KERNEL);
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
	tcase_add_test(tc, seeds);
	tcase_add_test(tc, launchers);
	tcase_add_test(tc, inputs);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
