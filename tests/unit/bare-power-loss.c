// SPDX-License-Identifier: GPL-2.0-only
/*
 * bare-power-loss FOLDER: shuts the ext4 file system of FOLDER down, as a power loss would. All
 * data that is not on disk yet is lost, including that of its journal; each later access fails
 * (EIO) until the file system is unmounted and mounted again. Needs root.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/types.h>

/* EXT4_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH of the kernel's fs/ext4/ext4.h */
#define IOC_SHUTDOWN _IOR('X', 125, __u32)
#define NO_LOG_FLUSH 2

int main(int argc, char **argv)
{
	__u32 how = NO_LOG_FLUSH;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0 || ioctl(fd, IOC_SHUTDOWN, &how) < 0) {
		perror(argc == 2 ? argv[1] : "bare-power-loss takes one folder");
		return 1;
	}
	close(fd);
	return 0;
}
