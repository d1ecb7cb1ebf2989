// SPDX-License-Identifier: GPL-2.0-only
/* Decodes and encodes frames (frame.h). */
#include "frame.h"

#include <string.h>

uint8_t *frame_room(struct frame_reader *reader, size_t *ret_len)
{
	*ret_len = sizeof(reader->data) - reader->len;
	return reader->data + reader->len;
}

void frame_filled(struct frame_reader *reader, size_t len)
{
	reader->len += len;
}

static void drop(struct frame_reader *reader, size_t len)
{
	reader->len -= len;
	memmove(reader->data, reader->data + len, reader->len);
}

/* Skips at least one byte, up to the next byte that may begin a magic number. */
static void skip(struct frame_reader *reader)
{
	const uint8_t *next = reader->len > 1 ? memchr(reader->data + 1, PROTO_MAGIC[0],
						       reader->len - 1) : NULL;
	size_t len = next ? (size_t)(next - reader->data) : reader->len;

	reader->skipped += len;
	drop(reader, len);
}

bool frame_next(struct frame_reader *reader, struct proto_header *ret, char *payload)
{
	while (reader->len >= PROTO_HEADER) {
		struct proto_header header;
		const uint8_t *body = reader->data + PROTO_HEADER;
		int bad = proto_unpack(reader->data, &header);

		if (bad > 0) {
			reader->versions++;
			reader->version = bad;
		}
		if (bad) {
			skip(reader);
			continue;
		}
		if (reader->len < PROTO_HEADER + header.length)
			return false;
		if (proto_crc32(body, header.length) != header.crc ||
		    memchr(body, '\0', header.length)) {
			skip(reader);
			continue;
		}
		memcpy(payload, body, header.length);
		payload[header.length] = '\0';
		drop(reader, PROTO_HEADER + header.length);
		*ret = header;
		return true;
	}
	return false;
}

static void put(struct frame_queue *queue, const void *data, size_t len)
{
	size_t tail = (queue->head + queue->len) % QUEUE_MAX;
	size_t first = len < QUEUE_MAX - tail ? len : QUEUE_MAX - tail;

	memcpy(queue->data + tail, data, first);
	memcpy(queue->data, (const uint8_t *)data + first, len - first);
	queue->len += len;
}

bool frame_put(struct frame_queue *queue, enum proto_type type, uint32_t seq, const char *payload,
	       size_t len)
{
	uint8_t header[PROTO_HEADER];

	if (len > PROTO_MAX || PROTO_HEADER + len > QUEUE_MAX - queue->len)
		return false;
	proto_pack(header, type, seq, payload, len);
	put(queue, header, sizeof(header));
	put(queue, payload, len);
	return true;
}

const uint8_t *frame_peek(const struct frame_queue *queue, size_t *ret_len)
{
	*ret_len = queue->len < QUEUE_MAX - queue->head ? queue->len : QUEUE_MAX - queue->head;
	return queue->data + queue->head;
}

void frame_written(struct frame_queue *queue, size_t len)
{
	queue->head = (queue->head + len) % QUEUE_MAX;
	queue->len -= len;
}
