// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the main loop of a search. When a run or build ends, its outcome is counted and saved. Then
 * step() starts jobs in the free slots: the runs with the largest gain, and builds of the kernels
 * that are needed next.
 */
#include "bisect/work.h"

#include <glib-unix.h>
#include <signal.h>

#include "util/clock.h"
#include "util/error.h"

#define STOP_GRACE_S 10
/* The search ends after this many consecutive faults of the host. */
#define FAULTS_MAX 3
/* The search ends after this many runs at the bad end in which no report was seen twice. */
#define TARGET_RUNS_MAX 60

static void step(struct search *search);

/* ---- ends of a search ---- */

static void quit_when_idle(struct search *search)
{
	struct search_work *work = search->work;

	for (guint i = 0; i < SEARCH_GUESTS_MAX; i++)
		if (work->guests[i].busy)
			return;
	if (!work->builder.busy)
		g_main_loop_quit(work->loop);
}

static void finish(struct search *search, enum search_end end)
{
	struct search_work *work = search->work;

	if (!work->over)
		work->end = end;
	work->over = TRUE;
	place_stop(work->place, STOP_GRACE_S);
	quit_when_idle(search);
}

static void fail(struct search *search, GError *error)
{
	if (search->work->error)
		g_error_free(error);
	else
		search->work->error = error;
	finish(search, SEARCH_STOPPED);
}

static gboolean on_signal(void *data)
{
	finish(data, SEARCH_STOPPED);
	return G_SOURCE_CONTINUE;
}

/* Ends the search when its time is over, even during a long build. */
static gboolean on_budget(void *data)
{
	finish(data, SEARCH_OUT_OF_BUDGET);
	return G_SOURCE_CONTINUE;
}

/* ---- ends of child processes ---- */

static void record(struct search *search, struct evidence *evidence)
{
	struct search_work *work = search->work;
	GError *error = NULL;

	g_ptr_array_add(search->evidence, evidence);
	search->boots += evidence->verdict != NULL;
	search_count(search, evidence);
	search_find_target(search);
	search->spent_s = work->earlier_s + (rig_now_ns() - work->began_ns) / 1e9;
	if (search->on_evidence)
		search->on_evidence(search, evidence, search->data);
	if (!search_save(search, &error)) {
		fail(search, error);
	} else if (search->skipped[posterior_bad_end(search->posterior)]) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "the last change, which must be bad, cannot be tested (%s): %s; choose "
			 "another one",
			 outcome_name(evidence->outcome), evidence->why ? evidence->why : "?");
		fail(search, error);
	}
}

/*
 * Counts a fault of the host, which is not evidence about the kernel. Ends the search after
 * FAULTS_MAX consecutive faults.
 */
static void count_host_fault(struct search *search, const char *what, const char *why)
{
	GError *error = NULL;

	if (++search->work->faults < FAULTS_MAX)
		return;
	rig_fail(&error, RIG_EXIT_INFRA, "%s failed %u times in a row: %s", what, FAULTS_MAX,
		 why ? why : "?");
	fail(search, error);
}

/*
 * Records that a child exceeded its time limit. This counts as a fault of the host. It is also
 * added to the evidence, so that a position (kernel version) where it happens repeatedly is
 * skipped.
 */
static void record_timeout(struct search *search, struct evidence *evidence,
			   const struct child_result *result, const char *what)
{
	g_autofree char *why = g_strdup(result->problem);

	g_free(evidence->why);
	evidence->why = g_strdup_printf("%s %s", what, why);
	evidence->outcome = OUTCOME_OTHER;
	evidence->wall_s = result->wall_s;
	record(search, evidence);
	count_host_fault(search, what, why);
}

static void on_built(struct place_job *job, const struct child_result *result)
{
	struct slot *slot = job->data;
	struct search *search = slot->search;
	struct evidence *evidence;

	search_slot_clear(slot);
	if (!result || result->end == CHILD_STOPPED) {
		;
	} else if (result->verdict == VERDICT_PASS) {
		search->ready[slot->position] = TRUE;
		search->work->faults = 0;
		if (!json_is_true(json_object_get(result->answer, "cached"))) {
			search->builds++;
			search->build_s += result->wall_s;
		}
	} else if (result->end == CHILD_TIMED_OUT) {
		record_timeout(search, evidence_new(slot->position), result, "a build");
	} else if (result->exit_code == RIG_EXIT_USAGE) {
		evidence = evidence_new(slot->position);
		evidence->outcome = OUTCOME_NO_BUILD;
		evidence->why = g_strdup(result->problem);
		evidence->wall_s = result->wall_s;
		record(search, evidence);
	} else {
		count_host_fault(search, "a build", result->problem);
	}
	step(search);
}

static void on_ran(struct place_job *job, const struct child_result *result)
{
	struct slot *slot = job->data;
	struct search *search = slot->search;
	struct evidence *evidence;

	search_slot_clear(slot);
	if (!result || result->end == CHILD_STOPPED) {
		step(search);
		return;
	}
	evidence = evidence_new(slot->position);
	evidence_read(evidence, result->answer);
	evidence->wall_s = result->wall_s;
	if (result->end == CHILD_TIMED_OUT && result->problem) {
		g_free(evidence->verdict);
		evidence->verdict = g_strdup(verdict_name(VERDICT_INFRA));
		record_timeout(search, evidence, result, "a run");
	} else if (result->verdict == VERDICT_SKIP ||
		   (!evidence->verdict && result->exit_code == RIG_EXIT_USAGE)) {
		evidence->outcome = OUTCOME_UNFIT;
		g_free(evidence->why);
		evidence->why = g_strdup(result->problem);
		record(search, evidence);
	} else if (!evidence->verdict || (result->verdict == VERDICT_INFRA && !evidence->booted)) {
		count_host_fault(search, "a run",
				 result->problem ? result->problem : evidence->why);
		evidence_free(evidence);
	} else {
		search->work->faults = 0;
		evidence->outcome = OUTCOME_OTHER;
		record(search, evidence);
	}
	step(search);
}

/* ---- choice of the next run ---- */

static gboolean ran_at(const struct search *search, guint position)
{
	for (guint i = 0; i < search->evidence->len; i++)
		if (((struct evidence *)search->evidence->pdata[i])->position == position)
			return TRUE;
	for (guint i = 0; i < SEARCH_GUESTS_MAX; i++)
		if (search->work->guests[i].busy && search->work->guests[i].position == position)
			return TRUE;
	return FALSE;
}

/* Returns the input for the choice: the posterior, the costs, and the runs in progress. */
static struct choice current_choice(const struct search *search)
{
	struct choice choice = {
		.posterior = search->posterior,
		.skipped = search->skipped,
		.ready = search->ready,
		.build_cost = 1,
	};
	double boot_s = 0;
	guint boots = 0;

	for (guint i = 0; i < search->evidence->len; i++) {
		const struct evidence *e = search->evidence->pdata[i];

		boot_s += e->verdict ? e->wall_s : 0;
		boots += e->verdict != NULL;
	}
	/* the first build compiles everything, so its duration alone is not typical */
	if (search->builds > 1 && boot_s > 0)
		choice.build_cost = MIN(2, search->build_s / search->builds / (boot_s / boots));
	for (guint i = 0; i < SEARCH_GUESTS_MAX; i++)
		if (search->work->guests[i].busy)
			choice.pending[choice.n_pending++] = search->work->guests[i].position;
	return choice;
}

/*
 * Chooses the next position (kernel version). Until the target, the report to search for, is known,
 * this is the bad end; the good end is run once as well, because the target must be a report that
 * the good end does not have.
 */
static gboolean next_position(struct search *search, guint *ret)
{
	guint bad = posterior_bad_end(search->posterior),
	      good = search->options.fix ? search->span->n : 0;
	struct choice choice = current_choice(search);

	if (search->target.key)
		return choice_next(&choice, ret);
	*ret = ran_at(search, bad) && !ran_at(search, good) && !search->skipped[good] ? good : bad;
	return TRUE;
}

/* Returns TRUE if the budget allows another boot in addition to the runs in progress. */
static gboolean may_run(const struct search *search)
{
	guint budget = search->options.budget_boots,
	      boots = search->boots - search->work->earlier_boots;

	for (guint i = 0; i < SEARCH_GUESTS_MAX; i++)
		boots += search->work->guests[i].busy;
	return !budget || boots < budget;
}

static void fill(struct search *search, struct slot *slot)
{
	struct search_work *work = search->work;
	guint position;

	if (slot->busy || work->over || !may_run(search) || !next_position(search, &position))
		return;
	if (search->ready[position])
		search_start_run(search, slot, position, on_ran);
	else if (!work->builder.busy)
		search_start_build(search, position, on_built);
}

static void build_ahead(struct search *search)
{
	guint wanted[2 * SEARCH_GUESTS_MAX];
	struct choice choice = current_choice(search);

	if (search->work->builder.busy || search->work->over)
		return;
	if (choice_ahead(&choice, wanted, G_N_ELEMENTS(wanted)))
		search_start_build(search, wanted[0], on_built);
}

/* ---- the main loop of the search ---- */

/*
 * Ends the search if the answer has the requested confidence, the budget is used up, or the bad end
 * does not show the target. Returns TRUE if the search has ended.
 */
static gboolean check_end(struct search *search)
{
	const struct search_options *o = &search->options;
	const struct search_work *work = search->work;
	GError *error = NULL;

	if (search->target.key && choice_done(search->posterior, search->skipped, o->confidence)) {
		finish(search,
		       posterior_best(search->posterior) ? SEARCH_FOUND : SEARCH_GOOD_IS_BAD);
	} else if (o->budget_boots && search->boots - work->earlier_boots >= o->budget_boots) {
		finish(search, SEARCH_OUT_OF_BUDGET);
	} else if (!posterior_bad_end_catches(search->posterior) &&
		   search->boots >= TARGET_RUNS_MAX) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "%u runs at the bad end have not shown %s%s%s; check that this scenario "
			 "can show it (`rig show last` shows the last run)",
			 search->boots, search->target.key ? "'" : "a report that occurs twice",
			 search->target.key ? search->target.key : "",
			 search->target.key ? "'" : "");
		fail(search, error);
	}
	return search->work->over;
}

static void step(struct search *search)
{
	struct search_work *work = search->work;
	gboolean idle = !work->builder.busy;
	GError *error = NULL;

	if (work->over || check_end(search)) {
		quit_when_idle(search);
		return;
	}
	for (guint i = 0; i < search->options.guests; i++)
		fill(search, &work->guests[i]);
	build_ahead(search);
	for (guint i = 0; i < SEARCH_GUESTS_MAX; i++)
		idle &= !work->guests[i].busy;
	if (idle && !work->builder.busy && !work->over) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "none of the remaining commits can be built and booted");
		fail(search, error);
	}
}

static void on_place_failed(GError *error, void *data)
{
	fail(data, error);
}

gboolean search_run(struct search *search, enum search_end *ret, GError **error)
{
	struct search_work work = {.began_ns = rig_now_ns(),
				   .earlier_s = search->spent_s,
				   .earlier_boots = search->boots};
	guint sources[3], n = 2;

	work.loop = g_main_loop_new(NULL, FALSE);
	search->work = &work;
	sources[0] = g_unix_signal_add(SIGINT, on_signal, search);
	sources[1] = g_unix_signal_add(SIGTERM, on_signal, search);
	if (search->options.budget_s)
		sources[n++] = g_timeout_add_seconds(search->options.budget_s, on_budget, search);
	if (search_open_place(search, on_place_failed, &work.error) &&
	    search_save(search, &work.error))
		step(search);
	if (!work.error && !(work.over && !work.builder.busy && !work.guests[0].busy))
		g_main_loop_run(work.loop);
	while (n)
		g_source_remove(sources[--n]);
	search->spent_s = work.earlier_s + (rig_now_ns() - work.began_ns) / 1e9;
	g_main_loop_unref(work.loop);
	if (!search->options.place)
		place_free(work.place);
	search->work = NULL;
	if (work.error) {
		g_propagate_error(error, work.error);
		return FALSE;
	}
	*ret = work.end;
	return search_save(search, error);
}
