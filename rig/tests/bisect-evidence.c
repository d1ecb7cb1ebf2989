// SPDX-License-Identifier: GPL-2.0-only
/* What a run's answer is evidence of: here of hangs, whose explanation is one of the run's reports. */
#include <string.h>

#include "bisect/evidence.h"
#include "tests/bisect.h"

#define HANG(kind, bug) \
	"{\"verdict\": \"HANG\", \"details\": {\"times\": {\"boot_ns\": 5}, \"hang\": {\"signature\": {\"bug\": \"" bug \
	"\"}}, \"reasons\": [\"it hung\"], \"reports\": [{\"kind\": \"" kind "\", \"title\": \"t\", \"signature\": " \
	"{\"bug\": \"" bug "\"}}]}}"
#define LEAK HANG("hang-leak", "v1:hang-leak:mem_hotplug_lock")
#define CYCLE HANG("hang-cycle", "v1:hang-cycle:&dev->mutex --> mem_hotplug_lock")
#define NO_WORD "{\"verdict\": \"HANG\", \"details\": {\"times\": {\"boot_ns\": 5}}}"

static const struct {
	const char *answer;
	struct target target;
	enum outcome outcome;
} hangs[] = {
	{LEAK, {(char *)"v1:hang-leak:mem_hotplug_lock", FALSE}, OUTCOME_CAUGHT},
	{LEAK, {(char *)"hang-leak", TRUE}, OUTCOME_CAUGHT},
	{LEAK, {(char *)"hang", TRUE}, OUTCOME_CAUGHT},
	{NO_WORD, {(char *)"hang", TRUE}, OUTCOME_CAUGHT},
	/* another hang than that which is looked for */
	{CYCLE, {(char *)"v1:hang-leak:mem_hotplug_lock", FALSE}, OUTCOME_OTHER},
	{CYCLE, {(char *)"hang-leak", TRUE}, OUTCOME_OTHER},
	{NO_WORD, {(char *)"hang-leak", TRUE}, OUTCOME_OTHER},
};

static struct evidence *read_answer(const char *text, guint position)
{
	json_auto_t *answer = json_loads(text, 0, NULL);
	struct evidence *evidence = evidence_new(position);

	ck_assert_ptr_nonnull(answer);
	evidence_read(evidence, answer);
	return evidence;
}

START_TEST(a_hang_has_a_signature)
{
	rig_auto(evidence) evidence = read_answer(hangs[_i].answer, 1);

	evidence_judge(evidence, &hangs[_i].target);
	ck_assert_str_eq(outcome_name(evidence->outcome), outcome_name(hangs[_i].outcome));
}
END_TEST

/* Of what the bad end shows twice, a hang is taken rather than a warning. */
START_TEST(a_hang_is_learned)
{
	static const char warned[] = "{\"verdict\": \"FAIL\", \"details\": {\"reports\": [{\"kind\": \"warning\", \"title\": "
				     "\"w\", \"signature\": {\"bug\": \"v1:warning:w\"}}]}}";
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)evidence_free);
	const struct sighting *learned;
	guint times, runs;

	for (int i = 0; i < 2; i++) {
		g_ptr_array_add(all, read_answer(warned, 1));
		g_ptr_array_add(all, read_answer(CYCLE, 1));
	}
	learned = evidence_learn(all, 1, 0, &times, &runs);
	ck_assert_ptr_nonnull(learned);
	ck_assert_str_eq(learned->kind, "hang-cycle");
	ck_assert_uint_eq(times, 2);
}
END_TEST

TCase *bisect_evidence_case(void)
{
	TCase *tcase = tcase_create("evidence");

	tcase_add_loop_test(tcase, a_hang_has_a_signature, 0, G_N_ELEMENTS(hangs));
	tcase_add_test(tcase, a_hang_is_learned);
	return tcase;
}
