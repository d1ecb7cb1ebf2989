// SPDX-License-Identifier: GPL-2.0-only
/* Reads a journal entry by entry, because it may be long. */
#include <fcntl.h>
#include <string.h>

#include "store/safe-open.h"
#include "store/store.h"

#define JOURNAL_READ_MAX (80u << 20)

gboolean run_journal_each(const char *dir, journal_entry entry, void *data, GError **error)
{
	auto_fd folder = safe_open(AT_FDCWD, dir, error);
	g_autofree char *text = NULL;
	gsize len;

	if (folder < 0 || !safe_read(folder, "journal", JOURNAL_READ_MAX, &text, &len, error))
		return FALSE;
	for (char *line = text, *next; line && *line; line = next) {
		json_auto_t *json = NULL;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		json = json_loads(line, 0, NULL);
		if (json_is_string(json_object_get(json, "what")) &&
		    json_is_number(json_object_get(json, "t")))
			entry(json, data);
	}
	return TRUE;
}
