// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of a guest under test. It mounts file systems, opens the channel, sends HELLO and handles
 * requests. Init prints on the console only if it cannot continue, so that the console has the
 * kernel's messages only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "channel.h"
#include "files.h"
#include "features.h"
#include "processes.h"
#include "request.h"
#include "main-loop.h"

static struct words words;
static struct channel channel;

static _Noreturn void die(const char *what, int err)
{
	int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	dprintf(console, "rig init: %s: %s\n", what, errno_name(-err));
	/* with rig.shell, keep the shell usable */
	while (words.shell)
		pause();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* Mounts the file systems. All are optional; agents check for those that they need. */
static void mount_all(void)
{
	static const struct {
		const char *type, *where;
	} mounts[] = {
		{"proc", "/proc"},
		{"sysfs", "/sys"},
		{"devtmpfs", "/dev"},
		{"debugfs", "/sys/kernel/debug"},
		{"tracefs", "/sys/kernel/tracing"},
		{"tmpfs", "/tmp"},
	};

	for (size_t i = 0; i < countof(mounts); i++) {
		mkdir(mounts[i].where, 0755);
		/*
		 * ignore errors: ENODEV, the kernel does not have this file system; EBUSY,
		 * CONFIG_DEVTMPFS_MOUNT has mounted it already
		 */
		mount(mounts[i].type, mounts[i].where, mounts[i].type, MS_NOSUID, NULL);
	}
}

static void leave_console(void)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		if (null >= 0 && null != fd)
			dup2(null, fd);
	if (null > 2)
		close(null);
	setsid();
}

/*
 * Protects init and its children from the OOM killer, because scenarios exhaust memory on purpose.
 * Init alone gets a real-time priority, so that a missing heartbeat means that no CPU schedules,
 * and not that many agents share one CPU, for example because a cpuset has taken the others.
 */
static void protect(void)
{
	struct rlimit files = {16384, 16384};
	int err;

	file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");
	setrlimit(RLIMIT_NOFILE, &files);
	process_use_realtime();
	err = shared_init();
	if (!err)
		err = request_init();
	if (err)
		die("shared memory", err);
}

/* With rig.shell, runs a shell on the console, and restarts it whenever it ends. */
static void offer_shell(void)
{
	if (!words.shell || fork())
		return;
	for (;;) {
		if (!fork()) {
			int console = open("/dev/console", O_RDWR);

			setsid();
			ioctl(console, TIOCSCTTY, 1);
			for (int fd = 0; fd < 3; fd++)
				dup2(console, fd);
			setenv("PATH", "/bin:/sbin", 1);
			execl("/bin/busybox", "sh", "-l", NULL);
			_exit(127);
		}
		while (wait(NULL) < 0 && errno == EINTR)
			;
		/* without busybox or a console the child exits immediately: save CPU time */
		sleep(1); /* no event: the shell has ended, and there is nothing to wait for */
	}
}

static void open_channel(void)
{
	const char *why = NULL;
	int err = channel_open(&channel, words.tty[0] ? words.tty : NULL, &why);

	if (err)
		die(why, err);
}

int main(void)
{
	umask(022);
	mount_all();
	leave_console();
	features_words(&words);
	protect();
	features_around();
	offer_shell();
	open_channel();
	main_loop(&channel); /* sends HELLO first */
}
