/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a session. Each part is modified only by the files that are named above it. Times in
 * _ns are on the monotonic clock; times in _runtime_s are guest runtime (runtime.h). Private to
 * engine/.
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

/* The events that table.c must still handle, and the state's deadline (session.c). */
struct event_queue {
	gboolean stepping;     /* session_event() is handling an event; others are queued */
	GQueue events;	       /* of enum event */
	guint timer;	       /* timer source of the deadline, or 0 */
	double limit_s;	       /* limit in guest runtime, or 0 if the deadline is in wall time */
	double from_runtime_s; /* guest runtime when the current state was entered */
	gint64 from_ns;	       /* time when the current state was entered */
};

/*
 * Times at which the run reached certain points, or 0 before that (session.c, table.c, dispatch.c).
 * In the names, "hammer" is the load: STATE_HAMMER and STATE_DRAIN.
 */
struct run_times {
	gint64 started_ns, hello_ns;
	gint64 hammer_ns;	   /* start of the load */
	gint64 hammer_end_ns;	   /* when STATE_HAMMER must end */
	gint64 hammered_ns;	   /* duration of the load */
	double hammer_runtime_s;   /* guest runtime at the start of the load */
	double hammered_runtime_s; /* duration of the load in guest runtime */
};

/* The status line (session.c). `source` is its timer, `shown_ns` the time of its last update. */
struct live_status {
	engine_progress progress; /* the callback of engine_run(), or NULL */
	void *data;
	guint source;
	gint64 shown_ns;
};

/*
 * How QEMU ended (dispatch.c). `why` is a text such as "guest powered off"; NULL while QEMU runs.
 */
struct vm_end {
	char *why;
	gboolean well; /* the guest powered off, and QEMU reported no error */
};

/*
 * The content of HELLO, the guest's first message after each boot (dispatch.c). `release` is the
 * version of its kernel; NULL before the first HELLO.
 */
struct hello {
	char *release;
	GHashTable *offers; /* agent name -> "ok", or what the kernel lacks for it */
	gint64 block_size;  /* size of a memory block in bytes */
	gboolean has_lockdep;
	char *no_frame; /* what was wrong with data before HELLO that was not a frame, or NULL */
};

/* The last heartbeat (agents.c). */
struct heartbeats {
	/*
	 * time of the last heartbeat; dispatch.c, watch.c and step.c set it to the current time
	 * while no heartbeat can arrive
	 */
	gint64 last_ns;
	double guest_s; /* the guest's uptime at the last heartbeat */
};

/* The console (dispatch.c), and the parts of its output that were lost (reconnect.c). */
struct console {
	struct scanner *scanner;
	gint64 said_ns;	 /* when the console last printed something */
	guint64 bytes;	 /* the size of the console's log */
	guint64 hung_at; /* value of `bytes` when the post-mortem began */
	guint gaps;	 /* number of lost parts that were not restored from the kernel's log */
	gint64 heard_us; /* time stamp (µs) of the last line before the last lost part */
	gboolean log_waits; /* the kernel's log must be read as soon as the guest responds again */
};

/*
 * The run's reports: those on the console (dispatch.c), those made from the guest's accounts and
 * answers (judge.c), and the explanation of a hang (explain.c). inputs.c loads the known issues.
 */
struct reports {
	struct known *known; /* known issues, or NULL */
	GPtrArray *list;     /* of struct splat */
	/*
	 * The reports that were counted. Maps the position of a report's first byte in the console
	 * to the report's sentence in the verdict.
	 */
	GHashTable *told;
	guint failing;	    /* number of reports that determine the verdict */
	gboolean hang_kind; /* at least one report is about a hang */
	/* the guest's uptime at the first report that determines the verdict, or -1 */
	double first_s;
	json_t *hang; /* the explanation (rig/hang), or NULL */
};

/* A device that the host has added. */
struct device {
	char *id;
	enum step_device kind;
	guint64 size;
	guint64 serial;	  /* serial number of a CXL device */
	gboolean at_boot; /* the guest booted with it, so it stays until the end */
	/* its memory is a file on the file system of the run folder, which may become full */
	gboolean in_folder;
	gboolean there;	  /* QEMU has the device */
	gboolean busy;	  /* an operation on the device is in progress */
	/*
	 * The guest did not accept the device after a call was made to fail (`fail`), which may be
	 * the reason. If the device then cannot be unplugged, this does not fail the run.
	 */
	gboolean refused;
	/*
	 * It is not known whether the guest has the device: a plug or an unplug timed out, so the
	 * guest may still finish it, or a call that was made to fail may have affected the plug.
	 */
	gboolean unsure;
	gint64 changed_ns;	 /* when the last plug or unplug ended, or 0 before the first one */
	struct session *session; /* used by the callbacks of the teardown */
};

/* Guest physical memory. */
struct extent {
	guint64 start, size;
};

/*
 * The host's operations (track.c, step.c, plug.c, teardown.c). `outcomes` is modified by session.c,
 * and `expected` by outcomes.c.
 */
struct host_side {
	GHashTable *devices; /* id -> struct device */
	GPtrArray *tracks;   /* of struct track_run */
	GHashTable *ended;   /* set of the ids of ended operations that other operations wait for */
	json_t *outcomes;    /* counters {"plug": {"ok": 3}}, see session_count() */
	/* set of the indices (in `expect.outcomes`) of expected outcomes whose step was executed */
	GHashTable *expected;
	guint starved_timeouts; /* steps whose timeout was not judged: step_timeout_is_fault() */
	guint64 cxl_plugs; /* number of CXL devices that were plugged since the boot */
	guint reset_waits; /* TRUE while a `reset` step waits for the guest's HELLO */
	gboolean ran_once; /* each track executed all its steps under load (tracks_stop()) */
	gboolean vanished; /* an operation has found that QEMU has ended; no step is started */
	gboolean paused;   /* a `pause` step has stopped the guest's CPUs */
};

/* State of the teardown (teardown.c). */
struct teardown {
	double from_runtime_s; /* guest runtime at the start of the teardown */
	gboolean timed_out;    /* an operation of the current round has timed out */
	guint ops;	       /* number of operations in progress */
	guint round;	       /* number of rounds begun; each tries to unplug every device */
};

/* An agent in the guest, with data from heartbeats and final counts (agents.c). */
struct agent_run {
	struct session *s;
	guint id;
	int pid; /* its process in the guest, or 0 if the guest has not reported it */
	const struct agent *agent;
	guint64 seed;
	const char *skip; /* turns (repetitions of its operation) that the agent skips; or NULL */
	/*
	 * from the last heartbeat: numbers of operations and of unexpected results, and for how
	 * long the current operation has been in progress (0 if none is)
	 */
	guint64 ops, failed, busy_ms;
	guint64 shown_ops; /* value of `ops` at the last update of the status line */
	guint64 excused;   /* number of results that failed calls explain (fails.c) */
	char *not_started; /* why this optional agent was left out, or NULL */
	char *now;	   /* its operation in progress at the last heartbeat, or NULL */
	json_t *results;   /* from the message COUNTS: {"op": {"ok": n}}, or NULL */
	GString *output;   /* output of its program (output.c), or NULL */
	struct tap *tap;   /* the parsed output (output.c), made at the end of the run; or NULL */
};

/* The running agents (agents.c). */
struct agents {
	GPtrArray *list;       /* of struct agent_run */
	guint starts;	       /* number of START requests without an answer */
	guint stops;	       /* number of STOP requests after which an agent had not ended */
	double stop_runtime_s; /* watch_guest_runtime() at the first STOP */
	gint64 counted_ns;     /* when the agents' counters were last written to the journal */
};

/*
 * The holds (holds.c): places at which the director's plugin makes vCPUs wait. A sweep is a run
 * that tries many holds, called arms, a few at a time. `orders_file` is the path of the plugin's
 * instruction file. `armed`: vCPUs wait at holds now, unless `paused` is TRUE (holds_pause()).
 */
struct holds {
	struct director *director; /* NULL if the run has no plugin */
	char *orders_file;
	gboolean armed, paused;
	GArray *waits; /* struct arm_wait: waits at holds of a sweep; NULL if there is no sweep */
	gint64 failed_ns; /* when the failure that ended the load began, or 0 if there was none */
};

/* One call of a kernel function that the plugin made return an error. */
struct failure {
	guint fail; /* index of the `fail` entry in the scenario */
	gint64 at_ns;
};

/* The calls of kernel functions that returned an error because of `fail` (fails.c). */
struct fails {
	GArray *happened;    /* array of struct failure, oldest first */
	GHashTable *tallies; /* kind of operation -> struct fail_tally */
};

/* The lock orders of the boot (locks.c). */
enum { N_LOCK_TEXTS = 2 };
struct session_locks {
	char *text[N_LOCK_TEXTS]; /* /proc/lockdep, /proc/lockdep_chains; NULL until received */
	guint32 request[N_LOCK_TEXTS];
	gboolean received[N_LOCK_TEXTS]; /* the request was answered, perhaps with an error */
	char *note;			 /* what is missing or truncated, and why; or NULL */
	guint open;			 /* number of requests without an answer */
	guint timer;
	gint64 asked_ns; /* when the lock orders were requested, or 0 */
	/* watch_guest_runtime() at the request, and at the last heartbeat */
	double asked_s, heard_s;
	gint64 heard_ns; /* when the last heartbeat arrived */
	/* called when the orders were received or the time limit has expired; or NULL */
	void (*done)(struct session *s);
};

/* Data for the verdict (judge.c; table.c for the accounts). */
struct judged {
	/* memory accounts before and after the load; NULL until received */
	struct guest_account *before, *after;
	struct facts *facts;  /* input of the verdict */
	enum verdict verdict; /* set by judge_finish() */
};

#endif
