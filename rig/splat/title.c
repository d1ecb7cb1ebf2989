// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the title of a report from the template of its format, and removes parts that differ
 * between boots.
 */
#include <string.h>

#include "splat/internal.h"
#include "util/text.h"

#define TITLE_MAX 120

/*
 * What a title must contain for a rule of clean_title() to match. This is faster to check than the
 * rule's pattern.
 */
enum needs { NEEDS_COLONS, NEEDS_LINE, NEEDS_NUMBER, NEEDS_HASH, NEEDS_BLANKS };

/*
 * Returns which of enum needs TEXT contains, as a bit mask: several colons, a colon before a digit,
 * a number of at least five digits or after "0x", '#', a blank that is not a single space.
 */
static guint needs_of(const char *text)
{
	guint found = 0, digits = 0, colons = 0;

	for (const char *p = text; *p; p++) {
		digits = g_ascii_isxdigit(*p) ? digits + 1 : 0;
		if (digits >= 5 || (*p == '0' && p[1] == 'x'))
			found |= 1U << NEEDS_NUMBER;
		else if (*p == ':')
			found |= (++colons > 1 ? 1U << NEEDS_COLONS : 0) |
				 (g_ascii_isdigit(p[1]) ? 1U << NEEDS_LINE : 0);
		else if (*p == '#')
			found |= 1U << NEEDS_HASH;
		else if (g_ascii_isspace(*p) && (*p != ' ' || g_ascii_isspace(p[1])))
			found |= 1U << NEEDS_BLANKS;
	}
	return found;
}

/* Replaces parts that differ between boots: addresses, numbers, lines, offsets. */
static char *clean_title(const char *title)
{
	static const struct {
		const char *pattern, *with;
		enum needs needs;
	} rules[] = {
		{"(?<![0-9a-fA-F:])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}", "IPV6ADDR",
		 NEEDS_COLONS},
		{"(?<![0-9a-zA-Z_:])(?:[0-9a-fA-F]{1,4}:){0,6}(?:[0-9a-fA-F]{1,4})?::"
		 "(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6})?(?![0-9a-zA-Z_:])",
		 "IPV6ADDR", NEEDS_COLONS},
		{"([a-zA-Z_][a-zA-Z0-9_.]*)\\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?", "\\1",
		 NEEDS_NUMBER},
		/*
		 * hexadecimal numbers, except in names of slab caches such as ":A-0000192" and
		 * ":0000096", which have the size of their objects
		 */
		{"(^|(?<!:[A-Za-z])(?!(?<= ):)[^a-zA-Z0-9_])(?:0x)?(?=[a-f]*+[0-9][0-9a-f]{5})"
		 "[0-9a-f]++(?![0-9a-zA-Z_])",
		 "\\1ADDR", NEEDS_NUMBER},
		{"(^|[^a-zA-Z0-9_])0x[0-9a-f]+", "\\1ADDR", NEEDS_NUMBER},
		{"(^|(?<!:[A-Za-z])(?!(?<= ):)[^a-zA-Z0-9_])[0-9]{5,}", "\\1NUM", NEEDS_NUMBER},
		{"(\\.[chSr]s?)(?::[0-9]+)+", "\\1:LINE", NEEDS_LINE},
		{"CPU#[0-9]+", "CPU", NEEDS_HASH},
		{"\\s+", " ", NEEDS_BLANKS},
	};
	static GRegex *regexes[G_N_ELEMENTS(rules)];
	g_autofree char *text = text_is_utf8(title, strlen(title)) ? g_strdup(title)
								   : g_utf8_make_valid(title, -1);
	guint found = needs_of(text);

	for (gsize i = 0; found && i < G_N_ELEMENTS(rules); i++) {
		char *next;

		if (!(found >> rules[i].needs & 1))
			continue;
		if (!regexes[i])
			regexes[i] = g_regex_new(rules[i].pattern, G_REGEX_OPTIMIZE, 0, NULL);
		next = g_regex_replace(regexes[i], text, -1, 0, rules[i].with, 0, NULL);
		if (!next) /* PCRE has reached its limit of steps */
			continue;
		g_free(text);
		text = next;
	}
	g_strstrip(text);
	if (strlen(text) > TITLE_MAX && g_utf8_strlen(text, -1) > TITLE_MAX)
		*g_utf8_offset_to_pointer(text, TITLE_MAX) = '\0';
	return g_steal_pointer(&text);
}

struct source {
	const struct report *report;
	const char *function;
};

static const char *rest_of_line(const struct report *report, const char *words)
{
	int line = report_find(report, report->header, words);

	return line < 0 ? NULL : strstr(report->seen[line].text, words) + strlen(words);
}

/*
 * Returns the kind of access that a KASAN report is about, "Read" or "Write", from the line "Read
 * of size …", or with memory tagging "Read at addr …".
 */
static const char *access_of(const struct report *report)
{
	if (rest_of_line(report, "Read of size") || rest_of_line(report, "Read at addr"))
		return "Read";
	if (rest_of_line(report, "Write of size") || rest_of_line(report, "Write at addr"))
		return "Write";
	return "";
}

/*
 * Adds the function of the work item that left a lock held or preemption disabled, from the
 * workqueue's message: after "last function: ", and from 6.10 on after "workfn=".
 */
static void add_last_function(GString *out, const struct report *report)
{
	const char *name = rest_of_line(report, "last function: ");

	if (!name)
		name = rest_of_line(report, "workfn=");
	if (name)
		g_string_append_len(out, name, strcspn(name, " +."));
	else
		g_string_append_c(out, '?');
}

static void expand(GString *out, const char *word, void *data)
{
	const struct source *source = data;
	const struct report *report = source->report;

	if (strcmp(word, "f") == 0) {
		g_string_append(out, source->function ? source->function : "corrupted");
	} else if (strcmp(word, "access") == 0) {
		g_string_append(out, access_of(report));
	} else if (strcmp(word, "last") == 0) {
		add_last_function(out, report);
	} else if (strcmp(word, "next") == 0) {
		if (report->header + 1 < report->n)
			g_string_append(out, report->seen[report->header + 1].text);
	} else if (g_ascii_isdigit(*word)) {
		const char *group = report->groups.at[*word - '0'];

		g_string_append(out, group ? group : "");
	}
}

char *title_of(const struct report *report, const char *function)
{
	const char *template = report->format->title;
	g_autofree char *shorter = NULL, *title = NULL;

	if (!function && (report->format->flags & FORMAT_NAMELESS)) {
		g_auto(GStrv) parts = g_strsplit(template, " in {f}", 2);

		template = shorter = g_strjoinv("", parts);
	}
	title = template_fill(template, expand, &(struct source){report, function});
	return clean_title(title);
}

/* Copies the names in `frames` of SPLAT, which belong to the report, to `names`. */
static void keep_names(struct splat *splat)
{
	gpointer *frames = splat->frames->pdata;
	gsize len = 0;
	char *end;

	for (guint i = 0; i < splat->frames->len; i++)
		len += strlen(frames[i]) + 1;
	splat->names = end = g_malloc(len);
	for (guint i = 0; i < splat->frames->len; i++) {
		const char *name = frames[i];

		frames[i] = end;
		end = stpcpy(end, name) + 1;
	}
}

void title_make(struct splat *splat, const struct report *report)
{
	const struct format *format = report->format;

	splat->frames = stack_counting(report);
	keep_names(splat);
	splat->function = naming_function(splat, report, RULES_V2);
	if (!splat->function && strstr(format->title, "{f}") && !(format->flags & FORMAT_NAMELESS))
		splat_corrupt(splat, "no function found that it could be named after");
	splat->title = title_of(report, splat->function);
}
