// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes lockdep's texts: the text before the first form feed is /proc/lockdep, the rest
 * /proc/lockdep_chains. The result must be within the limits, and must not change when it is
 * written as JSON and read back.
 */
#include "locks/locks.h"

#include "tests/fuzz/fuzz.h"

static char *symbol(guint64 address, void *data)
{
	(void)data;
	return address & 1 ? g_strdup(address & 2 ? "dev_attr_state.3" : "__key.1") : NULL;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	char *chains = strchr(text, '\f');
	rig_auto(lock_orders) orders = NULL;
	rig_auto(lock_orders) again = NULL;
	json_auto_t *json = NULL;

	if (chains)
		*chains++ = '\0';
	orders = lock_orders_parse(chains ? text : NULL, chains ? chains : text, symbol, NULL);
	json = lock_orders_json(orders);
	again = lock_orders_from_json(json, NULL);
	if (!again || again->edges->len != orders->edges->len ||
	    again->classes->len != orders->classes->len)
		abort();
	return 0;
}
