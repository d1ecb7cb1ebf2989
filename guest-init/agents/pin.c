// SPDX-License-Identifier: GPL-2.0-only
/*
 * pin: pins pages of user memory for a bounded time, so that they cannot be migrated: as pages in a
 * pipe (vmsplice), as buffers of io_uring, or as the buffer of a slow read with O_DIRECT. It also
 * locks memory (mlock), whose pages can be migrated, but not reclaimed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/direct.h"
#include "guest-init/region.h"

#define PINS 16

struct pin {
	struct region region;
	const struct how *how; /* NULL if this entry is free */
	int fds[2];	       /* the pipe, or the ring */
	aio_context_t reading; /* only for the way `direct`: the context of the read */
	uint64_t until_ns;
};

struct how {
	const char *name;
	int (*pin)(struct pin *pin); /* returns 0 or -errno */
};

static struct pin pins[PINS];
static bool wanted[8];
static uint64_t pages, max_ms;
static int device = -1; /* only for the way `direct`: the block device */

static int pin_pipe(struct pin *pin)
{
	struct iovec part = {pin->region.at, pin->region.len};

	if (pipe2(pin->fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	/* pages that do not fit into the pipe are not pinned */
	return vmsplice(pin->fds[1], &part, 1, SPLICE_F_NONBLOCK) < 0 ? -errno : 0;
}

static int pin_ring(struct pin *pin)
{
	struct io_uring_params params = {0};
	struct iovec part = {pin->region.at, pin->region.len};

	pin->fds[0] = syscall(SYS_io_uring_setup, 1, &params);
	if (pin->fds[0] < 0)
		return -errno;
	return syscall(SYS_io_uring_register, pin->fds[0], IORING_REGISTER_BUFFERS, &part, 1)
		       ? -errno
		       : 0;
}

static int pin_lock(struct pin *pin)
{
	return mlock(pin->region.at, pin->region.len) ? -errno : 0;
}

/* The device completes the read after max_ms. */
static int pin_direct(struct pin *pin)
{
	return direct_read(device, pin->region.at, pin->region.len, &pin->reading);
}

static const struct how hows[] = {
	{"vmsplice", pin_pipe},
	{"io_uring", pin_ring},
	{"mlock", pin_lock},
	{"direct", pin_direct},
};

static int prepare(struct run *run)
{
	char list[64], *rest = list, *word;
	unsigned i;
	int err = run_param_number(run, "pages", 1, 65536, &pages);

	if (!err)
		err = run_param_number(run, "ms", 1, 600000, &max_ms);
	if (err)
		return err;
	if (!text_copy(list, sizeof(list), run_param(run, "how")))
		return run_fail(run, EINVAL, "how is longer than %zu bytes: '%.40s…'",
				sizeof(list) - 1, run_param(run, "how"));
	while ((word = strsep(&rest, ","))) {
		for (i = 0; i < countof(hows) && strcmp(hows[i].name, word); i++)
			;
		if (i == countof(hows))
			return run_fail(run, EINVAL,
					"invalid how '%.40s' ('vmsplice', 'io_uring', "
					"'mlock' or 'direct')",
					word);
		wanted[i] = true;
		if (hows[i].pin != pin_direct || device >= 0)
			continue;
		device = direct_open(max_ms * NS_PER_MS);
		if (device < 0)
			return run_fail(run, -device,
					"parameter 'how': 'direct' has no device; it needs "
					"CONFIG_BLK_DEV_NULL_BLK, Linux 5.19 or newer");
	}
	return 0;
}

static void unpin(struct run *run, struct pin *pin)
{
	int err = 0, unmapped;

	op_begin(run, OP_UNPIN);
	for (unsigned i = 0; i < countof(pin->fds); i++)
		if (pin->fds[i] >= 0)
			close(pin->fds[i]);
	if (pin->reading)
		err = direct_end(pin->reading);
	pin->reading = 0;
	unmapped = region_unmap(&pin->region);
	op_end(run, OP_UNPIN, err ? err : unmapped);
	pin->how = NULL;
}

static void take(struct run *run, struct pin *pin, const struct how *how)
{
	size_t len = sysconf(_SC_PAGESIZE) * guest_rng_between(&run->shared->rng, 1, pages);
	uint64_t ms = guest_rng_between(&run->shared->rng, 1, max_ms);
	int err;

	pin->fds[0] = pin->fds[1] = -1;
	if (region_map(&pin->region, sysconf(_SC_PAGESIZE), len, 0, MADV_NORMAL)) {
		run_idle(run);
		return;
	}
	op_begin(run, OP_PIN);
	err = how->pin(pin);
	op_end_about(run, OP_PIN, err, "%s of %zu bytes", how->name, len);
	pin->how = how;
	pin->until_ns = now_ns() + (how->pin == pin_direct ? max_ms : ms) * NS_PER_MS;
	if (err)
		unpin(run, pin);
}

/* Ends the pins whose time is over, and begins a new one if an entry is free. */
static void step(struct run *run)
{
	unsigned how = guest_rng_index(&run->shared->rng, countof(hows));
	struct pin *idle = NULL;

	for (unsigned i = 0; i < PINS; i++) {
		if (pins[i].how && pins[i].until_ns <= now_ns())
			unpin(run, &pins[i]);
		if (!pins[i].how)
			idle = &pins[i];
	}
	while (!wanted[how])
		how = (how + 1) % countof(hows);
	if (idle)
		take(run, idle, &hows[how]);
	else
		run_idle(run);
}

static void cleanup(struct run *run)
{
	for (unsigned i = 0; i < PINS; i++)
		if (pins[i].how)
			unpin(run, &pins[i]);
}

const struct agent agent_pin = {
	.name = "pin",
	.params =
		(const struct agent_param[]){
			{"how", "vmsplice,io_uring,mlock", "ways to pin pages"},
			{"pages", "16", "the most pages of one pin"},
			{"ms", "1000", "the longest time of one pin"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
};
