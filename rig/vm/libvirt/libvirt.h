/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of the libvirt launcher. The launcher owns QEMU's ends of a
 * guest's sockets (vm/internal.h), and connects them:
 *
 *	console, channel, tty	pumps between a socket and a virStream (stream.c)
 *	QMP			handled here: a table maps commands to libvirt calls; other
 *				commands are sent to QEMU unchanged (qmp.c). Events of libvirt
 *				and QEMU are returned as QMP events (event.c)
 *
 * So the other modules treat such a guest like any other, and qmp.jsonl records the traffic. A call
 * to libvirt may block, so it is made by a job: a thread that accesses nothing but its struct
 * lv_job. Everything else happens on the main loop. If the connection is lost, commands wait and
 * streams pause until there is a new connection.
 */
#ifndef RIG_VM_LIBVIRT_H
#define RIG_VM_LIBVIRT_H

#include <glib.h>
#include <jansson.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include "vm/internal.h"
#include "vm/libvirt/xml.h"

enum lv_state {
	LV_STARTING, /* connecting, uploading, creating the domain */
	LV_RUNNING,
	LV_RECONNECTING, /* the connection was lost; the launcher tries to open a new one */
	/* the domain has ended: the rest of the streams is read, and volumes are removed */
	LV_ENDING,
	LV_OVER, /* vm_ended() was called */
};

/* Connects QEMU's end of a socket with the stream of a device of the guest. */
struct lv_pump {
	struct lv_host *host;
	const char *device; /* libvirt's alias of the device: "serial0" */
	gboolean is_channel;
	int fd;		     /* -1 if the machine has no such device, or the pump has ended */
	virStreamPtr stream; /* NULL while disconnected */
	/* events of the stream for which a callback is registered (VIR_STREAM_EVENT_…) */
	int watched;
	GByteArray *to_us, *to_guest; /* bytes that were not written to the other side yet */
	guint fd_watch;
	GIOCondition fd_watched;
};

/* A device that the rig has told libvirt to add. */
struct lv_device {
	gboolean is_cpu;
	unsigned vcpu;
	struct lv_memory memory;
	gboolean unplug_pending; /* a detach was requested, but has no outcome yet */
	gboolean fresh;		 /* the device was plugged, but is not verified yet */
	gboolean gone; /* the device was deleted; this entry is kept while jobs verify it */
	/* number of jobs that verify the device; until they have ended, commands for it wait */
	guint verifying;
};

/* A connection to libvirt, with the streams and the callbacks that use it. */
struct lv_link {
	virConnectPtr conn;
	virDomainPtr domain;
	virStreamPtr streams[N_SOCKETS];
	int callbacks[6], monitor; /* ids of registered callbacks, or -1 */
};

struct lv_host {
	gatomicrefcount refs;
	/* NULL after the launcher's release(): the results of jobs are then ignored */
	struct vm *vm;
	char *uri; /* NULL stands for libvirt's default */
	/* the domain's name ("rig-RUN") and UUID; the path of the run folder */
	char *name, *uuid, *dir;
	xmlDoc *xml;
	char *kernel, *initrd; /* paths on this machine */
	/*
	 * the host of the domain cannot read the rig's files, so kernel and initramfs are uploaded
	 */
	gboolean upload;
	gboolean has_volumes;
	guint base_nodes, slots;
	const char *const *hot_buses; /* of the machine; NULL if devices need no root port */
	guint64 block; /* block size of virtio-mem */
	gboolean has[N_SOCKETS];

	enum lv_state state;
	struct lv_link *link;		 /* NULL while there is no connection */
	struct lv_pump pumps[N_SOCKETS]; /* the pump of SOCKET_QMP is unused */
	guint retry_timer, end_timer;
	gint64 lost_ns; /* when the connection was lost */
	char *lost_why; /* why the connection was lost */

	/* the next members are for the QMP interface (socket.c, qmp.c) */
	int qmp_fd;
	guint qmp_in_watch, qmp_out_watch;
	GByteArray *qmp_in, *qmp_out;
	/* struct lv_call: commands that wait for a connection, or until their device is verified */
	GQueue waiting;
	guint verifying;     /* number of running jobs that verify a device */
	/* maps the id of a backend whose device was not added yet to its json_t */
	GHashTable *objects;
	GHashTable *devices; /* maps an id to its struct lv_device */
	/* set of ids of backends and devices that were added directly in QEMU */
	GHashTable *raw;

	/* the next members are for the end of the guest */
	/* the job that starts the domain or reconnects to it; NULL after the job's `done` */
	struct lv_job *connecting;
	gint abandoned;	     /* atomic; if set, the job must not create the domain any more */
	gint creating;	     /* atomic; if set, volumes or the domain may exist */
	gboolean kill_asked; /* the guest must be killed as soon as it is started or connected */
	/* the rig has requested a pause, or a shutdown, so that a stop of the guest is expected */
	gboolean pause_asked, shutting;
	gboolean domain_gone;
	int status;
	/* why the guest ended, from events before the end of the domain; static, or NULL */
	const char *end_reason;
	char *why; /* the argument of vm_ended(), once the domain has ended */
};

struct lv_host *lv_ref(struct lv_host *host);
void lv_unref(struct lv_host *host);

/*
 * A job: WORK runs in a thread and may block; it may only access the job, and strings of HOST that
 * do not change. Then DONE is called from the main loop, unless the guest was released meanwhile.
 */
struct lv_job;
typedef void (*lv_work)(struct lv_job *job);
typedef void (*lv_job_done)(struct lv_host *host, struct lv_job *job);

struct lv_job {
	struct lv_host *host;
	virConnectPtr conn; /* the job's own connection, or NULL */
	virDomainPtr domain;
	lv_work work;
	lv_job_done done;
	/* Input of WORK. */
	char *id, *text;
	json_t *json;
	struct lv_memory memory;
	gint64 number;
	gboolean flag;
	/* TRUE for the second attempt, after the connection was lost during the first one */
	gboolean again;
	/* Results of WORK. */
	struct lv_link *link;
	json_t *reply;		 /* QMP's "return", or NULL */
	char *error;		 /* error message; NULL after success */
	const char *error_class; /* the error's class in QMP; static */
	int code;		 /* virErrorNumber of the error */
	gboolean lost;		 /* the connection is lost */
	gboolean gone;		 /* the domain has ended */
	/* a text about the difference between libvirt's XML and QEMU; NULL if there is none */
	char *difference;
	void *data;   /* input of DONE */
	GMutex mutex; /* protects the next two members */
	GCond cond;
	gboolean worked; /* WORK has returned */
};

struct lv_job *lv_job_new(struct lv_host *host, lv_work work, lv_job_done done);
void lv_job_run(struct lv_job *job);
/* Starts JOB, which opens the connection of its host; lv_abandon() can wait for it. */
void lv_job_connect(struct lv_job *job);
/* Blocks until WORK has returned, for at most SECONDS. Returns FALSE if WORK still runs. */
gboolean lv_job_wait(struct lv_job *job, guint seconds);
/* Stores libvirt's last error in JOB. Called by WORK. Returns FALSE. */
gboolean lv_job_fail(struct lv_job *job);
gboolean lv_job_say(struct lv_job *job, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* process.c */
/* Returns the pid of the QEMU on this host whose domain has UUID, or 0 if there is none. */
pid_t lv_find_process(const char *uuid);

/* reconnect.c */
void lv_lost(struct lv_host *host, const char *why); /* called when the connection was lost */

/* launcher.c */
/* called when the domain has ended */
void lv_gone(struct lv_host *host, int status, const char *why);
/*
 * called when a call to libvirt has failed because the domain has ended: waits briefly for the
 * event that reports why it ended
 */
void lv_vanished(struct lv_host *host);
/*
 * If the domain has ended, reports the end of the guest as soon as all streams are read to the end,
 * but at the latest after DRAIN_MS.
 */
void lv_finish_when_silent(struct lv_host *host);
/*
 * Ends the domain: if GENTLY, by SIGTERM to QEMU; otherwise immediately, even without a connection.
 */
void lv_destroy(struct lv_host *host, gboolean gently);

/* Functions of connection.c that are called in threads. */
gboolean lv_init(GError **error);
char *lv_why(void);			   /* returns libvirt's last error as text */
virConnectPtr lv_connect(const char *uri); /* returns NULL after an error, see lv_why() */
/* opens the link on the job's conn and domain: registers callbacks, opens streams */
gboolean lv_link_open(struct lv_job *job);
/* Closes LINK in a separate thread. */
void lv_link_close(struct lv_host *host, struct lv_link *link);
/* pauses the pumps and closes the host's link, if there is one */
void lv_drop_link(struct lv_host *host);
/*
 * Called when the guest is released. Destroys the domain, either over the host's link or by the job
 * that is opening a link. Blocks while such a job is creating the domain, for at most ABANDON_S
 * seconds.
 */
void lv_abandon(struct lv_host *host);

/* event.c */
gboolean lv_listen(struct lv_host *host, struct lv_link *link);
void lv_unlisten(struct lv_link *link);
/*
 * Handles an entry of query-acpi-ospm-status, which is the last _OST that the guest sent for a
 * slot.
 */
void lv_missed_ost(struct lv_host *host, json_t *entry);

/* stream.c */
void lv_pumps_init(struct lv_host *host, int fds[N_SOCKETS]);
void lv_pumps_open(struct lv_host *host);  /* opens the streams of the host's link */
void lv_pumps_pause(struct lv_host *host); /* called when the streams were lost */
void lv_pumps_close(struct lv_host *host); /* closes the pumps, which cannot be opened again */
gboolean lv_pumps_over(const struct lv_host *host);

/* socket.c */
/* A command that the rig sent. */
struct lv_call {
	json_int_t id;
	char *command;
	json_t *arguments; /* arguments of the command, or NULL */
	/* the command is repeated, because the connection was lost before the reply */
	gboolean again;
};

void lv_call_free(struct lv_call *call);
void lv_socket_init(struct lv_host *host, int fd);
void lv_socket_deinit(struct lv_host *host);
/* RESULT is stolen; NULL stands for an empty object */
void lv_answer(struct lv_host *host, const struct lv_call *call, json_t *result);
void lv_refuse(struct lv_host *host, const struct lv_call *call, const char *error_class,
	       const char *why);
void lv_qmp_greet(struct lv_host *host);
/* Sends an event to the rig. DATA is stolen. */
void lv_qmp_event(struct lv_host *host, const char *name, json_t *data);

/* qmp.c. The functions take ownership of CALL. */
void lv_call_start(struct lv_host *host, struct lv_call *call);
/* returns the string argument KEY; "" if it is missing */
const char *lv_word(const struct lv_call *call, const char *key);
struct lv_job *lv_job_for(struct lv_host *host, struct lv_call *call, lv_work work,
			  lv_job_done done);
/* Sends the result or the error of a job that executed a command as the command's reply. */
void lv_on_job(struct lv_host *host, struct lv_job *job);
/*
 * lv_pass() sends CALL to QEMU unchanged, by a job whose work is lv_work_pass(): the job's `id` is
 * the command, and `json` has its arguments.
 */
void lv_pass(struct lv_host *host, struct lv_call *call);
void lv_work_pass(struct lv_job *job);
void lv_qmp_init(struct lv_host *host, int fd);
/* starts the waiting commands that need not wait any longer */
void lv_qmp_resume(struct lv_host *host);
void lv_qmp_deinit(struct lv_host *host);

/* device.c: commands about devices. The functions take ownership of CALL. */
void lv_object_add(struct lv_host *host, struct lv_call *call);
void lv_object_del(struct lv_host *host, struct lv_call *call);
void lv_device_add(struct lv_host *host, struct lv_call *call);
void lv_device_del(struct lv_host *host, struct lv_call *call);
void lv_qom_set(struct lv_host *host, struct lv_call *call);
void lv_list_devices(struct lv_host *host, struct lv_call *call);

/* verify.c */
/*
 * Starts a job that compares libvirt's live XML with QEMU's list of memory devices, for a device
 * that was just plugged, resized or deleted. DEVICES is the reply to query-memory-devices, or NULL
 * if the job must read it. TOLD is the size in libvirt's event, or -1. A difference is a fault of
 * the host.
 */
void lv_verify(struct lv_host *host, struct lv_device *device, gint64 told, json_t *devices);

/* plug.c: functions that run in a job's thread. */
/* ARGUMENTS is stolen; returns NULL on failure */
json_t *lv_monitor(struct lv_job *job, const char *command, json_t *arguments);
void lv_work_attach(struct lv_job *job);
void lv_work_detach(struct lv_job *job);
void lv_work_resize(struct lv_job *job);
void lv_work_cpu(struct lv_job *job); /* `number` is the vCPU, `flag` its new state */
void lv_work_raw_plug(struct lv_job *job);
/*
 * reads into `reply` the memory devices and the state of the ACPI slots, because events were lost
 * while there was no connection
 */
void lv_work_missed(struct lv_job *job);

/* volume.c */
/*
 * Uploads the kernel and initramfs of the job's guest, and enters their paths in the domain's XML.
 */
gboolean lv_volumes_upload(struct lv_job *job);
/*
 * Calls DUMP, which writes the guest's memory to a path on the host, then copies that file to FILE
 * on this machine.
 */
gboolean lv_volume_dump(struct lv_job *job, gboolean (*dump)(struct lv_job *job, const char *path),
			const char *file);
/*
 * Removes the volumes of the run NAME; `rig clean` can later remove those that cannot be removed
 * now.
 */
void lv_volumes_remove(virConnectPtr conn, const char *name);

#endif
