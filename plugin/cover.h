/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records which code of the guest was translated, as a bitmap in memory that the rig shares: one
 * bit for each byte of code, and one bitmap for each phase of the run. QEMU translates a block when
 * a vCPU is about to execute it, so a translated block is one that was reached. No function here
 * calls QEMU.
 *
 * Code that QEMU translated in an earlier phase is not translated again, and so would be missing in
 * the bitmap of the new phase. So the caller must discard all translations when cover_must_flush()
 * returns true, and then call cover_flushed().
 */
#ifndef RIG_PLUGIN_COVER_H
#define RIG_PLUGIN_COVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/protocol.h"

struct cover {
	uint64_t from, to;		/* range of the code; equal if no code is recorded */
	_Atomic uint8_t *bits;		/* the mapped file, or NULL if no code is recorded */
	_Atomic unsigned phase, wanted; /* the current phase, and the one that the rig wants */
	atomic_bool flushing;		/* cover_must_flush() has returned true */
};

/*
 * Maps the file FD, which has COVER_PHASES bitmaps of COVER_BYTES(from, to). COVER's `from` and
 * `to` must be set. Returns NULL, or a static string with the error.
 */
const char *cover_open(struct cover *cover, int fd);
/* Records that the code FROM..TO was translated, from the thread of any vCPU. */
void cover_add(struct cover *cover, uint64_t from, uint64_t to);
/* Selects the phase that begins with the next cover_flushed(). From any thread. */
void cover_want(struct cover *cover, unsigned phase);
/* Returns true once for each change of the phase; the caller must then discard all translations. */
bool cover_must_flush(struct cover *cover);
/* Called while no vCPU runs, after all translations were discarded. Returns the new phase. */
unsigned cover_flushed(struct cover *cover);

#endif
