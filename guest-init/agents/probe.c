// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe: writes physical addresses to /sys/devices/system/memory/probe.
 *
 * probe_store() takes device_hotplug_lock and adds the range of one block. To test this, it is
 * sufficient to write addresses of blocks that existed at boot and cannot be unplugged, which is
 * the default: the result is EEXIST and nothing changes. The address of a DIMM would not be safe:
 * if it were written just after the unplug, it would add blocks without memory, and the next plug
 * would fail.
 *
 * `absent N` adds N such blocks on purpose, above all memory. They can never be removed and must
 * stay offline, because the kernel would store data where there is no memory. So all other agents
 * and the requests skip these blocks (blocks_void()), and this agent does not start on a kernel
 * that sets new memory online automatically.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"

#define PROBE BLOCKS_DIR "/probe"
/* within the 40 address bits of QEMU's TCG CPUs, above all memory that such a guest can have */
#define ABSENT_AT "0xc000000000"

static int fd;
static uint64_t absent, done, at;

/*
 * Returns true if a resource overlaps FIRST..LAST, or if there is System RAM above LAST. Reads the
 * lines "start-end : name" of /proc/iomem; indented lines are parts of other resources and are
 * skipped.
 */
static bool is_taken(uint64_t first, uint64_t last)
{
	static char map[65536];
	char *cursor = map, *line;

	if (file_read(AT_FDCWD, "/proc/iomem", map, sizeof(map)) <= 0)
		return true;
	while ((line = text_line(&cursor))) {
		unsigned long long start, end;

		if (*line == ' ' || sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		if ((start <= last && end >= first) || (strstr(line, "System RAM") && end > first))
			return true;
	}
	return false;
}

static int prepare_absent(struct run *run)
{
	uint64_t size = blocks_size();
	char online[32];

	if (!absent)
		return 0;
	if (file_line(AT_FDCWD, BLOCKS_DIR "/auto_online_blocks", online, sizeof(online)) < 0 ||
	    strcmp(online, "offline"))
		return run_fail(run, EINVAL,
				"absent: the kernel sets new blocks online (auto_online_blocks)");
	if (text_number(run_param(run, "at"), &at) || !size || at % size ||
	    at + absent * size < at || is_taken(at, at + absent * size - 1))
		return run_fail(run, EINVAL,
				"invalid at '%.40s' (an unused address above all memory, a "
				"multiple of 0x%llx)",
				run_param(run, "at"), (unsigned long long)size);
	if (atomic_load(&shared->void_end))
		return run_fail(run, EEXIST, "absent: another agent has already added blocks "
					     "without memory");
	atomic_store(&shared->void_end, at / size + absent);
	atomic_store(&shared->void_first, at / size);
	return 0;
}

static int prepare(struct run *run)
{
	int err = run_param_number(run, "absent", 0, 64, &absent);

	if (!err)
		err = prepare_absent(run);
	if (err)
		return err;
	fd = open(PROBE, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? run_fail(run, errno, PROBE) : 0;
}

static void step(struct run *run)
{
	bool add = done < absent;
	uint64_t address;
	unsigned number, count = 0;
	char word[24];
	int len;

	if (add) {
		address = at + done++ * blocks_size();
	} else {
		while (blocks_boot(count, &number))
			count++;
		if (!count || !blocks_boot(guest_rng_index(&run->shared->rng, count), &number)) {
			run_idle(run);
			return;
		}
		address = number * blocks_size();
	}
	len = snprintf(word, sizeof(word), "0x%llx", (unsigned long long)address);
	op_write(run, add ? OP_PROBE_ABSENT : OP_PROBE, fd, word, len);
}

const struct agent agent_probe = {
	.name = "probe",
	.needs = PROBE,
	.params =
		(const struct agent_param[]){
			{"absent", "0",
			 "number of blocks without memory to add first, permanently; at most 64"},
			{"at", ABSENT_AT, "address of the first of them"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
};
