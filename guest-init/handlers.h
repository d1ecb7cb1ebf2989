/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handlers of requests; each runs in a child. A handler adds its lines to OUT and returns 0, or
 * adds one sentence about what failed (without a newline) and returns -errno. PAYLOAD may be
 * modified.
 */
#ifndef GUEST_HANDLERS_H
#define GUEST_HANDLERS_H

#include "text.h"

int handle_account(char *payload, struct text *out);
int handle_blocks(char *payload, struct text *out);
int handle_cpu(char *payload, struct text *out);
int handle_tasks(char *payload, struct text *out);
int handle_sysrq(char *payload, struct text *out);
int handle_verdict(char *payload, struct text *out);
int handle_log(char *payload, struct text *out);
/* The text of /proc/lockdep or /proc/lockdep_chains; a last line `cut` where it did not fit. */
int handle_locks(char *payload, struct text *out);

/*
 * Adds the lines of syslog(2)'s text RAW (modified) from SINCE_US on. False: the log does not reach
 * back so far, or not all lines fit.
 */
bool klog_since(char *raw, uint64_t since_us, struct text *out);
/* Adds a `zone` line for each zone of /proc/zoneinfo. INFO is modified. */
void account_zones(char *info, struct text *out);
/* Adds the `lockdep-stat` lines of /proc/lockdep_stats. STATS is modified. */
void account_lockdep(char *stats, struct text *out);

#endif
