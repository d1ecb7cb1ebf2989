// SPDX-License-Identifier: GPL-2.0-only
/* rig scenario show --timeline: prints the operations of a run as sentences or as JSON. */
#include "cmd/scenario.h"

#include <stdio.h>

#include "plan/plan.h"
#include "util/error.h"
#include "util/term.h"

static void print_agents(const struct timeline *tl, const struct scenario *s)
{
	for (unsigned i = 0; i < s->n_agents; i++)
		for (unsigned n = 0; n < s->agents[i].count; n++) {
			guint64 seed;

			if (timeline_agent_seed(tl, &s->agents[i], n, &seed))
				printf("  agent %s %u starts with seed %016" G_GINT64_MODIFIER
				       "x\n",
				       s->agents[i].name, s->agents[i].first + n, seed);
		}
}

static void print_lap(const GPtrArray *ops)
{
	for (guint i = 0; i < ops->len; i++) {
		const struct operation *op = ops->pdata[i];
		g_autofree char *id = op_id_text(&op->id), *sentence = operation_sentence(op);

		printf("    %-12s %s\n", id, sentence);
	}
}

static void print_copy(const struct timeline *tl, guint n, int laps)
{
	unsigned copy;
	const struct track *track = timeline_copy(tl, n, &copy);
	g_autoptr(GPtrArray) after = NULL;

	printf("  %strack %u, copy %u%s\n", term_colour(TERM_BOLD), track->number, copy,
	       term_colour(TERM_PLAIN));
	for (int lap = 0; lap < laps; lap++) {
		g_autoptr(GPtrArray) ops = timeline_lap(tl, n, lap);

		if (!ops)
			return;
		print_lap(ops);
	}
	after = timeline_lap(tl, n, laps);
	if (after)
		puts("    …            further laps");
}

static struct timeline *compile(struct scenario *s, const struct timeline_want *want,
				GError **error)
{
	const struct machine *machine = scenario_machine(s, want->machine, error);
	guint64 seed;

	if (!machine || !machine_with_pages(machine, want->page_size, &machine, error) ||
	    !plan_seed(want->seed, &seed, error))
		return NULL;
	g_free(scenario_fit(s, machine));
	if (want->laps < 1 || want->laps > TIMELINE_OPERATIONS_MAX) {
		rig_fail(error, RIG_EXIT_USAGE, "invalid number of laps %d (1 to %d)", want->laps,
			 TIMELINE_OPERATIONS_MAX);
		return NULL;
	}
	return timeline_compile(s, machine, seed);
}

int scenario_show_timeline(const char *name, const struct timeline_want *want, gboolean json)
{
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = scenario_load(name, &error);
	rig_auto(timeline) tl = s ? compile(s, want, &error) : NULL;

	if (!tl)
		return rig_report_error(error);
	if (json) {
		cmd_print_json(timeline_json(tl));
		return RIG_EXIT_PASS;
	}
	printf("%s%s%s  seed %" G_GUINT64_FORMAT "; tracks run in parallel, each in this order\n",
	       term_colour(TERM_BOLD), s->name, term_colour(TERM_PLAIN), timeline_seed(tl));
	print_agents(tl, s);
	for (guint n = 0; n < timeline_n_copies(tl); n++)
		print_copy(tl, n, want->laps);
	return RIG_EXIT_PASS;
}
