// SPDX-License-Identifier: GPL-2.0-only
/*
 * Agents that write words to one file: compact, memtrace (powernv), dlpar (pseries),
 * notifier-error, and busted, which must cause a report.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"
#include "guest-init/files.h"

/* compact: compacts the memory of all nodes at once, or of one node at a time through sysfs. */

#define COMPACT "/proc/sys/vm/compact_memory"

static struct listing nodes;

static int prepare_compact(struct run *run)
{
	(void)run;
	/* a kernel without NUMA does not have this folder */
	if (listing_open(&nodes, "/sys/devices/system/node"))
		nodes.dir = -1;
	return 0;
}

static void step_compact(struct run *run)
{
	char path[96];
	int err;

	if (nodes.dir >= 0)
		listing_refresh(&nodes, "node");
	if (!nodes.count || guest_rng_next(&run->shared->rng) & 1) {
		op_write_path(run, OP_COMPACT, AT_FDCWD, COMPACT, "1");
		return;
	}
	snprintf(path, sizeof(path), "%s/compact",
		 nodes.name[guest_rng_index(&run->shared->rng, nodes.count)]);
	err = op_write_path(run, OP_COMPACT, nodes.dir, path, "1");
	nodes.stale |= err == -ENOENT || err == -ENODEV;
}

const struct agent agent_compact = {
	.name = "compact",
	.needs = COMPACT,
	.prepare = prepare_compact,
	.step = step_compact,
};

/* memtrace: removes a part of each node's memory from the kernel, and returns it. */

#define MEMTRACE "/sys/kernel/debug/powerpc/memtrace/enable"

static uint64_t trace_size;

static int prepare_memtrace(struct run *run)
{
	const char *size = run_param(run, "size");

	if (!size) {
		trace_size = blocks_size();
		return 0;
	}
	if (text_number(size, &trace_size) || !trace_size || !blocks_size() ||
	    trace_size % blocks_size())
		return run_fail(run, EINVAL, "invalid size '%.40s' (a multiple of 0x%llx)", size,
				(unsigned long long)blocks_size());
	return 0;
}

static void step_memtrace(struct run *run)
{
	bool on = guest_rng_next(&run->shared->rng) & 1;
	char word[24];

	snprintf(word, sizeof(word), "0x%llx", on ? (unsigned long long)trace_size : 0);
	op_write_path(run, on ? OP_TRACE_ON : OP_TRACE_OFF, AT_FDCWD, MEMTRACE, word);
}

static void cleanup_memtrace(struct run *run)
{
	(void)run;
	file_write(AT_FDCWD, MEMTRACE, "0");
}

const struct agent agent_memtrace = {
	.name = "memtrace",
	.needs = MEMTRACE,
	.params =
		(const struct agent_param[]){
			{"size", NULL,
			 "bytes to remove from each node, a multiple of the block size (default: "
			 "one block)"},
			{NULL},
		},
	.prepare = prepare_memtrace,
	.step = step_memtrace,
	.cleanup = cleanup_memtrace,
};

/*
 * dlpar: makes the requests that normally come from PowerVM's management console (HMC). QEMU
 * refuses to finish a removal that it did not start, and the memory (LMB) then belongs to neither
 * the guest nor QEMU. So by default, the agent makes only impossible requests, which pass through
 * dlpar_memory() with device_hotplug_lock held and change nothing.
 */

#define DLPAR "/sys/kernel/dlpar"

static const struct {
	const char *name;
	enum op op;
	const char *format;
} dlpar_ops[] = {
	{"refused", OP_DLPAR_REFUSED, "memory remove count 16777215"},
	{"add", OP_DLPAR_ADD, "memory add count %llu"},
	{"remove", OP_DLPAR_REMOVE, "memory remove count %llu"},
};

static bool dlpar_wanted[countof(dlpar_ops)];
static uint64_t dlpar_count;

static int prepare_dlpar(struct run *run)
{
	char list[256], *cursor = list, *name;

	if (!text_copy(list, sizeof(list), run_param(run, "op")))
		return run_fail(run, E2BIG, "op is longer than %zu characters", sizeof(list) - 1);
	while ((name = strsep(&cursor, ","))) {
		unsigned i = 0;

		while (i < countof(dlpar_ops) && strcmp(dlpar_ops[i].name, name))
			i++;
		if (i == countof(dlpar_ops))
			return run_fail(run, EINVAL, "invalid op '%.40s' ('refused', 'add' or "
						     "'remove')", name);
		dlpar_wanted[i] = true;
	}
	return run_param_number(run, "count", 1, 1024, &dlpar_count);
}

static void step_dlpar(struct run *run)
{
	char word[64];
	unsigned i;

	do
		i = guest_rng_index(&run->shared->rng, countof(dlpar_ops));
	while (!dlpar_wanted[i]);
	snprintf(word, sizeof(word), dlpar_ops[i].format, (unsigned long long)dlpar_count);
	op_write_path(run, dlpar_ops[i].op, AT_FDCWD, DLPAR, word);
}

const struct agent agent_dlpar = {
	.name = "dlpar",
	.needs = DLPAR,
	.params = (const struct agent_param[]){
		{"op", "refused", "one or more of refused,add,remove"},
		{"count", "1", "number of LMBs to add or remove in one operation"},
		{NULL},
	},
	.prepare = prepare_dlpar,
	.step = step_dlpar,
	.patience_ms = 15000,
};

/*
 * notifier-error: makes memory notifiers fail, so that the kernel must roll onlining and offlining
 * back.
 */

#define INJECT "/sys/kernel/debug/notifier-error-inject/memory/actions/"

static const char *const inject[] = {
	INJECT "MEM_GOING_ONLINE/error",
	INJECT "MEM_GOING_OFFLINE/error",
};

static int errors[16];
static unsigned n_errors;

static int lacks_inject(struct text *what)
{
	/*
	 * these files accept only negative numbers, which simple_attr_write() rejects from v5.11 to
	 * v6.1
	 */
	int err = file_write(AT_FDCWD, inject[0], "-12");

	if (err)
		text_add(what, "negative numbers in %s (%s)", inject[0], errno_name(-err));
	file_write(AT_FDCWD, inject[0], "0");
	return err;
}

static int prepare_inject(struct run *run)
{
	char list[256], *cursor = list, *name;

	if (!text_copy(list, sizeof(list), run_param(run, "errors")))
		return run_fail(run, E2BIG, "errors is longer than %zu characters",
				sizeof(list) - 1);
	while ((name = strsep(&cursor, ","))) {
		int error = errno_number(name);

		/*
		 * operations of the block agents will fail with this error, so it must be expected
		 * of them
		 */
		if (!error || !op_expected(OP_OFFLINE, error) || !op_expected(OP_ONLINE, error))
			return run_fail(run, EINVAL,
					"errors: '%.40s' is not an errno that block operations "
					"may return", name);
		if (n_errors == countof(errors))
			return run_fail(run, E2BIG, "errors: more than %zu", countof(errors));
		errors[n_errors++] = error;
	}
	return 0;
}

static void step_inject(struct run *run)
{
	struct guest_rng *rng = &run->shared->rng;
	const char *path = inject[guest_rng_index(rng, countof(inject))];
	bool on = guest_rng_next(rng) & 1;
	char word[16];

	snprintf(word, sizeof(word), "%d", on ? -errors[guest_rng_index(rng, n_errors)] : 0);
	op_write_path(run, on ? OP_INJECT : OP_INJECT_OFF, AT_FDCWD, path, word);
}

static void cleanup_inject(struct run *run)
{
	(void)run;
	for (unsigned i = 0; i < countof(inject); i++)
		file_write(AT_FDCWD, inject[i], "0");
}

const struct agent agent_notifier_error = {
	.name = "notifier-error",
	.needs = INJECT,
	.lacks = lacks_inject,
	.params = (const struct agent_param[]){
		{"errors", "ENOMEM,EBUSY", "errnos with which the notifiers fail"},
		{NULL},
	},
	.prepare = prepare_inject,
	.step = step_inject,
	.cleanup = cleanup_inject,
};

/*
 * busted: acquires two locks in both orders. lockdep must report that; otherwise lockdep does not
 * work, and a run without reports proves nothing.
 */

#define BUSTED "/sys/kernel/debug/rig/busted"

static void step_busted(struct run *run)
{
	op_write_path(run, OP_BUSTED, AT_FDCWD, BUSTED, "1");
}

const struct agent agent_busted = {
	.name = "busted",
	.needs = BUSTED,
	.step = step_busted,
};
