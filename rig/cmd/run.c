// SPDX-License-Identifier: GPL-2.0-only
/* rig run: runs a scenario on a kernel. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/findings.h"
#include "cmd/request.h"
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
static gboolean json, quiet;

static const GOptionEntry options[] = {
	{"machine", 'm', 0, G_OPTION_ARG_STRING, &want.machine,
	 "pc-q35, pseries, powernv9, arm64-virt, …", "NAME"},
	{"kernel", 'k', 0, G_OPTION_ARG_STRING, &want.kernel,
	 "image, or deb:PACKAGE[@SUITE], tar:FILE, dir:PATH, git:REPO@REV", "WHAT"},
	{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &want.vmlinux,
	 "vmlinux with DWARF for an image, to explain hangs from memory", "FILE"},
	{"patch", 'p', 0, G_OPTION_ARG_FILENAME_ARRAY, &want.patches,
	 "apply a patch (repeatable, in order)", "FILE"},
	{"fragment", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &want.fragments,
	 "add a config fragment (repeatable)", "FILE"},
	{"no-lockdep", 0, 0, G_OPTION_ARG_NONE, &want.no_lockdep,
	 "build without lockdep, or accept an image without it", NULL},
	{"seed", 's', 0, G_OPTION_ARG_STRING, &want.seed, "seed of all random choices",
	 "N"},
	{"timeline", 0, 0, G_OPTION_ARG_FILENAME, &want.timeline,
	 "execute the operations of this timeline.json (docs/scenarios.md)", "FILE"},
	{"duration", 'd', 0, G_OPTION_ARG_INT, &want.duration_s,
	 "seconds of load, instead of the scenario's", "S"},
	{"patience", 0, 0, G_OPTION_ARG_INT, &want.patience_s,
	 "seconds without progress before a hang is declared (20)", "S"},
	{"memory-image", 0, 0, G_OPTION_ARG_STRING, &want.memory_image,
	 "dump memory after a hang, for guests up to SIZE (2G; 0: never)", "SIZE"},
	{"known", 0, 0, G_OPTION_ARG_FILENAME, &want.known,
	 "list of known issues (scenarios/known-issues.yaml)", "FILE"},
	{"keep-going", 0, 0, G_OPTION_ARG_NONE, &want.keep_going,
	 "do not stop at the first report", NULL},
	{"no-keep-locks", 0, 0, G_OPTION_ARG_NONE, &want.no_keep_locks,
	 "do not keep the lock orders of the boot for `rig locks` (docs/locks.md)", NULL},
	{"until", 0, 0, G_OPTION_ARG_STRING, &want.until,
	 "stop only at a report with this signature or kind", "KEY"},
	{"hold", 0, 0, G_OPTION_ARG_STRING_ARRAY, &want.holds,
	 "make a vCPU wait: 'A until B[, visits N][, max MS][, times N]', "
	 "'A meet B' (repeatable)",
	 "TEXT"},
	{"visits", 0, 0, G_OPTION_ARG_STRING, &want.visits,
	 "count how often vCPUs pass the functions of 'hotplug', a file or a function "
	 "(docs/director.md)",
	 "WHAT,…"},
	{"without", 0, 0, G_OPTION_ARG_STRING, &want.without,
	 "leave a part of the scenario out: an agent, a step ('unplug d') or all 'holds'",
	 "PART"},
	{"accel", 0, 0, G_OPTION_ARG_STRING, &want.accel, "auto, kvm or tcg", "WORD"},
	{"firmware", 0, 0, G_OPTION_ARG_STRING, &want.firmware, "pseries: vof or slof",
	 "WORD"},
	{"mmu", 0, 0, G_OPTION_ARG_STRING, &want.mmu, "pseries: radix or hash", "WORD"},
	{"launcher", 0, 0, G_OPTION_ARG_STRING, &want.launcher, "direct, or libvirt",
	 "WORD"},
	{"connect", 'c', 0, G_OPTION_ARG_STRING, &want.uri,
	 "libvirt's URI: qemu:///session, qemu+ssh://host/system", "URI"},
	{"qemu", 0, 0, G_OPTION_ARG_FILENAME, &want.emulator,
	 "another QEMU: a program, or a suite of `rig qemu get`", "NAME"},
	{"results", 'r', 0, G_OPTION_ARG_FILENAME, &want.results, "folder of run folders",
	 "DIR"},
	{"label", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &want.labels,
	 "write KEY=VALUE into run.json, to find the run by (repeatable)", "KEY=VALUE"},
	{"jobs", 'j', 0, G_OPTION_ARG_INT, &want.jobs, "number of compile jobs", "N"},
	{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print the verdict as JSON", NULL},
	{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "print only errors", NULL},
	{NULL},
};

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
	if (!request_run(&want, quiet, &info, &error))
		return rig_report_error(error);
	if (json)
		cmd_print_json(findings_json(info));
	else if (!quiet)
		findings_print(info, FALSE);
	return verdict_exit_code(info->verdict);
}
