// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line of `journalctl -o json`: an object with the message and who wrote it (systemd's
 * Journal JSON Format).
 */
#include <string.h>

#include "splat/internal.h"

static const char *field(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

/* MESSAGE is a string, or an array of bytes where it is not UTF-8. To be freed, or NULL. */
static char *message_of(const json_t *entry, gsize room)
{
	const json_t *message = json_object_get(entry, "MESSAGE");
	GString *text;

	if (json_is_string(message))
		return g_strndup(json_string_value(message), room);
	if (!json_is_array(message))
		return NULL;
	text = g_string_new(NULL);
	for (gsize i = 0; i < json_array_size(message) && text->len < room; i++) {
		json_int_t byte = json_integer_value(json_array_get(message, i));

		g_string_append_c(text, byte > 0 && byte < 256 ? (char)byte : ' ');
	}
	return g_string_free(text, FALSE);
}

gboolean journal_json(char *room, const char *text, gsize len, struct line *line)
{
	json_auto_t *entry = NULL;
	g_autofree char *message = NULL;
	const char *usec, *tag;

	if (!strstr(text, "\"MESSAGE\""))
		return FALSE;
	entry = json_loads(text, 0, NULL);
	message = json_is_object(entry) ? message_of(entry, len) : NULL;
	if (!message)
		return FALSE;
	usec = field(entry, "_SOURCE_MONOTONIC_TIMESTAMP");
	if (!usec)
		usec = field(entry, "__MONOTONIC_TIMESTAMP");
	tag = field(entry, "SYSLOG_IDENTIFIER");
	line->kernel = g_strcmp0(field(entry, "_TRANSPORT"), "kernel") == 0 ||
		       g_strcmp0(tag, "kernel") == 0;
	line->user = !line->kernel;
	if (usec)
		line->stamp = g_ascii_strtoull(usec, NULL, 10) / 1e6;
	/* what is in a string of JSON is never longer than the JSON */
	g_strlcpy(room, message, len + 1);
	prefix_clean(room, strlen(room));
	return TRUE;
}
