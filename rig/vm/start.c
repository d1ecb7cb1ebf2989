// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts a guest: makes up to four socket pairs, keeps one end of each and passes the others to the
 * launcher.
 */
#include "vm/internal.h"

#include "util/error.h"
#include "util/sparse.h"
#include "vm/module.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSOLE_LIMIT (G_GUINT64_CONSTANT(256) << 20)

/*
 * Both ends of each socket; -1 if the machine does not have the socket, or another owner has the
 * end.
 */
struct socket_pairs {
	int ours[N_SOCKETS], theirs[N_SOCKETS];
};

static void sockets_close(int *fds)
{
	for (int i = 0; i < N_SOCKETS; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void sockets_deinit(struct socket_pairs *pairs)
{
	sockets_close(pairs->ours);
	sockets_close(pairs->theirs);
}

static gboolean sockets_init(struct socket_pairs *pairs, const struct machine *machine,
			     GError **error)
{
	const gboolean has[N_SOCKETS] = {
		[SOCKET_CONSOLE] = TRUE,
		[SOCKET_QMP] = TRUE,
		[SOCKET_CHANNEL] = (machine->can & MACHINE_VIRTIO_CONSOLE) != 0,
		[SOCKET_TTY] = machine->fallback_tty != NULL,
	};

	for (int i = 0; i < N_SOCKETS; i++)
		pairs->ours[i] = pairs->theirs[i] = -1;
	for (int i = 0; i < N_SOCKETS; i++) {
		int pair[2];

		if (!has[i])
			continue;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
			rig_fail(error, RIG_EXIT_INFRA, "cannot create a socket for the guest: %s",
				 g_strerror(errno));
			sockets_deinit(pairs);
			return FALSE;
		}
		pairs->ours[i] = pair[0];
		pairs->theirs[i] = pair[1];
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
	vm->output = g_build_filename(vm->dir, "qemu", NULL);
	g_queue_init(&vm->ops);
	vm->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	vm->backends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->left_backends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->cpus = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->unplug_pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->unplugged_late = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->buses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->images = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (int i = 0; i < N_CHANNELS; i++)
		vm->channels[i].vm = vm;
	return vm;
}

static const struct {
	const char *name;
	/* NULL if the launcher is in the module with this name */
	const struct vm_launcher *launcher;
} launchers[] = {{"direct", &vm_direct}, {"libvirt", NULL}};

static const struct vm_launcher *launcher_of(const struct vm_config *config, GError **error)
{
	const char *name = config->launcher ? config->launcher : launchers[0].name;
	const struct vm_module *module;

	for (gsize i = 0; i < G_N_ELEMENTS(launchers); i++) {
		if (strcmp(launchers[i].name, name))
			continue;
		if (launchers[i].launcher)
			return launchers[i].launcher;
		module = vm_module_load(name, error);
		return module ? module->launcher : NULL;
	}
	rig_fail(error, RIG_EXIT_USAGE, "unknown launcher '%s' (available: direct, libvirt)", name);
	return NULL;
}

/*
 * Makes the folder for QEMU's files, with a copy of each image. The copies are writable for every
 * user, because QEMU, which may have another user, opens the file of a private mapping for writing;
 * the folder admits only that user.
 */
static gboolean make_output(struct vm *vm, const struct vm_config *config, GError **error)
{
	if (g_mkdir(vm->output, 0700) < 0 && errno != EEXIST)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s",
				vm->output, g_strerror(errno));
	for (unsigned i = 0; i < config->n_images; i++) {
		const struct vm_image *image = &config->images[i];
		g_autofree char *name = g_strdup_printf("image-%u", i + 1);
		g_autofree char *copy = vm_output(vm, name);
		g_autofree char *kept = g_build_filename(vm->dir, "files", image->name, NULL);

		if (g_hash_table_contains(vm->images, image->name))
			continue;
		if (!sparse_copy(kept, copy, image->size, 0666, config->stop, error))
			return FALSE;
		g_hash_table_insert(vm->images, g_strdup(image->name), g_steal_pointer(&copy));
	}
	return TRUE;
}

struct vm *vm_start(const struct vm_config *config, const struct vm_owner *owner, GError **error)
{
	const struct vm_launcher *launcher = launcher_of(config, error);
	struct socket_pairs pairs;
	rig_auto(vm) vm = NULL;

	if (!launcher || !sockets_init(&pairs, config->machine, error))
		return NULL;
	vm = vm_new(config, owner);
	vm->launcher = launcher;
	vm->running =
		make_output(vm, config, error) &&
		vm_listen(vm, pairs.ours,
			  config->console_limit ? config->console_limit : CONSOLE_LIMIT, error) &&
		launcher->start(vm, config, pairs.theirs, error);
	sockets_deinit(&pairs);
	return vm->running ? g_steal_pointer(&vm) : NULL;
}
