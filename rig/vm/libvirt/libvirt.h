/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The libvirt launcher from the inside. It sits at the other ends of a guest's sockets (vm/internal.h):
 *
 *	console, channel, tty	pumps between a socket and a virStream (stream.c)
 *	QMP			answered here: a table says which libvirt call a command stands for; all others
 *				go through as they are (qmp.c). Events of libvirt's and of QEMU's come
 *				back as QMP events (event.c)
 *
 * Above, a guest is the same as ever; qmp.jsonl records the talk. A call to libvirt may block, so each is a
 * job in a thread that sees only what it was given; all else happens on the main loop. Where the connection
 * is lost, commands wait, streams pause, and a new connection takes both up again.
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
	LV_AWAY,     /* the connection was lost; another is tried */
	LV_ENDING,   /* the domain has gone: streams are emptied, volumes removed */
	LV_OVER,     /* vm_ended() was called */
};

/* One end of a socket, and the stream that it is a guest's device by. */
struct lv_pump {
	struct lv_host *host;
	const char *device; /* alias: "serial0" */
	gboolean is_channel;
	int fd;		    /* -1: the machine has no such device, or it is over */
	virStreamPtr stream; /* NULL while away */
	int watched;	    /* events that the stream tells of */
	GByteArray *to_us, *to_guest; /* read, but not taken by the other side yet */
	guint fd_watch;
	GIOCondition fd_watched;
};

/* A device that libvirt was asked for, by the rig's id. */
struct lv_device {
	gboolean is_cpu;
	unsigned vcpu;
	struct lv_memory memory;
	gboolean unplug_pending; /* a detach was asked for and has no outcome yet */
	gboolean fresh;	  /* plugged, and not verified yet */
	gboolean gone;	  /* deleted; kept while it is being verified */
	guint verifying;  /* jobs that verify it; the device's next command waits for them */
};

/* A virConnectPtr with what was registered on it. */
struct lv_link {
	virConnectPtr conn;
	virDomainPtr domain;
	virStreamPtr streams[N_SOCKETS];
	int callbacks[6], monitor; /* -1: none */
};

struct lv_host {
	gatomicrefcount refs;
	struct vm *vm; /* NULL when it was released: what jobs bring is of no interest any more */
	char *uri;     /* NULL: libvirt's default */
	char *name, *uuid, *dir;
	xmlDoc *xml;
	char *kernel, *initrd; /* files here */
	gboolean upload;
	gboolean has_volumes;
	guint base_nodes, slots;
	guint64 block; /* of virtio-mem */
	gboolean has[N_SOCKETS];

	enum lv_state state;
	struct lv_link *link; /* NULL where there is none */
	struct lv_pump pumps[N_SOCKETS]; /* SOCKET_QMP's is not used */
	guint retry_timer, end_timer;
	gint64 away_ns; /* since when */
	char *away_why;

	/* QMP */
	int qmp_fd;
	guint qmp_in_watch, qmp_out_watch;
	GByteArray *qmp_in, *qmp_out;
	GQueue waiting; /* commands (struct lv_call) held while away, or while their device is verified */
	guint verifying; /* of all devices */
	GHashTable *objects; /* id -> json_t: backends whose device has not come yet */
	GHashTable *devices; /* id -> struct lv_device */
	GHashTable *raw; /* ids of backends and devices that QEMU was given behind libvirt's back */

	/* the end */
	/* the job that is starting the domain or connecting to it again, until its `done` */
	struct lv_job *connecting;
	gint abandoned; /* atomic: the domain is not wanted any more */
	gint creating;	/* atomic: volumes or the domain may exist from here on */
	gboolean kill_asked; /* while starting or away: done as soon as it can be */
	gboolean pause_asked, shutting; /* a stop that is expected */
	gboolean domain_gone;
	int status;
	const char *last_words;
	char *why;
};

struct lv_host *lv_ref(struct lv_host *host);
void lv_unref(struct lv_host *host);

/*
 * Jobs. WORK runs in a thread and blocks; it may use only the job (HOST's constant strings included). DONE
 * comes from the main loop, unless the guest was released meanwhile.
 */
struct lv_job;
typedef void (*lv_work)(struct lv_job *job);
typedef void (*lv_job_done)(struct lv_host *host, struct lv_job *job);

struct lv_job {
	struct lv_host *host;
	virConnectPtr conn; /* of its own, or NULL */
	virDomainPtr domain;
	lv_work work;
	lv_job_done done;
	/* for the work */
	char *id, *text;
	json_t *json;
	struct lv_memory memory;
	gint64 number;
	gboolean flag;
	gboolean again; /* done once before, and the connection lost meanwhile */
	/* from the work */
	struct lv_link *link;
	json_t *reply;	/* QMP's "return", or NULL */
	char *error;	/* NULL: it went well */
	const char *klass; /* QMP's class of the error; static */
	int code;	/* virErrorNumber of it */
	gboolean lost;	/* the connection is dead */
	gboolean gone;	/* the domain has ended */
	char *difference; /* between libvirt's XML and QEMU, for people, or NULL */
	void *data;	/* for `done` */
	GMutex mutex;	/* of the next two */
	GCond cond;
	gboolean worked; /* the work has returned */
};

struct lv_job *lv_job_new(struct lv_host *host, lv_work work, lv_job_done done);
void lv_job_run(struct lv_job *job);
/* The same for a job that opens the host's link: lv_abandon() knows it. */
void lv_job_connect(struct lv_job *job);
/* Blocks until the work has returned, at most SECONDS. FALSE: it still runs. */
gboolean lv_job_wait(struct lv_job *job, guint seconds);
/* In a work: libvirt's last error becomes the job's. Returns FALSE. */
gboolean lv_job_fail(struct lv_job *job);
gboolean lv_job_say(struct lv_job *job, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* reconnect.c */
void lv_lost(struct lv_host *host, const char *why); /* the connection */

/* launcher.c */
void lv_gone(struct lv_host *host, int status, const char *why); /* the domain */
void lv_vanished(struct lv_host *host); /* a call found that it has gone; the event that tells why comes now */
/* Ends the guest once the domain has ended and all its streams are read to the end. */
void lv_finish_when_silent(struct lv_host *host);
/* Ends the domain: GENTLY by SIGTERM to QEMU, else at once and also while there is no connection. */
void lv_destroy(struct lv_host *host, gboolean gently);

/* connection.c: for works */
gboolean lv_init(GError **error);
char *lv_why(void);			 /* libvirt's last error, for people */
virConnectPtr lv_connect(const char *uri); /* NULL: see lv_why() */
gboolean lv_link_open(struct lv_job *job); /* the job's conn and domain: callbacks, streams */
void lv_link_close(struct lv_host *host, struct lv_link *link); /* in a thread of its own */
void lv_drop_link(struct lv_host *host); /* the host's link, if it has one: pauses the pumps, closes it */
/*
 * For a guest that is released: destroys the domain of the host's link or of the job that is opening one. Blocks
 * while such a job is creating the domain, at most ABANDON_S seconds.
 */
void lv_abandon(struct lv_host *host);

/* event.c */
gboolean lv_listen(struct lv_host *host, struct lv_link *link);
void lv_unlisten(struct lv_link *link);
/* An entry of query-acpi-ospm-status: the guest's last word on a slot. */
void lv_missed_ost(struct lv_host *host, json_t *entry);

/* stream.c */
void lv_pumps_init(struct lv_host *host, int fds[N_SOCKETS]);
void lv_pumps_open(struct lv_host *host);  /* the link's streams */
void lv_pumps_pause(struct lv_host *host); /* there are none any more */
void lv_pumps_close(struct lv_host *host); /* for ever */
gboolean lv_pumps_over(const struct lv_host *host);

/* socket.c */
/* A command of the rig's. */
struct lv_call {
	json_int_t id;
	char *command;
	json_t *arguments; /* or NULL */
	gboolean again;	   /* the connection was lost while it was on its way */
};

void lv_call_free(struct lv_call *call);
void lv_socket_init(struct lv_host *host, int fd);
void lv_socket_deinit(struct lv_host *host);
void lv_answer(struct lv_host *host, const struct lv_call *call, json_t *result); /* stolen; NULL: an empty one */
void lv_refuse(struct lv_host *host, const struct lv_call *call, const char *klass, const char *why);
void lv_qmp_greet(struct lv_host *host);
/* An event to the rig. DATA is stolen. */
void lv_qmp_event(struct lv_host *host, const char *name, json_t *data);

/* qmp.c. A CALL is stolen. */
void lv_call_start(struct lv_host *host, struct lv_call *call);
const char *lv_word(const struct lv_call *call, const char *key); /* of its arguments; "" without it */
struct lv_job *lv_job_for(struct lv_host *host, struct lv_call *call, lv_work work, lv_job_done done);
/* The end of such a job: its answer, or why there is none. */
void lv_on_job(struct lv_host *host, struct lv_job *job);
/* CALL goes to QEMU as it is. The work of that alone: the job's `id` is the command, `json` its arguments. */
void lv_pass(struct lv_host *host, struct lv_call *call);
void lv_work_pass(struct lv_job *job);
void lv_qmp_init(struct lv_host *host, int fd);
void lv_qmp_resume(struct lv_host *host); /* commands that waited are sent, where they need not wait again */
void lv_qmp_deinit(struct lv_host *host);

/* device.c: what the rig does with devices. A CALL is stolen. */
void lv_object_add(struct lv_host *host, struct lv_call *call);
void lv_object_del(struct lv_host *host, struct lv_call *call);
void lv_device_add(struct lv_host *host, struct lv_call *call);
void lv_device_del(struct lv_host *host, struct lv_call *call);
void lv_qom_set(struct lv_host *host, struct lv_call *call);
void lv_list_devices(struct lv_host *host, struct lv_call *call);

/* verify.c */
/*
 * Starts a job that compares libvirt's live XML with QEMU's DEVICES (query-memory-devices; NULL: it is asked) for a
 * memory device that was just plugged, resized or deleted. TOLD: the size in libvirt's event, or -1. A difference
 * is a fault of the host's.
 */
void lv_verify(struct lv_host *host, struct lv_device *device, gint64 told, json_t *devices);

/* plug.c: works. */
json_t *lv_monitor(struct lv_job *job, const char *command, json_t *arguments); /* stolen; NULL: failed */
void lv_work_attach(struct lv_job *job);
void lv_work_detach(struct lv_job *job);
void lv_work_resize(struct lv_job *job);
void lv_work_cpu(struct lv_job *job); /* `number`: vCPU, `flag`: on */
void lv_work_raw_plug(struct lv_job *job);
void lv_work_missed(struct lv_job *job);  /* what events would have told of meanwhile, as `reply` */

/* volume.c */
/* Uploads the job's kernel and initramfs and puts their paths into the domain's XML. */
gboolean lv_volumes_upload(struct lv_job *job);
/* DUMP writes the guest's memory to a path of the host's; it is fetched from there into our FILE. */
gboolean lv_volume_dump(struct lv_job *job, gboolean (*dump)(struct lv_job *job, const char *path), const char *file);
/* Removes the volumes of the run NAME; what cannot be removed is left for `rig clean`. */
void lv_volumes_remove(virConnectPtr conn, const char *name);

#endif
