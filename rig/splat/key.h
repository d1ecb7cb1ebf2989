/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of bugs across versions of the rules. A report's own key is signature.bug; if the first
 * version of the rules gave another key, that is signature.former. A recorded key (a known issue,
 * the target of a bisection, a run folder) names every report that has it as either.
 */
#ifndef RIG_SPLAT_KEY_H
#define RIG_SPLAT_KEY_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"

/* Does KEY, of either version, name SPLAT? */
gboolean splat_key_is(const struct splat *splat, const char *key);
/* splat_key_is() for a pattern with * and ? as in a shell. */
gboolean splat_key_fits(const struct splat *splat, const char *pattern);
/* splat_key_is() for a report in the form of splat_to_json(), which can be from a file. */
gboolean splat_json_key_is(const json_t *report, const char *key);
/*
 * The key that the present rules give to REPORT (JSON as above), which may have been written by an
 * earlier version: then its text is read again. To be freed; NULL where REPORT has no key.
 */
char *splat_json_key(const json_t *report);

#endif
