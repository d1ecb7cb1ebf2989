/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NVDIMMs in the guest, through the files of /sys/bus/nd, as ndctl does it: regions, and namespaces
 * of mode devdax. Functions return 0 or -errno; most block until the kernel has probed the devices.
 */
#ifndef GUEST_PMEM_H
#define GUEST_PMEM_H

#include <stdbool.h>
#include <stdint.h>

#define PMEM_DEVICES "/sys/bus/nd/devices"
#define PMEM_NAME 32

/* A namespace that covers the region, and the dax device that is made of it. */
struct pmem {
	unsigned region;
	char space[PMEM_NAME]; /* "namespace0.0" */
	char claim[PMEM_NAME]; /* the device that claims it while it is of mode devdax: "dax0.1" */
	char dax[PMEM_NAME];   /* its device on the dax bus: "dax0.0" */
};

/* Finds the pmem region that begins at physical address START. -ENOENT: there is none. */
int pmem_region_at(uint64_t start, unsigned *ret);
/*
 * Finds the N-th region in the order of their numbers, and its namespace. -ENOENT: there is none.
 */
int pmem_find(unsigned n, struct pmem *ret);

/*
 * Makes the namespace one of mode devdax, with the pages' metadata in RAM, or ON_DEVICE. The
 * driver device_dax has it afterwards. *RET_WHAT is the file that could not be written.
 */
int pmem_make_dax(struct pmem *pmem, bool on_device, const char **ret_what);
/*
 * Undoes pmem_make_dax(): afterwards there is no dax device, the info block is empty, and nothing
 * claims the namespace.
 */
int pmem_destroy_dax(struct pmem *pmem, const char **ret_what);
/* Gives a namespace that nothing claims to the driver nd_pmem, as after a plug. */
int pmem_release(struct pmem *pmem);

#endif
