// SPDX-License-Identifier: GPL-2.0-only
/* Compares the keys of reports across versions of the rules that make keys (key.h). */
#include "splat/key.h"

#include <string.h>

gboolean splat_key_is(const struct splat *splat, const char *key)
{
	return g_strcmp0(splat->bug, key) == 0 || (key && g_strcmp0(splat->former, key) == 0);
}

gboolean splat_key_fits(const struct splat *splat, const char *pattern)
{
	return g_pattern_match_simple(pattern, splat->bug) ||
	       (splat->former && g_pattern_match_simple(pattern, splat->former));
}

static const char *signature_text(const json_t *report, const char *level)
{
	return json_string_value(json_object_get(json_object_get(report, "signature"), level));
}

/*
 * Data of the scanner's callback: the kind that is searched for, and the key of the first report of
 * it.
 */
struct wanted {
	const char *kind;
	char *bug;
};

static void take(struct splat *splat, void *data)
{
	struct wanted *wanted = data;

	if (!wanted->bug && !strcmp(splat->kind, wanted->kind))
		wanted->bug = g_strdup(splat->bug);
	splat_free(splat);
}

/*
 * Returns the key of the report of KIND in TEXT. The scanner only parses lines with a prefix of the
 * kernel (a time stamp). The lines of TEXT have none, so a prefix is added to each.
 */
static char *key_of_text(const char *kind, const char *text)
{
	struct wanted wanted = {kind, NULL};
	rig_auto(scanner) scanner = scanner_new(take, &wanted);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_autofree char *line = g_strdup_printf("[    1.000000] %s\n", lines[i]);

		scanner_feed(scanner, (const guint8 *)line, strlen(line));
	}
	scanner_flush(scanner);
	return wanted.bug;
}

char *splat_json_key(const json_t *report)
{
	const char *bug = signature_text(report, "bug");
	const char *kind = json_string_value(json_object_get(report, "kind"));
	const char *text = json_string_value(json_object_get(report, "text"));
	char *now = NULL;

	/* JSON without the member "former" was written before the second version of the rules */
	if (bug && kind && text && g_str_has_prefix(bug, "v1:") &&
	    !json_object_get(json_object_get(report, "signature"), "former"))
		now = key_of_text(kind, text);
	return now ? now : g_strdup(bug);
}

gboolean splat_json_key_is(const json_t *report, const char *key)
{
	g_autofree char *now = splat_json_key(report);

	return key &&
	       (g_strcmp0(now, key) == 0 || g_strcmp0(signature_text(report, "bug"), key) == 0 ||
		g_strcmp0(signature_text(report, "former"), key) == 0);
}
