// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the prefix of a console line. Each tool that handles a line can add a prefix before those
 * it has already ("> [date] host kernel: [stamp][caller] "). So a prefix is any sequence of the
 * pieces in the table of prefix-pieces.c: quote marks of mail, the date and host of syslog and the
 * journal, dmesg's facility, the level, the time stamp, the caller, and additions of vendors.
 */
#include <string.h>

#include "splat/prefix.h"

#define PIECES_MAX 12 /* maximum number of pieces in a prefix */
#define HOST_MAX 64   /* maximum length of the name of a host or console */
#define COLUMNS_MAX_LEN 160

int text_int(const char *text)
{
	int value = 0;

	/* a number of at most nine digits is converted without the slower strtoll() */
	for (gsize i = 0; i < 9 && text[i] >= '0' && text[i] <= '9'; i++) {
		value = value * 10 + (text[i] - '0');
		if (!g_ascii_isdigit(text[i + 1]))
			return value;
	}
	return CLAMP(g_ascii_strtoll(text, NULL, 10), -1, G_MAXINT);
}

/* The line's pieces ------------------------------------------------------------------- */

/*
 * Returns TRUE if the level before P is the number of an item in a list, as in "<1> BUG: …": in
 * kernel output, no blank follows the level.
 */
static gboolean is_list_item(const struct piece *before, guint n, const char *p)
{
	return n == 1 && before && (before->flags & PIECE_LEVEL) && *p == ' ' &&
	       g_ascii_isupper(p[1]) && !g_str_has_prefix(p, " Possible ");
}

/*
 * Skips the first two columns of `gh run view --log` at P, the names of a job and of a step.
 * Returns their end, or P.
 */
static const char *skip_columns(const char *p)
{
	const char *tab = strchr(p, '\t'), *end = tab ? strchr(tab + 1, '\t') : NULL;

	return end && end - p <= COLUMNS_MAX_LEN && g_ascii_isdigit(end[1]) ? end + 1 : p;
}

/*
 * Returns the next position, at or after P, at which the prefix of another tool can begin: after
 * quote marks, blanks, the host after a date, or names at the start of a line ("vm_1  | ", "[vm] ",
 * columns). BEFORE is the last piece, or NULL.
 */
static const char *skip_between(const char *p, const struct piece *before)
{
	const char *next = prefix_unquote(p), *name_end, *bar;

	next += strspn(next, " \t");
	if (next == p && !before)
		next = skip_columns(p);
	if (!before && g_str_has_prefix(next, "... kernel: ")) /* the author left out the date */
		return next + strlen("... ");
	if (next > p)
		return next;
	name_end = p + strcspn(p, *p == '[' ? "]" : " ");
	name_end += *name_end == ']';
	if (name_end - p > HOST_MAX || *name_end != ' ')
		return p;
	bar = name_end + strspn(name_end, " ");
	if (!before && *bar == '|' && bar[1] == ' ')
		return bar + 2;
	return before ? (before->flags & (PIECE_DATE | PIECE_BSD) ? name_end + 1 : p)
		      : (*p == '[' ? name_end + 1 : p);
}

/*
 * A line can have the prefixes of several tools, one after the other. Matches the first piece (for
 * example a date) of the next tool's prefix, at P or after the separator at P. Returns the end of
 * the piece and sets *BEFORE to it; or returns NULL.
 */
static const char *strip_next_tool(const char *p, struct line *line, const struct piece **before)
{
	const struct piece *piece = NULL;
	const char *end = *before ? piece_strip(p, line, &piece) : NULL;
	const char *next = end ? p : skip_between(p, *before);

	if (next > p)
		end = piece_strip(next, line, &piece);
	if (end)
		*before = piece;
	return end;
}

/*
 * Restores a text whose beginning logcat has made a tag: "WARNING : CPU: 0" becomes "WARNING: CPU:
 * 0", in the same memory. Returns the start of the result. An empty tag is removed.
 */
static const char *join_tag(char *p)
{
	char *colon = strchr(p, ':');
	gsize tag;

	if (!colon)
		return p;
	tag = (gsize)(colon - p);
	while (tag && p[tag - 1] == ' ')
		tag--;
	if (!tag)
		return colon + 1 + (colon[1] == ' ');
	/* logcat has also divided "file.c:12" */
	if (memchr(p, '/', tag) && colon[1] == ' ' && g_ascii_isdigit(colon[2]))
		*++colon = ':';
	memmove(colon - tag, p, tag);
	return colon - tag;
}

static const char *strip_pieces(const char *p, struct line *line)
{
	const struct piece *before = NULL;
	guint n = 0;

	while (n < PIECES_MAX) {
		/*
		 * skip the blanks before a prefix, because pasted text may be indented; without a
		 * prefix, blanks belong to the text
		 */
		const char *end = piece_strip(n ? p : p + strspn(p, " \t"), line, &before);

		if (!end && line->stamp < 0)
			end = strip_next_tool(p, line, &before);
		if (!end)
			break;
		p = end;
		n++;
	}
	if (is_list_item(before, n, p))
		line->kernel = FALSE;
	return before && (before->flags & PIECE_TAG) ? join_tag((char *)p) : p;
}

/*
 * Skips an unfinished line of a program ("login: ") before a line of the kernel, which begins with
 * its time stamp. *RET_QUOTE is the quote mark directly before the time stamp; it is not set if
 * there is none.
 */
static const char *strip_glued(const char *p, struct line *line, char *ret_quote)
{
	const char *start = p;

	if (mail_field_begins(p, strlen(p))) /* the subject of a mail, for example */
		return p;
	for (const char *at = strchr(p, '['); at && at - p < 256; at = strchr(at + 1, '[')) {
		const char *dot = at + 1 + strspn(at + 1, " 0123456789");
		const char *end;

		if (*dot != '.' || strspn(dot + 1, "0123456789") != 6)
			continue;
		end = strip_pieces(at, line);
		if (end == at)
			continue;
		/* a mail program has filled the lines: the text of this stamp is on the next */
		if (!*end && at > start && at[-1] == ' ') {
			line->kernel = FALSE;
			line->stamp = -1;
			caller_set(line->caller, "", 0);
			break;
		}
		if (at > start && (at[-1] == '"' || at[-1] == '\''))
			*ret_quote = at[-1];
		return end;
	}
	return p;
}

/*
 * Returns the length of TEXT without the end of a string in QUOTE marks ("\",", "'],", "\"}") and
 * without an escaped line end in this string ("\\r\\n'").
 */
static gsize without_quote(const char *text, gsize len, char quote)
{
	gsize end = len;

	while (end && strchr(",;)]} \t", text[end - 1]))
		end--;
	if (!end || text[end - 1] != quote)
		return len;
	end--;
	while (end > 1 && text[end - 2] == '\\' && (text[end - 1] == 'n' || text[end - 1] == 'r'))
		end -= 2;
	return end;
}

/* Like g_ascii_isdigit(), without a table. */
static inline gboolean is_digit(char c)
{
	return (guint8)(c - '0') < 10;
}

/* Returns the number of digits at TEXT, at most MAX. */
static inline gsize digits_len(const char *text, gsize max)
{
	gsize len = 0;

	while (len < max && is_digit(text[len]))
		len++;
	return len;
}

/* Returns the result of is_text() for text that begins with a blank. */
static gboolean is_indented_text(const char *p)
{
	while (*p == ' ')
		p++;
	if (*p == '?' || *p == '#' || *p == '<')
		return TRUE;
	if (!g_ascii_isalpha(*p) && *p != '_' && *p != '*' && strncmp(p, "--", 2) != 0)
		return FALSE;
	p += strcspn(p, " \t[(");
	if (*p == '(') /* "lock(" */
		return TRUE;
	if (*p == ' ')
		return !g_ascii_isdigit(p[strspn(p, " ")]);
	return !*p;
}

/*
 * A fast check of P, the text after a time stamp. Returns TRUE if no further part of a prefix
 * begins there. Returns FALSE if one may begin, so that the caller must parse the line completely.
 */
static gboolean is_text(const char *p)
{
	const char *second;
	gsize digits = digits_len(p, 20);

	if (*p == ' ')
		return is_indented_text(p);
	/* digits begin the text of "1 lock held by …" and "0xffff…" */
	if (digits)
		return p[digits] == 'x' || (p[digits] == ' ' && g_ascii_isalpha(p[digits + 1]));
	if (*p == '-')
		return p[1] != '(';
	if (*p == '(')
		return p[1] != 'C' && !g_ascii_isdigit(p[1]);
	if (*p == '=' || *p == '#' || !*p)
		return TRUE;
	if (!g_ascii_isalpha(*p) || p[1] == '/' || (*p == 'c' && g_ascii_isdigit(p[1])))
		return FALSE;
	second = p + strcspn(p, " :");
	/* can be a tag ("kernel: "), or a host and a tag ("host kernel: ", "host app[12]: ") */
	if (*second == ' ') {
		p = second + 1;
		second = p + strcspn(p, " :[");
	}
	if (*second == '[')
		return FALSE;
	return *second != ':' || (*p != 'k' && *p != 'K') ||
	       (strncmp(p, "kernel", 6) != 0 && strncmp(p, "KERNEL", 6) != 0 &&
		strncmp(p, "kmemleak", 8) != 0);
}

/*
 * Parses the most frequent prefixes, "[ 12.345678] " and "[ 12.345678][ T123] ", faster than
 * piece_strip() and with the same result. Returns the start of the text, or NULL if the prefix has
 * another form.
 */
static const char *strip_plain(const char *text, struct line *line)
{
	const char *p = text + 1, *start;
	guint64 units = 0;

	if (*text != '[')
		return NULL;
	while (*p == ' ')
		p++;
	for (start = p; is_digit(*p); p++)
		units = units * 10 + (guint64)(*p - '0');
	if (p == start || p - start > 9 || *p != '.')
		return NULL;
	p++;
	for (int i = 0; i < 6; i++, p++) {
		if (!is_digit(*p))
			return NULL;
		units = units * 10 + (guint64)(*p - '0');
	}
	if (*p++ != ']')
		return NULL;
	if (*p == '[') {
		const char *caller = p + 1;
		gsize len = 1;

		while (*caller == ' ')
			caller++;
		if (*caller != 'T' && *caller != 'C')
			return NULL;
		len += digits_len(caller + 1, CALLER_LEN);
		if (len < 2 || len >= CALLER_LEN || caller[len] != ']')
			return NULL;
		for (gsize i = 0; i < len; i++)
			line->caller[i] = caller[i];
		p = caller + len + 1;
	}
	p += *p == ' ';
	if (!is_text(p)) {
		caller_set(line->caller, "", 0);
		return NULL;
	}
	line->stamp = (double)units / 1e6;
	line->kernel = TRUE;
	return p;
}

/* Skips quote marks at TEXT, and removes the end of a row of a table, "| text |". */
static const char *unquote_row(char *text, gsize *len)
{
	const char *p = prefix_unquote(text);

	if (text[strspn(text, " \t")] == '|' && p > text && p + 2 <= text + *len &&
	    strcmp(text + *len - 2, " |") == 0)
		text[*len -= 2] = '\0';
	return p;
}

/*
 * Returns the start of the text if the line at P is the field "message" of a JSON object of several
 * lines; otherwise P.
 */
static const char *skip_message_field(const char *p)
{
	static const char field[] = "\"message\": \"";
	const char *start = p + strspn(p, " \t");

	return *start == '"' && g_str_has_prefix(start, field) ? start + strlen(field) : p;
}

void prefix_strip(char *text, gsize len, struct line *line)
{
	const char *p, *message;
	char quote = '\0';
	gsize whole;

	line->dropped = line->piece_at = line->piece_of = 0;
	line->date_at = NULL;
	line->date_len = 0;
	line->stamp = line->date = -1;
	caller_set(line->caller, "", 0);
	line->kernel = line->user = line->code = FALSE;
	len = prefix_clean(text, len, &line->same);
	p = strip_plain(text, line);
	if (p) {
		line->text = p;
		line->len = len - (gsize)(p - text);
		return;
	}
	len = prefix_colours(text, len);
	whole = len;
	len = prefix_code_marks(text, len);
	line->code = len < whole;
	prefix_code_start(text);
	p = unquote_row(text, &len);
	/* skip the marks of `journalctl -o json-seq` and -o json-sse */
	p += *p == '\036' ? 1 : g_str_has_prefix(p, "data: {") ? 6 : 0;
	if (g_str_has_prefix(p, "- {\"")) /* a list in YAML */
		p += 2;
	if (*p == '{' && journal_json(text, p, len, line)) {
		line->same = FALSE;
		line->text = p = text;
		line->len = len = strlen(text);
		/*
		 * a message of the journal has no further prefix, but one of syslog-ng has the time
		 * stamp
		 */
		if (line->user || (line->kernel && *p != '['))
			return;
	}
	message = skip_message_field(p);
	if (message > p)
		quote = '"';
	p = prefix_dropped(message, line);
	p = prefix_record(p, line);
	p = strip_pieces(p, line);
	if (!line->kernel) /* a message of netconsole, received by a logger */
		p = prefix_record(p, line);
	if (!line->kernel)
		p = strip_glued(p, line, &quote);
	if (quote)
		len = without_quote(text, len, quote);
	text[len] = '\0';
	if (line->kernel)
		line->user = FALSE;
	p = prefix_dropped(p, line); /* in some kernels a time stamp precedes this notice */
	if (p > text + len) /* the end of a quoted line is its only quotation mark */
		p = text + len;
	line->text = p;
	line->len = len - (p - text);
}
