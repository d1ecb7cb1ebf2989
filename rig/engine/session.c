// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes the session of one run, from the plan to the run folder, with the main loop. dispatch.c
 * converts data from the guest to events; table.c determines what an event does.
 */
#include "engine/session.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "splat/splat.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"

#define STATUS_MS 250

void session_judge_vm(struct session *s, const char *what, const char *id, enum vm_outcome outcome,
		      const char *why)
{
	if (outcome != VM_FAILED)
		return;
	session_judge(s, VERDICT_INFRA, "QEMU refused to %s '%s': %s", what, id, why);
	session_event(s, EV_FAULT);
}

void session_count(struct session *s, const char *what, const char *outcome)
{
	json_t *by = json_object_get(s->host.outcomes, what);
	guint n = session_counted(s, what, outcome);

	if (!by) {
		by = json_object();
		json_object_set_new(s->host.outcomes, what, by);
	}
	json_object_set_new(by, outcome, json_integer(n + 1));
}

guint session_counted(const struct session *s, const char *what, const char *outcome)
{
	return json_integer_value(
		json_object_get(json_object_get(s->host.outcomes, what), outcome));
}

/*
 * A limit in guest runtime also expires after this many times its length in wall time, because a
 * busy host may not run the guest at all.
 */
#define WALL_FACTOR 4
/* Interval in seconds at which more_load_s() checks again whether the load may end. */
#define LOAD_STEP_S 0.2

/*
 * Returns the number of seconds by which the load is extended now, or 0 if it ends. On a busy host
 * the guest may get so little time that a track does not reach its first unplug within the
 * duration, and then the run would prove nothing.
 */
static double more_load_s(struct session *s)
{
	double duration = (s->times.hammer_end_ns - s->times.hammer_ns) / (double)RIG_NS_PER_S;
	double wall = (rig_now_ns() - s->times.hammer_ns) / (double)RIG_NS_PER_S;
	double given = watch_guest_runtime(s) - s->times.hammer_runtime_s;

	return !tracks_ran_once(s) && given < 0.9 * duration && wall < WALL_FACTOR * duration
		       ? LOAD_STEP_S
		       : 0;
}

/* Returns the seconds until the limit expires, or 0 if it has expired. */
static double left_s(struct session *s)
{
	double limit = s->queue.limit_s;
	double left = limit - (watch_guest_runtime(s) - s->queue.from_runtime_s);
	double wall = (rig_now_ns() - s->queue.from_ns) / (double)RIG_NS_PER_S;

	if (s->state == STATE_HAMMER)
		return more_load_s(s);
	if (!limit)
		return s->state == STATE_REPORTED && locks_open(s) ? 0.2 : 0;
	return left > 0.1 * limit && wall < WALL_FACTOR * limit ? left : 0;
}

static void set_timer(struct session *s, double seconds);

static gboolean on_deadline(gpointer data)
{
	struct session *s = data;
	double left = left_s(s);

	/* extend the deadline while the connection is lost */
	if (vm_is_disconnected(s->vm)) {
		s->queue.timer = g_timeout_add_seconds(1, on_deadline, s);
		return G_SOURCE_REMOVE;
	}
	s->queue.timer = 0;
	if (left > 0)
		set_timer(s, left);
	else
		session_event(s, EV_TIMER);
	return G_SOURCE_REMOVE;
}

static void set_timer(struct session *s, double seconds)
{
	g_clear_handle_id(&s->queue.timer, g_source_remove);
	if (seconds > 0)
		s->queue.timer = g_timeout_add(MAX(1, seconds * 1000), on_deadline, s);
}

void session_deadline(struct session *s, gint64 ns)
{
	s->queue.limit_s = 0;
	set_timer(s, ns / (double)RIG_NS_PER_S);
}

void session_limit(struct session *s, double seconds)
{
	s->queue.limit_s = seconds;
	s->queue.from_runtime_s = watch_guest_runtime(s);
	s->queue.from_ns = rig_now_ns();
	set_timer(s, seconds);
}

gint64 session_patience(const struct session *s)
{
	return s->plan->patience_s ? s->plan->patience_s : PATIENCE_S;
}

void session_event(struct session *s, enum event event)
{
	g_queue_push_tail(&s->queue.events, GINT_TO_POINTER(event));
	if (s->queue.stepping)
		return;
	s->queue.stepping = TRUE;
	while (!g_queue_is_empty(&s->queue.events)) {
		enum event next = GPOINTER_TO_INT(g_queue_pop_head(&s->queue.events));
		enum state before = s->state;

		s->state = table_step(s, next);
		if (s->state != before)
			run_journal(s->run, "state", "{s:s, s:s}", "event", event_name(next), "to",
				    state_name(s->state));
		if (s->state == STATE_DONE)
			g_main_loop_quit(s->loop);
	}
	s->queue.stepping = FALSE;
}

void session_answer(struct session *s, guint scope, enum event event)
{
	if (scope == s->entry)
		session_event(s, event);
	else
		run_journal(s->run, "late-answer", "{s:s, s:s}", "event", event_name(event),
			    "state", state_name(s->state));
}

static gboolean on_signal(gpointer data)
{
	struct session *s = data;

	session_judge(s, VERDICT_ABORTED, "interrupted by a signal");
	if (s->vm)
		session_event(s, EV_ABORT);
	else
		s->interrupted = TRUE;
	return G_SOURCE_CONTINUE;
}

/*
 * Returns TRUE if a signal has interrupted the run. Called while large files are copied, before the
 * main loop runs.
 */
static gboolean is_interrupted(void *data)
{
	struct session *s = data;

	g_main_context_iteration(NULL, FALSE);
	return s->interrupted;
}

static void show_status(struct session *s)
{
	gint64 now = rig_now_ns();
	g_autofree char *rates = agents_rates(s, (now - s->live.shown_ns) / (double)RIG_NS_PER_S);
	gint64 left = s->state == STATE_HAMMER ? s->times.hammer_end_ns - now : 0;
	const struct engine_status status = {
		.state = state_name(s->state),
		.guest_s = MAX(s->heartbeat.guest_s, scanner_guest_seconds(s->console.scanner)),
		.left_s = left / (double)RIG_NS_PER_S,
		.agents = rates,
		.plugs = session_counted(s, "plug", vm_outcome_name(VM_OK)),
		.unplugs = session_counted(s, "unplug", UNPLUGGED),
		.refused = session_counted(s, "unplug", vm_outcome_name(VM_REFUSED)),
		.reports = s->reports.failing,
	};

	s->live.shown_ns = now;
	s->live.progress(&status, s->live.data);
}

/*
 * Called four times a second: updates the status line, and checks for the end of a report and for
 * write errors.
 */
static gboolean on_status(gpointer data)
{
	struct session *s = data;

	dispatch_when_quiet(s);
	if (run_write_error(s->run) && s->state < STATE_ENDING) {
		session_judge(s, VERDICT_INFRA, "the run folder cannot be written: %s",
			      run_write_error(s->run));
		session_event(s, EV_FAULT);
	}
	if (s->live.progress)
		show_status(s);
	return G_SOURCE_CONTINUE;
}

static void session_init(struct session *s, const struct run_plan *plan, engine_progress progress,
			 void *data)
{
	*s = (struct session){
		.plan = plan,
		.scenario = plan->scenario,
		.loop = g_main_loop_new(NULL, FALSE),
		.live = {progress, data},
		.times.started_ns = rig_now_ns(),
		.judged.facts = facts_new(),
		.stop = {is_interrupted, s},
	};
	g_queue_init(&s->queue.events);
	dispatch_init(s);
	tracks_init(s);
	fails_init(s);
	agents_init(s);
}

static void session_deinit(struct session *s)
{
	session_deadline(s, 0);
	g_clear_handle_id(&s->live.source, g_source_remove);
	postmortem_free(s);
	watch_free(s);
	locks_deinit(s);
	json_decref(s->recorded);
	json_decref(s->coverage);
	holds_close(s);
	tracks_deinit(s);
	fails_deinit(s);
	g_main_loop_unref(s->loop);
	dispatch_deinit(s);
	agents_deinit(s);
	judge_deinit(s);
	g_queue_clear(&s->queue.events);
}

static struct vm *launch(struct session *s, GError **error)
{
	const struct run_plan *plan = s->plan;
	const struct scenario *sc = s->scenario;
	g_autofree char *words = scenario_cmdline(sc);
	/*
	 * The plugin compares the vCPUs' instruction addresses with the kernel's symbols, and the
	 * lock graph compares the addresses of locks with them. So the kernel must run at its link
	 * address (nokaslr).
	 */
	g_autofree char *cmdline =
		g_strconcat(words, plan->orders || plan->keep_locks ? " nokaslr" : "",
			    plan->keep_locks ? " no_hash_pointers" : "", NULL);
	g_autoptr(GArray) boot = plug_at_boot(sc), images = plug_images(sc);
	struct vm_plugin plugin;
	struct vm *vm;
	const struct vm_owner owner = dispatch_owner(s);
	struct vm_config config = {
		.machine = plan->machine,
		.launcher = plan->launcher,
		.uri = plan->uri,
		.emulator = plan->emulator,
		.kernel = plan->kernel->image,
		.initrd = plan->initrd,
		.cmdline = cmdline,
		.accel = plan->accel,
		.firmware = plan->firmware,
		.mmu = plan->mmu,
		.memory = MAX(sc->memory, plan->machine->min_memory),
		.max_memory = MAX(sc->max_memory, plan->machine->min_memory),
		.slots = sc->slots,
		.nvdimm = scenario_plugs(sc, DEVICE_NVDIMM),
		.cxl = scenario_plugs(sc, DEVICE_CXL),
		.hmat = sc->hmat,
		.boot = (const struct vm_memory *)boot->data,
		.n_boot = boot->len,
		.images = (const struct vm_image *)images->data,
		.n_images = images->len,
		.stop = &s->stop,
		.nodes = MAX(1, sc->nodes),
		.base_nodes = MAX(1, sc->base_nodes),
		.cpu_nodes = MAX(1, sc->cpu_nodes),
		.cpus = sc->cpus,
		.max_cpus = sc->max_cpus,
		.seccomp = plan->seccomp,
		.dir = run_dir(s->run),
	};

	if (!holds_open(s, &plugin, error))
		return NULL;
	config.plugin = plugin;
	vm = vm_start(&config, &owner, error);
	director_files_close(&(struct director_files){plugin.fd, plugin.locks, plugin.cover});
	if (vm)
		run_journal(s->run, "sandbox", "{s:o}", "limits", vm_sandbox(vm));
	return vm;
}

/* Returns TRUE if the rig was started with the signal ignored, for example by nohup. */
static gboolean is_ignored(int signum)
{
	struct sigaction now;

	return !sigaction(signum, NULL, &now) && now.sa_handler == SIG_IGN;
}

static void run_loop(struct session *s)
{
	s->live.shown_ns = rig_now_ns();
	s->live.source = g_timeout_add(STATUS_MS, on_status, s);
	watch_boot(s);
	session_limit(s, s->scenario->boot_s);
	g_main_loop_run(s->loop);
}

/*
 * Copies the inputs and runs the guest. Signals are handled by the main loop, so one that arrives
 * during the launch is handled when the loop starts, or in a copy of a large file.
 */
static void hammer(struct session *s, GError **error)
{
	/* ignore SIGPIPE: the end of QEMU is detected by the end of its sockets */
	void (*was)(int) = signal(SIGPIPE, SIG_IGN);
	guint sources[] = {
		g_unix_signal_add(SIGINT, on_signal, s),
		g_unix_signal_add(SIGTERM, on_signal, s),
		is_ignored(SIGHUP) ? 0 : g_unix_signal_add(SIGHUP, on_signal, s),
	};

	if (session_keep_inputs(s, error))
		s->vm = launch(s, error);
	if (s->vm)
		run_loop(s);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_clear_handle_id(&sources[i], g_source_remove);
	signal(SIGPIPE, was);
}

gboolean engine_run(const struct run_plan *plan, engine_progress progress, void *data,
		    char **ret_dir, enum verdict *ret_verdict, GError **error)
{
	g_autoptr(GError) why = NULL;
	struct session s;
	json_t *details;
	gboolean ok;

	session_init(&s, plan, progress, data);
	s.run = run_create(plan->results, plan->scenario->name, plan->machine->name,
			   plan->kernel->name, plan->seed, plan->inputs, error);
	if (!s.run) {
		session_deinit(&s);
		return FALSE;
	}
	hammer(&s, &why);
	/* an interrupted copy is not a fault of the host */
	if (why && !s.interrupted)
		session_judge(&s,
			      (enum verdict)(rig_exit_code(why) == RIG_EXIT_SKIP ? VERDICT_SKIP
										 : VERDICT_INFRA),
			      "%s", why->message);
	g_clear_pointer(&s.vm, vm_free);
	scanner_flush(s.console.scanner);
	locks_keep(&s);
	recorder_keep(&s);
	cover_keep(&s);
	outcomes_judge(&s);
	fails_judge(&s);
	output_judge(&s);
	session_explain(&s);
	session_keep_timeline(&s, NULL);
	details = judge_finish(&s);
	ok = run_verdict(s.run, s.judged.verdict, details, error);
	if (ok) {
		*ret_dir = g_strdup(run_dir(s.run));
		*ret_verdict = s.judged.verdict;
	}
	run_free(s.run);
	session_deinit(&s);
	return ok;
}
