/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides which calls of guest functions fail. No function here calls QEMU, so the tests pass plain
 * numbers; failer.h carries the decision out.
 */
#ifndef RIG_PLUGIN_FAIL_H
#define RIG_PLUGIN_FAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/protocol.h"

struct fail {
	/* Constant while the guest runs: */
	/* calls number CALL to CALL + TIMES - 1 fail; the first call has number 1 */
	uint64_t call, times;
	uint64_t value; /* the value that the failed calls return */
	/* name of the tasks whose calls count; "": any task; a trailing * matches any rest */
	char comm[FAIL_COMM];
	struct {
		uint64_t from, to;
	} caller[FAIL_CALLERS]; /* only calls with one of these return addresses count */
	unsigned n_callers;	/* 0: calls from everywhere count */

	atomic_bool begun; /* TRUE: calls are being counted */
	_Atomic uint64_t calls, failed;
};

struct fails {
	struct fail fail[DIRECTOR_FAILS_MAX];
	unsigned n;
	atomic_bool armed; /* FALSE: no call counts */
};

/*
 * True: COMM (NULL: unknown) is the name PATTERN, or begins with it if PATTERN ends with *. An
 * empty PATTERN fits each name.
 */
bool comm_fits(const char *pattern, const char *comm);
/*
 * Called when a task named COMM (NULL: unknown) has called the function of fail ID; CALLER is the
 * return address. *RET_NUMBER is the number of the call. TRUE: the call must fail.
 */
bool fails_call(struct fails *fails, unsigned id, uint64_t caller, const char *comm,
		uint64_t *ret_number);

#endif
