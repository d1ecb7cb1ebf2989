// SPDX-License-Identifier: GPL-2.0-only
/* The table of the kinds of reasons. */
#include "verdict/reason.h"

#include "verdict/verdict.h"

static const char *const names[] = {
	[REASON_OTHER] = "other",
	[REASON_REPORT] = "report",
	[REASON_EXPLANATION] = "explanation",
	[REASON_PROOF] = "proof",
	[REASON_AGENT_DIED] = "agent-died",
	[REASON_GUEST_BAD] = "guest-bad",
	[REASON_FIRMWARE] = "firmware",
	[REASON_EMULATOR] = "emulator",
	[REASON_ACCOUNTS] = "accounts",
};

const char *reason_kind_name(enum reason_kind kind)
{
	return names[kind];
}

enum reason_kind reason_kind_parse(const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (!g_strcmp0(text, names[i]))
			return i;
	return REASON_OTHER;
}

enum reason_kind reason_kind_of_report(const struct splat *splat)
{
	return report_is_explanation(splat->kind)    ? REASON_EXPLANATION
	       : report_is_from_console(splat->kind) ? REASON_REPORT
						     : REASON_OTHER;
}
