// SPDX-License-Identifier: GPL-2.0-only
/*
 * gallery: asks the kernel for one report, once. Only kernels with scenarios/gallery/gallery.patch
 * have the file; what happens to this process then depends on the report.
 */
#include <fcntl.h>
#include <string.h>

#include "agent.h"

#define GALLERY "/sys/kernel/debug/rig/gallery"

static bool shown;

static void step_gallery(struct run *run)
{
	if (shown) {
		run_idle(run);
		return;
	}
	shown = true;
	op_write_path(run, OP_GALLERY, AT_FDCWD, GALLERY, run_param(run, "show"));
}

const struct agent agent_gallery = {
	.name = "gallery",
	.needs = GALLERY,
	.params =
		(const struct agent_param[]){
			{"show", "lockdep-circular",
			 "kind of the report, as docs/reports.md has them"},
			{NULL},
		},
	.step = step_gallery,
};
