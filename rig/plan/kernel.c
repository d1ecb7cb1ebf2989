// SPDX-License-Identifier: GPL-2.0-only
/* Builds the kernel that the user and the scenario request, and checks its config. */
#include "plan/internal.h"

#include <string.h>

#include "util/error.h"
#include "util/paths.h"

static gboolean has_fragment(const struct run_request *want, const char *own)
{
	for (char **fragment = want->fragments; fragment && *fragment; fragment++)
		if (kernel_is_fragment(*fragment, own))
			return TRUE;
	return FALSE;
}

char **plan_fragments(const struct run_request *want, const struct scenario *scenario,
		      const char *arch)
{
	const char *const own[] = {scenario && scenario->full ? KERNEL_FULL : NULL,
				   machine_page_fragment(arch, want->page_size, NULL)};
	GPtrArray *paths = g_ptr_array_new();

	/*
	 * the user may have given the same fragment; a second copy would change
	 * kernel_request_key()
	 */
	for (guint i = 0; i < G_N_ELEMENTS(own); i++)
		if (own[i] && !has_fragment(want, own[i]))
			g_ptr_array_add(paths, rig_home_path(own[i]));
	for (char **fragment = want->fragments; fragment && *fragment; fragment++)
		g_ptr_array_add(paths, g_strdup(*fragment));
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(paths, FALSE);
}

gboolean plan_page_size(const struct run_request *want, const struct machine **machine,
			GError **error)
{
	const struct machine *const *paged = (*machine)->paged;

	if (want->page_size)
		return machine_with_pages(*machine, want->page_size, machine, error);
	for (guint i = 0; paged && paged[i]; i++) {
		if (!paged[i]->page_fragment || !has_fragment(want, paged[i]->page_fragment))
			continue;
		*machine = paged[i];
		break;
	}
	return TRUE;
}

static struct kernel_module *list_modules(const struct scenario *scenario)
{
	struct kernel_module *modules = g_new(struct kernel_module, scenario->n_modules);

	for (unsigned i = 0; i < scenario->n_modules; i++)
		modules[i] = (struct kernel_module){scenario->modules[i].name,
						    scenario->modules[i].folder};
	return modules;
}

void plan_spec_init(struct plan_spec *ret, const struct run_request *want,
		    const struct scenario *scenario, const char *arch, const char *optional)
{
	ret->fragments = plan_fragments(want, scenario, arch);
	ret->optional = optional ? rig_home_path(optional) : NULL;
	ret->kconfig =
		scenario && *scenario->kconfig ? g_strjoinv("\n", scenario->kconfig) : NULL;
	ret->modules = scenario ? list_modules(scenario) : NULL;
	ret->spec = (struct kernel_spec){
		.source = want->kernel ? want->kernel : PLAN_DEFAULT_KERNEL,
		.arch = arch,
		.patches = (const char *const *)want->patches,
		.fragments = (const char *const *)ret->fragments,
		.optional = ret->optional,
		.kconfig = ret->kconfig,
		.modules = ret->modules,
		.n_modules = scenario ? scenario->n_modules : 0,
		.no_lockdep = want->no_lockdep,
		.jobs = want->jobs,
	};
}

void plan_spec_clear(struct plan_spec *spec)
{
	g_strfreev(spec->fragments);
	g_free(spec->optional);
	g_free(spec->kconfig);
	g_free(spec->modules);
}

static gboolean print_estimate(const struct kernel_spec *spec, const struct plan_progress *progress,
			       GError **error)
{
	struct kernel_estimate estimate;

	if (!kernel_estimate(spec, &estimate, error))
		return FALSE;
	if (!estimate.cached)
		progress->estimate(&estimate, progress->data);
	g_free(estimate.most);
	return TRUE;
}

struct kernel *plan_kernel(const struct run_request *want, const struct scenario *scenario,
			   const struct machine *machine, const char *optional,
			   const struct plan_progress *progress, GError **error)
{
	const char *what = want->kernel ? want->kernel : PLAN_DEFAULT_KERNEL;
	__attribute__((cleanup(plan_spec_clear))) struct plan_spec own = {0};
	struct kernel *kernel;

	if (!kernel_is_source(what) || kernel_is_package(what)) {
		if ((want->patches && *want->patches) || (want->fragments && *want->fragments)) {
			rig_fail(error, RIG_EXIT_USAGE,
				 "'%s' is an image: patches and fragments need a "
				 "source like %s",
				 what, PLAN_DEFAULT_KERNEL);
			return NULL;
		}
		if (scenario->n_modules) {
			rig_fail(error, RIG_EXIT_SKIP,
				 "kernel '%s' is an image, so the modules of scenario '%s' cannot "
				 "be built for it; list a .ko of this kernel in 'files'",
				 what, scenario->name);
			return NULL;
		}
		kernel = kernel_is_package(what) ? kernel_from_package(what, machine->arch, error)
						 : kernel_from_image(what, machine->arch, error);
		if (kernel && optional)
			kernel->refused = g_strdup("the kernel is an image");
		return kernel;
	}
	plan_spec_init(&own, want, scenario, machine->arch, optional);
	if (progress && progress->estimate && !print_estimate(&own.spec, progress, error))
		return NULL;
	kernel = kernel_build(&own.spec, progress ? progress->build : NULL,
			      progress ? progress->data : NULL, error);
	if (kernel && progress && progress->kernel)
		progress->kernel(kernel, progress->data);
	return kernel;
}

/*
 * Checks that CONFIG, of KERNEL, has the options NEEDS. Error: RIG_EXIT_SKIP; the message says that
 * they are needed by WHAT ("scenario") NAME.
 */
static gboolean meets(const struct kernel *kernel, GHashTable *config, const char *what,
		      const char *name, const char *const *needs, GError **error)
{
	g_autoptr(GPtrArray) lacks = needs ? kernel_config_lacks(config, needs) : NULL;
	g_autofree char *list = NULL, *fragment = NULL;

	if (!lacks || !lacks->len)
		return TRUE;
	g_ptr_array_add(lacks, NULL);
	fragment = kernel_fragment_with((const char *const *)lacks->pdata);
	list = g_strjoinv(", ", (char **)lacks->pdata);
	return rig_fail(error, RIG_EXIT_SKIP,
			"kernel '%s' does not have what %s '%s' needs: %s%s%s", kernel->name, what,
			name, list, fragment ? "; add --fragment " : "", fragment ? fragment : "");
}

/* Returns the page size of KERNEL by its image or config, or NULL if it is unknown. */
static const char *page_size(const struct kernel *kernel, GHashTable *config,
			     const struct machine *machine)
{
	for (guint i = 0; !kernel->page_size && config && machine->paged[i]; i++)
		if (!g_strcmp0(g_hash_table_lookup(config, machine->paged[i]->page_option), "y"))
			return machine->paged[i]->page_size;
	return kernel->page_size;
}

/*
 * Checks that KERNEL, whose options are CONFIG (or NULL), has MACHINE's page size: the user may
 * have given an image, or a fragment that changes the size. Error: RIG_EXIT_SKIP.
 */
static gboolean check_page_size(const struct machine *machine, const struct kernel *kernel,
				GHashTable *config, GError **error)
{
	const char *has = machine->paged ? page_size(kernel, config, machine) : NULL;
	const struct machine *other;

	if (!has || !strcmp(has, machine->page_size))
		return TRUE;
	if (!machine_with_pages(machine, has, &other, NULL))
		return rig_fail(error, RIG_EXIT_SKIP,
				"kernel '%s' has pages of %s, which the rig does not support on %s",
				kernel->name, has, machine->name);
	return rig_fail(error, RIG_EXIT_SKIP,
			"kernel '%s' has pages of %s, but the run is for pages of %s; use --pages "
			"%s",
			kernel->name, has, machine->page_size, has);
}

gboolean plan_check_needs(const struct scenario *scenario, const struct machine *machine,
			  const struct kernel *kernel, GError **error)
{
	g_autofree const char **needs = scenario_all_needs(scenario);
	g_autoptr(GHashTable) config = NULL;

	if (kernel->config && !(config = kernel_config_load(kernel->config, error)))
		return FALSE;
	if (!check_page_size(machine, kernel, config, error))
		return FALSE;
	return !config ||
	       (meets(kernel, config, "machine", machine->name, machine->needs, error) &&
		meets(kernel, config, "scenario", scenario->name, needs, error));
}
