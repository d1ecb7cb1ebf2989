/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of agents and requests, and the errnos that are expected of each, in one table
 * (expected-errno.c): operation, errno, and the kernel function that returns the errno.
 */
#ifndef GUEST_EXPECTED_ERRNO_H
#define GUEST_EXPECTED_ERRNO_H

#include <stdbool.h>

#include "text.h"

enum op {
	OP_NONE,
	/* operations on memoryN/state */
	OP_ONLINE,
	OP_ONLINE_KERNEL,
	OP_ONLINE_MOVABLE,
	OP_OFFLINE,
	/* operations on memoryN/online */
	OP_ONLINE_1,
	OP_ONLINE_0,
	OP_PROBE,
	OP_PROBE_ABSENT,
	OP_SLAB_READ,
	OP_SLAB_SHRINK,
	OP_CACHE_CREATE,
	OP_CACHE_DESTROY,
	OP_CACHE_SHRINK,
	OP_CPU_ONLINE,
	OP_CPU_OFFLINE,
	OP_READ_PROC,
	OP_READ_NODE,
	OP_READ_BLOCK,
	OP_READ_PAGE_OWNER,
	OP_READ_PTDUMP,
	OP_ANON,
	OP_CACHE,
	OP_FREE,
	OP_COMPACT,
	OP_TRACE_ON,
	OP_TRACE_OFF,
	OP_DLPAR_REFUSED,
	OP_DLPAR_ADD,
	OP_DLPAR_REMOVE,
	OP_INJECT,
	OP_INJECT_OFF,
	OP_BUSTED,
	OP_SHELL,
	OP_GALLERY,
	OP_LOCK_RULE,
	OP_HANG,
	OP_POISON,
	OP_WRITE_FILE,
	OP_READ_FILE,
	OP_RUN,
	OP_NS_MAKE,
	OP_NS_DESTROY,
	OP_DAX_MAP,
	OP_KMEM_BIND,
	OP_KMEM_UNBIND,
	OP_HUGE_POOL,
	OP_HUGE_NODE,
	OP_HUGE_SURPLUS,
	OP_HUGE_MAP,
	OP_HUGE_UNRESERVED,
	OP_HUGE_UNMAP,
	OP_MODULE_LOAD,
	OP_MODULE_UNLOAD,
	OP_GROUP_MAKE,
	OP_GROUP_MOVE,
	OP_GROUP_LIMIT,
	OP_GROUP_CPUS,
	OP_GROUP_DELETE,
	OP_THP_MAP,
	OP_THP_SPLIT,
	OP_THP_COLLAPSE,
	OP_THP_UNMAP,
	OP_PIN,
	OP_UNPIN,
	OP_KSM_MERGE,
	OP_KSM_WRITE,
	OP_KSM_UNMERGE,
	OP_MOVE_PAGES,
	OP_MIGRATE_PAGES,
	OP_MBIND,
	OP_PERF_OPEN,
	OP_PERF_CLOSE,
	OP_REGION_MAKE,
	OP_REGION_COMMIT,
	OP_REGION_BIND,
	OP_REGION_RESET,
	OP_REGION_DESTROY,
	OP_COUNT,
};

/* Returns the name of OP in frames, one word; "-" for OP_NONE and values out of range. */
const char *op_name(unsigned op);

/* Returns the operation whose name is WORD, or OP_NONE. */
enum op op_find(const char *word);

/* Returns true if ERROR is 0, or a positive errno that OP may return. */
bool op_expected(unsigned op, int error);

/* Returns why ERROR is expected of OP, for messages, or NULL if it is not expected. */
const char *op_expected_why(unsigned op, int error);

#endif
