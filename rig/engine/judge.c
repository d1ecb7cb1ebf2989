// SPDX-License-Identifier: GPL-2.0-only
/* Judging: memory accounts, the guest's own verdict, and the proof without which there is no PASS. */
#include "engine/session.h"

#include <string.h>
#include <sys/resource.h>

static void add_pages(GHashTable *pages, guint64 node, guint64 n)
{
	gpointer key = GUINT_TO_POINTER(node);

	g_hash_table_insert(pages, key, GSIZE_TO_POINTER(GPOINTER_TO_SIZE(g_hash_table_lookup(pages, key)) + n));
}

/* docs/guest-protocol.md, ACCOUNT. Bounded by the frame; unknown lines are kept in `raw` only. */
void account_read(struct account *account, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 20000);

	account_clear(account);
	account->present = g_hash_table_new(NULL, NULL);
	account->managed = g_hash_table_new(NULL, NULL);
	account->blocks = g_hash_table_new(NULL, NULL);
	account->stats = json_object();
	for (char **l = lines; *l; l++) {
		g_auto(GStrv) w = g_strsplit(*l, " ", 8);
		guint n = g_strv_length(w);

		if (n == 2 && !strcmp(w[0], "mem-total-kb")) {
			account->mem_total_kb = g_ascii_strtoull(w[1], NULL, 10);
			account->known = TRUE;
		} else if (n == 7 && !strcmp(w[0], "zone")) {
			guint64 node = g_ascii_strtoull(w[1], NULL, 10);

			add_pages(account->present, node, g_ascii_strtoull(w[4], NULL, 10));
			add_pages(account->managed, node, g_ascii_strtoull(w[6], NULL, 10));
		} else if (n == 3 && !strcmp(w[0], "block")) {
			g_hash_table_insert(account->blocks,
					    GUINT_TO_POINTER(g_ascii_strtoull(w[1], NULL, 10)),
					    (gpointer)(!strcmp(w[2], "online")	  ? "online"
						       : !strcmp(w[2], "offline") ? "offline"
										  : "other"));
		} else if (n == 2 && !strcmp(w[0], "cpu-online")) {
			g_free(account->cpus);
			account->cpus = g_strdup(w[1]);
		} else if (n == 2 && !strcmp(w[0], "lockdep")) {
			g_free(account->lockdep);
			account->lockdep = g_strdup(w[1]);
		} else if (n == 3 && !strcmp(w[0], "lockdep-stat") && json_object_size(account->stats) < 100) {
			json_object_set_new(account->stats, w[1],
					    json_integer(g_ascii_strtoll(w[2], NULL, 10)));
		}
	}
}

void account_clear(struct account *account)
{
	g_clear_pointer(&account->present, g_hash_table_unref);
	g_clear_pointer(&account->managed, g_hash_table_unref);
	g_clear_pointer(&account->blocks, g_hash_table_unref);
	json_decref(account->stats);
	g_free(account->cpus);
	g_free(account->lockdep);
	*account = (struct account){0};
}

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
	if (!s->before.known || !s->after.known) {
		session_judge(s, VERDICT_FAIL, "the guest gave no memory accounts");
		return;
	}
	if (!s->scenario->accounts)
		return;
	if (s->before.mem_total_kb != s->after.mem_total_kb)
		session_judge(s, VERDICT_FAIL,
			      "MemTotal is %" G_GUINT64_FORMAT " kB, it was %" G_GUINT64_FORMAT " kB",
			      s->after.mem_total_kb, s->before.mem_total_kb);
	compare_pages(s, "present", s->before.present, s->after.present);
	compare_pages(s, "managed", s->before.managed, s->after.managed);
}

void judge_guest_verdict(struct session *s, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 100);

	s->guest_ok = !g_strcmp0(lines[0], "verdict ok");
	if (s->guest_ok)
		return;
	for (char **l = lines; *l; l++)
		if (g_str_has_prefix(*l, "reason "))
			session_judge(s, VERDICT_FAIL, "the guest says: %s", *l + strlen("reason "));
	session_judge(s, VERDICT_FAIL, "the guest's own verdict is bad");
}

void judge_proof(struct session *s)
{
	if (s->verdict != VERDICT_PASS)
		return;
	if (!s->guest_ok)
		session_judge(s, VERDICT_LOST, "the guest ended without a verdict of its own");
	else if (!s->before.known || !s->after.known)
		session_judge(s, VERDICT_FAIL, "the memory accounts are missing");
	else if (s->has_lockdep && g_strcmp0(s->after.lockdep, "on"))
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

static json_t *account_json(const struct account *account)
{
	if (!account->known)
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

json_t *judge_details(struct session *s)
{
	json_t *reasons = json_array(), *reports = json_array(), *details, *holds = holds_json(s);

	for (guint i = 0; i < s->reasons->len; i++)
		json_array_append_new(reasons, json_string(s->reasons->pdata[i]));
	for (guint i = 0; i < s->splats->len; i++)
		json_array_append_new(reports, splat_to_json(s->splats->pdata[i]));
	details = json_pack(
		"{s:O?, s:s, s:o, s:o, s:{s:o, s:O}, s:{s:I, s:I, s:I, s:f, s:f}, s:{s:b, s:s, s:O}, s:{s:o, s:o}, s:o, s:o}",
		"hang", s->hang, "verdict", verdict_name(s->verdict), "reasons", reasons, "reports", reports, "counts",
		"agents", agents_json(s), "devices", s->outcomes, "times", "boot_ns",
		(json_int_t)(s->hello_ns ? s->hello_ns - s->started_ns : 0), "hammer_ns",
		(json_int_t)(s->hammered_ns	   ? s->hammered_ns
			     : s->hammer_ns ? rig_now_ns() - s->hammer_ns
					    : 0),
		"total_ns", (json_int_t)(rig_now_ns() - s->started_ns), "guest_s",
		MAX(s->guest_s, scanner_guest_seconds(s->scanner)), "first_report_s", s->first_report_s,
		"lockdep", "armed", !g_strcmp0(s->after.lockdep, "on"), "state",
		s->after.lockdep ? s->after.lockdep : "unknown", "stats",
		s->after.stats ? s->after.stats : json_null(), "accounts", "before",
		account_json(&s->before), "after", account_json(&s->after), "expected", expectation(s), "controller", controller_json());
	if (holds)
		json_object_set_new(details, "holds", holds);
	return details;
}
