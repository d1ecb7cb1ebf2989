// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decodes output of journalctl and dmesg in which one entry has several lines, and JSON in which
 * entries are in an array. Each entry becomes a line of JSON in the format of `journalctl -o json`,
 * which journal-json.c reads. The formats are described in systemd's "Journal Export Formats" and
 * "Journal JSON Format", in journalctl(1) (verbose), and in dmesg(1) (--json).
 */
#include <jansson.h>
#include <string.h>

#include "splat/decode-parts.h"
#include "splat/internal.h"

#define ENTRY_MAX 65536 /* maximum number of bytes of an entry; the rest is dropped */
#define OBJECTS_MAX 16	/* maximum depth of objects inside others */

struct records {
	enum records_form form;
	decode_sink sink;
	void *data;
	GString *line;	 /* the current line, possibly incomplete */
	/*
	 * RECORDS_OBJECTS: the text from the start of the outermost object on. starts[N] is the
	 * position in it at which the object at depth N begins.
	 */
	GString *object;
	gsize starts[OBJECTS_MAX];
	guint depth;
	gboolean in_string, after_backslash;
	json_t *entry; /* RECORDS_EXPORT and RECORDS_VERBOSE: the fields of the current entry */
	/* RECORDS_EXPORT: the name of the field whose binary value is being read; or NULL */
	char *field;
	/*
	 * RECORDS_EXPORT: number of bytes of the binary value (with its length and line end) that
	 * are not read yet; NEED_LENGTH while its length is not known
	 */
	guint64 left;
};

#define NEED_LENGTH G_MAXUINT64
#define LENGTH_BYTES 8

static gboolean has_at_line_start(const char *text, const char *words)
{
	for (const char *at = text; (at = strstr(at, words)); at++)
		if (at == text || at[-1] == '\n')
			return TRUE;
	return FALSE;
}

/*
 * Returns TRUE if TEXT is JSON in which an entry has several lines, or the entries are in an array.
 * Returns FALSE if each entry has one line: journal-json.c reads this without decoding.
 */
static gboolean is_objects(const char *text)
{
	const char *next, *array = strchr(text, '[');

	if ((*text != '[' && *text != '{') || !journal_has_message(text))
		return FALSE;
	next = text + 1 + strspn(text + 1, " \t\r\n");
	if (*text == '[')
		return *next == '{';
	return memchr(text, '\n', (gsize)(next - text)) ||
	       (array && array[1 + strspn(array + 1, " \t\r\n")] == '{');
}

enum records_form records_begin(const char *start, gsize len)
{
	g_autofree char *text = g_strndup(start, len);

	if (is_objects(text + strspn(text, " \t\r\n")))
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

/* Passes the fields of ENTRY that journal-json.c reads to the sink, as a line of JSON. */
static void give_entry(struct records *r, const json_t *entry)
{
	json_auto_t *kept = json_object();
	g_autofree char *text = NULL;
	gboolean any = FALSE;

	for (gsize i = 0; i < n_journal_fields; i++) {
		json_t *value = json_object_get(entry, journal_fields[i]);

		if (value)
			json_object_set(kept, journal_fields[i], value);
		any |= value && i < JOURNAL_MESSAGES && !json_is_object(value);
	}
	if (!any)
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
	for (gsize i = 0; i < n_journal_fields; i++) {
		g_autofree char *text = NULL;

		if (strcmp(name, journal_fields[i]) != 0)
			continue;
		text = g_utf8_make_valid(value, (gssize)len);
		json_object_set_new(r->entry, name, json_string(text));
	}
}

/* Objects, in any layout: on several lines or on one, in arrays and in other objects ------ */

static gboolean ends_with(const GString *text, const char *end)
{
	return text->len >= strlen(end) && strcmp(text->str + text->len - strlen(end), end) == 0;
}

/* Returns the position in the text at which the innermost object begins. */
static gsize innermost(const struct records *r)
{
	return r->starts[MIN(r->depth, OBJECTS_MAX) - 1];
}

/*
 * Handles the end of the innermost object: passes its fields to the sink, and replaces it by "null"
 * in the object that contains it. In an array, a second "null" is dropped, so that the text does
 * not grow with the array.
 */
static void end_object(struct records *r)
{
	json_auto_t *entry = NULL;
	gsize start;

	if (r->depth-- > OBJECTS_MAX)
		return;
	start = r->starts[r->depth];
	entry = json_loads(r->object->str + start, 0, NULL);
	if (entry)
		give_entry(r, entry);
	g_string_truncate(r->object, start);
	if (r->depth && start - innermost(r) < ENTRY_MAX)
		g_string_append(r->object, "null");
	if (ends_with(r->object, "[null,null"))
		g_string_truncate(r->object, r->object->len - strlen(",null"));
}

/*
 * Handles a character: inside of objects it is stored, outside it is dropped. Braces inside of
 * strings do not begin or end an object.
 */
static void take_object_byte(struct records *r, char c)
{
	if (c == '{' && !r->in_string) {
		if (r->depth < OBJECTS_MAX)
			r->starts[r->depth] = r->object->len;
		r->depth++;
	}
	if (!r->depth || !c || (!r->in_string && g_ascii_isspace(c)))
		return;
	if (r->object->len - innermost(r) < ENTRY_MAX)
		g_string_append_c(r->object, c);
	if (c == '"' && !r->after_backslash)
		r->in_string = !r->in_string;
	r->after_backslash = c == '\\' && r->in_string && !r->after_backslash;
	if (c == '}' && !r->in_string)
		end_object(r);
}

/* Export: "NAME=value", or for binary values "NAME", 8 bytes of length, the value, a line end -- */

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
	if (r->form == RECORDS_EXPORT)
		take_export_line(r);
	else
		take_verbose_line(r);
	g_string_truncate(r->line, 0);
}

void records_feed(struct records *r, const guint8 *bytes, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (r->form == RECORDS_OBJECTS)
			take_object_byte(r, (char)bytes[i]);
		else if (r->field)
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
