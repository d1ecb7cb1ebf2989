/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Creates, commits and deletes regions of volatile CXL memory through the files of /sys/bus/cxl, as
 * `cxl create-region -t ram` does. Functions return 0 or -errno; after an error, *RET_WHAT is the
 * file that could not be read or written. The files are written in the order that
 * drivers/cxl/core/region.c requires.
 */
#ifndef GUEST_CXL_H
#define GUEST_CXL_H

#include <stdbool.h>
#include <stdint.h>

#define CXL_DEVICES "/sys/bus/cxl/devices"
#define CXL_REGION_DRIVER "/sys/bus/cxl/drivers/cxl_region"
#define CXL_NAME 32
#define CXL_WAYS 4
/*
 * Regions and capacities are multiples of this size, in bytes (drivers/cxl/core/region.c,
 * alloc_hpa())
 */
#define CXL_UNIT (256ULL << 20)

/* A region, and the endpoint decoders of the memory devices that it interleaves. */
struct cxl {
	unsigned ways;
	char root[CXL_NAME];		     /* root decoder: "decoder0.0" */
	char endpoint[CXL_WAYS][CXL_NAME]; /* "decoder2.0", of memory device 0 */
	uint64_t capacity;		     /* bytes of the smallest device */
	char region[CXL_NAME];		     /* "region0"; "" if there is no region */
	char dax[CXL_NAME];		     /* the region's dax device: "dax0.0" */
};

/*
 * Finds WAYS memory devices from the N-th on, in the order of their numbers, with their endpoint
 * decoders. Returns -ENOENT if there are fewer, or the kernel has not probed them yet.
 */
int cxl_find(unsigned n, unsigned ways, struct cxl *ret);
/*
 * Returns 0 if the memory device with serial number SERIAL has an endpoint decoder, otherwise
 * -ENOENT.
 */
int cxl_probed(uint64_t serial);

/* Creates a region with SIZE bytes of each device; cxl_commit() can then commit it. */
int cxl_make_region(struct cxl *cxl, uint64_t size, const char **ret_what);
/* Commits the region's decoders if ON; otherwise resets them, which also unbinds the region. */
int cxl_commit(const struct cxl *cxl, bool on, const char **ret_what);
/*
 * Binds the region to its driver. Its dax device then appears, and the driver kmem adds the memory.
 */
int cxl_bind(const struct cxl *cxl, const char **ret_what);
/* Deletes the region in any state, and frees the devices' capacity. */
int cxl_destroy_region(struct cxl *cxl, const char **ret_what);

#endif
