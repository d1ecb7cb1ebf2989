// SPDX-License-Identifier: GPL-2.0-only
#include "util/json-write.h"

#include <math.h>
#include <string.h>

#include "util/lanes.h"

#define INDENT 2
#define ESCAPE_MAX 6 /* length of the longest escape, \u001F */

/* Matches the bytes that must be escaped in a JSON string. */
static inline lanes escaped(lanes bytes)
{
	return (lanes)(bytes < ' ') | (lanes)(bytes == '"') | (lanes)(bytes == '\\');
}

/* Returns where the caller can write LEN more bytes to OUT. The caller must then call taken(). */
static char *room_for(GString *out, gsize len)
{
	gsize before = out->len;

	if (len >= out->allocated_len - out->len) {
		g_string_set_size(out, before + len);
		out->len = before;
	}
	return out->str + before;
}

/* Sets the length of OUT after bytes up to END were written. */
static void taken(GString *out, char *end)
{
	*end = '\0';
	out->len = (gsize)(end - out->str);
}

/* Writes the escape of C, for which escaped() is true, at P. Returns the end. */
static inline char *put_escape(char *p, char c)
{
	static const char shorts[256] = {
		['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
	};
	guint8 byte = (guint8)c;

	*p++ = '\\';
	if (!shorts[byte])
		return p + g_snprintf(p, ESCAPE_MAX, "u%04X", byte);
	*p++ = shorts[byte];
	return p;
}

/* The room that put_string() needs for LEN bytes. */
static gsize string_room(gsize len)
{
	return ESCAPE_MAX * len + 2 + LANES;
}

/*
 * Writes TEXT, valid UTF-8, as a JSON string at P. Escapes only quotes, backslashes and control
 * characters. Returns the end.
 */
static char *put_string(char *p, const char *text, gsize len)
{
	const char *end = text + len;

	*p++ = '"';
	while (text < end) {
		lanes bytes = {0}; /* NULs at the end are escaped, too, so they are not plain */
		gsize plain;

		if ((gsize)(end - text) >= LANES)
			bytes = lanes_load(text);
		else
			memcpy(&bytes, text, (gsize)(end - text));
		plain = lanes_first(escaped(bytes));
		memcpy(p, &bytes, sizeof(bytes)); /* the bytes after `plain` are overwritten */
		p += plain;
		text += plain;
		if (plain < LANES && text < end)
			p = put_escape(p, *text++);
	}
	*p++ = '"';
	return p;
}

static char *new_line(const struct json_writer *writer, char *p)
{
	*p++ = '\n';
	for (guint i = 0; i < writer->depth; i++, p += INDENT)
		memset(p, ' ', INDENT);
	return p;
}

/*
 * Writes what precedes a value: the comma, the line's start and the key. Returns where the caller
 * can write a value of VALUE_LEN bytes. The caller must then call taken().
 */
static char *begin(struct json_writer *writer, const char *key, gsize value_len)
{
	gsize len = key ? strlen(key) : 0;
	char *p = room_for(writer->out, 6 + (gsize)writer->depth * INDENT + len + value_len);

	if (writer->more)
		*p++ = ',';
	if (writer->depth)
		p = new_line(writer, p);
	if (key) {
		*p++ = '"';
		memcpy(p, key, len);
		memcpy(p + len, "\": ", 3);
		p += len + 3;
	}
	writer->more = TRUE;
	return p;
}

static void plain(struct json_writer *writer, const char *key, const char *text)
{
	gsize len = strlen(text);
	char *p = begin(writer, key, len);

	taken(writer->out, mempcpy(p, text, len));
}

static void write_string(struct json_writer *writer, const char *key, const char *text, gsize len)
{
	char *p = begin(writer, key, string_room(len));

	taken(writer->out, put_string(p, text, len));
}

void json_write_open(struct json_writer *writer, const char *key, char bracket)
{
	char *p = begin(writer, key, 1);

	*p++ = bracket;
	taken(writer->out, p);
	writer->depth++;
	writer->more = FALSE;
}

void json_write_close(struct json_writer *writer, char bracket)
{
	char *p = room_for(writer->out, 2 + (gsize)writer->depth * INDENT);

	writer->depth--;
	if (writer->more)
		p = new_line(writer, p);
	*p++ = bracket;
	taken(writer->out, p);
	writer->more = TRUE;
}

void json_write_text(struct json_writer *writer, const char *key, const char *text)
{
	if (!text) {
		json_write_null(writer, key);
		return;
	}
	write_string(writer, key, text, strlen(text));
}

void json_write_int(struct json_writer *writer, const char *key, gint64 value)
{
	guint64 rest = value < 0 ? -(guint64)value : (guint64)value;
	char digits[24];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--p = '-';
	plain(writer, key, p);
}

void json_write_bool(struct json_writer *writer, const char *key, gboolean value)
{
	plain(writer, key, value ? "true" : "false");
}

/*
 * Writes VALUE, which is at least 0.001 and less than 1e9, in the format of printf("%.17g"), but
 * several times as fast. The text ends before END; returns its start.
 */
static char *put_real(char *end, double value)
{
	int places = 17, exponent;
	guint64 mantissa = (guint64)ldexp(frexp(value, &exponent), 53), scale = 1, digits;
	int shift = 53 - exponent; /* VALUE is mantissa / 2^shift */
	unsigned __int128 product, rest, half = (unsigned __int128)1 << (shift - 1);
	double limit;
	char *p = end;

	/* the number of decimals with which there are 17 digits after the leading zeros */
	for (limit = 1; value >= limit; places--)
		limit *= 10;
	for (limit = 0.1; value < limit; places++)
		limit /= 10;
	for (int i = 0; i < places; i++)
		scale *= 10;
	product = (unsigned __int128)mantissa * scale;
	digits = (guint64)(product >> shift);
	rest = product & (2 * half - 1);
	digits += rest > half || (rest == half && (digits & 1));
	for (int i = 0; i < places; i++, digits /= 10)
		if (digits % 10 || p < end || i == places - 1) /* without zeros at the end */
			*--p = (char)('0' + digits % 10);
	*--p = '.';
	do
		*--p = (char)('0' + digits % 10);
	while (digits /= 10);
	return p;
}

void json_write_real(struct json_writer *writer, const char *key, double value)
{
	json_auto_t *real = NULL;
	char text[40] = "";

	if (value >= 0.001 && value < 1e9) {
		plain(writer, key, put_real(text + sizeof(text) - 1, value));
		return;
	}
	real = json_real(value);
	json_write_value(writer, key, real);
}

void json_write_null(struct json_writer *writer, const char *key)
{
	plain(writer, key, "null");
}

/* Returns NAME with escapes, which the caller frees, or NULL if it needs none. */
static char *escaped_key(const char *name)
{
	gsize len = strlen(name);
	g_autofree char *text = NULL;
	char *end;

	if (lanes_before(name, len, escaped) == len)
		return NULL;
	text = g_malloc(string_room(len));
	end = put_string(text, name, len);
	return g_strndup(text + 1, (gsize)(end - text) - 2); /* without the quotes */
}

void json_write_value(struct json_writer *writer, const char *key, const json_t *value)
{
	gboolean is_object = json_is_object(value);
	const char *name;
	json_t *member;
	char number[64];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		json_write_open(writer, key, is_object ? '{' : '[');
		json_object_foreach ((json_t *)value, name, member) {
			g_autofree char *key_text = escaped_key(name);

			json_write_value(writer, key_text ? key_text : name, member);
		}
		for (gsize i = 0; i < json_array_size(value); i++)
			json_write_value(writer, NULL, json_array_get(value, i));
		json_write_close(writer, is_object ? '}' : ']');
		break;
	case JSON_STRING:
		write_string(writer, key, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		json_write_int(writer, key, json_integer_value(value));
		break;
	case JSON_REAL:
		number[json_dumpb(value, number, sizeof(number) - 1, JSON_ENCODE_ANY)] = '\0';
		plain(writer, key, number);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_write_bool(writer, key, json_is_true(value));
		break;
	default:
		json_write_null(writer, key);
	}
}
