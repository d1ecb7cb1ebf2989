// SPDX-License-Identifier: GPL-2.0-only
/* Reads clocks, and prints times and durations. */
#include "util/clock.h"

#include <time.h>

gint64 rig_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * RIG_NS_PER_S + now.tv_nsec;
}

char *rig_utc_now(gboolean compact)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	return g_date_time_format(now, compact ? "%Y%m%dT%H%M%SZ" : "%Y-%m-%dT%H:%M:%SZ");
}

char *rig_utc_days_ago(guint days)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autoptr(GDateTime) then = g_date_time_add_days(now, -(int)days);

	return g_date_time_format(then, "%Y-%m-%dT%H:%M:%SZ");
}

char *rig_duration_text(gint64 ns)
{
	gint64 s = ns / RIG_NS_PER_S;

	if (s < 100)
		return g_strdup_printf("%.1f s", (double)ns / RIG_NS_PER_S);
	if (s < 3600)
		return g_strdup_printf("%d min %02d s", (int)(s / 60), (int)(s % 60));
	return g_strdup_printf("%d h %02d min", (int)(s / 3600), (int)(s / 60 % 60));
}
