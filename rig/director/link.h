/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by link.c (the socket) and link-read.c (the plugin's lines). */
#ifndef RIG_DIRECTOR_LINK_H
#define RIG_DIRECTOR_LINK_H

#include "director/internal.h"
#include "plugin/protocol.h"

#define RECENT 256 /* number of waits that are stored for director_held_ns() */

/* A wait of a vCPU at a hold. */
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
	const GPtrArray *call_ids; /* member `calls` of the orders; borrowed */
	json_t *visits;		   /* the result of director_visits(), or NULL */
	gboolean there;		   /* the plugin has sent its hello line */
	gboolean told_broken;	   /* the callback `broken` was called */
	int cover_fd;		   /* the file for recorded code, or -1 */
	guint64 cover_from, cover_to;
	/* number of phases of the recording (enum cover_phase) that QEMU has begun */
	guint switched;
	/* path of the file for recorded locks; NULL if locks are not recorded */
	char *locks_path;
	gboolean has_locks; /* the plugin has written the recorded locks */
	/* of each hold, summed from messages about single waits */
	struct director_totals logged[DIRECTOR_ALL_MAX];
	/* of each hold, as the plugin last sent them */
	struct director_totals totals[DIRECTOR_ALL_MAX];
	/*
	 * for each call that is made to fail: from the plugin's last `calls` line, or a later
	 * `failed` line
	 */
	struct {
		guint64 calls, failed;
	} calls[DIRECTOR_FAILS_MAX];
	guint n_fails;
	/* of struct fallible: functions whose calls are counted, or NULL; borrowed */
	const GPtrArray *counted;
	struct recent recent[RECENT]; /* the last waits, a ring buffer */
	guint n_recent;
};

/* ---- cover.c ---- */

/*
 * Creates the file for recorded code, which cannot be resized. Returns its descriptor, or -1 with
 * RIG_EXIT_INFRA.
 */
int cover_file(guint64 from, guint64 to, GError **error);

/* ---- link-read.c ---- */

/* Handles a line that the plugin sent: updates the fields of D, and calls the owner's callbacks. */
void link_read(struct director *d, const char *line);

#endif
