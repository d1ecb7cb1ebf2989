/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the libvirt launcher. It owns the peers of a guest's sockets (vm/internal.h):
 *
 *	console, channel, tty	pumps between a socket and a virStream (stream.c)
 *	QMP			answered here: a table maps commands to libvirt calls; others are
 *				sent to QEMU unchanged (qmp.c). Events of libvirt and QEMU come
 *				back as QMP events (event.c)
 *
 * The layers above do not differ for such a guest; qmp.jsonl records the traffic. A call to libvirt
 * may block, so each is a job in a thread that accesses only its job; all else happens on the main
 * loop. If the connection is lost, commands wait and streams pause until a new connection resumes
 * both.
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
	LV_RECONNECTING, /* the connection was lost; new attempts are being made */
	LV_ENDING,	 /* the domain has ended: streams are read to their end, volumes removed */
	LV_OVER,	 /* vm_ended() was called */
};

/* One end of a socket, and the stream of the guest's device that it is connected to. */
struct lv_pump {
	struct lv_host *host;
	const char *device; /* alias: "serial0" */
	gboolean is_channel;
	int fd;		     /* -1: the machine has no such device, or the pump has ended */
	virStreamPtr stream; /* NULL while disconnected */
	int watched;	     /* events that the stream watches */
	GByteArray *to_us, *to_guest; /* bytes not written to the other side yet */
	guint fd_watch;
	GIOCondition fd_watched;
};

/* A device that libvirt was asked to add, by the rig's id. */
struct lv_device {
	gboolean is_cpu;
	unsigned vcpu;
	struct lv_memory memory;
	gboolean unplug_pending; /* a detach was requested and has no outcome yet */
	gboolean fresh;		 /* plugged, but not verified yet */
	gboolean gone;	  /* deleted; kept while it is being verified */
	guint verifying;  /* jobs that verify it; the device's next command waits for them */
};

/* A connection with the callbacks registered on it. */
struct lv_link {
	virConnectPtr conn;
	virDomainPtr domain;
	virStreamPtr streams[N_SOCKETS];
	int callbacks[6], monitor; /* -1: none */
};

struct lv_host {
	gatomicrefcount refs;
	struct vm *vm; /* NULL after the release: results of jobs are then ignored */
	char *uri;     /* NULL: libvirt's default */
	char *name, *uuid, *dir;
	xmlDoc *xml;
	char *kernel, *initrd; /* files on this machine */
	gboolean upload;
	gboolean has_volumes;
	guint base_nodes, slots;
	guint64 block; /* block size of virtio-mem */
	gboolean has[N_SOCKETS];

	enum lv_state state;
	struct lv_link *link;		 /* NULL while there is no connection */
	struct lv_pump pumps[N_SOCKETS]; /* that of SOCKET_QMP is unused */
	guint retry_timer, end_timer;
	gint64 lost_ns; /* when the connection was lost */
	char *lost_why;

	/* QMP */
	int qmp_fd;
	guint qmp_in_watch, qmp_out_watch;
	GByteArray *qmp_in, *qmp_out;
	GQueue waiting;	 /* commands (struct lv_call) held while disconnected, or while their device
			 * is verified */
	guint verifying; /* number of running verifications, over all devices */
	GHashTable *objects; /* id -> json_t: backends whose device has not been added yet */
	GHashTable *devices; /* id -> struct lv_device */
	GHashTable *raw;     /* ids of backends and devices that were sent to QEMU directly */

	/* the end */
	/* the job that starts the domain or reconnects to it, until its `done` */
	struct lv_job *connecting;
	gint abandoned;			/* atomic: the domain is no longer needed */
	gint creating;			/* atomic: from here on, volumes or the domain may exist */
	gboolean kill_asked;		/* requested while starting or disconnected: done as soon as
			      * possible */
	gboolean pause_asked, shutting; /* a stop of the guest is expected */
	gboolean domain_gone;
	int status;
	const char *end_reason;
	char *why;
};

struct lv_host *lv_ref(struct lv_host *host);
void lv_unref(struct lv_host *host);

/*
 * Jobs. WORK runs in a thread and may block; it may use only the job (and HOST's constant strings).
 * DONE is called from the main loop, unless the guest was released meanwhile.
 */
struct lv_job;
typedef void (*lv_work)(struct lv_job *job);
typedef void (*lv_job_done)(struct lv_host *host, struct lv_job *job);

struct lv_job {
	struct lv_host *host;
	virConnectPtr conn; /* a connection of its own, or NULL */
	virDomainPtr domain;
	lv_work work;
	lv_job_done done;
	/* input of the work */
	char *id, *text;
	json_t *json;
	struct lv_memory memory;
	gint64 number;
	gboolean flag;
	gboolean again; /* repeated because the connection was lost during the first attempt */
	/* results of the work */
	struct lv_link *link;
	json_t *reply;	/* QMP's "return", or NULL */
	char *error;	/* NULL: success */
	const char *error_class; /* the error's class in QMP; static */
	int code;	/* virErrorNumber of it */
	gboolean lost;	/* the connection is dead */
	gboolean gone;	/* the domain has ended */
	char *difference; /* how libvirt's XML and QEMU differ, as text, or NULL */
	void *data;	  /* input of `done` */
	GMutex mutex;	  /* protects the next two members */
	GCond cond;
	gboolean worked; /* the work has returned */
};

struct lv_job *lv_job_new(struct lv_host *host, lv_work work, lv_job_done done);
void lv_job_run(struct lv_job *job);
/* Starts a job that opens the host's link; lv_abandon() can wait for it. */
void lv_job_connect(struct lv_job *job);
/* Blocks until the work has returned, at most SECONDS. FALSE: it still runs. */
gboolean lv_job_wait(struct lv_job *job, guint seconds);
/* For works: stores libvirt's last error in the job. Returns FALSE. */
gboolean lv_job_fail(struct lv_job *job);
gboolean lv_job_say(struct lv_job *job, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* reconnect.c */
void lv_lost(struct lv_host *host, const char *why); /* call it when the connection was lost */

/* launcher.c */
void lv_gone(struct lv_host *host, int status, const char *why); /* call it when the domain has
								  * ended */
void lv_vanished(struct lv_host *host); /* a call found the domain ended: wait briefly for the event
					 * that has the reason */
/* Ends the guest once the domain has ended and all its streams are read to the end. */
void lv_finish_when_silent(struct lv_host *host);
/*
 * Ends the domain: GENTLY by SIGTERM to QEMU, else at once and also while there is no connection.
 */
void lv_destroy(struct lv_host *host, gboolean gently);

/* connection.c: for works */
gboolean lv_init(GError **error);
char *lv_why(void);			   /* libvirt's last error, as text */
virConnectPtr lv_connect(const char *uri); /* NULL: see lv_why() */
gboolean lv_link_open(struct lv_job *job); /* uses the job's conn and domain: registers callbacks,
					    * opens streams */
/* closes it in a separate thread */
void lv_link_close(struct lv_host *host, struct lv_link *link);
void lv_drop_link(struct lv_host *host); /* the host's link, if it has one: pauses the pumps, closes
					  * it */
/*
 * For a guest that is released: destroys the domain of the host's link or of the job that is
 * opening one. Blocks while such a job is creating the domain, at most ABANDON_S seconds.
 */
void lv_abandon(struct lv_host *host);

/* event.c */
gboolean lv_listen(struct lv_host *host, struct lv_link *link);
void lv_unlisten(struct lv_link *link);
/* Handles an entry of query-acpi-ospm-status: the last _OST that the guest sent for a slot. */
void lv_missed_ost(struct lv_host *host, json_t *entry);

/* stream.c */
void lv_pumps_init(struct lv_host *host, int fds[N_SOCKETS]);
void lv_pumps_open(struct lv_host *host);  /* opens the link's streams */
void lv_pumps_pause(struct lv_host *host); /* the streams were lost */
void lv_pumps_close(struct lv_host *host); /* finally */
gboolean lv_pumps_over(const struct lv_host *host);

/* socket.c */
/* A command that the rig sent. */
struct lv_call {
	json_int_t id;
	char *command;
	json_t *arguments; /* or NULL */
	gboolean again;	   /* the connection was lost before its reply */
};

void lv_call_free(struct lv_call *call);
void lv_socket_init(struct lv_host *host, int fd);
void lv_socket_deinit(struct lv_host *host);
void lv_answer(struct lv_host *host, const struct lv_call *call, json_t *result); /* RESULT is
										   * stolen; NULL:
										   * an empty
										   * object */
void lv_refuse(struct lv_host *host, const struct lv_call *call, const char *error_class,
	       const char *why);
void lv_qmp_greet(struct lv_host *host);
/* Sends an event to the rig. DATA is stolen. */
void lv_qmp_event(struct lv_host *host, const char *name, json_t *data);

/* qmp.c. A CALL is stolen. */
void lv_call_start(struct lv_host *host, struct lv_call *call);
const char *lv_word(const struct lv_call *call, const char *key); /* a string of its arguments; ""
								   * if it is missing */
struct lv_job *lv_job_for(struct lv_host *host, struct lv_call *call, lv_work work,
			  lv_job_done done);
/* Sends the result or the error of such a job as the command's reply. */
void lv_on_job(struct lv_host *host, struct lv_job *job);
/*
 * Sends CALL to QEMU unchanged; lv_work_pass: the job's `id` is the command, `json` its arguments.
 */
void lv_pass(struct lv_host *host, struct lv_call *call);
void lv_work_pass(struct lv_job *job);
void lv_qmp_init(struct lv_host *host, int fd);
void lv_qmp_resume(struct lv_host *host); /* sends the commands that waited, unless they must wait
					   * again */
void lv_qmp_deinit(struct lv_host *host);

/* device.c: the commands about devices. A CALL is stolen. */
void lv_object_add(struct lv_host *host, struct lv_call *call);
void lv_object_del(struct lv_host *host, struct lv_call *call);
void lv_device_add(struct lv_host *host, struct lv_call *call);
void lv_device_del(struct lv_host *host, struct lv_call *call);
void lv_qom_set(struct lv_host *host, struct lv_call *call);
void lv_list_devices(struct lv_host *host, struct lv_call *call);

/* verify.c */
/*
 * Starts a job that compares libvirt's live XML with QEMU's DEVICES (query-memory-devices; NULL: to
 * be read) for a memory device that was just plugged, resized or deleted. TOLD: the size in
 * libvirt's event, or -1. A difference is a fault of the host.
 */
void lv_verify(struct lv_host *host, struct lv_device *device, gint64 told, json_t *devices);

/* plug.c: works. */
json_t *lv_monitor(struct lv_job *job, const char *command, json_t *arguments); /* ARGUMENTS is
										 * stolen; NULL:
										 * failed */
void lv_work_attach(struct lv_job *job);
void lv_work_detach(struct lv_job *job);
void lv_work_resize(struct lv_job *job);
void lv_work_cpu(struct lv_job *job); /* `number`: vCPU, `flag`: on */
void lv_work_raw_plug(struct lv_job *job);
void lv_work_missed(struct lv_job *job); /* reads what events would have reported meanwhile into
					   * `reply` */

/* volume.c */
/* Uploads the job's kernel and initramfs and puts their paths into the domain's XML. */
gboolean lv_volumes_upload(struct lv_job *job);
/*
 * DUMP writes the guest's memory to a path on the host; this copies it from there into the job's
 * file.
 */
gboolean lv_volume_dump(struct lv_job *job, gboolean (*dump)(struct lv_job *job, const char *path),
			const char *file);
/* Removes the volumes of the run NAME; `rig clean` removes any that cannot be removed now. */
void lv_volumes_remove(virConnectPtr conn, const char *name);

#endif
