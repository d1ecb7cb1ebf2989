/* SPDX-License-Identifier: GPL-2.0-only */
/* What the engine's files share: the session of one run. Private to engine/. */
#ifndef RIG_ENGINE_SESSION_H
#define RIG_ENGINE_SESSION_H

#include "engine/parts.h"

/* The state of a run, in their usual order. */
enum state {
	STATE_BOOT, /* QEMU runs, no hello yet */
	/* the guest reads its memory accounts, before the first device is plugged */
	STATE_BASELINE,
	STATE_START,	  /* the agents are being started */
	STATE_HAMMER,	  /* agents and tracks run until the duration is over */
	STATE_DRAIN,	  /* tracks finish their present step */
	STATE_STOP,	  /* agents end */
	STATE_TEARDOWN,	  /* remaining devices are unplugged, offline blocks and CPUs are set
			   * online */
	STATE_ACCOUNT,	  /* the guest reads its memory accounts again */
	STATE_ORDERS,	  /* the guest sends the lock orders of the boot */
	STATE_FINISH,	  /* the guest sends its own verdict */
	STATE_POWEROFF,	  /* the guest powers off */
	STATE_REPORTED,	  /* a report is being printed: wait for its end */
	STATE_POSTMORTEM, /* the state of a stuck guest is read */
	STATE_ENDING,	  /* QEMU was asked to quit, or killed */
	STATE_DONE,	  /* QEMU has ended */
	N_STATES
};

enum event {
	EV_HELLO,  /* the guest's init is ready (again: after a reset) */
	EV_ANSWER, /* the request of this state succeeded */
	EV_BAD,	   /* the request failed, or the channel is broken */
	EV_IDLE,   /* no track is inside a step any more */
	EV_REPORT, /* a failing report has begun on the console */
	EV_STALL,  /* the watchdog: no heartbeat, or no progress */
	EV_TIMER,  /* the state's deadline */
	EV_FAULT,  /* a fault of the host: disk full, QMP broken */
	EV_ABORT,  /* a signal */
	EV_GONE,   /* QEMU has ended */
	N_EVENTS
};

const char *state_name(enum state state);
const char *event_name(enum event event);

struct session {
	const struct run_plan *plan;
	const struct scenario *scenario;
	struct run *run;
	struct vm *vm;
	struct guest *guest;
	GMainLoop *loop;
	enum state state;
	guint entry; /* number of the state's entry: the scope of its requests */

	struct event_queue queue;
	struct run_times times;
	struct live_status live;
	struct vm_end end;
	struct hello hello;
	struct heartbeats heartbeat;
	struct console console;
	struct reports reports;
	struct host_side host;
	struct teardown teardown;
	struct agents agents;
	struct holds holds;
	json_t *recorded; /* what the recorder found, for the verdict; or NULL */
	struct session_locks locks;
	struct watch *watch;	       /* watch.c */
	struct postmortem *postmortem; /* postmortem.c; NULL: there was none */
	struct judged judged;
};

/* session.c */
void session_event(struct session *s, enum event event);
/*
 * EV_ANSWER or EV_BAD for the answer to a request that the state's entry SCOPE sent (struct
 * guest_reply). An answer to an earlier entry is journalled as `late-answer` and changes nothing.
 */
void session_answer(struct session *s, guint scope, enum event event);
/* Sends EV_TIMER after NS of wall time; 0: never. */
void session_deadline(struct session *s, gint64 ns_from_now);
/*
 * Sends EV_TIMER after SECONDS of guest runtime, or four times as many of wall time. Needs
 * watch_boot().
 */
void session_limit(struct session *s, double seconds);
/* judge.c: adds an observation to the facts and to the journal. Equal texts count once. */
void session_judge(struct session *s, enum verdict verdict, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/*
 * Judges the outcome of a device operation, in steps and in the teardown. A command that QEMU
 * itself refuses is the host's fault (INFRA, EV_FAULT); what other outcomes mean depends on the
 * operation.
 */
void session_judge_vm(struct session *s, const char *what, const char *id, enum vm_outcome outcome,
		      const char *why);
/* Counts one OUTCOME of WHAT ("plug", "ok"). */
void session_count(struct session *s, const char *what, const char *outcome);
guint session_counted(const struct session *s, const char *what, const char *outcome);
/* Seconds without progress before a hang is declared; every limit scales with it. */
#define PATIENCE_S 20
gint64 session_patience(const struct session *s);

/* dispatch.c */
void dispatch_init(struct session *s);
void dispatch_deinit(struct session *s);
/* The callbacks of the VM: they turn what happens into events of the session. */
struct vm_owner dispatch_owner(struct session *s);
/*
 * To be called regularly: a report without an end counts once the console was silent for a while.
 */
void dispatch_when_quiet(struct session *s);

/* table.c: what EVENT does in STATE; returns the next state. */
enum state table_step(struct session *s, enum event event);
/* table_step() without actions, for tests: returns only the next state. */
enum state table_next(enum state state, enum event event);

/* track.c */
void tracks_init(struct session *s);
void tracks_deinit(struct session *s);
void tracks_start(struct session *s);
void tracks_stop(struct session *s); /* EV_IDLE when the last one has ended its step */
gboolean tracks_idle(struct session *s);
/* TRUE: each copy of each track has ended its first lap. */
gboolean tracks_ran_once(const struct session *s);
unsigned *tracks_laps(const struct session *s); /* number of laps begun by each copy; g_free() */
void tracks_hello(struct session *s); /* the guest is ready again after a reset step */

/* step.c */
GHashTable *devices_new(void);
#define UNPLUGGED "deleted" /* the outcome of an unplug that succeeded */
void device_event(struct session *s, const char *name, json_t *event);

/* hotplug-check.c */
/*
 * TRUE: libvirt is between the rig and QEMU and has its own list of devices, so the guest's memory
 * is compared after each step.
 */
gboolean hotplug_check_each_step(const struct session *s);
/* TRUE: memory of a device other than BUT may be at WHERE, or be added there now. */
gboolean hotplug_check_may_overlap(const struct session *s, const struct device *but,
				   const struct extent *where);
/*
 * A sentence about a block that a plugged DIMM should have and the guest does not have, or NULL.
 * NOW is the answer to a request sent at ASKED_NS: later plugs are ignored.
 */
char *hotplug_check_missing(const struct session *s, const struct guest_account *now,
			    gint64 asked_ns);

/*
 * reconnect.c: called when the connection is lost, when it is restored, and when the guest's HELLO
 * arrives, after which the guest answers requests
 */
void reconnect_lost(struct session *s);
void reconnect_done(struct session *s);
void reconnect_hello(struct session *s);

/* teardown.c */
/* "d (256M, memory blocks 32 to 33)": the devices that are still plugged, as text; the caller's. */
char *teardown_left(const struct session *s);
void teardown_start(struct session *s); /* EV_ANSWER if everything was unplugged, else EV_BAD */

/* agents.c */
void agents_init(struct session *s);
void agents_deinit(struct session *s);
gboolean agents_offered(struct session *s); /* else the verdict is SKIP, with the reason */
void agents_start(struct session *s);
void agents_stop(struct session *s);
void agents_heartbeat(struct session *s, const struct guest_heartbeat *heartbeat);
void agents_counts(struct session *s, const struct guest_counts *counts);
char *agents_rates(struct session *s, double seconds);

/* outcomes.c */
/* STEP ended: fails the run if the scenario expects another outcome of it. */
void outcomes_step(struct session *s, const struct step *step, const char *outcome,
		   const char *why);
/* The scenario expects that device ID cannot be unplugged. */
gboolean outcomes_stays(const struct session *s, const char *id);
/* At the end: fails the run if an expected outcome did not happen. */
void outcomes_judge(struct session *s);

/* output.c */
void output_add(struct session *s, guint id, const char *text, gsize len);
/* At the end of the run: keeps the outputs, and adds reports of failed tests. */
void output_judge(struct session *s);
/*
 * TRUE: by RESULT, A's script had not ended when the agents stopped, although it has a time limit.
 */
gboolean output_was_cut_off(const struct agent_run *a, const struct guest_result *result);

/* holds.c */
/* Prepares holds before the VM starts, and fills PLUGIN; the caller closes plugin->fd. */
gboolean holds_open(struct session *s, struct vm_plugin *plugin, GError **error);
void holds_close(struct session *s);
/* The state has changed: holds are armed in STATE_HAMMER. */
void holds_state(struct session *s);
/* Never blocks. */
void holds_set(struct session *s, gboolean armed);
/*
 * No operation completes: a sweep pauses until one does, because a deadlock stays and a delay does
 * not.
 */
void holds_pause(struct session *s, gboolean paused);
/*
 * What ends the load began at SINCE_NS: arms that waited then are suspects. The first call counts.
 */
void holds_failed(struct session *s, gint64 since_ns);
/*
 * Excuses a stall that holds may have caused (known_is_excuse()): it does not affect the verdict.
 */
void holds_excuse(struct session *s, struct splat *splat);
/*
 * Excuses the oops that the post-mortem's NMI causes: powerpc handles an NMI as a system reset
 * (arch/powerpc/kernel/traps.c, system_reset_exception()).
 */
void postmortem_excuse(struct session *s, struct splat *splat);
/* The counters of each hold, for the verdict; NULL without holds. */
json_t *holds_json(struct session *s);
/*
 * After holds_json(): the arms that were reached, [{"arm", "reached", "held", "met", "suspect"}];
 * `suspect`: 1 for the arm that waited nearest to the failure, …, 0 for those that did not wait
 * then. NULL: no sweep.
 */
json_t *holds_arms_json(struct session *s);

/* locks.c */
/*
 * Requests the guest's lock orders, once in a run. DONE (may be NULL) is called when they have
 * arrived or their limit has expired, or at once if there is no open request. A later call replaces
 * DONE.
 */
void locks_ask(struct session *s, void (*done)(struct session *s));
gboolean locks_open(const struct session *s); /* the guest has not answered yet */
void locks_give_up(struct session *s);	      /* stops waiting for them */
void locks_keep(struct session *s); /* writes `locks/` of the run folder */
/* Writes TEXT as a gzip file NAME.gz of `locks/`. */
void locks_keep_gz(struct session *s, const char *name, const char *text);

/* recorder.c: the locks that the plugin has recorded, as files and reports; after locks_keep(). */
void recorder_keep(struct session *s);
void locks_deinit(struct session *s);

/* watch.c */
void watch_boot(struct session *s); /* starts guest runtime */
void watch_start(struct session *s);
void watch_stop(struct session *s);
/*
 * Seconds that the host gave the guest since watch_boot(): neither stopped nor waiting for a
 * processor.
 */
double watch_guest_runtime(struct session *s);
void watch_free(struct session *s);

/* starved.c: makes the member `starved` of the verdict; NULL: the guest got enough time. */
json_t *starved_json(const struct session *s);

/* postmortem.c */
void postmortem_start(struct session *s); /* EV_ANSWER when all is collected */
void postmortem_free(struct session *s);

/*
 * explain.c: explains after a post-mortem why the guest hung; adds a report, and `hang` of the
 * verdict.
 */
void session_explain(struct session *s);

/* judge.c */
void judge_deinit(struct session *s);
void judge_accounts(struct session *s);
void judge_guest_verdict(struct session *s, const struct guest_verdict *verdict);
/* session_judge() for the verdict of a report. FALSE: it was added before. */
gboolean judge_report(struct session *s, const struct splat *splat,
		      const struct report_meaning *meaning);
/* Adds a report that does not come from the console, at the end of the run. Takes SPLAT over. */
void judge_derived(struct session *s, struct splat *splat);
/* TRUE: the scenario expects this report. */
gboolean judge_expects(const struct session *s, const struct splat *splat);
/* Completes the facts and decides the verdict. Returns the object of the file `verdict`. */
json_t *judge_settle(struct session *s);

#endif
