/* SPDX-License-Identifier: GPL-2.0-only */
/* A night while it runs. Private to nightly/. */
#ifndef RIG_NIGHTLY_RUN_H
#define RIG_NIGHTLY_RUN_H

#include "child/child.h"
#include "nightly/internal.h"

enum stop { STOP_NOT, STOP_STARTING, STOP_ALL };

struct runner {
	struct night *night;
	const struct night_view *view;
	GMainLoop *loop;
	GPtrArray *order;   /* all cells, in the order in which they should start */
	GPtrArray *running; /* struct night_child */
	struct pack_room free;
	enum stop stop;
	gint64 began_ns;
	GError *error;
	guint signals;
	void (*changed)(struct runner *r); /* called when a child has ended */
};

/* One child. */
struct night_child {
	struct runner *runner;
	struct child *rig;
	struct night_cell *cell; /* or NULL: a build */
	struct night_build *build;
	struct pack_room need;
	guint attempt;
};

/* children.c: children. An error is left in R, and stops everything. */
void night_start_cell(struct runner *r, struct night_cell *cell);
void night_start_build(struct runner *r, struct night_build *build, guint quarters);
/* Into the journal; LINE is stolen. */
void night_record(struct runner *r, json_t *line);

#endif
