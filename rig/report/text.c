// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the report as a short mail: at most 24 lines of 79 columns. Changes come first, the matrix
 * gets the remaining lines, and entries for which there is no room are counted.
 */
#include "report/internal.h"
#include "util/text.h"

#include <string.h>

#define LINES 23 /* all lines except the last one, which has the next commands */
#define COLUMNS 79
#define ORDERS_SHOWN 2
/* maximum number of lines up to the end of the changes, so that some are left for cells */
#define CHANGES_LINES 13

struct page {
	GString *text;
	guint lines;
};

/* Adds a line, which is cut after a whole character if it is longer than COLUMNS. */
static void G_GNUC_PRINTF(2, 3) line(struct page *page, const char *format, ...)
{
	g_autofree char *text = NULL, *head = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_strdelimit(text, "\n\t", ' ');
	g_strchomp(text);
	if (g_utf8_strlen(text, -1) > COLUMNS) {
		head = g_utf8_substring(text, 0, COLUMNS - 1);
		g_string_append_printf(page->text, "%s…\n", head);
	} else {
		g_string_append_printf(page->text, "%s\n", text);
	}
	page->lines++;
}

static char *verdicts_text(const struct tally *tally)
{
	GString *text = g_string_new(NULL);

	for (guint v = 0; v < N_VERDICTS; v++)
		if (tally->n[v])
			g_string_append_printf(text, "%s%u %s", text->len ? ", " : "", tally->n[v],
					       verdict_name(v));
	return g_string_free(text, FALSE);
}

static void put_head(struct page *page, const struct model *model)
{
	g_autofree char *first = model_minute(model->first), *last = model_minute(model->last);
	g_autofree char *verdicts = verdicts_text(&model->now);
	gboolean one_day = !strncmp(first, last, strlen("2026-11-21"));
	const char *kind, *state = model_state(model, &kind);

	line(page, "hotplug-rig %s: %s", model->label, state);
	line(page, "%u run%s, %s to %s UTC: %s", model->now.all, text_s(model->now.all),
	     first, one_day ? last + MIN(strlen(last), strlen("2026-11-21 ")) : last,
	     model->now.all ? verdicts : "none");
	line(page, "%s", "");
}

/* Writes a change, in two lines if it is too long for one. */
static void put_change(struct page *page, const struct difference *change)
{
	g_autofree char *text = difference_text(change),
			*words = g_strdup_printf("  %-8s %s", difference_word(change->kind), text);
	const char *cut = words;
	guint column = 0;

	for (const char *p = words; *p && column <= COLUMNS; p = g_utf8_next_char(p), column++)
		if (*p == ' ' && column > COLUMNS / 2)
			cut = p;
	if (column <= COLUMNS || cut == words) {
		line(page, "%s", words);
		return;
	}
	line(page, "%.*s", (int)(cut - words), words);
	line(page, "%11s%s", "", cut + 1);
}

static void put_changes(struct page *page, const struct model *model)
{
	guint n = model->changes->len, shown = 0;

	line(page, n ? "CHANGED:" : "CHANGED: nothing");
	while (shown < n && page->lines + 2 <= CHANGES_LINES)
		put_change(page, model->changes->pdata[shown++]);
	if (shown < n)
		line(page, "  and %u more", n - shown);
	line(page, "%s", "");
}

/* Writes the lock orders that are new in all trees, as many as fit. */
static void put_orders(struct page *page, const struct model *model)
{
	guint n = model->orders->len, anywhere = 0;

	if (!n)
		return;
	for (guint i = 0; i < n; i++)
		anywhere += ((struct new_order *)model->orders->pdata[i])->anywhere;
	line(page, "NEW LOCK ORDERS: %u, of which %u in no tree before (rig locks new)", n,
	     anywhere);
	for (guint i = 0; i < MIN(n, ORDERS_SHOWN); i++) {
		const struct new_order *order = model->orders->pdata[i];

		line(page, "  %s%s%s", order->text, *order->tree ? " in " : "", order->tree);
	}
	line(page, "%s", "");
}

/*
 * Returns the rank of a cell (scenario, machine and kernel): 0 if some of its runs did not end as
 * expected, 1 if none has a result for the kernel, otherwise 2.
 */
static guint rank(const struct cell *cell)
{
	const struct tally *now = &cell->now;

	guint quiet = now->n[VERDICT_SKIP] + now->n[VERDICT_KNOWN] + now->n[VERDICT_RUNNING];

	return now->bad ? 0 : !now->judged && now->all > quiet ? 1 : 2;
}

static void put_cell(struct page *page, const struct cell *cell)
{
	const struct run_view *run = model_witness(cell->runs);

	line(page, "  %-7s %2u/%-2u %s %s %s: %s", tally_word(&cell->now),
	     cell->now.judged ? cell->now.bad : cell->now.all, cell->now.all, cell->scenario,
	     cell->machine, cell->kernel, run ? run->title : "");
}

/* Writes the cells (scenario, machine and kernel) that did not end as expected, as many as fit. */
static void put_cells(struct page *page, const struct model *model)
{
	guint bad = 0, shown = 0, room = LINES - page->lines - 2;

	for (guint i = 0; i < model->cells->len; i++)
		bad += rank(model->cells->pdata[i]) < 2;
	if (!bad)
		line(page, "NOT CLEAN: none");
	else
		line(page, "NOT CLEAN: %u cell%s (bad of all runs)", bad, text_s(bad));
	for (guint r = 0; r < 2; r++)
		for (guint i = 0; i < model->cells->len && (bad <= room || shown < room - 1); i++)
			if (rank(model->cells->pdata[i]) == r) {
				put_cell(page, model->cells->pdata[i]);
				shown++;
			}
	if (shown < bad)
		line(page, "  and %u more", bad - shown);
}

char *write_text(const struct model *model, GError **error)
{
	struct page page = {g_string_new(NULL), 0};

	(void)error;
	put_head(&page, model);
	put_changes(&page, model);
	put_orders(&page, model);
	put_cells(&page, model);
	line(&page, "%s", "");
	line(&page, "rig report --html DIR writes HTML pages; rig show RUN shows one run");
	return g_string_free(page.text, FALSE);
}
