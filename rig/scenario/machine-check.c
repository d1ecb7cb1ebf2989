// SPDX-License-Identifier: GPL-2.0-only
/* Checks that a machine supports a scenario, before anything is built or booted. */
#include "scenario/read.h"

#include <string.h>

#include "util/error.h"
#include "util/size.h"

/*
 * Unit of a balloon's size in bytes. QEMU's balloon counts pages of 4 KiB, but the guest's pages
 * can have 64 KiB.
 */
#define BALLOON_UNIT (64 << 10)
/* Unit of a CXL device's size in bytes, by QEMU (hw/mem/cxl_type3.c) and Linux (alloc_hpa()). */
#define CXL_UNIT (256 << 20)

/* The ability that a machine needs for each kind of step. */
static const struct ability {
	enum step_do what;
	enum step_device device;
	unsigned can;
	const char *deed;
} abilities[] = {
	{STEP_PLUG, DEVICE_DIMM, MACHINE_PLUG_DIMM, "plug DIMMs"},
	{STEP_PLUG, DEVICE_VIRTIO_MEM, MACHINE_VIRTIO_MEM, "have virtio-mem"},
	{STEP_PLUG, DEVICE_CPU, MACHINE_PLUG_CPU, "plug CPUs"},
	{STEP_UNPLUG, DEVICE_DIMM, MACHINE_UNPLUG_DIMM, "unplug DIMMs"},
	{STEP_UNPLUG, DEVICE_VIRTIO_MEM, MACHINE_UNPLUG_VIRTIO_MEM, "unplug virtio-mem"},
	{STEP_UNPLUG, DEVICE_CPU, MACHINE_UNPLUG_CPU, "unplug CPUs"},
	{STEP_PLUG, DEVICE_NVDIMM, MACHINE_PLUG_NVDIMM, "plug NVDIMMs"},
	{STEP_UNPLUG, DEVICE_NVDIMM, MACHINE_UNPLUG_NVDIMM,
	 "unplug NVDIMMs: QEMU refuses; plug it with 'once: true'"},
	{STEP_PLUG, DEVICE_VIRTIO_PMEM, MACHINE_VIRTIO_PMEM, "have virtio-pmem"},
	{STEP_UNPLUG, DEVICE_VIRTIO_PMEM, MACHINE_UNPLUG_NVDIMM,
	 "unplug virtio-pmem: QEMU refuses; plug it with 'once: true'"},
	{STEP_PLUG, DEVICE_CXL, MACHINE_CXL, "have CXL memory"},
	{STEP_PLUG, DEVICE_BALLOON, MACHINE_BALLOON, "plug a balloon"},
};

/* Returns the kind of the device that STEP of TRACK uses, from the plug step before it. */
static enum step_device device_of(const struct track *track, unsigned step)
{
	const char *id = track->steps[step].id;

	for (unsigned i = step + 1; id && i-- > 0;)
		if (track->steps[i].what == STEP_PLUG && !strcmp(track->steps[i].id, id))
			return track->steps[i].device;
	return track->steps[step].device;
}

guint64 scenario_unit(const struct machine *machine, enum step_device device)
{
	switch (device) {
	case DEVICE_DIMM:
	case DEVICE_NVDIMM:
	case DEVICE_VIRTIO_PMEM:
		return machine->dimm_unit;
	case DEVICE_VIRTIO_MEM:
		return machine->virtio_mem_unit;
	case DEVICE_CXL:
		return CXL_UNIT;
	case DEVICE_BALLOON:
		return BALLOON_UNIT;
	case DEVICE_CPU:
		return 0;
	}
	return 0;
}

gboolean scenario_has_size(enum step_device device)
{
	return device != DEVICE_CPU && device != DEVICE_BALLOON;
}

gboolean scenario_plugs(const struct scenario *s, enum step_device device)
{
	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			if (s->tracks[t].steps[i].what == STEP_PLUG &&
			    s->tracks[t].steps[i].device == device)
				return TRUE;
	return FALSE;
}

gboolean scenario_needs_direct(const struct scenario *s)
{
	gboolean own_properties = FALSE;

	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			const struct step *step = &s->tracks[t].steps[i];

			own_properties |= step->block || step->prealloc || step->inaccessible ||
					  step->memslots || step->file;
		}
	return own_properties || s->hmat || scenario_plugs(s, DEVICE_CXL);
}

/* Returns the row of `abilities` for step N of TRACK, or NULL if every machine can execute it. */
static const struct ability *ability_of(const struct track *track, unsigned n)
{
	for (guint i = 0; i < G_N_ELEMENTS(abilities); i++)
		if (abilities[i].what == track->steps[n].what &&
		    abilities[i].device == device_of(track, n))
			return &abilities[i];
	return NULL;
}

unsigned scenario_abilities(const struct scenario *s)
{
	unsigned can = s->nodes > 1 ? MACHINE_NUMA : 0;

	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			const struct ability *ability = ability_of(&s->tracks[t], i);

			can |= ability ? ability->can : 0;
			can |= s->tracks[t].steps[i].memslots ? MACHINE_MEMSLOTS : 0;
		}
	return can;
}

static gboolean multiple(const struct range *range, guint64 unit)
{
	return !unit || (range->low % unit == 0 && range->high % unit == 0);
}

static gboolean step_fits(const struct track *track, unsigned n, const struct machine *machine,
			  const char *where, GError **error)
{
	const struct step *step = &track->steps[n];
	enum step_device device = device_of(track, n);
	const struct ability *ability = ability_of(track, n);
	guint64 unit = scenario_unit(machine, device);
	g_autofree char *text = rig_size_text(unit);

	if (ability && !(machine->can & ability->can))
		return rig_fail(error, RIG_EXIT_SKIP, "%s cannot %s (%s)", machine->name,
				ability->deed, where);
	if (step->memslots && !(machine->can & MACHINE_MEMSLOTS))
		return rig_fail(error, RIG_EXIT_SKIP, "%s has no dynamic-memslots (%s)",
				machine->name, where);
	if (step->at_boot && track->copies > 1)
		return rig_fail(error, RIG_EXIT_USAGE,
				"a device with 'at_boot' cannot be in a track with 'copies' (%s)",
				where);
	if (!multiple(&step->size, unit) || !multiple(&step->requested, unit))
		return rig_fail(error, RIG_EXIT_SKIP,
				"on %s the size of a %s must be a multiple of %s (%s)",
				machine->name, step_device_name(device), text, where);
	if (step->file && step->file_size != step->size.low + step->label) {
		g_autofree char *size = rig_size_text(step->size.low);

		return rig_fail(error, RIG_EXIT_SKIP,
				"with this page size '%s' has %s, which is not the size of its "
				"file '%s'; leave --pages out (%s)",
				step->id, size, step->file, where);
	}
	return TRUE;
}

/*
 * Checks base memory and nodes. If the base memory is below the machine's minimum, this is an error
 * only if the scenario plugs memory, which is placed above the base memory. Otherwise the base
 * memory is raised later.
 */
static gboolean memory_fits(const struct scenario *s, const struct machine *machine, GError **error)
{
	g_autofree char *have = rig_size_text(s->memory),
			*least = rig_size_text(machine->min_memory);
	unsigned with_cpus = MIN(s->cpu_nodes, s->cpus);

	if (s->memory < machine->min_memory && s->max_memory > s->memory)
		return rig_fail(error, RIG_EXIT_SKIP,
				"%s needs at least %s of base memory, '%s' has %s", machine->name,
				least, s->name, have);
	if (s->nodes > 1 && !(machine->can & MACHINE_NUMA))
		return rig_fail(error, RIG_EXIT_SKIP, "%s has no NUMA nodes, '%s' needs %u",
				machine->name, s->name, s->nodes);
	if (machine->nodes_in_order && s->nodes > with_cpus)
		return rig_fail(error, RIG_EXIT_SKIP,
				"%s needs a CPU on each NUMA node, '%s' has %u nodes and CPUs on "
				"%u",
				machine->name, s->name, s->nodes, with_cpus);
	if (s->hmat && !(machine->can & MACHINE_HMAT))
		return rig_fail(error, RIG_EXIT_SKIP, "%s has no HMAT, '%s' needs it",
				machine->name, s->name);
	return TRUE;
}

gboolean scenario_check_machine(const struct scenario *s, const struct machine *machine,
				GError **error)
{
	if (!g_strv_contains((const char *const *)s->machines, machine->name)) {
		g_autofree char *names = g_strjoinv(", ", s->machines);

		return rig_fail(error, RIG_EXIT_SKIP, "'%s' is a scenario for %s, not for %s",
				s->name, names, machine->name);
	}
	if (!memory_fits(s, machine, error) || !scenario_check_files(s, machine, error))
		return FALSE;
	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			g_autofree char *where =
				g_strdup_printf("step %u of track %u", i + 1, t + 1);

			if (!step_fits(&s->tracks[t], i, machine, where, error))
				return FALSE;
		}
	return TRUE;
}

/* Rounds RANGE up to multiples of UNIT, and returns by how much its maximum grew. */
static guint64 round_up(struct range *range, guint64 unit)
{
	guint64 before = range->high;

	range->low = (range->low + unit - 1) / unit * unit;
	range->high = (range->high + unit - 1) / unit * unit;
	return range->high - before;
}

char *scenario_fit(struct scenario *s, const struct machine *machine)
{
	guint64 nodes = s->base_nodes > 1 ? s->base_nodes * machine->dimm_unit : 0;
	guint64 base = nodes > s->memory ? nodes - s->memory : 0, devices = 0;
	g_autofree char *unit = rig_size_text(machine->dimm_unit);
	gboolean changed = base > 0;

	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			struct step *step = &s->tracks[t].steps[i];
			guint64 size = scenario_unit(machine, device_of(&s->tracks[t], i)), grown;

			if (!size || (step->what != STEP_PLUG && step->what != STEP_RESIZE))
				continue;
			changed |= !multiple(&step->size, size) ||
				   !multiple(&step->requested, size);
			grown = round_up(&step->size, size);
			round_up(&step->requested, size);
			devices += step->what == STEP_PLUG ? s->tracks[t].copies * grown : 0;
		}
	s->memory += base;
	s->max_memory += base + devices;
	return changed ? g_strdup_printf("sizes are rounded up to memory blocks of %s", unit)
		       : NULL;
}

const struct machine *scenario_machine(const struct scenario *s, const char *name, GError **error)
{
	const struct machine *machine = machine_find(name ? name : s->machines[0], error);

	return machine && scenario_check_machine(s, machine, error) ? machine : NULL;
}
