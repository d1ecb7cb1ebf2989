// SPDX-License-Identifier: GPL-2.0-only
/* Plays the guest of the fake QEMU: boots, and sends the frames that answer no request. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

struct guest guest;

gint64 guest_uptime_ms(void)
{
	return (g_get_monotonic_time() - guest.start) / 1000;
}

void guest_frame(enum proto_type type, guint32 seq, const char *text)
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
	g_string_append_printf(text, "uptime-ms %" G_GINT64_FORMAT "\n", guest_uptime_ms());
	for (GList *l = guest.agents.head; l; l = l->next)
		append_agent(text, l->data);
	for (guint64 i = 0; i <= script_number("channel-flood", 0); i++)
		guest_frame(PROTO_HEARTBEAT, 0, text->str);
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

void guest_print(void)
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

static void print_at_hello(void)
{
	if (!script_word("console-at"))
		guest_print();
}

static const char *const agent_names[] = {
	"block-state", "block-online", "probe",		 "slab-read", "slab-shrink",
	"slab-churn",  "cpu-online",   "mem-read",	 "pressure",  "compact",
	"memtrace",    "dlpar",	       "notifier-error",
};

static gboolean on_hello(void *data)
{
	g_autoptr(GString) text = g_string_new("release 6.1.0-fake\narch x86_64\n");

	(void)data;
	moment("hello");
	g_string_append_printf(text,
			       "machine-cpus %u\npage-size %d\nblock-size %u\nchannel virtio\n"
			       "uptime-ms %" G_GINT64_FORMAT "\nhas lockdep\nhas probe\nhas slab\n"
			       "has slab-churn\nhas cpu-hotplug\nhas memory-hotplug\n",
			       fake.max_cpus, PAGE, BLOCK, guest_uptime_ms());
	if (script_word("has"))
		g_string_append_printf(text, "has %s\n", script_word("has"));
	for (gsize i = 0; i < G_N_ELEMENTS(agent_names); i++)
		g_string_append_printf(text, "agent %s %s\n", agent_names[i],
				       g_strcmp0(script_word("lacks"), agent_names[i])
					       ? "ok" : "lacks /sys/nothing");
	if (script_word("no-hello")) {
		print_at_hello();
		return G_SOURCE_REMOVE;
	}
	fake.ready = TRUE;
	guest_frame(PROTO_HELLO, 0, text->str);
	guest.beat = g_timeout_add(script_number("beat", 250), on_beat, NULL);
	print_at_hello();
	return G_SOURCE_REMOVE;
}

void guest_agent_free(struct agent *agent)
{
	g_free(agent->id);
	g_free(agent->name);
	g_free(agent);
}

void guest_boot(void)
{
	g_clear_handle_id(&guest.beat, g_source_remove);
	g_queue_clear_full(&guest.agents, (GDestroyNotify)guest_agent_free);
	if (!guest.in)
		guest.in = g_byte_array_new();
	g_byte_array_set_size(guest.in, 0);
	guest.start = g_get_monotonic_time();
	for (GList *l = fake.devices.head; l; l = l->next)
		((struct device *)l->data)->online = TRUE;
	g_timeout_add(script_number("boot", 0), on_hello, NULL);
}
