// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds in a run: armed while agents and tracks run, released before the guest is stopped, reset,
 * examined after a hang, or ended. The journal has each wait that the plugin reports.
 */
#include "engine/session.h"

#include <string.h>
#include <unistd.h>

#include "plugin/protocol.h"

/*
 * The kernel's stall detectors cover some 20 s; a vCPU that was held for half of that may explain
 * their report.
 */
#define STALL_NS (25 * RIG_NS_PER_S)

static const struct hold_spec *spec_of(const struct session *s, guint hold)
{
	return &s->scenario->holds[hold];
}

static const char *partner_of(const struct hold_spec *spec)
{
	return spec->until ? spec->until : spec->meet;
}

static void on_held(const struct director_held *held, void *data)
{
	struct session *s = data;
	const struct hold_spec *spec = spec_of(s, held->hold);
	const char *at = held->is_partner ? partner_of(spec) : spec->at;

	run_journal(s->run, "held", "{s:i, s:s, s:s, s:i, s:f, s:f, s:s, s:I}", "hold", held->hold,
		    "at", at, "partner", held->is_partner ? spec->at : partner_of(spec), "cpu",
		    held->cpu, "since",
		    (held->start_ns - s->times.started_ns) / (double)RIG_NS_PER_S, "ms",
		    held->length_ns / (double)RIG_NS_PER_MS, "outcome", held->outcome, "visits",
		    (json_int_t)held->visits);
	session_count(s, "hold", held->outcome);
}

static void on_skewed(guint hold, guint64 address, void *data)
{
	struct session *s = data;

	run_journal(s->run, "hold-skewed", "{s:i, s:I}", "hold", hold, "address",
		    (json_int_t)address);
	session_judge(s, VERDICT_INFRA,
		      "hold '%s': 0x%" G_GINT64_MODIFIER
		      "x is inside an instruction and is never reached; give the "
		      "offset of an instruction",
		      spec_of(s, hold)->at, address);
	session_event(s, EV_FAULT);
}

static void on_broken(const char *line, void *data)
{
	struct session *s = data;

	run_journal(s->run, "director-line", "{s:s}", "text", line);
}

gboolean holds_open(struct session *s, struct vm_plugin *plugin, GError **error)
{
	const struct director_owner owner = {on_held, on_skewed, on_broken, s};
	g_autofree char *file = NULL;

	*plugin = (struct vm_plugin){.fd = -1, .locks = -1};
	if (!s->plan->orders)
		return TRUE;
	s->holds.director = director_open(s->plan->orders, run_dir(s->run), &owner, &plugin->fd,
					  &plugin->locks, error);
	if (!s->holds.director)
		return FALSE;
	file = g_build_filename(run_dir(s->run), "director", NULL);
	plugin->file = s->plan->plugin;
	plugin->orders = s->holds.orders_file = g_canonicalize_filename(file, NULL);
	return TRUE;
}

void holds_close(struct session *s)
{
	g_clear_pointer(&s->holds.director, director_close);
	g_free(s->holds.orders_file);
}

void holds_set(struct session *s, gboolean armed)
{
	if (!s->holds.director || armed == s->holds.armed)
		return;
	s->holds.armed = armed;
	director_arm(s->holds.director, armed);
	run_journal(s->run, "holds", "{s:b}", "armed", armed);
	if (!armed) {
		director_ask_totals(s->holds.director);
		director_ask_locks(s->holds.director);
	}
}

void holds_state(struct session *s)
{
	if (s->holds.director && s->state == STATE_HAMMER &&
	    !director_is_there(s->holds.director)) {
		session_judge(s, VERDICT_INFRA, "the director's plugin does not answer");
		session_event(s, EV_FAULT);
	}
	holds_set(s, s->state == STATE_HAMMER);
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
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "hold",
				  text, "reached", (json_int_t)t.reached, "partner_reached",
				  (json_int_t)t.partner_reached, "held", (json_int_t)t.held, "met",
				  (json_int_t)t.met, "expired", (json_int_t)t.expired, "released",
				  (json_int_t)t.released, "crowded", (json_int_t)t.crowded,
				  "held_ns", (json_int_t)t.held_ns, "not_logged",
				  (json_int_t)t.dropped));
	}
	return array;
}
