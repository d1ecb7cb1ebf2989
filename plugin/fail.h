/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of guest functions that fail: which ones. No call here touches QEMU, so the tests drive it
 * with numbers; failer.h does what it decides.
 */
#ifndef RIG_PLUGIN_FAIL_H
#define RIG_PLUGIN_FAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/protocol.h"

struct fail {
	/* set before the guest runs */
	uint64_t call, times; /* calls CALL to CALL + TIMES - 1 fail; counted from 1 */
	uint64_t value;	      /* what they return */
	char comm[FAIL_COMM]; /* "": calls of any task count; a * at the end stands for the rest */
	struct {
		uint64_t from, to;
	} caller[FAIL_CALLERS]; /* return addresses of the calls that count */
	unsigned n_callers;	/* 0: all */

	atomic_bool begun; /* calls are counted from now on */
	_Atomic uint64_t calls, failed;
};

struct fails {
	struct fail fail[DIRECTOR_FAILS_MAX];
	unsigned n;
	atomic_bool armed; /* no call counts before */
};

/*
 * A task named COMM (NULL: unknown) has called the function of fail ID from CALLER. *RET_NUMBER is
 * the number of the call. TRUE: it must fail.
 */
bool fails_call(struct fails *fails, unsigned id, uint64_t caller, const char *comm,
		uint64_t *ret_number);

#endif
