// SPDX-License-Identifier: GPL-2.0-only
/* rig scenario show: prints a scenario in full, as text or JSON. */
#include <stdio.h>
#include <string.h>

#include "cmd/scenario.h"
#include "scenario/scenario.h"
#include "util/error.h"
#include "util/size.h"
#include "util/term.h"

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
	if (step->size.high)
		json_object_set_new(json, "size", range_json(&step->size));
	if (step->requested.high)
		json_object_set_new(json, "requested", range_json(&step->requested));
	if (step->label)
		json_object_set_new(json, "label", json_integer((json_int_t)step->label));
	if (step->file)
		json_object_set_new(json, "file", json_string(step->file));
	if (step->block)
		json_object_set_new(json, "block", json_integer((json_int_t)step->block));
	if (step->prealloc)
		json_object_set_new(json, "prealloc", json_true());
	if (step->inaccessible)
		json_object_set_new(json, "inaccessible", json_true());
	if (step->memslots)
		json_object_set_new(json, "memslots", json_true());
	if (step->what == STEP_WAIT || step->what == STEP_PAUSE)
		json_object_set_new(json, "ms", range_json(&step->ms));
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

/* Returns the scenario's holds as texts in the format of `rig run --hold`. */
static json_t *holds_json(const struct scenario *s)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < s->n_holds; i++) {
		g_autofree char *text = hold_text(&s->holds[i]);

		json_array_append_new(array, json_string(text));
	}
	return array;
}

static json_t *fails_json(const struct scenario *s)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < s->n_fails; i++) {
		g_autofree char *text = fail_text(&s->fails[i]);

		json_array_append_new(array, json_string(text));
	}
	return array;
}

static json_t *scenario_json(const struct scenario *s)
{
	g_autofree char *cmdline = scenario_cmdline(s);
	json_t *agents = json_array(), *tracks = json_array();

	for (unsigned i = 0; i < s->n_agents; i++)
		json_array_append_new(agents, agent_json(&s->agents[i]));
	for (unsigned t = 0; t < s->n_tracks; t++) {
		json_t *steps = json_array();

		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			json_array_append_new(steps, step_json(&s->tracks[t].steps[i]));
		json_array_append_new(tracks,
				      json_pack("{s:i, s:i, s:o}", "copies", s->tracks[t].copies,
						"repeat", s->tracks[t].repeat, "steps", steps));
	}
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:I, s:I, s:i, s:i, s:b, s:i, s:i, s:i, s:s, s:o, s:o, s:o, "
		"s:s?, s:o, s:o, s:o, s:o}",
		"name", s->name, "file", s->file, "about", s->about, "machines",
		scenario_strings_json(s->machines), "memory", (json_int_t)s->memory, "max_memory",
		(json_int_t)s->max_memory, "slots", s->slots, "nodes", s->nodes, "hmat",
		s->hmat, "cpus", s->cpus, "max_cpus", s->max_cpus, "duration", s->duration_s,
		"cmdline", cmdline, "needs", scenario_strings_json(s->needs), "agents", agents,
		"tracks", tracks, "expect", s->expect.kind, "cycle",
		scenario_strings_json(s->expect.cycle), "vary", scenario_strings_json(s->vary),
		"holds", holds_json(s), "fail", fails_json(s));
}

static char *range_text(const struct range *range, gboolean is_size)
{
	g_autofree char *low = is_size ? rig_size_text(range->low)
				       : g_strdup_printf("%" G_GUINT64_FORMAT, range->low);
	g_autofree char *high = is_size ? rig_size_text(range->high)
					: g_strdup_printf("%" G_GUINT64_FORMAT, range->high);

	return range->low == range->high ? g_steal_pointer(&low)
					 : g_strdup_printf("%s to %s", low, high);
}

static void print_size(const char *key, guint64 size)
{
	g_autofree char *text = rig_size_text(size);

	if (size)
		printf(", %s %s", key, text);
}

static void print_step_options(const struct step *step)
{
	g_autofree char *requested = range_text(&step->requested, TRUE);

	if (step->requested.high)
		printf(", requested %s", requested);
	print_size("label", step->label);
	if (step->file)
		printf(", file %s", step->file);
	print_size("block", step->block);
	if (step->node)
		printf(", node %u", step->node);
	if (step->prealloc)
		fputs(", prealloc", stdout);
	if (step->inaccessible)
		fputs(", inaccessible", stdout);
	if (step->memslots)
		fputs(", memslots", stdout);
}

static void print_step(const struct step *step)
{
	g_autofree char *size = range_text(&step->size, TRUE), *ms = range_text(&step->ms, FALSE);

	printf("    %-7s", step_do_name(step->what));
	if (step->id)
		printf(" %s", step->id);
	if (step->what == STEP_PLUG)
		printf(" %s%s", step_device_name(step->device), step->once ? ", once" : "");
	if (step->what == STEP_ONLINE)
		printf(" %s", step_how_name(step->how));
	if (step->what == STEP_CPU)
		printf(" %u, write %u", step->cpu, step->write);
	if (step->size.high)
		printf(" %s", size);
	print_step_options(step);
	if (step->what == STEP_WAIT || step->what == STEP_PAUSE)
		printf(" %s ms", ms);
	if (step->chance < 100)
		printf("  (%u %%)", step->chance);
	putchar('\n');
}

static const char *about_agent(const char *name)
{
	for (const struct agent_info *info = scenario_agents; info->name; info++)
		if (!strcmp(info->name, name))
			return info->about;
	return "";
}

static void print_agent(const struct agent *agent)
{
	printf("    %s: %s", agent->name, about_agent(agent->name));
	if (agent->count > 1)
		printf(" × %u", agent->count);
	if (agent->rate)
		printf(", %u a second%s", agent->rate, agent->count > 1 ? " each" : "");
	for (unsigned i = 0; i < agent->n_params; i++)
		printf(", %s=%s", agent->params[i].key, agent->params[i].value);
	puts(agent->optional ? "  (optional)" : "");
}

/*
 * Adds a step or agent to the takers of each of LOCKS. TAKERS maps a lock to the names of the
 * steps and agents that take it ("unplug, block-state"). ORDER has the locks in the order in which
 * they were added.
 */
static void add_locks(GHashTable *takers, GPtrArray *order, const char *const *locks,
		      const char *who)
{
	for (; locks && *locks; locks++) {
		GString *list = g_hash_table_lookup(takers, *locks);

		if (!list) {
			list = g_string_new(NULL);
			g_hash_table_insert(takers, (gpointer)*locks, list);
			g_ptr_array_add(order, (gpointer)*locks);
		}
		if (!strstr(list->str, who))
			g_string_append_printf(list, "%s%s", list->len ? ", " : "", who);
	}
}

static void free_text(gpointer text)
{
	g_string_free(text, TRUE);
}

static void print_locks(const struct scenario *s)
{
	g_autoptr(GHashTable) takers =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_text);
	g_autoptr(GPtrArray) order = g_ptr_array_new();

	for (unsigned i = 0; i < s->n_agents; i++)
		add_locks(takers, order, scenario_agent_locks(s->agents[i].name),
			  s->agents[i].name);
	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			const struct step *step = &s->tracks[t].steps[i];

			add_locks(takers, order, scenario_step_locks(step->what, step->device),
				  step_do_name(step->what));
		}
	if (order->len)
		puts("  locks, and what takes them");
	for (guint i = 0; i < order->len; i++)
		printf("    %-20s %s\n", (char *)order->pdata[i],
		       ((GString *)g_hash_table_lookup(takers, order->pdata[i]))->str);
}

/* Prints an array of strings, a line each, below TITLE. Takes over the reference. */
static void print_texts(const char *title, json_t *texts)
{
	json_t *text;
	size_t i;

	if (json_array_size(texts))
		printf("  %s\n", title);
	json_array_foreach (texts, i, text)
		printf("    %s\n", json_string_value(text));
	json_decref(texts);
}

/* Prints the patches and config options that the scenario adds to the standard kernel. */
static void print_build(const struct scenario *s)
{
	g_autofree char *options = g_strjoinv(", ", s->kconfig);

	if (s->full || *options)
		printf("  config    %s%s%s\n", s->full ? "full" : "standard",
		       *options ? ", with " : "", options);
	for (unsigned i = 0; i < s->n_modules; i++)
		printf("  module    %s%s\n", s->modules[i].name,
		       s->modules[i].folder ? ", a folder of the scenario" : ", of the kernel");
}

static void print_scenario(const struct scenario *s)
{
	g_autofree char *memory = rig_size_text(s->memory), *most = rig_size_text(s->max_memory);
	g_autofree char *machines_text = g_strjoinv(", ", s->machines),
			*cmdline = scenario_cmdline(s);

	printf("%s%s%s  %s\n\n%s\n\n", term_colour(TERM_BOLD), s->name, term_colour(TERM_PLAIN),
	       s->file, s->about);
	printf("  machines  %s\n  memory    %s, up to %s, %u slots, %u node%s%s\n", machines_text,
	       memory, most, s->slots, s->nodes, s->nodes == 1 ? "" : "s",
	       s->hmat ? ", HMAT" : "");
	printf("  CPUs      %u, up to %u\n  kernel    %s\n  duration  %u s\n", s->cpus, s->max_cpus,
	       cmdline, s->duration_s);
	print_build(s);
	if (*s->vary) {
		g_autofree char *vary = g_strjoinv(", ", s->vary);

		printf("  varied    %s\n", vary);
	}
	if (s->n_agents)
		puts("  agents in the guest");
	for (unsigned i = 0; i < s->n_agents; i++)
		print_agent(&s->agents[i]);
	for (unsigned t = 0; t < s->n_tracks; t++) {
		const struct track *track = &s->tracks[t];
		g_autofree char *copies = track->copies > 1
						  ? g_strdup_printf(", %u copies", track->copies)
						  : g_strdup("");

		printf("  track %u of the host%s, %s\n", t + 1, copies,
		       track->repeat == 1 ? "once"
		       : track->repeat	  ? "repeated"
					  : "until the end");
		for (unsigned i = 0; i < track->n_steps; i++)
			print_step(&track->steps[i]);
	}
	print_texts("holds", holds_json(s));
	print_texts("calls that fail", fails_json(s));
	print_locks(s);
	if (s->expect.kind)
		printf("  expected  %s\n", s->expect.kind);
	for (unsigned i = 0; i < s->expect.n_outcomes; i++) {
		const struct expect_outcome *one = &s->expect.outcomes[i];

		printf("  expected  %s%s%s: %s\n",
		       one->agent ? one->agent : step_do_name(one->what), one->id ? " " : "",
		       one->id ? one->id : "", one->result);
	}
}

int scenario_show(const char *name, gboolean json)
{
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = scenario_load(name, &error);

	if (!s)
		return rig_report_error(error);
	if (json)
		cmd_print_json(scenario_json(s));
	else
		print_scenario(s);
	return RIG_EXIT_PASS;
}
