/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest from the inside: a console, a QMP connection and the guest channel, each of them a socket with a layer of
 * operations on top. The launcher owns the sockets' other ends.
 */
#ifndef RIG_VM_INTERNAL_H
#define RIG_VM_INTERNAL_H

#include <glib.h>

#include "qmp/qmp.h"
#include "vm/channel.h"
#include "vm/stream.h"
#include "vm/vm.h"

/* The guest's agent speaks over a virtio port or, without one, over a second terminal. */
enum { CHANNEL_VIRTIO, CHANNEL_TTY, N_CHANNELS };

struct vm_channel {
	struct vm *vm;
	struct stream *stream; /* NULL where the machine does not have it */
	struct channel *decoder;
	gboolean is_cut; /* bytes were lost on this side: what does not decode until the next frame is no error of the guest's */
};

/* The sockets between QEMU and the rig; the indices of vm_listen()'s array. */
enum { SOCKET_CONSOLE, SOCKET_QMP, SOCKET_CHANNEL, SOCKET_TTY, N_SOCKETS };

/* How guests are started and ended. */
struct vm_launcher {
	/*
	 * Starts the guest, or begins to. Takes over what it needs of FDS, the peers of the rig's sockets (-1: the
	 * machine has no such socket), and sets each to -1. After success it must call vm_ended() once.
	 */
	gboolean (*start)(struct vm *vm, const struct vm_config *config, int fds[N_SOCKETS], GError **error);
	/* Ends it by force; vm_ended() follows. */
	void (*kill)(struct vm *vm);
	/* Frees what is held, also after a start that failed; kills and waits where the guest still runs. */
	void (*release)(struct vm *vm);
};

extern const struct vm_launcher vm_direct;

struct vm {
	const struct vm_launcher *launcher;
	void *held;	  /* the launcher's */
	gboolean running; /* started, and vm_ended() not called yet */
	const struct machine *machine;
	enum accel accel;
	struct vm_owner owner;
	char *dir;

	guint kill_timer, orphan_timer;
	struct qmp *qmp;
	struct stream *console;
	struct vm_channel channels[N_CHANNELS];
	struct vm_channel *channel; /* the one of the guest's last frame; NULL before the first */

	guint8 sysrq_key; /* goes to the console after the break */

	GQueue ops;	      /* struct op, oldest first */
	GHashTable *places;   /* id to struct vm_place: plugged memory */
	GHashTable *backends; /* ids whose object "mem-<id>" exists */
	GHashTable *cpus;     /* ids of plugged CPUs */
	GHashTable *unplug_pending; /* ids whose device_del has no outcome yet */
	GHashTable *unplugged_late; /* ids deleted after the operation that asked for it had timed out */
	GHashTable *buses;    /* id to the hot bus that its device sits on */

	gboolean by_us, guest_shutdown, faulted;
	gboolean away;
	gboolean may_reboot; /* between our system_reset and the next hello */
	const char *last_words; /* why the guest ended, from QMP; static */
};

struct vm_place {
	guint64 address, size;
};

/* Takes the sockets over (-1: the machine has no such socket; those taken are set to -1). */
gboolean vm_listen(struct vm *vm, int fds[N_SOCKETS], guint64 console_limit, GError **error);
/* Reads what the sockets still hold; for a launcher, when QEMU has ended. */
void vm_drain(struct vm *vm);
/* The guest has ended: operations end as VANISHED, the owner's `gone` is called. STATUS is 0 for a regular end. */
void vm_ended(struct vm *vm, int status, const char *why);

/* The launcher has lost or found again its connection to the guest; the owner's `away` is called. */
void vm_set_away(struct vm *vm, gboolean away);

/* Calls the owner's `fault`, the first time only. */
void vm_fault(struct vm *vm, const char *what);

/* All operations end as VANISHED. */
void vm_ops_vanish(struct vm *vm, const char *why);
/* The same at vm_free(), without callbacks. */
void vm_ops_free(struct vm *vm);
/* A QMP event has come: each operation checks the events since its cursor. */
void vm_ops_look(struct vm *vm);
/* The same event, for devices whose unplug has no operation any more (it timed out). */
/* The guest said hello again: plugs that wait for its _OST have succeeded, for it will not send one. */
void vm_plugs_reset(struct vm *vm);
void vm_unplug_late(struct vm *vm, const char *name, json_t *data);

#endif
