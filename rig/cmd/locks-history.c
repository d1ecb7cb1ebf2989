// SPDX-License-Identifier: GPL-2.0-only
/* Prints for `rig history` cycles of the lock graph, like the signatures of reports. */
#include "cmd/locks.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "util/error.h"
#include "util/term.h"

#define KEY "v1:lock-cycle:"

/*
 * What is known of a cycle: all places (scenario, machine and kernel) at which its edges occurred,
 * and in which runs.
 */
struct seen {
	const struct lock_cycle *cycle;
	const struct known_issue *issue;
	/* number of runs with the edge of the cycle that is in the fewest runs */
	guint runs;
	/* the run since which the cycle was not complete: an edge was last seen there */
	const char *last;
	GPtrArray *places; /* for each edge, an array of struct lock_sighting */
	GString *scenarios, *machines, *kernels; /* each a list such as "a, b" */
};

static void add_word(GString *list, const char *word)
{
	g_auto(GStrv) had = g_strsplit(list->str, ", ", -1);

	if (*word && !g_strv_contains((const char *const *)had, word))
		g_string_append_printf(list, "%s%s", list->len ? ", " : "", word);
}

static gboolean fits(const struct lock_filter *f, const struct lock_sighting *s)
{
	return (!f->kernel || !strcmp(f->kernel, s->kernel) || !strcmp(f->kernel, s->build)) &&
	       (!f->machine || !strcmp(f->machine, s->machine));
}

static void see(struct asked *a, const struct lock_cycle *cycle, struct known *known,
		struct seen *seen)
{
	*seen = (struct seen){cycle, locks_known_cycle(known, cycle), G_MAXUINT, NULL,
			      g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
			      g_string_new(NULL), g_string_new(NULL), g_string_new(NULL)};
	for (guint i = 0; i < cycle->classes->len; i++) {
		const struct order_edge *edge = lock_cycle_edge(a->graph, cycle->classes, i);
		GPtrArray *places =
			lock_db_sightings(a->db, locks_class(a->graph, edge->from)->name,
					  locks_class(a->graph, edge->to)->name, NULL);

		seen->runs = MIN(seen->runs, edge->runs);
		if (!seen->last || strcmp(edge->last, seen->last) < 0)
			seen->last = edge->last;
		for (guint p = places->len; p-- > 0;) {
			const struct lock_sighting *s = places->pdata[p];

			if (fits(&a->filter, s)) {
				add_word(seen->scenarios, s->scenario);
				add_word(seen->machines, s->machine);
				add_word(seen->kernels, s->kernel);
			} else {
				g_ptr_array_remove_index(places, p);
			}
		}
		g_ptr_array_add(seen->places, places);
	}
}

static void seen_clear(struct seen *seen)
{
	g_ptr_array_unref(seen->places);
	g_string_free(seen->scenarios, TRUE);
	g_string_free(seen->machines, TRUE);
	g_string_free(seen->kernels, TRUE);
}

/*
 * Converts the name of a run, "20261128T214810Z-…", to a time like "2026-11-28T21:48:10Z"; the
 * caller owns it.
 */
static char *time_of(const char *run)
{
	if (strspn(run, G_CSET_DIGITS "TZ") < strlen("20261128T214810Z"))
		return g_strndup(run, strcspn(run, "Z") + 1);
	return g_strdup_printf("%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", run, run + 4, run + 6, run + 9,
			       run + 11, run + 13);
}

static json_t *seen_json(const struct asked *a, const struct seen *seen)
{
	g_autofree char *first = time_of(seen->cycle->since), *last = time_of(seen->last);
	g_autofree char *title = g_strdup_printf("locks are taken in a cycle: %s",
						 seen->cycle->signature + strlen(KEY));

	return json_pack("{s:s, s:s, s:s, s:s?, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o}",
			 "signature", seen->cycle->signature, "kind", "lock-cycle", "title", title,
			 "known", seen->issue ? seen->issue->reason : NULL, "runs", (int)seen->runs,
			 "first_seen", first, "first_run", seen->cycle->since, "last_seen", last,
			 "last_run", seen->last, "scenarios", seen->scenarios->str, "machines",
			 seen->machines->str, "kernels", seen->kernels->str, "ambiguous",
			 seen->cycle->ambiguous, "guarded_by",
			 locks_gates_json(a->graph, seen->cycle->gates));
}

static void print_seen(const struct asked *a, const struct seen *seen)
{
	const struct lock_cycle *cycle = seen->cycle;
	g_autofree char *first = time_of(cycle->since), *last = time_of(seen->last);
	g_autofree char *gates = locks_gates_text(a->graph, cycle->gates);

	printf("%slocks are taken in a cycle: %s%s\n  key        %s\n"
	       "  runs       its rarest edge in %u, on %s; %s\n"
	       "  first seen %s  complete since %s\n  last seen  %s  %s\n",
	       term_colour(TERM_BOLD), cycle->signature + strlen(KEY), term_colour(TERM_PLAIN),
	       cycle->signature, seen->runs, seen->machines->str, seen->scenarios->str, first,
	       cycle->since, last, seen->last);
	if (*gates)
		printf("  guarded    at least two edges occurred only while %s was held\n", gates);
	if (cycle->ambiguous)
		printf("  ambiguous  a name in it stands for several locks\n");
	if (seen->issue)
		printf("  known      %s\n", seen->issue->reason);
}

static json_t *edge_json(const struct asked *a, const struct seen *seen, guint i)
{
	json_t *json = locks_edge_json(a, lock_cycle_edge(a->graph, seen->cycle->classes, i));
	json_t *places = json_array();
	const GPtrArray *all = seen->places->pdata[i];

	for (guint p = 0; p < all->len; p++) {
		const struct lock_sighting *s = all->pdata[p];

		json_array_append_new(
			places,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s}", "kernel", s->kernel,
				  "build", s->build, "tree", s->tree, "machine", s->machine,
				  "scenario", s->scenario, "runs", (int)s->runs, "first", s->first,
				  "last", s->last));
	}
	json_object_set_new(json, "places", places);
	return json;
}

static void print_edges(const struct asked *a, const struct seen *seen)
{
	for (guint i = 0; i < seen->places->len; i++) {
		const struct order_edge *edge = lock_cycle_edge(a->graph, seen->cycle->classes, i);
		const GPtrArray *places = seen->places->pdata[i];

		locks_print_edge(a, edge);
		for (guint p = 0; p < places->len; p++)
			locks_print_place(places->pdata[p]);
		locks_print_stacks(a, edge);
	}
}

/* ---- for rig history ---- */

static gboolean ask(struct asked *a, const char *results, const struct lock_filter *filter,
		    struct known **ret_known, GError **error)
{
	g_autoptr(GError) why = NULL;

	*a = (struct asked){.filter = *filter};
	*ret_known = locks_open_known(NULL, &why);
	if (why)
		g_propagate_error(error, g_steal_pointer(&why));
	else if ((a->db = locks_graph(results, FALSE, error)))
		a->graph = lock_graph_load(a->db, &a->filter, error);
	return a->graph != NULL;
}

static void asked_clear(struct asked *a, struct known *known)
{
	g_clear_pointer(&a->graph, lock_graph_free);
	g_clear_pointer(&a->db, lock_db_free);
	g_clear_pointer(&known, known_free);
}

gboolean locks_print_history(const char *results, const struct lock_filter *filter,
			     const char *word, gboolean json, int *ret_code, GError **error)
{
	const char *names = g_str_has_prefix(word, KEY) ? word + strlen(KEY) : word;
	g_auto(GStrv) classes = g_strsplit(names, " --> ", -1);
	rig_auto(lock_cycle) cycle = NULL;
	struct known *known = NULL;
	struct asked a = {0};
	struct seen seen;
	gboolean found;

	if (ask(&a, results, filter, &known, error))
		cycle = lock_cycle_named(a.graph, classes);
	if (cycle) {
		see(&a, cycle, known, &seen);
		if (json) {
			json_t *edges = json_array();

			for (guint i = 0; i < seen.places->len; i++)
				json_array_append_new(edges, edge_json(&a, &seen, i));
			cmd_print_json(json_pack("{s:[o], s:o}", "signatures", seen_json(&a, &seen),
						 "edges", edges));
		} else {
			print_seen(&a, &seen);
			print_edges(&a, &seen);
		}
		seen_clear(&seen);
		*ret_code = RIG_EXIT_PASS;
	}
	found = cycle != NULL;
	g_clear_pointer(&cycle, lock_cycle_free);
	asked_clear(&a, known);
	return found;
}

gboolean locks_list_history(const char *results, const struct lock_filter *filter,
			    const char *since, json_t *json, guint *ret_n, GError **error)
{
	g_autoptr(GPtrArray) cycles = NULL;
	struct known *known = NULL;
	struct asked a = {0};
	gboolean ok = ask(&a, results, filter, &known, error);

	*ret_n = 0;
	if (ok)
		cycles = lock_cycles(a.db, a.graph, LOCKS_CYCLE_LENGTH, NULL);
	for (guint i = 0; ok && i < cycles->len; i++) {
		g_autofree char *last = NULL;
		struct seen seen;

		see(&a, cycles->pdata[i], known, &seen);
		last = time_of(seen.last);
		if (!since || strcmp(last, since) >= 0) {
			if (json)
				json_array_append_new(json, seen_json(&a, &seen));
			else
				print_seen(&a, &seen);
			++*ret_n;
		}
		seen_clear(&seen);
	}
	asked_clear(&a, known);
	return ok;
}
