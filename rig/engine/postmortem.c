// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stuck guest is made to speak, in order, each step bounded and none needing the one before: the
 * agents' own look at the tasks, SysRq through init, SysRq over the console for a guest whose init is gone,
 * the registers, an NMI for CPUs that do not answer, its memory. What it prints lands on the console and is
 * read like everything else; the run folder gets `postmortem/`, and explain.c reads that.
 */
#include "engine/session.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include "guest-init/proto.h"
#include "hang/memory.h"

/* How long a step may take at the default patience, and how long the kernel gets to print a thing. */
#define STEP_MS 3000
#define PRINT_MS 1000
/* As long as it goes on printing, its answer is waited for: so much longer at most. */
#define PRINTING_MS 12000
#define DUMP_MS 20000
/* what must be left on the disk: the verdict is written after it */
#define DISK_SPARE (G_GUINT64_CONSTANT(64) << 20)

/* show all locks, blocked tasks, backtraces of the CPUs, all tasks; the CPUs again: who is still there loops */
static const char sysrq_keys[] = "dwltl";

struct postmortem {
	struct session *s;
	guint step, key;
	guint timer;
	gint64 asked_ns;
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
	dispatch_ask(p->s, PROTO_ASK_WHO, "all\n", on_who, NULL);
	wait_or_advance(p, STEP_MS);
}

static void ask_sysrq(struct postmortem *p)
{
	g_autofree char *text = g_strdup_printf("keys %s\n", sysrq_keys);

	p->asked_ns = rig_now_ns();
	dispatch_ask(p->s, PROTO_SYSRQ, text, on_sysrq, NULL);
	wait_or_advance(p, STEP_MS);
}

/* A slow console is no reason to ask again. */
static void while_it_prints(struct postmortem *p)
{
	gint64 now = rig_now_ns();

	if (p->s->sysrq_answered || now - p->s->console_ns > PRINT_MS * RIG_NS_PER_MS ||
	    now - p->asked_ns > scaled(p, PRINTING_MS) * RIG_NS_PER_MS) {
		advance(p);
		return;
	}
	p->step--;
	wait_or_advance(p, 100);
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

static void on_dumped(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;
	g_autofree char *path = g_build_filename(run_dir(s->run), "postmortem", "memory.elf", NULL);
	gint64 took = 0;

	(void)reply;
	/* what a full disk has of it is of no use, and the verdict needs the space */
	if (outcome != VM_OK)
		unlink(path);
	else
		took = memory_make_sparse(run_dir(s->run));
	run_journal(s->run, "dump", "{s:s, s:s, s:I}", "outcome", vm_outcome_name(outcome), "why", why, "bytes",
		    (json_int_t)took);
	if (s->postmortem && s->state == STATE_POSTMORTEM)
		advance(s->postmortem);
}

static gboolean may_dump(struct session *s, guint64 size, char **ret_why)
{
	guint64 limit = s->plan->dump_limit;
	struct statvfs disk;

	if (!size || size > limit)
		*ret_why = g_strdup_printf("the guest has %" G_GUINT64_FORMAT " MiB, the limit is %" G_GUINT64_FORMAT,
					   size >> 20, limit >> 20);
	else if (!statvfs(run_dir(s->run), &disk) && (guint64)disk.f_bavail * disk.f_frsize < size + DISK_SPARE)
		*ret_why = g_strdup_printf("%" G_GUINT64_FORMAT " MiB do not fit on the disk", size >> 20);
	return !*ret_why;
}

static void on_size(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;
	guint64 size = json_integer_value(json_object_get(reply, "base-memory")) +
		       json_integer_value(json_object_get(reply, "plugged-memory"));
	g_autofree char *path = NULL, *not = NULL;

	if (!s->postmortem || s->state != STATE_POSTMORTEM)
		return;
	if (outcome != VM_OK || !may_dump(s, size, &not)) {
		run_journal(s->run, "dump", "{s:s, s:s}", "outcome", "skipped", "why", not ? not : why);
		advance(s->postmortem);
		return;
	}
	path = g_strdup_printf("file:%s/postmortem/memory.elf", run_dir(s->run));
	vm_command(s->vm, "dump-guest-memory", json_pack("{s:b, s:s}", "paging", 0, "protocol", path),
		   rig_now_ns() + DUMP_MS * RIG_NS_PER_MS, on_dumped, s);
}

/* The last step: whatever comes of it, the guest has said all that it will. */
static void dump(struct postmortem *p)
{
	vm_command(p->s->vm, "query-memory-size-summary", NULL, rig_now_ns() + STEP_MS * RIG_NS_PER_MS, on_size, p->s);
	wait_or_advance(p, STEP_MS + DUMP_MS);
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
	ask_who, ask_sysrq, while_it_prints, console_sysrq, settle, registers, nmi, settle, dump,
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
