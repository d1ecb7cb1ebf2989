// SPDX-License-Identifier: GPL-2.0-only
/* Finds the row of the table of formats that a line matches, and the groups of its pattern. */
#include <string.h>

#include "splat/internal.h"
#include "splat/word-set.h"

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

static struct word_set tokens; /* the tokens of all rows, and the words of innocent[] */
static guint *token_of;	       /* for each row, the index of its token */
static guint innocent_of[G_N_ELEMENTS(innocent)];

static void index_tokens(void)
{
	token_of = g_new(guint, n_formats);
	for (gsize i = 0; i < n_formats; i++)
		token_of[i] = word_set_add(&tokens, formats[i].token);
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

/* Returns the compiled pattern of row I. Each is compiled when a line has its token. */
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

static gboolean is_innocent(const char *text, const struct word_bits *found)
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
		if (word_bits_has(found, innocent_of[i]))
			return TRUE;
	return FALSE;
}

const struct format *format_match(const char *text)
{
	static GOnce once = G_ONCE_INIT;
	struct word_bits found;

	g_once(&once, prepare, NULL);
	word_set_find(&tokens, text, &found);
	for (gsize i = 0; found.any && i < n_formats; i++)
		if (word_bits_has(&found, token_of[i]) && g_regex_match(regex_of(i), text, 0, NULL))
			return is_innocent(text, &found) ? NULL : &formats[i];
	return NULL;
}

void groups_init(struct groups *groups, const struct format *format, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;

	memset(groups, 0, sizeof(*groups));
	if (!format->pattern || !g_regex_match(regex_of((gsize)(format - formats)), text, 0, &info))
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
