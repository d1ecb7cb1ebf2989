/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the decoders: decode.c (compression), decode-text.c (text, mail),
 * decode-records.c, decode-pstore.c, decode-line-ends.c.
 */
#ifndef RIG_SPLAT_DECODE_PARTS_H
#define RIG_SPLAT_DECODE_PARTS_H

#include "splat/decode.h"

/*
 * Returns TRUE if BYTES begins with the magic number of a compression format that decode_fd()
 * supports.
 */
gboolean decode_is_compressed(const guint8 *bytes, gsize len);
/* Decompresses BYTES, which may be modified, into DECODER. Errors: those of decode_fd(). */
gboolean decode_memory(guint8 *bytes, gsize len, struct text_decoder *decoder, GError **error);

/* Output formats in which an entry has several lines. */
enum records_form {
	RECORDS_NONE,
	RECORDS_OBJECTS, /* `journalctl -o json-pretty`, `dmesg --json`, an array of entries */
	RECORDS_EXPORT,	 /* `journalctl -o export` */
	RECORDS_VERBOSE, /* `journalctl -o verbose` */
};

/* Returns the format of a stream that begins with the LEN bytes at START. */
enum records_form records_begin(const char *start, gsize len);

/*
 * A decoder that passes each entry to SINK as a line of JSON, in the format of `journalctl -o
 * json`.
 */
struct records;
struct records *records_new(enum records_form form, decode_sink sink, void *data);
void records_feed(struct records *records, const guint8 *bytes, gsize len);
/* Passes the last entry to the sink, and frees RECORDS. */
void records_end(struct records *records);

/* Returns TRUE if TEXT has the first line of a record of pstore, "Oops#1 Part2". */
gboolean pstore_begins(const char *text);

/* A decoder that passes the records of each dump to SINK, the oldest first. */
struct pstore;
struct pstore *pstore_new(decode_sink sink, void *data);
void pstore_feed(struct pstore *pstore, const guint8 *bytes, gsize len);
/* Passes the last dump to the sink, and frees PSTORE. */
void pstore_end(struct pstore *pstore);

/* The end of each line. */
enum line_ends_form {
	LINE_ENDS_PLAIN,   /* a newline, or CR and a newline */
	LINE_ENDS_RETURN,  /* CR */
	LINE_ENDS_ESCAPED, /* the two characters "\n" */
};

/* Returns TRUE if TEXT is escaped: the two characters "\n" precede a line of the kernel in it. */
gboolean line_ends_are_escaped(const char *text);
/* Returns the form of a stream that begins with the LEN bytes at START. */
enum line_ends_form line_ends_begin(const char *start, gsize len);

/* A decoder that replaces the line ends of this form by newlines. */
struct line_ends;
struct line_ends *line_ends_new(enum line_ends_form form, decode_sink sink, void *data);
void line_ends_feed(struct line_ends *ends, const guint8 *bytes, gsize len);
/* Passes the rest to the sink, and frees ENDS. */
void line_ends_end(struct line_ends *ends);

#endif
