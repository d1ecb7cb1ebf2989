/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passes the output of an agent's program to init: a ring buffer in shared memory, with one writer
 * and one reader.
 */
#ifndef GUEST_OUTPUT_H
#define GUEST_OUTPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_RING 16384 /* size in bytes, a power of two */
/* maximum number of bytes of output of one agent; further bytes are dropped */
#define OUTPUT_MAX (256 * 1024)

struct output {
	/* positions of writer and reader: numbers of bytes put and taken so far, modulo 2^32 */
	_Atomic uint32_t put, taken;
	/* number of bytes put so far, to compare with OUTPUT_MAX; only used by the writer */
	uint64_t total;
	bool is_cut;	/* output was dropped because of OUTPUT_MAX; only used by the writer */
	char ring[OUTPUT_RING];
};

/* Returns the number of bytes that output_put() can take now. */
size_t output_room(const struct output *output);
/*
 * Puts LEN bytes, which must be at most output_room(). NULs are replaced by '?'. Bytes beyond
 * OUTPUT_MAX are dropped, and the line "== cut: …" is put instead.
 */
void output_put(struct output *output, const char *bytes, size_t len);
/* Takes at most MAX bytes out of the ring. */
size_t output_take(struct output *output, char *buffer, size_t max);

#endif
