// SPDX-License-Identifier: GPL-2.0-only
/* The guest's agents: which to start with what seed, what their beats and final counts say. */
#include "engine/session.h"

#include <string.h>

#include "guest-init/proto.h"

#define COUNTS_NS RIG_NS_PER_S

void agent_run_free(gpointer data)
{
	struct agent_run *a = data;

	g_free(a->now);
	json_decref(a->results);
	g_free(a);
}

gboolean agents_offered(struct session *s)
{
	for (guint i = 0; i < s->scenario->n_agents; i++) {
		const struct agent *agent = &s->scenario->agents[i];
		const char *offer = g_hash_table_lookup(s->offers, agent->name);

		if (!g_strcmp0(offer, "ok") || agent->optional)
			continue;
		session_judge(s, VERDICT_SKIP, "the kernel lacks support for agent '%s': it %s", agent->name,
			      offer ? offer : "is not known to this guest");
		return FALSE;
	}
	if (s->has_lockdep || s->plan->no_lockdep)
		return TRUE;
	session_judge(s, VERDICT_SKIP, "the kernel has no lockdep, so nothing would be proven; "
				       "--no-lockdep runs it all the same");
	return FALSE;
}

static char *start_text(const struct agent_run *a)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "id %u\nagent %s\nseed %016" G_GINT64_MODIFIER "x\nrate %u\n", a->id,
			a->agent->name, a->seed, a->agent->rate);
	for (guint i = 0; i < a->agent->n_params; i++)
		g_string_append_printf(text, "param %s %s\n", a->agent->params[i].key,
				       a->agent->params[i].value);
	return g_string_free(text, FALSE);
}

static void on_started(struct session *s, unsigned type, const char *text, void *data)
{
	struct agent_run *a = data;

	(void)type;
	if (!g_str_has_prefix(text, "ok")) {
		g_autofree char *line = g_strndup(text, strcspn(text, "\n"));

		session_judge(s, VERDICT_INFRA, "agent '%s' did not start: %s", a->agent->name, line);
		session_event(s, EV_BAD);
	} else if (--s->starts == 0 && s->state == STATE_START) {
		session_event(s, EV_ANSWER);
	}
}

/* Also after a reset: the same agents with the same seeds. */
void agents_start(struct session *s)
{
	gboolean again = s->agents->len > 0;
	guint id = 0;

	for (guint i = 0; i < s->scenario->n_agents && !again; i++) {
		const struct agent *agent = &s->scenario->agents[i];

		if (g_strcmp0(g_hash_table_lookup(s->offers, agent->name), "ok"))
			continue;
		for (guint n = 0; n < MAX(1, agent->count); n++) {
			struct agent_run *a;
			guint64 seed;

			if (!timeline_agent_seed(s->plan->timeline, agent, n, &seed))
				continue;
			a = g_new0(struct agent_run, 1);
			a->id = ++id;
			a->agent = agent;
			a->seed = seed;
			a->results = json_object();
			g_ptr_array_add(s->agents, a);
		}
	}
	s->starts = s->agents->len;
	for (guint i = 0; i < s->agents->len; i++) {
		g_autofree char *text = start_text(s->agents->pdata[i]);

		dispatch_ask(s, PROTO_START, text, on_started, s->agents->pdata[i]);
	}
	if (!s->agents->len)
		session_event(s, EV_ANSWER);
}

static void on_stopped(struct session *s, unsigned type, const char *text, void *data);

static void ask_stop(struct session *s)
{
	dispatch_ask(s, PROTO_STOP, "all\n", on_stopped, NULL);
}

/*
 * The guest waits 10 s for each STOP (crew.c), and its clock goes on while the host does not run it: of these
 * 10 s agents must have been given so many, at the default patience, or so many STOPs were in vain.
 */
#define STOP_S 8
#define STOPS_MAX 8

static gboolean may_still_stop(struct session *s)
{
	double given = watch_guest_runtime(s) - s->stop_runtime_s;

	return ++s->stops < STOPS_MAX && given < STOP_S * session_patience(s) / (double)PATIENCE_S;
}

static void on_stopped(struct session *s, unsigned type, const char *text, void *data)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 200);
	gboolean stuck = FALSE;

	(void)type;
	(void)data;
	if (strstr(text, "\nstuck ") && may_still_stop(s)) {
		run_journal(s->run, "stop-again", "{s:i}", "stops", s->stops);
		ask_stop(s);
		return;
	}
	for (char **l = lines; *l; l++) {
		if (!g_str_has_prefix(*l, "stuck "))
			continue;
		stuck = TRUE;
		session_judge(s, VERDICT_HANG, "agent %s is stuck in the kernel", *l + strlen("stuck "));
	}
	session_event(s, stuck || !g_str_has_prefix(text, "ok") ? EV_BAD : EV_ANSWER);
}

void agents_stop(struct session *s)
{
	s->stop_runtime_s = watch_guest_runtime(s);
	ask_stop(s);
}

static struct agent_run *agent_by_id(struct session *s, const char *id)
{
	guint64 n = id ? g_ascii_strtoull(id, NULL, 10) : 0;

	return n >= 1 && n <= s->agents->len ? s->agents->pdata[n - 1] : NULL;
}

/* Once a second: what each agent has done so far, copies together. A reader makes rates of it. */
static void journal_counts(struct session *s)
{
	json_t *counts;

	if (s->last_heartbeat_ns - s->counted_ns < COUNTS_NS)
		return;
	s->counted_ns = s->last_heartbeat_ns;
	counts = json_object();
	for (guint i = 0; i < s->agents->len; i++) {
		const struct agent_run *a = s->agents->pdata[i];
		json_t *before = json_object_get(counts, a->agent->name);

		json_object_set_new(counts, a->agent->name,
				    json_integer((json_int_t)a->ops + json_integer_value(before)));
	}
	run_journal(s->run, "counts", "{s:o}", "ops", counts);
}

/* "agent ID NAME ops N failed N busy-ms N now OP" */
void agents_heartbeat(struct session *s, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 500);

	s->last_heartbeat_ns = rig_now_ns();
	for (char **l = lines; *l; l++) {
		g_auto(GStrv) w = g_strsplit(*l, " ", 12);
		struct agent_run *a;

		if (!g_strcmp0(w[0], "uptime-ms") && w[1])
			s->guest_s = g_ascii_strtoull(w[1], NULL, 10) / 1000.0;
		if (g_strcmp0(w[0], "agent") || g_strv_length(w) != 11 || !(a = agent_by_id(s, w[1])))
			continue;
		a->ops = g_ascii_strtoull(w[4], NULL, 10);
		a->failed = g_ascii_strtoull(w[6], NULL, 10);
		a->busy_ms = g_ascii_strtoull(w[8], NULL, 10);
		g_free(a->now);
		a->now = g_strndup(w[10], 60);
	}
	if (s->agents->len)
		journal_counts(s);
}

void agents_counts(struct session *s, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 2000);
	struct agent_run *a = NULL;

	for (char **l = lines; *l; l++) {
		g_auto(GStrv) w = g_strsplit(*l, " ", 5);
		guint n = g_strv_length(w);

		if (n >= 3 && !strcmp(w[0], "agent")) {
			a = agent_by_id(s, w[1]);
			if (a)
				a->ended = TRUE;
		} else if (a && n == 2 && !strcmp(w[0], "ops")) {
			a->ops = g_ascii_strtoull(w[1], NULL, 10);
		} else if (a && n == 4 && (!strcmp(w[0], "result") || !strcmp(w[0], "illegal"))) {
			json_t *op = json_object_get(a->results, w[1]);

			if (!op && json_object_size(a->results) < 200) {
				op = json_object();
				json_object_set_new(a->results, w[1], op);
			}
			if (op && json_object_size(op) < 200)
				json_object_set_new(op, w[2],
						    json_integer(g_ascii_strtoll(w[3], NULL, 10)));
			if (!strcmp(w[0], "illegal"))
				session_judge(s, VERDICT_FAIL, "agent %s: '%s' ended with %s, %s times, "
					      "which is not legal there", a->agent->name, w[1], w[2], w[3]);
		}
	}
}

/* "block-state 1200/s, slab-read 310/s": the agents of one name together. */
char *agents_rates(struct session *s, double seconds)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < s->agents->len;) {
		const struct agent_run *first = s->agents->pdata[i];
		guint64 ops = 0;

		for (; i < s->agents->len; i++) {
			struct agent_run *a = s->agents->pdata[i];

			if (a->agent != first->agent)
				break;
			if (a->ops >= a->shown_ops) /* not so after a reset */
				ops += a->ops - a->shown_ops;
			a->shown_ops = a->ops;
		}
		g_string_append_printf(text, "%s%s %.0f/s", text->len ? ", " : "", first->agent->name,
				       seconds > 0 ? ops / seconds : 0);
	}
	return g_string_free(text, FALSE);
}
