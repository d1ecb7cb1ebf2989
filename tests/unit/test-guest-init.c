// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests parts of the guest's programs, which are built for the host: frames (guest-init-frame.c),
 * payloads, the parameters of agents, and the table of expected errnos. Also tests that guest and
 * host draw the same random numbers.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/start.h"
#include "guest-init/handlers.h"
#include "guest-init/expected-errno.h"
#include "guest-init/rng.h"
#include "guest-init/text.h"
#include "tests/unit/suite.h"
#include "tests/unit/guest-init.h"
#include "util/rng.h"

/*
 * The first draw of a turn (one call of an agent's `step`) does not depend on how many draws
 * earlier turns made.
 */
START_TEST(test_turns_are_independent)
{
	struct agent_shared quiet = {0}, busy = {0};
	struct run a = {.seed = 7, .shared = &quiet}, b = {.seed = 7, .shared = &busy};
	uint64_t last = 0;

	for (unsigned turn = 0; turn < 100; turn++) {
		uint64_t draw;

		run_turn(&a);
		run_turn(&b);
		draw = guest_rng_next(&quiet.rng);
		ck_assert_uint_eq(draw, guest_rng_next(&busy.rng));
		ck_assert_uint_ne(draw, last);
		last = draw;
		for (unsigned i = 0; i < turn % 7; i++)
			guest_rng_next(&busy.rng);
	}
}
END_TEST

START_TEST(test_rng_is_the_hosts)
{
	struct rng host = rng_stream(0x1234, "agent 5");
	struct guest_rng guest = guest_rng_stream(0x1234, "agent 5");

	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_eq(rng_next(&host), guest_rng_next(&guest));
		ck_assert_uint_eq(rng_between(&host, 3, 1000 + i),
				  guest_rng_between(&guest, 3, 1000 + i));
	}
	ck_assert_uint_eq(rng_between(&host, 5, 4), guest_rng_between(&guest, 5, 4));
	ck_assert_uint_eq(rng_between(&host, 0, UINT64_MAX),
			  guest_rng_between(&guest, 0, UINT64_MAX));
	/* the published first output of splitmix64 seeded with 0 */
	guest = (struct guest_rng){0};
	ck_assert_uint_eq(guest_rng_next(&guest), UINT64_C(0xe220a8397b1dcdaf));
}
END_TEST

START_TEST(test_text)
{
	char line[] = "\na b\n\nc d e f\n", *cursor = line, *word[3], small[8];
	struct text text;
	uint64_t n;

	ck_assert_uint_eq(text_words(text_line(&cursor), word, 3), 2);
	ck_assert_uint_eq(text_words(text_line(&cursor), word, 3), 3);
	ck_assert_str_eq(word[2], "e f");
	ck_assert_ptr_null(text_line(&cursor));
	ck_assert_int_eq(text_number("0x10", &n), 0);
	ck_assert_uint_eq(n, 16);
	ck_assert_int_eq(text_number("18446744073709551615", &n), 0);
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x", "0x0x1", "12a",
					  "18446744073709551616", "a"};
	for (size_t i = 0; i < countof(bad); i++)
		ck_assert_msg(text_number(bad[i], &n) == -EINVAL, "'%s'", bad[i]);
	text_init(&text, small, sizeof(small));
	text_add(&text, "%s", "abcd\n");
	text_add(&text, "%s", "efg\n");
	ck_assert_str_eq(small, "abcd\n");
	ck_assert(text.cut);
}
END_TEST

static void add_up(unsigned number, void *data)
{
	*(uint64_t *)data = *(uint64_t *)data * 100 + number;
}

START_TEST(test_list)
{
	static const char *const bad[] = {"", ",", "1,", "1-", "3-1", "a", "1;2", "-1", "1--2",
					  "0-99999999999"};
	uint64_t sum = 0;

	ck_assert_int_eq(text_list("1-3,8,10-11\n", 6, add_up, &sum), 0);
	ck_assert_uint_eq(sum, UINT64_C(10203081011));
	ck_assert_int_eq(text_list("0-6", 6, add_up, &sum), -EINVAL);
	ck_assert_int_eq(text_list("0-5,6", 6, add_up, &sum), -EINVAL);
	for (size_t i = 0; i < countof(bad); i++)
		ck_assert_msg(text_list(bad[i], 100, add_up, &sum) == -EINVAL, "'%s'", bad[i]);
}
END_TEST

static int parse(const char *text, struct run *run, char *what, size_t size)
{
	g_autofree char *copy = g_strdup(text);
	struct text out;

	text_init(&out, what, size);
	return agent_parse(copy, run, &out);
}

START_TEST(test_start)
{
	char what[200];
	struct run run;

	ck_assert_int_eq(
		parse("id 3\nagent block-state\nseed 00000000000000ff\nrate 20\n"
		      "param blocks 4,8-9\nparam states offline\nparam states online\nnew thing\n",
		      &run, what, sizeof(what)),
		0);
	ck_assert_uint_eq(run.id, 3);
	ck_assert_uint_eq(run.seed, 255);
	ck_assert_uint_eq(run.rate, 20);
	ck_assert_str_eq(run.agent->name, "block-state");
	ck_assert_str_eq(run_param(&run, "blocks"), "4,8-9");
	ck_assert_str_eq(run_param(&run, "states"), "online");
	ck_assert_str_eq(run_param(&run, "order"), "random");
	ck_assert_ptr_null(run_param(&run, "nothing"));
	ck_assert_uint_eq(run.n_skips, 0);
	ck_assert_int_eq(parse("id 3\nagent block-state\nskip 3,10-20,40-\n", &run, what,
			       sizeof(what)),
			 0);
	ck_assert_uint_eq(run.n_skips, 3);
	ck_assert(run.skips[0].first == 3 && run.skips[0].last == 3);
	ck_assert(run.skips[1].first == 10 && run.skips[1].last == 20);
	ck_assert(run.skips[2].first == 40 && run.skips[2].last == UINT64_MAX);
}
END_TEST

static const struct {
	const char *text, *what;
	int error;
} bad_starts[] = {
	{"", "an agent and an id", EINVAL},
	{"agent probe\n", "an agent and an id", EINVAL},
	{"id 1\n", "an agent and an id", EINVAL},
	{"id 1\nagent unknown\n", "unknown", ENOENT},
	{"id x\nagent probe\n", "id x", EINVAL},
	{"id 4294967296\nagent probe\n", "32 bits", EINVAL},
	{"id 1\nagent probe\nseed 0xfg\n", "seed 0xfg", EINVAL},
	{"id 1\nagent probe\nrate 1000001\n", "rate 1000001", EINVAL},
	{"id 1\nagent probe\nskip 0\n", "skip 0", EINVAL},
	{"id 1\nagent probe\nskip 3,2\n", "not a list of turns", EINVAL},
	{"id 1\nagent probe\nskip 5-4\n", "not a list of turns", EINVAL},
	{"id 1\nagent probe\nskip 5-,9\n", "not a list of turns", EINVAL},
	{"id 1\nagent probe\nskip x\n", "not a list of turns", EINVAL},
	{"id 1\nagent probe\nskip 1-2-3\n", "not a list of turns", EINVAL},
	{"id 1\nagent probe\nparam speed 9\n", "probe has no parameter speed", EINVAL},
	{"id 1\nagent busted\nparam any 1\n", "busted has no parameter any", EINVAL},
	{"id 1\nagent probe\nparam a-key-of-more-than-thirty-one-characters 1\n", "too long",
	 E2BIG},
};

START_TEST(test_bad_start)
{
	char what[200];
	struct run run;

	ck_assert_int_eq(parse(bad_starts[_i].text, &run, what, sizeof(what)),
			 -bad_starts[_i].error);
	ck_assert_msg(strstr(what, bad_starts[_i].what), "'%s' is not in '%s'", bad_starts[_i].what,
		      what);
}
END_TEST

START_TEST(test_many_params)
{
	GString *text = g_string_new("id 1\nagent pressure\n");
	char what[200];
	struct run run;

	for (int i = 0; i < PARAMS_MAX; i++)
		g_string_append(text, "param percent 5\n");
	ck_assert_int_eq(parse(text->str, &run, what, sizeof(what)), 0);
	g_string_append(text, "param percent 5\n");
	ck_assert_int_eq(parse(text->str, &run, what, sizeof(what)), -E2BIG);
	g_string_free(text, TRUE);
}
END_TEST

START_TEST(test_numbers)
{
	struct agent_shared its = {0};
	struct run run = {.shared = &its};
	uint64_t n;

	run.agent = agent_find("pressure");
	ck_assert_int_eq(run_param_number(&run, "percent", 1, 200, &n), 0);
	ck_assert_uint_eq(n, 50);
	run.n_params = 1;
	run.params[0] = (struct param){"percent", "201"};
	ck_assert_int_eq(run_param_number(&run, "percent", 1, 200, &n), -EINVAL);
	ck_assert_ptr_nonnull(strstr(its.what, "percent '201'"));
	ck_assert_ptr_nonnull(strstr(its.what, "1 to 200"));
}
END_TEST

/*
 * Errnos in a parameter are expected for this agent only, and the first unexpected one is recorded.
 */
START_TEST(test_expects)
{
	struct agent_shared its = {0};
	struct run run = {.shared = &its, .agent = agent_find("write"), .n_params = 1};

	run.params[0] = (struct param){"legal", "EBUSY,EINVAL"};
	ck_assert_int_eq(run_expect_errnos(&run, "legal"), 0);
	ck_assert(op_expected_here(&its, OP_WRITE_FILE, EBUSY) &&
		  op_expected_here(&its, OP_WRITE_FILE, ENODEV));
	ck_assert(!op_expected_here(&its, OP_WRITE_FILE, EPERM));
	op_end_about(&run, OP_WRITE_FILE, -EBUSY, "%s", "expected");
	ck_assert_str_eq(its.what, "");
	op_end_about(&run, OP_WRITE_FILE, -EPERM, "%s", "first");
	op_end_about(&run, OP_WRITE_FILE, -EPERM, "%s", "second");
	ck_assert_str_eq(its.what, "first");
	ck_assert_uint_eq(its.failed, 2);
	ck_assert_uint_eq(its.ops, 3);
	run.params[0] = (struct param){"legal", "any"};
	ck_assert_int_eq(run_expect_errnos(&run, "legal"), 0);
	ck_assert(op_expected_here(&its, OP_WRITE_FILE, EPERM));
	run.params[0] = (struct param){"legal", "EBUSY,BUSY"};
	ck_assert_int_eq(run_expect_errnos(&run, "legal"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(its.what, "legal 'BUSY'"));
}
END_TEST

static const struct {
	const char *key, *value, *what;
} bad_huge_pages[] = {
	{"size", "2X", "invalid size '2X'"},
	{"size", "12", "invalid size '12'"},
	{"per", "global,cpu", "invalid per 'global,cpu' (global, node"},
	{"reserve", "", "invalid reserve ''"},
	{"surplus", "5000", "surplus '5000'"},
};

START_TEST(test_bad_huge_pages)
{
	struct agent_shared its = {0};
	struct run run = {.shared = &its, .agent = agent_find("hugetlb"), .n_params = 1};

	text_copy(run.params[0].key, sizeof(run.params[0].key), bad_huge_pages[_i].key);
	text_copy(run.params[0].value, sizeof(run.params[0].value), bad_huge_pages[_i].value);
	ck_assert_int_eq(run.agent->prepare(&run), -EINVAL);
	ck_assert_msg(strstr(its.what, bad_huge_pages[_i].what) != NULL, "%s", its.what);
}
END_TEST

/* Every agent can be found, and its defaults are among its parameters. */
START_TEST(test_agents)
{
	static const char *const names[] = {
		"block-state", "block-online", "probe",    "slab-read", "slab-shrink",
		"slab-churn",  "cpu-online",   "mem-read", "pressure",	"compact",
		"memtrace",    "dlpar",	       "notifier-error", "busted",
		"shell-loop",  "gallery",      "lock-rules", "hang",
		"poison",      "write",	       "read",	   "run",	"dax",	   "hugetlb",
		"module",      "cgroup",      "thp",      "pin",	"ksm",
		"migrate",     "perf",	      "cxl",
	};
	unsigned count = 0;

	for (size_t i = 0; i < countof(names); i++)
		ck_assert_ptr_nonnull(agent_find(names[i]));
	for (const struct agent *const *agent = agents; *agent; agent++, count++) {
		ck_assert_ptr_eq(agent_find((*agent)->name), *agent);
		ck_assert_ptr_nonnull((*agent)->step);
		ck_assert_int_eq(strcspn((*agent)->name, " \n"), strlen((*agent)->name));
	}
	ck_assert_uint_eq(count, countof(names));
}
END_TEST

/* Parts of files of real guests: Linux 6.1 on q35, and lines that only older kernels print. */
START_TEST(test_account)
{
	char info[] = "Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 0\n"
		      "  pages free     3840\n        min      12\n        spanned  4095\n"
		      "        present  3998\n        managed  3840\n        cma      0\n"
		      "Node 1, zone  Movable\n  pages free     0\n        present  65536\n"
		      "        managed  0\n";
	char stats[] = " lock-classes:                          400 [max: 8192]\n"
		       " direct dependencies:                  1928 [max: 131072]\n"
		       " combined max dependencies:          941220\n"
		       " debug_locks:                             1\n\nno colon\n : 3\n";
	char buffer[1000];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	account_zones(info, &text);
	ck_assert_str_eq(buffer, "zone 0 DMA present 3998 managed 3840\n"
				 "zone 1 Movable present 65536 managed 0\n");
	text_init(&text, buffer, sizeof(buffer));
	account_lockdep(stats, &text);
	ck_assert_str_eq(buffer,
			 "lockdep-stat lock-classes 400\nlockdep-stat max-lock-classes 8192\n"
			 "lockdep-stat direct-dependencies 1928\n"
			 "lockdep-stat max-direct-dependencies 131072\n"
			 "lockdep-stat combined-max-dependencies 941220\n"
			 "lockdep-stat debug_locks 1\n");
}
END_TEST

/*
 * Lines of the log from a time stamp on, which the console lost, and whether the log reaches back
 * that far.
 */
START_TEST(test_klog)
{
	static const char raw[] =
		"<6>[    0.000000] Linux version 6.1\n<4>[    5.000001] one\n"
		"<4>[    5.250000][  T1] two\n<4>no stamp\n<3>[   17.000000] three\n";
	char copy[sizeof(raw)], buffer[100];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	ck_assert(klog_since(memcpy(copy, raw, sizeof(raw)), 5250000, &text));
	ck_assert_str_eq(buffer, "[    5.250000][  T1] two\nno stamp\n[   17.000000] three\n");
	text_init(&text, buffer, sizeof(buffer));
	ck_assert(klog_since(memcpy(copy, raw, sizeof(raw)), 99000000, &text));
	ck_assert_str_eq(buffer, "no stamp\n");
	/* the ring has lost its beginning */
	text_init(&text, buffer, sizeof(buffer));
	ck_assert(!klog_since(memcpy(copy, "[    9.000000] four\n", 21), 5250000, &text));
	ck_assert_str_eq(buffer, "[    9.000000] four\n");
	/* the buffer is too small for all lines */
	text_init(&text, buffer, 40);
	ck_assert(!klog_since(memcpy(copy, raw, sizeof(raw)), 5250000, &text));
	ck_assert_str_eq(buffer, "[    5.250000][  T1] two\nno stamp\n");
}
END_TEST

/* Bits that one agent has claimed are not given to another; at the end none are left. */
START_TEST(test_claim)
{
	struct run a = {0}, b = {0};

	ck_assert_int_eq(shared_init(), 0);
	a.shared = &shared->agent[0];
	b.shared = &shared->agent[1];
	ck_assert_uint_eq(shared_claim(&a, 8), 0xff);
	ck_assert_uint_eq(shared_claim(&b, 8), 0xff00);
	ck_assert_uint_eq(shared_claim(&b, 64), 0);
	ck_assert_uint_eq(shared_claim(&b, 48), UINT64_C(0xffffffffffff0000));
	ck_assert_uint_eq(shared_claim(&a, 1), 0);
	ck_assert_uint_eq(a.shared->claim, 0xff);
	ck_assert_uint_eq(b.shared->claim, ~UINT64_C(0xff));
}
END_TEST

static const struct {
	const char *agent, *param;
	enum op op;
} devices[] = {{"dax", "nvdimm", OP_NS_MAKE}, {"cxl", "memdev", OP_REGION_MAKE}};

/* An agent whose device does not appear waits, and counts one cancelled operation at its end. */
START_TEST(test_missing_device)
{
	struct agent_shared its = {0};
	struct run run = {.shared = &its, .agent = agent_find(devices[_i].agent), .n_params = 1};

	text_copy(run.params[0].key, sizeof(run.params[0].key), devices[_i].param);
	text_copy(run.params[0].value, sizeof(run.params[0].value), "63");
	ck_assert_int_eq(run.agent->prepare(&run), 0);
	for (int i = 0; i < 3; i++)
		run.agent->step(&run);
	ck_assert_uint_eq(its.ops, 0);
	run.agent->cleanup(&run);
	ck_assert_uint_eq(its.ops, 1);
	ck_assert_uint_eq(its.failed, 0);
	ck_assert_uint_eq(its.result[devices[_i].op][ECANCELED], 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guest");
	TCase *frames = tcase_create("frames"), *words = tcase_create("words");
	TCase *agent = tcase_create("agents"), *files = tcase_create("files");

	add_file_tests(files);
	add_frame_tests(frames);
	tcase_add_test(words, test_text);
	tcase_add_test(words, test_list);
	tcase_add_test(agent, test_rng_is_the_hosts);
	tcase_add_test(agent, test_turns_are_independent);
	tcase_add_test(agent, test_start);
	tcase_add_loop_test(agent, test_bad_start, 0, countof(bad_starts));
	tcase_add_test(agent, test_many_params);
	tcase_add_test(agent, test_numbers);
	tcase_add_test(agent, test_expects);
	tcase_add_loop_test(agent, test_bad_huge_pages, 0, countof(bad_huge_pages));
	tcase_add_test(agent, test_agents);
	add_errno_tests(agent);
	tcase_add_test(agent, test_account);
	tcase_add_test(agent, test_klog);
	tcase_add_test(agent, test_claim);
	tcase_add_loop_test(agent, test_missing_device, 0, countof(devices));
	add_trace_tests(agent);
	add_cxl_tests(agent);
	suite_add_tcase(suite, frames);
	suite_add_tcase(suite, words);
	suite_add_tcase(suite, agent);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
