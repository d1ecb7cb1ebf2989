/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running guest, however it was started. Everything is asynchronous on the default GLib main
 * context and single-threaded; the callbacks below come from the main loop, never from inside a call.
 *
 * Launchers: direct (QEMU as our child, QMP over a passed socket) and libvirt (a transient domain, local or
 * remote: docs/libvirt.md). Tests start `direct` with build/tests/fake-qemu as the emulator.
 */
#ifndef RIG_VM_VM_H
#define RIG_VM_VM_H

#include <glib.h>
#include <jansson.h>

#include "machine/machine.h"
#include "util/auto.h"

struct vm;

/* The director's plugin (docs/director.md); TCG only, and each vCPU gets a thread. */
struct vm_plugin {
	const char *file; /* NULL: none */
	const char *orders; /* its instruction file */
	int fd;		  /* QEMU's end of its socket */
};

/* What to start. Borrowed until vm_start() returns. */
struct vm_config {
	const struct machine *machine;
	const char *launcher; /* "direct" (or NULL), "libvirt" */
	const char *uri;      /* libvirt: whom to connect to; NULL: libvirt's own default */
	const char *emulator; /* NULL: the machine's own; tests: the fake */
	const char *kernel;   /* image file */
	const char *initrd;
	const char *cmdline;  /* what the scenario and user add; the machine's words come by themselves */
	enum accel accel;     /* settled: not ACCEL_AUTO */
	const char *firmware; /* one of machine->firmwares, or NULL */
	const char *mmu;      /* one of machine->mmus, or NULL */
	guint64 memory;	      /* bytes at start, over all nodes */
	guint64 max_memory;   /* bytes, == memory where nothing is plugged */
	unsigned slots;
	unsigned nodes;	      /* >= 1; the base memory and CPUs are on the first `base_nodes` */
	unsigned base_nodes;  /* 1..nodes: nodes beyond start empty */
	unsigned cpus, max_cpus;
	struct vm_plugin plugin;
	const char *dir; /* run folder: console.raw, channel.raw, qmp.jsonl, qemu.stderr, qemu-cmd */
	guint64 console_limit; /* bytes of console kept; 0: 256 MiB */
};

/* How it ended. */
struct vm_exit {
	gboolean by_us;		 /* vm_kill() or vm_quit() asked for it */
	gboolean guest_shutdown; /* QMP said SHUTDOWN by the guest before */
	int status;		 /* wait status of QEMU */
	const char *why;	 /* for people: "guest powered off", "QEMU killed by signal 9: last line" */
};

/* What the guest does, told to the owner. */
struct vm_owner {
	void (*console)(const guint8 *bytes, gsize len, void *data);
	/* a frame of the guest channel whose CRCs are right; TEXT ends in NUL, and has none inside */
	void (*frame)(unsigned type, guint32 seq, const char *text, gsize len, void *data);
	/* the channel carried garbage, an unknown version or a broken CRC: once for each stretch */
	void (*channel_error)(const char *what, void *data);
	/* any QMP event, also those that an operation waits for */
	void (*event)(const char *name, json_t *event, void *data);
	/* the console passed its limit; from here on it is drained and dropped */
	void (*console_full)(void *data);
	/* the host's fault, told once: QMP is broken (garbage, too long, disconnected while QEMU runs), or a
	 * file of the run folder cannot be written. The owner ends the run; QEMU is still there. */
	void (*fault)(const char *what, void *data);
	/* the way to the guest is cut for the moment, and back: frames and console bytes of between are lost */
	void (*away)(gboolean away, void *data);
	/* the last call ever */
	void (*gone)(const struct vm_exit *exit, void *data);
	void *data;
};

/* Every operation ends in exactly one of these. */
enum vm_outcome {
	VM_OK,	      /* plugged; resized; for an unplug: the device is deleted */
	VM_REFUSED,   /* the guest refused (MEM_UNPLUG_ERROR, DEVICE_UNPLUG_GUEST_ERROR, OST failure) */
	VM_TIMED_OUT, /* no outcome within the deadline; the request may still be pending */
	VM_VANISHED,  /* the guest or QEMU went away meanwhile */
	VM_FAILED,    /* QEMU itself refused the command */
};

const char *vm_outcome_name(enum vm_outcome outcome);

/* WHY is for people, "" with VM_OK. REPLY is QMP's `return`, or NULL. Both borrowed. */
typedef void (*vm_done)(enum vm_outcome outcome, const char *why, json_t *reply, void *data);

enum vm_backend { VM_BACKEND_RAM, VM_BACKEND_MEMFD, VM_BACKEND_FILE };

struct vm_memory {
	const char *id; /* device id; its backend is "mem-<id>" */
	guint64 size;	/* DIMM: its size; virtio-mem: the most it can grow to */
	unsigned node;
	enum vm_backend backend;
	guint64 requested; /* virtio-mem: initial requested-size */
};

/* Starts it. OWNER is copied. Errors: RIG_EXIT_INFRA (emulator missing, no memory, …). */
struct vm *vm_start(const struct vm_config *config, const struct vm_owner *owner, GError **error);

/* Legal only after `gone`, or with vm_kill() before: kills, reaps, frees. No callback comes from it. */
void vm_free(struct vm *vm);
RIG_DEFINE_AUTO(vm, vm_free)

/* Operations. DEADLINE_NS is on the monotonic clock. DONE comes exactly once, from the main loop. */
void vm_plug_dimm(struct vm *vm, const struct vm_memory *dimm, gint64 deadline_ns, vm_done done, void *data);
void vm_plug_virtio_mem(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns, vm_done done,
			void *data);
/* Done when the guest has reached the size (MEMORY_DEVICE_SIZE_CHANGE), or at the deadline. */
void vm_resize(struct vm *vm, const char *id, guint64 size, gint64 deadline_ns, vm_done done, void *data);
void vm_plug_cpu(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data);
/* Any of the above; for memory the backend is deleted too, before DONE. */
void vm_unplug(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data);
/* Any QMP command without state of its own: query-memory-devices, inject-nmi, stop, cont, system_reset. */
void vm_command(struct vm *vm, const char *command, json_t *arguments /* stolen, or NULL */,
		gint64 deadline_ns, vm_done done, void *data);

/* Sends a frame to the guest. Queued without blocking; bounded: false when 1 MiB waits already. */
gboolean vm_send(struct vm *vm, unsigned type, guint32 seq, const char *text);

/*
 * SysRq over the console: a break (or what stands for it) and KEY where the machine's console can, else
 * nothing (false). One key at a time: what it prints must have ended before the next can be heard.
 */
gboolean vm_console_sysrq(struct vm *vm, char key);

/* Text that the console would have brought: kept and told as if it had. */
void vm_console_add(struct vm *vm, const char *text);

/* QMP quit, and SIGKILL when it does not end by the deadline. `gone` tells. */
void vm_quit(struct vm *vm, gint64 deadline_ns);
void vm_kill(struct vm *vm);

/* The way to the guest is cut for the moment: it may do well, but cannot be heard. Operations wait. */
gboolean vm_is_away(const struct vm *vm);
/* QEMU, where it is our child; else 0. */
pid_t vm_pid(const struct vm *vm);
/* Where a memory device sits, once plugged: guest physical address and size in bytes. */
gboolean vm_where(struct vm *vm, const char *id, guint64 *ret_address, guint64 *ret_size);

#endif
