/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON as text, value by value, in the format of json_dumps(…, JSON_INDENT(2)): several
 * times as fast as building a tree, because reports contain long texts.
 */
#ifndef RIG_UTIL_JSON_WRITE_H
#define RIG_UTIL_JSON_WRITE_H

#include <glib.h>
#include <jansson.h>

/* Text to which values are appended. All zero except `out` at the start. */
struct json_writer {
	GString *out;
	guint depth;   /* number of open arrays and objects */
	gboolean more; /* the innermost one has a value already */
};

/*
 * In all functions, KEY is the name of the value in the innermost object, ASCII that needs no
 * escape; NULL in an array and at the top. Text must be valid UTF-8.
 */

/* Starts an object (BRACKET is '{') or an array ('['). */
void json_write_open(struct json_writer *writer, const char *key, char bracket);
/* Ends the innermost object ('}') or array (']'). */
void json_write_close(struct json_writer *writer, char bracket);
/* TEXT: NULL writes null. */
void json_write_text(struct json_writer *writer, const char *key, const char *text);
void json_write_int(struct json_writer *writer, const char *key, gint64 value);
void json_write_bool(struct json_writer *writer, const char *key, gboolean value);
void json_write_real(struct json_writer *writer, const char *key, double value);
void json_write_null(struct json_writer *writer, const char *key);
/* Writes a whole tree; the order of keys is kept. */
void json_write_value(struct json_writer *writer, const char *key, const json_t *value);

#endif
