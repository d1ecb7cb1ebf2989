/* SPDX-License-Identifier: GPL-2.0-only */
/* The event log, a part of the QMP client. qmp.h documents its guarantees. */
#ifndef RIG_QMP_EVENTS_H
#define RIG_QMP_EVENTS_H

#include <glib.h>
#include <jansson.h>

#include "qmp/qmp.h"

struct qmp_events {
	GQueue log;	 /* json_t, oldest first */
	guint64 first;	 /* number of the oldest one held; the next to come is first + length */
	GList *cursors;
};

void qmp_events_init(struct qmp_events *events);
void qmp_events_deinit(struct qmp_events *events);
/* EVENT is stolen. */
void qmp_events_append(struct qmp_events *events, json_t *event);
struct qmp_events *qmp_events_of(struct qmp *qmp);

#endif
