// SPDX-License-Identifier: GPL-2.0-only
/*
 * gallery: makes the kernel print one report, once. Only kernels with
 * scenarios/gallery/gallery.patch have the file that it writes. Some reports kill this process.
 */
#include <fcntl.h>
#include <string.h>

#include "guest-init/agent.h"

#define GALLERY "/sys/kernel/debug/rig/gallery"

static bool shown;
static uint64_t at_ns;

static int prepare_gallery(struct run *run)
{
	uint64_t after_ms;
	int err = run_param_number(run, "after-ms", 0, 3600000, &after_ms);

	if (!err)
		at_ns = now_ns() + after_ms * 1000000;
	return err;
}

static void step_gallery(struct run *run)
{
	if (shown) {
		run_idle(run);
		return;
	}
	run_sleep_until(run, at_ns);
	if (run_stopped(run))
		return;
	shown = true;
	op_write_path(run, OP_GALLERY, AT_FDCWD, GALLERY, run_param(run, "show"));
}

const struct agent agent_gallery = {
	.name = "gallery",
	.needs = GALLERY,
	.params =
		(const struct agent_param[]){
			{"show", "lockdep-circular",
			 "kind of the report, see docs/reports.md"},
			{"after-ms", "0", "milliseconds to wait before the report"},
			{NULL},
		},
	.prepare = prepare_gallery,
	.step = step_gallery,
};
