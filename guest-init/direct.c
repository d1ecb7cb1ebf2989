// SPDX-License-Identifier: GPL-2.0-only
/* Reads with O_DIRECT (direct.h). */
#include "direct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"

#define CONFIGFS "/sys/kernel/config"
#define DEVICES CONFIGFS "/nullb"

/* Sets up the device in FOLDER of configfs and switches it on. Returns 0 or -errno. */
static int set_up(const char *folder, uint64_t ns)
{
	char completion[24];
	const char *const words[][2] = {
		{"irqmode", "2"}, /* completes requests by a timer */
		{"completion_nsec", completion},
		{"blocksize", "4096"},
		{"hw_queue_depth", "64"},
		{"power", "1"},
	};
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = dir < 0 ? -errno : 0;

	snprintf(completion, sizeof(completion), "%llu", (unsigned long long)ns);
	for (unsigned i = 0; !err && i < sizeof(words) / sizeof(*words); i++)
		err = file_write(dir, words[i][0], words[i][1]);
	if (dir >= 0)
		close(dir);
	return err;
}

int direct_open(uint64_t ns)
{
	char folder[64], device[64];
	int err = 0, fd;

	if (!file_exists(DEVICES) && mount("none", CONFIGFS, "configfs", 0, NULL))
		return -ENODEV;
	if (!file_exists(DEVICES))
		return -ENODEV;
	snprintf(folder, sizeof(folder), DEVICES "/rig%llu", (unsigned long long)ns);
	/* since Linux 5.19 the device has the name of its folder */
	snprintf(device, sizeof(device), "/dev/rig%llu", (unsigned long long)ns);
	if (!mkdir(folder, 0700))
		err = set_up(folder, ns);
	else if (errno != EEXIST)
		err = -errno;
	if (err)
		return err;
	fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int direct_read(int fd, void *buffer, size_t len, aio_context_t *ret_context)
{
	struct iocb read = {.aio_fildes = fd,
			    .aio_lio_opcode = IOCB_CMD_PREAD,
			    .aio_buf = (uintptr_t)buffer,
			    .aio_nbytes = len};
	struct iocb *reads[] = {&read};
	int err;

	*ret_context = 0;
	if (syscall(SYS_io_setup, 1, ret_context))
		return -errno;
	if (syscall(SYS_io_submit, *ret_context, 1, reads) == 1)
		return 0;
	err = -errno;
	syscall(SYS_io_destroy, *ret_context);
	return err;
}

int direct_end(aio_context_t context)
{
	struct io_event event = {0};
	int err = syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1 ? 0 : -errno;

	if (!err && event.res < 0)
		err = event.res;
	/* also waits for the read, if a signal ended io_getevents() */
	syscall(SYS_io_destroy, context);
	return err == -EINTR ? 0 : err;
}
