/* SPDX-License-Identifier: GPL-2.0-only */
/* What track.c, which goes from step to step, and step.c, which does them, share. */
#ifndef RIG_ENGINE_TRACK_H
#define RIG_ENGINE_TRACK_H

#include "engine/session.h"

struct track_run {
	struct session *s;
	guint number;	/* of the copy in the timeline */
	GPtrArray *ops; /* of the lap it is in; or NULL */
	guint lap;	/* the one after that */
	guint next;	/* in ops */
	gboolean did;	/* something in this lap was not skipped */
	gboolean in_step;
	gboolean waits; /* for an operation of another copy */
	gboolean over;
	guint source;
	const struct operation *op; /* the one it is in, or was in last */
	const struct step *step;    /* of op */
	const char *id;		    /* of its device, with the copy's suffix; or "" */
	struct device *device;
	gint64 began_ns;
	gboolean asks_guest; /* the device is done; what is waited for is the guest's word on it */
	struct extent place; /* of a DIMM that is being unplugged; size 0: unknown */
};

/* track.c: the step that T is in has ended. WHY is for people. */
void track_stepped(struct track_run *t, const char *outcome, const char *why);

/* step.c */
const char *step_name(const struct step *step);
void step_run(struct track_run *t);   /* begins t->step on the device t->id */
void step_reset(struct track_run *t); /* the guest has started again while T is in a step */

#endif
