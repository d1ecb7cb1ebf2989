/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of vm/. A guest has a console, a QMP connection and a guest
 * channel, with a socket each, and operations that use them. The launcher owns QEMU's ends of the
 * sockets.
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
	/* bytes from the guest were lost: invalid bytes are not reported until the next frame */
	gboolean is_cut;
};

/* The sockets between QEMU and the rig; the indices of vm_listen()'s array. */
enum { SOCKET_CONSOLE, SOCKET_QMP, SOCKET_CHANNEL, SOCKET_TTY, N_SOCKETS };

/* A way to start and end guests. */
struct vm_launcher {
	/*
	 * Starts the guest, possibly asynchronously. FDS has QEMU's ends of the sockets, or -1 for
	 * a socket that the machine does not have. The launcher becomes the owner of those that it
	 * uses, and sets them to -1. After success it must call vm_ended() once.
	 */
	gboolean (*start)(struct vm *vm, const struct vm_config *config, int fds[N_SOCKETS],
			  GError **error);
	/* Ends the guest by force; vm_ended() is called later. */
	void (*kill)(struct vm *vm);
	/*
	 * Frees `held`, also after a failed start. If the guest still runs, kills it and waits for
	 * its end.
	 */
	void (*release)(struct vm *vm);
};

extern const struct vm_launcher vm_direct;

/*
 * Returns how the guest has ended itself ("guest powered off"), from DATA, the data of QEMU's event
 * SHUTDOWN. Returns NULL if the guest did not cause the end.
 */
const char *vm_shutdown_words(json_t *data);

struct vm {
	const struct vm_launcher *launcher;
	void *held;	  /* private data of the launcher */
	gboolean running; /* the guest was started, and vm_ended() was not called yet */
	/* pid of a QEMU on this host that another process started; 0 if unknown */
	pid_t pid;
	const struct machine *machine;
	enum accel accel;
	struct vm_owner owner;
	char *dir;	 /* path of the run folder */
	char *output;	 /* path of the folder DIR/qemu */
	/* maps the name of each of vm_config's `images` to the path of QEMU's copy in `output` */
	GHashTable *images;
	json_t *sandbox; /* result of vm_sandbox() */

	guint kill_timer, orphan_timer;
	struct qmp *qmp;
	struct stream *console;
	struct vm_channel channels[N_CHANNELS];
	/* the channel with the guest's last frame; NULL before the first frame */
	struct vm_channel *channel;

	guint8 sysrq_key; /* the key to send to the console after the break */

	GQueue ops;		    /* struct op, oldest first */
	GHashTable *places;	    /* maps the id of plugged memory to its struct vm_place */
	GHashTable *backends; /* set of ids whose backend (vm_backend_name()) exists in QEMU */
	/* maps an id to the number of its earlier backends that QEMU could not delete */
	GHashTable *left_backends;
	GHashTable *cpus;	    /* set of ids of plugged CPUs */
	GHashTable *unplug_pending; /* set of ids of devices whose device_del has no outcome yet */
	/* set of ids of devices that QEMU has deleted after their unplug operation had timed out */
	GHashTable *unplugged_late;
	GHashTable *buses; /* maps an id to the hotplug bus that its device is on */

	/*
	 * `by_us` and `guest_shutdown`: see struct vm_exit; `faulted`: the owner's `fault` was
	 * called
	 */
	gboolean by_us, guest_shutdown, faulted;
	gboolean disconnected;
	gboolean may_reboot;	/* TRUE between a system_reset by the rig and the next hello */
	const char *end_reason; /* why the guest ended, from QMP; a static string */
};

struct vm_place {
	guint64 address, size;
};

/*
 * Becomes the owner of FDS, the rig's ends of the sockets (or -1 for a socket that the machine does
 * not have), and sets them to -1. The console is stored up to CONSOLE_LIMIT bytes.
 */
gboolean vm_listen(struct vm *vm, int fds[N_SOCKETS], guint64 console_limit, GError **error);
/* Reads the rest of the data in the sockets; a launcher calls it after QEMU has ended. */
void vm_drain(struct vm *vm);
/*
 * Must be called once the guest has ended: all operations end as VM_VANISHED, and the owner's
 * `gone` is called. STATUS is 0 for a regular end.
 */
void vm_ended(struct vm *vm, int status, const char *why);

/*
 * Must be called when the launcher has lost or restored its connection to the guest; calls the
 * owner's `disconnected`.
 */
void vm_set_disconnected(struct vm *vm, gboolean disconnected);

/* Calls the owner's `fault`, but only the first time. */
void vm_fault(struct vm *vm, const char *what);

/* Ends all operations as VM_VANISHED with the message WHY. */
void vm_ops_vanish(struct vm *vm, const char *why);
/* Frees all operations without calling their callbacks; for vm_free(). */
void vm_ops_free(struct vm *vm);
/*
 * Must be called after a QMP event; each operation then reads the events that are new to its
 * cursor.
 */
void vm_ops_check_events(struct vm *vm);
/* Returns the name of the backend that the device ID has or gets. The caller owns it. */
char *vm_backend_name(const struct vm *vm, const char *id);
/*
 * Chooses a free one of BUSES for the device ID, and returns it; or returns NULL if all are in use.
 */
const char *vm_free_bus(struct vm *vm, const char *const *buses, const char *id);
/*
 * Must be called when the guest sends hello again. Ends the plug operations that wait for an _OST
 * as VM_OK: the guest finds their devices while it boots, and sends no _OST.
 */
void vm_plugs_reset(struct vm *vm);
/* Handles an event about a device whose unplug operation has already timed out. */
void vm_unplug_late(struct vm *vm, const char *name, json_t *data);

#endif
