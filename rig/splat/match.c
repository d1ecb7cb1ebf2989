// SPDX-License-Identifier: GPL-2.0-only
/* Finds the row of the table of formats that a line matches, and the groups of its pattern. */
#include <string.h>

#include "splat/internal.h"
#include "splat/word-set.h"

/*
 * A line with one of these texts is not a report, even if it matches a row of the table of formats.
 */
static const char *const innocent[] = {
	"\\n\"", /* a line of a program's source: the end of a string */
	"\\n'",
	"\");",
	"Boot_DEBUG:",
	"xlog_status:",
	" DEBUG:",
	"_INFO:",
	"---[ end Kernel panic",
	"/proc/kallsyms",
	"unexpected failures (out of",
};

/* The row of a report of which only "cut here" was read so far. */
const struct format format_cut = {"cut here", NULL,	  NULL,	      NULL, NULL,
				  NULL,	      FRAME_NONE, FAMILY_CUT, 0,    FORMAT_PROOF};

/* The row of a dump of a page; the header of its report follows. */
const struct format format_dump = {"refcount:", NULL,	    NULL,	NULL, NULL,
				   NULL,	FRAME_NONE, FAMILY_BUG, 0,    FORMAT_PROOF};

/*
 * The row of a boot without a preceding shutdown. It has no pattern, because this is detected from
 * several lines (boot.c).
 */
const struct format format_reboot = {
	"Linux version", NULL,	     "reboot", "unexpected kernel reboot",   NULL, NULL,
	FRAME_NONE,	 FAMILY_ONE, 0,	       FORMAT_BARE | FORMAT_NO_STACK};

static const struct format *formats;
static GRegex **regexes;
static gsize n_formats;

#define ROW_LONGS 4 /* number of elements in struct row_bits; each is for 64 rows */

/* A set of rows of the table of formats: bit N of the array is row N. */
struct row_bits {
	guint64 longs[ROW_LONGS];
};

/*
 * the tokens of all rows (a text without any of a row's tokens does not match the row), and the
 * words of innocent[]
 */
static struct word_set tokens;
/* for each of these texts, the rows of the table of formats that have it */
static struct row_bits rows_with[WORD_SET_MAX];
static guint innocent_of[G_N_ELEMENTS(innocent)];

static void index_tokens(void)
{
	if (n_formats > ROW_LONGS * 64)
		g_error("the table of formats has more than %d rows: raise ROW_LONGS",
			ROW_LONGS * 64);
	for (gsize i = 0; i < n_formats; i++) {
		struct row_bits *rows = &rows_with[word_set_add(&tokens, formats[i].token)];

		rows->longs[i / 64] |= (guint64)1 << i % 64;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(innocent); i++)
		innocent_of[i] = word_set_add(&tokens, innocent[i]);
}

static gpointer prepare(gpointer unused)
{
	(void)unused;
	formats = formats_table(&n_formats);
	index_tokens();
	regexes = g_new0(GRegex *, n_formats);
	return NULL;
}

/* Returns the compiled pattern of row I, which is compiled when it is first needed. */
static GRegex *regex_of(gsize i)
{
	if (g_once_init_enter(&regexes[i])) {
		g_autoptr(GError) error = NULL;
		GRegex *regex =
			g_regex_new(formats[i].pattern,
				    G_REGEX_RAW | G_REGEX_OPTIMIZE | G_REGEX_DUPNAMES, 0, &error);

		if (!regex)
			g_error("format %" G_GSIZE_FORMAT " (%s): %s", i, formats[i].kind,
				error->message);
		g_once_init_leave(&regexes[i], regex);
	}
	return regexes[i];
}

/*
 * Returns TRUE if the line has a form in which programs and tests write to the kernel's log:
 * "name[12]: text", "# text".
 */
static gboolean is_program(const char *text)
{
	const char *start = text + strspn(text, " ");
	gsize name = strcspn(start, " [:");
	gsize digits = start[name] == '[' ? strspn(start + name + 1, "0123456789") : 0;

	if (name && digits && g_str_has_prefix(start + name + 1 + digits, "]: "))
		return TRUE;
	return g_str_has_prefix(start, "# ") || g_str_has_prefix(start, "ok ") ||
	       g_str_has_prefix(start, "not ok ") || g_str_has_prefix(start, "audit: ");
}

static gboolean is_innocent(const char *text, const struct word_bits *found)
{
	if (is_program(text))
		return TRUE;
	/*
	 * a fault of a user program: "traps: cat[71] general protection fault ip:… sp:… error:0 in
	 * libc"
	 */
	if (strstr(text, " ip:") &&
	    (strstr(text, "general protection fault ip:") || strstr(text, " error:")))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(innocent); i++)
		if (word_bits_has(found, innocent_of[i]))
			return TRUE;
	return FALSE;
}

/*
 * Copies the bytes from START to END of TEXT, which a group matched, to *ROOM, and moves *ROOM to
 * the end of the copy.
 */
static char *copy_group(char **room, const char *text, int start, int end)
{
	char *group = *room;

	if (start < 0)
		return NULL;
	*room = (char *)mempcpy(group, text + start, (gsize)(end - start)) + 1;
	(*room)[-1] = '\0';
	return group;
}

/* Sets GROUPS to what the groups of a pattern matched in TEXT (INFO). */
static void copy_groups(struct groups *groups, const GMatchInfo *info, const char *text)
{
	static const char *const names[] = {"src", "f"};
	int start[GROUPS], end[GROUPS];
	gsize size = 0;
	char *room;

	for (int i = 0; i < GROUPS; i++) {
		gboolean has = i < GROUP_SRC ? g_match_info_fetch_pos(info, i, &start[i], &end[i])
					     : g_match_info_fetch_named_pos(info,
									    names[i - GROUP_SRC],
									    &start[i], &end[i]);

		if (!has)
			start[i] = end[i] = -1;
		size += (gsize)(end[i] - start[i]) + 1;
	}
	groups->text = room = g_malloc(size);
	for (int i = 0; i < GROUPS; i++)
		groups->at[i] = copy_group(&room, text, start[i], end[i]);
}

/* Returns TRUE if TEXT matches row I; sets GROUPS, which may be NULL. */
static gboolean matches(gsize i, const char *text, struct groups *groups)
{
	g_autoptr(GMatchInfo) info = NULL;

	if (!g_regex_match(regex_of(i), text, 0, groups ? &info : NULL))
		return FALSE;
	if (groups)
		copy_groups(groups, info, text);
	return TRUE;
}

/*
 * Returns the number of the first of ROWS that TEXT matches, or -1. Sets GROUPS, which may be NULL.
 */
static int first_match(const struct row_bits *rows, const char *text, struct groups *groups)
{
	for (guint i = 0; i < ROW_LONGS; i++)
		for (guint64 left = rows->longs[i]; left; left &= left - 1) {
			guint row = i * 64 + (guint)__builtin_ctzll(left);

			if (matches(row, text, groups))
				return (int)row;
		}
	return -1;
}

const struct format *format_match(const char *text, struct groups *ret_groups)
{
	static GOnce once = G_ONCE_INIT;
	struct row_bits rows = {0};
	struct word_bits found;
	int row;

	if (ret_groups)
		*ret_groups = (struct groups){0};
	g_once(&once, prepare, NULL);
	text += strspn(text, " \t");
	word_set_find(&tokens, text, &found);
	if (!found.any)
		return NULL;
	for (guint i = word_bits_next(&found, 0); i < WORD_SET_MAX;
	     i = word_bits_next(&found, i + 1))
		for (guint k = 0; k < ROW_LONGS; k++)
			rows.longs[k] |= rows_with[i].longs[k];
	row = first_match(&rows, text, ret_groups);
	if (row < 0 || !is_innocent(text, &found))
		return row < 0 ? NULL : &formats[row];
	if (ret_groups)
		groups_deinit(ret_groups);
	return NULL;
}

void groups_init(struct groups *groups, const struct format *format, const char *text)
{
	*groups = (struct groups){0};
	if (format->pattern)
		matches((gsize)(format - formats), text + strspn(text, " \t"), groups);
}

void groups_deinit(struct groups *groups)
{
	g_free(groups->text);
	*groups = (struct groups){0};
}
