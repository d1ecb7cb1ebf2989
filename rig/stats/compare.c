// SPDX-License-Identifier: GPL-2.0-only
/* Compares two nights or kernels: findings, rates, speeds. */
#include "stats/compare.h"

#include <string.h>

#include "stats/compare-internal.h"
#include "index/db.h"
#include "util/error.h"
#include "util/text.h"

static const struct {
	const char *name;
	gboolean regression;
} changes[] = {
	[CHANGE_NEW] = {"new", TRUE},	    [CHANGE_MORE] = {"more", TRUE},
	[CHANGE_SLOWER] = {"slower", TRUE}, [CHANGE_FIXED] = {"fixed", FALSE},
	[CHANGE_LESS] = {"less", FALSE},    [CHANGE_FASTER] = {"faster", FALSE},
	[CHANGE_GONE] = {"gone", FALSE},    [CHANGE_SAME] = {"same", FALSE},
};

const char *change_name(enum change change)
{
	return changes[change].name;
}

gboolean change_is_regression(enum change change)
{
	return changes[change].regression;
}

struct index_filter compare_filter(const struct compare_side *side)
{
	return (struct index_filter){.night = side->is_night ? side->name : NULL,
				     .kernel = side->is_night ? NULL : side->name};
}

/* ---- choice of the runs ---- */

/*
 * Returns the night that WORD selects by its age: "last" is the newest, "last~2" the second before
 * it. Returns NULL if WORD has another form, or there is no such night.
 */
static char *night_by_age(const GPtrArray *nights, const char *word)
{
	guint64 back = 0;

	if (g_str_has_prefix(word, "last~") &&
	    !g_ascii_string_to_unsigned(word + strlen("last~"), 10, 0, G_MAXUINT, &back, NULL))
		return NULL;
	if (strcmp(word, "last") && !g_str_has_prefix(word, "last~"))
		return NULL;
	return back < nights->len
		       ? g_strdup(
				 ((struct index_group *)nights->pdata[nights->len - 1 - back])->key)
		       : NULL;
}

static gboolean measure(struct run_index *ix, struct compare_side *side, GError **error)
{
	struct index_filter filter = compare_filter(side);
	g_autoptr(GPtrArray) groups =
		index_groups(ix, &filter, side->is_night ? BY_NIGHT : BY_KERNEL, error);

	if (!groups)
		return FALSE;
	if (groups->len) {
		const struct index_group *g = groups->pdata[0];

		side->runs = g->runs;
		side->first = g_strdup(g->first);
		side->last = g_strdup(g->last);
	}
	return TRUE;
}

static gboolean find_side(struct run_index *ix, const char *word, struct compare_side *side,
			  GError **error)
{
	g_autoptr(GPtrArray) nights = index_groups(ix, &(struct index_filter){0}, BY_NIGHT, error);
	gboolean only_kernel = g_str_has_prefix(word, "kernel:"),
		 only_night = g_str_has_prefix(word, "night:");
	const char *name = only_kernel || only_night ? strchr(word, ':') + 1 : word;
	g_autofree char *by_age = NULL;

	if (!nights)
		return FALSE;
	by_age = only_kernel ? NULL : night_by_age(nights, name);
	side->is_night = by_age != NULL;
	if (!by_age && !only_kernel && g_str_has_prefix(name, "last"))
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"there is no '%s': the results have runs of %u night%s (`rig nightly "
			"--list`); `rig nightly PLAN` runs one",
			name, nights->len, text_s(nights->len));
	for (guint i = 0; i < nights->len && !only_kernel; i++)
		side->is_night |= !strcmp(name, ((struct index_group *)nights->pdata[i])->key);
	side->name = by_age ? g_steal_pointer(&by_age) : g_strdup(name);
	if (only_night && !side->is_night)
		return rig_fail(error, RIG_EXIT_USAGE,
				"no night '%s'; `rig nightly --list` lists the nights", name);
	if (!measure(ix, side, error))
		return FALSE;
	return side->runs || rig_fail(error, RIG_EXIT_USAGE,
				      "'%s' is neither a night (`rig nightly --list`) nor a "
				      "kernel of any run (`rig list`)",
				      name);
}

/* ---- the whole comparison ---- */

static gboolean any_regression(const struct compare *c)
{
	for (guint i = 0; i < c->findings->len; i++)
		if (change_is_regression(((struct compare_finding *)c->findings->pdata[i])->change))
			return TRUE;
	for (guint i = 0; i < c->rates->len; i++)
		if (change_is_regression(((struct compare_rate *)c->rates->pdata[i])->change))
			return TRUE;
	for (guint i = 0; i < c->speeds->len; i++)
		if (change_is_regression(((struct compare_speed *)c->speeds->pdata[i])->change))
			return TRUE;
	return FALSE;
}

struct compare *compare_new(struct run_index *ix, const char *a, const char *b, GError **error)
{
	rig_auto(compare) c = g_new0(struct compare, 1);

	if (!find_side(ix, a, &c->side[0], error) || !find_side(ix, b, &c->side[1], error))
		return NULL;
	if (c->side[0].is_night != c->side[1].is_night) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "of '%s' and '%s' one is a night and one a kernel; give two nights or two "
			 "kernels",
			 a, b);
		return NULL;
	}
	c->findings = compare_findings(ix, c, error);
	if (!c->findings || !compare_groups(ix, c, error))
		return NULL;
	c->regression = any_regression(c);
	return g_steal_pointer(&c);
}

struct compare *compare_to_past(struct run_index *ix, const char *night, GError **error)
{
	rig_auto(compare) c = g_new0(struct compare, 1);

	c->side[0] = (struct compare_side){.name = g_strdup(""), .is_night = TRUE};
	c->side[1] = (struct compare_side){.name = g_strdup(night), .is_night = TRUE};
	if (!measure(ix, &c->side[1], error))
		return NULL;
	c->findings = compare_findings(ix, c, error);
	if (!c->findings)
		return NULL;
	c->rates = g_ptr_array_new();
	c->speeds = g_ptr_array_new();
	c->regression = any_regression(c);
	return g_steal_pointer(&c);
}

void compare_free(struct compare *c)
{
	if (!c)
		return;
	for (int i = 0; i < 2; i++) {
		g_free(c->side[i].name);
		g_free(c->side[i].first);
		g_free(c->side[i].last);
	}
	g_clear_pointer(&c->findings, g_ptr_array_unref);
	g_clear_pointer(&c->rates, g_ptr_array_unref);
	g_clear_pointer(&c->speeds, g_ptr_array_unref);
	g_free(c);
}

/* ---- the comparison as JSON ---- */

static json_t *side_json(const struct compare_side *side)
{
	return json_pack("{s:s, s:s, s:i, s:s?, s:s?}", "name", side->name, "sort",
			 side->is_night ? "night" : "kernel", "runs", side->runs, "first",
			 side->first, "last", side->last);
}

static json_t *pair(const guint *two)
{
	return json_pack("[i, i]", two[0], two[1]);
}

json_t *compare_json(const struct compare *c)
{
	json_t *findings = json_array(), *rates = json_array(), *speeds = json_array();

	for (guint i = 0; i < c->findings->len; i++) {
		const struct compare_finding *f = c->findings->pdata[i];

		json_array_append_new(
			findings,
			json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:o, s:f, s:i, s:s?}",
				  "change", change_name(f->change), "signature", f->bug, "kind",
				  f->kind, "title", f->title, "run", f->run, "seen", pair(f->seen),
				  "hits", pair(f->hits), "of", pair(f->n), "p", f->p,
				  "runs_to_tell", f->to_tell, "before", f->before));
	}
	for (guint i = 0; i < c->rates->len; i++) {
		const struct compare_rate *r = c->rates->pdata[i];

		json_array_append_new(rates,
				      json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:f}", "change",
						change_name(r->change), "scenario", r->scenario,
						"machine", r->machine, "tree", r->tree, "bad",
						pair(r->bad), "of", pair(r->n), "p", r->p));
	}
	for (guint i = 0; i < c->speeds->len; i++) {
		const struct compare_speed *s = c->speeds->pdata[i];

		json_array_append_new(speeds,
				      json_pack("{s:s, s:s, s:s, s:s, s:s, s:[f, f], s:o, s:f}",
						"change", change_name(s->change), "scenario",
						s->scenario, "machine", s->machine, "tree", s->tree,
						"what", s->what, "median", s->median[0],
						s->median[1], "of", pair(s->n), "p", s->p));
	}
	return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o}", "a", side_json(&c->side[0]), "b",
			 side_json(&c->side[1]), "regression", c->regression, "findings", findings,
			 "rates", rates, "speeds", speeds);
}
