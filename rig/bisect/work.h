/* SPDX-License-Identifier: GPL-2.0-only */
/* Declares the state of a running search: its slots for runs and builds. Private to bisect/. */
#ifndef RIG_BISECT_WORK_H
#define RIG_BISECT_WORK_H

#include "bisect/search.h"

/* A slot executes at most one run or build at a time. */
struct slot {
	struct search *search;
	struct place_job job;
	gboolean busy;
	char *key;	/* the key of `job` */
	char **words;	/* command line of `job`, without the program's name; NULL-terminated */
	guint position; /* the position (kernel version) that is built or tested */
};

struct search_work {
	GMainLoop *loop;
	struct place *place;
	struct slot guests[SEARCH_GUESTS_MAX], builder;
	guint n_jobs;
	gint64 began_ns;
	double earlier_s; /* time that earlier processes have spent */
	guint earlier_boots;
	guint faults; /* number of consecutive faults of the host */
	gboolean stopping, over;
	enum search_end end;
	GError *error;
};

typedef void (*slot_done)(struct place_job *job, const struct child_result *result);

/* Opens the place of the search, by default this host. Errors: those of place_open(). */
gboolean search_open_place(struct search *search, place_failed failed, GError **error);
/*
 * Starts a build in the slot `builder`. When it ends, DONE is called with the slot's job, whose
 * `data` is the slot. DONE must first call search_slot_clear().
 */
void search_start_build(struct search *search, guint position, slot_done done);
/* Starts a run in SLOT. When it ends, DONE is called as described there. */
void search_start_run(struct search *search, struct slot *slot, guint position, slot_done done);
void search_slot_clear(struct slot *slot);

#endif
