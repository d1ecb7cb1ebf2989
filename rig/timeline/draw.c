// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draws the random values of operations. Each value has its own stream of random numbers, labelled
 * with the operation's id and the argument's name, so that removing a step or adding an argument
 * changes no other value.
 */
#include "timeline/internal.h"

#include <string.h>

#include "util/rng.h"

static guint64 draw(guint64 seed, const struct op_id *id, const char *what, guint64 low,
		    guint64 high)
{
	g_autofree char *label = g_strdup_printf("op %u.%u.%u.%u %s", id->track, id->copy, id->lap,
						 id->step, what);
	struct rng rng = rng_stream(seed, label);

	return rng_between(&rng, low, high);
}

/* Draws a multiple of UNIT bytes between the ends of RANGE, which are rounded down to multiples. */
static guint64 draw_size(guint64 seed, const struct op_id *id, const char *what,
			 const struct range *range, guint64 unit)
{
	return draw(seed, id, what, range->low / unit, range->high / unit) * unit;
}

guint64 draw_unit(const struct timeline *timeline, const struct step *step)
{
	return MAX(1, MAX(step->block, scenario_unit(timeline->machine, step->device)));
}

void operation_free(gpointer data)
{
	struct operation *op = data;

	g_free(op->device);
	g_free(op);
}

static char *device_name(const struct copy *copy, const struct step *step)
{
	if (!step->id)
		return g_strdup("");
	return copy->track->copies > 1 ? g_strdup_printf("%s.%u", step->id, copy->copy)
				       : g_strdup(step->id);
}

struct operation *draw_operation(const struct timeline *tl, const struct copy *copy, unsigned lap,
				 const struct step *step)
{
	guint64 unit = draw_unit(tl, step);
	struct operation *op = g_new0(struct operation, 1);
	const struct op_id id = {copy->track->number, copy->copy, lap, step->number};

	op->id = id;
	op->step = step;
	op->device = device_name(copy, step);
	op->size = draw_size(tl->seed, &id, "size", &step->size, unit);
	op->requested = draw_size(tl->seed, &id, "requested", &step->requested, unit);
	op->ms = draw(tl->seed, &id, "ms", step->ms.low, step->ms.high);
	op->how = step->how == HOW_RANDOM ? draw(tl->seed, &id, "how", HOW_ONLINE, HOW_OFFLINE)
					  : step->how;
	return op;
}

GPtrArray *draw_lap(const struct timeline *tl, const struct copy *copy, unsigned lap)
{
	GPtrArray *ops = g_ptr_array_new_with_free_func(operation_free);

	for (unsigned i = 0; i < copy->track->n_steps; i++) {
		const struct step *step = &copy->track->steps[i];
		const struct op_id id = {copy->track->number, copy->copy, lap, step->number};

		if (draw(tl->seed, &id, "chance", 1, 100) <= step->chance)
			g_ptr_array_add(ops, draw_operation(tl, copy, lap, step));
	}
	return ops;
}

guint64 draw_agent_seed(guint64 seed, const char *name, unsigned instance)
{
	g_autofree char *label = g_strdup_printf("agent %s %u", name, instance);
	struct rng rng = rng_stream(seed, label);

	return rng_next(&rng);
}
