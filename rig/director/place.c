// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts the places of holds ("return of f in g", …) to addresses; scenario/holds.c defines their
 * forms.
 */
#include "director/internal.h"

#include <string.h>

#include "util/error.h"

#define RETURN_OF "return of "
#define UPDATE "update "
#define IN " in "
#define NEAREST 3
/*
 * The maximum number of addresses of one place; inlined code and calls can be at several addresses.
 */
#define SITES_MAX 64

static void site_clear(struct site *site)
{
	g_clear_pointer(&site->at, g_array_unref);
}
#define auto_site __attribute__((cleanup(site_clear))) struct site

static gboolean no_function(struct symbols *symbols, const char *name, GError **error)
{
	g_auto(GStrv) near = symbols_nearest(symbols, name, NEAREST);
	g_autofree char *list = g_strjoinv(", ", near);

	return rig_fail(error, RIG_EXIT_USAGE,
			"this kernel has no function '%s'%s%s (a function of a module, or one that "
			"is inlined everywhere, has no symbol%s)",
			name, *list ? "; similar: " : "", list,
			symbols_have_lines(symbols) ? "; file.c:line finds inlined code" : "");
}

static gboolean too_many(const char *place, guint n, GError **error)
{
	return rig_fail(error, RIG_EXIT_USAGE,
			"'%s' is at %u addresses (at most %d): give a more exact place (of a "
			"hold: 'return of CALLEE in FUNCTION' or file.c:line)",
			place, n, SITES_MAX);
}

GArray *place_function(struct symbols *symbols, const char *name, GError **error)
{
	g_autoptr(GArray) found = symbols_named(symbols, name);

	if (!found->len)
		no_function(symbols, name, error);
	else if (found->len > SITES_MAX)
		too_many(name, found->len, error);
	else
		return g_steal_pointer(&found);
	return NULL;
}

static gboolean find_function(struct symbols *symbols, const char *name, struct site *ret,
			      GError **error)
{
	ret->at = place_function(symbols, name, error);
	return ret->at != NULL;
}

/* Adds OFFSET, which must be inside the function, to each address of SITE. */
static gboolean add_offset(const char *place, guint64 offset, struct site *site, GError **error)
{
	for (guint i = 0; i < site->at->len; i++) {
		struct symbol_range *range = &g_array_index(site->at, struct symbol_range, i);

		if (offset && offset >= range->size)
			return rig_fail(
				error, RIG_EXIT_USAGE,
				"'%s' is beyond the end of the function; the offset must be below "
				"0x%" G_GINT64_MODIFIER "x",
				place, range->size);
		range->address += offset;
		range->size = 0;
	}
	return TRUE;
}

static gboolean find_line(struct symbols *symbols, const char *place, struct site *ret,
			  GError **error)
{
	const char *colon = strrchr(place, ':');
	g_autofree char *file = g_strndup(place, colon - place);
	g_autoptr(GArray) found = NULL;

	if (!symbols_have_lines(symbols))
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"'%s' needs a kernel with DWARF: give its vmlinux with --vmlinux, build "
			"one with CONFIG_DEBUG_INFO (--fragment), or give a function instead",
			place);
	found = symbols_of_line(symbols, file, g_ascii_strtoull(colon + 1, NULL, 10));
	if (!found->len)
		return rig_fail(error, RIG_EXIT_USAGE,
				"this kernel has no code at '%s'; give another line", place);
	if (found->len > SITES_MAX)
		return too_many(place, found->len, error);
	ret->at = g_array_new(FALSE, FALSE, sizeof(struct symbol_range));
	for (guint i = 0; i < found->len; i++) {
		const struct symbol_range range = {g_array_index(found, guint64, i), 0};

		g_array_append_val(ret->at, range);
	}
	return TRUE;
}

static gboolean find_returns(struct symbols *symbols, const char *arch, const char *place,
			     struct site *ret, GError **error)
{
	const char *in = strstr(place, IN);
	g_autofree char *callee = g_strndup(place, in - place);
	auto_site callees = {0};
	auto_site callers = {0};

	if (!find_function(symbols, callee, &callees, error) ||
	    !find_function(symbols, in + strlen(IN), &callers, error))
		return FALSE;
	ret->at = g_array_new(FALSE, FALSE, sizeof(struct symbol_range));
	for (guint i = 0; i < callers.at->len; i++)
		for (guint j = 0; j < callees.at->len; j++) {
			guint64 to = g_array_index(callees.at, struct symbol_range, j).address;
			guint64 entry = code_entry(symbols, arch, to);
			const struct symbol_range *caller =
				&g_array_index(callers.at, struct symbol_range, i);

			if (!code_returns(symbols, arch, caller, to, ret->at) ||
			    (entry != to && !code_returns(symbols, arch, caller, entry, ret->at)))
				return rig_fail(
					error, RIG_EXIT_USAGE,
					"'" RETURN_OF
					"%s': the code of '%s' cannot be read, or the rig cannot "
					"decode calls of this architecture; give the address after "
					"the call, for example function+0x12",
					place, in + strlen(IN));
		}
	if (!ret->at->len)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' does not call '%s' in this kernel (it may be inlined); give "
				"another place",
				in + strlen(IN), callee);
	return ret->at->len <= SITES_MAX || too_many(place, ret->at->len, error);
}

/*
 * Resolves "function" and "function+0x12". Offsets count from the address at which the kernel
 * enters the function.
 */
static gboolean find_entry(struct symbols *symbols, const char *arch, const char *place,
			   struct site *ret, GError **error)
{
	const char *plus = strchr(place, '+');
	g_autofree char *name = plus ? g_strndup(place, plus - place) : g_strdup(place);

	if (!find_function(symbols, name, ret, error) ||
	    !add_offset(place, plus ? g_ascii_strtoull(plus + 1, NULL, 16) : 0, ret, error))
		return FALSE;
	for (guint i = 0; i < ret->at->len && !plus; i++) {
		struct symbol_range *range = &g_array_index(ret->at, struct symbol_range, i);

		range->address = code_entry(symbols, arch, range->address);
	}
	return TRUE;
}

gboolean place_is_update(const char *place)
{
	return g_str_has_prefix(place, UPDATE);
}

/*
 * Resolves a place at an update (a read-modify-write instruction), "in F" or "2 in F" (REST, what
 * follows "update "): the range of F, which begins at the address at which the kernel enters F.
 */
static gboolean find_updates(struct symbols *symbols, const char *arch, const char *rest,
			     struct site *ret, GError **error)
{
	ret->kind = SITE_UPDATE;
	ret->nth = g_ascii_isdigit(*rest) ? *rest - '0' : 0;
	if (!find_function(symbols, strstr(rest, "in ") + strlen("in "), ret, error))
		return FALSE;
	for (guint i = 0; i < ret->at->len; i++) {
		struct symbol_range *range = &g_array_index(ret->at, struct symbol_range, i);
		guint64 entry = code_entry(symbols, arch, range->address);

		range->size -= entry - range->address;
		range->address = entry;
	}
	return TRUE;
}

gboolean place_find(struct symbols *symbols, const char *arch, const char *place, struct site *ret,
		    GError **error)
{
	auto_site site = {0};
	gboolean ok;

	if (strchr(place, ':')) {
		ok = find_line(symbols, place, &site, error);
	} else if (g_str_has_prefix(place, UPDATE)) {
		ok = find_updates(symbols, arch, place + strlen(UPDATE), &site, error);
	} else if (g_str_has_prefix(place, RETURN_OF) && strstr(place, IN)) {
		ok = find_returns(symbols, arch, place + strlen(RETURN_OF), &site, error);
	} else if (g_str_has_prefix(place, RETURN_OF)) {
		site.kind = SITE_RETURN;
		ok = find_function(symbols, place + strlen(RETURN_OF), &site, error);
	} else {
		ok = find_entry(symbols, arch, place, &site, error);
	}
	if (ok) {
		*ret = site;
		site.at = NULL;
	}
	return ok;
}
