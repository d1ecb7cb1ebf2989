/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares the keys of reports across versions of the rules. A report's own key is signature.bug.
 * If the first version of the rules made another key, that one is signature.former. A recorded key
 * (of a known issue, a bisection, a run folder) identifies every report that has it as one of the
 * two.
 */
#ifndef RIG_SPLAT_KEY_H
#define RIG_SPLAT_KEY_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"

/* Returns TRUE if KEY, of either version, identifies SPLAT. */
gboolean splat_key_is(const struct splat *splat, const char *key);
/* Like splat_key_is(), for a pattern with * and ? as in a shell. */
gboolean splat_key_fits(const struct splat *splat, const char *pattern);
/*
 * Like splat_key_is(), for a report in the format of splat_to_json(), which may come from a file.
 */
gboolean splat_json_key_is(const json_t *report, const char *key);
/*
 * Returns the key of REPORT by the current rules. REPORT is in the format of splat_to_json() and
 * may have been written by an earlier version; then its text is parsed again. NULL: REPORT has no
 * key. The caller frees it.
 */
char *splat_json_key(const json_t *report);

#endif
