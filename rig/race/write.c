// SPDX-License-Identifier: GPL-2.0-only
/* Writes the holds that were found as a scenario. */
#include "race/race.h"

#include <string.h>

#include "util/paths.h"

#define FILE_MAX_BYTES (1 << 20)
#define MAX_MS 300
#define TIMES 1000

char *race_hold_text(const struct race_hold *hold)
{
	return g_strdup_printf("%s until %s, max %d, times %d", hold->at, hold->until, MAX_MS,
			       TIMES);
}

/* Is LINE the beginning of a top-level key? */
static gboolean is_key(const char *line)
{
	return g_ascii_isalpha(*line) && strchr(line, ':');
}

char *race_scenario(const char *file, const struct race_trial *trial, GError **error)
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
			dropping = g_str_has_prefix(*line, "holds:");
		if (!dropping)
			g_string_append_printf(out, "%s\n", *line);
	}
	g_string_append(out, "\n# found by rig race\nholds:\n");
	for (guint i = 0; i < trial->n; i++)
		g_string_append_printf(out, "  - {at: %s, until: %s, max: %d, times: %d}\n",
				       trial->hold[i].at, trial->hold[i].until, MAX_MS, TIMES);
	return g_string_free(g_steal_pointer(&out), FALSE);
}
