// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes edges from lockdep's reports. Each edge of a reported cycle has occurred, otherwise lockdep
 * would not have reported the cycle. For the log of another machine, these are the only known
 * edges.
 */
#include <string.h>

#include "locks/kinds.h"
#include "locks/locks.h"

#define CYCLE_MAX 64

/*
 * Returns TRUE if many lockdep keys have the class name NAME. lockdep appends a number to such a
 * name; the parser of reports has removed it.
 */
static gboolean is_numbered(const char *name)
{
	return g_str_has_prefix(name, "kn->active") || strstr(name, "_key") != NULL;
}

/*
 * Returns NAME. If it is "kn->active", adds the variable of its sysfs attribute, which lockdep's
 * report does not name. The variable is inferred from FUNCTION in the report: state_show() and
 * state_store() belong to DEVICE_ATTR_RW(state), so the variable is dev_attr_state.
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

/*
 * Returns the class in LINE, "-> #2 (mem_hotplug_lock){+.+.}-{0:0}:" (print_circular_bug_entry() in
 * kernel/locking/lockdep.c), without the number that lockdep appends to some names. Returns NULL if
 * LINE has another form.
 */
static char *link_class(const char *line)
{
	const char *open = g_str_has_prefix(line, "-> #") ? strstr(line, " (") : NULL;
	const char *end = open ? g_strrstr(open, "){") : NULL;
	g_autofree char *name = end ? g_strndup(open + 2, end - open - 2) : NULL;

	return name ? lock_plain_name(name) : NULL;
}

/*
 * Returns the stack of the link to CLASS in the lock chain of LINES, a report: functions in the
 * format of struct lock_edge. The stack begins with TAKEN_IN, the function that called the lock
 * functions. If the report has no such stack, returns TAKEN_IN alone. The caller owns the text.
 */
static char *link_stack(char **lines, const char *class, const char *taken_in)
{
	GString *stack = g_string_new(NULL);
	gboolean inside = FALSE;

	for (guint frames = 0; *lines && frames < LOCK_STACK_FRAMES; lines++) {
		g_autofree char *name = link_class(*lines);
		const char *frame = *lines + strspn(*lines, " \t"), *end = strchr(frame, '+');

		if (frames && (name || !end))
			break;
		if (name || !end)
			inside = name && !strcmp(name, class);
		if (name || !inside || !end || (!frames && !g_str_has_prefix(frame, taken_in)))
			continue;
		g_string_append_printf(stack, "%s%.*s", frames++ ? " < " : "", (int)(end - frame),
				       frame);
	}
	if (!stack->len)
		g_string_append(stack, taken_in);
	return g_string_free(stack, FALSE);
}

/*
 * Returns the bit LOCK_TO_… for how a task requested the lock of CLASS: for writing, for reading,
 * or as a recursive reader. LINES is a report; the link of its lock chain to CLASS has the stack of
 * the request. TAKEN_IN is the function in that stack that called the lock functions; these are the
 * frames before it, for example percpu_down_write(), and show the kind of the request. Returns
 * LOCK_TO_UNKNOWN if none of the frames up to TAKEN_IN shows it.
 */
static guint link_kind(char **lines, const char *class, const char *taken_in)
{
	gboolean inside = FALSE;

	for (; *lines; lines++) {
		g_autofree char *name = link_class(*lines);
		const char *frame = *lines + strspn(*lines, " \t");
		g_autofree char *function = g_strndup(frame, strcspn(frame, "+"));
		guint kind = inside && !name ? lock_kind_of_function(function) : 0;

		if (kind)
			return kind;
		if (name)
			inside = !strcmp(name, class);
		else if (inside && !strcmp(function, taken_in))
			break;
	}
	return LOCK_TO_UNKNOWN;
}

/*
 * Adds the edges between the links of REPORT's lock chain to ORDERS. NUMBERS has the index of each
 * link's class.
 */
static void add_edges(struct lock_orders *orders, json_t *report, const guint *numbers)
{
	json_t *cycle = json_object_get(report, "cycle"), *in = json_object_get(report, "taken_in");
	const char *text = text_at(report, "text");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	size_t n = json_array_size(cycle);

	for (size_t i = 0; i < n; i++) {
		const char *taken_in = json_string_value(json_array_get(in, i));
		g_autofree char *stack = NULL;

		guint from = numbers[(i + n - 1) % n];
		const char *name = json_string_value(json_array_get(cycle, i));

		if (from == numbers[i])
			continue;
		lock_orders_edge(orders, from, numbers[i],
				 LOCK_IN_REPORT | LOCK_FROM_UNKNOWN |
					 link_kind(lines, name, taken_in ? taken_in : ""));
		if (!taken_in || !*taken_in)
			continue;
		stack = link_stack(lines, name, taken_in);
		lock_orders_stack(orders, from, numbers[i], stack);
	}
}

/*
 * Returns TRUE if one of the first N classes of ORDERS is called NAME, or NAME with an addition in
 * brackets. It is not if the console has lost characters of the report ("mem_ug_lock").
 */
static gboolean has_name(const struct lock_orders *orders, guint n, const char *name)
{
	gsize len = strlen(name);

	for (guint i = 0; i < n; i++) {
		const char *has = ((struct lock_class *)orders->classes->pdata[i])->name;

		if (!strncmp(has, name, len) && (!has[len] || strchr("(/", has[len])))
			return TRUE;
	}
	return FALSE;
}

/*
 * Adds the edges of REPORT. The first N_KNOWN classes of ORDERS are from /proc/lockdep; N_KNOWN is
 * 0 if that was not read.
 */
static void add_report(struct lock_orders *orders, guint n_known, json_t *report)
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

		if (!name || !lock_text_is_valid(name, LOCKS_NAME_MAX / 2) ||
		    (n_known && !has_name(orders, n_known, name)))
			return;
		full = canonical(name, function, &flags);
		if (!lock_orders_class(orders, full, flags, &numbers[i]))
			return;
	}
	add_edges(orders, report, numbers);
}

void lock_orders_add_reports(struct lock_orders *orders, json_t *reports)
{
	guint n_known = orders->classes->len;
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report)
		add_report(orders, n_known, report);
}
