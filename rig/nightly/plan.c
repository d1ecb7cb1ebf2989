// SPDX-License-Identifier: GPL-2.0-only
/* Loads plan files, which list the scenarios, machines and kernels of a night. */
#include "nightly/plan.h"

#include <string.h>

#include "kernel/kernel.h"
#include "util/yaml-schema.h"
#include "scenario/scenario.h"
#include "scenario/switches.h"
#include "util/error.h"
#include "util/paths.h"

#define FILE_MAX (1 << 20)
#define OPT CYAML_FLAG_OPTIONAL
#define LIST(key, flags, type, member, entry, low, high)                                        \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), type, member, n_##member, \
				   &(entry), low, high)

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 4000)};
static const cyaml_schema_value_t seed_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, guint64)};

static const cyaml_schema_field_t kernel_fields[] = {
	CYAML_FIELD_STRING_PTR("name", 0, struct plan_kernel, name, 1, 32),
	CYAML_FIELD_STRING_PTR("source", 0, struct plan_kernel, source, 1, 4000),
	LIST("patches", OPT, struct plan_kernel, patches, text_value, 1, 256),
	LIST("fragments", OPT, struct plan_kernel, fragments, text_value, 1, 64),
	CYAML_FIELD_BOOL("no_lockdep", OPT, struct plan_kernel, no_lockdep),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t kernel_value = {
	CYAML_VALUE_MAPPING(0, struct plan_kernel, kernel_fields)};

static const cyaml_schema_field_t exclude_fields[] = {
	CYAML_FIELD_STRING_PTR("scenario", OPT, struct plan_exclude, scenario, 1, 256),
	CYAML_FIELD_STRING_PTR("machine", OPT, struct plan_exclude, machine, 1, 32),
	CYAML_FIELD_STRING_PTR("kernel", OPT, struct plan_exclude, kernel, 1, 32),
	CYAML_FIELD_STRING_PTR("why", 0, struct plan_exclude, why, 1, 1000),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t exclude_value = {
	CYAML_VALUE_MAPPING(0, struct plan_exclude, exclude_fields)};

static const cyaml_schema_field_t keep_fields[] = {
	CYAML_FIELD_UINT("runs", OPT, struct plan_keep, runs),
	CYAML_FIELD_UINT("passed", OPT, struct plan_keep, passed),
	CYAML_FIELD_UINT("kernels", OPT, struct plan_keep, kernels),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t plan_fields[] = {
	CYAML_FIELD_STRING_PTR("about", 0, struct plan, about, 1, 4000),
	LIST("scenarios", 0, struct plan, scenarios, text_value, 1, 256),
	LIST("machines", OPT, struct plan, machines, text_value, 1, 16),
	LIST("kernels", 0, struct plan, kernels, kernel_value, 1, 64),
	LIST("exclude", OPT, struct plan, excludes, exclude_value, 1, 256),
	LIST("seeds", OPT, struct plan, seeds, seed_value, 1, 1000),
	CYAML_FIELD_UINT("repeat", OPT, struct plan, repeat),
	CYAML_FIELD_UINT("retries", OPT, struct plan, retries),
	CYAML_FIELD_UINT("duration", OPT, struct plan, duration_s),
	CYAML_FIELD_UINT("patience", OPT, struct plan, patience_s),
	LIST("vary", OPT, struct plan, vary, text_value, 1, 16),
	CYAML_FIELD_MAPPING("keep", OPT, struct plan, keep, keep_fields),
	CYAML_FIELD_BOOL("coverage", OPT, struct plan, coverage),
	CYAML_FIELD_STRING_PTR("launcher", OPT, struct plan, launcher, 1, 32),
	CYAML_FIELD_STRING_PTR("connect", OPT, struct plan, connect, 1, 1000),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t plan_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct plan, plan_fields)};

static const struct yaml_limit limits[] = {
	{"seeds", 0, G_MAXINT64}, {"repeat", 1, 1000},	 {"retries", 0, 20},
	{"duration", 1, 604800},  {"patience", 1, 3600}, {"runs", 1, 36500},
	{"passed", 1, 36500},	  {"kernels", 1, 36500}, {NULL},
};

static const struct yaml_schema schema = {&plan_value, "the plan", limits};

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	g_free(plan->name);
	g_free(plan->file);
	yaml_schema_free(&schema, plan);
}

/* ---- checks of lists, and of keys that depend on each other ---- */

static gboolean has(char *const *list, unsigned n, const char *word)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(list[i], word))
			return TRUE;
	return FALSE;
}

static gboolean check_scenarios(struct yaml_tree *tree, const struct plan *plan, GError **error)
{
	yaml_node_t *nodes = yaml_tree_get(tree, yaml_tree_root(tree), "scenarios");

	for (unsigned i = 0; i < plan->n_scenarios; i++) {
		g_autoptr(GError) why = NULL;
		rig_auto(scenario) scenario = NULL;

		if (has(plan->scenarios, i, plan->scenarios[i]))
			return yaml_tree_fail(tree, yaml_tree_item(tree, nodes, i), error,
					      "'%s' is listed twice; `repeat` runs it more than "
					      "once",
					      plan->scenarios[i]);
		scenario = scenario_load(plan->scenarios[i], &why);
		if (!scenario)
			return yaml_tree_fail(tree, yaml_tree_item(tree, nodes, i), error, "%s",
					      why->message);
	}
	return TRUE;
}

static gboolean check_machines(struct yaml_tree *tree, const struct plan *plan, GError **error)
{
	yaml_node_t *nodes = yaml_tree_get(tree, yaml_tree_root(tree), "machines");

	for (unsigned i = 0; i < plan->n_machines; i++) {
		g_autoptr(GError) why = NULL;

		if (!machine_find(plan->machines[i], &why))
			return yaml_tree_fail(tree, yaml_tree_item(tree, nodes, i), error, "%s",
					      why->message);
		if (has(plan->machines, i, plan->machines[i]))
			return yaml_tree_fail(tree, yaml_tree_item(tree, nodes, i), error,
					      "'%s' is listed twice; remove one",
					      plan->machines[i]);
	}
	return TRUE;
}

static const struct plan_kernel *find_kernel(const struct plan *plan, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(plan->kernels[i].name, name))
			return &plan->kernels[i];
	return NULL;
}

static gboolean check_kernels(struct yaml_tree *tree, const struct plan *plan, GError **error)
{
	yaml_node_t *nodes = yaml_tree_get(tree, yaml_tree_root(tree), "kernels");

	for (unsigned i = 0; i < plan->n_kernels; i++) {
		const char *name = plan->kernels[i].name;

		if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != strlen(name))
			return yaml_tree_fail(
				tree, yaml_tree_item(tree, nodes, i), error,
				"invalid kernel name '%s'; allowed: lower-case letters, "
				"digits and .-_",
				name);
		if (find_kernel(plan, i, name))
			return yaml_tree_fail(tree, yaml_tree_item(tree, nodes, i), error,
					      "two kernels are called '%s'; rename one", name);
	}
	return TRUE;
}

/*
 * Checks `launcher` and `connect` when the plan is read. Without this check, `rig run` would report
 * the error in each run of the night.
 */
static gboolean check_launcher(struct yaml_tree *tree, const struct plan *plan, GError **error)
{
	static const char *const known[] = {"direct", "libvirt", NULL};

	if (plan->launcher && !g_strv_contains(known, plan->launcher))
		return yaml_tree_fail(tree, yaml_tree_get(tree, yaml_tree_root(tree), "launcher"),
				      error, "unknown launcher '%s'; allowed: direct, libvirt",
				      plan->launcher);
	if (plan->connect && !g_strcmp0(plan->launcher, "direct"))
		return yaml_tree_fail(tree, yaml_tree_get(tree, yaml_tree_root(tree), "connect"),
				      error, "'%s' needs 'launcher: libvirt'",
				      plan->connect);
	return TRUE;
}

static gboolean check_vary(struct yaml_tree *tree, const struct plan *plan, GError **error)
{
	yaml_node_t *nodes = yaml_tree_get(tree, yaml_tree_root(tree), "vary");
	g_autoptr(GError) why = NULL;

	for (unsigned i = 0; i < plan->n_vary; i++)
		if (!switch_check(plan->vary, i + 1, &why))
			return yaml_tree_fail(tree, yaml_tree_item(tree, nodes, i), error, "%s",
					      why->message);
	return TRUE;
}

/* Rejects an entry of `exclude` that matches nothing, because it is probably misspelled. */
static gboolean check_excludes(struct yaml_tree *tree, const struct plan *plan, GError **error)
{
	yaml_node_t *nodes = yaml_tree_get(tree, yaml_tree_root(tree), "exclude");

	for (unsigned i = 0; i < plan->n_excludes; i++) {
		const struct plan_exclude *e = &plan->excludes[i];
		yaml_node_t *node = yaml_tree_item(tree, nodes, i);

		if (!e->scenario && !e->machine && !e->kernel)
			return yaml_tree_fail(tree, node, error,
					      "an entry of 'exclude' needs 'scenario', 'machine' "
					      "or 'kernel'");
		if (e->scenario && !has(plan->scenarios, plan->n_scenarios, e->scenario))
			return yaml_tree_fail(tree, node, error, "the plan has no scenario '%s'",
					      e->scenario);
		if (e->machine && !machine_find(e->machine, NULL))
			return yaml_tree_fail(tree, node, error, "unknown machine '%s'",
					      e->machine);
		if (e->machine && plan->n_machines &&
		    !has(plan->machines, plan->n_machines, e->machine))
			return yaml_tree_fail(tree, node, error, "the plan has no machine '%s'",
					      e->machine);
		if (e->kernel && !find_kernel(plan, plan->n_kernels, e->kernel))
			return yaml_tree_fail(tree, node, error, "the plan has no kernel '%s'",
					      e->kernel);
	}
	return TRUE;
}

static void make_absolute(const char *folder, char **list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char *path = g_canonicalize_filename(list[i], folder);

		g_free(list[i]);
		list[i] = path;
	}
}

/* Makes *WORD absolute if it is the path of a scenario, not a name. */
static void make_file_absolute(const char *folder, char **word)
{
	if (*word && (strchr(*word, '/') || g_str_has_suffix(*word, ".yaml")))
		make_absolute(folder, word, 1);
}

static void complete_plan(struct yaml_tree *tree, struct plan *plan)
{
	g_autofree char *whole = g_canonicalize_filename(plan->file, NULL);
	g_autofree char *folder = g_path_get_dirname(whole), *base = g_path_get_basename(whole);

	plan->name = g_str_has_suffix(base, ".yaml")
			     ? g_strndup(base, strlen(base) - strlen(".yaml"))
			     : g_strdup(base);
	if (!plan->repeat)
		plan->repeat = 1;
	if (!yaml_tree_get(tree, yaml_tree_root(tree), "retries"))
		plan->retries = 2;
	for (unsigned i = 0; i < plan->n_kernels; i++) {
		make_absolute(folder, plan->kernels[i].patches, plan->kernels[i].n_patches);
		make_absolute(folder, plan->kernels[i].fragments, plan->kernels[i].n_fragments);
		if (!kernel_is_source(plan->kernels[i].source))
			make_absolute(folder, &plan->kernels[i].source, 1);
	}
	for (unsigned i = 0; i < plan->n_scenarios; i++)
		make_file_absolute(folder, &plan->scenarios[i]);
	for (unsigned i = 0; i < plan->n_excludes; i++)
		make_file_absolute(folder, &plan->excludes[i].scenario);
}

static char *file_of(const char *what)
{
	g_autofree char *relative = g_strdup_printf("scenarios/plans/%s.yaml", what);

	return strchr(what, '/') || g_str_has_suffix(what, ".yaml") ? g_strdup(what)
								    : rig_home_path(relative);
}

/* Sets an error for the unknown plan WHAT, with the names of all plans. */
static void fail_name(const char *what, GError **error)
{
	g_autofree char *folder = rig_home_path("scenarios/plans"), *all = NULL;
	g_auto(GStrv) names = rig_names_in(folder, ".yaml");

	all = g_strjoinv(", ", names);
	rig_fail(error, RIG_EXIT_USAGE, "no plan '%s' (available: %s, or a file's path)", what,
		 all);
}

struct plan *plan_load(const char *what, GError **error)
{
	g_autofree char *file = file_of(what), *data = NULL;
	gsize len;

	if (strcmp(file, what) && !g_file_test(file, G_FILE_TEST_EXISTS)) {
		fail_name(what, error);
		return NULL;
	}
	return rig_read_file(file, FILE_MAX, &data, &len, error)
		       ? plan_parse(file, data, len, error)
		       : NULL;
}

struct plan *plan_parse(const char *file, const char *data, gsize len, GError **error)
{
	rig_auto(yaml_tree) tree = yaml_tree_parse(file, data, len, error);
	rig_auto(plan) plan = tree ? yaml_schema_load(&schema, tree, data, len, error) : NULL;

	if (!plan)
		return NULL;
	plan->file = g_strdup(file);
	complete_plan(tree, plan);
	if (!check_scenarios(tree, plan, error) || !check_machines(tree, plan, error) ||
	    !check_kernels(tree, plan, error) || !check_launcher(tree, plan, error) ||
	    !check_vary(tree, plan, error) ||
	    !check_excludes(tree, plan, error))
		return NULL;
	return g_steal_pointer(&plan);
}
