// SPDX-License-Identifier: GPL-2.0-only
/* Decides the verdict from the facts of a run, by the rule described in facts.h. */
#include "verdict/facts.h"

/* ---- proofs: a run without reports passes only if it has all of them ---- */

static gboolean was_stopped(const struct facts *f)
{
	return f->stopped;
}

static gboolean no_guest_verdict(const struct facts *f)
{
	return f->guest != GUEST_OK;
}

static gboolean no_accounts(const struct facts *f)
{
	return !f->accounts;
}

static gboolean is_unarmed(const struct facts *f)
{
	return f->lockdep_offered && !f->lockdep_armed;
}

static gboolean lockdep_died(const struct facts *f)
{
	return f->lockdep_died;
}

static gboolean console_has_gaps(const struct facts *f)
{
	return f->unheard > 0;
}

static gboolean still_on(const struct facts *f)
{
	return !f->powered_off;
}

/*
 * The proofs that PASS needs: observations, for example that lockdep was on until the end. If
 * several are missing, the first one becomes the reason of the verdict.
 */
static const struct proof {
	gboolean (*is_missing)(const struct facts *facts);
	enum verdict verdict;
	/* the proof (see above) is not needed if a known issue turned lockdep off */
	gboolean of_lockdep;
	const char *sentence;
} proofs[] = {
	{was_stopped, VERDICT_INFRA, FALSE,
	 "the reports that ended this run do not count by the current rules, but the run is "
	 "incomplete"},
	{no_guest_verdict, VERDICT_LOST, FALSE, "the guest ended without a verdict of its own"},
	{no_accounts, VERDICT_FAIL, FALSE, "the memory accounts are missing"},
	{is_unarmed, VERDICT_INFRA, TRUE,
	 "lockdep is off, so the absence of reports proves nothing"},
	{lockdep_died, VERDICT_INFRA, TRUE, "the console reports that lockdep was turned off"},
	{console_has_gaps, VERDICT_INFRA, FALSE,
	 "console output is missing because the connection was lost, so a report may be missing"},
	{still_on, VERDICT_LOST, FALSE, "the guest did not power off"},
};

/* ---- which reason decides the verdict ---- */

static const struct reason *reason_at(const struct facts *facts, guint i)
{
	return &g_array_index(facts->reasons, struct reason, i);
}

/*
 * Returns TRUE if REASON may be a consequence of an earlier known issue that killed or blocked a
 * task: a stuck guest, missing pages, a lost guest, a report of lack of progress. Returns FALSE for
 * a report of another fault, because it may be a new bug, and for faults of the host.
 */
static gboolean may_follow(const struct reason *reason)
{
	switch (reason->kind) {
	case REASON_REPORT:
		return reason->induced || reason->verdict != VERDICT_FAIL;
	case REASON_EXPLANATION:
		return TRUE;
	default:
		return verdict_is_alarm(reason->verdict) || reason->verdict == VERDICT_LOST;
	}
}

/*
 * Returns TRUE if REASON is that an agent was killed, or that the guest's verdict is bad, which
 * follows from it. The guest reports the death at once, so the reason can precede the report of the
 * oops that killed the agent.
 */
static gboolean is_death(const struct reason *reason)
{
	return reason->kind == REASON_AGENT_DIED || reason->kind == REASON_GUEST_BAD;
}

/* Returns TRUE if REASON is neither a report on the console nor the explanation of a hang. */
static gboolean is_seen(const struct reason *reason)
{
	return reason->kind != REASON_REPORT && reason->kind != REASON_EXPLANATION;
}

/* Returns TRUE if REASON is the cause of each hang of its run. */
static gboolean is_cause_of_hangs(const struct reason *reason)
{
	return reason->kind == REASON_FIRMWARE || reason->kind == REASON_EMULATOR;
}

static gboolean is_excused(const struct facts *facts, guint i)
{
	const struct reason *reason = reason_at(facts, i);

	for (guint k = 0; k < facts->reasons->len; k++) {
		const struct reason *known = reason_at(facts, k);

		if (is_cause_of_hangs(known) && reason->verdict == VERDICT_HANG)
			return TRUE;
		if (known->verdict != VERDICT_KNOWN || !known->fatal)
			continue;
		if ((k < i && may_follow(reason)) || is_death(reason))
			return TRUE;
		/* the engine has observed a hang, and the known issue is its explanation */
		if (known->kind == REASON_EXPLANATION && is_seen(reason) &&
		    reason->verdict == VERDICT_HANG)
			return TRUE;
	}
	return FALSE;
}

/*
 * Returns the index of the reason that decides, or -1 if none does. *RET_KNOWN is the index of the
 * first known issue, or -1. *RET_FATAL is TRUE if a known issue has killed or blocked a task.
 */
static int find_decider(const struct facts *facts, int *ret_known, gboolean *ret_fatal)
{
	int decider = -1;

	*ret_known = -1;
	*ret_fatal = FALSE;
	for (guint i = 0; i < facts->reasons->len; i++) {
		const struct reason *reason = reason_at(facts, i);

		if (reason->verdict == VERDICT_KNOWN) {
			*ret_known = *ret_known < 0 ? (int)i : *ret_known;
			*ret_fatal |= reason->fatal;
		} else if (decider < 0 && !is_excused(facts, i)) {
			decider = i;
		}
	}
	return decider;
}

static const struct proof *find_missing(const struct facts *facts)
{
	for (guint i = 0; i < G_N_ELEMENTS(proofs); i++)
		if (proofs[i].is_missing(facts) && !(proofs[i].of_lockdep && facts->lockdep_known))
			return &proofs[i];
	return NULL;
}

static void add_reason(struct decision *d, enum reason_kind kind, const char *text)
{
	g_ptr_array_add(d->reasons, g_strdup(text));
	g_array_append_val(d->kinds, kind);
}

struct decision facts_decide(const struct facts *facts)
{
	struct decision d = {VERDICT_PASS, g_ptr_array_new_with_free_func(g_free),
			     g_array_new(FALSE, FALSE, sizeof(enum reason_kind))};
	const struct proof *missing = NULL;
	int known, decider, first;
	gboolean fatal;

	first = decider = find_decider(facts, &known, &fatal);
	if (decider >= 0) {
		d.verdict = reason_at(facts, decider)->verdict;
	} else if (!fatal && (missing = find_missing(facts))) {
		d.verdict = missing->verdict;
		add_reason(&d, REASON_PROOF, missing->sentence);
	} else if (known >= 0 || facts->lockdep_known) {
		d.verdict = VERDICT_KNOWN;
		first = known;
	}
	if (first >= 0)
		add_reason(&d, reason_at(facts, first)->kind, reason_at(facts, first)->text);
	for (guint i = 0; i < facts->reasons->len; i++)
		if ((int)i != first)
			add_reason(&d, reason_at(facts, i)->kind, reason_at(facts, i)->text);
	return d;
}

void decision_clear(struct decision *decision)
{
	g_clear_pointer(&decision->reasons, g_ptr_array_unref);
	g_clear_pointer(&decision->kinds, g_array_unref);
}

json_t *decision_reasons_json(const struct decision *decision)
{
	json_t *array = json_array();

	for (guint i = 0; i < decision->reasons->len; i++)
		json_array_append_new(array, json_string(decision->reasons->pdata[i]));
	return array;
}

json_t *decision_kinds_json(const struct decision *decision)
{
	json_t *array = json_array();

	for (guint i = 0; i < decision->kinds->len; i++) {
		enum reason_kind kind = g_array_index(decision->kinds, enum reason_kind, i);

		json_array_append_new(array, json_string(reason_kind_name(kind)));
	}
	return array;
}
