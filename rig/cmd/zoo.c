// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig zoo: runs kernels with reintroduced bugs, and shows whether and how soon the rig catches
 * them.
 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/findings.h"
#include "cmd/options.h"
#include "cmd/where.h"
#include "cmd/zoo.h"
#include "scenario/scenario.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/term.h"
#include "zoo/zoo.h"

#define PAGE "docs/zoo.md"

static const char summary[] =
	"The zoo consists of real hotplug bugs, reintroduced by patches. They show "
	"that the rig detects such bugs.\n"
	"docs/zoo.md is the manual.\n\n"
	"  list        list the entries\n"
	"  show zNN    print one in full\n"
	"  run zNN…    build the kernel with the bug and run its scenario, which must catch it\n"
	"  ablate zNN  the same with one agent or step left out at a time, to measure what each "
	"contributes\n"
	"  table       how often and how soon each was caught, with all parts and with some left "
	"out, from the\n"
	"              existing runs";

static const char examples[] = "  rig zoo run z03\n"
			       "  rig zoo run z09 --machine pseries --repeat 20\n"
			       "  rig zoo run --all --clean        the same scenarios without the "
			       "bugs: all must stay silent\n"
			       "  rig zoo run --all --repeat 20 --on slurm    on a cluster "
			       "(docs/fleet.md)\n"
			       "  rig zoo ablate z03 --repeat 5\n"
			       "  rig zoo table\n\n"
			       "Exit codes of run: 0 all caught (with --clean: all silent), 1 not, "
			       "2 usage, 3 infrastructure.\n";

static struct zoo_want want;
static gboolean all_entries, write_tables, only_directed;

static const GOptionEntry options[] = {
	{"all", 'a', 0, G_OPTION_ARG_NONE, &all_entries, "run: all verified entries", NULL},
	{"machine", 'm', 0, G_OPTION_ARG_STRING, &want.machine,
	 "run, ablate: machine; entries for others are skipped (default: each entry's first)",
	 "NAME"},
	{"kernel", 'k', 0, G_OPTION_ARG_STRING, &want.kernel,
	 "run: a kernel source that the entry has patches for", "SOURCE"},
	{"repeat", 'n', 0, G_OPTION_ARG_INT, &want.repeat,
	 "run, ablate: number of runs (default 1)", "N"},
	{"clean", 'c', 0, G_OPTION_ARG_NONE, &want.clean, "run: build the kernel without the bug",
	 NULL},
	{"dice", 0, 0, G_OPTION_ARG_NONE, &want.dice, "run: without the scenario's holds, so "
						      "that only chance finds the bug", NULL},
	{"without", 0, 0, G_OPTION_ARG_STRING, &want.without,
	 "run: leave out a part of the scenario, as ablate does", "PART"},
	{"seed", 's', 0, G_OPTION_ARG_STRING, &want.seed, "run: seed of all random choices", "N"},
	{"duration", 'd', 0, G_OPTION_ARG_INT, &want.duration,
	 "run: seconds of load, instead of the scenario's", "S"},
	{"jobs", 'j', 0, G_OPTION_ARG_INT, &want.jobs, "run: number of compile jobs", "N"},
	{"launcher", 0, 0, G_OPTION_ARG_STRING, &want.launcher, "run, ablate: direct, or libvirt",
	 "WORD"},
	{"connect", 0, 0, G_OPTION_ARG_STRING, &want.uri,
	 "run, ablate: libvirt's URI: qemu:///session", "URI"},
	{"qemu", 0, 0, G_OPTION_ARG_FILENAME, &want.emulator,
	 "run, ablate: another QEMU: a program, or a suite of `rig qemu get`", "NAME"},
	OPTION_RESULTS(&want.results),
	{"directed", 0, 0, G_OPTION_ARG_NONE, &only_directed,
	 "table: only the table of entries with holds or failing calls", NULL},
	{"write", 'w', 0, G_OPTION_ARG_NONE, &write_tables,
	 "table: replace the tables of " PAGE " that have rows", NULL},
	{"json", 0, 0, G_OPTION_ARG_NONE, &want.json, "print JSON", NULL},
	{NULL}};

static json_t *strings(char **list)
{
	json_t *array = json_array();

	for (char **s = list; *s; s++)
		json_array_append_new(array, json_string(*s));
	return array;
}

static json_t *entry_json(const struct zoo_entry *e)
{
	json_t *variants = json_array();

	for (unsigned i = 0; i < e->n_variants; i++)
		json_array_append_new(variants, json_pack("{s:s, s:o, s:o, s:o}", "kernel",
							  e->variants[i].kernel, "base",
							  strings(e->variants[i].base), "bug",
							  strings(e->variants[i].bug), "fragments",
							  strings(e->variants[i].fragments)));
	return json_pack(
		"{s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:s?, s:{s:s, s:o, s:o, s:s?, s:s?}, "
		"s:o, s:s}",
		"id", e->id, "subject", e->subject, "commits", strings(e->commits), "fixed",
		e->fixed, "wrong", e->wrong, "patches", variants, "scenario", e->scenario,
		"machines", strings(e->machines), "mmu", e->mmu, "expect", "oracle",
		zoo_oracle_name(e->oracle), "kinds", strings(e->kinds), "cycle", strings(e->cycle),
		"function", e->function, "operation", e->operation,
		"verified", strings(e->verified), "file", e->file);
}

static void print_entry(const struct zoo_entry *e)
{
	g_autofree char *commits = g_strjoinv(", ", e->commits),
			*machines_text = g_strjoinv(", ", e->machines);
	g_autofree char *kinds = g_strjoinv(" or ", e->kinds), *cycle = g_strjoinv(", ", e->cycle);
	g_autofree char *verified = g_strjoinv(", ", e->verified);

	printf("%s%s  %s%s\n\n%s\n\n", term_colour(TERM_BOLD), e->id, e->subject,
	       term_colour(TERM_PLAIN), e->wrong);
	printf("  commits   %s, fixed %s\n  scenario  %s\n  machines  %s%s%s\n  oracle    %s%s%s\n",
	       commits, e->fixed, e->scenario, machines_text, e->mmu ? ", MMU " : "",
	       e->mmu ? e->mmu : "", zoo_oracle_name(e->oracle), *kinds ? ": " : "", kinds);
	if (*cycle)
		printf("  locks     %s\n", cycle);
	if (e->function)
		printf("  in        %s\n", e->function);
	if (e->operation)
		printf("  result    %s\n", e->operation);
	for (unsigned i = 0; i < e->n_variants; i++) {
		g_autofree char *base = g_strjoinv(" ", e->variants[i].base);
		g_autofree char *bug = g_strjoinv(" ", e->variants[i].bug);
		g_autofree char *fragments = g_strjoinv(" ", e->variants[i].fragments);

		printf("  patches   %s: %s%s%s%s%s\n", e->variants[i].kernel, base,
		       *base ? " " : "", bug, *fragments ? " " : "", fragments);
	}
	printf("  verified  %s\n", *verified ? verified : "not yet");
}

static int list(void)
{
	g_auto(GStrv) ids = zoo_ids();
	json_t *array = want.json ? json_array() : NULL;
	int code = RIG_EXIT_PASS;

	for (char **id = ids; *id; id++) {
		g_autoptr(GError) error = NULL;
		rig_auto(zoo_entry) e = zoo_load(*id, &error);
		g_autofree char *machines_text = e ? g_strjoinv(", ", e->machines) : NULL;

		if (!e)
			code = rig_report_error(error);
		else if (array)
			json_array_append_new(array, entry_json(e));
		else
			printf("%s%-5s%s %s\n      %s%s, on %s%s%s\n", term_colour(TERM_BOLD),
			       e->id, term_colour(TERM_PLAIN), e->subject, term_colour(TERM_DIM),
			       zoo_oracle_name(e->oracle), machines_text,
			       e->verified[0] ? "" : ", not verified yet", term_colour(TERM_PLAIN));
	}
	if (array)
		cmd_print_json(array);
	return code;
}

static int show(const char *id)
{
	g_autoptr(GError) error = NULL;
	rig_auto(zoo_entry) e = zoo_load(id, &error);

	if (!e)
		return rig_report_error(error);
	if (want.json)
		cmd_print_json(entry_json(e));
	else
		print_entry(e);
	return RIG_EXIT_PASS;
}

/* ---- rig zoo run ---- */

static const char *word_for(const struct zoo_outcome *o)
{
	if (o->caught)
		return "caught";
	if (!o->valid)
		return "not judged";
	if (o->alarmed)
		return "something else";
	return want.clean ? "silent" : "missed";
}

static gboolean is_good(const struct zoo_outcome *o)
{
	return want.clean ? o->valid && !o->caught && !o->alarmed : o->caught;
}

static void print_outcome(const struct zoo_entry *e, const struct zoo_outcome *o,
			  const struct run_info *run)
{
	json_t *first = json_array_get(json_object_get(run->details, "reasons"), 0);
	g_autofree char *why =
		findings_clean(json_is_string(first) ? json_string_value(first) : "");

	printf("%s%-5s%s %s%s%s on %s, %s", term_colour(TERM_BOLD), e->id, term_colour(TERM_PLAIN),
	       term_colour(is_good(o) ? TERM_GREEN : TERM_RED), word_for(o),
	       term_colour(TERM_PLAIN), findings_text(run->inputs, "machine"),
	       verdict_name(run->verdict));
	if (o->caught)
		printf(", after %.1f guest seconds and %" G_GUINT64_FORMAT " operations",
		       o->guest_s, o->ops);
	printf("\n      %s%s%s\n", why, *why ? "\n      " : "", run->name);
	fflush(stdout);
}

static json_t *outcome_json(const struct zoo_entry *e, const struct zoo_outcome *o,
			    const struct run_info *run)
{
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:b, s:b, s:b, s:f, s:I}", "entry", e->id,
			 "clean", want.clean, "machine", findings_text(run->inputs, "machine"),
			 "verdict", verdict_name(run->verdict), "run", run->dir, "valid", o->valid,
			 "caught", o->caught, "alarmed", o->alarmed, "guest_s", o->guest_s, "ops",
			 (json_int_t)o->ops);
}

/* Results of several runs. */
struct outcomes {
	json_t *array; /* collects the results, or NULL if they are printed as text */
	/* each run so far has caught its bug, or with --clean has found nothing */
	gboolean all_good;
	gboolean stopped; /* a run was ended by a signal, so no other one is started */
};

static void add_outcome(const struct zoo_entry *e, const struct run_info *run, void *data)
{
	struct outcomes *outcomes = data;
	struct zoo_outcome o = zoo_judge(e, run);

	outcomes->all_good &= is_good(&o);
	if (outcomes->array)
		json_array_append_new(outcomes->array, outcome_json(e, &o, run));
	else
		print_outcome(e, &o, run);
}

/* Returns TRUE if --all leaves out this entry, because it is for other machines or not verified. */
static gboolean is_passed_over(const struct zoo_entry *e)
{
	return !e->verified[0] ||
	       (want.machine && !g_strv_contains((const char *const *)e->machines, want.machine));
}

static gboolean run_entry(const char *id, struct outcomes *outcomes, GError **error)
{
	rig_auto(zoo_entry) e = zoo_load(id, error);
	const char *machine;

	if (!e)
		return FALSE;
	if (all_entries && is_passed_over(e))
		return TRUE;
	machine = zoo_machine(e, &want, error);
	if (!machine)
		return FALSE;
	for (int n = 0; n < MAX(want.repeat, 1); n++) {
		rig_auto(run_info) run = NULL;

		if (!zoo_run(e, &want, machine, want.dice ? SCENARIO_HOLDS : want.without, &run,
			     error))
			return FALSE;
		outcomes->stopped = run->verdict == VERDICT_ABORTED;
		if (outcomes->stopped)
			return rig_fail(error, RIG_EXIT_INFRA, "stopped in run %d of %d of %s",
					n + 1, MAX(want.repeat, 1), id);
		add_outcome(e, run, outcomes);
	}
	return TRUE;
}

/* Runs the entries one after the other, in this process. */
static int run_here(char **ids, struct outcomes *outcomes)
{
	int code = RIG_EXIT_PASS;

	for (char **id = ids; *id && !outcomes->stopped; id++) {
		g_autoptr(GError) error = NULL;

		/* continue with the next entry if one cannot be run */
		if (!run_entry(*id, outcomes, &error)) {
			int why = rig_report_error(error);

			/* with --all, an entry that cannot be run on this host is not an error */
			code = all_entries && why == RIG_EXIT_SKIP ? code : why;
		}
	}
	return code;
}

static void entry_free(void *data)
{
	zoo_entry_free(data);
}

/* Runs the entries as jobs: on this host, or on the cluster that --on names. */
static int run_there(char **ids, struct outcomes *outcomes)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
	g_autoptr(GError) error = NULL;
	int code;

	for (char **id = ids; *id; id++) {
		struct zoo_entry *e = zoo_load(*id, &error);

		if (!e)
			return rig_report_error(error);
		if (all_entries && is_passed_over(e))
			zoo_entry_free(e);
		else
			g_ptr_array_add(entries, e);
	}
	code = zoo_run_at_place(entries, &want, NULL, add_outcome, outcomes);
	return all_entries && code == RIG_EXIT_SKIP ? RIG_EXIT_PASS : code;
}

static int run(char **ids)
{
	g_auto(GStrv) all = all_entries ? zoo_ids() : NULL;
	struct outcomes outcomes = {want.json ? json_array() : NULL, TRUE};
	int code;

	if (want.repeat < 0 || want.repeat > 1000 || (all_entries ? *ids != NULL : !*ids)) {
		fputs("rig: zoo run takes ids or --all, and --repeat 1 to 1000; `rig zoo list` "
		      "shows the entries\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	if (all)
		ids = all;
	code = where_is_given() ? run_there(ids, &outcomes) : run_here(ids, &outcomes);
	if (outcomes.array)
		cmd_print_json(outcomes.array);
	return code ? code : outcomes.all_good ? RIG_EXIT_PASS : RIG_EXIT_FAIL;
}

/* ---- rig zoo table ---- */

static json_t *scores_json(GPtrArray *scores)
{
	json_t *array = json_array();

	for (guint i = 0; i < scores->len; i++) {
		const struct zoo_score *s = scores->pdata[i];

		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:s, s:s?, s:i, s:i, s:i, s:i, s:i, s:f, s:f}",
				  "entry", s->id, "machine", s->machine, "kernel", s->kernel,
				  "without", s->without, "runs", s->runs, "caught", s->caught,
				  "clean_runs", s->clean_runs, "clean_caught", s->clean_caught,
				  "clean_alarms", s->clean_alarms, "median_s",
				  zoo_median(s->seconds), "median_ops", zoo_median(s->ops)));
	}
	return array;
}

/* Replaces the tables in docs/zoo.md; a table for which the argument is NULL stays as it is. */
static gboolean write_page(const char *whole, const char *ablation, const char *directed,
			   GError **error)
{
	const struct {
		const char *name, *table;
	} tables[] = {{ZOO_TABLE, whole}, {ZOO_ABLATION, ablation}, {ZOO_DIRECTED, directed}};
	g_autofree char *path = rig_home_path(PAGE), *text = NULL;

	if (!rig_read_file(path, 1 << 20, &text, NULL, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
		char *next;

		if (!tables[i].table)
			continue;
		next = zoo_table_insert(text, tables[i].name, tables[i].table, error);
		if (!next) {
			g_prefix_error(error, "%s: ", path);
			return FALSE;
		}
		g_free(text);
		text = next;
	}
	return rig_write_file(path, text, -1, error);
}

static int table(void)
{
	g_autofree char *results = want.results ? g_strdup(want.results) : run_default_results(),
			*whole = NULL, *ablation = NULL, *directed = NULL;
	char **const tables[] = {&whole, &ablation, &directed};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) runs = run_all(results, &error), scores = NULL;

	if (!runs)
		return rig_report_error(error);
	scores = zoo_scores(runs);
	if (want.json) {
		cmd_print_json(scores_json(scores));
		return RIG_EXIT_PASS;
	}
	if (!only_directed) {
		whole = zoo_table(scores);
		ablation = zoo_ablation(scores);
	}
	directed = zoo_directed(scores);
	for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
		if (*tables[i])
			printf("%s\n", *tables[i]);
	if (!whole && !ablation && !directed) {
		fprintf(stderr, "rig: '%s' has no run of a zoo entry%s: execute `rig zoo run`\n",
			results, only_directed ? " with holds" : "");
		return RIG_EXIT_USAGE;
	}
	if (write_tables && !write_page(whole, ablation, directed, &error))
		return rig_report_error(error);
	return RIG_EXIT_PASS;
}

int cmd_zoo(int argc, char **argv)
{
	g_autofree GOptionEntry *all = where_options(options);
	g_autoptr(GError) error = NULL;

	if (!cmd_parse(&argc, &argv, all, "list|show zNN|run zNN…|ablate zNN|table", summary,
		       examples, &error))
		return rig_report_error(error);
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (argc == 3 && !strcmp(argv[1], "show"))
		return show(argv[2]);
	if (argc >= 2 && !strcmp(argv[1], "run"))
		return run(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "ablate"))
		return zoo_ablate(argv[2], &want);
	if (argc == 2 && !strcmp(argv[1], "table"))
		return table();
	fputs("rig: zoo takes 'list', 'show zNN', 'run zNN…', 'ablate zNN' or 'table'; `rig zoo "
	      "--help` describes them\n",
	      stderr);
	return RIG_EXIT_USAGE;
}
