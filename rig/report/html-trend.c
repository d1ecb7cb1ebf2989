// SPDX-License-Identifier: GPL-2.0-only
/* Writes charts over days: how soon reports were found, and how many operations the agents did. */
#include "report/page.h"

struct measure {
	const char *title, *unit, *format;
	/* returns the value of a run; negative if the run has none */
	double (*of)(const struct run_view *run);
};

static double detection(const struct run_view *run)
{
	return run->detect_s;
}

static double rate(const struct run_view *run)
{
	return run->ops_per_s;
}

static const struct measure measures[] = {
	{"Time to detection", "seconds after the guest's boot", "%.1f", detection},
	{"Operations per second", "operations/s, all agents", "%.0f", rate},
};

static json_t *series_of(const struct measure *measure, const struct cell *cell)
{
	g_autofree char *name = g_strdup_printf("%s, %s", cell->machine, cell->kernel);
	json_t *points = json_array();

	for (guint i = 0; i < cell->runs->len; i++) {
		const struct run_view *run = cell->runs->pdata[i];

		if (run->when && measure->of(run) >= 0)
			json_array_append_new(points, json_pack("[I, f]", (json_int_t)run->when,
								measure->of(run)));
	}
	return json_pack("{s:s, s:o}", "name", name, "points", points);
}

/* Writes a row of the chart's table: minimum, mean and maximum of a cell. */
static void put_row(struct page *page, const struct measure *measure, const struct cell *cell)
{
	double least = -1, most = -1, sum = 0;
	guint n = 0;

	for (guint i = 0; i < cell->runs->len; i++) {
		double value = measure->of(cell->runs->pdata[i]);

		if (value < 0)
			continue;
		least = n ? MIN(least, value) : value;
		most = n ? MAX(most, value) : value;
		sum += value;
		n++;
	}
	if (!n)
		return;
	html(page, "<tr><th scope=\"row\">%s, %s</th><td class=\"num\" data-label=\"runs\">%u</td>",
	     cell->machine, cell->kernel, n);
	put_number(page, "least", least, measure->format);
	put_number(page, "mean", sum / n, measure->format);
	put_number(page, "most", most, measure->format);
	html_raw(page, "</tr>\n");
}

static gboolean put_trend(struct page *page, const struct measure *measure, const GPtrArray *cells)
{
	json_t *series = json_array();

	for (guint i = 0; i < cells->len; i++) {
		json_t *one = series_of(measure, cells->pdata[i]);

		if (json_array_size(json_object_get(one, "points")))
			json_array_append_new(series, one);
		else
			json_decref(one);
	}
	if (!json_array_size(series)) {
		json_decref(series);
		return FALSE;
	}
	html(page, "<div><h3>%s</h3>\n", measure->title);
	put_chart_begin(page, measure->title, FALSE,
			json_pack("{s:s, s:s, s:o}", "chart", "trend", "unit", measure->unit,
				  "series", series));
	html(page,
	     "<table class=\"cards\"><thead><tr><th scope=\"col\">where</th><th scope=\"col\" "
	     "class=\"num\">runs</th>"
	     "<th scope=\"col\" class=\"num\">least</th><th scope=\"col\" class=\"num\">mean</th>"
	     "<th scope=\"col\" class=\"num\">most</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < cells->len; i++)
		put_row(page, measure, cells->pdata[i]);
	html_raw(page, "</tbody></table>\n");
	put_chart_end(page);
	html_raw(page, "</div>\n");
	return TRUE;
}

void put_trends(struct page *page, GPtrArray *cells)
{
	guint n = 0;

	html_raw(page, "<div class=\"pair\">\n");
	for (guint i = 0; i < G_N_ELEMENTS(measures); i++)
		n += put_trend(page, &measures[i], cells);
	html_raw(page, "</div>\n");
	if (!n)
		html_raw(page, "<p class=\"soft\">No run has numbers.</p>\n");
}

void write_trends(struct site *site)
{
	const struct model *model = site->model;
	struct page page = page_begin("", TAB_TRENDS, "Trends - hotplug-rig", TRUE);

	html_raw(&page, "<h1>Trends</h1>\n");
	for (guint s = 0; s < model->scenarios->len; s++) {
		g_autoptr(GPtrArray) cells = g_ptr_array_new();

		for (guint i = 0; i < model->cells->len; i++)
			if (!g_strcmp0(((struct cell *)model->cells->pdata[i])->scenario,
				       model->scenarios->pdata[s]))
				g_ptr_array_add(cells, model->cells->pdata[i]);
		html(&page, "<h2>%s</h2>\n", (char *)model->scenarios->pdata[s]);
		put_trends(&page, cells);
	}
	page_end(site, &page, "trends.html");
}
