// SPDX-License-Identifier: GPL-2.0-only
/* Writes the model as JSON; rig-json(5) lists the keys. */
#include "report/internal.h"

static json_t *tally_json(const struct tally *tally)
{
	json_t *json = json_object();

	json_object_set_new(json, "word", json_string(tally_word(tally)));
	json_object_set_new(json, "runs", json_integer(tally->all));
	json_object_set_new(json, "judged", json_integer(tally->judged));
	json_object_set_new(json, "bad", json_integer(tally->bad));
	for (guint v = 0; v < N_VERDICTS; v++)
		if (tally->n[v])
			json_object_set_new(json, verdict_name(v), json_integer(tally->n[v]));
	return json;
}

static json_t *number_or_null(double value)
{
	return value < 0 ? json_null() : json_real(value);
}

static json_t *change_json(gconstpointer data)
{
	const struct difference *change = data;
	g_autofree char *text = difference_text(change);

	return json_pack("{s:s, s:b, s:s, s:s?, s:s?, s:s?}", "kind", difference_word(change->kind),
			 "worse", difference_is_worse(change->kind), "text", text, "cell",
			 change->cell ? change->cell->slug : NULL, "signature",
			 change->signature ? change->signature->bug : NULL, "run",
			 change->run ? change->run->name : NULL);
}

static json_t *cell_json(gconstpointer data)
{
	const struct cell *cell = data;
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "cell", cell->slug, "scenario",
			 cell->scenario, "machine", cell->machine, "kernel", cell->kernel, "now",
			 tally_json(&cell->now), "then", tally_json(&cell->then), "ever",
			 tally_json(&cell->ever));
}

static json_t *signature_json(gconstpointer data)
{
	const struct signature *signature = data;
	json_t *runs = json_array();

	for (guint i = 0; i < signature->runs->len; i++)
		json_array_append_new(
			runs, json_string(((struct run_view *)signature->runs->pdata[i])->name));
	return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:i, s:i, s:i, s:o}", "bug", signature->bug,
			 "kind", signature->kind, "title", signature->title, "known",
			 signature->known, "first_seen", signature->first_seen, "now",
			 signature->now, "before", signature->before, "older", signature->older,
			 "runs", runs);
}

static json_t *run_json(gconstpointer data)
{
	const struct run_view *run = data;
	json_t *bugs = json_array(), *json;

	for (guint i = 0; i < run->signatures->len; i++)
		json_array_append_new(
			bugs, json_string(((struct signature *)run->signatures->pdata[i])->bug));
	json = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "run",
			 run->name, "now", run->now, "verdict", verdict_name(run->info->verdict),
			 "word", run->word, "created", run->created, "scenario", run->scenario,
			 "machine", run->machine, "kernel", run->kernel, "title", run->title,
			 "seconds", number_or_null(run->total_s), "detected_s",
			 number_or_null(run->detect_s), "ops_per_s", number_or_null(run->ops_per_s),
			 "signatures", bugs);
	json_object_set(json, "seed", json_object_get(run->info->inputs, "seed"));
	return json;
}

static json_t *order_json(gconstpointer data)
{
	const struct new_order *order = data;

	return json_pack("{s:s, s:s, s:s, s:b}", "order", order->text, "tree", order->tree, "run",
			 order->run, "anywhere", order->anywhere);
}

static void append_all(json_t *into, const char *key, const GPtrArray *from,
		       json_t *(*make)(gconstpointer))
{
	json_t *array = json_array();

	for (guint i = 0; i < from->len; i++)
		json_array_append_new(array, make(from->pdata[i]));
	json_object_set_new(into, key, array);
}

char *write_json(const struct model *model, GError **error)
{
	json_t *json = json_pack("{s:i, s:s, s:o}", "version", 1, "label", model->label, "now",
				 tally_json(&model->now));

	(void)error;
	append_all(json, "changes", model->changes, change_json);
	append_all(json, "cells", model->cells, cell_json);
	append_all(json, "signatures", model->signatures, signature_json);
	append_all(json, "lock_orders", model->orders, order_json);
	append_all(json, "runs", model->runs, run_json);
	return json_document(json);
}
