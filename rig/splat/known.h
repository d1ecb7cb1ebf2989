/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known issues: reports that were examined, with the reason and a link, so that a run is
 * not failed by them again and again. Each entry ends on a day and can be bound to a range of
 * kernels. scenarios/known-issues.yaml is the rig's own list; docs/reports.md has the form.
 */
#ifndef RIG_SPLAT_KNOWN_H
#define RIG_SPLAT_KNOWN_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"
#include "util/auto.h"

struct known_issue {
	char *signature; /* pattern of splat.bug, or NULL; * and ? as in a shell */
	char *title;     /* pattern of splat.title, or NULL; at least one of the two */
	char *reason, *link;
	char *from, *before; /* kernels: from <= release < before; NULL: no end */
	char *expires;       /* "2027-06-30": the last day it counts */
	/* not from the file */
	gboolean expired;
	guint matches; /* reports that known_match() assigned to this entry */
};

struct known;

/*
 * Reads FILE. TODAY is "2026-11-21", as rig_utc_now() begins. Errors (RIG_EXIT_USAGE): the file
 * cannot be read or does not follow the schema, a date or version is invalid, or an entry would
 * match everything.
 */
struct known *known_load(const char *file, const char *today, GError **error);
void known_free(struct known *known);
RIG_DEFINE_AUTO(known, known_free)

/*
 * The first entry that SPLAT is an instance of, or NULL. RELEASE is the kernel's ("6.1.192-2");
 * NULL: the release in the report. Expired entries match nothing. Entries with a range of kernels
 * do not match an unknown release, because a new failure must not be hidden.
 */
const struct known_issue *known_match(struct known *known, const struct splat *splat,
				      const char *release);

/*
 * `expires` of an excuse, which is about one report of one run and no entry of a list: a stall that
 * holds made (docs/director.md). An excused report does not affect the verdict.
 */
#define KNOWN_THIS_RUN "this run"
/* TRUE: KNOWN (the object of a report, or NULL) is such an excuse. */
gboolean known_is_excuse(json_t *known);

/* Makes {"signature", "title", "reason", "link", "expires"}. New reference. */
json_t *known_json(const struct known_issue *issue);

/* All entries in the order of the file: which expired, which matched nothing. */
const struct known_issue *known_issues(const struct known *known, guint *ret_n);

#endif
