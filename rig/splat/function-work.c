// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the work item after which a report about workers is named. */
#include <string.h>

#include "splat/function.h"

/*
 * Returns the function f of the first work item in "in-flight: 9:f for 58s, 12:g" or "in-flight:
 * 9(RESCUER):f".
 */
static char *first_item(const char *line)
{
	const char *items = strstr(line, "in-flight: ");
	const char *name = items ? strchr(items + strlen("in-flight: "), ':') : NULL;
	gsize len = name ? strcspn(name + 1, " ,") : 0;

	return len ? g_strndup(name + 1, len) : NULL;
}

/*
 * Returns the function of the work item in line number LINE: "Workqueue: events f [module]",
 * "Workqueue: writeback f (flush-8:0)". Returns NULL if there is none, or LINE is -1.
 */
static char *shown_item(const struct report *report, int line)
{
	const char *words = line < 0 ? NULL : strstr(report->seen[line].text, "Workqueue: ");
	const char *start, *end;

	if (!words)
		return NULL;
	end = words + strlen(words);
	for (const char *p = words; (p = strchr(p, ' ')); p++)
		if (p[1] == '(' || p[1] == '[')
			end = MIN(end, p);
	start = memrchr(words, ' ', end - words);
	return start && start + 1 < end ? g_strndup(start + 1, end - start - 1) : NULL;
}

char *stalled_item(const struct report *report)
{
	for (guint i = report->header; i < report->n; i++) {
		if (report->seen[i].marks & MARK_TRACE)
			break;
		if (strstr(report->seen[i].text, "Workqueue: "))
			return shown_item(report, (int)i);
	}
	return NULL;
}

/*
 * The work item is taken from "Workqueue: events f", if the report has a worker's stack; otherwise
 * it is the first one in flight below the line of this pool, "pwq 2: cpus=0 …". The report lists
 * other pools, too.
 */
char *work_function(const struct report *report)
{
	char *worker = shown_item(report, report_find(report, report->header, "Workqueue: "));
	const char *pool = strstr(report->seen[report->header].text, "cpus=");
	const char *end = pool ? strstr(pool, " stuck for") : NULL;
	g_autofree char *words = end ? g_strndup(pool, end - pool) : g_strdup("pwq ");
	gboolean stuck = FALSE;

	if (worker)
		return worker;
	for (guint i = report->header + 1; i < report->n; i++) {
		const char *line = report->seen[i].text;
		char *name = stuck ? first_item(line) : NULL;

		if (name)
			return name;
		if (strstr(line, "pwq ") || strstr(line, "workqueue "))
			stuck = strstr(line, words) != NULL;
	}
	return NULL;
}
