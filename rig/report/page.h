/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files that write pages. All text is escaped by html(). Private to
 * report/.
 */
#ifndef RIG_REPORT_PAGE_H
#define RIG_REPORT_PAGE_H

#include "cover/unite.h"
#include "report/html.h"
#include "report/internal.h"

/* The state of writing a site. */
struct site {
	const struct model *model;
	const struct html_options *options;
	GHashTable *written;   /* set of the names of files that were written */
	GPtrArray *bisections; /* of struct bisection, the newest first */
	struct coverage_union *coverage; /* of the runs of NOW; NULL if none has coverage */
	GHashTable *pictures;  /* maps a DOT text to its SVG, or to "" if it cannot be drawn */
	GError *no_pictures;   /* why pictures cannot be drawn, or NULL */
	GError *error;	       /* the first error */
};

struct page {
	GString *text;
	const char *up; /* relative path to the top folder: "" or "../" */
};

/*
 * Appends to the page like printf(). The format is HTML; the arguments are escaped, for use in text
 * and in quoted attributes.
 */
void html(struct page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Adds MARKUP without escaping; used for pictures by Graphviz. */
void html_raw(struct page *page, const char *markup);

enum page_tab { TAB_OVERVIEW, TAB_SIGNATURES, TAB_TRENDS, TAB_RUNS, TAB_NONE, TAB_ALONE };

/*
 * page_begin() starts a page and writes its beginning, up to the tag <main>. With TAB_ALONE, the
 * page has no links to other pages; if CHARTS is TRUE, it loads the library for charts. page_end()
 * writes the page to FILE in the site's folder.
 */
struct page page_begin(const char *up, enum page_tab tab, const char *title, gboolean charts);
void page_end(struct site *site, struct page *page, const char *file);

/* Writes a word such as "FAIL" as a badge; with HREF as a link. */
void put_badge(struct page *page, const char *word, const char *href);
/* Writes NAME and VALUE as a row of a list (<dl>). Does nothing if VALUE is NULL or "?". */
void put_fact(struct page *page, const char *name, const char *value);
/* Writes a table's cell with a number ("12.3 s"), or "–" if VALUE is negative. */
void put_number(struct page *page, const char *label, double value, const char *format);
/*
 * Writes a table of runs, the newest first. ID is the HTML id of the table, or NULL if the table
 * has no filter.
 */
void put_runs(struct page *page, const GPtrArray *runs, const char *id, gboolean with_cell);
/*
 * put_chart_begin() and put_chart_end() write a chart of DATA, whose reference is stolen. Between
 * these calls, the caller writes the rows of a table with the same data, for screen readers and for
 * browsers without scripts.
 */
void put_chart_begin(struct page *page, const char *label, gboolean tall, json_t *data);
void put_chart_end(struct page *page);

/* A finished search of `rig bisect`. `slug` is the name of its page without suffix. */
struct bisection {
	char *slug, *title;
	json_t *result; /* result.json, see rig-json(5) */
};
/*
 * Returns the bisections in RESULTS, the newest 100; RESULTS may be NULL. Free with
 * g_ptr_array_unref().
 */
GPtrArray *bisections_read(const char *results);
/*
 * Add rows to a list (<dl>): put_bisections() adds the bisections of the signature BUG, and
 * put_bisection_of() the bisection to which RUN belongs. They do nothing if there is none.
 */
void put_bisections(struct page *page, const struct site *site, const char *bug);
void put_bisection_of(struct page *page, const struct site *site, const struct run_view *run);

/*
 * Draws the pictures of all reports, before pages are written. Sets `no_pictures` after an error,
 * for example if dot is missing.
 */
void draw_pictures(struct site *site);
/*
 * Writes the picture of REPORT if it has a lock cycle, or a hang's graph of waits. If pictures
 * cannot be drawn, writes the reason instead.
 */
void put_picture(struct site *site, struct page *page, json_t *report);

/*
 * Returns the coverage of the runs of NOW, or NULL if they have none. Free it with
 * coverage_union_free().
 */
struct coverage_union *coverage_of_night(const struct model *model);

/*
 * Prepares DIR for a single page: creates it if needed, marks it as a folder of the rig, and copies
 * the style sheet. Error: RIG_EXIT_USAGE, DIR has files that no earlier report wrote.
 */
gboolean html_folder(const char *dir, GError **error);

/* Functions of html-*.c: each writes a page, or all pages of one kind. */
void write_index(struct site *site);
void write_lists(struct site *site); /* signatures.html, runs.html */
void write_trends(struct site *site);
void write_runs(struct site *site);
void write_cells(struct site *site);
void write_signatures(struct site *site);
void write_bisections(struct site *site);
void write_coverage(struct site *site); /* coverage.html, if there is coverage */
void put_trends(struct page *page, GPtrArray *cells); /* writes two charts */
void put_timeline(struct page *page, const struct run_view *run);

#endif
