// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes race.json of a search: the record of the first run, and each trial with its
 * outcome.
 */
#include "race/internal.h"

#include <string.h>

#include "util/error.h"
#include "util/paths.h"

#define STATE_VERSION 2

json_t *trial_json(const struct race_trial *trial, const struct race_outcome *o)
{
	json_t *holds = json_array();

	for (guint i = 0; i < trial->n; i++)
		json_array_append_new(holds, json_pack("[s, I, I, I, i]", trial->hold[i],
						       (json_int_t)o->reached[i],
						       (json_int_t)o->held[i],
						       (json_int_t)o->met[i], o->suspect[i]));
	return json_pack("{s:s, s:b, s:b, s:f, s:i, s:o}", "phase", race_phase_name(trial->phase),
			 "failed", o->failed, "news", o->news, "seconds", o->seconds, "max_ms",
			 trial->max_ms, "holds", holds);
}

static gboolean read_phase(const char *name, enum race_phase *ret)
{
	for (guint i = 0; name && i < RACE_OVER; i++)
		if (!strcmp(name, race_phase_name(i))) {
			*ret = i;
			return TRUE;
		}
	return FALSE;
}

gboolean trial_read(json_t *json, struct race_trial *trial, struct race_outcome *o)
{
	json_t *hold, *holds = json_object_get(json, "holds");
	size_t i;

	*trial = (struct race_trial){
		.n = json_array_size(holds),
		.max_ms = json_integer_value(json_object_get(json, "max_ms")),
	};
	*o = (struct race_outcome){.failed = json_is_true(json_object_get(json, "failed")),
				   .news = json_is_true(json_object_get(json, "news")),
				   .seconds = json_number_value(json_object_get(json, "seconds"))};
	if (trial->n > RACE_ARMS ||
	    !read_phase(json_string_value(json_object_get(json, "phase")), &trial->phase))
		return FALSE;
	json_array_foreach (holds, i, hold) {
		json_int_t reached, held, met;
		int suspect;

		if (json_unpack(hold, "[s, I, I, I, i]", &trial->hold[i], &reached, &held, &met,
				&suspect) < 0)
			return FALSE;
		o->reached[i] = MAX(0, reached);
		o->held[i] = MAX(0, held);
		o->met[i] = MAX(0, met);
		o->suspect[i] = MAX(0, suspect);
	}
	return TRUE;
}

gboolean state_save(const struct race_search *search, GError **error)
{
	g_autofree char *path = g_build_filename(search->options.dir, "race.json", NULL);
	json_auto_t *state = json_pack(
		"{s:i, s:s, s:O, s:O?, s:f, s:b, s:O, s:s?, s:s?}", "version", STATE_VERSION,
		"folder", search->cwd, "words", search->words, "visits", search->visits, "seconds",
		search->seconds, "updates", search->options.updates, "trials", search->trials,
		"said", search->said, "failure", search->failure);
	g_autofree char *text = state ? json_dumps(state, JSON_INDENT(1)) : NULL;

	if (!text)
		return rig_fail(error, RIG_EXIT_INFRA,
				"cannot write '%s': a name or option is not valid UTF-8", path);
	return rig_write_file(path, text, -1, error);
}

gboolean state_restore(struct race_search *search, json_t *state, GError **error)
{
	json_t *trials = json_object_get(state, "trials"),
	       *visits = json_object_get(state, "visits"), *one;
	size_t i;

	if (json_integer_value(json_object_get(state, "version")) != STATE_VERSION ||
	    !json_is_array(trials))
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s/race.json' was made by another version of the rig; start a "
				"new search",
				search->options.dir);
	search->said = g_strdup(json_string_value(json_object_get(state, "said")));
	search->failure = g_strdup(json_string_value(json_object_get(state, "failure")));
	if (!json_is_array(visits))
		return TRUE;
	search->options.updates = json_is_true(json_object_get(state, "updates"));
	if (!search_begin(search, visits, json_number_value(json_object_get(state, "seconds")),
			  error))
		return FALSE;
	json_array_foreach (trials, i, one) {
		struct race_outcome outcome;
		struct race_trial trial;

		if (!trial_read(one, &trial, &outcome))
			return rig_fail(error, RIG_EXIT_USAGE,
					"'%s/race.json': trial %zu (from 0) is not valid; start a "
					"new search",
					search->options.dir, i);
		race_result(search->race, &trial, &outcome);
		json_array_append(search->trials, one);
	}
	return TRUE;
}
