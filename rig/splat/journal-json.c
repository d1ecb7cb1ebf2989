// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses a line of `journalctl -o json`, which is an object with the message and its source
 * (systemd's "Journal JSON Format"), an entry of `dmesg --json`, or a line of a console that a
 * container or a test laboratory has stored ({"log": …}, {"dt": …, "lvl": "target", "msg": …}).
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
	static const char *const keys[] = {"MESSAGE", "msg", "log"};
	const char *key = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(keys) && !key; i++) {
		g_autofree char *quoted = g_strdup_printf("\"%s\"", keys[i]);

		key = strstr(text, quoted) ? keys[i] : NULL;
	}
	entry = key ? json_loads(text, 0, NULL) : NULL;
	message = message_of(json_object_get(entry, key), len);
	if (!message)
		return FALSE;
	if (strcmp(key, "MESSAGE") == 0) {
		journal_fields(entry, line);
		line->user = !line->kernel;
	} else if (strcmp(key, "msg") == 0 && !field(entry, "lvl")) {
		dmesg_fields(entry, line);
		line->user = !line->kernel;
	}
	/* the decoded string is never longer than its JSON */
	g_strlcpy(room, message, len + 1);
	prefix_clean(room, strlen(room), &line->same);
	return TRUE;
}
