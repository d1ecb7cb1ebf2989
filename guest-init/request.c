// SPDX-License-Identifier: GPL-2.0-only
/* Passes requests to child processes (request.h). handlers.c has the handlers. */
#include "request.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "handlers.h"
#include "reply.h"

#define SERVERS_MAX 48
/* Workers are kept alive because fork() dominates the cost of frequent requests. */
#define WORKERS_MAX 4
/*
 * After this time, the child that handles a request gets a signal, because offline_pages() may
 * retry without end, until a signal is pending.
 */
#define PATIENCE_NS (20 * UINT64_C(1000000000))

/* The memory that init shares with one child. */
struct shm_slot {
	char payload[PROTO_MAX + 1]; /* written by init */
	_Atomic bool done;	     /* written last by the child */
	uint32_t type, len;
	char data[PROTO_BULK_MAX]; /* uses memory only for pages that were written */
};

struct server {
	bool used;   /* in use by a request whose answer is not sent completely yet */
	bool worker; /* the child is a worker, which handles more than one request */
	pid_t pid;   /* 0 if there is no child, or it has ended */
	unsigned which;
	uint32_t seq;
	uint64_t since_ns;
	int status;
	uint32_t sent;	/* number of bytes of the answer that were sent in parts already */
	int request_fd; /* the eventfd that announces a request to a worker */
};

static const struct {
	unsigned type, answer;
	const char *name;
	int (*handle)(char *payload, struct text *out);
	/*
	 * The request is frequent, so workers handle it. Its answer must not depend on variables of
	 * init that change, because a worker was forked earlier.
	 */
	bool often;
} requests[] = {
	{PROTO_SNAPSHOT, PROTO_ACCOUNT, "account", handle_account, false},
	{PROTO_BLOCKS, PROTO_DONE, "blocks", handle_blocks, true},
	{PROTO_ASK_TASKS, PROTO_TASKS, "tasks", handle_tasks, false},
	{PROTO_SYSRQ, PROTO_DONE, "sysrq", handle_sysrq, false},
	{PROTO_FINISH, PROTO_VERDICT, "verdict", handle_verdict, false},
	{PROTO_CPU, PROTO_DONE, "cpu", handle_cpu, true},
	{PROTO_LOG, PROTO_LOGGED, "log", handle_log, false},
	{PROTO_LOCKS, PROTO_LOCK_TEXT, "locks", handle_locks, false},
};

static struct server servers[SERVERS_MAX];
static struct shm_slot *shm_slots;
static int wake_fd;

int request_init(void)
{
	void *memory = mmap(NULL, SERVERS_MAX * sizeof(*shm_slots), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	shm_slots = memory;
	for (unsigned n = 0; n < WORKERS_MAX; n++) {
		servers[n].request_fd = eventfd(0, EFD_CLOEXEC);
		if (servers[n].request_fd < 0)
			return -errno;
	}
	return 0;
}

void request_set_wake_fd(int fd)
{
	wake_fd = fd;
}

/* ---- functions that run in the child, which handles the request ---- */

static void wake(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		/*
		 * the write failed because the eventfd is at its maximum, so its reader wakes up
		 * anyway
		 */
		return;
}

/*
 * Returns the maximum size of the answer. With the line "max-bytes N" the host accepts an answer of
 * N bytes, in parts; without it, the answer must fit into a frame.
 */
static size_t answer_max(const char *payload)
{
	static const char key[] = "max-bytes ";
	const char *at = payload;
	unsigned long max;

	while (at && strncmp(at, key, strlen(key))) {
		at = strchr(at, '\n');
		at += at != NULL;
	}
	max = at ? strtoul(at + strlen(key), NULL, 10) : 0;
	return max < PROTO_MAX ? PROTO_MAX : max < PROTO_BULK_MAX ? max : PROTO_BULK_MAX;
}

/* Runs the handler, which writes the answer into SHM_SLOT, or, if it fails, the reason. */
static void handle_one(unsigned which, struct shm_slot *shm_slot)
{
	static char failed[WHAT_MAX];
	struct text out;
	int err;

	text_init(&out, shm_slot->data, answer_max(shm_slot->payload));
	shm_slot->type = requests[which].answer;
	if (shm_slot->type == PROTO_DONE)
		text_add(&out, "ok\n");
	err = requests[which].handle(shm_slot->payload, &out);
	if (err) {
		size_t skip = shm_slot->type == PROTO_DONE ? strlen("ok\n") : 0;

		memcpy(failed, shm_slot->data + skip, sizeof(failed) - 1);
		text_init(&out, shm_slot->data, sizeof(shm_slot->data));
		text_add(&out, "error %s %s\n", errno_name(-err), failed);
		shm_slot->type = PROTO_DONE;
	}
	shm_slot->len = out.len;
	atomic_store_explicit(&shm_slot->done, true, memory_order_release);
	wake(wake_fd);
}

static _Noreturn void child(const struct server *server, struct shm_slot *shm_slot)
{
	uint64_t count;

	handle_one(server->which, shm_slot);
	while (server->worker) {
		/* the time limit's SIGUSR1 may arrive after the request was handled */
		while (read(server->request_fd, &count, sizeof(count)) < 0)
			if (errno != EINTR)
				_exit(1);
		handle_one(server->which, shm_slot);
	}
	_exit(0);
}

/* ---- functions that run in init ---- */

/*
 * Returns the index of an idle worker for request WHICH, or of a free slot, or SERVERS_MAX if there
 * is neither.
 */
static unsigned choose(unsigned which)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WORKERS_MAX && requests[which].often; i++)
		if (servers[i].pid && servers[i].worker && !servers[i].used &&
		    servers[i].which == which)
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
	/*
	 * ignore a request that is being handled already: the host sends requests again after it
	 * has reconnected
	 */
	for (unsigned i = 0; i < SERVERS_MAX; i++)
		if (servers[i].used && servers[i].seq == seq)
			return true;
	n = choose(which);
	if (n == SERVERS_MAX) {
		reply_done(seq, EBUSY, "%d requests are in progress already", SERVERS_MAX);
		return true;
	}
	server = &servers[n];
	snprintf(shm_slots[n].payload, sizeof(shm_slots[n].payload), "%s", payload);
	shm_slots[n].len = 0;
	atomic_store_explicit(&shm_slots[n].done, false, memory_order_relaxed);
	server->which = which;
	server->seq = seq;
	server->since_ns = now_ns();
	server->sent = 0;
	server->used = true;
	if (server->pid) {
		wake(server->request_fd);
		return true;
	}
	server->worker = n < WORKERS_MAX && requests[which].often;
	server->pid = reply_fork(requests[which].name);
	if (!server->pid)
		child(server, &shm_slots[n]);
	if (server->pid < 0) {
		reply_done(seq, -server->pid, "cannot fork a process for the request");
		server->pid = 0;
		server->used = false;
	}
	return true;
}

/*
 * Sends the rest of an answer: PART frames while the rest is longer than a part, then the frame of
 * TYPE. Returns false if the queue has no room; then it must be called again to continue.
 */
static bool send_parts(struct server *server, uint32_t type, const char *data, uint32_t len)
{
	static char part[PROTO_PART_MAX + 32];

	if (len <= PROTO_MAX)
		return reply_send(type, server->seq, data, len);
	while (len - server->sent > PROTO_PART_MAX) {
		int head = snprintf(part, 32, "offset %u\n", server->sent);

		memcpy(part + head, data + server->sent, PROTO_PART_MAX);
		if (!reply_has_room() ||
		    !reply_send(PROTO_PART, server->seq, part, head + PROTO_PART_MAX))
			return false;
		server->sent += PROTO_PART_MAX;
	}
	return reply_send(type, server->seq, data + server->sent, len - server->sent);
}

/* Sends the child's answer, or an error if it ended without one. */
static void send_answer(unsigned n)
{
	struct server *server = &servers[n];
	const struct shm_slot *shm_slot = &shm_slots[n];
	bool done = atomic_load_explicit(&shm_slot->done, memory_order_acquire);
	/* these come from the child, so they are checked below */
	uint32_t len = shm_slot->len, type = shm_slot->type;

	if (!server->used || (!done && server->pid))
		return;
	if (done && len && len <= PROTO_BULK_MAX) {
		server->used = !send_parts(server, type, shm_slot->data, len);
		/* return the memory of a long answer to the guest */
		if (!server->used && len > PROTO_MAX)
			madvise(shm_slots[n].data, PROTO_BULK_MAX, MADV_REMOVE);
		return;
	}
	if (!server->pid && WIFSIGNALED(server->status))
		reply_done(server->seq, EIO,
			   "the process that handled the request was killed by signal %d",
			   WTERMSIG(server->status));
	else
		reply_done(server->seq, EIO,
			   "the process that handled the request ended without an answer");
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
