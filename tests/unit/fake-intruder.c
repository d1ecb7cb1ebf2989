// SPDX-License-Identifier: GPL-2.0-only
/*
 * Used instead of a QEMU that a guest has taken over. Tries what such a program would try, prints
 * one line for each attempt, "NAME allowed" or "NAME denied", and ends. Its targets:
 *
 *	$INTRUDER_SECRET	a file outside the sandbox, with mode 0644
 *	$INTRUDER_FOLDER	the run folder
 *	$INTRUDER_KERNEL	the kernel's image, in a folder that only its owner can enter
 *	$INTRUDER_PORT		a TCP port of this host that takes connections
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int can_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int read_secret(void)
{
	return can_open(getenv("INTRUDER_SECRET"), O_RDONLY);
}

/* QEMU calls access() before it opens a firmware file, which may be next to the kernel. */
static int access_kernel(void)
{
	return !access(getenv("INTRUDER_KERNEL"), R_OK);
}

static int write_below(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv("INTRUDER_FOLDER"), name);
	return can_open(path, O_WRONLY | O_CREAT);
}

static int write_run_folder(void)
{
	return write_below("intruder");
}

static int write_output(void)
{
	return write_below("qemu/intruder");
}

/* Tries connect() or bind() (FUNC) with a TCP socket. */
static int use_tcp(int (*func)(int, const struct sockaddr *, socklen_t), int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), ok;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok = fd >= 0 && !func(fd, (struct sockaddr *)&address, sizeof(address));
	if (fd >= 0)
		close(fd);
	return ok;
}

static int connect_tcp(void)
{
	return use_tcp(connect, (int)strtoul(getenv("INTRUDER_PORT"), NULL, 10));
}

static int bind_tcp(void)
{
	return use_tcp(bind, 0);
}

static int signal_rig(void)
{
	return !kill(getppid(), 0);
}

static int become_root(void)
{
	return !setuid(0);
}

static int take_memory(void)
{
	return mmap(NULL, (size_t)1 << 40, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0) != MAP_FAILED;
}

static const struct {
	const char *name;
	int (*attempt)(void);
} attempts[] = {
	{"read-secret", read_secret}, {"access-kernel", access_kernel},
	{"write-run-folder", write_run_folder},
	{"write-output", write_output}, {"connect", connect_tcp}, {"bind", bind_tcp},
	{"signal-rig", signal_rig}, {"become-root", become_root}, {"take-memory", take_memory},
};

int main(void)
{
	for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		fprintf(stderr, "%s %s\n", attempts[i].name,
			attempts[i].attempt() ? "allowed" : "denied");
	return 1;
}
