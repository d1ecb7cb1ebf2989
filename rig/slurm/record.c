// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes place.json: the options of a cluster as a place for jobs, its name, and whether
 * its nodes share the record folder.
 */
#include <stdlib.h>

#include "slurm/internal.h"
#include "util/error.h"
#include "util/paths.h"

#define RECORD_MAX (1u << 20)

static json_t *record_json(const struct slurm *s)
{
	const struct slurm_options *o = &s->options;
	json_t *args = json_array();

	for (char *const *arg = o->sbatch_args; arg && *arg; arg++)
		json_array_append_new(args, json_string(*arg));
	return json_pack("{s:i, s:s, s:s?, s:s?, s:s?, s:s?, s:i, s:o, s:b, s:o*}", "version", 1,
			 "name", s->name, "partition", o->partition, "account", o->account, "qos",
			 o->qos, "constraint", o->constraint, "nice", o->nice, "sbatch_args", args,
			 "decided", s->decided, "carried_to", s->carry ? carry_json(s) : NULL);
}

static void fill(const char **value, json_t *json, const char *key)
{
	if (!*value)
		*value = g_strdup(json_string_value(json_object_get(json, key)));
}

gboolean slurm_options_read(const char *dir, struct slurm_options *o)
{
	g_autofree char *file = g_build_filename(dir, "place.json", NULL), *text = NULL;
	json_auto_t *json = NULL;
	json_t *args, *arg;
	size_t i;

	if (!rig_read_file(file, RECORD_MAX, &text, NULL, NULL))
		return FALSE;
	json = json_loads(text, 0, NULL);
	fill(&o->partition, json, "partition");
	fill(&o->account, json, "account");
	fill(&o->qos, json, "qos");
	fill(&o->constraint, json, "constraint");
	o->nice = o->nice ? o->nice : (int)json_integer_value(json_object_get(json, "nice"));
	args = json_object_get(json, "sbatch_args");
	if (!o->sbatch_args && json_array_size(args)) {
		g_autoptr(GStrvBuilder) words = g_strv_builder_new();

		json_array_foreach (args, i, arg)
			g_strv_builder_add(words, json_string_value(arg));
		o->sbatch_args = g_strv_builder_end(words);
	}
	return TRUE;
}

static gboolean write_record(const struct slurm *s, const char *file, GError **error)
{
	json_auto_t *json = record_json(s);
	char *text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	gboolean ok = text ? rig_write_file(file, text, -1, error)
			   : rig_fail(error, RIG_EXIT_USAGE, "an option for sbatch (--partition, "
							     "--account, --qos, --constraint, "
							     "--sbatch-arg) is not valid UTF-8");

	free(text);
	return ok;
}

/*
 * Determines whether the nodes share the record folder, and stores the answer. place.json exists
 * already, so if this process is killed meanwhile, the next one asks again.
 */
static gboolean decide(struct slurm *s, const char *file, GError **error)
{
	gboolean carry = s->options.carry || carry_is_needed(s);

	if (carry && !carry_begin(s, NULL, error))
		return FALSE;
	s->decided = TRUE;
	return write_record(s, file, error);
}

static gboolean read_record(struct slurm *s, const char *file, GError **error)
{
	g_autofree char *text = NULL;
	json_auto_t *json = NULL;
	json_t *nodes;

	if (!rig_read_file(file, RECORD_MAX, &text, NULL, error))
		return FALSE;
	json = json_loads(text, 0, NULL);
	nodes = json_object_get(json, "carried_to");
	s->decided = json_is_true(json_object_get(json, "decided"));
	s->name = g_strdup(json_string_value(json_object_get(json, "name")));
	if (!s->name || !*s->name)
		return rig_fail(error, RIG_EXIT_INFRA, "'%s' is damaged", file);
	return (!nodes || carry_begin(s, nodes, error)) && batches_load(s, error);
}

gboolean record_open(struct slurm *s, const char *name, GError **error)
{
	g_autofree char *file = g_build_filename(s->dir, "place.json", NULL);

	if (g_file_test(file, G_FILE_TEST_EXISTS)) {
		if (!read_record(s, file, error))
			return FALSE;
	} else {
		s->name = g_strdup_printf("rig-%s-%04x", name, g_random_int() & 0xffff);
		if (!write_record(s, file, error))
			return FALSE;
	}
	return s->decided || decide(s, file, error);
}
