// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that limits do not count the time in which the host does not run the guest. The fake QEMU
 * stops itself, so that no guest runtime passes. For comparison, in other cases the guest runs, but
 * does nothing.
 */
#include "tests/unit/engine.h"

#include <string.h>

#include "store/store.h"
#include "tests/unit/suite.h"

#define TIMED_OUT "\"outcome\":\"timed out\""
#define NVDIMM_OK "\"do\":\"plug\",\"id\":\"n\",\"op\":\"0.0.0.0\",\"outcome\":\"ok\""

static const struct {
	const char *scenario, *fake;
	unsigned patience_s;
	enum verdict verdict;
	const char *reason; /* part of an expected reason, or NULL */
	/* a text that the journal must have, because the limit was reached; or NULL */
	const char *journal;
	gboolean starved; /* the verdict must have `starved` */
} cases[] = {
	/* a plug, whose limit is 1 s on the host's clock */
	{"one-plug", "held-at=plug*1;held=1700", 2, VERDICT_PASS, NULL, TIMED_OUT, TRUE},
	{"one-plug", "plug=never", 2, VERDICT_FAIL, "did not accept 'd'", TIMED_OUT, FALSE},
	/*
	 * a write in the guest (BLOCKS), whose limit is 1 s of guest runtime, or 8 s on the host's
	 * clock
	 */
	{"one-plug", "held-at=blocks*1;held=8700", 2, VERDICT_PASS, NULL, TIMED_OUT, TRUE},
	/*
	 * the same limit; the guest gets its 1 s of guest runtime, but that is only a sixth of the
	 * wall time, so it counts as starved
	 */
	{"one-plug", "held-at=unanswered*1;held=5000;no-answer=68", 2, VERDICT_PASS, NULL,
	 TIMED_OUT, TRUE},
	{"one-plug", "no-answer=68", 2, VERDICT_FAIL, "did not finish 'online'", TIMED_OUT, FALSE},
	/*
	 * the state FINISH, whose limit at this patience is 1 s of guest runtime, or 4 s on the
	 * host's clock
	 */
	{"one-plug", "held-at=finish*1;held=1700", 1, VERDICT_PASS, NULL, NULL, FALSE},
	{"one-plug", "held-at=finish*1;held=5500", 1, VERDICT_HANG, "'finish'", NULL, FALSE},
	/* the teardown, with five rounds of 1 s, and more if the guest got no time */
	{"one-plug", "held-at=unplug*1;held=6500", 1, VERDICT_PASS, NULL, TIMED_OUT, FALSE},
	{"one-plug", "unplug=never", 1, VERDICT_FAIL, "could be unplugged", TIMED_OUT, FALSE},
	/* the memory of an NVDIMM, for which the guest waits 1 s of its own clock */
	{"nvdimm", "held-at=blocks*1;held=1700;blocks-error=ENOENT*1", 2, VERDICT_PASS, NULL,
	 NVDIMM_OK, TRUE},
	{"nvdimm", "held-at=blocks*1;held=600;blocks-error=ENOENT", 2, VERDICT_FAIL,
	 "did not accept 'n'", TIMED_OUT, FALSE},
	/* a guest that is slow to power off, which is not a loss of heartbeats */
	{"one-plug", "slow-poweroff=700", 2, VERDICT_PASS, NULL, NULL, FALSE},
	/* a run that ends early */
	{"one-plug", "held-at=plug*1;held=1700;exit-at=stop", 2, VERDICT_LOST, "'stop'", TIMED_OUT,
	 TRUE},
};

/* Returns the content of the file NAME in the run folder DIR. */
static char *file_of(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text = NULL;

	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

START_TEST(a_starved_guest_is_not_judged)
{
	struct run_plan plan = {.seed = 7, .patience_s = cases[_i].patience_s};
	g_autofree char *scenario = g_strdup_printf("engine/%s.yaml", cases[_i].scenario);
	g_autofree char *dir = NULL, *verdict = NULL, *journal = NULL;
	enum verdict is;

	g_setenv("FAKE_QEMU", cases[_i].fake, TRUE);
	is = run_edited(&plan, scenario, NULL, &dir);
	verdict = file_of(dir, "verdict");
	journal = file_of(dir, "journal");
	ck_assert_msg(is == cases[_i].verdict, "'%s' ended in %s: %.3000s", cases[_i].fake,
		      verdict_name(is), verdict);
	if (cases[_i].reason)
		ck_assert_msg(has_reason(dir, cases[_i].reason), "'%s': %.3000s", cases[_i].fake,
			      verdict);
	if (cases[_i].journal)
		ck_assert_msg(strstr(journal, cases[_i].journal), "'%s': %.3000s", cases[_i].fake,
			      journal);
	ck_assert_msg((strstr(verdict, "\"given_percent\"") != NULL) == cases[_i].starved,
		      "'%s': %.3000s", cases[_i].fake, verdict);
}
END_TEST

/*
 * The fake is stopped for longer than the duration (1 s), but the track executes all of its steps.
 */
START_TEST(a_lap_is_completed)
{
	struct run_plan plan = {.seed = 7, .patience_s = 5};
	g_autofree char *dir = NULL, *journal = NULL;

	g_setenv("FAKE_QEMU", "held-at=plug*1;held=1500", TRUE);
	ck_assert_int_eq(run_edited(&plan, "engine/small.yaml", NULL, &dir), VERDICT_PASS);
	journal = file_of(dir, "journal");
	ck_assert_msg(g_regex_match_simple("\"stepped\".*\"do\":\"unplug\".*\"deleted\"",
					   journal, 0, 0),
		      "%.6000s", journal);
}
END_TEST

void add_starved_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_starved_guest_is_not_judged, 0, G_N_ELEMENTS(cases));
	tcase_add_test(tcase, a_lap_is_completed);
}
