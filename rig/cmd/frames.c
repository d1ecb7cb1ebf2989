// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds files and lines for stack frames. A kernel is found by the hash in run.json, and opened
 * when a report first needs it.
 */
#include "cmd/frames.h"

#include "kernel/kernel.h"
#include "symbol/symbol.h"

struct frames {
	GPtrArray *kernels; /* of struct kernel: the kernels in the cache */
	GHashTable *opened; /* hash of a kernel -> struct slot */
};

/*
 * A kernel that was looked up. All members are NULL if the cache has no kernel with this hash, or
 * its symbols cannot be read.
 */
struct slot {
	struct symbols *symbols;
};

static void slot_free(gpointer data)
{
	struct slot *slot = data;

	if (slot->symbols)
		symbols_free(slot->symbols);
	g_free(slot);
}

struct frames *frames_new(void)
{
	struct frames *frames = g_new0(struct frames, 1);

	frames->kernels = kernel_list();
	frames->opened = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, slot_free);
	return frames;
}

void frames_free(struct frames *frames)
{
	g_hash_table_unref(frames->opened);
	g_ptr_array_unref(frames->kernels);
	g_free(frames);
}

static struct symbols *open_hash(const struct frames *frames, const char *hash)
{
	for (guint i = 0; i < frames->kernels->len; i++) {
		const struct kernel *kernel = frames->kernels->pdata[i];
		rig_auto(symbols) symbols = NULL;

		if (g_strcmp0(kernel->hash, hash) || !kernel->vmlinux)
			continue;
		symbols = symbols_open(kernel->vmlinux, NULL);
		return symbols && symbols_have_lines(symbols) ? g_steal_pointer(&symbols) : NULL;
	}
	return NULL;
}

static struct symbols *symbols_of(struct frames *frames, const char *hash)
{
	struct slot *slot = g_hash_table_lookup(frames->opened, hash);

	if (!slot) {
		slot = g_new0(struct slot, 1);
		slot->symbols = open_hash(frames, hash);
		g_hash_table_insert(frames->opened, g_strdup(hash), slot);
	}
	return slot->symbols;
}

static void append_place(GString *text, json_t *place)
{
	const char *function = json_string_value(json_object_get(place, "function"));
	const char *file = json_string_value(json_object_get(place, "file"));

	g_string_append_printf(text, "    %s", function ? function : "?");
	if (file)
		g_string_append_printf(text, "  %s:%" JSON_INTEGER_FORMAT, file,
				       json_integer_value(json_object_get(place, "line")));
	g_string_append(text,
			json_is_true(json_object_get(place, "inlined")) ? "  (inlined)\n" : "\n");
}

char *frames_text(struct frames *frames, const char *hash, json_t *report)
{
	const char *lines = json_string_value(json_object_get(report, "text"));
	struct symbols *symbols = hash && lines ? symbols_of(frames, hash) : NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	json_auto_t *found = NULL;
	json_t *frame, *place;
	guint missed = 0;
	size_t f, p;

	if (!symbols)
		return NULL;
	found = symbols_report(symbols, &(const struct splat){.text = (char *)lines}, &missed);
	json_array_foreach (found, f, frame) {
		const char *name = json_string_value(json_object_get(frame, "frame"));

		g_string_append_printf(text, "%s\n", name ? name : "?");
		json_array_foreach (json_object_get(frame, "at"), p, place)
			append_place(text, place);
	}
	return text->len ? g_strdup(text->str) : NULL;
}
