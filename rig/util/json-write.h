/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON as text, value by value, in the format of json_dumps(…, JSON_INDENT(2)). For the long
 * texts of reports, this is several times as fast as building a tree of json_t.
 */
#ifndef RIG_UTIL_JSON_WRITE_H
#define RIG_UTIL_JSON_WRITE_H

#include <glib.h>
#include <jansson.h>

/* The state of writing. At the start, all fields except `out` are zero. */
struct json_writer {
	GString *out;
	guint depth;   /* number of open arrays and objects */
	gboolean more; /* the innermost array or object has a value already */
};

/*
 * In all functions, KEY is the name of the value, in ASCII that needs no escape, if the innermost
 * open value is an object; in an array and at the top, KEY is NULL. Text must be valid UTF-8.
 */

/* Starts an object (BRACKET is '{') or an array ('['). */
void json_write_open(struct json_writer *writer, const char *key, char bracket);
/* Ends the innermost object ('}') or array (']'). */
void json_write_close(struct json_writer *writer, char bracket);
/* Writes a string, or null if TEXT is NULL. */
void json_write_text(struct json_writer *writer, const char *key, const char *text);
void json_write_int(struct json_writer *writer, const char *key, gint64 value);
void json_write_bool(struct json_writer *writer, const char *key, gboolean value);
void json_write_real(struct json_writer *writer, const char *key, double value);
void json_write_null(struct json_writer *writer, const char *key);
/* Writes a whole tree, whose keys may need escapes; the order of keys is kept. */
void json_write_value(struct json_writer *writer, const char *key, const json_t *value);

#endif
