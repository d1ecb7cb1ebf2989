// SPDX-License-Identifier: GPL-2.0-only
/* Reads the file that lists the arms (holds) of a sweep (director_sweep_read()). */
#include "director/director.h"

#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"
#include "util/paths.h"

#define DEFAULT_SLOTS 4
#define DEFAULT_WINDOW_MS 2000

static void clear_hold(gpointer data)
{
	hold_clear(data);
}

void director_sweep_free(struct director_sweep *sweep)
{
	if (!sweep)
		return;
	g_array_unref(sweep->arms);
	g_free(sweep);
}

static gboolean read_number(const char *text, guint max, guint *ret, GError **error)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, 1, max, &value, error))
		return FALSE;
	*ret = value;
	return TRUE;
}

static gboolean read_pct(struct director_sweep *sweep, const char *line, GError **error)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 4);

	if (g_strv_length(words) != 3)
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid '%s': write 'pct SEED POINTS' (for example 'pct 1 3')",
				line);
	return read_number(words[1], G_MAXUINT, &sweep->pct_seed, error) &&
	       read_number(words[2], PCT_POINTS_MAX, &sweep->pct_points, error);
}

static gboolean read_line(struct director_sweep *sweep, const char *line, GError **error)
{
	struct hold_spec hold;

	if (!*line || *line == '#')
		return TRUE;
	if (g_str_has_prefix(line, "slots "))
		return read_number(line + strlen("slots "), DIRECTOR_SLOTS_MAX, &sweep->slots,
				   error);
	if (g_str_has_prefix(line, "window "))
		return read_number(line + strlen("window "), DIRECTOR_WINDOW_MS_MAX,
				   &sweep->window_ms, error);
	if (g_str_has_prefix(line, "pct "))
		return read_pct(sweep, line, error);
	if (!strcmp(line, "turns")) {
		sweep->turns = sweep->arms->len;
		return TRUE;
	}
	if (sweep->arms->len == DIRECTOR_ARMS_MAX)
		return rig_fail(error, RIG_EXIT_USAGE, "too many holds, at most %d are allowed",
				DIRECTOR_ARMS_MAX);
	if (!hold_parse(line, &hold, error))
		return FALSE;
	g_array_append_val(sweep->arms, hold);
	return hold_check_after(&hold, 0, error);
}

struct director_sweep *director_sweep_read(const char *file, GError **error)
{
	rig_auto(director_sweep) sweep = NULL;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!file || !rig_read_file(file, DIRECTOR_FILE_MAX, &text, NULL, error))
		return NULL;
	sweep = g_new0(struct director_sweep, 1);
	sweep->arms = g_array_new(FALSE, TRUE, sizeof(struct hold_spec));
	g_array_set_clear_func(sweep->arms, clear_hold);
	sweep->turns = G_MAXUINT;
	sweep->slots = DEFAULT_SLOTS;
	sweep->window_ms = DEFAULT_WINDOW_MS;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_autoptr(GError) why = NULL;

		if (!read_line(sweep, g_strstrip(lines[i]), &why)) {
			rig_fail(error, RIG_EXIT_USAGE, "sweep '%s', line %u: %s", file, i + 1,
				 why->message);
			return NULL;
		}
	}
	sweep->turns = MIN(sweep->turns, sweep->arms->len);
	return g_steal_pointer(&sweep);
}
