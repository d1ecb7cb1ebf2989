// SPDX-License-Identifier: GPL-2.0-only
/*
 * Explains, after a post-mortem, which task waited for which other task (rig/hang), from the data
 * in the run folder. The explanation becomes a report of the run, so it has a signature, can match
 * known issues, and can be bisected.
 */
#include "engine/session.h"

#include "hang/hang.h"
#include "hang/memory.h"

/* the major version of QEMU in Debian's suite trixie, in which this fault was not seen */
#define NEWER_QEMU 10

static void read_memory(struct session *s)
{
	g_autoptr(GError) error = NULL;

	if (memory_read(run_dir(s->run), s->plan->kernel->vmlinux, &error))
		run_journal(s->run, "memory", "{s:s}", "outcome", "ok");
	else
		run_journal(s->run, "memory", "{s:s, s:s}", "outcome", "failed", "why",
			    error->message);
}

static void judge_firmware(struct session *s)
{
	g_autofree char *fault = hang_firmware_of_folder(run_dir(s->run));

	if (fault)
		session_judge_as(s, REASON_FIRMWARE, VERDICT_INFRA, "firmware fault: %s", fault);
}

/*
 * Judges a fault of TCG (rig/hang/emulator.c). Under KVM, the processor executes the guest's code,
 * so the same backtraces would show a fault of the kernel.
 */
static void judge_emulator(struct session *s)
{
	const char *emulator = s->plan->emulator ? s->plan->emulator : s->plan->machine->emulator;
	g_autofree char *fault = NULL, *version = NULL;
	unsigned major = 0, minor = 0;

	if (s->plan->accel != ACCEL_TCG)
		return;
	fault = hang_emulator_of_folder(run_dir(s->run), s->console.hung_at);
	if (!fault)
		return;
	if (machine_qemu_version(emulator, &major, &minor, NULL))
		version = g_strdup_printf(" %u.%u", major, minor);
	session_judge_as(s, REASON_EMULATOR, VERDICT_INFRA,
			 "emulator fault: QEMU%s executes %s that is no longer in the guest's "
			 "memory%s",
			 version ? version : "", fault,
			 major < NEWER_QEMU ? "; `rig qemu get trixie` fetches 10.0, and --qemu "
					      "trixie uses it"
					    : "");
}

void session_explain(struct session *s)
{
	g_autoptr(GError) error = NULL;
	rig_auto(hang) hang = NULL;
	struct splat *splat;

	if (!s->postmortem)
		return;
	judge_firmware(s);
	judge_emulator(s);
	read_memory(s);
	hang = hang_of_folder(run_dir(s->run), &error);
	splat = hang ? hang_to_splat(hang) : NULL;
	if (!splat) {
		run_journal(s->run, "explained", "{s:s}", "kind", "none");
		return;
	}
	s->reports.hang = hang_json(hang, NULL);
	run_journal(s->run, "explained", "{s:s, s:s}", "kind", splat->kind, "title", splat->title);
	judge_derived(s, splat);
}
