/* SPDX-License-Identifier: GPL-2.0-only */
/* The event log of the QMP client. qmp.h describes what it guarantees. */
#ifndef RIG_QMP_EVENTS_H
#define RIG_QMP_EVENTS_H

#include <glib.h>
#include <jansson.h>

#include "qmp/qmp.h"

struct qmp_events {
	GQueue log; /* json_t, oldest first */
	/*
	 * number of the oldest event in the log; the next event will have the number first + length
	 */
	guint64 first;
	GList *cursors;
};

void qmp_events_init(struct qmp_events *events);
void qmp_events_deinit(struct qmp_events *events);
/* Appends EVENT, which is stolen. */
void qmp_events_append(struct qmp_events *events, json_t *event);
struct qmp_events *qmp_events_of(struct qmp *qmp);

#endif
