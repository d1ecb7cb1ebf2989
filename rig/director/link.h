/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by link.c (the socket) and link-read.c (the plugin's lines). */
#ifndef RIG_DIRECTOR_LINK_H
#define RIG_DIRECTOR_LINK_H

#include "director/internal.h"
#include "plugin/protocol.h"

#define RECENT 256 /* number of waits that are stored for director_held_ns() */

struct recent {
	guint cpu;
	gint64 start_ns, length_ns;
};

struct director {
	struct director_owner owner;
	int fd;
	guint source;
	guint n_holds;
	/* names of the counted functions, borrowed from the orders; or NULL */
	const GPtrArray *names;
	const GPtrArray *call_ids; /* borrowed from the orders */
	json_t *visits;		   /* the result of director_visits(), or NULL */
	gboolean there, told_broken;
	char *locks_path;
	gboolean has_locks; /* the plugin has written the recorded locks */
	/* counted here, from the plugin's held lines */
	struct director_totals logged[DIRECTOR_ALL_MAX];
	struct director_totals totals[DIRECTOR_ALL_MAX]; /* as the plugin last reported them */
	struct {
		guint64 calls, failed;
	} calls[DIRECTOR_FAILS_MAX]; /* as the plugin last reported them, or as counted here */
	guint n_fails;
	const GPtrArray *counted;     /* borrowed from the orders */
	struct recent recent[RECENT]; /* a ring buffer */
	guint n_recent;
};

/*
 * Handles a line that the plugin sent: updates the fields of D and calls the callbacks of its
 * owner.
 */
void link_read(struct director *d, const char *line);

#endif
