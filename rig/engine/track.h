/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by track.c, which executes the steps in order, and step.c, which implements
 * them.
 */
#ifndef RIG_ENGINE_TRACK_H
#define RIG_ENGINE_TRACK_H

#include "engine/session.h"

/*
 * A copy of a track while it is executed. A track is a list of steps, a lap one pass through them;
 * a copy is one of several parallel executions of the same track.
 */
struct track_run {
	struct session *s;
	guint number;	/* number of the copy in the timeline */
	GPtrArray *ops; /* operations of the current pass through the track; or NULL */
	guint lap;	/* number of the next lap (pass through the track's steps) */
	guint next;	/* index of the next operation in ops */
	gboolean did;	/* a step of this pass through the track was executed, not skipped */
	gboolean in_step; /* a step is being executed */
	/* the copy of the track waits for the end of an operation of another copy */
	gboolean waits;
	gboolean over;	/* the copy of the track starts no further step */
	guint source;
	const struct operation *op; /* the current or last operation */
	const struct step *step;    /* the step of op */
	const char *id;		    /* id of the step's device, with the copy's suffix; or "" */
	struct device *device;
	gint64 began_ns;
	/* QEMU has done its part; the step waits for an answer from the guest */
	gboolean asks_guest;
	guint limit;		/* timer source of the time limit of the request to the guest */
	guint32 request;	/* number of the request to the guest */
	double began_runtime_s; /* guest runtime when the operation began */
	double asked_runtime_s; /* guest runtime when the request was sent */
	gint64 asked_ns;	/* when the request was sent */
	void (*limit_over)(struct track_run *t);
	gboolean may_be_slow; /* a timeout of the step is counted, but not judged */
	struct extent place;  /* memory of the DIMM that is being unplugged; size 0 if unknown */
};

/* Must be called when the current step of T has ended (track.c). WHY is a text for the journal. */
void track_stepped(struct track_run *t, const char *outcome, const char *why);

/*
 * limit.c: starts a time limit for REQUEST, which was sent for the step of T. After the step's
 * timeout, in guest runtime, the request is cancelled and OVER is called, which must end the step.
 * When an answer arrives, limit_stop() must be called.
 */
void limit_start(struct track_run *t, guint32 request, void (*over)(struct track_run *t));
void limit_stop(struct track_run *t);
/*
 * Returns TRUE if a request must be sent again: the guest gave it up after the step's timeout by
 * its own clock, but the host has not run the guest for all of that time.
 */
gboolean limit_leaves_time(const struct track_run *t);

/* step.c */
void step_run(struct track_run *t);   /* starts t->step on the device t->id */
void step_reset(struct track_run *t); /* handles a reset of the guest while T executes a step */
/* Returns the time (rig_now_ns()) at which the step's timeout expires, if it begins now. */
gint64 step_deadline(const struct track_run *t);
/*
 * Returns TRUE if the timeout of the step may be the host's fault: the host ran the guest for less
 * time than the timeout, or for less than STARVED_PERCENT of the wall time. In the second case the
 * agents, which work at a rate per second of wall time, may have left too little time for the step.
 */
gboolean step_was_starved(const struct track_run *t);
/*
 * Must be called when the step has reached its timeout. Returns TRUE if this is the guest's fault;
 * otherwise the timeout is counted for starved_json().
 */
gboolean step_timeout_is_fault(struct track_run *t);

/* plug.c */
void step_plug(struct track_run *t);
void step_unplug(struct track_run *t);
/*
 * Called when the guest was reset. Drops the request to the guest about a device, because the guest
 * will not answer it. The outcome of the step then only depends on QEMU's reply.
 */
void step_plug_reset(struct track_run *t);

#endif
