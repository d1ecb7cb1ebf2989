// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses a line of JSON with one entry of a log: of `journalctl -o json` (systemd's "Journal JSON
 * Format"), of `dmesg --json`, or of a program that stores the console of a container, a test or a
 * cluster: {"log": …}, {"dt": …, "lvl": "target", "msg": …}, {"_source": {"message": …}}.
 */
#include <string.h>

#include "splat/internal.h"

#define NESTED_MAX 3 /* the message is at most in an object at this depth */

const char *const journal_fields[] = {
	"MESSAGE",
	"msg",
	"log",
	"message",
	"line",
	"textPayload",
	"_TRANSPORT",
	"SYSLOG_IDENTIFIER",
	"PROGRAM",
	"_SOURCE_MONOTONIC_TIMESTAMP",
	"__MONOTONIC_TIMESTAMP",
	"lvl",
	"pri",
	"fac",
	"time",
	"caller",
};
const gsize n_journal_fields = G_N_ELEMENTS(journal_fields);

gboolean journal_has_message(const char *text)
{
	for (gsize i = 0; i < JOURNAL_MESSAGES; i++) {
		gsize len = strlen(journal_fields[i]);

		for (const char *p = text; (p = strstr(p, journal_fields[i])); p += len)
			if (p > text && p[-1] == '"' && p[len] == '"')
				return TRUE;
	}
	return FALSE;
}

static const char *field(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

/*
 * Returns the text of MESSAGE, a JSON string, or an array of bytes if the text is not UTF-8.
 * Returns NULL if MESSAGE is neither. The caller frees it.
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
 * Finds the message of ENTRY. Returns the object that has it (ENTRY, or an object inside it), or
 * NULL if there is none. *RET is a copy of the message, of at most ROOM bytes, and *RET_KEY the
 * name of its field.
 */
static const json_t *find_message(const json_t *entry, gsize room, guint depth, char **ret,
				  const char **ret_key)
{
	const char *name;
	json_t *member;

	for (gsize i = 0; i < JOURNAL_MESSAGES; i++) {
		*ret_key = journal_fields[i];
		*ret = message_of(json_object_get(entry, *ret_key), room);
		if (*ret)
			return entry;
	}
	json_object_foreach ((json_t *)entry, name, member) {
		const json_t *found =
			depth && json_is_object(member)
				? find_message(member, room, depth - 1, ret, ret_key)
				: NULL;

		if (found)
			return found;
	}
	return NULL;
}

/*
 * Reads the members of an entry of `dmesg --json`: "pri", "fac" (only with -x), "time" in seconds,
 * and "caller" if the kernel prints callers. Returns FALSE if ENTRY was not written by dmesg.
 */
static gboolean dmesg_entry(const json_t *entry, struct line *line)
{
	const char *facility = field(entry, "fac"), *caller = field(entry, "caller");
	const json_t *when = json_object_get(entry, "time");

	if (!facility && !json_is_number(when) && !json_is_number(json_object_get(entry, "pri")))
		return FALSE;
	line->kernel = !facility || strcmp(facility, "kern") == 0;
	line->user = !line->kernel;
	if (json_is_number(when))
		line->stamp = json_number_value(when);
	if (caller)
		caller_set(line->caller, caller, strlen(caller));
	return TRUE;
}

/* Reads the fields of a journal's entry; also "PROGRAM", which syslog-ng writes. */
static void journal_entry(const json_t *entry, struct line *line)
{
	static const char *const sources[] = {"_TRANSPORT", "SYSLOG_IDENTIFIER", "PROGRAM"};
	const char *usec = field(entry, "_SOURCE_MONOTONIC_TIMESTAMP");
	gboolean any = FALSE;

	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		any |= field(entry, sources[i]) != NULL;
		line->kernel |= g_strcmp0(field(entry, sources[i]), "kernel") == 0;
	}
	line->user = any && !line->kernel;
	if (!usec)
		usec = field(entry, "__MONOTONIC_TIMESTAMP");
	if (usec)
		line->stamp = (double)g_ascii_strtoull(usec, NULL, 10) / 1e6;
}

gboolean journal_json(char *room, const char *text, gsize len, struct line *line)
{
	json_auto_t *root = NULL;
	g_autofree char *message = NULL;
	const json_t *entry = NULL;
	const char *key = NULL;

	if (journal_has_message(text))
		root = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	entry = root ? find_message(root, len, NESTED_MAX, &message, &key) : NULL;
	if (!entry)
		return FALSE;
	if (strcmp(key, "msg") != 0 || field(entry, "lvl") || !dmesg_entry(entry, line))
		journal_entry(entry, line);
	/* the decoded string is never longer than its JSON */
	g_strlcpy(room, message, len + 1);
	prefix_clean(room, strlen(room), &line->same);
	return TRUE;
}
