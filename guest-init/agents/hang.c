// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang: makes the kernel hang in the way that the parameter `do` names. Only kernels with
 * scenarios/hang/hang.patch have the file that the agent writes. In some ways its process hangs; in
 * others it continues and does nothing more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"
#include "guest-init/files.h"

#define HANG "/sys/kernel/debug/rig/hang"

#define SETTLE_NS 50000000ull

static struct listing blocks;
static bool asked;
static int seen; /* number of the block that the previous step found */

/*
 * Returns the highest number of a block that was plugged after boot, or -ENOENT if there is none.
 */
static int plugged_block(void)
{
	int last = -ENOENT;

	listing_refresh(&blocks, "memory");
	for (unsigned i = 0; i < blocks.count; i++) {
		unsigned number;

		if (listing_number(blocks.name[i], "memory", &number) && !blocks_at_boot(number) &&
		    (int)number > last)
			last = number;
	}
	return last;
}

static int prepare_hang(struct run *run)
{
	int err = listing_open(&blocks, BLOCKS_DIR);

	return err < 0 ? run_fail(run, -err, BLOCKS_DIR) : 0;
}

static void read_file(struct run *run, int block, const char *file)
{
	char path[128], text[64];
	int result;

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%d/%s", block, file);
	op_begin(run, OP_HANG);
	result = file_read(AT_FDCWD, path, text, sizeof(text));
	op_end(run, OP_HANG, result);
}

static void step_hang(struct run *run)
{
	const char *file = run_param(run, "read");
	int block = strcmp(run_param(run, "after"), "plugged") ? 0 : plugged_block(), err;

	if (asked || block < 0) {
		run_idle(run);
		return;
	}
	/*
	 * wait before using a new block: its folder appears in device_add(), before the block is in
	 * the list that hang.patch searches
	 */
	if (block != seen) {
		seen = block;
		run_sleep_until(run, now_ns() + SETTLE_NS);
		return;
	}
	err = op_write_path(run, OP_HANG, AT_FDCWD, HANG, run_param(run, "do"));
	/* after EAGAIN, try again: there is no movable memory yet */
	asked = err != -EAGAIN && (err || strcmp(run_param(run, "again"), "yes"));
	if (asked && file)
		read_file(run, block, file);
}

const struct agent agent_hang = {
	.name = "hang",
	.needs = HANG,
	.params =
		(const struct agent_param[]){
			{"do", "abba", "the way to hang: a word of scenarios/hang/hang.patch"},
			{"after", "start", "start, or plugged: after a block was plugged"},
			{"again", "no",
			 "yes: repeat it until the kernel hangs, for a race"},
			{"read", NULL, "afterwards read this file of that block"},
			{NULL},
		},
	.prepare = prepare_hang,
	.step = step_hang,
};
