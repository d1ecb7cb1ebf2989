// SPDX-License-Identifier: GPL-2.0-only
/* Converts reports to JSON. docs/scan.schema.json describes the keys. */
#include <string.h>

#include "splat/internal.h"
#include "util/text.h"

json_t *splat_json_text(const char *text)
{
	gsize len = strlen(text);
	g_autofree char *valid = text_is_utf8(text, len) ? NULL : g_utf8_make_valid(text, -1);

	return valid ? json_string_nocheck(valid) : json_stringn_nocheck(text, len);
}

static const char *const weights[] = {
	[SPLAT_FAIL] = "fail",
	[SPLAT_LOST] = "lost",
	[SPLAT_NOTE] = "note",
};

/* Writes TEXT, which may have any bytes. */
static void write_any(struct json_writer *writer, const char *key, const char *text)
{
	g_autofree char *valid = !text || text_is_utf8(text, strlen(text))
					 ? NULL
					 : g_utf8_make_valid(text, -1);

	json_write_text(writer, key, valid ? valid : text);
}

static void write_task(struct json_writer *writer, const struct splat *splat)
{
	json_write_open(writer, "task", '{');
	if (splat->comm)
		write_any(writer, "comm", splat->comm);
	if (splat->pid >= 0)
		json_write_int(writer, "pid", splat->pid);
	if (splat->cpu >= 0)
		json_write_int(writer, "cpu", splat->cpu);
	json_write_close(writer, '}');
}

static void write_names(struct json_writer *writer, const char *key, char *const *names, guint n)
{
	json_write_open(writer, key, '[');
	for (guint i = 0; i < n; i++)
		write_any(writer, NULL, names[i]);
	json_write_close(writer, ']');
}

static void write_lock(struct json_writer *writer, const char *key, const struct splat_lock *lock)
{
	if (!lock->lock_class) {
		json_write_null(writer, key);
		return;
	}
	json_write_open(writer, key, '{');
	for (gsize i = 0; i < n_lock_fields; i++) {
		const struct lock_field *field = &lock_fields[i];

		if (field->is_number && lock_number(lock, field) >= 0)
			json_write_int(writer, field->key, lock_number(lock, field));
		else if (!field->is_number && lock_text(lock, field))
			write_any(writer, field->key, lock_text(lock, field));
	}
	json_write_close(writer, '}');
}

static void write_locks(struct json_writer *writer, const struct splat *splat)
{
	char **cycle = splat->cycle, **taken_in = splat->taken_in;

	write_lock(writer, "acquired", &splat->acquiring);
	write_lock(writer, "held", &splat->holding);
	json_write_open(writer, "held_locks", '[');
	for (guint i = 0; splat->held && i < splat->held->len; i++)
		write_lock(writer, NULL, splat->held->pdata[i]);
	json_write_close(writer, ']');
	write_names(writer, "cycle", cycle, cycle ? g_strv_length(cycle) : 0);
	write_names(writer, "taken_in", taken_in, taken_in ? g_strv_length(taken_in) : 0);
}

static void write_signature(struct json_writer *writer, const struct splat *splat)
{
	json_write_open(writer, "signature", '{');
	json_write_text(writer, "bug", splat->bug);
	json_write_text(writer, "former", splat->former);
	json_write_text(writer, "path", splat->path);
	json_write_text(writer, "exact", splat->exact);
	json_write_close(writer, '}');
}

void splat_write_json(struct json_writer *writer, const struct splat *splat)
{
	const GPtrArray *frames = splat->frames;

	json_write_text(writer, "kind", splat->kind);
	json_write_text(writer, "weight", weights[splat->weight]);
	write_any(writer, "title", splat->title);
	write_any(writer, "function", splat->function);
	json_write_bool(writer, "corrupted", splat->corrupted);
	json_write_text(writer, "corrupted_why", splat->corrupted_why);
	json_write_bool(writer, "induced", splat->induced);
	json_write_bool(writer, "truncated", splat->truncated);
	json_write_bool(writer, "validator_off", splat->validator_off);
	write_signature(writer, splat);
	json_write_int(writer, "first_line", (gint64)splat->first_line);
	json_write_int(writer, "last_line", (gint64)splat->last_line);
	json_write_int(writer, "first_byte", (gint64)splat->first_byte);
	json_write_int(writer, "last_byte", splat->end_byte ? (gint64)splat->end_byte - 1 : 0);
	if (splat->when >= 0)
		json_write_real(writer, "when", splat->when);
	else
		json_write_null(writer, "when");
	json_write_int(writer, "missed", splat->missed);
	write_task(writer, splat);
	write_locks(writer, splat);
	write_names(writer, "frames", frames ? (char **)frames->pdata : NULL,
		    frames ? frames->len : 0);
	if (splat->detail) {
		json_write_value(writer, "detail", splat->detail);
	} else {
		json_write_open(writer, "detail", '{');
		json_write_close(writer, '}');
	}
	json_write_text(writer, "text", splat->text);
}

json_t *splat_to_json(const struct splat *splat)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct json_writer writer = {.out = text};
	json_t *json;

	json_write_open(&writer, NULL, '{');
	splat_write_json(&writer, splat);
	if (splat->known)
		json_write_value(&writer, "known", splat->known);
	json_write_close(&writer, '}');
	json = json_loads(text->str, 0, NULL);
	g_assert(json);
	return json;
}
