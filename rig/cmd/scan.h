/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig scan`. */
#ifndef RIG_CMD_SCAN_H
#define RIG_CMD_SCAN_H

#include <jansson.h>

#include "splat/known.h"
#include "splat/splat.h"

/*
 * Prints a report as text. FILE is the name of its log, ISSUE the known issue that it matches, and
 * PLACES are the files and lines of its frames; each may be NULL.
 */
void scan_print(const char *file, const struct splat *splat, const struct known_issue *issue,
		const json_t *places);

#endif
