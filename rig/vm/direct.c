// SPDX-License-Identifier: GPL-2.0-only
/* Starts QEMU as a child process, and handles its end. */
#include "vm/cmdline.h"
#include "vm/internal.h"

#include "util/error.h"
#include "util/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_FD 3     /* number of the first passed descriptor in QEMU */
#define READY_MS 10000 /* time limit for QEMU to accept commands */

struct child {
	struct process qemu;
	struct confine *confine;
	guint watch, ready_timer;
};

#define PLUGIN_FD (CHILD_FD + N_SOCKETS)
#define LOCKS_FD (PLUGIN_FD + 1)
#define COVER_FD (PLUGIN_FD + 2)

static gboolean has_locks(const struct vm_config *config)
{
	return config->plugin.file && config->plugin.locks >= 0;
}

static gboolean has_cover(const struct vm_config *config)
{
	return config->plugin.file && config->plugin.cover >= 0;
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
						     words[SOCKET_CHANNEL], words[SOCKET_TTY],
						     has_locks(config) ? LOCKS_FD : 0,
						     has_cover(config) ? COVER_FD : 0,
						     config->plugin.file ? PLUGIN_FD : 0},
			       error);
}

/*
 * Returns the folder that has a program's libraries and firmware. For PREFIX/bin/PROGRAM this is
 * PREFIX, or if PREFIX is or contains a home folder, the program's own folder. The caller owns the
 * path.
 */
static char *prefix_of(const char *program)
{
	g_autofree char *found = g_find_program_in_path(program);
	g_autofree char *real = found ? realpath(found, NULL) : NULL;
	g_autofree char *bin = g_path_get_dirname(real ? real : program);
	g_autofree char *prefix = g_path_get_dirname(bin);

	return g_str_has_prefix(g_get_home_dir(), prefix) ? g_steal_pointer(&bin)
							   : g_steal_pointer(&prefix);
}

/*
 * QEMU may use this much address space in addition to the guest's memory: for translated code,
 * libraries, stacks and malloc's arenas.
 */
#define MEMORY_SPARE (G_GUINT64_CONSTANT(8) << 30)

/*
 * Prepares the limits of QEMU: it may read the files on its command line, and write into
 * vm->output.
 */
static gboolean confine_qemu(struct vm *vm, const struct vm_config *config, const char *program,
			     GError **error)
{
	struct child *child = vm->held;
	g_autoptr(GError) why = NULL;
	g_autofree char *prefix = prefix_of(program);
	const char *readable[6];
	guint n = 0;

	const char *const named[] = {prefix, config->kernel, config->initrd, config->plugin.file,
				     config->plugin.orders};
	for (guint i = 0; i < G_N_ELEMENTS(named); i++)
		if (named[i])
			readable[n++] = named[i];
	readable[n] = NULL;
	child->confine =
		confine_new(&(struct confine_want){.readable = readable,
						   .writable = vm->output,
						   .memory = config->max_memory + MEMORY_SPARE},
			    &why);
	vm->sandbox = confine_json(child->confine);
	if (child->confine)
		json_object_set_new(vm->sandbox, "seccomp", json_boolean(config->seccomp));
	if (!why)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

/*
 * Starts QEMU in its own process group, so that ^C at the terminal stops only the rig, which then
 * ends the guest.
 */
static gboolean spawn_qemu(struct vm *vm, const struct vm_config *config, const int fds[N_SOCKETS],
			   GError **error)
{
	g_auto(GStrv) argv = command_line(config, fds, error);
	g_autofree char *path = g_build_filename(config->dir, "qemu.stderr", NULL);
	struct child *child = vm->held;
	struct spawn_fd given[N_SOCKETS + 3];
	struct spawn spawn = {.argv = (const char *const *)argv, .fds = given, .new_group = TRUE};
	gboolean ok;

	if (!argv || !confine_qemu(vm, config, argv[0], error))
		return FALSE;
	for (int i = 0; i < N_SOCKETS; i++)
		if (fds[i] >= 0)
			given[spawn.n_fds++] = (struct spawn_fd){fds[i], CHILD_FD + i};
	if (config->plugin.file)
		given[spawn.n_fds++] = (struct spawn_fd){config->plugin.fd, PLUGIN_FD};
	if (has_locks(config))
		given[spawn.n_fds++] = (struct spawn_fd){config->plugin.locks, LOCKS_FD};
	if (has_cover(config))
		given[spawn.n_fds++] = (struct spawn_fd){config->plugin.cover, COVER_FD};
	spawn.out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (spawn.out < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path,
				g_strerror(errno));
	spawn.err = spawn.out;
	spawn.confine = child->confine;
	ok = process_start(&spawn, &child->qemu, error);
	close(spawn.out);
	return ok;
}

/* Returns the last line that QEMU wrote to its standard error; "" if there is none. */
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
		return g_strdup_printf("QEMU was killed by signal %d%s%s", WTERMSIG(status), colon,
				       line);
	if (WEXITSTATUS(status))
		return g_strdup_printf("QEMU ended with code %d%s%s", WEXITSTATUS(status), colon,
				       line);
	if (vm->end_reason)
		return g_strdup(vm->end_reason);
	return g_strdup_printf("QEMU ended, and the guest had not reported why%s%s", colon, line);
}

/* Records a power-off that QEMU has not reported (struct machine, exits_silently). */
static void note_silent_end(struct vm *vm, int status)
{
	if (!vm->machine->exits_silently || vm->by_us || vm->end_reason || status)
		return;
	vm->end_reason = "guest powered off, QEMU exited without an event";
	vm->guest_shutdown = TRUE;
}

static gboolean on_exit_of_qemu(int fd, GIOCondition condition, void *data)
{
	struct vm *vm = data;
	struct child *child = vm->held;
	g_autofree char *why = NULL;
	struct process_end end;

	(void)fd;
	(void)condition;
	process_reap(&child->qemu, &end);
	child->watch = 0;
	vm->running = FALSE;
	g_clear_handle_id(&child->ready_timer, g_source_remove);
	/* read the bytes that QEMU has left in the sockets */
	vm_drain(vm);
	note_silent_end(vm, end.status);
	why = why_it_ended(vm, end.status);
	vm_ended(vm, end.status, why);
	return G_SOURCE_REMOVE;
}

static gboolean on_not_ready(void *data)
{
	struct vm *vm = data;
	struct child *child = vm->held;

	child->ready_timer = 0;
	if (child->qemu.pid && qmp_state(vm->qmp) < QMP_READY) {
		g_autofree char *what =
			g_strdup_printf("QMP is still %s, %d s after the start of QEMU",
					qmp_state_name(qmp_state(vm->qmp)), READY_MS / 1000);
		vm_fault(vm, what);
	}
	return G_SOURCE_REMOVE;
}

static gboolean direct_start(struct vm *vm, const struct vm_config *config, int fds[N_SOCKETS],
			     GError **error)
{
	struct child *child = vm->held = g_new0(struct child, 1);

	if (!vm_write_command(config, error) || !spawn_qemu(vm, config, fds, error))
		return FALSE;
	child->watch = g_unix_fd_add(child->qemu.pidfd, G_IO_IN, on_exit_of_qemu, vm);
	child->ready_timer = g_timeout_add(READY_MS, on_not_ready, vm);
	return TRUE;
}

static void direct_kill(struct vm *vm)
{
	const struct child *child = vm->held;

	process_signal(&child->qemu, SIGKILL);
}

static void direct_release(struct vm *vm)
{
	struct child *child = vm->held;

	if (!child)
		return;
	g_clear_handle_id(&child->watch, g_source_remove);
	g_clear_handle_id(&child->ready_timer, g_source_remove);
	if (child->qemu.pid) {
		process_signal(&child->qemu, SIGKILL);
		process_reap(&child->qemu, NULL);
	}
	confine_free(child->confine);
	g_free(child);
}

pid_t vm_pid(const struct vm *vm)
{
	return vm_is_direct(vm) ? ((struct child *)vm->held)->qemu.pid : vm->pid;
}

gboolean vm_is_direct(const struct vm *vm)
{
	return vm->launcher == &vm_direct;
}

const struct vm_launcher vm_direct = {direct_start, direct_kill, direct_release};
