/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of a run as text and as JSON, for `rig show`, `rig run` and `rig demo`. */
#ifndef RIG_CMD_FINDINGS_H
#define RIG_CMD_FINDINGS_H

#include "store/store.h"

/*
 * Prints verdict, reasons, reports, counts, the folder and how to replay the run. FULL prints every
 * line of each report, else the first lines of the first few. Control characters from the guest are
 * escaped.
 */
void findings_print(const struct run_info *run, gboolean full);

/* The same data as one object. New reference. */
json_t *findings_json(const struct run_info *run);

/* A verdict's colour. */
const char *findings_colour(enum verdict verdict);

/* TEXT with control characters escaped as ^X. Newly allocated. */
char *findings_clean(const char *text);

/* The string at the keys PATH ("kernel/name"), or "?". Owned by JSON. */
const char *findings_text(json_t *json, const char *path);

#endif
