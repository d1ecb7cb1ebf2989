/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output of an agent's program on its way to init: a ring in shared memory with one writer and one
 * reader.
 */
#ifndef GUEST_OUTPUT_H
#define GUEST_OUTPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_RING 16384	/* bytes, a power of two */
#define OUTPUT_MAX (256 * 1024) /* bytes from one agent; the rest is dropped */

struct output {
	_Atomic uint32_t put, taken; /* bytes so far; they wrap around */
	uint64_t total;		     /* bytes that were put; the writer's */
	bool is_cut;		     /* more were offered; the writer's */
	char ring[OUTPUT_RING];
};

/* Bytes that output_put() takes now. */
size_t output_room(const struct output *output);
/*
 * Puts LEN bytes, at most output_room(), with '?' for NUL. What is beyond OUTPUT_MAX is dropped,
 * with a line that reports it.
 */
void output_put(struct output *output, const char *bytes, size_t len);
/* Takes at most MAX bytes. */
size_t output_take(struct output *output, char *buffer, size_t max);

#endif
