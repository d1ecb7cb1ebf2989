// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do the guest's books agree with the host's? A DIMM that is plugged has its memory blocks in sysfs, one that
 * was unplugged has none.
 */
#include "engine/session.h"

#include "guest-init/proto.h"

void hotplug_check_ask(struct session *s, const struct extent *where, const char *write, unsigned wait_ms,
	       answered done, void *data)
{
	g_autofree char *text = g_strdup_printf("start %" G_GUINT64_FORMAT "\nsize %" G_GUINT64_FORMAT
						"\nwrite %s\nwait-ms %u\n",
						where->start, where->size, write, wait_ms);

	dispatch_ask(s, PROTO_BLOCKS, text, done, data);
}

/* Direct QEMU has nobody in between whose books could differ from the guest's. */
gboolean hotplug_check_each_step(const struct session *s)
{
	return g_strcmp0(s->plan->launcher ? s->plan->launcher : "direct", "direct") != 0;
}

gboolean hotplug_check_may_overlap(const struct session *s, const struct device *but, const struct extent *where)
{
	GHashTableIter iter;
	struct device *d;
	struct extent its;

	g_hash_table_iter_init(&iter, s->devices);
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

static char *missing_of(const struct session *s, const struct device *d, const struct account *now)
{
	struct extent where;

	if (d->kind != DEVICE_DIMM || !d->there || d->busy || d->unsure ||
	    !vm_where(s->vm, d->id, &where.start, &where.size))
		return NULL;
	for (guint64 a = where.start; a < where.start + where.size; a += s->block_size)
		if (!g_hash_table_contains(now->blocks, GUINT_TO_POINTER(a / s->block_size)))
			return g_strdup_printf("the guest has no memory block at 0x%" G_GINT64_MODIFIER
					       "x of device '%s'",
					       a, d->id);
	return NULL;
}

char *hotplug_check_missing(const struct session *s, const struct account *now)
{
	GHashTableIter iter;
	struct device *d;
	char *missing = NULL;

	if (!now->known || s->block_size <= 0)
		return NULL;
	g_hash_table_iter_init(&iter, s->devices);
	while (!missing && g_hash_table_iter_next(&iter, NULL, (gpointer *)&d))
		missing = missing_of(s, d, now);
	return missing;
}
