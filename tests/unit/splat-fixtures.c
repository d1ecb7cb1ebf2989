// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the scanner's fixtures. A file in data/splat/ has the expected reports at the top (each
 * begins with "kind:"), an empty line, and the unchanged log.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "tests/unit/splat.h"

GPtrArray *fixtures;

/* Fixtures ------------------------------------------------------------------- */

static void read_head_line(struct fixture *fixture, const char *line)
{
	struct expected *last = fixture->expected->len
					? fixture->expected->pdata[fixture->expected->len - 1]
					: NULL;
	const char *value = strstr(line, ": ");

	if (!strcmp(line, "none:"))
		return;
	if (!value)
		g_error("%s: head line '%s'", fixture->name, line);
	value += 2;
	if (g_str_has_prefix(line, "kind: ")) {
		last = g_new0(struct expected, 1);
		last->kind = g_strdup(value);
		g_ptr_array_add(fixture->expected, last);
		return;
	}
	if (!last)
		g_error("%s: '%s' before the first kind", fixture->name, line);
	if (g_str_has_prefix(line, "title: "))
		last->title = g_strdup(value);
	else if (g_str_has_prefix(line, "bug: "))
		last->bug = g_strdup(value);
	else if (g_str_has_prefix(line, "lines: "))
		last->lines = g_strdup(value);
	else if (g_str_has_prefix(line, "corrupted: "))
		last->corrupted = g_strdup(value);
	else if (g_str_has_prefix(line, "cycle: "))
		last->cycle = g_strdup(value);
	else if (g_str_has_prefix(line, "induced: "))
		last->induced = TRUE;
	else if (g_str_has_prefix(line, "off: "))
		last->off = TRUE;
	else
		g_error("%s: head line '%s'", fixture->name, line);
}

static int by_lines(gconstpointer a, gconstpointer b)
{
	const struct expected *const *one = a, *const *two = b;

	return (int)strtoul((*one)->lines, NULL, 10) - (int)strtoul((*two)->lines, NULL, 10);
}

static void load_fixture(const char *dir, const char *name)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *line;
	gsize len;

	if (!g_file_get_contents(path, &fixture->data, &len, NULL))
		g_error("cannot read %s", path);
	fixture->name = g_strdup(name);
	fixture->expected = g_ptr_array_new();
	for (line = fixture->data; *line != '\n';) {
		char *end = strchr(line, '\n');
		g_autofree char *head = g_strndup(line, end - line);

		read_head_line(fixture, head);
		line = end + 1;
	}
	g_ptr_array_sort(fixture->expected, by_lines);
	fixture->log = line + 1;
	fixture->len = len - (fixture->log - fixture->data);
	g_ptr_array_add(fixtures, fixture);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	const struct fixture *const *one = a, *const *two = b;

	return strcmp((*one)->name, (*two)->name);
}

void load_fixtures(void)
{
	g_autofree char *dir = data_path("splat");
	g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
	const char *name;

	fixtures = g_ptr_array_new();
	if (!open)
		g_error("no fixtures in %s", dir);
	while ((name = g_dir_read_name(open)))
		if (g_str_has_suffix(name, ".txt"))
			load_fixture(dir, name);
	g_ptr_array_sort(fixtures, by_name);
}

/* Scanning ------------------------------------------------------------------- */

void collect_splat(struct splat *splat, void *data)
{
	g_ptr_array_add(data, splat);
}

void free_splat(gpointer splat)
{
	splat_free(splat);
}

static void look(struct splat *splat, void *data)
{
	(void)data;
	splat_free(splat);
}

static int by_first_line(gconstpointer a, gconstpointer b)
{
	const struct splat *const *one = a, *const *two = b;

	return (*one)->first_line < (*two)->first_line ? -1 : 1;
}

GPtrArray *scan(const char *log, gsize len, gsize cut, struct rng *rng)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);

	for (gsize at = 0; at < len;) {
		gsize n = cut > 1 ? rng_between(rng, 1, cut) : cut ? 1 : len;

		n = MIN(n, len - at);
		scanner_feed(scanner, (const guint8 *)log + at, n);
		if (cut >= 100) /* calling scanner_peek() at any time must not change the result */
			scanner_peek(scanner, look, NULL);
		at += n;
	}
	scanner_flush(scanner);
	/* sort by position, because reports may end in another order than they begin */
	g_ptr_array_sort(found, by_first_line);
	return found;
}

const struct fixture *fixture_named(const char *name)
{
	for (guint i = 0; i < fixtures->len; i++) {
		const struct fixture *fixture = fixtures->pdata[i];

		if (!strcmp(fixture->name, name))
			return fixture;
	}
	ck_abort_msg("no fixture %s", name);
	return NULL;
}
