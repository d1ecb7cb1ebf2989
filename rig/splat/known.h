/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known issues: reports that were examined, with the reason and a link, so that they do not make
 * runs fail. Each entry has an expiry date, and can be limited to a range of kernels.
 * scenarios/known-issues.yaml is the rig's own list; rig-scan(1) describes its format.
 */
#ifndef RIG_SPLAT_KNOWN_H
#define RIG_SPLAT_KNOWN_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"
#include "util/auto.h"

struct known_issue {
	char *signature; /* a pattern for splat.bug, or NULL; * and ? as in a shell */
	/* a pattern for splat.title, or NULL; at least one of the two patterns is set */
	char *title;
	char *reason, *link;
	/*
	 * releases for which the entry is valid: from <= release < before; NULL stands for no limit
	 */
	char *from, *before;
	char *expires;	     /* the last day on which the entry is valid: "2027-06-30" */
	/* not part of the file: */
	gboolean expired;
	guint matches; /* number of reports that known_match() has assigned to this entry */
};

struct known;

/*
 * Reads FILE. TODAY is a date like "2026-11-21", the beginning of rig_utc_now(). Errors
 * (RIG_EXIT_USAGE): the file cannot be read or does not follow the schema, a date or version is
 * invalid, or an entry would match everything.
 */
struct known *known_load(const char *file, const char *today, GError **error);
void known_free(struct known *known);
RIG_DEFINE_AUTO(known, known_free)

/*
 * Returns the first entry that matches SPLAT, or NULL. RELEASE is the kernel's ("6.1.192-2"); if it
 * is NULL, the release in the report is used. Expired entries match nothing. If the release is
 * unknown, entries with a range of kernels match nothing, so that a new failure is not hidden.
 */
const struct known_issue *known_match(struct known *known, const struct splat *splat,
				      const char *release);

/*
 * The value of `expires` in an excuse. An excuse makes a single report of one run known, and is not
 * part of a list; an example is a stall that holds of vCPUs have caused (docs/director.md). An
 * excused report does not affect the verdict.
 */
#define KNOWN_THIS_RUN "this run"
/* Returns TRUE if KNOWN, the member "known" of a report (or NULL), is an excuse. */
gboolean known_is_excuse(json_t *known);

/*
 * Makes a report's member "known": {"signature", "title", "reason", "link", "expires"}. New
 * reference.
 */
json_t *known_json(const struct known_issue *issue);

/*
 * Returns all entries in the order of the file. Used to list those that have expired or matched
 * nothing.
 */
const struct known_issue *known_issues(const struct known *known, guint *ret_n);

#endif
