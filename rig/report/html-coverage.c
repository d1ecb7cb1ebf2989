// SPDX-License-Identifier: GPL-2.0-only
/* Writes the page about coverage, which is one of a night's pages or stands alone. */
#include "report/html-coverage.h"

#include "report/page.h"
#include "util/error.h"
#include "util/text.h"

#define GAPS_SHOWN 200

static double share(guint part, guint whole)
{
	return whole ? (double)part / whole : 0;
}

static void put_share(struct page *page, const char *label, guint part, guint whole)
{
	html(page,
	     "<td class=\"num\" data-label=\"%s\">%u of %u</td><td class=\"bar\"><meter min=\"0\" "
	     "max=\"1\" value=\"%.4f\" aria-label=\"%.1f %%\"></meter></td>",
	     label, part, whole, share(part, whole), 100 * share(part, whole));
}

static void put_sums(struct page *page, const char *name, const struct coverage_sums *sums)
{
	html(page, "<tr><th scope=\"row\" class=\"wide\">%s</th>", name);
	put_share(page, "functions", sums->reached, sums->functions);
	html(page, "<td class=\"num\" data-label=\"only in the boot\">%u</td>", sums->boot_only);
	if (sums->lines)
		put_share(page, "lines", sums->lines_reached, sums->lines);
	else
		html_raw(page, "<td class=\"num none\" data-label=\"lines\">–</td><td></td>");
	html_raw(page, "</tr>\n");
}

static void put_files(struct page *page, const struct coverage *sum)
{
	struct coverage_sums sums;

	html_raw(page, "<h2>Files</h2>\n<div class=\"scroll\"><table class=\"grid cards\"><thead>"
		       "<tr><th scope=\"col\">file</th><th scope=\"col\" class=\"num\">functions "
		       "reached</th><th scope=\"col\"></th><th scope=\"col\" class=\"num\">only in "
		       "the boot</th><th scope=\"col\" class=\"num\">lines reached</th>"
		       "<th scope=\"col\"></th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < sum->files->len; i++) {
		const struct coverage_file *file = sum->files->pdata[i];

		coverage_file_sums(file, &sums);
		put_sums(page, file->name, &sums);
	}
	coverage_sums(sum, &sums);
	put_sums(page, "all", &sums);
	html_raw(page, "</tbody></table></div>\n");
}

static void put_gaps(struct page *page, const struct coverage *sum)
{
	g_autoptr(GArray) gaps = coverage_gaps(sum);

	html_raw(page, "<h2>Functions that no run reached under load</h2>\n");
	html(page, "<p class=\"soft\">%u function%s, the largest first%s.</p>\n", gaps->len,
	     text_s(gaps->len),
	     gaps->len > GAPS_SHOWN ? "; the others are left out" : "");
	html_raw(page, "<div class=\"scroll\"><table class=\"grid cards\"><thead><tr>"
		       "<th scope=\"col\">function</th><th scope=\"col\">file</th>"
		       "<th scope=\"col\" class=\"num\">bytes</th><th scope=\"col\">boot</th></tr>"
		       "</thead>\n<tbody>\n");
	for (guint i = 0; i < MIN(gaps->len, GAPS_SHOWN); i++) {
		const struct coverage_gap *gap = &g_array_index(gaps, struct coverage_gap, i);

		html(page,
		     "<tr><th scope=\"row\" class=\"wide\"><code>%s</code></th><td class=\"wide\" "
		     "data-label=\"file\">%s:%u</td><td class=\"num\" data-label=\"bytes\">%"
		     G_GUINT64_FORMAT "</td><td data-label=\"boot\">%s</td></tr>\n",
		     gap->function->name, gap->file, gap->function->line, gap->function->size,
		     gap->function->reached[COVERAGE_BOOT] ? "reached" : "not reached");
	}
	html_raw(page, "</tbody></table></div>\n");
}

static void put_ranks(struct page *page, const struct coverage_union *united)
{
	g_autoptr(GArray) ranks = coverage_ranks(united);

	html_raw(page, "<h2>Scenarios</h2>\n<p class=\"soft\">Numbers of functions. Adds: those "
		       "that no scenario above it reached; alone: those that no other scenario "
		       "reached.</p>\n<div class=\"scroll\"><table class=\"grid cards\"><thead><tr>"
		       "<th scope=\"col\">scenario</th><th scope=\"col\" class=\"num\">reached</th>"
		       "<th scope=\"col\" class=\"num\">adds</th><th scope=\"col\" class=\"num\">"
		       "alone</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < ranks->len; i++) {
		const struct coverage_rank *rank = &g_array_index(ranks, struct coverage_rank, i);

		html(page,
		     "<tr><th scope=\"row\" class=\"wide\">%s</th><td class=\"num\" "
		     "data-label=\"reached\">%u</td><td class=\"num\" data-label=\"adds\">%u</td>"
		     "<td class=\"num\" data-label=\"alone\">%u</td></tr>\n",
		     rank->scenario, rank->reached, rank->adds, rank->alone);
	}
	html_raw(page, "</tbody></table></div>\n");
}

static void put_coverage(struct page *page, const struct coverage_union *united)
{
	guint scenarios = g_hash_table_size(united->scenarios);

	html(page,
	     "<h1>Coverage</h1>\n<p class=\"soft\">The code of memory hotplug, slab, the device "
	     "core and the architecture that %u run%s of %u scenario%s reached under load.</p>\n",
	     united->runs, text_s(united->runs), scenarios, text_s(scenarios));
	if (united->damaged)
		html(page, "<p>The coverage of %u more run%s is damaged.</p>\n", united->damaged,
		     text_s(united->damaged));
	put_files(page, united->sum);
	put_ranks(page, united);
	put_gaps(page, united->sum);
}

struct coverage_union *coverage_of_night(const struct model *model)
{
	rig_auto(coverage_union) united = coverage_union_new();

	for (guint i = 0; i < model->runs->len; i++) {
		const struct run_view *run = model->runs->pdata[i];

		if (run->now)
			coverage_union_add(united, run->info->dir, run->scenario);
	}
	return united->runs ? g_steal_pointer(&united) : NULL;
}

void write_coverage(struct site *site)
{
	struct page page;

	if (!site->coverage)
		return;
	page = page_begin("", TAB_NONE, "Coverage - hotplug-rig", FALSE);
	put_coverage(&page, site->coverage);
	page_end(site, &page, "coverage.html");
}

gboolean coverage_site_write(const struct coverage_union *united, const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "index.html", NULL);
	struct page page;
	gboolean ok;

	if (!html_folder(dir, error))
		return FALSE;
	page = page_begin("", TAB_ALONE, "Coverage - hotplug-rig", FALSE);
	put_coverage(&page, united);
	html_raw(&page, "</div></main>\n</body>\n</html>\n");
	ok = g_file_set_contents_full(path, page.text->str, (gssize)page.text->len,
				      G_FILE_SET_CONTENTS_NONE, 0644, error);
	g_string_free(page.text, TRUE);
	return ok;
}
