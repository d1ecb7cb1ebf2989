// SPDX-License-Identifier: GPL-2.0-only
/* Init's main loop (main-loop.h). */
#include "main-loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent.h"
#include "supervisor.h"
#include "clock.h"
#include "features.h"
#include "reply.h"
#include "request.h"

#define HEARTBEAT_NS 250000000
/*
 * No request is read while more bytes than this are queued, so that answers of one line always fit.
 */
#define READ_BELOW (QUEUE_MAX / 2)
/* A heartbeat is left out while more bytes than this are queued; the next one has newer data. */
#define HEARTBEAT_BELOW 65536
#define PART_ROUNDS 64
#define GOODBYE_NS (UINT64_C(2) * 1000000000)

static struct channel *channel;
static int signals, timer, wake_fd;
static sigset_t all_signals;
static bool hung_up; /* the host's end of the port is closed */

/* ---- power-off and reboot ---- */

/*
 * Called before power-off and reboot: sends the queued frames, and lets a child call sync() and
 * tcdrain(), which may block without end. Takes at most GOODBYE_NS.
 */
static void end_reason(void)
{
	struct pollfd ended = {.fd = signals, .events = POLLIN};
	struct signalfd_siginfo info;
	uint64_t end = now_ns() + GOODBYE_NS;
	pid_t child;

	for (channel_flush(channel); channel->out.len && now_ns() < end; channel_flush(channel)) {
		struct pollfd out = {.fd = channel->fd, .events = POLLOUT};

		if (poll(&out, 1, 100) > 0 && out.revents & POLLHUP)
			break;
	}
	child = fork();
	if (!child) {
		tcdrain(channel->fd);
		sync();
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, WNOHANG) != child && now_ns() < end) {
		poll(&ended, 1, 100);
		if (read(signals, &info, sizeof(info)) < 0)
			continue;
	}
}

static _Noreturn void power(uint32_t seq, char *payload)
{
	bool again = !strncmp(payload, "how reboot", 10);

	reply_done(seq, 0, "%s", "");
	end_reason();
	reboot(again ? RB_AUTOBOOT : RB_POWER_OFF);
	/*
	 * if the kernel has no method to power off, it halts; on some machines reboot() returns
	 * instead
	 */
	for (;;)
		pause();
}

/* ---- requests of the host ---- */

static void serve_frame(const struct proto_header *frame, char *payload)
{
	switch (frame->type) {
	case PROTO_START:
		supervisor_start(frame->seq, payload);
		return;
	case PROTO_STOP:
		supervisor_stop(frame->seq, payload);
		return;
	case PROTO_POWEROFF:
		power(frame->seq, payload);
	}
	if (!request_start(frame->type, frame->seq, payload))
		reply_done(frame->seq, EOPNOTSUPP, "unknown request type %u", frame->type);
}

static void note_garbage(void)
{
	static uint64_t noted;
	static unsigned versions;
	struct frame_reader *in = &channel->in;

	if (in->skipped != noted)
		reply_note("%llu bytes on the channel did not form a frame",
			   (unsigned long long)(in->skipped - noted));
	if (in->versions != versions)
		reply_note("the host uses protocol version %d, this guest version %d", in->version,
			   PROTO_VERSION);
	noted = in->skipped;
	versions = in->versions;
}

/* Reads and handles requests, but none while the queue of answers is half full. */
static void read_requests(void)
{
	static char payload[PROTO_MAX + 1];
	struct proto_header frame;
	bool more = true;

	while (more && channel->out.len < READ_BELOW) {
		more = channel_fill(channel);
		while (channel->out.len < READ_BELOW && frame_next(&channel->in, &frame, payload))
			serve_frame(&frame, payload);
		/*
		 * send a note only at the end of a sequence of invalid bytes, not for each read()
		 */
		if (!more)
			note_garbage();
	}
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!supervisor_reap(pid, status))
			request_reap(pid, status);
}

static void send_heartbeat(void)
{
	static char buffer[32768];
	struct text text;

	if (channel->out.len > HEARTBEAT_BELOW)
		return;
	text_init(&text, buffer, sizeof(buffer));
	text_add(&text, "uptime-ms %llu\n", (unsigned long long)(now_ns() / 1000000));
	supervisor_heartbeat(&text);
	reply_send(PROTO_HEARTBEAT, 0, buffer, text.len);
}

static void drain(int fd)
{
	char sink[1024];

	while (read(fd, sink, sizeof(sink)) > 0)
		;
}

static void set_up(void)
{
	struct itimerspec period = {{0, HEARTBEAT_NS}, {0, HEARTBEAT_NS}};
	static char hello[16384];
	struct text text;

	sigfillset(&all_signals);
	sigprocmask(SIG_BLOCK, &all_signals, NULL);
	signals = signalfd(-1, &all_signals, SFD_CLOEXEC | SFD_NONBLOCK);
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	timerfd_settime(timer, 0, &period, NULL);
	reply_init(channel, (int[]){channel->fd, signals, timer}, 3, &all_signals);
	supervisor_init(wake_fd);
	request_set_wake_fd(wake_fd);
	text_init(&text, hello, sizeof(hello));
	features_hello(&text, channel->kind);
	reply_send(PROTO_HELLO, 0, hello, text.len);
}

/* Handles the descriptors that poll() has reported: signals and ended children first. */
static void turn(struct pollfd *polled)
{
	if (polled[1].revents) {
		drain(signals);
		reap();
	}
	if (polled[2].revents) {
		drain(wake_fd);
		supervisor_ready();
		request_ready();
	}
	if (polled[0].revents & POLLIN)
		read_requests();
	if (polled[3].revents) {
		drain(timer);
		request_tick();
		supervisor_tick();
		send_heartbeat();
	}
	channel_flush(channel);
	/*
	 * queue and write the next parts of a long answer; at most PART_ROUNDS, so that the timer
	 * is handled, too
	 */
	for (unsigned i = 0; i < PART_ROUNDS && !channel->out.len; i++) {
		request_ready();
		if (!channel->out.len)
			break;
		channel_flush(channel);
	}
}

_Noreturn void main_loop(struct channel *open_channel)
{
	channel = open_channel;
	set_up();
	channel_flush(channel);
	for (;;) {
		struct pollfd polled[] = {
			{.fd = hung_up ? -1 : channel->fd},
			{.fd = signals, .events = POLLIN},
			{.fd = wake_fd, .events = POLLIN},
			{.fd = timer, .events = POLLIN},
		};

		if (channel->out.len)
			polled[0].events |= POLLOUT;
		if (channel->out.len < READ_BELOW)
			polled[0].events |= POLLIN;
		poll(polled, 4, -1);
		/*
		 * While the host's end of the port is closed, poll() would always return POLLHUP
		 * immediately, so the port is not polled then. It is polled again after SIGIO,
		 * which announces a change, and at the next heartbeat, in case the signal was
		 * missed.
		 */
		hung_up = polled[0].revents & POLLHUP ||
			  (hung_up && !polled[1].revents && !polled[3].revents);
		turn(polled);
	}
}
