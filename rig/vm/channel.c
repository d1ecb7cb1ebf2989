// SPDX-License-Identifier: GPL-2.0-only
/* Finds frames (guest-init/proto.h) in a byte stream that may contain other data, too. */
#include "vm/channel.h"

#include "guest-init/proto.h"

#include <string.h>

struct channel {
	struct channel_owner owner;
	GByteArray *buf;   /* bytes that are not parsed yet */
	gboolean in_error; /* the current sequence of invalid bytes was reported */
};

struct channel *channel_new(const struct channel_owner *owner)
{
	struct channel *channel = g_new0(struct channel, 1);

	channel->owner = *owner;
	channel->buf = g_byte_array_new();
	return channel;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	g_byte_array_unref(channel->buf);
	g_free(channel);
}

static void complain(struct channel *channel, const char *what)
{
	if (!channel->in_error)
		channel->owner.error(what, channel->owner.data);
	channel->in_error = TRUE;
}

/* Returns the number of bytes to skip to the next possible start of a header; at least one. */
static gsize to_next_magic(const guint8 *bytes, gsize len)
{
	const guint8 *next = len > 1 ? memchr(bytes + 1, PROTO_MAGIC[0], len - 1) : NULL;

	return next ? (gsize)(next - bytes) : len;
}

/*
 * Returns TRUE if BYTES has only line ends. They are not an error: a terminal may send them until
 * it is in raw mode.
 */
static gboolean is_blank(const guint8 *bytes, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if (bytes[i] != '\r' && bytes[i] != '\n')
			return FALSE;
	return TRUE;
}

static gsize skip(struct channel *channel, const guint8 *bytes, gsize len, int version)
{
	gsize n = to_next_magic(bytes, len);

	if (version > 0) {
		g_autofree char *what =
			g_strdup_printf("the guest uses protocol version %d, this rig version %d",
					version, PROTO_VERSION);
		complain(channel, what);
	} else if (!is_blank(bytes, n)) {
		complain(channel, "bytes on the guest channel that do not form a frame");
	}
	return n;
}

static gsize deliver(struct channel *channel, const struct proto_header *header,
		     const guint8 *payload)
{
	g_autofree char *text = NULL;

	if (proto_crc32(payload, header->length) != header->crc) {
		complain(channel, "the payload of a frame has a wrong checksum");
		return to_next_magic(payload - PROTO_HEADER, PROTO_HEADER + header->length);
	}
	if (memchr(payload, 0, header->length)) {
		complain(channel, "a frame's text has a NUL in it");
		return PROTO_HEADER + header->length;
	}
	channel->in_error = FALSE;
	text = g_utf8_make_valid((const char *)payload, header->length);
	channel->owner.frame(header->type, header->seq, text, strlen(text), channel->owner.data);
	return PROTO_HEADER + header->length;
}

/*
 * Handles the frame at the start of BYTES, or skips bytes that do not begin a frame. Returns the
 * number of handled bytes, or 0 if the rest of the frame must arrive first.
 */
static gsize take(struct channel *channel, const guint8 *bytes, gsize len)
{
	struct proto_header header;
	int version;

	/* these bytes do not begin a header: skip them, without waiting for a whole header */
	if (memcmp(bytes, PROTO_MAGIC, MIN(len, 4)))
		return skip(channel, bytes, len, 0);
	if (len < PROTO_HEADER)
		return 0;
	version = proto_unpack(bytes, &header);
	if (version)
		return skip(channel, bytes, len, version);
	if (len < PROTO_HEADER + (gsize)header.length)
		return 0;
	return deliver(channel, &header, bytes + PROTO_HEADER);
}

void channel_feed(struct channel *channel, const guint8 *bytes, gsize len)
{
	gsize used = 0, n;

	g_byte_array_append(channel->buf, bytes, len);
	while (used < channel->buf->len &&
	       (n = take(channel, channel->buf->data + used, channel->buf->len - used)))
		used += n;
	g_byte_array_remove_range(channel->buf, 0, used);
}
