// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the guest's view of hotplugged memory with the host's: a plugged DIMM must have memory
 * blocks in the guest's sysfs, an unplugged one must have none.
 */
#include "engine/session.h"

gboolean hotplug_check_each_step(const struct session *s)
{
	return g_strcmp0(s->plan->launcher ? s->plan->launcher : "direct", "direct") != 0;
}

gboolean hotplug_check_may_overlap(const struct session *s, const struct device *but,
				   const struct extent *where)
{
	GHashTableIter iter;
	struct device *d;
	struct extent its;

	g_hash_table_iter_init(&iter, s->host.devices);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&d)) {
		if (d == but || d->kind == DEVICE_CPU)
			continue;
		if (d->busy || d->unsure)
			return TRUE;
		if (d->there && vm_where(s->vm, d->id, &its.start, &its.size) &&
		    its.start < where->start + where->size && where->start < its.start + its.size)
			return TRUE;
	}
	return FALSE;
}

static char *missing_of(const struct session *s, const struct device *d,
			const struct guest_account *now, gint64 asked_ns)
{
	struct extent where;

	if (d->kind != DEVICE_DIMM || !d->there || d->busy || d->unsure ||
	    d->changed_ns >= asked_ns || !vm_where(s->vm, d->id, &where.start, &where.size))
		return NULL;
	for (guint64 a = where.start; a < where.start + where.size; a += s->hello.block_size)
		if (!g_hash_table_contains(now->blocks, GUINT_TO_POINTER(a / s->hello.block_size)))
			return g_strdup_printf(
				"the guest has no memory block at 0x%" G_GINT64_MODIFIER
				"x of device '%s'",
				a, d->id);
	return NULL;
}

char *hotplug_check_missing(const struct session *s, const struct guest_account *now,
			    gint64 asked_ns)
{
	GHashTableIter iter;
	struct device *d;
	char *missing = NULL;

	if (!now || s->hello.block_size <= 0)
		return NULL;
	g_hash_table_iter_init(&iter, s->host.devices);
	while (!missing && g_hash_table_iter_next(&iter, NULL, (gpointer *)&d))
		missing = missing_of(s, d, now, asked_ns);
	return missing;
}
