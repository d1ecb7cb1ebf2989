/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of the guest protocol (docs/guest-protocol.md): formats requests, parses the
 * guest's frames, and matches each answer with its request.
 *
 * An answer is passed only to the callback of its request: it is found by its number (seq), and
 * must have the type that answers that request. An answer of another type, an answer `error …` and
 * one that cannot be parsed are passed to the same callback as an error. A frame of unknown number
 * is reported as stray and dropped.
 *
 * Nothing here blocks or reads the clock. Bytes pass through the owner's send() and guest_frame().
 * Payloads come from a guest under test: every count and length is bounded, unknown lines are
 * skipped.
 */
#ifndef RIG_GUEST_GUEST_H
#define RIG_GUEST_GUEST_H

#include <glib.h>

/* The longest answer, in bytes, to a request that allows an answer in parts. */
#define GUEST_BULK_MAX (8u * 1024 * 1024)

#define GUEST_ERROR guest_error_quark()
GQuark guest_error_quark(void);

enum guest_error {
	GUEST_REFUSED,	 /* `error ERRNO what`: the message is "ERRNO what" */
	GUEST_MALFORMED, /* the type, the parts' order or the text does not follow the protocol */
	GUEST_TOO_LONG,	 /* more than GUEST_BULK_MAX bytes in parts */
};

/* An agent that the kernel supports, or what it lacks for it. */
struct guest_offer {
	char *agent;
	char *lacks; /* NULL: supported */
};

struct guest_hello {
	char *release, *arch; /* NULL: not sent */
	gint64 block_size; /* bytes; 0: no memory hotplug */
	double uptime_s;
	GPtrArray *has;	   /* of char *: features */
	GPtrArray *offers; /* of struct guest_offer * */
};

/* An agent in a heartbeat. */
struct guest_agent {
	guint id;
	int pid; /* its process; 0: not reported */
	guint64 ops, failed;
	guint64 busy_ms; /* duration of the operation in flight; 0: none */
	char now[61];	 /* its name, or "-" */
};

struct guest_heartbeat {
	double uptime_s;
	GArray *agents; /* of struct guest_agent */
};

struct guest_result {
	char *op, *error; /* "offline", "EBUSY" or "ok" */
	guint64 count;
	gboolean illegal; /* an errno that is not expected of the operation */
};

/* The final counters of an agent. */
struct guest_counts {
	guint id;
	guint64 ops;
	GPtrArray *results; /* of struct guest_result * */
	/* what the first illegal result was about, and its operation and errno; or NULL */
	char *first_illegal, *first_op, *first_error;
};

/* The answer to START, STOP, BLOCKS, CPU, SYSRQ and POWEROFF. */
struct guest_done {
	GPtrArray *stuck;   /* STOP: of char *, "ID NAME OP" of agents that did not end */
	GPtrArray *results; /* BLOCKS: of struct guest_result *, `op` is NULL */
};

struct guest_account {
	guint64 mem_total_kb;	       /* 0: not reported */
	GHashTable *present, *managed; /* node -> pages, over its zones */
	GHashTable *blocks;	       /* block number -> "online", "offline" or "other" (static) */
	char *cpus;		       /* "0-1", or NULL */
	char *lockdep;		       /* "on", "off", "absent", or NULL */
	GPtrArray *stats;	       /* of struct guest_stat * */
};

/* One of lockdep's counters. */
struct guest_stat {
	char *key;
	gint64 value;
};

struct guest_task {
	int pid;
	char *comm;
	char state;	   /* 'D', 'R', 'S', … */
	guint64 switches;  /* context switches so far: unchanged if the task has not run */
	GPtrArray *frames; /* of char *: lines of its kernel stack, innermost first, "f+0x1/0x2" */
};

/* Tasks at one moment. */
struct guest_tasks {
	double uptime_s;
	char *counters;	   /* the `count` lines unchanged: equal text means that no memory moved */
	GPtrArray *tasks;  /* of struct guest_task *, in the guest's order */
	gboolean truncated;
};

struct guest_verdict {
	gboolean ok;
	GPtrArray *reasons; /* of char * */
};

struct guest_log {
	const char *text; /* whole lines, as the console prints them; borrowed from the reply */
	guint lines;
	gboolean truncated; /* the log does not reach back to the requested moment, or did not
			     * fit */
};

/* The argument of a callback: everything is valid during the call only. */
struct guest_reply {
	const GError *error; /* NULL: the pointer for the request's kind below is set */
	guint scope;	     /* guest_set_scope() at the time of the request */
	const char *text;    /* the payload, "" with an error */
	const struct guest_done *done;
	const struct guest_account *account;
	const struct guest_tasks *tasks;
	const struct guest_verdict *verdict;
	const struct guest_log *log;
};
typedef void (*guest_answered)(const struct guest_reply *reply, void *data);

/* Calls to the owner; only send() may be called from inside a request. */
struct guest_owner {
	/* FALSE: the frame could not be sent; the request stays open (guest_send_again()) */
	gboolean (*send)(unsigned type, guint32 seq, const char *text, void *data);
	void (*hello)(const struct guest_hello *hello, const char *text, void *data);
	void (*heartbeat)(const struct guest_heartbeat *heartbeat, void *data);
	void (*counts)(const struct guest_counts *counts, void *data);
	/* what the program of agent ID printed, any bytes but NUL; borrowed */
	void (*output)(guint id, const char *text, gsize len, void *data);
	void (*note)(const char *text, void *data);
	/* a frame was dropped: it belongs to no open request, or has an unknown type */
	void (*stray)(unsigned type, guint32 seq, void *data);
	void *data;
};

struct guest;
struct guest *guest_new(const struct guest_owner *owner); /* copied */
void guest_free(struct guest *guest);			  /* open requests are dropped without a
							   * callback */

/* Handles a frame of the channel. TEXT is NUL-terminated; LEN is its length. */
void guest_frame(struct guest *guest, unsigned type, guint32 seq, const char *text, gsize len);

/*
 * Sets a number that each later request stores and its reply returns, so that the caller recognises
 * answers to requests of an earlier state.
 */
void guest_set_scope(struct guest *guest, guint scope);

/* The number of requests without an answer. */
guint guest_open_requests(const struct guest *guest);
/*
 * Sends open requests again, in order, after a reconnect: the guest ignores those it is handling.
 * Not those of an earlier boot (before the last hello).
 */
void guest_send_again(struct guest *guest);
/* The guest was reset and will answer no request: drops them without a callback. */
void guest_forget(struct guest *guest);

/* Drops one request; its answer will be stray. */
void guest_cancel(struct guest *guest, guint32 seq);

/*
 * Requests. Each returns at once with the request's number; DONE is called once with the answer, or
 * never (guest_forget(), guest_cancel(), or a guest that does not answer).
 */
struct guest_param {
	const char *key, *value;
};
/* SKIP: turns that the agent leaves out ("3,10-20,40-"), or NULL. */
guint32 guest_start(struct guest *guest, guint id, const char *agent, guint64 seed, guint rate,
		    const char *skip, const struct guest_param *params, guint n_params,
		    guest_answered done, void *data);
guint32 guest_stop_all(struct guest *guest, guest_answered done, void *data);
guint32 guest_snapshot(struct guest *guest, guest_answered done, void *data);
/*
 * WRITE: online, online_kernel, online_movable, offline, none (wait until the blocks exist) or
 * gone. WAIT_MS < 0: the guest's default (5 s for blocks that do not exist yet).
 */
guint32 guest_blocks(struct guest *guest, guint64 start, guint64 size, const char *write,
		     int wait_ms, guest_answered done, void *data);
guint32 guest_cpu(struct guest *guest, guint cpu, gboolean online, guest_answered done, void *data);
/*
 * Requests the tasks: if BUSY only those in states D and R, otherwise all, in an answer of up to
 * GUEST_BULK_MAX bytes.
 */
guint32 guest_list_tasks(struct guest *guest, gboolean busy, guest_answered done, void *data);
guint32 guest_sysrq(struct guest *guest, const char *keys, guest_answered done, void *data);
/* Requests the kernel's log from the time stamp SINCE_US on, up to GUEST_BULK_MAX bytes. */
guint32 guest_log_since(struct guest *guest, gint64 since_us, guest_answered done, void *data);
/* FILE: "lockdep" or "chains", of /proc; the reply has the kernel's text, up to GUEST_BULK_MAX. */
guint32 guest_lock_text(struct guest *guest, const char *file, guest_answered done, void *data);
guint32 guest_finish(struct guest *guest, guest_answered done, void *data);
guint32 guest_poweroff(struct guest *guest, guest_answered done, void *data);

/* TRUE: a BLOCKS answer has COUNT > 0 results of ERROR ("EBUSY"). */
gboolean guest_done_has(const struct guest_done *done, const char *error);

/* Parsers of payloads, also for files of a run folder. The caller frees the result. */
struct guest_tasks *guest_tasks_parse(const char *text);
void guest_tasks_free(struct guest_tasks *tasks);
/* NULL: it has no known line. */
struct guest_account *guest_account_parse(const char *text);
void guest_account_free(struct guest_account *account);

#endif
