// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects the state of a guest that hangs. The steps are, in this order: the list of tasks, SysRq
 * through init, SysRq over the console (if init does not respond), the lock orders, the CPUs'
 * registers, an NMI for CPUs that do not respond, and the memory. Each step has a time limit and
 * does not depend on earlier ones. Output of the kernel goes to the console and is parsed as usual;
 * the other data goes to postmortem/ of the run folder, which explain.c reads.
 */
#include "engine/session.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include "hang/memory.h"

/*
 * Time limits in ms at the default patience: STEP_MS of a step, PRINT_MS of one SysRq key's output.
 */
#define STEP_MS 3000
#define PRINT_MS 1000
/* While the kernel prints, the rig waits at most this long after the SysRq request. */
#define PRINTING_MS 12000
/* Time limit for dumping the memory. */
#define DUMP_MS 20000
/* Disk space in bytes that the dump must leave free, because the verdict is written after it. */
#define DISK_SPARE (G_GUINT64_CONSTANT(64) << 20)

/*
 * SysRq keys, in this order, for: all locks (d), blocked tasks (w), backtraces of the CPUs (l), all
 * tasks (t), and the backtraces again (l). A CPU that loops is in the same function both times.
 */
static const char sysrq_keys[] = "dwltl";

struct postmortem {
	struct session *s;
	guint step, key;
	guint timer;
	gint64 asked_ns;
	gboolean sysrq_answered, nmi_sent;
};

static gboolean next_step(gpointer data);

static void advance(struct postmortem *p)
{
	g_clear_handle_id(&p->timer, g_source_remove);
	p->timer = g_idle_add(next_step, p);
}

/* Scales MS, a limit at the default patience, to the patience of this run. */
static guint scaled(const struct postmortem *p, guint ms)
{
	return MAX(1, ms * session_patience(p->s) / PATIENCE_S);
}

static void wait_or_advance(struct postmortem *p, guint ms)
{
	p->timer = g_timeout_add(scaled(p, ms), next_step, p);
}

typedef void (*pm_step)(struct postmortem *p);
static gboolean is_at(const struct session *s, pm_step step);

/*
 * Called when the answer to STEP has arrived. Starts the next step, unless the limit of STEP has
 * expired before, so that a later step is running already.
 */
static void answered(struct session *s, pm_step step)
{
	if (is_at(s, step))
		advance(s->postmortem);
}

static void ask_tasks(struct postmortem *p);
static void ask_sysrq(struct postmortem *p);
static void ask_locks(struct postmortem *p);
static void registers(struct postmortem *p);
static void dump(struct postmortem *p);

static void on_tasks(const struct guest_reply *reply, void *data)
{
	struct session *s = data;

	if (reply->tasks)
		run_keep(s->run, "postmortem/who", reply->text, -1, NULL);
	answered(s, ask_tasks);
}

static void on_sysrq(const struct guest_reply *reply, void *data)
{
	struct session *s = data;

	(void)reply;
	if (s->postmortem)
		s->postmortem->sysrq_answered = TRUE;
	answered(s, ask_sysrq);
}

static void on_registers(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;
	const char *text = json_string_value(reply);

	(void)why;
	if (outcome == VM_OK && text)
		run_keep(s->run, "postmortem/registers", text, -1, NULL);
	answered(s, registers);
}

static void on_ignored(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;

	(void)reply;
	run_journal(s->run, "nmi", "{s:s, s:s}", "outcome", vm_outcome_name(outcome), "why", why);
}

static void ask_tasks(struct postmortem *p)
{
	guest_list_tasks(p->s->guest, FALSE, on_tasks, p->s);
	wait_or_advance(p, STEP_MS);
}

static void ask_sysrq(struct postmortem *p)
{
	p->asked_ns = rig_now_ns();
	guest_sysrq(p->s->guest, sysrq_keys, on_sysrq, p->s);
	wait_or_advance(p, STEP_MS);
}

/*
 * Waits while the kernel prints the answer to the SysRq request, because another request would only
 * add to the output.
 */
static void while_it_prints(struct postmortem *p)
{
	gint64 now = rig_now_ns();

	if (p->sysrq_answered || now - p->s->console.said_ns > PRINT_MS * RIG_NS_PER_MS ||
	    now - p->asked_ns > scaled(p, PRINTING_MS) * RIG_NS_PER_MS) {
		advance(p);
		return;
	}
	p->step--;
	wait_or_advance(p, 100);
}

/*
 * If init did not respond, sends the SysRq keys over the console. Sends one key at a time, so that
 * the kernel has time to print.
 */
static void console_sysrq(struct postmortem *p)
{
	if (p->sysrq_answered || !sysrq_keys[p->key] ||
	    !vm_console_sysrq(p->s->vm, sysrq_keys[p->key])) {
		advance(p);
		return;
	}
	p->key++;
	p->step--;
	wait_or_advance(p, PRINT_MS);
}

static void on_locks(struct session *s)
{
	answered(s, ask_locks);
}

/* Requests the lock orders, but only if init responds, because init sends them. */
static void ask_locks(struct postmortem *p)
{
	wait_or_advance(p, STEP_MS);
	if (p->sysrq_answered)
		locks_ask(p->s, on_locks);
	else
		advance(p);
}

static void registers(struct postmortem *p)
{
	vm_command(p->s->vm, "human-monitor-command",
		   json_pack("{s:s}", "command-line", "info registers -a"),
		   rig_now_ns() + STEP_MS * RIG_NS_PER_MS, on_registers, p->s);
	wait_or_advance(p, STEP_MS);
}

static void nmi(struct postmortem *p)
{
	p->nmi_sent = !p->sysrq_answered;
	if (p->nmi_sent)
		vm_command(p->s->vm, "inject-nmi", NULL, rig_now_ns() + STEP_MS * RIG_NS_PER_MS,
			   on_ignored, p->s);
	wait_or_advance(p, p->sysrq_answered ? 1 : PRINT_MS);
}

static void on_dumped(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;
	g_autofree char *path = vm_output(s->vm, "memory.elf");
	g_autofree char *kept = g_build_filename(run_dir(s->run), "postmortem", "memory.elf", NULL);
	gint64 took = 0;

	(void)reply;
	/* delete a truncated image: it is useless, and its space is needed for the verdict */
	if (outcome != VM_OK || rename(path, kept) < 0)
		unlink(path);
	else
		took = memory_make_sparse(run_dir(s->run));
	run_journal(s->run, "dump", "{s:s, s:s, s:I}", "outcome", vm_outcome_name(outcome), "why",
		    why, "bytes", (json_int_t)took);
	answered(s, dump);
}

static gboolean may_dump(struct session *s, guint64 size, char **ret_why)
{
	guint64 limit = s->plan->dump_limit;
	struct statvfs disk;

	if (!size || size > limit)
		*ret_why = g_strdup_printf("the guest has %" G_GUINT64_FORMAT
					   " MiB of memory, the limit is %" G_GUINT64_FORMAT
					   " MiB (--memory-image)",
					   size >> 20, limit >> 20);
	else if (!statvfs(run_dir(s->run), &disk) &&
		 (guint64)disk.f_bavail * disk.f_frsize < size + DISK_SPARE)
		*ret_why = g_strdup_printf("the disk has no space for a memory dump of "
					   "%" G_GUINT64_FORMAT " MiB",
					   size >> 20);
	return !*ret_why;
}

static void on_size(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct session *s = data;
	guint64 size = json_integer_value(json_object_get(reply, "base-memory")) +
		       json_integer_value(json_object_get(reply, "plugged-memory"));
	g_autofree char *path = NULL, *protocol = NULL, *not = NULL;

	if (!is_at(s, dump))
		return;
	if (outcome != VM_OK || !may_dump(s, size, &not)) {
		run_journal(s->run, "dump", "{s:s, s:s}", "outcome", "skipped", "why",
			    not ? not : why);
		advance(s->postmortem);
		return;
	}
	path = vm_output(s->vm, "memory.elf");
	protocol = g_strconcat("file:", path, NULL);
	vm_command(s->vm, "dump-guest-memory",
		   json_pack("{s:b, s:s}", "paging", 0, "protocol", protocol),
		   rig_now_ns() + DUMP_MS * RIG_NS_PER_MS, on_dumped, s);
}

/* Dumps the memory. This is the last step, so that its failure does not affect the others. */
static void dump(struct postmortem *p)
{
	vm_command(p->s->vm, "query-memory-size-summary", NULL,
		   rig_now_ns() + STEP_MS * RIG_NS_PER_MS, on_size, p->s);
	wait_or_advance(p, STEP_MS + DUMP_MS);
}

/* Waits until the console is quiet, so that the last stack trace has been printed. */
static void wait_for_console(struct postmortem *p)
{
	if (rig_now_ns() - p->s->console.said_ns > PRINT_MS * RIG_NS_PER_MS) {
		advance(p);
		return;
	}
	p->step--;
	wait_or_advance(p, 200);
}

static const pm_step steps[] = {
	ask_tasks, ask_sysrq, while_it_prints,	console_sysrq, wait_for_console, ask_locks,
	registers, nmi,	      wait_for_console, dump,
};

static gboolean is_at(const struct session *s, pm_step step)
{
	const struct postmortem *p = s->postmortem;

	return p && s->state == STATE_POSTMORTEM && p->step && steps[p->step - 1] == step;
}

static gboolean next_step(gpointer data)
{
	struct postmortem *p = data;

	p->timer = 0;
	if (p->s->state != STATE_POSTMORTEM)
		return G_SOURCE_REMOVE;
	if (p->step == G_N_ELEMENTS(steps))
		session_event(p->s, EV_ANSWER);
	else
		steps[p->step++](p);
	return G_SOURCE_REMOVE;
}

void postmortem_excuse(struct session *s, struct splat *splat)
{
	if (!s->postmortem || !s->postmortem->nmi_sent || splat->known || !splat->text ||
	    !strstr(splat->text, "Oops: System Reset"))
		return;
	splat->known = json_pack(
		"{s:s, s:s, s:s}", "reason",
		"caused by the NMI that the rig sent because the guest did not answer",
		"link", "docs/hangs.md", "expires", KNOWN_THIS_RUN);
}

void postmortem_start(struct session *s)
{
	s->postmortem = g_new0(struct postmortem, 1);
	s->postmortem->s = s;
	s->console.hung_at = s->console.bytes;
	run_journal(s->run, "postmortem", NULL);
	advance(s->postmortem);
}

void postmortem_free(struct session *s)
{
	if (s->postmortem)
		g_clear_handle_id(&s->postmortem->timer, g_source_remove);
	g_clear_pointer(&s->postmortem, g_free);
}
