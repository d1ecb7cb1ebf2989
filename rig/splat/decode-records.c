// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decodes output of journalctl and dmesg in which an entry has several lines. Each entry becomes a
 * line of JSON in the format of `journalctl -o json`, which journal-json.c reads. The formats are
 * described in systemd's "Journal Export Formats" and "Journal JSON Format", in journalctl(1)
 * (verbose), and in dmesg(1) (--json).
 */
#include <jansson.h>
#include <string.h>

#include "splat/decode-parts.h"

#define ENTRY_MAX 65536 /* maximum number of bytes of an entry; the rest is dropped */

struct records {
	enum records_form form;
	decode_sink sink;
	void *data;
	GString *line;	 /* the current line, possibly incomplete */
	GString *object; /* RECORDS_OBJECTS: the text of the current entry; "" outside an entry */
	json_t *entry;	 /* other forms: the fields of the current entry */
	/* RECORDS_EXPORT: the name of the field whose binary value is being read; or NULL */
	char *field;
	/*
	 * number of bytes of that value (with its length and line end) that are still to be read;
	 * NEED_LENGTH until its length was read
	 */
	guint64 left;
};

#define NEED_LENGTH G_MAXUINT64
#define LENGTH_BYTES 8

/* The fields that journal-json.c reads. */
static const char *const fields[] = {
	"MESSAGE",
	"_TRANSPORT",
	"SYSLOG_IDENTIFIER",
	"_SOURCE_MONOTONIC_TIMESTAMP",
	"__MONOTONIC_TIMESTAMP",
	"msg",
	"fac",
	"time",
	"caller",
};

static gboolean has_at_line_start(const char *text, const char *words)
{
	for (const char *at = text; (at = strstr(at, words)); at++)
		if (at == text || at[-1] == '\n')
			return TRUE;
	return FALSE;
}

/* Returns TRUE if TEXT has a member of an entry: other JSON can contain a log, too. */
static gboolean has_field(const char *text)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autofree char *key = g_strdup_printf("\"%s\"", fields[i]);

		if (strstr(text, key))
			return TRUE;
	}
	return FALSE;
}

enum records_form records_begin(const char *start, gsize len)
{
	g_autofree char *text = g_strndup(start, len);
	const char *first = text + strspn(text, " \t\r\n");

	if (*first == '{' && first[1 + strspn(first + 1, " \t\r")] == '\n' && has_field(text))
		return RECORDS_OBJECTS;
	if (has_at_line_start(text, "__CURSOR=") ||
	    has_at_line_start(text, "__REALTIME_TIMESTAMP="))
		return RECORDS_EXPORT;
	if (strstr(text, " [s=") && strstr(text, ";b=") && has_at_line_start(text, "    _"))
		return RECORDS_VERBOSE;
	return RECORDS_NONE;
}

struct records *records_new(enum records_form form, decode_sink sink, void *data)
{
	struct records *r = g_new0(struct records, 1);

	r->form = form;
	r->sink = sink;
	r->data = data;
	r->line = g_string_new(NULL);
	r->object = g_string_new(NULL);
	return r;
}

/* Passes these fields of ENTRY to the sink, as a line of JSON. */
static void give_entry(struct records *r, const json_t *entry)
{
	json_auto_t *kept = json_object();
	g_autofree char *text = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		json_t *value = json_object_get(entry, fields[i]);

		if (value)
			json_object_set(kept, fields[i], value);
	}
	if (!json_object_size(kept))
		return;
	text = json_dumps(kept, JSON_COMPACT);
	r->sink((const guint8 *)text, strlen(text), r->data);
	r->sink((const guint8 *)"\n", 1, r->data);
}

static void end_entry(struct records *r)
{
	if (r->entry)
		give_entry(r, r->entry);
	g_clear_pointer(&r->entry, json_decref);
}

static void set_field(struct records *r, const char *name, const char *value, gsize len)
{
	if (!r->entry)
		r->entry = json_object();
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autofree char *text = NULL;

		if (strcmp(name, fields[i]) != 0)
			continue;
		text = g_utf8_make_valid(value, (gssize)len);
		json_object_set_new(r->entry, name, json_string(text));
	}
}

/*
 * ---- Objects: "{", "},{" and "}" are on separate lines; no value has several lines
 * ---------------- ----
 */

static void take_object_line(struct records *r)
{
	const char *text = r->line->str + strspn(r->line->str, " \t");
	json_auto_t *entry = NULL;

	if (*text == '}' && r->object->len) {
		g_string_append_c(r->object, '}');
		entry = json_loads(r->object->str, 0, NULL);
		if (entry)
			give_entry(r, entry);
		g_string_truncate(r->object, 0);
	}
	text += strspn(text, "}, ");
	if (*text == '{') /* an array can contain objects */
		g_string_assign(r->object, text);
	else if (r->object->len && r->object->len + r->line->len < ENTRY_MAX)
		g_string_append(r->object, text);
}

/*
 * Export: "NAME=value", or "NAME", 8 bytes of length, the value and a line end -------------------
 */

static void take_export_line(struct records *r)
{
	char *equals = strchr(r->line->str, '=');

	if (!r->line->len) {
		end_entry(r);
	} else if (equals) {
		*equals = '\0';
		set_field(r, r->line->str, equals + 1,
			  r->line->len - (gsize)(equals + 1 - r->line->str));
	} else {
		r->field = g_strdup(r->line->str);
		r->left = NEED_LENGTH;
	}
}

/* Adds a byte of a binary value to the line. */
static void take_binary(struct records *r, guint8 byte)
{
	if (r->left != NEED_LENGTH) {
		r->left--;
		if (r->left && r->line->len < ENTRY_MAX)
			g_string_append_c(r->line, (char)byte);
	} else {
		g_string_append_c(r->line, (char)byte);
		if (r->line->len < LENGTH_BYTES)
			return;
		r->left = 0;
		for (guint i = LENGTH_BYTES; i-- > 0;)
			r->left = r->left << 8 | (guint8)r->line->str[i];
		r->left = MIN(r->left, NEED_LENGTH - 2) + 1;
		g_string_truncate(r->line, 0);
	}
	if (r->left)
		return;
	set_field(r, r->field, r->line->str, r->line->len);
	g_clear_pointer(&r->field, g_free);
	g_string_truncate(r->line, 0);
}

/*
 * Verbose: a line with date and cursor, then "    NAME=value" -------------------------------------
 */

static void take_verbose_line(struct records *r)
{
	const char *text = r->line->str + strspn(r->line->str, " ");
	char *equals = strchr(text, '=');

	if (text == r->line->str) {
		end_entry(r);
	} else if (equals) {
		*equals = '\0';
		set_field(r, text, equals + 1, strlen(equals + 1));
	}
}

static void take_line(struct records *r)
{
	if (r->line->len && r->line->str[r->line->len - 1] == '\r')
		g_string_truncate(r->line, r->line->len - 1);
	if (r->form == RECORDS_OBJECTS)
		take_object_line(r);
	else if (r->form == RECORDS_EXPORT)
		take_export_line(r);
	else
		take_verbose_line(r);
	g_string_truncate(r->line, 0);
}

void records_feed(struct records *r, const guint8 *bytes, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (r->field)
			take_binary(r, bytes[i]);
		else if (bytes[i] == '\n')
			take_line(r);
		else if (bytes[i] && r->line->len < ENTRY_MAX)
			g_string_append_c(r->line, (char)bytes[i]);
	}
}

void records_end(struct records *r)
{
	if (r->line->len && !r->field)
		take_line(r);
	end_entry(r);
	g_string_free(r->line, TRUE);
	g_string_free(r->object, TRUE);
	g_free(r->field);
	g_free(r);
}
