// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a run folder. The folder is created under a hidden name, and renamed when its inputs are
 * written and its lock is held. A reader would otherwise report the run as killed.
 */
#include "store/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/safe-open.h"
#include "util/clock.h"
#include "util/durable.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

#define JOURNAL_MAX (64u << 20)
#define LINE_MAX_BYTES (64u << 10)
#define SAME_NAMES_MAX 1000
#define VERDICT_RESERVE (256u << 10) /* space for a verdict with some reports */

struct run {
	char *dir, *name;
	int folder, lock, journal;
	gint64 began_ns;
	gsize journal_bytes;
	gboolean judged;
	guint splats;
	char *write_error;
};

static const char *const subfolders[] = {"agents", "splats", "postmortem", "locks"};

/*
 * Returns a part of a folder's name, made from TEXT, which may have any characters: slashes, blanks
 * and newlines are replaced.
 */
static char *name_part(const char *text, gsize max)
{
	char *part = g_strndup(text, max);

	for (char *p = part; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("._+", *p))
			*p = '-';
	return part;
}

static char *base_name(const char *scenario, const char *machine, const char *kernel, guint64 seed)
{
	g_autofree char *utc = rig_utc_now(TRUE), *s = name_part(scenario, 48),
			*m = name_part(machine, 24), *k = name_part(kernel, 48);

	return g_strdup_printf("%s-%s-%s-%s-s%" G_GUINT64_FORMAT, utc, s, m, k, seed);
}

static gboolean fail_here(struct run *run, GError **error)
{
	return rig_fail(error, RIG_EXIT_INFRA, "cannot create the run folder '%s': %s", run->dir,
			g_strerror(errno));
}

/*
 * Creates a file that reserves disk space for the verdict, so that the verdict can be written even
 * if the run fills the disk. safe_write() removes this file first, which frees the space.
 */
static gboolean reserve(struct run *run, GError **error)
{
	auto_fd fd =
		openat(run->folder, "verdict.part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int why = fd < 0 ? errno : posix_fallocate(fd, 0, VERDICT_RESERVE);

	/* continue if the file system does not support preallocation */
	if (!why || why == EOPNOTSUPP || why == EINVAL)
		return TRUE;
	errno = why;
	return fail_here(run, error);
}

/* Creates the files that the folder has when it becomes visible. */
static gboolean fill(struct run *run, json_t *inputs, GError **error)
{
	run->folder = open(run->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run->folder < 0)
		return fail_here(run, error);
	for (guint i = 0; i < G_N_ELEMENTS(subfolders); i++)
		if (mkdirat(run->folder, subfolders[i], 0755) < 0)
			return fail_here(run, error);
	run->lock = openat(run->folder, "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (run->lock < 0 || flock(run->lock, LOCK_EX | LOCK_NB) < 0)
		return fail_here(run, error);
	run->journal = openat(run->folder, "journal",
			      O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (run->journal < 0)
		return fail_here(run, error);
	if (!reserve(run, error))
		return FALSE;
	if (safe_write_json(run->folder, "run.json", inputs, error))
		return TRUE;
	g_prefix_error(error, "%s: ", run->dir);
	return FALSE;
}

/*
 * Renames the hidden folder FROM to TO; fails with EEXIST if TO exists, so that two processes never
 * get the same name. RENAME_NOREPLACE is missing on NFS, CIFS and others (EINVAL), before Linux
 * 3.15 and in sandboxes (ENOSYS). Then rename(2) is sufficient: it never replaces a folder that is
 * not empty, and a run folder always contains its lock.
 */
static gboolean publish(const char *from, const char *to)
{
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return TRUE;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return FALSE;
	if (!rename(from, to))
		return TRUE;
	if (errno == ENOTEMPTY || errno == ENOTDIR)
		errno = EEXIST;
	return FALSE;
}

/* Renames the hidden folder to the first name that is free. */
static gboolean take_name(struct run *run, const char *results, const char *base, GError **error)
{
	for (guint n = 1; n < SAME_NAMES_MAX; n++) {
		g_autofree char *name = n == 1 ? g_strdup(base) : g_strdup_printf("%s-%u", base, n);
		g_autofree char *dir = g_build_filename(results, name, NULL);

		if (publish(run->dir, dir)) {
			g_free(run->dir);
			run->dir = g_steal_pointer(&dir);
			run->name = g_steal_pointer(&name);
			return TRUE;
		}
		if (errno != EEXIST)
			return fail_here(run, error);
	}
	return rig_fail(error, RIG_EXIT_INFRA, "'%s' already has %d runs with the name '%s'; "
					       "move or delete some (`rig prune`)", results,
			SAME_NAMES_MAX - 1, base);
}

/* Removes a folder that could not be renamed, with the files that fill() created. */
static void remove_unpublished(struct run *run)
{
	static const char *const files[] = {"run.json", "journal", "lock", "verdict.part"};

	for (guint i = 0; run->folder >= 0 && i < G_N_ELEMENTS(files); i++)
		unlinkat(run->folder, files[i], 0);
	for (guint i = 0; run->folder >= 0 && i < G_N_ELEMENTS(subfolders); i++)
		unlinkat(run->folder, subfolders[i], AT_REMOVEDIR);
	rmdir(run->dir);
}

struct run *run_create(const char *results, const char *scenario, const char *machine,
		       const char *kernel, guint64 seed, json_t *inputs, GError **error)
{
	rig_auto(run) run = g_new0(struct run, 1);
	g_autofree char *base = base_name(scenario, machine, kernel, seed);

	run->folder = run->lock = run->journal = -1;
	run->began_ns = rig_now_ns();
	if (g_mkdir_with_parents(results, 0755) < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot create the results folder '%s': %s",
			 results, g_strerror(errno));
		return NULL;
	}
	run->dir = g_build_filename(results, SWEEP_NEW "XXXXXX", NULL);
	if (!g_mkdtemp_full(run->dir, 0755)) {
		fail_here(run, error);
		return NULL;
	}
	if (!fill(run, inputs, error) || !take_name(run, results, base, error)) {
		remove_unpublished(run);
		return NULL;
	}
	return g_steal_pointer(&run);
}

void run_free(struct run *run)
{
	if (!run)
		return;
	safe_close(&run->journal);
	safe_close(&run->folder);
	/* close this last: a process that waits for the lock must find all files complete */
	safe_close(&run->lock);
	g_free(run->dir);
	g_free(run->name);
	g_free(run->write_error);
	g_free(run);
}

const char *run_dir(const struct run *run)
{
	return run->dir;
}

const char *run_name(const struct run *run)
{
	return run->name;
}

const char *run_write_error(const struct run *run)
{
	return run->write_error;
}

static void note_error(struct run *run, const char *what, const char *why)
{
	if (!run->write_error)
		run->write_error = g_strdup_printf("%s: %s", what, why);
}

/*
 * Appends ENTRY as a line with one write(), so that a killed rig leaves only whole lines. Returns
 * FALSE if the line is too long.
 */
static gboolean put_line(struct run *run, json_t *entry)
{
	char *text = json_dumps(entry, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(10));
	g_autofree char *line = g_strconcat(text ? text : "{}", "\n", NULL);
	gsize len = strlen(line);
	ssize_t n;

	free(text);
	if (len > LINE_MAX_BYTES)
		return FALSE;
	while ((n = write(run->journal, line, len)) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)len)
		note_error(run, "journal", n < 0 ? g_strerror(errno) : "no space left on device");
	run->journal_bytes += len;
	return TRUE;
}

static json_t *entry_new(struct run *run, const char *what)
{
	/* use microseconds, because further digits are meaningless */
	gint64 us = (rig_now_ns() - run->began_ns) / 1000;

	return json_pack("{s:f, s:s}", "t", us / 1e6, "what", what);
}

void run_journal(struct run *run, const char *what, const char *format, ...)
{
	json_auto_t *entry = NULL;
	json_auto_t *fields = NULL;
	json_error_t why = {0};
	va_list args;

	if (run->write_error || run->journal_bytes > JOURNAL_MAX)
		return;
	entry = entry_new(run, what);
	if (format) {
		va_start(args, format);
		fields = json_vpack_ex(&why, 0, format, args);
		va_end(args);
		/*
		 * if FIELDS is NULL, a value was missing or not UTF-8: write jansson's error
		 * instead
		 */
		if (fields)
			json_object_update(entry, fields);
		else
			json_object_set_new(entry, "unwritable", json_string(why.text));
	}
	if (!put_line(run, entry)) {
		json_auto_t *instead = entry_new(run, what);

		json_object_set_new(instead, "unwritable", json_string("longer than 64 KiB"));
		put_line(run, instead);
	}
	if (run->journal_bytes > JOURNAL_MAX) {
		json_auto_t *last = entry_new(run, "journal-full");

		put_line(run, last);
	}
}

static gboolean check_relative(const char *relative, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(relative, "/", -1);

	for (char **part = parts; *part; part++)
		if (!**part || **part == '.')
			return rig_fail(error, RIG_EXIT_INFRA,
					"invalid name '%s' for a file of a run folder",
					relative);
	return TRUE;
}

gboolean run_keep(struct run *run, const char *relative, const char *data, gssize len,
		  GError **error)
{
	const struct rig_bytes bytes = {data, len < 0 ? strlen(data) : (gsize)len};

	return run_keep_stream(run, relative, rig_write_bytes, &bytes, error);
}

gboolean run_keep_stream(struct run *run, const char *relative, rig_writer write, const void *data,
			 GError **error)
{
	g_autofree char *path = g_build_filename(run->dir, relative, NULL);
	g_autofree char *parent = g_path_get_dirname(path);
	g_autoptr(GError) why = NULL;

	if (run->write_error)
		return rig_fail(error, RIG_EXIT_INFRA, "%s", run->write_error);
	if (!check_relative(relative, error))
		return FALSE;
	if (g_mkdir_with_parents(parent, 0755) == 0 && rig_write_stream(path, write, data, &why))
		return TRUE;
	note_error(run, relative, why ? why->message : g_strerror(errno));
	return rig_fail(error, RIG_EXIT_INFRA, "%s", run->write_error);
}

gboolean run_keep_image(struct run *run, const char *relative, const char *from, guint64 size,
			const struct sparse_stop *stop, GError **error)
{
	g_autofree char *path = g_build_filename(run->dir, relative, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	if (!check_relative(relative, error))
		return FALSE;
	if (g_mkdir_with_parents(parent, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s", parent,
				g_strerror(errno));
	return sparse_copy(from, path, size, 0644, stop, error);
}

void run_keep_splat(struct run *run, const struct splat *splat)
{
	g_autoptr(GHashTable) files = NULL;
	GHashTableIter iter;
	gpointer name, text;

	if (run->splats >= RUN_REPORTS_MAX)
		return;
	files = splat_files_new();
	splat_files_add(files, ++run->splats, splat);
	g_hash_table_iter_init(&iter, files);
	while (g_hash_table_iter_next(&iter, &name, &text)) {
		g_autofree char *relative = g_strconcat("splats/", name, NULL);

		run_keep(run, relative, text, -1, NULL);
	}
}

gboolean run_verdict(struct run *run, enum verdict verdict, json_t *details, GError **error)
{
	json_auto_t *mine = details;

	g_assert(!run->judged);
	run->judged = TRUE;
	json_object_set_new(mine, "verdict", json_string(verdict_name(verdict)));
	/*
	 * sync all other files before the verdict, so that after a power loss a run with a verdict
	 * is complete; and sync the verdict's name before the caller reports the verdict
	 */
	if (!durable_files(run->folder, error) ||
	    !safe_write_json(run->folder, "verdict", mine, error)) {
		g_prefix_error(error, "%s: ", run->dir);
		return FALSE;
	}
	fsync(run->folder);
	durable_name(run->dir);
	return TRUE;
}
