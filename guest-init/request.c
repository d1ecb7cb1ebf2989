// SPDX-License-Identifier: GPL-2.0-only
/* Requests and the processes that serve them: see request.h. What they do is in answer.c. */
#include "request.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "answer.h"
#include "serve.h"

#define SERVERS_MAX 48
/* offline_pages() may try for ever: after this it gets a signal, which it gives way to. */
#define PATIENCE_NS (20 * UINT64_C(1000000000))

/* Written by the child, read by init when the child has ended. */
struct answer {
	uint32_t type;
	uint32_t len;
	char data[PROTO_MAX];
};

struct server {
	bool used, ended;
	pid_t pid;
	uint32_t seq;
	uint64_t since_ns;
	int status;
};

static const struct {
	unsigned type, answer;
	const char *name;
	int (*serve)(char *payload, struct text *out);
} requests[] = {
	{PROTO_SNAPSHOT, PROTO_ACCOUNT, "account", answer_account},
	{PROTO_BLOCKS, PROTO_DONE, "blocks", answer_blocks},
	{PROTO_ASK_WHO, PROTO_WHO, "who", answer_who},
	{PROTO_SYSRQ, PROTO_DONE, "sysrq", answer_sysrq},
	{PROTO_FINISH, PROTO_VERDICT, "verdict", answer_verdict},
	{PROTO_CPU, PROTO_DONE, "cpu", answer_cpu},
	{PROTO_LOG, PROTO_LOGGED, "log", answer_log},
};

static struct server servers[SERVERS_MAX];
static struct answer *answers;

int request_init(void)
{
	void *memory = mmap(NULL, SERVERS_MAX * sizeof(*answers), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	answers = memory;
	return 0;
}

/* The child. A serve function leaves, when it fails, what failed; else all of the answer. */
static _Noreturn void serve_one(unsigned which, char *payload, struct answer *answer)
{
	static char failed[WHAT_MAX];
	struct text out;
	int err;

	text_init(&out, answer->data, sizeof(answer->data));
	answer->type = requests[which].answer;
	if (answer->type == PROTO_DONE)
		text_add(&out, "ok\n");
	err = requests[which].serve(payload, &out);
	if (err) {
		size_t skip = answer->type == PROTO_DONE ? strlen("ok\n") : 0;

		strncpy(failed, answer->data + skip, sizeof(failed) - 1);
		text_init(&out, answer->data, sizeof(answer->data));
		text_add(&out, "error %s %s\n", errno_name(-err), failed);
		answer->type = PROTO_DONE;
	}
	answer->len = out.len;
	_exit(0);
}

bool request_start(unsigned type, uint32_t seq, char *payload)
{
	unsigned which = 0, n = 0;
	pid_t pid;

	while (which < countof(requests) && requests[which].type != type)
		which++;
	if (which == countof(requests))
		return false;
	/* the host lost its way to us and asks again: it is on its way already */
	for (unsigned i = 0; i < SERVERS_MAX; i++)
		if (servers[i].used && servers[i].seq == seq)
			return true;
	while (n < SERVERS_MAX && servers[n].used)
		n++;
	if (n == SERVERS_MAX) {
		serve_done(seq, EBUSY, "%d requests are being served", SERVERS_MAX);
		return true;
	}
	answers[n].len = 0;
	pid = serve_fork(requests[which].name);
	if (!pid)
		serve_one(which, payload, &answers[n]);
	if (pid < 0)
		serve_done(seq, -pid, "fork");
	else
		servers[n] = (struct server){.used = true, .pid = pid, .seq = seq,
					     .since_ns = now_ns()};
	return true;
}

static void send_answer(unsigned n)
{
	struct server *server = &servers[n];
	const struct answer *answer = &answers[n];
	/* the child is gone, and yet nothing that it wrote is taken on trust */
	uint32_t len = answer->len;

	if (WIFSIGNALED(server->status)) {
		serve_done(server->seq, EIO, "its server died of signal %d",
			   WTERMSIG(server->status));
		server->used = false;
	} else if (!len || len > PROTO_MAX) {
		serve_done(server->seq, EIO, "its server gave no answer");
		server->used = false;
	} else {
		server->used = !serve_send(answer->type, server->seq, answer->data, len);
	}
}

bool request_reap(pid_t pid, int status)
{
	for (unsigned n = 0; n < SERVERS_MAX; n++) {
		if (!servers[n].used || servers[n].ended || servers[n].pid != pid)
			continue;
		servers[n].ended = true;
		servers[n].status = status;
		send_answer(n);
		return true;
	}
	return false;
}

void request_tick(void)
{
	uint64_t now = now_ns();

	for (unsigned n = 0; n < SERVERS_MAX; n++) {
		if (!servers[n].used)
			continue;
		if (servers[n].ended)
			send_answer(n);
		else if (now > servers[n].since_ns + PATIENCE_NS)
			kill(servers[n].pid, SIGUSR1);
	}
}
