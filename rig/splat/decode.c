// SPDX-License-Identifier: GPL-2.0-only
/* Decompresses a compressed file with libarchive. */
#include "splat/decode-parts.h"

#include <archive.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"

#define CHUNK (256 * 1024)

struct source {
	int fd;
	const char *name;
	guint8 *chunk;
	/* number of bytes that were read to detect the format; they are at the start of `chunk` */
	gsize first;
	guint64 taken;
};

static ssize_t read_some(int fd, void *room, gsize len)
{
	ssize_t n;

	do
		n = read(fd, room, len);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Reads enough bytes to detect the format; also works for a pipe. */
static gboolean read_start(struct source *source, GError **error)
{
	while (source->first < 8) {
		ssize_t n =
			read_some(source->fd, source->chunk + source->first, CHUNK - source->first);

		if (n < 0)
			return rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", source->name,
					g_strerror(errno));
		if (!n)
			break;
		source->first += (gsize)n;
	}
	return TRUE;
}

gboolean decode_is_compressed(const guint8 *bytes, gsize len)
{
	static const struct {
		const char *magic;
		gsize len;
	} magics[] = {
		{"\x1f\x8b", 2},
		{"\xfd"
		 "7zXZ",
		 6},
		{"\x28\xb5\x2f\xfd", 4},
		{"BZh", 3},
		{"\x04\x22\x4d\x18", 4},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(magics); i++)
		if (len >= magics[i].len && memcmp(bytes, magics[i].magic, magics[i].len) == 0)
			return TRUE;
	return FALSE;
}

static la_ssize_t give(struct archive *archive, void *data, const void **ret)
{
	struct source *source = data;
	ssize_t n = (ssize_t)source->first;

	source->first = 0;
	if (!n && source->fd >= 0)
		n = read_some(source->fd, source->chunk, CHUNK);
	if (n < 0)
		archive_set_error(archive, errno, "%s", g_strerror(errno));
	source->taken += n > 0 ? (guint64)n : 0;
	*ret = source->chunk;
	return n;
}

static gboolean open_archive(struct archive *archive, struct source *source)
{
	struct archive_entry *entry;

	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_lz4(archive);
	archive_read_support_format_raw(archive);
	archive_read_support_format_empty(archive);
	return archive_read_open(archive, source, NULL, give, NULL) == ARCHIVE_OK &&
	       archive_read_next_header(archive, &entry) == ARCHIVE_OK;
}

/* Returns TRUE if the file expands far more than any log, so it is rejected as an archive bomb. */
static gboolean is_bomb(const struct source *source, guint64 given)
{
	return given > DECODE_FREE_BYTES && given / DECODE_RATIO_MAX > source->taken;
}

static gboolean decompress(struct source *source, struct text_decoder *decoder, GError **error)
{
	struct archive *archive = archive_read_new();
	g_autofree guint8 *room = g_malloc(CHUNK);
	guint64 given = 0;
	la_ssize_t n = -1;

	if (open_archive(archive, source)) {
		while ((n = archive_read_data(archive, room, CHUNK)) > 0) {
			given += (guint64)n;
			if (is_bomb(source, given))
				break;
			text_decoder_feed(decoder, room, (gsize)n);
		}
	}
	if (n < 0)
		rig_fail(error, RIG_EXIT_USAGE, "cannot decompress '%s': %s", source->name,
			 archive_error_string(archive) ? archive_error_string(archive) : "damaged");
	else if (n > 0)
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s' expands to more than %d times its size: decompress it "
			 "to a file first",
			 source->name, DECODE_RATIO_MAX);
	archive_read_free(archive);
	return n == 0;
}

static gboolean copy(struct source *source, struct text_decoder *decoder, GError **error)
{
	ssize_t n;

	for (n = (ssize_t)source->first; n > 0; n = read_some(source->fd, source->chunk, CHUNK))
		text_decoder_feed(decoder, source->chunk, (gsize)n);
	return !n || rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", source->name,
			      g_strerror(errno));
}

gboolean decode_memory(guint8 *bytes, gsize len, struct text_decoder *decoder, GError **error)
{
	struct source source = {.fd = -1, .name = "attachment", .chunk = bytes, .first = len};

	return decompress(&source, decoder, error);
}

gboolean decode_fd(int fd, const char *name, decode_sink sink, void *data, GError **error)
{
	g_autofree guint8 *chunk = g_malloc(CHUNK);
	struct source source = {.fd = fd, .name = name, .chunk = chunk};
	struct text_decoder *decoder;
	gboolean ok;

	if (!read_start(&source, error))
		return FALSE;
	decoder = text_decoder_new(sink, data);
	ok = decode_is_compressed(chunk, source.first) ? decompress(&source, decoder, error)
						       : copy(&source, decoder, error);
	if (!ok) {
		text_decoder_end(decoder, NULL);
		return FALSE;
	}
	if (text_decoder_end(decoder, error))
		return TRUE;
	g_prefix_error(error, "'%s': ", name);
	return FALSE;
}
