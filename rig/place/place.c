// SPDX-License-Identifier: GPL-2.0-only
/* Calls the operations of a place (struct place_ops), on this host or on a cluster. */
#include "place/place.h"

#include "util/error.h"

gboolean place_open(struct place *place, const char *dir, const char *name, GError **error)
{
	return place->ops->open(place, dir, name, error);
}

void place_add(struct place *place, struct place_job *job)
{
	place->ops->add(place, job);
}

void place_hold(struct place *place)
{
	place->ops->hold(place);
}

void place_stop(struct place *place, guint grace_s)
{
	place->ops->stop(place, grace_s);
}

char *place_progress(const struct place *place)
{
	return place->ops->progress(place);
}

gboolean place_can_leave(const struct place *place)
{
	return place->ops->leave != NULL;
}

gboolean place_leave(struct place *place, GError **error)
{
	if (place->ops->leave)
		return place->ops->leave(place, error);
	return rig_fail(error, RIG_EXIT_INFRA,
			"runs on this host cannot continue after the rig has ended");
}

char *place_leave_waits(const struct place *place)
{
	return place->ops->leave_waits ? place->ops->leave_waits(place) : NULL;
}

void place_free(struct place *place)
{
	if (place)
		place->ops->free(place);
}
