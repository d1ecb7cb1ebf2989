// SPDX-License-Identifier: GPL-2.0-only
/* Judging: memory accounts, the guest's own verdict, and the proof without which there is no PASS. */
#include "engine/session.h"

#include <string.h>
#include <sys/resource.h>

static void compare_pages(struct session *s, const char *what, GHashTable *before, GHashTable *after)
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
			session_judge(s, VERDICT_FAIL,
				      "node %u has %" G_GSIZE_FORMAT " %s pages, it had %" G_GSIZE_FORMAT,
				      GPOINTER_TO_UINT(node), GPOINTER_TO_SIZE(way ? pages : then), what,
				      GPOINTER_TO_SIZE(way ? then : pages));
		}
	}
}

void judge_accounts(struct session *s)
{
	if (!s->before || !s->after) {
		session_judge(s, VERDICT_FAIL, "the guest gave no memory accounts");
		return;
	}
	if (!s->scenario->accounts)
		return;
	if (s->before->mem_total_kb != s->after->mem_total_kb)
		session_judge(s, VERDICT_FAIL,
			      "MemTotal is %" G_GUINT64_FORMAT " kB, it was %" G_GUINT64_FORMAT " kB",
			      s->after->mem_total_kb, s->before->mem_total_kb);
	compare_pages(s, "present", s->before->present, s->after->present);
	compare_pages(s, "managed", s->before->managed, s->after->managed);
}

void judge_guest_verdict(struct session *s, const struct guest_verdict *verdict)
{
	s->guest_ok = verdict->ok;
	if (s->guest_ok)
		return;
	for (guint i = 0; i < verdict->reasons->len; i++)
		session_judge(s, VERDICT_FAIL, "the guest says: %s", (char *)verdict->reasons->pdata[i]);
	session_judge(s, VERDICT_FAIL, "the guest's own verdict is bad");
}

void judge_proof(struct session *s)
{
	if (s->verdict != VERDICT_PASS)
		return;
	if (!s->guest_ok)
		session_judge(s, VERDICT_LOST, "the guest ended without a verdict of its own");
	else if (!s->before || !s->after)
		session_judge(s, VERDICT_FAIL, "the memory accounts are missing");
	else if (s->has_lockdep && g_strcmp0(s->after->lockdep, "on"))
		session_judge(s, VERDICT_INFRA, "lockdep is off, so the absence of reports proves nothing");
	else if (scanner_lockdep_died(s->scanner))
		session_judge(s, VERDICT_INFRA, "the console says that lockdep was turned off");
	else if (s->unheard)
		session_judge(s, VERDICT_INFRA, "what the console said while the connection was lost is not known");
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
			 "present", pages_json(account->present), "managed", pages_json(account->managed),
			 "blocks", (int)g_hash_table_size(account->blocks));
}

static json_t *agents_json(struct session *s)
{
	json_t *agents = json_array();

	for (guint i = 0; i < s->agents->len; i++) {
		const struct agent_run *a = s->agents->pdata[i];

		json_array_append_new(agents,
				      json_pack("{s:i, s:s, s:I, s:I, s:O}", "id", a->id, "name", a->agent->name,
						"ops", (json_int_t)a->ops, "failed", (json_int_t)a->failed,
						"results", a->results));
	}
	return agents;
}

/* Was what the scenario expects found? The verdict is about the kernel and stays what it is. */
static json_t *expectation(struct session *s)
{
	const struct expect *expect = &s->scenario->expect;

	if (!expect->kind)
		return json_pack("{s:b}", "met", s->verdict == VERDICT_PASS);
	for (guint i = 0; i < s->splats->len; i++) {
		const struct splat *splat = s->splats->pdata[i];
		gboolean fits = !strcmp(splat->kind, expect->kind);

		for (char **c = expect->cycle; fits && c && *c; c++)
			fits = splat->cycle && g_strv_contains((const char *const *)splat->cycle, *c);
		if (fits)
			return json_pack("{s:b, s:s}", "met", 1, "kind", expect->kind);
	}
	return json_pack("{s:b, s:s}", "met", 0, "kind", expect->kind);
}

/* What the run cost the host on our side; QEMU's own time is not in it. */
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
	return json_pack("{s:b, s:s, s:o}", "armed", !strcmp(state, "on"), "state", state, "stats", stats);
}

json_t *judge_details(struct session *s)
{
	json_t *reasons = json_array(), *reports = json_array(), *details, *holds = holds_json(s);
	json_t *starved = starved_json(s);

	for (guint i = 0; i < s->reasons->len; i++)
		json_array_append_new(reasons, json_string(s->reasons->pdata[i]));
	for (guint i = 0; i < s->splats->len; i++)
		json_array_append_new(reports, splat_to_json(s->splats->pdata[i]));
	details = json_pack(
		"{s:O?, s:s, s:o, s:o, s:{s:o, s:O}, s:{s:I, s:I, s:I, s:f, s:f}, s:o, s:{s:o, s:o}, s:o, s:o}",
		"hang", s->hang, "verdict", verdict_name(s->verdict), "reasons", reasons, "reports", reports, "counts",
		"agents", agents_json(s), "devices", s->outcomes, "times", "boot_ns",
		(json_int_t)(s->hello_ns ? s->hello_ns - s->started_ns : 0), "hammer_ns",
		(json_int_t)(s->hammered_ns	   ? s->hammered_ns
			     : s->hammer_ns ? rig_now_ns() - s->hammer_ns
					    : 0),
		"total_ns", (json_int_t)(rig_now_ns() - s->started_ns), "guest_s",
		MAX(s->guest_s, scanner_guest_seconds(s->scanner)), "first_report_s", s->first_report_s,
		"lockdep", lockdep_json(s->after), "accounts", "before",
		account_json(s->before), "after", account_json(s->after), "expected", expectation(s), "controller", controller_json());
	if (holds)
		json_object_set_new(details, "holds", holds);
	if (starved)
		json_object_set_new(details, "starved", starved);
	return details;
}
