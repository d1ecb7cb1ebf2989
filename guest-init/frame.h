/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames out of a stream of bytes that may carry anything, and frames into a bounded queue. */
#ifndef GUEST_FRAME_H
#define GUEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto.h"

struct frame_reader {
	size_t len;
	uint64_t skipped;  /* bytes that were no frame of ours */
	unsigned versions; /* headers of another version, and which */
	int version;
	uint8_t data[PROTO_HEADER + PROTO_MAX + 4096];
};

/* Where to read to, and how much fits: never 0 after frame_next() said that there is none. */
uint8_t *frame_room(struct frame_reader *reader, size_t *ret_len);
void frame_filled(struct frame_reader *reader, size_t len);

/*
 * The next frame: its payload (at most PROTO_MAX bytes) is copied into PAYLOAD, which has room for it
 * and a NUL. False: more bytes are needed. Payloads with a NUL inside are skipped like garbage.
 */
bool frame_next(struct frame_reader *reader, struct proto_header *ret, char *payload);

/* What waits to be written: a ring, so that the order is kept and nothing is moved. */
#define QUEUE_MAX (1024 * 1024)

struct frame_queue {
	size_t head, len;
	uint8_t data[QUEUE_MAX];
};

/* All of the frame or, false, nothing of it. */
bool frame_put(struct frame_queue *queue, enum proto_type type, uint32_t seq, const char *payload,
	       size_t len);

/* The next bytes to write, in one piece. */
const uint8_t *frame_peek(const struct frame_queue *queue, size_t *ret_len);
void frame_written(struct frame_queue *queue, size_t len);

#endif
