// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects the facts from which rig/verdict decides the verdict: whether the guest's memory
 * (MemTotal, pages of each node) is the same after the load as before, the verdict that the guest
 * sent, and the observations that PASS requires (for example, that lockdep was on until the end).
 * Makes the content of the file `verdict`.
 */
#include "engine/session.h"

#include <string.h>
#include <sys/resource.h>

#include "verdict/details.h"

static void note_reason(struct session *s, enum reason_kind kind, enum verdict verdict,
			const char *sentence)
{
	run_journal(s->run, "reason", "{s:s, s:s, s:s}", "verdict", verdict_name(verdict), "kind",
		    reason_kind_name(kind), "text", sentence);
}

static void add_reason(struct session *s, enum reason_kind kind, enum verdict verdict,
		       const char *format, va_list args)
{
	g_autofree char *sentence = g_strdup_vprintf(format, args);

	if (facts_add(s->judged.facts, kind, verdict, sentence))
		note_reason(s, kind, verdict, sentence);
}

void session_judge(struct session *s, enum verdict verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_reason(s, REASON_OTHER, verdict, format, args);
	va_end(args);
}

void session_judge_as(struct session *s, enum reason_kind kind, enum verdict verdict,
		      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_reason(s, kind, verdict, format, args);
	va_end(args);
}

gboolean judge_report(struct session *s, const struct splat *splat,
		      const struct report_meaning *meaning)
{
	if (!facts_add_report(s->judged.facts, splat, meaning, G_MAXUINT))
		return FALSE;
	note_reason(s, reason_kind_of_report(splat), meaning->verdict, meaning->reason);
	return TRUE;
}

static void compare_pages(struct session *s, const char *what, GHashTable *before,
			  GHashTable *after)
{
	GHashTableIter iter;
	gpointer node, pages;

	for (int way = 0; way < 2; way++) {
		GHashTable *one = way ? after : before, *other = way ? before : after;

		g_hash_table_iter_init(&iter, one);
		while (g_hash_table_iter_next(&iter, &node, &pages)) {
			gpointer then = g_hash_table_lookup(other, node);

			if (then == pages || (way && g_hash_table_contains(other, node)))
				continue;
			session_judge_as(s, REASON_ACCOUNTS, VERDICT_FAIL,
					 "node %u has %" G_GSIZE_FORMAT
					 " %s pages, it had %" G_GSIZE_FORMAT,
					 GPOINTER_TO_UINT(node),
					 GPOINTER_TO_SIZE(way ? pages : then), what,
					 GPOINTER_TO_SIZE(way ? then : pages));
		}
	}
}

void judge_accounts(struct session *s)
{
	if (!s->judged.before || !s->judged.after) {
		session_judge(s, VERDICT_FAIL, "the guest did not send its memory accounts");
		return;
	}
	if (!s->scenario->accounts)
		return;
	if (s->judged.before->mem_total_kb != s->judged.after->mem_total_kb)
		session_judge_as(s, REASON_ACCOUNTS, VERDICT_FAIL,
				 "MemTotal is %" G_GUINT64_FORMAT " kB, it was %" G_GUINT64_FORMAT
				 " kB",
				 s->judged.after->mem_total_kb, s->judged.before->mem_total_kb);
	compare_pages(s, "present", s->judged.before->present, s->judged.after->present);
	compare_pages(s, "managed", s->judged.before->managed, s->judged.after->managed);
}

/*
 * Judges the guest's verdict by its reasons. If a reason is that lockdep is off, this is only
 * stored in the facts: rig/verdict decides what it means, because a known issue may have turned
 * lockdep off. Every other reason is a FAIL, unless failed calls explain it.
 */
void judge_guest_verdict(struct session *s, const struct guest_verdict *verdict)
{
	gboolean ok = verdict->ok || verdict->reasons->len;

	for (guint i = 0; i < verdict->reasons->len; i++) {
		const struct guest_reason *reason = verdict->reasons->pdata[i];

		if (reason->kind == GUEST_LOCKDEP_OFF) {
			s->judged.facts->guest_unarmed = TRUE;
			continue;
		}
		if (fails_excuse_verdict(s, reason))
			continue;
		session_judge_as(s,
				 reason->kind == GUEST_AGENT_DIED ? REASON_AGENT_DIED
								  : REASON_OTHER,
				 VERDICT_FAIL, "the guest says: %s", reason->text);
		ok = FALSE;
	}
	s->judged.facts->guest = ok ? GUEST_OK : GUEST_BAD;
	if (!ok)
		session_judge_as(s, REASON_GUEST_BAD, VERDICT_FAIL,
				 "the guest's own verdict is bad");
}

/* Collects the session's data as facts for the verdict. */
static void complete_facts(struct session *s)
{
	struct facts *f = s->judged.facts;

	f->powered_off = s->end.well;
	f->accounts = s->judged.before && s->judged.after;
	f->lockdep_offered = s->hello.has_lockdep;
	f->lockdep_armed =
		s->judged.after && !g_strcmp0(s->judged.after->lockdep, "on") && !f->guest_unarmed;
	f->lockdep_died = scanner_lockdep_died(s->console.scanner);
	f->unheard = s->console.gaps;
}

static json_t *pages_json(GHashTable *pages)
{
	json_t *object = json_object();
	GHashTableIter iter;
	gpointer node, n;

	if (!pages)
		return object;
	g_hash_table_iter_init(&iter, pages);
	while (g_hash_table_iter_next(&iter, &node, &n)) {
		g_autofree char *key = g_strdup_printf("%u", GPOINTER_TO_UINT(node));

		json_object_set_new(object, key, json_integer(GPOINTER_TO_SIZE(n)));
	}
	return object;
}

static json_t *account_json(const struct guest_account *account)
{
	if (!account)
		return json_null();
	return json_pack("{s:I, s:o, s:o, s:i}", "mem_total_kb", (json_int_t)account->mem_total_kb,
			 "present", pages_json(account->present), "managed",
			 pages_json(account->managed), "blocks",
			 (int)g_hash_table_size(account->blocks));
}

static json_t *agents_json(struct session *s)
{
	json_t *agents = json_array();

	for (guint i = 0; i < s->agents.list->len; i++) {
		const struct agent_run *a = s->agents.list->pdata[i];

		json_t *json = json_pack("{s:i, s:s, s:I, s:I, s:O}", "id", a->id, "name",
					 a->agent->name, "ops", (json_int_t)a->ops, "failed",
					 (json_int_t)a->failed, "results", a->results);

		if (a->not_started)
			json_object_set_new(json, "not_started", json_string(a->not_started));
		if (a->tap && a->tap->seen)
			json_object_set_new(json, "tests",
					    json_pack("{s:i, s:i, s:i}", "passed", a->tap->passed,
						      "failed", a->tap->failed, "skipped",
						      a->tap->skipped));
		json_array_append_new(agents, json);
	}
	return agents;
}

/*
 * Returns the member `expected` of the file `verdict`, except for its key `met`, which the caller
 * adds.
 */
static json_t *expectation(const struct session *s)
{
	const struct expect *expect = &s->scenario->expect;
	json_t *json = json_object(), *cycle = json_array();

	for (char **c = expect->cycle; c && *c; c++)
		json_array_append_new(cycle, json_string(*c));
	if (expect->kind)
		json_object_set_new(json, "kind", json_string(expect->kind));
	if (json_array_size(cycle))
		json_object_set(json, "cycle", cycle);
	json_decref(cycle);
	return json;
}

gboolean judge_expects(const struct session *s, const struct splat *splat)
{
	json_auto_t *expected = NULL;
	json_auto_t *reports = NULL;

	if (!s->scenario->expect.kind)
		return FALSE;
	expected = expectation(s);
	reports = json_pack("[o]", splat_to_json(splat));
	return details_meet(expected, reports, VERDICT_RUNNING);
}

void judge_derived(struct session *s, struct splat *splat)
{
	const struct known_issue *issue =
		s->reports.known && !judge_expects(s, splat)
			? known_match(s->reports.known, splat, s->hello.release)
			: NULL;
	struct report_meaning meaning = {0};

	if (s->reports.list->len >= RUN_REPORTS_MAX) {
		splat_free(splat);
		return;
	}
	splat->known = issue ? known_json(issue) : NULL;
	run_keep_splat(s->run, splat);
	run_journal(s->run, "report", "{s:s, s:s}", "kind", splat->kind, "title", splat->title);
	g_ptr_array_add(s->reports.list, splat);
	if (verdict_of_report(splat, &meaning))
		judge_report(s, splat, &meaning);
	g_free(meaning.reason);
}

/*
 * Returns the member `controller` of the file `verdict`: CPU time and memory of the rig, without
 * QEMU.
 */
static json_t *controller_json(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return json_pack("{s:f, s:I}", "cpu_s",
			 use.ru_utime.tv_sec + use.ru_stime.tv_sec +
				 (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6,
			 "max_rss_kib", (json_int_t)use.ru_maxrss);
}

static json_t *lockdep_json(const struct guest_account *after)
{
	const char *state = after && after->lockdep ? after->lockdep : "unknown";
	json_t *stats = after ? json_object() : json_null();

	for (guint i = 0; after && i < after->stats->len; i++) {
		const struct guest_stat *stat = after->stats->pdata[i];

		json_object_set_new(stats, stat->key, json_integer(stat->value));
	}
	return json_pack("{s:b, s:s, s:o}", "armed", !strcmp(state, "on"), "state", state, "stats",
			 stats);
}

static json_t *times_json(const struct session *s)
{
	gint64 now = rig_now_ns();
	gint64 hammer = s->times.hammered_ns ? s->times.hammered_ns
			: s->times.hammer_ns ? now - s->times.hammer_ns
					     : 0;

	return json_pack(
		"{s:I, s:I, s:I, s:f, s:f}", "boot_ns",
		(json_int_t)(s->times.hello_ns ? s->times.hello_ns - s->times.started_ns : 0),
		"hammer_ns", (json_int_t)hammer, "total_ns",
		(json_int_t)(now - s->times.started_ns), "guest_s",
		MAX(s->heartbeat.guest_s, scanner_guest_seconds(s->console.scanner)),
		"first_report_s", s->reports.first_s);
}

json_t *judge_finish(struct session *s)
{
	json_t *reports = json_array(), *expected = expectation(s);
	json_t *details, *holds = holds_json(s), *visits = NULL, *starved = starved_json(s);
	json_t *arms = holds_arms_json(s), *fails = fails_json(s), *calls = NULL;
	json_t *locks = locks_note_json(s);
	decision_auto decision = {0};

	if (s->holds.director)
		visits = director_visits(s->holds.director);
	if (s->holds.director)
		calls = director_calls_json(s->holds.director);
	complete_facts(s);
	decision = facts_decide(s->judged.facts);
	s->judged.verdict = decision.verdict;
	for (guint i = 0; i < s->reports.list->len; i++)
		json_array_append_new(reports, splat_to_json(s->reports.list->pdata[i]));
	json_object_set_new(expected, "met",
			    json_boolean(details_meet(expected, reports, s->judged.verdict)));
	details = json_pack(
		"{s:O?, s:s, s:o, s:o, s:o, s:{s:o, s:O, s:b}, s:o, s:o, s:{s:o, s:o}, s:o, s:o, "
		"s:o}",
		"hang", s->reports.hang, "verdict", verdict_name(s->judged.verdict), "reasons",
		decision_reasons_json(&decision), "reason_kinds", decision_kinds_json(&decision),
		"reports", reports, "counts", "agents", agents_json(s), "devices",
		s->host.outcomes, "ran_once", s->host.ran_once, "times", times_json(s), "lockdep",
		lockdep_json(s->judged.after), "accounts", "before",
		account_json(s->judged.before), "after", account_json(s->judged.after), "expected",
		expected, "proof",
		facts_proof_json(s->judged.facts), "controller", controller_json());
	if (holds)
		json_object_set_new(details, "holds", holds);
	if (visits)
		json_object_set_new(details, "visits", visits);
	if (s->recorded)
		json_object_set(details, "recorded", s->recorded);
	if (s->coverage)
		json_object_set(details, "coverage", s->coverage);
	if (arms)
		json_object_set_new(details, "arms", arms);
	if (fails)
		json_object_set_new(details, "fail", fails);
	if (calls)
		json_object_set_new(details, "calls", calls);
	if (starved)
		json_object_set_new(details, "starved", starved);
	if (locks)
		json_object_set_new(details, "locks", locks);
	return details;
}

void judge_deinit(struct session *s)
{
	facts_free(s->judged.facts);
	guest_account_free(s->judged.before);
	guest_account_free(s->judged.after);
}
