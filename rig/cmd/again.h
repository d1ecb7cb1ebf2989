/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the request of an earlier run, to repeat the run. */
#ifndef RIG_CMD_AGAIN_H
#define RIG_CMD_AGAIN_H

#include "plan/plan.h"
#include "store/store.h"

struct again {
	struct run_request want;	  /* its lists belong to this struct */
	char *seed, *scenario, *timeline; /* own the strings that `want` borrows */
};

struct again *again_new(void);
void again_free(struct again *again);
RIG_DEFINE_AUTO(again, again_free)

/*
 * Fills AGAIN->want from BEFORE, which must stay valid longer than AGAIN. want.emulator is not
 * changed if it is already set. Errors: RIG_EXIT_USAGE if run.json has no valid inputs.
 */
gboolean again_read(struct again *again, const struct run_info *before, GError **error);

#endif
