// SPDX-License-Identifier: GPL-2.0-only
/* Starts and stops the guest's agents, and stores the data of heartbeats and final counts. */
#include "engine/session.h"

#include <string.h>

#define COUNTS_NS RIG_NS_PER_S

static void agent_run_free(gpointer data)
{
	struct agent_run *a = data;

	g_free(a->now);
	g_free(a->not_started);
	json_decref(a->results);
	if (a->output)
		g_string_free(a->output, TRUE);
	tap_free(a->tap);
	g_free(a);
}

void agents_init(struct session *s)
{
	s->agents.list = g_ptr_array_new_with_free_func(agent_run_free);
}

void agents_deinit(struct session *s)
{
	g_ptr_array_unref(s->agents.list);
}

gboolean agents_offered(struct session *s)
{
	for (guint i = 0; i < s->scenario->n_agents; i++) {
		const struct agent *agent = &s->scenario->agents[i];
		const char *offer = g_hash_table_lookup(s->hello.offers, agent->name);

		if (!g_strcmp0(offer, "ok") || agent->optional)
			continue;
		session_judge(s, VERDICT_SKIP, "the kernel lacks support for agent '%s': %s",
			      agent->name, offer ? offer : "the guest's init does not offer it");
		return FALSE;
	}
	if (s->hello.has_lockdep || s->plan->no_lockdep)
		return TRUE;
	session_judge(s, VERDICT_SKIP, "the kernel has no lockdep, so a run without reports would "
				       "prove nothing; use --no-lockdep to run it anyway");
	return FALSE;
}

/*
 * Judges an agent that did not start. If WHY is that a file does not exist, and the agent needs
 * kernel options, the kernel was probably built without them: the verdict is SKIP. Every other
 * reason may be a mistake in the scenario, for example a wrong file name: the verdict is INFRA.
 */
static void judge_start(struct session *s, const struct agent *agent, const char *why)
{
	g_autofree const char **options = scenario_agent_options(agent);
	g_autofree char *list = g_strjoinv(", ", (char **)options);

	if (*options && g_str_has_prefix(why, "ENOENT "))
		session_judge(s, VERDICT_SKIP,
			      "the kernel lacks files for agent '%s': %s; enable %s in its config",
			      agent->name, why, list);
	else
		session_judge(s, VERDICT_INFRA, "agent '%s' did not start: %s", agent->name, why);
}

/*
 * WHY is the guest's reason why an agent did not start ("ENOENT /sys/…"). Returns TRUE if its errno
 * means that the kernel lacks a feature which the agent needs.
 */
static gboolean is_lack(const char *why)
{
	static const char *const errors[] = {"ENOENT", "ENODEV",     "ENOSYS", "ENODATA",
					     "EINVAL", "EOPNOTSUPP", NULL};
	g_autofree char *error = g_strndup(why, strcspn(why, " "));

	return g_strv_contains(errors, error);
}

/*
 * Stores that an optional agent was left out, because of WHY. The run continues; the verdict has a
 * note.
 */
static void leave_out(struct agent_run *a, const char *why)
{
	a->not_started = g_utf8_make_valid(why, -1);
	run_journal(a->s->run, "not-started", "{s:s, s:s}", "agent", a->agent->name, "why",
		    a->not_started);
}

static void on_started(const struct guest_reply *reply, void *data)
{
	struct agent_run *a = data;
	struct session *s = a->s;

	if (reply->error && a->agent->optional && is_lack(reply->error->message))
		leave_out(a, reply->error->message);
	if (reply->error && !a->not_started) {
		judge_start(s, a->agent, reply->error->message);
		session_answer(s, reply->scope, EV_BAD);
	} else if (--s->agents.starts == 0 && s->state == STATE_START) {
		session_answer(s, reply->scope, EV_ANSWER);
	}
}

static void ask_start(struct session *s, struct agent_run *a)
{
	g_autofree struct guest_param *params = g_new0(struct guest_param, a->agent->n_params + 1);

	for (guint i = 0; i < a->agent->n_params; i++)
		params[i] =
			(struct guest_param){a->agent->params[i].key, a->agent->params[i].value};
	guest_start(s->guest, a->id, a->agent->name, a->seed, a->agent->rate, a->skip,
		    params, a->agent->n_params, on_started, a);
}

static gboolean is_left_out(const struct session *s, guint i)
{
	return ((const struct agent_run *)s->agents.list->pdata[i])->not_started != NULL;
}

/*
 * Starts the agents. When it is called again, after a reset of the guest, it starts the same agents
 * with the same seeds.
 */
void agents_start(struct session *s)
{
	gboolean again = s->agents.list->len > 0, none;
	guint id = 0;

	for (guint i = 0; i < s->scenario->n_agents && !again; i++) {
		const struct agent *agent = &s->scenario->agents[i];
		const char *offer = g_hash_table_lookup(s->hello.offers, agent->name);

		for (guint n = 0; n < MAX(1, agent->count); n++) {
			struct agent_run *a;
			guint64 seed;

			if (!timeline_agent_seed(s->plan->timeline, agent, n, &seed))
				continue;
			a = g_new0(struct agent_run, 1);
			a->s = s;
			a->id = ++id;
			a->agent = agent;
			a->seed = seed;
			a->skip = timeline_agent_skip(s->plan->timeline, agent, n);
			a->results = json_object();
			g_ptr_array_add(s->agents.list, a);
			if (g_strcmp0(offer, "ok"))
				leave_out(a, offer ? offer : "the guest's init does not offer it");
		}
	}
	s->agents.starts = 0;
	for (guint i = 0; i < s->agents.list->len; i++)
		s->agents.starts += !is_left_out(s, i);
	none = s->agents.starts == 0;
	for (guint i = 0; i < s->agents.list->len; i++)
		if (!is_left_out(s, i))
			ask_start(s, s->agents.list->pdata[i]);
	if (none)
		session_event(s, EV_ANSWER);
}

/*
 * Limits for stopping the agents. An agent that has not ended after STOP_S seconds of guest runtime
 * (at the default patience), or after STOPS_MAX STOP requests, counts as stuck. A single request is
 * not enough: the guest waits at most 10 s for its agents (supervisor.c), by its own clock, which
 * also advances while the host does not run the guest.
 */
#define STOP_S 8
#define STOPS_MAX 8

static gboolean may_still_stop(struct session *s)
{
	double given = watch_guest_runtime(s) - s->agents.stop_runtime_s;

	return ++s->agents.stops < STOPS_MAX &&
	       given < STOP_S * session_patience(s) / (double)PATIENCE_S;
}

static void on_stopped(const struct guest_reply *reply, void *data)
{
	struct session *s = data;
	const struct guest_done *done = reply->done;

	if (done && done->stuck->len && s->state == STATE_STOP && may_still_stop(s)) {
		run_journal(s->run, "stop-again", "{s:i}", "stops", s->agents.stops);
		guest_stop_all(s->guest, on_stopped, s);
		return;
	}
	for (guint i = 0; done && i < done->stuck->len; i++)
		session_judge(s, VERDICT_HANG, "agent %s is stuck in the kernel",
			      (char *)done->stuck->pdata[i]);
	session_answer(s, reply->scope, done && !done->stuck->len ? EV_ANSWER : EV_BAD);
}

void agents_stop(struct session *s)
{
	s->agents.stop_runtime_s = watch_guest_runtime(s);
	guest_stop_all(s->guest, on_stopped, s);
}

static struct agent_run *agent_by_id(struct session *s, guint id)
{
	return id >= 1 && id <= s->agents.list->len ? s->agents.list->pdata[id - 1] : NULL;
}

/*
 * Writes once a second to the journal how many operations the agents have completed, summed over
 * agents of the same name. Readers of the journal compute rates from this.
 */
static void journal_counts(struct session *s)
{
	json_t *counts;

	if (s->heartbeat.last_ns - s->agents.counted_ns < COUNTS_NS)
		return;
	s->agents.counted_ns = s->heartbeat.last_ns;
	counts = json_object();
	for (guint i = 0; i < s->agents.list->len; i++) {
		const struct agent_run *a = s->agents.list->pdata[i];
		json_t *before = json_object_get(counts, a->agent->name);

		json_object_set_new(counts, a->agent->name,
				    json_integer((json_int_t)a->ops + json_integer_value(before)));
	}
	run_journal(s->run, "counts", "{s:o}", "ops", counts);
}

void agents_heartbeat(struct session *s, const struct guest_heartbeat *heartbeat)
{
	s->heartbeat.last_ns = rig_now_ns();
	s->heartbeat.guest_s = heartbeat->uptime_s;
	for (guint i = 0; i < heartbeat->agents->len; i++) {
		const struct guest_agent *told =
			&g_array_index(heartbeat->agents, struct guest_agent, i);
		struct agent_run *a = agent_by_id(s, told->id);

		if (!a)
			continue;
		a->ops = told->ops;
		a->failed = told->failed;
		a->busy_ms = told->busy_ms;
		a->pid = told->pid;
		g_free(a->now);
		a->now = g_utf8_make_valid(told->now, -1);
	}
	if (s->agents.list->len)
		journal_counts(s);
}

static void add_result(struct agent_run *a, const struct guest_result *result)
{
	json_t *op = json_object_get(a->results, result->op);

	if (!op && json_object_size(a->results) < 200) {
		op = json_object();
		json_object_set_new(a->results, result->op, op);
	}
	if (op && json_object_size(op) < 200)
		json_object_set_new(op, result->error, json_integer((json_int_t)result->count));
}

static void judge_illegal(struct session *s, const struct agent_run *a,
			  const struct guest_counts *counts, const struct guest_result *result)
{
	gboolean is_first = !g_strcmp0(counts->first_op, result->op) &&
			    !g_strcmp0(counts->first_error, result->error);

	if (is_first && !strcmp(a->agent->name, "run"))
		session_judge(s, VERDICT_FAIL, "agent run: %s", counts->first_illegal);
	else
		session_judge(s, VERDICT_FAIL,
			      "agent %s: '%s' ended with %s, %" G_GUINT64_FORMAT
			      " times, which is not legal there%s%s",
			      a->agent->name, result->op, result->error, result->count,
			      is_first ? "; first: " : "", is_first ? counts->first_illegal : "");
}

/*
 * Returns TRUE if an agent failed because its device has not appeared (guest-init/agents/dax.c),
 * although the whole scenario was executed. If a part was left out or the run ended early, the
 * device may be missing on purpose.
 */
static gboolean lacked_device(const struct session *s, const struct guest_result *result)
{
	return !strcmp(result->error, "ECANCELED") &&
	       (!strcmp(result->op, "ns-make") || !strcmp(result->op, "region-make")) &&
	       s->host.ran_once && !json_object_get(s->plan->inputs, "without");
}

void agents_counts(struct session *s, const struct guest_counts *counts)
{
	struct agent_run *a = agent_by_id(s, counts->id);

	if (!a)
		return;
	a->busy_ms = 0; /* the agent has ended, so the value of the last heartbeat is out of date */
	a->ops = counts->ops;
	for (guint i = 0; i < counts->results->len; i++) {
		const struct guest_result *result = counts->results->pdata[i];

		add_result(a, result);
		if (output_was_cut_off(a, result))
			session_judge(
				s, VERDICT_INFRA,
				"agent %s: its program had not ended when the agents stopped; "
				"give a longer 'duration', or 'limit: 0' if it never ends",
				a->agent->name);
		if (lacked_device(s, result))
			session_judge(s, VERDICT_INFRA,
				      "agent %s did nothing, because its device did not appear: "
				      "the scenario must plug it, and its number may be wrong",
				      a->agent->name);
		if (result->illegal && fails_explain(s, result->error, result->count))
			fails_excuse(a, result);
		else if (result->illegal)
			judge_illegal(s, a, counts, result);
	}
}

char *agents_rates(struct session *s, double seconds)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < s->agents.list->len;) {
		const struct agent_run *first = s->agents.list->pdata[i];
		guint64 ops = 0;

		for (; i < s->agents.list->len; i++) {
			struct agent_run *a = s->agents.list->pdata[i];

			if (a->agent != first->agent)
				break;
			/* `ops` starts at 0 again after a reset of the guest */
			if (a->ops >= a->shown_ops)
				ops += a->ops - a->shown_ops;
			a->shown_ops = a->ops;
		}
		g_string_append_printf(text, "%s%s %.0f/s", text->len ? ", " : "",
				       first->agent->name, seconds > 0 ? ops / seconds : 0);
	}
	return g_string_free(text, FALSE);
}
