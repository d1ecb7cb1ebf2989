// SPDX-License-Identifier: GPL-2.0-only
/* Converts the calls that must fail to addresses and values for the plugin. */
#include "director/internal.h"

#include <string.h>

#include "plugin/protocol.h"
#include "scenario/fallible.h"
#include "symbol/variables.h"
#include "util/error.h"

#define X "%" G_GINT64_MODIFIER "x"

static const struct symbol_range *range_at(const GArray *ranges, guint i)
{
	return &g_array_index(ranges, struct symbol_range, i);
}

static guint64 value_of(const struct fail_spec *spec)
{
	const struct fallible *known = fallible_find(spec->function, spec->in);
	guint64 value = 0;

	fallible_value(known ? known->returns : RETURNS_ERRNO, spec->error, &value);
	return value;
}

/*
 * Appends the lines `fail`, `failat` and `failin` (plugin/protocol.h) for SPEC. ENTRIES has the
 * symbols of the function that fails. If CALLERS is not NULL, only calls from these functions are
 * counted and can fail.
 */
static void write_fail(GString *out, guint id, const struct fail_spec *spec, const char *arch,
		       struct symbols *symbols, const GArray *entries, const GArray *callers)
{
	g_string_append_printf(out, "fail %u %u %u " X " %s %s\n", id, spec->call, spec->times,
			       value_of(spec), spec->after ? "later" : "now",
			       spec->comm ? spec->comm : "-");
	for (guint i = 0; i < entries->len; i++)
		g_string_append_printf(out, "failat %u " X "\n", id,
				       code_entry(symbols, arch, range_at(entries, i)->address));
	/*
	 * + 1: if the last instruction of the caller is a call, its return address is the end of
	 * the caller
	 */
	for (guint i = 0; callers && i < callers->len; i++)
		g_string_append_printf(out, "failin %u " X " " X "\n", id,
				       range_at(callers, i)->address,
				       range_at(callers, i)->address +
					       range_at(callers, i)->size + 1);
}

/*
 * Finds the addresses of the functions that SPEC names, and appends the lines for SPEC. Errors:
 * RIG_EXIT_USAGE.
 */
static gboolean add_fail(struct director_orders *orders, GString *out, const struct fail_spec *spec,
			 const char *arch, struct symbols *symbols, guint *watches, GError **error)
{
	g_autoptr(GArray) entries = place_function(symbols, spec->function, error);
	g_autoptr(GArray) callers = entries && spec->in ? place_function(symbols, spec->in, error)
							: NULL;
	char *text;

	if (!entries || (spec->in && !callers))
		return FALSE;
	if (callers && callers->len > FAIL_CALLERS)
		return rig_fail(error, RIG_EXIT_USAGE,
				"this kernel has %u functions '%s', 'in' allows at most %d; leave "
				"'in' out",
				callers->len, spec->in, FAIL_CALLERS);
	write_fail(out, orders->fails->len, spec, arch, symbols, entries, callers);
	*watches += entries->len;
	text = fail_text(spec);
	g_ptr_array_add(orders->fails, text);
	return TRUE;
}

/*
 * Adds a `fail` line for each function of scenario/fallible.h that this kernel has, only to count
 * its calls: with the number of times 0, none fails.
 */
static void add_counted(struct director_orders *orders, GString *out, const char *arch,
			struct symbols *symbols, guint *watches)
{
	orders->counted = g_ptr_array_new();
	for (const struct fallible *row = fallible_functions; row->function; row++) {
		struct fail_spec spec = {
			.function = (char *)row->function,
			.in = (char *)row->in,
			.error = (char *)"ENOMEM",
			.call = 1,
			.times = 0,
		};

		if (orders->fails->len < DIRECTOR_FAILS_MAX &&
		    add_fail(orders, out, &spec, arch, symbols, watches, NULL))
			g_ptr_array_add(orders->counted, (void *)row);
	}
}

gboolean fail_lines(struct director_orders *orders, GString *out,
		    const struct director_watch *watch, const char *arch, struct symbols *symbols,
		    const struct variables *variables, guint *watches, GError **error)
{
	gboolean has_task;

	if (!watch->n_fails && !watch->calls)
		return TRUE;
	has_task = current_line(out, arch, symbols, variables);
	for (guint i = 0; i < watch->n_fails; i++) {
		const struct fail_spec *spec = &watch->fails[i];
		g_autofree char *text = fail_text(spec);

		if (spec->comm && !has_task)
			return rig_fail(error, RIG_EXIT_SKIP,
					"'fail' '%s': 'comm' needs a kernel with the symbols "
					"init_task and, on x86-64, current_task "
					"(CONFIG_KALLSYMS_ALL, or --vmlinux); leave 'comm' out",
					text);
		if (!add_fail(orders, out, spec, arch, symbols, watches, error)) {
			g_prefix_error(error, "'fail' '%s': ", text);
			return FALSE;
		}
	}
	if (watch->calls)
		add_counted(orders, out, arch, symbols, watches);
	return TRUE;
}
