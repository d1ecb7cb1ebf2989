// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports the steps of a build, and the number of finished files in a step, to the caller of
 * kernel_build().
 */
#include "kernel/internal.h"

void progress_step(struct progress *progress, const char *step, guint total)
{
	progress->step = step;
	progress->done = 0;
	progress->total = total;
	if (progress->call)
		progress->call(step, 0, total, progress->last_ns, progress->data);
}

void progress_line(const char *line, void *data)
{
	struct progress *progress = data;
	guint total;

	(void)line;
	progress->done++;
	total = progress->total ? MAX(progress->total, progress->done) : 0;
	if (progress->call)
		progress->call(progress->step, progress->done, total, progress->last_ns,
			       progress->data);
}
