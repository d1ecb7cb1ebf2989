// SPDX-License-Identifier: GPL-2.0-only
/* Tests that a run stores the kind of each reason, also of those in the guest's verdict. */
#include <string.h>

#include "store/store.h"
#include "tests/unit/engine.h"
#include "tests/unit/suite.h"

static const struct {
	const char *fake, *part; /* words of $FAKE_QEMU; a part of the reason */
	enum reason_kind kind;
} kinds[] = {
	{"verdict-died", "agent 1 has ended", REASON_AGENT_DIED},
	{"verdict-died", "own verdict is bad", REASON_GUEST_BAD},
	{"verdict-bad", "told to be bad", REASON_OTHER},
	{"verdict-unarmed", "lockdep is off", REASON_PROOF},
	{"account-off-by=1", "pages", REASON_ACCOUNTS},
	{"report", "try_remove_memory", REASON_REPORT},
};

/*
 * The kind of each reason is in the verdict, and in the journal unless the reason is a missing
 * proof.
 */
START_TEST(reasons_have_kinds)
{
	struct run_plan plan = {.seed = 7};
	g_autofree char *dir = NULL, *report = data_path("engine/report.txt");
	g_autofree char *fake = g_strdup_printf("console-file=%s", report);
	g_autofree char *journal = NULL, *name = NULL, *text = NULL;
	rig_auto(run_info) info = NULL;
	guint found = 0;
	json_t *reason;
	size_t i;

	play(strcmp(kinds[_i].fake, "report") ? kinds[_i].fake : fake);
	run_once(&plan, &dir);
	info = run_open(scratch, dir, NULL);
	ck_assert_ptr_nonnull(json_object_get(info->details, "reason_kinds"));
	json_array_foreach (json_object_get(info->details, "reasons"), i, reason) {
		if (!strstr(json_string_value(reason), kinds[_i].part))
			continue;
		ck_assert_str_eq(reason_kind_name(details_reason_kind(info->details, i)),
				 reason_kind_name(kinds[_i].kind));
		found++;
	}
	ck_assert_uint_ge(found, 1);
	journal = g_build_filename(dir, "journal", NULL);
	ck_assert(g_file_get_contents(journal, &text, NULL, NULL));
	name = g_strdup_printf("\"kind\":\"%s\",\"text\":", reason_kind_name(kinds[_i].kind));
	ck_assert_int_eq(!strstr(text, name), kinds[_i].kind == REASON_PROOF);
}
END_TEST

/*
 * Two backtraces after the hang show that QEMU caused it. Before the hang, they prove nothing: the
 * CPU may have continued.
 */
START_TEST(an_emulator_fault_is_infra)
{
	struct run_plan plan = {.seed = 7};
	g_autofree char *dir = NULL, *console = data_path("engine/stale-int3.txt");
	g_autofree char *fake = g_strdup_printf("agent-stuck;console-file=%s%s", console,
						_i ? "" : ";console-at=sysrq");
	gboolean changed = TRUE;

	play(fake);
	ck_assert_int_eq(run_once(&plan, &dir), _i ? VERDICT_HANG : VERDICT_INFRA);
	ck_assert_int_eq(!has_reason(dir, "emulator fault: QEMU 7.2 executes an int3 in "
					  "lru_gen_enabled() on CPU 1 that is no longer in the "
					  "guest's memory; `rig qemu get trixie`"),
			 _i);
	rig_auto(run_info) info = run_open(scratch, dir, NULL);
	ck_assert_int_eq(details_reason_kind(info->details, 0) == REASON_EMULATOR, !_i);
	ck_assert(run_recheck(dir, &changed, NULL));
	ck_assert(!changed);
}
END_TEST

void add_kind_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, reasons_have_kinds, 0, G_N_ELEMENTS(kinds));
	tcase_add_loop_test(tcase, an_emulator_fault_is_infra, 0, 2);
}
