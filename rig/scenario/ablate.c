// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removes one part of a scenario (an agent, one of several agents of a kind, or a step), to find
 * out whether the result depends on it. The remaining scenario stays valid: if a plug is removed,
 * the steps on its device are removed, too; if an unplug is removed, the device stays plugged.
 */
#include "scenario/scenario.h"

#include <string.h>

#include "util/error.h"

enum part_of { PART_AGENT, PART_COUNT, PART_STEP, PART_HOLDS };

struct part {
	enum part_of of;
	unsigned track, index;
	char *name;
};

static void part_free(gpointer data)
{
	struct part *part = data;

	g_free(part->name);
	g_free(part);
}

/*
 * Adds a part of the scenario (an agent or a step) that can be left out to the list. If a part with
 * this name exists, the name becomes "NAME #2", "NAME #3" and so on.
 */
static void add_part(GPtrArray *parts, enum part_of of, unsigned track, unsigned index,
		     const char *name)
{
	struct part *part = g_new0(struct part, 1);
	unsigned same = 1;

	part->of = of;
	part->track = track;
	part->index = index;
	part->name = g_strdup(name);
	for (guint i = 0; i < parts->len;) {
		const struct part *other = parts->pdata[i++];

		if (!strcmp(other->name, part->name)) {
			g_free(part->name);
			part->name = g_strdup_printf("%s #%u", name, ++same);
			i = 0;
		}
	}
	g_ptr_array_add(parts, part);
}

static void add_agents(GPtrArray *parts, const struct scenario *s)
{
	for (unsigned i = 0; i < s->n_agents; i++) {
		const struct agent *a = &s->agents[i];
		g_autofree char *one = g_strdup_printf("one %s of %u", a->name, a->count);

		/*
		 * in a scenario without tracks, keep the only agent: without it, the scenario would
		 * do nothing
		 */
		if (s->n_agents > 1 || s->n_tracks)
			add_part(parts, PART_AGENT, 0, i, a->name);
		if (a->count > 1)
			add_part(parts, PART_COUNT, 0, i, one);
	}
}

static GPtrArray *find_parts(const struct scenario *s)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(part_free);

	add_agents(parts, s);
	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			const struct step *step = &s->tracks[t].steps[i];
			g_autofree char *name = g_strjoin(
				" ", step_do_name(step->what),
				step->what == STEP_ONLINE ? step_how_name(step->how) : step->id,
				step->what == STEP_ONLINE ? step->id : NULL, NULL);

			/* in a scenario without agents, keep the only step */
			if (s->n_agents || s->n_tracks > 1 || s->tracks[t].n_steps > 1)
				add_part(parts, PART_STEP, t, i, name);
		}
	if (s->n_holds || s->n_fails)
		add_part(parts, PART_HOLDS, 0, 0, SCENARIO_HOLDS);
	return parts;
}

char **scenario_ablations(const struct scenario *scenario)
{
	g_autoptr(GPtrArray) parts = find_parts(scenario);
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < parts->len; i++)
		g_ptr_array_add(names, g_strdup(((struct part *)parts->pdata[i])->name));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static void remove_step(struct track *track, unsigned index)
{
	scenario_step_clear(&track->steps[index]);
	track->n_steps--;
	memmove(&track->steps[index], &track->steps[index + 1],
		(track->n_steps - index) * sizeof(*track->steps));
}

static void drop_step(struct scenario *s, unsigned t, unsigned index)
{
	struct track *track = &s->tracks[t];
	enum step_do what = track->steps[index].what;
	g_autofree char *id = g_strdup(track->steps[index].id);

	remove_step(track, index);
	for (unsigned i = 0; id && i < track->n_steps;) {
		struct step *other = &track->steps[i];

		if (what == STEP_PLUG && !g_strcmp0(other->id, id)) {
			remove_step(track, i);
			continue;
		}
		if (what == STEP_UNPLUG && other->what == STEP_PLUG && !g_strcmp0(other->id, id))
			other->once = TRUE;
		i++;
	}
	if (track->n_steps)
		return;
	g_free(track->steps);
	s->n_tracks--;
	memmove(track, track + 1, (s->n_tracks - t) * sizeof(*track));
}

static void drop_holds(struct scenario *s)
{
	while (s->n_holds)
		hold_clear(&s->holds[--s->n_holds]);
	while (s->n_fails)
		fail_clear(&s->fails[--s->n_fails]);
}

static void drop_agent(struct scenario *s, unsigned index)
{
	scenario_agent_clear(&s->agents[index]);
	s->n_agents--;
	memmove(&s->agents[index], &s->agents[index + 1],
		(s->n_agents - index) * sizeof(*s->agents));
}

gboolean scenario_ablate(struct scenario *scenario, const char *name, GError **error)
{
	g_autoptr(GPtrArray) parts = find_parts(scenario);
	g_auto(GStrv) names = NULL;
	g_autofree char *list = NULL;

	for (guint i = 0; i < parts->len; i++) {
		const struct part *part = parts->pdata[i];

		if (strcmp(part->name, name))
			continue;
		if (part->of == PART_AGENT)
			drop_agent(scenario, part->index);
		else if (part->of == PART_COUNT)
			scenario->agents[part->index].count--;
		else if (part->of == PART_HOLDS)
			drop_holds(scenario);
		else
			drop_step(scenario, part->track, part->index);
		return TRUE;
	}
	names = scenario_ablations(scenario);
	list = g_strjoinv(", ", names);
	return rig_fail(error, RIG_EXIT_USAGE, "scenario '%s' has no part '%s'; it has: %s",
			scenario->name, name, list);
}
