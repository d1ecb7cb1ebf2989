// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the decoders and the scanner: they must not crash, must not use unlimited memory, and must
 * give the same result for any division of the data into pieces.
 */
#include "splat/decode.h"
#include "splat/splat.h"
#include "tests/fuzz/fuzz.h"

static void collect(struct splat *splat, void *data)
{
	g_autofree char *text = NULL;
	json_t *json = splat_to_json(splat);

	/* the result is NULL if a string is not UTF-8, and users would then get no JSON */
	text = json ? json_dumps(json, JSON_SORT_KEYS) : NULL;
	if (!text || splat->first_line > splat->last_line || splat->first_byte >= splat->end_byte)
		abort();
	g_string_append(data, text);
	json_decref(json);
	splat_free(splat);
}

static GString *scan(const guint8 *data, gsize size, gsize step)
{
	GString *answer = g_string_new(NULL);
	rig_auto(scanner) scanner = scanner_new(collect, answer);

	for (gsize at = 0; at < size; at += step)
		scanner_feed(scanner, data + at, MIN(step, size - at));
	scanner_flush(scanner);
	if (scanner_open_kind(scanner))
		abort();
	g_string_append(answer, scanner_is_reversed(scanner) ? "reversed" : "");
	return answer;
}

static void feed(const guint8 *bytes, gsize len, void *data)
{
	scanner_feed(data, bytes, len);
}

/* Decodes DATA in pieces of STEP bytes, and scans the result. */
static GString *decode(const guint8 *data, gsize size, gsize step)
{
	GString *answer = g_string_new(NULL);
	rig_auto(scanner) scanner = scanner_new(collect, answer);
	struct text_decoder *decoder = text_decoder_new(feed, scanner);

	for (gsize at = 0; at < size; at += step)
		text_decoder_feed(decoder, data + at, MIN(step, size - at));
	text_decoder_end(decoder, NULL);
	scanner_flush(scanner);
	return answer;
}

static void compare(const guint8 *data, gsize size,
		    GString *(*answer)(const guint8 *, gsize, gsize))
{
	GString *whole = answer(data, size, size ? size : 1);
	GString *pieces = answer(data, size, 13);

	if (!g_string_equal(whole, pieces))
		abort();
	g_string_free(whole, TRUE);
	g_string_free(pieces, TRUE);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	compare(data, size, scan);
	compare(data, size, decode);
	return 0;
}
