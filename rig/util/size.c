// SPDX-License-Identifier: GPL-2.0-only
/* Parses and prints sizes of memory in QEMU's format. */
#include "util/size.h"

#include "util/error.h"

#include <string.h>

static const char units[] = "KMGT";

gboolean rig_size_parse(const char *text, guint64 *ret_bytes, GError **error)
{
	char *end = NULL;
	guint64 value;
	int shift = 0;

	if (!g_ascii_isdigit(*text))
		goto bad;
	value = g_ascii_strtoull(text, &end, 10);
	if (value == G_MAXUINT64)
		goto bad;
	if (*end && g_ascii_toupper(*end) != 'B') {
		const char *unit = strchr(units, g_ascii_toupper(*end));

		if (!unit)
			goto bad;
		shift = 10 * (unit - units + 1);
		end++;
		if (*end == 'i')
			end++;
	}
	if (g_ascii_toupper(*end) == 'B')
		end++;
	if (*end || value > G_MAXUINT64 >> shift)
		goto bad;
	*ret_bytes = value << shift;
	return TRUE;
bad:
	return rig_fail(error, RIG_EXIT_USAGE, "invalid size '%s' (for example 256M)",
			text);
}

char *rig_size_text(guint64 bytes)
{
	int unit = -1;

	while (bytes && !(bytes & 1023) && unit < 3) {
		bytes >>= 10;
		unit++;
	}
	return unit < 0 ? g_strdup_printf("%" G_GUINT64_FORMAT, bytes)
			: g_strdup_printf("%" G_GUINT64_FORMAT "%c", bytes, units[unit]);
}
