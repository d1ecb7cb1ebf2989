// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls the holds during a run: a hold makes a vCPU wait at a kernel instruction. Holds are
 * armed while agents and tracks run, and released before the guest is stopped, reset, examined
 * after a hang, or ended. Each wait that the plugin reports is written to the journal.
 */
#include "engine/session.h"

#include <string.h>
#include <unistd.h>

#include "plugin/protocol.h"

/*
 * The kernel's stall detectors have limits of about 20 s. Holds may be the reason for a stall
 * report if a vCPU was held for at least half of the last STALL_NS before the report.
 */
#define STALL_NS (25 * RIG_NS_PER_S)

/*
 * An arm (one of the many holds of a sweep, plugin/hold.h) is a suspected cause of a failure if it
 * waited in the time from SUSPECT_BEFORE_NS before the failure began to SUSPECT_AFTER_NS after
 * that. The first value is large because under TCG, a KASAN report takes seconds to be printed.
 */
#define SUSPECT_BEFORE_NS (20 * RIG_NS_PER_S)
#define SUSPECT_AFTER_NS RIG_NS_PER_S
#define WAITS_MAX 20000 /* maximum number of waits that are kept for suspect_ns() */

/* One wait of a vCPU at an arm, which is a hold of a sweep. */
struct arm_wait {
	guint arm;
	gint64 start_ns, end_ns;
};

static const struct hold_spec *spec_of(const struct session *s, guint hold)
{
	return &s->scenario->holds[hold];
}

static double since_start(const struct session *s, gint64 ns)
{
	return (ns - s->times.started_ns) / (double)RIG_NS_PER_S;
}

static void on_arm_held(struct session *s, const struct director_held *held)
{
	const struct arm_wait wait = {held->hold - s->scenario->n_holds, held->start_ns,
				      held->start_ns + held->length_ns};

	if (s->holds.waits->len < WAITS_MAX)
		g_array_append_val(s->holds.waits, wait);
	run_journal(s->run, "arm", "{s:s, s:i, s:f, s:f, s:s}", "hold",
		    director_orders_hold(s->plan->orders, held->hold), "cpu", held->cpu, "since",
		    since_start(s, held->start_ns), "ms", held->length_ns / (double)RIG_NS_PER_MS,
		    "outcome", held->outcome);
}

static void on_held(const struct director_held *held, void *data)
{
	struct session *s = data;
	const struct hold_spec *spec = spec_of(s, held->hold);
	const char *partner;

	session_count(s, "hold", held->outcome);
	if (held->hold >= s->scenario->n_holds) {
		on_arm_held(s, held);
		return;
	}
	partner = hold_partner(spec) ? hold_partner(spec) : "";
	run_journal(s->run, "held", "{s:i, s:s, s:s, s:i, s:f, s:f, s:s, s:I}", "hold", held->hold,
		    "at", held->is_partner ? partner : spec->at, "partner",
		    held->is_partner ? spec->at : partner, "cpu", held->cpu, "since",
		    since_start(s, held->start_ns), "ms", held->length_ns / (double)RIG_NS_PER_MS,
		    "outcome", held->outcome, "visits", (json_int_t)held->visits);
}

/*
 * Called when the plugin makes the next arms active (only a few holds of a sweep are active at a
 * time). HOLD is the first of them.
 */
static void on_turned(guint hold, void *data)
{
	struct session *s = data;

	run_journal(s->run, "turn", "{s:i, s:s}", "arm", hold - s->scenario->n_holds, "hold",
		    director_orders_hold(s->plan->orders, hold));
}

static void on_skewed(guint hold, guint64 address, void *data)
{
	struct session *s = data;

	run_journal(s->run, "hold-skewed", "{s:i, s:I}", "hold", hold, "address",
		    (json_int_t)address);
	if (hold >= s->scenario->n_holds)
		return;
	session_judge(s, VERDICT_INFRA,
		      "hold '%s': 0x%" G_GINT64_MODIFIER
		      "x is inside an instruction and is never reached; give the "
		      "offset at which an instruction begins",
		      spec_of(s, hold)->at, address);
	session_event(s, EV_FAULT);
}

static void on_trapped(guint cpu, gint64 start_ns, gint64 length_ns, gboolean met, void *data)
{
	struct session *s = data;

	run_journal(s->run, "trapped", "{s:i, s:f, s:f, s:s}", "cpu", cpu, "since",
		    (start_ns - s->times.started_ns) / (double)RIG_NS_PER_S, "ms",
		    length_ns / (double)RIG_NS_PER_MS, "outcome", met ? "met" : "expired");
}

static void on_broken(const char *line, void *data)
{
	struct session *s = data;

	run_journal(s->run, "director-line", "{s:s}", "text", line);
}

gboolean holds_open(struct session *s, struct vm_plugin *plugin, GError **error)
{
	const struct director_owner owner = {
		.held = on_held, .turned = on_turned, .skewed = on_skewed, .broken = on_broken,
		.failed = fails_happened, .trapped = on_trapped, .data = s,
	};
	struct director_files files;
	g_autofree char *file = NULL;

	*plugin = (struct vm_plugin){.fd = -1, .locks = -1, .cover = -1};
	if (!s->plan->orders)
		return TRUE;
	if (director_orders_arms(s->plan->orders))
		s->holds.waits = g_array_new(FALSE, FALSE, sizeof(struct arm_wait));
	s->holds.director =
		director_open(s->plan->orders, run_dir(s->run), &owner, &files, error);
	if (!s->holds.director)
		return FALSE;
	plugin->fd = files.socket;
	plugin->locks = files.locks;
	plugin->cover = files.cover;
	file = g_build_filename(run_dir(s->run), "director", NULL);
	plugin->file = s->plan->plugin;
	plugin->orders = s->holds.orders_file = g_canonicalize_filename(file, NULL);
	return TRUE;
}

void holds_close(struct session *s)
{
	g_clear_pointer(&s->holds.director, director_close);
	g_clear_pointer(&s->holds.waits, g_array_unref);
	g_free(s->holds.orders_file);
}

void holds_set(struct session *s, gboolean armed)
{
	if (!s->holds.director || armed == s->holds.armed)
		return;
	s->holds.armed = armed;
	s->holds.paused = FALSE;
	director_arm(s->holds.director, armed);
	run_journal(s->run, "holds", "{s:b}", "armed", armed);
	if (!armed) {
		director_ask_totals(s->holds.director);
		director_ask_locks(s->holds.director);
	}
}

void holds_pause(struct session *s, gboolean paused)
{
	if (!s->holds.waits || !s->holds.armed || paused == s->holds.paused)
		return;
	s->holds.paused = paused;
	director_arm(s->holds.director, !paused);
	run_journal(s->run, "sweep", "{s:b}", "paused", paused);
}

void holds_failed(struct session *s, gint64 since_ns)
{
	if (!s->holds.failed_ns)
		s->holds.failed_ns = since_ns;
}

void holds_state(struct session *s)
{
	if (s->state == STATE_REPORTED)
		holds_failed(s, rig_now_ns());
	if (s->holds.director && s->state == STATE_HAMMER &&
	    !director_is_there(s->holds.director)) {
		session_judge(s, VERDICT_INFRA,
			      "QEMU's plugin, which holds vCPUs, does not answer");
		session_event(s, EV_FAULT);
	}
	holds_set(s, s->state == STATE_HAMMER);
	/* request the recorded locks again, because the teardown has taken more locks */
	if (s->holds.director && s->state == STATE_FINISH)
		director_ask_locks(s->holds.director);
}

double holds_kept_s(const struct session *s, gint64 since_ns)
{
	gint64 now = rig_now_ns();

	return s->holds.director ? director_held_ns(s->holds.director, now, now - since_ns) /
					   (double)RIG_NS_PER_S
				 : 0;
}

void holds_excuse(struct session *s, struct splat *splat)
{
	static const char *const kinds[] = {"soft-lockup", "hard-lockup", "rcu-stall", "hung-task",
					    "workqueue-lockup", NULL};
	gint64 held;
	g_autofree char *reason = NULL;

	if (!s->holds.director || splat->known || !g_strv_contains(kinds, splat->kind))
		return;
	held = director_held_ns(s->holds.director, rig_now_ns(), STALL_NS);
	if (held < STALL_NS / 2)
		return;
	reason = g_strdup_printf("holds kept a vCPU waiting for %.1f of the last %d s",
				 held / (double)RIG_NS_PER_S, (int)(STALL_NS / RIG_NS_PER_S));
	run_journal(s->run, "hold-stall", "{s:s, s:s}", "kind", splat->kind, "text", reason);
	splat->known = json_pack("{s:s, s:s, s:s}", "reason", reason, "link", "docs/director.md",
				 "expires", KNOWN_THIS_RUN);
}

json_t *holds_json(struct session *s)
{
	json_t *array;

	if (!s->holds.director)
		return NULL;
	director_drain(s->holds.director);
	array = json_array();
	for (guint i = 0; i < s->scenario->n_holds; i++) {
		g_autofree char *text = hold_text(spec_of(s, i));
		struct director_totals t;

		director_totals(s->holds.director, i, &t);
		json_array_append_new(
			array,
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
				  "s:I}", "hold",
				  text, "reached", (json_int_t)t.reached, "partner_reached",
				  (json_int_t)t.partner_reached, "held", (json_int_t)t.held, "met",
				  (json_int_t)t.met, "expired", (json_int_t)t.expired, "released",
				  (json_int_t)t.released, "crowded", (json_int_t)t.crowded, "early",
				  (json_int_t)t.early, "unfit", (json_int_t)t.unfit,
				  "held_ns", (json_int_t)t.held_ns,
				  "not_logged", (json_int_t)t.dropped));
	}
	return array;
}

/*
 * Returns the time in ns from the end of a wait at ARM, a hold of a sweep, to the failure, for the
 * wait that is nearest to it, or -1 if ARM is not a suspect because no vCPU waited there at about
 * that time.
 */
static gint64 suspect_ns(const struct session *s, guint arm)
{
	gint64 failed_ns = s->holds.failed_ns, nearest = -1;

	for (guint i = 0; failed_ns && i < s->holds.waits->len; i++) {
		const struct arm_wait *wait = &g_array_index(s->holds.waits, struct arm_wait, i);
		gint64 before = MAX(0, failed_ns - wait->end_ns);

		if (wait->arm == arm && before <= SUSPECT_BEFORE_NS &&
		    wait->start_ns <= failed_ns + SUSPECT_AFTER_NS &&
		    (nearest < 0 || before < nearest))
			nearest = before;
	}
	return nearest;
}

/*
 * Returns the time at which the last wait at ARM, a hold of a sweep, ended, in ms since the run's
 * start, or 0 if no vCPU waited at ARM.
 */
static json_int_t last_wait_ms(const struct session *s, guint arm)
{
	gint64 last_ns = 0;

	for (guint i = 0; i < s->holds.waits->len; i++) {
		const struct arm_wait *wait = &g_array_index(s->holds.waits, struct arm_wait, i);

		if (wait->arm == arm)
			last_ns = MAX(last_ns, wait->end_ns - s->times.started_ns);
	}
	return last_ns / RIG_NS_PER_MS;
}

/*
 * Returns the rank of ARM, a hold of a sweep, among the suspected causes of a failure: 1 for the
 * arm whose wait was the last before the failure, 2 for the one before, and so on, or 0 if ARM is
 * not a suspect. BEFORE_NS[i] is suspect_ns() of arm i.
 */
static guint suspect_rank(const gint64 *before_ns, guint n, guint arm)
{
	guint rank = 1;

	if (before_ns[arm] < 0)
		return 0;
	for (guint i = 0; i < n; i++)
		rank += before_ns[i] >= 0 && (before_ns[i] < before_ns[arm] ||
					      (i < arm && before_ns[i] == before_ns[arm]));
	return rank;
}

json_t *holds_arms_json(struct session *s)
{
	guint n = s->holds.waits ? director_orders_arms(s->plan->orders) : 0;
	g_autofree gint64 *before_ns = g_new(gint64, n + 1);
	json_t *array;

	if (!s->holds.waits)
		return NULL;
	array = json_array();
	for (guint i = 0; i < n; i++)
		before_ns[i] = suspect_ns(s, i);
	for (guint i = 0; i < n; i++) {
		struct director_totals t;

		director_totals(s->holds.director, s->scenario->n_holds + i, &t);
		if (t.reached)
			json_array_append_new(
				array,
				json_pack("{s:i, s:I, s:I, s:I, s:i, s:I}", "arm", i, "reached",
					  (json_int_t)t.reached, "held", (json_int_t)t.held, "met",
					  (json_int_t)t.met, "suspect",
					  suspect_rank(before_ns, n, i), "last_ms",
					  last_wait_ms(s, i)));
	}
	return array;
}
