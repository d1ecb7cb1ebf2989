// SPDX-License-Identifier: GPL-2.0-only
/* Starting QEMU: its command on record first, four socketpairs, then the child. */
#include "vm/cmdline.h"
#include "vm/internal.h"

#include "util/error.h"
#include "util/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSOLE_LIMIT (G_GUINT64_CONSTANT(256) << 20)
#define CHILD_FD 3 /* QEMU's number for the first socket that it is given */

/* Both ends of each wire; -1 where the machine does not have it, or when handed on. */
struct wiring {
	int ours[N_WIRES], theirs[N_WIRES];
};

static void wiring_close(int *fds)
{
	for (int i = 0; i < N_WIRES; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void wiring_deinit(struct wiring *wiring)
{
	wiring_close(wiring->ours);
	wiring_close(wiring->theirs);
}

static gboolean wiring_init(struct wiring *wiring, const struct machine *machine, GError **error)
{
	const gboolean has[N_WIRES] = {
		[WIRE_CONSOLE] = TRUE,
		[WIRE_QMP] = TRUE,
		[WIRE_CHANNEL] = (machine->can & MACHINE_VIRTIO_CONSOLE) != 0,
		[WIRE_TTY] = machine->fallback_tty != NULL,
	};

	for (int i = 0; i < N_WIRES; i++)
		wiring->ours[i] = wiring->theirs[i] = -1;
	for (int i = 0; i < N_WIRES; i++) {
		int pair[2];

		if (!has[i])
			continue;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
			rig_fail(error, RIG_EXIT_INFRA, "no socket for the guest: %s", g_strerror(errno));
			wiring_deinit(wiring);
			return FALSE;
		}
		wiring->ours[i] = pair[0];
		wiring->theirs[i] = pair[1];
	}
	return TRUE;
}

/*
 * In the child, before QEMU: it dies with us, and leaves our process group, so that ^C at the terminal
 * reaches the rig alone, which then ends its guest in order.
 */
static void child_setup(void *data)
{
	spawn_die_with_parent(data);
	setpgid(0, 0);
}

static char **command_line(const struct vm_config *config, const struct wiring *wiring, GError **error)
{
	char values[N_WIRES][32];
	const char *words[N_WIRES];

	for (int i = 0; i < N_WIRES; i++) {
		g_snprintf(values[i], sizeof(values[i]), "socket,fd=%d", CHILD_FD + i);
		words[i] = wiring->theirs[i] >= 0 ? values[i] : NULL;
	}
	return vm_command_line(config,
			       &(struct vm_wires){words[WIRE_CONSOLE], words[WIRE_QMP],
						  words[WIRE_CHANNEL], words[WIRE_TTY]},
			       error);
}

static gboolean spawn_qemu(struct vm *vm, const struct vm_config *config, struct wiring *wiring,
			   GError **error)
{
	g_auto(GStrv) argv = command_line(config, wiring, error);
	g_autofree char *path = g_build_filename(config->dir, "qemu.stderr", NULL);
	g_autoptr(GError) why = NULL;
	int from[N_WIRES], to[N_WIRES], n = 0, out;
	gboolean ok;

	if (!argv)
		return FALSE;
	for (int i = 0; i < N_WIRES; i++) {
		if (wiring->theirs[i] < 0)
			continue;
		from[n] = wiring->theirs[i];
		to[n++] = CHILD_FD + i;
	}
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (out < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path, g_strerror(errno));
	ok = g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)argv, NULL,
					      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
					      child_setup, NULL, -1, out, out, from, to, n, &vm->pid, NULL,
					      NULL, NULL, &why);
	close(out);
	wiring_close(wiring->theirs);
	if (!ok) {
		const char *package = spawn_package(argv[0]);

		return rig_fail(error, RIG_EXIT_INFRA, "cannot start '%s': %s%s%s", argv[0], why->message,
				package ? "; install it: apt-get install " : "", package ? package : "");
	}
	return TRUE;
}

static struct vm *vm_new(const struct vm_config *config, const struct vm_owner *owner)
{
	struct vm *vm = g_new0(struct vm, 1);

	vm->machine = config->machine;
	vm->accel = config->accel;
	vm->owner = *owner;
	vm->dir = g_canonicalize_filename(config->dir, NULL);
	g_queue_init(&vm->ops);
	vm->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	vm->backends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->cpus = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->leaving = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->buses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (int i = 0; i < N_WAYS; i++)
		vm->ways[i].vm = vm;
	return vm;
}

struct vm *vm_start(const struct vm_config *config, const struct vm_owner *owner, GError **error)
{
	struct wiring wiring;
	rig_auto(vm) vm = NULL;
	gboolean ok;

	if (!vm_write_command(config, error) || !wiring_init(&wiring, config->machine, error))
		return NULL;
	vm = vm_new(config, owner);
	ok = vm_listen(vm, wiring.ours, config->console_limit ? config->console_limit : CONSOLE_LIMIT,
		       error) &&
	     spawn_qemu(vm, config, &wiring, error);
	wiring_deinit(&wiring);
	if (!ok)
		return NULL;
	vm_watch(vm);
	return g_steal_pointer(&vm);
}
