/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running guest, independent of its launcher. All functions are asynchronous on the default GLib
 * main context and single-threaded; callbacks are called from the main loop, never from inside a
 * function.
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
#include "util/sparse.h"

struct vm;

/*
 * The QEMU plugin that holds vCPUs and records locks and code (docs/director.md). It requires TCG.
 * Each vCPU then has its own thread.
 */
struct vm_plugin {
	const char *file;   /* the plugin's shared object; NULL if the plugin is not used */
	const char *orders; /* path of its instruction file */
	int fd;		    /* QEMU's end of the plugin's socket */
	int locks;	    /* descriptor of a file for recorded locks, or -1 */
	int cover;	    /* descriptor of a file for recorded code, or -1 */
};

struct vm_memory;

/* A file with the initial contents of an NVDIMM, label area included. */
struct vm_image {
	const char *name; /* its path below files/ of the run folder */
	guint64 size;
};

/* The configuration of a guest. Borrowed until vm_start() returns. */
struct vm_config {
	const struct machine *machine;
	const char *launcher; /* "direct" (or NULL), "libvirt" */
	/* libvirt only: the URI to connect to; NULL stands for libvirt's default */
	const char *uri;
	const char *emulator; /* NULL stands for the machine's default; tests set a fake */
	const char *kernel;   /* image file */
	const char *initrd;
	/* parameters of the scenario and the user; those of the machine are added to it */
	const char *cmdline;
	enum accel accel;     /* never ACCEL_AUTO */
	const char *firmware; /* one of machine->firmwares, or NULL */
	const char *mmu;      /* one of machine->mmus, or NULL */
	guint64 memory;	      /* bytes at start, over all nodes */
	guint64 max_memory;   /* maximum in bytes; equal to `memory` if nothing can be plugged */
	unsigned slots;       /* number of slots for memory devices */
	gboolean nvdimm;     /* the machine accepts NVDIMMs (-machine nvdimm=on) */
	gboolean cxl;	     /* the guest has the machine's CXL root ports */
	/*
	 * CXL devices with which the guest boots; only `id`, `size` and `serial` are used, and
	 * serials must be 1, 2, …
	 */
	const struct vm_memory *boot;
	unsigned n_boot;
	/*
	 * all files that struct vm_memory's `image` may name; QEMU gets copies, because a guest
	 * that has taken over QEMU must not change the files. Direct only
	 */
	const struct vm_image *images;
	unsigned n_images;
	const struct sparse_stop *stop; /* stops the copies, so that vm_start() fails; or NULL */
	unsigned nodes;	     /* >= 1; the base memory is on the first `base_nodes` */
	unsigned base_nodes; /* 1..nodes; the other nodes have no memory at start */
	/* the guest's ACPI tables have latency and bandwidth between nodes (HMAT) */
	gboolean hmat;
	unsigned cpu_nodes;  /* 1..nodes; the CPUs are distributed over these first nodes */
	unsigned cpus, max_cpus;
	struct vm_plugin plugin;
	gboolean seccomp; /* use QEMU's seccomp filter (MACHINE_SANDBOX); direct only */
	/* run folder: console.raw, channel.raw, qmp.jsonl, qemu.stderr, qemu-cmd, qemu/ */
	const char *dir;
	/* maximum number of bytes of the console that are stored; 0 stands for 256 MiB */
	guint64 console_limit;
};

/* How QEMU ended. */
struct vm_exit {
	gboolean by_us;		 /* vm_kill() or vm_quit() was called */
	/*
	 * QMP reported a SHUTDOWN by the guest before QEMU ended, or QEMU ended as in a power-off
	 * that it does not report on this machine
	 */
	gboolean guest_shutdown;
	int status;		 /* wait status of QEMU */
	/* a text: "guest powered off" or "QEMU was killed by signal 9: last line" */
	const char *why;
};

/* Callbacks for what the guest does. */
struct vm_owner {
	void (*console)(const guint8 *bytes, gsize len, void *data);
	/*
	 * a frame of the guest channel with valid checksums; TEXT has LEN bytes without NUL, and
	 * then a NUL
	 */
	void (*frame)(unsigned type, guint32 seq, const char *text, gsize len, void *data);
	/*
	 * called once for each sequence of bytes that are garbage, or that have an unknown version
	 * or a wrong checksum
	 */
	void (*channel_error)(const char *what, void *data);
	/* called for each QMP event, even if an operation waits for it */
	void (*event)(const char *name, json_t *event, void *data);
	/* the console reached its limit; further bytes are read and dropped */
	void (*console_full)(void *data);
	/*
	 * a fault of the host, reported once: QMP is broken (garbage, too long, disconnected while
	 * QEMU runs), or a file of the run folder cannot be written. The owner must end the run;
	 * QEMU still exists
	 */
	void (*fault)(const char *what, void *data);
	/*
	 * the connection to the guest was lost, or is restored; frames and console bytes in between
	 * are lost
	 */
	void (*disconnected)(gboolean disconnected, void *data);
	/* QEMU has ended; no other callback is called afterwards */
	void (*gone)(const struct vm_exit *exit, void *data);
	void *data;
};

/* Every operation has exactly one of these outcomes. */
enum vm_outcome {
	VM_OK, /* success; for an unplug: the device is deleted */
	/* the guest refused (MEM_UNPLUG_ERROR, DEVICE_UNPLUG_GUEST_ERROR, OST failure) */
	VM_REFUSED,
	VM_TIMED_OUT, /* no outcome within the deadline; the request may still be pending */
	VM_VANISHED,  /* the guest or QEMU ended meanwhile */
	VM_FAILED,    /* QEMU refused the command */
};

const char *vm_outcome_name(enum vm_outcome outcome);

/*
 * Called when an operation has ended. WHY is a message, "" with VM_OK. REPLY is QMP's `return`, or
 * NULL. Both are borrowed.
 */
typedef void (*vm_done)(enum vm_outcome outcome, const char *why, json_t *reply, void *data);

enum vm_backend {
	VM_BACKEND_RAM,
	VM_BACKEND_MEMFD,
	VM_BACKEND_FILE,
	VM_BACKEND_HUGEPAGES, /* a memfd of the host's default huge pages */
};

struct vm_memory {
	const char *id; /* device id; its backend is usually "mem-<id>" */
	guint64 size;	/* size of a DIMM; maximum size of a virtio-mem device */
	unsigned node;
	enum vm_backend backend;
	guint64 requested; /* initial requested-size of a virtio-mem device */
	guint64 label;	   /* bytes of an NVDIMM's label area, in addition to `size` */
	guint64 block;	   /* bytes of a virtio-mem device's block; 0 stands for QEMU's default */
	/* virtio-mem: QEMU's properties of these names (`memslots`: dynamic-memslots) */
	gboolean prealloc, inaccessible, memslots;
	guint64 serial;	   /* serial number of a CXL device, by which the guest finds it */
	gboolean at_boot;  /* the device is one of vm_config's `boot`, so QEMU has it already */
	gboolean share;	   /* guest writes must reach the backend's file (share=on) */
	const char *image; /* name of one of vm_config's `images`, or NULL for a content of zeros */
};

/*
 * Starts a guest. OWNER is copied. Errors: RIG_EXIT_INFRA, the guest cannot be started; those of
 * vm_module_load() and vm_check_config().
 */
struct vm *vm_start(const struct vm_config *config, const struct vm_owner *owner, GError **error);

/*
 * Kills the guest if needed, reaps it and frees everything; no callback is called. Only allowed
 * after `gone` or vm_kill().
 */
void vm_free(struct vm *vm);
RIG_DEFINE_AUTO(vm, vm_free)

/*
 * Operations. DEADLINE_NS is a time of rig_now_ns(). DONE is called exactly once, from the main
 * loop.
 */
void vm_plug_dimm(struct vm *vm, const struct vm_memory *dimm, gint64 deadline_ns, vm_done done,
		  void *data);
void vm_plug_virtio_mem(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns,
			vm_done done, void *data);
/*
 * Plugs an NVDIMM, whose memory is a file of the run folder that QEMU has unlinked. The operation
 * ends when QEMU has the device, because the guest, which then reads the NFIT, sends no
 * acknowledgement. QEMU refuses to unplug the device.
 */
void vm_plug_nvdimm(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns, vm_done done,
		    void *data);
/*
 * Plugs a virtio-pmem device. As with vm_plug_nvdimm(), its memory is an unlinked file, the
 * operation ends when QEMU has the device, and QEMU refuses to unplug it.
 */
void vm_plug_virtio_pmem(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns,
			 vm_done done, void *data);
/*
 * Plugs a CXL type 3 device with volatile memory on a CXL root port. The operation ends when QEMU
 * has the device; the guest finds it later. The guest chooses the address of its memory, so
 * vm_where() does not have it.
 */
void vm_plug_cxl(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns, vm_done done,
		 void *data);
/* Plugs a virtio-balloon device with free page reporting; QEMU has at most one. */
void vm_plug_balloon(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data);
/*
 * Resizes the balloon. The operation ends when the balloon has taken SIZE bytes of the guest's
 * memory (BALLOON_CHANGE). No DIMM may be plugged or unplugged meanwhile, because it would change
 * the memory that the balloon leaves to the guest, by which QEMU counts.
 */
void vm_resize_balloon(struct vm *vm, const char *id, guint64 size, gint64 deadline_ns,
		       vm_done done, void *data);
/*
 * Resizes a virtio-mem device. The operation ends when the guest has reached the size
 * (MEMORY_DEVICE_SIZE_CHANGE).
 */
void vm_resize(struct vm *vm, const char *id, guint64 size, gint64 deadline_ns, vm_done done,
	       void *data);
void vm_plug_cpu(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data);
/* Unplugs a device of any kind; for memory, the backend is also deleted before DONE is called. */
void vm_unplug(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data);
/*
 * Sends a QMP command. The operation of system_reset ends with the event RESET; that of every other
 * command ends with the reply.
 */
void vm_command(struct vm *vm, const char *command, json_t *arguments /* stolen, or NULL */,
		gint64 deadline_ns, vm_done done, void *data);

/*
 * Sends a frame to the guest without blocking. Returns FALSE, and sends nothing, if the guest has
 * not sent hello yet, TEXT is longer than PROTO_MAX, or 1 MiB is queued already.
 */
gboolean vm_send(struct vm *vm, unsigned type, guint32 seq, const char *text);

/*
 * Sends SysRq over the console: a break (on hvc, ^O) and KEY. Returns FALSE if the machine's
 * console has no SysRq. The output of the previous key must have ended.
 */
gboolean vm_console_sysrq(struct vm *vm, char key);

/* Adds text to the console as if the guest had printed it. */
void vm_console_add(struct vm *vm, const char *text);

/* Sends QMP's quit, and SIGKILL if QEMU has not exited by the deadline. Then `gone` is called. */
void vm_quit(struct vm *vm, gint64 deadline_ns);
void vm_kill(struct vm *vm);

/*
 * Returns TRUE if the connection to the guest is lost at the moment, so that operations wait; the
 * guest may still run.
 */
gboolean vm_is_disconnected(const struct vm *vm);
/*
 * Returns the path of a file NAME that the guest's QEMU may write. It is in the folder qemu/ of the
 * run folder, the only writable one, which vm_free() removes if it is empty. Free with g_free().
 */
char *vm_output(const struct vm *vm, const char *name);
/*
 * Returns the limits of QEMU: {"seccomp": BOOL} and the members of confine_json(); {"by":
 * "libvirt"} if libvirt starts it; {} with RIG_SANDBOX=off.
 */
json_t *vm_sandbox(const struct vm *vm);
/*
 * Returns the pid of QEMU, or 0 if QEMU was not started yet, its pid is unknown, or it runs on
 * another host.
 */
pid_t vm_pid(const struct vm *vm);
/* Returns TRUE if the launcher is the direct one, so that QEMU is a child of this process. */
gboolean vm_is_direct(const struct vm *vm);
/*
 * Gets the guest physical address and size in bytes of the memory device ID. Returns FALSE if it is
 * not plugged.
 */
gboolean vm_where(struct vm *vm, const char *id, guint64 *ret_address, guint64 *ret_size);

#endif
