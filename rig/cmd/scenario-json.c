// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig scenario show --json: a scenario with all keys of its file. Keys of a step whose value is the
 * default are left out, except `chance` and `timeout`.
 */
#include "cmd/scenario.h"
#include "scenario/scenario.h"

json_t *scenario_strings_json(char **strings)
{
	json_t *array = json_array();

	for (char **s = strings; *s; s++)
		json_array_append_new(array, json_string(*s));
	return array;
}

static json_t *range_json(const struct range *range)
{
	return range->low == range->high
		       ? json_integer(range->low)
		       : json_pack("[I, I]", (json_int_t)range->low, (json_int_t)range->high);
}

/* Adds those values of STEP that are not the default. */
static void add_options(json_t *json, const struct step *step)
{
	const struct {
		const char *key;
		guint64 value;
	} numbers[] = {{"label", step->label}, {"block", step->block}, {"node", step->node}};
	const struct {
		const char *key;
		gboolean value;
	} flags[] = {{"prealloc", step->prealloc}, {"inaccessible", step->inaccessible},
		     {"memslots", step->memslots}, {"at_boot", step->at_boot},
		     {"once", step->once}};

	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (numbers[i].value)
			json_object_set_new(json, numbers[i].key,
					    json_integer((json_int_t)numbers[i].value));
	for (guint i = 0; i < G_N_ELEMENTS(flags); i++)
		if (flags[i].value)
			json_object_set_new(json, flags[i].key, json_true());
	if (step->file)
		json_object_set_new(json, "file", json_string(step->file));
	if (step->backend)
		json_object_set_new(json, "backend", json_string(step_backend_name(step->backend)));
}

static json_t *step_json(const struct step *step)
{
	json_t *json =
		json_pack("{s:s, s:i}", "do", step_do_name(step->what), "chance", step->chance);

	if (step->id)
		json_object_set_new(json, "id", json_string(step->id));
	if (step->what == STEP_PLUG)
		json_object_set_new(json, "device", json_string(step_device_name(step->device)));
	if (step->what == STEP_ONLINE)
		json_object_set_new(json, "how", json_string(step_how_name(step->how)));
	if (step->what == STEP_CPU) {
		json_object_set_new(json, "cpu", json_integer(step->cpu));
		json_object_set_new(json, "write", json_integer(step->write));
	}
	if (step->size.high || step->what == STEP_RESIZE)
		json_object_set_new(json, "size", range_json(&step->size));
	if (step->requested.high)
		json_object_set_new(json, "requested", range_json(&step->requested));
	add_options(json, step);
	if (step->what == STEP_WAIT || step->what == STEP_PAUSE)
		json_object_set_new(json, "ms", range_json(&step->ms));
	if (step->what != STEP_WAIT)
		json_object_set_new(json, "timeout", json_integer(step->timeout_s));
	return json;
}

static json_t *agent_json(const struct agent *agent)
{
	json_t *params = json_object();

	for (unsigned i = 0; i < agent->n_params; i++)
		json_object_set_new(params, agent->params[i].key,
				    json_string(agent->params[i].value));
	return json_pack("{s:s, s:i, s:i, s:b, s:o}", "name", agent->name, "count", agent->count,
			 "rate", agent->rate, "optional", agent->optional, "params", params);
}

json_t *scenario_holds_json(const struct scenario *s)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < s->n_holds; i++) {
		g_autofree char *text = hold_text(&s->holds[i]);

		json_array_append_new(array, json_string(text));
	}
	return array;
}

json_t *scenario_fails_json(const struct scenario *s)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < s->n_fails; i++) {
		g_autofree char *text = fail_text(&s->fails[i]);

		json_array_append_new(array, json_string(text));
	}
	return array;
}

static json_t *tracks_json(const struct scenario *s)
{
	json_t *tracks = json_array();

	for (unsigned t = 0; t < s->n_tracks; t++) {
		json_t *steps = json_array();

		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			json_array_append_new(steps, step_json(&s->tracks[t].steps[i]));
		json_array_append_new(tracks,
				      json_pack("{s:i, s:i, s:o}", "copies", s->tracks[t].copies,
						"repeat", s->tracks[t].repeat, "steps", steps));
	}
	return tracks;
}

static json_t *outcomes_json(const struct expect *expect)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < expect->n_outcomes; i++) {
		const struct expect_outcome *one = &expect->outcomes[i];
		json_t *json = json_pack("{s:s, s:s}", one->agent ? "agent" : "do",
					 one->agent ? one->agent : step_do_name(one->what),
					 "result", one->result);

		if (one->id)
			json_object_set_new(json, "id", json_string(one->id));
		json_array_append_new(array, json);
	}
	return array;
}

/* Returns the kernel that the scenario needs, and what the guest gets in addition. */
static json_t *build_json(const struct scenario *s)
{
	json_t *modules = json_array(), *files = json_array();

	for (unsigned i = 0; i < s->n_modules; i++)
		json_array_append_new(modules,
				      json_sprintf("%s%s", s->modules[i].folder ? "./" : "",
						   s->modules[i].name));
	for (unsigned i = 0; i < s->n_files; i++)
		json_array_append_new(files, json_string(s->files[i].name));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "kernel", s->full ? "full" : "standard",
			 "kconfig", scenario_strings_json(s->kconfig), "modules", modules, "files",
			 files, "needs", scenario_strings_json(s->needs), "vary",
			 scenario_strings_json(s->vary));
}

json_t *scenario_json(const struct scenario *s)
{
	g_autofree char *cmdline = scenario_cmdline(s);
	json_t *agents = json_array(), *json;

	for (unsigned i = 0; i < s->n_agents; i++)
		json_array_append_new(agents, agent_json(&s->agents[i]));
	json = json_pack(
		"{s:s, s:s, s:s, s:o, s:I, s:I, s:i, s:i, s:i, s:i, s:b, s:i, s:i, s:i, s:i, s:b, "
		"s:b, s:s, s:s, s:o, s:o, s:s?, s:o, s:o, s:o, s:o, s:o}",
		"name", s->name, "file", s->file, "about", s->about, "machines",
		scenario_strings_json(s->machines), "memory", (json_int_t)s->memory, "max_memory",
		(json_int_t)s->max_memory, "slots", s->slots, "nodes", s->nodes, "base_nodes",
		s->base_nodes, "cpu_nodes", s->cpu_nodes, "hmat", s->hmat, "cpus", s->cpus,
		"max_cpus", s->max_cpus, "duration", s->duration_s, "boot", s->boot_s, "accounts",
		s->accounts, "coverage", s->coverage, "cmdline", cmdline, "online", s->online,
		"agents", agents, "tracks", tracks_json(s), "expect", s->expect.kind, "cycle",
		scenario_strings_json(s->expect.cycle), "outcomes", outcomes_json(&s->expect),
		"holds", scenario_holds_json(s), "fail", scenario_fails_json(s), "hold_cycle",
		scenario_strings_json(s->hold_cycle));
	json_object_update_new(json, build_json(s));
	return json;
}
