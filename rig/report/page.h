/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pages have in common. Everything goes through html(), which escapes. Private to report/.
 */
#ifndef RIG_REPORT_PAGE_H
#define RIG_REPORT_PAGE_H

#include "report/html.h"
#include "report/internal.h"

/* A site being written. */
struct site {
	const struct model *model;
	const struct html_options *options;
	GHashTable *written; /* file names below the folder */
	GPtrArray *bisections; /* of struct bisection, the newest first */
	GHashTable *pictures; /* DOT text -> SVG, "" where it cannot be drawn */
	GError *no_pictures;  /* why there are none, or NULL */
	GError *error;	     /* the first */
};

struct page {
	GString *text;
	const char *up; /* path to the top folder: "" or "../" */
};

/* printf() whose words are escaped for text and quoted attributes; the format itself is HTML. */
void html(struct page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Adds MARKUP without escaping: for pictures that Graphviz drew. */
void html_raw(struct page *page, const char *markup);

enum page_tab { TAB_OVERVIEW, TAB_SIGNATURES, TAB_TRENDS, TAB_RUNS, TAB_NONE };

/*
 * Begins a page, up to <main>. CHARTS: the page contains charts. page_end() writes it as FILE
 * below the site's folder.
 */
struct page page_begin(const char *up, enum page_tab tab, const char *title, gboolean charts);
void page_end(struct site *site, struct page *page, const char *file);

/* Writes a word such as "FAIL" as a badge; with HREF as a link. */
void put_badge(struct page *page, const char *word, const char *href);
/* A row of a list of facts; left out where VALUE is NULL or "?". */
void put_fact(struct page *page, const char *name, const char *value);
/* Writes a table's cell with a number ("12.3 s"), or "–" if VALUE is negative. */
void put_number(struct page *page, const char *label, double value, const char *format);
/* Writes a table of runs, the newest first. ID: the table's id for a filter, or NULL. */
void put_runs(struct page *page, const GPtrArray *runs, const char *id, gboolean with_cell);
/*
 * Writes a chart, and a table of its data for screen readers and browsers without scripts. Takes
 * ownership of DATA.
 */
void put_chart_begin(struct page *page, const char *label, gboolean tall, json_t *data);
void put_chart_end(struct page *page);

/* A finished search of `rig bisect`. */
struct bisection {
	char *slug, *title;
	json_t *result; /* see docs/bisect.md */
};
/* Those below RESULTS, the newest 100; RESULTS may be NULL. Free with g_ptr_array_unref(). */
GPtrArray *bisections_read(const char *results);
/*
 * Adds rows to a list of facts: the searches for BUG, and the search that made RUN; none if
 * there are none.
 */
void put_bisections(struct page *page, const struct site *site, const char *bug);
void put_bisection_of(struct page *page, const struct site *site, const struct run_view *run);

/*
 * Draws the pictures of all reports, before the pages are written. `no_pictures` is set if dot is
 * missing.
 */
void draw_pictures(struct site *site);
/* The picture of a report that has a lock cycle or a hang's waits; without dot the reason. */
void put_picture(struct site *site, struct page *page, json_t *report);

/* html-*.c: each writes a page, or all pages of a kind. */
void write_index(struct site *site);
void write_lists(struct site *site); /* signatures.html, runs.html */
void write_trends(struct site *site);
void write_runs(struct site *site);
void write_cells(struct site *site);
void write_signatures(struct site *site);
void write_bisections(struct site *site);
void put_trends(struct page *page, GPtrArray *cells); /* two charts */
void put_timeline(struct page *page, const struct run_view *run);

#endif
