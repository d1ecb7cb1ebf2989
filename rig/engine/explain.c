// SPDX-License-Identifier: GPL-2.0-only
/*
 * Explains, after a post-mortem, which task waited for which other task (rig/hang), from the data
 * in the run folder. The explanation becomes a report of the run, so it has a signature, can match
 * known issues, and can be bisected.
 */
#include "engine/session.h"

#include "hang/hang.h"
#include "hang/memory.h"

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

void session_explain(struct session *s)
{
	g_autoptr(GError) error = NULL;
	rig_auto(hang) hang = NULL;
	struct splat *splat;

	if (!s->postmortem)
		return;
	judge_firmware(s);
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
