// SPDX-License-Identifier: GPL-2.0-only
/*
 * dax: turns an NVDIMM into a dax device and adds its memory to the system memory, as `ndctl
 * create-namespace` and `daxctl reconfigure-device --mode=system-ram` do, then undoes both, in a
 * loop.
 *
 * Each turn does the next operation of this list: make the namespace, map the dax device, give it
 * to the driver kmem, write states to its memory blocks, set them all offline, take it from kmem,
 * destroy the namespace. kmem adds whole memory blocks only, and removes them only while all are
 * offline: one that is online at the unbind stays until the next boot (drivers/dax/kmem.c,
 * dev_dax_kmem_remove). So no other agent may set these blocks online.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"
#include "guest-init/pmem.h"

#define BUS "/sys/bus/dax"
#define KMEM BUS "/drivers/kmem"
#define DEVICE_DAX BUS "/drivers/device_dax"
#define MAP_SIZE (2UL << 20)
/*
 * Number of attempts to set the blocks offline, which fail while a block has pages in use. After
 * these attempts the agent writes states again before it tries to set them offline again.
 */
#define OFFLINE_TRIES 64

enum mode { MODE_NONE, MODE_DAX, MODE_KMEM, MODE_LEAVING };

static struct pmem pmem;
static enum mode mode;
static uint64_t nth;
static uint64_t first, end; /* memory blocks of the device while kmem has it */
static uint64_t writes, left, tries;
static enum op states[8];
static unsigned n_states;

static int take_states(struct run *run)
{
	char list[256], *cursor = list, *name;

	if (!text_copy(list, sizeof(list), run_param(run, "states")))
		return run_fail(run, E2BIG, "states is too long");
	while ((name = strsep(&cursor, ","))) {
		enum op op = op_find(name);

		if (op < OP_ONLINE || op > OP_OFFLINE || n_states == 8)
			return run_fail(run, EINVAL,
					"states: invalid word '%.40s', or too many words", name);
		states[n_states++] = op;
	}
	return 0;
}

static int prepare(struct run *run)
{
	int err = run_param_number(run, "nvdimm", 0, 63, &nth);

	if (!err)
		err = run_param_number(run, "writes", 0, 10000, &writes);
	return err ? err : take_states(run);
}

static int attribute(const char *name, uint64_t *ret)
{
	char path[96], text[32];
	int got;

	snprintf(path, sizeof(path), BUS "/devices/%s/%s", pmem.dax, name);
	got = file_line(AT_FDCWD, path, text, sizeof(text));
	return got < 0 ? got : text_number(text, ret);
}

static void make(struct run *run)
{
	const char *what = "";
	bool on_device = guest_rng_index(&run->shared->rng, 2);
	int err;

	if (pmem_find(nth, &pmem)) {
		run_idle(run);
		return;
	}
	op_begin(run, OP_NS_MAKE);
	err = pmem_make_dax(&pmem, on_device, &what);
	op_end_about(run, OP_NS_MAKE, err, "%s: %s", pmem.claim, what);
	mode = err ? MODE_NONE : MODE_DAX;
}

static void destroy(struct run *run)
{
	const char *what = "";
	int err;

	op_begin(run, OP_NS_DESTROY);
	err = pmem_destroy_dax(&pmem, &what);
	op_end_about(run, OP_NS_DESTROY, err, "%s: %s", pmem.space, what);
	mode = MODE_NONE;
}

/* Maps a piece of the device and writes to it. */
static void map(struct run *run)
{
	char path[PMEM_NAME + 8];
	char *at;
	int fd, err = 0;

	snprintf(path, sizeof(path), "/dev/%s", pmem.dax);
	op_begin(run, OP_DAX_MAP);
	fd = open(path, O_RDWR | O_CLOEXEC);
	at = fd < 0 ? MAP_FAILED
		    : mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		err = -errno;
	} else {
		for (size_t i = 0; i < MAP_SIZE; i += 4096)
			at[i] = run->shared->turn;
		munmap(at, MAP_SIZE);
	}
	if (fd >= 0)
		close(fd);
	op_end_about(run, OP_DAX_MAP, err, "%s", path);
}

/* ---- adding the memory with the driver kmem ---- */

static bool block_there(uint64_t number)
{
	char path[80];

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu", (unsigned long long)number);
	return file_exists(path);
}

static bool is_offline(uint64_t number)
{
	char path[80], state[32];

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu/state", (unsigned long long)number);
	return file_line(AT_FDCWD, path, state, sizeof(state)) > 0 && !strcmp(state, "offline");
}

/*
 * Finds the first of the device's blocks that exists (THERE), or the first that does not. Returns
 * END if there is none.
 */
static uint64_t find_block(bool there)
{
	uint64_t number = first;

	while (number < end && block_there(number) != there)
		number++;
	return number;
}

static bool bound_to(const char *driver)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", driver, pmem.dax);
	return file_exists(path);
}

/*
 * Gives the dax device to the driver kmem. The write to new_id makes the driver match, and may
 * attach the device at once; if not, the write to bind returns the reason.
 */
static int bind_kmem(const char **ret_what)
{
	int err = file_write(AT_FDCWD, DEVICE_DAX "/unbind", pmem.dax);

	*ret_what = "unbind of device_dax";
	if (err)
		return err;
	*ret_what = "new_id";
	err = file_write(AT_FDCWD, KMEM "/new_id", pmem.dax);
	if (err || bound_to(KMEM))
		return err;
	*ret_what = "bind";
	return file_write(AT_FDCWD, KMEM "/bind", pmem.dax);
}

static void kmem(struct run *run)
{
	uint64_t start, size, block = blocks_size();
	const char *what = "resource or size";
	int err;

	op_begin(run, OP_KMEM_BIND);
	err = attribute("resource", &start);
	if (!err)
		err = attribute("size", &size);
	if (!err) {
		first = (start + block - 1) / block;
		end = (start + size) / block;
		err = bind_kmem(&what);
	}
	if (!err && find_block(false) < end) {
		what = "a memory block is missing";
		err = -ENXIO;
	}
	op_end_about(run, OP_KMEM_BIND, err, "%s: %s", pmem.dax, what);
	if (err) {
		file_write(AT_FDCWD, DEVICE_DAX "/bind", pmem.dax);
		return;
	}
	mode = MODE_KMEM;
	left = guest_rng_between(&run->shared->rng, 0, writes);
}

static int write_state(struct run *run, uint64_t number, enum op op)
{
	char path[80];

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu/state", (unsigned long long)number);
	return op_write_path(run, op, AT_FDCWD, path, op_name(op));
}

static void write_random(struct run *run)
{
	uint64_t number = first + guest_rng_index(&run->shared->rng, end - first);

	write_state(run, number, states[guest_rng_index(&run->shared->rng, n_states)]);
	if (left)
		left--;
	else
		mode = MODE_LEAVING, tries = 0;
}

/*
 * Takes the dax device from kmem. This always succeeds, but blocks that still exist afterwards can
 * never be removed.
 */
static void unbind_kmem(struct run *run)
{
	const char *what = "unbind";
	int err;

	op_begin(run, OP_KMEM_UNBIND);
	err = file_write(AT_FDCWD, KMEM "/unbind", pmem.dax);
	if (!err && find_block(true) < end) {
		what = "its memory blocks are still there";
		err = -EBUSY;
	}
	if (!err) {
		what = "remove_id";
		err = file_write(AT_FDCWD, KMEM "/remove_id", pmem.dax);
	}
	if (!err) {
		what = "bind to device_dax";
		err = file_write(AT_FDCWD, DEVICE_DAX "/bind", pmem.dax);
	}
	op_end_about(run, OP_KMEM_UNBIND, err, "%s: %s", pmem.dax, what);
	mode = MODE_DAX;
}

static void leave(struct run *run)
{
	uint64_t number = first;

	while (number < end && is_offline(number))
		number++;
	if (number == end) {
		unbind_kmem(run);
	} else if (write_state(run, number, OP_OFFLINE) && ++tries >= OFFLINE_TRIES) {
		mode = MODE_KMEM;
		left = writes;
	}
}

static void step(struct run *run)
{
	switch (mode) {
	case MODE_NONE:
		make(run);
		break;
	case MODE_DAX:
		switch (guest_rng_index(&run->shared->rng, 4)) {
		case 0:
			destroy(run);
			break;
		case 1:
			map(run);
			break;
		default:
			kmem(run);
		}
		break;
	case MODE_KMEM:
		write_random(run);
		break;
	case MODE_LEAVING:
		leave(run);
		break;
	}
}

/* Returns the memory to the NVDIMM, so that the guest has as much memory as at the start. */
static void cleanup(struct run *run)
{
	if (mode == MODE_KMEM)
		mode = MODE_LEAVING, tries = 0;
	while (mode == MODE_LEAVING)
		leave(run);
	if (mode == MODE_DAX)
		destroy(run);
	if (*pmem.space)
		pmem_release(&pmem);
}

static int lacks(struct text *what)
{
	if (file_exists(PMEM_DEVICES) && file_exists(DEVICE_DAX))
		return 0;
	text_add(what, "%s", PMEM_DEVICES " or " DEVICE_DAX);
	return -ENODEV;
}

const struct agent agent_dax = {
	.name = "dax",
	.needs = KMEM,
	.lacks = lacks,
	.params =
		(const struct agent_param[]){
			{"nvdimm", "0", "number of the NVDIMM or virtio-pmem device, counted "
					"from 0"},
			{"states", "online_movable,offline", "what to write to its memory blocks"},
			{"writes", "16", "maximum number of writes before the memory is removed "
					 "again"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
	.patience_ms = 15000,
};
