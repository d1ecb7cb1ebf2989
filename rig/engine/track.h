/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by track.c, which goes from step to step, and step.c, which executes them. */
#ifndef RIG_ENGINE_TRACK_H
#define RIG_ENGINE_TRACK_H

#include "engine/session.h"

struct track_run {
	struct session *s;
	guint number;	/* number of the copy in the timeline */
	GPtrArray *ops; /* operations of the present lap; or NULL */
	guint lap;	/* number of the next lap */
	guint next;	/* index of the next operation in ops */
	gboolean did;	/* a step of this lap was not skipped */
	gboolean in_step;
	gboolean waits; /* it waits for an operation of another copy */
	gboolean over;
	guint source;
	const struct operation *op; /* the present or last operation */
	const struct step *step;    /* the step of op */
	const char *id;		    /* id of its device, with the copy's suffix; or "" */
	struct device *device;
	gint64 began_ns;
	gboolean asks_guest; /* QEMU's part is done; the step waits for the guest's answer */
	guint limit;	     /* source of the time limit of a request to the guest */
	guint32 request;     /* that request */
	double began_runtime_s; /* guest runtime when the operation began */
	double asked_runtime_s; /* guest runtime when it was sent */
	void (*limit_over)(struct track_run *t);
	gboolean may_be_slow; /* a timeout is counted and not judged */
	struct extent place;  /* memory of a DIMM that is being unplugged; size 0: unknown */
};

/* track.c: the present step of T has ended. WHY is a message. */
void track_stepped(struct track_run *t, const char *outcome, const char *why);

/*
 * limit.c: REQUEST was sent for the step of T. If no answer comes within the step's timeout, in
 * guest runtime, the request is cancelled and OVER must end the step. An answer calls limit_stop().
 */
void limit_start(struct track_run *t, guint32 request, void (*over)(struct track_run *t));
void limit_stop(struct track_run *t);

/* step.c */
void step_run(struct track_run *t);   /* begins t->step on the device t->id */
void step_reset(struct track_run *t); /* the guest was reset while T is in a step */

#endif
