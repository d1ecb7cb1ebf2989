// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creates lock graphs of 500 classes and 1,500 edges for the variants of a fake kernel. 1,200 edges
 * are the same in all variants, and 299 exist only in one. One edge leads from a higher to a lower
 * class, so that the graph of all variants has cycles that no variant has alone.
 */
#include "locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CLASSES 500
#define COMMON 1200
#define OWN 299

static void edge(GString *json, guint from, guint to, guint gate)
{
	g_string_append_printf(json, "%s[%u,%u,1,[%u]]", json->str[json->len - 1] == '[' ? "" : ",",
			       from, to, gate);
}

/* Adds COUNT random edges, each from a lower to a higher class number. */
static void edges(GString *json, GRand *rand, guint count)
{
	for (guint i = 0; i < count; i++) {
		guint from = g_rand_int_range(rand, 0, CLASSES - 1);

		edge(json, from, g_rand_int_range(rand, from + 1, CLASSES),
		     g_rand_int_range(rand, 0, CLASSES));
	}
}

static void write_variant(const char *path, guint variant)
{
	g_autoptr(GRand) common = g_rand_new_with_seed(1),
			 own = g_rand_new_with_seed(1000 + variant);
	g_autoptr(GString) json = g_string_new("{\"version\":1,\"cut\":false,\"classes\":[");
	gzFile file = gzopen(path, "wb");

	for (guint i = 0; i < CLASSES; i++)
		g_string_append_printf(json, "%s[\"lock_%u\",%d]", i ? "," : "", i, i % 3 ? 2 : 0);
	g_string_append(json, "],\"edges\":[");
	edges(json, common, COMMON);
	edges(json, own, OWN);
	edge(json, g_rand_int_range(own, CLASSES / 2, CLASSES),
	     g_rand_int_range(own, 0, CLASSES / 2), 1);
	g_string_append(json, "]}");
	if (!file || gzwrite(file, json->str, json->len) != (int)json->len ||
	    gzclose(file) != Z_OK) {
		fprintf(stderr, "fake-runs: cannot write '%s'\n", path);
		exit(3);
	}
}

void put_locks(const char *results, const char *dir, guint variant)
{
	g_autofree char *base = g_path_get_basename(results), *above = g_path_get_dirname(results);
	g_autofree char *shared = g_strdup_printf("%s/.%s-locks-%u.gz", above, base, variant);
	g_autofree char *folder = g_build_filename(dir, "locks", NULL);
	g_autofree char *file = g_build_filename(folder, "orders.json.gz", NULL);

	if (access(shared, F_OK) < 0)
		write_variant(shared, variant);
	if (mkdir(folder, 0755) < 0 || link(shared, file) < 0) {
		fprintf(stderr, "fake-runs: cannot create '%s'\n", file);
		exit(3);
	}
}
