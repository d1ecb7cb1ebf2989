// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the keys `kconfig` and `modules`: config options and modules that a scenario needs. A
 * module with a slash in its name ("./hello", "own/hello") is a folder next to the scenario's file;
 * other names are modules of the kernel's source tree.
 */
#include "scenario/read.h"

#include <string.h>

#include "util/error.h"

static gboolean find_folder(struct yaml_tree *tree, yaml_node_t *node, const char *scenario,
			    struct scenario_module *module, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (g_str_has_prefix(module->name, "./"))
		memmove(module->name, module->name + 2, strlen(module->name + 2) + 1);
	if (!file_is_safe(module->name))
		return yaml_tree_fail(tree, node, error,
				      "invalid module '%s'; allowed: the name of a module of the "
				      "kernel's tree, or a folder next to this file, './NAME'",
				      module->name);
	module->folder = file_find(scenario, module->name, &why);
	return module->folder || yaml_tree_fail(tree, node, error, "%s", why->message);
}

/*
 * Checks that each line of `kconfig` has the form CONFIG_NAME=VALUE, so that the message has the
 * line's position. The build checks everything else (docs/kernels.md).
 */
static gboolean check_kconfig(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *list = yaml_tree_get(tree, yaml_tree_root(tree), "kconfig");

	for (unsigned i = 0; s->kconfig[i]; i++)
		if (!g_str_has_prefix(s->kconfig[i], "CONFIG_") || !strchr(s->kconfig[i], '='))
			return yaml_tree_fail(tree, yaml_tree_item(tree, list, i), error,
					      "invalid option '%s'; write CONFIG_X=y, =m, =n, a "
					      "number or \"text\"",
					      s->kconfig[i]);
	return TRUE;
}

/*
 * Returns the name by which the agent loads MODULE, which is given by its name or by the folder of
 * its source; the name is then the last part of the path.
 */
static const char *load_name(const struct scenario_module *module)
{
	const char *slash = strrchr(module->name, '/');

	return slash ? slash + 1 : module->name;
}

/*
 * Checks the parameter `file` of an agent `module`: it must be in `modules`, or be a .ko in
 * `files`.
 */
static gboolean check_agent(struct yaml_tree *tree, yaml_node_t *node, const struct scenario *s,
			    const struct agent *agent, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	yaml_node_t *params = yaml_tree_get(tree, node, "params");
	yaml_node_t *value = yaml_tree_get(tree, params, "file");
	const char *file = yaml_tree_text(value);

	if (strcmp(agent->name, "module"))
		return TRUE;
	for (unsigned i = 0; i < s->n_modules; i++)
		g_ptr_array_add(names, (gpointer)load_name(&s->modules[i]));
	for (unsigned i = 0; i < s->n_files; i++)
		if (g_str_has_suffix(s->files[i].name, ".ko"))
			g_ptr_array_add(names, s->files[i].name);
	g_ptr_array_add(names, NULL);
	if (!file)
		return yaml_tree_fail(
			tree, node, error,
			"agent 'module' needs the param 'file', one of 'modules' or a "
			".ko of 'files'");
	if (names->len == 1)
		return yaml_tree_fail(tree, value, error,
				      "'%s' is not among 'modules'; add 'modules: [%s]'", file,
				      file);
	/*
	 * accept any name if there is a module folder, because its build may make several modules
	 */
	for (unsigned i = 0; i < s->n_modules; i++)
		if (s->modules[i].folder && !g_str_has_suffix(file, ".ko"))
			return TRUE;
	return g_strv_contains((const char *const *)names->pdata, file) ||
	       yaml_tree_fail_word(tree, value, error, file, (const char *const *)names->pdata,
				   "'%s' is neither among 'modules' nor a .ko of 'files'", file);
}

gboolean read_modules(struct yaml_tree *tree, struct scenario *s, GError **error)
{
	yaml_node_t *root = yaml_tree_root(tree), *list = yaml_tree_get(tree, root, "modules");
	yaml_node_t *agents = yaml_tree_get(tree, root, "agents");

	if (!check_kconfig(tree, s, error))
		return FALSE;
	for (unsigned i = 0; i < s->n_modules; i++)
		if (strchr(s->modules[i].name, '/') &&
		    !find_folder(tree, yaml_tree_item(tree, list, i), s->file, &s->modules[i],
				 error))
			return FALSE;
	for (unsigned i = 0; i < s->n_agents; i++)
		if (!check_agent(tree, yaml_tree_item(tree, agents, i), s, &s->agents[i], error))
			return FALSE;
	return TRUE;
}
