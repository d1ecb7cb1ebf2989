/* SPDX-License-Identifier: GPL-2.0-only */
/* What the decoders share: decode.c (compression), decode-text.c (text, mail), decode-records.c. */
#ifndef RIG_SPLAT_DECODE_PARTS_H
#define RIG_SPLAT_DECODE_PARTS_H

#include "splat/decode.h"

/* TRUE: BYTES begin with the magic number of a compression that decode_fd() supports. */
gboolean decode_is_compressed(const guint8 *bytes, gsize len);
/* Decompresses BYTES, which may be modified, into DECODER. Errors as of decode_fd(). */
gboolean decode_memory(guint8 *bytes, gsize len, struct text_decoder *decoder, GError **error);

/* Outputs in which an entry takes several lines. */
enum records_form {
	RECORDS_NONE,
	RECORDS_OBJECTS, /* `journalctl -o json-pretty`, `dmesg --json` */
	RECORDS_EXPORT,	 /* `journalctl -o export` */
	RECORDS_VERBOSE, /* `journalctl -o verbose` */
};

/* The form of a stream that begins with the LEN bytes of START. */
enum records_form records_begin(const char *start, gsize len);

/* Passes a line of JSON for each entry to SINK, as `journalctl -o json` writes it. */
struct records;
struct records *records_new(enum records_form form, decode_sink sink, void *data);
void records_feed(struct records *records, const guint8 *bytes, gsize len);
/* Gives the last entry; frees RECORDS. */
void records_end(struct records *records);

#endif
