// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and selects the patches without which old commits cannot be built with today's compilers.
 * Each patch is for a range of commits.
 */
#include "bisect/internal.h"

#include <string.h>

#include "util/error.h"
#include "util/paths.h"

static void fixup_free(void *data)
{
	struct fixup *fixup = data;

	g_free(fixup->patch);
	g_free(fixup->from);
	g_free(fixup->until);
	g_free(fixup);
}

/* Parses a range "FROM..UNTIL". */
static struct fixup *parse(const char *between, const char *patch)
{
	const char *dots = strstr(between, "..");
	struct fixup *fixup;

	if (!dots)
		return NULL;
	fixup = g_new0(struct fixup, 1);
	fixup->patch = g_strdup(patch);
	fixup->from = dots == between ? NULL : g_strndup(between, dots - between);
	fixup->until = dots[2] ? g_strdup(dots + 2) : NULL;
	return fixup;
}

static gboolean load_file(GPtrArray *fixups, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GRegex) regex =
		g_regex_new("^Range: *(\\S+)$", G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *between = NULL;
	struct fixup *fixup;

	if (!rig_read_file(path, 1 << 20, &text, NULL, error))
		return FALSE;
	if (strstr(text, "\ndiff --git "))
		*strstr(text, "\ndiff --git ") = '\0';
	between = g_regex_match(regex, text, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
	fixup = between ? parse(between, path) : NULL;
	if (!fixup)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' has no line 'Range: FROM..UNTIL' before its diff; FROM and "
				"UNTIL are commits, or empty",
				path);
	g_ptr_array_add(fixups, fixup);
	return TRUE;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *fixups_load(const char *dir, char **words, GError **error)
{
	g_autoptr(GPtrArray) fixups = g_ptr_array_new_with_free_func(fixup_free);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
	const char *name;

	while (folder && (name = g_dir_read_name(folder)))
		if (g_str_has_suffix(name, ".patch"))
			g_ptr_array_add(names, g_build_filename(dir, name, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		if (!load_file(fixups, names->pdata[i], error))
			return NULL;
	for (; words && *words; words++) {
		const char *is = strchr(*words, '=');
		g_autofree char *between = is ? g_strndup(*words, is - *words) : NULL;
		struct fixup *fixup = between ? parse(between, is + 1) : NULL;

		if (!fixup || !g_file_test(fixup->patch, G_FILE_TEST_IS_REGULAR)) {
			if (fixup)
				fixup_free(fixup);
			rig_fail(error, RIG_EXIT_USAGE,
				 "invalid --fixup '%s': write FROM..UNTIL=FILE, where FILE is an "
				 "existing patch",
				 *words);
			return NULL;
		}
		g_ptr_array_add(fixups, fixup);
	}
	return g_steal_pointer(&fixups);
}

static gboolean contains(const char *repo, const char *commit, const char *what)
{
	const char *words[] = {"merge-base", "--is-ancestor", what, commit, NULL};

	return git_run(repo, words, 4096, NULL, NULL);
}

void fixups_add(GPtrArray *fixups, const char *repo, const char *commit, GPtrArray *patches)
{
	for (guint i = 0; i < fixups->len; i++) {
		const struct fixup *fixup = fixups->pdata[i];

		if ((!fixup->from || contains(repo, commit, fixup->from)) &&
		    !(fixup->until && contains(repo, commit, fixup->until)))
			g_ptr_array_add(patches, g_strdup(fixup->patch));
	}
}
