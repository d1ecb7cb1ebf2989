/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files that print the result of a run. */
#ifndef RIG_CMD_FINDINGS_PARTS_H
#define RIG_CMD_FINDINGS_PARTS_H

#include "cmd/findings.h"

/*
 * Returns the value in JSON at PATH, keys separated by '/' ("kernel/name"), or NULL. The result is
 * borrowed.
 */
json_t *findings_at(json_t *json, const char *path);
/* Prints LABEL and a text; LABEL is "" in a continuation line. Control characters are escaped. */
void findings_line(const char *label, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Prints what the director's plugin did (findings-director.c). */
void findings_print_director(json_t *details);
/* Prints the phase of a run without a verdict, which findings_add_progress() has added. */
void findings_print_progress(const struct run_info *run);

#endif
