// SPDX-License-Identifier: GPL-2.0-only
/*
 * shell-loop: a shell that alternately writes two states to a block's `state`, as a user would.
 * Only used by `make bench`, to compare it with block-state.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"
#include "guest-init/files.h"

#define SHELL "/bin/busybox"

static const char *pairs, *first, *second;
static char state[80];

/* The script. It is constant, and its arguments are fixed words. */
static const char script[] =
	"i=0; while [ $i -lt $1 ]; do echo $2 >$4; echo $3 >$4; i=$((i+1)); done 2>/dev/null";

static int prepare(struct run *run)
{
	static char numbers[2][24];
	unsigned long block = strtoul(run_param(run, "block"), NULL, 10);
	unsigned long count = strtoul(run_param(run, "pairs"), NULL, 10);

	if (!count || count > 1000000)
		return run_fail(run, EINVAL, "invalid pairs '%.40s' (a number from 1 to 1000000)",
				run_param(run, "pairs"));
	snprintf(numbers[0], sizeof(numbers[0]), "%lu", count);
	pairs = numbers[0];
	first = run_param(run, "first");
	second = run_param(run, "second");
	snprintf(state, sizeof(state), BLOCKS_DIR "/memory%lu/state", block);
	return 0;
}

static void step(struct run *run)
{
	unsigned long writes = 2 * strtoul(pairs, NULL, 10);
	char *const argv[] = {"sh", "-c", (char *)script, "shell-loop", (char *)pairs,
			      (char *)first, (char *)second, state, NULL};
	int status, pid;

	/* the block may not be plugged yet */
	if (!file_exists(state)) {
		run_idle(run);
		run->now_ns = now_ns();
		return;
	}
	op_begin(run, OP_SHELL);
	pid = fork();
	if (!pid) {
		execv(SHELL, argv);
		_exit(127);
	}
	if (pid < 0) {
		op_end(run, OP_SHELL, -ECHILD);
		return;
	}
	if (waitpid(pid, &status, 0) < 0) { /* the agent must stop: do not count this operation */
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		op_end(run, OP_SHELL, 0);
		return;
	}
	op_end(run, OP_SHELL, WIFEXITED(status) ? 0 : -ECHILD);
	atomic_fetch_add(&run->shared->ops, writes - 1);
}

const struct agent agent_shell_loop = {
	.name = "shell-loop",
	.needs = SHELL,
	.params = (const struct agent_param[]){
		{"block", "0", "number of the memory block"},
		{"first", "offline", "what is written first"},
		{"second", "online_movable", "what is written next"},
		{"pairs", "20", "number of repetitions in one shell"},
		{NULL},
	},
	.prepare = prepare,
	.step = step,
};
