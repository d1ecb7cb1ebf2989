// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes the files in the folder of a night: lock, journal, and JSON. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "nightly/internal.h"
#include "util/error.h"
#include "util/paths.h"

gboolean night_note(struct night *night, json_t *line, GError **error)
{
	char *text = line ? json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	g_autofree char *whole = g_strconcat(text ? text : "{}", "\n", NULL);
	gsize len = strlen(whole);
	ssize_t n;

	free(text);
	json_decref(line);
	while ((n = write(night->journal, whole, len)) < 0 && errno == EINTR)
		;
	if (n == (ssize_t)len && fdatasync(night->journal) == 0)
		return TRUE;
	return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s/journal': %s", night->dir,
			n < 0 ? g_strerror(errno) : "no space left on device");
}

gboolean night_open_files(struct night *night, GError **error)
{
	g_autofree char *lock = g_build_filename(night->dir, "lock", NULL);
	g_autofree char *journal = g_build_filename(night->dir, "journal", NULL);
	char last = '\n';
	off_t end;

	night->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (night->lock < 0 || flock(night->lock, LOCK_EX | LOCK_NB) < 0)
		return rig_fail(error, errno == EWOULDBLOCK ? RIG_EXIT_USAGE : RIG_EXIT_INFRA,
				"night '%s': %s", night->id,
				errno == EWOULDBLOCK ? "another rig runs it; wait until it ends"
						     : g_strerror(errno));
	night->journal = open(journal, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (night->journal < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", journal,
				g_strerror(errno));
	/* a killed process may have left an incomplete line: end that line */
	end = lseek(night->journal, 0, SEEK_END);
	if (end > 0 && pread(night->journal, &last, 1, end - 1) == 1 && last != '\n' &&
	    write(night->journal, "\n", 1) != 1)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", journal,
				g_strerror(errno));
	return TRUE;
}

/* ---- JSON files ---- */

json_t *night_strings(char *const *list)
{
	json_t *array = json_array();

	for (; list && *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

json_t *night_attempt_json(const struct attempt *a)
{
	return json_pack("{s:i, s:s, s:i, s:s?, s:s?, s:f, s:f}", "attempt", a->number, "verdict",
			 verdict_name(a->verdict), "outcome", a->outcome, "run", a->run, "problem",
			 a->problem, "wall_s", a->wall_s, "cpu_s", a->cpu_s);
}

json_t *night_read_json(const char *dir, const char *name)
{
	g_autofree char *file = g_build_filename(dir, name, NULL), *text = NULL;
	json_t *json;
	gsize len;

	if (!rig_read_file(file, NIGHT_FILE_MAX, &text, &len, NULL))
		return NULL;
	json = json_loadb(text, len, 0, NULL);
	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

char **night_ids(const char *results)
{
	g_autofree char *nights = g_build_filename(results, "nights", NULL);

	return rig_names_in(nights, "");
}

/* Reads FILE of all nights below RESULTS that have it and lack the file WITHOUT (or NULL). */
static json_t *read_all(const char *results, const char *file, const char *without)
{
	g_auto(GStrv) ids = night_ids(results);
	json_t *array = json_array();

	for (char **id = ids; *id; id++) {
		g_autofree char *dir = g_build_filename(results, "nights", *id, NULL);
		json_auto_t *other = without ? night_read_json(dir, without) : NULL;
		json_t *json = other ? NULL : night_read_json(dir, file);

		if (json)
			json_array_append_new(array, json);
	}
	return array;
}

json_t *night_list(const char *results)
{
	return read_all(results, "night.json", NULL);
}

json_t *night_list_without_result(const char *results)
{
	return read_all(results, "cells.json", "night.json");
}
