// SPDX-License-Identifier: GPL-2.0-only
/* Unites the coverage of runs: which functions and lines any of them reached. */
#include "cover/unite.h"

#include <string.h>

#include "util/paths.h"

#define JSON_BYTES_MAX (16 << 20)

struct coverage_union *coverage_union_new(void)
{
	struct coverage_union *united = g_new0(struct coverage_union, 1);

	united->sum = coverage_new("", "", "");
	united->scenarios = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						  (GDestroyNotify)coverage_free);
	united->kernels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return united;
}

void coverage_union_free(struct coverage_union *united)
{
	if (!united)
		return;
	coverage_free(united->sum);
	g_hash_table_unref(united->scenarios);
	g_hash_table_unref(united->kernels);
	g_free(united);
}

gboolean coverage_union_add(struct coverage_union *united, const char *dir, const char *scenario)
{
	g_autofree char *path = g_build_filename(dir, COVERAGE_JSON, NULL), *text = NULL;
	json_auto_t *json = NULL;
	rig_auto(coverage) one = NULL;
	struct coverage *sum;
	gsize len;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return FALSE;
	if (rig_read_file(path, JSON_BYTES_MAX, &text, &len, NULL))
		json = json_loadb(text, len, 0, NULL);
	one = json ? coverage_parse(json, NULL) : NULL;
	if (!one) {
		united->damaged++;
		return FALSE;
	}
	if (!united->neighbours)
		coverage_drop_neighbours(one);
	sum = g_hash_table_lookup(united->scenarios, scenario);
	if (!sum) {
		sum = coverage_new("", "", "");
		g_hash_table_insert(united->scenarios, g_strdup(scenario), sum);
	}
	coverage_add(united->sum, one);
	coverage_add(sum, one);
	g_hash_table_add(united->kernels, g_strdup_printf("%s (%s)", one->kernel, one->arch));
	united->runs++;
	return TRUE;
}

static int by_size(gconstpointer a, gconstpointer b)
{
	const struct coverage_gap *one = a, *two = b;
	int order = strcmp(one->file, two->file);

	if (one->function->size != two->function->size)
		return one->function->size > two->function->size ? -1 : 1;
	return order ? order : strcmp(one->function->name, two->function->name);
}

GArray *coverage_gaps(const struct coverage *coverage)
{
	GArray *gaps = g_array_new(FALSE, FALSE, sizeof(struct coverage_gap));

	for (guint i = 0; i < coverage->files->len; i++) {
		const struct coverage_file *file = coverage->files->pdata[i];

		for (guint j = 0; j < file->functions->len; j++) {
			const struct coverage_gap gap = {file->name, file->functions->pdata[j]};

			if (!gap.function->reached[COVERAGE_LOAD])
				g_array_append_val(gaps, gap);
		}
	}
	g_array_sort(gaps, by_size);
	return gaps;
}

/* Adds the functions that COVERAGE reached under load to SET, as texts "FILE FUNCTION". */
static void add_reached(const struct coverage *coverage, GHashTable *set)
{
	for (guint i = 0; i < coverage->files->len; i++) {
		const struct coverage_file *file = coverage->files->pdata[i];

		for (guint j = 0; j < file->functions->len; j++) {
			const struct coverage_function *f = file->functions->pdata[j];

			if (f->reached[COVERAGE_LOAD])
				g_hash_table_add(set, g_strconcat(file->name, " ", f->name, NULL));
		}
	}
}

/* The functions that a scenario reached. `done`: its position in the list of scenarios is known. */
struct reached {
	const char *scenario;
	GHashTable *set;
	gboolean done;
};

static guint count_new(const GHashTable *set, GHashTable *before)
{
	GHashTableIter iter;
	gpointer name;
	guint n = 0;

	g_hash_table_iter_init(&iter, (GHashTable *)set);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		n += !g_hash_table_contains(before, name);
	return n;
}

/*
 * Returns the scenario, among those that are not done, that reached most functions that BEFORE does
 * not have; *RET_ADDS is their number. Returns NULL if all are done.
 */
static struct reached *best_of(GArray *all, GHashTable *before, guint *ret_adds)
{
	struct reached *best = NULL;

	for (guint i = 0; i < all->len; i++) {
		struct reached *one = &g_array_index(all, struct reached, i);
		guint adds = one->done ? 0 : count_new(one->set, before);

		if (one->done || (best && (adds < *ret_adds ||
					   (adds == *ret_adds &&
					    strcmp(one->scenario, best->scenario) > 0))))
			continue;
		best = one;
		*ret_adds = adds;
	}
	return best;
}

/* Returns a table: function -> number of scenarios that reached it. */
static GHashTable *count_scenarios(const GArray *all)
{
	GHashTable *times = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer name;

	for (guint i = 0; i < all->len; i++) {
		g_hash_table_iter_init(&iter, g_array_index(all, struct reached, i).set);
		while (g_hash_table_iter_next(&iter, &name, NULL)) {
			guint n = GPOINTER_TO_UINT(g_hash_table_lookup(times, name));

			g_hash_table_insert(times, name, GUINT_TO_POINTER(n + 1));
		}
	}
	return times;
}

static guint count_alone(GHashTable *set, GHashTable *times)
{
	GHashTableIter iter;
	gpointer name;
	guint n = 0;

	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		n += GPOINTER_TO_UINT(g_hash_table_lookup(times, name)) == 1;
	return n;
}

static void reached_clear(gpointer data)
{
	g_hash_table_unref(((struct reached *)data)->set);
}

GArray *coverage_ranks(const struct coverage_union *united)
{
	GArray *ranks = g_array_new(FALSE, FALSE, sizeof(struct coverage_rank));
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct reached));
	g_autoptr(GHashTable) before = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) times = NULL;
	GHashTableIter iter;
	gpointer scenario, coverage, name;
	struct reached *next;
	guint adds = 0;

	g_array_set_clear_func(all, reached_clear);
	g_hash_table_iter_init(&iter, united->scenarios);
	while (g_hash_table_iter_next(&iter, &scenario, &coverage)) {
		struct reached one = {scenario,
				      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
				      FALSE};

		add_reached(coverage, one.set);
		g_array_append_val(all, one);
	}
	times = count_scenarios(all);
	while ((next = best_of(all, before, &adds))) {
		const struct coverage_rank rank = {next->scenario, g_hash_table_size(next->set),
						   count_alone(next->set, times), adds};

		g_array_append_val(ranks, rank);
		next->done = TRUE;
		g_hash_table_iter_init(&iter, next->set);
		while (g_hash_table_iter_next(&iter, &name, NULL))
			g_hash_table_add(before, name);
	}
	return ranks;
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *keys_json(GHashTable *table)
{
	g_autofree gpointer *keys = g_hash_table_get_keys_as_array(table, NULL);
	guint n = g_hash_table_size(table);
	json_t *array = json_array();

	qsort(keys, n, sizeof(*keys), by_text);
	for (guint i = 0; i < n; i++)
		json_array_append_new(array, json_string(keys[i]));
	return array;
}

static json_t *gaps_json(const struct coverage *sum)
{
	g_autoptr(GArray) gaps = coverage_gaps(sum);
	json_t *array = json_array();

	for (guint i = 0; i < gaps->len; i++) {
		const struct coverage_gap *gap = &g_array_index(gaps, struct coverage_gap, i);

		json_array_append_new(
			array, json_pack("{s:s, s:i, s:s, s:I, s:b}", "file", gap->file, "line",
					 gap->function->line, "function", gap->function->name,
					 "size", (json_int_t)gap->function->size, "boot",
					 gap->function->reached[COVERAGE_BOOT]));
	}
	return array;
}

static json_t *ranks_json(const struct coverage_union *united)
{
	g_autoptr(GArray) ranks = coverage_ranks(united);
	json_t *array = json_array();

	for (guint i = 0; i < ranks->len; i++) {
		const struct coverage_rank *rank = &g_array_index(ranks, struct coverage_rank, i);

		json_array_append_new(array, json_pack("{s:s, s:i, s:i, s:i}", "scenario",
						       rank->scenario, "reached", rank->reached,
						       "alone", rank->alone, "adds", rank->adds));
	}
	return array;
}

json_t *coverage_union_json(const struct coverage_union *united)
{
	json_t *files = json_array();
	struct coverage_sums sums;

	for (guint i = 0; i < united->sum->files->len; i++) {
		const struct coverage_file *file = united->sum->files->pdata[i];
		json_t *json;

		coverage_file_sums(file, &sums);
		json = coverage_sums_json(&sums);
		json_object_set_new(json, "file", json_string(file->name));
		json_array_append_new(files, json);
	}
	coverage_sums(united->sum, &sums);
	return json_pack("{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "runs", united->runs,
			 "damaged", united->damaged, "scenarios", keys_json(united->scenarios),
			 "kernels", keys_json(united->kernels), "sums", coverage_sums_json(&sums),
			 "files", files, "unreached", gaps_json(united->sum), "rank",
			 ranks_json(united));
}
