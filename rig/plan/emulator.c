// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the QEMU of a run, and checks that it can do what the scenario needs. */
#include "plan/internal.h"

#include <string.h>

#include "director/qemu.h"
#include "util/error.h"
#include "util/size.h"

gboolean plan_is_here(const struct run_request *want)
{
	return strcmp(request_launcher(want), "libvirt") || !want->uri ||
	       g_str_has_prefix(want->uri, "qemu:///");
}

/*
 * Returns the bytes of huge pages that the devices of SCENARIO need. Each device counts twice,
 * because QEMU frees the memory of an unplugged device some time after its reply (by RCU); by then
 * the next device may be there.
 */
static guint64 hugepages_of(const struct scenario *scenario)
{
	guint64 bytes = 0;

	for (guint t = 0; t < scenario->n_tracks; t++)
		for (guint i = 0; i < scenario->tracks[t].n_steps; i++) {
			const struct step *step = &scenario->tracks[t].steps[i];

			if (step->what == STEP_PLUG && step->backend == BACKEND_HUGEPAGES)
				bytes += 2 * step->size.high * scenario->tracks[t].copies;
		}
	return bytes;
}

/* Returns the number after KEY in the content of /proc/meminfo, or 0 if it does not have KEY. */
static guint64 meminfo(const char *text, const char *key)
{
	const char *line = strstr(text, key);

	return line ? g_ascii_strtoull(line + strlen(key), NULL, 10) : 0;
}

/*
 * Checks that this host has enough free huge pages of its default size. Without the check, QEMU
 * would fail at the first plug (Cannot allocate memory).
 */
static gboolean check_hugepages(const struct scenario *scenario, GError **error)
{
	guint64 need = hugepages_of(scenario), size, available;
	g_autofree char *text = NULL, *words = NULL, *has = NULL;

	if (!need)
		return TRUE;
	if (!g_file_get_contents("/proc/meminfo", &text, NULL, error))
		return FALSE;
	size = meminfo(text, "Hugepagesize:") << 10;
	available = (meminfo(text, "HugePages_Free:") - meminfo(text, "HugePages_Rsvd:")) * size;
	if (available >= need)
		return TRUE;
	words = rig_size_text(need);
	has = rig_size_text(available);
	if (!size)
		return rig_fail(error, RIG_EXIT_SKIP,
				"'%s' needs %s of huge pages, but this host's kernel does not "
				"support them",
				scenario->name, words);
	return rig_fail(error, RIG_EXIT_SKIP,
			"'%s' needs %s of huge pages, and this host has %s free; `sysctl "
			"vm.nr_hugepages=%" G_GUINT64_FORMAT "` as root reserves enough",
			scenario->name, words, has,
			meminfo(text, "HugePages_Total:") + (need - available + size - 1) / size);
}

gboolean plan_emulator(const struct run_request *want, const struct scenario *scenario,
		       const struct machine *machine, char **ret_emulator, GError **error)
{
	g_autofree char *emulator =
		want->emulator ? qemu_find(want->emulator, machine->emulator) : NULL;
	g_autofree char *path = emulator ? g_find_program_in_path(emulator) : NULL;
	g_autofree char *what = g_strdup_printf("'%s'", scenario->name);

	if (emulator && !path && plan_is_here(want))
		return rig_fail(error, RIG_EXIT_USAGE,
				"--qemu '%s' is neither a program nor a suite that `rig qemu get` "
				"has fetched; `rig qemu list` shows those",
				want->emulator);
	/*
	 * the version of a QEMU on another host is unknown; there, unsupported devices fail when
	 * they are plugged
	 */
	if (plan_is_here(want) &&
	    (!machine_check_bios(machine, emulator, error) ||
	     !machine_check_version(machine, emulator ? emulator : machine->emulator,
				    scenario_abilities(scenario) & ~MACHINE_UNPLUG_CPU, what,
				    error) ||
	     !check_hugepages(scenario, error)))
		return FALSE;
	*ret_emulator = g_steal_pointer(&emulator);
	return TRUE;
}

/*
 * Returns how often the tracks of SCENARIO plug a vCPU at most, all tracks and laps together;
 * G_MAXUINT if a track repeats a plug until the load ends.
 */
static guint plugs_of_cpus(const struct scenario *scenario)
{
	guint plugs = 0;

	for (guint t = 0; t < scenario->n_tracks; t++) {
		const struct track *track = &scenario->tracks[t];

		for (guint i = 0; i < track->n_steps; i++) {
			const struct step *step = &track->steps[i];

			if (step->what != STEP_PLUG || step->device != DEVICE_CPU)
				continue;
			if (!step->once && !track->repeat)
				return G_MAXUINT;
			plugs += step->once ? 1 : track->repeat;
		}
	}
	return plugs;
}

/*
 * Checks that the plugged vCPUs have TCG contexts. QEMU allocates max_cpus contexts, and an
 * unplugged vCPU's context is not used again. A new vCPU without a context aborts QEMU, by the
 * assertion n < tcg_max_ctxs in tcg_register_thread() (tcg/tcg.c; 10.0 and 11.1).
 */
static gboolean check_contexts(const struct scenario *scenario, GError **error)
{
	guint room = MAX(scenario->max_cpus, scenario->cpus) - scenario->cpus;

	return plugs_of_cpus(scenario) <= room ||
	       rig_fail(error, RIG_EXIT_SKIP,
			"'%s' unplugs CPUs and plugs more than %u in all; then QEMU under TCG "
			"aborts, because it does not free the TCG context of an unplugged vCPU; "
			"run it on a host with KVM, or in a copy of the scenario limit the plugs "
			"by 'repeat', or raise 'max_cpus'",
			scenario->name, room);
}

gboolean plan_check_accel(const struct run_request *want, const struct scenario *scenario,
			  const struct run_plan *plan, const char *emulator, GError **error)
{
	const struct machine *machine = plan->machine;
	g_autofree char *what =
		g_strdup_printf("'%s' unplugs CPUs under TCG: this", scenario->name);

	if (plan->accel != ACCEL_TCG || !(scenario_abilities(scenario) & MACHINE_UNPLUG_CPU))
		return TRUE;
	if (!plan_is_here(want))
		return rig_fail(error, RIG_EXIT_SKIP,
				"'%s' unplugs CPUs, which crashes QEMU before 10.0 under TCG; the "
				"version on '%s' is not known (%s); run the scenario on this host "
				"with --qemu",
				scenario->name, want->uri, plan->accel_why);
	/* first what no version of QEMU changes */
	return check_contexts(scenario, error) &&
	       machine_check_version(machine, emulator ? emulator : machine->emulator,
				     MACHINE_UNPLUG_CPU, what, error);
}
