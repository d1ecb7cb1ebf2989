// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a run as a table with a cell for each pair of state and event: the next state, and
 * a function that is called before, for example to add a reason to the verdict. Most cells have the
 * default of their event. enter[] has the action on entering each state.
 */
#include "engine/session.h"

#include "util/clock.h"
#include "util/paths.h"
#include "util/rng.h"

/* maximum number of bytes of the console that firmware_is_stuck() reads */
#define FIRMWARE_PRINTS_MAX (1 << 20)

static const char *const state_names[N_STATES] = {
	"boot",	   "baseline", "start",	   "hammer",	 "drain",  "stop", "clear",
	"account", "orders",   "finish",   "poweroff", "reported",  "postmortem", "ending", "done",
};

static const char *const event_names[N_EVENTS] = {
	"hello", "answer", "bad", "idle", "report", "stall", "timer", "fault", "abort", "gone",
};

const char *state_name(enum state state)
{
	return state_names[state];
}

const char *event_name(enum event event)
{
	return event_names[event];
}

/*
 * ---- judgements ----
 *
 * Each function adds a reason to the verdict. Of several reasons, the first one decides.
 */

/* Returns TRUE if the firmware has not started the kernel, so that the kernel was not tested. */
static gboolean firmware_is_stuck(const struct session *s)
{
	g_autofree char *file = g_build_filename(run_dir(s->run), "console.raw", NULL);
	g_autofree char *text = NULL;
	gsize len;

	return rig_read_file(file, FIRMWARE_PRINTS_MAX, &text, &len, NULL) &&
	       !machine_started_kernel(s->plan->machine, text, len);
}

static void judge_no_hello(struct session *s)
{
	if (firmware_is_stuck(s))
		session_judge_as(s, REASON_FIRMWARE, VERDICT_INFRA,
				 "the firmware (%s) of %s has not started the kernel within %u s",
				 s->plan->machine->boot->name, s->plan->machine->name,
				 s->scenario->boot_s);
	else
		session_judge(s, VERDICT_HANG,
			      "no hello from the guest within %u s of its start%s%s",
			      s->scenario->boot_s, s->hello.no_frame ? "; " : "",
			      s->hello.no_frame ? s->hello.no_frame : "");
}

static void judge_again(struct session *s)
{
	session_judge(s, VERDICT_FAIL, "the guest started again by itself");
}

static void judge_no_answer(struct session *s)
{
	session_judge(s, VERDICT_HANG, "the guest did not answer in state '%s'",
		      state_name(s->state));
}

static void judge_refused(struct session *s)
{
	session_judge(s, VERDICT_FAIL, "the guest answered with an error in state '%s'",
		      state_name(s->state));
}

static void judge_stuck_agents(struct session *s)
{
	session_judge(s, VERDICT_HANG, "an agent did not stop after the STOP request");
}

static void judge_drain(struct session *s)
{
	session_judge(s, VERDICT_HANG, "a step of the host did not end");
}

static void judge_leftover(struct session *s)
{
	g_autofree char *left = teardown_left(s);

	session_judge(s, VERDICT_FAIL,
		      "not everything that was plugged could be unplugged again: %s", left);
}

static void judge_still_on(struct session *s)
{
	session_judge(s, VERDICT_HANG, "the guest did not power off after the POWEROFF request");
}

static void judge_lost(struct session *s)
{
	session_judge(s, VERDICT_LOST, "the guest disappeared in state '%s': %s",
		      state_name(s->state), s->end.why ? s->end.why : "unknown reason");
}

/* Judges how QEMU ended after the request to power off. A crash during power-off is not a PASS. */
static void judge_powered_off(struct session *s)
{
	if (s->end.well)
		run_journal(s->run, "powered-off", NULL);
	else
		session_judge(s, VERDICT_LOST, "the guest did not power off cleanly: %s",
			      s->end.why ? s->end.why : "unknown reason");
}

/* Handles a HELLO under load: a `reset` step has ended, or the guest has restarted by itself. */
static void resume(struct session *s)
{
	if (s->host.reset_waits)
		tracks_hello(s);
	else
		judge_again(s);
}

static void kill_now(struct session *s)
{
	vm_kill(s->vm);
}

/* ---- actions on entering a state ---- */

static void on_powering_off(const struct guest_reply *reply, void *data)
{
	session_answer(data, reply->scope, reply->error ? EV_BAD : EV_ANSWER);
}

static struct guest_account *keep_account(struct session *s, const struct guest_reply *reply,
					  const char *file)
{
	run_keep(s->run, file, reply->text, -1, NULL);
	return guest_account_parse(reply->text);
}

static void on_baseline(const struct guest_reply *reply, void *data)
{
	struct session *s = data;

	if (reply->account && !s->judged.before)
		s->judged.before = keep_account(s, reply, "agents/account-before");
	session_answer(s, reply->scope, reply->error ? EV_BAD : EV_ANSWER);
}

static void on_account(const struct guest_reply *reply, void *data)
{
	struct session *s = data;

	if (reply->account && !s->judged.after) {
		s->judged.after = keep_account(s, reply, "agents/account-after");
		judge_accounts(s);
	}
	session_answer(s, reply->scope, reply->error ? EV_BAD : EV_ANSWER);
}

static void on_verdict(const struct guest_reply *reply, void *data)
{
	if (reply->verdict)
		judge_guest_verdict(data, reply->verdict);
	session_answer(data, reply->scope, reply->error ? EV_BAD : EV_ANSWER);
}

static void enter_baseline(struct session *s)
{
	watch_start(s);
	if (agents_offered(s))
		guest_snapshot(s->guest, on_baseline, s);
	else
		session_event(s, EV_ABORT);
}

static void enter_start(struct session *s)
{
	cover_phase(s, COVERAGE_LOAD);
	agents_start(s);
}

static void enter_hammer(struct session *s)
{
	s->times.hammer_ns = rig_now_ns();
	s->times.hammer_runtime_s = watch_guest_runtime(s);
	s->times.hammer_end_ns = s->times.hammer_ns +
			   (s->plan->duration_s ? s->plan->duration_s : s->scenario->duration_s) *
				   RIG_NS_PER_S;
	session_deadline(s, s->times.hammer_end_ns - s->times.hammer_ns);
	tracks_start(s);
}

static void enter_drain(struct session *s)
{
	tracks_stop(s);
}

static void enter_stop(struct session *s)
{
	agents_stop(s);
}

static void enter_teardown(struct session *s)
{
	teardown_start(s);
}

static void enter_account(struct session *s)
{
	guest_snapshot(s->guest, on_account, s);
}

static void orders_done(struct session *s)
{
	if (s->state == STATE_ORDERS)
		session_event(s, EV_ANSWER);
}

static void enter_orders(struct session *s)
{
	locks_ask(s, orders_done);
}

static void enter_finish(struct session *s)
{
	guest_finish(s->guest, on_verdict, s);
}

/* Stops the watchdog, because init sends no heartbeats while the kernel shuts devices down. */
static void enter_poweroff(struct session *s)
{
	watch_stop(s);
	guest_poweroff(s->guest, on_powering_off, s);
}

static void enter_reported(struct session *s)
{
	s->judged.facts->stopped = TRUE;
	locks_ask(s, NULL);
}

static void enter_ending(struct session *s)
{
	watch_stop(s);
	vm_quit(s->vm, rig_now_ns() + 2 * RIG_NS_PER_S);
}

static void enter_postmortem(struct session *s)
{
	watch_stop(s);
	postmortem_start(s);
}

/*
 * For each state: the action on entering it, and its time limit at the default patience, or 0.
 */
static const struct {
	void (*enter)(struct session *s);
	guint limit_s; /* limit in guest runtime (session_limit()) */
	guint wall_s;  /* limit in wall time */
} entering[N_STATES] = {
	[STATE_BASELINE] = {enter_baseline, 20},
	[STATE_START] = {enter_start, 30},
	[STATE_HAMMER] = {enter_hammer},
	[STATE_DRAIN] = {enter_drain, 120},
	[STATE_STOP] = {enter_stop, 120},
	[STATE_TEARDOWN] = {enter_teardown, 180},
	[STATE_ACCOUNT] = {enter_account, 20},
	[STATE_ORDERS] = {enter_orders, 20},
	[STATE_FINISH] = {enter_finish, 20},
	[STATE_POWEROFF] = {enter_poweroff, 20},
	[STATE_REPORTED] = {enter_reported, 0, 2},
	[STATE_POSTMORTEM] = {enter_postmortem, 0, 45},
	[STATE_ENDING] = {enter_ending, 0, 5},
};

static void set_limit(struct session *s, enum state state)
{
	double scale = session_patience(s) / (double)PATIENCE_S;

	if (entering[state].limit_s)
		session_limit(s, entering[state].limit_s * scale);
	else
		session_deadline(s, entering[state].wall_s * RIG_NS_PER_S * scale);
}

struct cell {
	enum state next;
	void (*act)(struct session *s); /* executed before the next state is entered */
};

/* The value of cell.next if the event does not change the state. */
#define STAY N_STATES

/* What each event does in a state that has no cell of its own for it. */
static const struct cell defaults[N_EVENTS] = {
	[EV_HELLO] = {STATE_ENDING, judge_again}, [EV_ANSWER] = {STAY},
	[EV_BAD] = {STATE_ENDING, judge_refused}, [EV_IDLE] = {STAY},
	[EV_REPORT] = {STATE_REPORTED},		  [EV_STALL] = {STATE_POSTMORTEM},
	[EV_TIMER] = {STATE_POSTMORTEM, judge_no_answer}, [EV_FAULT] = {STATE_ENDING},
	[EV_ABORT] = {STATE_ENDING},		  [EV_GONE] = {STATE_DONE, judge_lost},
};

#define TO(s) {STATE_##s, NULL}
#define STAYS {STAY, NULL}

/* The cells that differ from the default of their event. Only these have `set` = TRUE. */
static const struct {
	gboolean set;
	struct cell cell;
} table[N_STATES][N_EVENTS] = {
	[STATE_BOOT] =
		{
			[EV_HELLO] = {1, TO(BASELINE)},
			[EV_BAD] = {1, STAYS},
			[EV_TIMER] = {1, {STATE_POSTMORTEM, judge_no_hello}},
		},
	[STATE_BASELINE] = {[EV_ANSWER] = {1, TO(START)}},
	[STATE_START] = {[EV_ANSWER] = {1, TO(HAMMER)}},
	[STATE_HAMMER] =
		{
			[EV_HELLO] = {1, {STAY, resume}},
			[EV_IDLE] = {1, TO(DRAIN)},
			[EV_TIMER] = {1, TO(DRAIN)},
		},
	[STATE_DRAIN] =
		{
			[EV_HELLO] = {1, {STAY, resume}},
			[EV_IDLE] = {1, TO(STOP)},
			[EV_TIMER] = {1, {STATE_POSTMORTEM, judge_drain}},
		},
	[STATE_STOP] =
		{
			[EV_ANSWER] = {1, TO(TEARDOWN)},
			[EV_BAD] = {1, {STATE_POSTMORTEM, judge_stuck_agents}},
		},
	[STATE_TEARDOWN] =
		{
			[EV_ANSWER] = {1, TO(ACCOUNT)},
			[EV_BAD] = {1, {STATE_ACCOUNT, judge_leftover}},
		},
	[STATE_ACCOUNT] = {[EV_ANSWER] = {1, TO(ORDERS)}},
	/* missing lock orders are noted, but do not affect the verdict */
	[STATE_ORDERS] =
		{[EV_ANSWER] = {1, TO(FINISH)}, [EV_TIMER] = {1, {STATE_FINISH, locks_give_up}}},
	[STATE_FINISH] = {[EV_ANSWER] = {1, TO(POWEROFF)}},
	[STATE_POWEROFF] =
		{
			[EV_TIMER] = {1, {STATE_POSTMORTEM, judge_still_on}},
			[EV_GONE] = {1, {STATE_DONE, judge_powered_off}},
		},
	[STATE_REPORTED] =
		{
			[EV_HELLO] = {1, STAYS},
			[EV_BAD] = {1, STAYS},
			[EV_REPORT] = {1, STAYS},
			[EV_STALL] = {1, STAYS},
			[EV_TIMER] = {1, TO(ENDING)},
			[EV_GONE] = {1, TO(DONE)},
		},
	[STATE_POSTMORTEM] =
		{
			[EV_HELLO] = {1, STAYS},
			[EV_ANSWER] = {1, TO(ENDING)},
			[EV_BAD] = {1, STAYS},
			[EV_REPORT] = {1, STAYS},
			[EV_STALL] = {1, STAYS},
			[EV_TIMER] = {1, TO(ENDING)},
			[EV_GONE] = {1, TO(DONE)},
		},
	[STATE_ENDING] =
		{
			[EV_HELLO] = {1, STAYS},
			[EV_BAD] = {1, STAYS},
			[EV_REPORT] = {1, STAYS},
			[EV_STALL] = {1, STAYS},
			[EV_TIMER] = {1, {STAY, kill_now}},
			[EV_FAULT] = {1, STAYS},
			[EV_ABORT] = {1, {STAY, kill_now}},
			[EV_GONE] = {1, TO(DONE)},
		},
	[STATE_DONE] =
		{
			[EV_HELLO] = {1, STAYS},
			[EV_BAD] = {1, STAYS},
			[EV_REPORT] = {1, STAYS},
			[EV_STALL] = {1, STAYS},
			[EV_TIMER] = {1, STAYS},
			[EV_FAULT] = {1, STAYS},
			[EV_ABORT] = {1, STAYS},
			[EV_GONE] = {1, STAYS},
		},
};

static const struct cell *cell_of(enum state state, enum event event)
{
	return table[state][event].set ? &table[state][event].cell : &defaults[event];
}

enum state table_next(enum state state, enum event event)
{
	enum state next = cell_of(state, event)->next;

	return next == STAY ? state : next;
}

/*
 * Records when the load ended: when the state after STATE_DRAIN begins, or when the run ends early.
 */
static void note_load(struct session *s, enum state next)
{
	if (!s->times.hammer_ns || s->times.hammered_ns || next <= STATE_DRAIN)
		return;
	s->times.hammered_ns = rig_now_ns() - s->times.hammer_ns;
	s->times.hammered_runtime_s = watch_guest_runtime(s) - s->times.hammer_runtime_s;
}

enum state table_step(struct session *s, enum event event)
{
	const struct cell *cell = cell_of(s->state, event);
	enum state next = table_next(s->state, event);

	if (cell->act)
		cell->act(s);
	/* after a report of a hang, collect the state of the stuck guest next */
	if (s->state == STATE_REPORTED && event == EV_TIMER && s->reports.hang_kind)
		next = STATE_POSTMORTEM;
	if (next == s->state)
		return next;
	s->state = next;
	holds_state(s);
	guest_set_scope(s->guest, ++s->entry);
	set_limit(s, next);
	note_load(s, next);
	if (entering[next].enter)
		entering[next].enter(s);
	return next;
}
