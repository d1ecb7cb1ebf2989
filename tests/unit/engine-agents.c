// SPDX-License-Identifier: GPL-2.0-only
/* Tests runs whose agents do not start, or whose device is missing. */
#include "tests/unit/engine.h"

#include <string.h>

#include "store/store.h"
#include "tests/unit/suite.h"

static const struct {
	const char *fake;
	enum verdict verdict;
	/* the reason in the verdict why the optional agent was not started; or NULL */
	const char *not_started;
} starts[] = {
	{"", VERDICT_PASS, NULL},
	{"lacks=slab-read", VERDICT_PASS, "lacks /sys/nothing"},
	/* a reason that the agent finds only when it starts, so HELLO still offers the agent */
	{"agent-error=ENOENT;agent-error-of=slab-read", VERDICT_PASS, "ENOENT"},
	{"agent-error=EIO;agent-error-of=slab-read", VERDICT_INFRA, NULL},
	{"agent-error=ENOENT;agent-error-of=block-state", VERDICT_INFRA, NULL},
};

START_TEST(an_optional_agent_is_left_out)
{
	struct run_plan plan = {.seed = 7};
	rig_auto(run_info) info = NULL;
	g_autofree char *dir = NULL;
	const char *why;
	json_t *agents;

	g_setenv("FAKE_QEMU", starts[_i].fake, TRUE);
	ck_assert_int_eq(run_edited(&plan, "engine/optional.yaml", NULL, &dir),
			 starts[_i].verdict);
	info = run_open(scratch, dir, NULL);
	agents = json_object_get(json_object_get(info->details, "counts"), "agents");
	why = json_string_value(json_object_get(json_array_get(agents, 1), "not_started"));
	ck_assert_uint_eq(json_array_size(agents), 2);
	ck_assert_ptr_null(json_object_get(json_array_get(agents, 0), "not_started"));
	if (starts[_i].not_started)
		ck_assert_msg(why && strstr(why, starts[_i].not_started), "%s", why);
	else
		ck_assert_ptr_null(why);
}
END_TEST

/* If the step that plugs a device is left out, the missing device is not an error. */
START_TEST(a_device_that_is_left_out)
{
	json_auto_t *inputs = json_pack("{s:s}", "without", "plug n");
	struct run_plan plan = {.seed = 7, .inputs = inputs};
	g_autofree char *dir = NULL;

	g_setenv("FAKE_QEMU", "agent-cancelled=ns-make", TRUE);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_PASS);
}
END_TEST

void add_agent_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_device_that_is_left_out);
	tcase_add_loop_test(tcase, an_optional_agent_is_left_out, 0, G_N_ELEMENTS(starts));
}
