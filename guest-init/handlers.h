/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handlers of requests; each runs in a child process. A handler adds its lines to OUT and
 * returns 0; or it adds one sentence that describes the failure (without a newline) and returns
 * -errno. PAYLOAD may be modified.
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
/*
 * LOCKS: adds the text of /proc/lockdep or /proc/lockdep_chains; if it does not fit, the last line
 * is `cut`.
 */
int handle_locks(char *payload, struct text *out);

/*
 * Adds the lines of RAW from SINCE_US on. RAW is a text from syslog(2), and is modified. Returns
 * false if lines are missing: the log does not reach back that far, or not all lines fit.
 */
bool klog_since(char *raw, uint64_t since_us, struct text *out);
/* Adds a `zone` line for each zone in INFO, the content of /proc/zoneinfo, which is modified. */
void account_zones(char *info, struct text *out);
/*
 * Adds the `lockdep-stat` lines from STATS, the content of /proc/lockdep_stats, which is modified.
 */
void account_lockdep(char *stats, struct text *out);

#endif
