// SPDX-License-Identifier: GPL-2.0-only
/* Converts reports to JSON. docs/reports.md lists the keys. */
#include <string.h>

#include "splat/internal.h"

json_t *splat_json_text(const char *text)
{
	gsize len = strlen(text);
	g_autofree char *valid =
		g_utf8_validate(text, (gssize)len, NULL) ? NULL : g_utf8_make_valid(text, -1);

	return valid ? json_string_nocheck(valid) : json_stringn_nocheck(text, len);
}

static const char *const weights[] = {
	[SPLAT_FAIL] = "fail",
	[SPLAT_LOST] = "lost",
	[SPLAT_NOTE] = "note",
};

static json_t *task_json(const struct splat *splat)
{
	json_t *task = json_object();

	if (splat->comm)
		json_object_set_new(task, "comm", splat_json_text(splat->comm));
	if (splat->pid >= 0)
		json_object_set_new(task, "pid", json_integer(splat->pid));
	if (splat->cpu >= 0)
		json_object_set_new(task, "cpu", json_integer(splat->cpu));
	return task;
}

static json_t *names_json(char *const *names)
{
	json_t *array = json_array();

	for (guint i = 0; names && names[i]; i++)
		json_array_append_new(array, splat_json_text(names[i]));
	return array;
}

static json_t *frames_json(const GPtrArray *frames)
{
	json_t *array = json_array();

	for (guint i = 0; frames && i < frames->len; i++)
		json_array_append_new(array, splat_json_text(frames->pdata[i]));
	return array;
}

static json_t *held_json(const GPtrArray *held)
{
	json_t *array = json_array();

	for (guint i = 0; held && i < held->len; i++)
		json_array_append_new(array, splat_lock_json(held->pdata[i]));
	return array;
}

json_t *splat_to_json(const struct splat *splat)
{
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s?, s:b, s:s?, s:b, s:b, s:b}", "kind", splat->kind,
			  "weight", weights[splat->weight], "title", splat->title, "function",
			  splat->function, "corrupted", splat->corrupted, "corrupted_why",
			  splat->corrupted_why, "induced", splat->induced, "truncated",
			  splat->truncated, "validator_off", splat->validator_off);

	json_object_set_new(json, "signature",
			    json_pack("{s:s, s:s?, s:s, s:s}", "bug", splat->bug, "former",
				      splat->former, "path", splat->path, "exact",
				      splat->exact));
	json_object_set_new(json, "first_line", json_integer(splat->first_line));
	json_object_set_new(json, "last_line", json_integer(splat->last_line));
	json_object_set_new(json, "first_byte", json_integer(splat->first_byte));
	json_object_set_new(json, "last_byte",
			    json_integer(splat->end_byte ? splat->end_byte - 1 : 0));
	json_object_set_new(json, "when", splat->when >= 0 ? json_real(splat->when) : json_null());
	json_object_set_new(json, "missed", json_integer(splat->missed));
	json_object_set_new(json, "task", task_json(splat));
	json_object_set_new(json, "acquired", splat_lock_json(&splat->acquiring));
	json_object_set_new(json, "held", splat_lock_json(&splat->holding));
	json_object_set_new(json, "held_locks", held_json(splat->held));
	json_object_set_new(json, "cycle", names_json(splat->cycle));
	json_object_set_new(json, "taken_in", names_json(splat->taken_in));
	json_object_set_new(json, "frames", frames_json(splat->frames));
	json_object_set_new(json, "detail",
			    splat->detail ? json_incref(splat->detail) : json_object());
	/* the text is valid UTF-8 */
	json_object_set_new(json, "text", json_string_nocheck(splat->text));
	if (splat->known)
		json_object_set(json, "known", splat->known);
	return json;
}
