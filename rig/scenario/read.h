/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads values for which libcyaml has no types, and checks values that depend on each other.
 * Private to scenario/.
 */
#ifndef RIG_SCENARIO_READ_H
#define RIG_SCENARIO_READ_H

#include "scenario/schema.h"

/*
 * Reads a size ("256M") from KEY in MAP. *RET is not changed if there is no such key. Error: the
 * size is zero or invalid.
 */
gboolean read_size(struct yaml_tree *tree, yaml_node_t *map, const char *key, guint64 *ret,
		   GError **error);

/*
 * Reads the ranges of a step, and checks that it has all fields that its `do` needs, and no others.
 * NODE is the step.
 */
gboolean read_step(struct yaml_tree *tree, yaml_node_t *node, struct step *step, GError **error);

/* Reads `params` of an agent; NODE is the agent. */
gboolean read_params(struct yaml_tree *tree, yaml_node_t *node, struct agent *agent,
		     GError **error);

/*
 * Finds and checks the files of `files`, those that agents run, and the contents of NVDIMMs.
 * s->file must be set.
 */
gboolean read_files(struct yaml_tree *tree, struct scenario *s, GError **error);
/*
 * Finds the source folder of each entry of `modules`. Checks the lines of `kconfig`, and that each
 * module that an agent loads is in `modules` or among `files`.
 */
gboolean read_modules(struct yaml_tree *tree, struct scenario *s, GError **error);
/*
 * file_is_safe() returns TRUE if NAME can be a path in the guest. file_find() returns the path on
 * the host of the file NAME of the scenario file SCENARIO; the caller owns it. Error:
 * RIG_EXIT_USAGE. (files.c)
 */
gboolean file_is_safe(const char *name);
char *file_find(const char *scenario, const char *name, GError **error);
/* Checks that programs among the files are for MACHINE's architecture. Error: RIG_EXIT_SKIP. */
gboolean scenario_check_files(const struct scenario *s, const struct machine *machine,
			      GError **error);

/*
 * Checks that `expect` has a valid report kind, or outcomes of steps and agents that exist in the
 * scenario.
 */
gboolean check_expect(struct yaml_tree *tree, const struct scenario *s, GError **error);

/* Returns the errno called NAME, or 0 if there is none (errnos.c). */
int errno_of(const char *name);
/* Checks the names in params that are lists of errnos; NODE is the agent, with valid params. */
gboolean check_errnos(struct yaml_tree *tree, yaml_node_t *node, GError **error);

/* Checks what involves the whole scenario: ids, slots, memory, nodes, CPUs, machines, agents. */
gboolean check_scenario(struct yaml_tree *tree, const struct scenario *scenario, GError **error);

#endif
