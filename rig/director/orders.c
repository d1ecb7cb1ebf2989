// SPDX-License-Identifier: GPL-2.0-only
/* Writes the instruction file for the plugin (plugin/protocol.h). */
#include "director/internal.h"

#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"

/*
 * The first version of the plugin interface with callbacks between the read and the write of an
 * instruction.
 */
#define UPDATE_API 3
/*
 * The first version of the plugin interface with which a plugin can read registers and memory of
 * the guest.
 */
#define RECORD_API 4
/*
 * The first version of the plugin interface with which a plugin can write registers and return from
 * a function of the guest.
 */
#define FAIL_API 7
#define GET_QEMU(suite) \
	"get one with `rig qemu get SUITE`, for example " suite ", and select it with --qemu SUITE"

static void hold_orders_clear(gpointer data)
{
	struct hold_orders *hold = data;

	g_free(hold->text);
	for (int i = 0; i < 2; i++)
		g_clear_pointer(&hold->side[i].at, g_array_unref);
}

void director_orders_free(struct director_orders *orders)
{
	if (!orders)
		return;
	g_array_unref(orders->holds);
	g_clear_pointer(&orders->visits, g_ptr_array_unref);
	g_clear_pointer(&orders->calls, g_ptr_array_unref);
	g_clear_pointer(&orders->fails, g_ptr_array_unref);
	g_clear_pointer(&orders->counted, g_ptr_array_unref);
	g_free(orders->text);
	g_free(orders);
}

/*
 * Opens the symbols of KERNEL: those of its vmlinux, which may have DWARF, or else the kallsyms of
 * its image.
 */
static struct symbols *open_names(const struct kernel *kernel, struct variables **ret_variables,
				  GError **error)
{
	struct symbols *symbols = kernel->vmlinux ? symbols_open(kernel->vmlinux, NULL) : NULL;
	g_autoptr(GBytes) image = NULL;
	g_autoptr(GError) why = NULL;

	if (symbols) {
		*ret_variables = variables_open(kernel->vmlinux);
		return symbols;
	}
	image = kernel_unpack(kernel->image, error);
	if (!image)
		return NULL;
	symbols = symbols_of_image(image, &why);
	if (symbols)
		*ret_variables = variables_of_image(image, &why);
	if (!symbols)
		rig_fail(error, RIG_EXIT_SKIP,
			 "cannot read the symbols of kernel '%s', which the plugin needs: %s",
			 kernel->name, why->message);
	return symbols;
}

static void write_side(GString *out, guint id, char side, const struct site *site, guint *watches)
{
	for (guint i = 0; site->at && i < site->at->len; i++, ++*watches) {
		const struct symbol_range *range = &g_array_index(site->at, struct symbol_range, i);

		if (site->kind == SITE_RETURN)
			g_string_append_printf(
				out,
				"return %u %c %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x\n",
				id, side, range->address, range->address + range->size);
		else if (site->kind == SITE_UPDATE)
			g_string_append_printf(
				out,
				"update %u %c %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %u\n",
				id, side, range->address, range->address + range->size, site->nth);
		else
			g_string_append_printf(out, "at %u %c %" G_GINT64_MODIFIER "x\n", id, side,
					       range->address);
	}
}

/*
 * Writes the address to which functions jump instead of returning. Two kinds of functions do so:
 * those of x86 kernels with return thunks, and ppc64 functions that are compiled for size, which
 * restore registers out of line.
 */
static void write_thunk(GString *out, struct symbols *symbols)
{
	static const char *const names[] = {"__x86_return_thunk", "_restgpr0_14"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GArray) found = symbols_named(symbols, names[i]);

		if (found->len)
			g_string_append_printf(
				out, "thunk %" G_GINT64_MODIFIER "x\n",
				g_array_index(found, struct symbol_range, 0).address);
	}
}

static void write_visits(GString *out, const struct director_orders *orders,
			 struct symbols *symbols, const char *arch, guint *watches)
{
	for (guint i = 0; orders->visits && i < orders->visits->len; i++) {
		g_autoptr(GArray) found = symbols_named(symbols, orders->visits->pdata[i]);

		for (guint j = 0; j < found->len; j++, ++*watches)
			g_string_append_printf(
				out, "visit %u %" G_GINT64_MODIFIER "x\n", i,
				code_entry(symbols, arch,
					   g_array_index(found, struct symbol_range, j).address));
	}
}

static void add_call(gpointer id, void *data)
{
	g_hash_table_add(data, id);
}

/* Finds, for each counted function, the other counted functions that it calls. */
static void find_calls(struct director_orders *orders, struct symbols *symbols, const char *arch)
{
	g_autoptr(GHashTable) entries =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	orders->calls = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
	for (guint i = 0; i < orders->visits->len; i++) {
		g_autoptr(GArray) found = symbols_named(symbols, orders->visits->pdata[i]);

		for (guint j = 0; j < found->len; j++) {
			guint64 at = g_array_index(found, struct symbol_range, j).address,
				entry = code_entry(symbols, arch, at);

			g_hash_table_insert(entries, g_memdup2(&at, sizeof(at)),
					    GUINT_TO_POINTER(i));
			g_hash_table_insert(entries, g_memdup2(&entry, sizeof(entry)),
					    GUINT_TO_POINTER(i));
		}
	}
	for (guint i = 0; i < orders->visits->len; i++) {
		g_autoptr(GArray) found = symbols_named(symbols, orders->visits->pdata[i]);
		GHashTable *calls = g_hash_table_new(NULL, NULL);

		for (guint j = 0; j < found->len; j++)
			code_calls(symbols, arch, &g_array_index(found, struct symbol_range, j),
				   entries, add_call, calls);
		g_ptr_array_add(orders->calls, calls);
	}
}

static const struct hold_spec *spec_at(const struct hold_spec *holds, guint n,
				       const struct director_sweep *sweep, guint i)
{
	return i < n ? &holds[i] : &g_array_index(sweep->arms, struct hold_spec, i - n);
}

static void write_hold(GString *out, guint id, const struct hold_spec *spec)
{
	g_string_append_printf(out, "hold %u %s %u %u %u %u\n", id,
			       spec->until  ? "until"
			       : spec->meet ? "meet"
					    : "delay",
			       spec->max_ms, spec->times, spec->visits, spec->after);
}

/*
 * Writes the line "sweep". The arms are numbered after the N holds that do not belong to the sweep,
 * so the first arm has the number N.
 */
static void write_sweep(GString *out, guint n, const struct director_sweep *sweep)
{
	g_string_append_printf(out, "sweep %u %u %u %u\n", n, n + sweep->turns, sweep->slots,
			       sweep->window_ms);
	if (sweep->pct_seed)
		g_string_append_printf(out, "pct %u %u\n", sweep->pct_seed, sweep->pct_points);
}

static gboolean write_file(struct director_orders *orders, GString *out,
			   const struct director_watch *watch, const struct kernel *kernel,
			   struct symbols *symbols, const struct variables *variables,
			   GError **error)
{
	const char *arch = kernel->arch;
	guint watches = 0;

	for (guint i = 0; i < orders->holds->len; i++)
		for (int side = 0; side < 2; side++)
			write_side(out, i, "ab"[side],
				   &g_array_index(orders->holds, struct hold_orders, i).side[side],
				   &watches);
	write_visits(out, orders, symbols, arch, &watches);
	write_thunk(out, symbols);
	if (orders->records && !recorder_lines(out, kernel, symbols, variables, watch->spinlocks,
					       &watches, error))
		return FALSE;
	if (watch->trap && !trap_lines(out, kernel, symbols, variables, watch->trap, error))
		return FALSE;
	if (watch->cover && !cover_lines(orders, out, variables, error))
		return FALSE;
	if (!fail_lines(orders, out, watch, arch, symbols, variables, &watches, error))
		return FALSE;
	if (watches > DIRECTOR_WATCHES_MAX || out->len > DIRECTOR_FILE_MAX)
		return rig_fail(error, RIG_EXIT_USAGE,
				"the plugin would watch %u instructions (at most %d) and read "
				"%" G_GSIZE_FORMAT " bytes of instructions (at most %d); use fewer "
				"holds, --fail or functions of --visits",
				watches, DIRECTOR_WATCHES_MAX, out->len, DIRECTOR_FILE_MAX);
	orders->text = g_strdup(out->str);
	return TRUE;
}

static gboolean find_sides(struct symbols *symbols, const char *arch, const struct hold_spec *spec,
			   struct hold_orders *ret, GError **error)
{
	const char *places[2] = {spec->at, hold_partner(spec)};

	for (int side = 0; side < 2; side++)
		if (places[side] &&
		    !place_find(symbols, arch, places[side], &ret->side[side], error)) {
			g_prefix_error(error, "hold '%s': ", ret->text);
			return FALSE;
		}
	return TRUE;
}

/* Adds SPEC to the holds of ORDERS, and its line to OUT. */
static gboolean add_hold(struct director_orders *orders, struct symbols *symbols, const char *arch,
			 const struct hold_spec *spec, GString *out, GError **error)
{
	struct hold_orders hold = {.text = hold_text(spec)};
	gboolean ok = find_sides(symbols, arch, spec, &hold, error);

	write_hold(out, orders->holds->len, spec);
	if (ok && !condition_lines(out, orders->holds->len, spec, error)) {
		g_prefix_error(error, "hold '%s': ", hold.text);
		ok = FALSE;
	}
	orders->compares_tasks |= spec->comm != NULL;
	orders->compares_blocks |= spec->same && !strcmp(spec->same, "block");
	for (int side = 0; side < 2 && !ok; side++)
		g_clear_pointer(&hold.side[side].at, g_array_unref);
	g_array_append_val(orders->holds, hold);
	return ok;
}

struct director_orders *director_resolve(const struct hold_spec *holds, guint n,
					 const struct director_watch *watch,
					 const struct kernel *kernel, GError **error)
{
	rig_auto(director_orders) orders = g_new0(struct director_orders, 1);
	const struct director_sweep *sweep = watch->sweep;
	g_autoptr(GString) out = g_string_new(DIRECTOR_MAGIC "\n");
	rig_auto(variables) variables = NULL;
	rig_auto(symbols) symbols = open_names(kernel, &variables, error);

	orders->holds = g_array_new(FALSE, TRUE, sizeof(struct hold_orders));
	g_array_set_clear_func(orders->holds, hold_orders_clear);
	orders->n_arms = sweep ? sweep->arms->len : 0;
	orders->fails = g_ptr_array_new_with_free_func(g_free);
	if (!symbols)
		return NULL;
	for (guint i = 0; i < n + orders->n_arms; i++)
		/*
		 * ignore an arm (a hold of a sweep) whose place this kernel does not have; it is
		 * never reached
		 */
		if (!add_hold(orders, symbols, kernel->arch, spec_at(holds, n, sweep, i), out,
			      i < n ? error : NULL) &&
		    i < n)
			return NULL;
	if (sweep)
		write_sweep(out, n, sweep);
	if (watch->visits) {
		orders->visits = candidates_find(symbols, watch->visits, error);
		if (!orders->visits)
			return NULL;
		find_calls(orders, symbols, kernel->arch);
	}
	orders->records = watch->locks;
	if (!condition_addresses(out, kernel->arch, symbols, variables, orders->compares_tasks,
				 orders->compares_blocks, error))
		return NULL;
	return write_file(orders, out, watch, kernel, symbols, variables, error)
		       ? g_steal_pointer(&orders)
		       : NULL;
}

guint director_orders_arms(const struct director_orders *orders)
{
	return orders->n_arms;
}

const char *director_orders_hold(const struct director_orders *orders, guint i)
{
	return g_array_index(orders->holds, struct hold_orders, i).text;
}

static json_t *site_json(const struct site *site)
{
	json_t *array = json_array();

	for (guint i = 0; site->at && i < site->at->len; i++) {
		const struct symbol_range *range = &g_array_index(site->at, struct symbol_range, i);

		json_array_append_new(array,
				      json_sprintf("%" G_GINT64_MODIFIER "x", range->address));
	}
	return array;
}

json_t *director_orders_json(const struct director_orders *orders)
{
	json_t *array = json_array();

	for (guint i = 0; i < orders->holds->len - orders->n_arms; i++) {
		const struct hold_orders *hold =
			&g_array_index(orders->holds, struct hold_orders, i);

		json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "hold", hold->text, "at",
						       site_json(&hold->side[0]), "partner",
						       site_json(&hold->side[1])));
	}
	return array;
}

gboolean director_can_update(int api)
{
	return api >= UPDATE_API;
}

/* Checks that QEMU with plugin interface API supports the hold SPEC. */
static gboolean hold_fits(const struct hold_spec *spec, int api, GError **error)
{
	const char *partner = hold_partner(spec);
	g_autofree char *text = hold_text(spec);

	if ((spec->comm || spec->same) && api < RECORD_API)
		return rig_fail(error, RIG_EXIT_SKIP,
				"hold '%s': 'comm' and 'same' need QEMU 9.2 or newer, because "
				"older ones do not let a plugin read registers (plugin interface "
				"%d); " GET_QEMU("bookworm-backports"),
				text, api);
	if ((place_is_update(spec->at) || (partner && place_is_update(partner))) &&
	    !director_can_update(api))
		return rig_fail(error, RIG_EXIT_SKIP,
				"hold '%s': 'update in' needs QEMU 9.1 or newer, because older "
				"ones call a plugin only after the write (plugin interface "
				"%d); " GET_QEMU("bookworm-backports"),
				text, api);
	return TRUE;
}

gboolean director_fits(const struct hold_spec *holds, guint n, const struct director_watch *watch,
		       int api, GError **error)
{
	const GArray *arms = watch->sweep ? watch->sweep->arms : NULL;

	for (guint i = 0; i < n; i++)
		if (!hold_fits(&holds[i], api, error))
			return FALSE;
	for (guint i = 0; arms && i < arms->len; i++)
		if (!hold_fits(&g_array_index(arms, struct hold_spec, i), api, error))
			return FALSE;
	if (watch->locks && api < RECORD_API)
		return rig_fail(
			error, RIG_EXIT_SKIP,
			"recording locks needs QEMU 9.2 or newer, because older ones do not "
			"let a plugin read registers and memory (plugin interface %d); "
			GET_QEMU("bookworm-backports"),
			api);
	if ((watch->n_fails || watch->calls) && api < FAIL_API)
		return rig_fail(
			error, RIG_EXIT_SKIP,
			"'fail' needs QEMU 11.1 or newer, because older ones do not let a plugin "
			"write registers (plugin interface %d); " GET_QEMU("trixie-backports"),
			api);
	return TRUE;
}

const char *director_orders_fail(const struct director_orders *orders, guint i)
{
	return orders->fails->pdata[i];
}

const char *director_orders_text(const struct director_orders *orders)
{
	return orders->text;
}
