/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run found, for people and for programs: shared by `rig show`, `rig run` and `rig demo`. */
#ifndef RIG_CMD_FINDINGS_H
#define RIG_CMD_FINDINGS_H

#include "store/store.h"

/*
 * Prints verdict, reasons, reports, counts, where the folder is and how to replay it. FULL prints every
 * line of each report, else the beginning of the first few. Bytes that a guest wrote are made
 * harmless for the terminal.
 */
void findings_print(const struct run_info *run, gboolean full);

/* The same as one object. New reference. */
json_t *findings_json(const struct run_info *run);

/* A verdict's colour. */
const char *findings_colour(enum verdict verdict);

/* Text from a guest: control characters shown as ^X, the rest as it is. Newly allocated. */
char *findings_clean(const char *text);

/* Where the keys PATH ("kernel/name") lead: text, or "?" */
const char *findings_text(json_t *json, const char *path);

#endif
