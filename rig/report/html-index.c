// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes index.html: what has changed, the matrix of cells (scenario × machine × kernel), and the
 * signatures.
 */
#include "report/page.h"
#include "util/text.h"

#include <string.h>

#define ORDERS_MAX 50
/* a cell of the matrix shows at most this many runs as marks, the newest last */
#define MARKS_MAX 14

static void put_state(struct page *page, const struct model *model)
{
	g_autofree char *first = model_minute(model->first), *last = model_minute(model->last);
	const char *kind, *state = model_state(model, &kind);

	html(page, "<div class=\"state %s\"><p class=\"soft\">%s</p><h1>%c%s</h1>\n", kind,
	     model->label, g_ascii_toupper(*state), state + 1);
	html(page, "<p>%u run%s between %s and %s: ", model->now.all, text_s(model->now.all),
	     first, last);
	for (guint v = 0, n = 0; v < N_VERDICTS; v++)
		if (model->now.n[v])
			html(page, "%s%u %s", n++ ? ", " : "", model->now.n[v], verdict_name(v));
	html_raw(page, ".</p></div>\n");
}

static void put_change(struct page *page, const struct difference *change)
{
	g_autofree char *text = difference_text(change);

	html_raw(page, "<li>");
	put_badge(page, difference_word(change->kind), NULL);
	html_raw(page, "<span class=\"what\">");
	if (change->signature)
		html(page, "<a href=\"signature/%s.html\">%s</a>", change->signature->slug, text);
	else
		html(page, "<a href=\"cell/%s.html\">%s</a>", change->cell->slug, text);
	if (change->run)
		html(page, " <a class=\"soft\" href=\"run/%s.html\">the run</a>",
		     change->run->slug);
	html_raw(page, "</span></li>\n");
}

static void put_changes(struct page *page, const struct model *model)
{
	html_raw(page, "<h2 id=\"changes\">What changed</h2>\n");
	if (!model->changes->len) {
		html_raw(
			page,
			"<p>Nothing: every cell is what it was in its runs before, "
			"and no signature is new.</p>\n");
		return;
	}
	html_raw(page, "<ul class=\"changes\">\n");
	for (guint i = 0; i < model->changes->len; i++)
		put_change(page, model->changes->pdata[i]);
	html_raw(page, "</ul>\n");
}

/* Writes two header rows: the kernels, and below each kernel its machines. */
static void put_heads(struct page *page, const struct model *model)
{
	html_raw(page, "<thead><tr><th scope=\"col\" rowspan=\"2\">scenario</th>");
	for (guint i = 0, next; i < model->columns->len; i = next) {
		const struct cell *column = model->columns->pdata[i];

		for (next = i + 1; next < model->columns->len; next++)
			if (strcmp(((struct cell *)model->columns->pdata[next])->kernel,
				   column->kernel))
				break;
		html(page, "<th scope=\"colgroup\" class=\"group\" colspan=\"%u\">%s</th>",
		     next - i, column->kernel);
	}
	html_raw(page, "</tr>\n<tr>");
	for (guint i = 0; i < model->columns->len; i++) {
		const struct cell *column = model->columns->pdata[i],
				  *before = i ? model->columns->pdata[i - 1] : NULL;

		html(page, "<th scope=\"col\"%s>%s</th>",
		     !before || strcmp(before->kernel, column->kernel) ? " class=\"group\"" : "",
		     column->machine);
	}
	html_raw(page, "</tr></thead>\n");
}

static void put_marks(struct page *page, const struct cell *cell)
{
	html_raw(page, "<span class=\"marks\" aria-hidden=\"true\">");
	for (guint i = cell->runs->len > MARKS_MAX ? cell->runs->len - MARKS_MAX : 0;
	     i < cell->runs->len; i++) {
		const struct run_view *run = cell->runs->pdata[i];
		g_autofree char *kind = g_ascii_strdown(verdict_name(run->as), -1);

		html(page, "<i class=\"%s\"></i>", kind);
	}
	html_raw(page, "</span>");
}

static void put_cell(struct page *page, const struct cell *column, const struct cell *cell,
		     gboolean group)
{
	const struct tally *tally = cell && cell->now.all ? &cell->now : cell ? &cell->ever : NULL;
	g_autofree char *href = cell ? g_strdup_printf("cell/%s.html", cell->slug) : NULL;

	html(page, "<td class=\"%s%s%s\" data-label=\"%s, %s\">", group ? "group" : "",
	     cell ? "" : " none", cell && !cell->now.all ? " old" : "", column->machine,
	     column->kernel);
	if (cell) {
		html_raw(page, "<span>");
		put_badge(page, tally_word(tally), href);
		if (!cell->now.all)
			html_raw(page, "<span class=\"rate\">before</span>");
		else if (tally->judged > 1 && tally->bad)
			html(page, "<span class=\"rate\">%u of %u bad</span>", tally->bad,
			     tally->judged);
		else
			html(page, "<span class=\"rate\">%u run%s</span>", tally->all,
			     text_s(tally->all));
		put_marks(page, cell);
		html_raw(page, "</span>");
	}
	html_raw(page, "</td>\n");
}

static void put_matrix(struct page *page, const struct model *model)
{
	html_raw(
		page,
		"<h2 id=\"matrix\">Scenarios, kernels, machines</h2>\n"
		"<div class=\"scroll\"><table class=\"matrix grid cards\" "
		"aria-labelledby=\"matrix\">\n");
	put_heads(page, model);
	html_raw(page, "<tbody>\n");
	for (guint s = 0; s < model->scenarios->len; s++) {
		const char *kernel = NULL;

		html(page, "<tr><th scope=\"row\">%s</th>\n", (char *)model->scenarios->pdata[s]);
		for (guint c = 0; c < model->columns->len; c++) {
			const struct cell *column = model->columns->pdata[c];

			put_cell(page, column,
				 model_cell(model, model->scenarios->pdata[s], column),
				 g_strcmp0(kernel, column->kernel));
			kernel = column->kernel;
		}
		html_raw(page, "</tr>\n");
	}
	html_raw(
		page,
		"</tbody></table></div>\n<p class=\"soft\">Marks are a cell&#39;s last runs, "
		"the newest on the right. "
		"FLAKY: some runs failed, some passed. Arrow keys go from cell to cell.</p>\n");
}

static void put_searches(struct page *page, const struct site *site)
{
	if (!site->bisections->len)
		return;
	html_raw(page, "<h2 id=\"bisections\">Bisections</h2>\n<ul class=\"changes\">\n");
	for (guint i = 0; i < site->bisections->len; i++) {
		const struct bisection *b = site->bisections->pdata[i];
		g_autofree char *scenario = model_text(b->result, "scenario"),
				*key = model_text(b->result, "target/key");

		html(page,
		     "<li><span class=\"badge\">%.1f %%</span><span class=\"what\">"
		     "<a href=\"bisect/%s.html\">%s</a> "
		     "<span class=\"soft\">%s%s%s</span></span></li>\n",
		     100 * json_number_value(json_object_get(b->result, "confidence")), b->slug,
		     b->title, scenario, strcmp(key, "?") ? ", " : "", strcmp(key, "?") ? key : "");
	}
	html_raw(page, "</ul>\n");
}

/*
 * Writes the lock orders that are new in their tree (the kernel's name in plans); those that are
 * new in all trees come first.
 */
static void put_orders(struct page *page, const struct model *model)
{
	guint n = model->orders->len;

	if (!n)
		return;
	html_raw(page, "<h2 id=\"lock-orders\">New lock orders</h2>\n");
	html(page,
	     "<p>%u that no earlier run of the same tree had; <code>rig locks new</code> lists "
	     "them.</p>\n",
	     n);
	html_raw(page, "<ul class=\"changes\">\n");
	for (guint i = 0; i < MIN(n, ORDERS_MAX); i++) {
		const struct new_order *order = model->orders->pdata[i];

		html(page, "<li><span class=\"what\"><code>%s</code>%s%s%s</span></li>\n",
		     order->text, *order->tree ? " in " : "", order->tree,
		     order->anywhere ? "" : "; other trees had it before");
	}
	html_raw(page, "</ul>\n");
}

static void put_coverage_link(struct page *page, const struct site *site)
{
	struct coverage_sums sums;

	if (!site->coverage)
		return;
	coverage_sums(site->coverage->sum, &sums);
	html(page,
	     "<h2 id=\"coverage\">Coverage</h2>\n<p><a href=\"coverage.html\">%u of %u "
	     "functions</a> of memory hotplug, slab and the device core were reached by %u "
	     "runs.</p>\n",
	     sums.reached, sums.functions, site->coverage->runs);
}

void write_index(struct site *site)
{
	const struct model *model = site->model;
	g_autofree char *title = g_strdup_printf("%s - hotplug-rig", model->label);
	struct page page = page_begin("", TAB_OVERVIEW, title, FALSE);

	put_state(&page, model);
	put_changes(&page, model);
	put_orders(&page, model);
	put_matrix(&page, model);
	put_coverage_link(&page, site);
	put_searches(&page, site);
	page_end(site, &page, "index.html");
}
