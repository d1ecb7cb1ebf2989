// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles the locks that QEMU's plugin has recorded (docs/prove.md): adds names, writes them to
 * `locks/`, and searches for cycles. If the record is incomplete, no cycle is reported, and nothing
 * is proven.
 */
#include "engine/session.h"

#include <glib/gstdio.h>

#include "locks/graph.h"
#include "locks/recorded.h"
#include "symbol/symbol.h"
#include "symbol/variables.h"
#include "util/error.h"

struct names {
	struct symbols *symbols;
	struct variables *variables;
};

static char *name_variable(guint64 address, void *data)
{
	return variables_name(address, ((struct names *)data)->variables);
}

static char *name_function(guint64 address, void *data)
{
	g_autoptr(GPtrArray) places = symbols_at(((struct names *)data)->symbols, address);
	const struct place *place = places->len ? places->pdata[places->len - 1] : NULL;

	return place ? g_strdup(place->function) : NULL;
}

static gboolean open_names(const struct kernel *kernel, struct names *names, GError **error)
{
	g_autoptr(GBytes) image = NULL;

	names->symbols = kernel->vmlinux ? symbols_open(kernel->vmlinux, NULL) : NULL;
	if (names->symbols) {
		names->variables = variables_open(kernel->vmlinux);
		return TRUE;
	}
	image = kernel_unpack(kernel->image, error);
	if (!image)
		return FALSE;
	names->symbols = symbols_of_image(image, error);
	names->variables = names->symbols ? variables_of_image(image, error) : NULL;
	return names->variables != NULL;
}

static void add_reports(struct session *s, const struct lock_recorded *recorded,
			const GPtrArray *cycles)
{
	g_autoptr(GPtrArray) found = lock_cycle_findings(recorded, cycles);

	/* judge_derived() takes ownership of each report */
	for (guint i = 0; i < found->len; i++)
		judge_derived(s, found->pdata[i]);
}

/* Stores the recorder's lock orders as those of the run, if lockdep has provided none. */
static void keep_orders(struct session *s, const struct lock_recorded *recorded)
{
	rig_auto(lock_orders) orders = NULL;
	json_auto_t *json = NULL;
	g_autofree char *text = NULL;

	if (s->locks.text[1])
		return;
	orders = lock_recorded_orders(recorded);
	json = lock_orders_json(orders);
	text = json_dumps(json, JSON_COMPACT);
	if (text)
		locks_keep_gz(s, "orders.json", text);
}

static void keep(struct session *s, const struct lock_recorded *recorded)
{
	g_autofree char *fault = lock_recorded_fault(recorded), *text = NULL;
	g_autoptr(GPtrArray) cycles = NULL;
	json_auto_t *json = lock_recorded_json(recorded);

	cycles = fault ? g_ptr_array_new() : lock_recorded_cycles(recorded);
	text = json_dumps(json, JSON_COMPACT);
	if (text)
		locks_keep_gz(s, "recorded.json", text);
	s->recorded = lock_recorded_summary(recorded, cycles, s->plan->hold_cycle);
	if (fault)
		return;
	keep_orders(s, recorded);
	add_reports(s, recorded, cycles);
}

void recorder_keep(struct session *s)
{
	const char *path = NULL;
	rig_auto(lock_recorded) recorded = NULL;
	struct names names = {0};
	const struct lock_names by_address = {name_variable, name_function, &names};
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	if (!s->plan->record_locks || !s->holds.director)
		return;
	director_drain(s->holds.director);
	path = director_locks_path(s->holds.director);
	if (!path)
		rig_fail(&error, RIG_EXIT_INFRA,
			 "QEMU ended before its plugin wrote the recorded locks");
	else if (g_file_get_contents(path, &text, NULL, &error) &&
		 open_names(s->plan->kernel, &names, &error))
		recorded = lock_recorded_parse(text, &by_address, &error);
	if (recorded) {
		keep(s, recorded);
		locks_keep_gz(s, "recorded", text);
		g_unlink(path);
	} else {
		run_journal(s->run, "recorder", "{s:s}", "why", error->message);
		s->recorded = json_pack("{s:s}", "fault", error->message);
	}
	symbols_free(names.symbols);
	variables_free(names.variables);
}
