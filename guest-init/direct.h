/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads with O_DIRECT that take a given time. While such a read is in progress, the kernel pins the
 * pages of its buffer.
 */
#ifndef GUEST_DIRECT_H
#define GUEST_DIRECT_H

#include <linux/aio_abi.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Opens a block device of null_blk (Documentation/block/null_blk.rst) that completes each request
 * NS nanoseconds after its arrival; creates it if no other agent has. Returns a file descriptor or
 * -errno: -ENODEV for a kernel without CONFIG_BLK_DEV_NULL_BLK.
 */
int direct_open(uint64_t ns);

/*
 * Starts a read of LEN bytes into BUFFER, both multiples of a page. Returns 0, after which
 * *RET_CONTEXT must be passed to direct_end(), or -errno.
 */
int direct_read(int fd, void *buffer, size_t len, aio_context_t *ret_context);

/* Waits for the end of the read. Returns 0 or -errno. */
int direct_end(aio_context_t context);

#endif
