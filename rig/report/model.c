// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the model (model.h): the matrix of cells (scenario × machine × kernel), and the list of
 * signatures.
 */
#include "report/model.h"

#include <string.h>

#include "report/internal.h"
#include "util/text.h"

static void tally_add(struct tally *tally, const struct run_view *run)
{
	const char *attempt = json_string_value(model_at(run->info->inputs, "labels/attempt"));
	gboolean bad = run->as == VERDICT_FAIL || run->as == VERDICT_HANG,
		 judged = bad || run->as == VERDICT_PASS;
	gboolean first = !attempt || !strcmp(attempt, "1");

	tally->n[run->as]++;
	tally->all++;
	tally->judged += judged;
	tally->bad += bad;
	tally->first += judged && first;
	tally->first_bad += bad && first;
}

const char *tally_word(const struct tally *tally)
{
	/* verdicts without a result for the kernel, the most important one first */
	static const enum verdict order[] = {VERDICT_LOST,    VERDICT_INFRA, VERDICT_ABORTED,
					     VERDICT_RUNNING, VERDICT_KNOWN, VERDICT_SKIP};

	if (tally->bad && tally->bad < tally->judged)
		return "FLAKY";
	if (tally->judged)
		return verdict_name(!tally->bad			 ? VERDICT_PASS
				    : tally->n[VERDICT_FAIL] ? VERDICT_FAIL
							     : VERDICT_HANG);
	for (guint i = 0; i < G_N_ELEMENTS(order); i++)
		if (tally->n[order[i]])
			return verdict_name(order[i]);
	return "none";
}

static void cell_free(gpointer data)
{
	struct cell *cell = data;

	g_free(cell->scenario);
	g_free(cell->machine);
	g_free(cell->kernel);
	g_free(cell->slug);
	g_ptr_array_unref(cell->runs);
	g_free(cell);
}

static void signature_free(gpointer data)
{
	struct signature *signature = data;

	g_free(signature->bug);
	g_free(signature->kind);
	g_free(signature->title);
	g_free(signature->slug);
	g_free(signature->known);
	g_free(signature->first_seen);
	g_ptr_array_unref(signature->runs);
	g_free(signature);
}

static struct cell *cell_of(struct model *model, GHashTable *by_key, const struct run_view *run)
{
	g_autofree char *key = g_strjoin("\n", run->scenario, run->kernel, run->machine, NULL);
	g_autofree char *words = g_strjoin("-", run->scenario, run->machine, run->kernel, NULL);
	struct cell *cell = g_hash_table_lookup(by_key, key);

	if (cell)
		return cell;
	cell = g_new0(struct cell, 1);
	cell->scenario = g_strdup(run->scenario);
	cell->machine = g_strdup(run->machine);
	cell->kernel = g_strdup(run->kernel);
	cell->slug = model_slug_of(words, key);
	cell->runs = g_ptr_array_new();
	g_ptr_array_add(model->cells, cell);
	g_hash_table_insert(by_key, g_steal_pointer(&key), cell);
	return cell;
}

static struct signature *signature_of(struct model *model, GHashTable *by_bug, json_t *report,
				      const char *bug)
{
	struct signature *signature = g_hash_table_lookup(by_bug, bug);

	if (signature)
		return signature;
	signature = g_new0(struct signature, 1);
	signature->bug = text_clean(bug);
	signature->kind = model_text(report, "kind");
	signature->slug = model_slug_of(signature->kind, bug);
	signature->runs = g_ptr_array_new();
	g_ptr_array_add(model->signatures, signature);
	g_hash_table_insert(by_bug, g_strdup(bug), signature);
	return signature;
}

static gboolean has_signature(json_t *report)
{
	const char *weight = json_string_value(json_object_get(report, "weight"));

	return json_is_string(model_at(report, "signature/bug")) && g_strcmp0(weight, "note") &&
	       !json_is_true(json_object_get(report, "induced"));
}

static void add_reports(struct model *model, GHashTable *by_bug, struct run_view *run)
{
	json_t *report;
	size_t i;

	json_array_foreach (json_object_get(run->info->details, "reports"), i, report) {
		struct signature *signature;
		json_t *known = json_object_get(report, "known");

		if (!has_signature(report))
			continue;
		signature = signature_of(model, by_bug, report,
					 json_string_value(model_at(report, "signature/bug")));
		if (g_ptr_array_find(run->signatures, signature, NULL))
			continue;
		g_ptr_array_add(run->signatures, signature);
		g_ptr_array_add(signature->runs, run);
		signature->report = report;
		g_free(signature->title);
		signature->title = model_text(report, "title");
		g_free(signature->known);
		signature->known = json_is_object(known) ? model_text(known, "reason") : NULL;
	}
}

static const char *night_of(const struct run_view *run)
{
	return json_string_value(model_at(run->info->inputs, "labels/night"));
}

static void mark_now(struct model *model, GHashTable *now)
{
	const char *night = NULL;
	gint64 newest = -1;

	for (guint i = 0; i < model->runs->len; i++) {
		const struct run_view *run = model->runs->pdata[i];

		if (run->when < newest)
			continue;
		newest = run->when;
		night = night_of(run);
	}
	for (guint i = 0; i < model->runs->len; i++) {
		struct run_view *run = model->runs->pdata[i];

		run->now = now	   ? g_hash_table_contains(now, run->info->name)
			   : night ? !g_strcmp0(night_of(run), night)
				   : run->when > newest - MODEL_SPAN_S;
		if (!run->now)
			continue;
		tally_add(&model->now, run);
		model->first = model->first ? MIN(model->first, run->when) : run->when;
		model->last = MAX(model->last, run->when);
	}
}

static void count_cell(struct cell *cell)
{
	gint64 last = 0;

	for (guint i = 0; i < cell->runs->len; i++) {
		const struct run_view *run = cell->runs->pdata[i];

		tally_add(&cell->ever, run);
		if (run->now)
			tally_add(&cell->now, run);
		else
			last = run->when;
	}
	for (guint i = 0; i < cell->runs->len; i++) {
		const struct run_view *run = cell->runs->pdata[i];

		if (!run->now && run->when > last - MODEL_SPAN_S)
			tally_add(&cell->then, run);
	}
}

static void count_signature(struct signature *signature, GHashTable *older)
{
	const struct run_view *first = signature->runs->pdata[0];
	const struct index_signature *past =
		older ? g_hash_table_lookup(older, signature->bug) : NULL;

	for (guint i = 0; i < signature->runs->len; i++) {
		const struct run_view *run = signature->runs->pdata[i];

		signature->now += run->now;
		signature->before += !run->now;
		signature->bad += run->now && run_outcome(run->info) == OUTCOME_BAD;
	}
	signature->older = past ? past->runs : 0;
	signature->first_seen =
		past ? g_strdelimit(g_strndup(past->first_seen, strlen("2026-11-01T02:15")), "T",
				    ' ')
		     : model_minute(first->when);
}

/* Sorts columns, with "6.1.9" before "6.1.10". */
static int by_column(gconstpointer a, gconstpointer b)
{
	const struct cell *x = *(struct cell *const *)a, *y = *(struct cell *const *)b;
	int order = strverscmp(x->kernel, y->kernel);

	return order ? order : strcmp(x->machine, y->machine);
}

static int by_cell(gconstpointer a, gconstpointer b)
{
	const struct cell *x = *(struct cell *const *)a, *y = *(struct cell *const *)b;
	int order = strcmp(x->scenario, y->scenario);

	return order ? order : by_column(a, b);
}

static int by_last_seen(gconstpointer a, gconstpointer b)
{
	const struct signature *x = *(struct signature *const *)a,
			       *y = *(struct signature *const *)b;
	const struct run_view *p = x->runs->pdata[x->runs->len - 1],
			      *q = y->runs->pdata[y->runs->len - 1];

	return p->when != q->when ? (p->when < q->when) - (p->when > q->when)
				  : strcmp(x->bug, y->bug);
}

static void lay_out(struct model *model)
{
	g_ptr_array_sort(model->cells, by_cell);
	for (guint i = 0; i < model->cells->len; i++) {
		struct cell *cell = model->cells->pdata[i];
		const char *last = model->scenarios->len
					   ? model->scenarios->pdata[model->scenarios->len - 1]
					   : NULL;

		if (g_strcmp0(last, cell->scenario))
			g_ptr_array_add(model->scenarios, cell->scenario);
		g_ptr_array_add(model->columns, cell);
	}
	g_ptr_array_sort(model->columns, by_column);
	for (guint i = 1; i < model->columns->len;)
		if (by_column(&model->columns->pdata[i - 1], &model->columns->pdata[i]))
			i++;
		else
			g_ptr_array_remove_index(model->columns, i);
}

/*
 * Returns a name for NOW, the newest runs: the name of the night if all runs of NOW belong to one
 * night, otherwise the day of the last run. The caller owns the text.
 */
static char *label_of(const struct model *model)
{
	const char *night = NULL;

	for (guint i = 0; i < model->runs->len; i++) {
		const struct run_view *run = model->runs->pdata[i];

		if (!run->now)
			continue;
		if (!night_of(run) || (night && strcmp(night, night_of(run))))
			return model_day(model->last);
		night = night_of(run);
	}
	return night ? text_clean(night) : model_day(model->last);
}

static void new_order_free(gpointer data)
{
	struct new_order *order = data;

	g_free(order->text);
	g_free(order->tree);
	g_free(order->run);
	g_free(order);
}

struct model *model_new(const GPtrArray *runs, const struct model_options *options)
{
	static const struct model_options none;
	g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) by_bug = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct model *model = g_new0(struct model, 1);

	options = options ? options : &none;
	model->runs = g_ptr_array_new_with_free_func(run_view_free);
	model->cells = g_ptr_array_new_with_free_func(cell_free);
	model->signatures = g_ptr_array_new_with_free_func(signature_free);
	model->changes = g_ptr_array_new_with_free_func(g_free);
	model->scenarios = g_ptr_array_new();
	model->columns = g_ptr_array_new();
	model->orders = g_ptr_array_new_with_free_func(new_order_free);
	for (guint i = 0; i < runs->len; i++) {
		struct run_view *run = run_view_new(runs->pdata[i]);

		g_ptr_array_add(model->runs, run);
		run->cell = cell_of(model, by_key, run);
		g_ptr_array_add(run->cell->runs, run);
		add_reports(model, by_bug, run);
	}
	mark_now(model, options->now);
	for (guint i = 0; i < model->cells->len; i++)
		count_cell(model->cells->pdata[i]);
	for (guint i = 0; i < model->signatures->len; i++)
		count_signature(model->signatures->pdata[i], options->older);
	g_ptr_array_sort(model->signatures, by_last_seen);
	lay_out(model);
	model_find_changes(model);
	model->label = options->label ? text_clean(options->label) : label_of(model);
	return model;
}

struct new_order *new_order_new(const char *from, const char *to, const char *tree, const char *run,
				gboolean anywhere)
{
	g_autofree char *text = g_strdup_printf("%s --> %s", from, to);
	struct new_order *order = g_new0(struct new_order, 1);

	*order = (struct new_order){text_clean(text), text_clean(tree), text_clean(run), anywhere};
	return order;
}

const char *model_first_run(const struct model *model)
{
	for (guint i = 0; i < model->runs->len; i++) {
		const struct run_view *run = model->runs->pdata[i];

		if (run->now)
			return run->name;
	}
	return NULL;
}

void model_free(struct model *model)
{
	if (!model)
		return;
	g_ptr_array_unref(model->orders);
	g_ptr_array_unref(model->columns);
	g_ptr_array_unref(model->scenarios);
	g_ptr_array_unref(model->changes);
	g_ptr_array_unref(model->signatures);
	g_ptr_array_unref(model->cells);
	g_ptr_array_unref(model->runs);
	g_free(model->label);
	g_free(model);
}

const struct cell *model_cell(const struct model *model, const char *scenario,
			      const struct cell *column)
{
	for (guint i = 0; i < model->cells->len; i++) {
		const struct cell *cell = model->cells->pdata[i];

		if (!strcmp(cell->scenario, scenario) && !by_column(&cell, &column))
			return cell;
	}
	return NULL;
}
