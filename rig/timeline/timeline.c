// SPDX-License-Identifier: GPL-2.0-only
/* Compiles, traverses and edits a timeline. */
#include "timeline/internal.h"

#include <string.h>

#include "util/error.h"

static void copy_free(gpointer data)
{
	struct copy *copy = data;

	g_ptr_array_unref(copy->laps);
	g_free(copy);
}

static void start_clear(gpointer data)
{
	g_free(((struct start *)data)->skip);
}

struct timeline *timeline_new(const struct scenario *scenario, const struct machine *machine,
			      guint64 seed)
{
	struct timeline *tl = g_new0(struct timeline, 1);

	tl->scenario = scenario;
	tl->machine = machine;
	tl->seed = seed;
	tl->copies = g_ptr_array_new_with_free_func(copy_free);
	tl->starts = g_array_new(FALSE, FALSE, sizeof(struct start));
	g_array_set_clear_func(tl->starts, start_clear);
	for (unsigned t = 0; t < scenario->n_tracks; t++)
		for (unsigned c = 0; c < MAX(1, scenario->tracks[t].copies); c++) {
			struct copy *copy = g_new0(struct copy, 1);

			copy->track = &scenario->tracks[t];
			copy->copy = c;
			copy->laps =
				g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
			g_ptr_array_add(tl->copies, copy);
		}
	return tl;
}

void timeline_free(struct timeline *tl)
{
	g_ptr_array_unref(tl->copies);
	g_array_unref(tl->starts);
	g_free(tl);
}

/*
 * Returns how many laps of each copy are explicit (their operations are listed) in a new timeline:
 * as many as TIMELINE_PREFIX_LAPS and TIMELINE_PREFIX_OPERATIONS allow.
 */
static unsigned prefix_laps(const struct scenario *s)
{
	unsigned a_lap = 0;

	for (unsigned t = 0; t < s->n_tracks; t++)
		a_lap += s->tracks[t].n_steps * MAX(1, s->tracks[t].copies);
	return a_lap ? MIN(TIMELINE_PREFIX_LAPS, TIMELINE_PREFIX_OPERATIONS / a_lap) : 0;
}

struct timeline *timeline_compile(const struct scenario *scenario, const struct machine *machine,
				  guint64 seed)
{
	struct timeline *tl = timeline_new(scenario, machine, seed);

	for (unsigned i = 0; i < scenario->n_agents; i++)
		for (unsigned n = 0; n < MAX(1, scenario->agents[i].count); n++) {
			struct start start = {.agent = &scenario->agents[i],
					      .instance = scenario->agents[i].first + n};

			start.seed = draw_agent_seed(seed, start.agent->name, start.instance);
			g_array_append_val(tl->starts, start);
		}
	for (guint n = 0; n < tl->copies->len; n++)
		timeline_extend(tl, n, prefix_laps(scenario));
	return tl;
}

guint64 timeline_seed(const struct timeline *tl)
{
	return tl->seed;
}

guint timeline_n_copies(const struct timeline *tl)
{
	return tl->copies->len;
}

const struct track *timeline_copy(const struct timeline *tl, guint n, unsigned *ret_copy)
{
	const struct copy *copy = tl->copies->pdata[n];

	*ret_copy = copy->copy;
	return copy->track;
}

unsigned timeline_explicit_laps(const struct timeline *tl, guint n)
{
	return ((const struct copy *)tl->copies->pdata[n])->laps->len;
}

void timeline_set_end(struct timeline *tl, gboolean end)
{
	tl->end = end;
}

GPtrArray *timeline_lap(const struct timeline *tl, guint n, unsigned lap)
{
	const struct copy *copy = tl->copies->pdata[n];

	if (lap < copy->laps->len)
		return g_ptr_array_ref(copy->laps->pdata[lap]);
	if (tl->end || (copy->track->repeat && lap >= copy->track->repeat))
		return NULL;
	return draw_lap(tl, copy, lap);
}

void timeline_extend(struct timeline *tl, guint n, unsigned laps)
{
	struct copy *copy = tl->copies->pdata[n];

	while (copy->laps->len < laps) {
		g_autoptr(GPtrArray) lap = timeline_lap(tl, n, copy->laps->len);

		if (!lap || tl->n_operations + lap->len + 1 > TIMELINE_OPERATIONS_MAX)
			return;
		tl->n_operations += lap->len + 1;
		g_ptr_array_add(copy->laps, g_steal_pointer(&lap));
	}
}

gboolean timeline_remove(struct timeline *tl, const struct op_id *id, GError **error)
{
	g_autofree char *text = op_id_text(id);

	for (guint n = 0; n < tl->copies->len; n++) {
		const struct copy *copy = tl->copies->pdata[n];
		GPtrArray *lap;

		if (copy->track->number != id->track || copy->copy != id->copy)
			continue;
		if (id->lap < TIMELINE_OPERATIONS_MAX)
			timeline_extend(tl, n, id->lap + 1);
		lap = id->lap < copy->laps->len ? copy->laps->pdata[id->lap] : NULL;
		for (guint i = 0; lap && i < lap->len; i++)
			if (((struct operation *)lap->pdata[i])->id.step == id->step) {
				g_ptr_array_remove_index(lap, i);
				tl->n_operations--;
				return TRUE;
			}
	}
	return rig_fail(error, RIG_EXIT_USAGE, "the timeline has no operation %s", text);
}

static const struct start *find_start(const struct timeline *tl, const struct agent *agent,
				      unsigned n)
{
	for (guint i = 0; i < tl->starts->len; i++) {
		const struct start *start = &g_array_index(tl->starts, struct start, i);

		if (start->agent == agent && start->instance == agent->first + n)
			return start;
	}
	return NULL;
}

gboolean timeline_agent_seed(const struct timeline *tl, const struct agent *agent, unsigned n,
			     guint64 *ret)
{
	const struct start *start = find_start(tl, agent, n);

	if (start)
		*ret = start->seed;
	return start != NULL;
}

const char *timeline_agent_skip(const struct timeline *tl, const struct agent *agent, unsigned n)
{
	const struct start *start = find_start(tl, agent, n);

	return start ? start->skip : NULL;
}
