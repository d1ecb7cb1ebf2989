// SPDX-License-Identifier: GPL-2.0-only
/* rig report: prints the results of a night as text or HTML, or in formats for other programs. */
#include "report/report.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/frames.h"
#include "cmd/locks.h"
#include "cmd/night-runs.h"
#include "report/html.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/text.h"

static const char summary[] =
	"Compares the runs of a night (by default the newest) with earlier ones: changes, "
	"the matrix of scenarios,\n"
	"machines and kernels, and every signature. With RUN... only these runs form the night. "
	"Output options can be\n"
	"combined; FILE may be - for standard output.";

static const char examples[] =
	"  rig report                                 one screen\n"
	"  rig report --html /srv/www/rig             HTML pages, no server needed\n"
	"  rig report --junit report.xml --ktap       for a CI server\n"
	"  rig report --kcidb report.json --night 2026-11-21\n"
	"  rig report --json | jq '.changes[] | select(.worse).text'\n"
	"  rig report | mail -s \"$(rig report | head -n 1)\" kernel@example.org\n\n"
	"Exit codes: 0 written, 2 no such run or night, or a file that cannot be written.\n";

#define FORMATS_MAX 8
#define LIMIT 2000

/* The requested output formats; the indices are those of report_formats. */
struct options {
	/* the output file of each format that is written to a single file */
	char *files[FORMATS_MAX];
	gboolean flags[FORMATS_MAX];
	char *html, *night, *results;
	int limit;
};

static void options_clear(struct options *options)
{
	for (guint i = 0; i < FORMATS_MAX; i++)
		g_free(options->files[i]);
	g_free(options->html);
	g_free(options->night);
	g_free(options->results);
}

static gboolean parse(int *argc, char ***argv, struct options *options, GError **error)
{
	GOptionEntry entries[FORMATS_MAX + 6] = {0};
	guint n = 0;

	for (guint i = 0; i < n_report_formats; i++) {
		const struct report_format *format = &report_formats[i];

		entries[n++] = (GOptionEntry){
			format->name,
			0,
			0,
			format->file ? G_OPTION_ARG_FILENAME : G_OPTION_ARG_NONE,
			format->file ? (gpointer)&options->files[i] : (gpointer)&options->flags[i],
			format->about,
			format->file ? "FILE" : NULL};
	}
	entries[n++] = (GOptionEntry){"html",
				      0,
				      0,
				      G_OPTION_ARG_FILENAME,
				      &options->html,
				      "HTML pages to open from disk, without a server or network",
				      "DIR"};
	entries[n++] = (GOptionEntry){"night",
				      'n',
				      0,
				      G_OPTION_ARG_STRING,
				      &options->night,
				      "the runs of this night or day (2026-11-21), or last",
				      "ID"};
	entries[n++] = (GOptionEntry){"limit",
				      'l',
				      0,
				      G_OPTION_ARG_INT,
				      &options->limit,
				      "show the newest N runs (default 2000; 0: all)",
				      "N"};
	entries[n++] = (GOptionEntry){"results",
				      'r',
				      0,
				      G_OPTION_ARG_FILENAME,
				      &options->results,
				      "folder of run folders",
				      "DIR"};
	return cmd_parse(argc, argv, entries, "[RUN...]", summary, examples, error);
}

/*
 * The input of the report: the newest runs, the set of those that the report is about (`now`), and
 * the signatures that occurred in older runs.
 */
struct window {
	GPtrArray *runs; /* of struct run_info, oldest first */
	GHashTable *now; /* names of the runs to report on, or NULL (struct model_options) */
	/* of struct index_signature: signatures that occurred in older runs */
	GPtrArray *signatures;
	GHashTable *older; /* bug key -> a struct index_signature with this key */
};

static void window_clear(struct window *window)
{
	g_clear_pointer(&window->older, g_hash_table_unref);
	g_clear_pointer(&window->signatures, g_ptr_array_unref);
	g_clear_pointer(&window->now, g_hash_table_unref);
	g_clear_pointer(&window->runs, g_ptr_array_unref);
}

/*
 * Reads the newest LIMIT runs before UNTIL from their folders, and the signatures of older runs
 * from the index.
 */
static gboolean read_window(struct run_index *ix, const char *results, const char *until, int limit,
			    struct window *window, GError **error)
{
	const struct index_filter filter = {
		.until = until, .newest_first = TRUE, .limit = MAX(limit, 0)};
	g_autoptr(GPtrArray) rows = index_runs(ix, &filter, error);
	const struct index_run *oldest;

	if (!rows)
		return FALSE;
	window->runs = g_ptr_array_new_with_free_func((GDestroyNotify)run_info_free);
	window->older = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = rows->len; i-- > 0;) {
		g_autofree char *dir =
			g_build_filename(results, ((struct index_run *)rows->pdata[i])->name, NULL);
		struct run_info *run = run_open(results, dir, NULL);

		if (run) /* NULL if the run was deleted meanwhile */
			g_ptr_array_add(window->runs, run);
	}
	oldest = rows->len ? rows->pdata[rows->len - 1] : NULL;
	if (!limit || !oldest || rows->len < (guint)limit)
		return TRUE;
	const struct index_filter before = {.until = oldest->created};

	window->signatures = index_signatures(ix, &before, error);
	for (guint i = 0; window->signatures && i < window->signatures->len; i++) {
		struct index_signature *signature = window->signatures->pdata[i];

		g_hash_table_insert(window->older, signature->bug, signature);
	}
	return window->signatures != NULL;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct run_info *const *)a)->name, (*(struct run_info *const *)b)->name);
}

/* Adds the runs that the command line names, as those to report on. They may be in any folder. */
static gboolean add_named(const char *results, char **words, struct window *window, GError **error)
{
	window->now = *words ? g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) : NULL;
	for (; *words; words++) {
		rig_auto(run_info) run = run_open(results, *words, error);
		gboolean there = FALSE;

		if (!run)
			return FALSE;
		g_hash_table_add(window->now, g_strdup(run->name));
		for (guint i = 0; i < window->runs->len && !there; i++)
			there = !strcmp(((struct run_info *)window->runs->pdata[i])->name,
					run->name);
		if (!there)
			g_ptr_array_add(window->runs, g_steal_pointer(&run));
	}
	/* names begin with the time, so this sorts by time */
	g_ptr_array_sort(window->runs, by_name);
	return TRUE;
}

static gboolean fill_window(const struct options *options, const char *results, char **words,
			    struct window *window, GError **error)
{
	rig_auto(run_index) ix = index_open(results, NULL, NULL, error);
	g_autoptr(GPtrArray) night = NULL;
	g_autofree char *until = NULL;

	if (!ix)
		return FALSE;
	if (options->night && *words)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--night and runs exclude each other: use one, not both");
	if (options->limit < 0)
		return rig_fail(error, RIG_EXIT_USAGE,
				"--limit %d is out of range (1 or more; 0 for all)",
				options->limit);
	if (options->night && strcmp(options->night, "last")) {
		night = night_runs_of(ix, options->night, error);
		if (!night)
			return FALSE;
		until = g_strconcat(((struct index_run *)night->pdata[night->len - 1])->created,
				    "~", NULL);
	}
	if (!read_window(ix, results, until, options->limit, window, error))
		return FALSE;
	if (!night)
		return !*words || add_named(results, words, window, error);
	window->now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < night->len; i++)
		g_hash_table_add(window->now,
				 g_strdup(((struct index_run *)night->pdata[i])->name));
	return TRUE;
}

static gboolean put(const struct report_format *format, const struct model *model, const char *file,
		    GError **error)
{
	g_autofree char *document = format->write(model, error);

	if (!document)
		return FALSE;
	if (file && strcmp(file, "-"))
		return rig_write_file(file, document, -1, error);
	fputs(document, stdout);
	return TRUE;
}

static char *symbolise(const struct run_view *run, json_t *report, void *frames)
{
	return frames_text(frames, json_string_value(model_at(run->info->inputs, "kernel/hash")),
			   report);
}

static gboolean put_pages(const struct options *options, const char *results,
			  const struct model *model, GError **error)
{
	rig_auto(frames) frames = frames_new();
	const struct html_options html = {
		.dir = options->html, .results = results, .symbolise = symbolise, .data = frames};
	gboolean no_charts;
	guint pages;

	if (!html_write(model, &html, &pages, &no_charts, error))
		return FALSE;
	fprintf(stderr, "rig: %u page%s; open %s/index.html\n", pages, text_s(pages),
		options->html);
	if (no_charts)
		fputs("rig: the pages have tables instead of charts: "
		      "apt-get install libjs-chart.js\n",
		      stderr);
	return TRUE;
}

static gboolean put_all(const struct options *options, const char *results,
			const struct model *model, GError **error)
{
	guint to_stdout = 0, wanted = options->html != NULL;

	for (guint i = 0; i < n_report_formats; i++) {
		to_stdout += options->flags[i] || !g_strcmp0(options->files[i], "-");
		wanted += options->flags[i] || options->files[i];
	}
	if (to_stdout > 1)
		return rig_fail(error, RIG_EXIT_USAGE,
				"only one output can be written to standard output; give a file "
				"to the others");
	for (guint i = 0; i < n_report_formats; i++)
		if ((options->flags[i] || options->files[i] || (!wanted && !i)) &&
		    !put(&report_formats[i], model, options->files[i], error))
			return FALSE;
	return !options->html || put_pages(options, results, model, error);
}

/* Adds the lock orders that no earlier run of the same tree had. */
static gboolean add_orders(const char *results, struct model *model, GError **error)
{
	const char *since = model_first_run(model);
	rig_auto(lock_db) graph = since ? locks_graph(results, FALSE, error) : NULL;
	g_autoptr(GPtrArray) found =
		graph ? lock_db_new_orders(graph, NULL, since, NULL, error) : NULL;

	for (guint i = 0; found && i < found->len; i++) {
		const struct lock_new *new = found->pdata[i];

		g_ptr_array_add(model->orders, new_order_new(new->from, new->to, new->tree,
							     new->first, new->anywhere));
	}
	return !since || found;
}

static gboolean report(const struct options *options, char **words, struct window *window,
		       GError **error)
{
	g_autofree char *results =
		options->results ? g_strdup(options->results) : run_default_results();
	rig_auto(model) model = NULL;

	if (!fill_window(options, results, words, window, error))
		return FALSE;
	if (!window->runs->len)
		return rig_fail(error, RIG_EXIT_USAGE,
				"no runs in '%s' yet; `rig run dimm-remove-vs-sysfs` creates one",
				results);
	model = model_new(window->runs, &(const struct model_options){
						.now = window->now,
						.label = window->now ? options->night : NULL,
						.older = window->older});
	return add_orders(results, model, error) && put_all(options, results, model, error);
}

int cmd_report(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct options options = {.limit = LIMIT};
	struct window window = {0};
	int code = RIG_EXIT_PASS;

	G_STATIC_ASSERT(FORMATS_MAX >= 5);
	if (!parse(&argc, &argv, &options, &error) || !report(&options, argv + 1, &window, &error))
		code = rig_report_error(error);
	window_clear(&window);
	options_clear(&options);
	return code;
}
