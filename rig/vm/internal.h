/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of a guest: a console, a QMP connection and the guest channel, each a socket, with
 * operations on top. The launcher owns the peer sockets.
 */
#ifndef RIG_VM_INTERNAL_H
#define RIG_VM_INTERNAL_H

#include <glib.h>

#include "qmp/qmp.h"
#include "vm/channel.h"
#include "vm/stream.h"
#include "vm/vm.h"

/* The guest's init uses a virtio port or, without one, a second terminal. */
enum { CHANNEL_VIRTIO, CHANNEL_TTY, N_CHANNELS };

struct vm_channel {
	struct vm *vm;
	struct stream *stream; /* NULL if the machine does not have it */
	struct channel *decoder;
	gboolean is_cut; /* bytes were lost on this side: do not report what fails to decode before
			  * the next frame */
};

/* The sockets between QEMU and the rig; the indices of vm_listen()'s array. */
enum { SOCKET_CONSOLE, SOCKET_QMP, SOCKET_CHANNEL, SOCKET_TTY, N_SOCKETS };

/* How guests are started and ended. */
struct vm_launcher {
	/*
	 * Starts the guest, or begins to. Takes from FDS, the peers of the rig's sockets (-1: the
	 * machine has no such socket), those it uses and sets them to -1. After success it must
	 * call vm_ended() once.
	 */
	gboolean (*start)(struct vm *vm, const struct vm_config *config, int fds[N_SOCKETS],
			  GError **error);
	/* Ends it by force; vm_ended() follows. */
	void (*kill)(struct vm *vm);
	/* Frees `held`, also after a failed start; kills the guest and waits if it still runs. */
	void (*release)(struct vm *vm);
};

extern const struct vm_launcher vm_direct;

/* Why the guest itself ended, from the data of SHUTDOWN ("guest powered off"); NULL: it did not. */
const char *vm_shutdown_words(json_t *data);

struct vm {
	const struct vm_launcher *launcher;
	void *held;	  /* private data of the launcher */
	gboolean running; /* started, and vm_ended() not called yet */
	const struct machine *machine;
	enum accel accel;
	struct vm_owner owner;
	char *dir;
	char *output; /* DIR/qemu */
	json_t *sandbox; /* result of vm_sandbox() */

	guint kill_timer, orphan_timer;
	struct qmp *qmp;
	struct stream *console;
	struct vm_channel channels[N_CHANNELS];
	struct vm_channel *channel; /* the one that carried the guest's last frame; NULL before the
				     * first */

	guint8 sysrq_key; /* sent to the console after the break */

	GQueue ops;	      /* struct op, oldest first */
	GHashTable *places;   /* id to struct vm_place: plugged memory */
	GHashTable *backends; /* ids whose object "mem-<id>" exists */
	GHashTable *cpus;     /* ids of plugged CPUs */
	GHashTable *unplug_pending; /* ids whose device_del has no outcome yet */
	GHashTable *unplugged_late; /* ids deleted after the operation that asked for it had timed
				     * out */
	GHashTable *buses;	    /* id to the hotplug bus that its device is on */

	gboolean by_us, guest_shutdown, faulted;
	gboolean disconnected;
	gboolean may_reboot;	/* TRUE between a system_reset of the rig and the next hello */
	const char *end_reason; /* why the guest ended, from QMP; static */
};

struct vm_place {
	guint64 address, size;
};

/*
 * Takes over the rig's ends of the sockets (-1: the machine has no such socket) and sets them to
 * -1.
 */
gboolean vm_listen(struct vm *vm, int fds[N_SOCKETS], guint64 console_limit, GError **error);
/* Reads what is left in the sockets; called by a launcher after QEMU has ended. */
void vm_drain(struct vm *vm);
/*
 * To be called once the guest has ended: operations end as VM_VANISHED, the owner's `gone` is
 * called. STATUS is 0 for a regular end.
 */
void vm_ended(struct vm *vm, int status, const char *why);

/*
 * To be called when the launcher lost or restored its connection to the guest; calls the owner's
 * `disconnected`.
 */
void vm_set_disconnected(struct vm *vm, gboolean disconnected);

/* Calls the owner's `fault`, the first time only. */
void vm_fault(struct vm *vm, const char *what);

/* Ends all operations as VM_VANISHED. */
void vm_ops_vanish(struct vm *vm, const char *why);
/* vm_ops_vanish() for vm_free(), without callbacks. */
void vm_ops_free(struct vm *vm);
/* To be called after a QMP event: each operation checks the events from its cursor on. */
void vm_ops_check_events(struct vm *vm);
/* Handles an event of a device whose unplug operation has already timed out. */
/*
 * To be called when the guest says hello again: plugs that wait for its _OST have succeeded,
 * because it finds the device while it boots and sends none.
 */
void vm_plugs_reset(struct vm *vm);
void vm_unplug_late(struct vm *vm, const char *name, json_t *data);

#endif
