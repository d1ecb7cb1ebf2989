// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses a line of `journalctl -o json`, which is an object with the message and its source
 * (systemd's "Journal JSON Format"), or an entry of `dmesg --json`.
 */
#include <string.h>

#include "splat/internal.h"

static const char *field(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

/*
 * Returns the text of a message, which is a JSON string, or an array of bytes if it is not UTF-8.
 * NULL: neither. The caller frees it.
 */
static char *message_of(const json_t *message, gsize room)
{
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

/*
 * Reads the members of `dmesg --json`: "fac" (only with -x), "time" in seconds, and "caller" if the
 * kernel prints callers.
 */
static void dmesg_fields(const json_t *entry, struct line *line)
{
	const char *facility = field(entry, "fac"), *caller = field(entry, "caller");
	const json_t *when = json_object_get(entry, "time");

	line->kernel = !facility || strcmp(facility, "kern") == 0;
	if (json_is_number(when))
		line->stamp = json_number_value(when);
	if (caller)
		g_strlcpy(line->caller, caller, CALLER_LEN);
}

static void journal_fields(const json_t *entry, struct line *line)
{
	const char *usec = field(entry, "_SOURCE_MONOTONIC_TIMESTAMP");

	if (!usec)
		usec = field(entry, "__MONOTONIC_TIMESTAMP");
	line->kernel = g_strcmp0(field(entry, "_TRANSPORT"), "kernel") == 0 ||
		       g_strcmp0(field(entry, "SYSLOG_IDENTIFIER"), "kernel") == 0;
	if (usec)
		line->stamp = (double)g_ascii_strtoull(usec, NULL, 10) / 1e6;
}

gboolean journal_json(char *room, const char *text, gsize len, struct line *line)
{
	json_auto_t *entry = NULL;
	g_autofree char *message = NULL;
	gboolean dmesg = FALSE;

	if (!strstr(text, "\"MESSAGE\"") && !(dmesg = strstr(text, "\"msg\"") != NULL))
		return FALSE;
	entry = json_loads(text, 0, NULL);
	message = message_of(json_object_get(entry, dmesg ? "msg" : "MESSAGE"), len);
	if (!message)
		return FALSE;
	if (dmesg)
		dmesg_fields(entry, line);
	else
		journal_fields(entry, line);
	line->user = !line->kernel;
	/* the decoded string is never longer than its JSON */
	g_strlcpy(room, message, len + 1);
	prefix_clean(room, strlen(room), &line->same);
	return TRUE;
}
