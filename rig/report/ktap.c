// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes KTAP version 1 (Documentation/dev-tools/ktap.rst): a test for each scenario, in it a
 * subtest for each machine and kernel, and in that a subtest for each run.
 */
#include "report/internal.h"

struct directive {
	gboolean ok;
	const char *word; /* the directive: the word after "# " in a KTAP line */
};

/* The directive of each verdict. ERROR means that the run has no result for the kernel. */
static const struct directive directives[N_VERDICTS] = {
	[VERDICT_PASS] = {TRUE, NULL},	     [VERDICT_FAIL] = {FALSE, NULL},
	[VERDICT_HANG] = {FALSE, "TIMEOUT"}, [VERDICT_LOST] = {FALSE, "ERROR"},
	[VERDICT_INFRA] = {FALSE, "ERROR"},  [VERDICT_SKIP] = {TRUE, "SKIP"},
	[VERDICT_ABORTED] = {FALSE, "ERROR"}, [VERDICT_KNOWN] = {TRUE, "SKIP"},
	[VERDICT_RUNNING] = {TRUE, "SKIP"},
};

/*
 * Returns TEXT as a KTAP description that the caller owns. '#', which would begin a directive, and
 * newlines are replaced.
 */
static char *description(const char *text)
{
	char *safe = g_strdup(text);

	return g_strdelimit(safe, "#\n\t\\", '_');
}

static void indent(GString *out, guint depth)
{
	for (guint i = 0; i < depth; i++)
		g_string_append(out, "  ");
}

static void put_plan(GString *out, guint depth, const char *name, guint n)
{
	g_autofree char *safe = name ? description(name) : NULL;

	indent(out, depth);
	g_string_append(out, "KTAP version 1\n");
	if (safe) {
		indent(out, depth);
		g_string_append_printf(out, "# Subtest: %s\n", safe);
	}
	indent(out, depth);
	g_string_append_printf(out, "1..%u\n", n);
}

static void put_result(GString *out, guint depth, guint number, gboolean ok, const char *name,
		       const char *word, const char *why)
{
	g_autofree char *safe = description(name);

	indent(out, depth);
	g_string_append_printf(out, "%s %u %s", ok ? "ok" : "not ok", number, safe);
	if (word)
		g_string_append_printf(out, " # %s%s%s", word, why ? " " : "", why ? why : "");
	g_string_append_c(out, '\n');
}

static void put_run(GString *out, guint number, const struct run_view *run)
{
	const struct directive *directive = &directives[run->as];
	g_autofree char *reason = run_reason(run), *findings = NULL;
	g_auto(GStrv) lines = NULL;

	if (!directive->ok) {
		findings = run_findings(run);
		lines = g_strsplit(g_strchomp(findings), "\n", -1);
		for (char **l = lines; *l; l++) {
			indent(out, 2);
			g_string_append_printf(out, "# %s\n", *l);
		}
	}
	put_result(out, 2, number, directive->ok, run->name, directive->word,
		   directive->word ? reason : NULL);
}

/*
 * Prints the result of a test with subtests: `not ok` if a subtest is `not ok`, skipped if all
 * subtests were skipped.
 */
static void put_sum(GString *out, guint depth, guint number, const char *name,
		    const struct tally *tally)
{
	guint skipped =
		tally->n[VERDICT_SKIP] + tally->n[VERDICT_KNOWN] + tally->n[VERDICT_RUNNING];

	put_result(out, depth, number, tally->n[VERDICT_PASS] + skipped == tally->all, name,
		   skipped == tally->all ? "SKIP" : NULL, NULL);
}

static void put_cell(GString *out, guint number, const struct cell *cell)
{
	g_autofree char *name = g_strdup_printf("%s %s", cell->machine, cell->kernel);
	guint n = 0;

	put_plan(out, 2, name, cell->now.all);
	for (guint i = 0; i < cell->runs->len; i++) {
		const struct run_view *run = cell->runs->pdata[i];

		if (run->now)
			put_run(out, ++n, run);
	}
	put_sum(out, 1, number, name, &cell->now);
}

static void put_scenario(GString *out, const struct model *model, guint number,
			 const char *scenario)
{
	struct tally tally = {0};
	guint cells = 0, n = 0;

	for (guint i = 0; i < model->cells->len; i++) {
		const struct cell *cell = model->cells->pdata[i];

		cells += cell->now.all && !g_strcmp0(cell->scenario, scenario);
	}
	put_plan(out, 1, scenario, cells);
	for (guint i = 0; i < model->cells->len; i++) {
		const struct cell *cell = model->cells->pdata[i];

		if (!cell->now.all || g_strcmp0(cell->scenario, scenario))
			continue;
		put_cell(out, ++n, cell);
		for (guint v = 0; v < N_VERDICTS; v++)
			tally.n[v] += cell->now.n[v];
		tally.all += cell->now.all;
	}
	put_sum(out, 0, number, scenario, &tally);
}

static gboolean ran_now(const struct model *model, const char *scenario)
{
	for (guint i = 0; i < model->cells->len; i++) {
		const struct cell *cell = model->cells->pdata[i];

		if (cell->now.all && !g_strcmp0(cell->scenario, scenario))
			return TRUE;
	}
	return FALSE;
}

char *write_ktap(const struct model *model, GError **error)
{
	GString *out = g_string_new(NULL);
	guint scenarios = 0, n = 0;

	(void)error;
	for (guint i = 0; i < model->scenarios->len; i++)
		scenarios += ran_now(model, model->scenarios->pdata[i]);
	put_plan(out, 0, NULL, scenarios);
	for (guint i = 0; i < model->scenarios->len; i++)
		if (ran_now(model, model->scenarios->pdata[i]))
			put_scenario(out, model, ++n, model->scenarios->pdata[i]);
	return g_string_free(out, FALSE);
}
