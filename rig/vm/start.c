// SPDX-License-Identifier: GPL-2.0-only
/* Starting a guest: four socketpairs, our ends listened to, then the launcher with the others. */
#include "vm/internal.h"

#include "util/error.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSOLE_LIMIT (G_GUINT64_CONSTANT(256) << 20)

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

static const struct vm_launcher *const launchers[] = {&vm_direct, &vm_libvirt, NULL};

static const struct vm_launcher *launcher_of(const struct vm_config *config, GError **error)
{
	const char *name = config->launcher ? config->launcher : vm_direct.name;

	for (int i = 0; launchers[i]; i++)
		if (g_str_equal(launchers[i]->name, name))
			return launchers[i];
	rig_fail(error, RIG_EXIT_USAGE, "no launcher is called '%s'; there are direct, libvirt", name);
	return NULL;
}

struct vm *vm_start(const struct vm_config *config, const struct vm_owner *owner, GError **error)
{
	const struct vm_launcher *launcher = launcher_of(config, error);
	struct wiring wiring;
	rig_auto(vm) vm = NULL;

	if (!launcher || !wiring_init(&wiring, config->machine, error))
		return NULL;
	vm = vm_new(config, owner);
	vm->launcher = launcher;
	vm->running = vm_listen(vm, wiring.ours, config->console_limit ? config->console_limit : CONSOLE_LIMIT,
				error) &&
		      launcher->start(vm, config, wiring.theirs, error);
	wiring_deinit(&wiring);
	return vm->running ? g_steal_pointer(&vm) : NULL;
}
