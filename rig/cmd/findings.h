/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints the result of a run as text or JSON, for `rig show`, `rig run` and `rig demo`. */
#ifndef RIG_CMD_FINDINGS_H
#define RIG_CMD_FINDINGS_H

#include "store/store.h"

/*
 * Prints verdict, reasons, reports, counts, the folder and how to replay the run. If FULL is TRUE,
 * each report is printed completely, otherwise only the first lines of the first few reports.
 * Control characters from the guest are escaped.
 */
void findings_print(const struct run_info *run, gboolean full);

/*
 * If RUN has no file `verdict`, because it still runs or was killed, adds to its details what its
 * journal has so far: `progress` and `reports`, see rig-json(5).
 */
void findings_add_progress(struct run_info *run);

/* Returns the content of findings_print() as a JSON object. The caller owns the reference. */
json_t *findings_json(const struct run_info *run);

/*
 * Returns how another command names RUN: by its name if it is in the default results folder,
 * otherwise by its path, quoted for the shell if needed. The caller owns the result.
 */
char *findings_reference(const struct run_info *run);

/* Returns the escape sequence of a verdict's colour. */
const char *findings_colour(enum verdict verdict);

/* Returns TEXT with control characters escaped as ^X. The caller owns the result. */
char *findings_clean(const char *text);

/*
 * Returns the string in JSON at PATH, keys separated by '/' ("kernel/name"), or "?" if there is
 * none. The result is borrowed from JSON.
 */
const char *findings_text(json_t *json, const char *path);

#endif
