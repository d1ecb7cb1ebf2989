// SPDX-License-Identifier: GPL-2.0-only
/* QEMU as our child: how it is started, how it ends. */
#include "vm/cmdline.h"
#include "vm/internal.h"

#include "util/error.h"
#include "util/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_FD 3	/* QEMU's number for the first socket that it is given */
#define READY_MS 10000	/* how long it may take until it takes commands */

struct child {
	GPid pid; /* 0 once reaped */
	guint watch, ready_timer;
};

/*
 * In the child, before QEMU: it dies with us, and leaves our process group, so that ^C at the terminal
 * reaches the rig alone, which then ends its guest in order.
 */
static void child_setup(void *data)
{
	spawn_die_with_parent(data);
	setpgid(0, 0);
}

static char **command_line(const struct vm_config *config, const int fds[N_SOCKETS], GError **error)
{
	char values[N_SOCKETS][32];
	const char *words[N_SOCKETS];

	for (int i = 0; i < N_SOCKETS; i++) {
		g_snprintf(values[i], sizeof(values[i]), "socket,fd=%d", CHILD_FD + i);
		words[i] = fds[i] >= 0 ? values[i] : NULL;
	}
	return vm_command_line(config,
			       &(struct vm_chardevs){words[SOCKET_CONSOLE], words[SOCKET_QMP],
						  words[SOCKET_CHANNEL], words[SOCKET_TTY]},
			       error);
}

static gboolean spawn_qemu(struct vm *vm, const struct vm_config *config, const int fds[N_SOCKETS],
			   GError **error)
{
	g_auto(GStrv) argv = command_line(config, fds, error);
	g_autofree char *path = g_build_filename(config->dir, "qemu.stderr", NULL);
	g_autoptr(GError) why = NULL;
	struct child *child = vm->held;
	int from[N_SOCKETS], to[N_SOCKETS], n = 0, out;
	gboolean ok;

	if (!argv)
		return FALSE;
	for (int i = 0; i < N_SOCKETS; i++) {
		if (fds[i] < 0)
			continue;
		from[n] = fds[i];
		to[n++] = CHILD_FD + i;
	}
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (out < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path, g_strerror(errno));
	ok = g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)argv, NULL,
					      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
					      child_setup, NULL, -1, out, out, from, to, n, &child->pid, NULL,
					      NULL, NULL, &why);
	close(out);
	if (!ok) {
		const char *package = spawn_package(argv[0]);

		return rig_fail(error, RIG_EXIT_INFRA, "cannot start '%s': %s%s%s", argv[0], why->message,
				package ? "; install it: apt-get install " : "", package ? package : "");
	}
	return TRUE;
}

/* The last line that QEMU wrote to its standard error, "" without one. */
static char *stderr_line(const struct vm *vm)
{
	g_autofree char *path = g_build_filename(vm->dir, "qemu.stderr", NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[2048];
	g_autofree char *text = NULL;
	const char *line;
	ssize_t n;

	if (fd < 0)
		return g_strdup("");
	if (lseek(fd, -(off_t)sizeof(buf), SEEK_END) < 0)
		lseek(fd, 0, SEEK_SET);
	n = read(fd, buf, sizeof(buf));
	close(fd);
	text = g_strchomp(g_utf8_make_valid(buf, MAX(n, 0)));
	line = strrchr(text, '\n');
	return g_strdup(line ? line + 1 : text);
}

static char *why_it_ended(const struct vm *vm, int status)
{
	g_autofree char *line = stderr_line(vm);
	const char *colon = *line ? ": " : "";

	if (vm->by_us)
		return g_strdup(WIFSIGNALED(status) ? "killed by the rig" : "ended by the rig");
	if (WIFSIGNALED(status))
		return g_strdup_printf("QEMU was killed by signal %d%s%s", WTERMSIG(status), colon, line);
	if (WEXITSTATUS(status))
		return g_strdup_printf("QEMU ended with code %d%s%s", WEXITSTATUS(status), colon, line);
	if (vm->last_words)
		return g_strdup(vm->last_words);
	return g_strdup_printf("QEMU ended without a word of the guest%s%s", colon, line);
}

static void on_exit_of_qemu(GPid pid, int status, void *data)
{
	struct vm *vm = data;
	struct child *child = vm->held;
	g_autofree char *why = NULL;

	g_spawn_close_pid(pid);
	child->pid = 0;
	child->watch = 0;
	vm->running = FALSE;
	g_clear_handle_id(&child->ready_timer, g_source_remove);
	/* the sockets still hold QEMU's last words */
	vm_drain(vm);
	why = why_it_ended(vm, status);
	vm_ended(vm, status, why);
}

static gboolean on_not_ready(void *data)
{
	struct vm *vm = data;
	struct child *child = vm->held;

	child->ready_timer = 0;
	if (child->pid && qmp_state(vm->qmp) < QMP_READY) {
		g_autofree char *what = g_strdup_printf("QMP is still %s, %d s after the start of QEMU",
							qmp_state_name(qmp_state(vm->qmp)), READY_MS / 1000);
		vm_fault(vm, what);
	}
	return G_SOURCE_REMOVE;
}

static gboolean direct_start(struct vm *vm, const struct vm_config *config, int fds[N_SOCKETS], GError **error)
{
	struct child *child = vm->held = g_new0(struct child, 1);

	if (!vm_write_command(config, error) || !spawn_qemu(vm, config, fds, error))
		return FALSE;
	child->watch = g_child_watch_add(child->pid, on_exit_of_qemu, vm);
	child->ready_timer = g_timeout_add(READY_MS, on_not_ready, vm);
	return TRUE;
}

static void direct_kill(struct vm *vm)
{
	const struct child *child = vm->held;

	kill(child->pid, SIGKILL);
}

static void direct_release(struct vm *vm)
{
	struct child *child = vm->held;

	if (!child)
		return;
	g_clear_handle_id(&child->watch, g_source_remove);
	g_clear_handle_id(&child->ready_timer, g_source_remove);
	if (child->pid) {
		kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	g_free(child);
}

pid_t vm_pid(const struct vm *vm)
{
	return vm->launcher == &vm_direct ? ((struct child *)vm->held)->pid : 0;
}

const struct vm_launcher vm_direct = {direct_start, direct_kill, direct_release};
