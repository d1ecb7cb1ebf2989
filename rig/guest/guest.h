/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of the guest protocol (docs/guest-protocol.md): formats requests, parses the
 * guest's frames, and matches each answer with its request.
 *
 * An answer is only passed to the callback of its request, which is found by its number (seq). An
 * answer of the wrong type, an answer `error …` and an answer that cannot be parsed are passed to
 * the same callback as an error. A frame with an unknown number is reported as stray and dropped.
 *
 * No function here blocks or reads the clock. Frames are sent by the owner's send() and received by
 * guest_frame(). They come from a guest under test, so every count and length is bounded, and
 * unknown lines are skipped.
 */
#ifndef RIG_GUEST_GUEST_H
#define RIG_GUEST_GUEST_H

#include <glib.h>

/* The maximum size in bytes of an answer in parts. */
#define GUEST_BULK_MAX (8u * 1024 * 1024)

#define GUEST_ERROR guest_error_quark()
GQuark guest_error_quark(void);

enum guest_error {
	GUEST_REFUSED,	 /* the guest answered `error ERRNO what`; the message is "ERRNO what" */
	GUEST_MALFORMED, /* the type, the order of the parts, or the text violates the protocol */
	GUEST_TOO_LONG,	 /* the parts have more than GUEST_BULK_MAX bytes */
};

/* An agent, and whether the kernel supports it. */
struct guest_offer {
	char *agent; /* name of the agent */
	char *lacks; /* what the kernel lacks for the agent, or NULL if it is supported */
};

/* HELLO, the guest's first message after each boot: the features of its kernel. */
struct guest_hello {
	char *release, *arch; /* NULL if the guest did not send it */
	gint64 block_size;    /* size of a memory block in bytes, or 0 without memory hotplug */
	double uptime_s;
	GPtrArray *has;	   /* of char *: words for the kernel's features */
	GPtrArray *offers; /* of struct guest_offer * */
};

/* An agent in a heartbeat. */
struct guest_agent {
	guint id;
	int pid; /* the agent's process, or 0 if it was not reported */
	/* numbers of operations, and of those whose result is not expected */
	guint64 ops, failed;
	guint64 busy_ms; /* duration of the current operation, or 0 if there is none */
	char now[61];	 /* name of the current operation, or "-" */
};

/* HEARTBEAT, the message that init sends every 250 ms. */
struct guest_heartbeat {
	double uptime_s;
	GArray *agents; /* of struct guest_agent */
};

/* How often an operation had a certain result. */
struct guest_result {
	char *op, *error; /* "offline", "EBUSY" or "ok" */
	guint64 count;
	gboolean illegal; /* the operation must not return this (guest-init/expected-errno.c) */
};

/*
 * COUNTS: the counters of an agent by operation and result, which init sends when the agent has
 * ended.
 */
struct guest_counts {
	guint id;
	guint64 ops;
	GPtrArray *results; /* of struct guest_result * */
	/* description, operation and errno of the first illegal result; or NULL */
	char *first_illegal, *first_op, *first_error;
};

/* The answer to START, STOP, BLOCKS, CPU, SYSRQ and POWEROFF. */
struct guest_done {
	/* answer to STOP: array of char *, "ID NAME OP" for each agent that did not end */
	GPtrArray *stuck;
	/* answer to BLOCKS: array of struct guest_result *, whose `op` is NULL */
	GPtrArray *results;
};

/*
 * The guest's memory accounts (its memory by zone and node), with the states of its memory blocks,
 * CPUs and lockdep: the answer to SNAPSHOT.
 */
struct guest_account {
	guint64 mem_total_kb;	       /* 0 if it was not reported */
	GHashTable *present, *managed; /* node -> number of pages in all of its zones */
	GHashTable *blocks; /* block number -> "online", "offline" or "other" (static strings) */
	char *cpus;	    /* "0-1", or NULL */
	char *lockdep;	    /* "on", "off", "absent", or NULL */
	GPtrArray *stats;   /* of struct guest_stat * */
};

/* One of lockdep's counters. */
struct guest_stat {
	char *key;
	gint64 value;
};

/* A task of the guest, from the answer to ASK_TASKS. */
struct guest_task {
	int pid;
	char *comm; /* name of the task */
	char state; /* 'D', 'R', 'S', … */
	/* number of context switches; if it did not change, the task has not run */
	guint64 switches;
	GPtrArray *frames; /* of char *: lines of its kernel stack, innermost first, "f+0x1/0x2" */
};

/* All or some tasks at one moment. */
struct guest_tasks {
	double uptime_s;
	char *counters; /* the text of the `count` lines: changes if memory is migrated or freed */
	GPtrArray *tasks; /* of struct guest_task *, in the guest's order */
	gboolean truncated;
};

/* Kinds of reasons that the host treats differently. */
enum guest_reason_kind {
	GUEST_OTHER,
	GUEST_ILLEGAL,	   /* an agent had unexpected results */
	GUEST_AGENT_DIED,  /* an agent was killed by a signal */
	GUEST_LOCKDEP_OFF, /* lockdep was on at the start, and is off */
};

struct guest_reason {
	char *text; /* the reason as a text for messages */
	enum guest_reason_kind kind;
	/* GUEST_ILLEGAL: the agent's number, and the number of its illegal results */
	guint64 agent, count;
};

/*
 * The guest's own verdict, the answer to FINISH: whether all its checks succeeded, and if not, why.
 */
struct guest_verdict {
	gboolean ok;
	GPtrArray *reasons; /* of struct guest_reason * */
};

/* Lines of the kernel's log: the answer to LOG. */
struct guest_log {
	const char *text; /* whole lines, as the console prints them; borrowed from the reply */
	guint lines;
	gboolean truncated; /* lines are missing: overwritten in the kernel's log, or too many */
};

/* The argument of a callback; everything in it is valid during the callback only. */
struct guest_reply {
	/* an error, or NULL; then the member below that belongs to the request has the answer */
	const GError *error;
	guint scope;	  /* the value of guest_set_scope() when the request was sent */
	const char *text; /* the payload; "" if there is an error */
	const struct guest_done *done;
	const struct guest_account *account;
	const struct guest_tasks *tasks;
	const struct guest_verdict *verdict;
	const struct guest_log *log;
};
typedef void (*guest_answered)(const struct guest_reply *reply, void *data);

/*
 * Callbacks of the owner. Functions that send a request only call send(); guest_frame() calls the
 * other callbacks.
 */
struct guest_owner {
	/* sends a frame; returns FALSE on failure, and then the request stays open */
	gboolean (*send)(unsigned type, guint32 seq, const char *text, void *data);
	void (*hello)(const struct guest_hello *hello, const char *text, void *data);
	void (*heartbeat)(const struct guest_heartbeat *heartbeat, void *data);
	void (*counts)(const struct guest_counts *counts, void *data);
	/* the program of agent ID printed TEXT, any bytes except NUL; borrowed */
	void (*output)(guint id, const char *text, gsize len, void *data);
	void (*note)(const char *text, void *data);
	/* a frame was dropped: it belongs to no open request, or has an unknown type */
	void (*stray)(unsigned type, guint32 seq, void *data);
	void *data;
};

struct guest;
struct guest *guest_new(const struct guest_owner *owner); /* OWNER is copied */
void guest_free(struct guest *guest); /* drops open requests without a callback */

/* Handles a received frame. TEXT is NUL-terminated; LEN is its length. */
void guest_frame(struct guest *guest, unsigned type, guint32 seq, const char *text, gsize len);

/*
 * Sets a number that is stored with each later request and returned in its reply, so that the
 * caller recognises answers to requests of an earlier state.
 */
void guest_set_scope(struct guest *guest, guint scope);

/* Returns the number of requests without an answer. */
guint guest_open_requests(const struct guest *guest);
/*
 * Sends open requests again, in order, after a reconnect; the guest ignores a request that it is
 * already handling. Requests to an earlier boot (before the last hello) are not sent again.
 */
void guest_send_again(struct guest *guest);
/* Drops all requests without a callback, because the guest was reset and will not answer. */
void guest_forget(struct guest *guest);

/* Drops one request without a callback; an answer to it will be reported as stray. */
void guest_cancel(struct guest *guest, guint32 seq);

/* A parameter of an agent. */
struct guest_param {
	const char *key, *value;
};
/*
 * The functions below send a request (docs/guest-protocol.md) and return its number at once. DONE
 * is called once with the answer; it is never called after guest_forget() or guest_cancel(), or if
 * the guest does not answer.
 */
/*
 * Requests the start of an agent. SKIP lists turns (operations, by number) that it leaves out
 * ("3,10-20,40-"), or is NULL.
 */
guint32 guest_start(struct guest *guest, guint id, const char *agent, guint64 seed, guint rate,
		    const char *skip, const struct guest_param *params, guint n_params,
		    guest_answered done, void *data);
guint32 guest_stop_all(struct guest *guest, guest_answered done, void *data);
/* Requests the size of the guest's memory, and of each of its nodes (struct guest_account). */
guint32 guest_snapshot(struct guest *guest, guest_answered done, void *data);
/*
 * Requests an action on the memory blocks in a range, or a wait. WRITE is one of:
 * - online, online_kernel, online_movable, offline: writes this state to the blocks
 * - none, gone: waits until the blocks exist, or do not exist any more
 * - pmem: waits until an NVDIMM's region at START exists
 * - cxl: waits until the CXL device with the serial number START exists
 *
 * WAIT_MS is the maximum wait; if it is negative, the guest waits up to 5 s for what does not exist
 * yet.
 */
guint32 guest_blocks(struct guest *guest, guint64 start, guint64 size, const char *write,
		     int wait_ms, guest_answered done, void *data);
/* Requests that the guest sets CPU online or offline. */
guint32 guest_cpu(struct guest *guest, guint cpu, gboolean online, guest_answered done, void *data);
/*
 * Requests a list of all tasks, or if BUSY is TRUE, of the tasks in states D and R. The list has at
 * most GUEST_BULK_MAX bytes.
 */
guint32 guest_list_tasks(struct guest *guest, gboolean busy, guest_answered done, void *data);
/* Requests the output of SysRq KEYS ("lwdt") on the console. */
guint32 guest_sysrq(struct guest *guest, const char *keys, guest_answered done, void *data);
/* Requests the kernel's log from the time stamp SINCE_US on, up to GUEST_BULK_MAX bytes. */
guint32 guest_log_since(struct guest *guest, gint64 since_us, guest_answered done, void *data);
/*
 * Requests the text of /proc/lockdep (FILE "lockdep") or /proc/lockdep_chains ("chains"), up to
 * GUEST_BULK_MAX bytes.
 */
guint32 guest_lock_text(struct guest *guest, const char *file, guest_answered done, void *data);
/*
 * Returns a copy of the received parts of the answer to request SEQ. The request stays open.
 * Returns NULL if no part has arrived, SEQ was answered already, or a part is missing.
 */
char *guest_partial(const struct guest *guest, guint32 seq);
/* Requests the guest's verdict. */
guint32 guest_finish(struct guest *guest, guest_answered done, void *data);
guint32 guest_poweroff(struct guest *guest, guest_answered done, void *data);

/*
 * Returns TRUE if DONE, an answer to BLOCKS, has a result with the errno ERROR ("EBUSY") and a
 * count above 0.
 */
gboolean guest_done_has(const struct guest_done *done, const char *error);

/* Parse payloads, which may also come from files of a run folder. The caller frees the result. */
struct guest_tasks *guest_tasks_parse(const char *text);
void guest_tasks_free(struct guest_tasks *tasks);
/* Returns NULL if TEXT has no line of the known form. */
struct guest_account *guest_account_parse(const char *text);
void guest_account_free(struct guest_account *account);

#endif
