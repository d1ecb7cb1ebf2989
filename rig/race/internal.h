/* SPDX-License-Identifier: GPL-2.0-only */
/* What search.c and state.c share. */
#ifndef RIG_RACE_INTERNAL_H
#define RIG_RACE_INTERNAL_H

#include "child/child.h"
#include "race/race.h"

struct race_slot {
	struct race_search *search;
	struct child *child;
	gboolean is_record;
	struct race_trial trial;
};

struct race_search {
	struct race_options options;
	char *visits_words, **favoured, *cwd;
	json_t *words, *visits, *trials; /* visits: NULL until the first run has ended */
	struct race *race;		 /* NULL until then, too */
	char *said, *failure;		 /* reason and signature of the run whose holds are being
					  * reduced; or NULL */
	void (*ended)(const struct race_event *event, void *data);
	void (*starting)(const char *what, void *data);
	void *data;
	/* while it runs */
	GMainLoop *loop;
	struct race_slot slot[RACE_GUESTS_MAX];
	guint faults;
	gboolean over;
	enum race_end end;
	GError *error;
};

/* Creates the strategy from VISITS. */
gboolean search_begin(struct race_search *search, json_t *visits, GError **error);

/* A trial with its outcome, for race.json. New reference. */
json_t *trial_json(const struct race_trial *trial, const struct race_outcome *outcome);
/* The reverse; the strings are JSON's. FALSE: JSON is not a valid trial. */
gboolean trial_read(json_t *json, struct race_trial *trial, struct race_outcome *outcome);

gboolean state_save(const struct race_search *search, GError **error);
gboolean state_restore(struct race_search *search, json_t *state, GError **error);

#endif
