// SPDX-License-Identifier: GPL-2.0-only
/* Holds to the instruction file (plugin/protocol.h). */
#include "director/internal.h"

#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"

/* plugin interface: callbacks between the read and the write of an instruction */
#define UPDATE_API 3
/* plugin interface: registers and memory of the guest can be read */
#define RECORD_API 4

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
	g_free(orders->text);
	g_free(orders);
}

/* The names of KERNEL: vmlinux has DWARF, perhaps; every image has kallsyms. */
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
		rig_fail(error, RIG_EXIT_SKIP, "holds need the names of kernel '%s': %s",
			 kernel->name, why->message);
	return symbols;
}

static void write_side(GString *out, guint id, char side, const struct site *site, guint *watches)
{
	for (guint i = 0; i < site->at->len; i++, ++*watches) {
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

/* x86 kernels with return thunks jump there instead of returning. */
static void write_thunk(GString *out, struct symbols *symbols)
{
	g_autoptr(GArray) found = symbols_named(symbols, "__x86_return_thunk");

	if (found->len)
		g_string_append_printf(out, "thunk %" G_GINT64_MODIFIER "x\n",
				       g_array_index(found, struct symbol_range, 0).address);
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

static gboolean write_file(struct director_orders *orders, const struct hold_spec *specs,
			   const char *arch, struct symbols *symbols,
			   const struct variables *variables, GError **error)
{
	g_autoptr(GString) out = g_string_new(DIRECTOR_MAGIC "\n");
	guint watches = 0;

	for (guint i = 0; i < orders->holds->len; i++)
		g_string_append_printf(out, "hold %u %s %u %u %u %u\n", i,
				       specs[i].until ? "until" : "meet", specs[i].max_ms,
				       specs[i].times, specs[i].visits, specs[i].after);
	for (guint i = 0; i < orders->holds->len; i++)
		for (int side = 0; side < 2; side++)
			write_side(out, i, "ab"[side],
				   &g_array_index(orders->holds, struct hold_orders, i).side[side],
				   &watches);
	write_visits(out, orders, symbols, arch, &watches);
	write_thunk(out, symbols);
	if (orders->records && !recorder_lines(out, symbols, arch, variables, &watches, error))
		return FALSE;
	if (watches > DIRECTOR_WATCHES_MAX || out->len > DIRECTOR_FILE_MAX)
		return rig_fail(error, RIG_EXIT_USAGE,
				"the holds and counted functions have %u addresses (at most %d)",
				watches, DIRECTOR_WATCHES_MAX);
	orders->text = g_string_free(g_steal_pointer(&out), FALSE);
	return TRUE;
}

static gboolean find_sides(struct symbols *symbols, const char *arch, const struct hold_spec *spec,
			   struct hold_orders *ret, GError **error)
{
	const char *places[2] = {spec->at, spec->until ? spec->until : spec->meet};

	ret->text = hold_text(spec);
	for (int side = 0; side < 2; side++)
		if (!place_find(symbols, arch, places[side], &ret->side[side], error)) {
			g_prefix_error(error, "hold '%s': ", ret->text);
			hold_orders_clear(ret);
			return FALSE;
		}
	return TRUE;
}

struct director_orders *director_resolve(const struct hold_spec *holds, guint n, const char *visits,
					 gboolean record, const struct kernel *kernel,
					 GError **error)
{
	rig_auto(director_orders) orders = g_new0(struct director_orders, 1);
	rig_auto(variables) variables = NULL;
	rig_auto(symbols) symbols = open_names(kernel, &variables, error);

	orders->holds = g_array_new(FALSE, TRUE, sizeof(struct hold_orders));
	g_array_set_clear_func(orders->holds, hold_orders_clear);
	if (!symbols)
		return NULL;
	for (guint i = 0; i < n; i++) {
		struct hold_orders hold = {0};

		if (!find_sides(symbols, kernel->arch, &holds[i], &hold, error))
			return NULL;
		g_array_append_val(orders->holds, hold);
	}
	if (visits && !(orders->visits = candidates_find(symbols, visits, error)))
		return NULL;
	orders->records = record;
	return write_file(orders, holds, kernel->arch, symbols, variables, error)
		       ? g_steal_pointer(&orders)
		       : NULL;
}

static json_t *site_json(const struct site *site)
{
	json_t *array = json_array();

	for (guint i = 0; i < site->at->len; i++) {
		const struct symbol_range *range = &g_array_index(site->at, struct symbol_range, i);

		json_array_append_new(array,
				      json_sprintf("%" G_GINT64_MODIFIER "x", range->address));
	}
	return array;
}

json_t *director_orders_json(const struct director_orders *orders)
{
	json_t *array = json_array();

	for (guint i = 0; i < orders->holds->len; i++) {
		const struct hold_orders *hold =
			&g_array_index(orders->holds, struct hold_orders, i);

		json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "hold", hold->text, "at",
						       site_json(&hold->side[0]), "partner",
						       site_json(&hold->side[1])));
	}
	return array;
}

gboolean director_orders_fit(const struct director_orders *orders, int api, GError **error)
{
	for (guint i = 0; i < orders->holds->len; i++) {
		const struct hold_orders *hold =
			&g_array_index(orders->holds, struct hold_orders, i);

		for (int side = 0; side < 2; side++)
			if (hold->side[side].kind == SITE_UPDATE && api < UPDATE_API)
				return rig_fail(
					error, RIG_EXIT_SKIP,
					"hold '%s': 'update in' needs QEMU 9.1 or newer, "
					"because older ones call a plugin "
					"only after the write (plugin interface %d); "
					"get one with `rig qemu get SUITE`, "
					"for example bookworm-backports, and take it with --qemu "
					"SUITE",
					hold->text, api);
	}
	if (orders->records && api < RECORD_API)
		return rig_fail(
			error, RIG_EXIT_SKIP,
			"recording locks needs QEMU 9.2 or newer, because older ones do not "
			"let a plugin read registers and memory (plugin interface %d); get "
			"one with `rig qemu get SUITE`, for example bookworm-backports, and "
			"take it with --qemu SUITE",
			api);
	return TRUE;
}

const char *director_orders_text(const struct director_orders *orders)
{
	return orders->text;
}
