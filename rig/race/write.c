// SPDX-License-Identifier: GPL-2.0-only
/* Writes a scenario with the holds that were found. */
#include "race/race.h"

#include <string.h>

#include "util/paths.h"

#define FILE_MAX_BYTES (1 << 20)
#define TIMES 1000
/*
 * number of change points in a round, at which the random scheduler of plugin/pct.h gives a vCPU
 * the lowest priority; two of them can order three events, which is sufficient for most bugs
 */
#define PCT_POINTS 2

char *race_hold_text(const struct race_trial *trial, guint i)
{
	return g_strdup_printf("%s, max %u, times %d", trial->hold[i], trial->max_ms, TIMES);
}

char *race_sweep(const struct race_trial *trial)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "slots %u\nwindow %u\n", trial->slots, trial->window_ms);
	if (trial->pct_seed)
		g_string_append_printf(out, "pct %u %d\n", trial->pct_seed, PCT_POINTS);
	for (guint i = 0; i < trial->n; i++) {
		g_autofree char *text = race_hold_text(trial, i);

		g_string_append_printf(out, "%s%s\n", i == trial->turns ? "turns\n" : "", text);
	}
	return g_string_free(out, FALSE);
}

/* Returns TRUE if LINE begins with a top-level YAML key. */
static gboolean is_key(const char *line)
{
	return g_ascii_isalpha(*line) && strchr(line, ':');
}

char *race_scenario(const char *file, const struct race_trial *trial, guint cpus, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;
	gboolean dropping = FALSE;

	if (!rig_read_file(file, FILE_MAX_BYTES, &text, NULL, error))
		return NULL;
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	for (char **line = lines; *line; line++) {
		if (is_key(*line))
			dropping = g_str_has_prefix(*line, "holds:") ||
				   (cpus && g_str_has_prefix(*line, "cpus:"));
		if (!dropping)
			g_string_append_printf(out, "%s\n", *line);
	}
	g_string_append(out, "\n# found by rig race\n");
	if (cpus)
		g_string_append_printf(out, "cpus: %u\n", cpus);
	g_string_append(out, "holds:\n");
	for (guint i = 0; i < trial->n; i++)
		g_string_append_printf(out, "  - {at: %s, max: %u, times: %d}\n", trial->hold[i],
				       trial->max_ms, TIMES);
	return g_string_free(g_steal_pointer(&out), FALSE);
}
