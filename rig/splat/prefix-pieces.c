// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the pieces of which the prefix of a console line can consist. prefix-elements.c
 * matches their patterns.
 */
#include <string.h>

#include "splat/prefix.h"

/*
 * All characters of a pattern are literal, except:
 *
 *	_ optional blanks	# digits	9 one digit	? any character
 *	S a time stamp, stored	C a caller, stored
 *	N a number with a fraction and an optional sign
 *	A a weekday		M a month	T a time of day with an optional fraction
 *	O the name of a month or weekday in any language
 *	Z an optional time zone	W a word	K "kernel" or "KERNEL" with an optional pid
 *	D the structured data of RFC 5424, or "-"
 *	L letters		~ any characters except brackets	{…} is optional
 *	& the rest must follow, but is not part of the piece	\\ the next character is literal
 */
static const struct piece pieces[] = {
	/*
	 * The time stamp of printk: alone, with dmesg's delta, in the journal's form, with
	 * Amlogic's CPU, with Huawei's unit.
	 */
	{"[S_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S_<_N_>_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S_<_>_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S_<_N*_>_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S@#]{d }", PIECE_KERNEL | PIECE_BLANK},
	{"[S,#]", PIECE_KERNEL | PIECE_BLANK}, /* Motorola */
	{"[S_/_99-99 T]", PIECE_KERNEL | PIECE_BLANK}, /* LG, Asus */
	{"[Ss]", PIECE_KERNEL | PIECE_BLANK},
	{"[_+#.#_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	/* printk's time stamp with a comma, as in some languages */
	{"[_+#,#_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[_#,999999]", PIECE_KERNEL | PIECE_BLANK},
	{"[<_N_>_]", PIECE_KERNEL | PIECE_BLANK},
	{"[_C_]", PIECE_KERNEL | PIECE_BLANK},
	{"[_C@#_]", PIECE_KERNEL | PIECE_BLANK},
	{"S]&?", PIECE_KERNEL | PIECE_BLANK | AT_START},
	/* dmesg -H, -e and -T */
	{"[M_# #:99]", PIECE_KERNEL | PIECE_BLANK},
	{"[#._M_#:99]", PIECE_KERNEL | PIECE_BLANK},
	{"[M_# T]", PIECE_KERNEL | PIECE_BLANK},
	{"[A M _# T{ L} 9999{ <_N_>}]", PIECE_KERNEL | PIECE_BLANK},
	{"[A M _# T]", PIECE_KERNEL | PIECE_BLANK},
	{"[O O _# T 9999]", PIECE_KERNEL | PIECE_BLANK},
	/* dmesg --time-format iso; it has a comma, unlike dates of other programs */
	{"9999-99-99\\T99:99:99,999999Z ", PIECE_KERNEL},
	/* dmesg -x */
	{"kern_:L_: ", PIECE_KERNEL},
	{"kern_:L_:&[", PIECE_KERNEL},
	{"user_:L_: ", PIECE_USER | AT_START},
	{"daemon_:L_: ", PIECE_USER | AT_START},
	{"syslog_:L_: ", PIECE_USER | AT_START},
	{"auth_:L_: ", PIECE_USER | AT_START},
	{"_#\t&?", AT_START}, /* the number of the line, of `cat -n` */
	/*
	 * A level, "<6>". In RFC 5424 a version follows the level ("<6>1 "), and a length may
	 * precede it ("87 <6>1 "). Each is a piece of its own.
	 */
	{"# &<#>1 9999-", AT_START},
	{"<#>1 &9999-", PIECE_KERNEL},
	{"1 &9999-99-99\\T99", AT_START},
	{"<#>", PIECE_KERNEL | PIECE_LEVEL},
	{"L\\## Part#", PIECE_USER | AT_START}, /* the first line of a record of pstore */
	/* prefixes of terminals and CI systems */
	{"[9999-99-99?TZ]", PIECE_DATE | PIECE_BLANK},
	{"[9999/99/99{,}?TZ]", PIECE_DATE | PIECE_BLANK},
	{"[9999:99:99 T]", PIECE_DATE | PIECE_BLANK},
	{"[T]", PIECE_DATE | PIECE_BLANK},
	{"[ _] ", 0}, /* the author removed the time stamp */
	{"\\#\\#[L]", PIECE_DATE}, /* GitHub: "##[error]" */
	/* GitLab: number and letter of a stream; '+': the line continues the one before */
	{"99\\O ", PIECE_DATE | AFTER_DATE},
	{"99\\O+", PIECE_DATE | AFTER_DATE},
	{"99\\E ", PIECE_DATE | AFTER_DATE},
	{"99\\E+", PIECE_DATE | AFTER_DATE},
	{"9999-99-99?TZ ", PIECE_DATE},
	{"9999/99/99?TZ ", PIECE_DATE},
	{"A 9999-99-99 TZ ", PIECE_DATE | PIECE_BSD},
	{"A M _# T{ L} 9999 ", PIECE_DATE | PIECE_BSD},
	{"A M _# T ", PIECE_DATE | PIECE_BSD},
	{"M _# T ", PIECE_DATE | PIECE_BSD},
	{"M _# T: ", PIECE_DATE | PIECE_BSD},
	{"M _# 9999 T ", PIECE_DATE | PIECE_BSD},
	{"M _# W K: ", PIECE_KERNEL | PIECE_DATE | PIECE_BSD}, /* the time was removed */
	{"9999 M _# T ", PIECE_DATE | PIECE_BSD},
	{"# M T ", PIECE_DATE | PIECE_BSD},
	{"99/99/9999 T ", PIECE_DATE | PIECE_BSD},
	{"99.99.9999 T ", PIECE_DATE | PIECE_BSD},
	/* dates of the journal in the user's language */
	{"O _# T ", PIECE_DATE | PIECE_BSD | AT_START},
	{"O 9999-99-99 TZ ", PIECE_DATE | PIECE_BSD | AT_START},
	{"9999999999.# ", PIECE_DATE | AT_START},
	{"T _&[", PIECE_DATE | AT_START},
	{"T _&<", PIECE_DATE | AT_START},
	{"T _&>", PIECE_DATE | AT_START},
	{"T _&9999-99-99", PIECE_DATE | AT_START},
	{"T _&M _#", PIECE_DATE | AT_START},
	{"T _&kern_:", PIECE_DATE | AT_START},
	{"T _&K: ", PIECE_DATE | AT_START},
	{"T _&L9999 T", PIECE_DATE | AT_START},
	{"L9999 T _# W] ", PIECE_DATE}, /* glog */
	{"W[~] [L] ", AFTER_DATE}, /* a virtual machine and its console */
	/* logcat's formats threadtime (with an optional user), monotonic, time, brief and tag */
	{"99-99 T &?", PIECE_DATE | AT_START},
	{"_#_#_L K_: ", PIECE_KERNEL | AFTER_DATE},
	{"_W_#_#_L K_: ", PIECE_KERNEL | AFTER_DATE},
	{"_0 _0 L &?", PIECE_KERNEL | PIECE_TAG | AFTER_DATE},
	{"_#_#_L W_: ", PIECE_USER | AFTER_DATE},
	{"_N_#_#_L K_: ", PIECE_KERNEL | AT_START},
	{"L/K_(_#_): ", PIECE_KERNEL},
	{"L/K_: ", PIECE_KERNEL},
	/* a container's stream; F: the line is complete, P: a part of a line (CRI) */
	{"stdout L ", PIECE_DATE | AFTER_DATE},
	{"stderr L ", PIECE_DATE | AFTER_DATE},
	/* Xen's console: its mark "(XEN) ", its time stamp, and the domain that wrote the line */
	{"(\\X\\E\\N) [_N] ", PIECE_DATE | AT_START},
	{"(\\X\\E\\N) ", PIECE_DATE | AT_START},
	{"(d#) ", AFTER_DATE},
	{"\\D\\O\\M#: ", AFTER_DATE},
	{"(d#) &[", 0},
	{"(d#) &<", 0},
	/* before the lines of an object that kmemleak reports (kmemleak.verbose=1) */
	{"kmemleak: &  ", 0},
	/* host and tag */
	{"K: ", PIECE_KERNEL | AFTER_DATE},
	{"K: ", PIECE_KERNEL | AT_START},
	{"K:&?", PIECE_KERNEL | AT_START}, /* syslogd's message to all users */
	{"W K: ", PIECE_KERNEL | AFTER_DATE},
	{"W K:&[", PIECE_KERNEL | AFTER_DATE},
	{"W K:&\n", PIECE_KERNEL | AFTER_DATE},
	{"W W K: ", PIECE_KERNEL | AFTER_DATE},
	{"(none) W K: ", PIECE_KERNEL | AFTER_DATE}, /* busybox without a host name */
	{"W K W W D ", PIECE_KERNEL | AFTER_DATE},
	{"W vmunix: ", PIECE_KERNEL | AFTER_BSD},
	{"W kern.L: ", PIECE_KERNEL | AFTER_BSD},
	{"W &#,#,#,", 0 | AFTER_BSD}, /* a record of netconsole */
	{"W W[#]: ", PIECE_USER | AFTER_DATE},
	{"W &\\B\\U\\G: ", PIECE_KERNEL | AFTER_BSD}, /* the tag was removed */
	{"W &general protection fault: ", PIECE_KERNEL | AFTER_BSD},
	{"W W: ", PIECE_USER | AFTER_BSD},
	{"W &[_#.", 0 | AFTER_BSD},
	{"W &<#>", 0 | AFTER_BSD},
	/* prefixes that vendors add: MediaTek, Samsung, Huawei, Qualcomm, Spreadtrum */
	{"_{-}{.}(#)[#:~]", PIECE_KERNEL | AFTER_ANY},
	{"_{L}[#:~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_[pid:#,~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_[cpuid:#~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_(\\C\\P\\U:#~)", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"c#  _# &?", PIECE_KERNEL | AFTER_ANY},
	{"c# 99999 &?", PIECE_KERNEL | AFTER_ANY},
	{"c# &?", PIECE_KERNEL | AFTER_ANY},
};

/* ---- For each character, the pieces that can begin with it ---- */

static gint8 candidates[256][G_N_ELEMENTS(pieces) + 1]; /* -1 ends each list */
G_STATIC_ASSERT(G_N_ELEMENTS(pieces) <= G_MAXINT8);
static guint8 length_of[G_N_ELEMENTS(pieces)];

static gboolean can_begin(const char *pattern, char c)
{
	switch (*pattern) {
	case '_':
		return c == ' ' || c == '\t' || can_begin(pattern + 1, c);
	case '{':
		return can_begin(pattern + 1, c) || can_begin(strchr(pattern, '}') + 1, c);
	case '\\':
		return c == pattern[1];
	case '#':
	case '9':
	case 'T':
		return g_ascii_isdigit(c);
	case 'N':
		return g_ascii_isdigit(c) || c == '+';
	case 'S':
		return g_ascii_isdigit(c) || c == ' ';
	case 'A':
		return strchr("MTWFS", c) != NULL;
	case 'M':
		return strchr("JFMASOND", c) != NULL;
	case 'K':
		return c == 'k' || c == 'K';
	case 'L':
		return g_ascii_isalpha(c);
	case 'O':
		return g_ascii_isalnum(c) || (guint8)c >= 0x80;
	case 'W':
		return !strchr(" \t[]<>(){}\"", c);
	default:
		return c == *pattern;
	}
}

static gpointer prepare(gpointer unused)
{
	(void)unused;
	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
		length_of[i] = (guint8)strlen(pieces[i].pattern);
	for (int c = 0; c < 256; c++) {
		gint8 *next = candidates[c];

		for (gsize i = 0; c && i < G_N_ELEMENTS(pieces); i++)
			if (can_begin(pieces[i].pattern, (char)c))
				*next++ = (gint8)i;
		*next = -1;
	}
	return NULL;
}

static gboolean can_follow(const struct piece *piece, const struct piece *before)
{
	unsigned had = before ? before->flags : 0;

	return !((piece->flags & AT_START) && before) && !((piece->flags & AFTER_ANY) && !before) &&
	       !((piece->flags & AFTER_DATE) && !(had & (PIECE_DATE | PIECE_BSD))) &&
	       !((piece->flags & AFTER_BSD) && !(had & PIECE_BSD));
}

const char *piece_strip(const char *p, struct line *line, const struct piece **before)
{
	static GOnce once = G_ONCE_INIT;
	struct line kept = {.stamp = line->stamp};

	g_once(&once, prepare, NULL);
	memcpy(kept.caller, line->caller, CALLER_LEN);
	for (const gint8 *next = candidates[(guint8)*p]; *next >= 0; next++) {
		const struct piece *piece = &pieces[*next];
		const char *end;

		if (!can_follow(piece, *before))
			continue;
		end = piece_follow(piece->pattern, length_of[*next], p, line);
		if (!end) {
			line->stamp = kept.stamp;
			memcpy(line->caller, kept.caller, CALLER_LEN);
			continue;
		}
		line->kernel |= (piece->flags & PIECE_KERNEL) != 0;
		line->user |= (piece->flags & PIECE_USER) != 0;
		if (!line->date_len && (piece->flags & (PIECE_DATE | PIECE_KERNEL)) == PIECE_DATE) {
			line->date_at = p;
			line->date_len = (gsize)(end - p);
		}
		*before = piece;
		return end + ((piece->flags & PIECE_BLANK) && *end == ' ');
	}
	return NULL;
}
