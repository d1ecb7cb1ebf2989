// SPDX-License-Identifier: GPL-2.0-only
#include "util/json-write.h"

#include <string.h>

#define INDENT 2

/*
 * Writes TEXT as a JSON string. Strings of jansson are valid UTF-8, so only quotes, backslashes and
 * control characters are escaped.
 */
static void write_string(GString *out, const char *text, gsize len)
{
	static const guint8 escaped[256] = {
		[0] = 1,  [1] = 1,  [2] = 1,  [3] = 1,	[4] = 1,   [5] = 1,    [6] = 1,
		[7] = 1,  [8] = 1,  [9] = 1,  [10] = 1, [11] = 1,  [12] = 1,   [13] = 1,
		[14] = 1, [15] = 1, [16] = 1, [17] = 1, [18] = 1,  [19] = 1,   [20] = 1,
		[21] = 1, [22] = 1, [23] = 1, [24] = 1, [25] = 1,  [26] = 1,   [27] = 1,
		[28] = 1, [29] = 1, [30] = 1, [31] = 1, ['"'] = 1, ['\\'] = 1,
	};
	static const char *const shorts = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *end = text + len;

	g_string_append_c(out, '"');
	while (text < end) {
		const char *start = text;
		const char *known = NULL;

		while (text < end && !escaped[(guint8)*text])
			text++;
		g_string_append_len(out, start, text - start);
		if (text == end)
			break;
		for (const char *s = shorts; *s && !known; s += 2)
			known = *s == *text ? s + 1 : NULL;
		if (known) {
			g_string_append_c(out, '\\');
			g_string_append_c(out, *known);
		} else {
			g_string_append_printf(out, "\\u%04X", (guint8)*text);
		}
		text++;
	}
	g_string_append_c(out, '"');
}

static void new_line(GString *out, guint depth)
{
	g_string_append_c(out, '\n');
	for (guint i = 0; i < depth * INDENT; i++)
		g_string_append_c(out, ' ');
}

static void write_value(GString *out, const json_t *value, guint depth);

static void write_array(GString *out, const json_t *array, guint depth)
{
	g_string_append_c(out, '[');
	for (gsize i = 0; i < json_array_size(array); i++) {
		g_string_append(out, i ? "," : "");
		new_line(out, depth + 1);
		write_value(out, json_array_get(array, i), depth + 1);
	}
	if (json_array_size(array))
		new_line(out, depth);
	g_string_append_c(out, ']');
}

static void write_object(GString *out, const json_t *object, guint depth)
{
	const char *key;
	json_t *value;
	gboolean any = FALSE;

	g_string_append_c(out, '{');
	json_object_foreach ((json_t *)object, key, value) {
		g_string_append(out, any ? "," : "");
		any = TRUE;
		new_line(out, depth + 1);
		write_string(out, key, strlen(key));
		g_string_append(out, ": ");
		write_value(out, value, depth + 1);
	}
	if (any)
		new_line(out, depth);
	g_string_append_c(out, '}');
}

static void write_value(GString *out, const json_t *value, guint depth)
{
	char number[32];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(out, value, depth);
		break;
	case JSON_ARRAY:
		write_array(out, value, depth);
		break;
	case JSON_STRING:
		write_string(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		g_snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			   json_integer_value(value));
		g_string_append(out, number);
		break;
	case JSON_REAL: {
		g_autofree char *text = json_dumps(value, JSON_ENCODE_ANY);

		g_string_append(out, text);
		break;
	}
	case JSON_TRUE:
		g_string_append(out, "true");
		break;
	case JSON_FALSE:
		g_string_append(out, "false");
		break;
	default:
		g_string_append(out, "null");
	}
}

void json_write(GString *out, const json_t *value)
{
	write_value(out, value, 0);
}
