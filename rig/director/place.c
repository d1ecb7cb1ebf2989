// SPDX-License-Identifier: GPL-2.0-only
/* Places: "function", "function+0x12", "return of function", "file.c:line". */
#include "director/internal.h"

#include <string.h>

#include "util/error.h"

#define RETURN_OF "return of "
#define NEAREST 3
/* A function has this many instances, or a line this many copies, and is too vague for a hold. */
#define SITES_MAX 64

static gboolean no_function(struct symbols *symbols, const char *name, GError **error)
{
	g_auto(GStrv) near = symbols_nearest(symbols, name, NEAREST);
	g_autofree char *list = g_strjoinv(", ", near);

	return rig_fail(error, RIG_EXIT_USAGE,
			"this kernel has no function '%s'%s%s (a function of a module, or one that is inlined "
			"everywhere, has no symbol%s)", name, *list ? "; similar: " : "", list,
			symbols_have_lines(symbols) ? "; file.c:line finds inlined code" : "");
}

static gboolean too_many(const char *place, guint n, GError **error)
{
	return rig_fail(error, RIG_EXIT_USAGE, "'%s' is at %u addresses (at most %d): give a place that is more exact",
			place, n, SITES_MAX);
}

static gboolean find_function(struct symbols *symbols, const char *name, struct site *ret, GError **error)
{
	g_autoptr(GArray) found = symbols_named(symbols, name);

	if (!found->len)
		return no_function(symbols, name, error);
	if (found->len > SITES_MAX)
		return too_many(name, found->len, error);
	ret->at = g_steal_pointer(&found);
	return TRUE;
}

/* Moves each by OFFSET, which must be inside the function. */
static gboolean add_offset(const char *place, guint64 offset, struct site *site, GError **error)
{
	for (guint i = 0; i < site->at->len; i++) {
		struct symbol_range *range = &g_array_index(site->at, struct symbol_range, i);

		if (offset && offset >= range->size)
			return rig_fail(error, RIG_EXIT_USAGE,
					"'%s' is behind the end of the function, which has 0x%" G_GINT64_MODIFIER
					"x bytes", place, range->size);
		range->address += offset;
		range->size = 0;
	}
	return TRUE;
}

static gboolean find_line(struct symbols *symbols, const char *place, struct site *ret, GError **error)
{
	const char *colon = strrchr(place, ':');
	g_autofree char *file = g_strndup(place, colon - place);
	g_autoptr(GArray) found = NULL;

	if (!symbols_have_lines(symbols))
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' needs a kernel with DWARF: give its vmlinux with --vmlinux, or build one "
				"with CONFIG_DEBUG_INFO (a fragment); functions need none", place);
	found = symbols_of_line(symbols, file, g_ascii_strtoull(colon + 1, NULL, 10));
	if (!found->len)
		return rig_fail(error, RIG_EXIT_USAGE, "this kernel has no code at '%s'", place);
	if (found->len > SITES_MAX)
		return too_many(place, found->len, error);
	ret->at = g_array_new(FALSE, FALSE, sizeof(struct symbol_range));
	for (guint i = 0; i < found->len; i++) {
		const struct symbol_range range = {g_array_index(found, guint64, i), 0};

		g_array_append_val(ret->at, range);
	}
	return TRUE;
}

gboolean place_find(struct symbols *symbols, const char *place, struct site *ret, GError **error)
{
	struct site site = {0};
	const char *plus = strchr(place, '+');
	gboolean ok;

	if (strchr(place, ':')) {
		ok = find_line(symbols, place, &site, error);
	} else if (g_str_has_prefix(place, RETURN_OF)) {
		site.is_return = TRUE;
		ok = find_function(symbols, place + strlen(RETURN_OF), &site, error);
	} else {
		g_autofree char *name = plus ? g_strndup(place, plus - place) : g_strdup(place);

		ok = find_function(symbols, name, &site, error) &&
		     add_offset(place, plus ? g_ascii_strtoull(plus + 1, NULL, 16) : 0, &site, error);
	}
	if (ok)
		*ret = site;
	else if (site.at)
		g_array_unref(site.at);
	return ok;
}
