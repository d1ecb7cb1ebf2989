// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads scenario files: util/yaml-tree.c parses, schema.c checks keys and types, read.c reads
 * sizes, ranges and steps, and check.c checks what involves the whole scenario.
 */
#include "scenario/scenario.h"

#include <string.h>

#include "scenario/read.h"
#include "util/error.h"
#include "util/paths.h"

#define FILE_MAX (1 << 20)

void scenario_agent_clear(struct agent *agent)
{
	for (unsigned i = 0; i < agent->n_params; i++) {
		g_free(agent->params[i].key);
		g_free(agent->params[i].value);
	}
	g_free(agent->params);
	g_free(agent->name);
}

void scenario_step_clear(struct step *step)
{
	g_free(step->id);
	g_free(step->file);
	g_free(step->path);
}

static void track_clear(struct track *track)
{
	for (unsigned i = 0; i < track->n_steps; i++)
		scenario_step_clear(&track->steps[i]);
	g_free(track->steps);
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->n_agents; i++)
		scenario_agent_clear(&s->agents[i]);
	for (unsigned i = 0; i < s->n_tracks; i++)
		track_clear(&s->tracks[i]);
	for (unsigned i = 0; i < s->n_holds; i++)
		hold_clear(&s->holds[i]);
	for (unsigned i = 0; i < s->n_fails; i++)
		fail_clear(&s->fails[i]);
	for (unsigned i = 0; i < s->n_files; i++) {
		g_free(s->files[i].name);
		g_free(s->files[i].path);
	}
	g_free(s->files);
	for (unsigned i = 0; i < s->n_modules; i++) {
		g_free(s->modules[i].name);
		g_free(s->modules[i].folder);
	}
	g_free(s->modules);
	g_strfreev(s->kconfig);
	for (unsigned i = 0; i < s->expect.n_outcomes; i++) {
		g_free(s->expect.outcomes[i].id);
		g_free(s->expect.outcomes[i].agent);
		g_free(s->expect.outcomes[i].result);
	}
	g_free(s->expect.outcomes);
	g_free(s->agents);
	g_free(s->tracks);
	g_free(s->holds);
	g_free(s->fails);
	g_free(s->name);
	g_free(s->about);
	g_free(s->cmdline);
	g_free(s->online);
	g_free(s->file);
	g_strfreev(s->machines);
	g_strfreev(s->needs);
	g_strfreev(s->hold_cycle);
	g_strfreev(s->vary);
	g_strfreev(s->expect.cycle);
	g_free(s->expect.kind);
	g_free(s);
}

/*
 * Returns libcyaml's list of *N strings with a NULL at its end; the caller owns it, and *LIST
 * becomes NULL.
 */
static char **take_list(char ***list, unsigned *n)
{
	char **taken = g_renew(char *, *list, *n + 1);

	taken[*n] = NULL;
	*list = NULL;
	*n = 0;
	return taken;
}

/* Moves everything that RAW owns into a new scenario. */
static struct scenario *take(struct raw *raw)
{
	struct scenario *s = g_memdup2(&raw->s, sizeof(raw->s));

	memset(&raw->s, 0, sizeof(raw->s));
	s->machines = take_list(&raw->machines, &raw->n_machines);
	s->needs = take_list(&raw->needs, &raw->n_needs);
	s->hold_cycle = take_list(&raw->hold_cycle, &raw->n_hold_cycle);
	s->vary = take_list(&raw->vary, &raw->n_vary);
	s->kconfig = take_list(&raw->kconfig, &raw->n_kconfig);
	s->n_modules = raw->n_modules;
	s->modules = g_new0(struct scenario_module, s->n_modules);
	for (unsigned i = 0; i < s->n_modules; i++)
		s->modules[i].name = g_steal_pointer(&raw->modules[i]);
	s->n_files = raw->n_files;
	s->files = g_new0(struct scenario_file, s->n_files);
	for (unsigned i = 0; i < s->n_files; i++)
		s->files[i].name = g_steal_pointer(&raw->files[i]);
	s->expect.outcomes = g_steal_pointer(&raw->expect.outcomes);
	s->expect.n_outcomes = raw->expect.n_outcomes;
	raw->expect.n_outcomes = 0;
	s->expect.kind = g_steal_pointer(&raw->expect.kind);
	s->expect.cycle = take_list(&raw->expect.cycle, &raw->expect.n_cycle);
	return s;
}

static void or_default(unsigned *value, unsigned standard)
{
	if (!*value)
		*value = standard;
}

/* Numbers tracks, steps and agents; random draws depend on these numbers. */
static void number_all(struct scenario *s)
{
	for (unsigned i = 0; i < s->n_agents; i++)
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(s->agents[k].name, s->agents[i].name))
				s->agents[i].first += s->agents[k].count;
	for (unsigned t = 0; t < s->n_tracks; t++) {
		s->tracks[t].number = t;
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			s->tracks[t].steps[i].number = i;
	}
}

static void fill_defaults(struct yaml_tree *tree, struct scenario *s)
{
	or_default(&s->nodes, 1);
	or_default(&s->base_nodes, 1);
	or_default(&s->cpu_nodes, s->base_nodes);
	or_default(&s->cpus, 2);
	or_default(&s->max_cpus, s->cpus);
	or_default(&s->boot_s, 60);
	if (!yaml_tree_get(tree, yaml_tree_root(tree), "accounts"))
		s->accounts = TRUE;
	if (!s->cmdline)
		s->cmdline = g_strdup("");
	if (!s->online)
		s->online = g_strdup("offline");
	if (!s->max_memory)
		s->max_memory = s->memory;
	for (unsigned i = 0; i < s->n_agents; i++)
		or_default(&s->agents[i].count, 1);
	for (unsigned i = 0; i < s->n_tracks; i++)
		or_default(&s->tracks[i].copies, 1);
	number_all(s);
	g_strchomp(s->about);
}

/* Reads the values that libcyaml cannot read. */
static gboolean read_rest(struct yaml_tree *tree, struct scenario *s, GError **error)
{
	yaml_node_t *root = yaml_tree_root(tree), *agents = yaml_tree_get(tree, root, "agents"),
		    *tracks = yaml_tree_get(tree, root, "tracks");

	if (!read_size(tree, root, "memory", &s->memory, error) ||
	    !read_size(tree, root, "max_memory", &s->max_memory, error))
		return FALSE;
	for (unsigned i = 0; i < s->n_agents; i++)
		if (!read_params(tree, yaml_tree_item(tree, agents, i), &s->agents[i], error))
			return FALSE;
	for (unsigned t = 0; t < s->n_tracks; t++) {
		yaml_node_t *steps = yaml_tree_get(tree, yaml_tree_item(tree, tracks, t), "steps");

		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			if (!read_step(tree, yaml_tree_item(tree, steps, i), &s->tracks[t].steps[i],
				       error))
				return FALSE;
	}
	return TRUE;
}

/* Checks that NAME is suitable as a part of the names of run folders. */
static gboolean check_name(const char *name, const char *file, GError **error)
{
	gboolean ok = g_ascii_isalnum(*name) && strlen(name) <= 48;

	for (const char *p = name; *p && ok; p++)
		ok = g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '-';
	return ok ||
	       rig_fail(
		       error, RIG_EXIT_USAGE,
		       "%s: invalid scenario name '%s'; allowed: up to 48 lower-case letters, "
		       "digits "
		       "and '-'",
		       file, name);
}

static char *list_names(void)
{
	g_auto(GStrv) names = scenario_names();

	return g_strjoinv(", ", names);
}

/* Finds the file of WHAT, which is the name of one of the rig's scenarios, or a path. */
static gboolean find_file(const char *what, char **ret_file, char **ret_name, GError **error)
{
	gboolean is_path = strchr(what, '/') || g_str_has_suffix(what, ".yaml");
	g_autofree char *base = g_path_get_basename(what), *file = NULL;
	g_autofree char *name = g_str_has_suffix(base, ".yaml")
					? g_strndup(base, strlen(base) - strlen(".yaml"))
					: g_strdup(base);

	if (!check_name(name, what, error))
		return FALSE;
	if (is_path) {
		file = g_strdup(what);
	} else {
		g_autofree char *relative = g_strdup_printf("scenarios/%s.yaml", name);

		file = rig_home_path(relative);
		if (!g_file_test(file, G_FILE_TEST_EXISTS)) {
			g_autofree char *names = list_names();

			return rig_fail(error, RIG_EXIT_USAGE,
					"no scenario '%s'; available: %s (or give a file's path)",
					what, names);
		}
	}
	*ret_file = g_steal_pointer(&file);
	*ret_name = g_steal_pointer(&name);
	return TRUE;
}

/*
 * Copies the kind and the block size of a device from its plug step to its resize steps, which draw
 * multiples of its unit.
 */
static void take_devices(struct scenario *s)
{
	for (unsigned t = 0; t < s->n_tracks; t++) {
		struct step *steps = s->tracks[t].steps;

		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			for (unsigned k = 0; steps[i].what == STEP_RESIZE && k < i; k++)
				if (steps[k].what == STEP_PLUG &&
				    !strcmp(steps[k].id, steps[i].id)) {
					steps[i].device = steps[k].device;
					steps[i].block = steps[k].block;
				}
	}
}

struct scenario *scenario_load(const char *what, GError **error)
{
	g_autofree char *file = NULL, *name = NULL, *data = NULL;
	rig_auto(scenario) scenario = NULL;
	rig_auto(yaml_tree) tree = NULL;
	rig_auto(raw) raw = NULL;
	gsize len;

	if (!find_file(what, &file, &name, error) ||
	    !rig_read_file(file, FILE_MAX, &data, &len, error))
		return NULL;
	tree = yaml_tree_parse(file, data, len, error);
	raw = tree ? schema_load(tree, data, len, error) : NULL;
	if (!raw)
		return NULL;
	scenario = take(raw);
	scenario->name = g_steal_pointer(&name);
	scenario->file = g_strdup(file);
	if (!read_rest(tree, scenario, error))
		return NULL;
	fill_defaults(tree, scenario);
	take_devices(scenario);
	if (!check_scenario(tree, scenario, error) || !read_files(tree, scenario, error) ||
	    !read_modules(tree, scenario, error))
		return NULL;
	return g_steal_pointer(&scenario);
}

char **scenario_names(void)
{
	g_autofree char *folder = rig_home_path("scenarios");
	char **names = rig_names_in(folder, ".yaml");
	guint n = 0;

	/* skip the files in this folder that are not scenarios */
	for (char **name = names; *name; name++)
		if (strcmp(*name, "known-issues") && strcmp(*name, "lock-order"))
			names[n++] = *name;
		else
			g_free(*name);
	names[n] = NULL;
	return names;
}

char *scenario_cmdline(const struct scenario *scenario)
{
	return g_strdup_printf("memhp_default_state=%s%s%s", scenario->online,
			       *scenario->cmdline ? " " : "", scenario->cmdline);
}
