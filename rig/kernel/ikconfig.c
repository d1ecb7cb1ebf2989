// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the config inside an image: kernel/configs.c stores a gzipped .config between "IKCFG_ST"
 * and "IKCFG_ED". The kernel in a bzImage is compressed (gzip, xz, lzma, bzip2, lz4, zstd);
 * libarchive decompresses it as a stream, so that the uncompressed kernel need not fit into memory.
 */
#include "kernel/internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <zlib.h>

#define START "IKCFG_ST"
#define MARK_LEN 8
#define CONFIG_MAX (4u << 20)
#define PACKED_MAX (1u << 20)
/*
 * Maximum size of an uncompressed kernel. One with all drivers of a distribution built in has about
 * 100 MiB.
 */
#define UNPACKED_MAX (1u << 30)

static char *gunzip(const guint8 *data, gsize len)
{
	g_autofree char *text = g_malloc(CONFIG_MAX + 1);
	z_stream z = {.next_in = (guint8 *)data,
		      .avail_in = len,
		      .next_out = (guint8 *)text,
		      .avail_out = CONFIG_MAX};
	int rc;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return NULL;
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (rc != Z_STREAM_END)
		return NULL;
	text[z.total_out] = '\0';
	return g_strdup(text);
}

/* Searches uncompressed data for the config. */
static char *find_plain(const guint8 *data, gsize len)
{
	const guint8 *at = data;

	while ((at = memmem(at, len - (at - data), START, MARK_LEN))) {
		char *text;

		at += MARK_LEN;
		text = gunzip(at, MIN(len - (at - data), PACKED_MAX));
		if (text)
			return text;
	}
	return NULL;
}

/* Searches a decompressed stream for the config. */
static char *find_in_stream(struct archive *archive)
{
	g_autoptr(GByteArray) kept = g_byte_array_new();
	g_autofree guint8 *buf = g_malloc(1 << 20);
	guint64 total = 0;
	la_ssize_t n;

	while (total < UNPACKED_MAX && (n = archive_read_data(archive, buf, 1 << 20)) > 0) {
		const guint8 *start;

		total += n;
		g_byte_array_append(kept, buf, n);
		start = memmem(kept->data, kept->len, START, MARK_LEN);
		if (start && kept->len - (start - kept->data) > PACKED_MAX) {
			char *text = find_plain(start, kept->len - (start - kept->data));

			if (text)
				return text;
			start = NULL;
		}
		if (start)
			g_byte_array_remove_range(kept, 0, start - kept->data);
		else if (kept->len > MARK_LEN)
			g_byte_array_remove_range(kept, 0, kept->len - MARK_LEN);
	}
	return find_plain(kept->data, kept->len);
}

static char *find_packed(const guint8 *data, gsize len)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char *text = NULL;

	archive_read_support_filter_all(archive);
	archive_read_support_format_raw(archive);
	if (archive_read_open_memory(archive, data, len) == ARCHIVE_OK &&
	    archive_read_next_header(archive, &entry) == ARCHIVE_OK)
		text = find_in_stream(archive);
	archive_read_free(archive);
	return text;
}

char *image_config(const guint8 *data, gsize len)
{
	const guint8 *payload;
	gsize payload_len;

	if (!image_is_bzimage(data, len))
		return find_plain(data, len);
	return image_payload(data, len, &payload, &payload_len) ? find_packed(payload, payload_len)
								: NULL;
}
