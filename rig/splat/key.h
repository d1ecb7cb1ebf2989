/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares the keys of reports across versions of the rules that make them. A report's key is
 * signature.bug. If the first version of the rules makes another key, the report also has that one,
 * as signature.former. A recorded key (of a known issue, a bisection, a run folder) identifies each
 * report of which it is one of these two keys.
 */
#ifndef RIG_SPLAT_KEY_H
#define RIG_SPLAT_KEY_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"

/* Returns TRUE if KEY, made by either version, identifies SPLAT. */
gboolean splat_key_is(const struct splat *splat, const char *key);
/* Returns TRUE if PATTERN, with * and ? as in a shell, matches one of the keys of SPLAT. */
gboolean splat_key_fits(const struct splat *splat, const char *pattern);
/*
 * Returns TRUE if KEY, made by either version, identifies REPORT, which has the format of
 * splat_to_json() and may come from a file.
 */
gboolean splat_json_key_is(const json_t *report, const char *key);
/*
 * Returns the key of REPORT by the current rules. REPORT has the format of splat_to_json(). If an
 * earlier version wrote it, its text is parsed again. Returns NULL if REPORT has no key. The caller
 * frees it.
 */
char *splat_json_key(const json_t *report);

#endif
