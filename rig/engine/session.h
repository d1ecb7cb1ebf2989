/* SPDX-License-Identifier: GPL-2.0-only */
/* Declares the session of one run, which the engine's files share. Private to engine/. */
#ifndef RIG_ENGINE_SESSION_H
#define RIG_ENGINE_SESSION_H

#include "cover/coverage.h"
#include "engine/parts.h"

/* The states of a run, in their usual order. */
enum state {
	STATE_BOOT,	/* QEMU runs, but the guest has not sent HELLO yet */
	STATE_BASELINE, /* the guest reads its memory accounts, before the first plug */
	STATE_START,	/* the agents are being started */
	STATE_HAMMER,	/* agents and tracks run until the duration is over */
	STATE_DRAIN,	/* tracks finish their current step */
	STATE_STOP,	/* the agents are being stopped */
	/* remaining devices are unplugged, and offline blocks and CPUs are set online */
	STATE_TEARDOWN,
	STATE_ACCOUNT,	  /* the guest reads its memory accounts again */
	STATE_ORDERS,	  /* the guest sends the lock orders of the boot */
	STATE_FINISH,	  /* the guest sends its own verdict */
	STATE_POWEROFF,	  /* the guest powers off */
	STATE_REPORTED,	  /* a report is being printed; the rig waits for its end */
	STATE_POSTMORTEM, /* the state of a stuck guest is being collected */
	STATE_ENDING,	  /* QEMU was asked to quit, or killed */
	STATE_DONE,	  /* QEMU has ended */
	N_STATES
};

enum event {
	EV_HELLO,  /* the guest's init is ready (also after a reset) */
	EV_ANSWER, /* the request of the current state succeeded */
	EV_BAD,	   /* the request of the current state failed, or the channel is broken */
	EV_IDLE,   /* no track executes a step any more */
	EV_REPORT, /* a report that determines the verdict has begun on the console */
	EV_STALL,  /* the watchdog has declared a hang: no heartbeat, or no progress */
	EV_TIMER,  /* the state's deadline has expired */
	EV_FAULT,  /* a fault of the host: disk full, QMP broken */
	EV_ABORT,  /* a signal that ends the run, such as SIGINT */
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
	/*
	 * Number of state changes so far. It is stored with each request (guest_set_scope()), so
	 * that session_answer() recognises the answer to a request of an earlier state.
	 */
	guint entry;

	gboolean interrupted;	 /* a signal has ended the run before QEMU was started */
	struct sparse_stop stop; /* stops the copying of a file once `interrupted` is set */
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
	struct fails fails;
	json_t *coverage; /* the sums of the coverage, for the verdict; or NULL */
	json_t *recorded; /* the result of the lock recorder, for the verdict; or NULL */
	struct session_locks locks;
	struct watch *watch;	       /* the watchdog (watch.c) */
	struct postmortem *postmortem; /* postmortem.c; NULL before it begins */
	struct judged judged;
};

/* session.c */
/*
 * Handles EVENT by the table (table.c). If another event is being handled, EVENT is queued until
 * that is done.
 */
void session_event(struct session *s, enum event event);
/*
 * Sends EV_ANSWER or EV_BAD for the answer to a request that was sent when s->entry was SCOPE
 * (struct guest_reply). If the state has changed since, the answer is only written to the journal
 * as `late-answer`.
 */
void session_answer(struct session *s, guint scope, enum event event);
/* Sends EV_TIMER after NS_FROM_NOW of wall time, or never if it is 0. */
void session_deadline(struct session *s, gint64 ns_from_now);
/*
 * Sends EV_TIMER after SECONDS of guest runtime, or earlier, after four times as many seconds of
 * wall time. watch_boot() must have been called.
 */
void session_limit(struct session *s, double seconds);
/*
 * judge.c: adds a reason to the facts for the verdict and to the journal, unless the same text was
 * added before.
 */
void session_judge(struct session *s, enum verdict verdict, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/* Like session_judge(), but with a reason of KIND; session_judge() adds reasons of REASON_OTHER. */
void session_judge_as(struct session *s, enum reason_kind kind, enum verdict verdict,
		      const char *format, ...) G_GNUC_PRINTF(4, 5);
/*
 * Judges a device operation (WHAT, "plug") of a step or of the teardown if QEMU itself refused the
 * command (OUTCOME is VM_FAILED): this is a fault of the host (INFRA, EV_FAULT). Ignores every
 * other outcome, which the caller judges.
 */
void session_judge_vm(struct session *s, const char *what, const char *id, enum vm_outcome outcome,
		      const char *why);
/* Increments the counter for the OUTCOME ("ok") of WHAT ("plug"). */
void session_count(struct session *s, const char *what, const char *outcome);
/* Returns the counter of session_count(). */
guint session_counted(const struct session *s, const char *what, const char *outcome);
/*
 * The default patience. The patience is the number of seconds without progress after which a hang
 * is declared; every time limit scales with it.
 */
#define PATIENCE_S 20
gint64 session_patience(const struct session *s);

/* dispatch.c */
void dispatch_init(struct session *s);
void dispatch_deinit(struct session *s);
/* Returns the callbacks of the VM, which send events to the session. */
struct vm_owner dispatch_owner(struct session *s);
/*
 * Must be called regularly: counts a report whose end has not been printed, when the console has
 * been silent for a while.
 */
void dispatch_when_quiet(struct session *s);

/* Handles EVENT in STATE: executes the action and returns the next state (table.c). */
enum state table_step(struct session *s, enum event event);
/* Returns the state that follows STATE after EVENT, and executes no action; for tests. */
enum state table_next(enum state state, enum event event);

/* track.c */
void tracks_init(struct session *s);
void tracks_deinit(struct session *s);
void tracks_start(struct session *s);
/*
 * Starts no more steps. Sends EV_IDLE when each copy (one of the parallel executions of a track)
 * has ended its current step.
 */
void tracks_stop(struct session *s);
/* Returns TRUE if no copy executes a step. */
gboolean tracks_idle(struct session *s);
/* Returns TRUE if each copy of each track has ended its first lap (pass through the steps). */
gboolean tracks_ran_once(const struct session *s);
/* Returns how many laps each copy of a track has begun. Free it with g_free(). */
unsigned *tracks_laps(const struct session *s);
void tracks_hello(struct session *s); /* called when the guest is ready after a reset step */

/* step.c */
GHashTable *devices_new(void);
#define UNPLUGGED "deleted" /* the outcome of a successful unplug */
/* Handles a QMP event: a device may be deleted after its unplug has timed out. */
void device_event(struct session *s, const char *name, json_t *event);

/* hotplug-check.c */
/*
 * Returns TRUE if the guest's memory must be compared with the host's devices after each step. This
 * is needed if libvirt is between the rig and QEMU, because libvirt's list of devices may be wrong.
 */
gboolean hotplug_check_each_step(const struct session *s);
/*
 * Returns TRUE if a device other than BUT has, or may have, memory in the range WHERE. Any device
 * may have memory there while an operation on it is in progress, or after one that has timed out.
 */
gboolean hotplug_check_may_overlap(const struct session *s, const struct device *but,
				   const struct extent *where);
/*
 * Returns a sentence about a plugged DIMM of which the guest lacks a memory block, or NULL if there
 * is none. NOW is the guest's answer to a request that was sent at ASKED_NS; DIMMs that were
 * plugged after that are ignored.
 */
char *hotplug_check_missing(const struct session *s, const struct guest_account *now,
			    gint64 asked_ns);

/*
 * reconnect.c: called when the connection to the guest is lost, when it is restored, and when the
 * guest's next HELLO arrives, after which the guest answers requests again.
 */
void reconnect_lost(struct session *s);
void reconnect_done(struct session *s);
void reconnect_hello(struct session *s);

/*
 * plug.c: returns the devices with which the guest boots, in the order of their serial numbers: an
 * array of struct vm_memory, which the caller owns. Their ids belong to SCENARIO.
 */
GArray *plug_at_boot(const struct scenario *scenario);
/*
 * Returns the files with the contents of NVDIMMs as an array of struct vm_image, which the caller
 * owns. The strings in it belong to SCENARIO.
 */
GArray *plug_images(const struct scenario *scenario);

/* room.c: judges whether QEMU ended with SIGBUS because the run folder's file system was full. */
void room_judge(struct session *s);

/* teardown.c */
/*
 * Returns the devices that are still plugged, as a text such as "d (256M, memory blocks 32 to 33)".
 * The caller owns it.
 */
char *teardown_left(const struct session *s);
/* Starts the teardown. It sends EV_ANSWER if everything was unplugged, otherwise EV_BAD. */
void teardown_start(struct session *s);

/* agents.c */
void agents_init(struct session *s);
void agents_deinit(struct session *s);
/*
 * Returns TRUE if the kernel supports all required agents. Otherwise the verdict is SKIP, with the
 * reason.
 */
gboolean agents_offered(struct session *s);
/*
 * Starts the agents. In STATE_START, sends EV_ANSWER when all have started; after a reset of the
 * guest it does not. Sends EV_BAD if an agent that is not optional does not start.
 */
void agents_start(struct session *s);
/* Stops the agents, and then sends EV_ANSWER, or EV_BAD if one has not ended in time. */
void agents_stop(struct session *s);
/* Stores the agents' counts of a heartbeat. */
void agents_heartbeat(struct session *s, const struct guest_heartbeat *heartbeat);
/* Stores the results of an agent that has ended, and judges illegal ones. */
void agents_counts(struct session *s, const struct guest_counts *counts);
/*
 * Returns the rates of the agents during the last SECONDS, summed over agents of the same name:
 * "block-state 1200/s, slab-read 310/s". The caller owns the text.
 */
char *agents_rates(struct session *s, double seconds);

/* outcomes.c */
/* Called when STEP has ended. Fails the run if the scenario expects another outcome. */
void outcomes_step(struct session *s, const struct step *step, const char *outcome,
		   const char *why);
/* Returns TRUE if the scenario expects that STEP ends with RESULT. */
gboolean outcomes_expects(const struct session *s, const struct step *step, const char *result);
/* Returns TRUE if the scenario expects that the unplug of device ID is refused. */
gboolean outcomes_may_stay(const struct session *s, const char *id);
/* Called at the end of the run. Fails the run if an expected outcome did not happen. */
void outcomes_judge(struct session *s);

/* output.c */
/* Appends a part of the output of the agent ID. */
void output_add(struct session *s, guint id, const char *text, gsize len);
/* Called at the end of the run. Stores the outputs, and adds a report for each failed test. */
void output_judge(struct session *s);
/*
 * Returns TRUE if RESULT shows that the script of A was stopped because the agents were stopped,
 * and not by its own time limit.
 */
gboolean output_was_cut_off(const struct agent_run *a, const struct guest_result *result);

/* holds.c */
/* Prepares the holds before the VM starts, and fills PLUGIN; the caller closes plugin->fd. */
gboolean holds_open(struct session *s, struct vm_plugin *plugin, GError **error);
void holds_close(struct session *s);
/* Called when the state has changed. vCPUs wait at holds only in STATE_HAMMER, under load. */
void holds_state(struct session *s);
/* Makes vCPUs wait at holds if ARMED is TRUE, otherwise not; does not wait for the plugin. */
void holds_set(struct session *s, gboolean armed);
/*
 * Pauses a sweep, which tries many holds, if PAUSED is TRUE, or continues it. The watchdog pauses
 * it while no operation completes: if the sweep's delays are the reason, operations complete again,
 * but not in a deadlock.
 */
void holds_pause(struct session *s, gboolean paused);
/*
 * Of all vCPUs, finds the one that holds kept waiting the longest since SINCE_NS. Returns for how
 * many seconds it was held.
 */
double holds_kept_s(const struct session *s, gint64 since_ns);
/*
 * Stores that the failure which ends the load began at SINCE_NS. The arms (holds of a sweep) where
 * vCPUs waited at about that time are suspects. Only the first call in a run has an effect.
 */
void holds_failed(struct session *s, gint64 since_ns);
/*
 * Marks the stall report SPLAT as excused if holds may have caused it (known_is_excuse()), so that
 * it does not affect the verdict.
 */
void holds_excuse(struct session *s, struct splat *splat);
/*
 * Marks SPLAT as excused if it is the oops that the post-mortem's NMI causes: powerpc handles an
 * NMI as a system reset (arch/powerpc/kernel/traps.c, system_reset_exception()).
 */
void postmortem_excuse(struct session *s, struct splat *splat);
/* Returns the counters of each hold, for the verdict, or NULL if there are no holds. */
json_t *holds_json(struct session *s);
/*
 * Returns the arms (holds of a sweep) that were reached, [{"arm", "reached", "held", "met",
 * "suspect", "last_ms"}], or NULL if there is no sweep. `suspect` is 1 for the arm whose wait was
 * nearest to the failure, 2 for the next one, and so on, or 0 if no vCPU waited there then.
 * `last_ms` is the end of the arm's last wait, in ms since the run began. Call holds_json() first.
 */
json_t *holds_arms_json(struct session *s);

/* fails.c */
void fails_init(struct session *s);
void fails_deinit(struct session *s);
/* Called by the director when a call was made to fail. DATA is the session. */
void fails_happened(const struct director_failed *failed, void *data);
/*
 * Counts all operations so far as made before the last failed call. So only later operations show
 * whether the kernel has recovered.
 */
void fails_forget_later(struct session *s);
/* Starts to count the calls of those `fail` entries whose `after` is STEP. */
void fails_begin(struct session *s, const struct step *step);
/*
 * Returns TRUE if a call was made to fail after SINCE_NS. This may be the reason if an operation
 * that began at SINCE_NS did not work. Never blocks.
 */
gboolean fails_since(struct session *s, gint64 since_ns);
/* Returns TRUE if at least COUNT calls were made to fail with the errno ERROR. */
gboolean fails_explain(struct session *s, const char *error, guint64 count);
/* Marks the illegal RESULT of agent A as caused by a call that was made to fail. */
void fails_excuse(struct agent_run *a, const struct guest_result *result);
/*
 * Returns TRUE if REASON, a reason of the guest's verdict, is only about results that
 * fails_excuse() has marked.
 */
gboolean fails_excuse_verdict(struct session *s, const struct guest_reason *reason);
/* Must be called when STEP, which began at BEGAN_NS, has ended; see track_stepped(). */
void fails_stepped(struct session *s, const struct step *step, gint64 began_ns,
		   const char *outcome, const char *why);
/*
 * Adds a reason to the verdict for each kind of operation that succeeded before the failed calls
 * but not after them. Called at the end of a run.
 */
void fails_judge(struct session *s);
/*
 * Returns the calls for the verdict: {"calls": [{"fail", "calls", "failed"}], "later"}, or NULL if
 * no call was to fail.
 */
json_t *fails_json(struct session *s);

/* locks.c */
/*
 * Requests the guest's lock orders, unless this was done before in this run. DONE (may be NULL) is
 * called when they have arrived or the time limit has expired, or at once if no request is open. A
 * later call replaces DONE.
 */
void locks_ask(struct session *s, void (*done)(struct session *s));
gboolean locks_open(const struct session *s); /* returns TRUE if a request has no answer yet */
void locks_give_up(struct session *s);	      /* stops waiting for the answers */
void locks_keep(struct session *s);	      /* writes `locks/` into the run folder */
/* Returns {"note": …} if something is missing or truncated, otherwise NULL. */
json_t *locks_note_json(const struct session *s);
/* Writes TEXT as a gzip file NAME.gz of `locks/`. */
void locks_keep_gz(struct session *s, const char *name, const char *text);

/* cover.c */
/* Begins a phase (enum coverage_phase) of the coverage, if it is recorded. */
void cover_phase(struct session *s, guint phase);
/* Writes the coverage as files. Must be called after QEMU has ended. */
void cover_keep(struct session *s);

/*
 * Writes the plugin's record of locks to files in the run folder, and adds a report to the run for
 * each cycle in the record (recorder.c). Must be called after locks_keep().
 */
void recorder_keep(struct session *s);
void locks_deinit(struct session *s);

/* watch.c */
void watch_boot(struct session *s);  /* starts to count guest runtime */
void watch_start(struct session *s); /* begins to check for progress several times a second */
void watch_stop(struct session *s);
/*
 * Returns the guest runtime in seconds since watch_boot(), without the time in which QEMU was
 * stopped or waited for a processor.
 */
double watch_guest_runtime(struct session *s);
void watch_free(struct session *s);

/*
 * A guest whose runtime was less than this share of the wall time was starved: a timeout of a step
 * is then not judged, and the verdict has a remark.
 */
#define STARVED_PERCENT 50
/*
 * Returns the member `starved` of the file `verdict`, or NULL if the guest was not starved
 * (starved.c).
 */
json_t *starved_json(const struct session *s);

/* postmortem.c */
void postmortem_start(struct session *s); /* sends EV_ANSWER when all is collected */
void postmortem_free(struct session *s);

/*
 * explain.c: explains, after a post-mortem, why the guest hung. Adds a report, and the member
 * `hang` of the file `verdict`.
 */
void session_explain(struct session *s);

/* ---- inputs.c ---- */

/* Copies the input files into the run folder, because a replay needs them unchanged. */
gboolean session_keep_inputs(struct session *s, GError **error);
/*
 * Stores the timeline: the laps (passes through a track) that are listed explicitly, and all other
 * laps that have begun.
 */
gboolean session_keep_timeline(struct session *s, GError **error);

/* judge.c */
void judge_deinit(struct session *s);
/*
 * Compares the sizes of the memory before and after the load. The verdict is FAIL if the guest has
 * not sent them. It is also FAIL if they differ, unless the scenario sets `accounts` to false.
 */
void judge_accounts(struct session *s);
void judge_guest_verdict(struct session *s, const struct guest_verdict *verdict);
/*
 * Adds MEANING, the verdict and reason that follow from the report SPLAT, to the facts and to the
 * journal. Returns FALSE if it was added before.
 */
gboolean judge_report(struct session *s, const struct splat *splat,
		      const struct report_meaning *meaning);
/*
 * Adds a report that does not come from the console. Takes ownership of SPLAT. Called at the end of
 * the run.
 */
void judge_derived(struct session *s, struct splat *splat);
/* Returns TRUE if the scenario expects this report. */
gboolean judge_expects(const struct session *s, const struct splat *splat);
/* Completes the facts and decides the verdict. Returns the object of the file `verdict`. */
json_t *judge_finish(struct session *s);

#endif
