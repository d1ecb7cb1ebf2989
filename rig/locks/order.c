// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the declared order (chains of classes, outermost first), and finds the edges of a graph
 * that violate it.
 */
#include "locks/graph.h"

#include "util/error.h"
#include "util/paths.h"
#include "util/yaml-schema.h"

#define FILE_MAX (1 << 20)
#define RULES_MAX 1000
#define CHAIN_MAX 64

struct rule {
	char **order;
	unsigned n_order;
	char *source;
};

struct rules {
	struct rule *rules;
	unsigned n_rules;
};

static const cyaml_schema_value_t name_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, LOCKS_NAME_MAX),
};

static const cyaml_schema_field_t rule_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("order", CYAML_FLAG_POINTER, struct rule, order, n_order,
				   &name_value, 2, CHAIN_MAX),
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, struct rule, source, 1, 1000),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t rule_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule, rule_fields),
};

static const cyaml_schema_field_t rules_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("rules", CYAML_FLAG_POINTER, struct rules, rules, n_rules,
				   &rule_value, 1, RULES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t rules_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct rules, rules_fields),
};

static const struct yaml_schema schema = {&rules_value, "the declared lock order", NULL};

void lock_violation_free(struct lock_violation *violation)
{
	g_free(violation->rule);
	g_free(violation->source);
	g_free(violation);
}

/*
 * Appends to FOUND the edges of GRAPH that lead from a lock of RULE to one that RULE declares to be
 * acquired before it.
 */
static void check_rule(const struct rule *rule, const struct lock_graph *graph, GPtrArray *found)
{
	for (guint outer = 0; outer < rule->n_order; outer++) {
		int to = lock_graph_class(graph, rule->order[outer]);

		for (guint inner = outer + 1; to >= 0 && inner < rule->n_order; inner++) {
			int from = lock_graph_class(graph, rule->order[inner]);
			const struct order_edge *edge =
				from < 0 ? NULL : lock_graph_find(graph, from, to);
			struct lock_violation *violation;

			if (!edge)
				continue;
			violation = g_new0(struct lock_violation, 1);
			violation->edge = edge;
			violation->rule = g_strdup_printf("%s is taken before %s",
							  rule->order[outer], rule->order[inner]);
			violation->source = g_strdup(rule->source);
			g_ptr_array_add(found, violation);
		}
	}
}

GPtrArray *lock_order_check(const char *file, const struct lock_graph *graph, GError **error)
{
	rig_auto(yaml_tree) tree = NULL;
	g_autofree char *text = NULL;
	struct rules *rules;
	GPtrArray *found;
	gsize len;

	if (!rig_read_file(file, FILE_MAX, &text, &len, error))
		return NULL;
	tree = yaml_tree_parse(file, text, len, error);
	rules = tree ? yaml_schema_load(&schema, tree, text, len, error) : NULL;
	if (!rules)
		return NULL;
	found = g_ptr_array_new_with_free_func((GDestroyNotify)lock_violation_free);
	for (guint i = 0; i < rules->n_rules; i++)
		check_rule(&rules->rules[i], graph, found);
	yaml_schema_free(&schema, rules);
	return found;
}
