/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a session, each with the file that changes it; the others read. Times in _ns are on
 * the monotonic clock, in _runtime_s guest runtime (runtime.h). Private to engine/.
 */
#ifndef RIG_ENGINE_PARTS_H
#define RIG_ENGINE_PARTS_H

#include "engine/engine.h"
#include "guest/guest.h"
#include "splat/known.h"
#include "tap/tap.h"
#include "util/clock.h"
#include "verdict/facts.h"
#include "vm/vm.h"

struct session;

/* session.c: events that wait for the table, and the state's deadline. */
struct event_queue {
	gboolean stepping; /* session_event() is running: events queue up */
	GQueue events;	   /* of enum event */
	guint timer;	   /* source of the deadline, or 0 */
	double limit_s;	   /* in guest runtime; 0: the deadline is in wall time */
	double from_runtime_s; /* guest runtime when the limit began */
	gint64 from_ns;
};

/* session.c, table.c, dispatch.c (hello): when the run reached each point; 0: not yet. */
struct run_times {
	gint64 started_ns, hello_ns, hammer_ns;
	gint64 hammer_end_ns; /* when STATE_HAMMER is to end */
	gint64 hammered_ns;   /* the length of STATE_HAMMER and STATE_DRAIN */
	double hammer_runtime_s, hammered_runtime_s; /* guest runtime at its beginning; its
						      * length */
};

/* session.c: the status line. */
struct live_status {
	engine_progress progress; /* or NULL */
	void *data;
	guint source;
	gint64 shown_ns;
};

/* dispatch.c: how QEMU ended. */
struct vm_end {
	char *why;
	gboolean well; /* the guest powered off, and QEMU reported no error */
};

/* dispatch.c: what the guest's init reported at its last start. */
struct hello {
	char *release;
	GHashTable *offers; /* agent name -> "ok" or what it lacks */
	gint64 block_size;  /* size of a memory block in bytes */
	gboolean has_lockdep;
	char *no_frame; /* data before hello that did not form a frame; or NULL */
};

/* agents.c; dispatch.c, watch.c and step.c reset last_ns when no heartbeat can be expected. */
struct heartbeats {
	gint64 last_ns;
	double guest_s; /* the guest's uptime then */
};

/* dispatch.c: the console; reconnect.c: its lost parts. */
struct console {
	struct scanner *scanner;
	gint64 said_ns;	    /* when it last printed something */
	guint gaps;	    /* number of lost parts that the kernel's log has not filled */
	gint64 heard_us;    /* the guest's time stamp before the last of them */
	gboolean log_waits; /* the log must be read once the guest responds again */
};

/* dispatch.c: reports of the kernel; explain.c adds the hang's. */
struct reports {
	struct known *known; /* known issues, or NULL */
	GPtrArray *list;     /* of struct splat */
	GHashTable *told;    /* first bytes of reports that were counted before their end -> their
			      * sentences */
	guint failing;	     /* number of those that determine the verdict */
	gboolean hang_kind;  /* one of them is a hang's */
	double first_s;	     /* guest time of the first failing one; -1: none */
	json_t *hang;	     /* the explanation (rig/hang), or NULL */
};

/* A device the host has added. */
struct device {
	char *id;
	enum step_device kind;
	guint64 size;
	gboolean there;		 /* QEMU has it */
	gboolean busy;		 /* an operation on it is in flight */
	gboolean unsure;	 /* an unplug timed out: it may still be deleted at any time */
	gint64 changed_ns;	 /* when the last plug or unplug ended; 0: never */
	struct session *session; /* for the callbacks of the teardown */
};

/* Guest physical memory. */
struct extent {
	guint64 start, size;
};

/* track.c, step.c: the host's operations. */
struct host_side {
	GHashTable *devices; /* id -> struct device */
	GPtrArray *tracks;   /* of struct track_run */
	GHashTable *ended;   /* ids of ended operations that others wait for: a set */
	json_t *outcomes;    /* {"plug": {"ok": 3}}: session_count() */
	GHashTable *expected; /* indices of expected outcomes whose step was executed: a set */
	guint reset_waits;   /* a reset step waits for hello */
	gboolean vanished;   /* an operation found that QEMU has ended: begin no further step */
	gboolean paused;     /* a pause step has stopped the CPUs */
};

/* teardown.c */
struct teardown {
	double from_runtime_s; /* guest runtime when it began */
	gboolean timed_out;    /* an operation of the last round has timed out */
	guint ops; /* operations in flight */
	guint round;
};

/* An agent in the guest, with data from heartbeats and final counts. */
struct agent_run {
	struct session *s;
	guint id;
	int pid; /* its process in the guest; 0: not reported */
	const struct agent *agent;
	guint64 seed;
	const char *skip; /* the timeline's, or NULL */
	guint64 ops, failed, busy_ms;
	guint64 shown_ops; /* `ops` at the last status line */
	char *not_started; /* why, if it is optional and the kernel lacks something; else NULL */
	char *now;
	json_t *results; /* from COUNTS: {"op": {"ok": n}} */
	GString *output; /* output of its program (output.c), or NULL */
	struct tap *tap; /* the same, parsed at the end of the run (output.c); or NULL */
};

/* agents.c */
struct agents {
	GPtrArray *list;       /* of struct agent_run */
	guint starts;	       /* START requests without an answer */
	guint stops;	       /* number of STOPs that found a stuck agent */
	double stop_runtime_s; /* watch_guest_runtime() at the first STOP */
	gint64 counted_ns;     /* when their counters were last journalled */
};

/* holds.c */
struct holds {
	struct director *director; /* or NULL: no holds */
	char *orders_file;
	gboolean armed, paused;
	GArray *waits;	  /* of arms; NULL: there is no sweep */
	gint64 failed_ns; /* when what ended the load began; 0: nothing did */
};

/* locks.c: the lock orders of the boot. */
enum { N_LOCK_TEXTS = 2 };
struct session_locks {
	char *text[N_LOCK_TEXTS]; /* /proc/lockdep and /proc/lockdep_chains; NULL: not sent */
	guint open;		  /* requests without an answer */
	guint timer;
	gint64 asked_ns;	  /* 0: not asked */
	double asked_s, heard_s;  /* watch_guest_runtime() at that time, and at the last
				   * heartbeat */
	gint64 heard_ns;	  /* the last heartbeat */
	void (*done)(struct session *s); /* or NULL */
};

/* judge.c; table.c keeps the accounts. */
struct judged {
	struct guest_account *before, *after; /* NULL: not known */
	struct facts *facts;		      /* input of the verdict */
	enum verdict verdict;		      /* set by judge_settle() */
};

#endif
