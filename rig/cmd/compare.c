// SPDX-License-Identifier: GPL-2.0-only
/* rig compare: prints the differences between two nights or two kernels. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/findings.h"
#include "cmd/locks.h"
#include "cmd/options.h"
#include "stats/compare.h"
#include "util/error.h"
#include "util/term.h"
#include "util/text.h"

#define ORDERS_SHOWN 10

static const char summary[] =
	"Compares two nights, or two kernels: findings that are new, fixed, more or less frequent, "
	"scenarios that fail\n"
	"more often, and those that are slower. A finding is new after one run already; the "
	"other differences must be\n"
	"significant: Fisher's exact test for rates, Mann-Whitney for speeds, at 5 % over all "
	"tests together (Holm).";

static const char examples[] =
	"  rig compare last~1 last\n"
	"  rig compare 20261120T220000Z 20261121T220000Z --all\n"
	"  rig compare 6.1.192 6.12.9 --json\n\n"
	"Exit codes: 0 nothing is new or worse, 1 a new finding or a regression (more, slower), "
	"2 usage.\n";

static const enum term_colour colours[] = {
	[CHANGE_NEW] = TERM_RED,      [CHANGE_MORE] = TERM_RED,	  [CHANGE_SLOWER] = TERM_RED,
	[CHANGE_FIXED] = TERM_GREEN,  [CHANGE_LESS] = TERM_GREEN, [CHANGE_FASTER] = TERM_GREEN,
	[CHANGE_GONE] = TERM_YELLOW, [CHANGE_SAME] = TERM_DIM,
};

static void head(enum change change, const char *text)
{
	g_autofree char *clean = findings_clean(text);

	printf("%s%-7s%s %s\n", term_colour(colours[change]), change_name(change),
	       term_colour(TERM_PLAIN), clean);
}

static void print_finding(const struct compare_finding *f)
{
	g_autofree char *bug = findings_clean(f->bug);

	head(f->change, f->title);
	printf("        %s\n        first attempts: %u of %u, then %u of %u (p %.3g); "
	       "with repetitions %u, then %u\n",
	       bug, f->hits[0], f->n[0], f->hits[1], f->n[1], f->p, f->seen[0], f->seen[1]);
	if (f->change == CHANGE_NEW && !f->significant)
		printf("        seen in %u run%s, not significant: A may lack it by chance\n",
		       f->seen[1], text_s(f->seen[1]));
	if (f->before)
		printf("        also in an earlier night, %s\n", f->before);
	if (f->to_tell)
		printf("        not significant yet; it would be after %u run%s without the "
		       "finding\n",
		       f->to_tell, text_s(f->to_tell));
	printf("        rig show %s\n", f->run);
}

static const char *blank_before(const char *tree)
{
	return *tree ? " " : "";
}

static void print_rate(const struct compare_rate *r)
{
	g_autofree char *text =
		g_strdup_printf("%s on %s%s%s: not as expected in %u of %u, then %u of %u (p %.3g)",
				r->scenario, r->machine, blank_before(r->tree), r->tree, r->bad[0],
				r->n[0], r->bad[1], r->n[1], r->p);

	head(r->change, text);
}

static void print_speed(const struct compare_speed *s)
{
	g_autofree char *text =
		g_strdup_printf("%s on %s%s%s: %s %.4g, then %.4g (medians of %u and %u, p %.3g)",
				s->scenario, s->machine, blank_before(s->tree), s->tree, s->what,
				s->median[0], s->median[1], s->n[0], s->n[1], s->p);

	head(s->change, text);
}

/*
 * Returns the lock orders of side B that side A does not have, as an array of texts "LOCK -->
 * LOCK", or NULL with an error. For nights, these are the orders that no run of the same tree (the
 * kernel's name in plans) had before B. For kernels, an order only counts if A has both lock
 * classes.
 */
static json_t *new_orders(const char *results, const struct compare *c, GError **error)
{
	rig_auto(lock_db) graph = locks_graph(results, FALSE, error);
	json_t *orders = graph ? c->side[1].is_night ? locks_new_in_night(graph, c->side[1].first,
									  c->side[1].last, error)
						     : locks_new_in_kernel(graph, c->side[0].name,
									   c->side[1].name, error)
			       : NULL;

	return orders;
}

static void print_orders(json_t *orders, gboolean all)
{
	json_t *order;
	size_t i;

	if (json_array_size(orders))
		printf("lock orders of B that A does not have: %zu\n", json_array_size(orders));
	json_array_foreach (orders, i, order) {
		g_autofree char *text = findings_clean(json_string_value(order));

		if (i == ORDERS_SHOWN && !all) {
			printf("        and %zu more: --all\n", json_array_size(orders) - i);
			return;
		}
		printf("        %s\n", text);
	}
}

/* Prints whether B is worse than A. A finding that is new is, by itself, no proof of that. */
static void print_end(const struct compare *c, gboolean more)
{
	guint new = 0, other = 0;

	for (guint i = 0; i < c->findings->len; i++) {
		const struct compare_finding *f = c->findings->pdata[i];

		new += f->change == CHANGE_NEW && !f->significant;
		other += change_is_regression(f->change) &&
			 (f->change != CHANGE_NEW || f->significant);
	}
	for (guint i = 0; i < c->rates->len; i++)
		other += change_is_regression(
			((struct compare_rate *)c->rates->pdata[i])->change);
	for (guint i = 0; i < c->speeds->len; i++)
		other += change_is_regression(
			((struct compare_speed *)c->speeds->pdata[i])->change);
	printf("%s", term_colour(c->regression ? TERM_RED : TERM_GREEN));
	if (new)
		printf("%s%u new finding%s, not significant", other ? "a regression, and " : "",
		       new, text_s(new));
	else
		printf("%s", other ? "a regression" : "no regression");
	printf("%s%s\n", term_colour(TERM_PLAIN), more ? "; some findings are in both: --all" : "");
}

static void print_sides(const struct compare *c)
{
	for (int i = 0; i < 2; i++)
		printf("%s  %s %s, %u run%s, %s to %s\n", i ? "B" : "A",
		       c->side[i].is_night ? "night" : "kernel", c->side[i].name, c->side[i].runs,
		       text_s(c->side[i].runs), c->side[i].first, c->side[i].last);
}

static void print_all(const struct compare *c, gboolean all)
{
	guint same = 0;

	for (guint i = 0; i < c->findings->len; i++) {
		const struct compare_finding *f = c->findings->pdata[i];

		if (all || f->change != CHANGE_SAME)
			print_finding(f);
		else
			same++;
	}
	for (guint i = 0; i < c->rates->len; i++) {
		const struct compare_rate *r = c->rates->pdata[i];

		if (all || r->change != CHANGE_SAME)
			print_rate(r);
	}
	for (guint i = 0; i < c->speeds->len; i++) {
		const struct compare_speed *s = c->speeds->pdata[i];

		if (all || s->change != CHANGE_SAME)
			print_speed(s);
	}
	print_end(c, same > 0);
}

int cmd_compare(int argc, char **argv)
{
	g_autofree char *folder = NULL, *results = NULL;
	rig_auto(run_index) ix = NULL;
	rig_auto(compare) c = NULL;
	json_auto_t *orders = NULL;
	g_autoptr(GError) error = NULL;
	gboolean json = FALSE, all = FALSE;
	const GOptionEntry entries[] = {
		{"all", 'a', 0, G_OPTION_ARG_NONE, &all, "print findings without a change, too",
		 NULL},
		OPTION_RESULTS(&folder),
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print everything as one object", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "A B", summary, examples, &error))
		return rig_report_error(error);
	if (argc != 3) {
		fputs("rig: compare takes two nights or two kernels (for example: "
		      "rig compare last~1 last)\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	results = folder ? g_strdup(folder) : run_default_results();
	ix = index_open(results, NULL, NULL, &error);
	c = ix ? compare_new(ix, argv[1], argv[2], &error) : NULL;
	orders = c ? new_orders(results, c, &error) : NULL;
	if (!orders)
		return rig_report_error(error);
	if (json) {
		json_t *object = compare_json(c);

		json_object_set(object, "lock_orders", orders);
		cmd_print_json(object);
	} else {
		print_sides(c);
		print_orders(orders, all);
		print_all(c, all);
	}
	return c->regression ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}
