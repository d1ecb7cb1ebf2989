/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides which calls of guest functions fail; failer.c then makes them fail. No function here
 * calls QEMU, so the tests pass plain numbers.
 */
#ifndef RIG_PLUGIN_FAIL_H
#define RIG_PLUGIN_FAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/protocol.h"

struct fail {
	/* constant while the guest runs */
	uint64_t call, times; /* calls number CALL to CALL + TIMES - 1 fail; the first one is 1 */
	uint64_t value;	      /* the value that the failed calls return */
	/* pattern for the names of tasks whose calls count, or "" if all do (comm_fits()) */
	char comm[FAIL_COMM];
	struct {
		uint64_t from, to;
	} caller[FAIL_CALLERS]; /* only calls with a return address in these ranges count */
	unsigned n_callers;	/* number of ranges, or 0 if calls from everywhere count */

	atomic_bool begun; /* calls are being counted */
	_Atomic uint64_t calls, failed;
};

struct fails {
	struct fail fail[DIRECTOR_FAILS_MAX];
	unsigned n;
	atomic_bool armed; /* if false, no call counts */
};

/*
 * Returns true if PATTERN is "", or is the name COMM, or if PATTERN ends with * and COMM begins
 * with the characters before that. COMM is NULL if the name is unknown.
 */
bool comm_fits(const char *pattern, const char *comm);
/*
 * Must be called when a task calls the function of `fail` line ID. COMM is the task's name, or NULL
 * if it is unknown; CALLER is the return address. Returns true if the call must fail. *ret_number
 * is the number of the call.
 */
bool fails_call(struct fails *fails, unsigned id, uint64_t caller, const char *comm,
		uint64_t *ret_number);

#endif
