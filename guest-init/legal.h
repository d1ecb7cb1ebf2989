/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of agents and requests, and which errnos each may end in without anything being wrong.
 * One table (legal.c): operation x errno, with the kernel function that is the reason.
 */
#ifndef GUEST_LEGAL_H
#define GUEST_LEGAL_H

#include <stdbool.h>

#define ERRNO_MAX 134 /* one more than the largest errno: EHWPOISON, 133 */

enum op {
	OP_NONE,
	/* memoryN/state */
	OP_ONLINE,
	OP_ONLINE_KERNEL,
	OP_ONLINE_MOVABLE,
	OP_OFFLINE,
	/* memoryN/online */
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
	OP_COUNT,
};

/* One word, as frames spell it; "-" for OP_NONE and everything out of range. */
const char *op_name(unsigned op);

/* The operation whose name is WORD, OP_NONE where there is none. */
enum op op_find(const char *word);

/* ERROR (positive) is a legal result of OP. 0 always is. */
bool op_legal(unsigned op, int error);

/* Why it is, for people; NULL where it is not. */
const char *op_legal_why(unsigned op, int error);

#endif
