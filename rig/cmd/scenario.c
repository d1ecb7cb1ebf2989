// SPDX-License-Identifier: GPL-2.0-only
/* rig scenario: lists, shows, checks and creates scenarios. */
#include "cmd/scenario.h"

#include <stdio.h>
#include <string.h>

#include "scenario/scenario.h"
#include "util/error.h"
#include "util/term.h"

static const char summary[] =
	"A scenario defines the operations, the machines, the duration and the expected result of "
	"a run.\n"
	"rig-scenario(5) describes the format.\n\n"
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

/* Returns the first sentence of the description ABOUT, on one line. */
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
							       scenario_strings_json(s->machines),
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
					 "machines",
					 fit ? scenario_strings_json(fit) : json_array()));
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
		{"seed", 's', 0, G_OPTION_ARG_STRING, &want.seed,
		 "show --timeline: seed of the run", "N"},
		{"machine", 'm', 0, G_OPTION_ARG_STRING, &want.machine,
		 "show --timeline: machine of the run (default: the scenario's first)", "NAME"},
		{"pages", 0, 0, G_OPTION_ARG_STRING, &want.page_size,
		 "show --timeline: page size of the kernel (default: the machine's)", "SIZE"},
		{"device", 0, 0, G_OPTION_ARG_STRING, &fresh.device,
		 "new: dimm (default), virtio-mem or cpu", "NAME"},
		{"actor", 0, 0, G_OPTION_ARG_STRING_ARRAY, &fresh.actors,
		 "new: an agent; may be repeated", "NAME"},
		{"laps", 0, 0, G_OPTION_ARG_INT, &want.laps,
		 "show --timeline: laps of each track (default 2)", "N"},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "list|show NAME|check FILE…|new NAME", summary,
		       examples, &error))
		return rig_report_error(error);
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list(json);
	if (argc == 3 && !strcmp(argv[1], "show") && timeline)
		return scenario_show_timeline(argv[2], &want, json);
	if (argc == 3 && !strcmp(argv[1], "show"))
		return scenario_show(argv[2], json);
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
