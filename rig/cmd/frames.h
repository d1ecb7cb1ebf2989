/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds files and lines for the stack frames in reports of runs whose kernels are still in the
 * cache.
 */
#ifndef RIG_CMD_FRAMES_H
#define RIG_CMD_FRAMES_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

struct frames;

struct frames *frames_new(void);
void frames_free(struct frames *frames);
RIG_DEFINE_AUTO(frames, frames_free)

/*
 * Returns the stack frames in the text of REPORT, one per line with function, file and line. HASH
 * identifies the kernel of the run (run.json). Returns NULL if the kernel is not in the cache or
 * was built without DWARF (scenarios/kconfig/debuginfo.config). Each kernel is opened only once.
 * The caller owns the result.
 */
char *frames_text(struct frames *frames, const char *hash, json_t *report);

#endif
