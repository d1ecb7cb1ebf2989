// SPDX-License-Identifier: GPL-2.0-only
/* Unpacks the kernel inside an image, for its symbols and code. */
#include "kernel/internal.h"

#include <archive.h>
#include <archive_entry.h>

#include "util/error.h"

/*
 * Maximum size of an uncompressed kernel. One with all drivers of a distribution built in has about
 * 100 MiB.
 */
#define UNPACKED_MAX (1u << 30)

/*
 * Decompresses DATA up to the first error. This error is normal at the end: unless the kernel is
 * compressed by gzip, 4 bytes with its size follow (scripts/Makefile.lib: size_append), which
 * libarchive treats as the start of another stream.
 */
static GByteArray *unpack(const guint8 *data, gsize len)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	GByteArray *out = g_byte_array_new();
	const void *block;
	la_int64_t offset;
	size_t n;

	if (len > 4 && (data[0] != 0x1f || data[1] != 0x8b))
		len -= 4;
	archive_read_support_filter_all(archive);
	archive_read_support_format_raw(archive);
	if (archive_read_open_memory(archive, data, len) == ARCHIVE_OK &&
	    archive_read_next_header(archive, &entry) == ARCHIVE_OK)
		/*
		 * archive_read_data() is not used, because it drops the data that precedes an error
		 */
		while (out->len < UNPACKED_MAX &&
		       archive_read_data_block(archive, &block, &n, &offset) == ARCHIVE_OK)
			g_byte_array_append(out, block, MIN(n, UNPACKED_MAX - out->len));
	archive_read_free(archive);
	return out;
}

GBytes *kernel_unpack(const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GMappedFile) map = g_mapped_file_new(path, FALSE, &why);
	const guint8 *data, *payload;
	gsize len, payload_len;
	GByteArray *out;

	if (!map) {
		rig_fail(error, RIG_EXIT_USAGE, "cannot read the kernel image '%s': %s", path,
			 why->message);
		return NULL;
	}
	data = (const guint8 *)g_mapped_file_get_contents(map);
	len = g_mapped_file_get_length(map);
	if (!image_is_bzimage(data, len))
		return g_mapped_file_get_bytes(map);
	out = image_payload(data, len, &payload, &payload_len) ? unpack(payload, payload_len)
							       : NULL;
	if (out && out->len)
		return g_byte_array_free_to_bytes(out);
	if (out)
		g_byte_array_unref(out);
	rig_fail(error, RIG_EXIT_USAGE,
		 "cannot unpack the kernel image '%s': it is damaged, or its compression is none "
		 "of gzip, xz, lzma, bzip2, lz4 and zstd",
		 path);
	return NULL;
}
