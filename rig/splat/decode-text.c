// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decodes text: UTF-16, UTF-32, the encodings of mail, entries of several lines (decode-records.c),
 * records of pstore (decode-pstore.c) and unusual line ends (decode-line-ends.c). The format of a
 * stream is detected from its start: a byte order mark, or NULs between the characters; the header
 * of a mail; the first field or line of a record; the lack of newlines. Data of any other format
 * passes through unchanged.
 */
#include <string.h>

#include "splat/decode-parts.h"
#include "splat/internal.h"

/* maximum length of a mail's line; a longer one is passed on in pieces */
#define LINE_MAX_BYTES 8192
/* maximum size of a compressed attachment; the rest is dropped */
#define ATTACHMENT_MAX (64U << 20)
#define DEPTH_MAX 4 /* maximum depth of mails inside mails */
#define QUOTED_LEAST 60 /* quoted-printable divides lines that are longer than this */

enum form { FORM_UNKNOWN, FORM_PLAIN, FORM_WIDE, FORM_MAIL, FORM_RECORDS, FORM_PSTORE };
enum encoding { ENCODING_NONE, ENCODING_QUOTED, ENCODING_BASE64 };

struct text_decoder {
	decode_sink sink;
	void *data;
	enum form form;
	guint8 start[4096]; /* the first bytes, collected until the format is detected */
	gsize start_len;
	/* the next four members are used for UTF-16 and UTF-32 */
	const struct wide *wide;
	guint8 unit[4];
	gsize unit_len;
	gunichar high;
	/* the members from here to `depth` are used for mails */
	char line[LINE_MAX_BYTES + 1];
	gsize line_len;
	gboolean in_header;
	enum encoding encoding;
	gint base64_state;
	guint base64_save;
	GByteArray *attachment;	   /* a compressed attachment, collected until its end; or NULL */
	struct text_decoder *part; /* decodes the content of a base64 part; or NULL */
	guint depth;
	/* the decoder for FORM_RECORDS, FORM_PSTORE or other line ends */
	struct records *records;
	struct pstore *pstore;
	struct line_ends *line_ends;
	GError *error; /* error of the first attachment that cannot be decompressed */
};

struct text_decoder *text_decoder_new(decode_sink sink, void *data)
{
	struct text_decoder *d = g_new0(struct text_decoder, 1);

	d->sink = sink;
	d->data = data;
	return d;
}

/* UTF-16 and UTF-32 ------------------------------------------------------------------- */

/*
 * Encodings with units of several bytes. Those with longer units are first, because data in UTF-32
 * also looks like UTF-16.
 */
static const struct wide {
	gsize size;	 /* number of bytes of a unit */
	gsize least;	 /* index of its least significant byte */
	const char *mark; /* byte order mark */
} wides[] = {
	{4, 0, "\xff\xfe\0\0"},
	{4, 3, "\0\0\xfe\xff"},
	{2, 0, "\xff\xfe"},
	{2, 1, "\xfe\xff"},
};

/* Returns TRUE if in nearly every unit, all bytes are NUL except for the least significant one. */
static gboolean is_wide(const struct wide *wide, const guint8 *bytes, gsize len)
{
	gsize nuls = 0, units = len / wide->size;

	for (gsize i = 0; i < units * wide->size; i++)
		nuls += bytes[i] == 0 && i % wide->size != wide->least;
	return len >= 8 && nuls * 10 >= units * (wide->size - 1) * 9;
}

static const struct wide *find_wide(const guint8 *bytes, gsize len)
{
	for (gsize i = 0; i < G_N_ELEMENTS(wides); i++)
		if (len >= wides[i].size && memcmp(bytes, wides[i].mark, wides[i].size) == 0)
			return &wides[i];
	for (gsize i = 0; i < G_N_ELEMENTS(wides); i++)
		if (is_wide(&wides[i], bytes, len))
			return &wides[i];
	return NULL;
}

static void take_unit(struct text_decoder *d, guint32 unit)
{
	gunichar c = unit;
	char utf8[8];

	if (unit >= 0xd800 && unit < 0xdc00) {
		d->high = unit;
		return;
	}
	if (unit >= 0xdc00 && unit < 0xe000)
		c = d->high ? 0x10000 + ((d->high - 0xd800) << 10) + (unit - 0xdc00) : 0xfffd;
	d->high = 0;
	if (c > 0x10ffff)
		c = 0xfffd;
	if (c != 0xfeff)
		d->sink((guint8 *)utf8, (gsize)g_unichar_to_utf8(c, utf8), d->data);
}

static void take_wide(struct text_decoder *d, const guint8 *bytes, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		guint32 unit = 0;

		d->unit[d->unit_len++] = bytes[i];
		if (d->unit_len < d->wide->size)
			continue;
		d->unit_len = 0;
		for (gsize b = 0; b < d->wide->size; b++)
			unit = unit << 8 |
			       d->unit[d->wide->least ? b : d->wide->size - 1 - b];
		take_unit(d, unit);
	}
}

/* Mail -------------------------------------------------------------------------------- */

static void give_text(struct text_decoder *d, const char *text, gsize len)
{
	if (len)
		d->sink((const guint8 *)text, len, d->data);
}

/*
 * Handles the end of a part of a mail: decompresses its attachment, or ends the decoder of its
 * content.
 */
static void end_part(struct text_decoder *d)
{
	g_autoptr(GError) error = NULL;

	if (d->attachment)
		decode_memory(d->attachment->data, d->attachment->len, d->part, &error);
	g_clear_pointer(&d->attachment, g_byte_array_unref);
	if (d->part)
		text_decoder_end(g_steal_pointer(&d->part), error ? NULL : &error);
	if (error && !d->error)
		d->error = g_steal_pointer(&error);
}

/* Handles a line of the header of a mail or of one of its parts; an empty line ends the header. */
static void take_header(struct text_decoder *d)
{
	static const char field[] = "Content-Transfer-Encoding:";
	const char *line = d->line;

	if (line[strspn(line, "\r\n")] == '\0') {
		d->in_header = FALSE;
		d->base64_state = 0;
		d->base64_save = 0;
	} else if (g_ascii_strncasecmp(line, field, strlen(field)) == 0) {
		const char *value = line + strlen(field) + strspn(line + strlen(field), " \t");

		d->encoding = ENCODING_NONE;
		if (g_ascii_strncasecmp(value, "quoted-printable", 16) == 0)
			d->encoding = ENCODING_QUOTED;
		else if (g_ascii_strncasecmp(value, "base64", 6) == 0)
			d->encoding = ENCODING_BASE64;
	}
	give_text(d, line, d->line_len);
}

static void take_quoted(struct text_decoder *d)
{
	char *to = d->line;
	const char *end = d->line + d->line_len;

	for (const char *p = d->line; p < end; p++) {
		if (*p != '=') {
			*to++ = *p;
		} else if (p + 2 < end && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
			*to++ = (char)(g_ascii_xdigit_value(p[1]) << 4 |
				       g_ascii_xdigit_value(p[2]));
			p += 2;
		} else if (strspn(p + 1, " \t\r\n") == (gsize)(end - p - 1)) {
			break; /* a soft line break: the line continues */
		} else {
			*to++ = *p;
		}
	}
	give_text(d, d->line, (gsize)(to - d->line));
}

/*
 * Decodes a line of base64. The decoded part of the mail is handled as a stream of its own: text of
 * any format, or compressed data.
 */
static void take_base64(struct text_decoder *d)
{
	guchar out[LINE_MAX_BYTES];
	gsize n =
		g_base64_decode_step(d->line, d->line_len, out, &d->base64_state, &d->base64_save);

	if (!n)
		return;
	if (d->depth == DEPTH_MAX) {
		give_text(d, (const char *)out, n);
		return;
	}
	if (!d->part) {
		d->part = text_decoder_new(d->sink, d->data);
		d->part->depth = d->depth + 1;
		if (decode_is_compressed(out, n))
			d->attachment = g_byte_array_new();
	}
	if (!d->attachment)
		text_decoder_feed(d->part, out, n);
	else if (d->attachment->len + n <= ATTACHMENT_MAX)
		g_byte_array_append(d->attachment, out, (guint)n);
}

/*
 * Returns TRUE if a header follows the current line: "--boundary" starts a part of a mail, and
 * "From " with a time starts a mail in an mbox.
 */
static gboolean begins_header(const struct text_decoder *d)
{
	const char *line = d->line;

	if (g_str_has_prefix(line, "From ") && strchr(line, ':'))
		return TRUE;
	return line[0] == '-' && line[1] == '-' && g_ascii_isgraph(line[2]) && line[2] != '-' &&
	       !strchr(line, ' ') && d->line_len > 8;
}

static void take_mail_line(struct text_decoder *d)
{
	d->line[d->line_len] = '\0';
	if (!d->in_header && begins_header(d)) {
		end_part(d);
		d->in_header = TRUE;
		d->encoding = ENCODING_NONE;
	}
	if (d->in_header)
		take_header(d);
	else if (d->encoding == ENCODING_QUOTED)
		take_quoted(d);
	else if (d->encoding == ENCODING_BASE64)
		take_base64(d);
	else
		give_text(d, d->line, d->line_len);
	d->line_len = 0;
}

static void take_mail(struct text_decoder *d, const guint8 *bytes, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		d->line[d->line_len++] = (char)bytes[i];
		if (bytes[i] == '\n' || d->line_len == LINE_MAX_BYTES)
			take_mail_line(d);
	}
}

/* ---- Detection of the format ---- */

/*
 * Returns the length of a field's name if TEXT begins with a field of a mail's header ("Subject:
 * …"), otherwise 0.
 */
static gsize field_len(const char *text, gsize len)
{
	gsize name = 0;

	while (name < len && g_ascii_isgraph(text[name]) && text[name] != ':')
		name++;
	return name < len && text[name] == ':' ? name : 0;
}

gboolean mail_field_begins(const char *text, gsize len)
{
	static const char *const fields[] = {
		"From:",       "Return-Path:",	"Received",	"Message-ID:",	 "Subject:",
		"Date:",       "Deliver",	"To:",		"Cc:",		 "MIME-Version:",
		"Content-",    "In-Reply-To:",	"References:",	"Reply-To:",	 "Sender:",
		"ARC-",	       "DKIM-",		"DomainKey-",	"Authentication-", "List-",
		"Envelope-",   "Resent-",	"Thread-",	"User-Agent:",	 "Newsgroups:",
		"X-",
	};

	/* the first line of a mail in an mbox has a time */
	if (len > 5 && memcmp(text, "From ", 5) == 0) {
		const char *end = memchr(text, '\n', len);

		return memchr(text, ':', end ? (gsize)(end - text) : len) != NULL;
	}
	if (!field_len(text, len))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (g_ascii_strncasecmp(text, fields[i], MIN(strlen(fields[i]), len)) == 0)
			return TRUE;
	return FALSE;
}

/*
 * Returns TRUE if TEXT begins with the header of a mail (RFC 5322): all of its first lines are
 * fields, and at least one is a field that only mails have.
 */
static gboolean is_mail(const char *text)
{
	const char *p = text, *end;

	for (; (end = strchr(p, '\n')) && *p != '\n' && *p != '\r'; p = end + 1) {
		gsize len = (gsize)(end - p);
		gboolean continues = p > text && (*p == ' ' || *p == '\t');

		if (mail_field_begins(p, len))
			return TRUE;
		if (!continues && !field_len(p, len))
			return FALSE;
	}
	return FALSE;
}

/*
 * Returns TRUE if TEXT is a mail in quoted-printable whose header is missing: long lines end in
 * "=", and there is a character like "=3D".
 */
static gboolean is_quoted_body(const char *text)
{
	guint soft = 0, codes = 0;

	for (const char *p = text; (p = strchr(p, '=')); p++) {
		const char *newline = memrchr(text, '\n', (gsize)(p - text));

		soft += p - (newline ? newline : text) >= QUOTED_LEAST &&
			(p[1] == '\n' || (p[1] == '\r' && p[2] == '\n'));
		codes += g_str_has_prefix(p, "=3D") || g_str_has_prefix(p, "=20") ||
			 g_str_has_prefix(p, "=09");
	}
	return soft >= 3 && codes;
}

static enum form form_of(struct text_decoder *d)
{
	d->wide = find_wide(d->start, d->start_len);
	if (d->wide)
		return FORM_WIDE;
	g_autofree char *start = g_strndup((const char *)d->start, d->start_len);

	d->in_header = is_mail(start);
	if (d->in_header)
		return FORM_MAIL;
	/* a log that is one string can be long, so decode-line-ends.c decodes it in pieces */
	if (!line_ends_are_escaped(start) && records_begin(start, d->start_len) != RECORDS_NONE)
		return FORM_RECORDS;
	if (!is_quoted_body(start))
		return pstore_begins(start) ? FORM_PSTORE : FORM_PLAIN;
	d->encoding = ENCODING_QUOTED;
	return FORM_MAIL;
}

static void take(struct text_decoder *d, const guint8 *bytes, gsize len)
{
	if (d->form == FORM_MAIL)
		take_mail(d, bytes, len);
	else if (d->form == FORM_RECORDS)
		records_feed(d->records, bytes, len);
	else if (d->form == FORM_PSTORE)
		pstore_feed(d->pstore, bytes, len);
	else if (d->form == FORM_PLAIN)
		line_ends_feed(d->line_ends, bytes, len);
	else
		take_wide(d, bytes, len);
}

static void decide(struct text_decoder *d)
{
	d->form = form_of(d);
	if (d->form == FORM_RECORDS)
		d->records = records_new(records_begin((const char *)d->start, d->start_len),
					 d->sink, d->data);
	if (d->form == FORM_PSTORE)
		d->pstore = pstore_new(d->sink, d->data);
	if (d->form == FORM_PLAIN)
		d->line_ends = line_ends_new(
			line_ends_begin((const char *)d->start, d->start_len), d->sink, d->data);
	if (d->start_len)
		take(d, d->start, d->start_len);
}

void text_decoder_feed(struct text_decoder *d, const guint8 *bytes, gsize len)
{
	if (d->form == FORM_UNKNOWN) {
		gsize n = MIN(len, sizeof(d->start) - d->start_len);

		memcpy(d->start + d->start_len, bytes, n);
		d->start_len += n;
		bytes += n;
		len -= n;
		if (d->start_len == sizeof(d->start))
			decide(d);
	}
	if (len)
		take(d, bytes, len);
}

gboolean text_decoder_end(struct text_decoder *d, GError **error)
{
	gboolean ok;

	if (d->form == FORM_UNKNOWN)
		decide(d);
	if (d->line_len)
		take_mail_line(d);
	end_part(d);
	if (d->records)
		records_end(d->records);
	if (d->pstore)
		pstore_end(d->pstore);
	if (d->line_ends)
		line_ends_end(d->line_ends);
	ok = !d->error;
	if (!ok)
		g_propagate_error(error, d->error);
	g_free(d);
	return ok;
}
