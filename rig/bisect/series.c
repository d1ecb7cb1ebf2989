// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the span, the list of changes to search, of a series: its patches are the files of a
 * folder, or the mails of a mailbox, which `git mailsplit` splits.
 */
#include "bisect/internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define PATCH_MAX (32u << 20)

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads a quilt `series` file: each line has a name and optional options; "#" starts a comment. */
static gboolean read_series(const char *dir, GPtrArray *files, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "series", NULL), *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return TRUE;
	if (!rig_read_file(path, 1 << 20, &text, NULL, error))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (char **l = lines; *l; l++) {
		g_autofree char *name = g_strndup(g_strstrip(*l), strcspn(*l, " \t#"));

		if (*name)
			g_ptr_array_add(files, g_build_filename(dir, name, NULL));
	}
	return TRUE;
}

static gboolean read_folder(const char *dir, GPtrArray *files, GError **error)
{
	g_autoptr(GDir) folder = NULL;
	const char *name;

	if (!read_series(dir, files, error))
		return FALSE;
	if (files->len)
		return TRUE;
	folder = g_dir_open(dir, 0, NULL);
	while (folder && (name = g_dir_read_name(folder)))
		if (g_str_has_suffix(name, ".patch") || g_str_has_suffix(name, ".diff") ||
		    g_str_has_suffix(name, ".eml"))
			g_ptr_array_add(files, g_build_filename(dir, name, NULL));
	g_ptr_array_sort(files, by_name);
	return TRUE;
}

/* Splits MBOX into the files DIR/mail/0001… */
static gboolean part_mailbox(const char *mbox, const char *dir, GPtrArray *files, GError **error)
{
	g_autofree char *mail = g_build_filename(dir, "mail", NULL),
			*out = g_strconcat("-o", mail, NULL);
	g_autoptr(GDir) folder = NULL;
	g_autoptr(GError) why = NULL;
	const char *name;

	if (access(mbox, R_OK) < 0)
		return rig_fail(error, RIG_EXIT_USAGE,
				"cannot read '%s': %s; --series takes a mailbox, or a folder with "
				"patches",
				mbox, g_strerror(errno));
	if (g_mkdir_with_parents(mail, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", mail,
				g_strerror(errno));
	if (!spawn_words(NULL, &why, "git", "mailsplit", "-b", out, "--", mbox, NULL))
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a folder or a mailbox: %s",
				mbox, why->message);
	folder = g_dir_open(mail, 0, NULL);
	while (folder && (name = g_dir_read_name(folder)))
		g_ptr_array_add(files, g_build_filename(mail, name, NULL));
	g_ptr_array_sort(files, by_name);
	return TRUE;
}

/* Sets subject, author and date from the mail's headers. They stay NULL if the file has none. */
static void read_headers(struct change *change)
{
	static const struct {
		const char *key;
		gsize at;
	} fields[] = {
		{"Subject: ", G_STRUCT_OFFSET(struct change, subject)},
		{"Author: ", G_STRUCT_OFFSET(struct change, author)},
		{"Date: ", G_STRUCT_OFFSET(struct change, date)},
	};
	const char *argv[] = {"git", "mailinfo", "/dev/null", "/dev/null", NULL};
	struct spawn spawn = {.argv = argv, .input = change->file};
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;

	if (!spawn_run(&spawn, &output, NULL))
		return;
	lines = g_strsplit(output, "\n", 100);
	for (char **l = lines; *l; l++)
		for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
			if (g_str_has_prefix(*l, fields[i].key)) {
				char **field = &G_STRUCT_MEMBER(char *, change, fields[i].at);

				g_free(*field);
				*field = g_strdup(*l + strlen(fields[i].key));
			}
}

/* Sets *RET to whether the file has a diff, which a cover letter does not have. */
static gboolean has_diff(const char *path, gboolean *ret, GError **error)
{
	g_autofree char *text = NULL;

	if (!rig_read_file(path, PATCH_MAX, &text, NULL, error))
		return FALSE;
	*ret = g_regex_match_simple("^(diff --git |--- [^\\n]+\\n\\+\\+\\+ )", text,
				    G_REGEX_MULTILINE | G_REGEX_RAW, 0);
	return TRUE;
}

struct span *span_series(const char *series, const char *base, const char *dir, GError **error)
{
	rig_auto(span) span = span_new(SPAN_SERIES);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	gboolean folder = g_file_test(series, G_FILE_TEST_IS_DIR), diff;

	if (folder ? !read_folder(series, files, error) : !part_mailbox(series, dir, files, error))
		return NULL;
	span->base = g_strdup(base);
	span_change_at(span, 0)->id = g_strdup(base);
	for (guint i = 0; i < files->len; i++) {
		struct change change = {0};

		if (!has_diff(files->pdata[i], &diff, error))
			return NULL;
		if (!diff)
			continue;
		change.file = g_canonicalize_filename(files->pdata[i], NULL);
		change.id = g_path_get_basename(change.file);
		read_headers(&change);
		span_add(span, &change);
	}
	if (span->n && span->n <= SPAN_MAX)
		return g_steal_pointer(&span);
	rig_fail(error, RIG_EXIT_USAGE, "'%s' has %u patches; a series can have 1 to %d", series,
		 span->n, SPAN_MAX);
	return NULL;
}
