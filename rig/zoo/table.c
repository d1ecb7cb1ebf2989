// SPDX-License-Identifier: GPL-2.0-only
/* Makes the tables of docs/zoo.md from run folders. */
#include "zoo/zoo.h"

#include <string.h>

#include "scenario/scenario.h"

#include "util/error.h"

void zoo_score_free(struct zoo_score *score)
{
	if (!score)
		return;
	g_free(score->id);
	g_free(score->machine);
	g_free(score->kernel);
	g_free(score->without);
	g_array_unref(score->seconds);
	g_array_unref(score->ops);
	g_free(score);
}

static int by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Compares entry, machine and kernel of two scores. Only scores with which all three are equal are
 * compared with each other.
 */
static int compare_place(const struct zoo_score *x, const struct zoo_score *y)
{
	int order = strcmp(x->id, y->id);

	if (!order)
		order = strcmp(x->machine, y->machine);
	return order ? order : strcmp(x->kernel, y->kernel);
}

/*
 * Sorts scores by entry, machine and kernel. Where all three are equal, the score of the whole
 * scenario comes first.
 */
static int by_place(gconstpointer a, gconstpointer b)
{
	const struct zoo_score *x = *(struct zoo_score *const *)a,
			       *y = *(struct zoo_score *const *)b;
	int order = compare_place(x, y);

	return order ? order : g_strcmp0(x->without, y->without);
}

static const char *input(const struct run_info *run, const char *key)
{
	const char *text = json_string_value(json_object_get(run->inputs, key));

	return text ? text : "?";
}

static struct zoo_score *score_of(GPtrArray *scores, const char *id, const struct run_info *run)
{
	const char *machine = input(run, "machine");
	const char *kernel = json_string_value(
		json_object_get(json_object_get(run->inputs, "kernel"), "version"));
	const char *without = json_string_value(json_object_get(run->inputs, "without"));
	rig_auto(zoo_score) wanted = zoo_score_new(id, machine, kernel ? kernel : "?", without);

	for (guint i = 0; i < scores->len; i++)
		if (!by_place(&scores->pdata[i], &wanted))
			return scores->pdata[i];
	g_ptr_array_add(scores, wanted);
	return g_steal_pointer(&wanted);
}

struct zoo_score *zoo_score_new(const char *id, const char *machine, const char *kernel,
				const char *without)
{
	struct zoo_score *score = g_new0(struct zoo_score, 1);

	score->id = g_strdup(id);
	score->machine = g_strdup(machine);
	score->kernel = g_strdup(kernel);
	score->without = g_strdup(without);
	score->seconds = g_array_new(FALSE, FALSE, sizeof(double));
	score->ops = g_array_new(FALSE, FALSE, sizeof(double));
	return score;
}

void zoo_score_add(struct zoo_score *score, const struct zoo_outcome *o, gboolean clean)
{
	double ops = o->ops;

	if (!o->valid)
		return;
	if (clean) {
		score->clean_runs++;
		score->clean_caught += o->caught;
		score->clean_alarms += o->caught || o->alarmed;
		return;
	}
	score->runs++;
	if (!o->caught)
		return;
	score->caught++;
	g_array_append_val(score->seconds, o->guest_s);
	g_array_append_val(score->ops, ops);
	g_array_sort(score->seconds, by_value);
	g_array_sort(score->ops, by_value);
}

static void add_run(GPtrArray *scores, const struct zoo_entry *entry, gboolean clean,
		    const struct run_info *run)
{
	struct zoo_outcome o = zoo_judge(entry, run);
	struct zoo_score *score;

	if (!o.valid)
		return;
	score = score_of(scores, entry->id, run);
	score->directed |= json_object_get(run->inputs, "holds") != NULL;
	zoo_score_add(score, &o, clean);
}

static gboolean same_list(char **a, char **b)
{
	return g_strv_equal((const char *const *)a, (const char *const *)b);
}

/*
 * Returns TRUE if A and B have the same clean twin (the kernel without the bug) for the source
 * KERNEL, and the same scenario.
 */
static gboolean is_twin(const struct zoo_entry *a, const struct zoo_entry *b, const char *kernel)
{
	const struct zoo_variant *x = zoo_variant(a, kernel), *y = zoo_variant(b, kernel);

	return x && y && !strcmp(a->scenario, b->scenario) && !g_strcmp0(a->mmu, b->mmu) &&
	       a->duration_s == b->duration_s && a->patience_s == b->patience_s &&
	       same_list(x->base, y->base) && same_list(x->fragments, y->fragments);
}

/*
 * Adds RUN, a run without the bug of OWN, to the scores of each entry with the same clean twin (the
 * kernel without the bug).
 */
static void add_clean(GPtrArray *scores, GPtrArray *entries, const struct zoo_entry *own,
		      const struct run_info *run)
{
	const char *kernel =
		json_string_value(json_object_get(json_object_get(run->inputs, "kernel"), "asked"));

	for (guint i = 0; i < entries->len; i++) {
		const struct zoo_entry *e = entries->pdata[i];

		if (e == own ||
		    (is_twin(e, own, kernel) &&
		     g_strv_contains((const char *const *)e->machines, input(run, "machine"))))
			add_run(scores, e, TRUE, run);
	}
}

static GPtrArray *all_entries(void)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)zoo_entry_free);
	g_auto(GStrv) ids = zoo_ids();

	for (char **id = ids; *id; id++) {
		struct zoo_entry *e = zoo_load(*id, NULL);

		if (e)
			g_ptr_array_add(entries, e);
	}
	return entries;
}

static const struct zoo_entry *find_entry(GPtrArray *entries, const char *id)
{
	for (guint i = 0; id && i < entries->len; i++)
		if (!strcmp(((struct zoo_entry *)entries->pdata[i])->id, id))
			return entries->pdata[i];
	return NULL;
}

GPtrArray *zoo_scores(GPtrArray *runs)
{
	GPtrArray *scores = g_ptr_array_new_with_free_func((GDestroyNotify)zoo_score_free);
	g_autoptr(GPtrArray) entries = all_entries();

	for (guint i = 0; i < runs->len; i++) {
		const struct run_info *run = runs->pdata[i];
		json_t *zoo = json_object_get(run->inputs, "zoo");
		const char *id = json_string_value(json_object_get(zoo, "entry"));
		/* skip runs of entries that do not exist any more */
		const struct zoo_entry *e = find_entry(entries, id);

		if (e && json_is_true(json_object_get(zoo, "clean")))
			add_clean(scores, entries, e, run);
		else if (e)
			add_run(scores, e, FALSE, run);
	}
	g_ptr_array_sort(scores, by_place);
	return scores;
}

double zoo_median(GArray *sorted)
{
	guint n = sorted->len;

	if (!n)
		return 0;
	return (g_array_index(sorted, double, (n - 1) / 2) + g_array_index(sorted, double, n / 2)) /
	       2;
}

char *zoo_spread(GArray *sorted, int digits)
{
	if (!sorted->len)
		return g_strdup("-");
	return g_strdup_printf("%.*f (%.*f to %.*f)", digits, zoo_median(sorted), digits,
			       g_array_index(sorted, double, 0), digits,
			       g_array_index(sorted, double, sorted->len - 1));
}

static void add_whole(GString *text, const struct zoo_score *s)
{
	rig_auto(zoo_entry) entry = zoo_load(s->id, NULL);
	g_autofree char *seconds = zoo_spread(s->seconds, 1), *ops = zoo_spread(s->ops, 0);

	g_string_append_printf(text, "| %s | %s | %s | %s | %u of %u | %s | %s | %u of %u | %u |\n",
			       s->id, s->machine, s->kernel,
			       entry ? zoo_oracle_name(entry->oracle) : "?", s->caught, s->runs,
			       seconds, ops, s->clean_caught, s->clean_runs, s->clean_alarms);
}

/*
 * TEXT is a table whose heading has SIZE bytes. Returns its text, or NULL if the table has no rows.
 */
static char *table_with_rows(GString *text, gsize size)
{
	gboolean empty = text->len == size;
	char *table = g_string_free(text, empty);

	return empty ? NULL : table;
}

char *zoo_table(GPtrArray *scores)
{
	GString *text = g_string_new(
		"| entry | machine | kernel | oracle | caught | guest seconds | operations | "
		"clean twin: caught | clean twin: caught, FAIL or HANG |\n"
		"|---|---|---|---|---|---|---|---|---|\n");
	const gsize heading = text->len;

	for (guint i = 0; i < scores->len; i++) {
		const struct zoo_score *s = scores->pdata[i];

		if (!s->without)
			add_whole(text, s);
	}
	return table_with_rows(text, heading);
}

static void add_directed(GString *text, const struct zoo_score *s, const struct zoo_score *dice)
{
	g_autofree char *seconds = zoo_spread(s->seconds, 1);
	g_autofree char *alone = dice && dice->runs
					 ? g_strdup_printf("%u of %u", dice->caught, dice->runs)
					 : g_strdup("-");

	g_string_append_printf(text, "| %s | %s | %s | %u of %u | %s | %s | %u of %u | %u |\n",
			       s->id, s->machine, s->kernel, s->caught, s->runs, alone, seconds,
			       s->clean_caught, s->clean_runs, s->clean_alarms);
}

char *zoo_directed(GPtrArray *scores)
{
	GString *text = g_string_new(
		"| entry | machine | kernel | caught with holds or failing calls | caught without "
		"them | guest seconds, with them | clean twin with them: caught | clean twin with "
		"them: caught, FAIL or HANG |\n|---|---|---|---|---|---|---|---|\n");
	const gsize heading = text->len;

	for (guint i = 0; i < scores->len; i++) {
		const struct zoo_score *s = scores->pdata[i], *dice = NULL;

		if (s->without || !s->directed)
			continue;
		for (guint j = i + 1; j < scores->len && !dice; j++) {
			const struct zoo_score *other = scores->pdata[j];

			if (!compare_place(s, other) && !g_strcmp0(other->without, SCENARIO_HOLDS))
				dice = other;
		}
		add_directed(text, s, dice);
	}
	return table_with_rows(text, heading);
}

gboolean zoo_is_worse(const struct zoo_score *score, const struct zoo_score *whole)
{
	return score->runs && score->caught * whole->runs < whole->caught * score->runs;
}

/*
 * Returns TEXT, from run.json, for a table cell: cut to 64 bytes, with '?' for characters that
 * would break the table. The caller owns it.
 */
static char *cell(const char *text)
{
	return g_strdelimit(g_strndup(text, 64), "|<>\n\r", '?');
}

static void add_part(GString *text, const struct zoo_score *s, const struct zoo_score *whole)
{
	g_autofree char *seconds = zoo_spread(s->seconds, 1), *ops = zoo_spread(s->ops, 0);
	g_autofree char *without = cell(s->without ? s->without : "(nothing)");
	gboolean worse = whole && zoo_is_worse(s, whole);

	g_string_append_printf(text, "| %s | %s | %s | %s | %s%u of %u%s | %s | %s |\n", s->id,
			       s->machine, s->kernel, without, worse ? "**" : "", s->caught,
			       s->runs, worse ? "**" : "", seconds, ops);
}

char *zoo_ablation(GPtrArray *scores)
{
	GString *text =
		g_string_new("| entry | machine | kernel | left out | caught | guest seconds | "
			     "operations |\n|---|---|---|---|---|---|---|\n");
	const gsize heading = text->len;
	const struct zoo_score *whole = NULL;

	for (guint i = 0; i < scores->len; i++) {
		const struct zoo_score *s = scores->pdata[i];
		const struct zoo_score *last = i ? scores->pdata[i - 1] : NULL;

		if (!last || compare_place(last, s))
			whole = NULL;
		if (!s->without) {
			whole = s;
			continue;
		}
		if (whole && last == whole)
			add_part(text, whole, NULL);
		add_part(text, s, whole);
	}
	return table_with_rows(text, heading);
}

char *zoo_table_insert(const char *text, const char *name, const char *table, GError **error)
{
	g_autofree char *first = g_strdup_printf("<!-- rig zoo %s: begin -->\n", name),
			*last = g_strdup_printf("<!-- rig zoo %s: end -->\n", name);
	const char *begin = strstr(text, first), *end = strstr(text, last);

	if (!begin || !end || end < begin) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "docs/zoo.md needs the lines '%.*s' and '%.*s', in this order",
			 (int)strlen(first) - 1, first, (int)strlen(last) - 1, last);
		return NULL;
	}
	begin += strlen(first);
	return g_strdup_printf("%.*s\n%s\n%s", (int)(begin - text), text, table, end);
}
