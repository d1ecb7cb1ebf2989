// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack frames as the architectures print them.
 *
 *	x86		 f+0x12/0x34 [mod]	 ? f+0x12/0x34		[<ffff…>] f+0x12/0x34
 *	arm		[<c0…>] (f) from [<c0…>] (caller+0x12/0x34)	f from caller+0x12/0x34
 *	arm64, riscv	 f+0x12/0x34		[<ffff…>] f+0x12/0x34
 *	powerpc		[c000…] [c000…] f+0x12/0x34 (unreliable)
 *	s390		 [<000…>] f+0x12/0x34	([<000…>] f+0x12/0x34)
 *	decoded		 f (file.c:12)		scripts/decode_stacktrace.sh
 *	x86 until 2.6.27 [<ffff…>] :mod:f+0x12/0x34
 *	bare		 f			a paste from which the offsets were removed
 */
#include <stdlib.h>
#include <string.h>

#include "splat/internal.h"
#include "splat/word-set.h"

/* Returns the length of the name at TEXT, or 0 if there is none. */
static inline gsize name_len(const char *text)
{
	static const guint8 in_name[256] = {
		['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['0' ... '9'] = 1,
		['_'] = 1,	   ['.'] = 1,	      ['$'] = 1,
	};
	gsize len = 0;

	while (in_name[(guint8)text[len]])
		len++;
	return len;
}

/* Returns the number of hexadecimal digits at TEXT, but at most one more than MAX. */
static inline gsize hex_len(const char *text, gsize max)
{
	gsize len = 0;

	while (len <= max && g_ascii_isxdigit(text[len]))
		len++;
	return len;
}

static void copy_name(char *to, gsize room, const char *from, gsize len)
{
	len = MIN(len, room - 1);
	memmove(to, from, len); /* GCC makes a slow `rep movs` of a memcpy() of limited length */
	to[len] = '\0';
}

/*
 * Sets all fields of RET for the symbol of LEN characters at TEXT. The name is the symbol without
 * compiler suffixes (.isra.0, .part.1, .cold, .llvm.123).
 */
static void set_symbol(struct frame *ret, const char *text, gsize len)
{
	gsize dot = text[0] == '.';
	const char *suffix = memchr(text + dot, '.', len - dot);

	copy_name(ret->name, sizeof(ret->name), text, suffix ? (gsize)(suffix - text) : len);
	copy_name(ret->symbol, sizeof(ret->symbol), text, len);
	ret->module[0] = '\0';
	ret->offset = ret->size = 0;
	ret->guess = ret->inlined = FALSE;
}

/* Returns the length of "(ptrval)", a hidden address, at TEXT, or 0 if there is none. */
static gsize hidden_len(const char *text)
{
	gsize before = *text == '(' ? 1 + strspn(text + 1, "_") : 0, after;

	if (!before || !text_begins(text + before, "ptrval"))
		return 0;
	after = strspn(text + before + 6, "_");
	return text[before + 6 + after] == ')' ? before + 7 + after : 0;
}

/*
 * Skips an address such as "[<ffffffff81234567>] ", "[c000000000123456] " or "([<…>]". Returns its
 * end, or TEXT if there is none.
 */
static const char *skip_address(const char *text)
{
	const char *p = text + (*text == '(');
	gsize digits;

	if (*p != '[')
		return text;
	p++;
	p += *p == '<';
	p += text_begins(p, "0x") ? 2 : 0;
	digits = hidden_len(p);
	if (!digits) {
		digits = hex_len(p, 16);
		if (digits < 8 || digits > 16)
			return text;
	}
	p += digits;
	p += *p == '>';
	if (*p != ']')
		return text;
	return skip_blanks(p + 1);
}

/*
 * Skips "[] " or "([] ": a web page that takes the address in "[<ffffffff81234567>] " for an HTML
 * tag leaves only this. Returns its end, or TEXT if there is none.
 */
static const char *skip_empty_address(const char *text)
{
	const char *p = text + (*text == '(');

	return text_begins(p, "[] ") ? skip_blanks(p + 3) : text;
}

static guint64 parse_hex(const char **text)
{
	guint64 value = 0;

	for (; g_ascii_isxdigit(**text); (*text)++)
		value = value << 4 | (guint64)g_ascii_xdigit_value(**text);
	return value;
}

/* Parses "f+0x12/0x34" at TEXT, whose name has LEN characters. */
static gboolean parse_symbol(const char *text, gsize len, struct frame *ret)
{
	const char *end = text + len;

	if (!text_begins(end, "+0x") || !len || g_ascii_isdigit(*text) || *text == '$')
		return FALSE;
	end += 3;
	if (!g_ascii_isxdigit(*end))
		return FALSE;
	set_symbol(ret, text, len);
	ret->offset = parse_hex(&end);
	if (text_begins(end, "/0x")) {
		end += 3;
		ret->size = parse_hex(&end);
	}
	while (*end == ' ')
		end++;
	if (*end == '[') {
		copy_name(ret->module, sizeof(ret->module), end + 1, strcspn(end + 1, " ]"));
		ret->inlined = strcmp(ret->module, "inline") == 0;
	}
	ret->guess = *end && strstr(end, "(unreliable)") != NULL;
	return TRUE;
}

gboolean frame_parse_symbol(const char *text, struct frame *ret)
{
	return parse_symbol(text, name_len(text), ret);
}

/*
 * Parses "f (file.c:12 (discriminator 3)) mod", a frame in the output of
 * scripts/decode_stacktrace.sh. The name f has LEN characters.
 */
static gboolean parse_decoded(const char *text, gsize len, struct frame *ret)
{
	const char *colon, *place, *close;

	if (!len || g_ascii_isdigit(*text) || !text_begins(text + len, " ("))
		return FALSE;
	place = text + len + 2;
	colon = strchr(place, ':');
	/* a lock line is similar: "ffff… (class){….}-{0:0}, at: f (file.c:12)" */
	if (!colon || colon == place || memchr(place, ' ', colon - place) ||
	    memchr(place, ')', colon - place))
		return FALSE;
	/* a file name contains a dot; an unknown place is "??:?" */
	if (!(g_ascii_isdigit(colon[1]) && memchr(place, '.', colon - place)) && colon[1] != '?')
		return FALSE;
	close = strrchr(colon, ')');
	if (!close)
		return FALSE;
	set_symbol(ret, text, len);
	close += 1 + strspn(close + 1, " ");
	copy_name(ret->module, sizeof(ret->module), close, strcspn(close, " "));
	return TRUE;
}

gboolean frame_parse_function(const char *text, struct frame *ret)
{
	gsize len = name_len(text);

	return parse_symbol(text, len, ret) || parse_decoded(text, len, ret);
}

gboolean frame_parse_bare(const char *text, struct frame *ret)
{
	const char *p = skip_blanks(text), *end;
	gboolean guess = p[0] == '?' && p[1] == ' ';
	gsize len;

	p = skip_blanks(p + guess);
	len = name_len(p);
	if (len < 3 || g_ascii_isdigit(*p) || *p == '.' || *p == '$' || p[len - 1] == '.' ||
	    hex_len(p, len) == len)
		return FALSE;
	end = p + len;
	if (*end == ' ' && end[1] == '[')
		end += 2 + strcspn(end + 2, " ]");
	end += *end == ']';
	if (*skip_blanks(end))
		return FALSE;
	set_symbol(ret, p, len);
	ret->symbol[0] = '\0';
	ret->guess = guess;
	return TRUE;
}

/*
 * Parses "f file.c:12 [inline]", which symbolising scripts add for an inlined function. The name
 * has LEN characters.
 */
static gboolean parse_inlined(const char *text, gsize len, struct frame *ret)
{
	gsize place;

	if (!len || text[len] != ' ')
		return FALSE;
	place = strcspn(text + len + 1, " ");
	if (strncmp(text + len + 1 + place, " [inline]", strlen(" [inline]")) != 0 ||
	    !memchr(text + len + 1, ':', place))
		return FALSE;
	set_symbol(ret, text, len);
	copy_name(ret->name, sizeof(ret->name), text, len);
	ret->symbol[0] = '\0';
	ret->inlined = TRUE;
	return TRUE;
}

/*
 * Parses a frame of arm: "(f) from …"; since 5.18 "f from …" or "f [module] from …". It has no
 * offset. ADDRESSED is TRUE if an address precedes it.
 */
static gboolean parse_arm(const char *text, gboolean addressed, struct frame *ret)
{
	const char *p = text + (*text == '(');
	const char *from = *text == '(' ? ") from " : " from ";
	gsize len = name_len(p), module = 0;

	if (p[len] != ' ' && p[len] != *from)
		return FALSE;
	if (len && text_begins(p + len, " ["))
		module = strcspn(p + len, "]") + 1;
	if (!len || (module && p[len + module - 1] != ']') || p[len + module] != *from ||
	    !text_begins(p + len + module, from))
		return FALSE;
	/* the caller is an address without a function at the end of a broken stack */
	if (!strstr(p + len, "+0x") && (!addressed || !strstr(p + len, " from [<")))
		return FALSE;
	if (*text == '(' && !addressed && !strstr(p + len, " from [<"))
		return FALSE;
	set_symbol(ret, p, len);
	ret->symbol[0] = '\0';
	return TRUE;
}

gboolean frame_parse_caller(const char *text, struct frame *ret)
{
	const char *p = strstr(text, " from ");

	if (!p)
		return FALSE;
	p += strlen(" from ");
	p += *p == '(';
	p = skip_address(p);
	return frame_parse_symbol(p + (*p == '('), ret);
}

gboolean frame_parse(const char *text, struct frame *ret)
{
	const char *p = skip_blanks(text);
	const char *after = skip_address(p);
	gboolean addressed = after != p, guess = FALSE;
	gsize len;

	if (addressed) {
		p = skip_address(after);
	} else {
		after = skip_empty_address(p);
		addressed = after != p;
		p = after;
	}
	/* xmon prints a second address, without brackets: "[c000…] c000… f+0x12/0x34" */
	if (addressed && strspn(p, "0123456789abcdef") == 16 && p[16] == ' ')
		p += 17;
	if (p[0] == '?' && p[1] == ' ') {
		guess = TRUE;
		p += 1 + strspn(p + 1, " ");
	}
	if (*p == ':' && addressed && name_len(p + 1) && p[1 + name_len(p + 1)] == ':')
		p += 2 + name_len(p + 1); /* the module */
	if (*p == '(' && addressed && frame_parse_symbol(p + 1, ret))
		return TRUE;
	len = name_len(p);
	/* most lines that are not frames end here: in all forms, one of these follows the name */
	if (*p != '(' && p[len] != '+' && p[len] != ' ')
		return FALSE;
	if (p[len] != '+' && parse_arm(p, addressed, ret))
		return TRUE;
	/* "f+0x1" without a size, at the start of a line, begins a sentence: "f+0x1 is wrong" */
	if (!addressed && p == text && !strchr(p, '/'))
		return FALSE;
	if (!parse_symbol(p, len, ret) && !parse_decoded(p, len, ret) &&
	    !parse_inlined(p, len, ret))
		return FALSE;
	ret->guess |= guess;
	return TRUE;
}

gboolean frame_parse_address(const char *text, guint64 *ret_address, gboolean *ret_guess)
{
	const char *p = skip_blanks(text);
	const char *address = NULL;
	gboolean guess = FALSE;

	/* a number without brackets is not a frame */
	if (p == text && *p != '[' && *p != '(')
		return FALSE;
	for (const char *after; (after = skip_address(p)) != p; p = after)
		address = p + strcspn(p, "0123456789abcdefABCDEF");
	if (p[0] == '?' && p[1] == ' ') {
		guess = TRUE;
		p += 1 + strspn(p + 1, " ");
	}
	if (p[0] == '0' && p[1] == 'x') {
		gsize digits = strspn(p + 2, "0123456789abcdefABCDEF");

		if (digits < 8 || digits > 16)
			return FALSE;
		address = p + 2;
		p += 2 + digits;
	}
	p += strspn(p, " ");
	if (!address || *p)
		return FALSE;
	if (text_begins(address, "0x"))
		address += 2;
	*ret_address = g_ascii_strtoull(address, NULL, 16);
	*ret_guess = guess;
	return TRUE;
}

/*
 * Skips the address before the function in the formats of xmon ("pc: c0000000004b9728: f+0x…"),
 * LoongArch ("ERA: 90000000034a1b2c f+0x…") and csky ("PC: 0x8005f9ae (f+0x…)").
 */
static const char *skip_number(const char *p)
{
	p += text_begins(p, "0x") ? 2 : 0;
	if (strspn(p, "0123456789abcdef") < 8)
		return p;
	p += strspn(p, "0123456789abcdef");
	return p + strspn(p, ": (");
}

/* Parses "[f+201/428]", as klogd of Linux 2.2 and 2.4 replaced an address: decimal numbers. */
static gboolean parse_klogd(const char *text, struct frame *ret)
{
	gsize len = *text == '[' ? name_len(text + 1) : 0;
	const char *end = text + 1 + len;
	gsize digits = len && *end == '+' ? strspn(end + 1, "0123456789") : 0;

	if (!digits || g_ascii_isdigit(text[1]) || end[1 + digits] != '/')
		return FALSE;
	set_symbol(ret, text + 1, len);
	ret->offset = g_ascii_strtoull(end + 1, NULL, 10);
	return TRUE;
}

gboolean frame_parse_fault(const char *text, struct frame *ret)
{
	static const char *const marks[] = {
		"RIP: 0010:", "RIP: e030:", "RIP: 0018:", "RIP: ", "RIP  ", "RIP ",
		"EIP: 0060:", "EIP: ", "EIP is at ", "NIP ", "PC is at ", "pc : ", "pc: ",
		"epc : ", "epc: ", "epc   : ", "ERA: ", "IP: ", "Krnl PSW : ", "--- interrupt: ",
		"NIP: ", "IAOQ[0]: ", "PC: ", "pc is at ", "TPC: <",
	};
	/* for each first character of a mark, the second ones */
	static const char seconds[256][2] = {
		['R'] = {'I'}, ['E'] = {'I', 'R'}, ['I'] = {'P', 'A'}, ['N'] = {'I'},
		['P'] = {'C'}, ['p'] = {'c'},	   ['e'] = {'p'},      ['K'] = {'r'},
		['-'] = {'-'}, ['M'] = {'C'},	   ['T'] = {'P'},
	};
	const char *start = skip_blanks(text);
	const char *second = seconds[(guint8)*start];

	/* this check is fast, and excludes most lines */
	if (!*second || !start[1] || (start[1] != second[0] && start[1] != second[1]))
		return FALSE;
	if (text_begins(start, "MCE: CPU")) {
		start += strlen("MCE: CPU");
		start += strspn(start, "0123456789: ");
	}
	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
		const char *p;

		if (!text_begins(start, marks[i]))
			continue;
		p = start + strlen(marks[i]);
		if (g_str_has_prefix(marks[i], "Krnl"))
			p = strchr(p, '(') ? strchr(p, '(') + 1 : p;
		if (g_str_has_prefix(marks[i], "---"))
			p = strstr(p, " at ") ? strstr(p, " at ") + 4 : p;
		p += strspn(p, " ");
		if (text_begins(p, "0033:")) /* an instruction in user space, by its code segment */
			return FALSE;
		if (strspn(p, "0123456789") == 4 && p[4] == ':')
			p += 5;
		for (int n = 0; n < 2; n++)
			p = skip_empty_address(skip_address(p));
		p += strspn(p, ": "); /* skip the colon of "NIP [c000000000b1e9ac]: f+0x…" */
		return frame_parse_function(skip_number(p), ret) || parse_klogd(p, ret) ||
		       (strchr("Rpe", marks[i][0]) && frame_parse_bare(p, ret));
	}
	return FALSE;
}

gboolean frame_parse_lock(const char *text, struct frame *ret)
{
	const char *at = strstr(text, ", at: ");

	if (!at)
		return FALSE;
	at += strlen(", at: ");
	at = skip_address(at);
	return frame_parse_function(at, ret) || frame_parse_bare(at, ret);
}
