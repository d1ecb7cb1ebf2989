// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers requests to the fake guest (docs/guest-protocol.md); the memory accounts in the answers
 * are consistent.
 */
#include "guest.h"

#include <string.h>
#include <time.h>

/* number of pages of the base memory that are present but not managed */
#define RESERVED_PAGES 8192

/* Returns the rest of the first line that begins with KEY and a space; "" if there is none. */
static char *line_of(const char *text, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], key) && lines[i][strlen(key)] == ' ')
			return g_strdup(lines[i] + strlen(key) + 1);
	return g_strdup("");
}

static void done(guint32 seq, const char *error)
{
	g_autofree char *text =
		error ? g_strdup_printf("error %s told-to-fail\n", error) : g_strdup("ok\n");

	guest_frame(PROTO_DONE, seq, text);
}

static void on_start(guint32 seq, const char *text)
{
	g_autofree char *name = line_of(text, "agent");
	const char *only = script_word("agent-error-of");
	struct agent *agent;

	moment("start");
	if (script_word("agent-error") && (!only || g_str_equal(only, name))) {
		done(seq, script_word("agent-error"));
		return;
	}
	agent = g_new0(struct agent, 1);
	agent->id = line_of(text, "id");
	agent->name = g_steal_pointer(&name);
	agent->since = g_get_monotonic_time();
	g_queue_push_tail(&guest.agents, agent);
	done(seq, NULL);
}

static void send_counts(guint32 seq, const struct agent *agent)
{
	gint64 ops = (g_get_monotonic_time() - agent->since) / 1000 * OPS_PER_MS;
	const char *op = script_word("agent-cancelled");
	g_autofree char *cancelled =
		op ? g_strdup_printf("result %s ECANCELED 1\n", op) : g_strdup("");
	g_autofree char *text = g_strdup_printf(
		"agent %s %s\nops %" G_GINT64_FORMAT "\nresult op ok %" G_GINT64_FORMAT "\n%s%s",
		agent->id, agent->name, ops, ops,
		script_word("agent-illegal") ? "illegal op EIO 1\n" : "", cancelled);

	guest_frame(PROTO_COUNTS, seq, text);
}

static void on_stop(guint32 seq, const char *text)
{
	g_autofree char *id = line_of(text, "id");
	g_autoptr(GString) answer = g_string_new("ok\n");
	gboolean stuck =
		script_word("agent-stuck") || guest.stops++ < script_number("agent-late", 0);

	moment("stop");
	for (GList *l = guest.agents.head, *next; l; l = next) {
		struct agent *agent = l->data;

		next = l->next;
		if (*id && strcmp(id, agent->id))
			continue;
		if (stuck) {
			g_string_append_printf(answer, "stuck %s %s stuck-op\n", agent->id,
					       agent->name);
			continue;
		}
		send_counts(seq, agent);
		g_queue_delete_link(&guest.agents, l);
		guest_agent_free(agent);
	}
	guest_frame(PROTO_DONE, seq, answer->str);
}

static void append_blocks(GString *out, guint64 address, guint64 size, gboolean online)
{
	for (guint64 at = address; at < address + size; at += BLOCK)
		g_string_append_printf(out, "block %" G_GUINT64_FORMAT " %s\n", at / BLOCK,
				       online ? "online" : "offline");
}

static void on_snapshot(guint32 seq, const char *text)
{
	g_autoptr(GString) zones = g_string_new(NULL), blocks = g_string_new(NULL);
	guint64 base = fake.memory / PAGE, movable = 0;
	unsigned cpus = fake.cpus;

	(void)text;
	moment("snapshot");
	if (guest.accounts++)
		base += script_number("account-off-by", 0);
	append_blocks(blocks, 0, fake.memory, TRUE);
	for (GList *l = fake.devices.head; l; l = l->next) {
		struct device *d = l->data;
		guint64 size = d->is_virtio ? (guint64)json_integer_value(
						      json_object_get(d->arguments, "size"))
					    : d->size;

		cpus += d->is_cpu;
		append_blocks(blocks, d->address, size, d->online || d->is_virtio);
		movable += d->online || d->is_virtio ? size / PAGE : 0;
	}
	g_string_append_printf(zones,
			       "zone 0 Normal present %" G_GUINT64_FORMAT
			       " managed %" G_GUINT64_FORMAT "\n",
			       base, base - RESERVED_PAGES);
	/* like the kernel, also list zones without pages */
	g_string_append_printf(zones,
			       "zone 0 Movable present %" G_GUINT64_FORMAT
			       " managed %" G_GUINT64_FORMAT "\n",
			       movable, movable);
	g_string_append_printf(zones,
			       "%scpu-online 0-%u\nlockdep %s\nlockdep-stat lock-classes 1034\n"
			       "lockdep-stat max-lock-classes 8192\n",
			       blocks->str, cpus - 1, script_word("lockdep-off") ? "off" : "on");
	g_autofree char *all = g_strdup_printf(
		"uptime-ms %" G_GINT64_FORMAT "\nmem-total-kb %" G_GUINT64_FORMAT "\n%s",
		guest_uptime_ms(), (base - RESERVED_PAGES + movable) * (PAGE / 1024), zones->str);
	guest_frame(PROTO_ACCOUNT, seq, all);
}

static void on_blocks(guint32 seq, const char *text)
{
	static const char *const errors[] = {"EBUSY", "ENOENT"};
	g_autofree char *start = line_of(text, "start"), *size = line_of(text, "size");
	g_autofree char *write = line_of(text, "write");
	guint64 address = g_ascii_strtoull(start, NULL, 0),
		length = g_ascii_strtoull(size, NULL, 0);
	g_autofree char *answer = g_strdup_printf("ok\nresult ok %u\n", (unsigned)(length / BLOCK));
	gboolean found = FALSE;

	moment("blocks");
	for (guint i = 0; i < G_N_ELEMENTS(errors); i++)
		if (script_says("blocks-error", errors[i])) {
			done(seq, errors[i]);
			return;
		}
	if (script_word("blocks-result")) {
		g_free(answer);
		answer = g_strdup_printf("ok\nresult %s 1\n", script_word("blocks-result"));
	}
	for (GList *l = fake.devices.head; l; l = l->next) {
		struct device *device = l->data;

		if (!device->size || device->address < address ||
		    device->address >= address + length)
			continue;
		device->online = strcmp(write, "offline") != 0;
		found = TRUE;
	}
	if (found)
		guest_frame(PROTO_DONE, seq, answer);
	else
		done(seq, "ENOENT");
}

/*
 * The request FINISH that "finish-late" leaves open until the post-mortem requests the tasks; or 0.
 */
static guint32 late_finish;

static void on_finish(guint32 seq, const char *text)
{
	(void)text;
	moment("finish");
	if (script_word("finish-late"))
		late_finish = seq;
	else
		guest_frame(PROTO_VERDICT, seq,
		      script_word("verdict-bad") ? "verdict bad\nreason told to be bad\n"
		      : script_word("verdict-died")
			      ? "verdict bad\nreason agent 1 has ended\nkind agent-died\n"
		      : script_word("verdict-unarmed")
			      ? "verdict bad\nreason the validator is off\nkind lockdep-off\n"
			      : "verdict ok\n");
}

/* Returns after the process has used MS of processor time. */
static void use_processor(guint64 ms)
{
	clock_t end = clock() + (clock_t)(ms * CLOCKS_PER_SEC / 1000);

	while (clock() < end)
		;
}

static void on_poweroff(guint32 seq, const char *text)
{
	(void)text;
	moment("poweroff");
	done(seq, NULL);
	use_processor(script_number("slow-poweroff", 0));
	if (script_word("ignore-poweroff") || fake.hung)
		return;
	say("[    9.000000] reboot: Power down\r\n");
	shutdown_guest("guest-shutdown", TRUE);
}

static void on_tasks(guint32 seq, const char *text)
{
	static guint moved;
	g_autofree char *all = NULL;

	moment(g_str_has_prefix(text, "all") ? "tasks" : "busy");
	if (late_finish)
		guest_frame(PROTO_VERDICT, late_finish, "verdict ok\n");
	late_finish = 0;
	if (script_says("tasks", "error")) {
		done(seq, "ENOMEM");
		return;
	}
	all = g_strdup_printf(
		"count migrated %u\ntask 34 kworker/u4:1 D try_remove_memory switches 3\n"
		"\ttry_remove_memory+0x10/0x20\n",
		script_word("tasks-move") ? ++moved : 0);
	guest_frame(PROTO_TASKS, seq, all);
}

/*
 * Sends one part of an endless reply for each iteration of the main loop, so that heartbeats
 * continue.
 */
static gboolean next_part(gpointer seq)
{
	static guint offset;
	g_autofree char *line = g_strnfill(PROTO_PART_MAX, 'x');
	g_autofree char *part = g_strdup_printf("offset %u\n%s", offset, line);

	guest_frame(PROTO_PART, GPOINTER_TO_UINT(seq), part);
	offset += PROTO_PART_MAX;
	if (offset < PROTO_BULK_MAX + 10 * PROTO_PART_MAX)
		return G_SOURCE_CONTINUE;
	guest_frame(PROTO_LOCK_TEXT, GPOINTER_TO_UINT(seq), "\n");
	return G_SOURCE_REMOVE;
}

/* Answers LOCKS with the bytes of a file, or with two chains. */
static void on_locks(guint32 seq, const char *text)
{
	static const char orders[] = "irq_context: 0\n[1000] a\n[2000] b\n\n";
	g_autofree char *file = NULL;
	gboolean chains = strstr(text, "chains") != NULL;

	moment("locks");
	if (script_word("locks-part") && chains) {
		g_autofree char *part =
			g_strdup_printf("offset 0\n%sirq_context: 0\n[3000] c\n[10", orders);

		guest_frame(PROTO_PART, seq, part);
	} else if (script_word("locks-endless") && chains)
		g_idle_add(next_part, GUINT_TO_POINTER(seq));
	else if (script_word("locks-file") &&
		 g_file_get_contents(script_word("locks-file"), &file, NULL, NULL))
		guest_frame(PROTO_LOCK_TEXT, seq, file);
	else if (script_word("locks-error"))
		done(seq, script_word("locks-error"));
	else
		guest_frame(PROTO_LOCK_TEXT, seq, chains ? orders : "all lock classes:\n");
}

static void on_sysrq(guint32 seq, const char *text)
{
	(void)text;
	moment("sysrq");
	done(seq, NULL);
}

static void on_simple(guint32 seq, const char *text)
{
	(void)text;
	done(seq, NULL);
}

static const struct {
	enum proto_type type;
	void (*handle)(guint32 seq, const char *text);
} requests[] = {
	{PROTO_START, on_start},     {PROTO_STOP, on_stop},	{PROTO_SNAPSHOT, on_snapshot},
	{PROTO_BLOCKS, on_blocks},   {PROTO_ASK_TASKS, on_tasks},	{PROTO_SYSRQ, on_sysrq},
	{PROTO_FINISH, on_finish},   {PROTO_CPU, on_simple},	{PROTO_POWEROFF, on_poweroff},
	{PROTO_LOCKS, on_locks},
};

static void on_request(const struct proto_header *header, const guint8 *payload)
{
	g_autofree char *text = g_strndup((const char *)payload, header->length);

	if (!fake.hung && header->type == script_number("no-answer", 0))
		moment("unanswered");
	if (fake.hung || header->type == script_number("no-answer", 0))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(requests); i++)
		if (requests[i].type == header->type)
			requests[i].handle(header->seq, text);
}

void guest_bytes(const guint8 *bytes, gsize len)
{
	struct proto_header header;

	g_byte_array_append(guest.in, bytes, len);
	while (guest.in->len >= PROTO_HEADER) {
		gsize used = 1;

		if (proto_unpack(guest.in->data, &header) == 0) {
			used = PROTO_HEADER + header.length;
			if (guest.in->len < used)
				return;
			on_request(&header, guest.in->data + PROTO_HEADER);
		}
		g_byte_array_remove_range(guest.in, 0, used);
	}
}
