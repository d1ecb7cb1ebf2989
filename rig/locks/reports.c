// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edges from lockdep's reports. Each edge of a reported cycle has occurred, otherwise lockdep would
 * not report the cycle. A log of another machine contains no other edges than these.
 */
#include <string.h>

#include "locks/locks.h"

#define CYCLE_MAX 64

/*
 * TRUE: many keys have this name, so that lockdep appends numbers. The report parser removes the
 * number.
 */
static gboolean is_numbered(const char *name)
{
	return g_str_has_prefix(name, "kn->active") || strstr(name, "_key") != NULL;
}

/*
 * The name of a kn->active lock with the variable of its attribute, which lockdep's report lacks.
 * The variable is inferred from the function that the report has: state_show() and state_store()
 * belong to DEVICE_ATTR_RW(state), so the variable is dev_attr_state.
 */
static char *canonical(const char *name, const char *function, guint *ret_flags)
{
	const char *end = function ? strrchr(function, '_') : NULL;

	*ret_flags = lock_name_is_variable(name) ? LOCK_SINGLE : 0;
	if (!strcmp(name, "kn->active") && end && lock_name_is_variable(function) &&
	    (!strcmp(end, "_show") || !strcmp(end, "_store")))
		return g_strdup_printf("kn->active(dev_attr_%.*s)", (int)(end - function),
				       function);
	if (is_numbered(name))
		*ret_flags |= LOCK_AMBIGUOUS;
	return g_strdup(name);
}

static const char *text_at(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void add_report(struct lock_orders *orders, json_t *report)
{
	json_t *cycle = json_object_get(report, "cycle");
	const char *function = text_at(json_object_get(report, "detail"), "attribute");
	size_t n = json_array_size(cycle);
	guint numbers[CYCLE_MAX];

	if (n < 2 || n > CYCLE_MAX || !text_at(report, "kind") ||
	    !g_str_has_prefix(text_at(report, "kind"), "lockdep-"))
		return;
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(cycle, i));
		g_autofree char *full = NULL;
		guint flags;

		if (!name || !*name || strlen(name) > LOCKS_NAME_MAX / 2)
			return;
		full = canonical(name, function, &flags);
		if (!lock_orders_class(orders, full, flags, &numbers[i]))
			return;
	}
	for (size_t i = 0; i < n; i++)
		if (numbers[i] != numbers[(i + 1) % n])
			lock_orders_edge(orders, numbers[i], numbers[(i + 1) % n], LOCK_IN_REPORT);
}

void lock_orders_add_reports(struct lock_orders *orders, json_t *reports)
{
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report)
		add_report(orders, report);
}
