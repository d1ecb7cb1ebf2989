// SPDX-License-Identifier: GPL-2.0-only
/* rig prove: tests whether a cycle of locks is a deadlock. */
#include "cmd/prove.h"

#include <stdio.h>
#include <string.h>

#include "cmd/again.h"
#include "cmd/cmd.h"
#include "cmd/findings.h"
#include "cmd/options.h"
#include "cmd/request.h"
#include "locks/answer.h"
#include "util/error.h"
#include "util/paths.h"

#define DEFAULT_TRIES 3
#define DEFAULT_DURATION_S 12
#define DEFAULT_PATIENCE_S 10
#define SCENARIO_MAX (1 << 20)

static const char summary[] =
	"Decides whether a cycle of locks is a deadlock: runs a scenario with the lock recorder, "
	"stops each task that\n"
	"holds one lock of the cycle and is about to wait for another one, until each waits for a "
	"lock that the next\n"
	"one holds, and then lets all of them continue. WHAT is a run, a log with a lockdep "
	"report, or the cycle itself.\n"
	"The answer is real (the guest hung), guarded (both sides held a further lock each time), "
	"or not met.";

static const char examples[] =
	"  rig prove last --qemu bookworm-backports\n"
	"      the cycle in the last run's reports, with that run's scenario and kernel\n"
	"  rig prove mail.txt --kernel deb:linux-source-6.12@bookworm-backports\n"
	"      the cycle in a lockdep report\n"
	"  rig prove 'mem_hotplug_lock --> kn->active' --kernel deb:linux-image-cloud-amd64 "
	"--no-lockdep\n"
	"  rig prove '&dev->mutex --> mem_hotplug_lock' \\\n"
	"            --scenario scenarios/zoo/z05-add-vs-online.yaml \\\n"
	"            --patch scenarios/zoo/z05.patch\n\n"
	"Needs QEMU 9.2 or newer: `rig qemu get bookworm-backports` fetches one for --qemu.\n"
	"Exit codes: 0 guarded or not met, 1 real, 2 usage, 3 infrastructure or no answer, "
	"77 skip.\n";

struct prove {
	struct again *again;
	struct run_request own; /* options of the command line */
	char *cycle;
	int tries;
	gboolean json;
	enum lock_answer answer; /* the most conclusive answer of all runs so far */
	char *text;		 /* explains this answer */
	char *kept;		 /* a scenario in which the tasks waited for each other, or NULL */
	json_t *runs;
};

static const char *const answers[] = LOCK_ANSWERS;

/*
 * Completes the request p->again->want: options of the command line replace the values of the
 * earlier run.
 */
static void make_request(struct prove *p, char **classes)
{
	struct run_request *want = &p->again->want;
	const struct run_request *own = &p->own;

	if (own->scenario)
		want->scenario = own->scenario;
	if (own->scenario || own->machine)
		want->timeline = NULL;
	want->machine = own->machine ? own->machine : want->machine;
	want->kernel = own->kernel ? own->kernel : want->kernel;
	want->emulator = own->emulator ? own->emulator : want->emulator;
	want->no_lockdep |= own->no_lockdep;
	want->results = own->results;
	if (own->patches) {
		g_strfreev(want->patches);
		want->patches = g_strdupv(own->patches);
	}
	if (own->fragments) {
		g_strfreev(want->fragments);
		want->fragments = g_strdupv(own->fragments);
	}
	if (!want->scenario)
		want->scenario = prove_scenario(classes);
	want->duration_s = own->duration_s ? own->duration_s : DEFAULT_DURATION_S;
	want->patience_s = own->patience_s ? own->patience_s : DEFAULT_PATIENCE_S;
	want->vmlinux = own->vmlinux;
	/* lockdep's report must not end the run, because the deadlock happens after it */
	want->keep_going = TRUE;
	want->accel = NULL;
	want->until = NULL;
	want->record_spinlocks = FALSE; /* tasks are not stopped before spinlocks */
	g_strfreev(want->hold_cycle);
	want->hold_cycle = g_strdupv(classes);
}

/*
 * Writes a scenario with the cycle and the parameters of RUN, in which the circle was closed.
 * Returns its path, or NULL if it cannot be written.
 */
static char *keep_scenario(const struct run_info *run, char **classes)
{
	g_autofree char *from = g_build_filename(run->dir, "scenario.yaml", NULL), *text = NULL;
	char *to = g_build_filename(run->dir, "prove.yaml", NULL);
	g_autoptr(GString) out = g_string_new("\nhold_cycle:\n");

	for (char **name = classes; *name; name++) {
		g_auto(GStrv) parts = g_strsplit(*name, "'", -1);
		g_autofree char *quoted = g_strjoinv("''", parts);

		g_string_append_printf(out, "  - '%s'\n", quoted);
	}
	if (!rig_read_file(from, SCENARIO_MAX, &text, NULL, NULL))
		g_clear_pointer(&to, g_free);
	else if (!strstr(text, "\nhold_cycle:"))
		g_string_prepend(out, text);
	else
		g_string_assign(out, text);
	if (to && !rig_write_file(to, out->str, -1, NULL))
		g_clear_pointer(&to, g_free);
	return to;
}

/* Stores and prints the answer of RUN. p->answer is the most conclusive answer of all runs. */
static void note(struct prove *p, const struct run_info *run, char **classes)
{
	g_autofree char *text = NULL;
	enum lock_answer answer = lock_answer_of(run->details, &text);

	json_array_append_new(p->runs, json_pack("{s:s, s:s, s:s, s:s}", "run", run->name,
						 "verdict", verdict_name(run->verdict), "answer",
						 answers[answer], "text", text));
	if (!p->json)
		printf("try %zu    %s: %s, %s\n         %s\n", json_array_size(p->runs),
		       answers[answer], verdict_name(run->verdict), run->name, text);
	if (answer < p->answer && p->text)
		return;
	p->answer = answer;
	g_free(p->text);
	p->text = g_steal_pointer(&text);
	if (answer == ANSWER_REAL)
		p->kept = keep_scenario(run, classes);
}

static gboolean try_all(struct prove *p, char **classes, GError **error)
{
	for (int i = 0; i < p->tries && p->answer < ANSWER_GUARDED; i++) {
		rig_auto(run_info) run = NULL;

		/* the first run has the seed of the earlier run; further runs have new seeds */
		if (i) {
			p->again->want.seed = NULL;
			p->again->want.timeline = NULL;
		}
		if (!request_run(&p->again->want, p->json ? SHOW_NOTHING : SHOW_ALL, &run, error))
			return FALSE;
		note(p, run, classes);
	}
	return TRUE;
}

static void print_result(struct prove *p, char **classes)
{
	g_autofree char *cycle = g_strjoinv(" --> ", classes);
	const char *last = json_string_value(
		json_object_get(json_array_get(p->runs, json_array_size(p->runs) - 1), "run"));

	if (p->json) {
		cmd_print_json(json_pack("{s:s, s:s, s:s, s:s?, s:O}", "cycle", cycle, "answer",
					 answers[p->answer], "text", p->text ? p->text : "",
					 "scenario", p->kept, "runs", p->runs));
		return;
	}
	printf("%-9s%s: %s\n", "answer", cycle, answers[p->answer]);
	if (p->text)
		printf("%-9s%s\n", "", p->text);
	if (p->answer == ANSWER_REAL)
		printf("%-9srig explain %s\n%-9srig replay %s\n", "why", last, "again", last);
	if (p->kept)
		printf("%-9s%s\n", "scenario", p->kept);
}

static int prove(struct prove *p, const char *what, GError **error)
{
	static const int codes[] = {RIG_EXIT_INFRA, RIG_EXIT_PASS, RIG_EXIT_PASS, RIG_EXIT_FAIL};
	rig_auto(run_info) before = NULL;
	g_auto(GStrv) classes = prove_cycle(what, p->cycle, p->own.results, &before, error);

	if (!classes || (before && !again_read(p->again, before, error)))
		return rig_report_error(*error);
	make_request(p, classes);
	if (!try_all(p, classes, error))
		return rig_report_error(*error);
	print_result(p, classes);
	return codes[p->answer];
}

int cmd_prove(int argc, char **argv)
{
	rig_auto(again) again = again_new();
	struct prove p = {.again = again, .runs = json_array()};
	g_autofree char *results = NULL;
	g_autoptr(GError) error = NULL;
	int code;
	const GOptionEntry entries[] = {
		{"cycle", 0, 0, G_OPTION_ARG_STRING, &p.cycle,
		 "another cycle than that of the run or log", "'A --> B'"},
		OPTION_SCENARIO(&p.own.scenario),
		OPTION_MACHINE(&p.own.machine),
		{"kernel", 'k', 0, G_OPTION_ARG_STRING, &p.own.kernel,
		 "source or image, as for `rig run`", "WHAT"},
		{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &p.own.vmlinux, "vmlinux of an image",
		 "FILE"},
		OPTION_PATCH(&p.own.patches),
		OPTION_FRAGMENT(&p.own.fragments),
		OPTION_NO_LOCKDEP(&p.own.no_lockdep),
		OPTION_QEMU(&p.own.emulator),
		OPTION_DURATION(&p.own.duration_s),
		OPTION_PATIENCE(&p.own.patience_s),
		{"tries", 0, 0, G_OPTION_ARG_INT, &p.tries,
		 "maximum number of runs until the answer is real or guarded (default 3)", "N"},
		OPTION_RESULTS(&results),
		{"json", 0, 0, G_OPTION_ARG_NONE, &p.json, "print the answer as JSON", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "WHAT", summary, examples, &error))
		return rig_report_error(error);
	if (argc != 2) {
		fputs("rig: prove takes a run, a log, or a cycle 'A --> B'\n", stderr);
		return RIG_EXIT_USAGE;
	}
	if (!results)
		results = run_default_results();
	p.own.results = results;
	p.tries = p.tries ? p.tries : DEFAULT_TRIES;
	code = prove(&p, argv[1], &error);
	json_decref(p.runs);
	g_free(p.text);
	g_free(p.kept);
	return code;
}
