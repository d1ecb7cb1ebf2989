// SPDX-License-Identifier: GPL-2.0-only
/* Lists the files that a change modifies, by git --stat. */
#include "bisect/internal.h"

#include "util/spawn.h"
#include "util/text.h"

#define STAT_MAX (16u << 10)

char *span_diffstat(const struct span *span, guint position)
{
	const struct change *change = span_change(span, position);
	g_autofree char *output = NULL;

	if (span->kind == SPAN_GIT) {
		const char *words[] = {"show",	   "--stat=100", "--format=", "--no-color",
				       change->id, "--",	 NULL};

		if (!git_run(span->repo, words, STAT_MAX, &output, NULL))
			return NULL;
	} else if (change->file && span->kind == SPAN_SERIES) {
		if (!spawn_words(&output, NULL, "git", "apply", "--stat", "--", change->file, NULL))
			return NULL;
	} else {
		return g_strdup(change->id);
	}
	return text_clean(g_strchomp(output));
}
