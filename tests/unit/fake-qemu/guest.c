// SPDX-License-Identifier: GPL-2.0-only
/* The fake's guest: the other side of docs/guest-protocol.md, with accounts that add up. */
#include "fake.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096
#define RESERVED_PAGES 8192 /* of the base memory: present, not managed */
#define OPS_PER_MS 2

struct agent {
	char *id, *name;
	gint64 since; /* us */
};

static struct {
	GQueue agents;
	GByteArray *in;
	guint beat;
	unsigned beats, accounts, stops;
	gint64 start;
} guest;

static gint64 uptime_ms(void)
{
	return (g_get_monotonic_time() - guest.start) / 1000;
}

static void frame(enum proto_type type, guint32 seq, const char *text)
{
	guint8 header[PROTO_HEADER];

	if (fake.hung)
		return;
	proto_pack(header, type, seq, text, strlen(text));
	if (type == PROTO_HELLO && script_word("wrong-version")) {
		header[4] = PROTO_VERSION + 1;
		proto_put32(header + 20, proto_crc32(header, 20));
	}
	put(fake.channel, header, sizeof(header));
	put(fake.channel, text, strlen(text));
}

/* By itself */

static void append_agent(GString *out, const struct agent *agent)
{
	gint64 ms = (g_get_monotonic_time() - agent->since) / 1000;
	gboolean stuck = script_word("agent-stuck") || script_word("agent-slow");

	g_string_append_printf(out,
			       "agent %s %s ops %" G_GINT64_FORMAT
			       " failed 0 busy-ms %" G_GINT64_FORMAT " now %s\n",
			       agent->id, agent->name, stuck ? 1 : ms * OPS_PER_MS, stuck ? ms : 0,
			       stuck ? "stuck-op" : "-");
}

static gboolean on_beat(void *data)
{
	g_autoptr(GString) text = g_string_new(NULL);

	(void)data;
	if (guest.beats++ >= script_number("beat-stops-after", G_MAXUINT)) {
		fake.hung = TRUE;
		return G_SOURCE_CONTINUE;
	}
	if (script_word("channel-garbage"))
		put(fake.channel, "RIG no frame \x01\x02", 15);
	g_string_append_printf(text, "uptime-ms %" G_GINT64_FORMAT "\n", uptime_ms());
	for (GList *l = guest.agents.head; l; l = l->next)
		append_agent(text, l->data);
	for (guint64 i = 0; i <= script_number("channel-flood", 0); i++)
		frame(PROTO_HEARTBEAT, 0, text->str);
	return G_SOURCE_CONTINUE;
}

static gboolean say_rest(gpointer data)
{
	GBytes *rest = data;
	gsize len;
	const void *bytes = g_bytes_get_data(rest, &len);

	put(fake.console, bytes, len);
	g_bytes_unref(rest);
	return G_SOURCE_REMOVE;
}

/* What the kernel is told to print. */
static void print_script(void)
{
	const char *path = script_word("console-file");
	guint64 flood = script_number("console-flood", 0);
	g_autofree char *bytes = NULL;
	gsize len;

	if (path && g_file_get_contents(path, &bytes, &len, NULL)) {
		guint64 pause = script_number("console-pause", 0);
		gsize part = pause ? len / 2 : len;

		put(fake.console, bytes, part);
		if (pause)
			g_timeout_add(pause, say_rest, g_bytes_new(bytes + part, len - part));
	}
	for (guint64 done = 0; done < flood; done += 64)
		say("[    3.000000] flood: %042" G_GUINT64_FORMAT "\r\n", done);
}

static const char *const agent_names[] = {
	"block-state", "block-online", "probe",		 "slab-read", "slab-shrink",
	"slab-churn",  "cpu-online",   "mem-read",	 "pressure",  "compact",
	"memtrace",    "dlpar",	       "notifier-error",
};

/* As by a host that has no time for it. */
static void hold(guint64 ms)
{
	pid_t pid = getpid();

	if (fork() == 0) {
		g_poll(NULL, 0, ms);
		kill(pid, SIGCONT);
		_exit(0);
	}
	raise(SIGSTOP);
}

static gboolean on_hello(void *data)
{
	g_autoptr(GString) text = g_string_new("release 6.1.0-fake\narch x86_64\n");

	(void)data;
	moment("hello");
	g_string_append_printf(text,
			       "machine-cpus %u\npage-size %d\nblock-size %u\nchannel virtio\n"
			       "uptime-ms %" G_GINT64_FORMAT "\nhas lockdep\nhas probe\nhas slab\n"
			       "has slab-churn\nhas cpu-hotplug\nhas memory-hotplug\n",
			       fake.max_cpus, PAGE, BLOCK, uptime_ms());
	if (script_word("has"))
		g_string_append_printf(text, "has %s\n", script_word("has"));
	for (gsize i = 0; i < G_N_ELEMENTS(agent_names); i++)
		g_string_append_printf(text, "agent %s %s\n", agent_names[i],
				       g_strcmp0(script_word("lacks"), agent_names[i])
					       ? "ok" : "lacks /sys/nothing");
	if (script_word("no-hello"))
		return G_SOURCE_REMOVE;
	if (script_word("held"))
		hold(script_number("held", 0));
	fake.ready = TRUE;
	frame(PROTO_HELLO, 0, text->str);
	guest.beat = g_timeout_add(script_number("beat", 250), on_beat, NULL);
	print_script();
	return G_SOURCE_REMOVE;
}

static void agent_free(struct agent *agent)
{
	g_free(agent->id);
	g_free(agent->name);
	g_free(agent);
}

void guest_boot(void)
{
	g_clear_handle_id(&guest.beat, g_source_remove);
	g_queue_clear_full(&guest.agents, (GDestroyNotify)agent_free);
	if (!guest.in)
		guest.in = g_byte_array_new();
	g_byte_array_set_size(guest.in, 0);
	guest.start = g_get_monotonic_time();
	for (GList *l = fake.devices.head; l; l = l->next)
		((struct device *)l->data)->online = TRUE;
	g_timeout_add(script_number("boot", 0), on_hello, NULL);
}

/* Requests */

/* The rest of the first line that begins with KEY and a space; "" without one. */
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

	frame(PROTO_DONE, seq, text);
}

static void on_start(guint32 seq, const char *text)
{
	struct agent *agent;

	moment("start");
	if (script_word("agent-error")) {
		done(seq, script_word("agent-error"));
		return;
	}
	agent = g_new0(struct agent, 1);
	agent->id = line_of(text, "id");
	agent->name = line_of(text, "agent");
	agent->since = g_get_monotonic_time();
	g_queue_push_tail(&guest.agents, agent);
	done(seq, NULL);
}

static void send_counts(guint32 seq, const struct agent *agent)
{
	gint64 ops = (g_get_monotonic_time() - agent->since) / 1000 * OPS_PER_MS;
	g_autofree char *text = g_strdup_printf(
		"agent %s %s\nops %" G_GINT64_FORMAT "\nresult op ok %" G_GINT64_FORMAT "\n%s",
		agent->id, agent->name, ops, ops,
		script_word("agent-illegal") ? "illegal op EIO 1\n" : "");

	frame(PROTO_COUNTS, seq, text);
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
		agent_free(agent);
	}
	frame(PROTO_DONE, seq, answer->str);
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
	/* as in the kernel: a zone without pages is still listed */
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
		uptime_ms(), (base - RESERVED_PAGES + movable) * (PAGE / 1024), zones->str);
	frame(PROTO_ACCOUNT, seq, all);
}

static void on_blocks(guint32 seq, const char *text)
{
	g_autofree char *start = line_of(text, "start"), *size = line_of(text, "size");
	g_autofree char *write = line_of(text, "write");
	guint64 address = g_ascii_strtoull(start, NULL, 0),
		length = g_ascii_strtoull(size, NULL, 0);
	g_autofree char *answer = g_strdup_printf("ok\nresult ok %u\n", (unsigned)(length / BLOCK));
	gboolean found = FALSE;

	moment("blocks");
	if (script_word("blocks-error")) {
		done(seq, script_word("blocks-error"));
		return;
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
		frame(PROTO_DONE, seq, answer);
	else
		done(seq, "ENOENT");
}

/* The request FINISH that finish-late leaves open until the post-mortem asks for the tasks. */
static guint32 late_finish;

static void on_finish(guint32 seq, const char *text)
{
	(void)text;
	moment("finish");
	if (script_word("finish-late"))
		late_finish = seq;
	else
		frame(PROTO_VERDICT, seq,
		      script_word("verdict-bad") ? "verdict bad\nreason told to be bad\n"
		      : script_word("verdict-unarmed")
			      ? "verdict bad\nreason lockdep is not armed any more\n"
			      : "verdict ok\n");
}

static void on_poweroff(guint32 seq, const char *text)
{
	(void)text;
	moment("poweroff");
	done(seq, NULL);
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
		frame(PROTO_VERDICT, late_finish, "verdict ok\n");
	late_finish = 0;
	if (script_says("tasks", "error")) {
		done(seq, "ENOMEM");
		return;
	}
	all = g_strdup_printf(
		"count migrated %u\ntask 34 kworker/u4:1 D try_remove_memory switches 3\n"
		"\ttry_remove_memory+0x10/0x20\n",
		script_word("tasks-move") ? ++moved : 0);
	frame(PROTO_TASKS, seq, all);
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

	frame(PROTO_PART, GPOINTER_TO_UINT(seq), part);
	offset += PROTO_PART_MAX;
	if (offset < PROTO_BULK_MAX + 10 * PROTO_PART_MAX)
		return G_SOURCE_CONTINUE;
	frame(PROTO_LOCK_TEXT, GPOINTER_TO_UINT(seq), "\n");
	return G_SOURCE_REMOVE;
}

/* A file's bytes, or two chains. */
static void on_locks(guint32 seq, const char *text)
{
	static const char orders[] = "irq_context: 0\n[1000] a\n[2000] b\n\n";
	g_autofree char *file = NULL;
	gboolean chains = strstr(text, "chains") != NULL;

	moment("locks");
	if (script_word("locks-endless") && chains)
		g_idle_add(next_part, GUINT_TO_POINTER(seq));
	else if (script_word("locks-file") &&
		 g_file_get_contents(script_word("locks-file"), &file, NULL, NULL))
		frame(PROTO_LOCK_TEXT, seq, file);
	else if (script_word("locks-error"))
		done(seq, script_word("locks-error"));
	else
		frame(PROTO_LOCK_TEXT, seq, chains ? orders : "all lock classes:\n");
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
