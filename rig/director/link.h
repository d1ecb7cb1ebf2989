/* SPDX-License-Identifier: GPL-2.0-only */
/* What link.c, the socket, and link-read.c, the lines of the plugin, share. */
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
	const GPtrArray *names; /* of the functions that are counted: the orders'; or NULL */
	const GPtrArray *call_ids; /* the orders' calls, too */
	json_t *visits;		/* as director_visits() returns it, or NULL */
	gboolean there, told_broken;
	char *locks_path;
	gboolean has_locks;	      /* the plugin has written them */
	struct director_totals logged[DIRECTOR_ALL_MAX]; /* counted here, from the held lines */
	struct director_totals totals[DIRECTOR_ALL_MAX]; /* as the plugin reported them last */
	struct {
		guint64 calls, failed;
	} calls[DIRECTOR_FAILS_MAX]; /* as the plugin reported them last, or counted here */
	guint n_fails;
	const GPtrArray *counted;     /* the orders' */
	struct recent recent[RECENT]; /* a ring */
	guint n_recent;
};

/* Handles a line that the plugin sent: fills D's fields, and calls its owner. */
void link_read(struct director *d, const char *line);

#endif
