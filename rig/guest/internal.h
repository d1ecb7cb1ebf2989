/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by guest.c (requests), parse.c and verdict.c (payloads). */
#ifndef RIG_GUEST_INTERNAL_H
#define RIG_GUEST_INTERNAL_H

#include "guest/guest.h"

/* The parsers return a new struct. Only those that say so can return NULL. */
struct guest_hello *guest_hello_parse(const char *text);
void guest_hello_free(struct guest_hello *hello);
struct guest_heartbeat *guest_heartbeat_parse(const char *text);
void guest_heartbeat_free(struct guest_heartbeat *heartbeat);
/* Returns NULL if TEXT has no `agent` line. */
struct guest_counts *guest_counts_parse(const char *text);
void guest_counts_free(struct guest_counts *counts);
/* Returns NULL with an error if TEXT begins with `error`, or with neither `ok` nor `error`. */
struct guest_done *guest_done_parse(const char *text, GError **error);
void guest_done_free(struct guest_done *done);
/* Returns NULL if the first line is not `verdict …`. */
struct guest_verdict *guest_verdict_parse(const char *text);
void guest_verdict_free(struct guest_verdict *verdict);
/* If the last line is `cut`, removes it from TEXT and sets `truncated`. */
struct guest_log *guest_log_parse(char *text);

#endif
