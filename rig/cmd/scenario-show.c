// SPDX-License-Identifier: GPL-2.0-only
/* rig scenario show: prints a scenario in full, as text or JSON (scenario-json.c). */
#include <stdio.h>
#include <string.h>

#include "cmd/scenario.h"
#include "scenario/scenario.h"
#include "util/error.h"
#include "util/size.h"
#include "util/term.h"
#include "util/text.h"

static char *range_text(const struct range *range, gboolean is_size)
{
	g_autofree char *low = is_size ? rig_size_text(range->low)
				       : g_strdup_printf("%" G_GUINT64_FORMAT, range->low);
	g_autofree char *high = is_size ? rig_size_text(range->high)
					: g_strdup_printf("%" G_GUINT64_FORMAT, range->high);

	return range->low == range->high ? g_steal_pointer(&low)
					 : g_strdup_printf("%s to %s", low, high);
}

static void print_size(const char *key, guint64 size)
{
	g_autofree char *text = rig_size_text(size);

	if (size)
		printf(", %s %s", key, text);
}

static void print_step_options(const struct step *step)
{
	g_autofree char *requested = range_text(&step->requested, TRUE);

	if (step->requested.high)
		printf(", requested %s", requested);
	print_size("label", step->label);
	if (step->file)
		printf(", file %s", step->file);
	print_size("block", step->block);
	if (step->node)
		printf(", node %u", step->node);
	if (step->backend)
		printf(", backend %s", step_backend_name(step->backend));
	if (step->prealloc)
		fputs(", prealloc", stdout);
	if (step->inaccessible)
		fputs(", inaccessible", stdout);
	if (step->memslots)
		fputs(", memslots", stdout);
	if (step->at_boot)
		fputs(", at boot", stdout);
}

static void print_step(const struct step *step)
{
	g_autofree char *size = range_text(&step->size, TRUE), *ms = range_text(&step->ms, FALSE);

	printf("    %-7s", step_do_name(step->what));
	if (step->id)
		printf(" %s", step->id);
	if (step->what == STEP_PLUG)
		printf(" %s%s", step_device_name(step->device), step->once ? ", once" : "");
	if (step->what == STEP_ONLINE)
		printf(" %s", step_how_name(step->how));
	if (step->what == STEP_CPU)
		printf(" %u, write %u", step->cpu, step->write);
	if (step->size.high || step->what == STEP_RESIZE)
		printf(" %s", size);
	print_step_options(step);
	if (step->what == STEP_WAIT || step->what == STEP_PAUSE)
		printf(" %s ms", ms);
	if (step->timeout_s != STEP_TIMEOUT_S)
		printf(", timeout %u s", step->timeout_s);
	if (step->chance < 100)
		printf("  (%u %%)", step->chance);
	putchar('\n');
}

static const char *about_agent(const char *name)
{
	for (const struct agent_info *info = scenario_agents; info->name; info++)
		if (!strcmp(info->name, name))
			return info->about;
	return "";
}

static void print_agent(const struct agent *agent)
{
	printf("    %s: %s", agent->name, about_agent(agent->name));
	if (agent->count > 1)
		printf(" × %u", agent->count);
	if (agent->rate)
		printf(", %u a second%s", agent->rate, agent->count > 1 ? " each" : "");
	for (unsigned i = 0; i < agent->n_params; i++)
		printf(", %s=%s", agent->params[i].key, agent->params[i].value);
	puts(agent->optional ? "  (optional)" : "");
}

/*
 * Adds a step or agent to the takers of each of LOCKS. TAKERS maps a lock to the names of the
 * steps and agents that take it ("unplug, block-state"). ORDER has the locks in the order in which
 * they were added.
 */
static void add_locks(GHashTable *takers, GPtrArray *order, const char *const *locks,
		      const char *who)
{
	for (; locks && *locks; locks++) {
		GString *list = g_hash_table_lookup(takers, *locks);

		if (!list) {
			list = g_string_new(NULL);
			g_hash_table_insert(takers, (gpointer)*locks, list);
			g_ptr_array_add(order, (gpointer)*locks);
		}
		if (!strstr(list->str, who))
			g_string_append_printf(list, "%s%s", list->len ? ", " : "", who);
	}
}

static void free_text(gpointer text)
{
	g_string_free(text, TRUE);
}

static void print_locks(const struct scenario *s)
{
	g_autoptr(GHashTable) takers =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_text);
	g_autoptr(GPtrArray) order = g_ptr_array_new();

	for (unsigned i = 0; i < s->n_agents; i++)
		add_locks(takers, order, scenario_agent_locks(s->agents[i].name),
			  s->agents[i].name);
	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			const struct step *step = &s->tracks[t].steps[i];

			add_locks(takers, order, scenario_step_locks(step->what, step->device),
				  step_do_name(step->what));
		}
	if (order->len)
		puts("  locks, and what takes them");
	for (guint i = 0; i < order->len; i++)
		printf("    %-20s %s\n", (char *)order->pdata[i],
		       ((GString *)g_hash_table_lookup(takers, order->pdata[i]))->str);
}

/* Prints an array of strings, a line each, below TITLE. Takes over the reference. */
static void print_texts(const char *title, json_t *texts)
{
	json_t *text;
	size_t i;

	if (json_array_size(texts))
		printf("  %s\n", title);
	json_array_foreach (texts, i, text)
		printf("    %s\n", json_string_value(text));
	json_decref(texts);
}

/* Prints STRINGS on one line that begins with KEY, unless there are none. */
static void print_list(const char *key, char **strings)
{
	g_autofree char *text = g_strjoinv(", ", strings);

	if (*text)
		printf("  %-9s %s\n", key, text);
}

/* Prints what the scenario needs of the kernel, and which modules and files it brings. */
static void print_build(const struct scenario *s)
{
	g_autofree char *options = g_strjoinv(", ", s->kconfig);

	if (s->full || *options)
		printf("  config    %s%s%s\n", s->full ? "full" : "standard",
		       *options ? ", with " : "", options);
	for (unsigned i = 0; i < s->n_modules; i++)
		printf("  module    %s%s\n", s->modules[i].name,
		       s->modules[i].folder ? ", a folder of the scenario" : ", of the kernel");
	print_list("needs", s->needs);
	print_list("varied", s->vary);
	for (unsigned i = 0; i < s->n_files; i++)
		printf("  file      %s\n", s->files[i].name);
}

static void print_nodes(const struct scenario *s)
{
	printf("%u node%s", s->nodes, text_s(s->nodes));
	if (s->nodes > 1)
		printf(" (with base memory: %u, with CPUs: %u)", s->base_nodes, s->cpu_nodes);
	puts(s->hmat ? ", HMAT" : "");
}

static void print_track(const struct track *track, unsigned number)
{
	printf("  track %u of the host", number);
	if (track->copies > 1)
		printf(", %u copies", track->copies);
	if (track->repeat > 1)
		printf(", %u laps\n", track->repeat);
	else
		puts(track->repeat ? ", once" : ", until the end");
	for (unsigned i = 0; i < track->n_steps; i++)
		print_step(&track->steps[i]);
}

static void print_expect(const struct expect *expect)
{
	g_autofree char *cycle = g_strjoinv(" --> ", expect->cycle);

	if (expect->kind)
		printf("  expected  %s%s%s\n", expect->kind, *cycle ? ", " : "", cycle);
	for (unsigned i = 0; i < expect->n_outcomes; i++) {
		const struct expect_outcome *one = &expect->outcomes[i];

		printf("  expected  %s%s%s: %s\n",
		       one->agent ? one->agent : step_do_name(one->what), one->id ? " " : "",
		       one->id ? one->id : "", one->result);
	}
}

static void print_scenario(const struct scenario *s)
{
	g_autofree char *memory = rig_size_text(s->memory), *most = rig_size_text(s->max_memory);
	g_autofree char *machines_text = g_strjoinv(", ", s->machines),
			*cmdline = scenario_cmdline(s);

	printf("%s%s%s  %s\n\n%s\n\n", term_colour(TERM_BOLD), s->name, term_colour(TERM_PLAIN),
	       s->file, s->about);
	printf("  machines  %s\n  memory    %s, up to %s, %u slot%s, ", machines_text, memory,
	       most, s->slots, text_s(s->slots));
	print_nodes(s);
	printf("  CPUs      %u, up to %u\n  kernel    %s\n", s->cpus, s->max_cpus, cmdline);
	printf("  duration  %u s, after a boot of at most %u s%s\n", s->duration_s, s->boot_s,
	       s->coverage ? ", with coverage" : "");
	if (!s->accounts)
		puts("  accounts  not compared");
	print_build(s);
	if (s->n_agents)
		puts("  agents in the guest");
	for (unsigned i = 0; i < s->n_agents; i++)
		print_agent(&s->agents[i]);
	for (unsigned t = 0; t < s->n_tracks; t++)
		print_track(&s->tracks[t], t + 1);
	print_texts("holds", scenario_holds_json(s));
	print_texts("lock cycle in which a trap stops tasks", scenario_strings_json(s->hold_cycle));
	print_texts("calls that fail", scenario_fails_json(s));
	print_locks(s);
	print_expect(&s->expect);
}

int scenario_show(const char *name, gboolean json)
{
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = scenario_load(name, &error);

	if (!s)
		return rig_report_error(error);
	if (json)
		cmd_print_json(scenario_json(s));
	else
		print_scenario(s);
	return RIG_EXIT_PASS;
}
