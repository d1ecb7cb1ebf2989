// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of Rust functions. The kernel prints them mangled (rustc's "v0" scheme), with hashes of
 * crates that differ between builds: "_RNvMs3_NtCs1a2b_6binder4nodeNtB5_4Node6update" is
 * binder::node::Node::update().
 */
#include <string.h>

#include "splat/internal.h"

/*
 * Returns the end of a number in base 62 at P, with the '_' that ends it, such as "3_" in "s3_", or
 * NULL if there is none.
 */
static const char *skip_base62(const char *p)
{
	while (g_ascii_isalnum(*p))
		p++;
	return *p == '_' ? p + 1 : NULL;
}

/* Appends the identifier at *P ("4node" is `node`) to OUT, and moves *P to its end. */
static gboolean take_identifier(const char **p, GString *out)
{
	guint len = 0;
	const char *text = *p;

	while (g_ascii_isdigit(*text) && len < 1000)
		len = len * 10 + (guint)(*text++ - '0');
	text += *text == '_' && len; /* separates the length from a name that begins with '_' */
	if (strnlen(text, len) < len)
		return FALSE;
	if (len && out->len)
		g_string_append(out, "::");
	g_string_append_len(out, text, len);
	*p = text + len;
	return TRUE;
}

/*
 * Returns TRUE if only a crate is left at P: the one that instantiated a generic function, after
 * its path.
 */
static gboolean is_last_crate(const char *p, const GString *out)
{
	g_autoptr(GString) crate = g_string_new(NULL);

	if (*p != 'C' || !out->len)
		return FALSE;
	p++;
	if (*p == 's')
		p = skip_base62(p + 1);
	return p && g_ascii_isdigit(*p) && take_identifier(&p, crate) && !*p;
}

char *rust_name(const char *name)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (name[0] != '_' || name[1] != 'R')
		return NULL;
	for (const char *p = name + 2; *p && !is_last_crate(p, out);) {
		if (g_ascii_isdigit(*p)) {
			if (!take_identifier(&p, out))
				return NULL;
		} else if (*p == 's' || *p == 'B') { /* skip a disambiguator or a back reference */
			p = skip_base62(p + 1);
			if (!p)
				return NULL;
		} else if (*p == 'N' && p[1]) { /* 'N' and a namespace, before an identifier */
			p += 2;
		} else if (g_ascii_isalpha(*p)) {
			p++;
		} else {
			return NULL;
		}
	}
	return out->len ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}
