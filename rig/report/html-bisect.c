// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes pages for bisections: the result of each search below the results folder
 * (<utc>-bisect-<scenario>-<pid>/result.json, rig-json(5)), with links to the pages of its runs.
 */
#include "report/page.h"

#include <string.h>

#include "util/clock.h"
#include "util/paths.h"
#include "util/text.h"

#define SHOWN_MAX 100
#define RESULT_MAX (16 << 20)
#define PROBABLE_MAX 10

/* ---- finding the results ---- */

static void bisection_free(gpointer data)
{
	struct bisection *b = data;

	g_free(b->slug);
	g_free(b->title);
	json_decref(b->result);
	g_free(b);
}

static double number(json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/*
 * Returns the title of a bisection's page: "First bad: " and the subject of the commit, or how the
 * search ended if it has no answer. The caller owns the text.
 */
static char *title_of(json_t *result)
{
	json_t *answer = json_object_get(result, "answer");
	g_autofree char *end = model_text(result, "end"),
			*subject = model_text(json_array_get(answer, 0), "subject");
	gsize n = json_array_size(answer);

	if (!n || strcmp(end, "found"))
		return g_strdup_printf("Not found: %s", end);
	if (n > 1)
		return g_strdup_printf("One of %" G_GSIZE_FORMAT
				       " that no test can distinguish: %s, …",
				       n, subject);
	return g_strdup_printf(
		"%s: %s", json_is_true(json_object_get(result, "fix")) ? "First good" : "First bad",
		subject);
}

static struct bisection *bisection_read(const char *results, const char *name)
{
	g_autofree char *file = g_build_filename(results, name, "result.json", NULL), *text = NULL;
	struct bisection *b;
	json_t *result;
	gsize len;

	if (!rig_read_file(file, RESULT_MAX, &text, &len, NULL))
		return NULL;
	result = json_loadb(text, len, 0, NULL);
	if (!json_is_object(result)) {
		json_decref(result);
		return NULL;
	}
	b = g_new0(struct bisection, 1);
	b->slug = model_slug(name);
	b->title = title_of(result);
	b->result = result;
	return b;
}

GPtrArray *bisections_read(const char *results)
{
	g_auto(GStrv) names = results ? rig_names_in(results, "") : g_new0(char *, 1);
	GPtrArray *all = g_ptr_array_new_with_free_func(bisection_free);

	/* names begin with the time, so the newest is the last one */
	for (guint i = g_strv_length(names); i-- > 0 && all->len < SHOWN_MAX;) {
		struct bisection *b =
			strstr(names[i], "-bisect-") ? bisection_read(results, names[i]) : NULL;

		if (b)
			g_ptr_array_add(all, b);
	}
	return all;
}

/* ---- links to bisections ---- */

void put_bisections(struct page *page, const struct site *site, const char *bug)
{
	for (guint i = 0; i < site->bisections->len; i++) {
		const struct bisection *b = site->bisections->pdata[i];
		g_autofree char *key = model_text(b->result, "target/key");

		if (!strcmp(key, bug))
			html(page,
			     "<dt>bisection</dt><dd><a href=\"%sbisect/%s.html\">%s</a></dd>\n",
			     page->up, b->slug, b->title);
	}
}

void put_bisection_of(struct page *page, const struct site *site, const struct run_view *run)
{
	g_autofree char *label = model_text(run->info->inputs, "labels/bisect"),
			*slug = model_slug(label);

	for (guint i = 0; i < site->bisections->len; i++) {
		const struct bisection *b = site->bisections->pdata[i];

		if (!strcmp(b->slug, slug))
			html(page,
			     "<dt>part of</dt><dd>bisection: <a href=\"%sbisect/%s.html\">%s</a>"
			     "</dd>\n",
			     page->up, slug, b->title);
	}
}

/* ---- the page of a bisection ---- */

static void put_target(struct site *site, struct page *page, json_t *result)
{
	g_autofree char *key = model_text(result, "target/key"),
			*learned = model_text(result, "target/learned");
	const struct signature *signature = NULL;

	for (guint i = 0; i < site->model->signatures->len && !signature; i++)
		if (!strcmp(((struct signature *)site->model->signatures->pdata[i])->bug, key))
			signature = site->model->signatures->pdata[i];
	if (signature)
		html(page,
		     "<dt>searched for</dt><dd><a href=\"../signature/%s.html\">%s</a></dd>\n",
		     signature->slug, key);
	else
		put_fact(page, "searched for", key);
	put_fact(page, "because", learned);
}

static void put_facts(struct site *site, struct page *page, json_t *result)
{
	static const char *const rows[][2] = {{"range", "range"},
					      {"repository", "repository"},
					      {"scenario", "scenario"},
					      {"machine", "machine"},
					      {"search", "search"}};
	json_t *detection = json_object_get(result, "detection");
	g_autofree char *took =
		rig_duration_text((gint64)(CLAMP(number(result, "wall_s"), 0, 1e9) * RIG_NS_PER_S));

	html_raw(page, "<dl class=\"facts\">\n");
	put_target(site, page, result);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *value = model_text(result, rows[i][1]);

		put_fact(page, rows[i][0], value);
	}
	html(page,
	     "<dt>caught</dt><dd>in %.0f %% of the runs that can <span class=\"soft\">(%.0f to "
	     "%.0f %%)</span></dd>\n",
	     100 * number(detection, "rate"), 100 * number(detection, "low"),
	     100 * number(detection, "high"));
	html(page, "<dt>spent</dt><dd>%.0f boots, %.0f builds, %s</dd>\n</dl>\n",
	     number(result, "boots"), number(result, "builds"), took);
}

static void put_answer(struct page *page, json_t *result)
{
	json_t *change;
	size_t i;

	html_raw(page, "<h2>The change</h2>\n");
	json_array_foreach (json_object_get(result, "answer"), i, change) {
		g_autofree char *id = model_text(change, "id"),
				*subject = model_text(change, "subject"),
				*author = model_text(change, "author"),
				*date = model_text(change, "date"),
				*touches = model_text(change, "touches");

		html(page, "<section class=\"report\"><h3>%s</h3>\n<dl class=\"facts\">\n",
		     subject);
		put_fact(page, "change", id);
		put_fact(page, "author", author);
		put_fact(page, "date", date);
		html(page, "</dl>\n<pre tabindex=\"0\" aria-label=\"files\">%s</pre></section>\n",
		     touches);
	}
}

static void put_probable(struct page *page, json_t *result)
{
	json_t *change;
	size_t i;

	html_raw(
		page,
		"<h2>How probable</h2>\n<div class=\"scroll\"><table class=\"cards\"><thead><tr>"
		"<th scope=\"col\">change</th>"
		"<th scope=\"col\">subject</th><th scope=\"col\" class=\"num\">probability</th>"
		"<th scope=\"col\"></th></tr></thead>\n<tbody>\n");
	json_array_foreach (json_object_get(result, "probable"), i, change) {
		g_autofree char *id = model_text(change, "id"),
				*subject = model_text(change, "subject");
		double p = CLAMP(number(change, "probability"), 0, 1);

		if (i == PROBABLE_MAX)
			break;
		html(page,
		     "<tr><th scope=\"row\"><code>%.12s</code></th><td class=\"wide\" "
		     "data-label=\"subject\">%s</td>"
		     "<td class=\"num\" data-label=\"probability\">%.2f %%</td><td class=\"bar\">"
		     "<meter min=\"0\" max=\"1\" "
		     "value=\"%.4f\" aria-label=\"%.2f %%\"></meter></td></tr>\n",
		     id, subject, 100 * p, p, 100 * p);
	}
	html_raw(page, "</tbody></table></div>\n");
}

static void put_run(struct page *page, GHashTable *runs, json_t *run)
{
	g_autofree char *outcome = model_text(run, "outcome"), *name = model_text(run, "run"),
			*why = model_text(run, "why");
	const struct run_view *shown = g_hash_table_lookup(runs, name);
	json_t *report;
	size_t i;

	html(page, "<li>%s: ", outcome);
	if (shown)
		html(page, "<a href=\"../run/%s.html\">%s</a>", shown->slug, name);
	else if (strcmp(name, "?"))
		html(page, "%s", name);
	if (strcmp(why, "?"))
		html(page, " %s", why);
	json_array_foreach (json_object_get(run, "reports"), i, report) {
		g_autofree char *signature = model_text(report, "signature");

		html(page, "<br><code>%s</code>", signature);
	}
	html_raw(page, "</li>\n");
}

static void put_evidence(struct site *site, struct page *page, json_t *result)
{
	g_autoptr(GHashTable) runs = g_hash_table_new(g_str_hash, g_str_equal);
	json_t *row, *run, *evidence = json_object_get(result, "evidence");
	size_t i, k;

	if (!json_array_size(evidence))
		return;
	for (guint r = 0; r < site->model->runs->len; r++) {
		struct run_view *shown = site->model->runs->pdata[r];

		g_hash_table_insert(runs, shown->name, shown);
	}
	html_raw(page, "<h2>Evidence</h2>\n");
	json_array_foreach (evidence, i, row) {
		g_autofree char *id = model_text(row, "id"), *subject = model_text(row, "subject");

		html(page,
		     "<h3>%.0f: %s <span class=\"soft\"><code>%.12s</code>, %.2f %%</span></h3>\n"
		     "<ul>\n",
		     number(row, "position"), subject, id, 100 * number(row, "probability"));
		json_array_foreach (json_object_get(row, "runs"), k, run)
			put_run(page, runs, run);
		html_raw(page, "</ul>\n");
	}
}

static void put_again(struct page *page, json_t *result)
{
	g_autofree char *report = model_text(result, "report");
	json_t *one;
	size_t i;

	if (json_array_size(json_object_get(result, "replay"))) {
		html_raw(page, "<h2>Again</h2>\n<pre class=\"cmd\">");
		json_array_foreach (json_object_get(result, "replay"), i, one) {
			g_autofree char *command = model_text(one, "command"),
					*what = model_text(one, "what");

			html(page, "%s    # %s\n", command, what);
		}
		html_raw(page, "</pre>\n");
	}
	if (strcmp(report, "?"))
		html(page,
		     "<h2>The report at the first bad</h2>\n"
		     "<pre tabindex=\"0\" aria-label=\"report\">%s</pre>\n",
		     report);
}

static void write_bisection(struct site *site, const struct bisection *b)
{
	g_autofree char *file = g_strdup_printf("bisect/%s.html", b->slug);
	gboolean found = json_array_size(json_object_get(b->result, "answer")) &&
			 !g_str_has_prefix(b->title, "Not found");
	struct page page = page_begin("../", TAB_NONE, b->title, FALSE);

	html(&page,
	     "<p class=\"crumbs\"><a href=\"../index.html\">Overview</a> / bisection</p>\n"
	     "<div class=\"state %s\"><h1>%s</h1>\n",
	     found ? "pass" : "other", b->title);
	html(&page,
	     found ? "<p>%.2f %% sure, %.2f %% were asked for.</p></div>\n"
		   : "<p>The most probable change has %.2f %%, %.2f %% were asked for.</p></div>\n",
	     100 * number(b->result, "confidence"), 100 * number(b->result, "asked"));
	put_facts(site, &page, b->result);
	if (found)
		put_answer(&page, b->result);
	put_probable(&page, b->result);
	put_evidence(site, &page, b->result);
	put_again(&page, b->result);
	page_end(site, &page, file);
}

void write_bisections(struct site *site)
{
	for (guint i = 0; i < site->bisections->len; i++)
		write_bisection(site, site->bisections->pdata[i]);
}
