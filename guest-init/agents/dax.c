// SPDX-License-Identifier: GPL-2.0-only
/*
 * dax: turns an NVDIMM into a dax device and adds its memory to the system memory, as `ndctl
 * create-namespace` and `daxctl reconfigure-device --mode=system-ram` do, then undoes both, in a
 * loop.
 *
 * Each turn does one operation. It makes a namespace of mode devdax. The namespace's dax device is
 * then mapped, or destroyed, or bound to the driver kmem, which adds its memory. Then states are
 * written to its memory blocks, all are set offline, and kmem is unbound. No other agent may set
 * these blocks online (kmem.h). Several namespaces are made, mapped and destroyed independently of
 * each other; their memory is not added.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"
#include "guest-init/kmem.h"
#include "guest-init/pmem.h"

#define DEVICE_DAX KMEM_BUS "/drivers/device_dax"
#define MAP_SIZE (2UL << 20)

/*
 * MODE_STUCK: kmem was unbound, but memory blocks stay until the next boot, so the dax device can
 * neither be bound nor destroyed. Nothing more is done with the namespace, because its errors would
 * only be consequences.
 */
enum mode { MODE_NONE, MODE_DAX, MODE_KMEM, MODE_STUCK };

#define SPACES_MAX 4

/* the namespaces, and what has been made of each */
static struct space {
	struct pmem pmem;
	enum mode mode;
} space[SPACES_MAX];
static struct kmem kmem; /* the memory that kmem adds; only used if there is only one namespace */
static uint64_t nth, spaces;
static bool huge;

static int prepare(struct run *run)
{
	const char *align = run_param(run, "align");
	int err = run_param_number(run, "nvdimm", 0, 63, &nth);

	if (!err)
		err = run_param_number(run, "spaces", 1, SPACES_MAX, &spaces);
	huge = !strcmp(align, "huge");
	if (!err && !huge && strcmp(align, "page") != 0)
		err = run_fail(run, EINVAL, "invalid align '%.40s' (huge or page)", align);
	if (!err)
		err = run_expect_errnos(run, "legal");
	return err ? err : kmem_prepare(run, &kmem);
}

static void make(struct run *run, struct space *s)
{
	const char *what = "";
	bool on_device = guest_rng_index(&run->shared->rng, 2);
	int err;

	if (!pmem_has_region(nth)) { /* it appears when the NVDIMM is plugged */
		run_idle(run);
		return;
	}
	op_begin(run, OP_NS_MAKE);
	err = pmem_divide(nth, (unsigned)spaces, &what);
	if (!err) {
		what = "the region has too few namespaces";
		err = pmem_find(nth, (unsigned)(s - space), &s->pmem);
	}
	if (!err)
		err = pmem_make_dax(&s->pmem, on_device, huge, &what);
	op_end_about(run, OP_NS_MAKE, err, "%s%s%s", s->pmem.claim, *s->pmem.claim ? ": " : "",
		     what);
	s->mode = err ? MODE_NONE : MODE_DAX;
}

static void destroy(struct run *run, struct space *s)
{
	const char *what = "";
	int err;

	op_begin(run, OP_NS_DESTROY);
	err = pmem_destroy_dax(&s->pmem, &what);
	op_end_about(run, OP_NS_DESTROY, err, "%s: %s", s->pmem.space, what);
	s->mode = MODE_NONE;
}

/* Maps a piece of the device and writes to it. */
static void map(struct run *run, const struct space *s)
{
	char path[PMEM_NAME + 8];
	char *at;
	int fd, err = 0;

	snprintf(path, sizeof(path), "/dev/%s", s->pmem.dax);
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

/*
 * Binds the dax device to kmem. The write to new_id adds the device to those that kmem supports,
 * and may already bind it; if not, the write to bind returns the reason.
 */
static int bind_kmem(const struct pmem *pmem, const char **ret_what)
{
	int err = file_write(AT_FDCWD, DEVICE_DAX "/unbind", pmem->dax);

	*ret_what = "unbind of device_dax";
	if (err)
		return err;
	*ret_what = "new_id";
	err = file_write(AT_FDCWD, KMEM_DRIVER "/new_id", pmem->dax);
	if (err || kmem_bound(&kmem, KMEM_DRIVER))
		return err;
	*ret_what = "bind";
	return file_write(AT_FDCWD, KMEM_DRIVER "/bind", pmem->dax);
}

static void add_memory(struct run *run, struct space *s)
{
	const char *what = "resource or size";
	int err;

	text_copy(kmem.dax, sizeof(kmem.dax), s->pmem.dax);
	op_begin(run, OP_KMEM_BIND);
	err = kmem_locate(&kmem);
	if (!err)
		err = bind_kmem(&s->pmem, &what);
	if (!err && (err = kmem_check(&kmem, true)))
		what = "a memory block is missing";
	op_end_about(run, OP_KMEM_BIND, err, "%s: %s", s->pmem.dax, what);
	if (err) {
		file_write(AT_FDCWD, KMEM_DRIVER "/remove_id", s->pmem.dax);
		file_write(AT_FDCWD, DEVICE_DAX "/bind", s->pmem.dax);
		return;
	}
	s->mode = MODE_KMEM;
	kmem_begin(run, &kmem);
}

/*
 * Unbinds kmem. The device's id is removed from the driver first: otherwise, when another agent
 * writes the id of its device to new_id, the kernel would bind kmem to this device again. The write
 * to `unbind` always succeeds, even if memory blocks are left. They can then never be removed, so
 * the operation fails.
 */
static void remove_memory(struct run *run, struct space *s)
{
	const char *what = "remove_id";
	int err;

	op_begin(run, OP_KMEM_UNBIND);
	err = file_write(AT_FDCWD, KMEM_DRIVER "/remove_id", s->pmem.dax);
	if (!err) {
		what = "unbind";
		err = file_write(AT_FDCWD, KMEM_DRIVER "/unbind", s->pmem.dax);
	}
	if (!err && (err = kmem_check(&kmem, false))) {
		op_end_about(run, OP_KMEM_UNBIND, err,
			     "%s: its memory blocks stay until the next boot", s->pmem.dax);
		s->mode = MODE_STUCK;
		return;
	}
	if (!err) {
		what = "bind to device_dax";
		err = file_write(AT_FDCWD, DEVICE_DAX "/bind", s->pmem.dax);
	}
	op_end_about(run, OP_KMEM_UNBIND, err, "%s: %s", s->pmem.dax, what);
	s->mode = MODE_DAX;
}

static void step(struct run *run)
{
	struct space *s = &space[guest_rng_index(&run->shared->rng, (unsigned)spaces)];

	switch (s->mode) {
	case MODE_NONE:
		make(run, s);
		break;
	case MODE_DAX:
		switch (guest_rng_index(&run->shared->rng, 4)) {
		case 0:
			destroy(run, s);
			break;
		case 1:
			map(run, s);
			break;
		default:
			if (spaces == 1)
				add_memory(run, s);
			else
				destroy(run, s);
		}
		break;
	case MODE_KMEM:
		if (kmem_turn(run, &kmem))
			remove_memory(run, s);
		break;
	case MODE_STUCK:
		run_idle(run);
		break;
	}
}

/*
 * Returns the memory to the NVDIMM, so that the guest has as much memory as at the start. If the
 * NVDIMM has not appeared, counts a cancelled operation, so that the host notices that the agent
 * has done nothing.
 */
static void cleanup(struct run *run)
{
	if (!pmem_has_region(nth)) {
		op_begin(run, OP_NS_MAKE);
		op_end(run, OP_NS_MAKE, -ECANCELED);
	}
	for (struct space *s = space; s < space + spaces; s++) {
		if (s->mode == MODE_KMEM && kmem_leave(run, &kmem))
			remove_memory(run, s);
		if (s->mode == MODE_DAX)
			destroy(run, s);
		if (*s->pmem.space && s->mode != MODE_STUCK)
			pmem_release(&s->pmem);
	}
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
	.needs = KMEM_DRIVER,
	.lacks = lacks,
	.params =
		(const struct agent_param[]){
			{"nvdimm", "0", "number of the NVDIMM or virtio-pmem device, counted "
					"from 0"},
			{"spaces", "1", "number of namespaces, of which dax devices are made "
					"independently; with several, their memory is not added"},
			{"align", "huge", "pages by which the dax device is mapped: huge (2 MiB), "
					  "or page"},
			{"states", "online_movable,offline", "what to write to its memory blocks"},
			{"writes", "16", "maximum number of writes before the memory is removed "
					 "again"},
			{"legal", "none", "further errnos that are expected, or any"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
	.patience_ms = 15000,
};
