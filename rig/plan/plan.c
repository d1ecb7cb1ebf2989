// SPDX-License-Identifier: GPL-2.0-only
/* Resolves a request to a plan that the engine can execute. */
#include "plan/internal.h"

#include <string.h>

#include "initrd/initrd.h"
#include "scenario/switches.h"
#include "store/store.h"
#include "util/confine.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/size.h"

void run_plan_free(struct run_plan *plan)
{
	struct resolved *r = (struct resolved *)plan;

	/* free the timeline before the scenario, into which it points */
	g_clear_pointer(&r->timeline, timeline_free);
	g_clear_pointer(&r->scenario, scenario_free);
	g_clear_pointer(&r->kernel, kernel_free);
	g_clear_pointer(&r->orders, director_orders_free);
	g_clear_pointer(&r->sweep, director_sweep_free);
	g_free(r->plugin);
	g_free(r->emulator);
	g_free(r->fitted);
	g_strfreev(r->fragments);
	g_free(r->initrd);
	g_free(r->results);
	g_free(r->accel_why);
	g_free(r->known);
	json_decref(plan->inputs);
	json_decref(plan->switches);
	g_free(r);
}

static void resolved_free(struct resolved *r)
{
	run_plan_free(&r->plan);
}

RIG_DEFINE_AUTO(resolved, resolved_free)

/*
 * Sets the number of vCPUs at boot to CPUS. Error: RIG_EXIT_USAGE, the scenario plugs vCPUs, whose
 * numbers follow those at boot.
 */
static gboolean set_cpus(struct scenario *scenario, int cpus, GError **error)
{
	if (scenario->max_cpus > scenario->cpus)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--cpus %d: scenario '%s' plugs vCPUs ('max_cpus: %u'), so their "
				"number at boot cannot be changed",
				cpus, scenario->name, scenario->max_cpus);
	scenario->cpus = scenario->max_cpus = cpus;
	return TRUE;
}

/*
 * Gives the guest enough vCPUs for a trap, which stops tasks until they wait for each other's
 * locks: one for each class of CYCLE, because a vCPU on which a task is stopped runs no other task,
 * and one more.
 */
static void give_cpus(struct scenario *scenario, char **cycle)
{
	/* direct_check() rejects a single vCPU */
	if (scenario->cpus < 2)
		return;
	scenario->cpus = MAX(scenario->cpus, g_strv_length(cycle) + 1);
	scenario->max_cpus = MAX(scenario->max_cpus, scenario->cpus);
}

/*
 * Chooses the page size of the kernel. The author of a scenario has chosen sizes for the machine's
 * usual memory blocks, so with larger ones the sizes are rounded up; otherwise nearly every
 * scenario would be skipped.
 */
static gboolean fit_page_size(const struct run_request *want, struct resolved *r, GError **error)
{
	const struct machine *usual = r->plan.machine;

	if (!plan_page_size(want, &r->plan.machine, error))
		return FALSE;
	if (r->plan.machine == usual)
		return TRUE;
	r->plan.fitted = r->fitted = scenario_fit(r->scenario, r->plan.machine);
	return scenario_check_machine(r->scenario, r->plan.machine, error);
}

static gboolean resolve_scenario(const struct run_request *want, struct resolved *r, GError **error)
{
	r->plan.scenario = r->scenario = scenario_load(want->scenario, error);
	if (r->scenario && want->scenario_name) {
		g_free(r->scenario->name);
		r->scenario->name = g_strdup(want->scenario_name);
	}
	if (!r->scenario || (want->without && !scenario_ablate(r->scenario, want->without, error)))
		return FALSE;
	if (want->cpus && !set_cpus(r->scenario, want->cpus, error))
		return FALSE;
	r->cycle = want->hold_cycle	      ? want->hold_cycle
		   : *r->scenario->hold_cycle ? r->scenario->hold_cycle
					      : NULL;
	if (r->cycle)
		give_cpus(r->scenario, r->cycle);
	if (r->cycle && r->scenario->n_holds &&
	    !scenario_ablate(r->scenario, SCENARIO_HOLDS, error))
		return FALSE;
	for (char **hold = want->holds; hold && *hold; hold++)
		if (!scenario_add_hold(r->scenario, *hold, error))
			return FALSE;
	for (char **fail = want->fails; fail && *fail; fail++)
		if (!scenario_add_fail(r->scenario, *fail, error))
			return FALSE;
	r->plan.machine = scenario_machine(r->scenario, want->machine, error);
	return r->plan.machine && fit_page_size(want, r, error);
}

/* OPTIONAL: the config fragment of a drawn switch, or NULL. */
static gboolean resolve_kernel(const struct run_request *want, const char *optional,
			       const struct plan_progress *progress, struct resolved *r,
			       GError **error)
{
	r->plan.kernel = r->kernel =
		plan_kernel(want, r->scenario, r->plan.machine, optional, progress, error);
	if (!r->kernel || !plan_check_needs(r->scenario, r->plan.machine, r->kernel, error))
		return FALSE;
	if (want->vmlinux) {
		g_free(r->kernel->vmlinux);
		r->kernel->vmlinux = g_strdup(want->vmlinux);
	}
	return TRUE;
}

static const char *const asked_why[] = {
	[ACCEL_AUTO] = "TCG: KVM is not probed on another host; use --accel kvm to request it",
	[ACCEL_KVM] = "KVM: requested",
	[ACCEL_TCG] = "TCG: requested",
};

static gboolean check_launcher(const struct run_request *want, const struct resolved *r,
			       GError **error)
{
	return !scenario_needs_direct(r->scenario) || !strcmp(request_launcher(want), "direct") ||
	       rig_fail(error, RIG_EXIT_SKIP,
			"'%s' plugs a device that needs --launcher direct, not libvirt",
			r->scenario->name);
}

/*
 * Chooses the accelerator. accel_choose() tests KVM on this host, so it is not used for a remote
 * libvirt host.
 */
static gboolean resolve_accel(const struct run_request *want, struct resolved *r, GError **error)
{
	enum accel asked = ACCEL_AUTO;

	if ((want->accel && !accel_parse(want->accel, &asked, error)) ||
	    !direct_check(want, asked, r, error))
		return FALSE;
	if (direct_is_needed(want, r))
		asked = ACCEL_TCG;
	if (plan_is_here(want)) {
		if (!accel_choose(r->plan.machine, asked, &r->plan.accel, &r->accel_why, error))
			return FALSE;
	} else {
		r->plan.accel = asked == ACCEL_KVM ? ACCEL_KVM : ACCEL_TCG;
		r->accel_why = g_strdup(asked_why[asked]);
	}
	r->plan.accel_why = r->accel_why;
	return plan_check_accel(want, r->scenario, &r->plan, r->emulator, error);
}

/*
 * Compiles the timeline from the seed; or, if the user gives a timeline, loads it and uses its
 * seed, and fails if --seed is different.
 */
static gboolean resolve_timeline(const struct run_request *want, struct resolved *r, GError **error)
{
	if (!want->timeline) {
		if (!plan_seed(want->seed, &r->plan.seed, error))
			return FALSE;
		r->timeline = timeline_compile(r->scenario, r->plan.machine, r->plan.seed);
	} else {
		r->timeline = timeline_load(want->timeline, r->scenario, r->plan.machine, error);
		if (!r->timeline || !plan_seed(want->seed, &r->plan.seed, error))
			return FALSE;
		if (want->seed && r->plan.seed != timeline_seed(r->timeline))
			return rig_fail(error, RIG_EXIT_USAGE,
					"--seed %s: the timeline '%s' has seed %" G_GUINT64_FORMAT
					"; leave --seed out",
					want->seed, want->timeline, timeline_seed(r->timeline));
		r->plan.seed = timeline_seed(r->timeline);
	}
	r->plan.timeline = r->timeline;
	return TRUE;
}

static gboolean resolve_dump_limit(const struct run_request *want, struct resolved *r,
				   GError **error)
{
	if (rig_size_parse(want->memory_image ? want->memory_image : "2G", &r->plan.dump_limit,
			   error))
		return TRUE;
	g_prefix_error(error, "--memory-image: ");
	return FALSE;
}

static gboolean resolve(const struct run_request *want, const struct plan_progress *progress,
			struct resolved *r, GError **error)
{
	return request_check(want, error) && resolve_dump_limit(want, r, error) &&
	       resolve_scenario(want, r, error) && check_launcher(want, r, error) &&
	       plan_emulator(want, r->scenario, r->plan.machine, &r->emulator, error) &&
	       resolve_timeline(want, r, error) &&
	       request_choice("firmware", want->firmware, r->plan.machine->firmwares,
			      r->plan.machine, error) &&
	       request_choice("MMU mode", want->mmu, r->plan.machine->mmus, r->plan.machine,
			      error) &&
	       initrd_check(r->plan.machine->arch, error) && resolve_accel(want, r, error) &&
	       direct_probe(want, r, error) &&
	       resolve_kernel(want,
			      switch_draw_fragment(r->scenario->vary, want->vary, r->plan.seed),
			      progress, r, error) &&
	       plan_initrd(r->scenario, r->plan.machine->arch, r->kernel, &r->initrd, error) &&
	       plan_switches(want, r->scenario, r->kernel, r->plan.seed, &r->plan.switches,
			     error) &&
	       direct_resolve(want, r, error);
}

struct run_plan *plan_make(const struct run_request *want, const struct plan_progress *progress,
			   GError **error)
{
	rig_auto(resolved) r = g_new0(struct resolved, 1);
	struct run_plan *plan = &r->plan;

	if (!resolve(want, progress, r, error))
		return NULL;
	r->known =
		want->known ? g_strdup(want->known) : rig_home_path("scenarios/known-issues.yaml");
	r->results = want->results ? g_strdup(want->results) : run_default_results();
	r->fragments = plan_fragments(want, r->scenario, plan->machine->arch);
	plan->fragments = (const char *const *)r->fragments;
	plan->initrd = r->initrd;
	plan->launcher = request_launcher(want);
	plan->uri = want->uri;
	plan->emulator = r->emulator;
	plan->seccomp = confine_is_wanted() && !strcmp(plan->launcher, "direct") &&
			machine_has_sandbox(r->emulator ? r->emulator : plan->machine->emulator);
	plan->results = r->results;
	plan->firmware = want->firmware;
	plan->mmu = want->mmu;
	plan->duration_s = want->duration_s;
	plan->patience_s = want->patience_s;
	plan->known = r->known;
	plan->keep_going = want->keep_going;
	plan->keep_locks = !want->no_keep_locks && !want->no_lockdep;
	plan->until = want->until;
	plan->no_lockdep = want->no_lockdep;
	plan->inputs = plan_inputs(want, plan);
	return &g_steal_pointer(&r)->plan;
}

gboolean plan_build_kernel(const struct run_request *want, const struct plan_progress *progress,
			   GError **error)
{
	rig_auto(resolved) r = g_new0(struct resolved, 1);

	return resolve_scenario(want, r, error) &&
	       resolve_kernel(want, NULL, progress, r, error);
}
