/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parsers for values that libcyaml has no types for, and checks that involve several values.
 * Private to scenario/.
 */
#ifndef RIG_SCENARIO_READ_H
#define RIG_SCENARIO_READ_H

#include "scenario/schema.h"

/*
 * Reads a size ("256M") from KEY in MAP. *RET is not changed if there is no such key. Error: zero.
 */
gboolean read_size(struct yaml_tree *tree, yaml_node_t *map, const char *key, guint64 *ret,
		   GError **error);

/*
 * Reads a step's ranges, and checks that it has the fields that its `do` needs, and no others.
 * NODE is the step.
 */
gboolean read_step(struct yaml_tree *tree, yaml_node_t *node, struct step *step, GError **error);

/* `params` of an agent: NODE is the agent's. */
gboolean read_params(struct yaml_tree *tree, yaml_node_t *node, struct agent *agent,
		     GError **error);

/* `files` and the agents that run them: finds and checks each. Needs s->file. */
gboolean read_files(struct yaml_tree *tree, struct scenario *s, GError **error);
/* Are the programs among the files of MACHINE's architecture? RIG_EXIT_SKIP if not. */
gboolean scenario_check_files(const struct scenario *s, const struct machine *machine,
			      GError **error);

/*
 * Checks that `expect` names a report kind, or outcomes of steps and agents that the scenario
 * has.
 */
gboolean check_expect(struct yaml_tree *tree, const struct scenario *s, GError **error);

/* Checks what involves the whole scenario: ids, slots, memory, nodes, CPUs, machines, agents. */
gboolean check_scenario(struct yaml_tree *tree, const struct scenario *scenario, GError **error);

#endif
