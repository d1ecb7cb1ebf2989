// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines what has changed between THEN, the earlier runs that are compared, and NOW (model.h).
 */
#include "report/internal.h"

static const struct {
	const char *word;
	gboolean worse;
} kinds[N_DIFFERENCES] = {
	[DIFF_NEW] = {"new", TRUE},
	[DIFF_BROKE] = {"broke", TRUE},
	[DIFF_UNPROVEN] = {"unproven", TRUE},
	[DIFF_FIXED] = {"fixed", FALSE},
	[DIFF_GONE] = {"gone", FALSE},
};

const char *difference_word(enum difference_kind kind)
{
	return kinds[kind].word;
}

gboolean difference_is_worse(enum difference_kind kind)
{
	return kinds[kind].worse;
}

/*
 * Returns the result of several runs as text that the caller owns: "3 of 5 failed", "all 5 passed",
 * "INFRA".
 */
static char *outcome_text(const struct tally *tally)
{
	if (!tally->judged)
		return g_strdup(tally_word(tally));
	if (!tally->bad)
		return tally->judged == 1 ? g_strdup("passed")
					  : g_strdup_printf("all %u passed", tally->judged);
	return tally->judged == 1 ? g_strdup("failed")
				  : g_strdup_printf("%u of %u failed", tally->bad, tally->judged);
}

char *difference_text(const struct difference *change)
{
	const struct cell *cell = change->cell;
	g_autofree char *now = cell ? outcome_text(&cell->now) : NULL,
			*then = cell ? outcome_text(&cell->then) : NULL;

	if (!cell)
		return change->run
			       ? g_strdup_printf("%s (%s on %s, kernel %s)",
						 change->signature->title, change->run->scenario,
						 change->run->machine, change->run->kernel)
			       : g_strdup(change->signature->title);
	return g_strdup_printf("%s on %s, kernel %s: %s, %s before", cell->scenario, cell->machine,
			       cell->kernel, now, then);
}

static void add(struct model *model, enum difference_kind kind, const struct cell *cell,
		const struct signature *signature, const struct run_view *run)
{
	struct difference *change = g_new0(struct difference, 1);

	*change = (struct difference){kind, cell, signature, run};
	g_ptr_array_add(model->changes, change);
}

const struct run_view *model_witness(const GPtrArray *runs)
{
	const struct run_view *found = NULL;
	gboolean found_bad = FALSE;

	for (guint i = 0; i < runs->len; i++) {
		const struct run_view *run = runs->pdata[i];
		gboolean bad = run->as == VERDICT_FAIL || run->as == VERDICT_HANG;

		if (!run->now || (found_bad && !bad))
			continue;
		found = run;
		found_bad = bad;
	}
	return found;
}

static gboolean is_worse(const struct model *model)
{
	for (guint i = 0; i < model->changes->len; i++)
		if (difference_is_worse(((struct difference *)model->changes->pdata[i])->kind))
			return TRUE;
	return FALSE;
}

const char *model_state(const struct model *model, const char **ret_kind)
{
	gboolean before = model->runs->len > model->now.all;
	const struct {
		gboolean is;
		const char *phrase, *kind;
	} states[] = {
		{!model->now.all, "nothing was run", "other"},
		{!before && model->now.bad, "not clean; there are no earlier runs",
		 "fail"},
		{is_worse(model), "worse than before", "fail"},
		{model->now.bad, "nothing new, but not clean", "flaky"},
		{model->now.judged, "clean", "pass"},
		{TRUE, "nothing was judged", "other"},
	};

	for (guint i = 0;; i++)
		if (states[i].is) {
			*ret_kind = states[i].kind;
			return states[i].phrase;
		}
}

static void compare_cell(struct model *model, const struct cell *cell)
{
	const struct tally *now = &cell->now, *then = &cell->then;

	if (!now->all || !then->judged)
		return;
	if (!now->judged)
		add(model, DIFF_UNPROVEN, cell, NULL, model_witness(cell->runs));
	else if (now->bad && !then->bad)
		add(model, DIFF_BROKE, cell, NULL, model_witness(cell->runs));
	else if (!now->bad && then->bad)
		add(model, DIFF_FIXED, cell, NULL, model_witness(cell->runs));
}

/*
 * Returns TRUE if the signature was seen in THEN (earlier runs), but not in NOW, although each cell
 * (scenario, machine and kernel) that had it in THEN has judged runs in NOW.
 */
static gboolean is_gone(const struct signature *signature)
{
	const struct run_view *last = signature->runs->pdata[signature->runs->len - 1];

	if (signature->now)
		return FALSE;
	for (guint i = 0; i < signature->runs->len; i++) {
		const struct run_view *run = signature->runs->pdata[i];

		if (run->when > last->when - MODEL_SPAN_S && !run->cell->now.judged)
			return FALSE;
	}
	/* the newest run with the signature must be one of THEN, not an older one */
	for (guint i = last->cell->runs->len; i-- > 0;) {
		const struct run_view *run = last->cell->runs->pdata[i];

		if (!run->now)
			return last->when > run->when - MODEL_SPAN_S;
	}
	return FALSE;
}

static int by_kind(gconstpointer a, gconstpointer b)
{
	const struct difference *x = *(struct difference *const *)a,
				*y = *(struct difference *const *)b;

	return (x->kind > y->kind) - (x->kind < y->kind);
}

void model_find_changes(struct model *model)
{
	for (guint i = 0; i < model->signatures->len; i++) {
		const struct signature *signature = model->signatures->pdata[i];

		if (signature->bad && !signature->before && !signature->older && !signature->known)
			add(model, DIFF_NEW, NULL, signature, model_witness(signature->runs));
		else if (is_gone(signature))
			add(model, DIFF_GONE, NULL, signature, NULL);
	}
	for (guint i = 0; i < model->cells->len; i++)
		compare_cell(model, model->cells->pdata[i]);
	g_ptr_array_sort(model->changes, by_kind);
}
