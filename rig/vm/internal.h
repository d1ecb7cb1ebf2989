/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest from the inside. It is a console, a QMP connection and the guest channel, each a socket with an
 * operation layer on top; the launcher is who sits at the sockets' other ends.
 */
#ifndef RIG_VM_INTERNAL_H
#define RIG_VM_INTERNAL_H

#include <glib.h>

#include "qmp/qmp.h"
#include "vm/channel.h"
#include "vm/stream.h"
#include "vm/vm.h"

/* The guest channel's two ways: the virtio port, and the fallback terminal. */
enum { WAY_VIRTIO, WAY_TTY, N_WAYS };

struct vm_way {
	struct vm *vm;
	struct stream *stream; /* NULL where the machine does not have it */
	struct channel *channel;
	gboolean is_cut; /* bytes were lost: what comes until the next frame is no garbage of the guest's */
};

/* QEMU's lines to us; the indices of vm_listen()'s sockets. */
enum { WIRE_CONSOLE, WIRE_QMP, WIRE_CHANNEL, WIRE_TTY, N_WIRES };

/* How guests are started and ended. */
struct vm_launcher {
	const char *name;
	/*
	 * Starts the guest, or begins to. Takes over what it needs of FDS, the other ends of our wires (-1: the
	 * machine has no such wire), and sets that to -1. From success on it owes one vm_ended().
	 */
	gboolean (*start)(struct vm *vm, const struct vm_config *config, int fds[N_WIRES], GError **error);
	/* Ends it by force; vm_ended() follows. */
	void (*kill)(struct vm *vm);
	/* Frees what is held, also after a start that failed; kills and waits where the guest still runs. */
	void (*release)(struct vm *vm);
};

extern const struct vm_launcher vm_direct, vm_libvirt;

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
	struct vm_way ways[N_WAYS];
	struct vm_way *way; /* by which the guest's last frame came; NULL before the first */

	guint8 sysrq_key; /* goes to the console after the break */

	GQueue ops;	      /* struct op, oldest first */
	GHashTable *places;   /* id to struct vm_place: plugged memory */
	GHashTable *backends; /* ids whose object "mem-<id>" exists */
	GHashTable *cpus;     /* ids of plugged CPUs */
	GHashTable *leaving;  /* ids whose device_del has no outcome yet */
	GHashTable *left;     /* ids that went after the operation which asked had timed out */
	GHashTable *buses;    /* id to the hot bus that its device sits on */

	gboolean by_us, guest_shutdown, faulted;
	gboolean away;
	gboolean may_reboot; /* between our system_reset and the next hello */
	const char *last_words; /* why the guest ended, from QMP; static */
};

struct vm_place {
	guint64 address, size;
};

/* Takes the sockets over (-1: the machine has no such wire; those taken are set to -1). */
gboolean vm_listen(struct vm *vm, int fds[N_WIRES], guint64 console_limit, GError **error);
/* Reads what the wires still hold, for a launcher who knows that QEMU has gone. */
void vm_drain(struct vm *vm);
/* It has ended: operations vanish, the owner is told. STATUS is 0 where nothing was amiss. */
void vm_ended(struct vm *vm, int status, const char *why);

/* The launcher has lost its way to the guest, or has found it again; the owner is told. */
void vm_set_away(struct vm *vm, gboolean away);

/* Tells the owner of a fault of the host, once. */
void vm_fault(struct vm *vm, const char *what);

/* All operations end as VANISHED. */
void vm_ops_vanish(struct vm *vm, const char *why);
/* The same at vm_free(), without a word to anybody. */
void vm_ops_free(struct vm *vm);
/* An event has come: the operations look at their cursors. */
void vm_ops_look(struct vm *vm);
/* The same event, for devices whose unplug nobody waits for any more. */
void vm_unplug_late(struct vm *vm, const char *name, json_t *data);

#endif
