// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl: creates and destroys a region of CXL memory, as `cxl create-region -t ram` and `cxl
 * destroy-region` do, and uses its memory as system memory.
 *
 * A turn does the next of these operations: create the region with a random part of the capacity;
 * commit its decoders; bind it, so that the driver kmem adds its memory; write states to its memory
 * blocks; set all of them offline. Then the memory is removed in one of three ways: kmem is
 * unbound, the decoders are reset, or the region is deleted while it is committed and bound.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/agent.h"
#include "guest-init/cxl.h"
#include "guest-init/files.h"
#include "guest-init/kmem.h"

/*
 * MODE_NONE: there is no region. MODE_MADE: it exists, but its decoders are not committed.
 * MODE_COMMITTED: they are committed. MODE_BOUND: its driver is bound, but kmem is not. MODE_KMEM:
 * kmem has added its memory. MODE_STUCK: the memory was removed, but memory blocks stay until the
 * next boot; nothing more is done, because errors would only be consequences.
 */
enum mode { MODE_NONE, MODE_MADE, MODE_COMMITTED, MODE_BOUND, MODE_KMEM, MODE_STUCK };

static struct cxl cxl;
static struct kmem kmem;
static enum mode mode;
static bool found; /* the memory devices have appeared */
static uint64_t nth, ways;

static int prepare(struct run *run)
{
	int err = run_param_number(run, "memdev", 0, 63, &nth);

	if (!err)
		err = run_param_number(run, "ways", 1, CXL_WAYS, &ways);
	return err ? err : kmem_prepare(run, &kmem);
}

/* Ends the operation OP. If ERR is 0, the mode becomes NEXT. */
static void end(struct run *run, enum op op, int err, const char *what, enum mode next)
{
	op_end_about(run, op, err, "%s: %s", *cxl.region ? cxl.region : cxl.root, what);
	if (!err)
		mode = next;
}

static void make(struct run *run)
{
	const char *what = "";
	uint64_t units;
	int err;

	if (cxl_find(nth, ways, &cxl) || cxl.capacity < CXL_UNIT) {
		run_idle(run);
		return;
	}
	found = true;
	units = guest_rng_between(&run->shared->rng, 1, cxl.capacity / CXL_UNIT);
	op_begin(run, OP_REGION_MAKE);
	err = cxl_make_region(&cxl, units * CXL_UNIT, &what);
	end(run, OP_REGION_MAKE, err, what, MODE_MADE);
}

static void commit(struct run *run)
{
	const char *what = "";
	int err;

	op_begin(run, OP_REGION_COMMIT);
	err = cxl_commit(&cxl, true, &what);
	end(run, OP_REGION_COMMIT, err, what, MODE_COMMITTED);
}

/* Ends OP, which has bound kmem. OP fails if kmem has not added all memory blocks. */
static void added(struct run *run, enum op op, int err, const char *what)
{
	text_copy(kmem.dax, sizeof(kmem.dax), cxl.dax);
	if (!err && (err = kmem_locate(&kmem)))
		what = "dax device";
	if (!err && (err = kmem_check(&kmem, true)))
		what = "a memory block is missing";
	kmem_begin(run, &kmem);
	end(run, op, err, what, MODE_KMEM);
}

static void bind(struct run *run)
{
	const char *what = "";
	int err;

	op_begin(run, OP_REGION_BIND);
	err = cxl_bind(&cxl, &what);
	added(run, OP_REGION_BIND, err, what);
}

static void bind_kmem(struct run *run)
{
	op_begin(run, OP_KMEM_BIND);
	added(run, OP_KMEM_BIND, file_write(AT_FDCWD, KMEM_DRIVER "/bind", cxl.dax), "bind");
}

/* Ends OP. If OP was to remove the memory, it fails if a memory block is left. */
static void removed(struct run *run, enum op op, int err, const char *what, enum mode next)
{
	bool stuck = !err && mode == MODE_KMEM && (err = kmem_check(&kmem, false));

	end(run, op, err, stuck ? "its memory blocks stay until the next boot" : what, next);
	if (stuck)
		mode = MODE_STUCK;
}

static void unbind_kmem(struct run *run)
{
	op_begin(run, OP_KMEM_UNBIND);
	removed(run, OP_KMEM_UNBIND, file_write(AT_FDCWD, KMEM_DRIVER "/unbind", cxl.dax),
		"unbind", MODE_BOUND);
}

static void reset(struct run *run)
{
	const char *what = "";
	int err;

	op_begin(run, OP_REGION_RESET);
	err = cxl_commit(&cxl, false, &what);
	removed(run, OP_REGION_RESET, err, what, MODE_MADE);
}

static void destroy(struct run *run)
{
	const char *what = "";
	int err;

	op_begin(run, OP_REGION_DESTROY);
	err = cxl_destroy_region(&cxl, &what);
	removed(run, OP_REGION_DESTROY, err, what, MODE_NONE);
}

/*
 * The operations that may follow in each mode; each of the four entries has a probability of 1/4.
 * In MODE_KMEM, states are written to the blocks before, until all of them are offline.
 */
static void (*const next[][4])(struct run *run) = {
	[MODE_NONE] = {make, make, make, make},
	[MODE_MADE] = {commit, commit, commit, destroy},
	[MODE_COMMITTED] = {bind, bind, bind, reset},
	[MODE_BOUND] = {bind_kmem, bind_kmem, reset, destroy},
	[MODE_KMEM] = {unbind_kmem, reset, reset, destroy},
	[MODE_STUCK] = {run_idle, run_idle, run_idle, run_idle},
};

static void step(struct run *run)
{
	uint64_t choice = guest_rng_index(&run->shared->rng, 4);

	if (mode != MODE_KMEM || kmem_turn(run, &kmem))
		next[mode][choice](run);
}

/*
 * Removes the memory, so that the guest has as much memory as before the load. If the devices have
 * not appeared, counts a cancelled operation, as dax does.
 */
static void cleanup(struct run *run)
{
	if (!found && cxl_find(nth, ways, &cxl)) {
		op_begin(run, OP_REGION_MAKE);
		op_end(run, OP_REGION_MAKE, -ECANCELED);
	}
	if (mode == MODE_KMEM && !kmem_leave(run, &kmem))
		return;
	if (mode != MODE_NONE && mode != MODE_STUCK)
		destroy(run);
}

static int lacks(struct text *what)
{
	char root[] = CXL_DEVICES "/decoder0.0/create_ram_region";

	if (file_exists(KMEM_DRIVER) && file_exists(root))
		return 0;
	text_add(what, "%s or %s", KMEM_DRIVER, root);
	return -ENODEV;
}

const struct agent agent_cxl = {
	.name = "cxl",
	.needs = CXL_REGION_DRIVER,
	.lacks = lacks,
	.params =
		(const struct agent_param[]){
			{"memdev", "0", "the first memory device, counted from 0"},
			{"ways", "1", "number of memory devices that the region interleaves"},
			{"states", "online_movable,offline", "what to write to its memory blocks"},
			{"writes", "16", "maximum number of writes before the memory is removed"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
	.patience_ms = 15000,
};
