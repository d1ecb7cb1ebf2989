// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig doctor --on slurm: runs `rig doctor` on each node of the cluster, and prints what the node
 * lacks.
 */
#include "cmd/doctor.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/findings.h"
#include "cmd/where.h"
#include "slurm/slurm.h"
#include "store/store.h"
#include "util/error.h"
#include "util/term.h"
#include "util/text.h"

#define NODE_LIMIT_S 60

/* Prints the missing programs of a node: the required ones, or the optional ones. */
static void print_missing(json_t *answer, gboolean required)
{
	json_t *finding;
	size_t i;

	json_array_foreach (json_object_get(answer, "findings"), i, finding) {
		g_autofree char *detail = findings_clean(findings_text(finding, "detail"));

		if (json_is_true(json_object_get(finding, "good")) ||
		    json_is_true(json_object_get(finding, "required")) != required)
			continue;
		printf("  %s%-8s%s %-26s %s\n", term_colour(required ? TERM_RED : TERM_YELLOW),
		       required ? "MISSING" : "absent", term_colour(TERM_PLAIN),
		       findings_text(finding, "what"), detail);
	}
}

static gboolean print_node(json_t *node)
{
	json_t *answer = json_object_get(node, "answer");
	gboolean good = json_is_true(json_object_get(answer, "can_run"));
	const char *text = json_string_value(json_object_get(node, "problem"));
	g_autofree char *problem = findings_clean(text ? text : "");

	printf("%s%-8s%s %s, %s%s%s%s\n", term_colour(good ? TERM_GREEN : TERM_RED),
	       good ? "ok" : "CANNOT", term_colour(TERM_PLAIN), findings_text(node, "node"),
	       findings_text(node, "state"),
	       json_is_true(json_object_get(node, "carried")) ? ", the rig was copied to it" : "",
	       *problem ? ": " : "", problem);
	print_missing(answer, TRUE);
	print_missing(answer, FALSE);
	return good;
}

int doctor_nodes(gboolean json)
{
	static const char *const words[] = {"doctor", "--json", NULL};
	g_autofree char *results = run_default_results();
	g_autoptr(GError) error = NULL;
	json_t *nodes = slurm_ask_nodes(where_slurm(results), words, NODE_LIMIT_S, &error), *node;
	guint good = 0, all = json_array_size(nodes);
	size_t i;

	if (!nodes)
		return rig_report_error(error);
	json_array_foreach (nodes, i, node)
		good += json ? json_is_true(
				       json_object_get(json_object_get(node, "answer"), "can_run"))
			     : print_node(node);
	if (json) {
		cmd_print_json(nodes);
	} else {
		printf("\n%u of %u node%s can run guests.\n", good, all, text_s(all));
		json_decref(nodes);
	}
	return good == all ? RIG_EXIT_PASS : RIG_EXIT_INFRA;
}
