/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records which code of the guest was translated, as a bitmap in memory that the rig shares: one
 * bit for each byte of code, and one bitmap for each phase of the run. QEMU translates a block when
 * a vCPU is about to execute it, so a translated block is one that was reached. No function here
 * calls QEMU.
 *
 * Code that was translated in one phase is not translated again in the next one. So all
 * translations must be discarded when the phase changes: the caller does so when cover_must_flush()
 * returns true, and calls cover_flushed() afterwards.
 */
#ifndef RIG_PLUGIN_COVER_H
#define RIG_PLUGIN_COVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/protocol.h"

struct cover {
	uint64_t from, to;     /* range of the code; from == to: no code is recorded */
	_Atomic uint8_t *bits; /* NULL: no code is recorded */
	_Atomic unsigned phase, wanted;
	atomic_bool flushing;
};

/*
 * Maps the file FD, which has COVER_PHASES bitmaps of COVER_BYTES(from, to). COVER's `from` and
 * `to` are set. Returns NULL, or a static string with the error.
 */
const char *cover_open(struct cover *cover, int fd);
/* Records that the code FROM..TO was translated, from the thread of any vCPU. */
void cover_add(struct cover *cover, uint64_t from, uint64_t to);
/* Selects the phase for code that is translated after the next flush, from any thread. */
void cover_want(struct cover *cover, unsigned phase);
/* True, once for each change of the phase: the caller must discard all translations. */
bool cover_must_flush(struct cover *cover);
/* Called while no vCPU runs, after all translations were discarded. Returns the new phase. */
unsigned cover_flushed(struct cover *cover);

#endif
