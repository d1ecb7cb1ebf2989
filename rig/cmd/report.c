// SPDX-License-Identifier: GPL-2.0-only
/* rig report: what a night found, for people, mails and other programs. */
#include "report/report.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "report/html.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/text.h"

static const char summary[] =
	"Shows the runs of a night (by default the newest one's) beside those before: what changed, the matrix of\n"
	"scenarios, machines and kernels, and every signature. With RUN... just these are the night. Several outputs can be asked for at once; FILE may be - for standard output.";

static const char examples[] =
	"  rig report                                 one screen\n"
	"  rig report --html /srv/www/rig             pages that open from the disk\n"
	"  rig report --junit report.xml --ktap       for a CI server\n"
	"  rig report --kcidb report.json --night 2026-11-21\n"
	"  rig report --json | jq '.changes[] | select(.worse).text'\n"
	"  rig report | mail -s \"$(rig report | head -n 1)\" kernel@example.org\n\n"
	"Exit codes: 0 written, 2 no such run or night, or a file that cannot be written.\n";

#define FORMATS_MAX 8

/* What was asked for, in the order of the table. */
struct wishes {
	char *files[FORMATS_MAX]; /* of formats that go into a file */
	gboolean flags[FORMATS_MAX];
	char *html, *night, *results;
};

static void wishes_clear(struct wishes *wishes)
{
	for (guint i = 0; i < FORMATS_MAX; i++)
		g_free(wishes->files[i]);
	g_free(wishes->html);
	g_free(wishes->night);
	g_free(wishes->results);
}

static gboolean parse(int *argc, char ***argv, struct wishes *wishes, GError **error)
{
	GOptionEntry entries[FORMATS_MAX + 5] = {0};
	guint n = 0;

	for (guint i = 0; i < n_report_formats; i++) {
		const struct report_format *format = &report_formats[i];

		entries[n++] = (GOptionEntry){
			format->name, 0, 0, format->file ? G_OPTION_ARG_FILENAME : G_OPTION_ARG_NONE,
			format->file ? (gpointer)&wishes->files[i] : (gpointer)&wishes->flags[i], format->about,
			format->file ? "FILE" : NULL};
	}
	entries[n++] = (GOptionEntry){"html", 0, 0, G_OPTION_ARG_FILENAME, &wishes->html,
				      "pages that open from the disk, without server or network", "DIR"};
	entries[n++] = (GOptionEntry){"night", 'n', 0, G_OPTION_ARG_STRING, &wishes->night,
				      "the runs of a night, or of a day (2026-11-21)", "ID"};
	entries[n++] = (GOptionEntry){"results", 'r', 0, G_OPTION_ARG_FILENAME, &wishes->results,
				      "folder of run folders", "DIR"};
	return cmd_parse(argc, argv, entries, "[RUN...]", summary, examples, error);
}

/* The names of those that --night or the words name; NULL where nothing is named. */
static gboolean pick_now(const struct wishes *wishes, const GPtrArray *runs, const char *results, char **words,
			 GHashTable **ret, GError **error)
{
	g_autoptr(GHashTable) now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (wishes->night && *words)
		return rig_fail(error, RIG_EXIT_USAGE, "report takes --night or runs, not both");
	for (guint i = 0; wishes->night && i < runs->len; i++) {
		const struct run_info *run = runs->pdata[i];
		const char *night = json_string_value(model_at(run->inputs, "labels/night"));
		const char *created = json_string_value(json_object_get(run->inputs, "created"));

		if (!g_strcmp0(night, wishes->night) || (created && g_str_has_prefix(created, wishes->night)))
			g_hash_table_add(now, g_strdup(run->name));
	}
	for (; *words; words++) {
		rig_auto(run_info) run = run_open(results, *words, error);

		if (!run)
			return FALSE;
		g_hash_table_add(now, g_strdup(run->name));
	}
	if (wishes->night && !g_hash_table_size(now))
		return rig_fail(error, RIG_EXIT_USAGE, "no run in '%s' is of night '%s'; `rig list` shows them", results,
				wishes->night);
	*ret = g_hash_table_size(now) ? g_steal_pointer(&now) : NULL;
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

static gboolean put_pages(const struct wishes *wishes, const struct model *model, GError **error)
{
	const struct html_options options = {.dir = wishes->html};
	gboolean no_charts;
	guint pages;

	if (!html_write(model, &options, &pages, &no_charts, error))
		return FALSE;
	fprintf(stderr, "rig: %u pages; open %s/index.html\n", pages, wishes->html);
	if (no_charts)
		fputs("rig: tables in the place of charts: their library is missing (apt-get install libjs-chart.js)\n", stderr);
	return TRUE;
}

static gboolean put_all(const struct wishes *wishes, const struct model *model, GError **error)
{
	guint to_stdout = 0, wanted = wishes->html != NULL;

	for (guint i = 0; i < n_report_formats; i++) {
		to_stdout += wishes->flags[i] || !g_strcmp0(wishes->files[i], "-");
		wanted += wishes->flags[i] || wishes->files[i];
	}
	if (to_stdout > 1)
		return rig_fail(error, RIG_EXIT_USAGE, "only one output can go to standard output");
	for (guint i = 0; i < n_report_formats; i++)
		if ((wishes->flags[i] || wishes->files[i] || (!wanted && !i)) &&
		    !put(&report_formats[i], model, wishes->files[i], error))
			return FALSE;
	return !wishes->html || put_pages(wishes, model, error);
}

static gboolean report(struct wishes *wishes, char **words, GError **error)
{
	g_autofree char *results = wishes->results ? g_strdup(wishes->results) : run_default_results();
	g_autoptr(GPtrArray) runs = run_all(results, error);
	g_autoptr(GHashTable) now = NULL;
	rig_auto(model) model = NULL;

	if (!runs)
		return FALSE;
	if (!runs->len)
		return rig_fail(error, RIG_EXIT_USAGE, "no run is kept in '%s' yet; `rig run` makes one", results);
	if (!pick_now(wishes, runs, results, words, &now, error))
		return FALSE;
	model = model_new(runs, now, wishes->night);
	return put_all(wishes, model, error);
}

int cmd_report(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct wishes wishes = {0};
	int code = RIG_EXIT_PASS;

	G_STATIC_ASSERT(FORMATS_MAX >= 5);
	if (!parse(&argc, &argv, &wishes, &error) || !report(&wishes, argv + 1, &error))
		code = rig_report_error(error);
	wishes_clear(&wishes);
	return code;
}
