// SPDX-License-Identifier: GPL-2.0-only
/* Tests runs in which calls were made to fail: which reports and results this excuses. */
#include "tests/unit/engine.h"

#include <string.h>

#include "engine/session.h"
#include "tests/unit/suite.h"

static struct fail_spec specs[] = {
	{.function = (char *)"f", .error = (char *)"ENOMEM", .call = 1, .times = 3},
	{.function = (char *)"g", .error = (char *)"NULL", .call = 1, .times = 1},
};

struct fixture {
	struct session s;
	struct scenario scenario;
	struct run_plan plan;
	struct kernel kernel;
	struct director_orders *orders;
	struct agent agent;
	struct agent_run run;
};

static void fixture_open(struct fixture *f)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *inputs = json_object();

	*f = (struct fixture){.scenario = {.fails = specs, .n_fails = G_N_ELEMENTS(specs)},
			      .agent = {.name = (char *)"block-state"}};
	f->plan.scenario = f->s.scenario = &f->scenario;
	f->s.plan = &f->plan;
	f->s.judged.facts = facts_new();
	f->s.host.outcomes = json_object();
	f->s.run = run_create(scratch, "toy", "pc-q35", "k", 1, inputs, &error);
	ck_assert_msg(f->s.run != NULL, "%s", error ? error->message : "");
	f->run = (struct agent_run){.s = &f->s, .id = 1, .agent = &f->agent};
	f->s.agents.list = g_ptr_array_new();
	g_ptr_array_add(f->s.agents.list, &f->run);
	fails_init(&f->s);
}

static void fixture_close(struct fixture *f)
{
	fails_deinit(&f->s);
	g_ptr_array_unref(f->s.agents.list);
	facts_free(f->s.judged.facts);
	json_decref(f->s.host.outcomes);
	run_free(f->s.run);
}

/* Simulates that call WHICH was made to fail at AT_NS, without a text from the director. */
static void failed(struct fixture *f, guint which, gint64 at_ns)
{
	const struct failure failure = {which, at_ns};

	g_array_append_val(f->s.fails.happened, failure);
	fails_forget_later(&f->s);
}

static const struct step plug = {.what = STEP_PLUG, .id = (char *)"d"},
			 online = {.what = STEP_ONLINE, .id = (char *)"d", .how = HOW_MOVABLE};

static void stepped(struct fixture *f, const struct step *step, gint64 began_ns,
		    const char *outcome)
{
	fails_stepped(&f->s, step, began_ns, outcome, "");
}

static gboolean is_finding(struct fixture *f, const char *part)
{
	fails_judge(&f->s);
	for (guint i = 0; i < f->s.judged.facts->reasons->len; i++)
		if (strstr(g_array_index(f->s.judged.facts->reasons, struct reason, i).text, part))
			return TRUE;
	return FALSE;
}

/* A kind of operation that succeeded before the failure must succeed again after it. */
START_TEST(later_operations_must_work)
{
	struct fixture f;

	fixture_open(&f);
	stepped(&f, &plug, 10, "ok");
	stepped(&f, &online, 20, "error EBUSY");
	failed(&f, 0, 100);
	/* the call failed during the first operation */
	stepped(&f, &plug, 90, "refused");
	stepped(&f, &plug, 200, "refused");
	/* a single refusal is not a finding, because it may have another reason */
	ck_assert(!is_finding(&f, "plug d"));
	stepped(&f, &plug, 300, "refused");
	stepped(&f, &plug, 310, "skipped");
	/* this operation did not succeed before the failure either */
	stepped(&f, &online, 320, "error EBUSY");
	stepped(&f, &online, 330, "error EBUSY");
	ck_assert(is_finding(&f, "'plug d' has not succeeded since the injected failure: "
				 "2 attempts, the last ended with 'refused'"));
	ck_assert(!is_finding(&f, "online"));
	fixture_close(&f);
}
END_TEST

/* Only operations after the last failure count, and one success is enough. */
START_TEST(the_last_failure_counts)
{
	struct fixture f;

	fixture_open(&f);
	failed(&f, 0, 100);
	stepped(&f, &plug, 200, "refused");
	stepped(&f, &plug, 300, "refused");
	failed(&f, 0, 400);
	stepped(&f, &plug, 500, "refused");
	stepped(&f, &plug, 600, "ok");
	stepped(&f, &plug, 700, "refused");
	ck_assert(!is_finding(&f, "plug"));
	fixture_close(&f);
}
END_TEST

/* Reasons of the guest's verdict, after two results of agent 1, the only one, were excused. */
static const struct {
	struct guest_reason reason;
	gboolean excused;
} reasons[] = {
	{{.text = (char *)"x", .kind = GUEST_ILLEGAL, .agent = 1, .count = 2}, TRUE},
	{{.text = (char *)"x", .kind = GUEST_ILLEGAL, .agent = 1, .count = 3}, FALSE},
	{{.text = (char *)"x", .kind = GUEST_ILLEGAL, .agent = 2, .count = 1}, FALSE},
	{{.text = (char *)"x", .kind = GUEST_ILLEGAL, .agent = 0, .count = 1}, FALSE},
	{{.text = (char *)"x", .kind = GUEST_AGENT_DIED, .agent = 1, .count = 1}, FALSE},
	{{.text = (char *)"agent 1 block-state: 2 results that are not legal"}, FALSE},
};

/* An unexpected result of an agent is excused once for each call that failed with this errno. */
START_TEST(errnos_are_explained)
{
	const struct guest_result two = {.op = (char *)"online", .error = (char *)"ENOMEM",
					 .count = 2};
	struct fixture f;

	fixture_open(&f);
	ck_assert(!fails_explain(&f.s, "ENOMEM", 1));
	failed(&f, 0, 100);
	/* a function that returns NULL leads to ENOMEM */
	failed(&f, 1, 200);
	ck_assert(fails_explain(&f.s, "ENOMEM", 2));
	ck_assert(!fails_explain(&f.s, "ENOMEM", 3));
	ck_assert(!fails_explain(&f.s, "EIO", 1));
	ck_assert(fails_since(&f.s, 150));
	ck_assert(!fails_since(&f.s, 250));
	fails_excuse(&f.run, &two);
	for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
		ck_assert_int_eq(fails_excuse_verdict(&f.s, &reasons[i].reason),
				 reasons[i].excused);
	fixture_close(&f);
}
END_TEST

void add_fail_tests(TCase *tcase)
{
	tcase_add_test(tcase, later_operations_must_work);
	tcase_add_test(tcase, the_last_failure_counts);
	tcase_add_test(tcase, errnos_are_explained);
}
