/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decodes a log before the scanner reads it: compression (gzip, xz, zstd, bzip2, lz4); UTF-16 and
 * UTF-32; mails and mboxes with the encodings quoted-printable and base64 (RFC 2045) and compressed
 * attachments; output of journalctl and dmesg in which an entry has several lines; JSON with arrays
 * of entries; strings that contain a log. The data is decoded as a stream, so memory use does not
 * grow with the log.
 */
#ifndef RIG_SPLAT_DECODE_H
#define RIG_SPLAT_DECODE_H

#include <glib.h>

/* Receives decoded data, in pieces of any size. */
typedef void (*decode_sink)(const guint8 *bytes, gsize len, void *data);

/*
 * Reads FD to its end and passes the decoded data to SINK. Blocks while it reads. Line and byte
 * numbers of reports refer to the decoded text. Errors (RIG_EXIT_USAGE): NAME cannot be read, its
 * compression is damaged, or it expands more than DECODE_RATIO_MAX times; SINK has received the
 * data before that point.
 */
gboolean decode_fd(int fd, const char *name, decode_sink sink, void *data, GError **error);

#define DECODE_RATIO_MAX 2000
/* Up to this number of bytes any compression ratio is accepted. */
#define DECODE_FREE_BYTES (256U << 20)

/*
 * A decoder for data that is in memory. It decompresses the attachments of mails, but not data that
 * is compressed as a whole.
 */
struct text_decoder;
struct text_decoder *text_decoder_new(decode_sink sink, void *data);
void text_decoder_feed(struct text_decoder *decoder, const guint8 *bytes, gsize len);
/*
 * Passes the remaining data to the sink, and frees DECODER. Error (RIG_EXIT_USAGE): an attachment
 * could not be decompressed; the rest of the data was still passed on.
 */
gboolean text_decoder_end(struct text_decoder *decoder, GError **error);

#endif
