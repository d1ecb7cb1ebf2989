// SPDX-License-Identifier: GPL-2.0-only
/* Requests and the processes that serve them: see request.h. What they do is in answer.c. */
#include "request.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "answer.h"
#include "serve.h"

#define SERVERS_MAX 48
/* Of these, those who stay when they have served: of what is asked for again and again, forking would be most. */
#define CLERKS_MAX 4
/* offline_pages() may try for ever: after this it gets a signal, which it gives way to. */
#define PATIENCE_NS (20 * UINT64_C(1000000000))

/* What init and a child share. */
struct desk {
	char payload[PROTO_MAX + 1]; /* written by init */
	_Atomic bool done;	     /* by the child, when the rest is */
	uint32_t type, len;
	char data[PROTO_MAX];
};

struct server {
	bool used;  /* by a request whose answer was not sent yet */
	bool stays; /* a clerk */
	pid_t pid;  /* 0: none, or it has ended */
	unsigned which;
	uint32_t seq;
	uint64_t since_ns;
	int status;
	int bell; /* a clerk's: there is a request */
};

static const struct {
	unsigned type, answer;
	const char *name;
	int (*serve)(char *payload, struct text *out);
	bool often; /* and with nothing of init's own memory in the answer */
} requests[] = {
	{PROTO_SNAPSHOT, PROTO_ACCOUNT, "account", answer_account, false},
	{PROTO_BLOCKS, PROTO_DONE, "blocks", answer_blocks, true},
	{PROTO_ASK_WHO, PROTO_WHO, "who", answer_who, false},
	{PROTO_SYSRQ, PROTO_DONE, "sysrq", answer_sysrq, false},
	{PROTO_FINISH, PROTO_VERDICT, "verdict", answer_verdict, false},
	{PROTO_CPU, PROTO_DONE, "cpu", answer_cpu, true},
	{PROTO_LOG, PROTO_LOGGED, "log", answer_log, false},
};

static struct server servers[SERVERS_MAX];
static struct desk *desks;
static int doorbell;

int request_init(void)
{
	void *memory = mmap(NULL, SERVERS_MAX * sizeof(*desks), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	desks = memory;
	for (unsigned n = 0; n < CLERKS_MAX; n++) {
		servers[n].bell = eventfd(0, EFD_CLOEXEC);
		if (servers[n].bell < 0)
			return -errno;
	}
	return 0;
}

void request_bell(int bell)
{
	doorbell = bell;
}

/* ---- the child ---- */

static void ring(int bell)
{
	uint64_t one = 1;

	if (write(bell, &one, sizeof(one)) < 0)
		return; /* full means that it rings already */
}

/* A serve function leaves, when it fails, what failed; else all of the answer. */
static void serve_one(unsigned which, struct desk *desk)
{
	static char failed[WHAT_MAX];
	struct text out;
	int err;

	text_init(&out, desk->data, sizeof(desk->data));
	desk->type = requests[which].answer;
	if (desk->type == PROTO_DONE)
		text_add(&out, "ok\n");
	err = requests[which].serve(desk->payload, &out);
	if (err) {
		size_t skip = desk->type == PROTO_DONE ? strlen("ok\n") : 0;

		memcpy(failed, desk->data + skip, sizeof(failed) - 1);
		text_init(&out, desk->data, sizeof(desk->data));
		text_add(&out, "error %s %s\n", errno_name(-err), failed);
		desk->type = PROTO_DONE;
	}
	desk->len = out.len;
	atomic_store_explicit(&desk->done, true, memory_order_release);
	ring(doorbell);
}

static _Noreturn void child(const struct server *server, struct desk *desk)
{
	uint64_t rung;

	serve_one(server->which, desk);
	while (server->stays) {
		/* the signal of one who had taken too long may come when it has done */
		while (read(server->bell, &rung, sizeof(rung)) < 0)
			if (errno != EINTR)
				_exit(1);
		serve_one(server->which, desk);
	}
	_exit(0);
}

/* ---- init ---- */

/* Who serves it: a clerk who has nothing to do, or nobody yet. SERVERS_MAX: all are taken. */
static unsigned choose(unsigned which)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CLERKS_MAX && requests[which].often; i++)
		if (servers[i].pid && servers[i].stays && !servers[i].used && servers[i].which == which)
			return i;
	while (n < SERVERS_MAX && (servers[n].used || servers[n].pid))
		n++;
	return n;
}

bool request_start(unsigned type, uint32_t seq, char *payload)
{
	unsigned which = 0, n;
	struct server *server;

	while (which < countof(requests) && requests[which].type != type)
		which++;
	if (which == countof(requests))
		return false;
	/* the host lost its way to us and asks again: it is on its way already */
	for (unsigned i = 0; i < SERVERS_MAX; i++)
		if (servers[i].used && servers[i].seq == seq)
			return true;
	n = choose(which);
	if (n == SERVERS_MAX) {
		serve_done(seq, EBUSY, "%d requests are being served", SERVERS_MAX);
		return true;
	}
	server = &servers[n];
	snprintf(desks[n].payload, sizeof(desks[n].payload), "%s", payload);
	desks[n].len = 0;
	atomic_store_explicit(&desks[n].done, false, memory_order_relaxed);
	server->which = which;
	server->seq = seq;
	server->since_ns = now_ns();
	server->used = true;
	if (server->pid) {
		ring(server->bell);
		return true;
	}
	server->stays = n < CLERKS_MAX && requests[which].often;
	server->pid = serve_fork(requests[which].name);
	if (!server->pid)
		child(server, &desks[n]);
	if (server->pid < 0) {
		serve_done(seq, -server->pid, "fork");
		server->pid = 0;
		server->used = false;
	}
	return true;
}

/* It has answered, or ended without. */
static void send_answer(unsigned n)
{
	struct server *server = &servers[n];
	const struct desk *desk = &desks[n];
	bool done = atomic_load_explicit(&desk->done, memory_order_acquire);
	/* nothing that a child wrote is taken on trust */
	uint32_t len = desk->len, type = desk->type;

	if (!server->used || (!done && server->pid))
		return;
	if (done && len && len <= PROTO_MAX) {
		server->used = !serve_send(type, server->seq, desk->data, len);
		return;
	}
	if (!server->pid && WIFSIGNALED(server->status))
		serve_done(server->seq, EIO, "its server died of signal %d", WTERMSIG(server->status));
	else
		serve_done(server->seq, EIO, "its server gave no answer");
	server->used = false;
}

void request_ready(void)
{
	for (unsigned n = 0; n < SERVERS_MAX; n++)
		send_answer(n);
}

bool request_reap(pid_t pid, int status)
{
	for (unsigned n = 0; n < SERVERS_MAX; n++) {
		if (servers[n].pid != pid)
			continue;
		servers[n].pid = 0;
		servers[n].status = status;
		send_answer(n);
		return true;
	}
	return false;
}

void request_tick(void)
{
	uint64_t now = now_ns();

	request_ready();
	for (unsigned n = 0; n < SERVERS_MAX; n++)
		if (servers[n].used && servers[n].pid && now > servers[n].since_ns + PATIENCE_NS)
			kill(servers[n].pid, SIGUSR1);
}
