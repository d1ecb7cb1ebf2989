// SPDX-License-Identifier: GPL-2.0-only
/* Makes the inputs for run.json: the request as given, and what it was resolved to. */
#include "plan/internal.h"

#include <string.h>

#include "util/clock.h"

static json_t *strings_json(char **strings)
{
	json_t *array = json_array();

	for (char **s = strings; s && *s; s++)
		json_array_append_new(array, json_string(*s));
	return array;
}

static json_t *labels_json(char **labels)
{
	json_t *json = json_object();

	for (char **l = labels; *l; l++) {
		g_autofree char *key = g_strndup(*l, strcspn(*l, "="));

		json_object_set_new(json, key, json_string(*l + strlen(key) + 1));
	}
	return json;
}

static json_t *kernel_json(const struct run_request *want, const struct run_plan *plan)
{
	const struct kernel *kernel = plan->kernel;

	return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o, s:o}", "asked",
			 want->kernel ? want->kernel : PLAN_DEFAULT_KERNEL, "name", kernel->name,
			 "hash", kernel->hash, "version", kernel->version, "source", kernel->source,
			 "patches", strings_json(want->patches), "fragments",
			 strings_json((char **)plan->fragments));
}

/* Adds optional keys only if they have a value. */
static void add_optional(json_t *json, const struct run_request *want,
			 const struct run_plan *plan)
{
	if (want->until)
		json_object_set_new(json, "until", json_string(want->until));
	if (want->labels)
		json_object_set_new(json, "labels", labels_json(want->labels));
	if (want->vary)
		json_object_set_new(json, "vary", strings_json(want->vary));
	if (want->holds)
		json_object_set_new(json, "hold", strings_json(want->holds));
	if (want->fails)
		json_object_set_new(json, "fail", strings_json(want->fails));
	if (want->calls)
		json_object_set_new(json, "calls", json_true());
	if (want->visits)
		json_object_set_new(json, "visits", json_string(want->visits));
	if (want->hold_cycle)
		json_object_set_new(json, "hold_cycle", strings_json(want->hold_cycle));
	if (want->record_locks)
		json_object_set_new(json, "record_locks", json_true());
	if (want->record_spinlocks)
		json_object_set_new(json, "record_spinlocks", json_true());
	if (want->coverage)
		json_object_set_new(json, "coverage", json_true());
	if (want->sweep)
		json_object_set_new(json, "sweep", json_string(want->sweep));
	if (want->cpus)
		json_object_set_new(json, "cpus", json_integer(want->cpus));
	if (want->patience_s)
		json_object_set_new(json, "patience_s", json_integer(want->patience_s));
	if (want->emulator)
		json_object_set_new(json, "qemu", json_string(want->emulator));
	if (plan->machine->page_size)
		json_object_set_new(json, "pages", json_string(plan->machine->page_size));
	if (plan->fitted)
		json_object_set_new(json, "fitted", json_string(plan->fitted));
	if (want->replays)
		json_object_set(json, "replays", want->replays);
	if (want->zoo)
		json_object_set(json, "zoo", want->zoo);
	if (want->without)
		json_object_set_new(json, "without", json_string(want->without));
}

json_t *plan_inputs(const struct run_request *want, const struct run_plan *plan)
{
	g_autofree char *now = rig_utc_now(FALSE);
	json_t *json = json_pack(
		"{s:i, s:s, s:s, s:s, s:o, s:I, s:i, s:s, s:s, s:s?, s:s?, s:b, s:b, s:s, s:s?}",
		"version", 1, "created", now, "scenario", plan->scenario->name, "machine",
		plan->machine->name, "kernel", kernel_json(want, plan), "seed",
		(json_int_t)plan->seed, "duration_s",
		want->duration_s ? want->duration_s : (int)plan->scenario->duration_s, "accel",
		plan->accel == ACCEL_KVM ? "kvm" : "tcg", "accel_why", plan->accel_why, "firmware",
		plan->firmware, "mmu", plan->mmu, "keep_going", plan->keep_going, "no_lockdep",
		plan->no_lockdep, "launcher", plan->launcher, "uri", plan->uri);

	add_optional(json, want, plan);
	if (plan->switches)
		json_object_set(json, "switches", plan->switches);
	if (plan->orders)
		json_object_set_new(json, "holds", director_orders_json(plan->orders));
	return json;
}
