// SPDX-License-Identifier: GPL-2.0-only
/* Updates, stores and restores the state of a search: evidence, posterior and target. */
#include "bisect/search.h"

#include <errno.h>
#include <string.h>

#include "bisect/simulate.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/text.h"

#define STATE_VERSION 1
/*
 * A position (kernel version) is skipped after NO_BOOTS runs that did not boot, or after OTHERS
 * runs with OUTCOME_OTHER. It is not skipped if a run there has the outcome caught or clean.
 */
#define NO_BOOTS 2
#define OTHERS 4

/*
 * Returns the posterior before the first run. If the target, which the search looks for, is a lock
 * order, the posterior presumes that nearly every run on a kernel with this lock order records it.
 */
static struct posterior *fresh_posterior(const struct search *search)
{
	const struct span *span = search->span;
	struct posterior *posterior = posterior_new(span->n, span->ancestry, search->options.fix);

	if (search->target.key && target_is_lock_order(&search->target))
		posterior_presume_always(posterior);
	return posterior;
}

struct search *search_new(const struct search_options *options, struct span *span, const char *dir,
			  GError **error)
{
	rig_auto(search) search = g_new0(struct search, 1);
	const char *key = options->signature ? options->signature : options->kind;

	search->options = *options;
	search->span = span;
	search->dir = g_strdup(dir);
	search->name = g_path_get_basename(dir);
	search->cwd = g_get_current_dir();
	search->words = json_array();
	search->evidence = g_ptr_array_new_with_free_func((GDestroyNotify)evidence_free);
	search->target = (struct target){g_strdup(key), !options->signature};
	search->posterior = fresh_posterior(search);
	search->skipped = g_new0(gboolean, span->n + 1);
	search->ready = g_new0(gboolean, span->n + 1);
	if (g_mkdir_with_parents(dir, 0755) < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", dir, g_strerror(errno));
		return NULL;
	}
	return g_steal_pointer(&search);
}

void search_free(struct search *search)
{
	span_free(search->span);
	g_free(search->dir);
	g_free(search->name);
	g_free(search->cwd);
	json_decref(search->words);
	g_ptr_array_unref(search->evidence);
	g_free(search->target.key);
	g_free(search->target_why);
	posterior_free(search->posterior);
	g_free(search->skipped);
	g_free(search->ready);
	g_free(search);
}

/* ---- outcomes of the runs ---- */

/*
 * Returns the number of runs of POSITION with this outcome. *ret_informative is TRUE if at least
 * one run there was caught or clean.
 */
static guint count_outcomes(const struct search *search, guint position, enum outcome outcome,
			    gboolean *ret_informative)
{
	guint n = 0;

	*ret_informative = FALSE;
	for (guint i = 0; i < search->evidence->len; i++) {
		const struct evidence *e = search->evidence->pdata[i];

		if (e->position != position)
			continue;
		n += e->outcome == outcome;
		*ret_informative |= e->outcome == OUTCOME_CAUGHT || e->outcome == OUTCOME_CLEAN;
	}
	return n;
}

void search_count(struct search *search, struct evidence *evidence)
{
	guint at = evidence->position;
	gboolean informative;

	if (search->target.key)
		evidence_judge(evidence, &search->target);
	switch (evidence->outcome) {
	case OUTCOME_CAUGHT:
	case OUTCOME_CLEAN:
		if (search->target.key)
			posterior_observe(search->posterior, at,
					  evidence->outcome == OUTCOME_CAUGHT);
		break;
	case OUTCOME_NO_BUILD:
	case OUTCOME_UNFIT:
		search->skipped[at] = TRUE;
		break;
	case OUTCOME_NO_BOOT:
		search->skipped[at] |=
			count_outcomes(search, at, OUTCOME_NO_BOOT, &informative) >= NO_BOOTS &&
			!informative;
		break;
	case OUTCOME_OTHER:
		search->skipped[at] |=
			search->target.key &&
			count_outcomes(search, at, OUTCOME_OTHER, &informative) >= OTHERS &&
			!informative;
		break;
	}
}

void search_recount(struct search *search)
{
	guint n = search->span->n;

	posterior_free(search->posterior);
	search->posterior = fresh_posterior(search);
	memset(search->skipped, 0, (n + 1) * sizeof(*search->skipped));
	for (guint i = 0; i < search->evidence->len; i++)
		search_count(search, search->evidence->pdata[i]);
}

void search_find_target(struct search *search)
{
	guint bad = posterior_bad_end(search->posterior), times, runs;
	guint good = search->options.fix ? search->span->n : 0;
	const struct sighting *most;

	if (search->target.key)
		return;
	most = evidence_find_target(search->evidence, bad, good, &times, &runs);
	if (!most)
		return;
	search->target = (struct target){g_strdup(most->key), FALSE};
	search->target_why =
		g_strdup_printf("found at the bad end: %s, in %u of its first %u run%s",
				most->title ? most->title : most->kind, times, runs, text_s(runs));
	search_recount(search);
}

double search_boots_left(const struct search *search)
{
	/* derive the seed from the evidence, so that the same evidence gives the same estimate */
	struct rng rng = rng_stream(search->evidence->len, "boots left");

	return simulate_boots_left(search->posterior, search->skipped, search->options.confidence,
				   &rng);
}

/* ---- search.json ---- */

static char *state_path(const struct search *search)
{
	return g_build_filename(search->dir, "search.json", NULL);
}

gboolean search_save(const struct search *search, GError **error)
{
	json_auto_t *state = NULL;
	json_t *all = json_array();
	g_autofree char *path = state_path(search), *text = NULL;

	for (guint i = 0; i < search->evidence->len; i++)
		json_array_append_new(all, evidence_to_json(search->evidence->pdata[i]));
	state = json_pack("{s:i, s:O, s:s, s:f, s:i, s:f, s:s?, s:s?, s:o}", "version",
			  STATE_VERSION, "words", search->words, "folder", search->cwd, "spent_s",
			  search->spent_s, "builds", (int)search->builds, "build_s",
			  search->build_s, "learned_key",
			  search->target_why ? search->target.key : NULL, "learned",
			  search->target_why, "evidence", all);
	if (!state)
		return rig_fail(error, RIG_EXIT_INFRA,
				"cannot write '%s': a name or option is not valid UTF-8", path);
	text = json_dumps(state, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	return rig_write_file(path, text, -1, error);
}

/*
 * Restores the target (the report that is searched for), because later runs of the bad end must not
 * change it.
 */
static void restore_target(struct search *search, json_t *state)
{
	const char *key = json_string_value(json_object_get(state, "learned_key"));
	const char *learned = json_string_value(json_object_get(state, "learned"));

	if (search->target.key || !key || !learned)
		return;
	search->target = (struct target){g_strdup(key), FALSE};
	search->target_why = g_strdup(learned);
}

gboolean search_restore(struct search *search, json_t *state, GError **error)
{
	json_t *all = json_object_get(state, "evidence"), *one;
	size_t i;

	if (json_integer_value(json_object_get(state, "version")) != STATE_VERSION ||
	    !json_is_array(all))
		return rig_fail(error, RIG_EXIT_USAGE,
				"the search '%s' was made by another version of the rig; start a "
				"new one",
				search->dir);
	json_array_foreach (all, i, one) {
		struct evidence *evidence = evidence_from_json(one);

		if (!evidence || evidence->position > search->span->n) {
			g_clear_pointer(&evidence, evidence_free);
			return rig_fail(error, RIG_EXIT_USAGE,
					"invalid search '%s': its run %zu is not valid, or its "
					"commit is not in the range of the search",
					search->dir, i);
		}
		search->boots += evidence->verdict != NULL;
		g_ptr_array_add(search->evidence, evidence);
	}
	search->spent_s = json_number_value(json_object_get(state, "spent_s"));
	search->builds = (guint)json_integer_value(json_object_get(state, "builds"));
	search->build_s = json_number_value(json_object_get(state, "build_s"));
	restore_target(search, state);
	search_recount(search);
	search_find_target(search);
	return TRUE;
}
