// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the first job that fits into the free resources, in the given order. A job can only be
 * passed over PATIENCE times.
 */
#include "place/pack.h"

#define PATIENCE 8

static gboolean fits(const struct pack_room *need, const struct pack_room *free)
{
	return need->quarters <= free->quarters && need->memory <= free->memory;
}

struct pack_room pack_capacity(const struct pack_room *host)
{
	return (struct pack_room){host->quarters + host->quarters / 4, host->memory};
}

static gboolean is_too_long(const struct pack_item *item, double left_s)
{
	return left_s >= 0 && item->estimate_s > left_s;
}

int pack_pick(struct pack_item *const *items, guint n, const struct pack_room *free, double left_s)
{
	for (guint i = 0; i < n; i++) {
		if (is_too_long(items[i], left_s))
			continue;
		if (fits(&items[i]->need, free)) {
			for (guint k = 0; k < i; k++)
				items[k]->passed_over += !is_too_long(items[k], left_s);
			return i;
		}
		if (items[i]->passed_over >= PATIENCE)
			return -1;
	}
	return -1;
}

struct going {
	double end_s;
	struct pack_room need;
};

/* Removes the item that ends first from GOING and returns the time at which it ends. */
static double end_one(GArray *going, struct pack_room *free)
{
	guint first = 0;
	struct going ended;

	for (guint i = 1; i < going->len; i++)
		if (g_array_index(going, struct going, i).end_s <
		    g_array_index(going, struct going, first).end_s)
			first = i;
	ended = g_array_index(going, struct going, first);
	free->quarters += ended.need.quarters;
	free->memory += ended.need.memory;
	g_array_remove_index_fast(going, first);
	return ended.end_s;
}

/* Returns the seconds that ITEMS take if they use all processors of HOST all the time. */
static double busy_s(struct pack_item *const *items, guint n, const struct pack_room *host)
{
	double sum = 0;

	for (guint i = 0; i < n; i++)
		sum += items[i]->estimate_s * MIN(items[i]->need.quarters, host->quarters);
	return host->quarters ? sum / host->quarters : 0;
}

double pack_span(struct pack_item *const *items, guint n, const struct pack_room *host)
{
	g_autofree struct pack_item *copies = g_new(struct pack_item, n + 1);
	g_autoptr(GPtrArray) waiting = g_ptr_array_new();
	g_autoptr(GArray) going = g_array_new(FALSE, FALSE, sizeof(struct going));
	struct pack_room free = pack_capacity(host);
	double now = 0, last = 0;

	for (guint i = 0; i < n; i++) {
		copies[i] = *items[i];
		copies[i].need.quarters = MIN(copies[i].need.quarters, host->quarters);
		copies[i].need.memory = MIN(copies[i].need.memory, host->memory);
		g_ptr_array_add(waiting, &copies[i]);
	}
	while (waiting->len || going->len) {
		int pick = pack_pick((struct pack_item **)waiting->pdata, waiting->len, &free, -1);
		struct pack_item *item;
		struct going start;

		if (pick < 0) {
			now = end_one(going, &free);
			continue;
		}
		item = g_ptr_array_remove_index(waiting, pick);
		free.quarters -= item->need.quarters;
		free.memory -= item->need.memory;
		start = (struct going){now + item->estimate_s, item->need};
		last = MAX(last, start.end_s);
		g_array_append_val(going, start);
	}
	return MAX(last, busy_s(items, n, host));
}

double pack_bound(struct pack_item *const *items, guint n, const struct pack_room *host)
{
	const guint promised = pack_capacity(host).quarters;
	double memory = 0, longest = 0, wide = 0, large = 0;

	for (guint i = 0; i < n; i++) {
		guint quarters = MIN(items[i]->need.quarters, host->quarters);
		guint64 bytes = MIN(items[i]->need.memory, host->memory);

		memory += items[i]->estimate_s * bytes;
		wide += 2 * quarters > promised ? items[i]->estimate_s : 0;
		large += 2 * bytes > host->memory ? items[i]->estimate_s : 0;
		longest = MAX(longest, items[i]->estimate_s);
	}
	memory = host->memory ? memory / host->memory : 0;
	return MAX(longest, MAX(MAX(busy_s(items, n, host), wide), MAX(memory, large)));
}
