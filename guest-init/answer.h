/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What serves a request, in a process of its own. Each adds its lines to OUT and returns 0; or
 * returns -errno and has added nothing but a sentence about what failed, without a newline.
 */
#ifndef GUEST_ANSWER_H
#define GUEST_ANSWER_H

#include "text.h"

int answer_account(char *payload, struct text *out);
int answer_blocks(char *payload, struct text *out);
int answer_cpu(char *payload, struct text *out);
int answer_who(char *payload, struct text *out);
int answer_sysrq(char *payload, struct text *out);
int answer_verdict(char *payload, struct text *out);
int answer_log(char *payload, struct text *out);

/* Of syslog(2)'s text, which is changed: lines from that moment on. False: they do not reach back so far, or not all fit. */
bool klog_since(char *raw, uint64_t since_us, struct text *out);
/* Of /proc/zoneinfo: a `zone` line for each zone. INFO is changed. */
void account_zones(char *info, struct text *out);
/* Of /proc/lockdep_stats: the `lockdep-stat` lines. STATS is changed. */
void account_lockdep(char *stats, struct text *out);

#endif
