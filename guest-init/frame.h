/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decodes frames from a byte stream that may contain other bytes as well, and encodes frames into a
 * bounded queue.
 */
#ifndef GUEST_FRAME_H
#define GUEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto.h"

/* The received bytes that are not decoded yet: `len` bytes in `data`. */
struct frame_reader {
	size_t len;
	uint64_t skipped; /* number of bytes that did not belong to a valid frame */
	/*
	 * `versions`: number of headers with another protocol version; `version`: the last such
	 * version
	 */
	unsigned versions;
	int version;
	uint8_t data[PROTO_HEADER + PROTO_MAX + 4096];
};

/*
 * Returns the free space in the buffer, for the caller to read bytes into, and sets *RET_LEN to its
 * size. The size is never 0 after frame_next() has returned false.
 */
uint8_t *frame_room(struct frame_reader *reader, size_t *ret_len);
void frame_filled(struct frame_reader *reader, size_t len);

/*
 * Returns the next frame, and copies its payload (at most PROTO_MAX bytes) into PAYLOAD, which must
 * have room for it and a NUL. Returns false if more bytes are needed. A payload that contains a NUL
 * is skipped like other invalid bytes.
 */
bool frame_next(struct frame_reader *reader, struct proto_header *ret, char *payload);

/* A ring buffer of bytes to write. */
#define QUEUE_MAX (1024 * 1024)

struct frame_queue {
	size_t head, len;
	uint8_t data[QUEUE_MAX];
};

/* Queues a frame. Returns false, and queues nothing, if the frame does not fit. */
bool frame_put(struct frame_queue *queue, enum proto_type type, uint32_t seq, const char *payload,
	       size_t len);

/* Returns the next contiguous bytes to write, and sets *RET_LEN to their number. */
const uint8_t *frame_peek(const struct frame_queue *queue, size_t *ret_len);
void frame_written(struct frame_queue *queue, size_t len);

#endif
