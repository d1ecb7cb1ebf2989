// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the result of a run. Uses only data from the run folder, so that the result of an old run
 * can be printed, too.
 */
#include "cmd/findings-parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/clock.h"
#include "util/paths.h"
#include "util/term.h"
#include "util/text.h"

#define SHORT_REPORTS 3
#define SHORT_LINES 14
#define STUCK_TASKS 6
#define STUCK_FRAMES 5

static const enum term_colour colours[] = {
	[VERDICT_PASS] = TERM_GREEN,	 [VERDICT_FAIL] = TERM_RED,
	[VERDICT_HANG] = TERM_RED,	 [VERDICT_LOST] = TERM_YELLOW,
	[VERDICT_INFRA] = TERM_YELLOW,	 [VERDICT_SKIP] = TERM_BLUE,
	[VERDICT_ABORTED] = TERM_YELLOW, [VERDICT_KNOWN] = TERM_BLUE,
	[VERDICT_RUNNING] = TERM_BLUE,
};

const char *findings_colour(enum verdict verdict)
{
	return term_colour(colours[verdict]);
}

char *findings_clean(const char *text)
{
	return text_clean(text);
}

json_t *findings_at(json_t *json, const char *path)
{
	g_auto(GStrv) keys = g_strsplit(path, "/", -1);

	for (char **key = keys; *key && json; key++)
		json = json_object_get(json, *key);
	return json;
}

const char *findings_text(json_t *json, const char *path)
{
	const char *text = json_string_value(findings_at(json, path));

	return text ? text : "?";
}

void findings_line(const char *label, const char *format, ...)
{
	g_autofree char *text = NULL, *clean = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	clean = findings_clean(text);
	printf("%s%-9s%s%s\n", term_colour(TERM_DIM), label, term_colour(TERM_PLAIN), clean);
}

/* Prints a lock cycle, in which "a --> b" means that b is acquired while a is held. */
static void print_cycle(json_t *cycle)
{
	g_autoptr(GString) arrows = g_string_new(NULL);
	size_t n = json_array_size(cycle);

	if (!n)
		return;
	for (size_t i = 0; i <= n; i++) {
		const char *error_class = json_string_value(json_array_get(cycle, i % n));

		g_string_append_printf(arrows, "%s%s", i ? " --> " : "",
				       error_class ? error_class : "?");
	}
	findings_line("  cycle", "%s", arrows->str);
	for (size_t i = 0; i < n && n > 1; i++)
		findings_line("", "while %s is held, %s is taken",
		     json_string_value(json_array_get(cycle, i)),
		     json_string_value(json_array_get(cycle, (i + 1) % n)));
}

static void print_locks(json_t *report)
{
	json_t *acquired = findings_at(report, "acquired"), *held = findings_at(report, "held");

	if (json_is_object(acquired))
		findings_line("  wants", "%s, in %s", findings_text(acquired, "class"),
		     findings_text(acquired, "function"));
	if (json_is_object(held))
		findings_line("  holds", "%s, taken in %s", findings_text(held, "class"),
		     findings_text(held, "function"));
}

char *findings_reference(const struct run_info *run)
{
	g_autofree char *results = run_default_results(), *parent = g_path_get_dirname(run->dir);
	struct stat a, b;

	if (!stat(results, &a) && !stat(parent, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return g_strdup(run->name);
	return strpbrk(run->dir, " \t\"'$&;|<>()*?~\\") ? g_shell_quote(run->dir)
							: g_strdup(run->dir);
}

static void print_text(const char *text, guint most, const char *name)
{
	g_autofree char *clean = findings_clean(text);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(clean), "\n", -1);
	guint n = g_strv_length(lines);

	for (guint i = 0; i < n && i < most; i++)
		printf("  %s|%s %s\n", term_colour(TERM_DIM), term_colour(TERM_PLAIN), lines[i]);
	if (n > most)
		printf("  %s| … %u more line%s: rig show %s%s\n", term_colour(TERM_DIM), n - most,
		       text_s(n - most), name, term_colour(TERM_PLAIN));
}

static void print_report(json_t *report, size_t number, gboolean full, const char *name)
{
	json_t *when = findings_at(report, "when");
	g_autofree char *title = findings_clean(findings_text(report, "title"));
	g_autofree char *label = g_strdup_printf("report %zu", number);

	printf("\n%s%-9s%s%s\n", term_colour(TERM_BOLD), label, title, term_colour(TERM_PLAIN));
	if (json_is_real(when))
		findings_line("  kind", "%s, %.1f s after the guest's boot",
			      findings_text(report, "kind"),
		     json_real_value(when));
	else
		findings_line("  kind", "%s", findings_text(report, "kind"));
	if (json_is_object(findings_at(report, "known")))
		findings_line("  known", "%s (%s), until %s", findings_text(report, "known/reason"),
		     findings_text(report, "known/link"), findings_text(report, "known/expires"));
	print_cycle(findings_at(report, "cycle"));
	print_locks(report);
	/* a report of a run that still runs has none yet */
	if (json_is_string(findings_at(report, "signature/bug")))
		findings_line("  key", "%s", findings_text(report, "signature/bug"));
	if (json_integer_value(findings_at(report, "first_line")))
		findings_line("  lines",
			      "%" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT " of console.raw",
		     json_integer_value(findings_at(report, "first_line")),
		     json_integer_value(findings_at(report, "last_line")));
	if (json_is_string(findings_at(report, "text")))
		print_text(findings_text(report, "text"), full ? G_MAXUINT : SHORT_LINES, name);
}

static void print_reports(const struct run_info *run, gboolean full, const char *name)
{
	json_t *reports = findings_at(run->details, "reports");
	size_t n = json_array_size(reports);

	for (size_t i = 0; i < n && (full || i < SHORT_REPORTS); i++)
		print_report(json_array_get(reports, i), i + 1, full, name);
	if (n > SHORT_REPORTS && !full)
		printf("\n… %zu more report%s: rig show %s\n", n - SHORT_REPORTS,
		       text_s(n - SHORT_REPORTS), name);
	if (n)
		putchar('\n');
}

/* Returns the text "ok 3, EBUSY 1" for {"ok": 3, "EBUSY": 1}. */
static char *counts_text(json_t *counts)
{
	GString *text = g_string_new(NULL);
	const char *result;
	json_t *n;

	json_object_foreach (counts, result, n)
		g_string_append_printf(text, "%s%s %" JSON_INTEGER_FORMAT, text->len ? ", " : "",
				       result, json_integer_value(n));
	return g_string_free(text, FALSE);
}

/* Prints the tasks that were blocked when the guest hung, with the innermost frames of each. */
static void print_stuck(const struct run_info *run)
{
	g_autofree char *path = g_build_filename(run->dir, "postmortem", "who", NULL), *text = NULL;
	g_autofree char *clean = NULL;
	g_auto(GStrv) lines = NULL;
	guint tasks = 0, frames = 0;

	if (!rig_read_file(path, 1 << 20, &text, NULL, NULL))
		return;
	clean = findings_clean(text);
	lines = g_strsplit(clean, "\n", -1);
	for (char **l = lines; *l && tasks <= STUCK_TASKS; l++) {
		if (g_str_has_prefix(*l, "task ")) {
			frames = 0;
			if (++tasks <= STUCK_TASKS)
				findings_line(tasks > 1 ? "" : "stuck", "%s", *l + strlen("task "));
		} else if (tasks && **l == '\t' && frames++ < STUCK_FRAMES) {
			findings_line("", "    %s", *l + 1);
		}
	}
	if (tasks)
		findings_line("",
			      "more: postmortem/who in the run folder; SysRq output: console.raw");
}

static void print_agents(json_t *agents)
{
	json_t *agent, *counts;
	const char *op;
	size_t i;

	json_array_foreach (agents, i, agent) {
		g_autoptr(GString) text = g_string_new(NULL);

		if (json_is_string(findings_at(agent, "not_started"))) {
			g_autofree char *why =
				findings_clean(findings_text(agent, "not_started"));

			findings_line(i ? "" : "agents", "%s was left out, it is optional: %s",
			     findings_text(agent, "name"), why);
			continue;
		}
		json_object_foreach (findings_at(agent, "results"), op, counts) {
			g_autofree char *results = counts_text(counts);

			g_string_append_printf(text, "%s%s: %s", text->len ? "; " : "  ", op,
					       results);
		}
		findings_line(i ? "" : "agents", "%s %" JSON_INTEGER_FORMAT " operation%s%s%s",
		     findings_text(agent, "name"), json_integer_value(findings_at(agent, "ops")),
		     text_s(json_integer_value(findings_at(agent, "ops"))),
		     json_integer_value(findings_at(agent, "failed"))
			     ? ", some with unexpected errnos"
			     : "",
		     text->str);
	}
}

static void print_devices(json_t *devices)
{
	gboolean first = TRUE;
	json_t *counts;
	const char *what;

	json_object_foreach (devices, what, counts) {
		g_autofree char *text = counts_text(counts);

		findings_line(first ? "host" : "", "%s: %s", what, text);
		first = FALSE;
	}
}

/*
 * Prints how much was done in a run whose guest was starved (the host gave it too little time),
 * because a PASS of such a run is weaker evidence.
 */
static void print_starved(json_t *starved)
{
	int timeouts = (int)json_integer_value(findings_at(starved, "timeouts"));
	int plugs = (int)json_integer_value(findings_at(starved, "plugs"));
	json_int_t writes = json_integer_value(findings_at(starved, "block_writes"));

	if (json_is_object(starved))
		findings_line("starved",
		     "the guest got %d %% of the time under load: %d plug%s, %" JSON_INTEGER_FORMAT
		     " block write%s",
		     (int)json_integer_value(findings_at(starved, "given_percent")), plugs,
		     text_s(plugs), writes, text_s(writes));
	if (timeouts)
		findings_line("",
		     "%d step%s reached the timeout while the host did not run the guest, and %s "
		     "not judged; repeat the run on a less busy host",
		     timeouts, text_s(timeouts), timeouts == 1 ? "was" : "were");
}

static void print_times(json_t *times)
{
	gint64 boot = json_integer_value(findings_at(times, "boot_ns")),
	       hammer = json_integer_value(findings_at(times, "hammer_ns"));
	g_autofree char *b = rig_duration_text(boot), *h = rig_duration_text(hammer),
			*t = rig_duration_text(json_integer_value(findings_at(times, "total_ns")));

	if (json_is_object(times))
		findings_line("times", "%s until the guest was ready, %s under load, %s in total",
			      b, h, t);
}

static void print_proof(const struct run_info *run)
{
	const char *lockdep = details_lockdep_text(run->details);
	g_autofree char *expected = details_expected_text(run->verdict, run->details);

	if (lockdep)
		findings_line("lockdep", "%s", lockdep);
	if (expected)
		findings_line("expected", "%s", expected);
}

static void print_switches(json_t *switches)
{
	g_autoptr(GString) list = g_string_new(NULL);
	json_t *item;
	size_t i;

	json_array_foreach (switches, i, item) {
		g_string_append_printf(list, "%s%s", i ? ", " : "", findings_text(item, "switch"));
		if (json_is_string(findings_at(item, "lacks")))
			g_string_append_printf(list, " not varied (the kernel lacks %s)",
					       findings_text(item, "lacks"));
		else if (json_is_string(findings_at(item, "refused")))
			g_string_append_printf(list, " not varied (%s)",
					       findings_text(item, "refused"));
		else
			g_string_append_printf(list, "=%s", findings_text(item, "value"));
	}
	if (list->len)
		findings_line("switches", "%s", list->str);
}

void findings_print(const struct run_info *run, gboolean full)
{
	json_t *reasons = findings_at(run->details, "reasons"), *reason;
	g_autofree char *name = findings_reference(run);
	size_t i;

	printf("%s%-9s%s", findings_colour(run->verdict), verdict_name(run->verdict),
	       term_colour(TERM_PLAIN));
	printf("%s on %s, kernel %s, seed %" JSON_INTEGER_FORMAT "\n",
	       findings_text(run->inputs, "scenario"), findings_text(run->inputs, "machine"),
	       findings_text(run->inputs, "kernel/name"),
	       json_integer_value(findings_at(run->inputs, "seed")));
	if (run->verdict == VERDICT_ABORTED && !json_array_size(reasons))
		findings_line("reason", "the rig ended before the run was complete");
	json_array_foreach (reasons, i, reason)
		findings_line(i ? "" : "reason", "%s",
		     json_string_value(reason) ? json_string_value(reason) : "?");
	findings_print_progress(run);
	if (run->problem)
		findings_line("problem", "%s", run->problem);
	print_switches(findings_at(run->inputs, "switches"));
	if (json_is_string(findings_at(run->inputs, "fitted")))
		findings_line("pages", "%s: %s", findings_text(run->inputs, "pages"),
			      findings_text(run->inputs, "fitted"));
	print_reports(run, full, name);
	print_stuck(run);
	print_agents(findings_at(run->details, "counts/agents"));
	print_devices(findings_at(run->details, "counts/devices"));
	print_times(findings_at(run->details, "times"));
	print_starved(findings_at(run->details, "starved"));
	if (json_is_string(findings_at(run->details, "locks/note")))
		findings_line("locks", "%s",
			      findings_text(findings_at(run->details, "locks"), "note"));
	print_proof(run);
	findings_print_director(run->details);
	findings_line("folder", "%s", run->dir);
	findings_line("replay", "rig replay %s", name);
}

json_t *findings_json(const struct run_info *run)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:O, s:O}", "run", run->name, "folder", run->dir,
				 "verdict", verdict_name(run->verdict), "inputs", run->inputs,
				 "details", run->details);

	/* json_pack() fails if a name is not UTF-8, but a file name may have any bytes */
	if (!json)
		json = json_pack("{s:s, s:O, s:O}", "verdict", verdict_name(run->verdict), "inputs",
				 run->inputs, "details", run->details);
	if (run->problem)
		json_object_set_new(json, "problem", json_string(run->problem));
	return json;
}
