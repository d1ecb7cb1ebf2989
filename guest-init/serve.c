// SPDX-License-Identifier: GPL-2.0-only
/* Init's loop: see serve.h. */
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent.h"
#include "crew.h"
#include "look.h"
#include "request.h"

#define BEAT_NS 250000000
/* Requests are read while the queue has more room than their answers of one line can need. */
#define READ_BELOW (QUEUE_MAX / 2)
/* A beat is not worth queueing behind this much: the next one says the same and more. */
#define BEAT_BELOW 65536
#define GOODBYE_NS (UINT64_C(2) * 1000000000)

static struct channel *channel;
static int signals, timer, doorbell;
static sigset_t all_signals;
static bool hung_up; /* nobody listens at the other end */

bool serve_send(enum proto_type type, uint32_t seq, const char *payload, size_t len)
{
	return frame_put(&channel->out, type, seq, payload, len);
}

void serve_done(uint32_t seq, int error, const char *format, ...)
{
	char what[WHAT_MAX] = "", line[WHAT_MAX + 64];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	len = error ? snprintf(line, sizeof(line), "error %s %s\n", errno_name(error), what)
		    : snprintf(line, sizeof(line), "ok\n");
	serve_send(PROTO_DONE, seq, line, len);
}

void serve_note(const char *format, ...)
{
	char line[256];
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	len = strlen(line);
	line[len++] = '\n';
	serve_send(PROTO_NOTE, 0, line, len);
}

static void wake_up(int signal)
{
	(void)signal;
}

pid_t serve_fork(const char *name)
{
	/* no SA_RESTART: the point of the signal is that the system call ends */
	struct sigaction action = {.sa_handler = wake_up};
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return pid;
	close(channel->fd);
	close(signals);
	close(timer);
	prctl(PR_SET_NAME, name);
	sigaction(SIGUSR1, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &all_signals, NULL);
	return 0;
}

/* Power */

/* sync() and tcdrain() may wait for ever: a child does them, and is waited for only so long. */
static void last_words(void)
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

	serve_done(seq, 0, "%s", "");
	last_words();
	reboot(again ? RB_AUTOBOOT : RB_POWER_OFF);
	/* where there is no way to power off the kernel halts, and this returns on some machines */
	for (;;)
		pause();
}

/* Requests */

static void serve_frame(const struct proto_header *frame, char *payload)
{
	switch (frame->type) {
	case PROTO_START:
		crew_start(frame->seq, payload);
		return;
	case PROTO_STOP:
		crew_stop(frame->seq, payload);
		return;
	case PROTO_POWEROFF:
		power(frame->seq, payload);
	}
	if (!request_start(frame->type, frame->seq, payload))
		serve_done(frame->seq, EOPNOTSUPP, "request %u is not known to this guest",
			   frame->type);
}

static void note_garbage(void)
{
	static uint64_t noted;
	static unsigned versions;
	struct frame_reader *in = &channel->in;

	if (in->skipped != noted)
		serve_note("%llu bytes on the channel were no frame",
			   (unsigned long long)(in->skipped - noted));
	if (in->versions != versions)
		serve_note("the host speaks version %d, this is %d", in->version, PROTO_VERSION);
	noted = in->skipped;
	versions = in->versions;
}

/* Bounded by what the queue can take in answers: more is read when it has drained. */
static void serve_channel(void)
{
	static char payload[PROTO_MAX + 1];
	struct proto_header frame;
	bool more = true;

	while (more && channel->out.len < READ_BELOW) {
		more = channel_fill(channel);
		while (channel->out.len < READ_BELOW && frame_next(&channel->in, &frame, payload))
			serve_frame(&frame, payload);
		/* once for each stretch, not for each read of one */
		if (!more)
			note_garbage();
	}
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!crew_reap(pid, status))
			request_reap(pid, status);
}

static void beat(void)
{
	static char buffer[32768];
	struct text text;

	if (channel->out.len > BEAT_BELOW)
		return;
	text_init(&text, buffer, sizeof(buffer));
	text_add(&text, "uptime-ms %llu\n", (unsigned long long)(now_ns() / 1000000));
	crew_beat(&text);
	serve_send(PROTO_BEAT, 0, buffer, text.len);
}

static void drain(int fd)
{
	char sink[1024];

	while (read(fd, sink, sizeof(sink)) > 0)
		;
}

static void set_up(void)
{
	struct itimerspec period = {{0, BEAT_NS}, {0, BEAT_NS}};
	static char hello[16384];
	struct text text;

	sigfillset(&all_signals);
	sigprocmask(SIG_BLOCK, &all_signals, NULL);
	signals = signalfd(-1, &all_signals, SFD_CLOEXEC | SFD_NONBLOCK);
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	timerfd_settime(timer, 0, &period, NULL);
	crew_init(doorbell);
	request_bell(doorbell);
	text_init(&text, hello, sizeof(hello));
	look_hello(&text, channel->kind);
	serve_send(PROTO_HELLO, 0, hello, text.len);
}

/* Once around: what is ready, then what became possible by it. */
static void turn(struct pollfd *polled)
{
	if (polled[1].revents) {
		drain(signals);
		reap();
	}
	if (polled[2].revents) {
		drain(doorbell);
		crew_ready();
		request_ready();
	}
	if (polled[0].revents & POLLIN)
		serve_channel();
	if (polled[3].revents) {
		drain(timer);
		request_tick();
		crew_tick();
		beat();
	}
	channel_flush(channel);
}

_Noreturn void serve(struct channel *open_channel)
{
	channel = open_channel;
	set_up();
	channel_flush(channel);
	for (;;) {
		struct pollfd polled[] = {
			{.fd = hung_up ? -1 : channel->fd},
			{.fd = signals, .events = POLLIN},
			{.fd = doorbell, .events = POLLIN},
			{.fd = timer, .events = POLLIN},
		};

		if (channel->out.len)
			polled[0].events |= POLLOUT;
		if (channel->out.len < READ_BELOW)
			polled[0].events |= POLLIN;
		poll(polled, 4, -1);
		/*
		 * A port whose host's end is closed says so at once, for ever. SIGIO tells when that
		 * changes; the beat looks again, should there have been none.
		 */
		hung_up = polled[0].revents & POLLHUP ||
			  (hung_up && !polled[1].revents && !polled[3].revents);
		turn(polled);
	}
}
