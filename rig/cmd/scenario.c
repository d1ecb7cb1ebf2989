// SPDX-License-Identifier: GPL-2.0-only
/* rig scenario: lists, shows, checks and creates scenarios. */
#include "cmd/scenario.h"

#include <stdio.h>
#include <string.h>

#include "scenario/scenario.h"
#include "util/error.h"
#include "util/size.h"
#include "util/term.h"

static const char summary[] =
	"A scenario defines the operations, the machines, the duration and the expected result of "
	"a run.\n"
	"docs/scenarios.md describes the format.\n\n"
	"  list          list the rig's scenarios with a summary\n"
	"  show NAME     print one in full; --timeline: what a run with --seed N does\n"
	"  check FILE…   check files, and print which machines can run them\n"
	"  new NAME      write NAME.yaml to begin with: --device, --actor, --machine";

static const char examples[] =
	"  rig scenario list\n"
	"  rig scenario show dimm-storm\n"
	"  rig scenario show dimm-storm --timeline --seed 7\n"
	"  rig scenario new my-idea --device dimm --actor block-state --actor write\n"
	"  rig scenario check my-idea.yaml && rig run ./my-idea.yaml\n\n"
	"Exit codes: 0 valid, 2 invalid.\n";

/* Returns the first sentence of ABOUT, on one line. */
static char *gist(const char *about)
{
	g_auto(GStrv) paragraphs = g_strsplit(about, "\n\n", 2);
	char *text = g_strdup(paragraphs[0] ? paragraphs[0] : "");
	char *end;

	g_strdelimit(text, "\n", ' ');
	end = strstr(text, ". ");
	if (end)
		end[1] = '\0';
	return text;
}

static json_t *strings_json(char **strings)
{
	json_t *array = json_array();

	for (char **s = strings; *s; s++)
		json_array_append_new(array, json_string(*s));
	return array;
}

/*
 * Returns the machines that can run S. *RET_WHY (unless RET_WHY is NULL) lists the other machines
 * with the reasons why they cannot.
 */
static char **fitting(const struct scenario *s, char **ret_why)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GString) why = g_string_new(NULL);

	for (guint i = 0; s->machines[i]; i++) {
		const struct machine *machine = machine_find(s->machines[i], NULL);
		g_autoptr(GError) error = NULL;

		if (machine && scenario_check_machine(s, machine, &error))
			g_ptr_array_add(names, g_strdup(machine->name));
		else
			g_string_append_printf(why, "%s%s", why->len ? "; " : "",
					       error ? error->message : s->machines[i]);
	}
	g_ptr_array_add(names, NULL);
	if (ret_why)
		*ret_why = g_strdup(why->str);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static json_t *range_json(const struct range *range)
{
	return range->low == range->high
		       ? json_integer(range->low)
		       : json_pack("[I, I]", (json_int_t)range->low, (json_int_t)range->high);
}

static json_t *step_json(const struct step *step)
{
	json_t *json =
		json_pack("{s:s, s:i}", "do", step_do_name(step->what), "chance", step->chance);

	if (step->id)
		json_object_set_new(json, "id", json_string(step->id));
	if (step->what == STEP_PLUG)
		json_object_set_new(json, "device", json_string(step_device_name(step->device)));
	if (step->what == STEP_ONLINE)
		json_object_set_new(json, "how", json_string(step_how_name(step->how)));
	if (step->size.high)
		json_object_set_new(json, "size", range_json(&step->size));
	if (step->what == STEP_WAIT || step->what == STEP_PAUSE)
		json_object_set_new(json, "ms", range_json(&step->ms));
	return json;
}

static json_t *agent_json(const struct agent *agent)
{
	json_t *params = json_object();

	for (unsigned i = 0; i < agent->n_params; i++)
		json_object_set_new(params, agent->params[i].key,
				    json_string(agent->params[i].value));
	return json_pack("{s:s, s:i, s:i, s:b, s:o}", "name", agent->name, "count", agent->count,
			 "rate", agent->rate, "optional", agent->optional, "params", params);
}

static json_t *scenario_json(const struct scenario *s)
{
	g_autofree char *cmdline = scenario_cmdline(s);
	json_t *agents = json_array(), *tracks = json_array();

	for (unsigned i = 0; i < s->n_agents; i++)
		json_array_append_new(agents, agent_json(&s->agents[i]));
	for (unsigned t = 0; t < s->n_tracks; t++) {
		json_t *steps = json_array();

		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			json_array_append_new(steps, step_json(&s->tracks[t].steps[i]));
		json_array_append_new(tracks,
				      json_pack("{s:i, s:i, s:o}", "copies", s->tracks[t].copies,
						"repeat", s->tracks[t].repeat, "steps", steps));
	}
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:s, s:o, s:o, s:o, s:s?, "
		"s:o, s:o}",
		"name", s->name, "file", s->file, "about", s->about, "machines",
		strings_json(s->machines), "memory", (json_int_t)s->memory, "max_memory",
		(json_int_t)s->max_memory, "slots", s->slots, "nodes", s->nodes, "cpus", s->cpus,
		"max_cpus", s->max_cpus, "duration", s->duration_s, "cmdline", cmdline, "needs",
		strings_json(s->needs), "agents", agents, "tracks", tracks, "expect",
		s->expect.kind, "cycle", strings_json(s->expect.cycle), "vary",
		strings_json(s->vary));
}

static int list(gboolean json)
{
	g_auto(GStrv) names = scenario_names();
	json_auto_t *array = json_array();
	int code = RIG_EXIT_PASS;

	for (char **name = names; *name; name++) {
		g_autoptr(GError) error = NULL;
		rig_auto(scenario) s = scenario_load(*name, &error);
		g_autofree char *about = NULL, *where = NULL;

		if (!s) {
			code = rig_report_error(error);
			continue;
		}
		about = gist(s->about);
		where = g_strjoinv(", ", s->machines);
		if (json)
			json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:i}", "name",
							       s->name, "about", about, "machines",
							       strings_json(s->machines),
							       "duration", s->duration_s));
		else
			printf("%s%s%s  %s%u s on %s%s\n  %s\n", term_colour(TERM_BOLD), s->name,
			       term_colour(TERM_PLAIN), term_colour(TERM_DIM), s->duration_s, where,
			       term_colour(TERM_PLAIN), about);
	}
	if (json)
		cmd_print_json(g_steal_pointer(&array));
	return code;
}

static char *range_text(const struct range *range, gboolean is_size)
{
	g_autofree char *low = is_size ? rig_size_text(range->low)
				       : g_strdup_printf("%" G_GUINT64_FORMAT, range->low);
	g_autofree char *high = is_size ? rig_size_text(range->high)
					: g_strdup_printf("%" G_GUINT64_FORMAT, range->high);

	return range->low == range->high ? g_steal_pointer(&low)
					 : g_strdup_printf("%s to %s", low, high);
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
	if (step->size.high)
		printf(" %s", size);
	if (step->what == STEP_WAIT || step->what == STEP_PAUSE)
		printf(" %s ms", ms);
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
 * Adds a step or agent to the takers of each of LOCKS. TAKERS: lock -> names of the steps and
 * agents that take the lock ("unplug, block-state"); ORDER: the locks in the order in which they
 * were added.
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

static void print_scenario(const struct scenario *s)
{
	g_autofree char *memory = rig_size_text(s->memory), *most = rig_size_text(s->max_memory);
	g_autofree char *machines_text = g_strjoinv(", ", s->machines),
			*cmdline = scenario_cmdline(s);

	printf("%s%s%s  %s\n\n%s\n\n", term_colour(TERM_BOLD), s->name, term_colour(TERM_PLAIN),
	       s->file, s->about);
	printf("  machines  %s\n  memory    %s, up to %s, %u slots, %u node%s\n", machines_text,
	       memory, most, s->slots, s->nodes, s->nodes == 1 ? "" : "s");
	printf("  CPUs      %u, up to %u\n  kernel    %s\n  duration  %u s\n", s->cpus, s->max_cpus,
	       cmdline, s->duration_s);
	if (*s->vary) {
		g_autofree char *vary = g_strjoinv(", ", s->vary);

		printf("  varied    %s\n", vary);
	}
	if (s->n_agents)
		puts("  agents in the guest");
	for (unsigned i = 0; i < s->n_agents; i++)
		print_agent(&s->agents[i]);
	for (unsigned t = 0; t < s->n_tracks; t++) {
		const struct track *track = &s->tracks[t];
		g_autofree char *copies = track->copies > 1
						  ? g_strdup_printf(", %u copies", track->copies)
						  : g_strdup("");

		printf("  track %u of the host%s, %s\n", t + 1, copies,
		       track->repeat == 1 ? "once"
		       : track->repeat	  ? "repeated"
					  : "until the end");
		for (unsigned i = 0; i < track->n_steps; i++)
			print_step(&track->steps[i]);
	}
	print_locks(s);
	if (s->expect.kind)
		printf("  expected  %s\n", s->expect.kind);
	for (unsigned i = 0; i < s->expect.n_outcomes; i++) {
		const struct expect_outcome *one = &s->expect.outcomes[i];

		printf("  expected  %s%s%s: %s\n",
		       one->agent ? one->agent : step_do_name(one->what), one->id ? " " : "",
		       one->id ? one->id : "", one->result);
	}
}

static int show(const char *name, gboolean json)
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

static gboolean check_one(const char *file, json_t *array)
{
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = scenario_load(file, &error);
	g_autofree char *why = NULL, *names = NULL;
	g_auto(GStrv) fit = s ? fitting(s, &why) : NULL;
	gboolean ok = fit && fit[0];

	names = fit ? g_strjoinv(", ", fit) : NULL;
	if (array)
		json_array_append_new(
			array, json_pack("{s:s, s:b, s:s?, s:s?, s:o}", "file", file, "ok", ok,
					 "error", error ? error->message : NULL, "unfit", why,
					 "machines", fit ? strings_json(fit) : json_array()));
	else if (!s)
		rig_report_error(error);
	else
		printf("%s: %s%s%s%s%s\n", file, ok ? "valid, runs on " : "no machine can run it",
		       ok ? names : "", *why ? " (" : "", why, *why ? ")" : "");
	return ok;
}

static int check(char **files, gboolean json)
{
	json_t *array = json ? json_array() : NULL;
	gboolean ok = TRUE;

	for (char **file = files; *file; file++)
		ok &= check_one(*file, array);
	if (json)
		cmd_print_json(array);
	return ok ? RIG_EXIT_PASS : RIG_EXIT_USAGE;
}

int cmd_scenario(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	gboolean json = FALSE, timeline = FALSE;
	struct timeline_want want = {.laps = 2};
	struct new_want fresh = {0};
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print JSON", NULL},
		{"timeline", 0, 0, G_OPTION_ARG_NONE, &timeline, "show: the operations of a run",
		 NULL},
		{"seed", 's', 0, G_OPTION_ARG_STRING, &want.seed, "seed of that run", "N"},
		{"machine", 'm', 0, G_OPTION_ARG_STRING, &want.machine,
		 "its machine (the scenario's first)", "NAME"},
		{"device", 0, 0, G_OPTION_ARG_STRING, &fresh.device,
		 "new: dimm (default), virtio-mem or cpu", "NAME"},
		{"actor", 0, 0, G_OPTION_ARG_STRING_ARRAY, &fresh.actors,
		 "new: an agent; may be repeated", "NAME"},
		{"laps", 0, 0, G_OPTION_ARG_INT, &want.laps, "laps to show of each track (2)", "N"},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "list|show NAME|check FILE…|new NAME", summary,
		       examples, &error))
		return rig_report_error(error);
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list(json);
	if (argc == 3 && !strcmp(argv[1], "show") && timeline)
		return scenario_show_timeline(argv[2], &want, json);
	if (argc == 3 && !strcmp(argv[1], "show"))
		return show(argv[2], json);
	fresh.machine = want.machine;
	if (argc == 3 && !strcmp(argv[1], "new"))
		return scenario_new(argv[2], &fresh);
	if (argc >= 3 && !strcmp(argv[1], "check"))
		return check(argv + 2, json);
	fputs("rig: scenario takes 'list', 'show NAME', 'check FILE…' or 'new NAME'; "
	      "`rig scenario --help` "
	      "describes them\n",
	      stderr);
	return RIG_EXIT_USAGE;
}
