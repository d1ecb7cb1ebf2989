/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks. Deadlines are in nanoseconds of the monotonic clock; wall-clock time is only printed. */
#ifndef RIG_UTIL_CLOCK_H
#define RIG_UTIL_CLOCK_H

#include <glib.h>

#define RIG_NS_PER_S G_GINT64_CONSTANT(1000000000)
#define RIG_NS_PER_MS G_GINT64_CONSTANT(1000000)

/* Returns the time of CLOCK_MONOTONIC in nanoseconds. */
gint64 rig_now_ns(void);

/*
 * Returns the current time as "2026-11-21T05:54:01Z"; with COMPACT as "20261121T055401Z", the
 * format of run folder names.
 */
char *rig_utc_now(gboolean compact);
/* Returns the time DAYS days ago in the format of rig_utc_now(FALSE), newly allocated. */
char *rig_utc_days_ago(guint days);

/* Returns a duration as text: "4.9 s", "2 min 16 s", "1 h 02 min". */
char *rig_duration_text(gint64 ns);

#endif
