// SPDX-License-Identifier: GPL-2.0-only
/* Makes a plan for `rig nightly` from the given kernels and the machines that this host can run. */
#include "cmd/validate.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/host.h"
#include "kernel/kernel.h"
#include "plan/plan.h"
#include "scenario/scenario.h"
#include "util/error.h"

#define DURATION_S 10

void validate_clear(struct validate_parts *p)
{
	json_decref(p->kernels);
	json_decref(p->machines);
	json_decref(p->scenarios);
	json_decref(p->excludes);
	json_decref(p->without);
}

static json_t *absolute(char *const *files)
{
	json_t *list = json_array();

	for (char *const *file = files; file && *file; file++) {
		g_autofree char *path = g_canonicalize_filename(*file, NULL);

		json_array_append_new(list, json_string(path));
	}
	return list;
}

/* Adds LIST, unless it is empty: a plan must not contain empty lists. */
static void set_list(json_t *object, const char *key, json_t *list)
{
	if (json_array_size(list))
		json_object_set(object, key, list);
}

/*
 * Adds the kernel image WHAT, and excludes the requested machines of other architectures. If no
 * machine remains, add_machines() reports it.
 */
static gboolean add_image(const struct validate_words *want, struct validate_parts *p,
			  const char *what, GError **error)
{
	struct kernel *kernel = kernel_is_package(what) ? kernel_from_package(what, NULL, error)
							: kernel_from_image(what, NULL, error);
	g_autofree char *path = NULL;
	gboolean ok = kernel != NULL;
	json_t *known;
	size_t i;

	if (!ok)
		return FALSE;
	json_array_foreach (p->kernels, i, known)
		if (!g_strcmp0(json_string_value(json_object_get(known, "name")), kernel->arch))
			ok = rig_fail(error, RIG_EXIT_USAGE,
				      "--kernel %s: another kernel for %s was given; one for each "
				      "architecture is allowed",
				      what, kernel->arch);
	if (ok) {
		path = kernel_is_package(what) ? g_strdup(what)
					       : g_canonicalize_filename(what, NULL);
		json_array_append_new(p->kernels,
				      json_pack("{s:s, s:s, s:b}", "name", kernel->arch, "source",
						path, "no_lockdep", want->no_lockdep));
	}
	kernel_free(kernel);
	return ok;
}

static gboolean add_source(const struct validate_words *want, struct validate_parts *p,
			   const char *what, GError **error)
{
	json_auto_t *patches = absolute(want->patches), *fragments = absolute(want->fragments);
	json_t *kernel;

	if (!kernel_check_source(what, error))
		return FALSE;
	kernel = json_pack("{s:s, s:s, s:b}", "name", "source", "source", what, "no_lockdep",
			   want->no_lockdep);
	set_list(kernel, "patches", patches);
	set_list(kernel, "fragments", fragments);
	json_array_append_new(p->kernels, kernel);
	return TRUE;
}

static gboolean is_image(const char *what)
{
	return !kernel_is_source(what) || kernel_is_package(what);
}

static gboolean add_kernels(const struct validate_words *want, struct validate_parts *p,
			    GError **error)
{
	static char *standard[] = {(char *)PLAN_DEFAULT_KERNEL, NULL};
	char **kernels = want->kernels ? want->kernels : standard;
	gboolean images = is_image(kernels[0]);

	if (images && (want->patches || want->fragments))
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' is an image: patches and fragments need a source like %s",
				kernels[0], PLAN_DEFAULT_KERNEL);
	for (char **what = kernels; *what; what++) {
		if (what != kernels && (!images || !is_image(*what)))
			return rig_fail(
				error, RIG_EXIT_USAGE,
				"--kernel %s: several kernels must all be images, one for each "
				"architecture",
				*what);
		if (!(images ? add_image(want, p, *what, error)
			     : add_source(want, p, *what, error)))
			return FALSE;
	}
	return TRUE;
}

/*
 * Excludes the combinations of MACHINE and images of other architectures. Returns TRUE if a kernel
 * remains that can run on MACHINE.
 */
static gboolean fits_a_kernel(struct validate_parts *p, const struct machine *machine)
{
	gboolean fits = FALSE;
	json_t *kernel;
	size_t i;

	json_array_foreach (p->kernels, i, kernel) {
		const char *name = json_string_value(json_object_get(kernel, "name"));

		fits |= !strcmp(name, "source") || !strcmp(name, machine->arch);
	}
	json_array_foreach (p->kernels, i, kernel) {
		const char *name = json_string_value(json_object_get(kernel, "name"));

		if (fits && strcmp(name, "source") && strcmp(name, machine->arch))
			json_array_append_new(p->excludes,
					      json_pack("{s:s, s:s, s:s}", "machine", machine->name,
							"kernel", name, "why",
							"a kernel of another architecture"));
	}
	return fits;
}

static gboolean add_machines(const struct validate_words *want, struct validate_parts *p,
			     GError **error)
{
	for (char **name = want->machines; name && *name; name++)
		if (!machine_find(*name, error))
			return FALSE;
	for (int i = 0; machines[i]; i++) {
		g_autoptr(GError) why = NULL;

		if (want->machines &&
		    !g_strv_contains((const char *const *)want->machines, machines[i]->name))
			continue;
		if (!fits_a_kernel(p, machines[i]))
			rig_fail(&why, RIG_EXIT_SKIP, "no kernel for %s was given",
				 machines[i]->arch);
		if (!why && host_can_run(machines[i], NULL, &why))
			json_array_append_new(p->machines, json_string(machines[i]->name));
		else
			json_array_append_new(p->without,
					      json_pack("{s:s, s:s}", "machine", machines[i]->name,
							"why", why->message));
	}
	if (json_array_size(p->machines))
		return TRUE;
	return rig_fail(error, RIG_EXIT_SKIP, "no machine can run here: %s",
			json_string_value(json_object_get(json_array_get(p->without, 0), "why")));
}

/* Returns TRUE if SCENARIO supports one of the plan's machines. */
static gboolean for_a_machine(const struct validate_parts *p, const struct scenario *scenario)
{
	json_t *name;
	size_t i;

	json_array_foreach (p->machines, i, name)
		if (g_strv_contains((const char *const *)scenario->machines,
				    json_string_value(name)))
			return TRUE;
	return FALSE;
}

static gboolean add_scenarios(const struct validate_words *want, struct validate_parts *p,
			      GError **error)
{
	g_auto(GStrv) all = want->scenarios ? g_strdupv(want->scenarios) : scenario_names();

	for (char **name = all; *name; name++) {
		rig_auto(scenario) scenario = scenario_load(*name, error);
		gboolean is_file = strchr(*name, '/') || g_str_has_suffix(*name, ".yaml");
		g_autofree char *word =
			is_file ? g_canonicalize_filename(*name, NULL) : g_strdup(*name);

		if (!scenario)
			return FALSE;
		/*
		 * by default, leave out scenarios that expect a report, because they test the rig
		 * instead of the kernel
		 */
		if (want->scenarios || (!scenario->expect.kind && for_a_machine(p, scenario)))
			json_array_append_new(p->scenarios, json_string(word));
	}
	return TRUE;
}

static struct plan *make_plan(const struct validate_words *want, struct validate_parts *p,
			      GError **error)
{
	json_auto_t *plan = json_pack("{s:s, s:O, s:O, s:O, s:i, s:i, s:i}", "about",
				      "All scenarios on all machines of this host.", "scenarios",
				      p->scenarios, "machines", p->machines, "kernels", p->kernels,
				      "repeat", want->repeat ? want->repeat : 1, "retries", 1,
				      "duration", want->duration ? want->duration : DURATION_S);
	struct plan *made;
	char *text;

	set_list(plan, "exclude", p->excludes);
	/* the plan is written as JSON, which is valid YAML */
	text = json_dumps(plan, JSON_INDENT(1));
	if (!text) {
		rig_fail(error, RIG_EXIT_USAGE, "a name or path of an option is not valid UTF-8");
		return NULL;
	}
	made = plan_parse("validate.yaml", text, strlen(text), error);
	free(text);
	return made;
}

struct plan *validate_plan(const struct validate_words *want, struct validate_parts *p,
			   GError **error)
{
	*p = (struct validate_parts){json_array(), json_array(), json_array(), json_array(),
				     json_array()};
	return add_kernels(want, p, error) && add_machines(want, p, error) &&
			       add_scenarios(want, p, error)
		       ? make_plan(want, p, error)
		       : NULL;
}
