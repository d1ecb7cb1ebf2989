// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stuck guest is made to speak, in order, each step bounded and none needing the one before: the
 * agents' own look at the tasks, SysRq through init, SysRq over the console for a guest whose init is gone,
 * an NMI for CPUs that do not answer, the registers. What it prints lands on the console and is read like
 * everything else; the run folder gets `postmortem/`.
 */
#include "engine/session.h"

#include "guest-init/proto.h"

/* How long a step may take at the default patience, and how long the kernel gets to print a thing. */
#define STEP_MS 3000
#define PRINT_MS 1000

/* show all locks, blocked tasks, backtraces of the CPUs, all tasks */
static const char sysrq_keys[] = "dwlt";

struct postmortem {
	struct session *s;
	guint step, key;
	guint timer;
};

static gboolean next_step(gpointer data);

static void advance(struct postmortem *p)
{
	g_clear_handle_id(&p->timer, g_source_remove);
	p->timer = g_idle_add(next_step, p);
}

/* MS at the default patience. */
static guint scaled(const struct postmortem *p, guint ms)
{
	return MAX(1, ms * session_patience(p->s) / PATIENCE_S);
}

static void wait_or_advance(struct postmortem *p, guint ms)
{
	p->timer = g_timeout_add(scaled(p, ms), next_step, p);
}

static void on_who(struct session *s, unsigned type, const char *text, void *data)
{
	(void)data;
	if (type == PROTO_WHO)
		run_keep(s->run, "postmortem/who", text, -1, NULL);
	if (s->postmortem && s->state == STATE_POSTMORTEM)
		advance(s->postmortem);
}

static void on_sysrq(struct session *s, unsigned type, const char *text, void *data)
{
	(void)type;
	(void)text;
	(void)data;
	s->sysrq_answered = TRUE;
	if (s->postmortem && s->state == STATE_POSTMORTEM)
		advance(s->postmortem);
}

static void on_registers(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;
	const char *text = json_string_value(reply);

	(void)why;
	if (outcome == VM_OK && text)
		run_keep(s->run, "postmortem/registers", text, -1, NULL);
	if (s->postmortem && s->state == STATE_POSTMORTEM)
		advance(s->postmortem);
}

static void on_ignored(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;

	(void)reply;
	run_journal(s->run, "nmi", "{s:s, s:s}", "outcome", vm_outcome_name(outcome), "why", why);
}

static void ask_who(struct postmortem *p)
{
	session_ask(p->s, PROTO_ASK_WHO, "blocked\n", on_who, NULL);
	wait_or_advance(p, STEP_MS);
}

static void ask_sysrq(struct postmortem *p)
{
	session_ask(p->s, PROTO_SYSRQ, "keys dwlt\n", on_sysrq, NULL);
	wait_or_advance(p, STEP_MS);
}

/* Only where init did not do it; a key at a time, so that the kernel has the time to print. */
static void console_sysrq(struct postmortem *p)
{
	if (p->s->sysrq_answered || !sysrq_keys[p->key] || !vm_console_sysrq(p->s->vm, sysrq_keys[p->key])) {
		advance(p);
		return;
	}
	p->key++;
	p->step--;
	wait_or_advance(p, PRINT_MS);
}

static void registers(struct postmortem *p)
{
	vm_command(p->s->vm, "human-monitor-command", json_pack("{s:s}", "command-line", "info registers -a"),
		   rig_now_ns() + STEP_MS * RIG_NS_PER_MS, on_registers, p->s);
	wait_or_advance(p, STEP_MS);
}

static void nmi(struct postmortem *p)
{
	if (!p->s->sysrq_answered)
		vm_command(p->s->vm, "inject-nmi", NULL, rig_now_ns() + STEP_MS * RIG_NS_PER_MS, on_ignored,
			   p->s);
	wait_or_advance(p, p->s->sysrq_answered ? 1 : PRINT_MS);
}

/* The console goes quiet when the last trace has been printed. */
static void settle(struct postmortem *p)
{
	if (rig_now_ns() - p->s->console_ns > PRINT_MS * RIG_NS_PER_MS) {
		advance(p);
		return;
	}
	p->step--;
	wait_or_advance(p, 200);
}

static void (*const story[])(struct postmortem *p) = {
	ask_who, ask_sysrq, console_sysrq, settle, registers, nmi, settle,
};

static gboolean next_step(gpointer data)
{
	struct postmortem *p = data;

	p->timer = 0;
	if (p->s->state != STATE_POSTMORTEM)
		return G_SOURCE_REMOVE;
	if (p->step == G_N_ELEMENTS(story))
		session_event(p->s, EV_ANSWER);
	else
		story[p->step++](p);
	return G_SOURCE_REMOVE;
}

void postmortem_start(struct session *s)
{
	s->postmortem = g_new0(struct postmortem, 1);
	s->postmortem->s = s;
	run_journal(s->run, "postmortem", NULL);
	advance(s->postmortem);
}

void postmortem_free(struct session *s)
{
	if (s->postmortem)
		g_clear_handle_id(&s->postmortem->timer, g_source_remove);
	g_clear_pointer(&s->postmortem, g_free);
}
