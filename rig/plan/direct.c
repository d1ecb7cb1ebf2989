// SPDX-License-Identifier: GPL-2.0-only
/* Checks whether a run can use the director's plugin, and prepares the plugin's instructions. */
#include "plan/internal.h"

#include <string.h>

#include "util/error.h"

#define TRAP_MS 400 /* milliseconds that a task is stopped at most between two locks of a cycle */

static gboolean covers(const struct run_request *want, const struct resolved *r)
{
	return want->coverage || r->scenario->coverage;
}

static gboolean records(const struct run_request *want, const struct resolved *r)
{
	return want->record_locks || want->record_spinlocks || r->cycle;
}

gboolean direct_is_needed(const struct run_request *want, const struct resolved *r)
{
	return r->scenario->n_holds || r->scenario->n_fails || want->visits || want->sweep ||
	       want->calls || records(want, r) || covers(want, r);
}

gboolean direct_check(const struct run_request *want, enum accel asked,
		      const struct resolved *r, GError **error)
{
	/*
	 * if an option of the command line needs the plugin, an obstacle is a usage error; if only
	 * the scenario needs it, the run is skipped
	 */
	enum rig_error code = (want->holds && *want->holds) || want->visits || want->sweep ||
					      (want->fails && *want->fails) || want->calls ||
					      want->record_locks || want->record_spinlocks ||
					      want->hold_cycle ||
					      want->coverage
				      ? RIG_EXIT_USAGE
				      : RIG_EXIT_SKIP;
	const char *launcher = request_launcher(want);

	if (!direct_is_needed(want, r))
		return TRUE;
	if (asked == ACCEL_KVM)
		return rig_fail(error, code,
				"holds, --fail, --record-locks and --coverage need TCG, where a "
				"plugin can watch and stop a vCPU; leave --accel kvm out");
	if (strcmp(launcher, "direct"))
		return rig_fail(error, code,
				"holds, --fail, --record-locks and --coverage need a QEMU that the "
				"rig starts itself; leave --launcher %s out",
				launcher);
	if (want->record_spinlocks && r->cycle)
		return rig_fail(error, RIG_EXIT_USAGE,
				"a trap for a cycle of locks stops tasks only before sleeping "
				"locks, so it cannot be combined with --record-spinlocks");
	if (r->scenario->cpus < 2 && (r->scenario->n_holds || want->visits || r->cycle))
		return rig_fail(error, code,
				"holds need at least two vCPUs; scenario '%s' has 'cpus: %u'",
				r->scenario->name, r->scenario->cpus);
	return TRUE;
}

static struct director_watch watch_of(const struct run_request *want, const struct resolved *r,
				      const struct trap_spec *trap)
{
	return (struct director_watch){
		.visits = want->visits,
		.sweep = r->sweep,
		.locks = records(want, r),
		.spinlocks = want->record_spinlocks,
		.trap = r->cycle ? trap : NULL,
		.fails = r->scenario->fails,
		.n_fails = r->scenario->n_fails,
		.calls = want->calls,
		.cover = covers(want, r),
	};
}

gboolean direct_probe(const struct run_request *want, struct resolved *r, GError **error)
{
	struct director_watch watch;
	int api;

	if (!direct_is_needed(want, r))
		return TRUE;
	if (want->sweep && !(r->sweep = director_sweep_read(want->sweep, error)))
		return FALSE;
	watch = watch_of(want, r, NULL);
	if (!director_probe(r->emulator ? r->emulator : r->plan.machine->emulator, &r->plugin,
			    &api, error) ||
	    !director_fits(r->scenario->holds, r->scenario->n_holds, &watch, api, error))
		return FALSE;
	r->plan.plugin = r->plugin;
	return TRUE;
}

gboolean direct_resolve(const struct run_request *want, struct resolved *r, GError **error)
{
	const struct trap_spec trap = {r->cycle, TRAP_MS};
	const struct director_watch watch = watch_of(want, r, &trap);

	if (!direct_is_needed(want, r))
		return TRUE;
	r->plan.orders = r->orders = director_resolve(r->scenario->holds, r->scenario->n_holds,
						      &watch, r->kernel, error);
	if (!r->orders)
		return FALSE;
	r->plan.record_locks = watch.locks;
	r->plan.coverage = watch.cover;
	r->plan.hold_cycle = r->cycle;
	return TRUE;
}
