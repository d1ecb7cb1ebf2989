// SPDX-License-Identifier: GPL-2.0-only
/* Finds the row of the table of formats that a line matches, and the groups of its pattern. */
#include <string.h>

#include "splat/internal.h"

/* A line with one of these texts is not a report, even if it contains a token of a format. */
static const char *const innocent[] = {
	"\\n\"", /* from the source of a program */
	"Boot_DEBUG:",
	"xlog_status:",
	" DEBUG:",
	"_INFO:",
	"/etc/ssh/moduli",
	"workqueue cpumask: online intersect",
	"mand mount option",
	"mand\" mount option",
	"Unprivileged eBPF is enabled",
	"WARNING: fbcon",
	"WARNING: See https",
	"WARNING: CPU_SRSO",
	"WARNING: kernel not compiled with CPU_SRSO",
	"EXT4-fs",
	"deprecated v2 capabilities",
	"wireless extensions",
	"---[ end Kernel panic",
	"lockdep is turned off",
	"Stall ended before state dump start",
	"NMI handler",
	"recovery required on readonly",
	"took too long",
	"no syscalls can create resource",
	"/proc/kallsyms",
	"Locking API testsuite",
	"unexpected failures (out of",
	"| Locking",
};

/* Used for a report after "cut here", until its next lines show its kind. */
const struct format format_cut = {"cut here", NULL,	  NULL,	      NULL, NULL,
				  NULL,	      FRAME_NONE, FAMILY_CUT, 0,    FORMAT_PROOF};

/* Used for a page's dump, until the header of its report follows. */
const struct format format_dump = {"refcount:", NULL,	    NULL,	NULL, NULL,
				   NULL,	FRAME_NONE, FAMILY_BUG, 0,    FORMAT_PROOF};

/*
 * Used when a kernel starts without a preceding shutdown. Detecting this needs two lines, so there
 * is no pattern (boot.c).
 */
const struct format format_reboot = {
	"Linux version", NULL,	     "reboot", "unexpected kernel reboot",   NULL, NULL,
	FRAME_NONE,	 FAMILY_ONE, 0,	       FORMAT_BARE | FORMAT_NO_STACK};

static const struct format *formats;
static GRegex **regexes;
static gsize n_formats;

#define TOKEN_WORDS 4
#define TOKENS_MAX (64 * TOKEN_WORDS)
static const char *tokens[TOKENS_MAX]; /* all different tokens; at least two characters each */
static guint n_tokens;
static guint8 *token_of;	 /* for each row, the index of its token */
static gint16 *tokens_with[256]; /* for each first character, its tokens; -1 ends each list */

static guint8 add_token(const char *token)
{
	guint at = 0;

	while (at < n_tokens && strcmp(tokens[at], token) != 0)
		at++;
	if (at == TOKENS_MAX)
		g_error("more than %d tokens", TOKENS_MAX);
	if (at == n_tokens)
		tokens[n_tokens++] = token;
	return (guint8)at;
}

static void index_tokens(void)
{
	token_of = g_new(guint8, n_formats);
	for (gsize i = 0; i < n_formats; i++)
		token_of[i] = add_token(formats[i].token);
	for (int c = 0; c < 256; c++) {
		gint16 *next = tokens_with[c] = g_new(gint16, n_tokens + 1);

		for (guint t = 0; t < n_tokens; t++)
			if ((guint8)tokens[t][0] == c)
				*next++ = (gint16)t;
		*next = -1;
	}
}

static gpointer compile(gpointer unused)
{
	(void)unused;
	formats = formats_table(&n_formats);
	index_tokens();
	regexes = g_new0(GRegex *, n_formats);
	for (gsize i = 0; i < n_formats; i++) {
		g_autoptr(GError) error = NULL;

		regexes[i] =
			g_regex_new(formats[i].pattern,
				    G_REGEX_RAW | G_REGEX_OPTIMIZE | G_REGEX_DUPNAMES, 0, &error);
		if (!regexes[i])
			g_error("format %" G_GSIZE_FORMAT " (%s): %s", i, formats[i].kind,
				error->message);
	}
	return NULL;
}

/*
 * Returns TRUE if a program or a test wrote the line into the kernel's log: "name[12]: text", "#
 * text".
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

static gboolean is_innocent(const char *text)
{
	if (is_program(text))
		return TRUE;
	/*
	 * a fault of a user program: "traps: cat[71] general protection fault ip:… sp:… error:0 in
	 * libc"
	 */
	if (strstr(text, "general protection fault ip:") ||
	    (strstr(text, " error:") && strstr(text, " ip:")))
		return TRUE;
	/* a warning of XFS such as "XFS (sda1): WARNING: …" */
	if (strstr(text, "XFS (") && strstr(text, "WARNING"))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(innocent); i++)
		if (strstr(text, innocent[i]))
			return TRUE;
	return FALSE;
}

/* Finds the tokens in TEXT in one pass; FOUND has a bit for each token. */
static void find_tokens(const char *text, guint64 found[TOKEN_WORDS])
{
	memset(found, 0, TOKEN_WORDS * sizeof(*found));
	for (const char *p = text; *p; p++) {
		for (const gint16 *next = tokens_with[(guint8)*p]; *next >= 0; next++) {
			const char *token = tokens[*next];

			if (p[1] == token[1] && g_str_has_prefix(p, token))
				found[*next / 64] |= (guint64)1 << *next % 64;
		}
	}
}

const struct format *format_match(const char *text)
{
	static GOnce once = G_ONCE_INIT;
	guint64 found[TOKEN_WORDS];

	g_once(&once, compile, NULL);
	find_tokens(text, found);
	for (gsize i = 0; i < n_formats; i++) {
		guint token = token_of[i];

		if ((found[token / 64] >> token % 64 & 1) &&
		    g_regex_match(regexes[i], text, 0, NULL))
			return is_innocent(text) ? NULL : &formats[i];
	}
	return NULL;
}

void groups_init(struct groups *groups, const struct format *format, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;

	memset(groups, 0, sizeof(*groups));
	if (!format->pattern || !g_regex_match(regexes[format - formats], text, 0, &info))
		return;
	for (int i = 0; i < 8; i++)
		groups->at[i] = g_match_info_fetch(info, i);
	groups->at[GROUP_SRC] = g_match_info_fetch_named(info, "src");
	groups->at[GROUP_F] = g_match_info_fetch_named(info, "f");
}

void groups_deinit(struct groups *groups)
{
	for (gsize i = 0; i < G_N_ELEMENTS(groups->at); i++)
		g_clear_pointer(&groups->at[i], g_free);
}

gboolean line_ends_lockdep(const char *text)
{
	return strstr(text, "turning off the locking correctness validator") ||
	       strstr(text, "lockdep is turned off") ||
	       strstr(text, "Disabling lock debugging due to kernel taint");
}
