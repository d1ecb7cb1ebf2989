/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running guest, independent of its launcher. All calls are asynchronous on the default GLib main
 * context and single-threaded; the callbacks below are called from the main loop, never from inside
 * a call.
 *
 * Launchers: direct (QEMU as a child process, QMP over a passed socket) and libvirt (a transient
 * domain, local or remote: docs/libvirt.md). Tests start `direct` with build/tests/fake-qemu as the
 * emulator.
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
	int locks;	  /* a file for recorded locks, or -1 */
};

/* What to start. Borrowed until vm_start() returns. */
struct vm_config {
	const struct machine *machine;
	const char *launcher; /* "direct" (or NULL), "libvirt" */
	const char *uri;      /* libvirt: the URI to connect to; NULL: libvirt's own default */
	const char *emulator; /* NULL: the machine's own; tests: the fake */
	const char *kernel;   /* image file */
	const char *initrd;
	const char *cmdline;  /* what the scenario and user add; the machine's own arguments are
			       * added automatically */
	enum accel accel;     /* resolved: not ACCEL_AUTO */
	const char *firmware; /* one of machine->firmwares, or NULL */
	const char *mmu;      /* one of machine->mmus, or NULL */
	guint64 memory;	      /* bytes at start, over all nodes */
	guint64 max_memory;   /* bytes; == memory if nothing is plugged */
	unsigned slots;
	unsigned nodes;	      /* >= 1; the base memory is on the first `base_nodes` */
	unsigned base_nodes;  /* 1..nodes; the other nodes have no memory at start */
	unsigned cpu_nodes;   /* 1..nodes; the CPUs are distributed over the first `cpu_nodes` */
	unsigned cpus, max_cpus;
	struct vm_plugin plugin;
	gboolean seccomp;     /* the emulator has MACHINE_SANDBOX; direct only */
	/* run folder: console.raw, channel.raw, qmp.jsonl, qemu.stderr, qemu-cmd, qemu/ */
	const char *dir;
	guint64 console_limit; /* bytes of console kept; 0: 256 MiB */
};

/* How it ended. */
struct vm_exit {
	gboolean by_us;		 /* vm_kill() or vm_quit() was called */
	gboolean guest_shutdown; /* before that, QMP reported a SHUTDOWN by the guest */
	int status;		 /* wait status of QEMU */
	const char *why;	 /* text: "guest powered off", "QEMU killed by signal 9: last
				  * line" */
};

/* Callbacks for what the guest does. */
struct vm_owner {
	void (*console)(const guint8 *bytes, gsize len, void *data);
	/*
	 * a frame of the guest channel with valid checksums; TEXT ends in NUL, and has none inside
	 */
	void (*frame)(unsigned type, guint32 seq, const char *text, gsize len, void *data);
	/*
	 * the channel carried garbage, an unknown version or a wrong checksum: once for each run of
	 * such bytes
	 */
	void (*channel_error)(const char *what, void *data);
	/* any QMP event, also those that an operation waits for */
	void (*event)(const char *name, json_t *event, void *data);
	/* the console passed its limit; further bytes are read and dropped */
	void (*console_full)(void *data);
	/*
	 * a fault of the host, reported once: QMP is broken (garbage, too long, disconnected while
	 * QEMU runs), or a file of the run folder cannot be written. The owner ends the run; QEMU
	 * still exists.
	 */
	void (*fault)(const char *what, void *data);
	/*
	 * the connection to the guest was lost, or restored: frames and console bytes in between
	 * are lost
	 */
	void (*disconnected)(gboolean disconnected, void *data);
	/* the final callback */
	void (*gone)(const struct vm_exit *exit, void *data);
	void *data;
};

/* Every operation has exactly one of these outcomes. */
enum vm_outcome {
	VM_OK,	    /* plugged; resized; for an unplug: the device is deleted */
	/* the guest refused (MEM_UNPLUG_ERROR, DEVICE_UNPLUG_GUEST_ERROR, OST failure) */
	VM_REFUSED,
	VM_TIMED_OUT, /* no outcome within the deadline; the request may still be pending */
	VM_VANISHED,  /* the guest or QEMU ended meanwhile */
	VM_FAILED,    /* QEMU itself refused the command */
};

const char *vm_outcome_name(enum vm_outcome outcome);

/* WHY is a message, "" with VM_OK. REPLY is QMP's `return`, or NULL. Both borrowed. */
typedef void (*vm_done)(enum vm_outcome outcome, const char *why, json_t *reply, void *data);

enum vm_backend { VM_BACKEND_RAM, VM_BACKEND_MEMFD, VM_BACKEND_FILE };

struct vm_memory {
	const char *id; /* device id; its backend is "mem-<id>" */
	guint64 size;	/* DIMM: its size; virtio-mem: its maximum size */
	unsigned node;
	enum vm_backend backend;
	guint64 requested; /* virtio-mem: initial requested-size */
};

/* Starts a guest. OWNER is copied. Errors: RIG_EXIT_INFRA (emulator missing, no memory, …). */
struct vm *vm_start(const struct vm_config *config, const struct vm_owner *owner, GError **error);

/*
 * Only after `gone` or vm_kill(): kills the guest if needed, reaps it, frees everything. No
 * callback follows.
 */
void vm_free(struct vm *vm);
RIG_DEFINE_AUTO(vm, vm_free)

/*
 * Operations. DEADLINE_NS is on the monotonic clock. DONE is called exactly once, from the main
 * loop.
 */
void vm_plug_dimm(struct vm *vm, const struct vm_memory *dimm, gint64 deadline_ns, vm_done done,
		  void *data);
void vm_plug_virtio_mem(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns,
			vm_done done, void *data);
/* Done when the guest has reached the size (MEMORY_DEVICE_SIZE_CHANGE), or at the deadline. */
void vm_resize(struct vm *vm, const char *id, guint64 size, gint64 deadline_ns, vm_done done,
	       void *data);
void vm_plug_cpu(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data);
/* Unplugs any of the above; for memory the backend is deleted too, before DONE. */
void vm_unplug(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data);
/*
 * Any QMP command without state of its own: query-memory-devices, inject-nmi, stop, cont,
 * system_reset.
 */
void vm_command(struct vm *vm, const char *command, json_t *arguments /* stolen, or NULL */,
		gint64 deadline_ns, vm_done done, void *data);

/*
 * Sends a frame to the guest. Queued without blocking; FALSE: 1 MiB is queued already, nothing is
 * sent.
 */
gboolean vm_send(struct vm *vm, unsigned type, guint32 seq, const char *text);

/*
 * SysRq over the console: a break (or its replacement) and KEY. FALSE: the machine's console has no
 * SysRq. One key at a time: the output of one must have ended before the next is sent.
 */
gboolean vm_console_sysrq(struct vm *vm, char key);

/* Adds text to the console as if the guest had printed it. */
void vm_console_add(struct vm *vm, const char *text);

/* Sends QMP's quit, and SIGKILL if QEMU has not ended by the deadline. Then `gone` is called. */
void vm_quit(struct vm *vm, gint64 deadline_ns);
void vm_kill(struct vm *vm);

/*
 * TRUE: the connection to the guest is lost for the moment; the guest may still run. Operations
 * wait.
 */
gboolean vm_is_disconnected(const struct vm *vm);
/*
 * The path of a file NAME that the guest's QEMU may write: in the folder qemu/ of the run folder,
 * the only writable one, which vm_free() removes when it is empty. Free with g_free().
 */
char *vm_output(const struct vm *vm, const char *name);
/*
 * What limits QEMU: {"seccomp": BOOL} and the members of confine_json(); {"by": "libvirt"} where
 * libvirt starts it; {} with RIG_SANDBOX=off.
 */
json_t *vm_sandbox(const struct vm *vm);
/* QEMU's pid if it is a child process; else 0. */
pid_t vm_pid(const struct vm *vm);
/* The guest physical address and size in bytes of a plugged memory device. FALSE: not plugged. */
gboolean vm_where(struct vm *vm, const char *id, guint64 *ret_address, guint64 *ret_size);

#endif
