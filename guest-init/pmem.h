/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Uses NVDIMMs through the files of /sys/bus/nd, as ndctl does: finds regions, and creates and
 * destroys namespaces of mode devdax. Functions return 0 or -errno; most of them block until the
 * kernel has probed the devices.
 */
#ifndef GUEST_PMEM_H
#define GUEST_PMEM_H

#include <stdbool.h>
#include <stdint.h>

#define PMEM_DEVICES "/sys/bus/nd/devices"
#define PMEM_NAME 32

/* A namespace, and the dax device that is made of it. */
struct pmem {
	unsigned region;
	char space[PMEM_NAME]; /* "namespace0.0" */
	/* the device that claims the namespace while its mode is devdax: "dax0.1" */
	char claim[PMEM_NAME];
	char dax[PMEM_NAME];   /* the device on the dax bus: "dax0.0" */
};

/*
 * Finds the pmem region that begins at physical address START, and sets *RET to its number. Returns
 * -ENOENT if there is none.
 */
int pmem_region_at(uint64_t start, unsigned *ret);
/*
 * Returns true if an NVDIMM of the region has no driver, because its probe failed: the kernel has
 * refused its label area. On x86 the region then has one namespace, as without labels; on ppc64 it
 * has none. Stores the NVDIMM's name, such as "nmem0", in RET.
 */
bool pmem_refused(unsigned region, char ret[PMEM_NAME]);
/*
 * Finds the N-th region in the order of their numbers, and its K-th namespace, both counted from 0.
 * Returns -ENOENT if there is none.
 */
int pmem_find(unsigned n, unsigned k, struct pmem *ret);
/* Returns true if the N-th region exists. */
bool pmem_has_region(unsigned n);
/*
 * Divides the N-th region into SPACES namespaces of equal size, which the kernel stores in the
 * NVDIMM's label area. Does nothing if the region already has a namespace; without labels, it has
 * one that covers the whole region. If SPACES is more than 1, the size is an odd multiple of 16
 * MiB, so that the memmap of some namespaces begins inside a huge page. After an error, *RET_WHAT
 * is the file that could not be read or written. Returns -ENXIO if the kernel has refused the label
 * area.
 */
int pmem_divide(unsigned n, unsigned spaces, const char **ret_what);

/*
 * Changes the namespace to mode devdax. The struct pages of its memory are in RAM, or on the device
 * if ON_DEVICE. Mappings of the dax device consist of pages of 2 MiB if HUGE, otherwise of base
 * pages, for which the kernel makes a full memmap. Afterwards the dax device is bound to the driver
 * device_dax. After an error, *RET_WHAT is the file that could not be written.
 */
int pmem_make_dax(struct pmem *pmem, bool on_device, bool huge, const char **ret_what);
/*
 * Undoes pmem_make_dax(): afterwards there is no dax device, the info block is empty, and nothing
 * claims the namespace.
 */
int pmem_destroy_dax(struct pmem *pmem, const char **ret_what);
/* Binds a namespace that no device claims to the driver nd_pmem, as after a plug. */
int pmem_release(struct pmem *pmem);

#endif
