// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fake of QEMU and of its guest: takes QEMU's command line, uses QMP on the chardev `qmp`, prints
 * a kernel's messages on `console`, and uses the guest's side of the frame protocol on `channel`
 * (or `tty`). Names in capitals, such as HELLO and BEAT (the heartbeat), are types of frames in
 * guest-init/proto.h. Memory is accounted for as in a guest: plugged and online memory is in
 * ACCOUNT, unplugged memory is not. Every answer is sent immediately.
 *
 * $FAKE_QEMU has words separated by ';', each of which makes the fake misbehave. WHEN is one of the
 * moments listed at die-at; WHEN*N limits a word to the first N times.
 *
 *	boot=MS			HELLO is sent after MS (default: 0)
 *	held=MS			the process is stopped for MS before HELLO, or, with
 *	held-at=WHEN, WHEN*N	at each of these moments
 *	beat=MS			a BEAT is sent every MS (default: 250)
 *	delay=MS		events of a plug or unplug are sent MS after the command (default:
 *				0)
 *	die-at=WHEN		the process is killed by SIGKILL at boot, greeting, hello, start,
 *				plug, unplug, located, snapshot, blocks, stop, locks, finish,
 *				poweroff, reset, busy (ASK_TASKS under load), tasks, sysrq, dump or
 *				unanswered (a request of the type given by `no-answer`)
 *	bus-at=WHEN		the process is killed by SIGBUS
 *	exit-at=WHEN		the process exits with 1 and a last line on standard error
 *	reset-at=WHEN		the guest reboots, as after a panic: SHUTDOWN guest-reset, exit 0
 *	hang-at=WHEN		the guest stops: it sends no frame and no event any more; QMP still
 *				answers
 *	no-greeting, no-hello	the QMP greeting or HELLO is not sent
 *	no-kernel		the kernel's first line is not on the console
 *	garbage-qmp=WHEN	a line that is not JSON is sent on QMP
 *	long-qmp=WHEN		a line of 17 MiB is sent, more than a client accepts
 *	truncate-qmp=WHEN	QMP is closed in the middle of a line; the process continues
 *	close-qmp=WHEN		QMP is closed between two lines; the process continues
 *	plug=refuse|fail|never	each of these values can be followed by *N: only the first N times.
 *				refuse: _OST failure; fail: device_add error; never: no _OST
 *	unplug=refuse|error|never|pending|busy|mapped|vanish	as for plug.
 *				refuse: _OST 0x82 (x86) or DEVICE_UNPLUG_GUEST_ERROR; error:
 *				MEM_UNPLUG_ERROR; pending: device_del is refused, and a refusal of
 *				the earlier request follows; busy: device_del is refused while the
 *				guest is at work on the slot; mapped: object-del is refused;
 *				vanish: the process is killed; never: no event
 *	lapic			CPUs are unplugged as under TCG: no DEVICE_DELETED of their own
 *	no-reply=COMMAND	this QMP command is never answered
 *	dump=full		there is no space for the memory's image
 *	resize=never		virtio-mem never reaches the requested size
 *	console-file=PATH	the bytes of this file are on the console after HELLO
 *	console-at=WHEN		the file of console-file is on the console at this moment instead
 *	console-pause=MS	the file of console-file is sent in two halves, MS apart
 *	console-flood=BYTES	lines of BYTES bytes in all are on the console after HELLO
 *	channel-garbage		bytes that do not form a frame are sent before each BEAT
 *	channel-flood=N		N more BEATs are sent with each BEAT
 *	wrong-version		HELLO has another protocol version
 *	has=WORD		HELLO has one more `has` line
 *	lacks=AGENT		HELLO has `agent AGENT lacks ...` instead of ok
 *	beat-stops-after=N	after N BEATs the guest sends no BEAT and no answer
 *	agent-stuck		the busy-ms of the agents grow, and STOP lists the stuck agents
 *	agent-late=N		as agent-stuck for the first N STOPs, after which the agents end
 *	agent-error=NAME	START is answered by `error NAME`, or, with
 *	agent-error-of=AGENT	only the START of this agent
 *	agent-illegal		COUNTS has an illegal result
 *	agent-cancelled=OP	COUNTS has an operation OP with ECANCELED
 *	blocks-error=EBUSY|ENOENT	BLOCKS is answered by `error NAME`; also with *N
 *	blocks-result=NAME	BLOCKS is answered by `result NAME 1`
 *	no-answer=TYPE		requests of this type (a number) are never answered
 *	account-off-by=N	each ACCOUNT but the first has N pages more
 *	lockdep-off		ACCOUNT says that lockdep is off
 *	locks-file=PATH		LOCKS is answered by the bytes of this file
 *	locks-part		LOCKS is answered by one part without an end
 *	locks-endless		LOCKS is answered by more parts than a client accepts
 *	locks-error=NAME	LOCKS is answered by `error NAME`
 *	verdict-bad		VERDICT is bad
 *	verdict-died		VERDICT is bad because an agent was killed
 *	verdict-unarmed		VERDICT is bad because lockdep is off
 *	finish-late		VERDICT is sent only when the tasks are requested
 *	nmi-oops		an NMI causes the oops that it causes on powerpc
 *	ignore-poweroff		POWEROFF is answered, and nothing happens
 *	slow-poweroff=MS	after POWEROFF the process works for MS of CPU time without a BEAT
 *	silent-poweroff		QEMU exits at POWEROFF without the event SHUTDOWN
 */
#include "fake-qemu/fake.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake fake = {.qmp = -1, .console = -1, .channel = -1, .cpus = 1};

/* The options of QEMU that the fake uses. */

/* VALUE is for example "socket,fd=5,id=qmp". */
static void on_chardev(const char *value)
{
	static const struct {
		const char *id;
		int *fd;
	} wires[] = {{"id=qmp", &fake.qmp},
		     {"id=console", &fake.console},
		     {"id=channel", &fake.channel}};
	const char *fd = strstr(value, "fd=");

	for (gsize i = 0; fd && i < G_N_ELEMENTS(wires); i++)
		if (g_str_has_suffix(value, wires[i].id))
			*wires[i].fd = g_ascii_strtoull(fd + 3, NULL, 10);
}

static void on_machine(const char *value)
{
	fake.has_acpi = g_str_has_prefix(value, "q35") || g_str_has_prefix(value, "virt");
}

static void on_memory(const char *value)
{
	fake.memory = g_ascii_strtoull(value + strlen("size="), NULL, 10) << 10;
}

static void on_smp(const char *value)
{
	const char *max = strstr(value, "maxcpus=");

	fake.cpus = g_ascii_strtoull(value + strlen("cpus="), NULL, 10);
	fake.max_cpus = max ? g_ascii_strtoull(max + strlen("maxcpus="), NULL, 10) : fake.cpus;
}

static void read_words(char **argv)
{
	static const struct {
		const char *option;
		void (*take)(const char *value);
	} options[] = {{"-chardev", on_chardev},
		       {"-machine", on_machine},
		       {"-m", on_memory},
		       {"-smp", on_smp}};

	for (int i = 1; argv[i] && argv[i + 1]; i++)
		for (gsize j = 0; j < G_N_ELEMENTS(options); j++)
			if (!strcmp(argv[i], options[j].option))
				options[j].take(argv[i + 1]);
}

/*
 * Reads from a socket. A closed socket means that the rig has ended; a real QEMU would have been
 * killed then.
 */

static gboolean on_qmp(int fd, GIOCondition condition, void *data)
{
	GByteArray *in = data;
	guint8 buf[65536], *end;
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)condition;
	if (n <= 0)
		return G_SOURCE_REMOVE;
	g_byte_array_append(in, buf, n);
	while ((end = memchr(in->data, '\n', in->len))) {
		json_t *message = json_loadb((char *)in->data, end - in->data, 0, NULL);

		qmp_command(message);
		json_decref(message);
		g_byte_array_remove_range(in, 0, end - in->data + 1);
	}
	return fake.qmp < 0 ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean on_channel(int fd, GIOCondition condition, void *data)
{
	guint8 buf[65536];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)condition;
	(void)data;
	if (n <= 0)
		exit(0);
	guest_bytes(buf, n);
	return G_SOURCE_CONTINUE;
}

static gboolean on_console(int fd, GIOCondition condition, void *data)
{
	char buf[256];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)condition;
	(void)data;
	if (n <= 0)
		exit(0);
	for (ssize_t i = 0; i < n; i++)
		if (g_ascii_isalnum(buf[i]))
			say("[    9.000000] sysrq: key %c\r\n", buf[i]);
	return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("QEMU emulator version 7.2.0 (fake)");
		return 0;
	}
	script_read();
	read_words(argv);
	if (fake.qmp < 0 || fake.console < 0)
		return 2;
	moment("boot");
	fake.objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_unix_fd_add(fake.qmp, G_IO_IN | G_IO_HUP, on_qmp, g_byte_array_new());
	g_unix_fd_add(fake.console, G_IO_IN | G_IO_HUP, on_console, NULL);
	if (fake.channel >= 0)
		g_unix_fd_add(fake.channel, G_IO_IN | G_IO_HUP, on_channel, NULL);
	moment("greeting");
	if (!script_word("no-greeting"))
		tell(json_pack("{s:{s:{s:{s:i, s:i, s:i}}, s:[]}}", "QMP", "version", "qemu",
			       "major", 7, "minor", 2, "micro", 0, "capabilities"));
	if (!script_word("no-kernel"))
		say("[    0.000000] Linux version 6.1.0 (fake)\r\n");
	guest_boot();
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}
