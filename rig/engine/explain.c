// SPDX-License-Identifier: GPL-2.0-only
/*
 * After a post-mortem: who waited for whom (rig/hang), from what the folder has by now. The explanation is
 * one more report of the run, so that it has a signature, is matched with known issues and bisected.
 */
#include "engine/session.h"

#include "hang/hang.h"
#include "hang/memory.h"

/* A hang that somebody has looked at is no failure, and proves nothing either. */
static void excuse(struct session *s, const struct known_issue *issue)
{
	g_autofree char *reason = g_strdup_printf("the hang is a known issue: %s", issue->reason);

	if (!s->stalled || s->verdict != VERDICT_HANG)
		return;
	s->verdict = VERDICT_INFRA;
	run_journal(s->run, "reason", "{s:s, s:s}", "verdict", verdict_name(VERDICT_INFRA), "text", reason);
	g_ptr_array_insert(s->reasons, 0, g_steal_pointer(&reason));
}

static void read_memory(struct session *s)
{
	g_autoptr(GError) error = NULL;

	if (memory_read(run_dir(s->run), s->plan->kernel->vmlinux, &error))
		run_journal(s->run, "memory", "{s:s}", "outcome", "ok");
	else
		run_journal(s->run, "memory", "{s:s, s:s}", "outcome", "failed", "why", error->message);
}

void session_explain(struct session *s)
{
	g_autoptr(GError) error = NULL;
	const struct known_issue *issue;
	rig_auto(hang) hang = NULL;
	struct splat *splat;

	if (!s->postmortem)
		return;
	read_memory(s);
	hang = hang_of_folder(run_dir(s->run), &error);
	splat = hang ? hang_to_splat(hang) : NULL;
	if (!splat) {
		run_journal(s->run, "explained", "{s:s}", "kind", "none");
		return;
	}
	s->hang = hang_json(hang, NULL);
	run_journal(s->run, "explained", "{s:s, s:s}", "kind", splat->kind, "title", splat->title);
	issue = s->known ? known_match(s->known, splat, s->release) : NULL;
	splat->known = issue ? known_json(issue) : NULL;
	run_keep_splat(s->run, splat);
	g_ptr_array_add(s->splats, splat);
	if (issue)
		excuse(s, issue);
	else
		session_judge(s, VERDICT_HANG, "%s", splat->title);
}
