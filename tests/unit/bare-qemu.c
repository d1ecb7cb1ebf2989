// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest program that can control a guest; `make bench` compares the rig with it. It has no
 * main loop, no log and no checks, only blocking reads.
 *
 *	bare-qemu boot TEXT QEMU-WORDS…
 *			starts QEMU with its console on our pipe, prints the milliseconds until TEXT
 *			appears on it
 *	bare-qemu cycle DEVICE N SIZE QEMU-WORDS…
 *			waits for the guest's hello, then does N cycles with a device of SIZE bytes,
 *			and prints the milliseconds that they took. A cycle of a `dimm` is plug,
 *			online, offline, unplug; of a `balloon`: plug, take SIZE, give it back,
 *			unplug; of `virtio-mem`, which is plugged once: resize to SIZE and to 0; of
 *			an `nvdimm` and of `virtio-pmem`, which QEMU cannot unplug: plug of another
 *			one (virtio-pmem on the root ports hot0, hot1, …); of `cxl`: plug on the
 *			root port cxl0, unplug
 *
 * QEMU-WORDS are the rest of QEMU's command line. They must define the channels; for `cycle` these
 * are the chardevs bare-qmp and bare-port.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest-init/proto.h"

static int qmp, port;
static char text[1 << 20]; /* QMP data that was not used by a call yet */
static size_t have;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void die(const char *what)
{
	fprintf(stderr, "bare-qemu: %s\n", what);
	exit(1);
}

static int start(char **argv, int out)
{
	int pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (out >= 0)
		dup2(out, 1);
	execvp(argv[0], argv);
	_exit(127);
}

static int boot(const char *want, char **argv)
{
	double began = now_ms();
	int fds[2], pid;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0)
		die("no pipe");
	pid = start(argv, fds[1]);
	close(fds[1]);
	while ((n = read(fds[0], text + have, sizeof(text) - 1 - have)) > 0) {
		have += n;
		text[have] = '\0';
		if (strstr(text, want)) {
			printf("%.1f\n", now_ms() - began);
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return 0;
		}
	}
	die("the guest ended without the text");
	return 1;
}

/*
 * Blocks until QEMU has sent a QMP line that contains WANT; drops all data up to the end of that
 * line. Returns TRUE if the line is an error.
 */
static bool wait_qmp(const char *want)
{
	for (;;) {
		char *at, *end;
		bool error;
		ssize_t n;

		text[have] = '\0';
		at = strstr(text, want);
		end = at ? strchr(at, '\n') : NULL;
		if (end) {
			*end = '\0';
			while (at > text && at[-1] != '\n')
				at--;
			error = strstr(at, "\"error\"") != NULL;
			have -= end + 1 - text;
			memmove(text, end + 1, have);
			return error;
		}
		n = read(qmp, text + have, sizeof(text) - 1 - have);
		if (n <= 0)
			die("QMP ended");
		have += n;
	}
}

static void tell(const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(qmp, line, n) != n)
		die("QMP does not take commands");
}

static void read_exactly(void *buf, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = read(port, (char *)buf + got, len - got);

		if (n <= 0)
			die("the guest channel ended");
		got += n;
	}
}

static void wait_frame(unsigned type)
{
	static char payload[PROTO_MAX];
	uint8_t header[PROTO_HEADER];
	struct proto_header h;

	do {
		read_exactly(header, sizeof(header));
		if (proto_unpack(header, &h))
			die("no frame");
		read_exactly(payload, h.length);
	} while (h.type != type);
}

static void ask_blocks(unsigned long long address, unsigned long long size, const char *word)
{
	uint8_t frame[PROTO_HEADER + 256];
	int n = snprintf((char *)frame + PROTO_HEADER, 256, "start %llu\nsize %llu\nwrite %s\n",
			 address, size, word);

	proto_pack(frame, PROTO_BLOCKS, 1, frame + PROTO_HEADER, n);
	if (write(port, frame, PROTO_HEADER + n) != PROTO_HEADER + n)
		die("the guest channel does not take frames");
	wait_frame(PROTO_DONE);
}

/* Returns the number that follows the last KEY in QMP's reply to COMMAND. */
static unsigned long long ask_number(const char *command, const char *key)
{
	char *at, *next;

	tell("{\"execute\":\"%s\",\"id\":\"number\"}\n", command);
	for (;;) {
		ssize_t n;

		text[have] = '\0';
		if (strstr(text, "\"number\"") && (at = strstr(text, key)))
			break;
		n = read(qmp, text + have, sizeof(text) - 1 - have);
		if (n <= 0)
			die("QMP ended");
		have += n;
	}
	while ((next = strstr(at + 1, key)))
		at = next;
	return strtoull(at + strlen(key), NULL, 10);
}

static void add_backend(unsigned long long size)
{
	tell("{\"execute\":\"object-add\",\"arguments\":"
	     "{\"qom-type\":\"memory-backend-ram\",\"id\":\"m\",\"size\":%llu}}\n",
	     size);
	wait_qmp("\"return\"");
}

static void cycle_dimm(unsigned long long size)
{
	static unsigned long long address;

	add_backend(size);
	tell("{\"execute\":\"device_add\",\"arguments\":"
	     "{\"driver\":\"pc-dimm\",\"id\":\"d\",\"memdev\":\"m\"}}\n");
	wait_qmp("\"ACPI_DEVICE_OST\"");
	if (!address)
		address = ask_number("query-memory-devices", "\"addr\": ");
	ask_blocks(address, size, "online_movable");
	ask_blocks(address, size, "offline");
	tell("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"d\"}}\n");
	wait_qmp("\"DEVICE_DELETED\"");
	tell("{\"execute\":\"object-del\",\"arguments\":{\"id\":\"m\"},\"id\":\"gone\"}\n");
	wait_qmp("\"gone\"");
}

/* Sets the memory that the balloon leaves. */
static void set_balloon(unsigned long long left)
{
	char event[64];

	tell("{\"execute\":\"balloon\",\"arguments\":{\"value\":%llu}}\n", left);
	snprintf(event, sizeof(event), "\"actual\": %llu", left);
	wait_qmp(event);
}

static void cycle_balloon(unsigned long long size)
{
	static unsigned long long memory;

	if (!memory)
		memory = ask_number("query-memory-size-summary", "\"base-memory\": ");
	tell("{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtio-balloon-pci\","
	     "\"id\":\"d\",\"bus\":\"hot0\",\"free-page-reporting\":true}}\n");
	wait_qmp("\"return\"");
	set_balloon(memory - size);
	set_balloon(memory);
	tell("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"d\"}}\n");
	wait_qmp("\"DEVICE_DELETED\"");
}

static void resize(unsigned long long size)
{
	char event[64];

	tell("{\"execute\":\"qom-set\",\"arguments\":{\"path\":\"/machine/peripheral/d\","
	     "\"property\":\"requested-size\",\"value\":%llu}}\n",
	     size);
	snprintf(event, sizeof(event), "\"size\": %llu", size);
	wait_qmp(event);
}

static void cycle_virtio_mem(unsigned long long size)
{
	static int plugged;

	if (!plugged++) {
		add_backend(size);
		tell("{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtio-mem-pci\","
		     "\"id\":\"d\",\"memdev\":\"m\",\"bus\":\"hot0\"}}\n");
		wait_qmp("\"return\"");
	}
	resize(size);
	resize(0);
}

#define LABEL_SIZE (128ull << 10)

/*
 * Plugs another device of persistent memory. QEMU lists the devices in the order of their
 * addresses, so the new device's address is the value of the last KEY. The plug is complete when
 * the guest has a region with this address.
 */
static void plug_pmem(unsigned long long size, unsigned long long label, const char *key,
		      const char *device)
{
	static unsigned number;

	number++;
	tell("{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":\"memory-backend-file\","
	     "\"id\":\"m%u\",\"size\":%llu,\"share\":true,\"mem-path\":\"/tmp\"}}\n",
	     number, size + label);
	wait_qmp("\"return\"");
	tell("{\"execute\":\"device_add\",\"arguments\":{\"id\":\"d%u\",\"memdev\":\"m%u\",%s}}\n",
	     number, number, device);
	wait_qmp("\"return\"");
	ask_blocks(ask_number("query-memory-devices", key), size, "pmem");
	have = 0;
}

static void cycle_nvdimm(unsigned long long size)
{
	char device[80];

	snprintf(device, sizeof(device), "\"driver\":\"nvdimm\",\"label-size\":%llu", LABEL_SIZE);
	plug_pmem(size, LABEL_SIZE, "\"addr\": ", device);
}

static void cycle_virtio_pmem(unsigned long long size)
{
	static unsigned bus;
	char device[80];

	snprintf(device, sizeof(device), "\"driver\":\"virtio-pmem-pci\",\"bus\":\"hot%u\"",
		 bus++);
	plug_pmem(size, 0, "\"memaddr\": ", device);
}

static void cycle_cxl(unsigned long long size)
{
	static unsigned serial;

	/* QEMU 11.1 does not release the backend of a deleted device, so each gets its own */
	tell("{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":\"memory-backend-ram\","
	     "\"id\":\"m%u\",\"size\":%llu}}\n",
	     ++serial, size);
	wait_qmp("\"return\"");
	tell("{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"cxl-type3\",\"id\":\"d\","
	     "\"volatile-memdev\":\"m%u\",\"sn\":%u,\"bus\":\"cxl0\"}}\n",
	     serial, serial);
	wait_qmp("\"return\"");
	ask_blocks(serial, 1, "cxl");
	do { /* QEMU refuses while the guest is at work on the slot */
		nanosleep(&(struct timespec){0, 100000000}, NULL);
		tell("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"d\"},\"id\":\"del\"}\n");
	} while (wait_qmp("\"del\""));
	wait_qmp("\"DEVICE_DELETED\"");
}

static const struct device {
	const char *name;
	void (*cycle)(unsigned long long size);
} devices[] = {
	{"dimm", cycle_dimm},
	{"balloon", cycle_balloon},
	{"virtio-mem", cycle_virtio_mem},
	{"nvdimm", cycle_nvdimm},
	{"virtio-pmem", cycle_virtio_pmem},
	{"cxl", cycle_cxl},
	{NULL, NULL},
};

static const struct device *find_device(const char *name)
{
	const struct device *device = devices;

	while (device->name && strcmp(device->name, name))
		device++;
	if (!device->name)
		die("unknown device (dimm, balloon, virtio-mem, nvdimm, virtio-pmem, cxl)");
	return device;
}

/* Starts QEMU with its two channels, and waits for the guest's hello. */
static void start_guest(char **argv, int argc)
{
	static const char *const channels[] = {
		"-mon",	   "chardev=bare-qmp,mode=control",
		"-device", "virtio-serial-pci,bus=pcie.0",
		"-device", ("virtserialport,chardev=bare-port,name=" PROTO_PORT)};
	const size_t extra = sizeof(channels) / sizeof(*channels);
	char **words = calloc(argc + extra + 5, sizeof(*words)), chardev[2][80];
	int fds[2][2];

	if (!words)
		die("no memory");
	for (int i = 0; i < 2; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]) < 0)
			die("no sockets");
		snprintf(chardev[i], sizeof(chardev[i]), "socket,id=%s,fd=%d",
			 i ? "bare-port" : "bare-qmp", fds[i][1]);
		fcntl(fds[i][0], F_SETFD, FD_CLOEXEC);
	}
	qmp = fds[0][0];
	port = fds[1][0];
	memcpy(words, argv, argc * sizeof(*words));
	words[argc++] = "-chardev";
	words[argc++] = chardev[0];
	words[argc++] = "-chardev";
	words[argc++] = chardev[1];
	for (size_t i = 0; i < extra; i++)
		words[argc++] = (char *)channels[i];
	start(words, open("/dev/null", O_WRONLY));
	close(fds[0][1]);
	close(fds[1][1]);
	wait_qmp("\"QMP\"");
	tell("{\"execute\":\"qmp_capabilities\"}\n");
	wait_qmp("\"return\"");
	wait_frame(PROTO_HELLO);
}

static int cycle(const struct device *device, unsigned n, unsigned long long size, char **argv,
		 int argc)
{
	double began;

	start_guest(argv, argc);
	began = now_ms();
	for (unsigned i = 0; i < n; i++)
		device->cycle(size);
	printf("%.1f\n", now_ms() - began);
	tell("{\"execute\":\"quit\"}\n");
	wait(NULL);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "boot"))
		return boot(argv[2], argv + 3);
	if (argc > 5 && !strcmp(argv[1], "cycle"))
		return cycle(find_device(argv[2]), strtoul(argv[3], NULL, 10),
			     strtoull(argv[4], NULL, 10), argv + 5, argc - 5);
	die("boot TEXT QEMU…, or cycle DEVICE N SIZE QEMU…");
}
