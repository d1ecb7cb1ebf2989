// SPDX-License-Identifier: GPL-2.0-only
/* What is known of a run without a verdict, from its journal: it still runs, or was killed. */
#include "cmd/findings-parts.h"

#include <string.h>

#include "util/clock.h"
#include "util/text.h"

struct progress {
	json_t *reports; /* what the journal has of each report */
	json_t *ops;	 /* operations of each agent so far, or NULL */
	char state[32];
	double t; /* when the state began, in seconds since the run began */
};

/* The states of the engine (engine/session.h). */
static const struct {
	const char *state, *text;
} phases[] = {
	{"boot", "boot of the guest"},
	{"baseline", "first reading of the guest's memory accounts"},
	{"start", "start of the agents"},
	{"hammer", "under load"},
	{"drain", "end of the load: the host's steps end"},
	{"stop", "end of the load: the agents stop"},
	{"clear", "unplugging of what the load has left"},
	{"account", "second reading of the guest's memory accounts"},
	{"orders", "reading of the lock orders"},
	{"finish", "wait for the guest's own verdict"},
	{"poweroff", "power-off of the guest"},
	{"reported", "a report is being printed"},
	{"postmortem", "collection of the state of a guest that hangs"},
	{"ending", "end of QEMU"},
	{"done", "QEMU has ended"},
};

static void take_entry(json_t *entry, void *data)
{
	struct progress *p = data;
	const char *what = findings_text(entry, "what");

	if (!strcmp(what, "state") && json_is_string(findings_at(entry, "to"))) {
		g_strlcpy(p->state, findings_text(entry, "to"), sizeof(p->state));
		p->t = json_number_value(findings_at(entry, "t"));
	} else if (!strcmp(what, "counts") && json_is_object(findings_at(entry, "ops"))) {
		json_decref(p->ops);
		p->ops = json_incref(findings_at(entry, "ops"));
	} else if (!strcmp(what, "report")) {
		json_t *report = json_pack("{s:s, s:s}", "kind", findings_text(entry, "kind"),
					   "title", findings_text(entry, "title"));

		if (json_is_number(findings_at(entry, "when")))
			json_object_set(report, "when", findings_at(entry, "when"));
		json_array_append_new(p->reports, report);
	}
}

void findings_add_progress(struct run_info *run)
{
	struct progress p = {.reports = json_array(), .state = "boot"};
	const char *created = json_string_value(findings_at(run->inputs, "created"));
	g_autoptr(GDateTime) began = created ? g_date_time_new_from_iso8601(created, NULL) : NULL;
	g_autoptr(GDateTime) since = NULL;
	g_autofree char *text = NULL;

	if (json_object_size(run->details) ||
	    (run->verdict != VERDICT_RUNNING && run->verdict != VERDICT_ABORTED)) {
		json_decref(p.reports);
		return;
	}
	run_journal_each(run->dir, take_entry, &p, NULL);
	since = began ? g_date_time_add_seconds(began, p.t) : NULL;
	text = since ? g_date_time_format(since, "%Y-%m-%dT%H:%M:%SZ") : NULL;
	json_object_set_new(run->details, "progress",
			    json_pack("{s:s, s:s?, s:f, s:o?}", "state", p.state, "since", text,
				      "t", p.t, "ops", p.ops));
	json_object_set_new(run->details, "reports", p.reports);
}

static gint64 sum_of(json_t *ops)
{
	const char *agent;
	json_t *n;
	gint64 sum = 0;

	json_object_foreach (ops, agent, n)
		sum += json_integer_value(n);
	return sum;
}

void findings_print_progress(const struct run_info *run)
{
	json_t *progress = findings_at(run->details, "progress");
	const char *state = findings_text(progress, "state"), *phase = state;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc(), since = NULL;
	g_autofree char *ago = NULL;
	size_t n = json_array_size(findings_at(run->details, "reports"));

	if (!json_is_object(progress))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(phases); i++)
		if (!strcmp(phases[i].state, state))
			phase = phases[i].text;
	since = g_date_time_new_from_iso8601(findings_text(progress, "since"), NULL);
	if (since && run->verdict == VERDICT_RUNNING)
		ago = rig_duration_text(MAX(0, g_date_time_difference(now, since)) * 1000);
	findings_line("phase", "%s%s, since %s%s%s",
		      run->verdict == VERDICT_RUNNING ? "" : "the last one: ", phase,
		      findings_text(progress, "since"), ago ? ", for " : "", ago ? ago : "");
	findings_line("", "%zu report%s and %" G_GINT64_FORMAT " operations of the agents so far",
		      n, text_s(n), sum_of(findings_at(progress, "ops")));
	if (run->verdict == VERDICT_RUNNING)
		findings_line("",
			      "the run continues; its result is shown when it has ended");
}
