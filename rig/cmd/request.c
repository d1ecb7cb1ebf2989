// SPDX-License-Identifier: GPL-2.0-only
/* Executes a run request of a command and prints its progress. */
#include "cmd/request.h"

#include <stdio.h>

#include "engine/engine.h"
#include "util/clock.h"
#include "util/term.h"
#include "util/text.h"

static void show_build(const char *step, guint done, guint total, gint64 last_ns, void *data)
{
	const gint64 *began_ns = data;
	g_autofree char *took = rig_duration_text(rig_now_ns() - *began_ns);
	g_autofree char *last = last_ns ? rig_duration_text(last_ns) : NULL;
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_printf(line, "kernel: %s", step);
	if (total)
		g_string_append_printf(line, " %u of about %u files (%u %%)", done, total,
				       MIN(99, done * 100 / total));
	else if (done)
		g_string_append_printf(line, " %u file%s", done, text_s(done));
	g_string_append_printf(line, ", %s", took);
	if (last)
		g_string_append_printf(line, "; the last full build took %s", last);
	term_status(line->str);
}

static void show_estimate(const struct kernel_estimate *estimate, void *data)
{
	g_autofree char *text = kernel_estimate_text(estimate);

	(void)data;
	printf("build    %s\n", text);
	fflush(stdout);
}

static void show_kernel(const struct kernel *kernel, void *data)
{
	const gint64 *began_ns = data;
	g_autofree char *took = rig_duration_text(rig_now_ns() - *began_ns);

	term_status(NULL);
	printf("kernel   %s, %s%s%s\n", kernel->name, kernel->source,
	       kernel->was_cached ? ", from the cache" : ", built in ",
	       kernel->was_cached ? "" : took);
	fflush(stdout);
}

/* For a command that prints nothing about a run itself: a kernel from the cache is not printed. */
static void show_built(const struct kernel *kernel, void *data)
{
	if (kernel->was_cached)
		term_status(NULL);
	else
		show_kernel(kernel, data);
}

static void show_run(const struct engine_status *st, void *data)
{
	g_autoptr(GString) line = g_string_new(NULL);

	(void)data;
	g_string_printf(line, "%-8s guest %5.1f s", st->state, st->guest_s);
	if (st->left_s > 0)
		g_string_append_printf(line, "  %2.0f s left", st->left_s);
	g_string_append_printf(line, "  plug %u  unplug %u", st->plugs, st->unplugs);
	if (st->refused)
		g_string_append_printf(line, "  refused %u", st->refused);
	g_string_append_printf(line, "  reports %u", st->reports);
	if (st->agents && *st->agents)
		g_string_append_printf(line, "  %s", st->agents);
	term_status(line->str);
}

static struct run_plan *make_plan(const struct run_request *want, enum request_shown shown,
				  GError **error)
{
	gint64 began_ns = rig_now_ns();
	const struct plan_progress progress = {
		show_build, show_estimate, shown == SHOW_ALL ? show_kernel : show_built, &began_ns};
	struct run_plan *plan = plan_make(want, shown == SHOW_NOTHING ? NULL : &progress, error);

	if (shown != SHOW_NOTHING)
		term_status(NULL);
	return plan;
}

gboolean request_run(const struct run_request *want, enum request_shown shown,
		     struct run_info **ret, GError **error)
{
	rig_auto(run_plan) plan = make_plan(want, shown, error);
	gboolean quiet = shown != SHOW_ALL;
	g_autofree char *dir = NULL;
	enum verdict verdict;
	gboolean ok;

	if (!plan)
		return FALSE;
	if (!quiet)
		printf("run      %s on %s, seed %" G_GUINT64_FORMAT ", %s\n", plan->scenario->name,
		       plan->machine->name, plan->seed, plan->accel_why);
	if (!quiet && plan->fitted)
		printf("pages    %s: %s\n", plan->machine->page_size, plan->fitted);
	if (!quiet && plan->record_locks)
		puts("record   locks, with nokaslr, because the plugin finds functions by their "
		     "addresses");
	if (!quiet && plan->scenario->n_holds && plan->orders)
		printf("holds    %u, with nokaslr, because their places are addresses\n",
		       plan->scenario->n_holds);
	ok = engine_run(plan, quiet ? NULL : show_run, NULL, &dir, &verdict, error);
	if (!quiet)
		term_status(NULL);
	if (!ok)
		return FALSE;
	*ret = run_open(plan->results, dir, error);
	return *ret != NULL;
}

gboolean request_build(const struct run_request *want, gboolean quiet, GError **error)
{
	gint64 began_ns = rig_now_ns();
	const struct plan_progress progress = {show_build, show_estimate, show_kernel,
					       &began_ns};
	gboolean ok = plan_build_kernel(want, quiet ? NULL : &progress, error);

	if (!quiet)
		term_status(NULL);
	return ok;
}
