// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes reports (struct splat) of findings in the lock orders of one boot. So they have signatures,
 * and are matched with known issues, listed and bisected like reports on the console.
 */
#include <string.h>

#include "locks/graph.h"
#include "locks/recorded.h"

#define FINDINGS_MAX 16

static struct splat *finding_new(const char *kind, enum splat_weight weight, char *key, char *title,
				 const char *text)
{
	struct splat *splat = g_new0(struct splat, 1);

	*splat = (struct splat){
		.kind = kind,
		.weight = weight,
		.title = title,
		.bug = key,
		.path = g_strdup(key),
		.exact = g_strdup(key),
		.when = -1,
		.pid = -1,
		.cpu = -1,
		.text = g_strdup(text),
	};
	return splat;
}

char *lock_edge_key(const char *edge)
{
	const char *arrow = strstr(edge, "-->");
	g_autofree char *from = arrow ? g_strndup(edge, arrow - edge) : NULL,
			*to = arrow ? g_strdup(arrow + 3) : NULL;

	if (!arrow || !*g_strstrip(from) || !*g_strstrip(to) || strstr(to, "-->"))
		return NULL;
	return g_strdup_printf(LOCK_EDGE_KEY "%s --> %s", from, to);
}

char **lock_cycle_parse(const char *text)
{
	gboolean is_key = text[0] == 'v' && g_ascii_isdigit(text[1]) && text[2] == ':';
	const char *from = is_key ? strchr(text + 3, ':') : NULL;
	g_auto(GStrv) words = g_strsplit(from ? from + 1 : text, "-->", -1);
	g_autoptr(GPtrArray) classes = g_ptr_array_new_with_free_func(g_free);

	for (char **word = words; *word; word++) {
		char *name = lock_plain_name(g_strstrip(*word));

		/*
		 * In brackets, a signature has the function of the sysfs attribute, but a name of
		 * the recorder its file, with a slash. The function is removed, because the
		 * recorder does not have it.
		 */
		if (g_str_has_prefix(name, "kn->active(") && !strchr(name, '/'))
			name[strlen("kn->active")] = '\0';

		if (!*name) {
			g_free(name);
			return NULL;
		}
		/* the text of a cycle has its first class again at the end: store it once */
		if (!g_ptr_array_find_with_equal_func(classes, name, g_str_equal, NULL))
			g_ptr_array_add(classes, name);
		else
			g_free(name);
	}
	if (classes->len < 2)
		return NULL;
	g_ptr_array_add(classes, NULL);
	return (char **)g_ptr_array_steal(classes, NULL);
}

/* Adds a finding to FOUND if the boot has the edge whose signature is KEY. */
static void find_edge(const struct lock_graph *graph, const char *key, GPtrArray *found)
{
	g_auto(GStrv) ends = key && g_str_has_prefix(key, LOCK_EDGE_KEY)
				     ? g_strsplit(key + strlen(LOCK_EDGE_KEY), " --> ", 2)
				     : NULL;
	int from = ends && ends[0] ? lock_graph_class(graph, ends[0]) : -1;
	int to = from >= 0 && ends[1] ? lock_graph_class(graph, ends[1]) : -1;

	if (to >= 0 && lock_graph_find(graph, from, to))
		g_ptr_array_add(found, finding_new("lock-edge", SPLAT_NOTE, g_strdup(key),
						   g_strdup_printf("%s is taken while %s is held",
								   ends[1], ends[0]),
						   ""));
}

static const char *name_of(const struct lock_graph *graph, guint class)
{
	return ((struct lock_class *)graph->classes->pdata[class])->name;
}

static void find_violations(const struct lock_graph *graph, const GPtrArray *violations,
			    GPtrArray *found)
{
	for (guint i = 0; i < violations->len && i < FINDINGS_MAX; i++) {
		const struct lock_violation *v = violations->pdata[i];
		const char *from = name_of(graph, v->edge->from), *to = name_of(graph, v->edge->to);
		g_autofree char *text =
			g_strdup_printf("%s --> %s\nagainst the declared order: %s\n%s\n", from, to,
					v->rule, v->source);

		g_ptr_array_add(
			found,
			finding_new(
				"lock-order", SPLAT_FAIL,
				g_strdup_printf("v1:lock-order:%s --> %s", from, to),
				g_strdup_printf(
					"%s is taken while %s is held, against the declared order",
					to, from),
				text));
	}
}

GPtrArray *lock_findings(const struct lock_orders *orders, const char *order_file, const char *key,
			 GError **error)
{
	rig_auto(lock_graph) graph = lock_graph_of_orders(orders);
	g_autoptr(GPtrArray) violations = lock_order_check(order_file, graph, error);
	GPtrArray *found = g_ptr_array_new();

	find_edge(graph, key, found);
	if (violations)
		find_violations(graph, violations, found);
	return found;
}

GPtrArray *lock_cycle_findings(const struct lock_recorded *recorded, const GPtrArray *cycles)
{
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < cycles->len && found->len < FINDINGS_MAX; i++) {
		const struct recorded_cycle *cycle = cycles->pdata[i];
		g_autofree char *text = recorded_cycle_text(recorded, cycle);

		if (cycle->state == CYCLE_OPEN)
			g_ptr_array_add(
				found,
				finding_new("lock-cycle", SPLAT_FAIL,
					    g_strdup_printf("v1:lock-cycle:%s", cycle->signature),
					    g_strdup_printf("locks are taken in a cycle: %s",
							    cycle->signature),
					    text));
	}
	return found;
}
