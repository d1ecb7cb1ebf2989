// SPDX-License-Identifier: GPL-2.0-only
/* rig run: runs a scenario on a kernel. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/findings.h"
#include "cmd/options.h"
#include "cmd/request.h"
#include "locks/locks.h"
#include "scenario/switches.h"
#include "util/error.h"

static const char summary[] =
	"Boots a kernel, adds and removes memory while agents load the guest, "
	"and checks the result.\n"
	"SCENARIO is a name (`rig scenario list`) or a YAML file.";

static const char examples[] =
	"  rig run dimm-remove-vs-sysfs\n"
	"      linux-source-6.1 with lockdep on the scenario's first machine\n"
	"  rig run dimm-storm --machine pseries --patch 0001-fix.patch --duration 60\n"
	"      the same source with a patch, on another machine, for a minute\n"
	"  rig run dimm-storm --kernel git:$HOME/linux@HEAD\n"
	"      your own tree, which is not modified\n"
	"  rig run dimm-storm --kernel arch/x86/boot/bzImage --seed 7\n"
	"      your own kernel image, with a fixed seed\n"
	"  rig run dimm-storm --launcher libvirt --connect qemu+ssh://root@host/system\n"
	"      the same on a libvirt host, as a transient domain\n\n"
	"Exit codes: 0 pass or known issue, 1 fail or hang, 2 usage, 3 infrastructure or guest "
	"lost, 77 skip.\n";

static struct run_request want;
static char *hold_cycle;
static gboolean json, quiet;

static const GOptionEntry options[] = {
	{"machine", 'm', 0, G_OPTION_ARG_STRING, &want.machine,
	 "pc-q35, pseries, powernv9, arm64-virt, s390x-ccw, riscv64-virt, …", "NAME"},
	{"kernel", 'k', 0, G_OPTION_ARG_STRING, &want.kernel,
	 "image, or deb:PACKAGE[@SUITE], tar:FILE, dir:PATH, git:REPO@REV", "WHAT"},
	{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &want.vmlinux,
	 "vmlinux with DWARF for an image, to explain hangs from memory", "FILE"},
	OPTION_PATCH(&want.patches),
	OPTION_FRAGMENT(&want.fragments),
	OPTION_NO_LOCKDEP(&want.no_lockdep),
	OPTION_SEED(&want.seed),
	{"timeline", 0, 0, G_OPTION_ARG_FILENAME, &want.timeline,
	 "execute the operations of this timeline.json (docs/scenarios.md)", "FILE"},
	{"cpus", 0, 0, G_OPTION_ARG_INT, &want.cpus, "vCPUs at boot, instead of the scenario's",
	 "N"},
	OPTION_DURATION(&want.duration_s),
	OPTION_PATIENCE(&want.patience_s),
	{"memory-image", 0, 0, G_OPTION_ARG_STRING, &want.memory_image,
	 "dump memory after a hang, for guests up to SIZE (default 2G; 0: never)", "SIZE"},
	{"known", 0, 0, G_OPTION_ARG_FILENAME, &want.known,
	 "list of known issues (default: scenarios/known-issues.yaml)", "FILE"},
	{"keep-going", 0, 0, G_OPTION_ARG_NONE, &want.keep_going, "do not stop at the first report",
	 NULL},
	{"no-keep-locks", 0, 0, G_OPTION_ARG_NONE, &want.no_keep_locks,
	 "do not keep the lock orders of the boot for `rig locks` (docs/locks.md)", NULL},
	{"until", 0, 0, G_OPTION_ARG_STRING, &want.until,
	 "stop only at a report with this signature or kind", "KEY"},
	{"hold", 0, 0, G_OPTION_ARG_STRING_ARRAY, &want.holds,
	 "make a vCPU wait: 'A until B[, visits N][, max MS][, times N]', "
	 "'A meet B', 'A, max MS' (repeatable)",
	 "TEXT"},
	{"fail", 0, 0, G_OPTION_ARG_STRING_ARRAY, &want.fails,
	 "make a call of a kernel function fail: 'FUNCTION [in CALLER] [ERRNO][, call N][, times N]"
	 "[, comm NAME][, after STEP]' (repeatable; docs/director.md)",
	 "TEXT"},
	{"calls", 0, 0, G_OPTION_ARG_NONE, &want.calls,
	 "count the calls of functions that can fail (`rig race --fail --list`)", NULL},
	{"vary", 0, 0, G_OPTION_ARG_STRING_ARRAY, &want.vary,
	 "draw the value of a kernel switch from the seed (memmap_on_memory), or from given "
	 "values ('page_owner=on') (rig-scenario(5); repeatable)",
	 "SWITCH[=VALUE|VALUE]"},
	{"visits", 0, 0, G_OPTION_ARG_STRING, &want.visits,
	 "count how often vCPUs enter functions: those of 'hotplug' (all candidates for holds), "
	 "of a file, or one function (docs/director.md)",
	 "WHAT,…"},
	{"record-locks", 0, 0, G_OPTION_ARG_NONE, &want.record_locks,
	 "record lock orders by the QEMU plugin, which needs no lockdep (docs/prove.md)", NULL},
	{"record-spinlocks", 0, 0, G_OPTION_ARG_NONE, &want.record_spinlocks,
	 "--record-locks, and also those of spinlocks and rwlocks", NULL},
	{"coverage", 0, 0, G_OPTION_ARG_NONE, &want.coverage,
	 "record which code of memory hotplug, slab and the device core is reached "
	 "(docs/coverage.md)",
	 NULL},
	{"sweep", 0, 0, G_OPTION_ARG_FILENAME, &want.sweep,
	 "try the holds of a file, a few at a time (docs/director.md)", "FILE"},
	{"hold-cycle", 0, 0, G_OPTION_ARG_STRING, &hold_cycle,
	 "stop tasks between two locks of this cycle, until it is closed; records locks, too "
	 "(docs/prove.md)",
	 "'A --> B'"},
	{"without", 0, 0, G_OPTION_ARG_STRING, &want.without,
	 "leave a part of the scenario out: an agent, a step ('unplug d') or all 'holds'", "PART"},
	{"accel", 0, 0, G_OPTION_ARG_STRING, &want.accel, "auto, kvm or tcg", "WORD"},
	{"firmware", 0, 0, G_OPTION_ARG_STRING, &want.firmware, "pseries: vof or slof", "WORD"},
	{"mmu", 0, 0, G_OPTION_ARG_STRING, &want.mmu, "pseries: radix or hash", "WORD"},
	{"pages", 0, 0, G_OPTION_ARG_STRING, &want.page_size,
	 "arm64-virt: page size of the kernel, 4k or 64k; memory blocks have 128 or 512 MiB",
	 "SIZE"},
	{"launcher", 0, 0, G_OPTION_ARG_STRING, &want.launcher, "direct, or libvirt", "WORD"},
	{"connect", 'c', 0, G_OPTION_ARG_STRING, &want.uri,
	 "libvirt's URI: qemu:///session, qemu+ssh://host/system", "URI"},
	OPTION_QEMU(&want.emulator),
	OPTION_RESULTS(&want.results),
	{"label", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &want.labels,
	 "write KEY=VALUE into run.json, by which the run can be found (repeatable)", "KEY=VALUE"},
	OPTION_JOBS(&want.jobs),
	{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print the verdict as JSON", NULL},
	OPTION_QUIET(&quiet),
	{NULL},
};

gboolean run_words_check(const char *const *words, GError **error)
{
	g_autoptr(GPtrArray) copy = g_ptr_array_new();
	char **argv;
	int argc;

	g_ptr_array_add(copy, (gpointer) "run");
	for (; words && *words; words++)
		g_ptr_array_add(copy, (gpointer)*words);
	g_ptr_array_add(copy, NULL);
	argc = (int)copy->len - 1;
	argv = (char **)copy->pdata;
	if (!cmd_parse(&argc, &argv, options, "SCENARIO", summary, examples, error)) {
		g_prefix_error(error, "options after --: ");
		return FALSE;
	}
	for (char **text = want.vary; text && *text; text++)
		if (!switch_draw(*text, 0, error))
			return FALSE;
	return argc == 1 || rig_fail(error, RIG_EXIT_USAGE,
				     "'%s' after -- is not an option of `rig run` (see its --help)",
				     argv[1]);
}

int cmd_run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) info = NULL;

	if (!cmd_parse(&argc, &argv, options, "SCENARIO", summary, examples, &error))
		return rig_report_error(error);
	if (argc != 2) {
		fputs("rig: run takes one scenario; `rig scenario list` lists them\n", stderr);
		return RIG_EXIT_USAGE;
	}
	want.scenario = argv[1];
	quiet |= json;
	if (hold_cycle && !(want.hold_cycle = lock_cycle_parse(hold_cycle))) {
		fprintf(stderr,
			"rig: '%s' is not a cycle of locks (for example 'mem_hotplug_lock --> "
			"kn->active')\n",
			hold_cycle);
		return RIG_EXIT_USAGE;
	}
	if (!request_run(&want, quiet ? SHOW_NOTHING : SHOW_ALL, &info, &error))
		return rig_report_error(error);
	if (json)
		cmd_print_json(findings_json(info));
	else if (!quiet)
		findings_print(info, FALSE);
	return verdict_exit_code(info->verdict);
}
