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

struct frame_reader {
	size_t len;
	uint64_t skipped; /* number of bytes that did not belong to a valid frame */
	/* number of headers with another protocol version; the last such version */
	unsigned versions;
	int version;
	uint8_t data[PROTO_HEADER + PROTO_MAX + 4096];
};

/*
 * Returns the buffer space to read into. *RET_LEN is never 0 after frame_next() has returned false.
 */
uint8_t *frame_room(struct frame_reader *reader, size_t *ret_len);
void frame_filled(struct frame_reader *reader, size_t len);

/*
 * Returns the next frame, and copies its payload (at most PROTO_MAX bytes) into PAYLOAD, which must
 * have room for it and a NUL. False: more bytes are needed. A payload with a NUL inside is skipped
 * like other invalid bytes.
 */
bool frame_next(struct frame_reader *reader, struct proto_header *ret, char *payload);

/* A ring buffer of bytes to write, which keeps their order and copies them only once. */
#define QUEUE_MAX (1024 * 1024)

struct frame_queue {
	size_t head, len;
	uint8_t data[QUEUE_MAX];
};

/* Queues the whole frame; false: it does not fit, and nothing was queued. */
bool frame_put(struct frame_queue *queue, enum proto_type type, uint32_t seq, const char *payload,
	       size_t len);

/* Returns the next bytes to write, in one piece. */
const uint8_t *frame_peek(const struct frame_queue *queue, size_t *ret_len);
void frame_written(struct frame_queue *queue, size_t len);

#endif
