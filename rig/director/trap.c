// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the lock classes of a cycle into the instruction file, in the form by which the plugin
 * recognises them (docs/prove.md).
 */
#include "director/internal.h"

#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"

#define NODE "kn->active"

/*
 * Kinds of lock classes whose names contain a function: the prefix of the name, and the word of
 * LOCKS_KINDS for the kind.
 */
static const struct by_function {
	const char *prefix, *kind;
} by_functions[] = {
	{"lock of ", "init"}, /* locks that the function initialises */
	{"work of ", "work"}, /* work items that execute the function */
};

/* Reads the image of the kernel. The names of its locks are among its bytes. */
static GBytes *kernel_bytes(const struct kernel *kernel, GError **error)
{
	g_autoptr(GMappedFile) file = NULL;

	if (!kernel->vmlinux)
		return kernel_unpack(kernel->image, error);
	file = g_mapped_file_new(kernel->vmlinux, FALSE, NULL);
	if (file)
		return g_mapped_file_get_bytes(file);
	rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s'", kernel->vmlinux);
	return NULL;
}

static gboolean has_text(GBytes *bytes, const char *text)
{
	gsize len;
	const char *data = g_bytes_get_data(bytes, &len);

	g_autofree char *whole = g_strdup_printf(".%s", text);

	/* search with the NUL before and after it, so that no part of a longer name matches */
	whole[0] = '\0';
	return memmem(data, len, whole, strlen(text) + 2) != NULL;
}

static gboolean no_class(const char *name, GError **error)
{
	return rig_fail(error, RIG_EXIT_USAGE,
			"this kernel has no lock class '%s'. A class is named by a variable "
			"(mem_hotplug_lock), a name given to mutex_init() or init_rwsem() "
			"(&dev->mutex), kn->active, 'lock of FUNCTION()' or 'work of FUNCTION()'; "
			"`rig run --record-locks` and `rig show` list those of a run",
			name);
}

static const struct by_function *find_by_function(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(by_functions); i++)
		if (g_str_has_prefix(name, by_functions[i].prefix))
			return &by_functions[i];
	return NULL;
}

/* Writes the class NAME, for example "lock of FUNCTION()", with the range of FUNCTION. */
static gboolean write_by_function(GString *out, struct symbols *symbols,
				  const struct by_function *by, const char *name, GError **error)
{
	const char *rest = name + strlen(by->prefix), *end = strstr(rest, "()");
	g_autofree char *function = end ? g_strndup(rest, end - rest) : g_strdup(rest);
	g_autoptr(GArray) found = symbols_named(symbols, function);
	const struct symbol_range *range;

	if (!found->len)
		return no_class(name, error);
	range = &g_array_index(found, struct symbol_range, 0);
	g_string_append_printf(out,
			       "member %s %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x -\n",
			       by->kind, range->address, range->address + range->size + 1);
	return TRUE;
}

static gboolean write_member(GString *out, struct symbols *symbols,
			     const struct variables *variables, GBytes *bytes, const char *name,
			     GError **error)
{
	g_autofree char *word = g_strdelimit(g_strdup(name), " ", '_'), *node = NULL;
	const struct by_function *by = find_by_function(name);
	guint64 address, size;

	if (strlen(name) >= TRAP_NAME)
		return no_class(name, error);
	if (g_str_has_prefix(name, NODE "(")) {
		node = g_strndup(word + strlen(NODE "("), strcspn(word + strlen(NODE "("), ")"));
		g_string_append_printf(out, "member node 0 0 %s\n", node);
	} else if (!strcmp(name, NODE)) {
		g_string_append(out, "member node 0 0 *\n");
	} else if (by) {
		return write_by_function(out, symbols, by, name, error);
	} else if (variables_find(variables, name, &address, &size) && size) {
		g_string_append_printf(
			out, "member static %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x -\n",
			address, address + size);
	} else if (has_text(bytes, name)) {
		g_string_append_printf(out, "member name 0 0 %s\n", word);
	} else {
		return no_class(name, error);
	}
	return TRUE;
}

gboolean trap_lines(GString *out, const struct kernel *kernel, struct symbols *symbols,
		    const struct variables *variables, const struct trap_spec *trap, GError **error)
{
	g_autoptr(GBytes) bytes = kernel_bytes(kernel, error);
	guint n = g_strv_length(trap->classes);

	if (!bytes)
		return FALSE;
	if (n < 2 || n > TRAP_MEMBERS)
		return rig_fail(error, RIG_EXIT_USAGE,
				"a cycle has 2 to %d lock classes, this one has %u", TRAP_MEMBERS,
				n);
	g_string_append_printf(out, "trap %u\n", trap->max_ms);
	for (char **name = trap->classes; *name; name++)
		if (!write_member(out, symbols, variables, bytes, *name, error))
			return FALSE;
	return TRUE;
}
