// SPDX-License-Identifier: GPL-2.0-only
/* Stores the open requests, and calls the callback to which a received frame belongs (guest.h). */
#include "guest/internal.h"

#include <string.h>

#include "guest-init/proto.h"

G_DEFINE_QUARK(guest-error-quark, guest_error)

struct request {
	guint type, scope;
	char *text;
	guest_answered done;
	void *data;
	GString *parts; /* the contents of the PART frames received so far, or NULL */
	/* a part is missing, or there are too many: the request will fail at its last frame */
	gboolean broken;
};

struct guest {
	struct guest_owner owner;
	GHashTable *requests; /* seq -> struct request: the requests without an answer */
	guint32 last_seq;
	guint32 hello_seq; /* requests up to this number were sent before the guest's last boot */
	guint scope;
};

/* The type of frame that answers each request. */
static const struct {
	guint request, answer;
} kinds[] = {
	{PROTO_START, PROTO_DONE},	 {PROTO_STOP, PROTO_DONE},
	{PROTO_BLOCKS, PROTO_DONE},	 {PROTO_CPU, PROTO_DONE},
	{PROTO_SYSRQ, PROTO_DONE},	 {PROTO_POWEROFF, PROTO_DONE},
	{PROTO_SNAPSHOT, PROTO_ACCOUNT}, {PROTO_ASK_TASKS, PROTO_TASKS},
	{PROTO_FINISH, PROTO_VERDICT},	 {PROTO_LOG, PROTO_LOGGED},
	{PROTO_LOCKS, PROTO_LOCK_TEXT},
};

static void request_free(gpointer data)
{
	struct request *request = data;

	if (request->parts)
		g_string_free(request->parts, TRUE);
	g_free(request->text);
	g_free(request);
}

struct guest *guest_new(const struct guest_owner *owner)
{
	struct guest *guest = g_new0(struct guest, 1);

	guest->owner = *owner;
	guest->requests = g_hash_table_new_full(NULL, NULL, NULL, request_free);
	return guest;
}

void guest_free(struct guest *guest)
{
	if (!guest)
		return;
	g_hash_table_unref(guest->requests);
	g_free(guest);
}

void guest_set_scope(struct guest *guest, guint scope)
{
	guest->scope = scope;
}

guint guest_open_requests(const struct guest *guest)
{
	return g_hash_table_size(guest->requests);
}

void guest_forget(struct guest *guest)
{
	g_hash_table_remove_all(guest->requests);
}

void guest_cancel(struct guest *guest, guint32 seq)
{
	g_hash_table_remove(guest->requests, GUINT_TO_POINTER(seq));
}

static int by_number(const void *a, const void *b)
{
	guint x = GPOINTER_TO_UINT(a), y = GPOINTER_TO_UINT(b);

	return (x > y) - (x < y);
}

void guest_send_again(struct guest *guest)
{
	g_autoptr(GList) all = g_list_sort(g_hash_table_get_keys(guest->requests), by_number);

	for (GList *l = all; l; l = l->next) {
		const struct request *request = g_hash_table_lookup(guest->requests, l->data);

		if (GPOINTER_TO_UINT(l->data) > guest->hello_seq)
			guest->owner.send(request->type, GPOINTER_TO_UINT(l->data), request->text,
					  guest->owner.data);
	}
}

/* Sends a request with the payload TEXT, and frees TEXT. Returns the request's number. */
static guint32 ask(struct guest *guest, guint type, char *text, guest_answered done, void *data)
{
	struct request *request = g_new0(struct request, 1);

	*request = (struct request){
		.type = type, .scope = guest->scope, .text = text, .done = done, .data = data};
	g_hash_table_insert(guest->requests, GUINT_TO_POINTER(++guest->last_seq), request);
	guest->owner.send(type, guest->last_seq, text, guest->owner.data);
	return guest->last_seq;
}

/* An answer, parsed from a frame's text; freed when the callback has returned. */
struct parsed {
	struct guest_done *done;
	struct guest_account *account;
	struct guest_tasks *tasks;
	struct guest_verdict *verdict;
	struct guest_log *log;
};

static void parsed_clear(struct parsed *p)
{
	guest_done_free(p->done);
	guest_account_free(p->account);
	guest_tasks_free(p->tasks);
	guest_verdict_free(p->verdict);
	g_free(p->log);
}

static guint answer_of(guint request)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].request == request)
			return kinds[i].answer;
	return 0;
}

static void malformed(GError **error, const char *what, guint type, guint wanted)
{
	g_set_error(error, GUEST_ERROR, GUEST_MALFORMED,
		    "%s: the answer is a frame of type %u, not %u",
		    what, type, wanted);
}

/* Parses TEXT, which may be modified, into P. */
static gboolean parse(guint type, guint wanted, char *text, struct parsed *p, GError **error)
{
	if (type == PROTO_DONE) {
		p->done = guest_done_parse(text, error);
		if (p->done && wanted != PROTO_DONE) {
			malformed(error, "wrong answer", type, wanted);
			return FALSE;
		}
		return p->done != NULL;
	}
	if (type != wanted) {
		malformed(error, "wrong answer", type, wanted);
		return FALSE;
	}
	if (type == PROTO_LOCK_TEXT)
		return TRUE;
	if (type == PROTO_ACCOUNT)
		p->account = guest_account_parse(text);
	else if (type == PROTO_TASKS)
		p->tasks = guest_tasks_parse(text);
	else if (type == PROTO_VERDICT)
		p->verdict = guest_verdict_parse(text);
	else
		p->log = guest_log_parse(text);
	if (p->account || p->tasks || p->verdict || p->log)
		return TRUE;
	g_set_error(error, GUEST_ERROR, GUEST_MALFORMED,
		    "a frame of type %u contains no known line",
		    type);
	return FALSE;
}

static void answer(struct request *request, guint type, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *whole = NULL, *scratch = NULL;
	struct parsed p = {0};
	struct guest_reply reply = {.scope = request->scope, .text = ""};

	/* an answer `error` (DONE) is complete without the parts that were received before */
	if (request->broken && type != PROTO_DONE)
		g_set_error_literal(
			&error, GUEST_ERROR,
			request->parts->len >= GUEST_BULK_MAX ? GUEST_TOO_LONG : GUEST_MALFORMED,
			request->parts->len >= GUEST_BULK_MAX ? "the answer is longer than 8 MiB"
							      : "a part of the answer is missing");
	whole = request->parts && type != PROTO_DONE ? g_strconcat(request->parts->str, text, NULL)
						     : g_strdup(text);
	scratch = g_strdup(whole);
	if (!error && parse(type, answer_of(request->type), scratch, &p, &error)) {
		reply.text = whole;
		reply.done = p.done;
		reply.account = p.account;
		reply.tasks = p.tasks;
		reply.verdict = p.verdict;
		reply.log = p.log;
	}
	reply.error = error;
	request->done(&reply, request->data);
	parsed_clear(&p);
}

/* Handles a PART frame: the line "offset N", then bytes of the answer from position N on. */
static void take_part(struct request *request, const char *text)
{
	const char *body = strchr(text, '\n');
	char *end = NULL;
	guint64 offset = G_MAXUINT64;

	if (!request->parts)
		request->parts = g_string_new(NULL);
	if (body && g_str_has_prefix(text, "offset ") && g_ascii_isdigit(text[strlen("offset ")]))
		offset = g_ascii_strtoull(text + strlen("offset "), &end, 10);
	request->broken |= !body || offset != request->parts->len || end != body;
	if (request->broken)
		return;
	body++;
	g_string_append_len(request->parts, body,
			    MIN(strlen(body), GUEST_BULK_MAX - request->parts->len));
	request->broken = request->parts->len >= GUEST_BULK_MAX;
}

char *guest_partial(const struct guest *guest, guint32 seq)
{
	const struct request *request = g_hash_table_lookup(guest->requests, GUINT_TO_POINTER(seq));

	return request && request->parts && !request->broken ? g_strdup(request->parts->str) : NULL;
}

static void take_answer(struct guest *guest, guint type, guint32 seq, const char *text)
{
	gpointer key = GUINT_TO_POINTER(seq);
	struct request *request = g_hash_table_lookup(guest->requests, key);

	if (!request) {
		guest->owner.stray(type, seq, guest->owner.data);
		return;
	}
	if (type == PROTO_PART) {
		take_part(request, text);
		return;
	}
	/* remove the request first, because the callback may send or forget requests */
	g_hash_table_steal(guest->requests, key);
	answer(request, type, text);
	request_free(request);
}

static void take_hello(struct guest *guest, const char *text)
{
	struct guest_hello *hello = guest_hello_parse(text);

	guest->hello_seq = guest->last_seq;
	guest->owner.hello(hello, text, guest->owner.data);
	guest_hello_free(hello);
}

static void take_heartbeat(struct guest *guest, const char *text)
{
	struct guest_heartbeat *heartbeat = guest_heartbeat_parse(text);

	guest->owner.heartbeat(heartbeat, guest->owner.data);
	guest_heartbeat_free(heartbeat);
}

static void take_counts(struct guest *guest, guint32 seq, const char *text)
{
	struct guest_counts *counts = guest_counts_parse(text);

	if (counts)
		guest->owner.counts(counts, guest->owner.data);
	else
		guest->owner.stray(PROTO_COUNTS, seq, guest->owner.data);
	guest_counts_free(counts);
}

/* Handles an OUTPUT frame: the line "agent ID", then output of the agent's program. */
static void take_output(struct guest *guest, guint32 seq, const char *text, gsize len)
{
	const char *body = memchr(text, '\n', len);
	char *end = NULL;
	guint64 id = 0;

	if (body && g_str_has_prefix(text, "agent ") && g_ascii_isdigit(text[strlen("agent ")]))
		id = g_ascii_strtoull(text + strlen("agent "), &end, 10);
	if (!id || end != body || id > G_MAXUINT)
		guest->owner.stray(PROTO_OUTPUT, seq, guest->owner.data);
	else
		guest->owner.output(id, body + 1, len - (body + 1 - text), guest->owner.data);
}

void guest_frame(struct guest *guest, unsigned type, guint32 seq, const char *text, gsize len)
{
	switch (type) {
	case PROTO_HELLO:
		take_hello(guest, text);
		return;
	case PROTO_HEARTBEAT:
		take_heartbeat(guest, text);
		return;
	case PROTO_COUNTS:
		take_counts(guest, seq, text);
		return;
	case PROTO_OUTPUT:
		take_output(guest, seq, text, len);
		return;
	case PROTO_NOTE:
		guest->owner.note(text, guest->owner.data);
		return;
	default:
		take_answer(guest, type, seq, text);
	}
}

/* ---- sending requests to the guest ---- */

guint32 guest_start(struct guest *guest, guint id, const char *agent, guint64 seed, guint rate,
		    const char *skip, const struct guest_param *params, guint n_params,
		    guest_answered done, void *data)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "id %u\nagent %s\nseed %016" G_GINT64_MODIFIER "x\nrate %u\n", id,
			agent, seed, rate);
	if (skip)
		g_string_append_printf(text, "skip %s\n", skip);
	for (guint i = 0; i < n_params; i++)
		g_string_append_printf(text, "param %s %s\n", params[i].key, params[i].value);
	return ask(guest, PROTO_START, g_string_free(text, FALSE), done, data);
}

guint32 guest_stop_all(struct guest *guest, guest_answered done, void *data)
{
	return ask(guest, PROTO_STOP, g_strdup("all\n"), done, data);
}

guint32 guest_snapshot(struct guest *guest, guest_answered done, void *data)
{
	return ask(guest, PROTO_SNAPSHOT, g_strdup(""), done, data);
}

guint32 guest_blocks(struct guest *guest, guint64 start, guint64 size, const char *write,
		     int wait_ms, guest_answered done, void *data)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "start %" G_GUINT64_FORMAT "\nsize %" G_GUINT64_FORMAT "\nwrite %s\n",
			start, size, write);
	if (wait_ms >= 0)
		g_string_append_printf(text, "wait-ms %d\n", wait_ms);
	return ask(guest, PROTO_BLOCKS, g_string_free(text, FALSE), done, data);
}

guint32 guest_cpu(struct guest *guest, guint cpu, gboolean online, guest_answered done, void *data)
{
	return ask(guest, PROTO_CPU, g_strdup_printf("cpu %u\nwrite %d\n", cpu, !!online), done,
		   data);
}

guint32 guest_list_tasks(struct guest *guest, gboolean busy, guest_answered done, void *data)
{
	return ask(guest, PROTO_ASK_TASKS,
		   busy ? g_strdup("busy\n")
			: g_strdup_printf("all\nmax-bytes %u\n", GUEST_BULK_MAX),
		   done, data);
}

guint32 guest_sysrq(struct guest *guest, const char *keys, guest_answered done, void *data)
{
	return ask(guest, PROTO_SYSRQ, g_strdup_printf("keys %s\n", keys), done, data);
}

guint32 guest_log_since(struct guest *guest, gint64 since_us, guest_answered done, void *data)
{
	return ask(guest, PROTO_LOG,
		   g_strdup_printf("since-us %" G_GINT64_FORMAT "\nmax-bytes %u\n", since_us,
				   GUEST_BULK_MAX),
		   done, data);
}

guint32 guest_lock_text(struct guest *guest, const char *file, guest_answered done, void *data)
{
	return ask(guest, PROTO_LOCKS,
		   g_strdup_printf("file %s\nmax-bytes %u\n", file, GUEST_BULK_MAX), done, data);
}

guint32 guest_finish(struct guest *guest, guest_answered done, void *data)
{
	return ask(guest, PROTO_FINISH, g_strdup(""), done, data);
}

guint32 guest_poweroff(struct guest *guest, guest_answered done, void *data)
{
	return ask(guest, PROTO_POWEROFF, g_strdup(""), done, data);
}
