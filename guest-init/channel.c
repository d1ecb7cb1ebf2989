// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds and opens the channel to the host. The port is found by its name, because its number
 * depends on the machine. The driver creates the port, and then its name, in a work item, so both
 * may appear shortly after init has started. A uevent announces them. A kernel without networking
 * has no uevent socket; then the folder of ports is polled.
 */
#include "channel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "agent.h"
#include "files.h"

#define PORTS "/sys/class/virtio-ports"
#define VIRTIO_DEVICES "/sys/bus/virtio/devices"
#define VIRTIO_ID_CONSOLE "0x0003"
#define PORT_WAIT_NS (10 * UINT64_C(1000000000))
#define TICK_MS 2

/*
 * Calls LOOK for each entry of the folder PATH, until LOOK returns something other than -ENOENT.
 * Returns the last result of LOOK.
 */
static int each_entry(const char *path, int (*look)(const char *dir, const char *name))
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int result = -ENOENT;

	if (!dir)
		return -errno;
	while (result == -ENOENT && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			result = look(path, entry->d_name);
	closedir(dir);
	return result;
}

static int open_named(const char *dir, const char *entry)
{
	char path[300], name[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/name", dir, entry);
	if (file_line(AT_FDCWD, path, name, sizeof(name)) < 0 || strcmp(name, PROTO_PORT))
		return -ENOENT;
	snprintf(path, sizeof(path), "/dev/%s", entry);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int is_console(const char *dir, const char *entry)
{
	char path[300], id[32];

	snprintf(path, sizeof(path), "%s/%s/device", dir, entry);
	if (file_line(AT_FDCWD, path, id, sizeof(id)) < 0 || strcmp(id, VIRTIO_ID_CONSOLE))
		return -ENOENT;
	return 0;
}

static int open_uevents(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/*
 * Opens the virtio port and returns its descriptor, or -errno. Waits for the port only if the
 * kernel has the driver and the guest has the device.
 */
static int open_port(void)
{
	uint64_t end = now_ns() + PORT_WAIT_NS;
	struct pollfd uevents = {.events = POLLIN};
	char event[2048];
	int fd;

	if (!file_exists(PORTS) || each_entry(VIRTIO_DEVICES, is_console))
		return -ENODEV;
	uevents.fd = open_uevents();
	for (;;) {
		fd = each_entry(PORTS, open_named);
		if (fd >= 0 || now_ns() > end)
			break;
		/*
		 * wait for at most 1 s: the event may have been sent before the socket was opened
		 */
		poll(&uevents, 1, uevents.fd < 0 ? TICK_MS : 1000);
		while (uevents.fd >= 0 && recv(uevents.fd, event, sizeof(event), 0) > 0)
			;
	}
	if (uevents.fd >= 0)
		close(uevents.fd);
	return fd;
}

static int open_tty(const char *name)
{
	struct termios raw;
	char path[64];
	int fd;

	if (strlen(name) > 32 || strchr(name, '/'))
		return -EINVAL;
	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (tcgetattr(fd, &raw)) {
		close(fd);
		return -ENOTTY;
	}
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	cfsetspeed(&raw, B115200);
	tcsetattr(fd, TCSANOW, &raw);
	return fd;
}

int channel_open(struct channel *channel, const char *tty, const char **ret_why)
{
	int fd = open_port();

	channel->kind = "virtio";
	if (fd < 0 && tty) {
		fd = open_tty(tty);
		channel->kind = "tty";
	}
	if (fd < 0) {
		*ret_why = tty ? "no virtio port " PROTO_PORT
				 " and the device of rig.tty= cannot be opened"
			       : "no virtio port " PROTO_PORT
				 " and no rig.tty= on the command line";
		return fd;
	}
	/* with O_ASYNC, init gets SIGIO when the host opens its side of the port */
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
	channel->fd = fd;
	return 0;
}

void channel_flush(struct channel *channel)
{
	while (channel->out.len) {
		size_t len;
		const uint8_t *data = frame_peek(&channel->out, &len);
		/*
		 * write at most a page at a time, because the driver copies the data of a write
		 * into a buffer of the same size
		 */
		ssize_t done = write(channel->fd, data, len < 4096 ? len : 4096);

		if (done <= 0)
			return;
		frame_written(&channel->out, done);
	}
}

bool channel_fill(struct channel *channel)
{
	size_t room;
	uint8_t *data = frame_room(&channel->in, &room);
	ssize_t got = read(channel->fd, data, room);

	if (got > 0)
		frame_filled(&channel->in, got);
	return got > 0;
}
