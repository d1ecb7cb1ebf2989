// SPDX-License-Identifier: GPL-2.0-only
/* Starts, stops and reaps agents, and sends their counts (supervisor.h). */
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "proto.h"
#include "reply.h"
#include "start.h"

#define STOP_NS (10000 * NS_PER_MS)
#define STOPS_MAX 16

struct slot {
	struct run run;
	pid_t pid; /* 0 if the slot is free, or its process has ended */
	bool used;
	bool answered; /* START was answered */
	bool stopping;
	bool counts_due;
	uint32_t seq; /* seq of START */
};

/* A STOP that was not answered yet. `slots` has a bit for each agent whose end it waits for. */
struct stop {
	bool used;
	uint32_t seq;
	uint64_t slots, deadline_ns;
};

static struct slot slots[AGENTS_MAX];
static struct stop stops[STOPS_MAX];
static int wake_fd;
static char ended_buffer[16384];
static struct text ended; /* the reasons of agents that have ended, as in VERDICT */

_Static_assert(AGENTS_MAX <= 64, "struct stop has one bit for each agent");

void supervisor_init(int agents_wake_fd)
{
	wake_fd = agents_wake_fd;
	text_init(&ended, ended_buffer, sizeof(ended_buffer));
}

static int spawn(struct slot *slot)
{
	pid_t pid;

	atomic_store(&slot->run.shared->busy_since_ns, 0);
	pid = reply_fork(slot->run.agent->name);
	if (!pid)
		agent_main(&slot->run, wake_fd);
	if (pid > 0)
		slot->pid = pid;
	return pid < 0 ? (int)pid : 0;
}

static struct slot *slot_free(void)
{
	for (unsigned i = 0; i < AGENTS_MAX; i++)
		if (!slots[i].used)
			return &slots[i];
	return NULL;
}

static struct slot *slot_of(uint64_t id)
{
	for (unsigned i = 0; i < AGENTS_MAX; i++)
		if (slots[i].used && slots[i].run.id == id)
			return &slots[i];
	return NULL;
}

static void release(struct slot *slot)
{
	atomic_fetch_and(&shared->claimed, ~slot->run.shared->claim);
	memset(slot, 0, sizeof(*slot));
}

void supervisor_start(uint32_t seq, char *payload)
{
	char buffer[256];
	struct text what;
	struct slot *slot = slot_free();
	struct run run;
	int err;

	text_init(&what, buffer, sizeof(buffer));
	err = agent_parse(payload, &run, &what);
	if (!err && slot_of(run.id) && slot_of(run.id)->seq == seq) {
		/*
		 * the host repeats a START after it has reconnected: answer again, because the
		 * first answer may be lost
		 */
		if (slot_of(run.id)->answered)
			reply_done(seq, 0, "%s", "");
		return;
	}
	if (!err && slot_of(run.id)) {
		err = -EEXIST;
		text_add(&what, "agent %llu runs already", (unsigned long long)run.id);
	} else if (!err && !slot) {
		err = -EMFILE;
		text_add(&what, "at most %d agents can run", AGENTS_MAX);
	}
	if (err) {
		reply_done(seq, -err, "%s", buffer);
		return;
	}
	run.index = slot - slots;
	run.shared = &shared->agent[run.index];
	memset(run.shared, 0, sizeof(*run.shared));
	run.shared->rng.state = run.seed;
	atomic_store(&run.shared->phase, PHASE_PREPARING);
	*slot = (struct slot){.run = run, .used = true, .seq = seq};
	err = spawn(slot);
	if (err) {
		release(slot);
		reply_done(seq, -err, "cannot fork a process for the agent");
	}
}

/*
 * Sends the output of the agent's program, as far as there is room. Returns false if some output is
 * left.
 */
static bool send_output(struct slot *slot)
{
	struct output *output = &slot->run.shared->output;
	char buffer[OUTPUT_RING + 64];

	while (atomic_load(&output->put) != atomic_load(&output->taken)) {
		size_t len;

		if (!reply_has_room())
			return false;
		len = snprintf(buffer, 64, "agent %llu\n", (unsigned long long)slot->run.id);
		len += output_take(output, buffer + len, OUTPUT_RING);
		if (!reply_send(PROTO_OUTPUT, 0, buffer, len))
			return false;
	}
	return true;
}

void supervisor_ready(void)
{
	for (unsigned i = 0; i < AGENTS_MAX; i++) {
		struct slot *slot = &slots[i];

		if (slot->used)
			send_output(slot);
		if (!slot->used || slot->answered ||
		    atomic_load(&slot->run.shared->phase) != PHASE_RUNNING)
			continue;
		slot->answered = true;
		reply_done(slot->seq, 0, "%s", "");
	}
}

/* ---- the request STOP ---- */

static void request_stop(struct slot *slot)
{
	atomic_store(&slot->run.shared->stop, 1);
	slot->stopping = true;
	if (slot->pid)
		kill(slot->pid, SIGUSR1);
}

static int parse_stop(char *payload, bool *ret_all, uint64_t *ret_id)
{
	char *line = text_line(&payload), *word[2];
	unsigned n = line ? text_words(line, word, 2) : 0;

	*ret_all = n == 1 && !strcmp(word[0], "all");
	if (*ret_all)
		return 0;
	return n == 2 && !strcmp(word[0], "id") ? text_number(word[1], ret_id) : -EINVAL;
}

static void answer_stop(struct stop *stop)
{
	char buffer[8192];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add(&text, "ok\n");
	for (unsigned i = 0; i < AGENTS_MAX; i++)
		if (stop->slots >> i & 1) {
			struct slot *slot = &slots[i];

			text_add(&text, "stuck %llu %s %s\n", (unsigned long long)slot->run.id,
				 slot->run.agent->name,
				 op_name(atomic_load(&slot->run.shared->op)));
		}
	stop->used = !reply_send(PROTO_DONE, stop->seq, buffer, text.len);
}

void supervisor_stop(uint32_t seq, char *payload)
{
	struct stop *stop = stops;
	uint64_t id = 0;
	bool all;

	if (parse_stop(payload, &all, &id)) {
		reply_done(seq, EINVAL, "STOP needs a line 'all' or 'id N'");
		return;
	}
	if (!all && !slot_of(id)) {
		reply_done(seq, ENOENT, "no agent %llu runs", (unsigned long long)id);
		return;
	}
	while (stop < stops + STOPS_MAX && stop->used)
		stop++;
	if (stop == stops + STOPS_MAX) {
		reply_done(seq, EBUSY, "%d STOPs are pending already", STOPS_MAX);
		return;
	}
	*stop = (struct stop){.used = true, .seq = seq, .deadline_ns = now_ns() + STOP_NS};
	for (unsigned i = 0; i < AGENTS_MAX; i++)
		if (slots[i].used && (all || slots[i].run.id == id)) {
			stop->slots |= UINT64_C(1) << i;
			request_stop(&slots[i]);
		}
	if (!stop->slots)
		answer_stop(stop);
}

/* ---- the end of an agent ---- */

static bool send_counts(struct slot *slot)
{
	static char buffer[65536];
	struct agent_shared *its = slot->run.shared;
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add(&text, "agent %llu %s\nops %llu\n", (unsigned long long)slot->run.id,
		 slot->run.agent->name, (unsigned long long)atomic_load(&its->ops));
	for (unsigned op = 0; op < OP_COUNT; op++)
		for (int error = 0; error < ERRNO_MAX; error++) {
			uint64_t count = atomic_load(&its->result[op][error]);

			if (count)
				text_add(&text, "%s %s %s %llu\n",
					 op_expected_here(its, op, error) ? "result" : "illegal",
					 op_name(op), errno_name(error), (unsigned long long)count);
		}
	its->what[WHAT_MAX - 1] = '\0';
	if (its->what_error)
		text_add(&text, "first-illegal %s %s %s\n", op_name(its->what_op),
			 errno_name(its->what_error), its->what);
	return reply_send(PROTO_COUNTS, 0, buffer, text.len);
}

/*
 * Sends the output and the COUNTS of an agent that has ended, then frees its slot and answers the
 * STOPs that wait for it. If the queue has no room, it must be called again.
 */
static void finish(struct slot *slot)
{
	uint64_t bit = UINT64_C(1) << (slot - slots);

	slot->counts_due = !send_output(slot) || !send_counts(slot);
	if (slot->counts_due)
		return;
	release(slot);
	for (struct stop *stop = stops; stop < stops + STOPS_MAX; stop++) {
		if (!stop->used || !(stop->slots & bit))
			continue;
		stop->slots &= ~bit;
		if (!stop->slots)
			answer_stop(stop);
	}
}

/* Handles an agent that ended before it was ready: answers its START with the error. */
static void reap_unready(struct slot *slot)
{
	struct agent_shared *its = slot->run.shared;
	uint64_t bit = UINT64_C(1) << (slot - slots);

	its->what[WHAT_MAX - 1] = '\0';
	reply_done(slot->seq, its->error ? its->error : EIO, "%s",
		   its->what[0] ? its->what : "the agent ended while it prepared its work");
	release(slot);
	for (struct stop *stop = stops; stop < stops + STOPS_MAX; stop++)
		if (stop->used && stop->slots & bit) {
			stop->slots &= ~bit;
			if (!stop->slots)
				answer_stop(stop);
		}
}

/* Adds the reason that FAILED operations of agent ID, called NAME, had unexpected results. */
static void add_illegal(struct text *text, unsigned long long id, const char *name,
			unsigned long long failed)
{
	text_add(text,
		 "reason agent %llu %s: %llu results that are not legal\n"
		 "kind " PROTO_REASON_ILLEGAL "\nagent %llu\ncount %llu\n",
		 id, name, failed, id, failed);
}

static void report_death(struct slot *slot, int status)
{
	unsigned long long id = slot->run.id, failed = atomic_load(&slot->run.shared->failed);
	const char *name = slot->run.agent->name;

	if (failed)
		add_illegal(&ended, id, name, failed);
	if (atomic_load(&slot->run.shared->group))
		kill(-atomic_load(&slot->run.shared->group), SIGKILL);
	if (WIFSIGNALED(status))
		text_add(&ended,
			 "reason agent %llu %s was killed by signal %d\n"
			 "kind " PROTO_REASON_DIED "\n",
			 id, name, WTERMSIG(status));
	if (WIFSIGNALED(status))
		reply_note("agent %llu %s was killed by signal %d", id, name, WTERMSIG(status));
}

/*
 * Returns true if the OOM killer has killed the agent, so that it must be restarted. Counts this as
 * ENOMEM of the agent's current operation.
 */
static bool goes_on(struct slot *slot, int status)
{
	struct agent_shared *its = slot->run.shared;
	unsigned op = atomic_load(&its->op);

	if (!slot->run.agent->killable || slot->stopping || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL)
		return false;
	if (op == OP_NONE || op >= OP_COUNT)
		op = OP_ANON;
	atomic_fetch_add(&its->result[op][ENOMEM], 1);
	atomic_fetch_add(&its->ops, 1);
	return !spawn(slot);
}

bool supervisor_reap(pid_t pid, int status)
{
	for (struct slot *slot = slots; slot < slots + AGENTS_MAX; slot++) {
		if (!slot->used || slot->pid != pid)
			continue;
		slot->pid = 0;
		/* the agent may have written to the wake fd and ended before init read the fd */
		supervisor_ready();
		if (!slot->answered) {
			reap_unready(slot);
		} else if (!goes_on(slot, status)) {
			atomic_store(&slot->run.shared->phase, PHASE_ENDED);
			report_death(slot, status);
			finish(slot);
		}
		return true;
	}
	return false;
}

/* ---- time limits of agents ---- */

static void tick_slot(struct slot *slot, uint64_t now)
{
	uint64_t since = atomic_load(&slot->run.shared->busy_since_ns);
	uint64_t patience = slot->run.agent->patience_ms * NS_PER_MS;

	send_output(slot);
	if (slot->counts_due)
		finish(slot);
	else if (slot->pid && (slot->stopping || (patience && since && now > since + patience)))
		kill(slot->pid, SIGUSR1);
}

void supervisor_tick(void)
{
	uint64_t now = now_ns();

	for (unsigned i = 0; i < AGENTS_MAX; i++)
		if (slots[i].used)
			tick_slot(&slots[i], now);
	for (struct stop *stop = stops; stop < stops + STOPS_MAX; stop++)
		if (stop->used && (!stop->slots || now > stop->deadline_ns))
			answer_stop(stop);
}

void supervisor_heartbeat(struct text *text)
{
	uint64_t now = now_ns();

	for (unsigned i = 0; i < AGENTS_MAX; i++) {
		struct agent_shared *its = &shared->agent[i];
		uint64_t since = atomic_load(&its->busy_since_ns);

		if (!slots[i].used || !slots[i].answered)
			continue;
		text_add(text, "agent %llu %s ops %llu failed %llu busy-ms %llu now %s\n",
			 (unsigned long long)slots[i].run.id, slots[i].run.agent->name,
			 (unsigned long long)atomic_load(&its->ops),
			 (unsigned long long)atomic_load(&its->failed),
			 (unsigned long long)(since && now > since ? (now - since) / NS_PER_MS : 0),
			 since ? op_name(atomic_load(&its->op)) : "-");
		if (slots[i].pid)
			text_add(text, "agent-pid %llu %d\n", (unsigned long long)slots[i].run.id,
				 atomic_load(&its->subject) ? atomic_load(&its->subject)
							    : (int)slots[i].pid);
	}
}

void supervisor_reasons(struct text *text)
{
	text_add(text, "%s", ended.data);
	for (unsigned i = 0; i < AGENTS_MAX; i++) {
		struct slot *slot = &slots[i];
		uint64_t failed = slot->used ? atomic_load(&slot->run.shared->failed) : 0;

		if (failed)
			add_illegal(text, slot->run.id, slot->run.agent->name, failed);
		if (slot->used && slot->stopping)
			text_add(text, "reason agent %llu %s is stuck in %s\n",
				 (unsigned long long)slot->run.id, slot->run.agent->name,
				 op_name(atomic_load(&slot->run.shared->op)));
	}
}
