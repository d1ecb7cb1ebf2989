// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event log: a queue that grows at its end, and cursors that read it. Events that all cursors
 * have read are freed, so only a few are in memory however long a run is.
 */
#include "qmp/events.h"

struct qmp_cursor {
	struct qmp_events *events;
	guint64 next;	 /* number of the next event that the cursor reads */
	json_t *current; /* the event returned last; freed at the next call */
};

void qmp_events_init(struct qmp_events *events)
{
	g_queue_init(&events->log);
	events->first = 0;
	events->cursors = NULL;
}

void qmp_events_deinit(struct qmp_events *events)
{
	g_warn_if_fail(!events->cursors);
	g_queue_clear_full(&events->log, (GDestroyNotify)json_decref);
}

static void trim(struct qmp_events *events)
{
	guint64 needed = events->first + events->log.length;

	for (GList *l = events->cursors; l; l = l->next)
		needed = MIN(needed, ((struct qmp_cursor *)l->data)->next);
	for (; events->first < needed; events->first++)
		json_decref(g_queue_pop_head(&events->log));
}

void qmp_events_append(struct qmp_events *events, json_t *event)
{
	g_queue_push_tail(&events->log, event);
	trim(events);
}

struct qmp_cursor *qmp_cursor_new(struct qmp *qmp)
{
	struct qmp_cursor *cursor = g_new0(struct qmp_cursor, 1);

	cursor->events = qmp_events_of(qmp);
	cursor->next = cursor->events->first + cursor->events->log.length;
	cursor->events->cursors = g_list_prepend(cursor->events->cursors, cursor);
	return cursor;
}

json_t *qmp_cursor_next(struct qmp_cursor *cursor, const char **ret_name)
{
	struct qmp_events *events = cursor->events;

	g_clear_pointer(&cursor->current, json_decref);
	if (cursor->next == events->first + events->log.length)
		return NULL;
	cursor->current = json_incref(g_queue_peek_nth(&events->log, cursor->next - events->first));
	cursor->next++;
	trim(events);
	*ret_name = json_string_value(json_object_get(cursor->current, "event"));
	return cursor->current;
}

void qmp_cursor_free(struct qmp_cursor *cursor)
{
	if (!cursor)
		return;
	cursor->events->cursors = g_list_remove(cursor->events->cursors, cursor);
	trim(cursor->events);
	g_clear_pointer(&cursor->current, json_decref);
	g_free(cursor);
}

guint qmp_events_held(const struct qmp *qmp)
{
	return qmp_events_of((struct qmp *)qmp)->log.length;
}
